"""Histories of one to two seasons: a phase seen once may be season or chance, and the part of this
year that repeated last year tells how much of it is season.
"""

from __future__ import annotations

import numpy as np

from forecasting.demand.models.window import mean_of, products, seasonal_indices
from forecasting.series import FloatArray

LEAST_OVERLAP = 4
REPEATS, SURE = 0.7, 0.2
"""What share of one year's departures comes back in the next on average, and its standard deviation
between series.
"""
NOISE_PERIODS = 2.0
"""How many periods of overlap the noise expected beforehand counts for."""
FALLS, RISES = -0.5, 1.2
"""Bounds of a measured share: beyond them it is chance."""


def believed_season(working: FloatArray, season: int) -> FloatArray:
    """Seasonal indices (N, season) of histories (N, T) on the working scale. With less than two
    seasons the indices of a phase seen once are multiplied by the share of last year that this
    year repeated, and those of a phase seen twice by the share that a mean of two repeats.
    """
    indices = seasonal_indices(working, season)
    overlap = working.shape[1] - season
    if season <= 3 or not LEAST_OVERLAP <= overlap < season:
        return indices
    once = repeated_share(working, season)[:, None]
    believed = np.repeat(once, season, axis=1)
    # Spearman and Brown: how well a mean of two tells what a third will be.
    believed[:, :overlap] = 2 * once / (1 + once)
    return indices * believed


def repeated_share(working: FloatArray, season: int) -> FloatArray:
    """The slope (N,) of this year's departures on last year's over the phases seen twice, weighed
    by its precision against REPEATS, between 0 and 1.
    """
    overlap = working.shape[1] - season
    before, now = working[:, :overlap], working[:, season:]
    growth = ((mean_of(now) - mean_of(before)) / season)[:, None]
    line = growth * (np.arange(overlap) - (overlap - 1) / 2)
    before = before - mean_of(before)[:, None] - line
    now = now - mean_of(now)[:, None] - line
    energy = products(before, before) + 1e-300
    slope = np.clip(products(before, now) / energy, FALLS, RISES)
    left = now - slope[:, None] * before
    expected = mean_of(now * now) * (1 - REPEATS**2)
    noise = (products(left, left) + NOISE_PERIODS * expected) / (overlap - 2 + NOISE_PERIODS)
    precision = energy / (noise + 1e-300)
    share: FloatArray = (precision * slope + REPEATS / SURE**2) / (precision + 1 / SURE**2)
    return np.clip(share, 0.0, 1.0)
