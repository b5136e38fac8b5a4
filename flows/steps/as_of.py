"""Past editions made again from the archive, and today's method on the data of a past day."""

from __future__ import annotations

import dataclasses
import json
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from typing import Any

import polars as pl

from dashboards.edition import EarlierEdition, Edition
from dashboards.report import write_comparison
from flows.operate.manifest import NAME as MANIFEST
from flows.operate.manifest import Manifest, hash_files, read_manifest, write_manifest
from flows.operate.publication import state_reports
from flows.operate.secrets import signing_key
from flows.settings import Settings
from flows.steps.forecast import forecast_every_grain
from flows.steps.identity import code_version
from flows.steps.inputs import NETWORK_FRAMES, Known, bandwidth_as_traffic, open_warehouse
from flows.steps.plan import plan_segments, record_of
from flows.steps.report import Drawing, draw, list_hash, put_edition, results_of
from warehouse.errors import Problem, TransitError
from warehouse.schema import FRAMES, RESULT_FRAMES, check
from warehouse.store.database import Warehouse
from warehouse.store.editions import KeptEdition, kept_editions, read_frame
from warehouse.store.files import unfinished_folder


class NoEditionError(TransitError):
    """No edition of that day is in the archive."""


@dataclass(frozen=True)
class MadeAgain:
    """Where an edition made again lies, how many files it has, and which differ from the original;
    `by` drew the original.
    """

    folder: Path
    files: int
    differing: tuple[str, ...]
    original_is_there: bool
    by: str

    def __str__(self) -> str:
        if not self.differing:
            beside = "as it lies there" if self.original_is_there else "as it was archived"
            return f"{self.folder}: identical to the original {beside}, {self.files} files"
        why = (
            ""
            if self.by == code_version(("dashboards",))
            else (
                f"; the original was drawn by {self.by}, this one by "
                f"{code_version(('dashboards',))}"
            )
        )
        return (
            f"{self.folder}: {len(self.differing)} of {self.files} files differ from the "
            f"original{why}: {', '.join(self.differing[:5])}"
        )


@dataclass(frozen=True)
class Archived:
    """An edition as it was archived: what it said of itself, how it was drawn, and the frames that
    people and counters stated.
    """

    kept: KeptEdition
    edition: Edition
    how: Drawing
    stated: Mapping[str, pl.DataFrame]


def make_again(settings: Settings, which: date | str) -> MadeAgain:
    """The edition that spoke on a day, or that of a run, drawn again. It takes its place where that
    is empty; an original that differs is left, and it lies beside it.
    """
    with open_warehouse(settings) as warehouse:
        then = (
            read_run(warehouse, which)
            if isinstance(which, str)
            else read_archived(warehouse, settings, which)
        )
        frames = {**then.stated, **results_of(warehouse, then.how.run_ids)}
    reports = settings.folders.reports
    folder = reports / then.edition.run_id
    unfinished = draw(frames, then.edition, then.how, reports)
    now = _files_of(unfinished)
    if folder.exists():
        was = _files_of(folder)
        differing = tuple(sorted(name for name in {*was, *now} if was.get(name) != now.get(name)))
        if differing:
            folder = reports / f"{then.edition.run_id}-redrawn"
            _put(settings, unfinished, folder, then.edition.run_id)
        else:
            shutil.rmtree(unfinished)
        return MadeAgain(folder, len(now), differing, original_is_there=True, by=then.kept.drawn_by)
    same = list_hash(unfinished) == then.kept.manifest_hash
    _put(settings, unfinished, folder, then.edition.run_id)
    return MadeAgain(
        folder,
        len(now),
        () if same else (MANIFEST,),
        original_is_there=False,
        by=then.kept.drawn_by,
    )


def read_archived(warehouse: Warehouse, settings: Settings, day: date) -> Archived:
    """The edition that spoke at the end of a day (UTC). Raises NoEditionError, with the days that
    have one, where none did.
    """
    end = datetime.combine(day + timedelta(days=1), time(), tzinfo=UTC)
    found = kept_editions(warehouse)
    of_grain = [one for one in found if one.grain == settings.forecast.grain] or found
    spoke = [one for one in of_grain if one.known_at < end]
    if not spoke:
        problems = [Problem(one.run_id, f"is of {one.known_at:%Y-%m-%d}") for one in of_grain[:12]]
        raise NoEditionError(
            f"no edition of {day} or before is in the archive",
            problems or [Problem(str(settings.folders.database), "holds no edition")],
            "Give one of these days or a later one."
            if problems
            else "`transit report` makes the newest and archives it.",
        )
    return _archived(warehouse, spoke[-1])


def read_run(warehouse: Warehouse, run_id: str) -> Archived:
    """The edition of a run. Raises NoEditionError, with the runs that have one, where none is."""
    found = kept_editions(warehouse)
    mine = [kept for kept in found if kept.run_id == run_id]
    if not mine:
        problems = [Problem(kept.run_id, f"is of {kept.known_at:%Y-%m-%d}") for kept in found[-12:]]
        raise NoEditionError(
            f"no edition of run {run_id} is in the archive",
            problems or [Problem(str(warehouse.path), "holds no edition")],
            "Give one of these runs." if problems else "`transit report` makes and archives one.",
        )
    return _archived(warehouse, mine[-1])


def compare_runs(settings: Settings, first: str, second: str) -> Path:
    """A page per language that shows the editions of two runs side by side; its folder."""
    with open_warehouse(settings) as warehouse:
        pair = []
        for run_id in (first, second):
            then = read_run(warehouse, run_id)
            frames = {**then.stated, **results_of(warehouse, then.how.run_ids)}
            pair.append((frames, then.edition))
    folder = settings.folders.reports / f"compare-{first}-{second}"
    unfinished = unfinished_folder(folder)
    write_comparison(pair[0], pair[1], unfinished, languages=settings.run.languages)
    write_manifest(unfinished / MANIFEST, Manifest(hash_files(unfinished)))
    _put(settings, unfinished, folder, second)
    return folder


def _archived(warehouse: Warehouse, kept: KeptEdition) -> Archived:
    about = json.loads(kept.about)
    stated = {
        name: check(read_frame(warehouse, content), FRAMES[name])
        for name, content in about["frames"].items()
        if name in FRAMES
    }
    drawing = about["drawing"]
    how = Drawing(
        tuple(drawing["languages"]),
        drawing["paper"],
        drawing["made_from"],
        tuple(drawing["run_ids"]),
    )
    return Archived(kept, _edition(warehouse, about["edition"]), how, stated)


def _edition(warehouse: Warehouse, stored: dict[str, Any]) -> Edition:
    plain = dict(stored)
    plain["origin"], plain["known_at"] = (
        date.fromisoformat(plain["origin"]),
        datetime.fromisoformat(plain["known_at"]),
    )
    plain["today"] = date.fromisoformat(plain["today"]) if plain["today"] else None
    plain["previous"] = tuple(
        EarlierEdition(
            one["run_id"],
            date.fromisoformat(one["origin"]),
            datetime.fromisoformat(one["known_at"]),
            one["folder"],
            one["data_hash"],
            frozenset(read_frame(warehouse, one["pages"])["path"]),
        )
        for one in plain["previous"]
    )
    return Edition(**plain)


def todays_method(settings: Settings, day: date) -> Path:
    """What today's code and settings make of what the edition of a day was made from, planned from
    that edition's day; labelled, and kept nowhere but in its folder.
    """
    with open_warehouse(settings) as warehouse:
        then = read_archived(warehouse, settings, day)
    today = then.edition.today or then.edition.known_at.date()
    as_then = dataclasses.replace(settings, run=dataclasses.replace(settings.run, today=today))
    traffic = pl.concat(
        [
            then.stated["traffic_period"],
            bandwidth_as_traffic(then.stated["international_bandwidth"]),
        ],
        how="diagonal",
    )
    known = Known(
        traffic,
        then.stated["event"],
        then.stated["route"],
        then.stated.get("driver", FRAMES["driver"].empty()),
    )
    made = forecast_every_grain(as_then, known=known)
    planned = plan_segments.fn(
        as_then, made[0], {name: then.stated[name] for name in NETWORK_FRAMES}
    )
    record = record_of(as_then, made[0], "", datetime.now(UTC), planned=True)
    forecasts = [one.forecast for one in made]
    results = {
        "forecast_quantile": pl.concat([forecast.quantiles for forecast in forecasts]),
        "no_forecast": pl.concat([forecast.no_forecast for forecast in forecasts]),
        "backtest_score": pl.concat([forecast.backtest for forecast in forecasts]),
        "forecast_component": pl.concat([forecast.components for forecast in forecasts]),
        "level_shift": pl.concat([forecast.shifts for forecast in forecasts]),
        "forecast_effect": pl.concat([forecast.effects for forecast in forecasts]),
        **planned,
    }
    edition = dataclasses.replace(
        then.edition,
        run_id=record.run_id,
        grain=made[0].spec.grain,
        origin=made[0].origin,
        code_version=record.code_version,
        data_hash=record.data_hash,
        seed=record.seed,
        simulated=record.simulated,
        threshold_ratio=settings.plan.threshold_ratio,
        risk_alpha_ratio=settings.plan.risk_alpha_ratio,
        today=today,
        variant="todays_method",
    )
    whole = {
        name: check(results.get(name, FRAMES[name].empty()), FRAMES[name]) for name in RESULT_FRAMES
    }
    how = dataclasses.replace(
        then.how, made_from=f"today's method on {then.kept.run_id}", run_ids=()
    )
    unfinished = draw({**then.stated, **whole}, edition, how, settings.folders.reports)
    folder = settings.folders.reports / f"{then.edition.run_id}-todays-method"
    _put(settings, unfinished, folder, record.run_id)
    return folder


def _files_of(folder: Path) -> Mapping[str, str]:
    listed = read_manifest(folder)
    return listed.files if listed else {}


def _put(settings: Settings, unfinished: Path, folder: Path, run_id: str) -> None:
    put_edition(settings, unfinished, folder, run_id)
    state_reports(settings.folders, (folder.name,), signing_key=signing_key(settings))
