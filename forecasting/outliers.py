"""Single months that are not like their neighbours: pulled back before models see them, so that one spike is not a season."""

from __future__ import annotations

import numpy as np

from forecasting.series import FloatArray

SIGMAS = 10.0
LEAST_JUMP = float(np.log(1.3))
REACH = 3


def tamed(working: FloatArray, season: int) -> FloatArray:
    """The log values with isolated outliers moved to their neighbours' median plus what their phase of the season usually adds.

    What stands out each year is season, not an outlier. The last value is left: nobody knows yet what it is.
    """
    length = len(working)
    if length < 4 * REACH:
        return working
    padded = np.pad(working, REACH, mode="reflect")
    middle = np.median(np.lib.stride_tricks.sliding_window_view(padded, 2 * REACH + 1), axis=1)
    left = working - middle
    usual = np.zeros(length)
    if season > 1 and length > season:
        rows = -(-length // season)
        by_phase = np.full(rows * season, np.nan)
        by_phase[:length] = left
        table = by_phase.reshape(rows, season)
        # The median by size, the lower one of two: what stands out in most years is seasonal, what did once is not.
        size = np.where(np.isnan(table), np.inf, np.abs(table))
        known = np.isfinite(size).sum(axis=0)
        rank = np.clip((known - 1) // 2, 0, None)
        pick = np.take_along_axis(np.argsort(size, axis=0, kind="stable"), rank[None], axis=0)
        usual = np.take_along_axis(table, pick, axis=0)[0][np.arange(length) % season]
    odd = left - usual
    limit = max(SIGMAS * 1.4826 * float(np.median(np.abs(odd))), LEAST_JUMP)
    outlying = np.abs(odd) > limit
    outlying[-1] = False
    if not outlying.any() or outlying.sum() > length // 10:
        return working
    return np.where(outlying, middle + usual, working)
