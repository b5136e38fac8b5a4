"""Past editions held against what came: shares in the intervals beside what was promised, and each
challenger beside the ensemble.
"""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, form, with_rows
from dashboards.language import Language
from dashboards.theme import CHARCOAL, MUTED, NAVY, ORANGE, TEAL

ROW_HEIGHT = 58


def live(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per horizon band and interval: band (shown name), level, achieved, low, high,
    promised, n, n_effective.
    """
    names = pl.col("level").replace_strict(
        {level: language.text("fan.band", share=level) for level in (0.8, 0.95)},
        return_dtype=pl.String,
    )
    rows = frame.with_columns(interval=names).drop("level").to_dicts()
    spec = with_rows(_live_form(language), rows)
    spec["height"] = ROW_HEIGHT * frame["band"].n_unique()
    return spec


@form
def _live_form(language: Language) -> alt.TopLevelMixin:
    text = language.text
    names = [text("fan.band", share=share) for share in (0.8, 0.95)]
    share = alt.Scale(zero=False, nice=True)
    y = alt.Y(
        "band:N", title=None, sort=None, axis=alt.Axis(labelLimit=320, ticks=False, domain=False)
    )
    offset = alt.YOffset("interval:N", sort=names)
    colour = alt.Color(
        "interval:N",
        scale=alt.Scale(domain=names, range=[NAVY, ORANGE]),
        legend=alt.Legend(title=None),
    )
    shape = alt.Shape(
        "interval:N",
        scale=alt.Scale(domain=names, range=["circle", "square"]),
        legend=alt.Legend(title=None),
    )
    tips = [
        alt.Tooltip("band:N", title=text("table.horizon")),
        alt.Tooltip("interval:N", title=text("table.interval")),
        alt.Tooltip("achieved:Q", title=text("table.achieved"), format=".0%"),
        alt.Tooltip("promised:Q", title=text("table.promised"), format=".0%"),
        alt.Tooltip("low:Q", title=text("table.live_low"), format=".0%"),
        alt.Tooltip("high:Q", title=text("table.live_high"), format=".0%"),
        alt.Tooltip("n:Q", title=text("table.n"), format="d"),
        alt.Tooltip("n_effective:Q", title=text("table.n_effective"), format=".0f"),
    ]
    axis = alt.Axis(format=".0%", tickCount=6, grid=True)
    chart = alt.Chart(alt.NamedData("rows")).encode(y=y, yOffset=offset)
    layers = alt.layer(
        chart.mark_rule(strokeWidth=2).encode(
            x=alt.X("low:Q", title=text("accuracy.achieved"), scale=share, axis=axis),
            x2="high:Q",
            color=colour,
            tooltip=tips,
        ),
        chart.mark_tick(thickness=3, size=20, color=CHARCOAL).encode(
            x=alt.X("promised:Q", scale=share), tooltip=tips
        ),
        chart.mark_point(filled=True, size=80, opacity=1).encode(
            x=alt.X("achieved:Q", scale=share), color=colour, shape=shape, tooltip=tips
        ),
    )
    return layers.properties(width="container")


def challenge(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per challenger: challenger (shown name), champion_error, challenger_error, n,
    periods. The best challenger first.
    """
    spec = with_rows(_challenge_form(language), frame.to_dicts())
    spec["height"] = 26 * frame.height + 10
    return spec


@form
def _challenge_form(language: Language) -> alt.TopLevelMixin:
    text = language.text
    names = [text("challenge.rival"), text("challenge.champion")]
    y = alt.Y(
        "challenger:N",
        title=None,
        sort=None,
        axis=alt.Axis(labelLimit=320, ticks=False, domain=False),
    )
    tips = [
        alt.Tooltip("challenger:N", title=text("table.model")),
        alt.Tooltip("challenger_error:Q", title=text("challenge.rival"), format=".1%"),
        alt.Tooltip("champion_error:Q", title=text("challenge.champion"), format=".1%"),
        alt.Tooltip("n:Q", title=text("table.n"), format="d"),
        alt.Tooltip("periods:Q", title=text("table.periods"), format="d"),
    ]
    axis = alt.Axis(format=".0%", tickCount=6, grid=True)
    colour = alt.Color(
        "mark:N", scale=alt.Scale(domain=names, range=[TEAL, NAVY]), legend=alt.Legend(title=None)
    )
    shape = alt.Shape(
        "mark:N",
        scale=alt.Scale(domain=names, range=["circle", "diamond"]),
        legend=alt.Legend(title=None),
    )
    base = alt.Chart(alt.NamedData("rows")).encode(y=y, tooltip=tips)
    rival, champion = (
        base.transform_calculate(mark=f"'{name}'")
        .mark_point(filled=True, size=90, opacity=1)
        .encode(
            x=alt.X(f"{field}:Q", title=text("challenge.axis"), axis=axis),
            color=colour,
            shape=shape,
        )
        for name, field in zip(names, ("challenger_error", "champion_error"), strict=True)
    )
    link = base.mark_rule(color=MUTED).encode(x="challenger_error:Q", x2="champion_error:Q")
    return alt.layer(link, rival, champion).properties(width="container")
