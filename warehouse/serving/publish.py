"""Gives readers a finished copy: written beside, checked, synced to disk, then put in place by one
rename.

A reader that has the old copy open keeps it; the next open sees the new one. A crash anywhere
leaves the last copy whole.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Sequence
from pathlib import Path

import duckdb

from warehouse.errors import Problem, WarehouseError
from warehouse.store.database import Warehouse
from warehouse.store.files import clear_unfinished, new_file, put_link
from warehouse.store.integrity import explained
from warehouse.store.reading import OFFLINE

LINK = "transit.duckdb"
EDITIONS = "editions"


def publish(
    warehouse: Warehouse | Path,
    published: Path,
    *,
    edition_id: str,
    keep: int = 3,
    listed: Collection[str] | None = None,
    state: Callable[[Path, Sequence[Path]], None] | None = None,
) -> Path:
    """Publishes the whole database as `published/transit.duckdb`; returns the file that this link
    now names.

    The newest copies of `keep` editions stay in published/editions. `listed` names the copies that
    were published whole: others were left by a publication that was stopped, and go. `state` is
    called with the new copy and all that stay before the link is turned. Raises WarehouseError when
    the copy could not be made or is not whole; the link then names what it named before.
    """
    if isinstance(warehouse, Path):
        if not warehouse.is_file():
            raise WarehouseError(
                "there is nothing to publish",
                [Problem(str(warehouse), "does not exist")],
                "Run `transit run` first.",
            )
        with Warehouse.open(warehouse) as opened:
            return publish(
                opened, published, edition_id=edition_id, keep=keep, listed=listed, state=state
            )
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
    try:
        editions.mkdir(parents=True, exist_ok=True)
        clear_unfinished(editions)
        clear_unfinished(published)
        final = editions / f"transit-{edition_id}-{_next_number(editions):04d}.duckdb"
        warehouse.note_edition(edition_id)
        with new_file(final, mode=0o444) as unfinished:
            warehouse.copy_to(unfinished)
            _verify(warehouse, unfinished)
        whole = [file for file in _files(editions) if listed is None or file.name in listed]
        staying = newest_copies({*whole, final}, keep)
        if state is not None:
            state(final, staying)
        put_link(published / LINK, final.relative_to(published).as_posix())
    except duckdb.Error as error:
        raise explained(error) or error from error
    except OSError as error:
        raise WarehouseError(
            "the copy for readers could not be made; they keep the last one",
            [Problem(str(error.filename or published), error.strerror or str(error))],
            "Make room or fix the permissions, then run `transit publish`.",
        ) from error
    _remove_but(editions, staying)
    return final


def prune(published: Path, keep: int) -> list[Path]:
    """Leaves the newest copies of `keep` editions, and the one in use; returns all that stay."""
    editions = published / EDITIONS
    staying = newest_copies(_files(editions), keep, (published / LINK).resolve())
    _remove_but(editions, staying)
    return staying


def newest_copies(files: Collection[Path], keep: int, *in_use: Path) -> list[Path]:
    """The newest copy of each of the newest `keep` editions, and the one in use."""
    by_edition = {file.stem.rpartition("-")[0]: file for file in sorted(files, key=_number)}
    newest = sorted(by_edition.values(), key=_number)[-keep:]
    return sorted({*newest, *(file for file in files if file in in_use)}, key=_number)


def is_published(warehouse: Warehouse, published: Path) -> bool:
    """Whether the copy in use holds what the database does, the records of jobs aside.

    Facts and results are only ever appended, and whatever flags samples anew records a batch: the
    same number of rows in every table is the same content.
    """
    try:
        with _open_copy((published / LINK).resolve(strict=True)) as connection:
            found = _content(connection)
    except (OSError, duckdb.Error):
        return False
    return found == _content(warehouse.connection)


def _content(connection: duckdb.DuckDBPyConnection) -> tuple[object, ...]:
    rows = {name: count for name, count in table_rows(connection).items() if name[:4] != "ops."}
    installed = connection.execute("from ops.installed order by all").fetchall()
    return rows, installed


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
        with _open_copy(copy) as connection:
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


def _open_copy(copy: Path) -> duckdb.DuckDBPyConnection:
    sealed: dict[str, str | bool | int | float | list[str]] = {
        **OFFLINE,
        "enable_external_access": False,
    }
    return duckdb.connect(str(copy), read_only=True, config=sealed)


def table_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, int]:
    """The number of rows of every table that is not temporary."""
    names = connection.execute(
        "select schema_name || '.' || table_name from duckdb_tables() where not temporary "
        "and not internal order by 1"
    ).fetchall()
    return {
        name: connection.table(name).aggregate("count(*)").fetchall()[0][0] for (name,) in names
    }


def _remove_but(editions: Path, staying: Collection[Path]) -> None:
    for file in _files(editions):
        if file not in staying:
            file.unlink(missing_ok=True)
