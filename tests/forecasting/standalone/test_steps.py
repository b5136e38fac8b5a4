"""Steps are read in the forms people write them in, and the forecast's steps come in the same."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from forecasting.standalone.panel import forecast_panel
from tests.forecasting.worlds import growing
from warehouse.errors import ContractError


def forecast_steps(steps: list[object], season: int) -> pl.DataFrame:
    values = growing(len(steps), 4, season=0.0)
    frame = pl.DataFrame({"series_id": "a", "step": steps, "value": values})
    return forecast_panel(frame, season=season, horizon=3)


def months(count: int) -> list[tuple[int, int]]:
    return [(2021 + step // 12, step % 12 + 1) for step in range(count)]


@pytest.mark.parametrize(
    ("steps", "season", "ahead"),
    [
        ([y * 100 + m for y, m in months(35)], 12, [202312, 202401, 202402]),
        ([f"{y}-{m:02}" for y, m in months(35)], 12, ["2023-12", "2024-01", "2024-02"]),
        ([f"{y}{m:02}" for y, m in months(35)], 12, ["202312", "202401", "202402"]),
        ([f"{y}M{m:02}" for y, m in months(35)], 12, ["2023M12", "2024M01", "2024M02"]),
        ([f"{m}/{y}" for y, m in months(35)], 12, ["12/2023", "01/2024", "02/2024"]),
        ([y * 10_000 + m * 100 + 1 for y, m in months(35)], 12, [20231201, 20240101, 20240201]),
        (
            [f"{2016 + step // 4}Q{step % 4 + 1}" for step in range(30)],
            4,
            ["2023Q3", "2023Q4", "2024Q1"],
        ),
        (
            [f"2020-W{week:02}" for week in range(1, 54)] + [f"2021-W{week:02}" for week in (1, 2)],
            52,
            ["2021-W03", "2021-W04", "2021-W05"],
        ),
        (
            [datetime(y, m, 1, 0, 0) for y, m in months(35)],
            12,
            [datetime(2023, 12, 1), datetime(2024, 1, 1), datetime(2024, 2, 1)],
        ),
        (
            [datetime(2024, 1, 1, 6) + timedelta(days=day) for day in range(60)],
            7,
            [datetime(2024, 3, day, 6) for day in (1, 2, 3)],
        ),
        (
            [datetime(2024, 3, 1, tzinfo=UTC) + timedelta(hours=hour) for hour in range(200)],
            24,
            [datetime(2024, 3, 9, hour, tzinfo=UTC) for hour in (8, 9, 10)],
        ),
    ],
)
def test_steps_come_in_the_form_they_were_given(steps, season, ahead):
    found = forecast_steps(steps, season)
    assert found["reason_code"].null_count() == 3
    assert found["step"].to_list() == ahead


def test_written_steps_forecast_what_numbered_steps_do():
    numbered = forecast_steps(list(range(35)), 12)
    written = forecast_steps([y * 100 + m for y, m in months(35)], 12)
    np.testing.assert_array_equal(written["q90"], numbered["q90"])


@pytest.mark.parametrize(
    ("steps", "season", "cause"),
    [
        ([y * 100 + m for y, m in months(35)], 7, "steps look like yyyymm"),
        ([f"{y}Q1" for y in range(1990, 2020)], 12, "steps look like quarters"),
        (["2020-01", "2020-02", "spring"] * 10, 12, "'spring' is none of"),
        (
            [datetime(2024, 1, 1) + timedelta(hours=hour) for hour in range(60)],
            7,
            "steps look like times of day",
        ),
        (
            [datetime(2024, 1, 1) + timedelta(minutes=20 * step) for step in range(60)],
            24,
            "not whole hours apart",
        ),
    ],
)
def test_steps_that_do_not_fit_are_refused_by_their_cause(steps, season, cause):
    with pytest.raises(ContractError) as caught:
        forecast_steps(steps, season)
    assert cause in str(caught.value.problems[0])


def test_whole_numbers_and_dates_stay_as_they_are():
    assert forecast_steps(list(range(5, 45)), 12)["step"].to_list() == [45, 46, 47]
    dates = [date(y, m, 1) for y, m in months(35)]
    assert forecast_steps(dates, 12)["step"][0] == date(2023, 12, 1)
