"""Runs the packaged checks: each selects the rows that should not be there."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import duckdb
import polars as pl

from warehouse.serving.questions import Check, checks
from warehouse.store.database import Warehouse
from warehouse.store.reading import OFFLINE

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


OF_NETWORK = ("segment_without_capacity",)
"""Checks that need nothing but the network's files."""


def run_network_checks(frames: Mapping[str, pl.DataFrame]) -> list[CheckResult]:
    """The checks that need no warehouse, on the frames of a network by name."""
    with duckdb.connect(config=dict(OFFLINE)) as connection:
        connection.execute("create schema mart")
        for name, frame in frames.items():
            relation = connection.from_arrow(frame.to_arrow())
            relation.create(f"mart.{name}")
        return [_result(connection, check) for check in checks() if check.name in OF_NETWORK]


def run_checks(warehouse: Warehouse | duckdb.DuckDBPyConnection) -> list[CheckResult]:
    """Every check in the order of its name; works on the working database and on a published
    copy.
    """
    connection = warehouse.connection if isinstance(warehouse, Warehouse) else warehouse
    return [_result(connection, check) for check in checks()]


def _result(connection: duckdb.DuckDBPyConnection, check: Check) -> CheckResult:
    relation = connection.sql(check.sql)
    rows = relation.fetchall()
    return CheckResult(check, len(rows), tuple(relation.columns), rows[:SHOWN])
