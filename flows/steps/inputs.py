"""What forecasts and plans are made from, read from the warehouse. Free of Prefect, so that a
what-if starts at once.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import polars as pl

from flows.settings import Settings
from flows.steps.identity import code_version, frame_hash, settings_json, step_key
from flows.steps.kept_steps import kept_paths
from forecasting.series import Paths
from forecasting.spec import ForecastSpec
from forecasting.stories.changes import PlanInputs
from forecasting.stories.scenario import Scenario, parse_scenario
from warehouse.errors import Problem, SettingsError, TransitError
from warehouse.network.model import Network
from warehouse.schema import DRIVER, TRAFFIC_PERIOD, Grain
from warehouse.store.database import Warehouse

NETWORK_FRAMES = (
    "node",
    "segment",
    "capacity",
    "route",
    "route_path",
    "risk_group",
    "project",
    "assumption",
    "coincidence",
)


if TYPE_CHECKING:
    from forecasting.demand.engine import Forecast


class NoForecastKeptError(TransitError):
    """What is asked for needs a forecast that is not there."""


PATIENCE_SECONDS = 15.0
"""A run has its own lock; what else opens the warehouse, `transit check` say, is soon done."""


def open_warehouse(settings: Settings) -> Warehouse:
    return Warehouse.open(
        settings.folders.database,
        memory_limit=settings.run.memory_limit,
        threads=settings.run.threads,
        wait_seconds=max(settings.run.wait_for_lock_seconds, PATIENCE_SECONDS),
    )


def today_of(settings: Settings) -> date:
    """The planning date: [run] today, else the clock's."""
    return settings.run.today or datetime.now(UTC).date()


@dataclass(frozen=True)
class Known:
    """What the warehouse holds that a forecast is made from."""

    traffic: pl.DataFrame
    events: pl.DataFrame
    routes: pl.DataFrame
    drivers: pl.DataFrame = field(default_factory=DRIVER.empty)


def bandwidth_as_traffic(bandwidth: pl.DataFrame) -> pl.DataFrame:
    """Countries' yearly bandwidth as rows of TRAFFIC_PERIOD; a direct figure goes before a derived
    one.
    """
    chosen = bandwidth.sort("country", "year", pl.col("source_kind") != "direct").unique(
        ["country", "year"], keep="first"
    )
    return chosen.select(
        grain=pl.lit("year"),
        series_kind=pl.lit("country"),
        series_id="country",
        direction=pl.lit("in"),
        statistic=pl.lit("mean"),
        period_start=pl.date(pl.col("year"), 1, 1),
        value_gbps="gbps",
        coverage_ratio=pl.lit(1.0),
        censored_ratio=pl.lit(0.0),
        slot_minutes=pl.lit(0, pl.Int64),
        simulated=pl.lit(False),
        reason=pl.lit(None, pl.String),
        reason_code=pl.lit(None, pl.String),
        reason_values=pl.lit(None, pl.String),
    ).sort("series_id", "period_start")


def read_known(settings: Settings) -> Known:
    with open_warehouse(settings) as warehouse:
        return _known_in(warehouse)


def _known_in(warehouse: Warehouse) -> Known:
    periods = warehouse.read("traffic_period")
    bandwidth = bandwidth_as_traffic(warehouse.read("international_bandwidth"))
    traffic = pl.concat([periods, bandwidth.select(periods.columns)])
    return Known(
        traffic, warehouse.read("event"), warehouse.read("route"), warehouse.read("driver")
    )


def series_of(known: Known, grain: Grain) -> pl.DataFrame:
    """The series that are forecast on their own, to the last period known of any. A group's mean is
    the sum of its routes.
    """
    own = (pl.col("series_kind").is_in(["route", "country"])) | (pl.col("statistic") != "mean")
    rows = known.traffic.filter((pl.col("grain") == grain) & own).sort(TRAFFIC_PERIOD.key)
    # A period that is not over has rows without values; the forecast starts with it.
    last = rows.filter(pl.col("value_gbps").is_not_null())["period_start"].max()
    return rows.filter(pl.col("period_start") <= pl.lit(last, pl.Date))


def data_hash_of(own: pl.DataFrame, known: Known) -> str:
    return frame_hash(
        {"traffic": own, "event": known.events, "route": known.routes, "driver": known.drivers}
    )


def forecast_key(data_hash: str, spec: ForecastSpec) -> str:
    """The name a forecast is kept under: its data, its settings and the code that makes it."""
    return step_key(
        data_hash, settings_json(spec), code_version(("flows", "forecasting", "warehouse"))
    )


def loads_key(forecast_key: str, frames: Mapping[str, pl.DataFrame], settings: Settings) -> str:
    """The name a plan's loads are kept under: the forecast, the network with all that is assumed of
    it, and the day.
    """
    stated = frame_hash({name: frames[name] for name in NETWORK_FRAMES})
    return step_key(forecast_key, stated, today_of(settings).isoformat())


def plan_inputs(settings: Settings) -> tuple[PlanInputs, str]:
    """The newest forecast's paths and the network as known now, and the key of the plan's loads.
    Raises NoForecastKeptError where nothing was forecast from it.
    """
    with open_warehouse(settings) as warehouse:
        known = _known_in(warehouse)
        frames = {name: warehouse.read(name) for name in NETWORK_FRAMES}
    own = series_of(known, settings.forecast.grain)
    key = forecast_key(data_hash_of(own, known), settings.forecast)
    paths = kept_paths(settings.folders.steps, key)
    if paths is None:
        raise NoForecastKeptError(
            "there is no forecast of what is loaded",
            [
                Problem(
                    "forecast",
                    "not made yet, or made from other data, with other settings or by "
                    "other code (as after an update)",
                )
            ],
            "Run `transit forecast` first.",
        )
    inputs = PlanInputs(
        p95_of_routes(paths),
        Network.from_frames(frames),
        frames["capacity"],
        frames["coincidence"],
        frames["assumption"],
        frames["project"],
        demand=paths,
    )
    return inputs, loads_key(key, frames, settings)


def read_scenarios(folder: Path) -> list[Scenario]:
    """The stories in folder/*.toml, by name. Raises SettingsError with every problem of every
    file.
    """
    return read_stories(sorted(folder.glob("*.toml")), f"Fix the files in {folder}.")


def read_stories(paths: Sequence[Path], remedy: str = "Fix the scenario files.") -> list[Scenario]:
    """The stories of these files. Raises SettingsError with every problem of every file."""
    found, problems = [], []
    for path in paths:
        try:
            found.append(parse_scenario(path.read_text(encoding="utf-8"), path.stem))
        except SettingsError as error:
            problems += [
                Problem(f"{path.name} {problem.where}", problem.what) for problem in error.problems
            ] or [Problem(path.name, error.summary)]
        except UnicodeDecodeError as error:
            problems.append(Problem(path.name, f"is not UTF-8: {error}"))
        except OSError as error:
            problems.append(Problem(str(path), f"can't be read: {error.strerror}"))
    if problems:
        raise SettingsError("scenarios can't be read", problems, remedy)
    return found


def route_p95(made: Forecast) -> Paths:
    """The paths a plan is made from."""
    return p95_of_routes(made.paths)


def p95_of_routes(paths: Paths) -> Paths:
    keys = paths.keys.with_row_index("row")
    return paths.take(
        keys.filter((pl.col("series_kind") == "route") & (pl.col("statistic") == "p95"))[
            "row"
        ].to_list()
    )
