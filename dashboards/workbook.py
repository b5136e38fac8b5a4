"""All tables of an edition as one Excel workbook, with a sheet of definitions and units."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter

from dashboards.edition import Edition
from dashboards.material import KEY, gather
from warehouse.schema import FRAMES

MOST_ROWS = 1_048_000
"""A sheet holds 1,048,576 rows."""
LEFT_OUT = ("traffic_profile", "forecast_component")
"""Their data stands beside their charts."""
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
WIDE = {"forecast_quantile": ("horizon", "value_gbps"), "segment_load": ("lit_gbps", "load_gbps")}
"""Frames of quantiles are laid out with one column per level."""


def write_workbook(frames: Mapping[str, pl.DataFrame], edition: Edition, path: Path) -> Path:
    """Write the workbook; made again from the same frames and edition it has the same bytes.

    Text from data is written as text: a name that starts with = is no formula, an address no link.
    """
    material = gather(frames, edition)
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False, "constant_memory": True, "nan_inf_to_errors": True}  # fmt: skip
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties({"title": edition.title, "created": edition.known_at.replace(tzinfo=None)})
        formats = {
            "head": book.add_format({"bold": True, "bg_color": "#E8EEF3", "text_wrap": True, "valign": "top"}),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        _write(book, "about", about(edition), formats)
        _write(book, "definitions", definitions(), formats)
        for name in FRAMES:
            frame = material[name]
            if frame.height and name not in LEFT_OUT:
                _write(book, name, laid_out(frame, name).head(MOST_ROWS), formats)
    return path


def about(edition: Edition) -> pl.DataFrame:
    """What the workbook was made from."""
    rows = {
        "title": edition.title, "title_ru": edition.title_ru, "run_id": edition.run_id, "grain": edition.grain, "origin": edition.origin.isoformat(),
        "known_at (UTC)": edition.known_at.strftime("%Y-%m-%d %H:%M:%S"), "data_hash": edition.data_hash, "code_version": edition.code_version,
        "seed": str(edition.seed), "time_zone": edition.time_zone, "threshold_ratio": f"{edition.threshold_ratio:g}",
        "risk_alpha_ratio": f"{edition.risk_alpha_ratio:g}", "traffic": "simulated" if edition.simulated else "measured",
    }  # fmt: skip
    return pl.DataFrame({"what": list(rows), "value": list(rows.values())})


def definitions() -> pl.DataFrame:
    """Every column of every sheet with its unit and meaning."""
    rows = [
        (schema.name, name, column.unit, column.comment, schema.comment)
        for schema in FRAMES.values()
        if schema.name not in LEFT_OUT
        for name, column in schema.columns.items()
    ]
    return pl.DataFrame(rows, schema=["sheet", "column", "unit", "meaning", "the sheet's rows"], orient="row")


def laid_out(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame as a reader of sheets wants it: quantile levels side by side, scores over all horizons, empty columns left out."""
    if name == "backtest_score":
        frame = frame.filter(pl.col("horizon") == 0)
    if name in WIDE:
        frame = frame.filter(pl.col("quantile_level").is_in(LEVELS))
        _, value = WIDE[name]
        levels = sorted(frame["quantile_level"].unique())
        index = [
            column
            for column in frame.columns
            if column not in ("quantile_level", value, "utilization_ratio", "cause_id")
        ]
        frame = frame.pivot(on="quantile_level", on_columns=levels, index=index, values=value, aggregate_function="first").rename(
            {str(level): f"q{level:g}" for level in levels}
        ).sort([column for column in (*KEY, "segment_id", "direction", "failure_id", "target_start") if column in index])  # fmt: skip
    return frame.select(column for column in frame.columns if frame[column].null_count() < frame.height)


def _write(book: Any, name: str, frame: pl.DataFrame, formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet(name[:31])
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(frame.columns):
        dtype = frame.schema[column]
        style = formats["day"] if dtype == pl.Date else formats["time"] if isinstance(dtype, pl.Datetime) else None
        longest = int(frame[column].cast(pl.String).str.len_chars().max() or 0) if frame.height else 0  # type: ignore[arg-type]
        sheet.set_column(place, place, min(max(longest, len(column)) + 2, 60), style)
    sheet.write_row(0, 0, frame.columns, formats["head"])
    for line, row in enumerate(frame.iter_rows(), 1):
        for place, value in enumerate(row):
            if value is None:
                continue
            if isinstance(value, str):
                sheet.write_string(line, place, value[:32_767])
            elif isinstance(value, bool):
                sheet.write_boolean(line, place, value)
            elif isinstance(value, int | float):
                sheet.write_number(line, place, value)
            elif isinstance(value, datetime):
                sheet.write_datetime(line, place, value.replace(tzinfo=None), formats["time"])
            else:
                sheet.write_datetime(line, place, value, formats["day"])
    if frame.height:
        sheet.autofilter(0, 0, frame.height, frame.width - 1)
