"""A series and its forecast: observed line, bands of equal probability, median, start of the forecast."""

from __future__ import annotations

from functools import cache
from typing import Any

import altair as alt
import polars as pl

from dashboards.charts.drawing import SOLID, Key, Spec, amount_axis, amount_tip, finish, labelled, time_axis, with_rows
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, MUTED, NAVY
from warehouse.schema import Grain

LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


def fan_rows(observed: pl.DataFrame, quantiles: pl.DataFrame) -> pl.DataFrame:
    """One row per period: observed, and q025 ... q975 where it is forecast.

    `observed` has period_start and value_gbps (null in a gap), `quantiles` target_start, quantile_level, value_gbps.
    """
    past = observed.select(pl.col("period_start").alias("start"), pl.col("value_gbps").alias("observed"))
    names = {level: f"q{round(level * 1000):03d}" for level in LEVELS}
    future = pl.DataFrame(schema={"start": pl.Date, **dict.fromkeys(names.values(), pl.Float64)})
    if quantiles.height:
        wide = quantiles.filter(pl.col("quantile_level").is_in(LEVELS)).pivot(
            on="quantile_level",
            on_columns=LEVELS,
            index="target_start",
            values="value_gbps",
            aggregate_function="first",
        )
        future = wide.rename({"target_start": "start", **{str(level): name for level, name in names.items()}})
    joined = past.join(future, on="start", how="full", coalesce=True)
    return joined.select("start", "observed", *names.values()).sort("start")


def fan(observed: pl.DataFrame, quantiles: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """The fan chart of one series; either frame may be empty."""
    rows = labelled(fan_rows(observed, quantiles), "start", grain, language)
    seen = rows.drop_nulls("observed")
    last = seen["start"].max() if seen.height else None
    first = quantiles["target_start"].min() if quantiles.height else None
    rows = rows.with_columns(
        median=pl.when(pl.col("start").eq_missing(pl.lit(last, dtype=pl.Date)))
        .then(pl.col("observed"))
        .otherwise(pl.col("q500")),
        forecast_start=pl.when(pl.col("start").eq_missing(pl.lit(first, dtype=pl.Date))).then(pl.col("start")),
    )
    return with_rows(_form(language, grain, bool(quantiles.height)), rows.to_dicts())


@cache
def _form(language: Language, grain: Grain, has_forecast: bool) -> Spec:
    text = language.text
    unit = text("unit.gbps")
    observed, median = text("fan.observed"), text("fan.median")
    bands = [text("fan.band", share=share) for share, *_ in BANDS]
    domain = [observed, median, *bands] if has_forecast else [observed]
    colours = [CHARCOAL, NAVY, *(colour for _, _, _, colour in BANDS)]
    key = Key(domain, colours[: len(domain)], [SOLID, [6, 3], SOLID, SOLID, SOLID][: len(domain)])
    chart = alt.Chart(alt.NamedData("rows"))
    start = time_axis("start", grain)
    period = alt.Tooltip("label:N", title=text("table.period"))
    layers: list[Any] = []
    if has_forecast:
        for name, (_, low, high, _) in zip(bands, BANDS, strict=True):
            layers.append(key.tag(chart.mark_area(), name).encode(start, amount_axis(low, unit), alt.Y2(f"{high}:Q")))
        first = chart.encode(alt.X("forecast_start:T"))
        layers.append(first.mark_rule(color=MUTED, strokeDash=[2, 3]))
        layers.append(
            first.mark_text(align="left", dx=4, dy=2, baseline="top", color=MUTED).encode(
                y=alt.value(0), text=alt.value(text("fan.start"))
            )
        )
        line = chart.mark_line(strokeWidth=2.5)
        layers.append(key.tag(line, median).encode(start, amount_axis("median", unit)))
    line = chart.mark_line(point={"size": 45 if grain == "year" else 14, "filled": True})
    layers.append(key.tag(line, observed).encode(start, amount_axis("observed", unit)))
    tips = [period, amount_tip("observed", observed)]
    if has_forecast:
        tips += [amount_tip(f"q{level}", text(f"table.q{level}")) for level in ("500", "100", "900", "025", "975")]
    layers.append(chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips))
    return finish(alt.layer(*layers).properties(width="container", height=300))
