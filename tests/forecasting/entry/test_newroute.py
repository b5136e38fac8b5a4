"""Worked examples of a route with no history, and the laws of shares."""

import json

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from forecasting.entry.new_route import (
    bass,
    calibrated,
    composite_cost,
    induced_factor,
    interval,
    shares,
    updated,
    utility,
)
from tests.shared import SHARED, needs_shared
from warehouse.network.model import FIBRE_RTT_MS_PER_1000KM

TOY = utility(np.array([3.0, 3.5, 3.2]), np.array([45.0, 55, 50]), 1.0, 0.05)


@needs_shared
def test_everything_agrees_with_the_oracle():
    oracle = json.loads((SHARED / "oracles" / "planning.json").read_text())
    logit = oracle["L1_logit"]
    assert pytest.approx(logit["V"]) == TOY
    assert shares(TOY[:2]) == pytest.approx(logit["before"], abs=1e-8)
    after = shares(TOY)
    assert after == pytest.approx(logit["after"], abs=1e-8)
    assert 200 * after == pytest.approx(logit["diverted_gbps_from_200"], abs=1e-6)
    costs = composite_cost(TOY[:2], 1.0), composite_cost(TOY, 1.0)
    assert costs == pytest.approx(
        (oracle["L1_induced"]["composite_before"], oracle["L1_induced"]["composite_after"]),
        abs=1e-8,
    )
    assert costs[0] - costs[1] == pytest.approx(logit["logsum_gain"], abs=1e-7)
    total = 200 * induced_factor(*costs, -0.5)
    assert total == pytest.approx(oracle["L1_induced"]["D_eps_minus0_5"], abs=1e-6)
    assert total * after[2] == pytest.approx(oracle["L1_induced"]["new_route_total"], abs=1e-6)
    for year, share in oracle["L2_bass"]["F"].items():
        assert bass(float(year), 0.03, 0.38) == pytest.approx(share, abs=1e-8)
    one, six = updated(20, 0.6, [9], 0.3), updated(20, 0.6, [9] * 6, 0.3)
    assert (one.weight, one.median) == pytest.approx(
        (oracle["L4_shrink_n1"]["w"], oracle["L4_shrink_n1"]["post"])
    )
    assert (six.weight, six.median, six.sd_log) == pytest.approx(
        (oracle["L4_shrink"]["w"], oracle["L4_shrink"]["post"], oracle["L4_shrink"]["post_sd_log"])
    )
    assert interval(20, oracle["L6_interval"]["sd_log"]) == pytest.approx(
        (oracle["L6_interval"]["p10"], oracle["L6_interval"]["p90"])
    )
    assert pytest.approx(oracle["L5_rtt_floor_ms_per_1000km"]) == FIBRE_RTT_MS_PER_1000KM


def test_no_month_leaves_the_prior():
    assert updated(20, 0.6, [], 0.3).median == 20


utilities = arrays(np.float64, 4, elements=st.floats(-8, 2))


@given(utilities, st.floats(0, 0.95))
def test_shares_sum_to_one_and_a_newcomer_takes_from_all(values, similarity):
    nest = [0, 3]
    after = shares(values, nest, similarity)
    before = shares(values[:3])
    assert after.sum() == pytest.approx(1)
    assert (after >= 0).all()
    assert (after[:3] <= before + 1e-9).all()


@given(utilities, st.floats(0.05, 0.95))
def test_a_look_alike_takes_more_from_its_likeness(values, similarity):
    after, before = shares(values, [0, 3], similarity), shares(values[:3])
    kept = after[:3] / before
    assert kept[0] <= kept[1] + 1e-9
    assert kept[1] == pytest.approx(kept[2])
    assert after[[0, 3]].sum() <= shares(values)[[0, 3]].sum() + 1e-9, (
        "plain logit over-credits look-alikes"
    )


def test_likeness_of_nothing_is_plain_logit_and_of_all_is_one_alternative():
    assert shares(TOY, [0, 2], 0.0) == pytest.approx(shares(TOY))
    twins = np.array([-5.0, -6.0, -5.0])
    assert shares(twins, [0, 2], 0.999)[1] == pytest.approx(shares(twins[:2])[1], abs=1e-3)


@given(
    arrays(np.float64, 3, elements=st.floats(0.05, 1)),
    arrays(np.float64, 3, elements=st.floats(-8, 2)),
)
def test_calibrated_constants_give_back_the_shares(weights, values):
    before = weights / weights.sum()
    asc = calibrated(before, values)
    assert shares(values + asc) == pytest.approx(before)
    assert asc.mean() == pytest.approx(0, abs=1e-9)


@given(st.floats(0.001, 0.1), st.floats(0.1, 0.6), st.floats(0, 30), st.floats(0, 5))
def test_a_ramp_rises_from_nothing_to_all(p, q, years, more):
    assert bass(0.0, p, q) == 0
    assert bass(-3.0, p, q) == 0
    assert 0 <= bass(years, p, q) <= bass(years + more, p, q) <= 1
