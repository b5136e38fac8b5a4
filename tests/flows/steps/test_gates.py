"""Gates stop a forecast that must not be published, and say why."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.settings import GateSettings
from flows.steps.edition_gates import (
    NETWORK_ROWS,
    changed_too_much,
    changed_totals,
    lost_rows,
    lost_series,
)
from flows.steps.gates import (
    Failed,
    GateError,
    exploding,
    impossible,
    pass_or_refuse,
    refuse,
    too_old,
    unreliable,
)
from forecasting.demand.engine import Forecast
from forecasting.series import Paths
from warehouse.schema import (
    BACKTEST_SCORE,
    FORECAST_COMPONENT,
    FORECAST_EFFECT,
    FORECAST_QUANTILE,
    FRAMES,
    LEVEL_SHIFT,
    NO_FORECAST,
)

KEYS = pl.DataFrame(
    {"series_kind": ["route"], "series_id": ["R"], "direction": ["out"], "statistic": ["p95"]}
)
HISTORY = KEYS.with_columns(value_gbps=pl.lit(10.0), period_start=pl.lit(date(2026, 10, 1)))
GATES = GateSettings()


def made(
    draws: np.ndarray, backtest: pl.DataFrame | None = None, keys: pl.DataFrame = KEYS
) -> Forecast:
    paths = Paths("month", keys, (date(2026, 11, 1), date(2026, 12, 1)), draws)
    return Forecast(
        paths,
        NO_FORECAST.empty(),
        BACKTEST_SCORE.empty() if backtest is None else backtest,
        FORECAST_COMPONENT.empty(),
        LEVEL_SHIFT.empty(),
        FORECAST_EFFECT.empty(),
    )


def around(level: float) -> np.ndarray:
    return level * np.linspace(0.9, 1.1, 20).reshape(1, 10, 2)


def test_a_sound_forecast_passes():
    forecast = made(around(12.0))
    assert impossible(forecast) == []
    assert exploding(forecast, HISTORY, GATES) == []
    assert unreliable(forecast, GATES) == []
    assert changed_too_much(forecast, forecast.quantiles, GATES) == []
    refuse([])


@pytest.mark.parametrize(
    ("spoil", "word"), [(np.nan, "finite"), (np.inf, "finite"), (-1.0, "negative")]
)
def test_impossible_draws_are_refused(spoil, word):
    draws = around(12.0)
    draws[0, 3, 1] = spoil
    (problem,) = impossible(made(draws))
    assert word in problem.what


def test_an_explosion_is_refused():
    (problem,) = exploding(made(around(10.0 * GATES.max_growth_ratio * 1.2)), HISTORY, GATES)
    assert "times the largest value seen" in problem.what


def test_a_collapse_below_what_was_seen_last_is_refused():
    (problem,) = exploding(made(around(10.0 / GATES.max_growth_ratio / 1.2)), HISTORY, GATES)
    assert (
        "falls to 0.168 Gbit/s, more than 50 times less than the latest values, 10" in problem.what
    )
    (to_nothing,) = exploding(made(around(0.0)), HISTORY, GATES)
    assert "falls to 0" in to_nothing.what
    quiet = HISTORY.with_columns(value_gbps=pl.lit(0.0))
    assert exploding(made(around(0.0)), quiet, GATES) == []


def many(*levels: float) -> Forecast:
    """A forecast of a route for each level; None has none."""
    known = [(f"R{at}", level) for at, level in enumerate(levels) if level is not None]
    keys = pl.concat([KEYS.with_columns(series_id=pl.lit(name)) for name, _ in known])
    return made(np.concatenate([around(level) for _, level in known]), keys=keys)


def test_series_that_were_forecast_before_and_are_not_now_are_refused():
    before = many(*[10.0] * 20).quantiles
    assert lost_series(many(*[10.0] * 18), before, GATES) == []
    (problem,) = lost_series(many(*[10.0] * 17), before, GATES)
    assert "3 of 20 forecast by the last run have no forecast now" in problem.what
    assert "route R17 out p95, route R18 out p95, route R19 out p95" in problem.what
    assert lost_series(many(10.0), before, GateSettings(max_lost_ratio=0)) == []
    assert lost_series(many(10.0), FORECAST_QUANTILE.empty(), GATES) == []


@pytest.mark.parametrize(
    ("now", "moved"),
    [
        ((10.0, 10.0, None, None), "100%"),  # two of four are gone
        ((19.0, 15.0, 15.0, 15.0), "60%"),  # each grows within its own limit
        ((5.5, 5.5, 5.5, 5.5), "82%"),  # all fall, none by its own limit
        ((14.0, 14.0, 14.0, 14.0), ""),
        ((20.0, 10.0, 10.0, 10.0), ""),
    ],
)
def test_the_sum_over_routes_has_a_limit_of_its_own(now, moved):
    found = changed_totals(many(*now), many(*[10.0] * 4).quantiles, GATES)
    assert len(found) == bool(moved)
    assert all(f"the sum of medians moved by {moved}" in one.what for one in found)


def test_rows_of_the_network_that_are_gone_are_refused_and_named():
    def nodes(count):
        return pl.DataFrame({"node_id": [f"N{at:02d}" for at in range(count)]})

    def network(count):
        empty = {name: FRAMES[name].empty() for name in NETWORK_ROWS}
        return {**empty, "node": nodes(count)}

    assert lost_rows(network(18), network(20), GATES) == []
    assert lost_rows(network(30), network(20), GATES) == []
    (problem,) = lost_rows(network(17), network(20), GATES)
    assert problem.where == "network node"
    assert "3 of 20 rows known to the last run are gone" in problem.what
    assert "N17, N18, N19" in problem.what
    renamed = {**network(0), "node": nodes(20).with_columns(pl.col("node_id") + "x")}
    assert "20 of 20" in lost_rows(renamed, network(20), GATES)[0].what
    assert lost_rows(network(1), network(20), GateSettings(max_lost_ratio=0)) == []
    assert lost_rows(network(1), {}, GATES) == []


def test_a_jump_since_the_last_run_is_refused_and_a_small_move_is_not():
    before = made(around(10.0)).quantiles
    (problem,) = changed_too_much(made(around(25.0)), before, GATES)
    assert "moved by 150%" in problem.what
    assert changed_too_much(made(around(15.0)), before, GATES) == []
    assert changed_too_much(made(around(25.0)), before, GateSettings(max_change_ratio=0)) == []
    assert changed_too_much(made(around(25.0)), FORECAST_QUANTILE.empty(), GATES) == []


def test_intervals_that_held_too_little_are_refused():
    row = {
        **KEYS.row(0, named=True),
        "grain": "month",
        "model": "ensemble",
        "horizon": 0,
        "n": 200,
        "bias_gbps": 0.0,
        "mae_gbps": 1.0,
        "coverage_80": 0.4,
    }
    scores = pl.DataFrame([row])
    (problem,) = unreliable(made(around(10.0), scores), GATES)
    assert "40% of 200" in problem.what
    assert unreliable(made(around(10.0), scores.with_columns(n=50)), GATES) == []


def test_old_data_are_refused_by_age_at_the_period_s_end():
    assert too_old(date(2026, 10, 1), "month", date(2026, 11, 22), GATES) == []
    (problem,) = too_old(date(2026, 5, 1), "month", date(2026, 11, 22), GATES)
    assert "end 174 days before 22 November 2026" in problem.what


def test_a_refusal_names_all_problems_and_the_remedy():
    problems = too_old(date(2020, 1, 1), "month", date(2026, 11, 22), GATES) * 2
    with pytest.raises(GateError, match="2 gates failed") as caught:
        refuse(problems)
    assert "The last edition stays" in str(caught.value)


def test_doubts_can_be_accepted_and_the_impossible_can_not():
    doubt = too_old(date(2020, 1, 1), "month", date(2026, 11, 22), GATES)
    draws = around(12.0)
    draws[0, 0, 0] = np.nan
    wrong = impossible(made(draws))
    assert pass_or_refuse(Failed([], []), None) == []
    assert pass_or_refuse(Failed([], doubt), "the exchange was closed") == doubt
    with pytest.raises(GateError, match="1 gate failed"):
        pass_or_refuse(Failed([], doubt), None)
    with pytest.raises(GateError, match="2 gates failed"):
        pass_or_refuse(Failed(wrong, doubt), "the exchange was closed")


@pytest.mark.parametrize(("before", "now"), [(10.0, 0.0), (0.0, 10.0), (10.0, 1.0)])
def test_a_fall_counts_as_a_rise_does_down_to_nothing(before: float, now: float) -> None:
    known = made(around(before)).quantiles
    (problem,) = changed_too_much(made(around(now)), known, GATES)
    assert problem
