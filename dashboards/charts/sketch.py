"""A chart of time drawn by hand, small and quick: what a reader without scripts sees on the pages
of which there are too many to draw each with Vega.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from html import escape
from typing import Any

from dashboards.charts.drawing import Spec
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, GRID, MUTED, NAVY, ORANGE, PLUM

WIDTH, HEIGHT = 720, 220
LEFT, RIGHT, TOP, BOTTOM = 52, 8, 10, 22
Row = Mapping[str, Any]
LINES = (
    ("lit", CHARCOAL, "10 3"),
    ("threshold", ORANGE, "2 2"),
    ("worst", PLUM, "5 3"),
    ("q500", NAVY, "5 3"),
    ("median", NAVY, ""),
    ("observed", CHARCOAL, ""),
)


def sketch(spec: Spec, language: Language, title: str) -> str:
    """The fan or the load of a specification as SVG text; empty for other charts."""
    rows = spec["datasets"].get("rows", [])
    time = next((name for name in ("start", "target_start") if rows and name in rows[0]), "")
    amounts = [name for name, *_ in LINES] + [name for _, *pair, _ in BANDS for name in pair]
    values = [row[name] for row in rows for name in amounts if row.get(name) is not None]
    if not time or not values or not max(values) > 0:
        return ""
    shown = [row for row in rows if row.get("shown", True)]
    days = [date.fromisoformat(row[time]).toordinal() for row in shown]
    top: float = max(values) * 1.04
    span = max(days[-1] - days[0], 1)
    wide, high = WIDTH - LEFT - RIGHT, HEIGHT - TOP - BOTTOM

    def x(day: int) -> float:
        return LEFT + wide * (day - days[0]) / span

    def y(value: float) -> float:
        return TOP + high * (1 - value / top)

    parts = [_grid(share * top, y(share * top), language) for share in (0.0, 0.5, 1.0)]
    years = range(date.fromordinal(days[0]).year + 1, date.fromordinal(days[-1]).year + 1)
    parts += [
        f'<text x="{x(date(year, 1, 1).toordinal()):.0f}" y="{HEIGHT - 6}" '
        f'text-anchor="middle" fill="{MUTED}">{year}</text>'
        for year in years
    ]
    for _, low, high_name, colour in BANDS:
        band = [
            (x(day), y(row[low]), y(row[high_name]))
            for day, row in zip(days, shown, strict=True)
            if row.get(low) is not None and row.get(high_name) is not None
        ]
        if len(band) > 1:
            edge = [(at, upper) for at, _, upper in band]
            edge += [(at, lower) for at, lower, _ in reversed(band)]
            parts.append(f'<polygon points="{_points(edge)}" fill="{colour}"/>')
    for name, colour, dash in LINES:
        if name == "median" and "q500" in shown[-1]:
            continue
        for line in _runs([(x(day), row.get(name)) for day, row in zip(days, shown, strict=True)]):
            points = _points([(at, y(value)) for at, value in line])
            dashes = f' stroke-dasharray="{dash}"' if dash else ""
            parts.append(
                f'<polyline points="{points}" fill="none" stroke="{colour}" '
                f'stroke-width="1.6"{dashes}/>'
            )
    return (
        f'<svg class="sketch" role="img" aria-label="{escape(title)}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}"'
        f' font-family="sans-serif" font-size="11">{"".join(parts)}</svg>'
    )


def _grid(value: float, at: float, language: Language) -> str:
    label = escape(language.number(value))
    return (
        f'<path d="M{LEFT} {at:.0f}H{WIDTH - RIGHT}" stroke="{GRID}"/>'
        f'<text x="{LEFT - 6}" y="{at + 4:.0f}" text-anchor="end" fill="{MUTED}">{label}</text>'
    )


def _runs(points: Sequence[tuple[float, float | None]]) -> list[list[tuple[float, float]]]:
    """The points in runs without a gap."""
    runs: list[list[tuple[float, float]]] = [[]]
    for at, value in points:
        if value is None:
            runs.append([])
        else:
            runs[-1].append((at, value))
    return [run for run in runs if len(run) > 1]


def _points(points: Sequence[tuple[float, float]]) -> str:
    return " ".join(f"{x:.0f},{y:.0f}" for x, y in points)
