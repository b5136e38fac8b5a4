"""Load of one segment direction: without failure and in its worst failure, against threshold and lit capacity."""

from __future__ import annotations

from functools import cache

import altair as alt
import polars as pl

from dashboards.charts.drawing import SOLID, Key, Spec, amount_axis, amount_tip, finish, labelled, time_axis, with_rows
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, NAVY, ORANGE, PLUM
from warehouse.schema import Grain


def load(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per period: target_start, median, q100, q900 (no failure), worst (90 % level of the worst failure), threshold, lit."""
    return with_rows(_form(language, grain), labelled(frame, "target_start", grain, language).to_dicts())


@cache
def _form(language: Language, grain: Grain) -> Spec:
    text = language.text
    unit = text("unit.gbps")
    names = [text(f"load.{name}") for name in ("median", "band", "worst", "threshold", "lit")]
    key = Key(names, [NAVY, BANDS[1][3], PLUM, ORANGE, CHARCOAL], [SOLID, SOLID, [6, 3], [2, 2], SOLID])
    median, band, worst, threshold, lit = names
    chart = alt.Chart(alt.NamedData("rows"))
    start = time_axis("target_start", grain)
    fields = ("median", "q100", "q900", "worst", "threshold", "lit")
    titles = (median, text("table.q100"), text("table.q900"), worst, threshold, lit)
    tips = [alt.Tooltip("label:N", title=text("table.period")), *map(amount_tip, fields, titles)]
    step = chart.mark_line(interpolate="step-after")
    layers = alt.layer(
        key.tag(chart.mark_area(), band).encode(start, amount_axis("q100", unit), alt.Y2("q900:Q")),
        key.tag(chart.mark_line(strokeWidth=2.5), median).encode(start, amount_axis("median", unit)),
        key.tag(chart.mark_line(), worst).encode(start, amount_axis("worst", unit)),
        key.tag(chart.mark_line(interpolate="step-after"), threshold).encode(start, amount_axis("threshold", unit)),
        key.tag(step, lit).encode(start, amount_axis("lit", unit)),
        chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips),
    )
    return finish(layers.properties(width="container", height=300))
