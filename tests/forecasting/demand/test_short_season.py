"""Histories of one to two seasons: what was seen once is not carried on as if it came every
year.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest

from forecasting.demand.engine import forecast
from forecasting.demand.models.short_season import repeated_share
from forecasting.demand.study import plain_chunk, study_chunk
from forecasting.spec import ForecastSpec
from forecasting.standalone.panel import forecast_panel
from tests.forecasting.worlds import growing, history, studied
from tests.shared import SHARED, needs_shared

NEAR_HUNDRED = np.array([95, 102, 98, 105, 101, 97, 104, 100, 96, 103, 99], dtype=float)


@pytest.mark.parametrize(
    ("season", "length", "spike"),
    [(12, 20, 11), (12, 17, 9), (12, 22, 10), (52, 64, 14), (52, 60, 30), (52, 100, 49)],
)
def test_a_spike_in_a_phase_seen_once_is_no_season(season, length, spike):
    values = np.resize(NEAR_HUNDRED, length)
    values[spike] = 600.0
    found = studied(values, ForecastSpec(horizon=season, min_periods=6), season)
    assert found.point.max() < 115
    assert found.point.min() > 85


@pytest.mark.parametrize(("season", "length"), [(12, 20), (52, 80)])
def test_a_season_that_this_year_repeats_is_carried_on_before_two_years(season, length):
    rng = np.random.default_rng(1)
    steps = np.arange(length + season)
    wave = 0.5 * np.sin(2 * np.pi * steps / season)
    values = 100 * np.exp(wave + rng.normal(0, 0.01, len(steps)))
    found = studied(values[:length], ForecastSpec(horizon=season, min_periods=6), season)
    assert np.abs(np.log(found.point / values[length:])).mean() < 0.12


def test_chance_seen_once_is_believed_less_than_what_this_year_repeats():
    rng = np.random.default_rng(3)
    chance = rng.normal(0, 0.3, (50, 80))
    year = rng.normal(0, 0.3, (50, 52))
    repeated = np.concatenate([year, year[:, :28]], axis=1) + rng.normal(0, 0.02, (50, 80))
    assert repeated_share(repeated, 52).mean() > 0.85
    assert repeated_share(chance, 52).mean() < 0.35


@needs_shared
@pytest.mark.parametrize(("name", "season"), [("weeks", 52), ("months", 12)])
def test_the_steady_series_with_one_spike_are_forecast_as_steady(name, season):
    case = SHARED / "cases" / "planning" / "short_season" / f"{name}.csv"
    if not case.exists():
        pytest.skip(f"{case} is missing")
    found = forecast_panel(pl.read_csv(case), season=season, horizon=season)
    assert found["median"].is_between(90, 110).all()
    assert found["q025"].min() > 60
    assert found["q975"].max() < 170


@pytest.mark.parametrize(("length", "periods"), [(20, 1), (20, 2), (60, 1), (60, 2)])
def test_an_interval_after_an_outage_holds_its_end_and_the_new_level(length, periods):
    values = 100 * growing(length, 3, growth=0.0, season=0.0)
    usual = values[-periods - 6 : -periods].mean()
    values[-periods:] = usual * 0.01
    found = forecast_panel(
        pl.DataFrame({"series_id": "a", "step": np.arange(length), "value": values}),
        season=12,
        horizon=6,
    )
    assert (found["q025"] < 0.02 * usual).all()
    assert (found["q90"] > 0.8 * usual).all()
    assert (found["median"] > 0.5 * usual).all()
    assert np.isfinite(found["mean"].to_numpy()).all()


def test_draws_after_an_outage_stay_at_one_of_the_two_levels():
    values = 100 * growing(60, 3, growth=0.0, season=0.0)
    values[-2:] = 1.0
    spec = ForecastSpec(horizon=12, draws=400, backtest_origins=4)
    draws = forecast(history({("R", "in", "mean"): values}), spec).paths.draws_gbps[0]
    low = draws < 10
    assert low[:, 0].mean() == pytest.approx(0.45, abs=0.02)
    assert (low == low[:, :1]).all()


def test_an_event_that_says_why_leaves_only_the_end_of_the_outage():
    values = 100 * growing(60, 3, growth=0.0, season=0.0)
    values[-2:] = 1.0
    chunk = plain_chunk(values[None, :], ForecastSpec(horizon=12, backtest_origins=4), 12)
    disturbed = np.zeros((1, 60), dtype=bool)
    disturbed[0, -2:] = True
    (stated,) = study_chunk(replace(chunk, disturbed=disturbed))
    (unstated,) = study_chunk(chunk)
    assert stated.outage is None
    assert unstated.outage.share == pytest.approx(0.45)
