"""Columns by their names as they stand in a file, whatever these hold."""

from __future__ import annotations

from duckdb import Expression, SQLExpression


def column(name: str) -> Expression:
    """Quoted. Not ColumnExpression: `rate.in` is the column `in` of a table to DuckDB 1 unless
    quoted, and to DuckDB 2 the quotes are part of the name.
    """
    quoted = name.replace('"', '""')
    return SQLExpression(f'"{quoted}"')
