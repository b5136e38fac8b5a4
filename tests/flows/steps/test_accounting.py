"""Two runs of a small network, a month apart: each part of a revision is what exchanging that alone
does.
"""

import dataclasses
import shutil
from datetime import UTC, date, datetime

import numpy as np
import polars as pl
import pytest

from flows.commands.starting import TEMPLATE
from flows.settings import read_settings
from flows.steps import attribution as accounting
from flows.steps.attribution import attribute_changes
from flows.steps.forecast import GrainForecast, forecast_with_groups
from flows.steps.inputs import NETWORK_FRAMES, data_hash_of, open_warehouse, read_known, series_of
from flows.steps.past_forecasts import score_past_forecasts
from flows.steps.plan import keep_run, plan_segments, record_of
from forecasting.review.revision import STEPS
from forecasting.series import History, add_periods
from warehouse.loading.reference import load_reference

FIRST = date(2023, 10, 1)
LEVELS = {
    ("ALA-FRA", "out"): 40.0,
    ("ALA-FRA", "in"): 12.0,
    ("AST-FRA", "out"): 60.0,
    ("AST-FRA", "in"): 15.0,
}


def traffic(months: int, corrected: float = 1.0) -> pl.DataFrame:
    """Monthly means and p95s of both routes from FIRST; the third last of 36 months of ALA-FRA can
    be corrected.
    """
    rng, rows = np.random.default_rng(5), []
    for (route, way), level in LEVELS.items():
        noise = np.exp(rng.normal(0, 0.03, 60))
        for at in range(months):
            value = (
                level
                * 1.022**at
                * noise[at]
                * (corrected if (route, at) == ("ALA-FRA", 33) else 1.0)
            )
            rows += [
                ("month", "route", route, way, name, add_periods(FIRST, at, "month"), value * ratio)
                for name, ratio in (("mean", 1.0), ("p95", 1.5))
            ]
    return pl.DataFrame(
        rows,
        schema=[
            "grain",
            "series_kind",
            "series_id",
            "direction",
            "statistic",
            "period_start",
            "value_gbps",
        ],
        orient="row",
    )


class World:
    """A project whose traffic is stated month by month, and its runs."""

    def __init__(self, folder):
        shutil.copytree(TEMPLATE, folder)
        self.folder, self.version = folder, 0
        self.settings = dataclasses.replace(
            read_settings(folder),
            forecast=dataclasses.replace(read_settings(folder).forecast, draws=200, horizon=12),
        )
        folders = dataclasses.replace(self.settings.folders, private=folder / ".transit")
        self.settings = dataclasses.replace(self.settings, folders=folders)
        self.learn()

    def learn(self, frame: pl.DataFrame | None = None) -> None:
        """Loads the network as its files say now, and traffic."""
        self.version += 1
        now = datetime.now(UTC)
        with open_warehouse(self.settings) as warehouse:
            load_reference(warehouse, self.folder / "network", known_at=now)
            if frame is not None:
                whole = frame.with_columns(
                    coverage_ratio=1.0,
                    censored_ratio=0.0,
                    slot_minutes=5,
                    simulated=False,
                    reason=pl.lit(None, pl.String),
                    time_zone=pl.lit("UTC"),
                    known_at=now,
                    version=self.version,
                )
                known = warehouse.read("traffic_period")
                fresh = whole.join(known, on=[*frame.columns[:6], "value_gbps"], how="anti")
                warehouse.connection.register("fresh", fresh.to_arrow())
                warehouse.connection.execute("insert into core.traffic_period by name from fresh")

    def run(self, today: date):
        """The run as `transit run` keeps it, and its rows of REVISION_PART."""
        settings = dataclasses.replace(
            self.settings, run=dataclasses.replace(self.settings.run, today=today)
        )
        known, spec = read_known(settings), settings.forecast
        own = series_of(known, "month")
        history = History.from_frame(own, "month")
        forecast = forecast_with_groups(history, spec, known)
        made = GrainForecast(
            spec, history.periods[-1], data_hash_of(own, known), False, own, forecast, True
        )
        with open_warehouse(settings) as warehouse:
            frames = {name: warehouse.read(name) for name in NETWORK_FRAMES}
            stated = {
                **frames,
                "event": warehouse.read("event"),
                "driver": warehouse.read("driver"),
            }
        planned = plan_segments.fn(settings, made, frames)
        record = record_of(settings, made, str(self.version), datetime.now(UTC), planned=True)
        parts, notes = attribute_changes(settings, made, planned, stated, record.run_id)
        assert notes == []
        self.held, self.notes = score_past_forecasts(settings, made, planned, stated)
        assert keep_run.fn(settings, made, {**planned, **self.held, "revision_part": parts}, record)
        return record.run_id, made, planned, parts


@pytest.fixture
def world(tmp_path):
    return World(tmp_path / "project")


def change(parts: pl.DataFrame, step: str, measure: str | None = None) -> pl.DataFrame:
    found = parts.filter(pl.col("step") == step)
    return found if measure is None else found.filter(pl.col("measure") == measure)


def test_a_first_run_has_nothing_to_account_for(world):
    world.learn(traffic(36))
    assert world.run(date(2026, 10, 5))[3].is_empty()


def test_every_part_has_its_own_cause(world):
    world.learn(traffic(36))
    first, before, planned_before, _ = world.run(date(2026, 10, 5))
    # A month comes, an old one is corrected by a third, and a line gets more capacity.
    world.learn(traffic(37, corrected=1.3))
    capacity = world.folder / "network" / "capacity.csv"
    capacity.write_text(
        capacity.read_text().replace("ALA-FRA,2020-01-01,100", "ALA-FRA,2020-01-01,160")
    )
    world.learn()
    _, now, planned, parts = world.run(date(2026, 11, 5))
    assert parts["earlier_run_id"].unique().to_list() == [first]
    moved = {step: change(parts, step).filter(pl.col("change").abs() > 1e-9) for step in STEPS}
    # Corrected: that route, and the other only as far as they share what intervals are made from.
    # The new month: all.
    # Nothing that people state here moves a forecast.
    corrected = {
        name: rows["change"].abs().max()
        for (name,), rows in moved["history_revised"]
        .filter(pl.col("series_kind") == "route")
        .group_by("series_id")
    }
    assert corrected["ALA-FRA"] > 20 * corrected.get("AST-FRA", 0.0), corrected
    assert set(moved["new_observations"].filter(pl.col("series_kind") == "route")["series_id"]) == {
        "ALA-FRA",
        "AST-FRA",
    }
    assert moved["model"].is_empty()
    assert set(moved["assumptions"]["series_kind"]) == {"segment"}
    assert "ALA-FRA" in set(moved["assumptions"]["series_id"])
    # Nothing is left over: it begins with what the first run said and ends with what this one says.
    value = {
        name: made.forecast.quantiles.filter(pl.col("quantile_level") == 0.5)
        for name, made in (("was", before), ("is", now))
    }
    ends = parts.filter((pl.col("series_kind") == "route") & (pl.col("measure") == "p95_gbps"))
    for row in ends.iter_rows(named=True):
        for seq, side, name in ((1, "value_before", "was"), (4, "value_after", "is")):
            if row["step_seq"] == seq:
                (said,) = value[name].filter(
                    series_id=row["series_id"],
                    direction=row["direction"],
                    statistic="p95",
                    target_start=row["target_start"],
                )["value_gbps"]
                assert row[side] == said
    for measure, name, column in (
        ("runout_days", "runout", "t50"),
        ("order_by_days", "order_plan", "order_by"),
    ):
        dates = parts.filter((pl.col("measure") == measure) & (pl.col("step_seq").is_in([1, 4])))
        assert dates.height
        for row in dates.iter_rows(named=True):
            said = (planned_before if row["step_seq"] == 1 else planned)[name].filter(
                segment_id=row["series_id"]
            )
            if measure == "runout_days":
                said = said.filter(direction=row["direction"], date_kind="policy")
            assert row["date_before" if row["step_seq"] == 1 else "date_after"] == said[column][0]


def test_a_new_method_is_told_from_new_data(world, monkeypatch):
    world.learn(traffic(36))
    world.run(date(2026, 10, 5))
    world.learn(traffic(37))
    monkeypatch.setattr(accounting, "code_version", lambda _packages: "another")
    made_anew = []
    real = accounting.stage_forecast
    monkeypatch.setattr(
        accounting, "stage_forecast", lambda *given: made_anew.append(1) or real(*given)
    )
    parts = world.run(date(2026, 11, 5))[3]
    # The software only says that it is another: on the same data it comes to the same, so the
    # model's part is nothing.
    assert len(made_anew) >= 2
    assert change(parts, "model")["change"].abs().max() == 0
    assert change(parts, "model")["reason_code"][0] == "revision.other_method"
    assert change(parts, "history_revised")["change"].abs().max() == 0
    assert change(parts, "new_observations")["change"].abs().max() > 0


def test_the_run_of_the_month_before_is_the_one_to_hold_against(world):
    world.learn(traffic(36))
    first = world.run(date(2026, 10, 5))[0]
    world.learn(traffic(37))
    second = world.run(date(2026, 11, 5))[0]
    third, _, _, parts = world.run(date(2026, 11, 6))
    assert len({first, second, third}) == 3
    assert parts["earlier_run_id"].unique().to_list() == [first]
    # One month came since the first run: too little to judge it by, and nothing is called a drift.
    live = world.held["live_accuracy"]
    assert set(live["periods"]) == {1}
    assert set(live["n"]) == {4}
    assert world.notes == []
    assert set(world.held["model_challenge"]["verdict"]) == {"too_early"}
    with open_warehouse(world.settings) as warehouse:
        assert warehouse.read("live_accuracy").height == live.height
