"""Why this run says something else than the run before: the stages in between, made again where
anything differs.

The run it is held against is the last one whose data end earlier, so that a whole month's parts can
be read on any day of the next one; where there is none, the last run of the same data.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import date, datetime
from functools import partial

import polars as pl

from flows.runtime.runners import WORTH_A_POOL, on_runner, spread
from flows.settings import Settings
from flows.steps.forecast import GrainForecast, forecast_with_groups
from flows.steps.identity import code_version, frame_hash, settings_json, step_key
from flows.steps.inputs import (
    NETWORK_FRAMES,
    Known,
    bandwidth_as_traffic,
    data_hash_of,
    forecast_key,
    open_warehouse,
    route_p95,
    series_of,
    today_of,
)
from flows.steps.kept_steps import kept_forecast
from forecasting.capacity.plan import dates_of
from forecasting.demand.engine import Forecast
from forecasting.demand.study import CHUNK_SERIES
from forecasting.review.revision import Stages, medians, plan_figures, revision_parts
from forecasting.series import History
from forecasting.spec import PlanningPolicy
from warehouse.errors import TransitError
from warehouse.network.model import Network
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import REVISION_PART, TRAFFIC_PERIOD
from warehouse.store.database import Warehouse

DATE_FRAMES = ("runout", "runout_probability", "order_plan")
STATED = ("event", "driver", *(name for name in NETWORK_FRAMES if name != "coincidence"))
"""What people state; how peaks coincide is measured."""
Plan = Mapping[str, pl.DataFrame]


@dataclass(frozen=True)
class EarlierRun:
    """An earlier run, what it said, and what was known when it was made."""

    run_id: str
    origin: date
    known_at: datetime
    same_method: bool
    known: Known
    frames: Plan
    quantiles: pl.DataFrame
    plan: Plan
    policy: PlanningPolicy
    today: date


def attribute_changes(
    settings: Settings, made: GrainForecast, planned: Plan, stated: Plan, run_id: str
) -> tuple[pl.DataFrame, list[Note]]:
    """Rows of REVISION_PART of this run, and a note where its dates could not be accounted.
    `stated` are EVENT and NETWORK_FRAMES now.
    """
    with open_warehouse(settings) as warehouse:
        earlier_run = read_earlier_run(warehouse, settings, made, run_id, planned=bool(planned))
    if earlier_run is None:
        return REVISION_PART.empty(), []
    own_earlier = series_of(earlier_run.known, made.spec.grain)
    revised = made.traffic.filter(pl.col("period_start") <= earlier_run.origin)
    if own_earlier.is_empty() or revised.is_empty():
        return REVISION_PART.empty(), []
    reasons = _reasons(settings, made, earlier_run, stated, own_earlier, revised)

    def forecast_of(own: pl.DataFrame) -> Forecast:
        return stage_forecast(
            settings,
            made,
            Known(
                own, earlier_run.known.events, earlier_run.known.routes, earlier_run.known.drivers
            ),
        )

    hash_earlier = frame_hash({"traffic": own_earlier})
    untouched = frame_hash({"traffic": revised}) == hash_earlier
    remade = None if earlier_run.same_method else forecast_of(own_earlier)
    made_revised = remade if untouched else forecast_of(revised)
    made_renewed = forecast_of(made.traffic)
    kept = medians(earlier_run.quantiles)
    earlier = kept if remade is None else medians(remade.quantiles)
    parts = [
        revision_parts(
            Stages(
                kept,
                earlier,
                earlier if made_revised is None else medians(made_revised.quantiles),
                medians(made_renewed.quantiles),
                medians(made.forecast.quantiles),
            ),
            earlier_run_id=earlier_run.run_id,
            reasons=reasons,
        )
    ]
    notes: list[Note] = []
    if planned and not earlier_run.plan["runout"].is_empty():
        try:
            stages = _dates(
                settings, made, earlier_run, stated, planned, (remade, made_revised, made_renewed)
            )
            parts.append(revision_parts(stages, earlier_run_id=earlier_run.run_id, reasons=reasons))
        except TransitError as error:
            why = "; ".join(map(str, error.problems[:3])) or error.summary
            found = reason("note.dates_not_attributed", run=earlier_run.run_id, why=why)
            notes.append(Note("revision_of_dates", earlier_run.run_id, found))
    return pl.concat(parts).sort(REVISION_PART.key), notes


def read_earlier_run(
    warehouse: Warehouse, settings: Settings, made: GrainForecast, run_id: str, *, planned: bool
) -> EarlierRun | None:
    """The run to hold this one against, with what was known when it was made; None where there is
    none.
    """
    grain = made.spec.grain
    runs = warehouse.runs().filter((pl.col("grain") == grain) & (pl.col("run_id") != run_id))
    if planned:
        runs = runs.filter(pl.col("settings").str.json_path_match("$.plan").is_not_null())
    before = runs.filter(pl.col("origin") < made.origin)
    chosen = (runs if before.is_empty() else before).sort("origin", "known_at", "run_id").tail(1)
    if chosen.is_empty():
        return None
    run = chosen.row(0, named=True)
    chose, at = json.loads(run["settings"]), run["known_at"]
    same = (
        run["code_version"] == code_version(("flows", "forecasting", "warehouse"))
        and settings_json(chose.get("forecast")) == settings_json(made.spec)
        and settings_json(chose.get("time")) == settings_json(settings.time)
    )
    traffic = pl.concat(
        [
            warehouse.read_as_of("traffic_period", at),
            bandwidth_as_traffic(warehouse.read_as_of("international_bandwidth", at)),
        ]
    )
    frames = {name: warehouse.read_as_of(name, at) for name in {*NETWORK_FRAMES, *STATED}}
    wanted = {item.name for item in fields(PlanningPolicy)}
    policy = {name: value for name, value in chose.get("plan", {}).items() if name in wanted}
    return EarlierRun(
        run["run_id"],
        run["origin"],
        at,
        same,
        Known(traffic, frames["event"], frames["route"], frames["driver"]),
        frames,
        warehouse.read("forecast_quantile", run_id=run["run_id"]),
        {name: warehouse.read(name, run_id=run["run_id"]) for name in DATE_FRAMES},
        PlanningPolicy(**policy) if policy else settings.plan,
        date.fromisoformat(chose["today"]) if "today" in chose else today_of(settings),
    )


def stage_forecast(settings: Settings, made: GrainForecast, known: Known) -> Forecast:
    """What today's method says of the series in `known.traffic`; made once and kept."""
    data_hash = data_hash_of(known.traffic, known)
    if data_hash == made.data_hash:
        return made.forecast
    history = History.from_frame(known.traffic, made.spec.grain)
    # A stage knows no groups that can't be summed, so it must not be taken for a run's own
    # forecast of the same data.
    key = step_key("stage", forecast_key(data_hash, made.spec))

    def compute() -> Forecast:
        return forecast_with_groups(history, made.spec, known, settings.run.workers)

    many = len(history.keys) >= WORTH_A_POOL * CHUNK_SERIES
    on_it = partial(on_runner, settings.run, "look back", compute) if many else compute
    return kept_forecast(settings.folders.steps, key, on_it)[0]


def _dates(
    settings: Settings,
    made: GrainForecast,
    earlier_run: EarlierRun,
    stated: Plan,
    planned: Plan,
    forecasts: tuple[Forecast | None, Forecast | None, Forecast],
) -> Stages:
    """The stages of the dates; a forecast of None is the earlier run's own. The planning date moves
    with the observations.
    """
    last = earlier_run.plan["runout"]["last_target"].max()
    assert isinstance(last, date)
    today = today_of(settings)

    def planned_with(forecast: Forecast, frames: Plan, policy: PlanningPolicy, day: date) -> Plan:
        return dates_of(
            route_p95(forecast),
            Network.from_frames(frames),
            capacity=frames["capacity"],
            coincidence=frames["coincidence"],
            assumptions=frames["assumption"],
            projects=frames["project"],
            policy=policy,
            today=day,
            seed=made.spec.seed,
            workers=settings.run.workers,
            send_parts=partial(spread, settings.run, "failures"),
        )

    remade, made_revised, made_renewed = forecasts
    earlier = (
        earlier_run.plan
        if remade is None
        else planned_with(remade, earlier_run.frames, earlier_run.policy, earlier_run.today)
    )
    if made_revised is remade:
        revised = earlier
    else:
        assert made_revised is not None
        revised = planned_with(
            made_revised, earlier_run.frames, earlier_run.policy, earlier_run.today
        )
    as_stated = not _changed(earlier_run, stated) and earlier_run.policy == settings.plan
    if as_stated and made_renewed is made.forecast:
        renewed = planned
    else:
        renewed = planned_with(
            made_renewed,
            {**earlier_run.frames, "coincidence": stated["coincidence"]},
            earlier_run.policy,
            today,
        )
    return Stages(
        *(plan_figures(one, last) for one in (earlier_run.plan, earlier, revised, renewed, planned))
    )


def _changed(earlier_run: EarlierRun, stated: Plan) -> list[str]:
    return [
        name
        for name in STATED
        if frame_hash({name: earlier_run.frames[name]}) != frame_hash({name: stated[name]})
    ]


def _reasons(
    settings: Settings,
    made: GrainForecast,
    earlier_run: EarlierRun,
    stated: Plan,
    own_earlier: pl.DataFrame,
    revised: pl.DataFrame,
) -> dict[str, Reason]:
    day = earlier_run.known_at
    key = list(TRAFFIC_PERIOD.key)
    joined = own_earlier.select(*key, was="value_gbps").join(
        revised.select(*key, now="value_gbps"), on=key, how="full", coalesce=True
    )
    differing = joined.filter(pl.col("was").ne_missing(pl.col("now"))).height
    fresh = sorted(
        made.traffic.filter(pl.col("period_start") > earlier_run.origin)["period_start"]
        .unique()
        .to_list()
    )
    new = (
        reason("revision.periods_known", first=fresh[0], last=fresh[-1])
        if len(fresh) > 1
        else reason("revision.period_known", first=fresh[0])
        if fresh
        else reason("revision.no_period")
    )
    today = today_of(settings)
    if earlier_run.today != today:
        new = new.followed_by(reason("revision.replanned", now=today, before=earlier_run.today))
    changed = [
        *_changed(earlier_run, stated),
        *(["policy"] if earlier_run.policy != settings.plan else []),
    ]
    return {
        "history_revised": reason(
            "revision.values_revised", count=differing, last=earlier_run.origin, day=day
        )
        if differing
        else reason("revision.none_revised", last=earlier_run.origin),
        "new_observations": new,
        "model": reason("revision.same_method")
        if earlier_run.same_method
        else reason("revision.other_method", day=day, run=earlier_run.run_id),
        "assumptions": reason("revision.inputs_changed", day=day, names=changed)
        if changed
        else reason("revision.inputs_same", day=day),
    }
