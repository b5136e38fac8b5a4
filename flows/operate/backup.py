"""A backup is one tar file: the working database as of one moment, the settings, the network, and
a list of their hashes, signed where there is a key.
"""

from __future__ import annotations

import hashlib
import json
import shutil
import tarfile
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path

from flows.folders import make_private
from flows.operate.manifest import NAME as MANIFEST
from flows.operate.manifest import (
    Manifest,
    changed_files,
    file_hash,
    hash_files,
    read_manifest,
    unlisted_files,
    write_manifest,
)
from flows.operate.secrets import signing_key
from flows.operate.signing import is_signed_by, public_of
from flows.settings import Settings
from flows.steps.identity import code_version
from flows.steps.inputs import open_warehouse
from warehouse.errors import Problem, WarehouseError
from warehouse.loading.reference import FILES
from warehouse.store.database import Warehouse
from warehouse.store.files import new_file, unfinished_folder
from warehouse.store.integrity import damage_in
from warehouse.store.lock import WriterLock

DATABASE, ABOUT, NAME = "transit.duckdb", "backup.json", "backup"
READ_FROM_NETWORK = (*FILES.values(), "README.md", "words.*.toml", "scenarios/*.toml")
"""What is kept of the network's folder, whatever else lies there: secrets, traffic, results."""


def back_up(settings: Settings, target: Path) -> Path:
    """Writes `target` whole or not at all, while no run is at work, and reads it back. Readers are
    not disturbed.

    Traffic files stay where they are, secrets are left out, and editions and reports can be made
    again from what is kept. Links are followed.
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
    try:
        target.parent.mkdir(parents=True, exist_ok=True)
        with _scratch(folders.private / NAME) as content, new_file(target, mode=0o600) as file:
            with (
                WriterLock(folders.run_lock, settings.run.wait_for_lock_seconds),
                open_warehouse(settings) as warehouse,
            ):
                warehouse.copy_to(content / DATABASE)
            _gather(settings, content)
            listed = Manifest(hash_files(content), NAME, settings.network.title, 1)
            write_manifest(content / MANIFEST, listed, signing_key(settings))
            with tarfile.open(file, "w") as archive:
                for path in sorted(path for path in content.rglob("*") if path.is_file()):
                    archive.add(path, path.relative_to(content).as_posix())
            _read_back(file, content, listed)
    except OSError as error:
        raise WarehouseError(
            "the backup could not be written",
            [Problem(str(error.filename or target), error.strerror or str(error))],
            "Make room, or name another place; the warehouse is as it was.",
        ) from error
    return target


@contextmanager
def _scratch(path: Path) -> Iterator[Path]:
    folder = unfinished_folder(path)
    try:
        yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _gather(settings: Settings, content: Path) -> None:
    """Copies settings and network beside the database's copy."""
    source = settings.folders.settings_file
    files = {f"settings/{source.name}": source}
    network = settings.network.folder
    for path in [*network.glob("*"), *network.glob("scenarios/*")]:
        place = path.relative_to(network)
        if any(place.match(pattern) for pattern in READ_FROM_NETWORK):
            files[f"network/{place.as_posix()}"] = path
    for name, path in files.items():
        (content / name).parent.mkdir(exist_ok=True)
        shutil.copyfile(path, content / name)
    about = {"made_at": datetime.now(UTC).isoformat(), "code_version": code_version()}
    (content / ABOUT).write_text(json.dumps(about, indent=1), encoding="utf-8")


def _read_back(file: Path, content: Path, listed: Manifest) -> None:
    """Raises WarehouseError where the archive on the disk does not hold what was put into it."""
    wanted = {**listed.files, MANIFEST: file_hash(content / MANIFEST)}
    found = {}
    with tarfile.open(file) as archive:
        for member in archive:
            found[member.name] = _hash_of(archive, member)
    if found != wanted:
        different = sorted(
            name for name in {*found, *wanted} if found.get(name) != wanted.get(name)
        )
        raise WarehouseError(
            "the backup is not what was written",
            [Problem(name, "differs when it is read back") for name in different],
            "See what the disk says (dmesg, smartctl), and name another place.",
        )


def _hash_of(archive: tarfile.TarFile, member: tarfile.TarInfo) -> str:
    digest = hashlib.sha256()
    if data := archive.extractfile(member):
        while chunk := data.read(1 << 20):
            digest.update(chunk)
    return digest.hexdigest()


def restore(
    settings: Settings, source: Path, *, replace: bool = False, unsigned: bool = False
) -> Path | None:
    """Puts a backup's database in place after checking every hash, its blocks, and opening it
    without access to anything else. Settings and network are laid beside it.

    Without `replace` an existing database is refused; with it the old one is kept beside, and its
    path returned. Where there is a key, the backup must be signed with it, or `unsigned` given.
    """
    folders = settings.folders
    if folders.database.exists() and not replace:
        raise WarehouseError(
            "there is a working database already",
            [Problem(str(folders.database), "exists")],
            "Restore elsewhere, or say --replace: the old one is then kept beside it.",
        )
    make_private(folders.private)
    unpacked = folders.private / "restored"
    with (
        WriterLock(folders.run_lock, settings.run.wait_for_lock_seconds),
        _scratch(unpacked) as content,
    ):
        try:
            with tarfile.open(source) as archive:
                archive.extractall(content, filter="data")
        except (tarfile.TarError, OSError) as error:
            system = error.strerror if isinstance(error, OSError) else None
            why = system or "is not a tar archive, or only a part of one"
            raise WarehouseError(
                "the backup can't be read",
                [Problem(str(source), why)],
                "Give a file that `transit backup` made.",
            ) from error
        if problems := _problems(content, source):
            raise WarehouseError(
                "the backup is damaged", problems, "Take another backup; nothing was changed here."
            )
        if not unsigned:
            _refuse_unsigned(content, source, signing_key(settings))
        with Warehouse.open(
            content / DATABASE, memory_limit=settings.run.memory_limit, sealed=True
        ):
            """Opening it brings it up to this version, or says why that can't be."""
        old = None
        if folders.database.exists():
            old = folders.database.with_name(
                f"transit-before-restore-{datetime.now(UTC):%Y%m%dT%H%M%S}.duckdb"
            )
            folders.database.rename(old)
        wal = folders.database.with_name(folders.database.name + ".wal")
        if wal.exists():
            beside = old or folders.database.with_name("transit-before-restore.duckdb")
            wal.rename(beside.with_name(beside.name + ".wal"))
        (content / DATABASE).rename(folders.database)
        (content / f"{DATABASE}.lock").unlink(missing_ok=True)
        shutil.rmtree(unpacked, ignore_errors=True)
        content.rename(unpacked)
    return old


def _problems(content: Path, source: Path) -> list[Problem]:
    listed = read_manifest(content)
    if listed is None or DATABASE not in listed.files or listed.name not in ("", NAME):
        return [Problem(str(source), "holds no database with its hash")]
    problems = changed_files(content, listed)
    if not listed.name:  # lists of earlier versions left this file out
        (content / ABOUT).unlink(missing_ok=True)
    problems += unlisted_files(content, listed)
    if not problems and (damage := damage_in(content / DATABASE, most_bytes=None)):
        problems = [Problem(DATABASE, damage)]
    return problems


def _refuse_unsigned(content: Path, source: Path, key: str) -> None:
    listed = read_manifest(content)
    if not key or listed is None:
        return
    if listed.signature and is_signed_by(listed.text, listed.signature, public_of(key)):
        return
    what = "was signed with another key" if listed.signature else "is not signed"
    raise WarehouseError(
        "the backup is not known to be yours",
        [Problem(str(source), what)],
        "Give one that was made with the key of [run] signing_key_file, or say --unsigned.",
    )
