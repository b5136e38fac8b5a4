"""Why a figure differs from the run before: what each change moved, from what was said then to what
is said now.
"""

from __future__ import annotations

import copy

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, form, with_rows
from dashboards.language import Language
from dashboards.theme import CHARCOAL, MUTED, NAVY, ORANGE

NARROWEST = 0.04
"""Of the largest value: what the axis spans at least."""
FEW_DAYS = 200
"""Where months would stand twice on an axis of dates, days stand."""


def revision(frame: pl.DataFrame, language: Language, *, dated: bool) -> Spec:
    """One row per bar, in order: step (shown name), start, end (numbers, or dates), rises (true:
    more, or later; null: a total), label, end_label.

    A total has start = end and is drawn as a mark; steps hang between them.
    """
    order = frame["step"].to_list()
    rows = frame.with_columns(
        next=pl.col("step").shift(-1),
        total=pl.int_range(pl.len()).is_in([0, len(order) - 1]),
        way=pl.when("rises")
        .then(pl.lit(_way(language, "rise", dated)))
        .when(~pl.col("rises"))
        .then(pl.lit(_way(language, "fall", dated))),
    )
    ends = [value for value in (*frame["start"], *frame["end"]) if value is not None]
    days = dated and (max(ends) - min(ends)).days <= FEW_DAYS
    spec = with_rows(copy.deepcopy(_form(language, len(order), dated, days)), rows.to_dicts())
    around = None if dated else _around(min(ends), max(ends))
    for layer in spec["layer"]:
        layer["encoding"]["y"]["sort"] = order
        if around and "scale" in layer["encoding"]["x"]:
            layer["encoding"]["x"]["scale"]["domain"] = around
    return spec


def _around(low: float, high: float) -> list[float] | None:
    """The axis where all values lie close together: wide enough that next to nothing looks like
    it.
    """
    short = NARROWEST * high - (high - low)
    return (
        [float(f"{low - short / 2:.6g}"), float(f"{high + short / 2:.6g}")] if short > 0 else None
    )


def _way(language: Language, way: str, dated: bool) -> str:
    return language.text(f"revision.{way}_{'date' if dated else 'value'}")


@form
def _form(language: Language, count: int, dated: bool, days: bool) -> alt.TopLevelMixin:
    text = language.text
    chart = alt.Chart(alt.NamedData("rows"))
    row = alt.Y("step:N", axis=alt.Axis(title=None, labelLimit=260, ticks=False, domain=False))
    ways = [_way(language, way, dated) for way in ("rise", "fall")]
    colour = alt.Color(
        "way:N",
        scale=alt.Scale(domain=ways, range=[NAVY, ORANGE]),
        legend=alt.Legend(title=None, symbolType="square"),
    )
    tips = [
        alt.Tooltip("step:N", title=text("table.step")),
        alt.Tooltip("end_label:N", title=text("table.after_step")),
        alt.Tooltip("label:N", title=text("table.change")),
    ]

    def at(field: str) -> alt.X:
        if dated:
            return alt.X(
                f"{field}:T",
                scale=alt.Scale(type="utc", padding=30),
                axis=alt.Axis(
                    title=None,
                    format=language.text("date.axis") if days else "%b %Y",
                    tickCount=4 if days else 6,
                    grid=True,
                ),
            )
        return alt.X(
            f"{field}:Q",
            scale=alt.Scale(zero=False, padding=30),
            axis=alt.Axis(title=text("unit.gbps"), format=",.4~r", tickCount=6, grid=True),
        )

    totals = chart.transform_filter("datum.total")
    unmoved = chart.transform_filter("!datum.total && !isValid(datum.way)")
    layers = [
        chart.transform_filter("isValid(datum.next)")
        .mark_rule(color=MUTED, strokeDash=[2, 2])
        .encode(at("end"), row, alt.Y2("next:N")),
        chart.mark_bar(height=14).encode(
            at("start"), alt.X2("end"), row, color=colour, tooltip=tips
        ),
        unmoved.mark_tick(thickness=2, height=14, color=CHARCOAL).encode(
            at("end"), row, tooltip=tips
        ),
        totals.mark_point(shape="diamond", size=130, filled=True, opacity=1, color=CHARCOAL).encode(
            at("end"), row, tooltip=tips
        ),
        chart.mark_text(align="left", dx=10, color=CHARCOAL).encode(
            alt.X("far:T" if dated else "far:Q"), row, text="label:N"
        ),
    ]
    layered = alt.layer(*layers).transform_calculate(
        far="isValid(datum.way) ? max(datum.start, datum.end) : datum.end"
    )
    return layered.properties(width="container", height=max(60, 34 * count))
