"""What every candidate is given: series up to one origin, on their working scale, with their
seasonal indices.

Series of one length are looked at together, a row each, so that numpy is called once for all of
them and not once for each. Time is always the last axis and contiguous, and no matrix product is
used: a row's result must not depend, to the last
    bit, on the rows beside it.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from forecasting.series import FloatArray

PACES = np.array([0.0, 0.1, 0.2, 0.35, 0.55])
"""Shares of a year's departure from the season that may be there to stay; which of them holds is
told by the years that followed.
"""
STEADY = 0.5
"""How likely a season is the same in all years before anything is seen."""
LEAST_YEARS = 3
FREAK = 3.0
"""Robust standard deviations beyond which a departure says no more than that."""


@dataclass(frozen=True)
class Window:
    """N series without gaps up to their origins, all T long.

    `values` (N, T) are in their own units, `working` (N, T) their logs where `log`, else the same.
    `seasonal` (N, season) is the whole past's season, additive on the working scale, `seasonal[:, t
    % season]` belonging to step t; how it changed is found from it. `starts` are parameters to
    begin from (an earlier optimum, rows of NaN where there is none), and `frozen` takes them as
    they are.
    """

    values: FloatArray
    working: FloatArray
    log: bool
    season: int
    horizon: int
    seasonal: FloatArray
    starts: Mapping[str, FloatArray] = field(default_factory=dict)
    frozen: bool = False

    @property
    def length(self) -> int:
        return int(self.working.shape[1])

    @cached_property
    def steps(self) -> FloatArray:
        return np.arange(1.0, self.horizon + 1)

    @cached_property
    def adjusted(self) -> FloatArray:
        """The working values without their season, as it was in each year."""
        return self._level - self._moved[0]

    @cached_property
    def season_ahead(self) -> FloatArray:
        """The season (N, H) as it is now."""
        return (self.seasonal + self._moved[1])[
            :, (self.length + np.arange(self.horizon)) % self.season
        ]

    @cached_property
    def _level(self) -> FloatArray:
        return self.working - self.seasonal[:, np.arange(self.length) % self.season]

    @cached_property
    def _moved(self) -> tuple[FloatArray, FloatArray]:
        return season_moved(self._level, self.season)

    @cached_property
    def swing(self) -> FloatArray:
        """The largest index of the season (N,), up or down."""
        found: FloatArray = np.abs(self.seasonal).max(axis=1)
        return found

    @property
    def centred(self) -> FloatArray:
        """The steps of the past around their middle (T,)."""
        return around_middle(self.length)

    @cached_property
    def slope(self) -> FloatArray:
        """Least-squares slope (N,) per period of the adjusted values."""
        return slopes(self.adjusted)


def window(
    values: FloatArray,
    *,
    log: bool,
    season: int,
    horizon: int,
    starts: Mapping[str, FloatArray] | None = None,
    frozen: bool = False,
    seasonal: FloatArray | None = None,
) -> Window:
    """A window of `values` (N, T), the seasonal indices found from them unless given."""
    working = np.log(values) if log else values
    indices = seasonal_indices(working, season) if seasonal is None else seasonal
    return Window(values, working, log, season, horizon, indices, starts or {}, frozen)


def mean_of(values: FloatArray) -> FloatArray:
    """Means over the last axis; ndarray.mean takes three times as long."""
    found: FloatArray = np.add.reduce(values, axis=-1) / values.shape[-1]
    return found


def median_of(values: FloatArray) -> FloatArray:
    """Medians over the last axis; np.median takes ten times as long."""
    ordered = np.sort(values, axis=-1)
    half = ordered.shape[-1] // 2
    middle: FloatArray = ordered[..., half]
    return middle if ordered.shape[-1] % 2 else (ordered[..., half - 1] + middle) / 2


def products(one: FloatArray, other: FloatArray) -> FloatArray:
    """Sums of products over the last axis, whatever the axes before it: every row summed in the
    same order.
    """
    found: FloatArray = np.einsum("...t,...t->...", one, other)
    return found


def around_middle(length: int) -> FloatArray:
    """0, 1, 2, ... less their mean (length,)."""
    return np.arange(float(length)) - (length - 1) / 2


def slopes(values: FloatArray) -> FloatArray:
    """Least-squares slopes per step over the last axis."""
    centred = around_middle(values.shape[-1])
    found: FloatArray = products(values, centred) / products(centred, centred)
    return found


def between(
    places: FloatArray, knots: Sequence[float] | FloatArray, values: FloatArray
) -> FloatArray:
    """np.interp of rows of `values` (..., K) that share their `knots`: (..., len(places))."""
    at = np.asarray(knots, dtype=float)
    if len(at) == 1:
        return np.repeat(values, len(places), axis=-1)
    left = np.clip(np.searchsorted(at, places, side="right") - 1, 0, len(at) - 2)
    share = np.clip((places - at[left]) / (at[left + 1] - at[left]), 0.0, 1.0)
    low = values[..., left]
    found: FloatArray = low + share * (values[..., left + 1] - low)
    return found


@lru_cache(maxsize=512)
def _design(length: int, season: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    phase = np.arange(length) % season
    dummies = np.zeros((length, season + 1))
    dummies[:, 0] = np.arange(length) - (length - 1) / 2
    dummies[np.arange(length), 1 + phase] = 1.0
    inverse: FloatArray = np.ascontiguousarray(np.linalg.pinv(dummies), dtype=float)
    return dummies[:, 0].copy(), inverse, np.bincount(phase, minlength=season).astype(float)


def seasonal_indices(working: FloatArray, season: int) -> FloatArray:
    """Additive indices (..., season) of series (..., T) that sum to 0: least squares on dummies and
    a trend, shrunk towards 0 as far as noise explains them.

    The shrinkage is James-Stein's on the F ratio, so a series without a season gets none. Needs
    season + 4 values; with fewer all indices are 0.
    """
    length = working.shape[-1]
    if season <= 1 or length < season + 4:
        return np.zeros((*working.shape[:-1], max(season, 1)))
    trend, inverse, counts = _design(length, season)
    found = products(working[..., None, :], inverse)
    levels = found[..., 1:]
    indices = levels - mean_of(levels)[..., None]
    left = working - found[..., :1] * trend - levels[..., np.arange(length) % season]
    if season <= 3:
        return indices
    noise = products(left, left) / max(length - season - 1, 1)
    signal = products(counts, indices * indices) / (season - 1)
    ratio = np.divide(noise, signal, out=np.full(noise.shape, np.inf), where=signal > 0)
    shrunk: FloatArray = (
        indices * np.maximum(0.0, 1 - (season - 3) / (season - 1) * ratio)[..., None]
    )
    return shrunk


def season_moved(level: FloatArray, season: int) -> tuple[FloatArray, FloatArray]:
    """How far the season of each row was from its fixed indices: in each step's year (N, T), and
    for each phase now (N, season).

    `level` (N, T) are working values less those indices. What a year departs from its own level is
    smoothed over the years, phase by phase, at each of PACES; their estimates are averaged with the
    likelihoods of the years they did not yet know. Fewer than LEAST_YEARS say nothing.
    """
    count, length = level.shape
    if season <= 1 or length < LEAST_YEARS * season:
        return np.zeros_like(level), np.zeros((count, max(season, 1)))
    years = -(-length // season)
    departures = np.full((count, years * season), np.nan)
    departures[:, -length:] = _departures(level, season)
    by_year = departures.reshape(count, years, 1, season)
    before = np.empty((count, years, len(PACES), season))
    estimate, lost, known = np.zeros((count, len(PACES), season)), np.zeros((count, len(PACES))), 0
    for year in range(years):
        before[:, year] = estimate
        gap = np.where(np.isfinite(by_year[:, year]), by_year[:, year] - estimate, 0.0)
        if year:
            lost += products(gap, gap)
            known += season
        estimate = estimate + PACES[:, None] * gap
    believed = np.log(np.where(PACES > 0, (1 - STEADY) / (len(PACES) - 1), STEADY))
    belief = believed - known / 2 * np.log((lost + 1e-300) / (lost[:, :1] + 1e-300))
    weights = np.exp(belief - belief.max(axis=1, keepdims=True))
    weights /= np.add.reduce(weights, axis=1)[:, None]
    then = np.add.reduce(weights[:, None, :, None] * before, axis=2).reshape(count, -1)[:, -length:]
    now = np.empty((count, season))
    now[:, np.arange(length - season, length) % season] = np.add.reduce(
        weights[:, :, None] * estimate, axis=1
    )
    return then, now - mean_of(now)[:, None]


def _departures(level: FloatArray, season: int) -> FloatArray:
    """What each step (N, T) adds to the mean of the year around it, freaks held back."""
    length = level.shape[1]
    left = level - mean_of(level)[:, None] - slopes(level)[:, None] * around_middle(length)
    summed = np.concatenate([np.zeros((len(level), 1)), np.cumsum(left, axis=1)], axis=1)
    steps = np.arange(length)
    first, last = np.maximum(steps - season // 2, 0), np.minimum(steps + season // 2, length - 1)
    apart = left - (summed[:, last + 1] - summed[:, first]) / (last + 1 - first)
    most = (FREAK * 1.4826 * median_of(np.abs(apart)))[:, None]
    held: FloatArray = np.clip(apart, -most, most)
    return held
