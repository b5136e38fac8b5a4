"""The cheapest schedule against complete enumeration, and what a budget buys."""

from itertools import product

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.steps.sentences import sentence, with_sentences
from forecasting.assumptions import Assumptions
from forecasting.capacity.basis import build_basis
from forecasting.capacity.money import bought_later, worth_at_end
from forecasting.capacity.schedule import Offer, System
from forecasting.capacity.upgrades import budget_reason, upgrade_frames
from forecasting.spec import PlanningPolicy
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import (
    assumptions,
    capacity,
    cheapest,
    growing,
    no_coincidence,
    no_projects,
    one_line,
    paths,
    ring,
)
from warehouse.errors import PlanError
from warehouse.network.model import Network

PRICES = (
    ("P100", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"),
    ("P400", "module_price", "module:400", 90_000, 90_000, 90_000, "USD"),
    ("E", "price_erosion", "all", 0.15, 0.15, 0.15, "ratio/year"),
    ("L", "lead_time", "all", 0, 0, 0, "month"),
)


def test_two_orders_in_stages():
    cost = bought_later(200_000.0, 0.12, 0.15, np.arange(4.0))
    plan = cheapest(np.array([100, 100, 200, 200.0]), [Offer("new_wave", 100, cost, 0)])
    assert plan.starts.tolist() == [[1, 0, 1, 0]]
    assert plan.cost_usd == pytest.approx(315194.51530612)


@given(
    st.lists(st.floats(0, 40), min_size=1, max_size=3),
    st.floats(1, 9),
    st.floats(1, 30),
    st.floats(0.7, 1.2),
    st.integers(0, 2),
    st.floats(0, 60),
    st.one_of(st.none(), st.floats(0, 20)),
)
@settings(max_examples=50, deadline=None)
def test_the_cheapest_schedule_is_the_best_of_all(
    need, small, large, trend, first, room, system_price
):
    need = np.maximum.accumulate(np.array(need))
    horizon = len(need)
    costs = np.array([[small], [large]]) * trend ** np.arange(horizon)
    offers = [Offer("new_wave", 10, costs[0], first), Offer("new_wave", 40, costs[1], 0)]
    system = None if system_price is None else System(np.full(horizon, system_price), 0)
    plan = cheapest(need, offers, room_gbps=room, system=system)
    best = np.inf
    for small_starts in product(range(5), repeat=horizon):
        if any(small_starts[:first]):
            continue
        for large_starts in product(range(2), repeat=horizon):
            starts = np.array([small_starts, large_starts])
            have = np.cumsum(np.array([10, 40]) @ starts)
            if (have < need - 1e-6).any() or (have[-1] > room + 1e-9 and system is None):
                continue
            best = min(
                best,
                float((starts * costs).sum()) + (system_price if have[-1] > room + 1e-9 else 0.0),
            )
    if np.isfinite(best):
        assert plan.short_gbps.max() <= 1e-6
        assert plan.cost_usd <= best * (1 + 1e-3) + 1e-6
    have = np.cumsum(np.array([10, 40]) @ plan.starts)
    assert (have + plan.short_gbps >= need - 1e-6).all()
    assert plan.system_period is not None or have[-1] <= room + 1e-6


def test_nothing_fits_where_there_is_no_room_and_no_system():
    plan = cheapest(np.array([50.0, 50]), [Offer("new_wave", 100, np.ones(2), 0)], room_gbps=80)
    assert plan.starts.sum() == 0
    assert plan.short_gbps.tolist() == [50, 50]


def test_what_is_needed_before_it_can_be_ready_is_short():
    plan = cheapest(np.array([50.0, 50, 50]), [Offer("new_wave", 100, np.ones(3), 2)])
    assert plan.starts.tolist() == [[0, 0, 1]]
    assert plan.short_gbps.tolist() == [50, 50, 0]


def test_a_module_of_no_size_is_told():
    with pytest.raises(PlanError, match="module of 0 Gbit/s: its size must be above 0"):
        cheapest(np.array([50.0]), [Offer("new_wave", 0, np.ones(1), 0)])


def make(draws, frames, *stated, budget=None, lit=None):
    basis = build_basis(
        draws,
        Network.from_frames(frames),
        capacity=lit if lit is not None else frames["capacity"],
        coincidence=no_coincidence(),
        projects=no_projects(),
        today=TODAY,
    )
    frames, notes = upgrade_frames(
        basis, Assumptions.from_frame(assumptions(*stated)), PlanningPolicy(), budget_usd=budget
    )
    return frames["upgrade"], notes


def rising(levels):
    return paths({("R", "out"): np.tile(np.array(levels, dtype=float), (4, 1))})


def test_one_large_module_beats_two_small_ones_where_it_is_cheaper():
    frame, notes = make(rising([100, 140, 200, 320]), one_line(100), *PRICES)
    assert frame.select("module_gbps", "modules", "ready_by").rows() == [
        (400.0, 1, frame["ready_by"][0])
    ]
    assert frame["ready_by"][0].isoformat() == "2025-01-01"
    assert "would cost" in with_sentences(frame)["reason"][0]
    assert not notes


def test_a_short_need_is_leased():
    stated = (*PRICES, ("LS", "lease_price", "module:100", 9000, 9000, 9000, "USD/month"))
    frame, _ = make(rising([50, 50, 50, 100]), one_line(100), *stated)
    assert frame["option"].to_list() == ["leased"]
    assert frame["cost_usd"][0] == 9000, "one month of it is left"
    assert frame["present_value_usd"][0] < 9000


def test_beyond_the_design_a_new_line_system_is_part_of_the_order():
    frames = one_line(100)
    frames["segment"] = frames["segment"].with_columns(length_km=pl.lit(10.0))
    lit = capacity(S=100).with_columns(design_gbps=pl.lit(150.0))
    frame, _ = make(
        rising([100, 100, 140]),
        frames,
        *PRICES,
        ("LSYS", "line_system_price", "all", 7000, 7000, 7000, "USD/km"),
        lit=lit,
    )
    assert frame["option"].to_list() == ["new_line_system"]
    assert frame["cost_usd"][0] > 70_000
    frame, notes = make(rising([100, 100, 140]), frames, *PRICES, lit=lit)
    assert frame.height == 0
    assert any("designed for 150" in sentence(note.reason) for note in notes)


def test_missing_prices_leave_the_schedule_out_and_say_so():
    frame, notes = make(rising([100, 140, 200]), one_line(100))
    assert frame.height == 0
    assert ("missing_price", "module_price") in {note[:2] for note in notes}


def test_a_budget_says_what_is_bought_first_and_what_risk_remains():
    frames = ring()
    draws = growing(Network.from_frames(frames), level=40.0)
    everything, _ = make(draws, frames, *PRICES)
    assert everything["funded"].all()
    assert sorted(everything["priority"]) == list(range(1, everything.height + 1))
    half, _ = make(draws, frames, *PRICES, budget=float(everything["cost_usd"].sum()) / 2)
    bought = half.filter("funded")
    assert 0 < bought.height < half.height
    assert bought["cost_usd"].sum() <= everything["cost_usd"].sum() / 2
    assert bought["priority"].max() == bought.height
    words = sentence(budget_reason(half, float(everything["cost_usd"].sum()) / 2))
    assert f"buy {bought.height} of {half.height} orders" in words
    assert half.filter(~pl.col("funded"))["segment_id"][0] in words
    assert "Nothing waits." in sentence(budget_reason(everything, 1e9))
    assert "nothing to buy" in sentence(budget_reason(everything.head(0), 1e9))
    assert all(
        "risk of running out" in text
        for text in with_sentences(half.filter(~pl.col("funded")))["reason"]
    )


def test_what_is_left_at_the_end_counts_for_what_is_bought():
    lease = ("LS", "lease_price", "module:100", 9000, 9000, 9000, "USD/month")
    price = (
        ("P100", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"),
        ("L", "lead_time", "all", 0, 0, 0, "month"),
    )
    draws = rising([100, 100, 100, 100, 100, 100])
    frame, notes = make(draws, one_line(100), *price, lease)
    assert frame["option"].to_list() == ["leased"]
    assert ("missing_life", "service_life") in {note[:2] for note in notes}
    frame, notes = make(
        draws, one_line(100), *price, lease, ("SL", "service_life", "all", 10, 10, 10, "year")
    )
    # Six months of lease cost 54,000; of the 60,000 a module costs, nine and a half years of ten
    # are still ahead.
    assert frame["option"].to_list() == ["new_wave"]
    assert frame["cost_usd"].to_list() == [60_000]
    assert "net of residual value" in with_sentences(frame)["reason"][0]
    assert "SL" in with_sentences(frame)["reason"][0]
    assert not {note[0] for note in notes} & {"missing_life"}


def test_worth_at_the_end():
    # Bought now at 100, 5 of 10 years later, prices falling 10 % a year, money at 12 %.
    assert worth_at_end(100.0, 0.12, 0.10, 0.0, 5.0, 10.0) == pytest.approx(
        100 * 0.9**5 / 1.12**5 / 2
    )
    assert worth_at_end(100.0, 0.12, 0.10, 0.0, 12.0, 10.0) == 0
    assert worth_at_end(100.0, 0.0, 0.0, np.array([0.0, 5.0]), 5.0, 10.0).tolist() == [50, 100]
