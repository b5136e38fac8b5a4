"""Calendar of data coverage: how much of each period was measured, by series."""

from __future__ import annotations

import copy
import json

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, calendar_axis, form, labelled, with_rows
from dashboards.language import Language
from dashboards.theme import COVERAGE, PAPER
from warehouse.schema import Grain

STEPS = (0.9, 0.95, 0.99)
MOST_CROSSES = 100
"""Periods: narrower cells have no room for a cross."""


def coverage(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per series and period: series (shown name), period_start, coverage_ratio."""
    order = frame["series"].unique(maintain_order=True).to_list()
    rows = labelled(frame, "period_start", grain, language).with_columns(
        mark=pl.when(
            (pl.col("coverage_ratio") < STEPS[0])
            & (pl.col("period_start").n_unique() <= MOST_CROSSES)
        )
        .then(pl.lit("×"))
        .otherwise(pl.lit(""))
    )
    spec = with_rows(
        copy.deepcopy(_form(language, len(order), grain, rows["period_start"].n_unique())),
        rows.to_dicts(),
    )
    spec["encoding"]["y"]["sort"] = order
    return spec


@form
def _form(language: Language, count: int, grain: Grain, periods: int) -> alt.TopLevelMixin:
    text = language.text
    low, middle, high = STEPS
    names = [
        text("coverage.under", low=low) + (" ×" if periods <= MOST_CROSSES else ""),
        text("coverage.between", low=low, high=middle),
        text("coverage.between", low=middle, high=high),
        text("coverage.over", high=high),
    ]
    value = "datum.coverage_ratio"
    level = f"{value} >= {high} ? 3 : {value} >= {middle} ? 2 : {value} >= {low} ? 1 : 0"
    chart = alt.Chart(alt.NamedData("rows")).transform_calculate(
        level=f"{json.dumps(names, ensure_ascii=False)}[{level}]"
    )
    cells = chart.mark_rect(stroke=PAPER, strokeWidth=0.5).encode(
        color=alt.Color(
            "level:N",
            scale=alt.Scale(domain=names, range=list(COVERAGE)),
            legend=alt.Legend(title=None, columns=0, symbolType="square"),
        ),
        tooltip=[
            alt.Tooltip("series:N", title=text("table.series")),
            alt.Tooltip("label:N", title=text("table.period")),
            alt.Tooltip("coverage_ratio:Q", title=text("table.coverage"), format=".1%"),
        ],
    )
    marks = chart.mark_text(color=PAPER, fontWeight="bold", tooltip=False).encode(text="mark:N")
    layered = alt.layer(cells, marks).encode(
        x=alt.X(
            "utcyearmonthdate(period_start):O",
            axis=calendar_axis(grain, periods, text("date.axis")),
        ),
        y=alt.Y("series:N", axis=alt.Axis(title=None, labelLimit=320, ticks=False, domain=False)),
    )
    return layered.properties(width="container", height=max(60, 20 * count))
