"""What every candidate is given: one series up to one origin, on its working scale, with its seasonal indices."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cached_property, lru_cache

import numpy as np

from forecasting.series import FloatArray


@dataclass(frozen=True)
class Window:
    """One series without gaps up to an origin.

    `values` (T,) are in their own unit, `working` (T,) their logs where `log`, else the same. `seasonal` (season,) is
    additive on the working scale, `seasonal[t % season]` belonging to step t. `starts` are parameters to begin from (an
    earlier optimum), and `frozen` takes them as they are.
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
        return len(self.working)

    @cached_property
    def steps(self) -> FloatArray:
        return np.arange(1.0, self.horizon + 1)

    @cached_property
    def adjusted(self) -> FloatArray:
        """The working values without their season."""
        return self.working - self.seasonal[np.arange(self.length) % self.season]

    @cached_property
    def season_ahead(self) -> FloatArray:
        return self.seasonal[(self.length + np.arange(self.horizon)) % self.season]

    @cached_property
    def slope(self) -> float:
        """Least-squares slope per period of the adjusted values."""
        centred = np.arange(self.length) - (self.length - 1) / 2
        return float(centred @ self.adjusted) / float(centred @ centred)


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
    """A window of `values`, its seasonal indices found from them unless given."""
    working = np.log(values) if log else values
    indices = seasonal_indices(working, season) if seasonal is None else seasonal
    return Window(values, working, log, season, horizon, indices, starts or {}, frozen)


def mean_of(values: FloatArray) -> float:
    """The mean of a short series; ndarray.mean takes three times as long."""
    return float(np.add.reduce(values)) / len(values)


def median_of(values: FloatArray) -> float:
    """The median of a short series; np.median takes ten times as long."""
    ordered = np.sort(values)
    half = len(ordered) // 2
    return float(ordered[half]) if len(ordered) % 2 else float(ordered[half - 1] + ordered[half]) / 2


@lru_cache(maxsize=512)
def _design(length: int, season: int) -> tuple[FloatArray, FloatArray, FloatArray]:
    phase = np.arange(length) % season
    dummies = np.zeros((length, season + 1))
    dummies[:, 0] = np.arange(length) - (length - 1) / 2
    dummies[np.arange(length), 1 + phase] = 1.0
    inverse: FloatArray = np.linalg.pinv(dummies).astype(float)
    return dummies, inverse, np.bincount(phase, minlength=season).astype(float)


def seasonal_indices(working: FloatArray, season: int) -> FloatArray:
    """Additive indices that sum to 0: least squares on dummies and a trend, shrunk towards 0 as far as noise explains them.

    The shrinkage is James-Stein's on the F ratio, so a series without a season gets none. Needs season + 4 values; with fewer
    all indices are 0.
    """
    length = len(working)
    if season <= 1 or length < season + 4:
        return np.zeros(max(season, 1))
    design, inverse, counts = _design(length, season)
    found = inverse @ working
    indices: FloatArray = found[1:] - mean_of(found[1:])
    left = working - design @ found
    noise = float(left @ left) / max(length - season - 1, 1)
    signal = float(counts @ (indices * indices)) / (season - 1)
    if season <= 3:
        return indices
    if signal <= 0:
        return np.zeros(season)
    return indices * max(0.0, 1 - (season - 3) / (season - 1) * noise / signal)
