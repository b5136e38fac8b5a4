"""The measures come to what their worked examples say."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.accuracy import (
    crps_sample,
    diebold_mariano,
    interval_score,
    mase,
    pinball,
    smape,
    wilson,
)

DIFFERENCE = np.array([1.0, 2, -1, 3, 0, 1, 2, 0])


def test_mase():
    assert mase(np.array([10.0, 12, 14, 16]), np.array([18.0, 20]), np.array([17.0, 22])) == 0.75


def test_mase_of_a_flat_history_is_undefined():
    assert np.isnan(mase(np.ones(5), np.ones(2), np.ones(2)))


def test_pinball_has_factor_two():
    assert pinball(np.array([100.0]), np.array([124.3]), 0.1)[0] == pytest.approx(4.86)
    assert pinball(np.array([8.0]), np.array([11.0]), 0.5)[0] == 3.0


def test_crps_is_the_empirical_one():
    assert crps_sample(np.array([8.0, 10, 12, 14]), 11) == 0.75


@given(st.lists(st.floats(-1e3, 1e3), min_size=1, max_size=20), st.floats(-1e3, 1e3))
def test_crps_is_the_sum_over_pairs(draws, actual):
    sample = np.array(draws)
    pairs = np.abs(sample[:, None] - sample[None, :]).mean()
    assert crps_sample(sample, actual) == pytest.approx(
        np.abs(sample - actual).mean() - pairs / 2, abs=1e-9
    )


def test_wilson():
    low, high = wilson(13, 20)
    assert (round(low, 3), round(high, 3)) == (0.433, 0.819)
    assert wilson(0, 0) == (0.0, 1.0)


def test_diebold_mariano_with_correction():
    statistic, p = diebold_mariano(DIFFERENCE)
    assert statistic == pytest.approx(2.1602, abs=1e-4)
    assert p == pytest.approx(0.0676, abs=1e-4)


def test_diebold_mariano_never_divides_by_a_zero_variance():
    # At h = 3 the rectangular long-run variance is exactly 0; Bartlett's .03125 takes its place.
    statistic, p = diebold_mariano(DIFFERENCE, 3)
    assert statistic == pytest.approx(5.65685425 * 0.6846532, abs=1e-6)
    assert 0 < p < 0.05
    assert all(np.isnan(diebold_mariano(np.ones(8))))


def test_interval_score_adds_misses_to_width():
    found = interval_score(np.array([1.0, 1]), np.array([3.0, 3]), np.array([2.0, 4]), 0.8)
    assert found.tolist() == pytest.approx([2.0, 12.0])


def test_smape_of_nothing_is_nothing():
    assert smape(np.zeros(2), np.zeros(2)) == 0.0
    assert smape(np.array([1.0]), np.array([3.0])) == 100.0
