"""Moving holidays, fading events and drivers: measured where they are, nothing where there is
nothing, put back ahead.
"""

from datetime import UTC, date, datetime, timedelta
from itertools import pairwise

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from flows.steps.sentences import with_sentences
from forecasting.demand.calendars import CALENDAR_DAYS, calendar_shares, islamic
from forecasting.demand.effects import Regression, Regressor, fleet_index
from forecasting.demand.engine import forecast
from forecasting.series import History, add_periods
from forecasting.spec import CALENDAR_NAMES, ForecastSpec
from tests.forecasting.worlds import growing
from warehouse.errors import SettingsError
from warehouse.schema import DRIVER, EVENT

SPEC = ForecastSpec(horizon=12, draws=100, backtest_origins=3)
MONTHS = tuple(add_periods(date(2018, 1, 1), step, "month") for step in range(84 + 12))


def world(logs: np.ndarray, length: int = 84) -> History:
    names = [f"r{row:02}" for row in range(len(logs))]
    keys = pl.DataFrame(
        {"series_kind": "route", "series_id": names, "direction": "in", "statistic": "mean"}
    )
    return History(
        "month", keys, MONTHS[:length], np.exp(logs[:, :length]), np.zeros((len(logs), length))
    )


def noisy(count: int, seed: int = 0, noise: float = 0.02) -> np.ndarray:
    rng = np.random.default_rng(seed)
    return (
        2
        + 0.015 * np.arange(96)
        + 0.05 * np.sin(np.arange(96) * np.pi / 6)
        + rng.normal(0, noise, (count, 96))
    )


def event(kind: str, start: date, end: date | None = None) -> pl.DataFrame:
    at = [
        datetime(day.year, day.month, day.day, tzinfo=UTC) if day else None for day in (start, end)
    ]
    row = {
        "event_id": "E",
        "start_at": at[0],
        "end_at": at[1],
        "kind": kind,
        "scope_kind": "all",
        "scope_id": "",
        "effect": "",
        "simulated": True,
        "source": None,
        "confidence": "high",
    }
    return pl.DataFrame(
        [row], schema={name: column.dtype for name, column in EVENT.columns.items()}
    )


def driver(
    days: list[date], values: np.ndarray, scope: tuple[str, str] = ("all", "")
) -> pl.DataFrame:
    frame = pl.DataFrame(
        {
            "driver_id": "customers",
            "scope_kind": scope[0],
            "scope_id": scope[1],
            "period_start": days,
            "value": values,
        }
    )
    return frame.with_columns(
        unit=pl.lit("1"), assumed=pl.lit(True), source=pl.lit("here"), confidence=pl.lit("low")
    ).select(*DRIVER.columns)


def used(found: pl.DataFrame, effect: str) -> np.ndarray:
    return found.filter(pl.col("effect") == effect)["used_log"].to_numpy()


@pytest.mark.parametrize(
    ("day", "month_of_ramadan"),
    [
        (date(2023, 3, 23), 1444),
        (date(2024, 3, 11), 1445),
        (date(2025, 3, 1), 1446),
        (date(2026, 2, 18), 1447),
    ],
)
def test_ramadan_begins_as_announced(day, month_of_ramadan):
    assert islamic(day) == (month_of_ramadan, 9, 1)


def test_the_islamic_calendar_has_no_holes():
    days = [date(1999, 1, 1) + timedelta(days=one) for one in range(40_000)]
    for before, after in pairwise(map(islamic, days)):
        assert after[2] == before[2] + 1 or (
            after[2] == 1 and before[2] in (29, 30) and after[1] == before[1] % 12 + 1
        )
    year, month, day = islamic(days[0])
    assert sum(islamic(one)[1:] == (month, day) for one in days) in (
        len(days) // 354,
        len(days) // 354 + 1,
    )
    assert year == 1419


def test_a_period_is_filled_as_far_as_its_days_are():
    shares = calendar_shares(
        ["ramadan", "weekend"], [date(2024, 3, 1), date(2024, 4, 1), date(2024, 6, 1)], "month"
    )
    assert shares[0] == pytest.approx([21 / 31, 9 / 30, 0])
    assert shares[1] == pytest.approx([10 / 31, 8 / 30, 10 / 30])
    assert set(CALENDAR_DAYS) == set(CALENDAR_NAMES)


def test_what_ramadan_does_is_measured_and_comes_again():
    logs = noisy(4) - 0.3 * calendar_shares(["ramadan"], MONTHS, "month")
    found = forecast(world(logs), SPEC)
    assert used(found.effects, "ramadan") == pytest.approx([-0.3] * 4, abs=0.07)
    blind = forecast(
        world(logs), ForecastSpec(horizon=12, draws=100, backtest_origins=3, calendar=())
    )
    truth = np.exp(logs[:, 84:])
    missed = [
        np.abs(np.median(one.paths.draws_gbps, axis=1) / truth - 1).mean() for one in (found, blind)
    ]
    assert missed[0] < 0.8 * missed[1]


def test_what_all_routes_show_helps_the_one_that_shows_little():
    effect = -0.12 * calendar_shares(["ramadan"], MONTHS, "month")
    together = forecast(world(noisy(30, noise=0.08) + effect), SPEC)
    assert used(together.effects, "ramadan").mean() == pytest.approx(-0.12, abs=0.05)
    assert np.abs(used(together.effects, "ramadan")).min() > 0.04


def test_noise_makes_no_effects():
    found = forecast(world(noisy(40, seed=3)), SPEC)
    assert np.abs(found.effects["used_log"].to_numpy()).mean() < 0.01
    assert set(found.effects["verdict_code"]) <= {"effect.used", "effect.noise"}


def test_a_jump_in_a_holidays_month_is_no_holiday():
    month = int(np.argmax(calendar_shares(["eid_al_adha"], MONTHS[36:60], "month")[0])) + 36
    logs = noisy(3)
    logs[:, month:] += 0.6
    found = forecast(world(logs), SPEC)
    assert np.abs(used(found.effects, "eid_al_adha")).max() < 0.3
    assert found.shifts["size_ratio"].to_list() == pytest.approx([np.exp(0.6)] * 3, rel=0.1)


def test_what_halves_traffic_on_a_holiday_is_not_the_holiday():
    shares = calendar_shares(["eid_al_fitr"], MONTHS, "month")[0]
    logs = noisy(3) - 3.0 * shares - 0.2 * calendar_shares(["ramadan"], MONTHS, "month")
    found = forecast(world(logs), SPEC).effects
    assert (used(found, "eid_al_fitr") == 0).all()
    assert set(found.filter(effect="eid_al_fitr")["verdict_code"]) == {"effect.too_large"}
    assert found.filter(effect="eid_al_fitr")["measured_log"].to_numpy() == pytest.approx(
        [-3] * 3, abs=0.6
    )


@given(size=st.floats(-0.6, 0.6), ago=st.integers(1, 20), seed=st.integers(0, 50))
@settings(max_examples=30, deadline=None)
def test_a_surge_is_measured_whatever_its_size(size, ago, seed):
    age = np.arange(96.0) - (84 - ago)
    logs = noisy(1, seed)[0] + size * np.where(age >= 0, 0.8 ** np.maximum(age, 0), 0)
    regressor = Regressor("event:E", "event", np.where(age >= 0, age, -1.0))
    (found,) = Regression((regressor,), 0).effects(logs[None, :84], 12, 12)
    assert found.past[84 - ago] == pytest.approx(size, abs=0.12)
    assert (found.past[: 84 - ago] == 0).all()


def test_a_surge_fades_and_one_that_ended_is_over():
    start = MONTHS[81]
    age = np.arange(96.0) - 81
    logs = noisy(2) + 0.5 * np.where(age >= 0, 0.8 ** np.maximum(age, 0), 0)
    found = forecast(world(logs), SPEC, events=event("surge", start))
    assert np.median(found.paths.draws_gbps, axis=1) == pytest.approx(
        np.exp(logs[:, 84:]), rel=0.12
    )
    over = Regressor("event:E", "event", np.where((age >= 0) & (age <= 82 - 81), age, -1.0))
    (effects,) = Regression((over,), 0).effects(logs[:1, :84], 12, 12)
    assert (effects.ahead == 0).all()
    assert effects.past[83] == 0


def test_a_driver_moves_what_it_moved_before():
    rng = np.random.default_rng(1)
    customers = np.exp(np.cumsum(rng.normal(0, 0.08, 98)))
    days = [add_periods(MONTHS[0], step - 1, "month").replace(day=16) for step in range(98)]
    logs = noisy(3) + 0.7 * np.log(customers[1:97])
    found = forecast(world(logs), SPEC, drivers=driver(days, customers))
    assert used(found.effects, "driver:customers") == pytest.approx([0.7] * 3, abs=0.1)
    assert np.median(found.paths.draws_gbps, axis=1) == pytest.approx(np.exp(logs[:, 84:]), rel=0.2)


@pytest.mark.parametrize(
    ("days", "values", "reason"),
    [
        (
            [date(2019, 1, 1), date(2030, 1, 1)],
            [1.0, 2.0],
            "is stated from 1 January 2019 only; the series begins on 16 January 2018",
        ),
        (
            [date(2017, 1, 1), date(2025, 6, 1)],
            [1.0, 2.0],
            "is stated to 1 June 2025 only; the forecast goes to 16 December 2025",
        ),
        (
            [date(2017, 1, 1), date(2030, 1, 1)],
            [1.0, 0.0],
            "has a value of 0; its log is taken, so every value must be above 0",
        ),
    ],
)
def test_a_driver_that_cannot_be_used_says_why(days, values, reason):
    found = forecast(
        world(noisy(2)), SPEC, drivers=driver(days, np.array(values), ("route", "r01"))
    )
    rows = with_sentences(found.effects.filter(pl.col("kind") == "driver"))
    assert rows.select("series_id", "verdict", "used_log").rows() == [("r01", reason, 0.0)]


def test_a_trend_passes_for_no_driver():
    logs = noisy(20, seed=5)
    days = [add_periods(MONTHS[0], step, "month") for step in range(-1, 98)]
    found = forecast(world(logs), SPEC, drivers=driver(days, np.exp(0.02 * np.arange(99.0))))
    rows = found.effects.filter(pl.col("kind") == "driver")
    assert rows["verdict_code"].to_list() == ["effect.unmeasured"] * 20
    assert (rows["used_log"] == 0).all()


def test_nothing_ahead_of_an_origin_is_used():
    shares = calendar_shares(["ramadan"], MONTHS, "month")[0]
    regression = Regression((Regressor("ramadan", "calendar", shares),), 0)
    logs = noisy(1)[0] - 0.2 * shares
    other = logs.copy()
    other[60:] += 5
    one, two = regression.effects(np.stack([logs[:60], other[:60]]), 12, 12)
    np.testing.assert_array_equal(one.ahead, two.ahead)


def test_effects_of_a_series_do_not_depend_on_those_beside_it():
    logs = np.concatenate(
        [
            noisy(20, seed=8),
            noisy(3, seed=9) - 3.0 * calendar_shares(["eid_al_fitr"], MONTHS, "month"),
        ]
    )
    shares = calendar_shares(["ramadan", "eid_al_fitr", "nowruz"], MONTHS, "month")
    age = np.arange(96.0) - 60
    regressors = [
        Regressor(name, "calendar", row)
        for name, row in zip(("ramadan", "eid_al_fitr", "nowruz"), shares, strict=True)
    ]
    regressors.append(Regressor("event:E", "event", np.where(age >= 0, age, -1.0)))
    regression = Regression(tuple(regressors), 0, fleet_index(logs))
    for length in (59, 71, 84):
        together = regression.effects(logs[:, :length], 12, 12)
        for row, beside in enumerate(together):
            (alone,) = regression.effects(logs[row : row + 1, :length], 12, 12)
            assert alone.found == beside.found
            for name in ("past", "ahead", "spread"):
                assert np.array_equal(getattr(alone, name), getattr(beside, name)), name


def test_a_history_too_short_to_tell_takes_what_all_show():
    shares = calendar_shares(["ramadan"], MONTHS, "month")[0]
    fleet = noisy(1, noise=0.005)[0] - 0.2 * shares
    short = Regression((Regressor("ramadan", "calendar", shares),), 70, fleet)
    ahead = short.effects(fleet[None, 70:84], 12, 12)[0].ahead
    assert ahead == pytest.approx(-0.2 * shares[84:], abs=0.05)
    (alone,) = Regression((Regressor("ramadan", "calendar", shares),), 70).effects(
        fleet[None, 70:84], 12, 12
    )
    assert (alone.ahead == 0).all()
    assert (alone.spread == 0).all()


def test_the_fleets_index_is_the_mean_change_of_those_that_know_it():
    logs = np.array([[0.0, 1.0, np.nan, 3.0], [5.0, 5.5, 6.5, np.nan]])
    assert fleet_index(logs) == pytest.approx([0.0, 0.75, 1.75, 1.75])


def test_unknown_days_are_refused_by_name():
    with pytest.raises(SettingsError) as caught:
        ForecastSpec(calendar=("ramadan", "thanksgiving", "ramadan"))
    assert "'thanksgiving' is not known; known are ramadan" in str(caught.value.problems[0])
    assert "twice" in str(caught.value.problems[1])


def test_years_have_no_moving_days():
    keys = pl.DataFrame(
        {"series_kind": "country", "series_id": ["KZ"], "direction": "in", "statistic": "mean"}
    )
    years = tuple(date(2008 + step, 1, 1) for step in range(15))
    values = growing(15, 1).reshape(1, -1)
    found = forecast(
        History("year", keys, years, values, np.zeros_like(values)),
        ForecastSpec(grain="year", horizon=5, min_periods=5, draws=50),
    )
    assert found.effects.is_empty()
