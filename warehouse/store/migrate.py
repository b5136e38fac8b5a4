"""Brings a database up to this version: numbered migrations once each, views and macros whenever
their text changed.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb

from warehouse.errors import Problem, WarehouseError

SQL = files("warehouse") / "sql"


def texts(folder: Traversable) -> dict[str, str]:
    """The text of every .sql file of a folder by its name without ending, in the order of the
    names.
    """
    found = {
        entry.name[:-4]: entry.read_text("utf-8")
        for entry in folder.iterdir()
        if entry.name.endswith(".sql")
    }
    return dict(sorted(found.items()))


def checksum(text: str) -> str:
    return hashlib.sha256(text.replace("\r\n", "\n").encode()).hexdigest()


def migrate(connection: duckdb.DuckDBPyConnection) -> None:
    """Applies what is pending. Raises WarehouseError for a database from newer or different code,
    leaving it as it was.
    """
    bare = (
        "select count(*) from duckdb_tables() where schema_name = 'ops' and table_name in "
        "('migration', 'mart_file') and comment is not null"
    )
    if connection.execute(bare).fetchone() != (2,):
        # Not each time: where nothing is new nothing is written, and a full disk does not matter.
        connection.execute((SQL / "bootstrap.sql").read_text("utf-8"))
    migrations = texts(SQL / "migrations")
    applied = dict(connection.execute("select name, checksum from ops.migration").fetchall())
    unknown = sorted(set(applied) - set(migrations))
    if unknown:
        raise WarehouseError(
            "the database was made by a newer version of this software",
            [Problem("migration", f"{name} is unknown here") for name in unknown],
            "Install that version, or give another database.",
        )
    changed = [
        name
        for name, text in migrations.items()
        if name in applied and applied[name] != checksum(text)
    ]
    if changed:
        raise WarehouseError(
            "migrations that were already applied have changed",
            [
                Problem(f"migrations/{name}.sql", "differs from what made this database")
                for name in changed
            ],
            "Put the old text back and write a new migration, or start a new database.",
        )
    pending = [name for name in migrations if name not in applied]
    if pending:
        # DuckDB 1.5.5 can't replay a log that makes an enum type after a crash: these commits go
        # to the file at once.
        connection.execute("checkpoint; set wal_autocheckpoint = '1B';")
    for name in pending:
        connection.execute("begin")
        try:
            connection.execute(migrations[name])
            connection.execute(
                "insert into ops.migration values ($number, $name, $checksum)",
                {
                    "number": int(name.split("_")[0]),
                    "name": name,
                    "checksum": checksum(migrations[name]),
                },
            )
        except duckdb.Error as error:
            connection.execute("rollback")
            raise WarehouseError(
                "a migration failed", [Problem(f"migrations/{name}.sql", str(error))]
            ) from error
        connection.execute("commit")
    if pending:
        connection.execute("reset wal_autocheckpoint")
    install_marts(connection, force=bool(pending))
    _gather_fans(connection)


def _gather_fans(connection: duckdb.DuckDBPyConnection) -> None:
    """For runs saved before core.forecast_fan was there; run by run, so that memory does not grow,
    and an interruption is made good.
    """
    missing = (
        "select run_id from core.forecast_run anti join core.forecast_fan using (run_id) order "
        "by known_at, run_id"
    )
    for (run_id,) in connection.execute(missing).fetchall():
        connection.execute((SQL / "results" / "fans.sql").read_text("utf-8"), {"run_id": run_id})


def install_marts(connection: duckdb.DuckDBPyConnection, *, force: bool = False) -> None:
    """Makes the mart schema anew from sql/marts when any text there changed, all or nothing."""
    marts = texts(SQL / "marts")
    wanted = {name: checksum(text) for name, text in marts.items()}
    installed = dict(connection.execute("select name, checksum from ops.mart_file").fetchall())
    if installed == wanted and not force:
        return
    connection.execute("begin")
    try:
        connection.execute(
            "drop schema if exists mart cascade; create schema mart; delete from ops.mart_file;"
        )
        for name in in_order(marts):
            try:
                connection.execute(marts[name])
            except duckdb.Error as error:
                raise WarehouseError(
                    "a view can't be made", [Problem(f"marts/{name}.sql", str(error))]
                ) from error
            connection.execute(
                "insert into ops.mart_file values ($name, $sum)",
                {"name": name, "sum": wanted[name]},
            )
    except BaseException:
        connection.execute("rollback")
        raise
    connection.execute("commit")


def references(text: str, schema: str) -> set[str]:
    """The objects of a schema that statements read; texts and comments aside."""
    code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", text)
    code = re.sub(r"comment on [^;]*;", "", code)
    return set(re.findall(rf'\b{schema}\."?(\w+)', code))


def in_order(marts: Mapping[str, str]) -> list[str]:
    """Names such that each view comes after those it is made from."""
    graph = {
        name: sorted((references(text, "mart") - {name}) & set(marts))
        for name, text in sorted(marts.items())
    }
    return list(TopologicalSorter(graph).static_order())
