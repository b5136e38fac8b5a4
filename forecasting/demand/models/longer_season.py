"""A second, longer season: hours repeat by the day and by the week."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

import numpy as np

from forecasting.demand.models.window import seasonal_indices
from forecasting.series import FloatArray

LONGER: Mapping[int, int] = {24: 168}
"""The longer season of a season, both in periods."""
LEAST_SEASONS, MOST_SEASONS = 2.5, 6
"""How many longer seasons a history needs, and how many of the last are looked at."""


class LongerSeason(NamedTuple):
    """What the longer season adds to the shorter one on the log scale, (N, T) and (N, H)."""

    past: FloatArray
    ahead: FloatArray


def longer_season(values: FloatArray, season: int, horizon: int) -> LongerSeason | None:
    """Of positive histories (N, T); None where the season has no longer one, or too little of it
    is known. Indices are shrunk as far as noise explains them.
    """
    longer, length = LONGER.get(season, 0), values.shape[1]
    if not longer or length < LEAST_SEASONS * longer:
        return None
    start = max(length - MOST_SEASONS * longer, 0)
    working = np.log(values[:, start:])
    within = seasonal_indices(working, season)[:, np.arange(length - start) % season]
    added = seasonal_indices(working - within, longer)
    steps = np.arange(length + horizon) - start
    each = added[:, steps % longer]
    return LongerSeason(each[:, :length], each[:, length:])
