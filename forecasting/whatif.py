"""Compares the plan a story leads to with the one beside it, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.basis import Basis, build_basis
from forecasting.capacity import first_passage, order_statistic
from forecasting.changes import PlanInputs, apply_scenario
from forecasting.plan import order_frame, runout_frames
from forecasting.readiness import slipped
from forecasting.scenario import Scenario
from forecasting.series import FloatArray, Paths
from forecasting.spec import PlanningPolicy
from warehouse.schema import SCENARIO_EFFECT, check

__all__ = ["PlanInputs", "WhatIf", "apply_scenario", "compare", "what_if", "what_ifs"]
CELLS_AT_ONCE = 1_000_000_000
"""Failure states x links x periods x draws a what-if looks at: more draws than that are thinned, both plans alike."""


@dataclass(frozen=True)
class WhatIf:
    """Rows of SCENARIO_EFFECT, the order sheet and the runout in the story, and the draws both plans were made from.

    `lost` has, by route and direction, the mean Gbit/s over periods and paths that nothing carries: with nothing failed
    (lost_base_gbps, lost_scenario_gbps), and in the worst failure of each period (worst_base_gbps, worst_scenario_gbps).
    """

    effect: pl.DataFrame
    lost: pl.DataFrame
    order_plan: pl.DataFrame
    runout: pl.DataFrame
    draws: int


def what_if(
    inputs: PlanInputs,
    scenarios: Sequence[Scenario],
    *,
    policy: PlanningPolicy,
    today: date,
    seed: int = 0,
    workers: int = 2,
) -> WhatIf:
    """The plan with all the scenarios applied one after the other, beside the plan without, on the same draws."""
    return what_ifs(inputs, [scenarios], policy=policy, today=today, seed=seed, workers=workers)[0]


def what_ifs(
    inputs: PlanInputs,
    stories: Sequence[Sequence[Scenario]],
    *,
    policy: PlanningPolicy,
    today: date,
    seed: int = 0,
    workers: int = 2,
) -> list[WhatIf]:
    """Several stories beside one plan, which is made once; each story is one or more scenarios."""
    inputs = replace(inputs, paths=_thinned(inputs))

    def basis_of(one: PlanInputs) -> Basis:
        projects, _ = slipped(one.projects, Assumptions.from_frame(one.assumptions))
        return build_basis(
            one.paths, one.network, capacity=one.capacity, coincidence=one.coincidence, projects=projects, outages=one.outages, today=today, seed=seed, workers=workers,
        )  # fmt: skip

    base, stated = basis_of(inputs), Assumptions.from_frame(inputs.assumptions)
    found = []
    for scenarios in stories:
        story = inputs
        for scenario in scenarios:
            story = apply_scenario(scenario, story)
        name = "+".join(scenario.scenario_id for scenario in scenarios)
        note = " ".join(scenario.note or scenario.title for scenario in scenarios)
        found.append(
            compare(name, note, (base, basis_of(story)), (stated, Assumptions.from_frame(story.assumptions)), policy)
        )
    return found


def compare(
    scenario_id: str,
    note: str,
    bases: tuple[Basis, Basis],
    stated: tuple[Assumptions, Assumptions],
    policy: PlanningPolicy,
) -> WhatIf:
    """Both plans segment by segment; segments that only one of them knows are left out of the effect."""
    orders, runouts = [], []
    for basis, assumptions in zip(bases, stated, strict=True):
        runout, _, causes = runout_frames(basis, policy)
        orders.append(order_frame(basis, causes, assumptions, policy)[0])
        runouts.append(runout)
    first = [
        dict(frame.filter(pl.col("order_seq") == 1).select("segment_id", "order_by").iter_rows()) for frame in orders
    ]
    place = [{link: index for index, link in enumerate(basis.loads.links)} for basis in bases]
    last = len(bases[0].timeline.periods)
    rows: list[dict[str, Any]] = []
    for link in sorted(place[0].keys() & place[1].keys()):
        for kind, theta in (("policy", policy.threshold_ratio), ("hard", 1.0)):
            passages = [
                _passages(basis, index[link], kind, theta, policy) for basis, index in zip(bases, place, strict=True)
            ]
            if passages[0] is None or passages[1] is None:
                continue
            both = np.isfinite(passages[0]) & np.isfinite(passages[1])
            shift = float((passages[1][both] - passages[0][both]).mean()) if both.any() else 0.0
            rows.append({
                "scenario_id": scenario_id, "segment_id": link[0], "direction": link[1], "date_kind": kind,
                "t50_base": bases[0].timeline.at(order_statistic(passages[0], 0.5)), "t50_scenario": bases[1].timeline.at(order_statistic(passages[1], 0.5)),
                "shift_months": bases[0].timeline.months(shift), "probability_base": float((passages[0] <= last).mean()), "probability_scenario": float((passages[1] <= last).mean()),
                "order_by_base": first[0].get(link[0]), "order_by_scenario": first[1].get(link[0]), "note": note,
            })  # fmt: skip
    dtypes = {name: column.dtype for name, column in SCENARIO_EFFECT.columns.items()}
    effect = check(pl.DataFrame(rows, schema=dtypes), SCENARIO_EFFECT)
    return WhatIf(effect, _lost(bases), orders[1], runouts[1], bases[0].draws_gbps.shape[1])


def _lost(bases: tuple[Basis, Basis]) -> pl.DataFrame:
    frames = []
    for name, basis in zip(("base", "scenario"), bases, strict=True):
        steady, worst = np.zeros(len(basis.series)), np.zeros(len(basis.series))
        for number, routing in enumerate(basis.routings):
            volume = (
                np.where(basis.versions.index == number, basis.draws_gbps, 0.0).sum(axis=(1, 2))
                / basis.versions.index.size
            )
            steady += routing.states[0].lost * volume
            worst += np.max([state.lost for state in routing.states], axis=0) * volume
        keys = pl.DataFrame(basis.series, schema=["route_id", "direction"], orient="row")
        frames.append(keys.with_columns(pl.Series(f"lost_{name}_gbps", steady), pl.Series(f"worst_{name}_gbps", worst)))
    joined = frames[0].join(frames[1], on=["route_id", "direction"], how="full", coalesce=True)
    return joined.select(
        "route_id", "direction", "lost_base_gbps", "lost_scenario_gbps", "worst_base_gbps", "worst_scenario_gbps"
    ).sort("route_id", "direction")


def _passages(basis: Basis, index: int, kind: str, theta: float, policy: PlanningPolicy) -> FloatArray | None:
    lit = basis.lit_gbps[index]
    if not np.isfinite(lit).all():
        return None
    loads = basis.loads.worst if kind == "policy" else basis.loads.base
    return first_passage(loads[index].T, (theta * lit).astype(np.float32), policy.sustained_periods)


def _thinned(inputs: PlanInputs) -> Paths:
    paths = inputs.paths
    states = len(inputs.network.failures()) * 2 * len(inputs.network.segments)
    size = paths.draws_gbps.shape[1]
    most = max(int(CELLS_AT_ONCE / (states * max(len(paths.periods), 1))), 100)
    return paths if size <= most else replace(paths, draws_gbps=paths.draws_gbps[:, :: -(-size // most)])
