"""Which statements may be carried out for somebody who only reads: decided by what DuckDB's own
parser makes of them, never by their words.

A statement is let through when it is one select (or the explanation of one), and every function it
calls and every table of the system it reads is known to do nothing but compute and to show nothing
of the machine. What is not known is refused, and so is what would be put together while it runs
(`query`, `query_table`, json_execute_serialized_sql).
"""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Mapping
from functools import cache
from typing import Any

import duckdb

from warehouse.errors import Problem, QueryError
from warehouse.store.reading import OFFLINE

Node = Mapping[str, Any]
READS = (duckdb.StatementType.SELECT, duckdb.StatementType.EXPLAIN)
SYSTEM_TABLES = frozenset(
    [
        "duckdb_columns",
        "duckdb_constraints",
        "duckdb_indexes",
        "duckdb_schemas",
        "duckdb_tables",
        "duckdb_types",
        "duckdb_views",
        "pg_attribute",
        "pg_class",
        "pg_constraint",
        "pg_description",
        "pg_enum",
        "pg_index",
        "pg_indexes",
        "pg_namespace",
        "pg_proc",
        "pg_sequence",
        "pg_sequences",
        "pg_tables",
        "pg_type",
        "pg_views",
        "sqlite_master",
        "sqlite_schema",
    ]
)
"""Those that show what is in the file. Others show paths, settings, secrets or other people."""
_SHOWN = frozenset({"databases", "schemas", "tables"})
_SYSTEM = ("duckdb_", "pragma_", "pg_", "sqlite_")
TABLE_FUNCTIONS = SYSTEM_TABLES | frozenset(
    [
        "duckdb_functions",
        "duckdb_keywords",
        "duckdb_sequences",
        "generate_series",
        "icu_calendar_names",
        "json_each",
        "json_tree",
        "pg_timezone_names",
        "pragma_show",
        "pragma_table_info",
        "pragma_version",
        "range",
        "repeat",
        "repeat_row",
        "unnest",
    ]
)
_ACTING = frozenset(
    [
        "current_setting",
        "getvariable",
        "json_deserialize_sql",
        "json_serialize_plan",
        "json_serialize_sql",
        "parse_duckdb_log_message",
        "pg_sleep",
    ]
)
"""Functions that DuckDB takes for pure and that show settings, bind other statements or wait."""
_HARMLESS = frozenset(
    ["->", "error", "gen_random_uuid", "random", "unnest", "uuid", "uuidv4", "uuidv7"]
)
"""Not listed as pure, and none the worse for it."""
_OUTSIDE = "a query can't reach outside the published file"
_FILE_SIGNS = frozenset("./\\:*?[{'")
"""In the name of a table that is none of the catalog's, DuckDB takes it for a file's name."""
_FUNCTIONS = """
select lower(function_name) from duckdb_functions()
where internal and not starts_with(function_name, '__')
    and (
        function_type in ('aggregate', 'macro')
        or function_type = 'scalar' and stability <> 'VOLATILE'
    )
"""
_MACROS = """
select lower(function_name) from duckdb_functions() where not internal and schema_name = 'mart'
"""


def read_statement(
    connection: duckdb.DuckDBPyConnection, sql: str, macros: Collection[str] | None = None
) -> tuple[duckdb.Statement, list[Node]]:
    """The one statement of `sql`, and every node of its parsed form. Raises QueryError where it
    does anything but read the file.

    Macros of the schema mart may be called: those of `connection`, or `macros` where it is another
    database that carries the statement out.
    """
    statements = connection.extract_statements(sql)
    if len(statements) != 1:
        raise QueryError(
            "give one statement at a time" if statements else "there is no statement",
            [Problem("statement", f"{len(statements)} were given")],
        )
    statement = statements[0]
    if statement.type not in READS:
        raise QueryError(
            "only statements that read are allowed here",
            [Problem("statement", f"is {str(statement.type).rsplit('.', 1)[-1]}")],
            "The published warehouse is a finished copy: copy the file to work on it.",
        )
    if statement.type == duckdb.StatementType.EXPLAIN:
        parsed = _parse_explained(connection, sql)
    else:
        parsed = _parse(connection, sql)
    if parsed is None:
        raise QueryError(
            "only statements that read are allowed here",
            [Problem("statement", "is no select, nor the explanation of one")],
            "Write it as a select; `describe` and `summarize` work too.",
        )
    nodes = list(_nodes(parsed))
    problems = [Problem("query", f"reads {name}") for name in _unreadable_tables(nodes)]
    unknown = {name for name in _table_functions(nodes) if name not in TABLE_FUNCTIONS}
    unknown |= {name for name in _functions(nodes) if name not in pure_functions()}
    if unknown:
        known = macros if macros is not None else macros_of(connection)
        problems += [Problem("query", f"calls {name}") for name in sorted(unknown - {*known})]
    if problems:
        raise QueryError(_OUTSIDE, list(dict.fromkeys(problems)))
    return statement, nodes


@cache
def pure_functions() -> frozenset[str]:
    """Functions of DuckDB without extensions that only compute."""
    with duckdb.connect(config=dict(OFFLINE)) as plain:
        found = {name for (name,) in plain.execute(_FUNCTIONS).fetchall()}
    return frozenset(found - _ACTING | _HARMLESS)


def macros_of(connection: duckdb.DuckDBPyConnection) -> frozenset[str]:
    """The macros of the schema mart."""
    return frozenset(name for (name,) in connection.execute(_MACROS).fetchall())


def _parse(connection: duckdb.DuckDBPyConnection, sql: str) -> Any | None:
    """What DuckDB's parser makes of a select; None for anything else."""
    # As a parameter it would cost half a second: DuckDB imports pandas and its like for the first.
    quoted = sql.replace("'", "''")
    ((text,),) = connection.execute(f"select json_serialize_sql('{quoted}')").fetchall()
    try:
        parsed = json.loads(text)
    except RecursionError:
        raise QueryError(
            "the statement is nested too deeply",
            [Problem("statement", "has some hundred levels")],
            "Write it in parts, each a `with` of its own.",
        ) from None
    return None if parsed["error"] else parsed["statements"]


def _parse_explained(connection: duckdb.DuckDBPyConnection, sql: str) -> Any | None:
    """As `_parse`, for what follows `explain`, `explain analyze` or `explain (...)`."""
    starts = [offset for offset, _ in duckdb.tokenize(sql)]
    for start in starts[1:]:
        rest = sql[start:] if sql.isascii() else sql.encode()[start:].decode(errors="replace")
        try:
            statements = connection.extract_statements(rest)
        except duckdb.Error:
            continue
        if len(statements) == 1 and statements[0].type == duckdb.StatementType.SELECT:
            return _parse(connection, rest)
        return None
    return None


def _nodes(value: Any) -> Iterator[Node]:
    left = [value]
    while left:
        node = left.pop()
        if isinstance(node, dict):
            yield node
            left.extend(reversed(node.values()))
        elif isinstance(node, list):
            left.extend(reversed(node))


def _unreadable_tables(nodes: list[Node]) -> Iterator[str]:
    """Tables of the system that show more than the file, and what would be taken for a file."""
    for node in nodes:
        name = str(node.get("table_name", "")).lower()
        if node.get("type") == "SHOW_REF" and name.startswith('"'):
            if name.strip('"') not in _SHOWN:
                yield f"show {name}"
        elif node.get("type") in ("BASE_TABLE", "SHOW_REF") and (
            name not in SYSTEM_TABLES
            if name.startswith(_SYSTEM)
            else not _FILE_SIGNS.isdisjoint(name)
        ):
            yield name


def _table_functions(nodes: list[Node]) -> Iterator[str]:
    for node in nodes:
        if node.get("type") == "TABLE_FUNCTION":
            yield str(node["function"]["function_name"]).lower()


def _functions(nodes: list[Node]) -> Iterator[str]:
    of_tables = {id(node["function"]) for node in nodes if node.get("type") == "TABLE_FUNCTION"}
    for node in nodes:
        if "function_name" in node and id(node) not in of_tables:
            yield str(node["function_name"]).lower()
