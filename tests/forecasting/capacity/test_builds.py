"""New segments in the cheapest plan: against whole plans of every build set and timing made apart,
and what is told of each.
"""

from dataclasses import replace
from datetime import date, timedelta
from itertools import product

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import sentence
from forecasting.assumptions import Assumptions
from forecasting.capacity.availability import failure_hours
from forecasting.capacity.basis import build_basis
from forecasting.capacity.builds import choices
from forecasting.capacity.integer_program import solve
from forecasting.capacity.money import bought_later, worth_at_end
from forecasting.capacity.plan import plan
from forecasting.capacity.readiness import DRAW_KEY, draw_key, slipped
from forecasting.capacity.schedule import Offer
from forecasting.capacity.upgrades import segment_needs, upgrade_frames
from forecasting.entry.market_entry import entered_markets, new_routes
from forecasting.spec import PlanningPolicy
from forecasting.stories.changes import PlanInputs, apply_scenario
from forecasting.stories.scenario import Scenario
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import (
    assumptions,
    capacity,
    cheapest,
    growing,
    no_coincidence,
    ring,
)
from warehouse.network.model import Network
from warehouse.reasons import reason_of

POLICY = PlanningPolicy()
MODULES = (
    ("P100", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"),
    ("E", "price_erosion", "all", 0.1, 0.1, 0.1, "ratio/year"),
    ("L", "lead_time", "all", 0, 0, 0, "month"),
    ("LIFE", "service_life", "all", 10, 10, 10, "year"),
)
PRICE = ("KM", "segment_price", "project:P", 1000, 1000, 1000, "USD/km")
LOSING = (
    ("REV", "transit_revenue", "all", 2, 2, 2, "USD/Mbps/month"),
    ("CUT", "cut_rate", "all", 2, 2, 2, "cuts/year"),
    ("FIX", "repair_time", "all", 24, 24, 24, "h"),
)


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
    """The ring with a planned diagonal AC, which takes the route A-C once it is there; with `two`,
    a diagonal BD, which is a backup of A-B.
    """
    frames = ring()
    rows = [("AC", "A", "C", 50.0)] + ([("BD", "B", "D", other)] if two else [])
    lines = pl.DataFrame(
        rows, schema=["segment_id", "a_node", "z_node", "length_km"], orient="row"
    ).with_columns(status=pl.lit("planned"))
    frames["segment"] = pl.concat(
        [
            frames["segment"].with_columns(length_km=pl.lit(100.0), status=pl.lit("in_service")),
            lines,
        ]
    )
    moved = frames["route_path"]
    new = [("A-C", 1, 1, "AC")]
    moved = moved.with_columns(
        rank=pl.when(pl.col("route_id") == "A-C").then(pl.col("rank") + 1).otherwise(pl.col("rank"))
    )
    if two:
        moved = moved.with_columns(
            rank=pl.when((pl.col("route_id") == "A-B") & (pl.col("rank") > 1))
            .then(pl.col("rank") + 1)
            .otherwise(pl.col("rank"))
        )
        new += [("A-B", 2, 1, "DA"), ("A-B", 2, 2, "BD")]
    way = pl.DataFrame(new, schema=["route_id", "rank", "seq", "segment_id"], orient="row")
    frames["route_path"] = pl.concat([way, moved.select(way.columns)], how="vertical_relaxed")
    network = Network.from_frames(frames)
    late = ready + timedelta(days=spread)
    projects = [
        ("P", "diagonal", "AC", status, ready, ready + timedelta(days=spread // 3), late, True)
    ]
    projects += (
        [("Q", "other", "BD", "planned", ready, ready, late + timedelta(days=31), True)]
        if two
        else []
    )
    frame = pl.DataFrame(
        projects,
        schema=[
            "project_id",
            "name",
            "segment_id",
            "status",
            "ready_low",
            "ready_likely",
            "ready_high",
            "assumed",
        ],
        orient="row",
    )
    lit = pl.concat([frames["capacity"], capacity(AC=400, **({"BD": 200} if two else {}))])
    return PlanInputs(
        growing(network, level=level, horizon=horizon, draws=draws, seed=seed),
        network,
        lit,
        no_coincidence(),
        assumptions(*MODULES, *stated),
        frame,
    )


def basis_of(inputs: PlanInputs):
    stated = Assumptions.from_frame(inputs.assumptions)
    projects, _ = slipped(inputs.projects, stated)
    return (
        build_basis(
            inputs.paths,
            inputs.network,
            capacity=inputs.capacity,
            coincidence=inputs.coincidence,
            projects=projects,
            today=TODAY,
            workers=1,
        ),
        stated,
        projects,
    )


def planned(inputs: PlanInputs, **more):
    entering = new_routes(
        inputs.demand or inputs.paths,
        inputs.network,
        assumptions=inputs.assumptions,
        projects=inputs.projects,
        today=TODAY,
    )
    return plan(
        inputs.paths,
        inputs.network,
        capacity=inputs.capacity,
        coincidence=inputs.coincidence,
        assumptions=inputs.assumptions,
        projects=inputs.projects,
        policy=POLICY,
        today=TODAY,
        workers=1,
        entered=entering.entered,
        **more,
    )


def orders_of(inputs: PlanInputs) -> float:
    """The cheapest modules of a plan in which nothing is left to choose, each segment alone."""
    basis, stated, _ = basis_of(inputs)
    total = 0.0
    price = stated.get("module_price", "module:100")
    years = (
        np.maximum(
            np.array(
                [period + 1 - basis.timeline.now for period in range(len(basis.timeline.periods))]
            ),
            0,
        )
        / 12
    )
    end = years[-1] + 1 / 12

    offer = Offer(
        "new_wave",
        100,
        bought_later(price.value, 0.12, 0.1, years),
        0,
        worth_at_end(price.value, 0.12, 0.1, years, end, 10.0),
    )
    for segment in sorted({name for name, _ in basis.loads.links}):
        rows = [row for row, (name, _) in enumerate(basis.loads.links) if name == segment]
        worst, size = basis.loads.worst[rows], basis.draws_gbps.shape[1]
        missing = worst / 0.8 - basis.lit_gbps[rows[0]][:, None]
        worst_so_far = np.maximum.accumulate(missing, axis=1)
        needed = np.sort(worst_so_far, axis=2)[:, :, int(np.ceil(0.8 * size)) - 1].max(axis=0)
        total += cheapest(needed, [offer]).cost_usd
    return total


def lost_of(inputs: PlanInputs) -> float:
    """What is lost, from the routings of a plan in which nothing is left to choose."""
    basis, stated, _ = basis_of(inputs)
    hours, _ = failure_hours(basis.network, stated)
    volume = basis.draws_gbps.mean(axis=(1, 2))
    total = 0.0
    for route in {name for name, _ in basis.series}:
        number = max(
            (row for row, (name, _) in enumerate(basis.series) if name == route),
            key=lambda row: volume[row],
        )
        for version, routing in enumerate(basis.routings):
            share = sum(
                state.lost[number] * hours.get(name, 0) / 8760
                for state in routing.states
                for name in (state.failure_id, *state.also)
            )
            for period, day in enumerate(basis.timeline.periods):
                held = basis.versions.index[:, period] == version
                years = max((day - TODAY).days, 0) / 365.25
                total += (
                    float((basis.draws_gbps[number, held, period]).sum())
                    / held.size
                    * share
                    * 2
                    * 1000
                    / 1.12**years
                )
    return total


def never(inputs: PlanInputs, segment: str) -> PlanInputs:
    return apply_scenario(
        Scenario("never", "never", changes=(("segment", {"segment": segment, "never": True}),)),
        inputs,
    )


def later(inputs: PlanInputs, project: str, days: float) -> PlanInputs:
    moved = [
        (pl.col(name) + pl.duration(days=int(days))).alias(name)
        for name in ("ready_low", "ready_likely", "ready_high")
    ]
    mine = pl.col("project_id") == project
    frames = [inputs.projects.filter(~mine), inputs.projects.filter(mine).with_columns(moved)]

    return replace(inputs, projects=pl.concat(frames).sort("project_id"))


@pytest.mark.parametrize(("seed", "opened"), [(0, ""), (2, "PQ"), (3, "P"), (4, "P"), (10, "PQ")])
def test_the_plan_is_the_cheapest_of_all_build_sets_and_timings(seed, opened):
    """Each set and timing is simulated as a plan of its own, through the projects' dates; slips
    stay as they are.
    """
    rng = np.random.default_rng(seed)
    price, other = ([float(rng.uniform(*ends))] * 3 for ends in ((20, 1200), (5, 300)))
    inputs = world(
        ("KM", "segment_price", "project:P", *price, "USD/km"),
        ("KM2", "segment_price", "project:Q", *other, "USD/km"),
        *LOSING,
        seed=seed,
        level=float(rng.uniform(24, 36)),
        horizon=6,
        two=True,
        other=float(rng.uniform(10, 100)),
        ready=date(2025, 1, 20),
        spread=90,
        draws=60,
    )
    # The key by which draws are known stays when dates move.
    inputs = replace(
        inputs,
        projects=inputs.projects.with_columns(
            pl.Series(DRAW_KEY, [draw_key(row) for row in inputs.projects.iter_rows(named=True)])
        ),
    )
    basis, stated, projects = basis_of(inputs)
    made, _ = choices(basis, stated, POLICY, projects, {}, 1)
    assert {opening.name for opening in made.openings} == {"P", "Q"}
    frames, _ = upgrade_frames(basis, stated, POLICY, choices=made)
    totals = {}
    for chosen in product(*(range(opening.never + 1) for opening in made.openings)):
        story = inputs
        for one, option in zip(made.openings, chosen, strict=True):
            story = (
                never(story, one.segments[0])
                if option == one.never
                else later(story, one.name, one.delays_days[option])
            )
        built = sum(
            build.net_usd[option] for build, option in zip(made.builds, chosen, strict=True)
        )
        totals[chosen] = orders_of(story) + lost_of(story) + built
    best = min(totals, key=lambda chosen: totals[chosen])
    orders = frames["upgrade"].filter(pl.col("option") == "new_segment")
    assert sorted(orders["segment_id"]) == sorted({"P": "AC", "Q": "BD"}[name] for name in opened)
    lines = [need.line for need in segment_needs(basis, stated, POLICY, made)[0]]
    found = solve(lines, made.builds, made.charges, gap=1e-9)
    assert found.total_usd == pytest.approx(totals[best], rel=1e-6)
    assert totals[found.options] == pytest.approx(totals[best], rel=1e-6)
    for number, one in enumerate(made.openings):
        row = frames["build_choice"].row(by_predicate=pl.col("build_id") == one.name, named=True)
        without = min(total for chosen, total in totals.items() if chosen[number] == one.never)
        # What is left out stands beside the plan with it as stated.
        left_out = found.options[number] == one.never
        there = min(
            total
            for chosen, total in totals.items()
            if (chosen[number] == 0 if left_out else chosen[number] != one.never)
        )
        assert row["net_usd"] == pytest.approx(without - there, rel=1e-3, abs=1.0)
        assert row["verdict"] == ("build" if found.options[number] != one.never else "never")


def row_of(inputs: PlanInputs, build: str = "P", **more) -> dict:
    return planned(inputs, **more).build_choice.row(
        by_predicate=pl.col("build_id") == build, named=True
    )


def test_as_stated_the_sets_give_the_loads_of_the_plan():
    basis, stated, projects = basis_of(world(PRICE, spread=120, ready=date(2025, 3, 1), two=True))
    made, _ = choices(basis, stated, POLICY, projects, {}, 1)
    assert set(made.sets.worst) >= {"AC", "BC", "BD"}
    for segment in made.sets.worst:
        rows = [row for row, (name, _) in enumerate(basis.loads.links) if name == segment]
        assert (made.sets.at(segment, (0, 0)) == basis.loads.worst[rows]).all(), segment


def test_what_is_under_construction_comes_as_stated_and_costs_no_budget():
    row = row_of(
        world(
            ("KM", "segment_price", "project:P", 1e6, 1e6, 1e6, "USD/km"),
            status="under_construction",
        )
    )
    assert row["verdict"] == "committed"
    assert row["net_usd"] < 0
    assert row["opens_on"] == row["stated_on"] == date(2025, 6, 1)
    made = planned(world(PRICE, status="under_construction"), budget_usd=1e5)
    assert made.upgrade.filter(pl.col("option") == "new_segment").is_empty()


def test_a_build_without_a_price_is_not_weighed():
    row = row_of(world())
    assert row["verdict"] == "not_weighed"
    assert row["net_usd"] is None
    assert row["build_cost_usd"] is None
    assert "No assumption named segment_price" in sentence(reason_of(row))


def test_a_cheap_build_is_opened_and_a_dear_one_left_out():
    cheap = planned(world(("KM", "segment_price", "project:P", 1, 1, 1, "USD/km"), level=30.0))
    row = cheap.build_choice.row(0, named=True)
    assert row["verdict"] == "build"
    assert row["net_usd"] > 0
    order = cheap.upgrade.filter(pl.col("option") == "new_segment").row(0, named=True)
    assert (order["segment_id"], order["cost_usd"], order["module_gbps"]) == ("AC", 50.0, 400.0)
    assert order["ready_by"] == row["opens_on"].replace(day=1)
    assert "A part of P" in sentence(reason_of(order))
    dear = planned(world(("KM", "segment_price", "project:P", 1e9, 1e9, 1e9, "USD/km"), level=30.0))
    assert dear.build_choice["verdict"].to_list() == ["never"]
    assert dear.build_choice["opens_on"].to_list() == [None]
    assert dear.upgrade.filter(pl.col("option") == "new_segment").is_empty()
    assert dear.upgrade["present_value_usd"].sum() > cheap.upgrade["present_value_usd"].sum()


def test_a_build_after_the_horizon_is_named_and_not_weighed():
    made = planned(world(PRICE, ready=date(2030, 1, 1)))
    assert made.build_choice.is_empty()
    assert ("build_not_weighed", "P") in set(made.plan_note.select("topic", "subject").iter_rows())


def test_lost_traffic_counts_only_where_its_revenue_is_stated():
    # Without the diagonal the shared trench of AB and DA cuts A off.
    told, silent = row_of(world(PRICE, *LOSING)), row_of(world(PRICE))
    assert told["lost_without_usd"] >= told["lost_with_usd"] >= 0
    assert silent["lost_with_usd"] is silent["lost_without_usd"] is None


ENTERING = (
    ("IN", "market_entry", "entry:P/A-C", 0.5, 0.5, 0.5, "ratio"),
    ("OLDP", "alternative_price", "alternative:P/AB", 3, 3, 3, "USD/Mbps/month"),
    ("OLDS", "alternative_share", "alternative:P/AB", 1, 1, 1, "ratio"),
    ("NEWP", "new_route_price", "project:P", 2, 2, 2, "USD/Mbps/month"),
    ("BP", "logit_price", "all", 1, 1, 1, "1/USD"),
    ("BT", "logit_rtt", "all", 0.05, 0.05, 0.05, "1/ms"),
    ("P0", "bass_p", "all", 0.5, 0.5, 0.5, "1/year"),
    ("Q0", "bass_q", "all", 0.5, 0.5, 0.5, "1/year"),
    ("REF", "reference_class_ratio", "all", 1, 1, 1, "ratio"),
)


def test_what_a_build_sells_is_its_price_times_what_it_carries_less_what_its_own_incumbents_lose():
    inputs = world(PRICE, *ENTERING, ready=date(2025, 2, 1), level=20.0)
    routes = {
        name: replace(route, market="A-C" if name == "A-C" else "x")
        for name, route in inputs.network.routes.items()
    }
    inputs = replace(inputs, network=replace(inputs.network, routes=routes))
    alone = row_of(inputs)
    _, stated, projects = basis_of(inputs)
    entered, _ = entered_markets(inputs.paths, inputs.network, stated, projects, TODAY, 0)
    new = entered["P", "A-C"].ways_gbps[-1]
    years = np.array([(day - TODAY).days / 365.25 for day in inputs.paths.periods])
    by_hand = np.quantile(
        (new * 2 * 1000 / 1.12**years).sum(axis=1), [0.1, 0.5, 0.9], method="inverted_cdf"
    )
    assert [
        alone["earned_low_usd"],
        alone["earned_usd"],
        alone["earned_high_usd"],
    ] == pytest.approx(by_hand.tolist())
    assert alone["own_loss_usd"] == 0
    owned = {
        name: replace(line, operators=frozenset({"Tel"})) if name in ("AC", "AB") else line
        for name, line in inputs.network.segments.items()
    }
    shared = row_of(replace(inputs, network=replace(inputs.network, segments=owned)))
    assert shared["own_loss_usd"] > 0
    assert shared["earned_usd"] < alone["earned_usd"]
    assert "AB of the same owner" in sentence(reason_of(shared))
    without = row_of(world(PRICE))
    assert without["earned_usd"] is None
    assert "no assumption named market_entry" in sentence(reason_of(without))
