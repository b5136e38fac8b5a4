"""Joint sample paths: every series' calibrated spread, with the correlation along the horizon and between series.

A draw is one simulated future. It is a random mixture of past months: each past month's one-step errors, of all series
together, get a random normal weight. A series' mixture is then standard normal with its own history's correlation to every other
series, however many there are, and a series' paths do not depend on which others are drawn beside it.
"""

from __future__ import annotations

import numpy as np

from forecasting.calibrate import KNOTS
from forecasting.series import FloatArray

ERROR_CLIP = 3.0
NOISE_SHARE = 0.15
"""Share of an error's variance that does not carry over to the next period."""


def shocks(draws: int, horizon: int, past: int, seed: int) -> FloatArray:
    """Random weights of past periods (draws x horizon, past), correlated along the horizon.

    The second half of the draws mirrors the first, so that medians are exact and means steadier.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    half = rng.standard_normal(((draws + 1) // 2, past, horizon))
    steps = np.arange(1.0, horizon + 1)
    lasting = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    correlation = (1 - NOISE_SHARE) * lasting + NOISE_SHARE * np.eye(horizon)
    along = half @ np.linalg.cholesky(correlation).T
    both = np.concatenate([along, -along])[:draws]
    return np.ascontiguousarray(both.transpose(0, 2, 1)).reshape(draws * horizon, past)


def loadings(errors: FloatArray) -> FloatArray:
    """How much each series (N, T) of one-step errors takes of each past period: rows of length 1, 0 where nothing is known."""
    known = np.isfinite(errors)
    filled = np.where(known, errors, 0.0)
    size = np.sqrt((filled**2).sum(axis=1, keepdims=True) / np.maximum(known.sum(axis=1, keepdims=True), 1))
    clipped = np.clip(filled / np.where(size > 0, size, 1.0), -ERROR_CLIP, ERROR_CLIP)
    norm = np.sqrt((clipped**2).sum(axis=1, keepdims=True))
    unit: FloatArray = np.divide(clipped, norm, out=np.zeros_like(clipped), where=norm > 0)
    unit[norm[:, 0] == 0, -1] = 1.0
    return unit


def paths(normal: FloatArray, point: FloatArray, scale: FloatArray, size: FloatArray, *, log: bool) -> FloatArray:
    """Paths (S, H) of one series from standard normal draws (S, H): `scale` (H,) times `size` (H, coverages) around `point` (H,)."""
    drawn = np.empty_like(normal)
    knots = np.concatenate([[0.0], KNOTS, [2 * KNOTS[-1] - KNOTS[-2]]])
    for step in range(normal.shape[1]):
        row = size[step]
        spread = np.concatenate([[0.0], row, [2 * row[-1] - row[-2]]]) * scale[step]
        column = normal[:, step]
        drawn[:, step] = np.sign(column) * np.interp(np.abs(column), knots, spread)
    if log:
        return point * np.exp(np.clip(drawn, -20.0, 20.0))
    return np.maximum(point + drawn, 0.0)
