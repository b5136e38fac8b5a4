"""Series studied one by one in what they say, chunk by chunk in how: their outlook now, and what it
would have been at past origins. The part that runs in parallel.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.demand.combine import CANDIDATES
from forecasting.demand.effects import Effect, Regression, Regressor
from forecasting.demand.models.benchmarks import drift, seasonal_naive
from forecasting.demand.origin import Past, Seen, seen_together
from forecasting.demand.prepare import Outage, Ready, prepare
from forecasting.demand.shifts import Shift
from forecasting.series import FloatArray
from forecasting.spec import ForecastSpec
from warehouse.reasons import Reason

BENCHMARKS = ("seasonal_naive", "drift")
MODELS = ("ensemble", *CANDIDATES, *BENCHMARKS)


@dataclass(frozen=True)
class Backtest:
    """What was said at O past origins, next to what came: the test period is never seen by the fit.

    `lengths` (O,) is the history known at each origin; `said` is (O, M, H) in the order of MODELS,
    of which a judged series keeps the ensemble's, `scale` and `outcome` (O, H), `outcome` NaN where
    nothing was measured. `naive_mae` (O,) scales
    errors: the in-sample error of seasonal naive. `bounds` (O, 2, H) hold every path.
    """

    lengths: FloatArray
    said: FloatArray
    scale: FloatArray
    outcome: FloatArray
    naive_mae: FloatArray
    bounds: FloatArray


@dataclass(frozen=True)
class Study:
    """A series' forecast before calibration, in the series' unit: `point`, `scale` (H,),
    `candidates` (C, H), `weights` (C,).

    `errors` are one-step errors of the history's periods, NaN where a period was bridged, on the
    working scale. `shifts` are the jumps spliced out of the past, by step of the history; the
    series begins at its step `first`. Every path stays within `bounds` (2, H). `effects` are what
    calendar, events and drivers did, as measured at the origin. `optima` are the parameters found,
    by model. `roughness` (2,) are the sizes of noise and of a walk's steps from period to period,
    on the working scale. `outage` tells of last periods that may be the new level.
    """

    length: int
    log: bool
    point: FloatArray
    scale: FloatArray
    candidates: FloatArray
    weights: FloatArray
    errors: FloatArray
    backtest: Backtest
    shifts: tuple[Shift, ...]
    first: int
    bounds: FloatArray
    optima: Mapping[str, FloatArray]
    roughness: FloatArray
    effects: tuple[Effect, ...] = ()
    outage: Outage | None = None


@dataclass(frozen=True)
class Chunk:
    """Some series, (N, T), and how to study them: what one worker is sent.

    `regressors` of each series are over T + H periods; `fleet` (T,) is the mean log traffic of all
    series, empty where nobody asked. Where `starts` are given, parameters found earlier, one
    mapping a series, only today's forecast is made from them, and no past one. `follows` (N,) marks
    the 95th percentiles whose mean is the series before: the two are never parted.
    """

    values: FloatArray
    disturbed: NDArray[np.bool_]
    capped: NDArray[np.bool_]
    stated: tuple[tuple[int, ...], ...]
    spec: ForecastSpec
    season: int
    regressors: tuple[tuple[Regressor, ...], ...] = ()
    fleet: FloatArray | None = None
    starts: tuple[Mapping[str, FloatArray], ...] = ()
    follows: NDArray[np.bool_] | None = None


MapChunks = Callable[[Callable[[Chunk], list[Any]], Iterable[Chunk]], Iterable[list[Any]]]
CHUNK_SERIES, MOST_CHUNK_SERIES = 64, 256
CHUNKS_WANTED = 64
"""Large fleets are cut into larger chunks, since each chunk costs its sender something; enough of
them keep every worker busy to the end.
"""
FEW_ORIGINS = 3


def study_all(whole: Chunk, map_chunks: MapChunks) -> list[Study | Reason]:
    """Each row's study, or the reason why there is none, through `map_chunks`."""
    return [one for chunk in map_chunks(study_chunk, chunks_of(whole)) for one in chunk]


def chunks_of(whole: Chunk) -> list[Chunk]:
    """The series in pieces that can be studied apart."""
    count = len(whole.values)
    each = min(max(CHUNK_SERIES, count // CHUNKS_WANTED), MOST_CHUNK_SERIES)
    starts = [
        at - int(whole.follows is not None and whole.follows[at]) for at in range(0, count, each)
    ]
    return [
        replace(
            whole,
            values=whole.values[cut],
            disturbed=whole.disturbed[cut],
            capped=whole.capped[cut],
            stated=whole.stated[cut],
            regressors=whole.regressors[cut],
            starts=whole.starts[cut],
            follows=None if whole.follows is None else whole.follows[cut],
        )
        for cut in map(slice, starts, [*starts[1:], count])
    ]


def study_chunk(chunk: Chunk) -> list[Study | Reason]:
    """Each series' study, or the reason why there is none."""
    ready = [
        prepare(values, chunk.spec, chunk.season, disturbed, capped)
        for values, disturbed, capped in zip(
            chunk.values, chunk.disturbed, chunk.capped, strict=True
        )
    ]
    going = {
        row: _Going(one, _today(one, chunk, row))
        for row, one in enumerate(ready)
        if isinstance(one, Ready)
    }
    if chunk.starts:
        for row, one in going.items():
            one.starts = chunk.starts[row]
    else:
        _look_back_on(list(going.values()), chunk.spec, chunk.season)
    now = seen_together(
        [replace(one.today, starts=one.starts) for one in going.values()], chunk.season
    )
    found = {
        row: _study(one, seen, len(chunk.values[row]), chunk.spec, chunk.season)
        for (row, one), seen in zip(going.items(), now, strict=True)
    }
    return [one if isinstance(one, Reason) else found[row] for row, one in enumerate(ready)]


@dataclass
class _Going:
    """A series under study: `today` is all its past, `starts` the parameters found last."""

    ready: Ready
    today: Past
    starts: Mapping[str, FloatArray] = field(default_factory=dict)
    lengths: list[int] = field(default_factory=list)
    seen: list[Seen] = field(default_factory=list)


def _today(ready: Ready, chunk: Chunk, row: int) -> Past:
    regressors = chunk.regressors[row] if chunk.regressors else ()
    return Past(
        ready.values,
        ready.log,
        chunk.spec.horizon + ready.trailing,
        tuple(step - ready.first for step in chunk.stated[row]),
        regression=Regression(regressors, ready.first, chunk.fleet) if regressors else None,
    )


def _look_back_on(going: list[_Going], spec: ForecastSpec, season: int) -> None:
    """Forecasts from past origins. Parameters are found at the first origin and carried to later
    ones, never back.
    """
    for one in going:
        one.lengths = origins(one.ready.known, spec, season)
    for number in range(max((len(one.lengths) for one in going), default=0)):
        asked = [one for one in going if number < len(one.lengths)]
        pasts = [
            replace(
                one.today,
                values=one.ready.values[: one.lengths[number]],
                horizon=spec.horizon,
                starts=one.starts,
            )
            for one in asked
        ]
        for one, seen in zip(
            asked, seen_together(pasts, season, frozen=number % 4 != 0), strict=True
        ):
            one.seen.append(seen)
            one.starts = {**one.starts, **seen.optima}


def _study(one: _Going, now: Seen, length: int, spec: ForecastSpec, season: int) -> Study:
    ready = one.ready
    skip, unit = ready.trailing, ready.unit
    errors = np.full(length, np.nan)
    errors[ready.first : ready.first + len(ready.values)] = np.where(
        ready.known, now.errors, np.nan
    )
    return Study(
        len(ready.values),
        ready.log,
        now.point[skip:] * unit,
        now.scale[skip:] * (1.0 if ready.log else unit),
        now.candidates[:, skip:] * unit,
        now.weights,
        errors,
        _backtest(one, spec, season),
        tuple(Shift(shift.step + ready.first, shift.size) for shift in now.shifts),
        ready.first,
        now.bounds[:, skip:] * unit,
        now.optima,
        now.roughness * (1.0 if ready.log else unit),
        now.effects.found if now.effects else (),
        ready.outage,
    )


def forgotten(study: Study) -> Study:
    """The study without its past forecasts."""
    nothing = np.empty((0, 0))
    return replace(study, backtest=Backtest(nothing, nothing, nothing, nothing, nothing, nothing))


def plain_chunk(
    values: FloatArray,
    spec: ForecastSpec,
    season: int,
    regressors: tuple[tuple[Regressor, ...], ...] = (),
) -> Chunk:
    """Series (N, T) without events or caps."""
    nothing = np.zeros(values.shape, dtype=bool)
    return Chunk(values, nothing, nothing, ((),) * len(values), spec, season, regressors)


def origins(known: NDArray[np.bool_], spec: ForecastSpec, season: int) -> list[int]:
    """Lengths of history to forecast from: evenly spread, the earliest early enough to see the
    whole horizon where it can be.

    Each ends with a known period: what bridges a gap was not known inside it.
    """
    length = len(known)
    least = max(min(spec.min_periods, 2 * season if season > 1 else 8), 6)
    if length >= season + 4:
        # Today's forecast knows a season: one that could not would say nothing of it.
        least = max(least, season + 4)
    earliest = max(least, length - spec.horizon - season)
    # Few origins are all put where the whole horizon is seen, many also where only its beginning
    # is.
    latest = (
        max(earliest, length - spec.horizon) if spec.backtest_origins <= FEW_ORIGINS else length - 1
    )
    latest = min(latest, length - 1)
    if earliest > latest:
        return []
    wanted = (
        np.linspace(earliest, latest, min(spec.backtest_origins, latest - earliest + 1))
        .round()
        .astype(int)
    )
    ends = np.flatnonzero(known) + 1
    last = ends[np.clip(np.searchsorted(ends, wanted, side="right") - 1, 0, None)]
    return [int(at) for at in np.unique(last) if least <= at <= latest]


def _backtest(one: _Going, spec: ForecastSpec, season: int) -> Backtest:
    ready, count, horizon, unit = one.ready, len(one.lengths), spec.horizon, one.ready.unit
    said = np.full((count, len(MODELS), horizon), np.nan)
    scale = np.full((count, horizon), np.nan)
    outcome = np.full((count, horizon), np.nan)
    naive_mae = np.empty(count)
    bounds = np.empty((count, 2, horizon))
    for row, (length, seen) in enumerate(zip(one.lengths, one.seen, strict=True)):
        past = ready.values[:length]
        said[row, 0] = seen.point
        said[row, 1 : 1 + len(CANDIDATES)] = seen.candidates
        said[row, -2] = seasonal_naive(past, season, horizon)
        said[row, -1] = drift(past, horizon)
        scale[row], bounds[row] = seen.scale, seen.bounds
        came = ready.values[length : length + horizon]
        outcome[row, : len(came)] = np.where(ready.known[length : length + horizon], came, np.nan)
        lag = season if length > season else 1
        naive_mae[row] = float(np.abs(past[lag:] - past[:-lag]).mean())
    return Backtest(
        np.array(one.lengths, dtype=float),
        said * unit,
        scale * (1.0 if ready.log else unit),
        outcome * unit,
        naive_mae * unit,
        bounds * unit,
    )
