"""Hours repeat by the day and by the week."""

import numpy as np
import pytest

from forecasting.demand.models.longer_season import longer_season
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import studied


def hours(length: int, weekend: float, seed: int = 1) -> np.ndarray:
    """Hourly traffic with a day and, on two days of seven, less of it."""
    rng = np.random.default_rng(seed)
    steps = np.arange(length)
    day = 0.4 * np.sin(2 * np.pi * steps / 24)
    week = np.where(steps // 24 % 7 >= 5, weekend, 0.0)
    return 100 * np.exp(day + week + rng.normal(0, 0.02, length))


def test_quiet_weekends_are_forecast_where_hours_show_them():
    values = hours(672 + 168, -0.7)
    found = studied(values[:672], ForecastSpec(horizon=168, min_periods=48, max_history=672), 24)
    assert np.abs(np.log(found.point / values[672:])).mean() < 0.06


def test_chance_is_no_week():
    found = longer_season(hours(672, 0.0)[None, :], 24, 24)
    assert found is not None
    assert np.abs(found.past).max() < 0.02


@pytest.mark.parametrize(("season", "length"), [(24, 400), (12, 672), (7, 672)])
def test_only_hours_with_weeks_behind_them_have_a_longer_season(season, length):
    assert longer_season(hours(length, -0.7)[None, :], season, 24) is None
