"""Textbook measures of forecast accuracy and calibration."""

from __future__ import annotations

from statistics import NormalDist

import numpy as np
from scipy import stats

from forecasting.series import FloatArray


def mase(train: FloatArray, forecast: FloatArray, actual: FloatArray, season: int = 1) -> float:
    """Mean absolute error over the in-sample error of seasonal naive; NaN where that is 0."""
    scale = float(np.abs(train[season:] - train[:-season]).mean())
    return float(np.abs(actual - forecast).mean()) / scale if scale > 0 else float("nan")


def smape(forecast: FloatArray, actual: FloatArray) -> float:
    """Symmetric mean absolute percentage error, 0-200; 0 where both are 0."""
    size = np.abs(forecast) + np.abs(actual)
    return float(200 * np.divide(np.abs(forecast - actual), size, out=np.zeros_like(size), where=size > 0).mean())


def pinball(quantile: FloatArray, actual: FloatArray, level: float) -> FloatArray:
    """Quantile score with factor 2, so that at level 0.5 it is the absolute error."""
    return 2 * np.where(actual >= quantile, level * (actual - quantile), (1 - level) * (quantile - actual))


def crps_sample(draws: FloatArray, actual: float) -> float:
    """Empirical CRPS of a sample: E|X - y| - E|X - X'| / 2, the second mean over all pairs (not the fair estimator)."""
    ordered = np.sort(draws)
    count = len(ordered)
    pairs = 2 * float(((2 * np.arange(1, count + 1) - count - 1) * ordered).sum()) / count**2
    return float(np.abs(draws - actual).mean()) - pairs / 2


def interval_score(low: FloatArray, high: FloatArray, actual: FloatArray, coverage: float) -> FloatArray:
    """Width plus 2 / (1 - coverage) times the distance outside (Gneiting and Raftery 2007)."""
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    score: FloatArray = high - low + 2 / (1 - coverage) * outside
    return score


def wilson(hits: int, count: int, coverage: float = 0.95) -> tuple[float, float]:
    """Wilson's interval for a share."""
    if count == 0:
        return 0.0, 1.0
    z = NormalDist().inv_cdf((1 + coverage) / 2)
    share = hits / count
    centre = (share + z * z / (2 * count)) / (1 + z * z / count)
    reach = z / (1 + z * z / count) * float(np.sqrt(share * (1 - share) / count + z * z / (4 * count**2)))
    return centre - reach, centre + reach


def diebold_mariano(difference: FloatArray, horizon: int = 1) -> tuple[float, float]:
    """Statistic and two-sided p for a mean loss difference of 0, with the correction of Harvey, Leybourne and Newbold (1997).

    The long-run variance is the rectangular one; where that is not positive, Bartlett's; where that is neither, both
    results are NaN: not computable.
    """
    count = len(difference)
    if count < max(2, horizon + 1):
        return float("nan"), float("nan")
    mean = float(difference.mean())
    centred = difference - mean
    gammas = [float(centred[lag:] @ centred[: count - lag]) / count for lag in range(horizon)]
    tiny = 1e-12 * (gammas[0] + mean * mean)
    variance = (gammas[0] + 2 * sum(gammas[1:])) / count
    if variance <= tiny:
        variance = (gammas[0] + 2 * sum((1 - lag / horizon) * gammas[lag] for lag in range(1, horizon))) / count
    if variance <= tiny:
        return float("nan"), float("nan")
    correction = (count + 1 - 2 * horizon + horizon * (horizon - 1) / count) / count
    statistic = mean / float(np.sqrt(variance)) * float(np.sqrt(correction))
    return statistic, float(2 * stats.t.sf(abs(statistic), count - 1))
