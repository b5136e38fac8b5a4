"""The forecast flow: what is known of every series -> joint sample paths, scores, and reasons where there is none."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from prefect import flow

from flows.identity import code_version, frame_hash, settings_json, step_key
from flows.load import open_warehouse
from flows.runners import map_tasks, task_runner
from flows.settings import Settings
from flows.steps import kept_forecast
from forecasting.engine import Forecast, forecast
from forecasting.hierarchy import aggregate
from forecasting.series import History
from forecasting.spec import ForecastSpec
from warehouse.errors import Problem, TransitError
from warehouse.schema import TRAFFIC_PERIOD, Grain


class NothingToForecastError(TransitError):
    """The warehouse holds no series at all."""


@dataclass(frozen=True)
class GrainForecast:
    """One grain's forecast and what it was made from. `computed` is false where it was kept from before."""

    spec: ForecastSpec
    origin: date
    data_hash: str
    simulated: bool
    traffic: pl.DataFrame
    forecast: Forecast
    computed: bool


@dataclass(frozen=True)
class Known:
    """What the warehouse holds that a forecast is made from."""

    traffic: pl.DataFrame
    events: pl.DataFrame
    routes: pl.DataFrame


def bandwidth_as_traffic(bandwidth: pl.DataFrame) -> pl.DataFrame:
    """Countries' yearly bandwidth as rows of TRAFFIC_PERIOD; a direct figure goes before a derived one."""
    chosen = bandwidth.sort("country", "year", pl.col("source_kind") != "direct").unique(
        ["country", "year"], keep="first"
    )
    return chosen.select(
        grain=pl.lit("year"), series_kind=pl.lit("country"), series_id="country", direction=pl.lit("in"), statistic=pl.lit("mean"),
        period_start=pl.date(pl.col("year"), 1, 1), value_gbps="gbps", coverage_ratio=pl.lit(1.0), censored_ratio=pl.lit(0.0),
        slot_minutes=pl.lit(0, pl.Int64), simulated=pl.lit(False), reason=pl.lit(None, pl.String),
    ).sort("series_id", "period_start")  # fmt: skip


def read_known(settings: Settings) -> Known:
    with open_warehouse(settings) as warehouse:
        traffic = pl.concat(
            [warehouse.read("traffic_period"), bandwidth_as_traffic(warehouse.read("international_bandwidth"))]
        )
        return Known(traffic, warehouse.read("event"), warehouse.read("route"))


def series_of(known: Known, grain: Grain) -> pl.DataFrame:
    """The series that are forecast on their own, to the last period known of any. A group's mean is the sum of its routes."""
    own = (pl.col("series_kind").is_in(["route", "country"])) | (pl.col("statistic") != "mean")
    rows = known.traffic.filter((pl.col("grain") == grain) & own).sort(TRAFFIC_PERIOD.key)
    # A period that is not over has rows without values; the forecast starts with it.
    last = rows.filter(pl.col("value_gbps").is_not_null())["period_start"].max()
    return rows.filter(pl.col("period_start") <= pl.lit(last, pl.Date))


def forecast_with_groups(history: History, spec: ForecastSpec, known: Known) -> Forecast:
    result = forecast(history, spec, events=known.events, map_chunks=map_tasks)
    means = aggregate(result.paths, known.routes)
    paths = dataclasses.replace(
        result.paths,
        keys=pl.concat([result.paths.keys, means.keys]),
        draws_gbps=np.concatenate([result.paths.draws_gbps, means.draws_gbps]),
    )
    return dataclasses.replace(result, paths=paths, quantiles=paths.quantiles())


def forecast_grain(settings: Settings, spec: ForecastSpec, known: Known, *, force: bool) -> GrainForecast | None:
    """None where no series has this grain."""
    own = series_of(known, spec.grain)
    if own.is_empty():
        return None
    history = History.from_frame(own, spec.grain)
    data_hash = frame_hash({"traffic": own, "event": known.events, "route": known.routes})
    key = step_key(data_hash, settings_json(spec), code_version(("forecasting", "warehouse")))
    result, computed = kept_forecast(
        settings.folders.steps, key, lambda: forecast_with_groups(history, spec, known), force=force
    )
    return GrainForecast(spec, history.periods[-1], data_hash, bool(own["simulated"].any()), own, result, computed)


def specs_of(settings: Settings) -> list[ForecastSpec]:
    """The planning grain first; months are tried where that grain is finer; years for countries."""
    specs = [settings.forecast]
    if settings.forecast.grain != "month":
        specs.append(ForecastSpec(seed=settings.forecast.seed, draws=settings.forecast.draws))
    return [*specs, settings.country]


def forecast_flow(settings: Settings, *, force: bool = False) -> list[GrainForecast]:
    """The forecast on the runner that the settings name."""
    return forecast_every_grain.with_options(task_runner=task_runner(settings.run))(settings, force=force)


@flow(name="forecast", validate_parameters=False)
def forecast_every_grain(settings: Settings, *, force: bool = False) -> list[GrainForecast]:
    """Raises NothingToForecastError on an empty warehouse."""
    known = read_known(settings)
    made = [forecast_grain(settings, spec, known, force=force) for spec in specs_of(settings)]
    found = [result for result in made if result is not None]
    if not found:
        raise NothingToForecastError(
            "there is nothing to forecast",
            [Problem(str(settings.folders.database), "holds no traffic and no yearly bandwidth")],
            "Run `transit load` first, and read what it says about your files.",
        )
    return found
