"""What a run leaves behind stays bounded: report editions, and the records of the embedded
Prefect.
"""

from __future__ import annotations

import sqlite3
import time
from contextlib import closing
from pathlib import Path

from flows.operate.publication import state_reports
from flows.operate.secrets import signing_key
from flows.settings import Settings
from flows.steps.report import ABOUT
from warehouse.store.files import clear_unfinished, remove_folder

KEPT_FLOW_RUNS = 3000
"""About 500 jobs, some 80 MB."""
_OF_OLD_RUNS = (
    "delete from event_resources where occurred < ?",
    "delete from events where occurred < ?",
    "delete from log where timestamp < ?",
    "delete from artifact where created < ?",
    "delete from flow_run where created < ? and state_type <> 'SCHEDULED'",
)


def tidy(settings: Settings) -> None:
    """Removes report editions beyond [run] keep_reports, the oldest first; never the one `latest`
    leads to.
    """
    reports = settings.folders.reports
    if settings.run.keep_reports and prune_reports(reports, settings.run.keep_reports):
        state_reports(settings.folders, signing_key=signing_key(settings))


def prune_reports(reports: Path, keep: int) -> int:
    """Returns how many editions were removed."""
    editions = [path.parent for path in reports.glob(f"*/{ABOUT}") if not path.parent.is_symlink()]
    newest = (reports / "latest").resolve()
    by_age = sorted(
        editions, key=lambda folder: ((folder / ABOUT).stat().st_mtime, folder.name), reverse=True
    )
    removed = [folder for folder in by_age[keep:] if folder != newest]
    for folder in removed:
        remove_folder(folder)
    if reports.exists():
        clear_unfinished(reports)
    return len(removed)


def prune_prefect(home: Path, days: float, *, keep: int = KEPT_FLOW_RUNS) -> int:
    """Removes flow runs that began more than `days` ago, or before the newest `keep`, from the
    embedded server's database; returns how many.

    Only while no server has it open. Nothing is done to a database that can't be read: starting the
    server names that.
    """
    path = home / "prefect.db"
    if not days or not path.exists():
        return 0
    before = time.strftime("%Y-%m-%d %H:%M:%S", time.gmtime(time.time() - days * 86400))
    removed = 0
    try:
        with closing(sqlite3.connect(path, timeout=1)) as database, database:
            database.execute("pragma foreign_keys = on")
            beyond = database.execute(
                "select created from flow_run order by created desc limit 1 offset ?", (keep,)
            )
            before = max(before, *(row[0] for row in beyond), "")
            for statement in _OF_OLD_RUNS:
                removed = database.execute(statement, (before,)).rowcount
    except sqlite3.Error:
        return 0
    if removed:
        with closing(sqlite3.connect(path, timeout=1)) as database:
            database.execute("vacuum")
    for result in (home / "storage").glob("*"):
        if result.stat().st_mtime < time.time() - days * 86400:
            result.unlink()
    return removed
