"""Any panel of series, of any unit and season: one call on a polars frame, no warehouse and no
routes.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, timedelta
from typing import Any, Literal

import numpy as np
import polars as pl
from scipy.special import ndtr, ndtri
from threadpoolctl import threadpool_limits

from forecasting.demand.calendars import calendar_shares
from forecasting.demand.calibrate import (
    COVERAGES,
    Prior,
    fleet_shape,
    own_width,
    prior,
    reached,
    sizes,
    standard_reach,
)
from forecasting.demand.combine import CANDIDATES
from forecasting.demand.effects import Regressor
from forecasting.demand.memory import WIDTH, Memory
from forecasting.demand.study import MapChunks, Study, plain_chunk, study_all
from forecasting.series import FloatArray, add_periods, periods_between
from forecasting.spec import ForecastSpec, telling_periods
from forecasting.standalone.steps import read_steps
from warehouse.errors import ContractError, Problem
from warehouse.reasons import Reason, reason
from warehouse.schema import Grain

PANEL_LEVELS = {
    "q025": 0.025,
    "q10": 0.1,
    "q25": 0.25,
    "q50": 0.5,
    "q75": 0.75,
    "q90": 0.9,
    "q975": 0.975,
}
PANEL_COLUMNS = {
    "series_id": pl.String,
    "step": None,
    "horizon": pl.Int64,
    "mean": pl.Float64,
    "median": pl.Float64,
    **dict.fromkeys(PANEL_LEVELS, pl.Float64),
    "weights": pl.String,
    "reason_code": pl.String,
    "reason_values": pl.String,
}
WINDOWS_WANTED = 600
FARTHEST = 4.0
"""Standard normal quantile beyond which none is asked for."""
MEAN_LEVELS = (np.arange(99) + 0.5) / 99
_DATED: dict[int, tuple[Grain, int]] = {
    12: ("month", 1),
    4: ("month", 3),
    52: ("week", 1),
    7: ("day", 1),
    1: ("year", 1),
}
"""How a season's dates follow each other: the grain, and how many of it make one step."""


def forecast_panel(
    frame: pl.DataFrame,
    *,
    season: int,
    horizon: int,
    seed: int = 20251125,
    min_periods: int = 6,
    max_history: int | None = None,
    backtest_origins: int | None = None,
    calendar: Sequence[str] = (),
    map_chunks: MapChunks = map,
) -> pl.DataFrame:
    """The rows of `forecast_and_remember`, which see, without a memory."""
    return forecast_and_remember(
        frame,
        season=season,
        horizon=horizon,
        seed=seed,
        min_periods=min_periods,
        max_history=max_history,
        backtest_origins=backtest_origins,
        calendar=calendar,
        map_chunks=map_chunks,
    )[0]


def forecast_and_remember(
    frame: pl.DataFrame,
    *,
    season: int,
    horizon: int,
    memory: Memory | None = None,
    seed: int = 20251125,
    min_periods: int = 6,
    max_history: int | None = None,
    backtest_origins: int | None = None,
    calendar: Sequence[str] = (),
    map_chunks: MapChunks = map,
) -> tuple[pl.DataFrame, Memory]:
    """One row per series and step ahead: mean, median, quantiles q025 to q975, the models' weights;
    or one row with a reason.

    `frame` has columns series_id, step (whole numbers, or months, weeks, days, quarters or years,
    as `season` says, in the forms of forecasting.standalone.steps) and value. Steps may come in any
    order, and missing ones
    are gaps. Raises ContractError where the frame as a whole can't be read; a series that can't be
    forecast gets a reason. `seed` is kept for the
    record: nothing is drawn.
    `calendar` names moving days whose effect is measured where steps are dates: see
        forecasting.demand.calendars.
    `backtest_origins` past forecasts of each series tell how wide the intervals are: 2 to 6 unless
        given, the fewer the more series there are.

    With the `memory` of an earlier forecast there are no past forecasts: parameters are sought from
        those found then, and
    intervals are as wide as errors were then. What is returned beside the rows is the memory for
    the next one.
    """
    frame, as_given = read_steps(frame, season)
    _check(frame, season, horizon, calendar)
    places = _places(frame, season)
    ids, values, lasts, reasons = _matrix(places)
    spec = ForecastSpec(
        horizon=horizon,
        seed=seed,
        min_periods=max(min_periods, 3),
        max_history=max_history or telling_periods(season),
        max_missing_at_end=2,
        backtest_origins=backtest_origins or min(max(WINDOWS_WANTED // max(len(ids), 1), 2), 6),
        grain=_DATED.get(season, ("month", 1))[0],
        calendar=tuple(calendar),
    )
    regressors = (
        _moving_days(calendar, frame, season, lasts, values.shape[1], horizon)
        if calendar and lasts
        else ()
    )
    with threadpool_limits(1):
        chunk = plain_chunk(values, spec, season, regressors)
        found = study_all(
            replace(chunk, starts=memory.starts(ids)) if memory else chunk, map_chunks
        )
        rows = [row for row, one in enumerate(found) if isinstance(one, Study) and not reasons[row]]
        studies = [
            one for row, one in enumerate(found) if isinstance(one, Study) and not reasons[row]
        ]
        table = _prior(season)
        shape = (
            memory.shape
            if memory
            else fleet_shape(studies, table)
            if studies
            else np.ones((horizon, len(COVERAGES)))
        )
        common = sizes(studies, table, shape=shape, widths=[np.ones(2)] * len(studies))
        widths = [
            memory.width(ids[row]) if memory else own_width(study, size[:, 0])
            for row, study, size in zip(rows, studies, common, strict=True)
        ]
        calibrated = [size * width[:, None] for size, width in zip(common, widths, strict=True)]
    known = {
        ids[row]: {**study.optima, WIDTH: width}
        for row, study, width in zip(rows, studies, widths, strict=True)
    }
    kept = Memory(season, horizon, shape, {**(memory.optima if memory else {}), **known})
    forecasts = _rows(
        [ids[row] for row in rows], [lasts[row] for row in rows], studies, calibrated, horizon
    )
    refused = [
        (ids[row], why)
        for row, one in enumerate(found)
        if isinstance(why := reasons[row] or one, Reason)
    ]
    refusals = pl.DataFrame(
        [{"series_id": name, **why.columns()} for name, why in refused],
        schema={"series_id": pl.String, "reason_code": pl.String, "reason_values": pl.String},
    )
    joined = pl.concat([forecasts, refusals], how="diagonal_relaxed").with_columns(
        step=_step_back(season, frame) if studies else pl.lit(None, dtype=frame.schema["step"])
    )
    columns = [
        pl.col(name) if name in joined.columns else pl.lit(None, dtype=dtype).alias(name)
        for name, dtype in PANEL_COLUMNS.items()
    ]
    return as_given(joined.select(columns).sort("series_id", "horizon")), kept


def _moving_days(
    calendar: Sequence[str],
    frame: pl.DataFrame,
    season: int,
    lasts: list[int],
    width: int,
    horizon: int,
) -> tuple[tuple[Regressor, ...], ...]:
    """Shares of the named days over each series' periods, (width + horizon) to its own last one and
    beyond.
    """
    grain, dated, first = _DATED[season][0], _dates(season, frame), min(lasts) - width + 1
    shares = calendar_shares(
        calendar, [dated(place) for place in range(first, max(lasts) + horizon + 1)], grain
    )
    starts = [last - width + 1 - first for last in lasts]
    return tuple(
        tuple(
            Regressor(name, "calendar", row[start : start + width + horizon])
            for name, row in zip(calendar, shares, strict=True)
        )
        for start in starts
    )


def _check(frame: pl.DataFrame, season: int, horizon: int, calendar: Sequence[str]) -> None:
    problems = [
        Problem("panel", f"column {name} is missing")
        for name in ("series_id", "step", "value")
        if name not in frame.columns
    ]
    if season < 1:
        problems.append(Problem("season", f"is {season}, must be at least 1"))
    if horizon < 1:
        problems.append(Problem("horizon", f"is {horizon}, must be at least 1"))
    if not problems:
        step, value = frame.schema["step"], frame.schema["value"]
        if not (step.is_integer() or step == pl.Date):
            problems.append(Problem("step", f"is {step}, must be whole numbers or dates"))
        if step == pl.Date and season not in _DATED:
            problems.append(
                Problem(
                    "step",
                    f"is a date, and a season of {season} does not say how dates follow; "
                    "number the steps",
                )
            )
        if calendar and (step != pl.Date or season not in (7, 12, 52)):
            problems.append(Problem("calendar", "needs dates as steps, of days, weeks or months"))
        if not value.is_numeric():
            problems.append(Problem("value", f"is {value}, must be numbers"))
        for name in ("series_id", "step"):
            if frame[name].null_count():
                problems.append(Problem(name, f"is empty in {frame[name].null_count()} rows"))
    if problems:
        raise ContractError(
            "the panel can't be read", problems, "It needs columns series_id, step and value."
        )


def _places(frame: pl.DataFrame, season: int) -> pl.DataFrame:
    """series_id, place (whole number), value, sorted."""
    place: pl.Expr = pl.col("step").cast(pl.Int64)
    if frame.schema["step"] == pl.Date:
        grain, count = _DATED[season]
        epoch = date(1900, 1, 1)  # a Monday
        dates = frame["step"].unique().sort().to_list()
        numbers = [periods_between(epoch, one, grain) // count for one in dates]
        if grain == "week" and len({(one - epoch).days % 7 for one in dates}) > 1:
            raise ContractError(
                "the panel can't be read",
                [Problem("step", "weeks do not all start on the same weekday")],
            )
        place = pl.col("step").replace_strict(dates, numbers, return_dtype=pl.Int64)
    return frame.select(
        pl.col("series_id").cast(pl.String), place=place, value=pl.col("value").cast(pl.Float64)
    ).sort("series_id", "place")


def _matrix(places: pl.DataFrame) -> tuple[list[str], FloatArray, list[int], list[Reason | None]]:
    """Names, values (N, T) aligned at each series' own end, last places, and reasons against single
    series.
    """
    groups = list(places.group_by("series_id", maintain_order=True))
    width = 1
    parts: list[tuple[str, FloatArray, int, Reason | None]] = []
    for key, group in groups:
        place, value = group["place"].to_numpy(), group["value"].to_numpy()
        last = int(place[-1])
        span = last - int(place[0]) + 1
        repeated = len(place) - len(np.unique(place))
        why = None
        if repeated:
            why = reason("series.repeated", count=repeated)
        elif np.isinf(value).any():
            why = reason("series.infinite")
        elif (value < 0).any():
            why = reason("series.negative_panel")
        elif span > 20 * len(place) + 100:
            why = reason("series.mostly_missing")
        row = np.full(1 if why else span, np.nan)
        if why is None:
            row[place - place[0]] = value
        width = max(width, len(row))
        parts.append((str(key[0]), row, last, why))
    values = np.full((len(parts), width), np.nan)
    for at, (_, row, _, _) in enumerate(parts):
        values[at, width - len(row) :] = row
    return (
        [part[0] for part in parts],
        values,
        [part[2] for part in parts],
        [part[3] for part in parts],
    )


def _prior(season: int) -> Prior:
    undated: dict[int, Literal["quarter", "hour"]] = {4: "quarter", 24: "hour"}
    return prior(undated.get(season) or _DATED.get(season, ("month", 1))[0])


def _rows(
    names: list[str],
    lasts: list[int],
    studies: list[Study],
    calibrated: list[FloatArray],
    horizon: int,
) -> pl.DataFrame:
    count, levels = len(studies), len(PANEL_LEVELS)
    wanted = ndtri(np.concatenate([np.array(list(PANEL_LEVELS.values())), MEAN_LEVELS]))
    told = np.empty((count * horizon, levels + 1))
    for row, (study, size) in enumerate(zip(studies, calibrated, strict=True)):
        found = quantiles(study, size, wanted)
        told[row * horizon : (row + 1) * horizon, :levels] = found[:, :levels]
        told[row * horizon : (row + 1) * horizon, levels] = found[:, levels:].mean(axis=1)
    steps = np.arange(1, horizon + 1)
    weights = [
        ", ".join(
            f"{model} {weight:.3f}"
            for model, weight in zip(CANDIDATES, study.weights, strict=True)
            if weight > 0
        )
        for study in studies
    ]
    return (
        pl.DataFrame(
            {"series_id": names, "weights": weights, "last": lasts},
            schema={"series_id": pl.String, "weights": pl.String, "last": pl.Int64},
        )
        .select(pl.all().repeat_by(horizon).explode())
        .with_columns(
            pl.Series("horizon", np.tile(steps, count), dtype=pl.Int64),
            pl.Series("mean", told[:, levels]),
            pl.Series("median", told[:, list(PANEL_LEVELS).index("q50")]),
            *(pl.Series(column, told[:, at]) for at, column in enumerate(PANEL_LEVELS)),
        )
        .with_columns(place=pl.col("last") + pl.col("horizon"))
        .drop("last")
    )


def quantiles(study: Study, size: FloatArray, normal: FloatArray) -> FloatArray:
    """Calibrated quantiles (H, L) of one series at standard normal quantiles `normal` (L,). Where
    the last periods carried next to nothing, the lowest are of that level.
    """
    if not study.outage:
        return _settled(study, size, normal)
    level, share = ndtr(normal), study.outage.share
    least, most = ndtr(-FARTHEST), ndtr(FARTHEST)
    low = _settled(study, size, ndtri(np.clip(level / share, least, most)))
    over = _settled(study, size, ndtri(np.clip((level - share) / (1 - share), least, most)))
    lowest = _settled(study, size, np.array([-FARTHEST]))
    found: FloatArray = np.where(
        level < share, np.minimum(low * study.outage.left_ratio, lowest), over
    )
    return found


def _settled(study: Study, size: FloatArray, normal: FloatArray) -> FloatArray:
    reach = study.scale[:, None] * standard_reach(size, normal)
    return reached(study.point[:, None], reach, study.bounds[:, :, None], log=study.log)


def _step_back(season: int, frame: pl.DataFrame) -> pl.Expr:
    """The place as a step of the frame's own kind."""
    if frame.schema["step"] != pl.Date:
        return pl.col("place").cast(frame.schema["step"])
    dated = _dates(season, frame)
    return pl.col("place").map_batches(
        lambda places: pl.Series([dated(one) for one in places], dtype=pl.Date),
        return_dtype=pl.Date,
    )


def _dates(season: int, frame: pl.DataFrame) -> Callable[[Any], date]:
    """From a place to its date; weeks begin on the weekday of the frame's."""
    grain, count = _DATED[season]
    start = frame["step"].min()
    assert isinstance(start, date)
    epoch = date(1900, 1, 1)
    offset = (start - epoch).days % 7

    def dated(place: Any) -> date:
        if grain == "week":
            return epoch + timedelta(days=7 * int(place) + offset)
        return add_periods(epoch, int(place) * count, grain)

    return dated
