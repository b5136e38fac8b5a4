"""One series studied alone: its outlook now, and what it would have said at past origins. The part that runs in parallel."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass

import numpy as np

from forecasting.combine import CANDIDATES, outlook
from forecasting.models.benchmarks import drift, seasonal_naive
from forecasting.models.window import window
from forecasting.prepare import Ready, prepare
from forecasting.series import FloatArray
from forecasting.spec import ForecastSpec

BENCHMARKS = ("seasonal_naive", "drift")
MODELS = ("ensemble", *CANDIDATES, *BENCHMARKS)


@dataclass(frozen=True)
class Backtest:
    """What was said at O past origins, next to what came: the test period is never seen by the fit.

    `lengths` (O,) is the history known at each origin; `said` is (O, M, H) in the order of MODELS, `scale` and `outcome` (O, H),
    `outcome` NaN where nothing was measured. `naive_mae` (O,) scales errors: the in-sample error of seasonal naive.
    """

    lengths: FloatArray
    said: FloatArray
    scale: FloatArray
    outcome: FloatArray
    naive_mae: FloatArray


@dataclass(frozen=True)
class Study:
    """A series' forecast before calibration, in the series' unit: `point`, `scale` (H,), `candidates` (C, H), `weights` (C,).

    `errors` are one-step errors of the history's last periods, NaN where a period was bridged, on the working scale.
    """

    length: int
    log: bool
    point: FloatArray
    scale: FloatArray
    candidates: FloatArray
    weights: FloatArray
    errors: FloatArray
    backtest: Backtest


@dataclass(frozen=True)
class Chunk:
    """Some series, (N, T), and how to study them: what one worker is sent."""

    values: FloatArray
    spec: ForecastSpec
    season: int


MapChunks = Callable[[Callable[[Chunk], list[Study | str]], Iterable[Chunk]], Iterable[list[Study | str]]]
CHUNK_SERIES = 64


def study_all(values: FloatArray, spec: ForecastSpec, season: int, map_chunks: MapChunks) -> list[Study | str]:
    """Each row's study, or the reason why there is none, through `map_chunks`."""
    chunks = [Chunk(values[at : at + CHUNK_SERIES], spec, season) for at in range(0, len(values), CHUNK_SERIES)]
    return [one for chunk in map_chunks(study_chunk, chunks) for one in chunk]


def study_chunk(chunk: Chunk) -> list[Study | str]:
    """Each series' study, or the reason why there is none."""
    return [study(values, chunk.spec, chunk.season) for values in chunk.values]


def study(values: FloatArray, spec: ForecastSpec, season: int) -> Study | str:
    """The study of one series (T,), NaN where nothing is known, or the reason why there is none."""
    ready = prepare(values, spec, season)
    if isinstance(ready, str):
        return ready
    ahead = spec.horizon + ready.trailing
    backtest, starts = _backtest(ready, spec, season)
    now = outlook(window(ready.values, log=ready.log, season=season, horizon=ahead, starts=starts))
    skip = ready.trailing
    unit = ready.unit
    errors = np.full(len(values), np.nan)
    errors[ready.first : ready.first + len(ready.values)] = np.where(ready.known, now.errors, np.nan)
    return Study(
        len(ready.values), ready.log, now.point[skip:] * unit, now.scale[skip:] * (1.0 if ready.log else unit),
        now.candidates[:, skip:] * unit, now.weights, errors, backtest,
    )  # fmt: skip


def origins(length: int, spec: ForecastSpec, season: int) -> list[int]:
    """Lengths of history to forecast from: evenly spread, the earliest early enough to see the whole horizon where it can be."""
    least = max(min(spec.min_periods, 2 * season if season > 1 else 8), season + 4, 6)
    earliest = max(least, length - spec.horizon - season)
    latest = length - 1
    if earliest > latest:
        return []
    return sorted(
        {round(float(at)) for at in np.linspace(earliest, latest, min(spec.backtest_origins, latest - earliest + 1))}
    )


def _backtest(ready: Ready, spec: ForecastSpec, season: int) -> tuple[Backtest, dict[str, FloatArray]]:
    """Forecasts from past origins. Parameters are found at the first origin and carried to later ones, never back."""
    at = origins(len(ready.values), spec, season)
    horizon, unit = spec.horizon, ready.unit
    said = np.full((len(at), len(MODELS), horizon), np.nan)
    scale = np.full((len(at), horizon), np.nan)
    outcome = np.full((len(at), horizon), np.nan)
    naive_mae = np.empty(len(at))
    starts: dict[str, FloatArray] = {}
    for row, length in enumerate(at):
        past = ready.values[:length]
        seen = outlook(window(past, log=ready.log, season=season, horizon=horizon, starts=starts, frozen=row % 4 != 0))
        starts = {**starts, **seen.optima}
        said[row, 0] = seen.point
        said[row, 1 : 1 + len(CANDIDATES)] = seen.candidates
        said[row, -2] = seasonal_naive(past, season, horizon)
        said[row, -1] = drift(past, horizon)
        scale[row] = seen.scale
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
        ),
        starts,
    )
