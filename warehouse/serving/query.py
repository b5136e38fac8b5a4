"""Questions to a published warehouse. They are answered in a process of their own, which is ended
where their time is up.

Importing this module loads DuckDB and nothing heavier; polars comes only with `query`.
"""

from __future__ import annotations

import difflib
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, cast

from warehouse.errors import Problem, QueryError
from warehouse.serving.statement import REMEDY, Answer, ask_here
from warehouse.serving.worker import answered

if TYPE_CHECKING:
    import polars as pl


def ask(
    path: Path,
    sql: str,
    *,
    params: Mapping[str, object] | None = None,
    max_rows: int = 1000,
    timeout_seconds: float = 60.0,
) -> Answer:
    """The answer to one reading statement with $named parameters.

    Raises QueryError for a statement that writes, reaches outside the file, is wrong, or runs
    longer than `timeout_seconds`; WarehouseError for a file that is missing or no warehouse.
    """
    return cast("Answer", answered("rows", path, sql, params, max_rows, timeout_seconds))


def query(
    path: Path,
    sql: str,
    *,
    params: Mapping[str, object] | None = None,
    max_rows: int = 1_000_000,
    timeout_seconds: float = 60.0,
) -> pl.DataFrame:
    """As `ask`, as a polars frame of at most `max_rows` rows."""
    import polars as pl
    import pyarrow as pa

    stream = cast("bytes", answered("arrow", path, sql, params, max_rows, timeout_seconds))
    return cast("pl.DataFrame", pl.from_arrow(pa.ipc.open_stream(stream).read_all()))


def tables(path: Path, *, schema: str = "mart") -> Answer:
    """Views, tables and macros of a schema with what they are: columns name, kind, comment."""
    return ask_here(path, _TABLES, params={"schema": schema})


def describe(path: Path, name: str) -> Answer:
    """The columns of a view or table with type and meaning (unit in brackets); `name` may lead with
    its schema.
    """
    schema, _, table = name.rpartition(".")
    found = ask_here(path, _COLUMNS, params={"schema": schema or "mart", "name": table})
    if not found.rows:
        known = [row[0] for row in tables(path, schema=schema or "mart").rows]
        near = difflib.get_close_matches(table, known, n=3)
        raise QueryError(
            f"there is no {name}",
            [
                Problem(
                    name,
                    f"did you mean {', '.join(near)}?"
                    if near
                    else "is not a view of the warehouse",
                )
            ],
            REMEDY,
        )
    return found


_TABLES = """
select view_name as name, 'view' as kind, comment from duckdb_views() where schema_name = $schema
union all
select table_name, 'table', comment from duckdb_tables() where schema_name = $schema
union all
select function_name || '(' || array_to_string(parameters, ', ') || ')', 'macro', comment
from duckdb_functions() where schema_name = $schema
order by kind desc, name
"""
_COLUMNS = """
select column_name as name, data_type as type, comment
from duckdb_columns()
where schema_name = $schema and table_name = $name
order by column_index
"""
