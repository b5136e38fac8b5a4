"""Single months that are not like their neighbours: pulled back before models see them, so that one
spike is not a season.
"""

from __future__ import annotations

import numpy as np

from forecasting.demand.models.window import median_of
from forecasting.series import FloatArray

SIGMAS, SHORT_SIGMAS = 14.0, 9.0
"""How far out an outlier is, in robust standard deviations: with two seasons and with less."""
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
    if season > 1 and length < 3 * season:
        left = _eased_at_ends(working, left)
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
        # Seen once, it would be its own usual value, and no outlier would ever be found.
        phase = np.where(known == 1, 0.0, phase)
        usual = phase[:, np.arange(length) % season]
    odd = left - usual
    sigmas = SIGMAS if length >= 2 * season else SHORT_SIGMAS
    limit = np.maximum(sigmas * 1.4826 * median_of(np.abs(odd)), LEAST_JUMP)
    outlying = np.abs(odd) > limit[:, None]
    outlying &= (outlying.sum(axis=1) <= length // 10)[:, None]
    return np.where(outlying, middle + usual, working)


def _eased_at_ends(working: FloatArray, left: FloatArray) -> FloatArray:
    """Departures (N, T) from the neighbours' median, and for the first and last two values the
    smaller one of it and the departure from the neighbours' straight line: where neighbours are on
    one side only, a steep season would look like an outlier.
    """
    found = left.copy()
    for at, near, far, line in (
        (0, 1, 2, (2.0, -1.0)),
        (1, 0, 2, (0.5, 0.5)),
        (-2, -1, -3, (0.5, 0.5)),
        (-1, -2, -3, (2.0, -1.0)),
    ):
        apart = working[:, at] - line[0] * working[:, near] - line[1] * working[:, far]
        found[:, at] = np.where(np.abs(apart) < np.abs(left[:, at]), apart, left[:, at])
    return found
