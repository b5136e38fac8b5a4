"""Brings a database up to this version: tables that are missing, columns that were added, views and
macros whose text changed, and comments from the dictionary.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from graphlib import TopologicalSorter
from importlib.resources import files
from importlib.resources.abc import Traversable

import duckdb

from warehouse import dictionary
from warehouse.errors import Problem, WarehouseError

SQL = files("warehouse") / "sql"
_MADE_BEFORE = ("ops.migration", "ops.mart_file", "ops.profile_month")
"""What databases made by numbered migrations recorded; gone once they are brought over."""


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


def migrate(connection: duckdb.DuckDBPyConnection, *, everything: bool = False) -> None:
    """Applies what is pending, all or nothing; where nothing is, nothing is written.

    `everything`, for a database from elsewhere: believes no checksum in it, drops views and macros
    of main, and refuses those of other schemas but mart. Raises WarehouseError for a database from
    newer or different code, leaving it as it was.
    """
    if everything:
        _refuse_foreign_views(connection)
    tables, marts = texts(SQL / "tables"), texts(SQL / "marts")
    wanted = {
        **{f"tables/{name}": checksum(text) for name, text in tables.items()},
        **{f"marts/{name}": checksum(text) for name, text in marts.items()},
        "dictionary": dictionary.checksum(),
    }
    installed = {} if everything else _installed(connection)
    if installed != wanted:
        new_tables = any(
            installed.get(name) != wanted[name] for name in wanted if "tables/" in name
        )
        if new_tables:
            # DuckDB 1.5.5 can't replay a log that makes an enum type after a crash: this commit
            # goes to the file at once.
            connection.execute("checkpoint; set wal_autocheckpoint = '1B';")
        connection.execute("begin")
        try:
            if new_tables:
                _bring_tables(connection, tables)
            _make_marts(connection, marts)
            _explain(connection)
            connection.execute("delete from ops.installed")
            connection.executemany(
                "insert into ops.installed values ($name, $sum)",
                [{"name": name, "sum": total} for name, total in wanted.items()],
            )
        except BaseException:
            connection.execute("rollback")
            raise
        connection.execute("commit")
        if new_tables:
            connection.execute("reset wal_autocheckpoint")
    _gather_fans(connection)


def _refuse_foreign_views(connection: duckdb.DuckDBPyConnection) -> None:
    """A view can hold any query, and would be published: reading it could read files."""
    foreign = []
    for schema, name, kind in connection.execute(_FOREIGN).fetchall():
        if schema == "main":  # where loading leaves its views of files
            connection.execute(f"drop {kind} main.{_name(name)}")
        else:
            foreign.append(f"{schema}.{name}")
    if foreign:
        raise WarehouseError(
            "the database holds views that are not of this software",
            [Problem(name, "is a view or macro, and only mart has those") for name in foreign],
            "Give another backup; nothing was changed here.",
        )


def _installed(connection: duckdb.DuckDBPyConnection) -> dict[str, str]:
    """Checksums by file of what the database holds; none for a new one and for one made by
    numbered migrations.
    """
    there = "select 1 from duckdb_tables() where schema_name = 'ops' and table_name = 'installed'"
    if not connection.execute(there).fetchone():
        return {}
    return dict(connection.execute("select name, checksum from ops.installed").fetchall())


def _bring_tables(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]) -> None:
    """Makes the tables that are missing, and adds columns that may be empty to the others."""
    with duckdb.connect() as fresh:
        _make_tables(fresh, tables)
        wanted = _columns(fresh)
    there = _columns(connection)
    problems = [
        Problem(".".join(place), "is unknown here")
        for place in there
        if place not in wanted and f"{place[0]}.{place[1]}" not in _MADE_BEFORE
    ]
    if problems:
        raise WarehouseError(
            "the database was made by a newer version of this software",
            problems,
            "Install that version, or give another database.",
        )
    known = {place[:2] for place in there}
    missing = {
        place: kind for place, kind in wanted.items() if place[:2] in known and place not in there
    }
    problems = [
        Problem(".".join(place), f"is {there[place][0]}, this version needs {kind}")
        for place, (kind, _) in wanted.items()
        if place in there and there[place][0] != kind
    ] + [
        Problem(".".join(place), "is missing and can't be empty")
        for place, (_, nullable) in missing.items()
        if not nullable
    ]
    if problems:
        raise WarehouseError(
            "the database was made by different code and can't be brought over",
            problems,
            "Open it with the version that made it, or start a new database.",
        )
    _make_tables(connection, tables)
    for (schema, table, column), (kind, _) in missing.items():
        connection.execute(f"alter table {schema}.{table} add column {_name(column)} {kind}")
    for table in _MADE_BEFORE:
        connection.execute(f"drop table if exists {table}")


def _make_tables(connection: duckdb.DuckDBPyConnection, tables: Mapping[str, str]) -> None:
    connection.execute("create schema if not exists core; create schema if not exists ops;")
    for name, text in tables.items():
        try:
            connection.execute(text)
        except duckdb.Error as error:
            raise WarehouseError(
                "a table can't be made", [Problem(f"tables/{name}.sql", str(error))]
            ) from error


def _make_marts(connection: duckdb.DuckDBPyConnection, marts: Mapping[str, str]) -> None:
    connection.execute("drop schema if exists mart cascade; create schema mart;")
    for name in in_order(marts):
        try:
            connection.execute(marts[name])
        except duckdb.Error as error:
            raise WarehouseError(
                "a view can't be made", [Problem(f"marts/{name}.sql", str(error))]
            ) from error


def _explain(connection: duckdb.DuckDBPyConnection) -> None:
    """Gives every table, view, macro and column the comment of the dictionary; those that have it
    are left alone.
    """
    statements = []
    for schema, name, kind, comment in connection.execute(_OBJECTS).fetchall():
        wanted = dictionary.about(name, schema)
        if wanted != (comment or ""):
            statements.append(f"comment on {kind} {schema}.{_name(name)} is {_quoted(wanted)};")
    for schema, table, column, comment in connection.execute(_COLUMNS).fetchall():
        wanted = dictionary.meaning(table, column, schema)
        if wanted != (comment or ""):
            place = f"{schema}.{_name(table)}.{_name(column)}"
            statements.append(f"comment on column {place} is {_quoted(wanted)};")
    if statements:
        connection.execute("".join(statements))


def _columns(
    connection: duckdb.DuckDBPyConnection,
) -> dict[tuple[str, str, str], tuple[str, bool]]:
    """Type, and whether it may be empty, of every column of core and ops by schema, table and
    name.
    """
    rows = connection.execute(
        "select schema_name, table_name, column_name, data_type, is_nullable "
        "from duckdb_columns() join duckdb_tables() "
        "using (database_name, schema_name, table_name) "
        "where schema_name in ('core', 'ops') and database_name = current_database() "
        "order by schema_name, table_name, column_index"
    ).fetchall()
    return {(schema, table, name): (kind, empty) for schema, table, name, kind, empty in rows}


def _name(identifier: str) -> str:
    return '"' + identifier.replace('"', '""') + '"'


def _quoted(text: str) -> str:
    """A text as an SQL literal: statements that define take no parameters."""
    return "'" + text.replace("'", "''") + "'"


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


def references(text: str, schema: str) -> set[str]:
    """The objects of a schema that statements read; texts and comments aside."""
    code = re.sub(r"--[^\n]*|'(?:[^']|'')*'", "", text)
    return set(re.findall(rf'\b{schema}\."?(\w+)', code))


def in_order(marts: Mapping[str, str]) -> list[str]:
    """Names such that each view comes after those it is made from."""
    graph = {
        name: sorted((references(text, "mart") - {name}) & set(marts))
        for name, text in sorted(marts.items())
    }
    return list(TopologicalSorter(graph).static_order())


_OBJECTS = """
select schema_name, view_name, 'view', comment
from duckdb_views()
where schema_name in ('mart', 'core', 'ops') and database_name = current_database()
union all
select schema_name, table_name, 'table', comment
from duckdb_tables()
where schema_name in ('mart', 'core', 'ops') and database_name = current_database()
union all
select schema_name, function_name,
    if(function_type = 'table_macro', 'macro table', 'macro'), any_value(comment)
from duckdb_functions()
where schema_name in ('mart', 'core', 'ops') and database_name = current_database()
group by all
"""
_FOREIGN = """
select schema_name, view_name, 'view' from duckdb_views()
where not internal and schema_name <> 'mart'
union
select schema_name, function_name, if(function_type = 'table_macro', 'macro table', 'macro')
from duckdb_functions()
where not internal and schema_name <> 'mart' and function_type like '%macro%'
order by all
"""
_COLUMNS = """
select schema_name, table_name, column_name, comment
from duckdb_columns()
where schema_name in ('mart', 'core', 'ops') and database_name = current_database()
"""
