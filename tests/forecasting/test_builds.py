"""New segments in the cheapest plan: against whole plans of every build set and timing made apart, and what is told of each."""

from datetime import date, timedelta
from itertools import product

import numpy as np
import polars as pl
import pytest

from forecasting.assumptions import Assumptions
from forecasting.availability import failure_hours
from forecasting.basis import build_basis
from forecasting.builds import choices
from forecasting.changes import PlanInputs, apply_scenario
from forecasting.plan import plan
from forecasting.readiness import slipped
from forecasting.scenario import Scenario
from forecasting.schedule import cheapest
from forecasting.spec import PlanningPolicy
from forecasting.upgrades import upgrade_frames
from tests.forecasting.planning_worlds import assumptions, capacity, growing, no_coincidence, ring
from tests.forecasting.test_plan import TODAY
from warehouse.network import Network

POLICY = PlanningPolicy()
MODULES = (
    ("P100", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"), ("E", "price_erosion", "all", 0.1, 0.1, 0.1, "ratio/year"),
    ("L", "lead_time", "all", 0, 0, 0, "month"), ("LIFE", "service_life", "all", 10, 10, 10, "year"),
)  # fmt: skip
PRICE = ("KM", "segment_price", "project:P", 1000, 1000, 1000, "USD/km")
LOSING = (
    ("REV", "transit_revenue", "all", 2, 2, 2, "USD/Mbps/month"), ("CUT", "cut_rate", "all", 2, 2, 2, "cuts/year"),
    ("FIX", "repair_time", "all", 24, 24, 24, "h"),
)  # fmt: skip


def world(
    *stated,
    ready=date(2025, 6, 1),
    spread=0,
    status="planned",
    seed=1,
    level=30.0,
    horizon=12,
    two=False,
    other=50.0,
    draws=100,
):
    """The ring with a planned diagonal AC, which takes the route A-C once it is there; with `two`, a diagonal BD, which is a backup of A-B."""
    frames = ring()
    rows = [("AC", "A", "C", 50.0)] + ([("BD", "B", "D", other)] if two else [])
    lines = pl.DataFrame(rows, schema=["segment_id", "a_node", "z_node", "length_km"], orient="row").with_columns(status=pl.lit("planned"))  # fmt: skip
    frames["segment"] = pl.concat([frames["segment"].with_columns(length_km=pl.lit(100.0), status=pl.lit("in_service")), lines])  # fmt: skip
    moved = frames["route_path"]
    new = [("A-C", 1, 1, "AC")]
    moved = moved.with_columns(rank=pl.when(pl.col("route_id") == "A-C").then(pl.col("rank") + 1).otherwise(pl.col("rank")))  # fmt: skip
    if two:
        moved = moved.with_columns(rank=pl.when((pl.col("route_id") == "A-B") & (pl.col("rank") > 1)).then(pl.col("rank") + 1).otherwise(pl.col("rank")))  # fmt: skip
        new += [("A-B", 2, 1, "DA"), ("A-B", 2, 2, "BD")]
    way = pl.DataFrame(new, schema=["route_id", "rank", "seq", "segment_id"], orient="row")
    frames["route_path"] = pl.concat([way, moved.select(way.columns)], how="vertical_relaxed")
    network = Network.from_frames(frames)
    late = ready + timedelta(days=spread)
    projects = [("P", "diagonal", "AC", status, ready, ready + timedelta(days=spread // 3), late, True)]
    projects += [("Q", "other", "BD", "planned", ready, ready, late + timedelta(days=31), True)] if two else []
    frame = pl.DataFrame(projects, schema=["project_id", "name", "segment_id", "status", "ready_low", "ready_likely", "ready_high", "assumed"], orient="row")  # fmt: skip
    lit = pl.concat([frames["capacity"], capacity(AC=400, **({"BD": 200} if two else {}))])
    return PlanInputs(growing(network, level=level, horizon=horizon, draws=draws, seed=seed), network, lit, no_coincidence(), assumptions(*MODULES, *stated), frame)  # fmt: skip


def basis_of(inputs: PlanInputs):
    stated = Assumptions.from_frame(inputs.assumptions)
    projects, _ = slipped(inputs.projects, stated)
    return build_basis(inputs.paths, inputs.network, capacity=inputs.capacity, coincidence=inputs.coincidence, projects=projects, today=TODAY, workers=1), stated, projects  # fmt: skip


def planned(inputs: PlanInputs, **more):
    return plan(
        inputs.paths, inputs.network, capacity=inputs.capacity, coincidence=inputs.coincidence, assumptions=inputs.assumptions, projects=inputs.projects,
        policy=POLICY, today=TODAY, workers=1, **more,
    )  # fmt: skip


def orders_of(inputs: PlanInputs) -> float:
    """The cheapest modules of a plan in which nothing is left to choose, each segment alone."""
    basis, stated, _ = basis_of(inputs)
    total = 0.0
    price = stated.get("module_price", "module:100")
    years = (
        np.maximum(np.array([period + 1 - basis.timeline.now for period in range(len(basis.timeline.periods))]), 0) / 12
    )
    end = years[-1] + 1 / 12
    from forecasting.money import bought_later, worth_at_end
    from forecasting.schedule import Offer

    offer = Offer("new_wave", 100, bought_later(price.value, 0.12, 0.1, years), 0, worth_at_end(price.value, 0.12, 0.1, years, end, 10.0))  # fmt: skip
    for segment in sorted({name for name, _ in basis.loads.links}):
        rows = [row for row, (name, _) in enumerate(basis.loads.links) if name == segment]
        worst, size = basis.loads.worst[rows], basis.draws_gbps.shape[1]
        sized = np.sort(worst, axis=2)[:, :, int(np.ceil(0.8 * size)) - 1].max(axis=0)
        total += cheapest(sized / 0.8 - basis.lit_gbps[rows[0]], [offer]).cost_usd
    return total


def lost_of(inputs: PlanInputs) -> float:
    """What is lost, from the routings of a plan in which nothing is left to choose."""
    basis, stated, _ = basis_of(inputs)
    hours, _ = failure_hours(basis.network, stated)
    volume = basis.draws_gbps.mean(axis=(1, 2))
    total = 0.0
    for route in {name for name, _ in basis.series}:
        number = max((row for row, (name, _) in enumerate(basis.series) if name == route), key=lambda row: volume[row])
        for version, routing in enumerate(basis.routings):
            share = sum(state.lost[number] * hours.get(name, 0) / 8760 for state in routing.states for name in (state.failure_id, *state.also))  # fmt: skip
            for period, day in enumerate(basis.timeline.periods):
                held = basis.versions.index[:, period] == version
                years = max((day - TODAY).days, 0) / 365.25
                total += (
                    float((basis.draws_gbps[number, held, period]).sum()) / held.size * share * 2 * 1000 / 1.12**years
                )
    return total


def never(inputs: PlanInputs, segment: str) -> PlanInputs:
    return apply_scenario(Scenario("never", "never", changes=(("segment", {"segment": segment, "never": True}),)), inputs)  # fmt: skip


def later(inputs: PlanInputs, project: str, days: float) -> PlanInputs:
    moved = [(pl.col(name) + pl.duration(days=int(days))).alias(name) for name in ("ready_low", "ready_likely", "ready_high")]  # fmt: skip
    mine = pl.col("project_id") == project
    frames = [inputs.projects.filter(~mine), inputs.projects.filter(mine).with_columns(moved)]
    from dataclasses import replace

    return replace(inputs, projects=pl.concat(frames).sort("project_id"))


@pytest.mark.parametrize("seed", range(4))
def test_the_plan_is_the_cheapest_of_all_build_sets_and_timings(seed):
    """Each set and timing is simulated as a plan of its own, through the projects' dates; slips stay as they are."""
    rng = np.random.default_rng(seed)
    inputs = world(
        PRICE, ("KM2", "segment_price", "project:Q", 300, 300, 300, "USD/km"), *LOSING,
        seed=seed, level=float(rng.uniform(25, 45)), horizon=6, two=True, other=float(rng.uniform(10, 200)), ready=date(2025, 1, 20), spread=90, draws=60,
    )  # fmt: skip
    from dataclasses import replace

    from forecasting.readiness import DRAW_KEY, draw_key

    # The key by which draws are known stays when dates move.
    inputs = replace(inputs, projects=inputs.projects.with_columns(pl.Series(DRAW_KEY, [draw_key(row) for row in inputs.projects.iter_rows(named=True)])))  # fmt: skip
    basis, stated, projects = basis_of(inputs)
    made, _ = choices(basis, stated, POLICY, projects, {}, 1)
    assert {one.name for one in made.openings} == {"P", "Q"}
    frames, _ = upgrade_frames(basis, stated, POLICY, choices=made)
    totals = {}
    for chosen in product(*(range(one.never + 1) for one in made.openings)):
        story = inputs
        for one, option in zip(made.openings, chosen, strict=True):
            story = (
                never(story, one.segments[0])
                if option == one.never
                else later(story, one.name, one.delays_days[option])
            )
        built = sum(build.net_usd[option] for build, option in zip(made.builds, chosen, strict=True))
        totals[chosen] = orders_of(story) + lost_of(story) + built
    best = min(totals, key=lambda chosen: totals[chosen])
    opened = {
        row["segment_id"]: row
        for row in frames["upgrade"].filter(pl.col("option") == "new_segment").iter_rows(named=True)
    }
    from forecasting.schedule import together
    from forecasting.upgrades import _needs

    lines = [need.line for need in _needs(basis, stated, POLICY, made)[0]]
    found = together(lines, made.builds, made.charges, gap=1e-9)
    assert found.total_usd == pytest.approx(totals[best], rel=1e-6)
    assert totals[found.options] == pytest.approx(totals[best], rel=1e-6)
    assert set(opened) == {
        one.segments[0] for one, option in zip(made.openings, found.options, strict=True) if option != one.never
    }
    for number, one in enumerate(made.openings):
        row = frames["build_choice"].row(by_predicate=pl.col("build_id") == one.name, named=True)
        without = min(total for chosen, total in totals.items() if chosen[number] == one.never)
        # What is left out stands beside the plan with it as stated.
        left_out = found.options[number] == one.never
        there = min(total for chosen, total in totals.items() if (chosen[number] == 0 if left_out else chosen[number] != one.never))  # fmt: skip
        assert row["net_usd"] == pytest.approx(without - there, rel=1e-3, abs=1.0)
        assert row["verdict"] == ("build" if found.options[number] != one.never else "never")
