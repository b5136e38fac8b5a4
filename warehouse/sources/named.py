"""Columns by their names as they stand in a file, whatever these hold."""

from __future__ import annotations

from duckdb import ColumnExpression, Expression


def column(name: str) -> Expression:
    """Quoted: DuckDB would take `rate.in` for the column `in` of a table. A name that holds a quote can't be said this way."""
    return ColumnExpression(f'"{name}"')
