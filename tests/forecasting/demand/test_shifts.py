"""Jumps that last are found where they are, with their size; noise, growth and habits are left
alone.
"""

from datetime import UTC, datetime

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.demand.engine import forecast
from forecasting.demand.shifts import Shift, find_shifts, spliced
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import growing, history
from warehouse.schema import EVENT

SPEC = ForecastSpec(horizon=6, draws=100, backtest_origins=3)


def jumped(at: int, factor: float, seed: int = 1, length: int = 60) -> np.ndarray:
    values = growing(length, seed, noise=0.02)
    values[at:] *= factor
    return values


@settings(max_examples=30, deadline=None)
@given(
    seed=st.integers(0, 1000), at=st.integers(10, 55), factor=st.sampled_from([0.4, 0.6, 1.6, 2.5])
)
def test_a_clear_jump_is_found_and_measured(seed, at, factor):
    found = shifts_of(jumped(at, factor, seed))
    assert at in [shift.step for shift in found]
    assert sum(shift.size for shift in found) == pytest.approx(np.log(factor), abs=0.25)


def test_splicing_moves_the_past_to_todays_level():
    values = jumped(30, 2.0)
    moved = spliced(np.log(values), shifts_of(values))
    np.testing.assert_allclose(moved[30:], np.log(values[30:]))
    np.testing.assert_allclose(moved[:30], np.log(2 * values[:30]), atol=0.1)


def test_growth_and_noise_are_no_jumps():
    walks = np.log([growing(60, seed, noise=0.05) for seed in range(50)])
    found = find_shifts(walks, 12, log=True)
    assert sum(map(len, found)) <= 1


def test_a_passing_dip_does_not_move_the_level():
    values = growing(60, 2, noise=0.02)
    values[40:42] *= 0.3
    assert shifts_of(values) == []


def test_a_series_that_jumps_by_habit_is_left_alone():
    values = growing(96, 3, noise=0.01, growth=0.0, season=0.0)
    for at in range(10, 90, 9):
        values[at:] *= 2.0 if (at // 9) % 2 else 0.5
    assert shifts_of(values) == []


def shifts_of(values: np.ndarray) -> list[Shift]:
    return find_shifts(np.log(values)[None, :], 12, log=True)[0]


def event(kind: str, start: datetime, end: datetime | None = None) -> pl.DataFrame:
    row = {
        "event_id": "E1",
        "start_at": start,
        "end_at": end,
        "kind": kind,
        "scope_kind": "route",
        "scope_id": "a",
        "effect": "seen",
        "simulated": True,
        "source": None,
        "confidence": None,
    }
    return pl.DataFrame(
        [row], schema={name: column.dtype for name, column in EVENT.columns.items()}
    )


def test_a_known_event_names_the_shift_it_explains():
    world = history({("a", "in", "mean"): jumped(40, 1.8), ("b", "in", "mean"): jumped(20, 0.5, 2)})
    found = forecast(world, SPEC, events=event("migration", datetime(2023, 5, 10, tzinfo=UTC)))
    shifts = {row["series_id"]: row for row in found.shifts.iter_rows(named=True)}
    assert (shifts["a"]["event_id"], str(shifts["a"]["period_start"])) == ("E1", "2023-05-01")
    assert shifts["a"]["size_ratio"] == pytest.approx(1.8, rel=0.1)
    assert shifts["b"]["event_id"] is None


def test_a_stated_event_lowers_the_bar():
    values = growing(60, 5, noise=0.06)
    values[40:] *= 1.22
    world = history({("a", "in", "mean"): values})
    assert forecast(world, SPEC).shifts.is_empty()
    assert (
        forecast(
            world, SPEC, events=event("level_shift", datetime(2023, 5, 1, tzinfo=UTC))
        ).shifts.height
        == 1
    )


def test_a_known_cut_does_not_bend_the_forecast():
    steady = growing(60, 6, noise=0.02)
    cut = steady.copy()
    cut[-2:] *= 0.4
    known = event("cut", datetime(2024, 11, 3, tzinfo=UTC), datetime(2024, 12, 20, tzinfo=UTC))
    plain = np.median(
        forecast(history({("a", "in", "mean"): steady}), SPEC).paths.draws_gbps[0], axis=0
    )
    with_event = np.median(
        forecast(history({("a", "in", "mean"): cut}), SPEC, events=known).paths.draws_gbps[0],
        axis=0,
    )
    without = np.median(
        forecast(history({("a", "in", "mean"): cut}), SPEC).paths.draws_gbps[0], axis=0
    )
    np.testing.assert_allclose(with_event, plain, rtol=0.15)
    assert without.mean() < 0.8 * plain.mean()
