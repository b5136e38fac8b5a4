"""Mean traffic by local hour and weekday."""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, amount_tip, form, with_rows
from dashboards.language import Language
from dashboards.theme import DEEP


def profile(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per weekday and hour: weekday (1 Monday), hour, mean_gbps."""
    days = [*language.words["weekdays.short"][1:], language.words["weekdays.short"][0]]
    rows = frame.with_columns(
        day=pl.col("weekday").replace_strict(dict(enumerate(days, 1)), return_dtype=pl.String)
    )
    return with_rows(_form(language), rows.select("day", "hour", "mean_gbps").to_dicts())


@form
def _form(language: Language) -> alt.TopLevelMixin:
    text = language.text
    days = [*language.words["weekdays.short"][1:], language.words["weekdays.short"][0]]
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_rect()
        .encode(
            x=alt.X("hour:O", axis=alt.Axis(title=text("profile.hour"), labelAngle=0, ticks=False)),
            y=alt.Y("day:N", sort=days, axis=alt.Axis(title=None, ticks=False, domain=False)),
            color=alt.Color(
                "mean_gbps:Q",
                scale=alt.Scale(range=list(DEEP), zero=True),
                legend=alt.Legend(title=text("unit.gbps"), gradientLength=180, format=",f"),
            ),
            tooltip=[
                alt.Tooltip("day:N", title=text("profile.day")),
                alt.Tooltip("hour:O", title=text("profile.hour")),
                amount_tip("mean_gbps", text("statistic_short.mean")),
            ],
        )
    )
    sized: alt.Chart = chart.properties(width="container", height=170)
    return sized
