"""Autoregressions by Burg's method with the order chosen by AICc."""

from __future__ import annotations

from math import log

import numpy as np

from forecasting.models.window import Window
from forecasting.series import FloatArray


def burg(series: FloatArray, largest: int) -> FloatArray:
    """Coefficients of the autoregression of the order with the least AICc, lag 1 first; empty where none helps."""
    length = len(series)
    variance = float(series @ series) / length
    if variance <= 0 or length < 4:
        return np.zeros(0)
    forward, backward = series[1:], series[:-1]
    coefficients = np.zeros(largest)
    best, least = np.zeros(0), length * log(variance) + 2 * length / (length - 2)
    for order in range(1, largest + 1):
        energy = float(forward @ forward + backward @ backward)
        if energy <= 0:
            break
        reflection = 2 * float(forward @ backward) / energy
        known = coefficients[: order - 1]
        known -= reflection * known[::-1]
        coefficients[order - 1] = reflection
        variance *= 1 - reflection * reflection
        if variance <= 0 or length - order - 2 <= 0:
            break
        criterion = length * log(variance) + 2 * (order + 1) * length / (length - order - 2)
        if criterion < least:
            least, best = criterion, coefficients[:order].copy()
        shorter = forward[1:] - reflection * backward[1:]
        backward = backward[:-1] - reflection * forward[:-1]
        forward = shorter
    return best


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
    mean = float(changes.mean())
    uncertainty = float(changes.var()) / len(changes)
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
    line = data.adjusted.mean() + data.slope * centred
    coefficients = burg(data.adjusted - line, min(data.season + 2, data.length // 3))
    ahead = data.adjusted.mean() + data.slope * (data.length - 1 + data.steps - (data.length - 1) / 2)
    forecast: FloatArray = iterate(data.adjusted - line, coefficients, data.horizon) + ahead + data.season_ahead
    return forecast
