"""What a careful operator looks at before asking for help: each finding says what is so, and what
to do about it.
"""

from __future__ import annotations

import os
import platform
import shutil
import socket
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import zoneinfo
from collections.abc import Iterator
from datetime import UTC, datetime
from importlib.metadata import PackageNotFoundError, version
from importlib.util import find_spec
from pathlib import Path

from flows.folders import Folders, read_folders
from flows.operate.findings import Finding, holder_of, size_of
from flows.operate.prefect_findings import examine_prefect
from flows.operate.publication import PUBLISHED, check_list
from flows.record.state import at_work, read_state
from flows.settings import Settings, read_settings
from warehouse.errors import SettingsError, TransitError
from warehouse.serving.publish import EDITIONS
from warehouse.store.files import unfinished_in
from warehouse.store.integrity import REMEDY, damage_in

LOW_BYTES = 2e9
# Measured to work together; see the reasons beside the dependencies in pyproject.toml.
TOGETHER = {
    "prefect": ("3.8.8", "3.9"),
    "fastapi": ("0.100", "0.151"),
    "sqlalchemy": ("2.0", "2.1"),
    "duckdb": ("1.5.5", "3"),
    "polars": ("2.1", "3"),
}


def examine(config: Path | None, data: Path | None = None) -> list[Finding]:
    """Every finding, in the order a person would look. Nothing is changed, and what is at work is
    not disturbed.
    """
    findings = list(_versions())
    try:
        settings = read_settings(config, data=data)
        findings.append(Finding("ok", "settings", str(settings.folders.settings_file)))
        findings += _schedule(settings)
        findings += _runner(settings)
        findings += _sources(settings)
        folders = settings.folders
    except TransitError as error:
        findings.append(
            Finding(
                "error",
                "settings",
                f"{error.summary}: " + "; ".join(map(str, error.problems)),
                error.remedy,
            )
        )
        try:
            folders = read_folders(config)
        except TransitError:
            return findings
        settings = None
    for look in (_folders, _locks, _database, examine_prefect, _published, _leftovers):
        findings += look(folders)
    findings += _clock(settings, folders)
    findings += _last_job(folders)
    return findings


def _versions() -> Iterator[Finding]:
    told = [f"Python {platform.python_version()}"]
    for name, (low, high) in TOGETHER.items():
        try:
            found = version(name)
        except PackageNotFoundError:
            yield Finding(
                "error",
                "versions",
                f"{name} is not installed",
                "Install the project again: make run",
            )
            continue
        told.append(f"{name} {found}")
        if not _parts(low) <= _parts(found) < _parts(high):
            yield Finding(
                "error",
                "versions",
                f"{name} {found} was not measured to work; wanted {low} to below {high}",
                "Install from the lock: make run",
            )
    yield Finding("ok", "versions", ", ".join(told))


def _parts(text: str) -> tuple[int, ...]:
    return tuple(int(part) for part in text.split(".") if part.isdigit())


def _schedule(settings: Settings) -> Iterator[Finding]:
    from flows.operate.schedule import cron_of

    try:
        cron_of(settings)
    except SettingsError as error:
        yield Finding("error", "schedule", "; ".join(map(str, error.problems)), error.remedy)


def _runner(settings: Settings) -> Iterator[Finding]:
    run, cores = settings.run, os.cpu_count() or 1
    if run.runner == "dask" and not find_spec("prefect_dask"):
        yield Finding(
            "error",
            "runner",
            "[run] runner is dask, and Dask is not installed",
            "pip install 'transit-forecast[dask]', or set runner to processes.",
        )
    elif run.runner == "dask" and run.dask_address:
        at = urllib.parse.urlsplit(
            run.dask_address if "://" in run.dask_address else f"tcp://{run.dask_address}"
        )
        try:
            with socket.create_connection((at.hostname or "", at.port or 0), timeout=5):
                yield Finding("ok", "runner", f"the Dask scheduler {run.dask_address} answers")
        except OSError as error:
            yield Finding(
                "error",
                "runner",
                f"[run] dask_address {run.dask_address} can't be reached: "
                f"{error.strerror or error}",
                "Start it (dask scheduler), fix the address, or leave it out for a cluster "
                "of this machine.",
            )
    elif run.workers > 2 * cores:
        yield Finding(
            "warning",
            "runner",
            f"[run] workers is {run.workers}, and this machine has {cores} processors",
            "More workers than processors take memory and save no time.",
        )


def _sources(settings: Settings) -> Iterator[Finding]:
    if settings.simulate.enabled:
        yield Finding("ok", "sources", "the bundled example simulates its traffic")
        return
    if not settings.sources:
        yield Finding(
            "warning",
            "sources",
            "no [[source]] is named: nothing will be loaded",
            "Add one; `transit init` writes an example.",
        )
    from flows.steps.load import files_of

    for source in settings.sources:
        files = [
            path
            for pattern in getattr(source, "files", ())
            for path in files_of(settings.data, pattern)
        ]
        missing = [path for path in files if not path.exists()]
        if missing:
            yield Finding(
                "error",
                "sources",
                f"{source.name}: no file fits {missing[0]}",
                "Check [folders] data and the source's files.",
            )
        elif files:
            yield Finding("ok", "sources", f"{source.name}: {len(files)} files")


def _folders(folders: Folders) -> Iterator[Finding]:
    for name in ("private", "published", "reports"):
        folder: Path = getattr(folders, name)
        there = folder
        while not there.exists():
            there = there.parent
        try:
            with tempfile.NamedTemporaryFile(dir=there):
                pass
        except OSError as error:
            yield Finding(
                "error",
                "folders",
                f"{name} {folder} can't be written: {error.strerror}",
                "Fix its permissions, or name another in [folders].",
            )
            continue
        free = shutil.disk_usage(there).free
        if free < max(LOW_BYTES, 3 * size_of(folders.database)):
            yield Finding(
                "warning",
                "disk",
                f"{free / 1e9:.1f} GB free for {folder}",
                "Make room: a run needs about three times the working database.",
            )
        else:
            yield Finding("ok", "disk", f"{name} {folder}: writable, {free / 1e9:.0f} GB free")
    if folders.private.exists() and folders.private.stat().st_mode & 0o077:
        yield Finding(
            "warning",
            "folders",
            f"{folders.private} can be read by others",
            f"chmod 700 {folders.private}",
        )


def _locks(folders: Folders) -> Iterator[Finding]:
    server = holder_of(folders.serve_lock.with_name(folders.serve_lock.name + ".lock"))
    if server:
        yield Finding("ok", "locks", f"transit serve: {server}")
    for name, path in (("run", folders.run_lock), ("working database", folders.database)):
        file = path.with_name(path.name + ".lock")
        if not file.exists():
            continue
        # Taking the lock, even for a moment, could turn away a run that starts just then: its
        # content is read instead.
        holder = holder_of(file)
        if holder:
            yield Finding(
                "warning",
                "locks",
                f"{name}: {holder}",
                "Wait until it has ended; end that process only if it hangs.",
            )
        else:
            yield Finding("ok", "locks", f"{name}: free")


def _database(folders: Folders) -> Iterator[Finding]:
    """What a run writes in the meantime could look like damage."""
    path, lock = folders.database, folders.database.with_name(folders.database.name + ".lock")
    if not path.exists() or holder_of(lock):
        return
    before = path.stat()
    problem, after = damage_in(path), path.stat()
    if holder_of(lock) or (before.st_size, before.st_mtime_ns) != (
        after.st_size,
        after.st_mtime_ns,
    ):
        return
    if problem:
        yield Finding("error", "database", f"{path} is damaged: {problem}", REMEDY)
    else:
        yield Finding("ok", "database", f"{size_of(path) / 1e6:.0f} MB, as it was written")


def _published(folders: Folders) -> Iterator[Finding]:
    link = folders.published_database
    if not link.exists():
        yield Finding("warning", "published", "nothing is published yet", "transit run")
        return
    checked = check_list(folders, PUBLISHED)
    if checked.problems:
        what = "; ".join(map(str, checked.problems))
        yield Finding("error", "published", what, "transit publish")
    else:
        age = (time.time() - link.stat().st_mtime) / 86400
        yield Finding(
            "ok",
            "published",
            f"{checked.files} copies as they were published; the newest is {age:.1f} days old",
        )


def _leftovers(folders: Folders) -> Iterator[Finding]:
    left = [
        *unfinished_in(folders.steps),
        *unfinished_in(folders.reports),
        *unfinished_in(folders.published / EDITIONS),
    ]
    if left:
        yield Finding(
            "ok",
            "leftovers",
            f"{len(left)} unfinished results of a run that was stopped; the next run clears them",
        )


def _clock(settings: Settings | None, folders: Folders) -> Iterator[Finding]:
    now = datetime.now(UTC)
    told = f"{now:%Y-%m-%d %H:%M} UTC"
    if settings is not None:
        zone = settings.schedule.zone
        told += f", {now.astimezone(zoneinfo.ZoneInfo(zone)):%H:%M} in {zone} for the schedule"
    newest = max(
        (
            path.stat().st_mtime
            for path in (folders.database, folders.private / "state.json")
            if path.exists()
        ),
        default=0.0,
    )
    if newest > now.timestamp() + 60 or now.year < 2025:
        yield Finding(
            "error",
            "clock",
            f"{told}, but files here are newer: the clock went back",
            "Set the clock (timedatectl); known_at and schedules depend on it.",
        )
    elif moved := read_state(folders.private).clock_moved_seconds:
        yield Finding(
            "warning",
            "clock",
            f"{told}; it moved by {moved / 3600:+.1f} hours in the midst of the last run",
            "See that it is right (timedatectl). Nothing is lost; known_at of that run may "
            "be off by as much: if the clock is right now, transit run --force says it "
            "anew.",
        )
    else:
        yield Finding("ok", "clock", told)


def _last_job(folders: Folders) -> Iterator[Finding]:
    state = read_state(folders.private)
    if not state.last_start:
        return
    ended = datetime.fromtimestamp(state.last_end or state.last_start, UTC)
    if state.running_process and not at_work(state):
        yield Finding(
            "warning",
            "last run",
            f"process {state.running_process} was killed in its midst",
            "transit run goes on where it was.",
        )
    elif state.last_outcome == "failed":
        problem = state.last_problem.strip().splitlines()
        yield Finding(
            "error",
            "last run",
            f"failed at {ended:%Y-%m-%d %H:%M} UTC: {problem[0] if problem else ''}",
            f"The log tells more: {folders.logs}",
        )
    elif state.last_end:
        yield Finding(
            "ok",
            "last run",
            f"{state.last_outcome} at {ended:%Y-%m-%d %H:%M} UTC, {state.last_seconds:.0f} s",
        )
