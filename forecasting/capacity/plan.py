"""From route paths to a capacity plan: loads in every failure state, runout, and the order sheet.

The chain: draws of each route's p95 -> loads per failure state (times the measured coincidence of
exactly the routes that meet there) -> first passage over what may be used -> dates with
probabilities -> orders with reasons.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.capacity.availability import risk_frames
from forecasting.capacity.basis import Basis, build_basis
from forecasting.capacity.builds import Choices, choices
from forecasting.capacity.dates import most_common, order_frame, runout_frames
from forecasting.capacity.earnings import EnteredMarket
from forecasting.capacity.figures import money_frame
from forecasting.capacity.ledger import effect_frame
from forecasting.capacity.readiness import slipped
from forecasting.capacity.routing import SendParts
from forecasting.capacity.runout import alpha_from_costs
from forecasting.capacity.upgrades import upgrade_frames
from forecasting.series import Paths, nearest_ranks
from forecasting.spec import PlanningPolicy
from warehouse.errors import PlanError, Problem
from warehouse.network.model import Network
from warehouse.reasons import Note, note_frame, reason
from warehouse.schema import QUANTILE_LEVELS, SEGMENT_LOAD, check

__all__ = ["Basis", "Plan", "build_basis", "dates_of", "plan", "plan_from"]
WORST = "worst"


@dataclass(frozen=True)
class Plan:
    """Frames as in warehouse.schema, by name in `frames()`, and the basis they were made from."""

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
    basis: Basis

    def frames(self) -> dict[str, pl.DataFrame]:
        return {name: value for name, value in vars(self).items() if name != "basis"}


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
    entered: Mapping[tuple[str, str], EnteredMarket] | None = None,
    budget_usd: float | None = None,
    pairs: bool = False,
    seed: int = 0,
    workers: int = 2,
    send_parts: SendParts | None = None,
) -> Plan:
    """The capacity plan as of `today`. `paths` holds each route's p95 per direction; `seed` draws
    build dates and coincidence. `pairs` counts any two segments failing at once among the failures;
    `budget_usd` limits what the upgrades may cost; `entered`, on the same draws, holds the
    markets that planned builds enter, by project and market; `send_parts` may send the loads' draws
    elsewhere (`forecasting.capacity.routing.stream_loads`).

    Raises PlanError with everything the plan can't be made from; what merely is missing becomes a
    note.
    """
    if budget_usd is not None and not budget_usd >= 0:
        raise PlanError(
            "the budget is out of range",
            [Problem("budget", f"is {budget_usd}, must be at least 0 USD")],
            "Give what may be spent over the horizon.",
        )
    stated = Assumptions.from_frame(assumptions)
    projects, slips = slipped(projects, stated)
    basis = build_basis(
        paths,
        network,
        capacity=capacity,
        coincidence=coincidence,
        projects=projects,
        today=today,
        pairs=pairs,
        seed=seed,
        workers=workers,
        send_parts=send_parts,
    )
    basis = replace(basis, notes=(*basis.notes, *slips))
    made, more = choices(basis, stated, policy, projects, entered or {}, workers)
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
    send_parts: SendParts | None = None,
) -> dict[str, pl.DataFrame]:
    """The dates of `plan` alone: its runout, runout_probability and order_plan."""
    stated = Assumptions.from_frame(assumptions)
    basis = build_basis(
        paths,
        network,
        capacity=capacity,
        coincidence=coincidence,
        projects=slipped(projects, stated)[0],
        today=today,
        seed=seed,
        workers=workers,
        send_parts=send_parts,
    )
    runout, probability, causes = runout_frames(basis, policy)
    return {
        "runout": runout,
        "runout_probability": probability,
        "order_plan": order_frame(basis, causes, stated, policy)[0],
    }


def plan_from(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    *,
    choices: Choices | None = None,
    budget_usd: float | None = None,
    seed: int = 0,
) -> Plan:
    """Every view of the plan from its basis; with the planned builds to choose from, where there
    are any.
    """
    runout, probability, causes = runout_frames(basis, policy)
    orders, notes = order_frame(basis, causes, assumptions, policy)
    risks, more = risk_frames(basis, assumptions)
    upgrades, shortages = upgrade_frames(
        basis, assumptions, policy, choices=choices, budget_usd=budget_usd
    )
    money, missing = money_frame(basis, assumptions, policy, orders, seed)
    effects = effect_frame(basis, assumptions, policy, orders)
    notes += [*more, *shortages, *missing, *_risk_note(assumptions, policy)]
    kept = {note[:2]: note for note in sorted({*basis.notes, *notes})}
    note = note_frame(kept.values())
    return Plan(
        load_frame(basis),
        runout,
        probability,
        orders,
        note,
        **risks,
        **upgrades,
        money_figure=money,
        assumption_effect=effects,
        basis=basis,
    )


def _risk_note(assumptions: Assumptions, policy: PlanningPolicy) -> list[Note]:
    early, late = assumptions.get("cost_early"), assumptions.get("cost_late")
    if early is None or late is None:
        return []
    implied = alpha_from_costs(early.value, late.value)
    why = reason(
        "note.risk_from_costs",
        early=early.value,
        late=late.value,
        assumptions=[early.assumption_id, late.assumption_id],
        best=implied,
        used=policy.risk_alpha_ratio,
    )
    return [Note("risk_from_costs", "all", why)]


def load_frame(basis: Basis) -> pl.DataFrame:
    """Rows of SEGMENT_LOAD: nearest-rank quantiles with nothing failed and at the worst."""
    size = basis.loads.base.shape[2]
    ranks = nearest_ranks(QUANTILE_LEVELS, size)
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
    where = pl.DataFrame(
        {
            "segment_id": pl.Series([links[index][0] for index in shown]).gather(
                cell // (horizon * count)
            ),
            "direction": pl.Series([links[index][1] for index in shown]).gather(
                cell // (horizon * count)
            ),
            "target_start": pl.Series(list(periods)).gather(cell // count % horizon),
            "quantile_level": np.tile(levels, len(shown) * horizon),
            "lit_gbps": np.repeat(basis.lit_gbps[shown].ravel(), count),
        }
    )
    frames = []
    for failure_id, loads in (("none", basis.loads.base), (WORST, basis.loads.worst)):
        values = np.concatenate(
            [np.partition(loads[index], np.unique(ranks), axis=1)[:, ranks] for index in shown]
        )
        brings = (
            [0] * (len(shown) * horizon)
            if failure_id == "none"
            else [most_common(row) for index in shown for row in basis.loads.cause[index]]
        )
        cause_id = pl.Series(ids).gather(np.repeat(brings, count))
        frames.append(
            where.with_columns(
                failure_id=pl.lit(failure_id),
                load_gbps=pl.Series(values.ravel().astype(float)),
                cause_id=cause_id,
            )
        )
    utilization = pl.when(pl.col("lit_gbps") > 0).then(pl.col("load_gbps") / pl.col("lit_gbps"))
    return check(pl.concat(frames).with_columns(utilization_ratio=utilization), SEGMENT_LOAD)
