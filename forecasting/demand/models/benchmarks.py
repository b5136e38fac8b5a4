"""The forecasts every other one must beat: last year's season again, and a straight line through
first and last.
"""

from __future__ import annotations

import numpy as np

from forecasting.series import FloatArray


def seasonal_naive(values: FloatArray, season: int, horizon: int) -> FloatArray:
    """The value one season ago, again and again; the last value where there is less than a
    season.
    """
    if len(values) < season:
        return np.full(horizon, values[-1])
    ahead: FloatArray = values[len(values) - season + np.arange(horizon) % season]
    return ahead


def drift(values: FloatArray, horizon: int) -> FloatArray:
    """The mean change so far carried on from the last value, never below 0 for values that never
    were.
    """
    change = (values[-1] - values[0]) / max(len(values) - 1, 1)
    ahead: FloatArray = values[-1] + change * np.arange(1.0, horizon + 1)
    return np.maximum(ahead, 0.0) if values.min() >= 0 else ahead
