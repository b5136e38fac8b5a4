"""Which reader opens which file; all of them end in the view source_row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.sources import mrtg, rrd, workbook, zabbix
from warehouse.sources.columns import cells_of, require
from warehouse.sources.netflow import export
from warehouse.sources.rows import RowSpec, rows_of
from warehouse.sources.spec import SampleSpec
from warehouse.sources.table import PARQUET, Opened, open_parquet, open_relation, open_text

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".ods", ".xls")


def open_rows(connection: DuckDBPyConnection, spec: SampleSpec, path: Path) -> Opened:
    """Makes the temporary view source_row over the file (wide_row where it is wide). Raises
    SourceError with all that is missing.
    """
    if isinstance(spec, mrtg.MrtgSpec):
        return _open_frame(connection, _log(spec), path, mrtg.read(path))
    if isinstance(spec, rrd.RrdSpec):
        return _open_frame(connection, _log(spec), path, *rrd.read(spec, path))
    if isinstance(spec, zabbix.ZabbixSpec):
        return zabbix.open_export(connection, spec, path)
    if isinstance(spec, export.FlowsSpec):
        return export.open_flows(connection, spec, path)
    assert isinstance(spec, RowSpec), spec.kind
    return open_table(connection, spec, path)


def open_table(connection: DuckDBPyConnection, spec: RowSpec, path: Path) -> Opened:
    """A file whose columns the settings name: Parquet, a workbook, or text."""
    ending = path.suffix.lower()
    if ending in PARQUET:
        return open_parquet(connection, spec, path)
    if ending in WORKBOOKS:
        sheet = workbook.read(spec, path)
        return _open_frame(connection, spec, path, sheet.frame, sheet.notes, sheet.first_line)
    return open_text(connection, spec, path)


def _log(spec: SampleSpec) -> RowSpec:
    return rows_of(
        spec,
        time_column="stamp",
        time_format="epoch_s",
        in_column="value_in",
        out_column="value_out",
    )


def _open_frame(
    connection: DuckDBPyConnection,
    spec: RowSpec,
    path: Path,
    frame: pl.DataFrame,
    notes: tuple[str, ...] = (),
    first_line: int = 2,
) -> Opened:
    """Rows that a reader made: one table frame_row, all text, in the order of the file."""
    require(spec, path, tuple(frame.columns))
    connection.register("frame_given", frame.to_arrow())
    connection.execute("create or replace temp table frame_row as select * from frame_given")
    connection.unregister("frame_given")
    reading = open_relation(connection, spec, path, connection.table("frame_row"))
    return Opened(
        spec,
        reading,
        first_line,
        partial(_records, frame, first_line),
        notes=notes,
        cells=cells_of(spec, frame.columns),
    )


def _records(frame: pl.DataFrame, first_line: int, wanted: Sequence[int]) -> Mapping[int, str]:
    return {
        row: json.dumps(frame.row(row - first_line, named=True), ensure_ascii=False)
        for row in wanted
    }
