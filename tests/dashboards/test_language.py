"""Numbers, plural forms, cases and missing words."""

import ast
import html
import json
import re
from datetime import date
from pathlib import Path

import pytest

from dashboards.language import TEXT_FOLDER, Period, Stated, load_language, read_catalogue
from forecasting.demand.study import MODELS
from tests.dashboards.world import build, edition
from warehouse.errors import SettingsError
from warehouse.reasons import reason

EN, RU = load_language("en"), load_language("ru")


@pytest.mark.parametrize(
    ("count", "words"),
    [
        (1, "1 месяц"),
        (2, "2 месяца"),
        (5, "5 месяцев"),
        (11, "11 месяцев"),
        (21, "21 месяц"),
        (22, "22 месяца"),
        (12, "12 месяцев"),
        (13, "13 месяцев"),
        (14, "14 месяцев"),
        (24, "24 месяца"),
        (112, "112 месяцев"),
        (113, "113 месяцев"),
        (114, "114 месяцев"),
        (0, "0 месяцев"),
    ],
)
def test_russian_plurals(count, words):
    assert RU.plural("count.months", count) == words


def test_of_so_many_periods_takes_its_case():
    for count, words in (
        (51, "42 из 51 периода"),
        (52, "42 из 52 периодов"),
        (253, "42 из 253 периодов"),
    ):
        assert words in RU.text("note.coverage_text", valued=42, all=count, median=1.0)


def test_no_count_stands_before_a_noun_of_one_form():
    """Russian nouns take their form from the count before them: such a count is written by a plural
    table.
    """
    nouns = (
        r"(период|участк|маршрут|заказ|ряд|месяц|недел|дн|лет|год|прогноз|значени|сценари|модул"
        r"|провер|раз\b)"
    )
    told = [
        (key, words)
        for key, words in RU.words.items()
        if isinstance(words, str) and not key.startswith(("count.", "period.", "date."))
    ]
    assert [
        key for key, words in told if re.search(r"\{\w+(:(n0?|g))?\}[ \u00a0]" + nouns, words)
    ] == []


@pytest.mark.parametrize("code", sorted(path.stem for path in TEXT_FOLDER.glob("*.toml")))
def test_every_model_has_a_label_in_every_language(code):
    words = read_catalogue(code, TEXT_FOLDER)
    assert [model for model in MODELS if not words.get(f"model.{model}")] == []


def test_english_plurals():
    assert EN.plural("count.months", 1) == "1 month"
    assert EN.plural("count.months", 2) == "2 months"


@pytest.mark.parametrize(
    ("value", "english", "russian"),
    [
        (0.6531, "0.653", "0,653"),
        (12.44, "12.4", "12,4"),
        (187.3, "187", "187"),
        (1234.0, "1,234", "1234"),
        (43580.0, "43,580", "43\u00a0580"),
        (-2.5, "−2.50", "−2,50"),
        (0.0, "0", "0"),
        (None, "–", "–"),
        (-0.0000001, "0", "0"),
        (0.0261, "0.0261", "0,0261"),
    ],
)
def test_numbers(value, english, russian):
    assert EN.number(value) == english
    assert RU.number(value) == russian


def test_percent_has_a_no_break_space_in_russian():
    assert EN.percent(0.8) == "80%"
    assert RU.percent(0.8) == "80\u00a0%"


def test_periods_take_their_case():
    march = Period(date(2027, 3, 1))
    assert RU.period(march, "in") == "в марте 2027\u00a0г."
    assert RU.period(march, "by") == "к марту 2027\u00a0г."
    assert RU.period(march, "after") == "позже марта 2027\u00a0г."
    assert EN.period(Period(date(2018, 9, 3), "week"), "in") == "in the week of 3 September 2018"
    assert RU.text("title.route_flat", name="x", what="y", now=1.0, unit="u", by=march).startswith(
        "x: до марта 2027\u00a0г. почти без изменений"
    )


def test_both_languages_have_the_same_keys_and_placeholders():
    def singular(key):
        return re.sub(r"^(count\..*)\.(one|few|many|other)$", r"\1", key)

    own = {key for key in RU.words if key.startswith("unit_of.")}
    assert {singular(key) for key in EN.words} - own == {singular(key) for key in RU.words} - own
    for key, words in EN.words.items():
        if (
            isinstance(words, str)
            and key in RU.words
            and not key.startswith(("count.", "period.", "date."))
        ):
            names = re.findall(r"\{(\w+)", words)
            assert set(re.findall(r"\{(\w+)", RU.words[key])) <= set(names), key


def test_units_are_held_to_their_numbers():
    for language in (EN, RU):
        for key, words in language.words.items():
            if isinstance(words, str):
                assert not re.search(r"\} \{unit\}|\d %", words), key


def test_a_new_language_is_a_new_file(tmp_path):
    (tmp_path / "kk.toml").write_text(
        'language = "Қазақша"\nplural = "none"\n[nav]\nindex = "Шолу"\n[number]\ndecimal = ","\n',
        encoding="utf-8",
    )
    kazakh = load_language("kk", tmp_path)
    assert kazakh.text("nav.index") == "Шолу"
    assert kazakh.text("nav.plan") == EN.text("nav.plan")
    assert kazakh.number(1.5) == "1,50"
    assert kazakh.missing == set()


def test_a_third_language_makes_whole_editions(tmp_path):
    """Words of a file of its own stand on every page; what it lacks is English, and nothing is
    missing.
    """
    from dashboards.report import write_report

    texts = tmp_path / "text"
    texts.mkdir()
    (texts / "tk.toml").write_text(
        'language = "Türkmençe"\nplural = "none"\n[number]\ndecimal = ","\ngroup = '
        '"\u00a0"\n[nav]\nplan = "Kuwwat meýilnamasy"\nindex = "Syn"\n'
        '[plan]\ntitle = "Geçirijilik kuwwatynyň meýilnamasy"\n[count.routes]\nother = '
        '"{n} ugur"\n[months]\nnominative = ["ýanwar", "fewral", "mart", "aprel", "maý", '
        '"iýun", "iýul", "awgust", "sentýabr", "oktýabr", "noýabr", "dekabr"]\n',
        encoding="utf-8",
    )
    site = tmp_path / "site"
    written = write_report(
        build(past=24, ahead=12),
        edition(),
        site,
        languages=("tk",),
        text_folder=texts,
        workbook=False,
        pictures=False,
    )
    assert sum(path.suffix == ".html" for path in written) > 20
    index = (site / "tk" / "index.html").read_text(encoding="utf-8")
    assert '<html lang="tk"' in index
    assert "Kuwwat meýilnamasy" in index
    assert "dekabr 2025" in index
    assert "4 ugur" in (site / "tk" / "routes.html").read_text(encoding="utf-8")
    assert "Geçirijilik kuwwatynyň" in (site / "tk" / "plan.html").read_text(encoding="utf-8")
    assert load_language("tk", texts).missing == set()


def test_an_unknown_language_names_the_known_ones():
    with pytest.raises(SettingsError, match=r"Choose from en, ru"):
        load_language("xx", TEXT_FOLDER)


def test_a_missing_key_is_remembered_and_does_not_break():
    language = load_language("en", TEXT_FOLDER)
    assert language.text("no.such.key") == "no.such.key"
    assert "no.such.key" in language.missing
    language.missing.clear()


def test_every_code_of_the_floors_is_in_the_catalogues_with_the_values_it_is_given():
    """Codes are literals where reasons are made; a call with `**` may bring further values."""
    made = list(reasons_in_code())
    assert len(made) > 90
    for place, code, names, is_open in made:
        assert f"reason.{code}" in EN.words, (place, code)
        wanted = set(PLACE.findall(EN.words[f"reason.{code}"]))
        assert wanted == names or (is_open and names <= wanted), (place, code, wanted, names)


PLACE = re.compile(r"\{(\w+)")
"""A value in a text, also within the form of another."""
FLOORS = ("forecasting", "flows", "warehouse")


def reasons_in_code():
    """Place, code, names of values, and whether there may be more, of each call of `reason`."""
    for place, node in calls("reason"):
        names = {keyword.arg for keyword in node.keywords if keyword.arg}
        is_open = any(keyword.arg is None for keyword in node.keywords)
        for code in literals(node.args[0]):
            yield place, code, names, is_open


def calls(name):
    """Place and node of each call of a function by this name in the lower floors."""
    root = Path(__file__).parents[2]
    for path in sorted(one for floor in FLOORS for one in (root / floor).rglob("*.py")):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            if isinstance(node, ast.Call) and getattr(node.func, "id", "") == name:
                yield f"{path.name}:{node.lineno}", node


def test_every_note_of_the_plan_has_a_topic_in_both_languages():
    topics = [(place, topic) for place, node in calls("Note") for topic in literals(node.args[0])]
    assert len(topics) > 20
    for place, topic in topics:
        assert f"topic.{topic}" in EN.words, (place, topic)
        assert f"topic.{topic}" in RU.words, (place, topic)


def literals(node):
    """The codes that an expression may have: a literal, or one of two."""
    if isinstance(node, ast.IfExp):
        return [*literals(node.body), *literals(node.orelse)]
    return [node.value] if isinstance(node, ast.Constant) else []


def test_every_reason_is_used():
    """A text that no code asks for is dead."""
    root = Path(__file__).parents[2]
    sources = "".join(
        path.read_text(encoding="utf-8")
        for floor in (*FLOORS, "dashboards")
        for path in (root / floor).rglob("*")
        if path.suffix in (".py", ".sql")
    )
    composed = ("failure.", "upgrade.buying_dearer", "upgrade.leasing_dearer")
    codes = {key.removeprefix("reason.") for key in EN.words if key.startswith("reason.")}
    left = {
        code
        for code in codes
        if "." in code
        and not code.startswith(composed)
        and f'"{code}"' not in sources
        and f"'{code}'" not in sources
    }
    assert left == set()


ORDER = {
    "risk": 0.025,
    "failure": reason("failure.pair", one="A", two="B"),
    "threshold": 0.8,
    "usable": 1200.0,
    "ready": date(2027, 12, 1),
    "size": reason("size.new_line_system", count=2, gbps=400.0),
}


@pytest.mark.parametrize(
    ("found", "english", "russian"),
    [
        (
            reason(
                "basis.discounted",
                rate=0.125,
                prices=reason("basis.stated_on", day=date(2026, 11, 22)),
            ),
            "nominal USD, discount rate 12.5% a year, prices as stated on 22 November 2026",
            "номинальные долл. США, ставка дисконтирования 12,5 % в год, цены на 22 ноября 2026 г.",
        ),
        (
            reason("order.none", last=date(2029, 10, 1), threshold=0.725, share=0.11, risk=0.025),
            "No order is needed: by October 2029 its load in the worst failure state passes 72.5% "
            "of the lit capacity in 11% of simulated futures, and 2.5% is accepted.",
            "Заказ не нужен: к октябрю 2029 г. нагрузка при наихудшем отказе превышает 72,5 % "
            "задействованной ёмкости на 11 % траекторий, а допустимо 2,5 %.",
        ),
        (
            reason("order.no_lead_time", **ORDER),
            "In 2.5% of simulated futures its load with A and B out together passes 80% of "
            "1,200 Gbit/s by December 2027, so 2 × 400 Gbit/s on a new line system must be ready "
            "then. No date to order: no assumption states a lead time for it.",
            "На 2,5 % траекторий нагрузка при одновременном отказе участков «A» и «B» превышает "
            "80 % от 1200 Гбит/с к декабрю 2027 г., поэтому к этому времени нужно 2 × 400 Гбит/с "
            "на новой системе передачи. Даты заказа нет: срок поставки не задан ни одним "
            "допущением.",
        ),
        (
            reason("series.sum_without_one", routes=["A"]),
            "the total is not forecast because A has no forecast, and it would be too small "
            "without it",
            "без маршрута «A» сумма была бы занижена, а прогноза для него нет",
        ),
        (
            reason("series.sum_without_more", routes=["A", "B"], more=21),
            "the total is not forecast because A, B and 21 more have no forecast, and it would be "
            "too small without them",
            "без маршрутов A, B и ещё 21 сумма была бы занижена, а прогноза для них нет",
        ),
        (
            reason("revision.inputs_changed", day=date(2026, 10, 15), names=["assumption"]),
            "Changed since 15 October 2026: assumptions.",
            "После 15 октября 2026 г. изменено: допущения.",
        ),
        (
            reason("money.right_of_use", years=1),
            "Right of use over 1 year with operation and maintenance.",
            "Право пользования на 1 год с эксплуатацией и обслуживанием.",
        ),
        (
            reason("revision.no_period").followed_by(
                reason("revision.replanned", now=date(2026, 2, 1), before=date(2026, 1, 1))
            ),
            "No period became known. Dates are planned from 1 February 2026 instead of "
            "1 January 2026.",
            "Новых периодов нет. Сроки считаются от 1 февраля 2026 г., а не от 1 января 2026 г.",
        ),
    ],
)
def test_reasons_keep_their_facts_in_every_language(found, english, russian):
    """The digits that are stated, one or many, each month in its case."""
    assert EN.reason(found).replace("\u00a0", " ") == english
    assert RU.reason(found).replace("\u00a0", " ") == russian


def test_a_stated_ratio_keeps_its_digit():
    """A risk of 2.5 % is not one of 2 %; a share that was counted is rounded."""
    assert (
        RU.text("plan.lead", threshold=Stated(0.725), alpha=Stated(0.025)).count("2,5\u00a0%") == 2
    )
    caption = "Lead time: low – likely – high. Accepted probability of being late: "
    assert EN.text("plan.sheet_caption", alpha=Stated(0.2)) == f"{caption}20%."
    assert EN.text("plan.sheet_caption", alpha=0.025) == f"{caption}2%."
    assert edition(threshold_ratio=0.725).threshold_ratio == 0.725
    assert isinstance(edition().risk_alpha_ratio, Stated)


def test_words_from_data_are_set_as_the_language_sets_its_own():
    assert (
        RU.typeset("линия Мары — Герат, 40 Гбит/с, 5 %")
        == "линия Мары\u00a0— Герат, 40\u00a0Гбит/с, 5\u00a0%"
    )
    assert EN.typeset("line Mary – Herat, 40 Gbit/s, 5 %") == "line Mary – Herat, 40 Gbit/s, 5%"
    assert RU.proper_name("Алматы – Франкфурт") == "Алматы\u00a0— Франкфурт"


def test_a_pseudo_language_leaves_no_english_sentence_that_has_a_key(tmp_path):
    """Every text of the English catalogue marked, as a language of its own: what stands unmarked on
    a page was not drawn from the catalogue.
    """
    from dashboards.report import write_report

    texts = tmp_path / "text"
    texts.mkdir()
    marked = {
        key: "»" + value.replace("\n", "«\n»") + "«"
        if isinstance(value, str) and marks(key)
        else value
        for key, value in EN.words.items()
    }
    lines = (
        f"{json.dumps(key)} = {json.dumps(value, ensure_ascii=False)}\n"
        for key, value in marked.items()
    )
    (texts / "qps.toml").write_text("".join(lines), encoding="utf-8")
    site = tmp_path / "site"
    written = write_report(
        build(past=24, ahead=12),
        edition(),
        site,
        languages=("qps",),
        text_folder=texts,
        workbook=False,
        pictures=False,
    )
    pages = {path: shown(path) for path in written if path.suffix == ".html"}
    assert len(pages) > 20
    assert any("»In 20% of simulated futures" in words for words in pages.values())
    sentences = [
        words
        for key, text in EN.words.items()
        if isinstance(text, str) and marks(key)
        for words in re.split(r"\{[^}]*\}+|\n", text)
        if len(words.split()) >= 4
    ]
    assert len(sentences) > 300
    for path, words in pages.items():
        plain = MARKED.sub(" ", words)
        while plain != (words := MARKED.sub(" ", plain)):
            plain = words
        left = [sentence for sentence in sentences if sentence.strip() in plain]
        assert left == [], path


MARKED = re.compile("»[^»«]*«")
"""A text of the pseudo-language with no other inside."""
FORMATS = ("number.", "months.", "weekdays.", "date.", "period.", "count.", "plural", "language")


def marks(key):
    return not key.startswith(FORMATS)


def shown(path):
    """The text of a page without its markup and scripts."""
    page = re.sub(r"(?s)<(script|style|summary)\b.*?</\1>", " ", path.read_text(encoding="utf-8"))
    return html.unescape(re.sub(r"<[^>]+>", " ", page))
