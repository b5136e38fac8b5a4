"""Zabbix exports: trends (hourly min, avg, max, num) and history -> a table of one value a row,
named by item.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from dataclasses import field, replace
from functools import partial, reduce
from pathlib import Path
from typing import Annotated, Literal

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
from pydantic import Field
from pydantic.dataclasses import dataclass

from warehouse.sources.columns import require
from warehouse.sources.named import column
from warehouse.sources.rows import RowSpec, TextSpec, rows_of
from warehouse.sources.spec import STRICT, failed
from warehouse.sources.table import Opened, open_relation, raw_lines, text_relation
from warehouse.sources.textfile import look, open_bytes, read_head, refused, unpacked_within

NAMED = "interface of item"
PATTERN = "(?P<interface>.+?)(?: (?P<direction>in|out))?$"


@dataclass(frozen=True, config=STRICT)
class ZabbixSpec(TextSpec):
    """kind = "zabbix": exports of trends and history, as CSV or as the API's JSON."""

    kind: Literal["zabbix"] = "zabbix"
    items: Annotated[
        Mapping[str, str],
        Field(description='itemid -> interface and direction, such as 159138 = "core2 in"'),
    ] = field(default_factory=dict)

    def problems(self) -> list[tuple[str, str]]:
        checks = [
            (
                all(re.fullmatch(r".+ (in|out)", name) for name in self.items.values()),
                "items",
                'must name an interface and a direction each, such as "ALA-FRA in"',
            ),
            (
                bool(self.items or (self.interface and self.direction)),
                "items",
                "is empty, and so is interface or direction",
            ),
        ]
        return [*super().problems(), *failed(checks)]


def open_export(connection: DuckDBPyConnection, spec: ZabbixSpec, path: Path) -> Opened:
    """Makes the view source_row over the export: one row per item and time, named as `items`
    says.
    """
    if read_head(path).lstrip(b"\xef\xbb\xbf \t\r\n")[:1] in (b"{", b"["):
        return _open_answer(connection, spec, path)
    shape = look(rows_of(spec, time_column="clock"), path)
    unpacked_within(spec, path)
    found = _described(spec, path, shape.columns)
    require(found, path, shape.columns)
    relation = text_relation(connection, found, path, shape)
    notes = _notes(relation)
    if spec.items:
        relation = _with_names(spec, relation)
        found = replace(found, interface_column=NAMED)
    reading = open_relation(connection, found, path, relation)
    return Opened(found, reading, shape.header_lines + 1, partial(raw_lines, path), True, notes)


def _open_answer(connection: DuckDBPyConnection, spec: ZabbixSpec, path: Path) -> Opened:
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
    return Opened(found, reading, 1, partial(_records, rows), notes=notes)


def _text(value: object) -> str | None:
    return None if value is None else str(value)


def _records(rows: Sequence[object], wanted: Sequence[int]) -> Mapping[int, str]:
    return {place: json.dumps(rows[place - 1], ensure_ascii=False) for place in wanted}


def _described(spec: ZabbixSpec, path: Path, columns: tuple[str, ...]) -> RowSpec:
    """The columns of the export at hand: trends have value_avg and stand for an hour, history has
    value and no length.
    """
    plain = rows_of(spec, time_column="clock", time_format="epoch_s", stamp="start")
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


def _with_names(spec: ZabbixSpec, relation: DuckDBPyRelation) -> DuckDBPyRelation:
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
