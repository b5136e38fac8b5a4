"""Gives readers a finished copy: written beside, checked, synced to disk, then put in place by one
rename.

A reader that has the old copy open keeps it; the next open sees the new one. A crash anywhere
leaves the last copy whole.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

import duckdb

from warehouse.errors import Problem, WarehouseError
from warehouse.store.database import Warehouse
from warehouse.store.reading import OFFLINE

LINK = "transit.duckdb"
EDITIONS = "editions"


def publish(
    warehouse: Warehouse | Path, published: Path, *, edition_id: str, keep: int = 3
) -> Path:
    """Publishes the whole database as `published/transit.duckdb`; returns the file that this link
    now names.

    `keep` files stay in published/editions, the one in use always among them. Raises WarehouseError
    when the copy could not be made or is not whole; the link then names what it named before.
    """
    if isinstance(warehouse, Path):
        if not warehouse.is_file():
            raise WarehouseError(
                "there is nothing to publish",
                [Problem(str(warehouse), "does not exist")],
                "Run `transit run` first.",
            )
        with Warehouse.open(warehouse) as opened:
            return publish(opened, published, edition_id=edition_id, keep=keep)
    if not re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9._-]*", edition_id):
        raise WarehouseError(
            "the edition's name can't be part of a file name",
            [
                Problem(
                    "edition_id",
                    f"is {edition_id!r}; use letters, digits, dot, dash and underscore",
                )
            ],
        )
    if keep < 1:
        raise WarehouseError("at least one copy must be kept", [Problem("keep", f"is {keep}")])
    editions = published / EDITIONS
    partial: Path | None = None
    try:
        editions.mkdir(parents=True, exist_ok=True)
        for leftover in (*editions.glob(".*.partial"), *published.glob(f".{LINK}.*.link")):
            leftover.unlink()
        final = editions / f"transit-{edition_id}-{_next_number(editions):04d}.duckdb"
        partial = final.with_name(f".{final.name}.partial")
        warehouse.note_edition(edition_id)
        warehouse.copy_to(partial)
        _verify(warehouse, partial)
        partial.chmod(0o444)
        partial.rename(final)
        _sync_folder(editions)
        link = published / f".{LINK}.{final.stem}.link"
        link.symlink_to(final.relative_to(published))
        link.replace(published / LINK)
        _sync_folder(published)
    except (OSError, WarehouseError) as error:
        if partial is not None:
            partial.unlink(missing_ok=True)
        if isinstance(error, WarehouseError):
            raise
        raise WarehouseError(
            "the copy for readers could not be made; they keep the last one",
            [Problem(str(error.filename or published), error.strerror or str(error))],
            "Make room or fix the permissions, then run `transit publish`.",
        ) from error
    _prune(editions, keep, final)
    return final


def prune(published: Path, keep: int) -> None:
    """Leaves the newest `keep` copies, and the one in use."""
    _prune(published / EDITIONS, keep, (published / LINK).resolve())


def _number(file: Path) -> int:
    return int(file.stem.rsplit("-", 1)[1])


def _files(editions: Path) -> list[Path]:
    return sorted(
        (file for file in editions.glob("transit-*.duckdb") if re.search(r"-\d+$", file.stem)),
        key=_number,
    )


def _next_number(editions: Path) -> int:
    return max(map(_number, _files(editions)), default=0) + 1


def _verify(warehouse: Warehouse, copy: Path) -> None:
    try:
        with duckdb.connect(str(copy), read_only=True, config=dict(OFFLINE)) as connection:
            found = table_rows(connection)
    except duckdb.Error as error:
        raise WarehouseError(
            "the copy can't be opened", [Problem(copy.name, str(error).splitlines()[0])]
        ) from error
    wanted = table_rows(warehouse.connection)
    if found != wanted:
        different = sorted(
            table for table in {*found, *wanted} if found.get(table) != wanted.get(table)
        )
        raise WarehouseError(
            "the copy differs from the database",
            [
                Problem(table, f"{found.get(table)} rows, wanted {wanted.get(table)}")
                for table in different
            ],
        )


def table_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The number of rows of every table that is not temporary."""
    names = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where not temporary "
        "and not internal order by 1"
    ).fetchall()
    return {
        name: connection.table(name).aggregate("count(*)").fetchall()[0][0] for (name,) in names
    }


def _sync_folder(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def _prune(editions: Path, keep: int, in_use: Path) -> None:
    for file in _files(editions)[:-keep]:
        if file != in_use:
            file.unlink(missing_ok=True)
