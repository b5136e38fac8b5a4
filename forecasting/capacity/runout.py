"""From load paths to dates: first passage, runout quantiles, order-by dates, modules.

Times are counted in periods: 1 is the first period of the paths, 0 the one before. `inf` means not
within the horizon.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np
from numpy.typing import NDArray

from forecasting.series import FloatArray, nearest_ranks

AnyFloat = NDArray[np.floating[Any]]


def first_passage(loads: AnyFloat, usable: AnyFloat, sustained: int = 1) -> FloatArray:
    """First period whose load, and that of the `sustained` - 1 periods after it, lies above
    `usable`; inf if none.

    The last axis of both is time; the other axes broadcast.
    """
    over = np.asarray(loads > usable)
    horizon = over.shape[-1]
    if sustained > horizon:
        return np.full(over.shape[:-1], np.inf)
    held = over[..., : horizon - sustained + 1].copy()
    for step in range(1, sustained):
        held &= over[..., step : horizon - sustained + 1 + step]
    return np.where(held.any(axis=-1), held.argmax(axis=-1) + 1.0, np.inf)


def first_passage_either(worst: AnyFloat, usable: FloatArray, sustained: int) -> FloatArray:
    """First passage by draw of the direction that runs out first; `worst` is (directions, H, S),
    `usable` (H,).
    """
    by_draw = worst.transpose(0, 2, 1)
    return np.asarray(first_passage(by_draw, usable.astype(np.float32), sustained).min(axis=0))


def order_statistic(values: AnyFloat, probability: float) -> float:
    """The ceil(p S)-th smallest of S values: the period by which a share p of the paths has run
    out.
    """
    rank = nearest_ranks(probability, values.shape[-1])
    return float(np.partition(values, rank)[rank])


def beyond_risk(values: AnyFloat, alpha: float) -> float:
    """The first of the sorted values at which more than a share alpha of them is reached: the
    (floor(alpha n) + 1)-th.

    inf where that is inf, or where alpha leaves none.
    """
    flat = values.ravel()
    rank = math.floor(alpha * flat.size + 1e-9)
    return float(np.partition(flat, rank)[rank]) if rank < flat.size else math.inf


def runout_probability(passages: AnyFloat, horizon: int) -> FloatArray:
    """F(t) for t = 1 ... horizon: share of paths whose first passage is at or before t."""
    counts = np.bincount(passages[np.isfinite(passages)].astype(np.int64), minlength=horizon + 1)[
        1 : horizon + 1
    ]
    return np.asarray(np.cumsum(counts) / passages.size)


def monte_carlo_se(probability: float, draws: int) -> float:
    """Standard error of a share counted over independent draws."""
    return math.sqrt(probability * (1 - probability) / draws)


def probability_late(passages: AnyFloat, lead_times: AnyFloat, order_at: float) -> float:
    """P(late | ordered at `order_at`): share of (path, lead time) pairs that run out before the
    order is ready.
    """
    ready = order_at + np.sort(lead_times)
    return float(np.searchsorted(np.sort(passages), ready, side="left").mean() / passages.size)


def order_by(passages: AnyFloat, lead_times: AnyFloat, alpha: float) -> float:
    """The last time to order at which P(late) <= alpha; inf where not ordering at all keeps to
    alpha.

    P(late | t0) counts the pairs with T - L < t0, so the answer is the (floor(alpha n) + 1)-th
    smallest T - L.
    """
    return beyond_risk(np.subtract.outer(passages, lead_times), alpha)


def alpha_from_costs(early_usd: float, late_usd: float) -> float:
    """The accepted risk of being late that costs least, when a period early costs `early_usd` and
    late `late_usd`.
    """
    return early_usd / (early_usd + late_usd)


def required_gbps(loads: AnyFloat, lit: AnyFloat, threshold: float, alpha: float) -> FloatArray:
    """Gbit/s (..., H) needed on top of what is lit, (H,), so that at most a share alpha of the
    draws has passed the threshold by each period; negative where there is room.

    `loads` is (..., H, S). The quantile is that of each draw's running maximum, the rule of first
    passage: a draw that was over once stays over, so that the order sheet, the optimiser, budgets
    and builds accept one risk. With nothing lit it is the need of docs/formulas.md.
    """
    rank = nearest_ranks(1 - alpha, loads.shape[-1])
    missing = loads / np.float32(threshold) - np.asarray(lit, dtype=np.float32)[:, None]
    running = np.maximum.accumulate(missing, axis=-2)
    return np.asarray(np.partition(running, rank, axis=-1)[..., rank], dtype=float)


def modules_needed(missing_gbps: AnyFloat, module_gbps: float) -> NDArray[np.int64]:
    """Modules on top of what is lit, per period, never decreasing, for `required_gbps`."""
    wanted = np.ceil(np.asarray(missing_gbps) / module_gbps - 1e-12)
    return np.maximum.accumulate(np.maximum(wanted, 0), axis=-1).astype(np.int64)


def safe_utilization(parallel: int, threshold: float) -> float:
    """Highest steady utilization of n equal parallel links so that n - 1 of them keep to the
    threshold.
    """
    return threshold * (parallel - 1) / parallel
