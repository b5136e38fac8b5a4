"""Editions in a DuckLake: rows as Parquet files on a shared disk or in S3-compatible storage, the
catalog in PostgreSQL (or in a file).

Several machines publish into one lake at once, each under a name of its own, while many read; each
publication is one snapshot, and an earlier one can be read as it was. Readers get the very views of
a published copy: the same SQL runs.
"""

from __future__ import annotations

import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path

import duckdb

from warehouse.errors import Problem, WarehouseError
from warehouse.serving.extras.extensions import extension
from warehouse.store.files import new_file
from warehouse.store.migrate import SQL, migrate
from warehouse.store.reading import OFFLINE, let_go

SCHEMAS = ("core", "ops")
POSTGRES = "postgres:"
TRIES = 8
# What a table is cut into, so that a publication writes only parts that changed. Every other
# table is one part or one per run.
_MONTHS = {"core.traffic_sample": "slot_start", "core.fine_sample": "sampled_at"}
_NEVER = ("ops.installed",)


@dataclass(frozen=True)
class Store:
    """S3-compatible storage; `endpoint` is an address such as http://127.0.0.1:9000, empty for
    Amazon's own.
    """

    key_id: str = field(repr=False)
    secret: str = field(repr=False)
    endpoint: str = ""
    region: str = "us-east-1"


@dataclass(frozen=True)
class Lake:
    """Where the catalog and the data lie, and the name under which this project's tables stand
    there. `store`: for data at s3://.
    """

    catalog: str
    data: str
    project: str
    store: Store | None = None


@dataclass(frozen=True)
class LakePublication:
    """What a publication into the lake did: its snapshot, and the parts and rows that were new or
    changed.
    """

    snapshot: int
    parts: int
    rows: int


@dataclass(frozen=True)
class Shared:
    """A month of another project's samples, all with slots of one length."""

    file: Path
    slot_minutes: int
    simulated: bool


def publish_to_lake(edition: Path, lake: Lake) -> LakePublication:
    """Brings the lake to the published `edition` in one transaction; parts that are there already
    are left.

    Raises WarehouseError where the lake can't be reached or others keep publishing in between; it
    then is as it was.
    """
    with _connected(lake) as connection:
        connection.execute(f"attach {_quoted(str(edition.resolve()))} as edition (read_only)")
        for attempt in range(1, TRIES + 1):
            try:
                return _publish(connection, lake)
            except duckdb.TransactionException as error:
                _roll_back(connection)
                if attempt == TRIES:
                    raise WarehouseError(
                        "others publish into the lake all the time",
                        [Problem(lake.catalog, str(error).splitlines()[0])],
                        "Run `transit publish` again.",
                    ) from error
                time.sleep(0.2 * attempt)
            except duckdb.Error as error:
                _roll_back(connection)
                raise WarehouseError(
                    "the lake could not be written; it is as it was",
                    [Problem(lake.catalog, str(error).splitlines()[0])],
                    "Check the catalog's server and the folder of data, then `transit publish`.",
                ) from error
    raise AssertionError


@contextmanager
def open_lake(
    lake: Lake, *, snapshot: int | None = None, memory_limit: str = "1GB", threads: int = 2
) -> Iterator[duckdb.DuckDBPyConnection]:
    """A reader of the project's newest edition, or of the one of `snapshot`, with every view; it
    stays at that edition.
    """
    with _connected(
        lake, read_only=True, snapshot=snapshot, memory_limit=memory_limit, threads=threads
    ) as connection:
        there = set(_tables(connection, "lake", f"{lake.project}_"))
        # Tables of an empty warehouse say what type each column has; then the lake's rows take
        # their place.
        migrate(connection)
        for table, columns in _tables(connection, "memory").items():
            if table not in _NEVER and table in there:
                schema, name = table.split(".")
                listed = ", ".join(
                    f"{_name(column)}::{kind} as {_name(column)}" for column, kind in columns
                )
                _run(
                    connection,
                    "view",
                    schema=schema,
                    name=_name(name),
                    columns=listed,
                    target=_target(lake, table),
                )
        if not there:
            raise WarehouseError(
                "the lake holds nothing under this name",
                [Problem(lake.project, f"is not in {lake.catalog}")],
                "Check [lake] project; `transit publish` fills it.",
            )
        # Nothing but the lake's files is in reach.
        connection.execute(
            "set enable_progress_bar = false; set python_enable_replacements = false; set "
            "search_path = 'mart'; set temp_directory = '';"
            f"set allowed_directories = [{_quoted(lake.data.rstrip('/') + '/')}]; set "
            "enable_external_access = false; set lock_configuration = true"
        )
        yield connection


def snapshots(lake: Lake) -> list[tuple[int, datetime, str]]:
    """Number, time and message of every snapshot of this project, the earliest first."""
    with _connected(lake, read_only=True) as connection:
        rows = connection.execute(
            "select snapshot_id, snapshot_time, commit_message from lake.snapshots() where "
            "author = $author order by 1",
            {"author": lake.project},
        ).fetchall()
    return [(number, at, message or "") for number, at, message in rows]


def import_samples(lake: Lake, project: str, folder: Path) -> list[Shared]:
    """The samples that another project has in the lake: a Parquet file for each month and slot
    length, in `folder`.

    A file that is there already and still true is left, one that no longer is goes. Slots that
    can't be trusted there are gaps.
    """
    folder.mkdir(parents=True, exist_ok=True)
    theirs = replace(lake, project=project)
    shared: list[Shared] = []
    with _connected(lake, read_only=True) as connection:
        tables = {
            "samples": "core.traffic_sample",
            "loads": "core.load_batch",
            "names": "core.interface_key",
            "rules": "core.slot_rule",
        }
        if not set(tables.values()) <= set(_tables(connection, "lake", f"{project}_")):
            raise WarehouseError(
                "the lake holds no samples under this name",
                [Problem(project, f"is not in {lake.catalog}")],
                "Check [lake] gather; that project's `transit publish` fills it.",
            )
        names = {name: _target(theirs, table) for name, table in tables.items()}
        names["parts"] = f"lake.{_name(f'{project}_parts')}.part"
        connection.execute("begin")  # one snapshot for the months and for their rows
        for month, minutes, digest, simulated in _run(
            connection, "shared_months", **names
        ).fetchall():
            shared.append(
                Shared(
                    folder / f"{month}-{minutes}-{int(digest) & (2**64 - 1):016x}.parquet",
                    minutes,
                    simulated,
                )
            )
            if not shared[-1].file.exists():
                with new_file(shared[-1].file) as unfinished:
                    _run(
                        connection,
                        "shared_samples",
                        month=_quoted(month),
                        slot_minutes=str(int(minutes)),
                        file=_quoted(str(unfinished)),
                        **names,
                    )
    for leftover in {*folder.iterdir()} - {one.file for one in shared}:
        leftover.unlink()
    return shared


def compact(lake: Lake, *, keep_since: datetime, unneeded_since: datetime) -> int:
    """Joins small files, forgets snapshots from before `keep_since`, and removes files that none
    needs; how many.

    Each project's newest snapshot stays. A file goes where none has needed it since
    `unneeded_since`: readers at work keep theirs.
    """
    with _connected(lake) as connection:
        try:
            _run(connection, "rewrite_files")
            _run(connection, "join_files")
            old = [
                number
                for (number,) in _run(
                    connection, "old_snapshots", {"keep_since": keep_since}
                ).fetchall()
            ]
            if old:
                _run(connection, "forget_snapshots", {"numbers": old})
            return len(
                _run(connection, "remove_files", {"unneeded_since": unneeded_since}).fetchall()
            )
        except duckdb.Error as error:
            raise WarehouseError(
                "the lake could not be tended; what it holds is as it was",
                [Problem(lake.catalog, str(error).splitlines()[0])],
                "The next publication tries again.",
            ) from error


def _publish(connection: duckdb.DuckDBPyConnection, lake: Lake) -> LakePublication:
    parts = rows = 0
    connection.execute("begin")
    for schema in (*SCHEMAS, "parts"):
        connection.execute(f"create schema if not exists lake.{_name(f'{lake.project}_{schema}')}")
    names = {"parts": f"lake.{_name(f'{lake.project}_parts')}.part"}
    _run(connection, "parts", **names)
    for table, columns in _tables(connection, "edition").items():
        if table in _NEVER:
            continue
        schema, name = table.split(".")
        listed = ", ".join(
            f"{_name(column)}::{_lake_type(kind)} as {_name(column)}" for column, kind in columns
        )
        source = _text("source", columns=listed, schema=schema, name=_name(name))
        source = _text("source", columns=listed, schema=schema, name=_name(name))
        source = _text("source", columns=listed, schema=schema, name=_name(name))
        names |= {
            "target": _target(lake, table),
            "source": f"({source.strip()})",
            "part": _part(table, [column for column, _ in columns]),
            "names": ", ".join(_name(column) for column, _ in columns),
        }
        _run(connection, "table", **names)
        now = {
            part: (count, digest)
            for part, count, digest in _run(connection, "digests", **names).fetchall()
        }
        kept = _run(connection, "kept", {"table": table}, **names).fetchall()
        before = {part: (count, digest) for part, count, digest in kept}
        changed = sorted(part for part in now if now[part] != before.get(part))
        for part in sorted(part for part in before if before[part] != now.get(part)):
            _run(connection, "forget_rows", {"part": part}, **names)
            _run(connection, "forget_part", {"table": table, "part": part}, **names)
        if changed:
            _run(connection, "add_rows", {"keys": changed}, **names)
        for part in changed:
            count, digest = now[part]
            _run(
                connection,
                "keep_part",
                {"table": table, "part": part, "row_count": count, "digest": digest},
                **names,
            )
            parts, rows = parts + 1, rows + count
    edition = connection.execute(
        "select edition_id from edition.ops.edition order by edition_seq desc limit 1"
    ).fetchone()
    connection.execute(
        "call lake.set_commit_message($author, $message)",
        {"author": lake.project, "message": edition[0] if edition else ""},
    )
    connection.execute("commit")
    found = connection.execute(
        "select max(snapshot_id) from lake.snapshots() where author = $author",
        {"author": lake.project},
    ).fetchone()
    return LakePublication(found[0] if found and found[0] is not None else 0, parts, rows)


def _part(table: str, columns: list[str]) -> str:
    if table in _MONTHS:
        return f"strftime({_MONTHS[table]}, '%Y-%m')"
    return "run_id" if "run_id" in columns and table != "core.forecast_run" else "'all'"


def _lake_type(kind: str) -> str:
    """A DuckLake knows no enums and no 128-bit numbers."""
    return "varchar" if kind.startswith("ENUM") or "HUGEINT" in kind else kind


def _tables(
    connection: duckdb.DuckDBPyConnection, database: str, prefix: str = ""
) -> dict[str, list[tuple[str, str]]]:
    """Column names and types of every table of core and ops; `prefix` is what the schemas' names
    lead with there.
    """
    found: dict[str, list[tuple[str, str]]] = {}
    asked = {
        "database": database,
        "schemas": [prefix + schema for schema in SCHEMAS],
        "start": len(prefix) + 1,
    }
    for table, column, kind in _run(connection, "columns", asked).fetchall():
        found.setdefault(table, []).append((column, kind))
    return found


def _target(lake: Lake, table: str) -> str:
    schema, name = table.split(".")
    return f"lake.{_name(f'{lake.project}_{schema}')}.{_name(name)}"


def _run(
    connection: duckdb.DuckDBPyConnection,
    statement: str,
    parameters: dict[str, object] | None = None,
    /,
    **names: str,
) -> duckdb.DuckDBPyConnection:
    """A statement of sql/lake with the names of tables and columns put in, which can be no
    parameters.
    """
    return connection.execute(_text(statement, **names), parameters)


def _text(statement: str, **names: str) -> str:
    return (SQL / "lake" / f"{statement}.sql").read_text("utf-8").format(**names)


@contextmanager
def _connected(
    lake: Lake,
    *,
    read_only: bool = False,
    snapshot: int | None = None,
    memory_limit: str = "1GB",
    threads: int = 2,
) -> Iterator[duckdb.DuckDBPyConnection]:
    config: dict[str, str | bool | int | float | list[str]] = {
        **OFFLINE,
        "memory_limit": memory_limit,
        "threads": threads,
    }
    with (
        duckdb.connect(config=config) as connection,
        let_go(connection),
        tempfile.TemporaryDirectory() as links,
    ):
        wanted = {
            "postgres_scanner": lake.catalog.startswith(POSTGRES),
            "httpfs": lake.store is not None,
            "ducklake": True,
        }
        for name in (name for name, needed in wanted.items() if needed):
            # DuckDB finds the entry by the file's name, which is another one in the wheel.
            link = Path(links) / f"{name}.duckdb_extension"
            link.symlink_to(extension(name.removesuffix("_scanner"), "lake"))
            connection.load_extension(str(link))
        if lake.store:
            _know_store(connection, lake.store, lake.data)
        options = [f"data_path {_quoted(lake.data)}"]
        if read_only:
            options.append("read_only")
        if snapshot is not None:
            options.append(f"snapshot_version {int(snapshot)}")
        connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
        for attempt in range(1, TRIES + 1):
            try:
                connection.execute(
                    f"attach {_quoted(f'ducklake:{lake.catalog}')} as lake ({', '.join(options)})"
                )
                break
            except duckdb.Error as error:
                # Two that make the same new catalog at once are in each other's way, once.
                if read_only or attempt == TRIES:
                    raise WarehouseError(
                        "the lake can't be opened",
                        [Problem(lake.catalog, str(error).splitlines()[0])],
                        "Check [lake] catalog and data, and that the catalog's server "
                        "answers; its password comes from PGPASSWORD, PGPASSFILE or "
                        "~/.pgpass.",
                    ) from error
                time.sleep(0.2 * attempt)
        yield connection


def _know_store(connection: duckdb.DuckDBPyConnection, store: Store, data: str) -> None:
    """Its keys for this connection alone; they are shown by no query."""
    stated = {"key_id": store.key_id, "secret": store.secret, "region": store.region, "scope": data}
    if store.endpoint:
        scheme, _, host = store.endpoint.rpartition("://")
        stated |= {
            "endpoint": host.rstrip("/"),
            "url_style": "path",
            "use_ssl": str(scheme != "http").lower(),
        }
    listed = ", ".join(f"{name} {_quoted(value)}" for name, value in stated.items())
    connection.execute(f"create temporary secret store (type s3, {listed})")


def _roll_back(connection: duckdb.DuckDBPyConnection) -> None:
    try:
        connection.execute("rollback")
    except duckdb.TransactionException:
        """The commit that failed ended it."""


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _name(text: str) -> str:
    return '"' + text.replace('"', '""') + '"'
