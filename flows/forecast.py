"""The forecast flow: what is known of every series -> joint sample paths, scores, and reasons where there is none."""

from __future__ import annotations

import dataclasses
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from prefect import flow

from flows.inputs import Known, data_hash_of, forecast_key, read_known, series_of
from flows.runners import map_tasks, task_runner
from flows.settings import Settings
from flows.steps import kept_forecast
from forecasting.engine import Forecast, forecast
from forecasting.hierarchy import aggregate
from forecasting.series import History
from forecasting.spec import ForecastSpec
from warehouse.errors import Problem, TransitError


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
    data_hash = data_hash_of(own, known)
    key = forecast_key(data_hash, spec)
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
