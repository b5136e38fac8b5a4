"""What moves traffic besides its own past: days of a moving calendar, dated events that fade, drivers stated by the user.

Each is a regressor of the logs, measured in the innovations of a smoothed level so that neither trend, season nor wandering
passes for it, and shrunk to nothing where noise explains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import lru_cache
from math import log
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from forecasting.models.window import median_of
from forecasting.series import FloatArray

SMOOTHINGS = (0.2, 0.5, 1.0)
"""Weights of the newest value in the level whose innovations are looked at; 1 looks at changes."""
DECAYS = (0.5, 0.8, 0.93)
USUAL_DECAY = 0.8
NOISE_SQUARED = {"calendar": 6.25, "event": 1.0, "driver": 4.0}
"""An effect counts as far as its squared t exceeds this; an event was stated, so less proves it."""
LEAST_LEFT_RATIO = 0.02
"""Share of a regressor's variation that trend and season must leave, or nothing can be told from it."""
LEAST_FREE, LEAST_SEASONS, LEAST_OCCASIONS = 8, 4, 2
LEAST_YEARLY = 12
"""A season of so many periods is a year: a holiday must have moved through it before it can be told from its time of the year."""
MOST_OF_A_HOLIDAY = log(2)
"""No holiday halves or doubles traffic: what comes out larger is something else that fell on it, a shutdown for instance."""
CLIP_SIGMAS, ROUNDS = 3.0, 3


@dataclass(frozen=True)
class Regressor:
    """`values` (T + H,) over the history's periods and those ahead; an event's are its age in periods, negative before it."""

    name: str
    kind: Literal["calendar", "event", "driver"]
    values: FloatArray

    def column(self, first: int, last: int, length: int, decay: float) -> FloatArray:
        """From step `first` to `last`, of a past of `length` periods: 0 where nothing of it is felt."""
        part = self.values[first:last]
        if self.kind == "event":
            felt: FloatArray = np.where(part >= 0, decay ** np.maximum(part, 0.0), 0.0)
            return felt
        return part - part[length - 1] if self.kind == "driver" else part


class Effect(NamedTuple):
    """`coefficient` is what is used, in logs per unit of the regressor; `estimate` and its `error` are what was measured.

    `too_large` is an estimate that is not used because no holiday has such an effect.
    """

    name: str
    kind: str
    estimate: float
    error: float
    coefficient: float
    decay: float | None
    too_large: bool = False


@dataclass(frozen=True)
class Effects:
    """The effects found in a past (L,): what they did to it, what they will do (H,), and how unsure that is (H,), all in logs."""

    found: tuple[Effect, ...]
    past: FloatArray
    ahead: FloatArray
    spread: FloatArray


class _Fit(NamedTuple):
    estimate: FloatArray
    error: FloatArray
    told: NDArray[np.bool_]
    decay: float
    likelihood: float


@dataclass(frozen=True)
class Regression:
    """The regressors of one series that begins at the history's step `first`, and the fleet's mean log traffic (T,), if any."""

    regressors: tuple[Regressor, ...]
    first: int
    fleet: FloatArray | None = None

    def effects(self, working: FloatArray, season: int, horizon: int) -> Effects:
        """What can be told of the effects from the logs (L,) of the past alone."""
        length, none = len(working), np.zeros(0)
        last = self.first + length
        fit, wild = _believable(working, self.regressors, self.first, season)
        usual = np.zeros(len(self.regressors))
        if self.fleet is not None and self.first < last:
            usual = fleet_effects(self.fleet[:last], self.regressors, season)
        if fit is None:
            # Too short to say anything alone: what all routes together say is the best there is.
            fit = _Fit(usual, np.abs(usual), np.zeros(len(usual), dtype=bool), USUAL_DECAY, 0.0)
        limit = np.array([NOISE_SQUARED[one.kind] for one in self.regressors])
        kept = usual + np.where(fit.told, _shrunk(fit.estimate - usual, fit.error, limit), 0.0)
        columns = np.array([one.column(self.first, last + horizon, length, fit.decay) for one in self.regressors]).reshape(-1, length + horizon)  # fmt: skip
        all_of_it = kept @ columns if len(kept) else none
        used = np.where(kept != 0, np.where(fit.told, fit.error, np.abs(usual)), 0.0)
        spread = np.sqrt(used**2 @ columns[:, length:] ** 2)
        found = tuple(
            Effect(one.name, one.kind, float(fit.estimate[row]), float(fit.error[row]), float(kept[row]) + 0.0, fit.decay if one.kind == "event" else None, bool(wild[row]))
            for row, one in enumerate(self.regressors) if fit.told[row] or wild[row] or kept[row] != 0 or one.kind != "calendar"
        )  # fmt: skip
        return Effects(found, all_of_it[:length], all_of_it[length:], spread)


def fleet_effects(fleet: FloatArray, regressors: Sequence[Regressor], season: int) -> FloatArray:
    """Calendar effects that all series together show, 0 where noise explains them or the regressor is no calendar's."""
    shared = [row for row, one in enumerate(regressors) if one.kind == "calendar"]
    usual = np.zeros(len(regressors))
    if shared:
        usual[shared] = _fleet_shrunk(
            fleet.tobytes(), tuple(regressors[row].values.tobytes() for row in shared), season
        )
    return usual


@lru_cache(maxsize=256)
def _fleet_shrunk(fleet: bytes, values: tuple[bytes, ...], season: int) -> FloatArray:
    working = np.frombuffer(fleet)
    regressors = [Regressor("", "calendar", np.frombuffer(one)) for one in values]
    fit, _ = _believable(working, regressors, 0, season)
    if fit is None:
        return np.zeros(len(values))
    return np.where(fit.told, _shrunk(fit.estimate, fit.error, np.full(len(values), NOISE_SQUARED["calendar"])), 0.0)


def fleet_index(logs: FloatArray) -> FloatArray:
    """The mean log traffic (T,) of series (N, T) whose gaps are NaN: changes are averaged over those that know both periods."""
    changes = np.diff(logs, axis=1)
    known = np.isfinite(changes)
    count = np.maximum(known.sum(axis=0), 1)
    return np.concatenate([[0.0], np.cumsum(np.where(known, changes, 0.0).sum(axis=0) / count)])


def _shrunk(estimate: FloatArray, error: FloatArray, limit: FloatArray) -> FloatArray:
    """James-Stein's positive part, one effect at a time."""
    squared = (estimate / np.maximum(error, 1e-12)) ** 2
    kept: FloatArray = estimate * np.maximum(0.0, 1 - limit / np.maximum(squared, 1e-12))
    return kept


def _believable(
    working: FloatArray, regressors: Sequence[Regressor], first: int, season: int
) -> tuple[_Fit | None, NDArray[np.bool_]]:
    """The fit without the holidays whose measured effect is none a holiday has, and which those are; their estimates stay for the record."""
    fit, none = _fit(working, regressors, first, season), np.zeros(len(regressors), dtype=bool)
    if fit is None:
        return None, none
    calendar = np.array([one.kind == "calendar" for one in regressors])
    limit = np.array([NOISE_SQUARED[one.kind] for one in regressors])
    wild = calendar & fit.told & (np.abs(_shrunk(fit.estimate, fit.error, limit)) > MOST_OF_A_HOLIDAY)
    again = _fit(working, regressors, first, season, left_out=wild) if wild.any() else None
    if again is None:
        return fit, none
    estimate, error = np.where(wild, fit.estimate, again.estimate), np.where(wild, fit.error, again.error)
    return again._replace(estimate=estimate, error=error), wild


def _fit(
    working: FloatArray, regressors: Sequence[Regressor], first: int, season: int, left_out: NDArray[np.bool_] | None = None
) -> _Fit | None:  # fmt: skip
    """Least squares over smoothings and, where events fade, decays; the likeliest is taken. None where the past is too short."""
    length = len(working)
    seasonal = season if length > 2 * season else 1
    if not regressors or length - 2 - seasonal - len(regressors) < LEAST_FREE:
        return None
    fading = any(one.kind == "event" and (one.values[first : first + length] >= 0).sum() > 1 for one in regressors)
    long = season < LEAST_YEARLY or length >= LEAST_SEASONS * season
    seen = np.array([[float(one.kind != "calendar" or (long and _occasions(one.values[first : first + length]) >= LEAST_OCCASIONS))] for one in regressors])  # fmt: skip
    if left_out is not None:
        seen[left_out] = 0.0
    stated = [one.values[first + 1 : first + length] >= 0 for one in regressors if one.kind == "event"]
    explained = np.any(stated, axis=0) if stated else np.zeros(length - 1, dtype=bool)
    fits = [
        _least_squares(working, seen * [one.column(first, first + length, length, decay) for one in regressors], explained, seasonal, smoothing, decay)
        for decay in (DECAYS if fading else (USUAL_DECAY,)) for smoothing in SMOOTHINGS
    ]  # fmt: skip
    return max(fits, key=lambda fit: fit.likelihood)


def _occasions(shares: FloatArray) -> int:
    """How often the days came round."""
    felt = shares > 0
    return int(felt[0]) + int((felt[1:] & ~felt[:-1]).sum())


class _Design(NamedTuple):
    """Regressors as innovations (K, T) without trend and season, of unit length; `trend` is the direction taken out of all."""

    used: FloatArray
    size: FloatArray
    told: NDArray[np.bool_]
    inverse: FloatArray
    trend: FloatArray


def _least_squares(
    working: FloatArray, columns: FloatArray, explained: NDArray[np.bool_], season: int, smoothing: float, decay: float
) -> _Fit:
    # Series of one fleet share their regressors: what is made from these alone is made once.
    design = _design(columns.tobytes(), len(columns), season, smoothing)
    target = _innovations((working - working[0]).reshape(1, -1), season, smoothing)[0]
    target = target - (target @ design.trend) * design.trend
    found, residual = np.zeros(len(design.used)), target
    for _ in range(ROUNDS):
        # One outlier or jump must not make an effect: what lies far out is pulled in, but where a stated event may explain it.
        reach = CLIP_SIGMAS * 1.4826 * median_of(np.abs(residual)) + 1e-12
        pulled = np.minimum(np.maximum(residual, -reach), reach)
        found = found + design.inverse @ (design.used @ np.where(explained, residual, pulled))
        residual = target - found @ design.used
    residual = np.minimum(np.maximum(residual, -reach), reach)
    noise = float(residual @ residual) / max(len(target) - 1 - season - len(found), 1)
    estimate, error = np.zeros(len(columns)), np.full(len(columns), np.inf)
    estimate[design.told] = found / design.size
    error[design.told] = np.sqrt(noise * design.inverse.diagonal()) / design.size
    return _Fit(estimate, error, design.told, decay, -log(noise + 1e-300))


@lru_cache(maxsize=512)
def _design(columns: bytes, count: int, season: int, smoothing: float) -> _Design:
    values = np.frombuffer(columns).reshape(count, -1)
    length = values.shape[1]
    rows = np.vstack([values - values[:, :1], np.arange(length, dtype=float)])
    raw = np.sqrt((_innovations(rows, 1, smoothing) ** 2).sum(axis=1))[:-1]
    left = _innovations(rows, season, smoothing)
    # Two trending series look alike in how the level catches up with them: the trend is taken out of both.
    trend = left[-1] / max(float(np.sqrt(left[-1] @ left[-1])), 1e-9)
    left = left[:-1] - np.outer(left[:-1] @ trend, trend)
    size = np.sqrt((left**2).sum(axis=1))
    told = size > np.sqrt(LEAST_LEFT_RATIO) * raw + 1e-9
    used = left[told] / size[told, None]
    inverse: FloatArray = np.linalg.inv(used @ used.T + 1e-6 * np.eye(len(used)))
    return _Design(used, size[told], told, inverse, trend)


def _innovations(rows: FloatArray, season: int, smoothing: float) -> FloatArray:
    """What each value of rows (K, T) that begin at 0 adds to a smoothed level, without the mean of its phase: (K, T - 1)."""
    found = np.diff(rows, axis=1) if smoothing == 1 else lfilter([1.0, -1.0], [1.0, smoothing - 1.0], rows, axis=1)[:, 1:]  # fmt: skip
    spread, counts = _phases(found.shape[1], season)
    left: FloatArray = found - (found @ spread / counts) @ spread.T
    return left


@lru_cache(maxsize=512)
def _phases(length: int, season: int) -> tuple[FloatArray, FloatArray]:
    spread = np.zeros((length, season))
    spread[np.arange(length), np.arange(length) % season] = 1.0
    return spread, np.maximum(spread.sum(axis=0), 1.0)
