"""The measures come to what their worked examples say."""

import numpy as np
import pytest

from forecasting.accuracy import (
    diebold_mariano,
    pinball,
)

DIFFERENCE = np.array([1.0, 2, -1, 3, 0, 1, 2, 0])


def test_pinball_has_factor_two():
    assert pinball(np.array([100.0]), np.array([124.3]), 0.1)[0] == pytest.approx(4.86)
    assert pinball(np.array([8.0]), np.array([11.0]), 0.5)[0] == 3.0


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
