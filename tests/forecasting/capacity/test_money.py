"""Worked examples of money, and the laws they obey."""

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.assumptions import Assumption
from forecasting.capacity.money import (
    bought_later,
    break_even_erosion,
    deferral_value,
    iru_present_value,
    lease_present_value,
    price_after,
    revenue_at_risk,
    spread,
    transit_bill,
    worth_at_end,
)


def test_right_of_use_against_lease():
    iru = iru_present_value(600_000, 0.03, 15, 0.12)
    assert iru == pytest.approx(722595.56081037)
    assert lease_present_value(9000, 15, 0.12, 0.10) == pytest.approx(472443.28033362)
    assert lease_present_value(9000, 15, 0.12) == pytest.approx(735573.36486222)
    even = break_even_erosion(float(iru), 9000, 15, 0.12)
    assert 0 < even < 0.10
    assert lease_present_value(9000, 15, 0.12, even) == pytest.approx(iru)
    assert math.isnan(break_even_erosion(1e12, 9000, 15, 0.12))


def test_deferral_and_stages():
    assert deferral_value(1_000_000, 0.12, 0.15) == pytest.approx(241071.42857143)
    assert 200_000 + bought_later(200_000, 0.12, 0.15, 2) == pytest.approx(315194.51530612)
    assert price_after(1.20, 0.14, 2) == pytest.approx(0.88752)


def test_transit_bill_and_revenue_at_risk():
    assert transit_bill(10, 12.4, 1.20) == pytest.approx(14880)
    assert transit_bill(10, 12.4, 1.20, 1.50) == pytest.approx(15600)
    assert transit_bill(10, 7, 1.20, 1.50) == pytest.approx(12000)
    assert revenue_at_risk(3, 4, 2.5) == pytest.approx(30000)


def test_what_is_left_at_the_end_is_the_price_of_then_by_the_life_ahead():
    left = worth_at_end(100, 0.1, 0.2, bought_years=1, end_years=3, life_years=4)
    assert left == pytest.approx(100 * 0.8**3 / 1.1**3 / 2)
    assert worth_at_end(100, 0.1, 0.2, bought_years=1, end_years=5, life_years=4) == 0


def test_spread_of_a_product():
    stated = {
        "price": Assumption("P", "p", "all", 80, 100, 125, "USD"),
        "count": Assumption("C", "c", "all", 2, 2, 2, ""),
    }
    low, middle, high = spread(lambda price, count: price * count, stated, seed=1)
    assert (low, middle, high) == pytest.approx((160, 200, 250), rel=0.01)


@given(st.floats(0.01, 0.4), st.floats(0.0, 0.5), st.floats(0.1, 10))
def test_waiting_saves_the_more_the_faster_prices_fall(rate, erosion, years):
    saved = deferral_value(1000.0, rate, erosion, years)
    assert 0 < saved < 1000
    assert deferral_value(1000.0, rate, erosion + 0.1, years) > saved
    assert deferral_value(1000.0, rate + 0.1, erosion, years) > saved


@given(st.floats(1e4, 1e6), st.floats(0, 0.1), st.integers(1, 25), st.floats(0.01, 0.3))
def test_break_even_lies_where_both_cost_the_same(price, om_ratio, years, rate):
    iru = float(iru_present_value(price, om_ratio, years, rate))
    even = break_even_erosion(iru, price / 60, years, rate)
    if not math.isnan(even):
        assert lease_present_value(price / 60, years, rate, even) == pytest.approx(iru, rel=1e-5)
