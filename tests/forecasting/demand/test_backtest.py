"""Past origins see nothing of their future, and intervals hold what they promise where the truth is
known.
"""

from dataclasses import replace

import numpy as np
import polars as pl
import pytest
from scipy.special import ndtri

from forecasting.demand.calibrate import (
    COVERAGES,
    EASED,
    fleet_shape,
    own_width,
    prior,
    reached,
    sizes,
    standard_reach,
)
from forecasting.demand.score import judge, score_all
from forecasting.demand.study import MODELS, Study, origins, plain_chunk, study_chunk
from forecasting.series import FloatArray
from forecasting.spec import ForecastSpec
from forecasting.standalone.panel import quantiles
from tests.forecasting.worlds import growing, studied
from warehouse.schema import GRAINS

SPEC = ForecastSpec(horizon=12, draws=200, backtest_origins=4)


def test_a_past_origin_says_the_same_whatever_came_later():
    values = growing(72, 1)
    other = values.copy()
    at = origins(np.ones(72, dtype=bool), SPEC, 12)
    other[at[2] :] *= np.linspace(1, 3, 72 - at[2])
    one, two = studied(values, SPEC, 12), studied(other, SPEC, 12)
    np.testing.assert_allclose(two.backtest.said[:3], one.backtest.said[:3], rtol=1e-12)
    np.testing.assert_allclose(two.backtest.scale[:3], one.backtest.scale[:3], rtol=1e-12)
    assert not np.allclose(two.backtest.said[3], one.backtest.said[3])


def test_outcomes_are_what_was_measured_and_gaps_are_no_outcomes():
    values = growing(60, 2)
    values[50:52] = np.nan
    found = studied(values, SPEC, 12)
    for length, outcome in zip(
        found.backtest.lengths.astype(int), found.backtest.outcome, strict=True
    ):
        expected = np.full(12, np.nan)
        expected[: 60 - length] = values[length : length + 12]
        np.testing.assert_allclose(outcome, expected)
        assert length not in (51, 52)


def test_a_jump_is_spliced_at_past_origins_too():
    values = growing(80, 3, noise=0.02, season=0.0)
    values[40:] *= 3
    found = studied(values, replace(SPEC, horizon=6), 12)
    assert np.nanmax(np.abs(np.log(found.backtest.said[:, 0] / found.backtest.outcome))) < 0.3


@pytest.mark.parametrize("grain", GRAINS)
def test_the_shipped_table_rises_with_its_share(grain):
    table = prior(grain)
    assert (np.diff(table.size, axis=2) >= 0).all()
    assert table.size.min() > 0
    assert table.at(40, 24).shape == (24, len(COVERAGES))


def test_intervals_do_not_jump_where_past_forecasts_end():
    """48 months: no origin saw further than 24 months ahead. What the fleet's errors say of the
    24th holds on beyond it, ever less.
    """
    values = np.stack([growing(48, seed, noise=0.15) for seed in range(60)])
    spec = ForecastSpec(horizon=36, draws=10, backtest_origins=12)
    fleet = [one for one in study_chunk(plain_chunk(values, spec, 12)) if isinstance(one, Study)]
    seen = np.max([np.isfinite(one.backtest.outcome).any(axis=0).sum() for one in fleet])
    assert seen == 24
    table = prior("month")
    bend = np.log(
        fleet_shape(fleet, table) / np.exp(np.log(table.at(48, 36) / table.at(48, 36)[:, [7]]))
    )
    steps = np.abs(np.diff(bend, axis=0)).max(axis=1)
    assert np.abs(bend[20:]).max() > 0.1
    assert steps[seen - 1] < 2 * np.median(steps[: seen - 1]) + 0.01
    carried = np.abs(bend[seen + 4 :]).max(axis=1)
    assert (np.diff(carried) < 0).all()
    assert 0.5 < carried[-1] / carried[0] < 1


@pytest.mark.parametrize("log", [True, False])
def test_quantiles_keep_their_order_and_distance_inside_the_bounds_of_any_path(log):
    reach = np.linspace(-3, 3, 61)
    found = reached(
        np.full(61, 2.0), reach, np.array([np.full(61, 0.5), np.full(61, 5.0)]), log=log
    )
    assert (np.diff(found) > 0).all()
    assert 0.5 <= found[0] < 0.6
    assert 4.5 < found[-1] <= 5.0
    room = np.log(2 / 0.5) if log else 1.5
    near = np.abs(reach) < EASED * room
    plain = 2 * np.where(reach > 0, 1 + reach, np.exp(reach)) if log else 2 + reach
    np.testing.assert_allclose(found[near], plain[near])
    assert reached(
        np.array([2.0]), np.array([-1.0]), np.array([[3.0], [4.0]]), log=log
    ) == pytest.approx(2.0)


@pytest.mark.parametrize(("walk", "noise"), [(0.06, 0.0), (0.03, 0.04), (0.0, 0.08)])
def test_intervals_cover_what_they_say_where_the_truth_is_known(walk, noise):
    """12 months of random walks, noise around lines, and both: small fleets lean on the shipped
    table, larger ones on themselves.
    """
    rng = np.random.default_rng(1)
    steps = np.arange(60)
    truth = np.exp(
        rng.normal(0.015, 0.01, (96, 1)) * steps
        + np.cumsum(rng.normal(0, walk, (96, 60)), axis=1)
        + rng.normal(0, noise, (96, 60))
        + 0.1 * np.sin(2 * np.pi * (steps + rng.uniform(0, 12, (96, 1))) / 12)
    )
    studies = [
        one for one in study_chunk(plain_chunk(truth[:, :48], SPEC, 12)) if isinstance(one, Study)
    ]
    for count in (4, 48):
        hits80, hits95 = [], []
        for start in range(0, 96, count):
            group = studies[start : start + count]
            for one, size, came in zip(
                group, sizes(group, prior("month")), truth[start : start + count, 48:], strict=True
            ):
                low95, low80, high80, high95 = quantiles(
                    one, size, ndtri([0.025, 0.1, 0.9, 0.975])
                ).T
                hits80.append(np.mean((came >= low80) & (came <= high80)))
                hits95.append(np.mean((came >= low95) & (came <= high95)))
        assert 0.72 < np.mean(hits80) < 0.90
        assert 0.92 < np.mean(hits95) < 0.999


def test_scores_agree_with_what_was_said():
    found = studied(growing(60, 4), SPEC, 12)
    rows = score_all(judge([found]), sizes([found], prior("month")))
    error = found.backtest.said[:, MODELS.index("theta")] - found.backtest.outcome
    theta = rows.filter((pl.col("model") == "theta") & (pl.col("horizon") == 0)).row(0, named=True)
    assert theta["n"] == np.isfinite(error).sum()
    assert theta["mae_gbps"] == pytest.approx(np.nanmean(np.abs(error)))
    assert theta["bias_gbps"] == pytest.approx(np.nanmean(error))
    first = rows.filter((pl.col("model") == "ensemble") & (pl.col("horizon") == 1)).row(
        0, named=True
    )
    assert first["mae_gbps"] == pytest.approx(
        np.nanmean(np.abs(found.backtest.said[:, 0, 0] - found.backtest.outcome[:, 0]))
    )


def test_own_errors_narrow_and_widen_a_series_beside_its_fleet():
    rng = np.random.default_rng(8)
    table = prior("month")

    def past_errors(study: Study, size: float) -> Study:
        test, shape = study.backtest, study.backtest.scale.shape
        apart = np.exp(size * test.scale * rng.normal(size=shape))
        return replace(study, backtest=replace(test, outcome=test.said[:, 0] * apart))

    found = studied(growing(72, 1), replace(SPEC, backtest_origins=8), 12)
    alone = [replace(found, backtest=replace(found.backtest, lengths=np.empty(0)))]
    common = sizes(alone, table)[0][:, 0]
    usual = float(np.median(common[:, COVERAGES.index(0.8)])) / 1.2816
    widths = [
        np.mean([own_width(past_errors(found, factor * usual), common)[1] for _ in range(20)])
        for factor in (0.25, 1.0, 3.0)
    ]
    assert own_width(alone[0], common).tolist() == [1, 1]
    assert widths[0] < 0.85
    assert widths[1] == pytest.approx(1, abs=0.1)
    assert widths[2] > 1.1


def test_outcomes_above_every_forecast_narrow_the_side_below_and_nothing_else():
    found = studied(growing(72, 1), replace(SPEC, backtest_origins=8), 12)
    test, table = found.backtest, prior("month")
    common = sizes([replace(found, backtest=replace(test, lengths=np.empty(0)))], table)[0]

    def width(signs: FloatArray) -> FloatArray:
        apart = np.exp(0.5 * test.scale * signs)
        outcome = test.said[:, 0] * apart
        return own_width(replace(found, backtest=replace(test, outcome=outcome)), common[:, 0])

    up, down = width(np.ones_like(test.scale)), width(-np.ones_like(test.scale))
    mixed = width(np.where(np.arange(len(test.scale)) % 2, 1.0, -1.0)[:, None])
    assert up[0] < 0.8 * up[1]
    assert down[0] == down[1]
    assert mixed[0] == mixed[1]
    # The tilted sizes are what quantiles are made from, each on its side of the point.
    reach = standard_reach(common * up[:, None], np.array([-1.2816, 0.0, 1.2816]))
    np.testing.assert_allclose(-reach[:, 0] / reach[:, 2], up[0] / up[1])
    assert (reach[:, 1] == 0).all()
