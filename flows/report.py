"""The report and publish steps: what the warehouse keeps -> chart reports in each language, and a finished copy for analysts."""

from __future__ import annotations

import json
import os
import shutil
from datetime import date, datetime
from pathlib import Path

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from dashboards.edition import EarlierEdition, Edition
from dashboards.report import write_report
from flows.check import refuse_offenders
from flows.identity import code_version, settings_json, step_key
from flows.inputs import open_warehouse
from flows.manifest import read_manifest, write_manifest
from flows.settings import Settings
from flows.wordings import read_wordings
from warehouse.checks import run_checks
from warehouse.errors import Problem, TransitError
from warehouse.publish import publish
from warehouse.schema import FRAMES

ABOUT = "edition.json"
"""Written last: an edition without it is not finished."""


class NoRunError(TransitError):
    """There is no run to report on."""


@task(name="write report", cache_policy=NO_CACHE)
def write_edition(settings: Settings, *, force: bool) -> tuple[Path, bool]:
    """The newest run's edition, at reports/<run_id>; and whether it was written now. `reports/latest` then leads to it."""
    reports = settings.folders.reports
    with open_warehouse(settings) as warehouse:
        runs = warehouse.runs().filter("latest")
        if runs.is_empty():
            raise NoRunError(
                "there is no run to report on",
                [Problem(str(settings.folders.database), "holds no forecast")],
                "Run `transit run`, or `transit forecast` after `transit load`.",
            )
        by_grain = runs.filter(pl.col("grain") == settings.forecast.grain)
        run = (runs if by_grain.is_empty() else by_grain).row(-1, named=True)
        folder = reports / run["run_id"]
        words = read_wordings(settings.network.folder, settings.run.languages)
        made_from = f"{sorted(runs['run_id'])} {code_version(('dashboards',))} {settings.network} {settings.run.languages} {settings.run.paper} {step_key(settings_json(words))}"
        if not force and _about(folder).get("made_from") == made_from:
            _lead_to(reports, folder)
            return folder, False
        frames = {name: warehouse.read(name) for name in FRAMES}
    edition = Edition(
        run_id=run["run_id"], grain=run["grain"], origin=run["origin"], known_at=run["known_at"], code_version=run["code_version"],
        data_hash=run["data_hash"], seed=run["seed"], simulated=run["simulated"], title=settings.network.title,
        title_ru=settings.network.title_ru, time_zone=settings.time.zone, threshold_ratio=settings.plan.threshold_ratio,
        risk_alpha_ratio=settings.plan.risk_alpha_ratio, today=planning_date(run["settings"]), words=words,
        previous=earlier_editions(reports, run["run_id"]),
    )  # fmt: skip
    unfinished = reports / f".unfinished-{run['run_id']}"
    shutil.rmtree(unfinished, ignore_errors=True)
    unfinished.mkdir(parents=True)
    write_report(frames, edition, unfinished, languages=settings.run.languages, paper=settings.run.paper)
    about = {
        "made_from": made_from,
        "run_id": edition.run_id,
        "origin": edition.origin.isoformat(),
        "known_at": edition.known_at.isoformat(),
        "data_hash": edition.data_hash,
    }
    (unfinished / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    write_manifest(unfinished, (path for path in unfinished.rglob("*") if path.is_file()))
    shutil.rmtree(folder, ignore_errors=True)
    unfinished.rename(folder)
    _lead_to(reports, folder)
    return folder, True


def planning_date(run_settings: str) -> date | None:
    """The day the plan stands at, as the run's settings keep it; None for a run that was not planned."""
    today = json.loads(run_settings).get("today")
    return date.fromisoformat(today) if today else None


def earlier_editions(reports: Path, run_id: str) -> tuple[EarlierEdition, ...]:
    """Every other finished edition, the newest first."""
    found = []
    for path in reports.glob(f"*/{ABOUT}"):
        about = _about(path.parent)
        if path.parent.is_symlink() or about["run_id"] == run_id:
            continue
        found.append(
            EarlierEdition(
                run_id=about["run_id"],
                origin=date.fromisoformat(about["origin"]),
                known_at=datetime.fromisoformat(about["known_at"]),
                folder=f"../{path.parent.name}",
                data_hash=about["data_hash"],
            )
        )
    return tuple(sorted(found, key=lambda edition: edition.known_at, reverse=True))


def _about(folder: Path) -> dict[str, str]:
    path = folder / ABOUT
    return dict(json.loads(path.read_text(encoding="utf-8"))) if path.exists() else {}


def _lead_to(reports: Path, folder: Path) -> None:
    """`latest` is swapped by one rename, so a reader finds the old edition or the new one."""
    swap = reports / f".latest-{os.getpid()}"
    swap.unlink(missing_ok=True)
    swap.symlink_to(folder.name)
    swap.replace(reports / "latest")


@task(name="publish", cache_policy=NO_CACHE, retries=1, retry_delay_seconds=2)
def publish_copy(settings: Settings) -> Path:
    with open_warehouse(settings) as warehouse:
        refuse_offenders(run_checks(warehouse))
        runs = warehouse.runs().filter("latest")
        edition_id = str(runs["run_id"].sort()[-1]) if runs.height else "empty"
        published = settings.folders.published
        made = publish(warehouse, published, edition_id=edition_id, keep=settings.run.keep_published)
    write_manifest(published, published.glob("editions/transit-*.duckdb"), known=read_manifest(published))
    return made
