"""Single months that are not like their neighbours: pulled back before models see them, so that one spike is not a season."""

from __future__ import annotations

import numpy as np

from forecasting.models.window import median_of
from forecasting.series import FloatArray

SIGMAS = 14.0
LEAST_JUMP = float(np.log(1.4))
REACH = 3


def tamed(working: FloatArray, season: int) -> FloatArray:
    """The log values with isolated outliers moved to their neighbours' median plus what their phase of the season usually adds.

    What stands out each year is season, not an outlier.
    """
    length = len(working)
    if length < 4 * REACH:
        return working
    padded = np.pad(working, REACH, mode="reflect")
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1)
    middle: FloatArray = np.sort(windows, axis=1)[:, REACH]
    left = working - middle
    usual = np.zeros(length)
    if season > 1 and length > season:
        rows = -(-length // season)
        by_phase = np.full(rows * season, np.nan)
        by_phase[:length] = left
        table = by_phase.reshape(rows, season)
        # NaN sorts last. With two years the smaller of both: a spike seen once in two Januaries is no season yet.
        ordered = np.sort(table, axis=0)
        known = np.maximum(np.isfinite(table).sum(axis=0), 1)
        phases = np.arange(season)
        low, high = ordered[(known - 1) // 2, phases], ordered[known // 2, phases]
        phase = np.where(known == 2, np.where(np.abs(low) < np.abs(high), low, high), (low + high) / 2)
        usual = phase[np.arange(length) % season]
    odd = left - usual
    limit = max(SIGMAS * 1.4826 * median_of(np.abs(odd)), LEAST_JUMP)
    outlying = np.abs(odd) > limit
    if not outlying.any() or outlying.sum() > length // 10:
        return working
    return np.where(outlying, middle + usual, working)
