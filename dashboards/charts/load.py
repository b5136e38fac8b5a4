"""Load of one segment direction: without failure and in its worst failure, against threshold and
lit capacity.
"""

from __future__ import annotations

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
    time_axis,
    with_rows,
)
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, NAVY, ORANGE, PLUM
from warehouse.schema import Grain


def load(frame: pl.DataFrame, threshold_ratio: float, grain: Grain, language: Language) -> Spec:
    """One row per period: target_start, median, q100, q900 (no failure), worst (90 % level of the
    worst failure), lit.

    A slider moves the threshold, and with it the marks where the two loads first pass it; without
    it both stand at `threshold_ratio`.
    """
    rows = labelled(frame, "target_start", grain, language).with_columns(
        stamp=pl.col("target_start").dt.epoch("ms")
    )
    return with_rows(_form(language, threshold_ratio, grain), rows.to_dicts())


@form
def _form(language: Language, threshold_ratio: float, grain: Grain) -> alt.TopLevelMixin:
    text = language.text
    unit = text("unit.gbps")
    names = [text(f"load.{name}") for name in ("median", "band", "worst", "threshold", "lit")]
    key = Key(
        names, [NAVY, BANDS[1][3], PLUM, ORANGE, CHARCOAL], [SOLID, SOLID, [6, 3], [2, 2], [14, 3]]
    )
    median, band, worst, threshold, lit = names
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
    layers.append(chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips))
    return alt.layer(*layers).add_params(theta).properties(width="container", height=300)
