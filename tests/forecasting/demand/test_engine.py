"""The engine's laws: reproducible, joint, non-negative, monotone, and a reason wherever there is no
forecast.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from functools import partial
from multiprocessing import get_context

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import with_sentences
from forecasting.demand.engine import forecast
from forecasting.demand.study import chunks_of, origins, plain_chunk, study_chunk
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import growing, history, routes

SPEC = ForecastSpec(horizon=12, draws=200, backtest_origins=4)


@pytest.fixture(scope="module")
def world():
    return routes(6, 48)


@pytest.fixture(scope="module")
def found(world):
    return forecast(world, SPEC)


def test_paths_are_finite_and_not_negative(found):
    assert found.paths.draws_gbps.shape == (24, 200, 12)
    assert np.isfinite(found.paths.draws_gbps).all()
    assert (found.paths.draws_gbps >= 0).all()


def test_the_same_seed_gives_the_same_paths_to_the_bit_in_any_order_and_chunks(
    world, found, monkeypatch
):
    shuffled = world.take(np.random.default_rng(1).permutation(24))
    monkeypatch.setattr("forecasting.demand.study.CHUNK_SERIES", 5)
    again = forecast(
        shuffled,
        SPEC,
        map_chunks=lambda study, chunks: [study(chunk) for chunk in reversed(list(chunks))][::-1],
        threads=3,
    )
    assert again.paths.keys.equals(found.paths.keys)
    assert np.array_equal(again.paths.draws_gbps, found.paths.draws_gbps)


def test_a_series_result_does_not_depend_on_those_studied_beside_it():
    rng = np.random.default_rng(4)
    rows = [growing(int(length), seed) for seed, length in enumerate(rng.choice([30, 47, 72], 20))]
    rows[3][20:] *= 4
    rows[5][11] *= 60
    rows[7] = np.where(rng.random(len(rows[7])) < 0.4, 0.0, rows[7])
    width = max(map(len, rows))
    values = np.array([np.concatenate([np.full(width - len(row), np.nan), row]) for row in rows])
    together = study_chunk(plain_chunk(values, SPEC, 12))
    for row, beside in zip(values, together, strict=True):
        (alone,) = study_chunk(plain_chunk(row[None, :], SPEC, 12))
        for name in ("point", "scale", "candidates", "weights", "errors", "bounds"):
            assert np.array_equal(getattr(alone, name), getattr(beside, name), equal_nan=True), name
        assert np.array_equal(alone.backtest.said, beside.backtest.said)
        assert alone.shifts == beside.shifts


@pytest.mark.parametrize("size", [2, 3, 5, 64])
def test_chunks_hold_every_series_once_and_part_no_pair(size, monkeypatch):
    monkeypatch.setattr("forecasting.demand.study.CHUNK_SERIES", size)
    values = np.arange(24.0)[:, None] + np.zeros((24, 12))
    follows = np.arange(24) % 2 == 1
    chunks = chunks_of(replace(plain_chunk(values, SPEC, 12), follows=follows))
    assert np.array_equal(np.concatenate([chunk.values for chunk in chunks]), values)
    assert all(len(chunk.values) and not chunk.follows[0] for chunk in chunks)
    assert all(len(chunk.values) == len(chunk.stated) == len(chunk.follows) for chunk in chunks)


def test_large_fleets_are_cut_into_larger_chunks_and_as_many_as_keep_workers_busy():
    for count, largest in ((600, 64), (10_000, 156), (100_000, 256)):
        chunks = chunks_of(plain_chunk(np.ones((count, 1)), SPEC, 12))
        assert max(len(chunk.values) for chunk in chunks) == largest
        assert sum(len(chunk.values) for chunk in chunks) == count


def test_other_processes_give_the_same_paths(world, found):
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        again = forecast(world, SPEC, map_chunks=partial(pool.map))
    assert np.array_equal(again.paths.draws_gbps, found.paths.draws_gbps)


def test_another_seed_gives_other_paths(world, found):
    other = forecast(world, ForecastSpec(horizon=12, draws=200, backtest_origins=4, seed=7))
    assert not np.array_equal(other.paths.draws_gbps, found.paths.draws_gbps)


def test_quantiles_rise_with_their_level(found):
    steps = found.quantiles.sort("series_id", "direction", "statistic", "horizon", "quantile_level")
    rises = steps.select(
        pl.col("value_gbps").diff().over("series_id", "direction", "statistic", "horizon")
    )["value_gbps"]
    assert rises.drop_nulls().min() >= 0


def test_statistics_and_directions_of_a_route_move_together(found):
    draws = np.log(found.paths.draws_gbps[:4, :, 5])
    assert np.corrcoef(draws)[0].min() > 0.6


def test_every_model_is_scored_and_the_receipt_is_there(found):
    total = found.backtest.filter(pl.col("horizon") == 0)
    assert {"ensemble", "seasonal_naive", "drift", "theta", "damped_trend"} <= set(total["model"])
    ensemble = found.backtest.filter(pl.col("model") == "ensemble")
    assert set(ensemble["horizon"]) == set(range(13))
    assert ensemble["coverage_80"].null_count() == 0
    assert (
        ensemble.filter(pl.col("horizon") == 0)["mase"].mean()
        < total.filter(pl.col("model") == "seasonal_naive")["mase"].mean()
    )


def test_candidates_still_average_to_the_median_where_a_p95_was_drawn_to_its_mean(found):
    each = found.components.filter(pl.col("statistic") == "p95")
    series = ["series_id", "direction", "target_start"]
    averages = each.group_by(series).agg(average=(pl.col("value_gbps") * pl.col("weight")).sum())
    medians = found.quantiles.filter(
        (pl.col("statistic") == "p95") & (pl.col("quantile_level") == 0.5)
    )
    both = averages.join(medians, on=series)
    assert both.height == averages.height > 0
    ratio = (both["average"] / both["value_gbps"]).to_numpy()
    assert np.median(ratio) == pytest.approx(1, abs=0.02)


def test_weights_add_up(found):
    sums = found.components.group_by("series_id", "direction", "statistic", "target_start").agg(
        pl.col("weight").sum()
    )
    assert sums["weight"].to_numpy() == pytest.approx(1.0)


def test_what_cannot_be_forecast_says_why():
    good = growing(48, 1)
    short, ended, late_gap = good.copy(), good.copy(), good.copy()
    short[:30], ended[-5:], late_gap[-2:] = np.nan, np.nan, np.nan
    off, faint = good.copy(), good.copy()
    off[-4:] = 0
    faint[-3:] *= 0.005
    series = {
        "zero": np.zeros(48),
        "flat": np.full(48, 3.0),
        "short": short,
        "ended": ended,
        "nothing": np.full(48, np.nan),
        "off": off,
        "faint": faint,
        "late_gap": late_gap,
        "good": good,
    }
    found = forecast(
        history({(name, "in", "mean"): values for name, values in series.items()}), SPEC
    )
    reasons = dict(with_sentences(found.no_forecast).select("series_id", "reason").iter_rows())
    assert set(found.paths.keys["series_id"]) == {"good", "late_gap"}
    assert reasons["zero"] == "every month is zero: no traffic was ever measured"
    assert "same value, 3" in reasons["flat"]
    assert reasons["short"] == "only 18 months of history; 24 are needed"
    assert reasons["ended"] == "the last 5 months are missing; at most 2 may be"
    assert reasons["nothing"] == "no month has a value"
    assert "switched off" in reasons["off"]
    assert reasons["faint"] == (
        "the last 3 months carried less than 2% of the traffic before: the route looks switched off"
    )


def test_a_late_gap_shifts_nothing():
    steady = growing(60, 3, noise=0.01)
    gap = steady.copy()
    gap[-2:] = np.nan
    found = forecast(history({("a", "in", "mean"): steady, ("b", "in", "mean"): gap}), SPEC)
    with_all, without = np.median(found.paths.draws_gbps, axis=1)
    np.testing.assert_allclose(without, with_all, rtol=0.1)


@pytest.mark.parametrize(
    ("grain", "length", "least"), [("year", 12, 8), ("week", 50, 24), ("day", 120, 24)]
)
def test_other_grains(grain, length, least):
    values = growing(length, 4, growth=0.2 if grain == "year" else 0.005, season=0.0)
    spec = ForecastSpec(grain=grain, horizon=8, draws=100, min_periods=least, backtest_origins=4)
    found = forecast(history({("KZ", "in", "mean"): values}, grain, "country"), spec)
    assert np.isfinite(found.paths.draws_gbps).all()


def test_nothing_in_nothing_out():
    empty = history({("a", "in", "mean"): np.zeros(3)}).take([])
    found = forecast(empty, SPEC)
    assert found.paths.draws_gbps.shape == (0, 200, 12)
    assert found.quantiles.is_empty()


def test_weeks_of_less_than_a_year_are_held_against_what_came():
    """Neither then nor now is there a season, so past forecasts tell how wide an interval must
    be.
    """
    values = growing(51, 4, noise=0.1)
    known = np.ones(51, dtype=bool)
    spec = ForecastSpec(grain="week", horizon=13, min_periods=26, draws=50, backtest_origins=4)
    assert origins(known, spec, 52) == [26, 34, 42, 50]
    assert origins(np.ones(60, dtype=bool), spec, 52)[0] == 56
    found = forecast(history({("a", "in", "mean"): values}, "week"), spec)
    assert found.backtest.filter(pl.col("model") == "ensemble")["n"].max() > 0
