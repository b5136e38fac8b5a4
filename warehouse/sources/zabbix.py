"""Zabbix exports: trends (hourly min, avg, max, num) and history -> a table of one value a row,
named by item.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial, reduce
from pathlib import Path

import polars as pl
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
from warehouse.sources.table import Opened, open_relation, raw_lines, text_relation
from warehouse.sources.textfile import look, open_bytes, read_head, refused, unpacked_within

NAMED = "interface of item"
PATTERN = "(?P<interface>.+?)(?: (?P<direction>in|out))?$"


def open_export(connection: DuckDBPyConnection, spec: SourceSpec, path: Path) -> Opened:
    """Makes the view source_row over the export: one row per item and time, named as `items`
    says.
    """
    if read_head(path).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _open_answer(connection, spec, path)
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


def _open_answer(connection: DuckDBPyConnection, spec: SourceSpec, path: Path) -> Opened:
    """Of the API: the answer of history.get or trend.get, or its result alone, as JSON."""
    unpacked_within(spec, path)
    try:
        with open_bytes(path) as stream:
            answer = json.loads(stream.read())
    except (ValueError, RecursionError) as error:
        raise refused(
            path, f"is not JSON that can be read: {error}", "Export it again; it may be cut off."
        ) from error
    rows = answer.get("result") if isinstance(answer, dict) else answer
    if not isinstance(rows, list) or not all(isinstance(row, dict) for row in rows) or not rows:
        why = answer.get("error") if isinstance(answer, dict) else None
        what = f"holds an error: {why}" if why else "has no list `result` of values"
        raise refused(path, what, "Save the answer of history.get or trend.get.")
    names = tuple(dict.fromkeys(name for row in rows for name in row))
    texts = {name: [_text(row.get(name)) for row in rows] for name in names}
    frame = pl.DataFrame(texts, schema=dict.fromkeys(names, pl.String))
    found = _described(spec, path, names)
    require(found, path, names)
    connection.register("answer_given", frame.to_arrow())
    connection.execute("create or replace temp table answer_row as select * from answer_given")
    connection.unregister("answer_given")
    relation = connection.table("answer_row")
    notes = _notes(relation)
    if spec.items:
        relation = _with_names(spec, relation)
        found = replace(found, interface_column=NAMED)
    reading = open_relation(connection, found, path, relation)
    return Opened(reading, 1, partial(_records, rows), notes=notes, spec=found)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _records(rows: Sequence[object], wanted: Sequence[int]) -> Mapping[int, str]:
    return {place: json.dumps(rows[place - 1], ensure_ascii=False) for place in wanted}


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
        "is not an export of Zabbix: it has neither value_avg (trends) nor value (history)",
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
    """How many hours rest on fewer polls than is usual for their item."""
    if "num" not in relation.columns:
        return ()
    polls = relation.select(
        SQLExpression("try_cast(num as integer)").alias("polls"),
        SQLExpression("mode(try_cast(num as integer)) over (partition by itemid)").alias("usual"),
    )
    few = polls.filter(SQLExpression("polls < usual")).shape[0]
    return (
        (
            f"{few} hours rest on fewer polls than is usual for their item; their means were taken "
            "as they are",
        )
        if few
        else ()
    )
