"""Each language's catalogue says numbers, plurals and months as CLDR does."""

import re

import pytest

from dashboards.language import TEXT_FOLDER, load_language

babel = pytest.importorskip("babel", reason="Babel is not installed")
numbers = pytest.importorskip("babel.numbers")
LANGUAGES = sorted(path.stem for path in TEXT_FOLDER.glob("*.toml"))
SPACES = re.compile(r"\s")


def same_spaces(text: str) -> str:
    return SPACES.sub(" ", text)


@pytest.mark.parametrize("code", LANGUAGES)
def test_plurals(code):
    language, rule = load_language(code), babel.Locale(code).plural_form
    nouns = {key.rpartition(".")[0] for key in language.words if key.endswith((".many", ".other"))}
    key = next(noun for noun in sorted(nouns) if f"{noun}.one" in language.words)
    for count in range(1100):
        form = rule(count)
        pattern = language.words.get(f"{key}.{form}", language.words.get(f"{key}.other"))
        assert language.plural(key, count) == pattern.replace("{n}", language.number(count, 0))


@pytest.mark.parametrize("code", LANGUAGES)
@pytest.mark.parametrize("value", [0.5, 12.25, 12_345.0, 1_234_567.0, -87_654.0])
def test_numbers(code, value):
    wanted = numbers.format_decimal(value, "#,##0.00", locale=code).replace("-", "−")
    assert same_spaces(load_language(code).number(value, 2)) == same_spaces(wanted)


@pytest.mark.parametrize("code", LANGUAGES)
def test_months(code):
    words, months = load_language(code).words, babel.Locale(code).months
    for number in range(1, 13):
        for case, context in (("nominative", "stand-alone"), ("genitive", "format")):
            name = words[f"months.{case}"][number - 1]
            assert name.lower() == months[context]["wide"][number].lower()
