"""Growth that ends: curves with a ceiling found from the data, and how strongly a history speaks for one."""

from __future__ import annotations

from math import exp, log, sqrt

import numpy as np

from forecasting.models.window import Window, mean_of
from forecasting.series import FloatArray

PACES = np.array([0.1, 0.14, 0.2, 0.28, 0.4, 0.6])
"""Time constants tried, as shares of the history's length."""
BEND = 2.0
"""Rise on the log scale at which the rate has fallen to half: at 1 a path of exponential growth becomes a line in levels."""
CLEAR_GROWTH = 24.0
"""Squared t-value of the mean change at which growth is as likely as not."""
CLEAR_FALL = 2.0
"""Squared t-value of a fall of the growth rate at which it is believed by half."""
LEAST_RISE = 2.0
"""One-step errors a history must have risen by before a curve is looked for."""
PENALTY = 5.0
"""Log-likelihood a curve must win over a line and over a random walk to be as likely as not."""


def bent_growth(data: Window, level: float) -> tuple[FloatArray, float]:
    """Growth from `level` on that goes on at a falling rate, on the working scale, and its weight between 0 and 1.

    The rate is the lower one of the whole history's and the last year's, and falls hyperbolically, as the long-run growth of
    Internet traffic has done: the rise r of an exponential path becomes BEND log(1 + r / BEND).
    """
    changes = np.diff(data.adjusted)
    mean = mean_of(changes)
    centred = changes - mean
    variance = float(centred @ centred) / len(changes)
    long_run = variance
    lags = min(6, len(changes) // 4)
    for lag in range(1, lags + 1):
        long_run += 2 * (1 - lag / (lags + 1)) * float(centred[lag:] @ centred[:-lag]) / len(changes)
    strength = mean * mean * len(changes) / (max(long_run, 0.15 * variance) + 1e-12)
    rate, fall, falls = mean, 1.0, 0.0
    if data.log and mean > 0:
        recent, reach = _last_year(data)
        rate = max(min(mean, recent), 0.0)
        # The mean belongs to the middle of the history: what the rate lost since then it goes on losing at that pace.
        slower = (mean - rate) ** 2 * reach / (max(long_run, 0.15 * variance) + 1e-12)
        kept = 1 - (1 - rate / mean) * slower / (slower + CLEAR_FALL)
        falls = slower / (slower + CLEAR_GROWTH)
        fall = max(kept, 0.1) ** (2 / max(data.length - reach, reach))
    rise = rate * np.cumsum(fall**data.steps)
    if data.log and rate > 0:
        rise = BEND * np.log1p(rise / BEND)
    grows = strength / (strength + CLEAR_GROWTH)
    return level + rise + data.season_ahead, 1 - (1 - grows) * (1 - falls) if data.log else 0.0


def _last_year(data: Window) -> tuple[float, int]:
    """Mean change per period between the last half year and the one a year before; three periods without a season; and those periods."""
    if data.season == 1:
        reach = min(3, data.length - 1)
        return float(data.adjusted[-1] - data.adjusted[-1 - reach]) / reach, reach
    half = min(max(data.season // 2, 1), data.length // 4)
    lag = min(max(data.season, 12), data.length - half)
    return (mean_of(data.adjusted[-half:]) - mean_of(data.adjusted[-half - lag : -lag])) / lag, lag


def saturating(data: Window, one_step: float) -> tuple[FloatArray, float]:
    """A Gompertz or logistic curve's forecast on the working scale, and its weight between 0 and 1.

    On logs both have straight forms, a + b phi^t for the log level (Gompertz) or for 1 / level (logistic), so each time constant costs
    one regression. `one_step` is the error variance of the smoothed level: a random walk that happens to bend does
    not win. Residuals of the curve fade by their own autocorrelation.
    """
    adjusted, length = data.adjusted, data.length
    if not data.log or length < 12 or abs(data.slope) * length < LEAST_RISE * sqrt(one_step):
        return np.full(data.horizon, adjusted[-1]) + data.season_ahead, 0.0
    steps = np.arange(length, dtype=float)
    top = float(adjusted.max())
    inverse = np.exp(top - adjusted)
    paces = (PACES * length)[:, None]
    fading, fading_ahead = np.exp(-steps / paces), np.exp(-(length - 1 + data.steps) / paces)
    fitted, further = [], []
    for target, weights in ((adjusted, np.ones(length)), (inverse, 1 / inverse)):
        start, bend = _lines(fading, target, weights)
        logistic = target is inverse
        kept = (bend > 0) & (start > 0) if logistic else bend < 0
        start, bend = start[kept, None], bend[kept, None]
        curve, ahead = start + bend * fading[kept], start + bend * fading_ahead[kept]
        fitted.append(top - np.log(curve) if logistic else curve)
        further.append(top - np.log(ahead) if logistic else ahead)
    left = adjusted - np.concatenate(fitted)
    if not len(left):
        return np.full(data.horizon, adjusted[-1]) + data.season_ahead, 0.0
    memory, variance = _innovations(left)
    best = int(np.argmin(variance))
    centred = steps - (length - 1) / 2
    _, straight = _innovations((adjusted - mean_of(adjusted) - data.slope * centred)[None, :])
    gain = length / 2 * log((min(float(straight[0]), one_step) + 1e-12) / (float(variance[best]) + 1e-12)) - PENALTY
    weight = 1 / (1 + exp(-max(min(gain, 30.0), -30.0)))
    carried = left[best, -1] * memory[best] ** data.steps
    return np.concatenate(further)[best] + carried + data.season_ahead, weight


def _lines(regressors: FloatArray, target: FloatArray, weights: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Intercepts and slopes (K,) by least squares on each row of `regressors` (K, T), errors scaled by `weights`."""
    square = weights * weights / float(weights @ weights)
    middles, level = regressors @ square, float(square @ target)
    spread = (regressors - middles[:, None]) * square
    bends: FloatArray = spread @ (target - level) / (np.einsum("kt,kt->k", spread, regressors) + 1e-300)
    return level - bends * middles, bends


def _innovations(left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of each row (K, T): autocorrelation at lag 1 between 0 and .98, and the variance it leaves."""
    energy = np.einsum("kt,kt->k", left, left) + 1e-300
    memory = np.clip(np.einsum("kt,kt->k", left[:, 1:], left[:, :-1]) / energy, 0.0, 0.98)
    surprise = left[:, 1:] - memory[:, None] * left[:, :-1]
    return memory, np.einsum("kt,kt->k", surprise, surprise) / surprise.shape[1]
