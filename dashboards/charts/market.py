"""How a market divides before and after a new route."""

from __future__ import annotations

import copy

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, form, with_rows
from dashboards.language import Language
from dashboards.theme import NAVY, TEAL


def market(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per way through the market and moment: way (shown name), when (before or after,
    shown), share (0-1).
    """
    order = frame["way"].unique(maintain_order=True).to_list()
    spec = with_rows(copy.deepcopy(_form(language, len(order))), frame.to_dicts())
    spec["encoding"]["y"]["sort"] = order
    return spec


@form
def _form(language: Language, count: int) -> alt.TopLevelMixin:
    text = language.text
    names = [text("market.before"), text("market.after")]
    colour = alt.Color(
        "when:N",
        scale=alt.Scale(domain=names, range=[TEAL, NAVY]),
        legend=alt.Legend(title=None, symbolType="square"),
    )
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_bar()
        .encode(
            x=alt.X("share:Q", title=text("market.share"), axis=alt.Axis(format=".0%", grid=True)),
            y=alt.Y("way:N", axis=alt.Axis(title=None, labelLimit=320, ticks=False, domain=False)),
            yOffset=alt.YOffset("when:N", sort=names),
            color=colour,
            tooltip=[
                alt.Tooltip("way:N", title=text("table.way")),
                alt.Tooltip("when:N", title=text("table.when")),
                alt.Tooltip("share:Q", title=text("market.share"), format=".1%"),
            ],
        )
    )
    sized: alt.Chart = chart.properties(width="container", height=max(60, 44 * count))
    return sized
