"""Joint draws of every series: the calibrated spread of each period, as rough from period to period
as the series' own past, correlated between series as their past errors were.

A draw is one simulated future. Its error is a mixture of three parts, each standard normal at every
horizon: growth that turned out otherwise (smooth), a random walk, and noise that does not carry
over. How much a series has of the last two is measured on its own history
(forecasting.demand.roughness); what the
calibrated spread holds beyond them is growth. Each part is a random mixture of past periods: each
past period's one-step errors, of all series together, get a random normal weight. A series' mixture
is then standard normal with its own history's correlation to every other series, however many there
are, and a series' draws do not depend on which others are drawn beside it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray
from scipy.special import ndtri

from forecasting.demand.calibrate import reached, standard_reach
from forecasting.demand.models.window import mean_of, median_of
from forecasting.demand.study import Study
from forecasting.series import FloatArray

ERROR_CLIP = 3.0
GROWTH_REACH, GROWTH_START = 2.5, 6.0
"""Log of the ratio of two horizons, counted from GROWTH_START before the origin, over which errors
of growth lose their likeness.
"""
PARTS = 3
MEASURED_AT = ndtri((np.arange(100) + 0.5) / 100)
"""Standard normal quantiles at which the slope of a margin is measured."""


class Shares(NamedTuple):
    """Shares (N, H) of the variance of standard normal errors, which sum to 1."""

    growth: FloatArray
    walk: FloatArray
    noise: FloatArray


def shocks(draws: int, horizon: int, past: int, seed: int) -> NDArray[np.float32]:
    """Random weights of past periods (PARTS, horizon x draws, past): growth, walk, noise.

    The second half of the draws mirrors the first, so that every future has its opposite. Only
    their order is used later, for which single precision is enough.
    """
    rng = np.random.default_rng(np.random.SeedSequence([seed, 1]))
    steps = np.arange(1.0, horizon + 1)
    parts = np.empty((PARTS, horizon * draws, past), dtype=np.float32)
    for part, root in zip(parts, _roots(steps), strict=True):
        half = rng.standard_normal(((draws + 1) // 2, past, horizon)) @ root.T
        both = np.concatenate([half, -half])[:draws]
        part[:] = both.transpose(2, 0, 1).reshape(horizon * draws, past)
    return parts


def _roots(steps: FloatArray) -> tuple[FloatArray, FloatArray, FloatArray]:
    """Square roots (H, H) of the correlations along the horizon of each part."""
    since = steps + GROWTH_START
    apart = np.log(since[:, None] / since[None, :])
    values, vectors = np.linalg.eigh(np.exp(-(apart**2) / (2 * GROWTH_REACH**2)))
    # The smooth law is singular to the last digits: no Cholesky factor.
    growth = vectors * np.sqrt(np.maximum(values, 0.0))
    growth /= np.sqrt((growth**2).sum(axis=1, keepdims=True))
    walk = np.sqrt(np.minimum.outer(steps, steps) / np.maximum.outer(steps, steps))
    return growth, np.linalg.cholesky(walk), np.eye(len(steps))


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
    """Draws (N, S, H) of some series: their margins exactly, in the order of the standard normal
    errors whose parts are `normals` (PARTS, N, H, S).

    Each period's draws are the S mid-quantiles of its margin, so that quantiles are as smooth as
    the margin and draws are joint as the normals are. `sizes` are (H, 2, coverages) each.
    """
    count = normals.shape[3]
    levels = ndtri((np.arange(count) + 0.5) / count)
    stacked = np.stack(sizes)
    errors = np.zeros(normals.shape[1:], dtype=np.float32)
    for part, share in zip(normals, shares(studies, stacked), strict=True):
        errors += np.sqrt(share).astype(np.float32)[:, :, None] * part
    drawn = np.empty(errors.shape)
    np.put_along_axis(drawn, np.argsort(errors, axis=2), _margins(studies, stacked, levels), axis=2)
    for row, study in enumerate(studies):
        if study.outage:
            drawn[row] = _with_outage(study, stacked[row : row + 1], errors[row], normals[0, row])
    return drawn.transpose(0, 2, 1)


def _with_outage(
    study: Study,
    size: FloatArray,
    errors: NDArray[np.float32],
    growth: NDArray[np.float32],
) -> FloatArray:
    """Draws (H, S) of a series whose last periods carried next to nothing: on the share of draws
    with the least growth that is the new level for good, on the others it is over.
    """
    assert study.outage is not None
    drawn, count = np.empty(errors.shape), errors.shape[1]
    low = min(max(round(study.outage.share * count), 1), count - 1)
    order = np.argsort(growth[-1], kind="stable")
    for some, factor in ((order[:low], study.outage.left_ratio), (order[low:], 1.0)):
        levels = ndtri((np.arange(len(some)) + 0.5) / len(some))
        within = np.empty((len(errors), len(some)))
        np.put_along_axis(
            within,
            np.argsort(errors[:, some], axis=1),
            _margins([study], size, levels)[0] * factor,
            axis=1,
        )
        drawn[:, some] = within
    return drawn


def shares(studies: Sequence[Study], sizes: FloatArray) -> Shares:
    """What the errors of each series consist of at each horizon, so that its draws change from
    period to period as its history did: noise and walk of the size they had there, and the rest of
    the calibrated spread is growth.
    """
    margins = _margins(studies, sizes, MEASURED_AT)
    logs = np.array([study.log for study in studies])[:, None, None]
    working = np.where(logs, np.log(np.where(logs, np.maximum(margins, 1e-300), 1.0)), margins)
    # How far a change of the normal error moves the value: of a margin with wide tails more than
    # its standard deviation.
    slopes = np.diff(working, axis=2) / np.diff(MEASURED_AT)
    spread = mean_of(slopes * slopes) + 1e-300
    noise, walk = np.stack([study.roughness for study in studies], axis=1)[:, :, None] ** 2
    left = _left_by_widening(working, 2 * noise + walk)
    steps = np.arange(1.0, sizes.shape[1] + 1)
    of_noise = np.minimum(left * noise / spread, 1.0)
    of_walk = np.minimum(left * walk * steps / spread, 1 - of_noise)
    return Shares(1 - of_noise - of_walk, of_walk, of_noise)


def _left_by_widening(working: FloatArray, variance: FloatArray) -> FloatArray:
    """Share (N, H) of the variance (N, 1) of changes that is left to noise and walk: margins
    (N, H, L) that widen with the horizon move draws apart, too.
    """
    apart = working - median_of(working)[:, :, None]
    widening = np.diff(apart, axis=1)
    moved = mean_of(widening * widening)
    each = np.concatenate([moved[:, :1], moved, moved[:, -1:]], axis=1) if moved.size else moved
    around = (each[:, 1:] + each[:, :-1]) / 2 if moved.size else np.zeros(working.shape[:2])
    left: FloatArray = np.clip(1 - around / (variance + 1e-300), 0.0, 1.0)
    return left


def _margins(studies: Sequence[Study], sizes: FloatArray, levels: FloatArray) -> FloatArray:
    """Values (N, H, L) at the standard normal quantiles `levels` (L,)."""
    scale, point = (
        np.stack([study.scale for study in studies]),
        np.stack([study.point for study in studies]),
    )
    reach = standard_reach(sizes, levels) * scale[:, :, None]
    bounds = np.stack([study.bounds for study in studies], axis=1)
    found = np.empty(reach.shape)
    for log in (True, False):
        rows = np.flatnonzero([study.log == log for study in studies])
        if len(rows):
            found[rows] = reached(
                point[rows, :, None], reach[rows], bounds[:, rows, :, None], log=log
            )
    return found
