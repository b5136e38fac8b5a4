"""Map of the network: segments by utilization or by runout, builds to come dashed, over country
outlines.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Sequence
from typing import Any

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, amount_tip, form, rows_of
from dashboards.geography.outlines import outlines
from dashboards.language import Language
from dashboards.theme import CHARCOAL, GRID, HEAT, LAND, MUTED

MARGIN = 0.08
COLOURS = [MUTED, HEAT[2], "#4E83AB", HEAT[3], HEAT[4]]
LEGEND_LINE = 76
"""Letters of the legend's names that stand in one line."""
WIDTHS = (1.5, 2, 3, 4.5, 7)
"""From unknown to most urgent: in grey a line's width tells what its colour does."""


def flat(lon: float, lat: float) -> tuple[float, float]:
    """Mercator in degrees. Vega would draw the edge of a clipped outline as a great circle; flat
    points stay straight.
    """
    return lon, math.degrees(math.asinh(math.tan(math.radians(lat))))


def network(
    lines: pl.DataFrame, places: pl.DataFrame, names: Sequence[str], language: Language
) -> Spec:
    """`lines` has one row per segment: segment (shown name), lon, lat, lon2, lat2, built (bool),
    rank (0 unknown, 1 calm ... 4 urgent: the place in `names`), value (shown, what the rank comes
    from), lit_gbps, status (shown); `places` one per node: name, lon, lat, labelled (bool).
    """
    lons = [*places["lon"].to_list(), *lines["lon"].to_list(), *lines["lon2"].to_list()]
    lats = [*places["lat"].to_list(), *lines["lat"].to_list(), *lines["lat2"].to_list()]
    wide, high = (max(lons) - min(lons)) * MARGIN + 0.5, (max(lats) - min(lats)) * MARGIN + 0.5
    box = (
        min(lons) - wide,
        max(min(lats) - high, -85.0),
        max(lons) + wide,
        min(max(lats) + high, 85.0),
    )
    (west, south), (east, north) = flat(*box[:2]), flat(*box[2:])
    height = min(max(1000 * (north - south) / (east - west), 240), 560)
    land = [[[*flat(*point)] for point in ring] for ring in outlines(box)]
    spec = copy.copy(
        _form(
            language,
            tuple(names),
            round(height / 20) * 20,
            0 if sum(map(len, names)) < LEGEND_LINE else 3,
        )
    )
    spec["datasets"] = {
        "land": [
            {"type": "Feature", "geometry": {"type": "Polygon", "coordinates": [_rounded(ring)]}}
            for ring in land
        ],
        "lines": rows_of([_flattened(row) for row in lines.to_dicts()]),
        "places": rows_of([_flattened(row) for row in places.to_dicts()]),
    }
    return spec


def _rounded(ring: list[list[float]]) -> list[list[float]]:
    return [[round(x, 2), round(y, 2)] for x, y in [*ring, ring[0]]]


def _flattened(row: dict[str, Any]) -> dict[str, Any]:
    for lon, lat in (("lon", "lat"), ("lon2", "lat2")):
        if lon in row:
            row[lon], row[lat] = flat(row[lon], row[lat])
    return row


@form
def _form(
    language: Language, names: tuple[str, ...], height: int, columns: int
) -> alt.TopLevelMixin:
    text = language.text
    land = alt.Chart(alt.NamedData("land")).mark_geoshape(
        fill=LAND, stroke=GRID, strokeWidth=0.8, tooltip=False
    )
    lines = alt.Chart(alt.NamedData("lines")).transform_calculate(
        level=f"{json.dumps(names, ensure_ascii=False)}[datum.rank]",
        state=f"datum.built ? {json.dumps(text('map.built'), ensure_ascii=False)} : "
        f"{json.dumps(text('map.planned'), ensure_ascii=False)}",
    )
    ends = {
        "longitude": "lon:Q",
        "latitude": "lat:Q",
        "longitude2": "lon2:Q",
        "latitude2": "lat2:Q",
    }
    key = alt.Legend(
        title=None, symbolType="stroke", symbolStrokeWidth=4, symbolSize=400, columns=columns
    )
    drawn = lines.mark_rule().encode(
        **ends,
        color=alt.Color(
            "level:N", scale=alt.Scale(domain=list(names), range=COLOURS[: len(names)]), legend=key
        ),
        strokeDash=alt.StrokeDash(
            "state:N",
            scale=alt.Scale(
                domain=[text("map.built"), text("map.planned")], range=[[1, 0], [5, 4]]
            ),
            legend=key,
        ),
        strokeWidth=alt.StrokeWidth(
            "rank:Q", scale=alt.Scale(domain=list(range(5)), range=list(WIDTHS)), legend=None
        ),
        tooltip=[
            alt.Tooltip("segment:N", title=text("table.segment")),
            alt.Tooltip("status:N", title=text("table.status")),
            alt.Tooltip("value:N", title=text("map.value")),
            amount_tip("lit_gbps", text("table.lit")),
        ],
    )
    at = {"longitude": "lon:Q", "latitude": "lat:Q"}
    places = alt.Chart(alt.NamedData("places"))
    dots = places.mark_circle(size=26, color=CHARCOAL, opacity=1).encode(
        **at, tooltip=alt.Tooltip("name:N", title=text("map.place"))
    )
    named = places.transform_filter("datum.labelled")
    halo, words = (
        named.mark_text(dy=-9, fontSize=11, tooltip=False, **look).encode(**at, text="name:N")
        for look in ({"stroke": LAND, "strokeWidth": 3, "color": LAND}, {"color": CHARCOAL})
    )
    layers = alt.layer(land, drawn, dots, halo, words).project("identity", reflectY=True)
    return layers.properties(width="container", height=height)
