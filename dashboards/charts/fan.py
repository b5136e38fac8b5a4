"""A series and its forecast: observed line, bands of equal probability, median, start of the
forecast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import altair as alt
import polars as pl

from dashboards.charts.drawing import (
    SOLID,
    Key,
    Spec,
    amount_axis,
    amount_tip,
    form,
    labelled,
    time_axis,
    with_breaks,
    with_rows,
)
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, MUTED, NAVY
from warehouse.schema import Grain

LOG_FROM = 100


def fan(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per period, sorted: start, observed (null in a gap), q025, q100, q250, q500, q750,
    q900, q975 (null where not forecast).
    """
    rows = labelled(with_breaks(frame, grain), "start", grain, language).to_dicts()
    seen = [place for place, row in enumerate(rows) if row["observed"] is not None]
    ahead = [place for place, row in enumerate(rows) if row["q500"] is not None]
    for place, row in enumerate(rows):
        row["median"] = row["observed"] if seen and place == seen[-1] else row["q500"]
        row["forecast_start"] = row["start"] if ahead and place == ahead[0] else None
    return with_rows(
        _form(
            language, grain, bool(ahead), bool(seen), _wants_log(rows) if grain == "year" else False
        ),
        rows,
    )


def _wants_log(rows: Sequence[Mapping[str, Any]]) -> bool:
    """A yearly series that grew hundredfold shows nothing of its past on a linear scale."""
    values = [
        row[name] for row in rows for name in ("observed", "q025", "q975") if row[name] is not None
    ]
    return bool(values) and min(values) > 0 and max(values) / min(values) > LOG_FROM


@form
def _form(
    language: Language, grain: Grain, has_forecast: bool, has_observed: bool, log: bool
) -> alt.TopLevelMixin:
    text = language.text
    unit = text("fan.log", unit=text("unit.gbps")) if log else text("unit.gbps")
    observed, median = text("fan.observed"), text("fan.median")
    bands = [text("fan.band", share=share) for share, *_ in BANDS]
    entries = [(observed, CHARCOAL, SOLID)] if has_observed else []
    if has_forecast:
        entries += [
            (median, NAVY, (6, 3)),
            *((name, band[3], SOLID) for name, band in zip(bands, BANDS, strict=True)),
        ]
    key = Key(*zip(*entries, strict=True))
    chart = alt.Chart(alt.NamedData("rows"))
    start = time_axis("start", grain, language.text("date.axis"))
    period = alt.Tooltip("label:N", title=text("table.period"))
    layers: list[Any] = []
    if has_forecast:
        for name, (_, low, high, _) in zip(bands, BANDS, strict=True):
            layers.append(
                key.tag(chart.mark_area(), name).encode(
                    start, amount_axis(low, unit, log=log), alt.Y2(f"{high}:Q")
                )
            )
        first = chart.encode(alt.X("forecast_start:T"))
        layers.append(first.mark_rule(color=MUTED, strokeDash=[2, 3]))
        layers.append(
            first.mark_text(align="left", dx=4, dy=2, baseline="top", color=MUTED).encode(
                y=alt.value(0), text=alt.value(text("fan.start"))
            )
        )
        line = chart.mark_line(strokeWidth=2.5)
        layers.append(key.tag(line, median).encode(start, amount_axis("median", unit, log=log)))
    if has_observed:
        line = chart.mark_line(point={"size": 45 if grain == "year" else 14, "filled": True})
        layers.append(key.tag(line, observed).encode(start, amount_axis("observed", unit, log=log)))
    tips = [period, amount_tip("observed", observed)] if has_observed else [period]
    if has_forecast:
        tips += [
            amount_tip(f"q{level}", text(f"table.q{level}"))
            for level in ("500", "100", "900", "025", "975")
        ]
    layers.append(chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips))
    return alt.layer(*layers).properties(width="container", height=300)
