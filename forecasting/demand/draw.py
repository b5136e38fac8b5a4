"""Joint sample paths: every series' calibrated spread, with the correlation along the horizon and
between series.

A draw is one simulated future. It is a random mixture of past months: each past month's one-step
errors, of all series together, get a random normal weight. A series' mixture is then standard
normal with its own history's correlation to every other series, however many there are, and a
series' paths do not depend on which others are drawn beside it.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecasting.demand.calibrate import reached, standard_reach
from forecasting.demand.study import Study
from forecasting.series import FloatArray

ERROR_CLIP = 3.0
NOISE_SHARE = 0.15
"""Share of an error's variance that does not carry over to the next period."""


def shocks(draws: int, horizon: int, past: int, seed: int) -> NDArray[np.float32]:
    """Random weights of past periods (horizon x draws, past), correlated along the horizon.

    The second half of the draws mirrors the first, so that every future has its opposite. Only
    their order is used later, for which single precision is enough.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    half = rng.standard_normal(((draws + 1) // 2, past, horizon))
    steps = np.arange(1.0, horizon + 1)
    lasting = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    correlation = (1 - NOISE_SHARE) * lasting + NOISE_SHARE * np.eye(horizon)
    along = half @ np.linalg.cholesky(correlation).T
    both = np.concatenate([along, -along])[:draws]
    return np.ascontiguousarray(both.transpose(2, 0, 1), dtype=np.float32).reshape(
        horizon * draws, past
    )


def loadings(errors: FloatArray) -> FloatArray:
    """How much each series (N, T) of one-step errors takes of each past period: rows of length 1, 0
    where nothing is known.
    """
    known = np.isfinite(errors)
    filled = np.where(known, errors, 0.0)
    size = np.sqrt(
        (filled**2).sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1)
    )
    clipped = np.clip(filled / np.where(size > 0, size, 1.0), -ERROR_CLIP, ERROR_CLIP)
    norm = np.sqrt((clipped**2).sum(axis=1, keepdims=True))
    unit: FloatArray = np.divide(clipped, norm, out=np.zeros_like(clipped), where=norm > 0)
    unit[norm[:, 0] == 0, -1] = 1.0
    return unit


def paths(
    normals: NDArray[np.float32], studies: Sequence[Study], sizes: Sequence[FloatArray]
) -> FloatArray:
    """Paths (N, S, H) of some series: their margins exactly, in the order of the standard normal
    draws (N, H, S).

    Each period's draws are the S mid-quantiles of its margin, so that quantiles are as smooth as
    the margin and draws are joint as the normals are. `sizes` are (H, coverages) each.
    """
    count = normals.shape[2]
    levels = ndtri((np.arange(count) + 0.5) / count)
    scale, point = (
        np.stack([study.scale for study in studies]),
        np.stack([study.point for study in studies]),
    )
    reach = standard_reach(np.stack(sizes), levels) * scale[:, :, None]
    bounds = np.stack([study.bounds for study in studies], axis=1)
    drawn = np.empty(normals.shape)
    for log in (True, False):
        rows = np.flatnonzero([study.log == log for study in studies])
        if len(rows):
            margin = reached(point[rows, :, None], reach[rows], bounds[:, rows, :, None], log=log)
            order = np.argsort(normals[rows], axis=2)
            ordered = np.empty(margin.shape)
            np.put_along_axis(ordered, order, margin, axis=2)
            drawn[rows] = ordered
    return drawn.transpose(0, 2, 1)
