"""Autoregressions by Burg's method with the order chosen by AICc."""

from __future__ import annotations

import numpy as np

from forecasting.demand.models.window import Window, mean_of, products
from forecasting.series import FloatArray


def burg(series: FloatArray, largest: int) -> FloatArray:
    """Coefficients (N, K) of each row's (N, T) autoregression of the order up to `largest` with the
    least AICc, lag 1 first; 0 beyond that order.

    The energy of the two errors follows from the one of the order before (Andersen 1978), so that
    an order costs one product.
    """
    length = series.shape[1]
    orders = max(min(largest, length - 3), 0)
    total = products(series, series)
    variance = total / length
    going = variance > 0
    forward, backward = series[:, 1:], series[:, :-1]
    energy = 2 * total - series[:, 0] ** 2 - series[:, -1] ** 2
    floor = 1e-12 * energy
    reflections = np.zeros((len(series), orders))
    best, least = (
        np.zeros(len(series), dtype=int),
        length * _logs(variance) + 2 * length / max(length - 2, 1),
    )
    for order in range(1, orders + 1):
        going = going & (energy > floor)
        if not going.any():
            break
        reflection = np.divide(
            2 * products(forward, backward), energy, out=np.zeros(len(series)), where=going
        )
        reflections[:, order - 1] = reflection
        variance = variance * (1 - reflection * reflection)
        going = going & (variance > 0)
        criterion = length * _logs(variance) + 2 * (order + 1) * length / (length - order - 2)
        better = going & (criterion < least)
        least, best = np.where(better, criterion, least), np.where(better, order, best)
        ahead = forward - reflection[:, None] * backward
        backward = backward - reflection[:, None] * forward
        energy = (1 - reflection * reflection) * energy - ahead[:, 0] ** 2 - backward[:, -1] ** 2
        forward, backward = ahead[:, 1:], backward[:, :-1]
    coefficients = np.zeros((len(series), orders))
    for order in range(orders):
        reflection = np.where(order < best, reflections[:, order], 0.0)
        earlier = coefficients[:, :order]
        coefficients[:, :order] = earlier - reflection[:, None] * earlier[:, ::-1]
        coefficients[:, order] = reflection
    return coefficients


def _logs(variance: FloatArray) -> FloatArray:
    found: FloatArray = np.log(np.maximum(variance, 1e-300))
    return found


def iterate(series: FloatArray, coefficients: FloatArray, horizon: int) -> FloatArray:
    """The autoregressions' expectation (N, horizon) for what follows `series` (N, T)."""
    count, order = coefficients.shape
    if order == 0:
        return np.zeros((count, horizon))
    extended = np.zeros((count, order + horizon))
    extended[:, :order] = series[:, -order:]
    backwards = np.ascontiguousarray(coefficients[:, ::-1])
    for step in range(horizon):
        extended[:, order + step] = products(backwards, extended[:, step : order + step])
    return extended[:, order:]


def shrunken_mean(changes: FloatArray) -> FloatArray:
    """The mean of each row, shrunk towards 0 by its own uncertainty: mean^3 / (mean^2 + variance of
    the mean).
    """
    mean = mean_of(changes)
    centred = changes - mean[:, None]
    uncertainty = products(centred, centred) / changes.shape[1] ** 2
    whole = mean * mean + uncertainty
    shrunk: FloatArray = np.divide(mean**3, whole, out=np.zeros(len(mean)), where=whole > 0)
    return shrunk


def on_differences(series: FloatArray, largest: int, horizon: int) -> FloatArray:
    """An autoregression of the changes of each row (N, T) around their shrunken mean, cumulated
    from the last value.
    """
    changes = np.diff(series, axis=1)
    drift = shrunken_mean(changes)[:, None]
    coefficients = burg(changes - drift, min(largest, (series.shape[1] - 1) // 3))
    ahead: FloatArray = series[:, -1:] + np.cumsum(
        iterate(changes - drift, coefficients, horizon) + drift, axis=1
    )
    return ahead


def around_trend(data: Window) -> FloatArray:
    """An autoregression of the deviations from a straight line through the adjusted values."""
    mean, slope = mean_of(data.adjusted)[:, None], data.slope[:, None]
    left = data.adjusted - (mean + slope * data.centred)
    coefficients = burg(left, min(data.season + 2, data.length // 3))
    ahead = mean + slope * (data.length - 1 + data.steps - (data.length - 1) / 2)
    return iterate(left, coefficients, data.horizon) + ahead + data.season_ahead
