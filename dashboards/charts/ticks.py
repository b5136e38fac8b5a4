"""Numbered ticks: events, steps of capacity and orders in a chart of time, told in words below."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any, NamedTuple

import altair as alt

from dashboards.charts.drawing import time_axis
from dashboards.theme import MUTED, PAPER, PLUM
from warehouse.schema import Grain

LEVELS = 3
RING = 20
"""Pixels from ring to ring, on a plot of PLOT pixels: closer ones step down."""
PLOT = 700


class Tick(NamedTuple):
    """A day with its number, and what happened or has to happen then."""

    at: date
    words: str


def tick_rows(ticks: Sequence[Tick], first: date, last: date) -> list[dict[str, Any]]:
    """Rows of the ticks, sorted by day, numbered from 1, with the row (0 ...) of each ring."""
    days = max((last - first).days, 1)
    ends = [-1e9] * LEVELS
    rows = []
    for number, tick in enumerate(sorted(ticks), 1):
        x = (tick.at - first).days / days * PLOT
        level = next((place for place in range(LEVELS) if x - ends[place] >= RING), LEVELS - 1)
        ends[level] = x
        rows.append({"at": tick.at, "number": str(number), "level": level, "words": tick.words})
    return rows


def tick_layers(levels: int, grain: Grain, day_format: str) -> list[alt.Chart]:
    """Dotted rules with a numbered ring at the top of the plot, in so many rows."""
    chart = alt.Chart(alt.NamedData("ticks"))
    at = time_axis("at", grain, day_format)
    layers = [chart.mark_rule(color=MUTED, strokeDash=[2, 2]).encode(at)]
    for level in range(levels):
        row = chart.transform_filter(alt.datum.level == level)
        y = alt.value(10 + RING * level)
        tip = [alt.Tooltip("words:N", title=" ")]
        layers += [
            row.mark_point(
                shape="circle", size=270, filled=True, fill=PAPER, stroke=PLUM, opacity=1
            ).encode(at, y=y, tooltip=tip),
            row.mark_text(fontSize=11, fontWeight="bold", color=PLUM).encode(
                at, y=y, text="number:N", tooltip=tip
            ),
        ]
    return layers


def levels_of(rows: Sequence[Mapping[str, Any]]) -> int:
    """How many rows the rings take: a layer without any would have no extent."""
    return 1 + max((row["level"] for row in rows), default=-1)
