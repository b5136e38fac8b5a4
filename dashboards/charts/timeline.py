"""When segments run out of capacity, and when the order for each must be placed."""

from __future__ import annotations

import copy
from datetime import date

import altair as alt
import polars as pl

from dashboards.charts.drawing import Key, Spec, form, labelled, spread, spread_ticks, with_rows
from dashboards.cuts import each
from dashboards.language import Language, Period
from dashboards.theme import BANDS, CHARCOAL, MUTED, NAVY, ORANGE
from warehouse.schema import Grain


def timeline(frame: pl.DataFrame, today: date, grain: Grain, language: Language) -> Spec:
    """One row per segment: segment (shown name), t10, t50, t90, last_target, order_by; dates may be
    null.

    A null t90 is drawn open to the end of the horizon; a segment whose t10 is null is left to the
    table.
    """
    shown = frame.filter(pl.col("t10").is_not_null())
    order = shown["segment"].unique(maintain_order=True).to_list()
    rows = shown.with_columns(until=pl.coalesce("t90", "last_target"), open=pl.col("t90").is_null())
    after = language.text("timeline.after", last=language.period(_period(shown, grain), "after"))
    for name in ("t10", "t50", "t90"):
        rows = labelled(rows, name, grain, language, f"{name}_label").with_columns(
            pl.col(f"{name}_label").fill_null(after)
        )
    rows = rows.with_columns(
        order_label=each(pl.col("order_by"), language.day).fill_null(language.text("number.none")),
        today=pl.lit(today),
    )
    apart = spread(*(rows[name] for name in ("t10", "until", "order_by", "today")))
    spec = with_rows(copy.deepcopy(_form(language, len(order), apart)), rows.to_dicts())
    # A field without any value has no extent, and Vega would warn of it.
    known = {name for name in ("t50", "order_by") if rows[name].null_count() < rows.height}
    spec["layer"] = [
        layer
        for layer in spec["layer"]
        if layer["encoding"]["x"]["field"] not in {"t50", "order_by"} - known
    ]
    for layer in spec["layer"]:
        if "y" in layer["encoding"]:
            layer["encoding"]["y"]["sort"] = order
    return spec


def _period(frame: pl.DataFrame, grain: Grain) -> Period | None:
    last = frame["last_target"].max() if frame.height else None
    return Period(last, grain) if isinstance(last, date) else None


@form
def _form(language: Language, count: int, apart: str) -> alt.TopLevelMixin:
    text = language.text
    glyphs = {"range": "▬", "median": "┃", "order_by": "◆", "today": "┆"}
    names = [f"{glyph} {text(f'timeline.{name}')}" for name, glyph in glyphs.items()]
    key = Key(names, [BANDS[1][3], NAVY, ORANGE, CHARCOAL])
    span, median, order, today = names
    chart = alt.Chart(alt.NamedData("rows"))
    row = alt.Y(
        "segment:N", axis=alt.Axis(title=None, labelLimit=320, ticks=False, domain=False, grid=True)
    )

    def at(field: str) -> alt.X:
        return alt.X(
            f"{field}:T",
            scale=alt.Scale(type="utc", padding=12),
            axis=spread_ticks(apart, text("date.axis")),
        )

    tips = [
        alt.Tooltip("segment:N", title=text("table.segment")),
        *(
            alt.Tooltip(f"{name}_label:N", title=text(f"table.{name}"))
            for name in ("t10", "t50", "t90")
        ),
        alt.Tooltip("order_label:N", title=text("table.order_by")),
    ]
    # Full colours: the legend takes its own from the marks.
    bar, tick = (
        chart.mark_bar(height=10, cornerRadius=2, opacity=1),
        chart.mark_tick(thickness=3, height=18, opacity=1),
    )
    diamond = chart.mark_point(shape="diamond", size=110, filled=True, opacity=1)
    layers = alt.layer(
        key.tag(bar, span).encode(at("t10"), alt.X2("until:T"), row, tooltip=tips),
        chart.mark_text(text="▸", align="left", dx=1, fontSize=16, color=MUTED).encode(
            at("until"), row, opacity=alt.condition("datum.open", alt.value(1), alt.value(0))
        ),
        key.tag(tick, median).encode(at("t50"), row, tooltip=tips),
        key.tag(diamond, order).encode(at("order_by"), row, tooltip=tips),
        key.tag(chart.mark_rule(strokeDash=[4, 3]), today).encode(at("today")),
    )
    return layers.properties(width="container", height=max(60, 26 * count))
