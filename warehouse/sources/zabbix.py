"""Zabbix exports: trends (hourly min, avg, max, num) and history -> a table of one value a row,
named by item.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial, reduce
from pathlib import Path

from duckdb import (
    CaseExpression,
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
    SQLExpression,
)

from warehouse.sources.columns import require
from warehouse.sources.named import column
from warehouse.sources.spec import SourceSpec
from warehouse.sources.table import (
    Opened,
    look,
    open_relation,
    raw_lines,
    refused,
    text_relation,
    unpacked_within,
)

POLLS_AN_HOUR = 60
NAMED = "interface of item"
PATTERN = "(?P<interface>.+?)(?: (?P<direction>in|out))?$"


def open_export(connection: DuckDBPyConnection, spec: SourceSpec, path: Path) -> Opened:
    """Makes the view source_row over the export: one row per item and time, named as `items` says."""
    shape = look(spec, path)
    unpacked_within(spec, path)
    found = _described(spec, path, shape.columns)
    require(found, path, shape.columns)
    relation = text_relation(connection, found, path, shape)
    notes = _notes(relation)
    if spec.items:
        relation = _with_names(spec, relation)
        found = replace(found, interface_column=NAMED)
    reading = open_relation(connection, found, path, relation)
    return Opened(
        reading, shape.header_lines + 1, partial(raw_lines, path), True, notes, spec=found
    )


def _described(spec: SourceSpec, path: Path, columns: tuple[str, ...]) -> SourceSpec:
    """The columns of the export at hand: trends have value_avg and stand for an hour, history has
    value and no length.
    """
    plain = replace(
        spec,
        layout="long",
        in_column="",
        out_column="",
        direction_column="",
        time_column="clock",
        time_format="epoch_s",
        stamp="start",
    )
    if spec.items:
        plain = replace(plain, interface_column="itemid", interface_pattern=PATTERN, direction="")
    if "value_avg" in columns:
        return replace(plain, value_column="value_avg", slot_minutes=60)
    if "value" in columns:
        return replace(plain, value_column="value")
    raise refused(
        path,
        "is no export of Zabbix: it has neither value_avg (trends) nor value (history)",
        "Export itemid, clock and value or value_avg.",
    )


def _with_names(spec: SourceSpec, relation: DuckDBPyRelation) -> DuckDBPyRelation:
    """The relation with a column that names the interface and direction of each row's item."""
    item = FunctionExpression("trim", ColumnExpression("itemid"))
    pairs = [
        (item == ConstantExpression(number), ConstantExpression(name))
        for number, name in sorted(spec.items.items())
    ]
    named: Expression = reduce(
        lambda case, pair: case.when(*pair), pairs[1:], CaseExpression(*pairs[0])
    )
    unknown = FunctionExpression("concat", ConstantExpression("of item "), item)
    return relation.select(
        *(column(name) for name in relation.columns if '"' not in name),
        named.otherwise(unknown).alias(NAMED),
    )


def _notes(relation: DuckDBPyRelation) -> tuple[str, ...]:
    """How many hours rest on fewer polls than an hour has at one a minute."""
    if "num" not in relation.columns:
        return ()
    few = relation.filter(SQLExpression(f"try_cast(num as integer) < {POLLS_AN_HOUR}")).shape[0]
    return (
        (
            f"{few} hours rest on fewer than {POLLS_AN_HOUR} polls; their means were taken as they are",
        )
        if few
        else ()
    )
