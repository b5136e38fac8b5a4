"""The forecast step: what is known of every series -> joint sample paths, scores, and reasons where
there is none.
"""

from __future__ import annotations

import dataclasses
import os
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from flows.runtime.runners import map_tasks, on_runner
from flows.settings import Settings
from flows.steps.inputs import Known, data_hash_of, forecast_key, read_known, series_of
from flows.steps.kept_steps import is_kept, kept_forecast
from forecasting.demand.engine import Forecast, forecast
from forecasting.demand.hierarchy import aggregate, named_by_members
from forecasting.demand.pairs import held_to_sum, log_ratio, partners
from forecasting.series import KEY, History, Paths
from forecasting.spec import ForecastSpec
from warehouse.errors import Problem, TransitError
from warehouse.reasons import Reason, reason
from warehouse.schema import LEVEL_SHIFT, NO_FORECAST, Grain, check

NAMED_ROUTES = 3
"""Routes that the reason of a sum names; of more, the number."""


class NothingToForecastError(TransitError):
    """The warehouse holds no series at all."""


@dataclass(frozen=True)
class GrainForecast:
    """One grain's forecast and what it was made from. `computed` is false where it was kept from
    before.
    """

    spec: ForecastSpec
    origin: date
    data_hash: str
    simulated: bool
    traffic: pl.DataFrame
    forecast: Forecast
    computed: bool


def forecast_with_groups(
    history: History, spec: ForecastSpec, known: Known, threads: int = 1
) -> Forecast:
    result = forecast(
        history,
        spec,
        events=known.events,
        drivers=known.drivers,
        map_chunks=map_tasks,
        threads=min(threads, os.cpu_count() or 1),
    )
    means = aggregate(result.paths, known.routes)
    paths = dataclasses.replace(
        result.paths,
        keys=pl.concat([result.paths.keys, means.keys]),
        draws_gbps=np.concatenate([result.paths.draws_gbps, means.draws_gbps]),
    )
    _hold_to_sums(paths, history, aggregate(_as_paths(history, known.routes), known.routes))
    refused = unsummed(known, spec.grain, means.keys, result.no_forecast)
    return dataclasses.replace(
        result,
        paths=paths,
        no_forecast=check(pl.concat([result.no_forecast, refused], how="diagonal"), NO_FORECAST),
        shifts=check(named_by_members(result.shifts, known.routes, spec.grain), LEVEL_SHIFT),
    )


def _as_paths(history: History, routes: pl.DataFrame) -> Paths:
    """The past of the routes as a single draw, to be added up like the future."""
    stated = history.keys["series_id"].is_in(routes["route_id"].to_list()) & (
        history.keys["series_kind"] == "route"
    )
    past = history.take(stated.arg_true().to_numpy().astype(np.int64))
    return Paths(past.grain, past.keys, past.periods, past.values_gbps[:, None, :])


def _hold_to_sums(paths: Paths, history: History, sums: Paths) -> None:
    """Every group's p95 is held to the sum of its routes' means, as far as the past says, in
    place.
    """
    past_of = {key: row for row, key in enumerate(history.keys.iter_rows())}
    sum_of = {key: row for row, key in enumerate(sums.keys.iter_rows())}
    for mean, p95 in partners(paths.keys):
        if (key := paths.keys.row(mean)) in sum_of:
            ratio = log_ratio(
                sums.draws_gbps[sum_of[key], 0], history.values_gbps[past_of[paths.keys.row(p95)]]
            )
            paths.draws_gbps[p95] = held_to_sum(
                paths.draws_gbps[p95], paths.draws_gbps[mean], ratio
            )


def unsummed(
    known: Known, grain: Grain, summed: pl.DataFrame, refused: pl.DataFrame
) -> pl.DataFrame:
    """Groups whose mean is no sum because a route of theirs has no forecast: rows of NO_FORECAST
    that name the routes.
    """
    groups = (
        known.traffic.filter(
            (pl.col("grain") == grain)
            & pl.col("series_kind").is_in(["market", "corridor", "total"])
        )
        .filter(pl.col("statistic") == "mean")
        .select(KEY)
        .unique()
        .join(summed, on=KEY, how="anti")
    )
    members = pl.concat(
        [
            known.routes.select(series_kind=pl.lit(kind), series_id=column, route_id="route_id")
            for kind, column in (
                ("market", pl.col("market")),
                ("corridor", pl.col("corridor")),
                ("total", pl.lit("total")),
            )
        ]
    )
    routes = refused.filter(
        (pl.col("series_kind") == "route") & (pl.col("statistic") == "mean")
    ).select("direction", route_id="series_id")
    named = (
        groups.join(members, on=["series_kind", "series_id"])
        .join(routes, on=["direction", "route_id"])
        .sort("route_id")
        .group_by(KEY, maintain_order=True)
        .agg(routes=pl.col("route_id"), count=pl.len())
    )
    found = groups.join(named, on=KEY, how="left")
    whys = [_sum_reason(*row) for row in found.select("routes", "count").iter_rows()]
    return found.select(
        *KEY,
        grain=pl.lit(grain),
        reason_code=pl.Series([why.code for why in whys], dtype=pl.String),
        reason_values=pl.Series([why.values_json for why in whys], dtype=pl.String),
    )


def _sum_reason(routes: list[str] | None, count: int | None) -> Reason:
    """Why a sum is not forecast, from its routes without a forecast."""
    if not routes or count is None:
        return reason("series.sum_one_way")
    if count > NAMED_ROUTES:
        more = count - NAMED_ROUTES
        return reason("series.sum_without_more", routes=routes[:NAMED_ROUTES], more=more)
    return reason("series.sum_without" if count > 1 else "series.sum_without_one", routes=routes)


def specs_of(settings: Settings) -> list[ForecastSpec]:
    """The planning grain first; months are tried where that grain is finer; years for countries."""
    specs = [settings.forecast]
    if settings.forecast.grain != "month":
        specs.append(ForecastSpec(seed=settings.forecast.seed, draws=settings.forecast.draws))
    return [*specs, settings.country]


def forecast_every_grain(
    settings: Settings, *, force: bool = False, known: Known | None = None
) -> list[GrainForecast]:
    """Every grain's forecast of what is `known` (else: now), kept from before where nothing has
    changed.

    Raises NothingToForecastError on an empty warehouse.
    """
    known = known or read_known(settings)
    every = {
        spec.grain: (spec, own)
        for spec in specs_of(settings)
        if (own := series_of(known, spec.grain)).height
    }
    if not every:
        raise NothingToForecastError(
            "there is nothing to forecast",
            [Problem(str(settings.folders.database), "holds no traffic and no yearly bandwidth")],
            "Run `transit load` first, and read what it says about your files.",
        )
    hashes = {grain: data_hash_of(own, known) for grain, (_, own) in every.items()}
    keys = {grain: forecast_key(hashes[grain], spec) for grain, (spec, _) in every.items()}

    def made(grain: Grain) -> GrainForecast:
        spec, own = every[grain]
        history = History.from_frame(own, grain)
        result, computed = kept_forecast(
            settings.folders.steps,
            keys[grain],
            lambda: forecast_with_groups(history, spec, known, settings.run.workers),
            force=force,
        )
        simulated = bool(own["simulated"].any())
        return GrainForecast(
            spec, history.periods[-1], hashes[grain], simulated, own, result, computed
        )

    if not force and all(is_kept(settings.folders.steps, key) for key in keys.values()):
        return [made(grain) for grain in every]
    return on_runner(settings.run, "forecast", lambda: [made(grain) for grain in every])
