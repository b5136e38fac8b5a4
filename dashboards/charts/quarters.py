"""What orders cost by the quarter in which they are due, with the range of prices."""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, amount_tip, form, with_rows
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, NAVY, PLUM

MILLION = 1e6
COLOURS = {"overdue": PLUM, "soon": NAVY, "later": BANDS[1][3]}


def quarters(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per quarter in order: quarter (shown), kind (overdue, soon, later), cost_usd, low_usd
    and high_usd (null: not known).
    """
    rows = frame.with_columns(
        *(pl.col(f"{name}_usd") / MILLION for name in ("cost", "low", "high")),
        label=pl.Series(
            [
                language.number(value / MILLION, 1 if value >= 50_000 else 2)
                for value in frame["cost_usd"]
            ],
            dtype=pl.String,
        ),
    )
    return with_rows(_form(language), rows.to_dicts())


@form
def _form(language: Language) -> alt.TopLevelMixin:
    text = language.text
    chart = alt.Chart(alt.NamedData("rows"))
    quarter = alt.X(
        "quarter:N",
        sort=None,
        axis=alt.Axis(title=None, labelAngle=0, ticks=False, labelOverlap="greedy"),
    )
    amount = alt.Y(
        "cost_usd:Q", axis=alt.Axis(title=text("quarter.unit"), tickCount=4, format=",.1~f")
    )
    kind = alt.Color(
        "kind:N", scale=alt.Scale(domain=list(COLOURS), range=list(COLOURS.values())), legend=None
    )
    tips = [
        alt.Tooltip("quarter:N", title=text("table.quarter")),
        *(
            amount_tip(f"{name}_usd", text(f"table.{head}"))
            for name, head in (("cost", "cost_millions"), ("low", "low"), ("high", "high"))
        ),
    ]
    return alt.layer(
        chart.mark_bar().encode(quarter, amount, kind, tooltip=tips),
        chart.mark_rule(color=CHARCOAL).encode(quarter, alt.Y("low_usd:Q"), alt.Y2("high_usd:Q")),
        chart.mark_text(dy=-6, dx=4, align="left", fontSize=11).encode(
            quarter, alt.Y("cost_usd:Q"), text="label:N"
        ),
    ).properties(width="container", height=190)
