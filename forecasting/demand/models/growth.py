"""Growth that ends: curves with a ceiling found from the data, and how strongly a history speaks
for one.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

from forecasting.demand.models.window import Window, mean_of, products
from forecasting.series import FloatArray

PACES = np.geomspace(0.12, 0.6, 16)
"""Time constants tried, as shares of the history's length: a curve between two coarser ones would
look like a random walk.
"""
BEND = 2.0
"""Rise on the log scale at which the rate has fallen to half: at 1 a path of exponential growth
becomes a line in levels.
"""
CLEAR_GROWTH = 24.0
"""Squared t-value of the mean change at which growth is as likely as not."""
CLEAR_FALL = 2.0
"""Squared t-value of a fall of the growth rate at which it is believed by half."""
LEAST_RISE = 2.0
"""One-step errors a history must have risen by before a curve is looked for."""
PENALTY = 5.0
"""Log-likelihood a curve must win over a line and over a random walk to be as likely as not."""


def bent_growth(data: Window, level: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Growth (N, H) from `level` (N,) on that goes on at a falling rate, on the working scale, and
    its weight (N,) between 0 and 1.

    The rate is the lower one of the whole history's and the last year's, and falls hyperbolically,
    as the long-run growth of Internet traffic has done: the rise r of an exponential path becomes
    BEND log(1 + r / BEND).
    """
    changes = np.diff(data.adjusted, axis=1)
    count = changes.shape[1]
    mean = mean_of(changes)
    centred = changes - mean[:, None]
    variance = products(centred, centred) / count
    long_run = variance.copy()
    lags = min(6, count // 4)
    for lag in range(1, lags + 1):
        long_run += (
            2 * (1 - lag / (lags + 1)) * products(centred[:, lag:], centred[:, :-lag]) / count
        )
    noise = np.maximum(long_run, 0.15 * variance) + 1e-12
    strength = mean * mean * count / noise
    grows = strength / (strength + CLEAR_GROWTH)
    if not data.log:
        return level[:, None] + mean[:, None] * data.steps + data.season_ahead, np.zeros(len(mean))
    recent, reach = _last_year(data)
    rising = mean > 0
    rate = np.where(rising, np.maximum(np.minimum(mean, recent), 0.0), mean)
    # The mean belongs to the middle of the history: what the rate lost since then it goes on
    # losing at that pace.
    slower = np.where(rising, (mean - rate) ** 2 * reach / noise, 0.0)
    lost = np.divide(rate, mean, out=np.ones(len(mean)), where=rising)
    kept = 1 - (1 - lost) * slower / (slower + CLEAR_FALL)
    falls = slower / (slower + CLEAR_GROWTH)
    fall = np.maximum(kept, 0.1) ** (2 / max(data.length - reach, reach))
    rise = rate[:, None] * np.cumsum(fall[:, None] ** data.steps, axis=1)
    bent = BEND * np.log1p(np.maximum(rise, 0.0) / BEND)
    rise = np.where(rate[:, None] > 0, bent, rise)
    return level[:, None] + rise + data.season_ahead, 1 - (1 - grows) * (1 - falls)


def _last_year(data: Window) -> tuple[FloatArray, int]:
    """Mean change (N,) per period between the last half year and the one a year before; three
    periods without a season; and those periods.
    """
    if data.season == 1:
        reach = min(3, data.length - 1)
        return (data.adjusted[:, -1] - data.adjusted[:, -1 - reach]) / reach, reach
    half = min(max(data.season // 2, 1), data.length // 4)
    lag = min(max(data.season, 12), data.length - half)
    return (
        mean_of(data.adjusted[:, -half:]) - mean_of(data.adjusted[:, -half - lag : -lag])
    ) / lag, lag


def saturating(data: Window, one_step: FloatArray) -> tuple[FloatArray, FloatArray]:
    """A Gompertz or logistic curve's forecast (N, H) on the working scale, and its weight (N,)
    between 0 and 1.

    On logs both have straight forms, a + b phi^t for the log level (Gompertz) or for 1 / level
    (logistic), so each time constant costs one regression. `one_step` (N,) is the error variance of
    the smoothed level: a random walk that happens to bend does not win. Residuals of the curve fade
    by their own autocorrelation.
    """
    ahead = data.adjusted[:, -1:] + data.season_ahead
    weight = np.zeros(len(data.values))
    if not data.log or data.length < 12:
        return ahead, weight
    risen = np.flatnonzero(np.abs(data.slope) * data.length >= LEAST_RISE * np.sqrt(one_step))
    fitted, further, kept = _curves(data.adjusted[risen], data.steps)
    any_kept = kept.any(axis=1)
    rows, fitted, further, kept = (
        risen[any_kept],
        fitted[any_kept],
        further[any_kept],
        kept[any_kept],
    )
    adjusted, each = data.adjusted[rows], np.arange(len(rows))
    memory, variance = _innovations(adjusted[:, None, :] - fitted)
    best = np.where(kept, variance, np.inf).argmin(axis=1)
    line = mean_of(adjusted)[:, None] + data.slope[rows, None] * data.centred
    _, straight = _innovations(adjusted - line)
    least = np.minimum(straight, one_step[rows]) + 1e-12
    gain = data.length / 2 * np.log(least / (variance[each, best] + 1e-12)) - PENALTY
    carried = (adjusted[:, -1] - fitted[each, best, -1])[:, None] * memory[each, best][
        :, None
    ] ** data.steps
    ahead[rows] = further[each, best] + carried + data.season_ahead[rows]
    weight[rows] = 1 / (1 + np.exp(-np.clip(gain, -30.0, 30.0)))
    return ahead, weight


def _curves(
    adjusted: FloatArray, ahead: FloatArray
) -> tuple[FloatArray, FloatArray, NDArray[np.bool_]]:
    """Every curve's fit (N, 2 K, T) and forecast (N, 2 K, H), Gompertz before logistic, and which
    ones saturate (N, 2 K).
    """
    length = adjusted.shape[1]
    steps = np.arange(length, dtype=float)
    paces = (PACES * length)[:, None]
    fading, fading_ahead = np.exp(-steps / paces), np.exp(-(length - 1 + ahead) / paces)
    top = adjusted.max(axis=1)[:, None, None]
    inverse = np.exp(top[:, 0] - adjusted)
    start, bend = _lines(fading, adjusted, np.ones((1, length)))
    fitted, further, kept = [start + bend * fading], [start + bend * fading_ahead], [bend < 0]
    start, bend = _lines(fading, inverse, 1 / inverse)
    saturates = (bend > 0) & (start > 0)
    start, bend = np.where(saturates, start, 1.0), np.where(saturates, bend, 0.0)
    fitted.append(top - np.log(start + bend * fading))
    further.append(top - np.log(start + bend * fading_ahead))
    kept.append(saturates)
    return (
        np.concatenate(fitted, axis=1),
        np.concatenate(further, axis=1),
        np.concatenate(kept, axis=1)[:, :, 0],
    )


def _lines(
    regressors: FloatArray, target: FloatArray, weights: FloatArray
) -> tuple[FloatArray, FloatArray]:
    """Intercepts and slopes (N, K, 1) by least squares of each target (N, T) on each of
    `regressors` (K, T), errors scaled by `weights` (N, T).
    """
    square = (weights * weights / products(weights, weights)[:, None])[:, None, :]
    middles, level = products(regressors, square), products(square[:, 0], target)[:, None]
    spread = (regressors - middles[:, :, None]) * square
    spreads = products(spread, regressors) + 1e-300
    bends = products(spread, (target - level)[:, None, :]) / spreads
    return (level - bends * middles)[:, :, None], bends[:, :, None]


def _innovations(left: FloatArray) -> tuple[FloatArray, FloatArray]:
    """Of each row (..., T): autocorrelation at lag 1 between 0 and .98, and the variance it
    leaves.
    """
    energy = products(left, left) + 1e-300
    memory = np.clip(products(left[..., 1:], left[..., :-1]) / energy, 0.0, 0.98)
    surprise = left[..., 1:] - memory[..., None] * left[..., :-1]
    return memory, products(surprise, surprise) / surprise.shape[-1]
