"""Gates stop a forecast that must not be published, and say why."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.settings import GateSettings
from flows.steps.gates import (
    Failed,
    GateError,
    changed_too_much,
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
    LEVEL_SHIFT,
    NO_FORECAST,
)

KEYS = pl.DataFrame(
    {"series_kind": ["route"], "series_id": ["R"], "direction": ["out"], "statistic": ["p95"]}
)
HISTORY = KEYS.with_columns(value_gbps=pl.lit(10.0))
GATES = GateSettings()


def made(draws: np.ndarray, backtest: pl.DataFrame | None = None) -> Forecast:
    paths = Paths("month", KEYS, (date(2026, 11, 1), date(2026, 12, 1)), draws)
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
