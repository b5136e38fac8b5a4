"""Single months that are not like their neighbours: pulled back before models see them, so that one
spike is not a season.
"""

from __future__ import annotations

import numpy as np

from forecasting.demand.models.window import median_of
from forecasting.series import FloatArray

SIGMAS = 14.0
LEAST_JUMP = float(np.log(1.4))
REACH = 3


def tamed(working: FloatArray, season: int) -> FloatArray:
    """The log values (N, T) with isolated outliers moved to their neighbours' median plus what
    their phase of the season usually adds.

    What stands out each year is season, not an outlier.
    """
    count, length = working.shape
    if length < 4 * REACH:
        return working
    padded = np.concatenate(
        [working[:, REACH:0:-1], working, working[:, -2 : -2 - REACH : -1]], axis=1
    )
    windows = np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1, axis=1)
    middle: FloatArray = np.sort(windows, axis=2)[:, :, REACH]
    left = working - middle
    usual = np.zeros((count, length))
    if season > 1 and length > season:
        rows = -(-length // season)
        by_phase = np.full((count, rows * season), np.nan)
        by_phase[:, :length] = left
        # NaN sorts last. With two years the smaller of both: a spike seen once in two Januaries
        # is no season yet.
        ordered = np.sort(by_phase.reshape(count, rows, season), axis=1)
        phases = np.arange(season)
        known = np.where(phases < length - (rows - 1) * season, rows, rows - 1)
        low, high = ordered[:, (known - 1) // 2, phases], ordered[:, known // 2, phases]
        phase = np.where(
            known == 2, np.where(np.abs(low) < np.abs(high), low, high), (low + high) / 2
        )
        usual = phase[:, np.arange(length) % season]
    odd = left - usual
    limit = np.maximum(SIGMAS * 1.4826 * median_of(np.abs(odd)), LEAST_JUMP)
    outlying = np.abs(odd) > limit[:, None]
    outlying &= (outlying.sum(axis=1) <= length // 10)[:, None]
    return np.where(outlying, middle + usual, working)
