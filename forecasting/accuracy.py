"""Textbook measures of forecast accuracy and calibration."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray
from scipy.special import stdtr

from forecasting.series import FloatArray


def pinball(quantile: FloatArray, actual: FloatArray, level: float) -> FloatArray:
    """Quantile score with factor 2, so that at level 0.5 it is the absolute error."""
    return 2 * np.where(
        actual >= quantile, level * (actual - quantile), (1 - level) * (quantile - actual)
    )


def diebold_mariano(difference: FloatArray, horizon: int = 1) -> tuple[float, float]:
    """Statistic and two-sided p for a mean loss difference of 0, with the correction of Harvey,
    Leybourne and Newbold (1997).

    The long-run variance is the rectangular one; where that is not positive, Bartlett's; where that
    is neither, both results are NaN: not computable.
    """
    statistic, p = diebold_mariano_columns(difference[:, None], np.array([horizon]))
    return float(statistic[0]), float(p[0])


def diebold_mariano_columns(
    difference: FloatArray, horizons: NDArray[np.int64]
) -> tuple[FloatArray, FloatArray]:
    """The same for each column of (n, K) with its own horizon; NaN rows of a column are left
    out.
    """
    known = np.isfinite(difference)
    count = known.sum(axis=0).astype(float)
    at_least_one = np.maximum(count, 1.0)
    mean = np.where(known, difference, 0.0).sum(axis=0) / at_least_one
    centred = np.where(known, difference - mean, 0.0)
    rectangular = base = (centred * centred).sum(axis=0) / at_least_one
    bartlett = rectangular.copy()
    for lag in range(1, int(horizons.max(initial=1))):
        product = (centred[lag:] * centred[:-lag]).sum(axis=0) / at_least_one
        rectangular = rectangular + np.where(lag < horizons, 2 * product, 0.0)
        bartlett = bartlett + np.where(lag < horizons, 2 * (1 - lag / horizons) * product, 0.0)
    tiny = 1e-12 * (base + mean * mean)
    variance = np.where(rectangular / at_least_one > tiny, rectangular, bartlett) / at_least_one
    computable = (variance > tiny) & (count >= np.maximum(2, horizons + 1))
    correction = (
        count + 1 - 2 * horizons + horizons * (horizons - 1) / at_least_one
    ) / at_least_one
    with np.errstate(divide="ignore", invalid="ignore"):
        statistic = np.where(computable, mean / np.sqrt(variance) * np.sqrt(correction), np.nan)
    p: FloatArray = 2 * stdtr(np.maximum(count - 1, 1), -np.abs(statistic))
    return statistic, p
