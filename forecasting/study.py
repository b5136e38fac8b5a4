"""One series studied alone: its outlook now, and what it would have said at past origins. The part that runs in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from forecasting.combine import CANDIDATES, Outlook, outlook
from forecasting.effects import Effect, Regression, Regressor
from forecasting.models.benchmarks import drift, seasonal_naive
from forecasting.models.window import Window, seasonal_indices, window
from forecasting.outliers import REACH, tamed
from forecasting.prepare import Ready, prepare
from forecasting.series import FloatArray
from forecasting.shifts import Shift, find_shifts, spliced
from forecasting.spec import ForecastSpec

BENCHMARKS = ("seasonal_naive", "drift")
MODELS = ("ensemble", *CANDIDATES, *BENCHMARKS)


@dataclass(frozen=True)
class Backtest:
    """What was said at O past origins, next to what came: the test period is never seen by the fit.

    `lengths` (O,) is the history known at each origin; `said` is (O, M, H) in the order of MODELS, `scale` and `outcome` (O, H),
    `outcome` NaN where nothing was measured. `naive_mae` (O,) scales errors: the in-sample error of seasonal naive. `bounds` (O, 2, H) hold every path.
    """

    lengths: FloatArray
    said: FloatArray
    scale: FloatArray
    outcome: FloatArray
    naive_mae: FloatArray
    bounds: FloatArray


@dataclass(frozen=True)
class Study:
    """A series' forecast before calibration, in the series' unit: `point`, `scale` (H,), `candidates` (C, H), `weights` (C,).

    `errors` are one-step errors of the history's periods, NaN where a period was bridged, on the working scale. `shifts` are the jumps
    spliced out of the past, by step of the history; the series begins at its step `first`. Every path stays within `bounds` (2, H).
    `effects` are what calendar, events and drivers did, as measured at the origin.
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
    effects: tuple[Effect, ...] = ()


@dataclass(frozen=True)
class Chunk:
    """Some series, (N, T), and how to study them: what one worker is sent.

    `regressors` of each series are over T + H periods; `fleet` (T,) is the mean log traffic of all series, empty where nobody asked.
    """

    values: FloatArray
    disturbed: NDArray[np.bool_]
    capped: NDArray[np.bool_]
    stated: tuple[tuple[int, ...], ...]
    spec: ForecastSpec
    season: int
    regressors: tuple[tuple[Regressor, ...], ...] = ()
    fleet: FloatArray | None = None


MapChunks = Callable[[Callable[[Chunk], list[Study | str]], Iterable[Chunk]], Iterable[list[Study | str]]]
CHUNK_SERIES = 64
FEW_ORIGINS = 3


def study_all(whole: Chunk, map_chunks: MapChunks) -> list[Study | str]:
    """Each row's study, or the reason why there is none, through `map_chunks`."""
    cuts = [slice(at, at + CHUNK_SERIES) for at in range(0, len(whole.values), CHUNK_SERIES)]
    chunks = [
        replace(
            whole,
            values=whole.values[cut],
            disturbed=whole.disturbed[cut],
            capped=whole.capped[cut],
            stated=whole.stated[cut],
            regressors=whole.regressors[cut],
        )
        for cut in cuts
    ]
    return [one for chunk in map_chunks(study_chunk, chunks) for one in chunk]


def study_chunk(chunk: Chunk) -> list[Study | str]:
    """Each series' study, or the reason why there is none."""
    return [
        study(
            values, chunk.spec, chunk.season, disturbed=disturbed, capped=capped, stated=stated,
            regression=Regression(regressors, 0, chunk.fleet) if regressors else None,
        )
        for values, disturbed, capped, stated, regressors in zip(
            chunk.values, chunk.disturbed, chunk.capped, chunk.stated, chunk.regressors or ((),) * len(chunk.values), strict=True
        )
    ]  # fmt: skip


def plain_chunk(
    values: FloatArray, spec: ForecastSpec, season: int, regressors: tuple[tuple[Regressor, ...], ...] = ()
) -> Chunk:
    """Series (N, T) without events or caps."""
    nothing = np.zeros(values.shape, dtype=bool)
    return Chunk(values, nothing, nothing, ((),) * len(values), spec, season, regressors)


def study(
    values: FloatArray,
    spec: ForecastSpec,
    season: int,
    *,
    disturbed: NDArray[np.bool_] | None = None,
    capped: NDArray[np.bool_] | None = None,
    stated: tuple[int, ...] = (),
    regression: Regression | None = None,
) -> Study | str:
    """The study of one series (T,), NaN where nothing is known, or the reason why there is none.

    `disturbed` and `capped` mark periods whose value is not what was wanted; `stated` are steps where an event may have moved the level.
    `regression` holds what else moved it, over the T periods and those ahead.
    """
    ready = prepare(values, spec, season, disturbed, capped)
    if isinstance(ready, str):
        return ready
    ahead = spec.horizon + ready.trailing
    stated = tuple(step - ready.first for step in stated)
    regression = replace(regression, first=ready.first) if regression else None
    backtest, starts = _backtest(ready, spec, season, stated, regression)
    now, shifts, effects = seen_from(
        ready.values, log=ready.log, season=season, horizon=ahead, stated=stated, starts=starts, regression=regression
    )
    skip, unit = ready.trailing, ready.unit
    errors = np.full(len(values), np.nan)
    errors[ready.first : ready.first + len(ready.values)] = np.where(ready.known, now.errors, np.nan)
    return Study(
        len(ready.values), ready.log, now.point[skip:] * unit, now.scale[skip:] * (1.0 if ready.log else unit),
        now.candidates[:, skip:] * unit, now.weights, errors, backtest,
        tuple(Shift(shift.step + ready.first, shift.size) for shift in shifts),
        ready.first, now.bounds[:, skip:] * unit, effects,
    )  # fmt: skip


def seen_from(
    past: FloatArray,
    *,
    log: bool,
    season: int,
    horizon: int,
    stated: tuple[int, ...] = (),
    starts: dict[str, FloatArray] | None = None,
    frozen: bool = False,
    regression: Regression | None = None,
) -> tuple[Outlook, list[Shift], tuple[Effect, ...]]:
    """The outlook from the end of a past (L,): what calendar, events and drivers did is taken out of it and put back ahead."""
    if regression is None or not log:
        data, shifts = look_back(past, log=log, season=season, horizon=horizon, stated=stated, starts=starts, frozen=frozen)  # fmt: skip
        return outlook(data), shifts, ()
    effects = regression.effects(np.log(past), season, horizon)
    data, shifts = look_back(
        past * np.exp(-effects.past), log=log, season=season, horizon=horizon, stated=stated, starts=starts, frozen=frozen
    )  # fmt: skip
    plain, factor = outlook(data), np.exp(effects.ahead)
    moved = replace(
        plain, candidates=plain.candidates * factor, point=plain.point * factor, bounds=plain.bounds * factor, scale=np.hypot(plain.scale, effects.spread)
    )  # fmt: skip
    return moved, shifts, effects.found


def look_back(
    past: FloatArray,
    *,
    log: bool,
    season: int,
    horizon: int,
    stated: tuple[int, ...] = (),
    starts: dict[str, FloatArray] | None = None,
    frozen: bool = False,
) -> tuple[Window, list[Shift]]:
    """The past moved to the level of its last value and without outliers, and the jumps that were moved."""
    if not log:
        # Intermittent traffic has no season that its few values could tell.
        return window(past, log=False, season=1, horizon=horizon, starts=starts, frozen=frozen), []
    working = np.log(past)
    shifts = find_shifts(working, season, log=True, stated=[step for step in stated if step < len(past)])
    moved = spliced(working, shifts)
    clean = tamed(moved, season)
    # The last values stay as they are: nobody knows yet whether they are outliers or news. They make no season, though.
    values = np.exp(np.concatenate([clean[:-REACH], moved[-REACH:]]))
    seasonal = seasonal_indices(clean, season)
    return window(
        values, log=True, season=season, horizon=horizon, starts=starts, frozen=frozen, seasonal=seasonal
    ), shifts


def origins(known: NDArray[np.bool_], spec: ForecastSpec, season: int) -> list[int]:
    """Lengths of history to forecast from: evenly spread, the earliest early enough to see the whole horizon where it can be.

    Each ends with a known period: what bridges a gap was not known inside it.
    """
    length = len(known)
    least = max(min(spec.min_periods, 2 * season if season > 1 else 8), 6)
    if length >= season + 4:
        # Today's forecast knows a season: one that could not would say nothing of it.
        least = max(least, season + 4)
    earliest = max(least, length - spec.horizon - season)
    # Few origins are all put where the whole horizon is seen, many also where only its beginning is.
    latest = max(earliest, length - spec.horizon) if spec.backtest_origins <= FEW_ORIGINS else length - 1
    latest = min(latest, length - 1)
    if earliest > latest:
        return []
    wanted = np.linspace(earliest, latest, min(spec.backtest_origins, latest - earliest + 1)).round().astype(int)
    ends = np.flatnonzero(known) + 1
    last = ends[np.clip(np.searchsorted(ends, wanted, side="right") - 1, 0, None)]
    return [int(at) for at in np.unique(last) if least <= at <= latest]


def _backtest(
    ready: Ready, spec: ForecastSpec, season: int, stated: tuple[int, ...], regression: Regression | None
) -> tuple[Backtest, dict[str, FloatArray]]:
    """Forecasts from past origins. Parameters are found at the first origin and carried to later ones, never back."""
    at = origins(ready.known, spec, season)
    horizon, unit = spec.horizon, ready.unit
    said = np.full((len(at), len(MODELS), horizon), np.nan)
    scale = np.full((len(at), horizon), np.nan)
    outcome = np.full((len(at), horizon), np.nan)
    naive_mae = np.empty(len(at))
    bounds = np.empty((len(at), 2, horizon))
    starts: dict[str, FloatArray] = {}
    for row, length in enumerate(at):
        past = ready.values[:length]
        seen, _, _ = seen_from(
            past, log=ready.log, season=season, horizon=horizon, stated=stated, starts=starts, frozen=row % 4 != 0, regression=regression
        )  # fmt: skip
        starts = {**starts, **seen.optima}
        said[row, 0] = seen.point
        said[row, 1 : 1 + len(CANDIDATES)] = seen.candidates
        said[row, -2] = seasonal_naive(past, season, horizon)
        said[row, -1] = drift(past, horizon)
        scale[row], bounds[row] = seen.scale, seen.bounds
        came = ready.values[length : length + horizon]
        outcome[row, : len(came)] = np.where(ready.known[length : length + horizon], came, np.nan)
        lag = season if length > season else 1
        naive_mae[row] = float(np.abs(past[lag:] - past[:-lag]).mean())
    return (
        Backtest(
            np.array(at, dtype=float),
            said * unit,
            scale * (1.0 if ready.log else unit),
            outcome * unit,
            naive_mae * unit,
            bounds * unit,
        ),
        starts,
    )
