"""How past forecasts did: achieved coverage by horizon with its uncertainty, and error beside the
benchmarks.
"""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, form, with_rows
from dashboards.language import Language
from dashboards.theme import NAVY, ORANGE, PLUM, TEAL
from warehouse.schema import Grain
from warehouse.shares import wilson


def calibration(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per horizon: horizon, n, coverage_80, coverage_95."""
    rows = []
    for level, column in ((0.8, "coverage_80"), (0.95, "coverage_95")):
        low, high = wilson(pl.col(column), pl.col("n"))
        rows += (
            frame.filter(pl.col(column).is_not_null() & (pl.col("n") > 0))
            .select(
                "horizon",
                "n",
                nominal=pl.lit(level),
                achieved=column,
                low=low,
                high=high,
                interval=pl.lit(language.text("fan.band", share=level)),
            )
            .to_dicts()
        )
    return with_rows(_calibration_form(language, grain, _last(frame)), rows)


def _last(frame: pl.DataFrame) -> int:
    last = frame["horizon"].max()
    return last if isinstance(last, int) else 1


def _horizons(language: Language, grain: Grain, last: int, field: str = "horizon") -> alt.X:
    """From the first horizon to the last, with half a step on either side."""
    return alt.X(
        f"{field}:Q",
        title=language.text(f"accuracy.{grain}"),
        scale=alt.Scale(domain=[0.5, last + 0.5], nice=False),
        axis=alt.Axis(tickMinStep=1, format="d"),
    )


@form
def _calibration_form(language: Language, grain: Grain, last: int) -> alt.TopLevelMixin:
    text = language.text
    names = [text("fan.band", share=share) for share in (0.8, 0.95)]
    # Side by side, so that where both held all outcomes neither hides the other.
    chart = alt.Chart(alt.NamedData("rows")).transform_calculate(
        place="datum.horizon + (datum.nominal < 0.9 ? -0.12 : 0.12)"
    )
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
    x = _horizons(language, grain, last, "place")
    share = alt.Scale(zero=False, nice=True)
    y = alt.Y(
        "achieved:Q", title=text("accuracy.achieved"), scale=share, axis=alt.Axis(format=".0%")
    )
    tips = [
        alt.Tooltip("horizon:Q", title=text("table.horizon")),
        alt.Tooltip("interval:N", title=text("table.interval")),
        alt.Tooltip("achieved:Q", title=text("table.achieved"), format=".0%"),
        alt.Tooltip("low:Q", title=text("table.wilson_low"), format=".0%"),
        alt.Tooltip("high:Q", title=text("table.wilson_high"), format=".0%"),
        alt.Tooltip("n:Q", title=text("table.n"), format="d"),
    ]
    layers = alt.layer(
        chart.mark_rule(strokeDash=[4, 3]).encode(y=alt.Y("nominal:Q", scale=share), color=colour),
        chart.mark_rule(strokeWidth=1.5).encode(
            x, alt.Y("low:Q", scale=share), alt.Y2("high:Q"), color=colour
        ),
        chart.mark_point(filled=True, size=70, opacity=1).encode(
            x, y, color=colour, shape=shape, tooltip=tips
        ),
    )
    return layers.properties(width="container", height=260)


def skill(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per model and horizon: model (shown name), horizon, mase. At most four models."""
    order = frame["model"].unique(maintain_order=True).to_list()
    spec = with_rows(
        _skill_form(language, grain, _last(frame)),
        frame.select("model", "horizon", "mase").to_dicts(),
    )
    spec["encoding"] = {
        **spec["encoding"],
        **{
            channel: {
                **spec["encoding"][channel],
                "scale": {**spec["encoding"][channel]["scale"], "domain": order},
            }
            for channel in ("color", "strokeDash", "shape")
        },
    }
    return spec


@form
def _skill_form(language: Language, grain: Grain, last: int) -> alt.TopLevelMixin:
    text = language.text
    chart = alt.Chart(alt.NamedData("rows"))
    base = chart.encode(
        x=_horizons(language, grain, last),
        y=alt.Y("mase:Q", title="MASE"),
        color=alt.Color(
            "model:N",
            scale=alt.Scale(range=[NAVY, ORANGE, TEAL, PLUM]),
            legend=alt.Legend(title=None),
        ),
        strokeDash=alt.StrokeDash(
            "model:N",
            scale=alt.Scale(range=[[1, 0], [6, 3], [2, 2], [8, 3, 2, 3]]),
            legend=alt.Legend(title=None),
        ),
        shape=alt.Shape(
            "model:N",
            scale=alt.Scale(range=["circle", "square", "diamond", "cross"]),
            legend=alt.Legend(title=None),
        ),
        tooltip=[
            alt.Tooltip("model:N", title=text("table.model")),
            alt.Tooltip("horizon:Q", title=text("table.horizon")),
            alt.Tooltip("mase:Q", title="MASE", format=".3f"),
        ],
    )
    layered = base.mark_line(point={"size": 40, "filled": True})
    sized: alt.Chart = layered.properties(width="container", height=260)
    return sized
