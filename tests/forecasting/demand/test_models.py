"""The fast paths agree with statsmodels' public classes, and the candidates obey their laws."""

from typing import get_args

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from statsmodels.regression.linear_model import burg as public_burg

import forecasting.demand.models.kernels as kernels
from forecasting.demand.combine import CANDIDATES, LONG_ONLY, SLOWED, outlook
from forecasting.demand.models.autoregression import burg
from forecasting.demand.models.benchmarks import drift, seasonal_naive
from forecasting.demand.models.growth import bent_growth
from forecasting.demand.models.smoothing import smooth_level
from forecasting.demand.models.window import season_moved, seasonal_indices, window
from tests.forecasting.worlds import growing


def test_the_compiled_kernels_are_where_they_were():
    assert kernels.COMPILED
    assert kernels.MINPACK


def test_the_quick_search_finds_what_the_public_one_does(monkeypatch):
    def valley(free):
        return np.array([10 * (free[1] - free[0] ** 2), 1 - free[0]])

    quick = kernels.least_squares(valley, np.array([-1.2, 1.0]), 200)
    monkeypatch.setattr(kernels, "MINPACK", False)
    np.testing.assert_array_equal(kernels.least_squares(valley, np.array([-1.2, 1.0]), 200), quick)
    np.testing.assert_allclose(quick, [1, 1], atol=0.05)


@pytest.mark.parametrize("form", get_args(kernels.Form))
@pytest.mark.parametrize("length", [40, 47])
def test_compiled_recursions_agree_with_the_public_class(form, length, monkeypatch):
    values = growing(length, seed=1)
    seasonal = None
    if form.endswith("seasonal"):
        seasonal = np.random.default_rng(2).normal(0, 0.2, 12)
        seasonal = np.exp(seasonal) if "times" in form else seasonal
    given_parameters = (0.3, 0.1, 0.2, 0.9, float(values[0]), 0.1)
    fast = kernels.Smoother(values, form, seasonal)
    errors = fast.errors(*given_parameters)
    fast.read_state()
    monkeypatch.setattr(kernels, "COMPILED", False)
    public = kernels.Smoother(values, form, seasonal)
    np.testing.assert_allclose(public.errors(*given_parameters), errors, atol=1e-12)
    public.read_state()
    assert (public.level, public.trend) == pytest.approx((fast.level, fast.trend), abs=1e-12)
    np.testing.assert_allclose(public.seasonal, fast.seasonal, atol=1e-12)


def test_burg_agrees_with_statsmodels():
    rng = np.random.default_rng(5)
    series = np.zeros(300)
    for step in range(2, 300):
        series[step] = 0.6 * series[step - 1] - 0.3 * series[step - 2] + rng.normal()
    series -= series.mean()
    coefficients = burg(np.stack([series, series[::-1]]), 6)
    found = coefficients[0, : np.flatnonzero(coefficients[0])[-1] + 1]
    expected, _ = public_burg(series, order=len(found), demean=False)
    np.testing.assert_allclose(found, expected, atol=1e-10)
    assert len(found) >= 2


def test_seasonal_indices_find_a_clear_season_and_shrink_noise_away():
    steps = np.arange(60)
    wave = np.sin(2 * np.pi * steps / 12)
    found = seasonal_indices(0.01 * steps + wave, 12)
    np.testing.assert_allclose(found, wave[:12], atol=1e-6)
    noise = seasonal_indices(np.random.default_rng(0).normal(size=60), 12)
    assert np.abs(noise).max() < 0.5
    assert seasonal_indices(wave[:15], 12).tolist() == [0.0] * 12


def _swinging(sizes, seed):
    """A level with noise of 2 % and a wave whose size in each year is given, and the wave of the
    year after the last.
    """
    steps = np.arange(12 * len(sizes))
    wave = np.sin(2 * np.pi * np.arange(12) / 12)
    noise = np.random.default_rng(seed).normal(0, 0.02, len(steps))
    return 0.01 * steps + np.repeat(sizes, 12) * np.tile(wave, len(sizes)) + noise, sizes[-1] * wave


def _season_error(working, wave):
    """Mean absolute error of next year's season: by the whole past's indices, and as it is now."""
    data = window(np.exp(working)[None, :], log=True, season=12, horizon=12)
    fixed = data.seasonal[0]
    return np.abs(fixed - wave).mean(), np.abs(data.season_ahead[0] - wave).mean()


def test_a_season_that_grows_is_carried_on_as_it_is_now_and_a_steady_one_as_it_always_was():
    growing_season = [
        _season_error(*_swinging(np.linspace(0.05, 0.4, 8), seed)) for seed in range(20)
    ]
    fixed, now = np.mean(growing_season, axis=0)
    assert now < 0.5 * fixed
    steady = [_season_error(*_swinging(np.full(8, 0.2), seed)) for seed in range(20)]
    fixed, now = np.mean(steady, axis=0)
    assert now < 1.25 * fixed


def test_one_freak_month_is_no_new_season_and_two_years_say_nothing_of_change():
    working, _ = _swinging(np.full(8, 0.2), 3)
    level = working - np.tile(seasonal_indices(working, 12), 8)
    freak = level.copy()
    freak[-5] += 3.0
    assert np.abs(season_moved(freak[None, :], 12)[1]).max() < 0.1
    past, now = season_moved(level[None, :35], 12)
    assert not past.any()
    assert not now.any()


def test_benchmarks():
    values = np.array([1.0, 2, 3, 4, 5])
    assert seasonal_naive(values, 3, 5).tolist() == [3, 4, 5, 3, 4]
    assert drift(values, 2).tolist() == [6, 7]
    assert drift(values[::-1], 7).tolist() == [0.0] * 7


@settings(max_examples=20, deadline=None)
@given(seed=st.integers(0, 10_000), length=st.integers(24, 90), power=st.floats(-9, 9))
def test_forecasts_scale_with_the_unit(seed, length, power):
    values, unit = growing(length, seed), 10.0**power
    one = outlook(window(values[None, :], log=True, season=12, horizon=24))
    other = outlook(window(values[None, :] * unit, log=True, season=12, horizon=24))
    np.testing.assert_allclose(other.point, one.point * unit, rtol=0.02)
    assert one.weights.sum() == pytest.approx(1.0)


@settings(max_examples=20, deadline=None)
@given(
    values=st.lists(st.floats(1e-3, 1e3), min_size=24, max_size=60).filter(
        lambda seen: max(seen) > min(seen)
    )
)
def test_any_positive_history_has_a_finite_positive_forecast(values):
    seen = outlook(window(np.array([values]), log=True, season=12, horizon=60))
    assert np.isfinite(seen.candidates).all()
    assert (seen.point > 0).all()
    assert (seen.scale > 0).all()
    assert np.isfinite(seen.scale).all()


def test_where_growth_is_clear_slower_growth_takes_over():
    noisy = np.array([growing(96, seed, growth=0.03, noise=0.04, season=0.0) for seed in range(20)])
    data = window(noisy, log=True, season=12, horizon=36)
    found = outlook(data)
    alone = bent_growth(data, smooth_level(data.adjusted).level)[1]
    clear = (alone > 0.55) & (alone < 0.8)
    assert clear.sum() >= 3
    assert found.weights[clear, CANDIDATES.index("growth")].mean() < 0.05
    slowed = [CANDIDATES.index(name) for name in SLOWED]
    assert np.median(found.weights[clear][:, slowed], axis=0).min() > 0.45
    np.testing.assert_allclose(found.weights.sum(axis=1), 1.0)


def test_growth_of_a_few_per_cent_a_year_goes_on():
    noisy = np.array([growing(96, seed, growth=0.006, noise=0.01, season=0.0) for seed in range(8)])
    found = outlook(window(noisy, log=True, season=12, horizon=12))
    assert found.weights[:, CANDIDATES.index("growth")].mean() > 0.5


def test_a_short_history_of_clear_growth_takes_its_straight_line_as_well():
    line = CANDIDATES.index("straight_line")
    noisy = np.array([growing(96, seed, growth=0.04, noise=0.04, season=0.0) for seed in range(20)])
    for length, most in ((30, 1 / 3), (36, 0.0)):
        found = outlook(window(noisy[:, -length:], log=True, season=12, horizon=12))
        assert found.weights[:, line].max() == pytest.approx(most)
    last, steps = noisy[:, -1:], np.arange(1, 13)
    ahead = last + (last - noisy[:, -36:-35]) / 35 * steps
    np.testing.assert_allclose(found.candidates[:, line], ahead, rtol=1e-9)


def test_with_seven_seasons_all_of_the_pool_weighs_alike():
    values = np.array([growing(84, seed, growth=0.0, noise=0.1) for seed in range(8)])
    pool = [CANDIDATES.index(name) for name in ("theta", "changes", *LONG_ONLY)]
    spread = [
        np.ptp(
            outlook(window(values[:, -length:], log=True, season=12, horizon=12)).weights[:, pool],
            axis=1,
        ).max()
        for length in (84, 60)
    ]
    assert spread[0] < 1e-9 < 0.05 < spread[1]


def test_a_level_that_comes_back_within_a_year_is_not_thought_to_wander():
    """Two years ahead the error of a level that returns to its line is hardly larger than one
    month ahead, however closely the smoothed level follows it.
    """
    rng = np.random.default_rng(5)
    noise, wave = rng.normal(0, 0.1, (10, 120)), np.zeros((10, 120))
    for step in range(1, 120):
        wave[:, step] = 0.8 * wave[:, step - 1] + noise[:, step]
    walk = np.cumsum(noise, axis=1)
    growth = {}
    for name, log in (("wave", wave), ("walk", walk)):
        scale = outlook(window(np.exp(5 + log), log=True, season=12, horizon=24)).scale
        growth[name] = float(np.median(scale[:, -1] / scale[:, 0]))
    assert growth["wave"] < 0.75 * growth["walk"]


def test_growth_next_to_a_straight_line_stays_growth():
    rng = np.random.default_rng(2)
    values = np.exp(0.02 * np.arange(96) + rng.normal(0, 0.002, 96))[None, :]
    found = outlook(window(values, log=True, season=12, horizon=12))
    assert found.weights[0, CANDIDATES.index("growth")] > 0.6
