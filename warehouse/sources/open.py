"""Which reader opens which file; all of them end in the view source_row."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from functools import partial
from pathlib import Path

import polars as pl
from duckdb import DuckDBPyConnection

from warehouse.sources import flowexport, mrtg, rrd, workbook, zabbix
from warehouse.sources.columns import cells_of, require
from warehouse.sources.spec import SourceSpec
from warehouse.sources.table import PARQUET, Opened, open_parquet, open_relation, open_text

WORKBOOKS = (".xlsx", ".xlsm", ".xlsb", ".ods", ".xls")


def open_rows(connection: DuckDBPyConnection, spec: SourceSpec, path: Path) -> Opened:
    """Makes the temporary view source_row over the file (wide_row where it is wide). Raises
    SourceError with all that is missing.
    """
    ending = path.suffix.lower()
    if spec.kind == "mrtg":
        return _open_frame(connection, _log(spec), path, mrtg.read(path))
    if spec.kind == "rrd":
        return _open_frame(connection, _log(spec), path, *rrd.read(spec, path))
    if spec.kind == "zabbix":
        return zabbix.open_export(connection, spec, path)
    if spec.kind == "flows":
        return flowexport.open_flows(connection, spec, path)
    if ending in PARQUET:
        return open_parquet(connection, spec, path)
    if ending in WORKBOOKS:
        sheet = workbook.read(spec, path)
        return _open_frame(connection, spec, path, sheet.frame, sheet.notes, sheet.first_line)
    return open_text(connection, spec, path)


def _log(spec: SourceSpec) -> SourceSpec:
    return replace(
        spec,
        time_column="stamp",
        time_format="epoch_s",
        in_column="value_in",
        out_column="value_out",
    )


def _open_frame(
    connection: DuckDBPyConnection,
    spec: SourceSpec,
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
        reading,
        first_line,
        partial(_records, frame, first_line),
        notes=notes,
        spec=spec,
        cells=cells_of(spec, frame.columns),
    )


def _records(frame: pl.DataFrame, first_line: int, wanted: Sequence[int]) -> Mapping[int, str]:
    return {
        row: json.dumps(frame.row(row - first_line, named=True), ensure_ascii=False)
        for row in wanted
    }
