"""A backup is one tar file: the working database as of one moment, the settings, the network, and
their hashes.
"""

from __future__ import annotations

import io
import json
import os
import shutil
import tarfile
from datetime import UTC, datetime
from pathlib import Path

from flows.folders import make_private
from flows.operate.manifest import damaged, file_hash
from flows.settings import Settings
from flows.steps.identity import code_version
from flows.steps.inputs import open_warehouse
from warehouse.errors import Problem, WarehouseError
from warehouse.store.database import Warehouse
from warehouse.store.lock import WriterLock

DATABASE, ABOUT, MANIFEST = "transit.duckdb", "backup.json", "MANIFEST.sha256"


def back_up(settings: Settings, target: Path) -> Path:
    """Writes `target` whole or not at all, while no run is at work. Readers are not disturbed.

    Traffic files stay where they are, and editions and reports can be made again from what is kept.
    """
    folders = settings.folders
    if not folders.database.exists():
        raise WarehouseError(
            "there is nothing to back up",
            [Problem(str(folders.database), "does not exist")],
            "Run `transit run` first.",
        )
    if target.exists():
        raise WarehouseError(
            "the backup's file exists",
            [Problem(str(target), "is not overwritten")],
            "Name another file.",
        )
    target.parent.mkdir(parents=True, exist_ok=True)
    copy = folders.private / f".backup-{os.getpid()}.duckdb"
    partial = target.with_name(f".{target.name}.partial")
    try:
        with (
            WriterLock(folders.run_lock, settings.run.wait_for_lock_seconds),
            open_warehouse(settings) as warehouse,
        ):
            warehouse.copy_to(copy)
        members = {DATABASE: copy, "settings/" + folders.settings_file.name: folders.settings_file}
        for path in sorted(settings.network.folder.rglob("*")):
            if path.is_file():
                members[f"network/{path.relative_to(settings.network.folder).as_posix()}"] = path
        about = {"made_at": datetime.now(UTC).isoformat(), "code_version": code_version()}
        with tarfile.open(partial, "w") as archive:
            for name, path in members.items():
                archive.add(path, name)
            _add_text(archive, ABOUT, json.dumps(about, indent=1))
            _add_text(
                archive,
                MANIFEST,
                "".join(f"{file_hash(path)}  {name}\n" for name, path in members.items()),
            )
        partial.chmod(0o600)
        with partial.open("rb") as file:
            os.fsync(file.fileno())
        partial.replace(target)
    except OSError as error:
        raise WarehouseError(
            "the backup could not be written",
            [Problem(str(error.filename or target), error.strerror or str(error))],
            "Make room, or name another place; the warehouse is as it was.",
        ) from error
    finally:
        copy.unlink(missing_ok=True)
        partial.unlink(missing_ok=True)
    return target


def _add_text(archive: tarfile.TarFile, name: str, text: str) -> None:
    member = tarfile.TarInfo(name)
    member.size, member.mode = len(text.encode()), 0o600
    archive.addfile(member, io.BytesIO(text.encode()))


def restore(settings: Settings, source: Path, *, replace: bool = False) -> Path | None:
    """Puts a backup's database in place after checking every hash and opening it. Settings and
    network are laid beside it.

    Without `replace` an existing database is refused; with it the old one is kept beside, and its
    path returned.
    """
    folders = settings.folders
    if folders.database.exists() and not replace:
        raise WarehouseError(
            "there is a working database already",
            [Problem(str(folders.database), "exists")],
            "Restore elsewhere, or say --replace: the old one is then kept beside it.",
        )
    make_private(folders.private)
    with WriterLock(folders.run_lock, settings.run.wait_for_lock_seconds):
        unpacked = folders.private / "restored"
        shutil.rmtree(unpacked, ignore_errors=True)
        try:
            with tarfile.open(source) as archive:
                archive.extractall(unpacked, filter="data")
        except (tarfile.TarError, OSError) as error:
            shutil.rmtree(unpacked, ignore_errors=True)
            why = (
                error.strerror if isinstance(error, OSError) else None
            ) or "is no tar archive, or only a part of one"
            raise WarehouseError(
                "the backup can't be read",
                [Problem(str(source), why)],
                "Give a file that `transit backup` made.",
            ) from error
        count, problems = damaged(unpacked)
        if problems or DATABASE not in {path.name for path in unpacked.glob("*")} or not count:
            shutil.rmtree(unpacked, ignore_errors=True)
            raise WarehouseError(
                "the backup is damaged",
                problems or [Problem(str(source), "holds no database with its hash")],
                "Take another backup; nothing was changed here.",
            )
        with Warehouse.open(unpacked / DATABASE, memory_limit=settings.run.memory_limit):
            """Opening it brings it up to this version, or says why that can't be."""
        old = None
        if folders.database.exists():
            old = folders.database.with_name(
                f"transit-before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}.duckdb"
            )
            folders.database.rename(old)
            wal = folders.database.with_name(folders.database.name + ".wal")
            if wal.exists():
                wal.rename(old.with_name(old.name + ".wal"))
        (unpacked / DATABASE).rename(folders.database)
    return old
