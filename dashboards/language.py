"""The words, numbers and dates of an edition, in one language. All text lives in
text/<code>.toml.
"""

from __future__ import annotations

import math
import re
import string
import tomllib
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache
from pathlib import Path
from typing import Any

from warehouse.errors import Problem, SettingsError
from warehouse.reasons import NEXT, Reason, reason
from warehouse.schema import Grain

TEXT_FOLDER = Path(__file__).parent / "text"
FALLBACK = "en"
MOST_DIGITS = 6
PERCENT = re.compile(r"(?<=\d) %")
TURNING = re.compile("[\u202a-\u202e\u2066-\u2069]")
"""Signs that turn the direction of all text after them: a name must not."""
DOUBLE_STOP = re.compile(r"(?<!\.)\.\.(?!\.)")
"""A sentence that ends with an abbreviation has one full stop, not two."""
DASH = re.compile(r" [–—] |(?<=[\w)]) - (?=\w)")
BEFORE_WORD = re.compile(r"(?<=\d) (?=[^\W\d])")

PERIOD_FORMS = ("nominative", "accusative", "in", "by", "until", "after", "since", "short")
Names = Callable[[str, str], str]
"""What a thing is called, from its kind (segment, route, node, group, market) and its id."""


class Stated(float):
    """A ratio that somebody stated, such as a threshold: as a percentage it keeps the digit after
    the mark that a measured share is rounded to.
    """


@dataclass(frozen=True)
class Period:
    """A month, week, day or year, named by its first day."""

    start: date
    grain: Grain = "month"


@dataclass(frozen=True, eq=False)
class Language:
    """One language. A key it lacks is taken from English, and from the key itself where English
    lacks it too.
    """

    code: str
    words: Mapping[str, Any]
    fallback: Mapping[str, Any]
    missing: set[str] = field(default_factory=set)
    """Keys that were asked for and are in neither; a test fails on them, a report does not."""
    periods: dict[tuple[Period, str], str] = field(default_factory=dict)

    def text(self, key: str, /, **values: Any) -> str:
        """The words at a key with the values written in, as `{name:form}`; see `format_value` for
        the forms.
        """
        return self._filled(key, values, id_itself)

    def _filled(self, key: str, values: Mapping[str, Any], names: Names) -> str:
        pattern = self.words.get(key, self.fallback.get(key))
        if pattern is None:
            self.missing.add(key)
            pattern = key
        return (
            DOUBLE_STOP.sub(".", _Formatter(self, names).vformat(str(pattern), (), values))
            if values
            else str(pattern)
        )

    def word(self, kind: str, value: str | None) -> str:
        """The word for a coded value such as a status; an unknown code is shown as it is."""
        if not value:
            return ""
        key = f"{kind}.{value}"
        return str(self.words.get(key, self.fallback.get(key, value)))

    def knows(self, kind: str, value: str) -> bool:
        key = f"{kind}.{value}"
        return key in self.words or key in self.fallback

    def reason(self, found: Reason, names: Names | None = None) -> str:
        """A reason in this language; `names` gives what the ids in it are called (else: the ids).

        Reasons that follow it become sentences behind it.
        """
        values = found.values
        following = values.pop(NEXT, ())
        words = self._filled(f"reason.{found.code}", values, names or id_itself)
        others = (self.reason(_inner(one), names) for one in following)
        return " ".join([words, *others])

    def typeset(self, words: str) -> str:
        """Words from data set as this language sets its own: dashes, and what stands after a
        number.
        """
        words = PERCENT.sub(str(self.words["number.percent"]), words)
        return BEFORE_WORD.sub(
            str(self.words["number.before_word"]), DASH.sub(self.text("name.dash"), words)
        )

    def sentences(self, *parts: str) -> str:
        """The parts as sentences of one text; one that ends with a full stop gets no second one."""
        return " ".join(
            part if part.endswith((".", "!", "?", "…")) else f"{part}." for part in parts if part
        )

    def proper_name(self, name: str) -> str:
        """A name from data, as this language sets names."""
        name = TURNING.sub("", name)
        return self.typeset(name.replace(" - ", self.text("name.dash")))

    def number(self, value: float | None, digits: int | None = None) -> str:
        """Three significant digits (all before the mark from 100 on, four from 10,000 on), or a
        fixed number of them after the mark.
        """
        if value is None or math.isnan(value):
            return self.text("number.none")
        if math.isinf(value):
            return "∞" if value > 0 else "−∞"
        if isinstance(value, int):
            digits = 0
        if digits is None:
            value = rounded(value, 4) if abs(value) >= 10_000 else value
            digits = digits_of(value)
        plain = f"{abs(value):,.{digits}f}"
        if digits == MOST_DIGITS and not float(plain.replace(",", "")):
            plain = "0"
        sign = "−" if value < 0 and float(plain.replace(",", "")) else ""
        grouped = plain.replace(",", "\0").replace(".", str(self.words["number.decimal"]))
        if "\0" in grouped and abs(value) < float(self.words["number.group_from"]):
            return sign + grouped.replace("\0", "")
        return sign + grouped.replace("\0", str(self.words["number.group"]))

    def percent(self, ratio: float | None, digits: int = 0) -> str:
        if ratio is None or math.isnan(ratio):
            return self.text("number.none")
        return self.number(ratio * 100, digits) + str(self.words["number.percent"])

    def plural(self, key: str, count: int) -> str:
        """The count with its noun in the right form: `key` names a table with the forms one, few,
        many or other.
        """
        form = _plural_form(str(self.words["plural"]), abs(count))
        for name in (form, "other", "many"):
            pattern = self.words.get(f"{key}.{name}")
            if pattern is not None:
                return str(pattern).replace("{n}", self.number(count, 0))
        return f"{self.number(count, 0)} {key}"

    def day(self, day: date | None) -> str:
        if day is None:
            return self.text("number.none")
        months: Sequence[str] = self.words["months.genitive"]
        return str(self.words["date.day"]).format(
            day=day.day, month=months[day.month - 1], year=day.year
        )

    def period(self, period: Period | None, form: str = "nominative") -> str:
        """A period in a sentence: nominative, accusative, in, by, until, after, since or short."""
        if period is None:
            return self.text("number.none")
        known = self.periods.get((period, form))
        if known is not None:
            return known
        start, grain = period.start, period.grain
        iso = start.isocalendar()
        names = {
            f"month_{case}": self.words[f"months.{case}"][start.month - 1]
            for case in ("nominative", "genitive", "prepositional", "dative", "short")
        }
        pattern = str(self.words[f"period.{grain}.{form}"])
        words = pattern.format(
            day=start.day, month=f"{start.month:02d}", year=start.year, week=iso.week, **names
        )
        self.periods[period, form] = words
        return words


def digits_of(value: float) -> int:
    """How many digits after the mark a number is shown with."""
    size = abs(value)
    if 0 < size < 0.09995:
        return min(2 - math.floor(math.log10(size)), MOST_DIGITS)
    return 0 if size >= 99.95 or size == 0 else 1 if size >= 9.995 else 2 if size >= 0.9995 else 3


def _digits_after_mark(value: float) -> int:
    """How many digits after the mark, up to six, a number has."""
    return len(f"{value:.{MOST_DIGITS}f}".rstrip("0").partition(".")[2])


def _inner(value: Mapping[str, Any]) -> Reason:
    """A reason within another, from its JSON."""
    return reason(value["code"], **value["values"])


def id_itself(kind: str, thing_id: str) -> str:
    """The name of a thing where only ids are known."""
    del kind
    return thing_id


def rounded(value: float, digits: int) -> float:
    """The value with so many significant digits."""
    return float(f"{value:.{digits - 1}e}")


class _Formatter(string.Formatter):
    def __init__(self, language: Language, names: Names) -> None:
        self.language = language
        self.names = names

    def get_value(self, key: int | str, args: Sequence[Any], kwargs: Mapping[str, Any]) -> Any:
        if key not in kwargs:
            self.language.missing.add(f"{{{key}}}")
            return None
        return kwargs[str(key)]

    def format_field(self, value: Any, format_spec: str) -> str:
        return format_value(self.language, value, format_spec, self.names)


def format_value(language: Language, value: Any, form: str, names: Names) -> str:
    """A value as `form` says: numbers n, n0, n1, n2, g (all digits they have), g2 and g3 (no more
    than two, three), pct, pct1, pctg (all digits), or the key of a plural table; periods a case,
    with a capital where the form has one; codes, in a list or divided by commas, the table that
    has words for them. Of reasons: `reason` one within another, `@kind` ids of that kind, `day`
    and the cases of a period ISO days.
    """
    if isinstance(value, dict):
        return language.reason(_inner(value), names)
    if isinstance(value, list):
        parts = [format_value(language, part, form, names) for part in value]
        return ", ".join(dict.fromkeys(parts) if form.startswith("@") else parts)
    if isinstance(value, str) and form.startswith("@"):
        return names(form[1:], value)
    if isinstance(value, str) and form == "day":
        return language.day(date.fromisoformat(value))
    if isinstance(value, str) and form in PERIOD_FORMS:
        value = Period(date.fromisoformat(value))
    if isinstance(value, Period):
        words = language.period(value, form.lower() or "nominative")
        return words[:1].upper() + words[1:] if form[:1].isupper() else words
    if isinstance(value, date):
        return language.day(value)
    if isinstance(value, str) and form == "first":
        return value[:1].upper() + value[1:]
    if isinstance(value, str) and form:
        return ", ".join(language.word(form, code) for code in value.split(", "))
    if isinstance(value, int | float) and not isinstance(value, bool):
        if (
            form == "pct"
            and isinstance(value, Stated)
            and abs(value * 100 - round(value * 100)) > 1e-6
        ):
            return language.percent(value, 1)
        if form == "pctg":
            return language.percent(value, _digits_after_mark(round(value * 100, 9)))
        if form.startswith("pct"):
            return language.percent(value, int(form[3:] or 0))
        if form in ("", "n"):
            return language.number(value, 0 if isinstance(value, int) else None)
        if form in ("g2", "g3"):
            value, form = rounded(value, int(form[1])), "g"
        if form == "g":
            return language.number(value, _digits_after_mark(value))
        if form[0] == "n" and form[1:].isdigit():
            return language.number(value, int(form[1:]))
        return language.plural(form, int(value))
    return language.text("number.none") if value is None else str(value)


def _plural_form(rule: str, count: int) -> str:
    """CLDR cardinal forms of whole numbers: `slavic` for Russian and its kin, `one_other` for
    English, `none` where nouns do not change.
    """
    if rule == "slavic":
        if count % 10 == 1 and count % 100 != 11:
            return "one"
        if 2 <= count % 10 <= 4 and not 12 <= count % 100 <= 14:
            return "few"
        return "many"
    if rule == "one_other":
        return "one" if count == 1 else "other"
    return "other"


def flatten(table: Mapping[str, Any], prefix: str = "") -> dict[str, Any]:
    """Nested tables as dotted keys."""
    flat: dict[str, Any] = {}
    for name, value in table.items():
        if isinstance(value, Mapping):
            flat.update(flatten(value, f"{prefix}{name}."))
        else:
            flat[f"{prefix}{name}"] = value
    return flat


def read_catalogue(code: str, folder: Path) -> dict[str, Any]:
    """The words of `folder`/`code`.toml and, where it is there, of `folder`/reasons/`code`.toml."""
    paths = (folder / f"{code}.toml", folder / "reasons" / f"{code}.toml")
    words: dict[str, Any] = {}
    for path in paths:
        if path.is_file():
            words |= flatten(tomllib.loads(path.read_text(encoding="utf-8")))
    return words


@cache
def load_language(code: str, folder: Path = TEXT_FOLDER) -> Language:
    """The language of `folder`/`code`.toml. Adding a language is adding such a file."""
    path = folder / f"{code}.toml"
    if not path.is_file():
        known = ", ".join(sorted(found.stem for found in folder.glob("*.toml")))
        raise SettingsError(
            f"there is no report text in the language {code!r}",
            [Problem(str(path), "is missing")],
            f"Choose from {known}, or add that file.",
        )
    words = read_catalogue(code, folder)
    fallback = read_catalogue(FALLBACK, TEXT_FOLDER)
    return Language(
        code, {**{key: fallback[key] for key in _REQUIRED if key in fallback}, **words}, fallback
    )


_REQUIRED = (
    "plural",
    "number.decimal",
    "number.group",
    "number.group_from",
    "number.percent",
    "number.before_word",
    "number.none",
    "date.day",
    "weekdays.long",
    "weekdays.short",
    "weekdays.in",
    *(f"months.{case}" for case in ("nominative", "genitive", "prepositional", "dative", "short")),
    *(
        f"period.{grain}.{form}"
        for grain in ("month", "week", "day", "year")
        for form in PERIOD_FORMS
    ),
)
