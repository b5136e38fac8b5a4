"""Autoregressions by Burg's method with the order chosen by AICc."""

from __future__ import annotations

from math import log

import numpy as np

from forecasting.models.window import Window, mean_of
from forecasting.series import FloatArray


def burg(series: FloatArray, largest: int) -> FloatArray:
    """Coefficients of the autoregression of the order up to `largest` with the least AICc, lag 1 first; empty where none helps.

    The energy of the two errors follows from the one of the order before (Andersen 1978), so that an order costs one product.
    """
    length = len(series)
    variance = float(series @ series) / length
    if variance <= 0 or length < 4:
        return np.zeros(0)
    forward, backward = series[1:], series[:-1]
    energy = 2 * variance * length - series.item(0) ** 2 - series.item(-1) ** 2
    floor = 1e-12 * energy
    reflections: list[float] = []
    best, least = 0, length * log(variance) + 2 * length / (length - 2)
    for order in range(1, min(largest, length - 3) + 1):
        if energy <= floor:
            break
        reflection = 2 * float(forward @ backward) / energy
        reflections.append(reflection)
        variance *= 1 - reflection * reflection
        if variance <= 0:
            break
        criterion = length * log(variance) + 2 * (order + 1) * length / (length - order - 2)
        if criterion < least:
            least, best = criterion, order
        ahead, backward = forward - reflection * backward, backward - reflection * forward
        energy = (1 - reflection * reflection) * energy - ahead.item(0) ** 2 - backward.item(-1) ** 2
        forward, backward = ahead[1:], backward[:-1]
    coefficients: list[float] = []
    for reflection in reflections[:best]:
        coefficients = [one - reflection * other for one, other in zip(coefficients, coefficients[::-1], strict=True)]
        coefficients.append(reflection)
    return np.array(coefficients)


def iterate(series: FloatArray, coefficients: FloatArray, horizon: int) -> FloatArray:
    """The autoregression's expectation for the next `horizon` values."""
    order = len(coefficients)
    if order == 0:
        return np.zeros(horizon)
    extended = np.concatenate([series[-order:], np.zeros(horizon)])
    reversed_coefficients = coefficients[::-1].copy()
    for step in range(horizon):
        extended[order + step] = reversed_coefficients @ extended[step : order + step]
    return extended[order:]


def shrunken_mean(changes: FloatArray) -> float:
    """The mean, shrunk towards 0 by its own uncertainty: mean^3 / (mean^2 + variance of the mean)."""
    mean = mean_of(changes)
    centred = changes - mean
    uncertainty = float(centred @ centred) / len(changes) ** 2
    return mean**3 / (mean * mean + uncertainty) if mean else 0.0


def on_differences(series: FloatArray, largest: int, horizon: int) -> FloatArray:
    """An autoregression of the changes around their shrunken mean, cumulated from the last value."""
    changes = np.diff(series)
    drift = shrunken_mean(changes)
    coefficients = burg(changes - drift, min(largest, (len(series) - 1) // 3))
    ahead: FloatArray = series[-1] + np.cumsum(iterate(changes - drift, coefficients, horizon) + drift)
    return ahead


def around_trend(data: Window) -> FloatArray:
    """An autoregression of the deviations from a straight line through the adjusted values."""
    centred = np.arange(data.length) - (data.length - 1) / 2
    mean = mean_of(data.adjusted)
    line = mean + data.slope * centred
    coefficients = burg(data.adjusted - line, min(data.season + 2, data.length // 3))
    ahead = mean + data.slope * (data.length - 1 + data.steps - (data.length - 1) / 2)
    forecast: FloatArray = iterate(data.adjusted - line, coefficients, data.horizon) + ahead + data.season_ahead
    return forecast
