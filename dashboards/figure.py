"""A chart with everything a reader may ask of it, and tables with cells that sort."""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from html import escape as escaped
from typing import Any, NamedTuple

import polars as pl
from markupsafe import Markup

from dashboards.charts.drawing import Spec
from dashboards.language import Language, Period, rounded
from warehouse.schema import Grain

FOLD = 60
"""Longer texts of wide cells are folded after so many letters."""
LONGEST = 200
"""Rows."""
BREAKS = re.compile(r"(?<=[/._?=-])(?=\w)")
LONG_WORD = re.compile(r"\S{24,}")
"""An address: it may be broken after its signs, or it would make its column as wide as itself."""
UNSAFE = re.compile("[&<>\"']")


class Cell(NamedTuple):
    """What is shown, what it sorts by, and where it leads."""

    text: str
    sort: str = ""
    link: str = ""
    number: bool = False
    badge: str = ""
    wide: bool = False
    whole: bool = False
    """Never broken over lines; a badge stands under it."""


@dataclass(frozen=True)
class Table:
    heads: Sequence[str]
    rows: Sequence[Sequence[Cell]]
    caption: str = ""

    @property
    def long(self) -> bool:
        """A table that nobody reads from end to end: it is unfolded where it is wanted, and left
        off the printed page.
        """
        return len(self.rows) > LONGEST

    @property
    def numbers(self) -> list[bool]:
        """Which columns hold numbers: their heads stand over them, at the right."""
        return [any(row[at].number for row in self.rows) for at in range(len(self.heads))]

    @property
    def body(self) -> Markup:
        """The rows as HTML. Written by hand, as a page has thousands of cells and a template takes
        ten times as long.
        """
        parts: list[str] = []
        for row in self.rows:
            parts.append("<tr>")
            for text, sort, link, number, badge, wide, whole in row:
                kind = (
                    ' class="n"'
                    if number
                    else ' class="wide"'
                    if wide
                    else ' class="d"'
                    if whole
                    else ""
                )
                order = f' data-sort="{escape(sort)}"' if sort else ""
                shown = f'<a href="{escape(link)}">{escape(text)}</a>' if link else escape(text)
                if wide and len(text) > FOLD:
                    head = f"<summary>{escape(text[:FOLD])}…</summary>"
                    shown = f"<details>{head}{escape(text)}</details>"
                if len(text) >= 24 and LONG_WORD.search(text) and not link:
                    shown = _breakable(shown)
                mark = f' <span class="badge">{escape(badge)}</span>' if badge else ""
                parts.append(f"<td{kind}{order}>{shown}{mark}</td>")
            parts.append("</tr>\n")
        return Markup("".join(parts))


def _breakable(html: str) -> str:
    return re.sub(
        r"[^<>]+",
        lambda piece: LONG_WORD.sub(lambda word: BREAKS.sub("<wbr>", word[0]), piece[0]),
        html,
    )


def filled(table: Table, language: Language) -> Table:
    """The table without the columns that are empty in every row."""
    empty = {"", language.text("number.none")}
    kept = [
        at
        for at in range(len(table.heads))
        if not table.rows or any(row[at].text not in empty for row in table.rows)
    ]
    return Table(
        [table.heads[at] for at in kept],
        [[row[at] for at in kept] for row in table.rows],
        table.caption,
    )


@dataclass(frozen=True)
class Figure:
    """A chart, or the reason why there is none. `notes` are pairs of a label and a text; `data` is
    written to data/`csv`.

    What a title says after a line break belongs to the line under it, before the subtitle.
    """

    figure_id: str
    title: str
    alt: str = ""
    spec: Spec | None = None
    subtitle: str = ""
    notes: Sequence[tuple[str, str]] = ()
    table: Table | None = None
    csv: str = ""
    data: pl.DataFrame | None = None
    reason: str = ""
    badges: Sequence[str] = field(default_factory=tuple)
    ticks: Sequence[tuple[str, str]] = ()
    """Days and words of the chart's numbered ticks, in their order."""
    words: Mapping[str, Any] = field(default_factory=dict)
    """What the page's script says when a control of the chart is moved."""

    def __post_init__(self) -> None:
        title, _, under = self.title.partition("\n")
        below = capital(under.replace("\n", " "))
        if below and not below.endswith((".", "!", "?")):
            below += "."
        for name, value in (
            ("title", title),
            ("subtitle", f"{below} {self.subtitle}".strip()),
            ("alt", self.alt.replace("\n", ". ")),
            ("reason", self.reason.replace("\n", ". ")),
        ):
            object.__setattr__(self, name, value)


@dataclass(frozen=True)
class Section:
    """A heading with words, charts and a table under it."""

    title: str = ""
    words: Sequence[str] = ()
    figures: Sequence[Figure] = ()
    table: Table | None = None
    links: Sequence[tuple[str, str]] = ()
    anchor: str = ""


@dataclass(frozen=True)
class Page:
    """A page of an edition; `path` is relative to its language's folder."""

    path: str
    title: str
    lead: Sequence[str] = ()
    sections: Sequence[Section] = ()
    real: bool = False
    """True where nothing on the page comes from a simulator, whatever the edition."""
    build: Callable[[], Sequence[Section]] | None = None
    """Makes the sections, for pages of which there are many."""
    subject: tuple[str, str] | None = None
    """The one route or segment that such a page is about, as its kind and id."""
    front: Any = None
    """The first screen of the overview (front.page.Front), which stands above its sections."""

    def parts(self) -> Sequence[Section]:
        return self.build() if self.build else self.sections

    @property
    def figures(self) -> list[Figure]:
        return [figure for section in self.parts() for figure in section.figures]


def slug(name: str) -> str:
    """A file name for an id: safe on every file system, and different for different ids."""
    plain = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:48]
    if plain == name:
        return plain
    return f"{plain or 'x'}-{hashlib.sha256(name.encode()).hexdigest()[:6]}"


def escape(text: str) -> str:
    return escaped(text) if UNSAFE.search(text) else text


def capital(words: str) -> str:
    """The words with their first letter large, as lines under a chart begin."""
    return words[:1].upper() + words[1:]


def joined(unit: str) -> str:
    """A unit that no line breaks at its slash."""
    return unit.replace("/", "/\u2060")


def number(language: Language, value: float | None, digits: int | None = None) -> Cell:
    return Cell(
        language.number(value, digits), "" if value is None else f"{value:.9g}", number=True
    )


def dollars(language: Language, value: float | None) -> Cell:
    """A sum to three significant digits: prices are not known better."""
    shown = language.number(None if value is None else rounded(value, 3), 0)
    return Cell(shown, "" if value is None else f"{value:.9g}", number=True)


def stated(language: Language, value: float | None) -> Cell:
    """A number that somebody stated, with the digits it was stated with: 60 is not 60.0."""
    if value is None:
        return number(language, None)
    whole, _, rest = f"{value:.6f}".partition(".")
    digits = 0 if len(whole) > 5 else len(rest.rstrip("0"))
    return Cell(language.number(value, digits), f"{value:.9g}", number=True)


def percent(language: Language, value: float | None, digits: int = 0) -> Cell:
    return Cell(
        language.percent(value, digits), "" if value is None else f"{value:.9g}", number=True
    )


def day(language: Language, value: date | None) -> Cell:
    """A day, short enough for a column."""
    shown = (
        language.period(Period(value, "day"), "short") if value else language.text("number.none")
    )
    return Cell(shown, value.isoformat() if value else "9999", whole=True)


def period(language: Language, value: date | None, grain: Grain, last: date | None = None) -> Cell:
    """A period, or "after <last>" where it lies beyond the horizon."""
    if value is None and last is not None:
        return Cell(language.period(Period(last, grain), "after"), "9999")
    shown = language.period(Period(value, grain)) if value else language.text("number.none")
    return Cell(shown, value.isoformat() if value else "9999")


def plain_table(
    frame: pl.DataFrame, heads: Sequence[tuple[str, str, str]], language: Language, grain: Grain
) -> Table:
    """A frame as a table: `heads` name the column, its title, and its form (text, n, pct, day,
    period, n0 to n3).
    """
    columns: list[list[Cell]] = []
    for name, _, form in heads:
        values = frame[name].to_list()
        if form == "period":
            columns.append([period(language, value, grain) for value in values])
        elif form == "day":
            columns.append([day(language, value) for value in values])
        elif form.startswith("pct"):
            columns.append([percent(language, value, int(form[3:] or 0)) for value in values])
        elif form.startswith("n"):
            digits = int(form[1:]) if form[1:] else None
            columns.append([number(language, value, digits) for value in values])
        else:
            columns.append([Cell("" if value is None else str(value)) for value in values])
    return Table(
        [title for _, title, _ in heads], list(zip(*columns, strict=True)) if columns else []
    )
