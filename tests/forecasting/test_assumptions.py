"""Stated ranges, observed values, and everything an assumption can't be."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.assumptions import Assumption, Assumptions, stratified
from tests.forecasting.planning_worlds import assumptions
from warehouse.errors import PlanError


@given(st.floats(-50, 50), st.floats(0, 30), st.floats(0, 30))
def test_low_value_and_high_are_met(low, more, most):
    one = Assumption("A", "x", "all", low, low + more, low + more + most, "")
    assert one.at(np.array([0.1, 0.5, 0.9])) == pytest.approx(
        [low, low + more, low + more + most], abs=1e-9
    )
    assert (np.diff(one.quantiles(50)) >= -1e-12).all()


def test_a_positive_range_never_turns_negative():
    assert Assumption("A", "lead_time", "all", 1, 5, 9, "month").at(1e-9) > 0


def test_the_narrowest_scope_wins_and_the_latest_statement_holds():
    rows = assumptions(
        ("A", "lead_time", "all", 1, 2, 3, "month"),
        ("B", "lead_time", "segment:S", 4, 5, 6, "month"),
    )
    later = rows.filter(assumption_id="B").with_columns(
        value=5.5, known_at=rows["known_at"].dt.offset_by("1y")[0]
    )
    stated = Assumptions.from_frame(rows.vstack(later.select(rows.columns)))
    assert stated.get("lead_time", "segment:S").value == 5.5
    assert stated.get("lead_time", "segment:T").assumption_id == "A"
    assert stated.get("price", "segment:T") is None


def test_weeks_and_years_become_months():
    assert Assumption("A", "lead_time", "all", 1, 2, 3, "year").in_months().value == 24
    assert Assumption("A", "lead_time", "all", 4, 8, 12, "week").in_months().value == pytest.approx(
        1.84, abs=0.01
    )


def test_three_observed_values_come_before_a_stated_range_of_their_scope():
    rows = [("A", "lead_time", "all", 1, 2, 3, "month")] + [
        (f"O{n}", "lead_time_observed", "all", n, n, n, "month") for n in (10, 20)
    ]
    assert Assumptions.from_frame(assumptions(*rows)).get("lead_time").value == 2
    rows.append(("O30", "lead_time_observed", "all", 2.5, 2.5, 2.5, "year"))
    found = Assumptions.from_frame(assumptions(*rows)).get("lead_time")
    assert found.observed == (10, 20, 30)
    assert (found.low, found.value, found.high) == (10, 20, 30)
    assert found.assumption_id == "O10;O20;O30"


@pytest.mark.parametrize(
    ("row", "message"),
    [
        (("A", "lead_time", "all", 3, 2, 4, "month"), "are not in order"),
        (("A", "lead_time", "all", -1, 2, 4, "month"), "it can't be negative"),
        (("A", "lead_time", "all", 1, 2, 4, "parsec"), "unit is 'parsec'"),
        (("A", "lead_time_observed", "all", -2, -2, -2, "month"), "it can't be negative"),
        (("A", "threshold", "all", 0.7, 0.8, 8, "ratio"), "a ratio above 1"),
        (("A", "market_entry", "entry:P/M", 0.5, 0.8, 1.2, "ratio"), "a ratio above 1"),
        (("A", "module_price", "module:0", 1, 2, 3, "USD"), "a module of 0 Gbit/s can't be"),
        (("A", "module_price", "module:big", 1, 2, 3, "USD"), "a module of big Gbit/s can't be"),
        (("A", "module_price", "module:100", 1, float("nan"), 3, "USD"), "must be numbers"),
        (("A", "cut_rate", "all", -1, 2, 3, "1/year"), "it can't be negative"),
    ],
)
def test_what_can_not_be_is_told(row, message):
    with pytest.raises(PlanError, match=message):
        Assumptions.from_frame(assumptions(row))


def test_the_same_thing_stated_twice_is_told():
    rows = (
        ("A", "lead_time", "all", 1, 2, 3, "month"),
        ("B", "lead_time", "all", 4, 5, 6, "month"),
    )
    with pytest.raises(PlanError, match="a second time, after A"):
        Assumptions.from_frame(assumptions(*rows))


def test_stratified_probabilities_fill_every_slice_once():
    found = np.sort(stratified(8, np.random.default_rng(1)))
    assert found == pytest.approx((np.arange(8) + 0.5) / 8)
