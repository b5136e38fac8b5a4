"""What an order costs today, and what nothing can be ready before."""

from datetime import date

import numpy as np
import pytest

from forecasting.capacity.schedule import Offer, System
from forecasting.spec import PlanningPolicy
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.capacity.test_plan import make as make_plan
from tests.forecasting.capacity.test_upgrades import PRICES, rising
from tests.forecasting.capacity.test_upgrades import make as make_upgrades
from tests.forecasting.planning_worlds import assumptions, cheapest, one_line, paths


def test_the_present_value_of_an_order_is_discounted_by_whole_powers():
    """Needed 25 months from now; a price is discounted by (1 + r)^years."""
    levels = np.where(np.arange(36) < 24, 50.0, 90.0)
    stated = assumptions(
        ("LT", "lead_time", "all", 3, 3, 3, "month"),
        ("P", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"),
        ("E", "price_erosion", "all", 0.15, 0.15, 0.15, "ratio/year"),
    )
    for rate in (0.0, 0.12, 0.3):
        policy = PlanningPolicy(discount_rate_ratio=rate)
        made = make_plan(
            paths({("R", "out"): np.tile(levels, (4, 1))}),
            one_line(100),
            stated=stated,
            policy=policy,
        )
        (row,) = made.order_plan.iter_rows(named=True)
        assert row["ready_by"] == date(2027, 1, 1)
        years = 25 / 12
        assert row["cost_usd"] == 60_000
        expected = 60_000 * (0.85 / (1 + rate)) ** years
        assert row["present_value_usd"] == pytest.approx(expected, rel=1e-9)


def test_nothing_of_the_schedule_is_ready_before_its_lead_time_allows():
    """Over the threshold from the first month; ordered today, five months are the earliest."""
    assert date(2024, 12, 1) == TODAY
    stated = [row for row in PRICES if row[1] != "lead_time"]
    stated.append(("L", "lead_time", "all", 5, 5, 5, "month"))
    frame, notes = make_upgrades(rising([100.0] * 12), one_line(100), *stated)
    assert frame["ready_by"].to_list() == [date(2025, 5, 1)]
    short = [note for note in notes if note.topic == "short_until"]
    assert [note.subject for note in short] == ["S"]


def test_a_new_line_system_starts_no_earlier_than_it_can_be_built():
    offers = [Offer("new_wave", 100, np.ones(4), 0)]
    system = System(np.ones(4), 2)
    plan = cheapest(np.full(4, 50.0), offers, room_gbps=80, system=system)
    assert plan.system_period == 2
    assert plan.starts.tolist() == [[0, 0, 1, 0]]
    assert plan.short_gbps.tolist() == [50, 50, 0, 0]


def test_a_cheap_offer_does_not_start_before_its_own_lead_time_is_over():
    """A dear offer can be ready at once, a cheap one in two periods: what is needed now is dear."""
    dear, cheap = Offer("leased", 100, np.full(4, 9.0), 0), Offer("new_wave", 100, np.ones(4), 2)
    plan = cheapest(np.full(4, 50.0), [dear, cheap])
    assert plan.starts.tolist() == [[1, 0, 0, 0], [0, 0, 0, 0]]
    assert plan.cost_usd == pytest.approx(9.0)
    assert plan.short_gbps.max() == 0
