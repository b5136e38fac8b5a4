"""Refuses sums that mean nothing: p95s, peaks and quantiles of several series do not add. Looks at
the parsed statement.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import duckdb

from warehouse.errors import Problem, QueryError

SUMS = ("sum", "fsum", "kahan_sum", "sumkahan", "sum_no_overflow")
REMEDY = (
    "Take the row of the group instead (series_kind market, corridor or total; "
    "segment_load for a segment), or add means. "
    "Where the sum of p95s itself is wanted, write list_sum(list(...)), so that a reader "
    "sees it is meant."
)
_MACROS = {
    "traffic_as_of": "traffic_all",
    "forecast_as_of": "forecast_all",
    "vintages": "forecast_accuracy",
}


def refuse_wrong_sums(
    connection: duckdb.DuckDBPyConnection, nodes: Sequence[Mapping[str, Any]]
) -> None:
    """Raises QueryError where a statement, given as the nodes of its parsed form, sums columns that
    column_tag marks as not additive.
    """
    if not any(str(node.get("function_name")).lower() in SUMS for node in nodes):
        return
    views = {str(node["table_name"]) for node in nodes if node.get("type") == "BASE_TABLE"}
    views |= {_MACROS[name] for name in map(_table_function, nodes) if name in _MACROS}
    tagged = _tags(connection, views)
    means_only = any(_asks_for_means(node) for node in nodes)
    problems = []
    for node in nodes:
        if (
            node.get("class") not in {"FUNCTION", "WINDOW"}
            or str(node.get("function_name")).lower() not in SUMS
        ):
            continue
        for column in _added(_arguments(node)):
            tag = tagged.get(column)
            if tag == "not_additive" or (tag == "not_additive_unless_mean" and not means_only):
                problems.append(Problem(f"sum({column})", _why(column, tag)))
    if problems:
        raise QueryError(
            "the statement adds values that do not add up", list(dict.fromkeys(problems)), REMEDY
        )


def _why(column: str, tag: str) -> str:
    if tag == "not_additive_unless_mean":
        return (
            "has means and p95s, and p95s can't be added: ask for statistic = 'mean' (or additive)"
        )
    if column == "p95.gbps":
        return "p95 is not additive: the peaks of two series need not fall together"
    return "is a quantile, a peak or a p95 load: the total's is not the sum of the parts'"


def _tags(connection: duckdb.DuckDBPyConnection, views: set[str]) -> dict[str, str]:
    if not connection.execute(
        "select 1 from duckdb_views() where schema_name = 'mart' and view_name = 'column_tag'"
    ).fetchall():
        return {}  # An edition made before there were tags.
    found = connection.execute(
        "select column_name, max(tag) from mart.column_tag where tag like 'not_additive%' "
        "and list_contains($views, view_name) group by column_name",
        {"views": sorted(views)},
    ).fetchall()
    return {"p95.gbps" if column == "p95" else column: tag for column, tag in found}


def _table_function(node: Mapping[str, Any]) -> str:
    return (
        str((node.get("function") or {}).get("function_name"))
        if node.get("type") == "TABLE_FUNCTION"
        else ""
    )


def _arguments(node: Mapping[str, Any]) -> list[Any]:
    """What a function is called with; DuckDB 2 writes it otherwise than 1.5."""
    return list(
        node.get("children") or [each["expression"] for each in node.get("arguments") or []]
    )


def _added(arguments: Any) -> Iterator[str]:
    """The columns whose values enter a sum: not those that are only compared, or decide a case."""
    for node in arguments if isinstance(arguments, list) else [arguments]:
        if not isinstance(node, dict) or node.get("class") in {"COMPARISON", "SUBQUERY"}:
            continue
        if node.get("class") == "COLUMN_REF":
            names = [str(name).lower() for name in node["column_names"]]
            yield "p95.gbps" if names[-1] == "gbps" else names[-1]
        elif node.get("class") == "CASE":
            yield from _added(
                [check.get("then_expr") for check in node["case_checks"]] + [node.get("else_expr")]
            )
        else:
            for inner in (
                _arguments(node),
                *(node.get(name) or [] for name in ("child", "left", "right", "input")),
            ):
                yield from _added(inner)


def _asks_for_means(node: Mapping[str, Any]) -> bool:
    if node.get("class") == "COLUMN_REF":
        return str(node["column_names"][-1]).lower() == "additive"
    if node.get("class") == "COMPARISON" and node.get("type") == "COMPARE_EQUAL":
        sides = [node.get("left") or {}, node.get("right") or {}]
        names = [
            side["column_names"][-1].lower() for side in sides if side.get("class") == "COLUMN_REF"
        ]
        constants = [side for side in sides if side.get("class") == "CONSTANT"]
        values = [
            (side.get("value") or {}).get("value") or (side.get("literal") or {}).get("text")
            for side in constants
        ]
        return "statistic" in names and "mean" in values
    return False
