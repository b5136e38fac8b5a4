"""From the loads of a basis to dates: runout with its probabilities, and the order sheet. All that
a what-if looks at.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.assumptions import Assumptions
from forecasting.capacity.basis import Basis
from forecasting.capacity.orders import order_rows
from forecasting.capacity.routing import Float32, Loads
from forecasting.capacity.runout import (
    first_passage,
    monte_carlo_se,
    order_statistic,
    runout_probability,
)
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import ORDER_PLAN, RUNOUT, RUNOUT_PROBABILITY, check


def most_common(causes: NDArray[np.int16]) -> int:
    """The failure state that most of the causes are; of several as frequent, the first in the order
    of Network.failures.
    """
    return int(np.bincount(causes).argmax())


def runout_frames(
    basis: Basis, policy: PlanningPolicy, *, without: frozenset[str] = frozenset()
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Rows of RUNOUT and RUNOUT_PROBABILITY, and the failure that most often fills each segment
    first; segments `without` are left out.
    """
    runouts, probabilities, causes = [], [], {}
    first_of: dict[str, float] = {}
    for index, (segment, way) in enumerate(basis.loads.links):
        lit = basis.lit_gbps[index]
        if segment in without or not np.isfinite(lit).all() or not basis.loads.worst[index].any():
            continue
        for kind, loads, theta in (
            ("policy", basis.loads.worst, policy.threshold_ratio),
            ("hard", basis.loads.base, 1.0),
        ):
            passages = first_passage(
                loads[index].T, (theta * lit).astype(np.float32), policy.sustained_periods
            )
            failure_id = "none" if kind == "hard" else _cause(basis.loads, index, passages)
            share = runout_probability(passages, len(lit))
            runouts.append(
                {
                    "segment_id": segment,
                    "direction": way,
                    "date_kind": kind,
                    "failure_id": failure_id,
                    "threshold_ratio": theta,
                    **{
                        f"t{p}": basis.timeline.at(order_statistic(passages, p / 100))
                        for p in (10, 50, 90)
                    },
                    "last_target": basis.timeline.last,
                    "probability_by_last": float(share[-1]),
                    "monte_carlo_se": monte_carlo_se(float(share[-1]), passages.size),
                }
            )
            probabilities.append((segment, way, kind, share))
            if kind == "policy":
                first = float(np.minimum(passages, 1e6).mean())
                if first < first_of.get(segment, np.inf):
                    first_of[segment], causes[segment] = first, failure_id
    if not runouts:
        return RUNOUT.empty(), RUNOUT_PROBABILITY.empty(), {}
    frame = pl.DataFrame(
        runouts, schema_overrides=dict.fromkeys(("t10", "t50", "t90", "last_target"), pl.Date)
    )
    return check(frame, RUNOUT), _probability_frame(probabilities, basis.timeline.periods), causes


def _probability_frame(
    rows: list[tuple[str, str, str, FloatArray]], periods: Sequence[date]
) -> pl.DataFrame:
    wide = pl.DataFrame(
        {
            "segment_id": [row[0] for row in rows],
            "direction": [row[1] for row in rows],
            "date_kind": [row[2] for row in rows],
            "target_start": [list(periods)] * len(rows),
            "probability": [row[3].tolist() for row in rows],
        }
    )
    return check(wide.explode("target_start", "probability"), RUNOUT_PROBABILITY)


def _cause(loads: Loads, index: int, passages: FloatArray) -> str:
    """The failure state that most often brings the first passage; where none comes, the one that
    loads it most at the end.
    """
    draws = np.flatnonzero(np.isfinite(passages))
    if draws.size:
        return loads.failure_ids[
            most_common(loads.cause[index, passages[draws].astype(np.int64) - 1, draws])
        ]
    return loads.failure_ids[most_common(loads.cause[index, -1])]


def order_frame(
    basis: Basis, causes: dict[str, str], assumptions: Assumptions, policy: PlanningPolicy
) -> tuple[pl.DataFrame, list[Note]]:
    """Rows of ORDER_PLAN for the segments of `causes`, and notes on what they lack."""
    rows, notes = [], []
    for segment, failure_id in sorted(causes.items()):
        indexes = [index for index, (name, _) in enumerate(basis.loads.links) if name == segment]
        loads: Float32 = basis.loads.worst[indexes]
        remarks = _remarks(basis, indexes, failure_id)
        found = order_rows(
            segment,
            loads,
            basis.lit_gbps[indexes[0]],
            basis.design_gbps.get(segment),
            basis.network.segments[segment].length_km,
            failure_id=failure_id,
            remarks=remarks,
            assumptions=assumptions,
            policy=policy,
            timeline=basis.timeline,
        )
        rows += found
        if remarks:
            notes.append(Note("unmeasured_coincidence", segment, remarks[0]))
        if any(row["modules"] and "lead_time_low_months" not in row for row in found):
            notes.append(Note("missing_lead_time", segment, reason("note.no_lead_time")))
        unpriced = [row for row in found if row["modules"] and "cost_usd" not in row]
        if unpriced and assumptions.get("module_price", f"module:{policy.module_gbps:g}") is None:
            scope = f"module:{policy.module_gbps:g}"
            notes.append(Note("missing_price", scope, reason("note.no_module_price")))
        elif unpriced:
            scope = f"segment:{segment}"
            notes.append(Note("missing_price", scope, reason("note.no_system_price")))
    if not rows:
        return ORDER_PLAN.empty(), notes
    dtypes = {name: column.dtype for name, column in ORDER_PLAN.columns.items()}
    return check(pl.DataFrame(rows, schema=dtypes), ORDER_PLAN), notes


def _remarks(basis: Basis, indexes: Sequence[int], failure_id: str) -> list[Reason]:
    """What a reader must know of how the load was put together."""
    for routing in basis.routings:
        for state in routing.states:
            if (
                state.failure_id in (failure_id, "none")
                and state.unmeasured[np.isin(state.rows, indexes)].any()
            ):
                return [reason("order.peaks_unmeasured")]
    return []
