"""The printed edition: one typeset PDF per language with vector charts, contents, page numbers and
alt texts.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

import polars as pl

from dashboards.chapters import changes, overview
from dashboards.chapters.capacity import plan, risk, scenarios, segments
from dashboards.chapters.evidence import assumptions, data, method, quality
from dashboards.chapters.traffic import countries, new_routes
from dashboards.chapters.traffic.routes import route_table
from dashboards.chapters.traffic.series import series_figure
from dashboards.edition import Edition
from dashboards.figure import FOLD, Cell, Figure, Page, Section, Table, capital, joined
from dashboards.language import TEXT_FOLDER, Language, Period, load_language
from dashboards.material import Material, gather
from dashboards.press.typesetting import compile_pdf, displayable, quote, svg, template
from dashboards.previews import SIZE
from dashboards.view import View

MOST_ROUTES = 12
MOST_TABLE_ROWS = 40
LONG = 90
"""Longer texts of any column are set under their row."""
TYPE, SMALLEST_TYPE, LINE, PADDING = 8.0, 5.5, 118, 2
"""Points of a table's type, and letters of it that a line of the page holds."""
LONGEST_WORD, LONGEST_CELL = 15, 40
"""Letters: longer words are hyphenated."""
SPACES = re.compile(r"[ \n-]|/(?!\u2060)")
"""Where a line may break: not at a no-break space."""
TALLEST = 1.15
"""Height over width: a chart of many rows that is taller is fitted into a page with its title and
notes.
"""
FEW = 3
"""Columns: in a table of no more, a long text has room beside the others."""
NAME = "edition.pdf"


def write_paper(
    frames: Mapping[str, pl.DataFrame],
    edition: Edition,
    folder: Path,
    *,
    languages: Sequence[str] = ("en", "ru"),
    text_folder: Path = TEXT_FOLDER,
) -> list[Path]:
    """Write folder/<language>/edition.pdf (PDF/UA-1, fonts embedded). The same inputs give the same
    bytes.
    """
    material = gather(frames, edition)
    written = []
    for code in languages:
        language = load_language(code, text_folder)
        target = folder / code / NAME
        target.parent.mkdir(parents=True, exist_ok=True)
        with tempfile.TemporaryDirectory() as work:
            source = displayable(compose(View(material, language), Path(work)))
            (Path(work) / "edition.typ").write_text(source, encoding="utf-8")
            pdf = compile_pdf(Path(work) / "edition.typ", edition.known_at)
        target.write_bytes(pdf)
        written.append(target)
    return written


def paper_pages(view: View) -> list[Page]:
    """The pages that are printed: the edition's chapters, and the charts of the busiest routes."""
    text = view.text
    chapters: list[Page] = [
        page
        for chapter in (overview, changes, plan, risk, scenarios, new_routes)
        for page in chapter.pages(view)
    ]
    busiest = sorted(view.material.routes, key=lambda name: (-_size(view.material, name), name))
    figures = [
        series_figure(view, view.material.keys["route", name][0])
        for name in busiest[:MOST_ROUTES]
        if ("route", name) in view.material.keys
    ]
    sections = [
        Section(table=route_table(view)),
        Section(text("route.traffic"), figures=figures),
    ]
    chapters.append(
        Page(
            "routes.html",
            text("routes.title"),
            [text("routes.lead", n=len(view.material.routes))],
            sections,
        )
    )
    chapters += segments.pages(view)[:1]
    return chapters + [
        page
        for chapter in (countries, quality, data, assumptions, method)
        for page in chapter.pages(view)
    ]


def _size(material: Material, route_id: str) -> float:
    keys = material.keys.get(("route", route_id), [])
    observed = material.observed.get(keys[0]) if keys else None
    return float(observed["value_gbps"].drop_nulls().tail(1).sum()) if observed is not None else 0.0


def compose(view: View, folder: Path) -> str:
    """The Typst source of the edition; its charts are written beside it as SVG."""
    edition, text = view.material.edition, view.text
    origin = text("page.edition", origin=Period(edition.origin, edition.grain))
    head = template("paper.typ")
    footer = text(
        "page.footer",
        run_id=edition.run_id,
        data_hash=edition.data_hash,
        code_version=edition.code_version,
        seed=str(edition.seed),
    )
    footer = text(
        "page.footer",
        run_id=edition.run_id,
        data_hash=edition.data_hash,
        code_version=edition.code_version,
        seed=str(edition.seed),
    )
    footer = text(
        "page.footer",
        run_id=edition.run_id,
        data_hash=edition.data_hash,
        code_version=edition.code_version,
        seed=str(edition.seed),
    )
    lines = [
        head,
        (
            f"#show: edition.with(title: {quote(edition.title_in(view.language.code))}, lang: "
            f"{quote(view.language.code)}, foot: "
            f"{quote(edition.run_id + ' · ' + edition.data_hash)})"
        ),
        f"#cover({quote(edition.title_in(view.language.code))}, "
        f"{quote(text('overview.title'))}, {quote(origin)}, "
        f"{quote(footer)}, "
        f"{quote(text('paper.simulated') if edition.simulated else '')}, "
        f"{quote(text('paper.contents'))})",
    ]
    drawn: dict[str, str] = {}
    for page in paper_pages(view):
        lines.append(f"= #{quote(page.title)}")
        lines += [f"#par({quote(words)})" for words in page.lead]
        for section in page.sections:
            if section.title:
                lines.append(f"== #{quote(section.title)}")
            lines += [f"#leading({quote(words)})" for words in section.words]
            for figure in section.figures:
                where = drawn.setdefault(figure.figure_id, page.title)
                if where != page.title:
                    lines.append(f"#par({quote(text('paper.shown', page=where))})")
                    continue
                lines.append(_figure(figure, view, folder, f"{figure.figure_id}.svg"))
            if section.table:
                lines.append(_table(section.table, view.language))
    return "\n\n".join(lines) + "\n"


def _figure(figure: Figure, view: View, folder: Path, name: str) -> str:
    badges = "".join(f" [{badge}]" for badge in figure.badges)
    if figure.spec is None:
        return (
            f"#empty({quote(figure.title)}, {quote(view.text('page.empty', reason=figure.reason))})"
        )
    picture = svg(figure.spec, view.language)
    (folder / name).write_text(displayable(picture, picture=True), encoding="utf-8")
    size = SIZE.search(picture)
    width, height = map(float, size.groups()) if size else (1.0, 1.0)
    tall = "true" if height > TALLEST * width else "false"
    notes = ", ".join(
        f"({quote(label)}, {quote(capital(words))})"
        for label, words in figure.notes
        if label != view.text("note.run")
    )
    return (
        f"#chart({quote(figure.title + badges)}, {quote(figure.subtitle)}, {quote(name)}, "
        f"{quote(figure.alt or figure.title)}, ({notes}{',' if notes else ''}), {tall})"
    )


def _table(table: Table, language: Language) -> str:
    """A table; a column of long texts is set across the page under its row."""
    shown = table.rows[:MOST_TABLE_ROWS]
    places = range(len(table.heads))
    below = [
        place
        for place in places[1:]
        if len(places) > FEW
        and any(len(row[place].text) > (FOLD if row[place].wide else LONG) for row in shown)
    ]
    beside = [place for place in places if place not in below]
    titles = [joined(head) for head in table.heads]
    heads = ", ".join(quote(titles[place]) for place in beside)
    right = ", ".join("right" if shown and shown[0][place].number else "left" for place in beside)
    share, size = _widths(
        [[titles[place], *(_words(row[place]) for row in shown)] for place in beside]
    )
    widths = ", ".join(f"{width:.1f}fr" for width in share)
    lines = []
    for row in shown:
        lines.append(", ".join(quote(_words(row[place])) for place in beside))
        lines += [
            (
                f"table.cell(colspan: {len(beside)}, align: left, text(fill: soft, "
                f"{quote(f'{titles[place]}: {row[place].text}')}))"
            )
            for place in below
            if row[place].text
        ]
    cells = ",\n".join(lines)
    more = (
        language.text("paper.more", n=len(table.rows) - len(shown))
        if len(table.rows) > len(shown)
        else ""
    )
    return (
        f"#sheet({size:.1f}pt, ({heads},), ({widths},), ({right},), {quote(table.caption)}, "
        f"{quote(more)}, (\n{cells}{',' if cells else ''}\n))"
    )


def _widths(columns: Sequence[Sequence[str]]) -> tuple[list[float], float]:
    """A share of the line for each column, from its head and cells, and the size of type at which
    the longest words fit.
    """
    need, wish = [], []
    longest = LONGEST_CELL if len(columns) > FEW else LINE
    for head, *cells in columns:
        pieces = [1.15 * len(word) for word in SPACES.split(head)] + [
            len(word) for text in cells for word in SPACES.split(text)
        ]
        need.append(min(max(pieces, default=1), LONGEST_WORD) + PADDING)
        wish.append(max(need[-1], min(max(map(len, (head, *cells))), longest) + PADDING))
    spare, wanted = LINE - sum(need), sum(wish) - sum(need)
    if spare < 0:
        return need, max(TYPE * LINE / sum(need), SMALLEST_TYPE)
    part = min(spare / wanted, 1.0) if wanted else 0.0
    return [low + part * (high - low) for low, high in zip(need, wish, strict=True)], TYPE


def _words(cell: Cell) -> str:
    return cell.text + (f" [{cell.badge}]" if cell.badge else "")
