"""What moves traffic besides its own past: days of a moving calendar, dated events that fade,
drivers stated by the user.

Each is a regressor of the logs, measured in the innovations of a smoothed level so that neither
trend, season nor wandering passes for it, and shrunk to nothing where noise explains it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property, lru_cache
from math import log
from typing import Literal, NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.signal import lfilter

from forecasting.demand.models.window import median_of, products
from forecasting.series import FloatArray

SMOOTHINGS = (0.2, 0.5, 1.0)
"""Weights of the newest value in the level whose innovations are looked at; 1 looks at changes."""
DECAYS = (0.5, 0.8, 0.93)
USUAL_DECAY = 0.8
NOISE_SQUARED = {"calendar": 6.25, "event": 1.0, "driver": 4.0}
"""An effect counts as far as its squared t exceeds this; an event was stated, so less proves it."""
LEAST_LEFT_RATIO = 0.02
"""Share of a regressor's variation that trend and season must leave, or nothing can be told from
it.
"""
LEAST_FREE, LEAST_SEASONS, LEAST_OCCASIONS = 8, 4, 2
LEAST_YEARLY = 12
"""A season of so many periods is a year: a holiday must have moved through it before it can be told
from its time of the year.
"""
MOST_OF_A_HOLIDAY = log(2)
"""No holiday halves or doubles traffic: what comes out larger is something else that fell on it, a
shutdown for instance.
"""
CLIP_SIGMAS, ROUNDS = 3.0, 3


@dataclass(frozen=True)
class Regressor:
    """`values` (T + H,) over the history's periods and those ahead; an event's are its age in
    periods, negative before it.
    """

    name: str
    kind: Literal["calendar", "event", "driver"]
    values: FloatArray

    def column(self, first: int, last: int, length: int, decay: float) -> FloatArray:
        """From step `first` to `last`, of a past of `length` periods: 0 where nothing of it is
        felt.
        """
        part = self.values[first:last]
        if self.kind == "event":
            felt: FloatArray = np.where(part >= 0, decay ** np.maximum(part, 0.0), 0.0)
            return felt
        return part - part[length - 1] if self.kind == "driver" else part


class Effect(NamedTuple):
    """`coefficient` is what is used, in logs per unit of the regressor; `estimate` and its `error`
    are what was measured.

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
    """The effects of `fit` (its row `row`) in a past (L,): what they did to it, what they will do
    (H,), and how unsure that is (H,), all in logs.
    """

    regressors: tuple[Regressor, ...]
    fit: _Fit
    kept: FloatArray
    wild: NDArray[np.bool_]
    row: int
    past: FloatArray
    ahead: FloatArray
    spread: FloatArray

    @property
    def found(self) -> tuple[Effect, ...]:
        """Made where asked for: of past origins nobody asks."""
        fit, row = self.fit, self.row
        return tuple(
            Effect(
                one.name,
                one.kind,
                float(fit.estimate[row, at]),
                float(fit.error[row, at]),
                float(self.kept[row, at]) + 0.0,
                float(fit.decay[row]) if one.kind == "event" else None,
                bool(self.wild[row, at]),
            )
            for at, one in enumerate(self.regressors)
            if fit.told[row, at]
            or self.wild[row, at]
            or self.kept[row, at] != 0
            or one.kind != "calendar"
        )


class _Fit(NamedTuple):
    """Of N pasts and K regressors: `estimate`, `error` and `told` (N, K), `decay` and `likelihood`
    (N,).
    """

    estimate: FloatArray
    error: FloatArray
    told: NDArray[np.bool_]
    decay: FloatArray
    likelihood: FloatArray


@dataclass(frozen=True)
class Regression:
    """The regressors of series that begin at the history's step `first`, and the fleet's mean log
    traffic (T,), if any.
    """

    regressors: tuple[Regressor, ...]
    first: int
    fleet: FloatArray | None = None

    @cached_property
    def alike(self) -> tuple[object, ...]:
        """The same for series whose effects can be looked for together."""
        return self.first, *((one.name, one.kind, one.values.tobytes()) for one in self.regressors)

    def effects(self, working: FloatArray, season: int, horizon: int) -> list[Effects]:
        """What can be told of the effects from the logs (N, L) of pasts, of each from its own past
        alone.
        """
        count, length = working.shape
        last = self.first + length
        fit, wild = _believable(working, self.regressors, self.first, season)
        usual = np.zeros(len(self.regressors))
        if self.fleet is not None and self.first < last:
            usual = fleet_effects(self.fleet[:last], self.regressors, season)
        if fit is None:
            # Too short to say anything alone: what all routes together say is the best there is.
            every = np.tile(usual, (count, 1))
            fit = _Fit(
                every,
                np.abs(every),
                np.zeros(every.shape, dtype=bool),
                np.full(count, USUAL_DECAY),
                np.zeros(count),
            )
        limit = np.array([NOISE_SQUARED[one.kind] for one in self.regressors])
        kept = usual + np.where(fit.told, _shrunk(fit.estimate - usual, fit.error, limit), 0.0)
        used = np.where(kept != 0, np.where(fit.told, fit.error, np.abs(usual)), 0.0)
        moved, spread = np.empty((count, length + horizon)), np.empty((count, horizon))
        for decay in np.unique(fit.decay):
            rows = fit.decay == decay
            columns = _columns(self.regressors, self.first, last + horizon, length, decay)
            moved[rows] = _weighted(kept[rows], columns)
            spread[rows] = np.sqrt(_weighted(used[rows] ** 2, columns[:, length:] ** 2))
        return [
            Effects(
                self.regressors,
                fit,
                kept,
                wild,
                row,
                moved[row, :length],
                moved[row, length:],
                spread[row],
            )
            for row in range(count)
        ]


def _columns(
    regressors: Sequence[Regressor], first: int, last: int, length: int, decay: float
) -> FloatArray:
    return np.array([one.column(first, last, length, decay) for one in regressors]).reshape(
        -1, last - first
    )


def _weighted(weights: FloatArray, columns: FloatArray) -> FloatArray:
    """Sums (N, T) of columns (K, T) with weights (N, K). A matrix product's last digits would
    depend on how many rows there are.
    """
    found = np.zeros((len(weights), columns.shape[1]))
    for weight, column in zip(weights.T, columns, strict=True):
        found += weight[:, None] * column
    return found


def fleet_effects(fleet: FloatArray, regressors: Sequence[Regressor], season: int) -> FloatArray:
    """Calendar effects that all series together show, 0 where noise explains them or the regressor
    is no calendar's.
    """
    shared = [row for row, one in enumerate(regressors) if one.kind == "calendar"]
    usual = np.zeros(len(regressors))
    if shared:
        usual[shared] = _fleet_shrunk(
            fleet.tobytes(), tuple(regressors[row].values.tobytes() for row in shared), season
        )
    return usual


@lru_cache(maxsize=256)
def _fleet_shrunk(fleet: bytes, values: tuple[bytes, ...], season: int) -> FloatArray:
    working = np.frombuffer(fleet).reshape(1, -1)
    regressors = [Regressor("", "calendar", np.frombuffer(one)) for one in values]
    fit, _ = _believable(working, regressors, 0, season)
    if fit is None:
        return np.zeros(len(values))
    limit = np.full(len(values), NOISE_SQUARED["calendar"])
    return np.where(fit.told[0], _shrunk(fit.estimate[0], fit.error[0], limit), 0.0)


def fleet_index(logs: FloatArray) -> FloatArray:
    """The mean log traffic (T,) of series (N, T) whose gaps are NaN: changes are averaged over
    those that know both periods.
    """
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
    """The fit without the holidays whose measured effect is none a holiday has, and which those are
    (N, K); their estimates stay for the record.
    """
    fit = _fit(working, regressors, first, season)
    if fit is None:
        return None, np.zeros((len(working), len(regressors)), dtype=bool)
    calendar = np.array([one.kind == "calendar" for one in regressors])
    limit = np.array([NOISE_SQUARED[one.kind] for one in regressors])
    wild = (
        calendar & fit.told & (np.abs(_shrunk(fit.estimate, fit.error, limit)) > MOST_OF_A_HOLIDAY)
    )
    for left_out in np.unique(wild[wild.any(axis=1)], axis=0):
        rows = (wild == left_out).all(axis=1)
        again = _fit(working[rows], regressors, first, season, left_out=left_out)
        assert again is not None  # with fewer to be told there is no less past
        fit.estimate[rows] = np.where(left_out, fit.estimate[rows], again.estimate)
        fit.error[rows] = np.where(left_out, fit.error[rows], again.error)
        fit.told[rows], fit.decay[rows], fit.likelihood[rows] = (
            again.told,
            again.decay,
            again.likelihood,
        )
    return fit, wild


def _fit(
    working: FloatArray,
    regressors: Sequence[Regressor],
    first: int,
    season: int,
    left_out: NDArray[np.bool_] | None = None,
) -> _Fit | None:
    """Least squares over smoothings and, where events fade, decays; the likeliest is taken. None
    where the past is too short.
    """
    length = working.shape[1]
    seasonal = season if length > 2 * season else 1
    if not regressors or length - 2 - seasonal - len(regressors) < LEAST_FREE:
        return None
    fading = any(
        one.kind == "event" and (one.values[first : first + length] >= 0).sum() > 1
        for one in regressors
    )
    long = season < LEAST_YEARLY or length >= LEAST_SEASONS * season
    seen = np.array(
        [
            [
                float(
                    one.kind != "calendar"
                    or (long and _occasions(one.values[first : first + length]) >= LEAST_OCCASIONS)
                )
            ]
            for one in regressors
        ]
    )
    if left_out is not None:
        seen[left_out] = 0.0
    stated = [
        one.values[first + 1 : first + length] >= 0 for one in regressors if one.kind == "event"
    ]
    explained = np.any(stated, axis=0) if stated else np.zeros(length - 1, dtype=bool)
    fits = [
        _least_squares(working, columns, explained, seasonal, smoothing, decay)
        for decay in (DECAYS if fading else (USUAL_DECAY,))
        for columns in (seen * _columns(regressors, first, first + length, length, decay),)
        for smoothing in SMOOTHINGS
    ]
    likeliest = np.argmax([fit.likelihood for fit in fits], axis=0)
    return _Fit(
        *(np.stack(part)[likeliest, np.arange(len(working))] for part in zip(*fits, strict=True))
    )


def _occasions(shares: FloatArray) -> int:
    """How often the days came round."""
    felt = shares > 0
    return int(felt[0]) + int((felt[1:] & ~felt[:-1]).sum())


class _Design(NamedTuple):
    """Regressors as innovations (K, T) without trend and season, of unit length; `trend` is the
    direction taken out of all.
    """

    used: FloatArray
    size: FloatArray
    told: NDArray[np.bool_]
    inverse: FloatArray
    trend: FloatArray


def _least_squares(
    working: FloatArray,
    columns: FloatArray,
    explained: NDArray[np.bool_],
    season: int,
    smoothing: float,
    decay: float,
) -> _Fit:
    # Series of one fleet share their regressors: what is made from these alone is made once.
    design = _design(columns.tobytes(), len(columns), season, smoothing)
    target = _innovations(working - working[:, :1], season, smoothing)
    target = target - products(target, design.trend)[:, None] * design.trend
    found, residual = np.zeros((len(working), len(design.used))), target
    for _ in range(ROUNDS):
        # One outlier or jump must not make an effect: what lies far out is pulled in, but where a
        # stated event may explain it.
        reach = (CLIP_SIGMAS * 1.4826 * median_of(np.abs(residual)) + 1e-12)[:, None]
        pulled = np.where(explained, residual, np.minimum(np.maximum(residual, -reach), reach))
        found = found + products(
            products(pulled[:, None, :], design.used)[:, None, :], design.inverse
        )
        residual = target - _weighted(found, design.used)
    residual = np.minimum(np.maximum(residual, -reach), reach)
    noise = products(residual, residual) / max(target.shape[1] - 1 - season - found.shape[1], 1)
    estimate, error = (
        np.zeros((len(working), len(columns))),
        np.full((len(working), len(columns)), np.inf),
    )
    estimate[:, design.told] = found / design.size
    error[:, design.told] = np.sqrt(noise[:, None] * design.inverse.diagonal()) / design.size
    told = np.broadcast_to(design.told, estimate.shape)
    return _Fit(estimate, error, told, np.full(len(working), decay), -np.log(noise + 1e-300))


@lru_cache(maxsize=4096)
def _design(columns: bytes, count: int, season: int, smoothing: float) -> _Design:
    values = np.frombuffer(columns).reshape(count, -1)
    length = values.shape[1]
    rows = np.vstack([values - values[:, :1], np.arange(length, dtype=float)])
    raw = np.sqrt((_innovations(rows, 1, smoothing) ** 2).sum(axis=1))[:-1]
    left = _innovations(rows, season, smoothing)
    # Two trending series look alike in how the level catches up with them: the trend is taken out
    # of both.
    trend = left[-1] / max(float(np.sqrt(left[-1] @ left[-1])), 1e-9)
    left = left[:-1] - np.outer(left[:-1] @ trend, trend)
    size = np.sqrt((left**2).sum(axis=1))
    told = size > np.sqrt(LEAST_LEFT_RATIO) * raw + 1e-9
    used = left[told] / size[told, None]
    inverse: FloatArray = np.linalg.inv(used @ used.T + 1e-6 * np.eye(len(used)))
    return _Design(used, size[told], told, inverse, trend)


def _innovations(rows: FloatArray, season: int, smoothing: float) -> FloatArray:
    """What each value of rows (K, T) that begin at 0 adds to a smoothed level, without the mean of
    its phase: (K, T - 1).
    """
    found = (
        np.diff(rows, axis=1)
        if smoothing == 1
        else lfilter([1.0, -1.0], [1.0, smoothing - 1.0], rows, axis=1)[:, 1:]
    )
    phases, counts = _phases(found.shape[1], season)
    means = products(found[:, None, :], phases) / counts
    left: FloatArray = found - means[:, np.arange(found.shape[1]) % season]
    return left


@lru_cache(maxsize=512)
def _phases(length: int, season: int) -> tuple[FloatArray, FloatArray]:
    phases = np.zeros((season, length))
    phases[np.arange(length) % season, np.arange(length)] = 1.0
    return phases, np.maximum(phases.sum(axis=1), 1.0)
