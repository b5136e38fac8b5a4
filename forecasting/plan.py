"""From route paths to a capacity plan: loads in every failure state, runout, and the order sheet.

The chain: draws of each route's p95 -> loads per failure state (times the measured coincidence of exactly the routes
that meet there) -> first passage over what may be used -> dates with probabilities -> orders with reasons.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.assumptions import Assumptions
from forecasting.availability import risk_frames
from forecasting.basis import Basis, build_basis
from forecasting.builds import Choices, choices
from forecasting.capacity import alpha_from_costs, first_passage, monte_carlo_se, order_statistic, runout_probability
from forecasting.entrant import entries
from forecasting.figures import money_frame
from forecasting.ledger import effect_frame
from forecasting.orders import order_rows
from forecasting.readiness import slipped
from forecasting.routing import Float32, Loads
from forecasting.series import FloatArray, Paths
from forecasting.spec import PlanningPolicy
from forecasting.upgrades import upgrade_frames
from warehouse.errors import PlanError, Problem
from warehouse.network import Network
from warehouse.schema import ORDER_PLAN, PLAN_NOTE, QUANTILE_LEVELS, RUNOUT, RUNOUT_PROBABILITY, SEGMENT_LOAD, check

__all__ = ["Basis", "Plan", "build_basis", "dates_of", "plan", "plan_from"]
WORST = "worst"


@dataclass(frozen=True)
class Plan:
    """Frames as in warehouse.schema; `frames()` gives all of them by name."""

    segment_load: pl.DataFrame
    runout: pl.DataFrame
    runout_probability: pl.DataFrame
    order_plan: pl.DataFrame
    plan_note: pl.DataFrame
    lost_traffic: pl.DataFrame
    segment_risk: pl.DataFrame
    route_risk: pl.DataFrame
    upgrade: pl.DataFrame
    build_choice: pl.DataFrame
    money_figure: pl.DataFrame
    assumption_effect: pl.DataFrame

    def frames(self) -> dict[str, pl.DataFrame]:
        return dict(vars(self))


def plan(
    paths: Paths,
    network: Network,
    *,
    capacity: pl.DataFrame,
    coincidence: pl.DataFrame,
    assumptions: pl.DataFrame,
    projects: pl.DataFrame,
    policy: PlanningPolicy,
    today: date,
    demand: Paths | None = None,
    budget_usd: float | None = None,
    pairs: bool = False,
    seed: int = 0,
    workers: int = 2,
) -> Plan:
    """The capacity plan as of `today`. `paths` holds each route's p95 per direction; `seed` draws build dates and coincidence.
    `pairs` counts any two segments failing at once among the failures; `budget_usd` limits what the upgrades may cost;
    `demand`, on the same draws, holds the markets that planned builds enter (without it: made up of the routes).

    Raises PlanError with everything the plan can't be made from; what merely is missing becomes a note.
    """
    if budget_usd is not None and not budget_usd >= 0:
        raise PlanError("the budget is out of range", [Problem("budget", f"is {budget_usd}, must be at least 0 USD")], "Give what may be spent over the horizon.")  # fmt: skip
    stated = Assumptions.from_frame(assumptions)
    projects, slips = slipped(projects, stated)
    basis = build_basis(
        paths, network, capacity=capacity, coincidence=coincidence, projects=projects, today=today, pairs=pairs, seed=seed, workers=workers,
    )  # fmt: skip
    basis = replace(basis, notes=(*basis.notes, *slips))
    entered, _ = entries(demand or paths, network, stated, projects, today, seed)
    made, more = choices(basis, stated, policy, projects, entered, workers)
    basis = replace(basis, notes=(*basis.notes, *more))
    return plan_from(basis, stated, policy, choices=made, budget_usd=budget_usd, seed=seed)


def dates_of(
    paths: Paths,
    network: Network,
    *,
    capacity: pl.DataFrame,
    coincidence: pl.DataFrame,
    assumptions: pl.DataFrame,
    projects: pl.DataFrame,
    policy: PlanningPolicy,
    today: date,
    seed: int = 0,
    workers: int = 2,
) -> dict[str, pl.DataFrame]:
    """The dates of `plan` alone: its runout, runout_probability and order_plan."""
    stated = Assumptions.from_frame(assumptions)
    basis = build_basis(
        paths, network, capacity=capacity, coincidence=coincidence, projects=slipped(projects, stated)[0], today=today, seed=seed, workers=workers,
    )  # fmt: skip
    runout, probability, causes = runout_frames(basis, policy)
    return {
        "runout": runout,
        "runout_probability": probability,
        "order_plan": order_frame(basis, causes, stated, policy)[0],
    }


def plan_from(
    basis: Basis, assumptions: Assumptions, policy: PlanningPolicy, *, choices: Choices | None = None, budget_usd: float | None = None, seed: int = 0
) -> Plan:  # fmt: skip
    """Every view of the plan from its basis; with the planned builds to choose from, where there are any."""
    runout, probability, causes = runout_frames(basis, policy)
    orders, notes = order_frame(basis, causes, assumptions, policy)
    risks, more = risk_frames(basis, assumptions)
    upgrades, shortages = upgrade_frames(basis, assumptions, policy, choices=choices, budget_usd=budget_usd)
    money, missing = money_frame(basis, assumptions, policy, orders, seed)
    effects = effect_frame(basis, assumptions, policy, orders)
    notes += [*more, *shortages, *missing, *_risk_note(assumptions, policy)]
    kept = {note[:2]: note for note in sorted({*basis.notes, *notes})}
    note = pl.DataFrame(list(kept.values()), schema=["topic", "subject", "note"], orient="row") if basis.notes or notes else PLAN_NOTE.empty()  # fmt: skip
    return Plan(
        load_frame(basis),
        runout,
        probability,
        orders,
        check(note, PLAN_NOTE),
        **risks,
        **upgrades,
        money_figure=money,
        assumption_effect=effects,
    )


def _risk_note(assumptions: Assumptions, policy: PlanningPolicy) -> list[tuple[str, str, str]]:
    early, late = assumptions.get("cost_early"), assumptions.get("cost_late")
    if early is None or late is None:
        return []
    implied = alpha_from_costs(early.value, late.value)
    note = (
        f"a month early costs {early.value:,.0f}, a month late {late.value:,.0f} {late.unit} (assumptions {early.assumption_id}, {late.assumption_id}): "
        f"an accepted risk of {100 * implied:.1f} % costs least; the plan uses {100 * policy.risk_alpha_ratio:g} %"
    )
    return [("risk_from_costs", "all", note)]


def load_frame(basis: Basis) -> pl.DataFrame:
    """Rows of SEGMENT_LOAD: nearest-rank quantiles with nothing failed and at the worst."""
    size = basis.loads.base.shape[2]
    ranks = np.ceil(np.asarray(QUANTILE_LEVELS) * size - 1e-9).astype(np.int64).clip(1, size) - 1
    links, periods, levels = basis.loads.links, basis.timeline.periods, np.asarray(QUANTILE_LEVELS)
    ids = tuple(basis.loads.failure_ids)
    shown = [
        index
        for index in range(len(links))
        if np.isfinite(basis.lit_gbps[index]).all() and basis.loads.worst[index].any()
    ]
    if not shown:
        return SEGMENT_LOAD.empty()
    horizon, count = len(periods), len(levels)
    cell = np.arange(len(shown) * horizon * count)
    where = pl.DataFrame({
        "segment_id": pl.Series([links[index][0] for index in shown]).gather(cell // (horizon * count)),
        "direction": pl.Series([links[index][1] for index in shown]).gather(cell // (horizon * count)),
        "target_start": pl.Series(list(periods)).gather(cell // count % horizon),
        "quantile_level": np.tile(levels, len(shown) * horizon),
        "lit_gbps": np.repeat(basis.lit_gbps[shown].ravel(), count),
    })  # fmt: skip
    frames = []
    for failure_id, loads in (("none", basis.loads.base), (WORST, basis.loads.worst)):
        values = np.concatenate([np.partition(loads[index], np.unique(ranks), axis=1)[:, ranks] for index in shown])
        brings = (
            [0] * (len(shown) * horizon)
            if failure_id == "none"
            else [_most_common(row) for index in shown for row in basis.loads.cause[index]]
        )
        cause_id = pl.Series(ids).gather(np.repeat(brings, count))
        frames.append(
            where.with_columns(
                failure_id=pl.lit(failure_id), load_gbps=pl.Series(values.ravel().astype(float)), cause_id=cause_id
            )
        )
    utilization = pl.when(pl.col("lit_gbps") > 0).then(pl.col("load_gbps") / pl.col("lit_gbps"))
    return check(pl.concat(frames).with_columns(utilization_ratio=utilization), SEGMENT_LOAD)


def _most_common(causes: NDArray[np.int16]) -> int:
    return int(np.bincount(causes).argmax())


def runout_frames(
    basis: Basis, policy: PlanningPolicy, *, without: frozenset[str] = frozenset()
) -> tuple[pl.DataFrame, pl.DataFrame, dict[str, str]]:
    """Rows of RUNOUT and RUNOUT_PROBABILITY, and the failure that most often fills each segment first; segments `without` are left out."""
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
            passages = first_passage(loads[index].T, (theta * lit).astype(np.float32), policy.sustained_periods)
            failure_id = "none" if kind == "hard" else _cause(basis.loads, index, passages)
            share = runout_probability(passages, len(lit))
            runouts.append({
                "segment_id": segment, "direction": way, "date_kind": kind, "failure_id": failure_id, "threshold_ratio": theta,
                **{f"t{p}": basis.timeline.at(order_statistic(passages, p / 100)) for p in (10, 50, 90)},
                "last_target": basis.timeline.last, "probability_by_last": float(share[-1]), "monte_carlo_se": monte_carlo_se(float(share[-1]), passages.size),
            })  # fmt: skip
            probabilities.append((segment, way, kind, share))
            if kind == "policy":
                first = float(np.minimum(passages, 1e6).mean())
                if first < first_of.get(segment, np.inf):
                    first_of[segment], causes[segment] = first, failure_id
    if not runouts:
        return RUNOUT.empty(), RUNOUT_PROBABILITY.empty(), {}
    frame = pl.DataFrame(runouts, schema_overrides=dict.fromkeys(("t10", "t50", "t90", "last_target"), pl.Date))
    return check(frame, RUNOUT), _probability_frame(probabilities, basis.timeline.periods), causes


def _probability_frame(rows: list[tuple[str, str, str, FloatArray]], periods: Sequence[date]) -> pl.DataFrame:
    wide = pl.DataFrame({
        "segment_id": [row[0] for row in rows], "direction": [row[1] for row in rows], "date_kind": [row[2] for row in rows],
        "target_start": [list(periods)] * len(rows), "probability": [row[3].tolist() for row in rows],
    })  # fmt: skip
    return check(wide.explode("target_start", "probability"), RUNOUT_PROBABILITY)


def _cause(loads: Loads, index: int, passages: FloatArray) -> str:
    """The failure state that most often brings the first passage; where none comes, the one that loads it most at the end."""
    draws = np.flatnonzero(np.isfinite(passages))
    if draws.size:
        return loads.failure_ids[_most_common(loads.cause[index, passages[draws].astype(np.int64) - 1, draws])]
    return loads.failure_ids[_most_common(loads.cause[index, -1])]


def order_frame(
    basis: Basis, causes: dict[str, str], assumptions: Assumptions, policy: PlanningPolicy
) -> tuple[pl.DataFrame, list[tuple[str, str, str]]]:
    """Rows of ORDER_PLAN for the segments of `causes`, and notes on what they lack."""
    rows, notes = [], []
    for segment, failure_id in sorted(causes.items()):
        indexes = [index for index, (name, _) in enumerate(basis.loads.links) if name == segment]
        loads: Float32 = basis.loads.worst[indexes]
        remarks = _remarks(basis, indexes, failure_id)
        found = order_rows(
            segment, loads, basis.lit_gbps[indexes[0]], basis.design_gbps.get(segment), basis.network.segments[segment].length_km,
            failure_id=failure_id, remarks=remarks, assumptions=assumptions, policy=policy, timeline=basis.timeline,
        )  # fmt: skip
        rows += found
        if remarks:
            notes.append(("unmeasured_coincidence", segment, remarks[0]))
        if any(row["modules"] and "lead_time_low_months" not in row for row in found):
            notes.append(
                ("missing_lead_time", segment, "no assumption named lead_time covers it, so it has no order date")
            )
        unpriced = [row for row in found if row["modules"] and "cost_usd" not in row]
        if unpriced and assumptions.get("module_price", f"module:{policy.module_gbps:g}") is None:
            note = "no assumption named module_price covers it, so orders have no cost"
            notes.append(("missing_price", f"module:{policy.module_gbps:g}", note))
        elif unpriced:
            note = "no assumption named line_system_price (or no length) covers it, so its new line system has no cost"
            notes.append(("missing_price", f"segment:{segment}", note))
    if not rows:
        return ORDER_PLAN.empty(), notes
    dtypes = {name: column.dtype for name, column in ORDER_PLAN.columns.items()}
    return check(pl.DataFrame(rows, schema=dtypes), ORDER_PLAN), notes


def _remarks(basis: Basis, indexes: Sequence[int], failure_id: str) -> list[str]:
    """What a reader must know of how the load was put together."""
    for routing in basis.routings:
        for state in routing.states:
            if state.failure_id in (failure_id, "none") and state.unmeasured[np.isin(state.rows, indexes)].any():
                return [
                    "The routes that meet here were never measured together, so their peaks are counted as if they coincided (factor 1)."
                ]
    return []
