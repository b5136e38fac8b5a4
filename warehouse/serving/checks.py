"""Runs the packaged checks: each selects the rows that should not be there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import duckdb

from warehouse.serving.questions import Check, checks
from warehouse.store.database import Warehouse

SHOWN = 20


@dataclass(frozen=True)
class CheckResult:
    """What a check found: the number of offending rows, and the first of them."""

    check: Check
    count: int
    columns: tuple[str, ...]
    rows: list[tuple[Any, ...]]

    @property
    def passed(self) -> bool:
        return self.count == 0


def run_checks(warehouse: Warehouse | duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Every check in the order of its name; works on the working database and on a published
    copy.
    """
    connection = warehouse.connection if isinstance(warehouse, Warehouse) else warehouse
    results = []
    for check in checks():
        relation = connection.sql(check.sql)
        rows = relation.fetchall()
        results.append(CheckResult(check, len(rows), tuple(relation.columns), rows[:SHOWN]))
    return results
