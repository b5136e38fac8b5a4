"""Probability that a segment has run out by each period: policy and hard date."""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import (
    SOLID,
    Key,
    Spec,
    form,
    labelled,
    next_start,
    time_axis,
    with_rows,
)
from dashboards.language import Language
from dashboards.theme import MUTED, NAVY, ORANGE
from warehouse.schema import Grain


def probability(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per period: target_start, policy and hard (0-1, first passage at or before the
    period).
    """
    rows = labelled(frame, "target_start", grain, language).to_dicts()
    # A step ends where its period does: the last value is drawn once more at the end of the
    # horizon.
    end = (
        [{**rows[-1], "target_start": next_start(rows[-1]["target_start"], grain)}] if rows else []
    )
    return with_rows(_form(language, grain), [*rows, *end])


@form
def _form(language: Language, grain: Grain) -> alt.TopLevelMixin:
    text = language.text
    names = [text("probability.policy"), text("probability.hard")]
    key = Key(names, [ORANGE, NAVY], [SOLID, [6, 3]])
    chart = alt.Chart(alt.NamedData("rows"))
    start = time_axis("target_start", grain, language.text("date.axis"))

    def share(field: str) -> alt.Y:
        return alt.Y(
            f"{field}:Q",
            title=text("probability.axis"),
            scale=alt.Scale(domain=[0, 1]),
            axis=alt.Axis(format=".0%"),
        )

    tips = [
        alt.Tooltip("label:N", title=text("table.period")),
        alt.Tooltip("policy:Q", title=names[0], format=".0%"),
        alt.Tooltip("hard:Q", title=names[1], format=".0%"),
    ]
    line = chart.mark_line(interpolate="step-after")
    marks = alt.Chart(alt.InlineData(values=[{"level": level} for level in (0.1, 0.5, 0.9)]))
    layers = alt.layer(
        marks.mark_rule(color=MUTED, strokeDash=[1, 3]).encode(y=alt.Y("level:Q")),
        key.tag(line, names[0]).encode(start, share("policy")),
        key.tag(line, names[1]).encode(start, share("hard")),
        chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips),
    )
    return layers.properties(width="container", height=220)
