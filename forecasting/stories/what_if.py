"""Compares the plan a story leads to with the one beside it, draw by draw."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.capacity.basis import Basis, build_basis
from forecasting.capacity.dates import order_frame, runout_frames
from forecasting.capacity.readiness import slipped
from forecasting.capacity.routing import Loads
from forecasting.capacity.runout import first_passage, order_statistic
from forecasting.series import FloatArray, Paths
from forecasting.spec import PlanningPolicy
from forecasting.stories.changes import PlanInputs, apply_scenario
from forecasting.stories.scenario import Scenario
from warehouse.schema import ORDER_PLAN, RUNOUT, SCENARIO_EFFECT, check

CELLS_AT_ONCE = 1_000_000_000
"""Failure states x links x periods x draws a what-if looks at: more draws than that are thinned,
both plans alike.
"""


@dataclass(frozen=True)
class WhatIf:
    """Rows of SCENARIO_EFFECT, the order sheet and the runout in the story, and the draws both
    plans were made from.

    `lost` has, by route and direction, the mean Gbit/s over periods and paths that nothing carries:
    with nothing failed (lost_base_gbps, lost_scenario_gbps), and in the worst failure of each
    period (worst_base_gbps, worst_scenario_gbps).
    """

    effect: pl.DataFrame
    lost: pl.DataFrame
    order_plan: pl.DataFrame
    runout: pl.DataFrame
    draws: int


def base_plan(
    inputs: PlanInputs,
    *,
    policy: PlanningPolicy,
    today: date,
    seed: int = 0,
    workers: int = 2,
    loads: Loads | None = None,
) -> Dated:
    """The plan without a story, which any number of stories can be told beside. `loads` are those
    of the same inputs, day and seed, where they are known; they count only where the comparison is
    made on all draws.
    """
    if loads is not None and loads.base.shape[2] != _thinned(inputs).draws_gbps.shape[1]:
        loads = None
    basis = _basis(inputs, today, seed, workers, loads=loads)
    return dated(basis, Assumptions.from_frame(inputs.assumptions), policy)


def tell(
    base: Dated,
    inputs: PlanInputs,
    scenarios: Sequence[Scenario],
    *,
    policy: PlanningPolicy,
    seed: int = 0,
    workers: int = 2,
) -> WhatIf:
    """A story of one or more scenarios beside the plan without, made from the same inputs."""
    story = replace(inputs, paths=_thinned(inputs))
    for scenario in scenarios:
        story = apply_scenario(scenario, story)
    name = "+".join(scenario.scenario_id for scenario in scenarios)
    note = " ".join(scenario.note or scenario.title for scenario in scenarios)
    basis = _basis(story, base.basis.timeline.today, seed, workers, like=base.basis, thinned=True)
    return compare(
        name, note, base, dated(basis, Assumptions.from_frame(story.assumptions), policy, like=base)
    )


def _basis(
    inputs: PlanInputs,
    today: date,
    seed: int,
    workers: int,
    *,
    like: Basis | None = None,
    loads: Loads | None = None,
    thinned: bool = False,
) -> Basis:
    projects, _ = slipped(inputs.projects, Assumptions.from_frame(inputs.assumptions))
    paths = inputs.paths if thinned else _thinned(inputs)
    return build_basis(
        paths,
        inputs.network,
        capacity=inputs.capacity,
        coincidence=inputs.coincidence,
        projects=projects,
        outages=inputs.outages,
        today=today,
        seed=seed,
        workers=workers,
        like=like,
        loads=loads,
    )


@dataclass(frozen=True)
class Dated:
    """A basis with what a comparison looks at: its runout, its order sheet, and each link's first
    passages by kind of date.
    """

    basis: Basis
    assumptions: Assumptions
    runout: pl.DataFrame
    causes: dict[str, str]
    order_plan: pl.DataFrame
    passages: dict[tuple[str, str, str], FloatArray]


def dated(
    basis: Basis, assumptions: Assumptions, policy: PlanningPolicy, *, like: Dated | None = None
) -> Dated:
    """The dates of a basis; those of segments that are loaded and lit as in `like` are taken from
    it.
    """
    same = (
        unchanged(basis, like.basis)
        if like and like.assumptions == assumptions
        else frozenset[str]()
    )
    runout, _, causes = runout_frames(basis, policy, without=same)
    orders = order_frame(basis, causes, assumptions, policy)[0]
    passages = {}
    for index, (segment, way) in enumerate(basis.loads.links):
        lit = basis.lit_gbps[index]
        if segment in same or not np.isfinite(lit).all():
            continue
        for kind, loads, theta in (
            ("policy", basis.loads.worst, policy.threshold_ratio),
            ("hard", basis.loads.base, 1.0),
        ):
            passages[segment, way, kind] = first_passage(
                loads[index].T, (theta * lit).astype(np.float32), policy.sustained_periods
            )
    if like is None or not same:
        return Dated(basis, assumptions, runout, causes, orders, passages)
    taken = pl.col("segment_id").is_in(sorted(same))
    return Dated(
        basis,
        assumptions,
        check(pl.concat([runout, like.runout.filter(taken)]), RUNOUT),
        causes | {name: cause for name, cause in like.causes.items() if name in same},
        check(pl.concat([orders, like.order_plan.filter(taken)]), ORDER_PLAN),
        passages | {link: values for link, values in like.passages.items() if link[0] in same},
    )


def unchanged(basis: Basis, other: Basis) -> frozenset[str]:
    """Segments with the same loads, causes and capacity in both, in both directions."""
    if basis.loads.links != other.loads.links or basis.timeline != other.timeline:
        return frozenset()
    loads, before = basis.loads, other.loads
    changed = {
        segment
        for index, (segment, _) in enumerate(loads.links)
        if not (
            np.array_equal(basis.lit_gbps[index], other.lit_gbps[index], equal_nan=True)
            and basis.design_gbps.get(segment) == other.design_gbps.get(segment)
            and basis.network.segments[segment].length_km
            == other.network.segments[segment].length_km
            and (loads is before or _same_loads(loads, before, index))
        )
    }
    return frozenset(segment for segment, _ in loads.links) - changed


def _same_loads(loads: Loads, before: Loads, index: int) -> bool:
    place = {name: number for number, name in enumerate(before.failure_ids)}
    number = np.array([place.get(name, -1) for name in loads.failure_ids])
    return (
        np.array_equal(loads.worst[index], before.worst[index])
        and np.array_equal(loads.base[index], before.base[index])
        and np.array_equal(number[loads.cause[index]], before.cause[index])
    )


def compare(scenario_id: str, note: str, base: Dated, story: Dated) -> WhatIf:
    """Both plans segment by segment; segments that only one of them knows are left out of the
    effect.
    """
    first = [
        dict(
            one.order_plan.filter(pl.col("order_seq") == 1)
            .select("segment_id", "order_by")
            .iter_rows()
        )
        for one in (base, story)
    ]
    timeline = base.basis.timeline
    last = len(timeline.periods)
    rows: list[dict[str, Any]] = []
    for link in sorted(base.passages.keys() & story.passages.keys()):
        before, after = base.passages[link], story.passages[link]
        both = np.isfinite(before) & np.isfinite(after)
        shift = float((after[both] - before[both]).mean()) if both.any() else 0.0
        rows.append(
            {
                "scenario_id": scenario_id,
                "segment_id": link[0],
                "direction": link[1],
                "date_kind": link[2],
                "t50_base": timeline.at(order_statistic(before, 0.5)),
                "t50_scenario": story.basis.timeline.at(order_statistic(after, 0.5)),
                "shift_months": timeline.months(shift),
                "probability_base": float((before <= last).mean()),
                "probability_scenario": float((after <= last).mean()),
                "order_by_base": first[0].get(link[0]),
                "order_by_scenario": first[1].get(link[0]),
                "note": note,
            }
        )
    dtypes = {name: column.dtype for name, column in SCENARIO_EFFECT.columns.items()}
    effect = check(pl.DataFrame(rows, schema=dtypes), SCENARIO_EFFECT)
    return WhatIf(
        effect,
        lost_frame((base.basis, story.basis)),
        story.order_plan,
        story.runout,
        base.basis.draws_gbps.shape[1],
    )


def lost_frame(bases: tuple[Basis, Basis]) -> pl.DataFrame:
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
        frames.append(
            keys.with_columns(
                pl.Series(f"lost_{name}_gbps", steady), pl.Series(f"worst_{name}_gbps", worst)
            )
        )
    joined = frames[0].join(frames[1], on=["route_id", "direction"], how="full", coalesce=True)
    return joined.select(
        "route_id",
        "direction",
        "lost_base_gbps",
        "lost_scenario_gbps",
        "worst_base_gbps",
        "worst_scenario_gbps",
    ).sort("route_id", "direction")


def _thinned(inputs: PlanInputs) -> Paths:
    paths = inputs.paths
    states = len(inputs.network.failures()) * 2 * len(inputs.network.segments)
    size = paths.draws_gbps.shape[1]
    most = max(int(CELLS_AT_ONCE / (states * max(len(paths.periods), 1))), 100)
    return (
        paths
        if size <= most
        else replace(paths, draws_gbps=paths.draws_gbps[:, :: -(-size // most)])
    )
