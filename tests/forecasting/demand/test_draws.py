"""Draws change from month to month as their history did, with exact margins and the correlation of
past errors between series.
"""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.demand.draw import loadings, shocks
from forecasting.demand.engine import forecast
from forecasting.demand.models.window import window
from forecasting.demand.roughness import roughness
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import growing, history, routes
from tests.shared import needs_shared

SPEC = ForecastSpec(horizon=36, draws=400, backtest_origins=4)


def steady(length: int, seed: int, noise: float) -> np.ndarray:
    """Growth that slows, a season, and noise that does not carry over."""
    rng = np.random.default_rng(seed)
    steps = np.arange(length)
    level = 1.2 * np.log1p(steps / 30) + 0.1 * np.sin(2 * np.pi * steps / 12)
    return np.exp(level + rng.normal(0, noise, length))


def roughness_ratios(series: dict[tuple[str, str, str], np.ndarray]) -> np.ndarray:
    """Standard deviation of the draws' monthly log changes at each horizon over that of the
    deseasonalised history's (N, H - 1).
    """
    found = forecast(history(series), SPEC)
    draws = np.log(found.paths.draws_gbps)
    changes = np.diff(draws - np.median(draws, axis=1, keepdims=True), axis=2).std(axis=1)
    names = [tuple(row[1:]) for row in found.paths.keys.iter_rows()]
    past = [
        np.diff(window(series[name][None, :], log=True, season=12, horizon=1).adjusted[0]).std()
        for name in names
    ]
    return changes / np.array(past)[:, None]


@pytest.mark.parametrize(
    "make",
    [
        lambda seed: growing(60, seed, noise=0.05),
        lambda seed: steady(72, seed, noise=0.03),
        lambda seed: steady(48, seed, noise=0.01),
    ],
)
def test_draws_are_as_rough_from_month_to_month_as_their_history(make):
    ratios = roughness_ratios({(f"R{seed:02d}", "in", "mean"): make(seed) for seed in range(20)})
    assert np.median(ratios, axis=0).min() > 0.7
    assert np.median(ratios, axis=0).max() < 1.4
    assert ((ratios > 0.5) & (ratios < 2)).mean(axis=0).min() >= 0.9


@needs_shared
@pytest.mark.parametrize("length", [60, 100, 155])
def test_draws_of_an_exchange_are_as_rough_as_its_months(length):
    from tests.benchmarks.sets import seattle_months

    months = {(name, "in", "mean"): values[:length] for name, values in seattle_months().items()}
    ratios = roughness_ratios(months)
    assert np.median(ratios, axis=0).min() > 0.7
    assert np.median(ratios, axis=0).max() < 1.4


def test_noise_and_walk_are_told_apart():
    rng = np.random.default_rng(5)
    noise, walk = rng.normal(0, 0.1, (40, 240)), np.cumsum(rng.normal(0, 0.1, (40, 240)), axis=1)
    of_noise, of_walk = roughness(noise).mean(axis=0), roughness(walk).mean(axis=0)
    assert of_noise[0] == pytest.approx(0.1, rel=0.1)
    assert of_noise[1] < 0.05
    assert of_walk[1] == pytest.approx(0.1, rel=0.1)
    assert of_walk[0] < 0.03
    changes = np.diff(noise + walk, axis=1).var(axis=1)
    both = roughness(noise + walk)
    np.testing.assert_allclose(both[:, 1] ** 2 + 2 * both[:, 0] ** 2, changes, rtol=1e-9)


def test_each_part_of_the_errors_is_standard_normal_at_every_horizon():
    parts = shocks(4000, 12, 2, 1).reshape(3, 12, 4000, 2)
    np.testing.assert_allclose(parts.std(axis=2), 1.0, atol=0.06)
    np.testing.assert_allclose(parts.mean(axis=2), 0.0, atol=1e-6)
    growth, walk, noise = (np.corrcoef(part[:, :, 0]) for part in parts)
    assert growth[5, 6] > 0.99
    assert walk[2, 11] == pytest.approx(0.5, abs=0.05)
    assert abs(noise[5, 6]) < 0.05


def test_draws_keep_the_correlation_of_past_errors_between_series():
    world = routes(4, 60)
    found = forecast(world, replace(SPEC, draws=1000))
    draws = np.log(found.paths.draws_gbps)
    names = [(row[1], row[2], row[3]) for row in found.paths.keys.iter_rows()]
    at = names.index(("R00", "in", "mean"))
    same, other = names.index(("R00", "out", "mean")), names.index(("R01", "in", "mean"))
    for step in (0, 11, 35):
        together = np.corrcoef(draws[:, :, step])
        assert together[at, same] > 0.7
        assert abs(together[at, other]) < 0.4


def test_loadings_are_of_length_one():
    errors = np.random.default_rng(2).normal(size=(3, 20))
    errors[1, :5] = np.nan
    np.testing.assert_allclose((loadings(errors) ** 2).sum(axis=1), 1.0)
