"""The plan step: route paths -> segment loads -> runout and order-by dates; a run's results are
kept in one transaction.
"""

from __future__ import annotations

import dataclasses
import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.runtime.runners import spread
from flows.settings import Settings
from flows.steps.attribution import attribute_changes
from flows.steps.edition_gates import NETWORK_ROWS, LastRun
from flows.steps.forecast import GrainForecast
from flows.steps.gates import failed_gates, pass_or_refuse
from flows.steps.identity import code_version, frame_hash, settings_json, step_key
from flows.steps.inputs import (
    NETWORK_FRAMES,
    forecast_key,
    loads_key,
    open_warehouse,
    read_scenarios,
    route_p95,
    today_of,
)
from flows.steps.kept_steps import keep_loads
from flows.steps.past_forecasts import score_past_forecasts
from flows.steps.sentences import frames_with_sentences, with_sentences
from forecasting.capacity.plan import plan
from forecasting.entry.market_entry import new_routes
from forecasting.stories.changes import PlanInputs
from forecasting.stories.what_if import base_plan, tell
from warehouse.errors import Problem
from warehouse.network.model import Network
from warehouse.reasons import note_frame
from warehouse.schema import SCENARIO_EFFECT, Grain
from warehouse.store.database import RunRecord, Warehouse, run_id


@task(name="plan", cache_policy=NO_CACHE)
def plan_segments(
    settings: Settings, made: GrainForecast, frames: Mapping[str, pl.DataFrame]
) -> Mapping[str, pl.DataFrame]:
    """Result frames of the plan; none where no route's p95 could be forecast."""
    paths = route_p95(made.forecast)
    if paths.keys.is_empty():
        return {}
    network = Network.from_frames(frames)
    inputs = PlanInputs(
        paths,
        network,
        frames["capacity"],
        frames["coincidence"],
        frames["assumption"],
        frames["project"],
    )
    today, seed, workers = today_of(settings), made.spec.seed, settings.run.workers
    entering = new_routes(
        made.forecast.paths,
        network,
        assumptions=inputs.assumptions,
        projects=inputs.projects,
        today=today,
        seed=seed,
    )
    planned = plan(
        paths,
        network,
        capacity=inputs.capacity,
        coincidence=inputs.coincidence,
        assumptions=inputs.assumptions,
        projects=inputs.projects,
        entered=entering.entered,
        policy=settings.plan,
        today=today,
        seed=seed,
        workers=workers,
        send_parts=partial(spread, settings.run, "failures"),
    )
    base = base_plan(
        inputs,
        policy=settings.plan,
        today=today,
        seed=seed,
        workers=workers,
        loads=planned.basis.loads,
    )
    key = forecast_key(made.data_hash, made.spec)
    keep_loads(settings.folders.steps, loads_key(key, frames, settings), base.basis.loads)
    effects = [
        tell(base, inputs, [story], policy=settings.plan, seed=seed, workers=workers).effect
        for story in read_scenarios(settings.network.folder / "scenarios")
    ]
    told = note_frame(entering.notes)
    return {
        **planned.frames(),
        "plan_note": pl.concat([planned.plan_note, told]).unique(
            ["topic", "subject"], maintain_order=True
        ),
        "scenario_effect": pl.concat(effects) if effects else SCENARIO_EFFECT.empty(),
        "new_route_share": entering.new_route_share,
        "new_route_quantile": entering.new_route_quantile,
        "new_route_registration": entering.new_route_registration,
    }


TOLD = ("live_accuracy", "model_challenge", "revision_of_dates", "build_choice")
"""Topics of notes that whoever runs should see at once."""


@dataclass(frozen=True)
class Kept:
    """A run whose results the warehouse keeps. `is_new` is false where the same run was kept
    before; `notes` are what it says of earlier ones.
    """

    run_id: str
    grain: str
    is_new: bool
    notes: tuple[str, ...] = ()


def record_of(
    settings: Settings,
    made: GrainForecast,
    inputs_hash: str,
    started_at: datetime,
    *,
    planned: bool,
) -> RunRecord:
    """A run is named by what it was made from; the planning date and the network count where it was
    planned.
    """
    chosen = {"forecast": made.spec, "time": settings.time}
    stated = settings_json(
        {**chosen, "plan": settings.plan, "today": today_of(settings)} if planned else chosen
    )
    data_hash = step_key(made.data_hash, inputs_hash if planned else "")
    code = code_version(("flows", "forecasting", "warehouse"))
    now = datetime.now(UTC)
    return RunRecord(
        run_id=run_id(
            origin=made.origin,
            settings=stated,
            code_version=code,
            data_hash=data_hash,
            seed=made.spec.seed,
        ),
        grain=made.spec.grain,
        origin=made.origin,
        known_at=now,
        settings=stated,
        code_version=code,
        data_hash=data_hash,
        seed=made.spec.seed,
        started_at=started_at,
        finished_at=now,
        simulated=made.simulated,
    )


def with_acceptance(
    record: RunRecord, accepted: str | None, passed_over: Sequence[Problem]
) -> RunRecord:
    """The record with the failed gates and why they were accepted among its settings; the run's
    identity stays.
    """
    if not passed_over:
        return record
    stated = {
        **json.loads(record.settings),
        "accepted": {"why": accepted, "gates": [vars(one) for one in passed_over]},
    }
    return dataclasses.replace(
        record, settings=json.dumps(stated, sort_keys=True, ensure_ascii=False)
    )


@task(name="keep run", cache_policy=NO_CACHE)
def keep_run(
    settings: Settings, made: GrainForecast, planned: Mapping[str, pl.DataFrame], record: RunRecord
) -> bool:
    """All results of a run in one transaction; false where it was kept before."""
    forecast = made.forecast
    frames = {
        "forecast_quantile": forecast.quantiles,
        "no_forecast": forecast.no_forecast,
        "backtest_score": forecast.backtest,
        "forecast_component": forecast.components,
        "level_shift": forecast.shifts,
        "forecast_effect": forecast.effects,
        **planned,
    }
    with open_warehouse(settings) as warehouse:
        return warehouse.save_run(record, frames_with_sentences(frames))


@task(name="look back", cache_policy=NO_CACHE)
def look_back(
    settings: Settings,
    made: GrainForecast,
    planned: Mapping[str, pl.DataFrame],
    stated: Mapping[str, pl.DataFrame],
    run: RunRecord,
) -> Mapping[str, pl.DataFrame]:
    """The frames of a run with what it says of earlier ones."""
    parts, notes = attribute_changes(settings, made, planned, stated, run.run_id)
    held, more = score_past_forecasts(settings, made, planned, stated)
    told = note_frame([*notes, *more])
    noted = pl.concat([planned["plan_note"], told]) if "plan_note" in planned else told
    unique = noted.unique(["topic", "subject"], maintain_order=True)
    return {**planned, **held, "plan_note": unique, "revision_part": parts}


def plan_and_keep(
    settings: Settings,
    made: Sequence[GrainForecast],
    *,
    started_at: datetime,
    plan_too: bool = True,
    force: bool = False,
    accepted: str | None = None,
) -> list[Kept]:
    """Plans on the first grain, where routes are forecast, and keeps every grain's run. What is
    kept already is left.

    Raises GateError, and keeps nothing of that grain, where a gate fails. With `accepted`, the
    reason why, gates of judgement are passed and the run's settings say so; what is impossible is
    refused all the same.
    """
    with open_warehouse(settings) as warehouse:
        frames = {name: warehouse.read(name) for name in NETWORK_FRAMES}
        stated = {**frames, "event": warehouse.read("event"), "driver": warehouse.read("driver")}
        known = set(warehouse.runs()["run_id"])
        last = {grain.spec.grain: _last_run(warehouse, grain.spec.grain) for grain in made}
    stories = [
        settings_json(story) for story in read_scenarios(settings.network.folder / "scenarios")
    ]
    inputs_hash = step_key(frame_hash(frames), *stories)
    planned_grains = [plan_too and position == 0 for position in range(len(made))]
    records = [
        record_of(settings, grain, inputs_hash, started_at, planned=planned)
        for grain, planned in zip(made, planned_grains, strict=True)
    ]

    def keep(grain: GrainForecast, record: RunRecord, *, plan_it: bool) -> Kept:
        if not force and record.run_id in known:
            return Kept(record.run_id, record.grain, is_new=False)
        failed = failed_gates(
            grain, frames, last[grain.spec.grain], settings.gates, today_of(settings)
        )
        passed_over = pass_or_refuse(failed, accepted)
        planned = plan_segments(settings, grain, frames) if plan_it else {}
        planned = look_back(settings, grain, planned, stated, record)
        is_new = keep_run(settings, grain, planned, with_acceptance(record, accepted, passed_over))
        shown = with_sentences(planned["plan_note"].filter(pl.col("topic").is_in(TOLD)))
        notes = tuple(f"{row['subject']}: {row['note']}" for row in shown.iter_rows(named=True))
        return Kept(record.run_id, record.grain, is_new, notes)

    return [
        keep(grain, record, plan_it=planned)
        for grain, record, planned in zip(made, records, planned_grains, strict=True)
    ]


def _last_run(warehouse: Warehouse, grain: Grain) -> LastRun:
    latest = warehouse.runs().filter(pl.col("latest") & (pl.col("grain") == grain))
    if latest.is_empty():
        return LastRun.none()
    known_at = latest["known_at"].item()
    network = {name: warehouse.read_as_of(name, known_at) for name in NETWORK_ROWS}
    return LastRun(warehouse.read("forecast_quantile", grain=grain), network)
