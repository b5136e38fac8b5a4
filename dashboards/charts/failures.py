"""Worst failures: the demand that nothing carries while each lasts."""

from __future__ import annotations

import copy

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, amount_tip, form, with_rows
from dashboards.language import Language
from dashboards.theme import CHARCOAL, PLUM


def failures(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per failure, the worst first: failure (shown name), lost_p50_gbps, lost_p90_gbps,
    routes (how many lose traffic).
    """
    order = frame["failure"].unique(maintain_order=True).to_list()
    spec = with_rows(copy.deepcopy(_form(language, len(order))), frame.to_dicts())
    for layer in spec["layer"]:
        layer["encoding"]["y"]["sort"] = order
    return spec


@form
def _form(language: Language, count: int) -> alt.TopLevelMixin:
    text = language.text
    chart = alt.Chart(alt.NamedData("rows"))
    row = alt.Y("failure:N", axis=alt.Axis(title=None, labelLimit=320, ticks=False, domain=False))
    amount = alt.X(
        "lost_p50_gbps:Q",
        title=text("unit.gbps"),
        axis=alt.Axis(format=",f", grid=True, tickCount=6),
    )
    tips = [
        alt.Tooltip("failure:N", title=text("table.failure")),
        amount_tip("lost_p50_gbps", text("table.lost_p50")),
        amount_tip("lost_p90_gbps", text("table.lost_p90")),
        alt.Tooltip("routes:Q", title=text("table.routes"), format="d"),
    ]
    bars = chart.mark_bar(color=PLUM, height=12).encode(amount, row, tooltip=tips)
    spans = chart.mark_rule(color=CHARCOAL, strokeWidth=1.5).encode(
        amount, row, x2="lost_p90_gbps:Q", tooltip=tips
    )
    ends = chart.mark_tick(color=CHARCOAL, height=10, thickness=1.5).encode(
        alt.X("lost_p90_gbps:Q"), row, tooltip=tips
    )
    return alt.layer(bars, spans, ends).properties(width="container", height=max(60, 24 * count))
