"""Load of one segment direction: what was, without failure and in its worst failure, against
threshold and lit capacity.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from dashboards.charts.drawing import (
    SOLID,
    Key,
    Spec,
    amount_axis,
    amount_tip,
    form,
    labelled,
    rows_of,
    time_axis,
    with_rows,
)
from dashboards.charts.edges import Edge, edge_layers, edge_rows
from dashboards.charts.ticks import Tick, levels_of, tick_layers, tick_rows
from dashboards.language import Language, Period
from dashboards.theme import BANDS, CHARCOAL, NAVY, ORANGE, PLUM, RUST
from warehouse.schema import Grain

HEIGHT = 300


def load(
    frame: pl.DataFrame,
    threshold_ratio: float,
    grain: Grain,
    language: Language,
    *,
    past: pl.DataFrame | None = None,
    ticks: Sequence[Tick] = (),
) -> Spec:
    """One row per period: target_start, median, q100, q900 (no failure), worst (90 % level of the
    worst failure), lit. `past` has target_start, observed, lit; `ticks` are drawn as numbers.

    A slider moves the threshold, and with it the marks where the two loads first pass it; without
    it both stand at `threshold_ratio`.
    """
    whole = frame if past is None else pl.concat([past, frame], how="diagonal")
    rows = (
        labelled(whole, "target_start", grain, language)
        .with_columns(stamp=pl.col("target_start").dt.epoch("ms"))
        .to_dicts()
    )
    for row in rows:
        if row["median"] is not None:
            row["when"] = language.period(Period(row["target_start"], grain), "in")
    first, last = rows[0]["target_start"], rows[-1]["target_start"]
    marks = tick_rows(ticks, first, last)
    spec = with_rows(
        _form(language, threshold_ratio, grain, past is not None, levels_of(marks)), rows
    )
    if marks:
        spec["datasets"]["ticks"] = rows_of(marks)
    spec["datasets"]["edges"] = rows_of(_edges(rows, language))
    return spec


def _edges(rows: Sequence[Mapping[str, Any]], language: Language) -> list[dict[str, Any]]:
    text, last = language.text, rows[-1]
    low, high = (language.number(last[name]) for name in ("q100", "q900"))
    band = text("fan.edge_band", share=0.8, low=low, high=high)
    edges = [
        Edge(text("load.lit"), last["lit"], text("load.edge_lit", value=last["lit"])),
        Edge(text("load.worst"), last["worst"], text("load.edge_worst", value=last["worst"])),
        Edge(text("load.band"), last["q900"], band),
        Edge(text("load.median"), last["median"], text("fan.edge_median", value=last["median"])),
    ]
    names = ("observed", "q900", "worst", "lit")
    top = max(row[name] for row in rows for name in names if row.get(name) is not None)
    return edge_rows(edges, last["target_start"], top, HEIGHT)


@form
def _form(
    language: Language, threshold_ratio: float, grain: Grain, has_past: bool, tick_levels: int
) -> alt.TopLevelMixin:
    text = language.text
    unit = text("unit.gbps")
    names = [text(f"load.{name}") for name in ("median", "band", "worst", "threshold", "lit")]
    median, band, worst, threshold, lit = names
    colours = [NAVY, BANDS[1][3], PLUM, ORANGE, CHARCOAL]
    dashes: list[Sequence[float]] = [SOLID, SOLID, [6, 3], [2, 2], [14, 3]]
    observed = text("load.observed")
    if has_past:
        names, colours, dashes = [observed, *names], [CHARCOAL, *colours], [SOLID, *dashes]
    key = Key(names, colours, dashes)
    theta = alt.param(
        name="theta",
        value=threshold_ratio,
        bind=alt.binding_range(min=0.5, max=1, step=0.01, name=text("load.slider") + " "),
    )
    chart = alt.Chart(alt.NamedData("rows")).transform_calculate(threshold="theta * datum.lit")
    start = time_axis("target_start", grain, language.text("date.axis"))
    fields = ("median", "q100", "q900", "worst", "threshold", "lit")
    titles = (median, text("table.q100"), text("table.q900"), worst, threshold, lit)
    tips = [alt.Tooltip("label:N", title=text("table.period")), *map(amount_tip, fields, titles)]
    if has_past:
        tips.insert(1, amount_tip("observed", observed))
    step = chart.mark_line(interpolate="step-after")
    layers: list[Any] = [
        key.tag(chart.mark_area(), band).encode(start, amount_axis("q100", unit), alt.Y2("q900:Q")),
        key.tag(chart.mark_line(strokeWidth=2.5), median).encode(
            start, amount_axis("median", unit)
        ),
        key.tag(chart.mark_line(), worst).encode(start, amount_axis("worst", unit)),
        key.tag(step, threshold).encode(start, amount_axis("threshold", unit)),
        key.tag(step, lit).encode(start, amount_axis("lit", unit)),
    ]
    if has_past:
        line = chart.mark_line(point={"size": 14, "filled": True})
        layers.append(key.tag(line, observed).encode(start, amount_axis("observed", unit)))
    for field, colour in (("median", NAVY), ("worst", PLUM)):
        first = (
            chart.transform_calculate(
                passing=f"datum.{field} > datum.threshold ? datum.stamp : null"
            )
            .transform_joinaggregate(first="min(passing)")
            .encode(
                start,
                opacity=alt.condition("datum.stamp === datum.first", alt.value(1), alt.value(0)),
            )
        )
        layers.append(first.mark_rule(color=colour, strokeDash=[1, 3]))
        layers.append(
            first.mark_point(shape="triangle-down", filled=True, size=90, color=colour).encode(
                y=alt.value(4)
            )
        )
    if tick_levels:
        layers += tick_layers(tick_levels, grain, text("date.axis"))
    named = chart.transform_filter("datum.lit !== null").transform_joinaggregate(
        earliest="min(stamp)"
    )
    words = named.transform_filter("datum.stamp === datum.earliest").mark_text(
        align="left", baseline="bottom", dx=4, dy=-3, fontSize=11, color=RUST
    )
    layers.append(
        words.properties(name="edge threshold").encode(
            start, amount_axis("threshold", unit), text=alt.value(threshold)
        )
    )
    y = amount_axis("y", unit)
    layers += edge_layers([(lit, CHARCOAL), (worst, PLUM), (band, CHARCOAL), (median, NAVY)], y)
    layers.append(chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips))
    whole = alt.layer(*layers).add_params(theta).properties(width="container", height=HEIGHT)
    return whole.properties(usermeta={"edges": True})
