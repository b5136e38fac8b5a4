"""The lineage of the warehouse as a picture: flows write tables, views read them. SVG for pages,
Mermaid for Markdown.
"""

from __future__ import annotations

import html
from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from warehouse.serving.dictionary import Entry

ROW, TOP, WIDTH = 18, 40, 1000
COLUMNS = (("flow", 20), ("table", 300), ("view", 720))
COLOURS = {"load": "#12436D", "forecast": "#28A197", "plan": "#801650"}
OTHER = "#3D3D3D"


def edges(found: Sequence[Entry]) -> list[tuple[str, str, str]]:
    """Flow, table and view: one triple per view and table behind it, through the views between."""
    named = {entry.full_name: entry for entry in found}

    def tables_of(entry: Entry, seen: frozenset[str]) -> set[str]:
        tables: set[str] = set()
        for name in set(entry.made_from) - seen:
            source = named[name]
            tables |= {name} if source.kind == "table" else tables_of(source, seen | {name})
        return tables

    return sorted(
        (named[table].flow, table, entry.full_name)
        for entry in found
        if entry.schema == "mart"
        for table in tables_of(entry, frozenset())
        if table != "core.forecast_run" or entry.name in {"run_history", "edition"}
    )


def to_mermaid(found: Sequence[Entry]) -> str:
    """Mermaid text; forecast_run, which every result view joins, is drawn once."""
    lines = ["flowchart LR"]
    triples = edges(found)
    lines += [
        f"  {_node(flow)}([{flow}]) --> {_node(table)}[({table})]"
        for flow, table in sorted({(flow, table) for flow, table, _ in triples})
    ]
    lines += [f'  {_node(table)} --> {_node(view)}["{view}"]' for _, table, view in triples]
    return "\n".join(lines)


def to_svg(found: Sequence[Entry]) -> str:
    """A self-contained picture whose names link to the dictionary's sections."""
    triples = edges(found)
    places: dict[str, tuple[float, float]] = {}
    columns = [
        list(dict.fromkeys(flow for flow, _, _ in triples)),
        list(dict.fromkeys(table for _, table, _ in sorted(triples))),
        list(dict.fromkeys(view for _, _, view in triples)),
    ]
    height = TOP + ROW * max(map(len, columns)) + 20
    marks = []
    for (kind, x), names in zip(COLUMNS, columns, strict=True):
        step = (height - TOP - 20) / max(1, len(names))
        marks.append(f'<text x="{x}" y="20" font-weight="bold">{kind}s</text>')
        for at, name in enumerate(names):
            y = TOP + step * (at + 0.5)
            places[name] = (x, y)
            shown = html.escape(name)
            link = f'<a href="#{shown}">{shown}</a>' if kind != "flow" else shown
            marks.append(f'<text x="{x}" y="{y + 4:.0f}" font-size="12">{link}</text>')
    lines = []
    for start, end, colour in sorted(
        {(flow, table, COLOURS.get(flow, OTHER)) for flow, table, _ in triples}
        | {(table, view, COLOURS.get(flow, OTHER)) for flow, table, view in triples}
    ):
        (x1, y1), (x2, y2) = places[start], places[end]
        x1 += 7 * len(start) + 4
        middle = (x1 + x2) / 2
        lines.append(
            f'<path d="M{x1:.0f} {y1:.0f} C{middle:.0f} {y1:.0f} {middle:.0f} {y2:.0f} '
            f'{x2 - 4:.0f} {y2:.0f}" stroke="{colour}"/>'
        )
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {height:.0f}" '
        'role="img" aria-label="Which flow writes which table, and which view reads it" '
        'font-family="sans-serif">'
        f'<g fill="none" stroke-opacity="0.5">{"".join(lines)}</g>{"".join(marks)}</svg>'
    )


def _node(name: str) -> str:
    return "".join(letter if letter.isalnum() else "_" for letter in name)
