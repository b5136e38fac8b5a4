"""A series and its forecast: observed line, bands of equal probability, median, start of the
forecast.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
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
    rows_of,
    time_axis,
    with_breaks,
    with_rows,
)
from dashboards.charts.edges import Edge, edge_layers, edge_rows
from dashboards.charts.ticks import Tick, levels_of, tick_layers, tick_rows
from dashboards.language import Language
from dashboards.theme import BANDS, CHARCOAL, MUTED, NAVY, PLUM
from warehouse.schema import Grain

LOG_FROM = 100
HEIGHT = 300
LONG = 3
"""Times the forecast: a longer past is left out until it is asked for."""


@dataclass(frozen=True)
class _Parts:
    """What a fan is made of."""

    forecast: bool
    observed: bool
    log: bool
    port: bool
    tick_levels: int
    long: bool


def fan(
    frame: pl.DataFrame,
    grain: Grain,
    language: Language,
    *,
    port_gbps: float | None = None,
    ticks: Sequence[Tick] = (),
) -> Spec:
    """One row per period, sorted: start, observed (null in a gap), q025, q100, q250, q500, q750,
    q900, q975 (null where not forecast). `port_gbps` is drawn as a line, `ticks` as numbers.

    A past much longer than the forecast is hidden until a box is ticked.
    """
    rows = labelled(with_breaks(frame, grain), "start", grain, language).to_dicts()
    seen = [place for place, row in enumerate(rows) if row["observed"] is not None]
    ahead = [place for place, row in enumerate(rows) if row["q500"] is not None]
    first = shown_from(frame)
    for place, row in enumerate(rows):
        row["median"] = row["observed"] if seen and place == seen[-1] else row["q500"]
        row["forecast_start"] = row["start"] if ahead and place == ahead[0] else None
        row["shown"] = row["start"] >= first
    shown = [row for row in rows if row["shown"]]
    log = grain == "year" and _wants_log(rows)
    marks = tick_rows(ticks, first, rows[-1]["start"])
    parts = _Parts(
        bool(ahead),
        bool(seen),
        log,
        port_gbps is not None,
        levels_of(marks),
        len(shown) < len(rows),
    )
    spec = with_rows(_form(language, grain, parts), rows)
    if port_gbps is not None:
        spec["datasets"]["port"] = [{"speed": port_gbps}]
    if marks:
        spec["datasets"]["ticks"] = rows_of(marks)
    if ahead:
        spec["datasets"]["edges"] = rows_of(_edges(shown, port_gbps, language, log))
    return spec


def shown_from(frame: pl.DataFrame) -> date:
    """The first period that is drawn unasked."""
    seen = frame.filter(pl.col("observed").is_not_null())["start"]
    ahead = int(frame["q500"].is_not_null().sum())
    most = max(LONG * ahead, 36)
    start = seen[-most] if ahead and len(seen) > most else frame["start"].min()
    assert isinstance(start, date)
    return start


def _edges(
    rows: Sequence[Mapping[str, Any]], port_gbps: float | None, language: Language, log: bool
) -> list[dict[str, Any]]:
    text, last = language.text, [row for row in rows if row["q500"] is not None][-1]
    edges = [
        Edge(
            text("fan.band", share=share),
            last[high],
            text(
                "fan.edge_band",
                share=share,
                low=language.number(last[low]),
                high=language.number(last[high]),
            ),
        )
        for share, low, high, _ in BANDS
        if last[high] is not None
    ]
    edges.append(
        Edge(text("fan.median"), last["q500"], text("fan.edge_median", value=last["q500"]))
    )
    if port_gbps is not None:
        edges.append(Edge(text("fan.port"), port_gbps, text("fan.edge_port", value=port_gbps)))
    values = _values(rows)
    top = max([*values, port_gbps or 0.0])
    return edge_rows(edges, last["start"], top, HEIGHT, low=min(values) if log else 0.0)


def _values(rows: Sequence[Mapping[str, Any]]) -> list[float]:
    names = ("observed", "q025", "q975")
    return [row[name] for row in rows for name in names if row[name] is not None]


def _wants_log(rows: Sequence[Mapping[str, Any]]) -> bool:
    """A yearly series that grew hundredfold shows nothing of its past on a linear scale."""
    values = _values(rows)
    return bool(values) and min(values) > 0 and max(values) / min(values) > LOG_FROM


@form
def _form(language: Language, grain: Grain, parts: _Parts) -> alt.TopLevelMixin:
    text = language.text
    unit = text("fan.log", unit=text("unit.gbps")) if parts.log else text("unit.gbps")
    observed, median, port = text("fan.observed"), text("fan.median"), text("fan.port")
    bands = [text("fan.band", share=share) for share, *_ in BANDS]
    entries = [(observed, CHARCOAL, SOLID)] if parts.observed else []
    if parts.forecast:
        entries += [
            (median, NAVY, (6, 3)),
            *((name, band[3], SOLID) for name, band in zip(bands, BANDS, strict=True)),
        ]
    if parts.port:
        entries.append((port, PLUM, SOLID))
    key = Key(*zip(*entries, strict=True))
    chart = alt.Chart(alt.NamedData("rows"))
    if parts.long:
        chart = chart.transform_filter("whole || datum.shown")
    start = time_axis("start", grain, language.text("date.axis"))
    period = alt.Tooltip("label:N", title=text("table.period"))

    def amount(field: str) -> alt.Y:
        return amount_axis(field, unit, log=parts.log)

    layers: list[Any] = []
    if parts.forecast:
        for name, (_, low, high, _) in zip(bands, BANDS, strict=True):
            layers.append(
                key.tag(chart.mark_area(), name).encode(start, amount(low), alt.Y2(f"{high}:Q"))
            )
        layers += _divide(chart, text, both=parts.observed)
        line = chart.mark_line(strokeWidth=2.5)
        layers.append(key.tag(line, median).encode(start, amount("median")))
    if parts.port:
        rule = alt.Chart(alt.NamedData("port")).mark_rule(strokeWidth=1.5)
        layers.append(key.tag(rule, port).encode(amount("speed")))
    if parts.observed:
        line = chart.mark_line(point={"size": 45 if grain == "year" else 14, "filled": True})
        layers.append(key.tag(line, observed).encode(start, amount("observed")))
    if parts.tick_levels:
        layers += tick_layers(parts.tick_levels, grain, text("date.axis"))
    tips = [period, amount_tip("observed", observed)] if parts.observed else [period]
    if parts.forecast:
        tips += [
            amount_tip(f"q{level}", text(f"table.q{level}"))
            for level in ("500", "100", "900", "025", "975")
        ]
        named = [*((name, CHARCOAL) for name in bands), (median, NAVY)]
        layers += edge_layers([*named, *([(port, PLUM)] if parts.port else [])], amount("y"))
    layers.append(chart.mark_rule(opacity=0, strokeWidth=8).encode(start, tooltip=tips))
    whole = alt.layer(*layers).properties(width="container", height=HEIGHT)
    if parts.long:
        box = alt.binding_checkbox(name=text("fan.whole") + " ")
        whole = whole.add_params(alt.param(name="whole", value=False, bind=box))
    return whole.properties(usermeta={"edges": True}) if parts.forecast else whole


def _divide(chart: alt.Chart, text: Any, *, both: bool) -> list[alt.Chart]:
    """A hairline where the forecast starts, with words on both its sides at the foot."""
    first = chart.encode(alt.X("forecast_start:T"))
    foot: dict[str, Any] = {"baseline": "bottom", "dy": -4, "color": MUTED, "fontSize": 11}
    before = first.mark_text(align="right", dx=-5, **foot)
    after = first.mark_text(align="left", dx=5, **foot)
    words = [
        mark.encode(y=alt.value(HEIGHT), text=alt.value(text(name)))
        for mark, name in ((before, "fan.before"), (after, "fan.start"))[0 if both else 1 :]
    ]
    return [first.mark_rule(color=MUTED), *words]
