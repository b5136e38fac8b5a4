"""What all charts share: the specification type, its rows, axes of time, and the legend of layered
marks.
"""

from __future__ import annotations

import copy
import json
import math
from collections.abc import Callable, Mapping, Sequence
from datetime import date, timedelta
from functools import cache
from itertools import pairwise
from typing import Any, ParamSpec, cast

import altair as alt
import polars as pl
from altair.utils.schemapi import debug_mode

from dashboards.language import Language, Period
from warehouse.schema import Grain

P = ParamSpec("P")
Spec = dict[str, Any]
"""A Vega-Lite specification with its data inside: `altair.Chart.from_dict` opens it, vl-convert
draws it.
"""

DECADES = alt.condition(
    "abs(log(datum.value) / LN10 - round(log(datum.value) / LN10)) < 1e-6",
    alt.value(1),
    alt.value(0.25),
)
"""Lines of a logarithmic axis: those of tens are seen, those between are hinted at."""
SOLID: tuple[float, ...] = (1, 0)


def form(build: Callable[P, alt.TopLevelMixin]) -> Callable[P, Spec]:
    """The specification of a chart that has no data yet: built once for the same arguments.

    Altair checks each part against its schema as it is made, which takes most of the time; the
    tests check whole specifications.
    """

    @cache
    def built(*args: P.args, **kwargs: P.kwargs) -> Spec:
        with debug_mode(False):
            return build(*args, **kwargs).to_dict(validate=False)

    return cast("Callable[P, Spec]", built)


def with_rows(form: Spec, rows: Sequence[Mapping[str, Any]]) -> Spec:
    """The form filled with rows. Forms are built once per language, since building is what
    costs.
    """
    spec = copy.copy(form)
    spec["datasets"] = {"rows": rows_of(rows)}
    return spec


def rows_of(rows: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """Rows as JSON takes them: dates as text, no more than six digits, null for what is not
    finite.
    """
    return [{key: _plain(value) for key, value in row.items()} for row in rows]


def _plain(value: Any) -> Any:
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, float):
        return None if not math.isfinite(value) else float(f"{value:.6g}")
    return value


def labelled(
    frame: pl.DataFrame, column: str, grain: Grain, language: Language, name: str = "label"
) -> pl.DataFrame:
    """The frame with each period's name in the language, for tooltips and tables."""
    names = [language.period(Period(start, grain)) if start else None for start in frame[column]]
    return frame.with_columns(pl.Series(name, names, dtype=pl.String))


def next_start(start: date, grain: Grain) -> date:
    """The first day of the period after the one that starts at `start`."""
    if grain == "year":
        return date(start.year + 1, 1, 1)
    if grain == "month":
        return date(start.year + start.month // 12, start.month % 12 + 1, 1)
    return start + timedelta(days=7 if grain == "week" else 1)


def with_breaks(frame: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """The frame, sorted by start, with an empty row wherever periods are missing: a line then
    breaks instead of bridging them.
    """
    starts = frame["start"].to_list()
    holes = [
        next_start(one, grain) for one, other in pairwise(starts) if other > next_start(one, grain)
    ]
    if not holes:
        return frame
    empty = pl.DataFrame({"start": holes}, schema={"start": pl.Date})
    return pl.concat([frame, empty], how="diagonal").sort("start")


def time_axis(field: str, grain: Grain, day_format: str, **options: Any) -> alt.X:
    """Time in UTC: a date is a day, wherever the reader's clock stands. Weeks and days are labelled
    with `day_format`: a month's name would stand several times.
    """
    return alt.X(
        f"{field}:T",
        scale=alt.Scale(type="utc"),
        axis=year_ticks() if grain in ("year", "month") else day_ticks(day_format),
        **options,
    )


def year_ticks(**options: Any) -> alt.Axis:
    return alt.Axis(title=None, format="%Y", tickCount="year", **options)


def day_ticks(day_format: str, **options: Any) -> alt.Axis:
    return alt.Axis(title=None, format=day_format, tickCount=6, labelBound=True, **options)


def spread(*dates: pl.Series) -> str:
    """How far dates lie apart, as `spread_ticks` takes it: days, months or years."""
    known = pl.concat([one.cast(pl.Date) for one in dates]).drop_nulls()
    first, last = known.min(), known.max()
    days = (last - first).days if isinstance(first, date) and isinstance(last, date) else 0
    return "days" if days < 120 else "months" if days < 800 else "years"


def spread_ticks(apart: str, day_format: str) -> alt.Axis:
    """Ticks at which no name stands twice."""
    if apart == "years":
        return year_ticks(grid=True)
    return (
        day_ticks(day_format, grid=True)
        if apart == "days"
        else alt.Axis(title=None, format="%b %Y", tickCount=6, grid=True)
    )


def calendar_axis(grain: Grain, periods: int, day_format: str) -> alt.Axis:
    """The axis of a calendar of cells: months are named in even steps, from January on; weeks and
    days as far as they have room.
    """
    every = 3 if periods <= 18 else 6 if periods <= 60 else 12
    named = (
        f"utcmonth(datum.value) % {every} === 0 ? datum.label : ''"
        if grain == "month"
        else alt.Undefined
    )
    return alt.Axis(
        title=None,
        format=day_format if grain in ("week", "day") else "%b %Y",
        labelExpr=named,
        labelAngle=0,
        labelOverlap="greedy",
        labelBound=True,
        labelSeparation=12,
        ticks=False,
    )


def amount_axis(
    field: str, title: str, *, zero: bool = True, log: bool = False, **options: Any
) -> alt.Y:
    if log:
        return alt.Y(
            f"{field}:Q",
            title=title,
            axis=alt.Axis(format=",~r", tickCount=6, gridOpacity=DECADES),
            scale=alt.Scale(type="log"),
            **options,
        )
    return alt.Y(
        f"{field}:Q",
        title=title,
        axis=alt.Axis(format=",f", tickCount=6),
        scale=alt.Scale(zero=zero),
        **options,
    )


def amount_tip(field: str, title: str) -> alt.Tooltip:
    return alt.Tooltip(f"{field}:Q", title=title, format=",.4~r")


class Key:
    """The legend of a chart whose layers are marks, not data: each mark is tagged with its name."""

    def __init__(
        self,
        names: Sequence[str],
        colours: Sequence[str],
        dashes: Sequence[Sequence[float]] | None = None,
    ) -> None:
        stroke = (
            {"symbolType": "stroke", "symbolStrokeWidth": 5, "symbolSize": 400}
            if dashes
            else {"symbolType": "square"}
        )
        legend = alt.Legend(title=None, columns=0, **stroke)
        scale = alt.Scale(domain=list(names), range=list(colours))
        self.channels: list[Any] = [alt.Color("mark:N", scale=scale, legend=legend)]
        if dashes:
            scale = alt.Scale(domain=list(names), range=[list(dash) for dash in dashes])
            self.channels.append(alt.StrokeDash("mark:N", scale=scale, legend=legend))

    def tag(self, chart: alt.Chart, name: str) -> alt.Chart:
        """The chart with colour and dashes taken from the legend's entry `name`."""
        mark = chart.mark if isinstance(chart.mark, str) else chart.mark.type
        channels = self.channels[:1] if mark in ("area", "bar", "point", "tick") else self.channels
        return chart.transform_calculate(mark=json.dumps(name, ensure_ascii=False)).encode(
            *channels
        )
