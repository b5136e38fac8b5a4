"""Whether the working database still holds the runs that were published from it: one that was
deleted or emptied would replace the history of years by a few rows.
"""

from __future__ import annotations

import json
import re
from pathlib import Path

from flows.folders import Folders, make_private
from flows.settings import Settings
from flows.steps.inputs import open_warehouse
from warehouse.errors import Problem, TransitError, WarehouseError
from warehouse.serving.publish import EDITIONS
from warehouse.store.files import write_file
from warehouse.store.reading import open_sealed

GIVEN_UP = "given-up.json"
"""Runs without which a person chose to begin again."""
_COPY = re.compile(r"transit-(\d{4}-\d\d-[0-9a-f]{8})-\d+")
_SHOWN = 5


class LostHistoryError(TransitError):
    """The working database is not the one that made what is published."""


def refuse_lost_history(settings: Settings) -> None:
    """Raises LostHistoryError where the published copy knows runs that the working database lacks,
    those given up aside.
    """
    lost = sorted(lost_runs(settings) - _given_up(settings.folders))
    if not lost:
        return
    database = settings.folders.database
    what = "holds none of it" if database.exists() else "does not exist"
    problems = [Problem(run, f"is published, and {database} {what}") for run in lost[:_SHOWN]]
    if len(lost) > _SHOWN:
        problems.append(Problem("published", f"and {len(lost) - _SHOWN} more runs"))
    raise LostHistoryError(
        "the history of this project is gone",
        problems,
        "Put a backup in place: transit restore FILE.tar. To begin again without it:"
        " transit run --start-over",
    )


def give_up_history(settings: Settings) -> None:
    """Lets the next publication go without the runs that are lost now."""
    given_up = sorted(lost_runs(settings) | _given_up(settings.folders))
    make_private(settings.folders.private)
    write_file(settings.folders.private / GIVEN_UP, json.dumps(given_up, indent=1))


def lost_runs(settings: Settings) -> set[str]:
    """The published runs that the working database lacks."""
    published = _published_runs(settings.folders)
    if not published or not settings.folders.database.exists():
        return published
    with open_warehouse(settings) as warehouse:
        return published - {*warehouse.runs()["run_id"]}


def _published_runs(folders: Folders) -> set[str]:
    """What the copy in use knows; where it can't be read, what the copies are named after."""
    link = folders.published_database
    try:
        with open_sealed(link) as connection:
            return {
                run
                for (run,) in connection.execute("select run_id from core.forecast_run").fetchall()
            }
    except WarehouseError:
        names = [_COPY.fullmatch(path.stem) for path in (folders.published / EDITIONS).glob("*")]
        return {name[1] for name in names if name}


def _given_up(folders: Folders) -> set[str]:
    path: Path = folders.private / GIVEN_UP
    try:
        return {*map(str, json.loads(path.read_text(encoding="utf-8")))}
    except (OSError, ValueError, TypeError):
        return set()
