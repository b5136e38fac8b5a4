"""Worked examples of first passage, order dates and modules, and the laws they obey."""

import json
import math

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import norm

from forecasting.capacity.runout import (
    alpha_from_costs,
    beyond_risk,
    first_passage,
    modules_needed,
    monte_carlo_se,
    order_by,
    order_statistic,
    probability_late,
    required_gbps,
    runout_probability,
    safe_utilization,
)
from tests.shared import SHARED, needs_shared

TOY = np.array(
    [
        [60, 66, 71, 69, 74, 78],
        [62, 68, 72, 75, 79, 83],
        [58, 60, 63, 66, 69, 72],
        [55, 56, 57, 58, 59, 60.0],
    ]
)
LATE = {-1: 0, 0: 1 / 6, 1: 1 / 3, 2: 1 / 2, 3: 7 / 12, 4: 2 / 3}


@pytest.fixture(scope="module")
def oracle():
    return json.loads((SHARED / "oracles" / "planning.json").read_text())


def test_toy_first_passage_and_quantiles():
    once, twice = (first_passage(TOY, np.array(70.0), sustained) for sustained in (1, 2))
    assert once.tolist() == [3, 3, 6, math.inf]
    assert twice.tolist() == [5, 3, math.inf, math.inf]
    assert runout_probability(once, 6).tolist() == [0, 0, 0.5, 0.5, 0.5, 0.75]
    assert (TOY > 70).mean(axis=0).tolist() == [0, 0, 0.5, 0.25, 0.5, 0.75]
    assert [order_statistic(once, p) for p in (0.1, 0.25, 0.5, 0.75, 0.9)] == [3, 3, 3, 6, math.inf]


@needs_shared
def test_toy_agrees_with_the_oracle(oracle):
    one = oracle["F1"]
    passages = first_passage(TOY, np.array(70.0))
    assert [None if math.isinf(value) else value for value in passages] == one["T_k1"]
    assert runout_probability(passages, 6).tolist() == one["F_k1"]
    for level, value in one["quantiles_k1"].items():
        found = order_statistic(passages, float(level))
        assert (None if math.isinf(found) else found) == value
    for at, probability in oracle["F2_late"].items():
        assert probability_late(passages, np.array([2, 3, 4.0]), int(at)) == pytest.approx(
            probability, abs=1e-8
        )
    assert alpha_from_costs(20, 120) == pytest.approx(oracle["F3_alpha_star"], abs=1e-8)


def test_passage_longer_than_the_horizon_never_comes():
    assert first_passage(TOY, np.array(10.0), 7).tolist() == [math.inf] * 4


def test_late_probability_and_order_dates():
    passages, lead = first_passage(TOY, np.array(70.0)), np.array([2, 3, 4.0])
    for at, probability in LATE.items():
        assert probability_late(passages, lead, at) == pytest.approx(probability)
    assert order_by(passages, lead, 0.2) == 0
    assert order_by(passages, lead, 0.1) == -1
    assert order_by(passages, lead, 0.8) == math.inf


def test_safe_utilization_of_parallel_links():
    for parallel, theta, share in (
        (2, 1, 0.5),
        (2, 0.8, 0.4),
        (3, 1, 0.66666667),
        (3, 0.8, 0.53333333),
        (4, 1, 0.75),
        (4, 0.8, 0.6),
    ):
        assert safe_utilization(parallel, theta) == pytest.approx(share)


def brownian(step_years, years, draws, seed):
    steps = int(years / step_years)
    noise = np.random.default_rng(seed).standard_normal((draws, steps))
    times = np.arange(1, steps + 1) * step_years
    return times, 40 * np.exp(
        math.log(1.3) * times + 0.15 * math.sqrt(step_years) * np.cumsum(noise, axis=1)
    )


def test_brownian_demand_pointwise_below_monthly_below_continuous():
    times, loads = brownian(1 / 12, 3, 40_000, 7)
    share = runout_probability(first_passage(loads, np.array(70.0)), len(times))
    pointwise = (loads > 70).mean(axis=0)
    barrier, drift = math.log(70 / 40), math.log(1.3)
    for years, continuous, monthly, at_once in (
        (1.5, 0.2324, 0.202, 0.1830),
        (2, 0.5090, 0.472, 0.4347),
        (2.5, 0.7269, 0.697, 0.6576),
        (3, 0.8601, 0.841, 0.8094),
    ):
        spread = 0.15 * math.sqrt(years)
        exact = norm.cdf((drift * years - barrier) / spread) + math.exp(
            2 * drift * barrier / 0.15**2
        ) * norm.cdf((-drift * years - barrier) / spread)
        assert exact == pytest.approx(continuous, abs=6e-5)
        index = round(years * 12) - 1
        assert share[index] == pytest.approx(monthly, abs=4 * monte_carlo_se(monthly, 40_000))
        assert pointwise[index] == pytest.approx(at_once, abs=4 * monte_carlo_se(at_once, 40_000))
        assert pointwise[index] <= share[index] <= exact


def test_modules():
    loads = np.array([55, 78, 104, 140.0])
    assert (loads / 0.8).tolist() == [68.75, 97.5, 130, 175]
    draws = loads[:, None]
    for lit, modules in ((0.0, [1, 1, 2, 2]), (100.0, [0, 0, 1, 1])):
        missing = required_gbps(draws, np.full(4, lit), 0.8, 0.2)
        assert modules_needed(missing, 100).tolist() == modules


def test_what_is_needed_follows_each_draw_s_running_maximum():
    """[R1]: of single months the same quantile is 60, 66, 71, 69, 74, 78."""
    draws = np.array(
        [
            (60, 66, 71, 69, 74, 78),
            (62, 68, 72, 75, 79, 83),
            (58, 60, 63, 66, 69, 72),
            (55, 56, 57, 58, 59, 60),
        ],
        dtype=np.float32,
    ).T
    found = required_gbps(draws, np.zeros(6), 1.0, 0.25)
    assert found.tolist() == [60, 66, 71, 71, 74, 78]


def test_sheet_and_schedule_accept_one_risk_on_draws_without_growth():
    """Draws that pass 80 Gbit/s in one month of ten each: almost every draw does within 36."""
    rng = np.random.default_rng(5)
    draws = (70 * np.exp(0.104 * rng.standard_normal((36, 2000)))).astype(np.float32)
    missing = required_gbps(draws, np.full(36, 100.0), 0.8, 0.2)
    passages = first_passage(draws.T, np.full(36, 80.0, dtype=np.float32))
    late = beyond_risk(passages, 0.2)
    assert int(np.flatnonzero(missing > 0)[0]) + 1 == late


def test_a_module_that_is_just_full_is_enough():
    assert modules_needed(np.array([100.0]), 100).tolist() == [1]


positive = arrays(np.float64, (12, 8), elements=st.floats(0, 200))


@given(positive, st.floats(1, 150), st.floats(0, 50), st.integers(1, 3))
def test_more_traffic_never_delays_and_more_capacity_never_hastens_runout(
    loads, usable, extra, sustained
):
    base = first_passage(loads, np.array(usable), sustained)
    assert (first_passage(loads + extra, np.array(usable), sustained) <= base).all()
    assert (first_passage(loads, np.array(usable + extra), sustained) >= base).all()
    assert (first_passage(loads, np.array(usable), sustained + 1) >= base).all()


@given(positive, st.floats(1, 150))
def test_runout_probability_rises_and_bounds_the_pointwise_share(loads, usable):
    share = runout_probability(first_passage(loads, np.array(usable)), 8)
    assert (np.diff(share) >= 0).all()
    assert (share + 1e-12 >= (loads > usable).mean(axis=0)).all()


@given(
    arrays(np.float64, 8, elements=st.floats(0, 500)),
    st.floats(0.3, 1),
    st.floats(0, 0.5),
    st.sampled_from([10.0, 100.0, 400.0]),
)
def test_modules_never_decrease_and_a_higher_threshold_never_adds_one(loads, theta, more, size):
    def modules(threshold):
        return modules_needed(required_gbps(loads[:, None], np.full(8, 50.0), threshold, 0.2), size)

    base = modules(theta)
    assert (np.diff(base) >= 0).all()
    assert (modules(min(theta + more, 1)) <= base).all()
    assert ((50 + base * size) * theta >= loads - 1e-3).all()


@given(
    arrays(np.float64, 20, elements=st.integers(1, 40)),
    arrays(np.float64, 5, elements=st.floats(0, 12)),
    st.floats(0.01, 0.99),
)
def test_order_by_is_the_last_time_within_the_risk(passages, lead, alpha):
    passages = np.where(passages > 30, np.inf, passages)
    last = order_by(passages, lead, alpha)
    if math.isinf(last):
        assert probability_late(passages, lead, 1e9) <= alpha + 1e-9
    else:
        assert probability_late(passages, lead, last - 1e-9) <= alpha + 1e-9
        assert probability_late(passages, lead, last + 1e-6) > alpha
