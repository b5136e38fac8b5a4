"""Which assumption moves each day to order most: one at a time, and by its share of the variance.

Nothing is routed again: what a planned build's date does is read from the draws on which it is
early or late.
"""

from __future__ import annotations

import math
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumption, Assumptions
from forecasting.capacity.basis import Basis
from forecasting.capacity.orders import choose_option
from forecasting.capacity.runout import first_passage_either, order_by, order_statistic
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy
from warehouse.schema import ASSUMPTION_EFFECT, check

DEMAND = "demand"
FEWEST_DRAWS = 20
FIFTHS = 5
LEAST_SHARE = 0.01


def effect_frame(
    basis: Basis, assumptions: Assumptions, policy: PlanningPolicy, orders: pl.DataFrame
) -> pl.DataFrame:
    """Rows of ASSUMPTION_EFFECT for every segment with an order date.

    A project counts as early (late) on the fifth of draws with its earliest (latest) dates, and is
    left out where that explains less than 1 % of the variance; demand counts as low (high) where
    first passage comes at its 90 % (10 %) point. Draws that never run out count as running out just
    after the horizon.
    """
    rows: list[dict[str, Any]] = []
    dated = orders.filter(pl.col("order_by").is_not_null(), pl.col("order_seq") == 1)
    for order in dated.iter_rows(named=True):
        rows += _segment(basis, assumptions, policy, order["segment_id"])
    if not rows:
        return ASSUMPTION_EFFECT.empty()
    dtypes = {name: column.dtype for name, column in ASSUMPTION_EFFECT.columns.items()}
    return check(pl.DataFrame(rows, schema=dtypes), ASSUMPTION_EFFECT)


def _segment(
    basis: Basis, assumptions: Assumptions, policy: PlanningPolicy, segment: str
) -> list[dict[str, Any]]:
    indexes = [index for index, (name, _) in enumerate(basis.loads.links) if name == segment]
    worst, lit = basis.loads.worst[indexes], basis.lit_gbps[indexes[0]]
    alpha, horizon = policy.risk_alpha_ratio, len(lit)

    def passages(theta: float) -> FloatArray:
        return first_passage_either(worst, theta * lit, policy.sustained_periods)

    base = passages(policy.threshold_ratio)
    _, stated = choose_option(
        segment, float(lit[-1]) + policy.module_gbps, basis.design_gbps.get(segment), assumptions
    )
    if stated is None:
        return []
    lead = basis.timeline.lead_times(stated)
    standing = order_by(base, lead, alpha)
    total = float(np.var(_censored(base, horizon)) + np.var(lead))
    found = [
        _row(
            basis,
            segment,
            stated.assumption_id,
            stated.name,
            [
                order_by(base, basis.timeline.lead_times(stated.fixed(value)), alpha)
                for value in (stated.low, stated.high)
            ],
            standing,
            float(np.var(lead)),
            total,
        )
    ]
    threshold = assumptions.get("threshold", f"segment:{segment}")
    if threshold is not None:
        ends = [
            order_by(passages(min(max(value, 0.01), 1.0)), lead, alpha)
            for value in (threshold.low, threshold.high)
        ]
        found.append(
            _row(
                basis, segment, threshold.assumption_id, threshold.name, ends, standing, None, total
            )
        )
    alphas = alpha_range(assumptions)
    if alphas is not None:
        one, ends = alphas[0], [order_by(base, lead, value) for value in alphas[1:]]
        found.append(
            _row(
                basis,
                segment,
                one.assumption_id,
                "accepted risk from the cost of early against late",
                ends,
                standing,
                None,
                total,
            )
        )
    explained = 0.0
    for project, days in sorted(basis.versions.ready_days.items()):
        fifths = np.array_split(np.argsort(days, kind="stable"), FIFTHS)
        if len(fifths[0]) < FEWEST_DRAWS or np.ptp(days) == 0:
            continue
        means = np.array([_censored(base[part], horizon).mean() for part in fifths])
        # What five group means vary by chance alone does not count.
        noise = float(np.var(_censored(base, horizon))) / len(fifths[0])
        variance = max(float(np.var(means)) - noise, 0.0)
        if variance < LEAST_SHARE * total:
            continue
        ends = [order_by(base[part], lead, alpha) for part in (fifths[0], fifths[-1])]
        found.append(
            _row(
                basis,
                segment,
                f"project:{project}",
                "date of a planned build",
                ends,
                standing,
                variance,
                total,
            )
        )
        explained = max(explained, variance)
    rest = max(float(np.var(_censored(base, horizon))) - explained, 0.0)
    ends = [order_by(np.array([order_statistic(base, level)]), lead, alpha) for level in (0.9, 0.1)]
    found.append(
        _row(basis, segment, DEMAND, "spread of the forecast paths", ends, standing, rest, total)
    )
    found.sort(
        key=lambda row: (
            -row["swing_days"],
            -(row["variance_share_ratio"] or 0.0),
            row["assumption_id"],
        )
    )
    for rank, row in enumerate(found, 1):
        row["effect_rank"] = rank
    return found


def most_important(effects: pl.DataFrame, count: int = 3) -> pl.DataFrame:
    """What moves the days to order most over all segments: assumption_id, name, mean_swing_days,
    segments, widest_segment_id.
    """
    return (
        effects.sort("swing_days", "segment_id", descending=[True, False])
        .group_by("assumption_id", maintain_order=True)
        .agg(
            pl.col("name").first(),
            pl.col("swing_days").sum().alias("total"),
            pl.len().alias("segments"),
            pl.col("segment_id").first().alias("widest_segment_id"),
        )
        .with_columns(mean_swing_days=pl.col("total") / effects["segment_id"].n_unique())
        .sort("mean_swing_days", "assumption_id", descending=[True, False])
        .head(count)
        .select("assumption_id", "name", "mean_swing_days", "segments", "widest_segment_id")
    )


def alpha_range(assumptions: Assumptions) -> tuple[Assumption, float, float] | None:
    """The accepted risk that the stated costs of early and late imply, at its ends; None where
    either is not stated.
    """
    early, late = assumptions.get("cost_early"), assumptions.get("cost_late")
    if early is None or late is None:
        return None
    return late, early.value / (early.value + late.low), early.value / (early.value + late.high)


def _censored(passages: FloatArray, horizon: int) -> FloatArray:
    return np.minimum(passages, horizon + 1.0)


def _row(
    basis: Basis,
    segment: str,
    assumption_id: str,
    name: str,
    ends: list[float],
    standing: float,
    variance: float | None,
    total: float,
) -> dict[str, Any]:
    last = len(basis.timeline.periods) + 1.0
    low, base, high = (min(value, last) for value in (ends[0], standing, ends[1]))
    days = [_day(basis, value) for value in (low, base, high)]
    return {
        "segment_id": segment,
        "assumption_id": assumption_id,
        "name": name,
        "order_by_low": days[0] if math.isfinite(ends[0]) else None,
        "order_by_base": days[1] if math.isfinite(standing) else None,
        "order_by_high": days[2] if math.isfinite(ends[1]) else None,
        "swing_days": float((max(days) - min(days)).days),
        "variance_share_ratio": None if variance is None or total == 0 else float(variance) / total,
    }


def _day(basis: Basis, position: float) -> date:
    found = basis.timeline.at(position)
    assert found is not None
    return found
