"""The report step: what the warehouse keeps -> chart reports in each language."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, fields, replace
from datetime import date, datetime
from pathlib import Path
from typing import Any

import polars as pl
from prefect import task
from prefect.cache_policies import NO_CACHE

from dashboards.edition import Accepted, EarlierEdition, Edition
from dashboards.kept import Kept
from dashboards.report import write_report
from flows.operate.manifest import NAME as MANIFEST
from flows.operate.manifest import (
    Manifest,
    hash_files,
    problems_of,
    read_manifest,
    write_manifest,
)
from flows.operate.publication import LATEST, edition_name, state_reports
from flows.operate.secrets import signing_key
from flows.runtime.workers import Workers
from flows.settings import Settings
from flows.steps.identity import code_version, settings_json, step_key
from flows.steps.inputs import open_warehouse
from flows.steps.wordings import read_stories, read_wordings
from warehouse.errors import Problem, TransitError
from warehouse.schema import FRAMES, GRAINS, RESULT_FRAMES, check
from warehouse.store.database import Warehouse
from warehouse.store.editions import archived_hash, keep_edition, keep_frame
from warehouse.store.files import (
    clear_unfinished,
    put_folder,
    put_link,
    sync_tree,
    unfinished_folder,
)

ABOUT = "edition.json"
"""Written last: an edition without it is not finished."""
ABOUT_KEYS = {"run_id", "origin", "known_at", "data_hash"}
NEWEST = f"../{LATEST}"
DRAWING_SECONDS = 6 * 3600.0
"""A language of a large network is one piece of work."""
PAGES = "pages"
"""Pages of routes and segments kept from the last drawing, among the private files."""


class NoRunError(TransitError):
    """There is no run to report on."""


@task(name="write report", cache_policy=NO_CACHE)
def write_edition(settings: Settings, *, force: bool) -> tuple[Path, bool]:
    """The newest run's edition, at reports/<run_id>; and whether it was written now.
    `reports/latest` then leads to it.
    """
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
        stories = read_stories(settings.network.folder)
        run_ids = sorted(runs["run_id"])
        made_from = (
            f"{run_ids} {code_version(('dashboards',))} {settings.network} "
            f"{settings.run.languages} {settings.run.paper} "
            f"{step_key(settings_json([words, stories]))}"
        )
        archived = archived_hash(warehouse, run["run_id"])
        if not force and _is_kept(folder, made_from, archived):
            _lead_to(settings, folder, (folder.name,))
            return folder, False
        stated = {name: warehouse.read(name) for name in FRAMES if name not in RESULT_FRAMES}
        frames = {**stated, **results_of(warehouse, run_ids)}
    edition = Edition(
        run_id=run["run_id"],
        grain=run["grain"],
        origin=run["origin"],
        known_at=run["known_at"],
        code_version=run["code_version"],
        data_hash=run["data_hash"],
        seed=run["seed"],
        simulated=run["simulated"],
        title=settings.network.title,
        title_ru=settings.network.title_ru,
        time_zone=settings.time.zone,
        threshold_ratio=settings.plan.threshold_ratio,
        risk_alpha_ratio=settings.plan.risk_alpha_ratio,
        today=planning_date(run["settings"]),
        words=words,
        stories=stories,
        newest=NEWEST,
        previous=earlier_editions(reports, run["known_at"]),
        accepted=accepted_of(runs),
    )
    how = Drawing(tuple(settings.run.languages), settings.run.paper, made_from, tuple(run_ids))
    unfinished = draw(
        frames, edition, how, reports, settings.folders.private / PAGES, settings.run.workers
    )
    # Archived first: a stop after it leaves an edition that is not as archived, and is drawn again.
    with open_warehouse(settings) as warehouse:
        keep_drawing(
            warehouse, edition, how, stated, list_hash(unfinished), _about(unfinished)["pages"]
        )
    put_edition(settings, unfinished, folder, run["run_id"])
    _lead_to(settings, folder, (folder.name,))
    return folder, True


@dataclass(frozen=True)
class Drawing:
    """How an edition is drawn; `made_from` tells it from drawings of other runs, code, words and
    languages.
    """

    languages: tuple[str, ...]
    paper: bool
    made_from: str
    run_ids: tuple[str, ...]


def results_of(warehouse: Warehouse, run_ids: Sequence[str]) -> dict[str, pl.DataFrame]:
    """The results of an edition's runs, one a grain; what belongs to no grain comes from the first
    of month, week, day that has any.
    """
    grains = dict(warehouse.runs().select("run_id", "grain").iter_rows())
    found = {}
    for name in RESULT_FRAMES:
        parts = [
            warehouse.read(name, run_id=run_id)
            for run_id in sorted(run_ids, key=lambda one: GRAINS.index(grains[one]))
        ]
        if "grain" in FRAMES[name].columns:
            found[name] = check(pl.concat(parts), FRAMES[name])
        else:
            found[name] = next((part for part in parts if part.height), parts[0])
    return found


def draw(
    frames: Mapping[str, pl.DataFrame],
    edition: Edition,
    how: Drawing,
    reports: Path,
    pages: Path | None = None,
    workers: int = 1,
) -> Path:
    """The edition in an unfinished folder among the reports, complete but for its name; unchanged
    pages are taken from `pages`.
    """
    kept = Kept(pages, code_version(("dashboards",))) if pages else None
    clear_unfinished(reports)
    unfinished = unfinished_folder(reports / edition.run_id)
    helpers = Workers(min(workers, len(how.languages)) - 1, DRAWING_SECONDS)
    try:
        write_report(
            frames,
            edition,
            unfinished,
            languages=how.languages,
            paper=how.paper,
            kept=kept,
            submit=helpers.submit if helpers.count else None,
        )
    finally:
        helpers.close()
    home = unfinished / how.languages[0]
    about = {
        "made_from": how.made_from,
        "run_id": edition.run_id,
        "origin": edition.origin.isoformat(),
        "known_at": edition.known_at.isoformat(),
        "data_hash": edition.data_hash,
        "pages": sorted(path.relative_to(home).as_posix() for path in home.rglob("*.html")),
    }
    (unfinished / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")
    write_manifest(unfinished / MANIFEST, Manifest(hash_files(unfinished)))
    return unfinished


def list_hash(folder: Path) -> str:
    """The hash of the files that the folder's list states, whatever it is called."""
    listed = read_manifest(folder)
    return listed.list_hash if listed else ""


def keep_drawing(
    warehouse: Warehouse,
    edition: Edition,
    how: Drawing,
    stated: Mapping[str, pl.DataFrame],
    manifest: str,
    pages: Sequence[str],
) -> None:
    """Archives all that went into an edition besides its runs' results, which the warehouse keeps
    already.
    """
    plain = {field.name: getattr(edition, field.name) for field in fields(edition)}
    with warehouse.transaction():
        plain["previous"] = [
            {
                **{field.name: getattr(earlier, field.name) for field in fields(earlier)},
                "pages": keep_frame(warehouse, "pages", _listed(earlier.pages)),
            }
            for earlier in edition.previous
        ]
        about = {
            "edition": plain,
            "drawing": how,
            "pages": keep_frame(warehouse, "pages", _listed(pages)),
            "frames": {
                name: keep_frame(warehouse, name, frame) for name, frame in sorted(stated.items())
            },
        }
        keep_edition(
            warehouse,
            run_id=edition.run_id,
            grain=edition.grain,
            origin=edition.origin,
            known_at=edition.known_at,
            drawn_by=code_version(("dashboards",)),
            manifest_hash=manifest,
            about=settings_json(about),
        )


def _listed(pages: Iterable[str]) -> pl.DataFrame:
    return pl.DataFrame({"path": sorted(pages)}, schema={"path": pl.String})


def planning_date(run_settings: str) -> date | None:
    """The day the plan stands at, as the run's settings keep it; None for a run that was not
    planned.
    """
    today = json.loads(run_settings).get("today")
    return date.fromisoformat(today) if today else None


def accepted_of(runs: pl.DataFrame) -> tuple[Accepted, ...]:
    """What a person accepted though a gate had failed, run by run, as the runs' settings keep
    it.
    """
    found = (
        (run_id, json.loads(chosen).get("accepted"))
        for run_id, chosen in runs.select("run_id", "settings").sort("run_id").iter_rows()
    )
    return tuple(
        Accepted(run_id=run_id, why=one["why"], gates=tuple(one["gates"]))
        for run_id, one in found
        if one
    )


def earlier_editions(reports: Path, known_at: datetime) -> tuple[EarlierEdition, ...]:
    """Every finished edition of what was known before, the newest first. Redrawn and variant ones
    don't stand under their run's name.
    """
    found = []
    for path in reports.glob(f"*/{ABOUT}"):
        about = _about(path.parent)
        if path.parent.is_symlink() or about.get("run_id") != path.parent.name:
            continue
        with contextlib.suppress(ValueError, TypeError):  # as unfinished as one that says nothing
            edition = EarlierEdition(
                run_id=about["run_id"],
                origin=date.fromisoformat(about["origin"]),
                known_at=datetime.fromisoformat(about["known_at"]),
                folder=f"../{path.parent.name}",
                data_hash=about["data_hash"],
                pages=frozenset(about.get("pages", ())),
            )
            if edition.known_at < known_at:
                found.append(edition)
    return tuple(
        sorted(found, key=lambda edition: (edition.known_at, edition.run_id), reverse=True)
    )


def _about(folder: Path) -> dict[str, Any]:
    """What an edition says of itself; nothing where that can't be read, as of one that was never
    finished: it is made again, and no other leads to it.
    """
    try:
        about = json.loads((folder / ABOUT).read_text(encoding="utf-8"))
        return dict(about) if about.keys() >= ABOUT_KEYS else {}
    except (OSError, ValueError, AttributeError):
        return {}


def put_edition(settings: Settings, unfinished: Path, folder: Path, run_id: str) -> None:
    """The finished drawing takes the place of `folder` among the reports, under a list with its
    name, which is signed where there is a key.
    """
    listed = read_manifest(unfinished)
    assert listed is not None, unfinished
    named = replace(listed, name=edition_name(folder.name), edition=run_id, sequence=1)
    write_manifest(unfinished / MANIFEST, named, signing_key(settings))
    sync_tree(unfinished)
    put_folder(unfinished, folder)


def _lead_to(settings: Settings, folder: Path, made: Collection[str] = ()) -> None:
    """`latest` leads to the edition, and the list of reports states both."""
    latest = settings.folders.reports / LATEST
    if not latest.is_symlink() or latest.readlink() != Path(folder.name):
        put_link(latest, folder.name)
    state_reports(settings.folders, made, latest=folder.name, signing_key=signing_key(settings))


def _is_kept(folder: Path, made_from: str, archived: str) -> bool:
    """Whether the edition is there as it was drawn, and archived: `archived` is the hash of its
    list in the archive.
    """
    listed = read_manifest(folder)
    return (
        listed is not None
        and listed.list_hash == archived
        and _about(folder).get("made_from") == made_from
        and not problems_of(folder, edition_name(folder.name))
    )
