"""Names of bands and lines at the right edge of a wide chart, in place of a legend."""

from __future__ import annotations

import math
from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import altair as alt

from dashboards.charts.drawing import Spec

ROOM = 40
"""Pixels at the right that a name is wider in a reader's font than in the one a picture is measured
with.
"""
APART = 15
"""Pixels between two names."""
WIDEST_NARROW = 700
"""Pixels: a chart no wider has a legend instead. The page's script knows this number too."""
LAYER = "edge"


class Edge(NamedTuple):
    """A name beside the value (Gbit/s) where its band or line ends."""

    name: str
    value: float
    words: str


def edge_rows(
    edges: Sequence[Edge], at: date, top: float, height: int, *, low: float = 0.0
) -> list[dict[str, Any]]:
    """Rows of the names, moved apart where they would overlap. `top` is the largest value drawn,
    `height` that of the plot; a positive `low` is the least value of a logarithmic axis.
    """
    span = math.log(top / low) if low else top

    def pixels(value: float) -> float:
        share = math.log(max(value, low) / low) / span if low else value / span
        return height * (1 - share)

    placed: list[tuple[float, Edge]] = []
    for edge in sorted(edges, key=lambda edge: -edge.value):
        wanted = pixels(edge.value)
        lowest = placed[-1][0] + APART if placed else 0.0
        placed.append((max(wanted, lowest), edge))
    over = max(placed[-1][0] - (height - 4), 0.0) if placed else 0.0
    rows = []
    for place, (pixel, edge) in enumerate(placed):
        below = len(placed) - 1 - place
        share = 1 - min(pixel, height - 4 - below * APART if over else pixel) / height
        y = low * math.exp(share * span) if low else share * span
        rows.append({"at": at, "y": y, "name": edge.name, "words": edge.words})
    return rows


def edge_layers(names: Sequence[tuple[str, str]], y: Any) -> list[alt.Chart]:
    """A layer for each name and colour; `y` is the amount axis on the field y."""
    return [
        alt.Chart(alt.NamedData("edges"), name=f"{LAYER} {name}")
        .transform_filter(alt.datum.name == name)
        .mark_text(align="left", baseline="middle", dx=7, fontSize=11, color=colour)
        .encode(alt.X("at:T"), y, text="words:N")
        for name, colour in names
    ]


def fitted(spec: Spec, width: int) -> Spec:
    """The chart with names at its edge, or with a legend where it is narrow."""
    if not (spec.get("usermeta") or {}).get("edges"):
        return spec
    if width <= WIDEST_NARROW:
        layers = [part for part in spec["layer"] if not part.get("name", "").startswith(LAYER)]
        return {**spec, "layer": layers}
    layers = [_unlegended(layer) for layer in spec["layer"]]
    return {**spec, "layer": layers, "padding": {"left": 5, "top": 5, "bottom": 5, "right": ROOM}}


def _unlegended(layer: dict[str, Any]) -> dict[str, Any]:
    encoding = {
        channel: {**part, "legend": None} if isinstance(part, dict) and "legend" in part else part
        for channel, part in layer["encoding"].items()
    }
    return {**layer, "encoding": encoding}
