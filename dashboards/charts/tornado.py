"""Which assumption moves the last day to order, and how far."""

from __future__ import annotations

import copy

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, form, spread, spread_ticks, with_rows
from dashboards.language import Language
from dashboards.theme import CHARCOAL, NAVY, ORANGE


def tornado(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per assumption, the widest first: assumption (shown name), low, base, high (dates),
    low_label, base_label, high_label.
    """
    order = frame["assumption"].unique(maintain_order=True).to_list()
    apart = spread(frame["low"], frame["base"], frame["high"])
    spec = with_rows(copy.deepcopy(_form(language, len(order), apart)), frame.to_dicts())
    for layer in spec["layer"]:
        if "y" in layer["encoding"]:
            layer["encoding"]["y"]["sort"] = order
    return spec


@form
def _form(language: Language, count: int, apart: str) -> alt.TopLevelMixin:
    text = language.text
    chart = alt.Chart(alt.NamedData("rows"))
    row = alt.Y(
        "assumption:N",
        axis=alt.Axis(title=None, labelLimit=320, ticks=False, domain=False, grid=True),
    )
    ends = [text("tornado.low"), text("tornado.high")]
    tips = [
        alt.Tooltip("assumption:N", title=text("table.assumption")),
        *(
            alt.Tooltip(f"{name}_label:N", title=text(f"tornado.{name}"))
            for name in ("low", "base", "high")
        ),
    ]

    def at(field: str) -> alt.X:
        return alt.X(
            f"{field}:T",
            scale=alt.Scale(type="utc", padding=12),
            axis=spread_ticks(apart, text("date.axis")),
        )

    end = alt.Color(
        "end:N", scale=alt.Scale(domain=ends, range=[NAVY, ORANGE]), legend=alt.Legend(title=None)
    )
    shape = alt.Shape(
        "end:N",
        scale=alt.Scale(domain=ends, range=["circle", "diamond"]),
        legend=alt.Legend(title=None),
    )
    layers = [
        chart.mark_rule(color=CHARCOAL, strokeWidth=5, opacity=0.35).encode(
            at("low"), alt.X2("high:T"), row, tooltip=tips
        )
    ]
    for field, name in zip(("low", "high"), ends, strict=True):
        marks = chart.transform_calculate(end=f"'{name}'").mark_point(
            filled=True, size=90, opacity=1
        )
        layers.append(marks.encode(at(field), row, color=end, shape=shape, tooltip=tips))
    layers.append(
        chart.mark_tick(color=CHARCOAL, thickness=2, height=16).encode(
            at("base"), row, tooltip=tips
        )
    )
    return alt.layer(*layers).properties(width="container", height=max(60, 28 * count))
