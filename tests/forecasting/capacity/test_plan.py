"""From route paths to dates, orders and reasons."""

import json
import math
from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.steps.sentences import sentence, with_sentences
from forecasting.capacity.plan import plan
from forecasting.capacity.runout import first_passage, order_statistic
from forecasting.series import Paths
from forecasting.spec import PlanningPolicy
from tests.forecasting.planning_worlds import (
    assumptions,
    capacity,
    growing,
    no_coincidence,
    no_projects,
    one_line,
    paths,
    ring,
)
from tests.shared import SHARED, needs_shared
from warehouse.errors import PlanError
from warehouse.network.model import Network
from warehouse.reasons import reason_of
from warehouse.schema import ORDER_PLAN, PLAN_NOTE, RUNOUT, RUNOUT_PROBABILITY, SEGMENT_LOAD, check

TOY = np.array(
    [
        [60, 66, 71, 69, 74, 78],
        [62, 68, 72, 75, 79, 83],
        [58, 60, 63, 66, 69, 72],
        [55, 56, 57, 58, 59, 60.0],
    ]
)
TOY_LEAD = assumptions(("LT", "lead_time", "all", 3, 3, 3, "month"))
TODAY = date(2024, 12, 1)


def make(draws, frames=None, *, stated=TOY_LEAD, today=TODAY, policy=None, lit=None, **more):
    frames = frames or one_line(87.5)
    return plan(
        draws,
        Network.from_frames(frames),
        capacity=lit if lit is not None else frames["capacity"],
        coincidence=more.pop("coincidence", no_coincidence()),
        assumptions=stated,
        projects=more.pop("projects", no_projects()),
        policy=policy or PlanningPolicy(),
        today=today,
        **more,
    )


def toy():
    return paths({("R", "out"): TOY, ("R", "in"): TOY / 10})


def test_toy_runout_dates_and_probabilities():
    made = make(toy())
    row = made.runout.row(
        by_predicate=(pl.col("direction") == "az") & (pl.col("date_kind") == "policy"), named=True
    )
    assert (row["t10"], row["t50"], row["t90"]) == (date(2025, 3, 1), date(2025, 3, 1), None)
    assert row["last_target"] == date(2025, 6, 1)
    assert row["probability_by_last"] == 0.75
    assert row["monte_carlo_se"] == pytest.approx(math.sqrt(0.75 * 0.25 / 4))
    share = made.runout_probability.filter(direction="az", date_kind="policy")[
        "probability"
    ].to_list()
    assert share == [0, 0, 0.5, 0.5, 0.5, 0.75]


def test_sustained_months():
    made = make(toy(), policy=PlanningPolicy(sustained_periods=2))
    share = made.runout_probability.filter(direction="az", date_kind="policy")[
        "probability"
    ].to_list()
    assert share == [0, 0, 0.25, 0.25, 0.5, 0.5]


def test_order_date_is_the_last_one_within_the_risk():
    made = make(toy())
    order = made.order_plan.row(0, named=True)
    # A path runs out in month 3 and the lead time is 3 months: month 0 is December 2024.
    assert order["order_by"] == date(2024, 12, 1)
    assert order["overdue_months"] == 0
    assert order["ready_by"] == date(2025, 3, 1)
    assert "Ordered" not in sentence(reason_of(order))
    late = make(toy(), today=date(2025, 2, 1)).order_plan.row(0, named=True)
    assert late["order_by"] == date(2024, 12, 1)
    assert late["overdue_months"] == pytest.approx(2)
    assert late["p_late_now_ratio"] == 0.5
    assert "2.0 months ago" in sentence(reason_of(late))


def test_lead_times_of_past_projects_are_a_distribution_of_their_own():
    observed = assumptions(
        *(
            (f"L{months}", "lead_time_observed", "all", months, months, months, "month")
            for months in (2, 3, 4)
        )
    )
    for alpha, day in ((0.2, date(2024, 12, 1)), (0.1, date(2024, 11, 1))):
        order = make(
            toy(), stated=observed, policy=PlanningPolicy(risk_alpha_ratio=alpha)
        ).order_plan.row(0, named=True)
        assert order["order_by"] == day
        assert order["p_late_now_ratio"] == pytest.approx(1 / 6)
        assert order["overdue_months"] == pytest.approx((TODAY - day).days / 30)
    assert "L2;L3;L4" in sentence(reason_of(order))
    assert "1.0 months ago" in sentence(reason_of(order))


def test_without_a_lead_time_there_is_no_date_and_the_reason_says_so():
    made = make(toy(), stated=assumptions())
    order = made.order_plan.row(0, named=True)
    assert order["order_by"] is None
    assert order["modules"] == 1
    assert "no assumption states a lead time" in sentence(reason_of(order))
    assert {"missing_lead_time", "missing_price"} <= set(made.plan_note["topic"])


def test_beyond_the_design_the_new_line_system_is_priced_once():
    frames = one_line(60.0)
    frames["segment"] = frames["segment"].with_columns(length_km=pl.lit(10.0))
    lit = frames["capacity"].with_columns(design_gbps=pl.lit(100.0))
    prices = (
        ("P", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"),
        ("LEAD", "lead_time", "option:new_line_system", 9, 9, 9, "month"),
        ("WAVE", "lead_time", "option:new_wave", 1, 1, 1, "month"),
    )
    draws = paths({("R", "out"): np.tile(np.linspace(40, 200, 24), (10, 1))})
    system = ("SYS", "line_system_price", "all", 7000, 7000, 7000, "USD/km")
    made = make(draws, frames, lit=lit, stated=assumptions(*prices, system))
    assert made.order_plan["option"].to_list() == ["new_line_system", "new_wave"]
    assert made.order_plan["cost_usd"].to_list() == [130_000, 60_000]
    assert made.order_plan["lead_time_likely_months"].to_list() == [9, 1]
    assert "on a new line system" in with_sentences(made.order_plan)["reason"][0]
    without = make(draws, frames, lit=lit, stated=assumptions(*prices))
    assert without.order_plan["cost_usd"].to_list() == [None, 60_000]
    assert ("missing_price", "segment:S") in without.plan_note.select("topic", "subject").rows()


def test_frames_keep_the_contract():
    made = make(growing(Network.from_frames(ring())), ring())
    for frame, schema in (
        (made.segment_load, SEGMENT_LOAD),
        (made.runout, RUNOUT),
        (made.runout_probability, RUNOUT_PROBABILITY),
        (made.order_plan, ORDER_PLAN),
        (made.plan_note, PLAN_NOTE),
    ):
        assert check(frame, schema).equals(frame)
    assert made.order_plan["segment_id"].n_unique() == 4
    assert set(made.segment_load["failure_id"]) == {"none", "worst"}


def test_same_inputs_same_plan_on_any_number_of_workers():
    draws = growing(Network.from_frames(ring()), draws=500)
    one, two = make(draws, ring(), workers=1), make(draws, ring(), workers=4)
    for name, frame in one.frames().items():
        assert frame.equals(two.frames()[name]), name


def test_weeks_turn_lead_times_in_months_into_weeks():
    made = make(paths({("R", "out"): TOY}, start=date(2025, 1, 6), grain="week"))
    order = made.order_plan.row(0, named=True)
    assert order["order_by"] == date(2025, 1, 20).fromordinal(date(2025, 1, 20).toordinal() - 92)


def test_capacity_that_comes_too_late_is_told():
    with pytest.raises(
        PlanError,
        match="segment S: carries traffic in 2025-01, but its first capacity holds from 2026-01-01",
    ):
        make(toy(), lit=capacity(S=87.5).with_columns(valid_from=pl.lit(date(2026, 1, 1))))


def test_bad_assumptions_are_gathered():
    with pytest.raises(PlanError) as caught:
        make(
            toy(),
            stated=assumptions(
                ("M0", "module_price", "module:0", 1, 2, 3, "USD"),
                ("L1", "lead_time", "all", -1, 2, 3, "month"),
                ("L2", "lead_time", "segment:S", 5, 4, 6, "furlong"),
                ("P", "price_erosion", "all", 0.1, 0.3, 30, "ratio"),
            ),
        )
    text = str(caught.value)
    for part in (
        "can't be negative",
        "are not in order",
        "'furlong'",
        "a ratio above 1",
        "a module of 0 Gbit/s can't be",
    ):
        assert part in text


def test_pairs_make_the_worst_case_worse():
    frames = ring()
    draws = growing(Network.from_frames(frames), level=25)
    single, double = make(draws, frames), make(draws, frames, pairs=True)
    joined = single.runout.join(
        double.runout, on=["segment_id", "direction", "date_kind"], suffix="_pairs"
    )
    assert (joined["probability_by_last_pairs"] >= joined["probability_by_last"]).all()
    assert set(double.lost_traffic["failure_id"]) > set(single.lost_traffic["failure_id"])


@needs_shared
def test_uncertain_growth_spreads_the_runout():
    oracle = json.loads((SHARED / "oracles" / "planning.json").read_text())
    rng = np.random.default_rng(5)
    steps, draws = 120, 20_000
    noise = rng.standard_normal((draws, steps)) * 0.15 * math.sqrt(1 / 12)
    for spread, name in (
        (0.0, "G3_runout_months_q10_50_90_smu0.0"),
        (0.08, "G3_runout_months_q10_50_90_smu0.08"),
    ):
        growth = math.log(1.3) + spread * rng.standard_normal((draws, 1))
        loads = 40 * np.exp(np.cumsum(growth / 12 + noise, axis=1))
        passages = first_passage(loads, np.array(70.0))
        assert [order_statistic(passages, level) for level in (0.1, 0.5, 0.9)] == pytest.approx(
            oracle[name], abs=1
        )


@given(st.floats(1.0, 1.6), st.floats(0.0, 60.0), st.floats(0.0, 0.2))
@settings(max_examples=8, deadline=None)
def test_laws_of_traffic_capacity_and_threshold(more, lit, theta):
    frames = ring()
    network = Network.from_frames(frames)
    draws = growing(network, level=25, draws=60)
    base = make(draws, frames)
    busier = Paths(draws.grain, draws.keys, draws.periods, draws.draws_gbps * more)
    wider = frames["capacity"].with_columns(lit_gbps=pl.col("lit_gbps") + lit)
    for other, sign in (
        (make(busier, frames), 1),
        (make(draws, frames, lit=wider), -1),
        (make(draws, frames, policy=PlanningPolicy(threshold_ratio=0.8 + theta)), -1),
    ):
        joined = base.runout_probability.join(
            other.runout_probability,
            on=["segment_id", "direction", "date_kind", "target_start"],
            suffix="_other",
        )
        assert (sign * (joined["probability_other"] - joined["probability"]) >= -1e-12).all()
        modules = [
            frame.order_plan.group_by("segment_id")
            .agg(pl.col("modules").sum())
            .sort("segment_id")["modules"]
            for frame in (base, other)
        ]
        assert (sign * (modules[1] - modules[0]) >= 0).all()
