"""The sums that past forecasts are judged by, against the same sums made row by row."""

import statistics
from collections import defaultdict
from datetime import date

import polars as pl
import pytest

from forecasting.series import add_periods, periods_between
from tests.warehouse.analysts_world import fill
from warehouse.store.database import Warehouse

SINCE = date(2026, 1, 1)


@pytest.fixture(scope="module")
def world(tmp_path_factory):
    with Warehouse.open(tmp_path_factory.mktemp("held") / "work.duckdb") as warehouse:
        fill(warehouse, routes=3, months=30, vintages=6, horizon=8)
        yield warehouse


@pytest.fixture(scope="module")
def truth(world):
    """Past values by series and month, and past medians and 80 % ends with their run's origin."""
    traffic = defaultdict(dict)
    for row in world.sql(
        "from mart.traffic_latest where grain = 'month' and series_kind = 'route' and "
        "value_gbps is not null"
    ).iter_rows(named=True):
        traffic[row["series_id"], row["direction"], row["statistic"]][row["period_start"]] = row[
            "value_gbps"
        ]
    said = defaultdict(dict)
    rows = world.sql(
        "select run.origin, quantile.* from core.forecast_quantile as quantile join "
        "core.forecast_run as run using (run_id) where quantile.grain = 'month' and "
        "series_kind = 'route'"
    )
    for row in rows.iter_rows(named=True):
        key = (
            row["run_id"],
            row["origin"],
            row["series_id"],
            row["direction"],
            row["statistic"],
            row["target_start"],
        )
        said[key][round(row["quantile_level"], 3)] = row["value_gbps"]
    return traffic, said


def test_outcomes_are_counted_once_for_each_origin_series_and_month(world, truth):
    traffic, said = truth
    expected = defaultdict(lambda: [0, 0, 0.0])
    for (_, origin, series, way, statistic, target), levels in said.items():
        came = traffic[series, way, statistic].get(target)
        if came is not None and target >= SINCE:
            cell = expected[statistic, periods_between(origin, target, "month"), target]
            cell[0] += 1
            cell[1] += levels[0.1] <= came <= levels[0.9]
            cell[2] += (came > levels[0.5]) + 0.5 * (came == levels[0.5])
    found = world.run("results/matured", grain="month", since=SINCE)
    assert found.height > 10
    assert set(found.dtypes[3:]) == {pl.Float64}
    assert {
        row[:3]: list(row[3:])
        for row in found.select(
            "statistic", "horizon", "target_start", "n", "inside_80", "above_median"
        ).iter_rows()
    } == expected


def test_benchmarks_are_made_from_what_was_known_at_the_origin(world, truth):
    traffic, said = truth
    errors = defaultdict(lambda: defaultdict(list))
    for (_, origin, series, way, statistic, target), levels in said.items():
        line, horizon = traffic[series, way, statistic], periods_between(origin, target, "month")
        came = line.get(target)
        if came is None or target < SINCE or horizon > 3:
            continue
        known = sorted((month, value) for month, value in line.items() if month <= origin)
        guesses = {"seasonal_naive": line.get(add_periods(target, -12, "month"))}
        if known and known[-1][0] == origin:
            slope = (known[-1][1] - known[0][1]) / (len(known) - 1)
            guesses["drift"] = max(known[-1][1] + horizon * slope, 0)
        for name, guess in guesses.items():
            if guess is not None:
                errors[statistic, name, target]["champion"].append(abs(levels[0.5] - came))
                errors[statistic, name, target]["challenger"].append(abs(guess - came))
    found = world.run("results/challenged", grain="month", since=SINCE, horizon_to=3)
    compared = 0
    for row in found.iter_rows(named=True):
        key = row["statistic"], row["challenger"], row["target_start"]
        if row["challenger"] in ("drift", "seasonal_naive"):
            assert row["n"] == len(errors[key]["champion"]), key
            for side in ("champion", "challenger"):
                assert row[f"{side}_gbps"] == pytest.approx(statistics.fsum(errors[key][side])), (
                    key,
                    side,
                )
            compared += 1
    assert compared == len(errors) > 4


def test_a_run_that_was_made_again_counts_once(world):
    before = world.run("results/matured", grain="month", since=SINCE)
    with world.transaction():
        world.connection.execute(
            "insert into core.forecast_run select * replace ('again' as run_id, known_at + "
            "interval 1 hour as known_at) from core.forecast_run where grain = 'month' "
            "qualify row_number() over (order by origin) = 1"
        )
        world.connection.execute(
            "insert into core.forecast_quantile select * replace ('again' as run_id) from "
            "core.forecast_quantile where run_id = (select run_id from core.forecast_run "
            "where grain = 'month' order by origin, known_at limit 1)"
        )
        world.run("results/fans", run_id="again")
        assert (
            world.run("results/matured", grain="month", since=SINCE)["n"].sum() == before["n"].sum()
        )
        world.connection.execute(
            "delete from core.forecast_run where run_id = 'again'; delete from "
            "core.forecast_quantile where run_id = 'again'; delete from core.forecast_fan "
            "where run_id = 'again'"
        )


def test_the_first_registration_of_a_month_stands(world):
    found = world.run("results/registered")
    months = found.select("project_id", "market", "registered_on").rows()
    assert len({(one, market, day.replace(day=1)) for one, market, day in months}) == len(months)
