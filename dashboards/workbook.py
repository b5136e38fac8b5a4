"""All tables of an edition as one Excel workbook in a language: the order sheet first, then what
the edition was made from, definitions with units, and every table.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import polars as pl
import xlsxwriter
from xlsxwriter.utility import xl_col_to_name

from dashboards import naming
from dashboards.cuts import KEY
from dashboards.view import View
from warehouse.schema import FRAMES

MOST_ROWS = 1_048_000
"""A sheet holds 1,048,576 rows: what is longer goes on in a second one."""
REASONS = ("reason", "note", "basis", "verdict", "wrong_if")
LEFT_OUT = ("traffic_profile", "forecast_component")
"""Their data stands beside their charts."""
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
WIDE = {"forecast_quantile": ("horizon", "value_gbps"), "segment_load": ("lit_gbps", "load_gbps")}
"""Frames of quantiles are laid out with one column per level."""


def write_workbook(view: View, path: Path) -> Path:
    """Write the workbook; made again from the same view it has the same bytes.

    Text from data is written as text: a name that starts with = is no formula, an address no link.
    """
    material, text = view.material, view.text
    edition = material.edition
    path.parent.mkdir(parents=True, exist_ok=True)
    options = {
        "strings_to_formulas": False,
        "strings_to_urls": False,
        "strings_to_numbers": False,
        "constant_memory": True,
        "nan_inf_to_errors": True,
    }
    with xlsxwriter.Workbook(str(path), options) as book:
        book.set_properties(
            {
                "title": edition.title_in(view.language.code),
                "created": edition.known_at.replace(tzinfo=None),
            }
        )
        formats = {
            "head": book.add_format(
                {"bold": True, "bg_color": "#E8EEF3", "text_wrap": True, "valign": "top"}
            ),
            "day": book.add_format({"num_format": "yyyy-mm-dd"}),
            "time": book.add_format({"num_format": "yyyy-mm-dd hh:mm"}),
        }
        orders = order_sheet(view)
        if orders.height:
            _write(book, text("workbook.orders"), orders, formats)
        _write(book, text("workbook.about"), about(view), formats)
        _write(book, text("workbook.definitions"), definitions(view), formats)
        for name in FRAMES:
            frame = material[name]
            if not frame.height or name in LEFT_OUT:
                continue
            whole = with_units(named(view, laid_out(frame, name)), name)
            for number, part in enumerate(whole.iter_slices(MOST_ROWS), 1):
                _write(book, name if number == 1 else f"{name[:26]} ({number})", part, formats)
    return path


def order_sheet(view: View) -> pl.DataFrame:
    """The orders in the order of their urgency, as the plan's page lists them, with numbers that
    can be added up.
    """
    text, language = view.text, view.language
    unit = text("unit.gbps")
    rows = [
        {
            text("table.segment"): naming.segment_label(view, row["segment_id"]),
            text("table.order_by"): row["order_by"],
            text("workbook.overdue"): round(row["overdue_months"], 1),
            text("table.ready_by"): row["ready_by"],
            text("table.option"): language.word("option", row["option"]),
            text("table.modules"): row["modules"],
            text("workbook.module", unit=unit): row["module_gbps"],
            text("workbook.lead", which=text("table.low")): row["lead_time_low_months"],
            text("workbook.lead", which=text("table.value")): row["lead_time_likely_months"],
            text("workbook.lead", which=text("table.high")): row["lead_time_high_months"],
            text("table.p_late"): row["p_late_now_ratio"],
            text("table.failure_sized"): naming.failure_name(view, row["failure_id"]),
            text("table.cost"): row["cost_usd"],
            text("table.present_value"): row["present_value_usd"],
            text("table.reason"): naming.reason_text(view, row),
        }
        for row in view.material.orders.iter_rows(named=True)
    ]
    return pl.DataFrame(rows, infer_schema_length=None).with_columns(
        pl.col(pl.Null).cast(pl.Float64)
    )


def named(view: View, frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with names beside the ids of segments and routes, and reasons in the language."""
    for column, name in (("segment_id", naming.segment_label), ("route_id", naming.route_name)):
        beside = column.removesuffix("_id")
        if column in frame.columns and beside not in frame.columns:
            names = {thing: name(view, thing) for thing in frame[column].drop_nulls().unique()}
            words = pl.col(column).replace_strict(names, return_dtype=pl.String)
            place = frame.columns.index(column) + 1
            frame = frame.insert_column(place, frame.select(words.alias(beside))[beside])
    for column in REASONS:
        if column in frame.columns and f"{column}_code" in frame.columns:
            said = [naming.reason_text(view, row, column) for row in frame.iter_rows(named=True)]
            frame = frame.with_columns(pl.Series(column, said, dtype=pl.String)).drop(
                [name for name in (f"{column}_code", f"{column}_values") if name in frame.columns]
            )
    return frame


def with_units(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame with the unit behind the name of each column that has one; quantiles have that of
    their values.
    """
    columns = FRAMES[name].columns
    value = columns.get(WIDE.get(name, ("", ""))[1])

    def head(column: str) -> str:
        known = columns.get(column) or (value if column.startswith("q0") else None)
        if known is None or not known.unit or frame.schema[column].is_temporal():
            return column
        return f"{column} [{known.unit}]"

    return frame.rename({column: head(column) for column in frame.columns})


def about(view: View) -> pl.DataFrame:
    """What the workbook was made from."""
    edition = view.material.edition
    rows = {
        "title": edition.title_in(view.language.code),
        "run_id": edition.run_id,
        "grain": edition.grain,
        "origin": edition.origin.isoformat(),
        "known_at (UTC)": edition.known_at.strftime("%Y-%m-%d %H:%M:%S"),
        "data_hash": edition.data_hash,
        "code_version": edition.code_version,
        "seed": str(edition.seed),
        "time_zone": edition.time_zone,
        "threshold_ratio": f"{edition.threshold_ratio:g}",
        "risk_alpha_ratio": f"{edition.risk_alpha_ratio:g}",
        "traffic": view.text("workbook.simulated" if edition.simulated else "workbook.measured"),
    }
    heads = view.text("workbook.what"), view.text("workbook.value")
    return pl.DataFrame({heads[0]: list(rows), heads[1]: list(rows.values())})


def definitions(view: View) -> pl.DataFrame:
    """Every column of every sheet with its unit and meaning."""
    rows = [
        (schema.name, name, column.unit, column.comment, schema.comment)
        for schema in FRAMES.values()
        if schema.name not in LEFT_OUT
        for name, column in schema.columns.items()
    ]
    heads = [
        view.text(f"workbook.{name}") for name in ("sheet", "column", "unit", "meaning", "rows")
    ]
    return pl.DataFrame(rows, schema=heads, orient="row")


def laid_out(frame: pl.DataFrame, name: str) -> pl.DataFrame:
    """The frame as a reader of sheets wants it: quantile levels side by side, scores over all
    horizons, empty columns left out.
    """
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
        frame = (
            frame.pivot(
                on="quantile_level",
                on_columns=levels,
                index=index,
                values=value,
                aggregate_function="first",
            )
            .rename({str(level): f"q{level:g}" for level in levels})
            .sort(
                [
                    column
                    for column in (*KEY, "segment_id", "direction", "failure_id", "target_start")
                    if column in index
                ]
            )
        )
    return frame.select(
        column for column in frame.columns if frame[column].null_count() < frame.height
    )


def _write(book: Any, name: str, frame: pl.DataFrame, formats: Mapping[str, Any]) -> None:
    sheet = book.add_worksheet(name[:31])
    sheet.freeze_panes(1, 0)
    for place, column in enumerate(frame.columns):
        dtype = frame.schema[column]
        style = (
            formats["day"]
            if dtype == pl.Date
            else formats["time"]
            if isinstance(dtype, pl.Datetime)
            else None
        )
        longest = max(frame[column].cast(pl.String).str.len_chars().fill_null(0), default=0)
        sheet.set_column(place, place, min(max(longest, len(column)) + 2, 60), style)
    sheet.write_row(0, 0, frame.columns, formats["head"])
    if frame.height:
        # Cell by cell the library takes a minute for what a large network's tables hold; rows are
        # laid into its stream as it would.
        sheet._write_single_row(1)
        sheet._check_dimensions(frame.height, frame.width - 1)
        styles = {
            pl.Date: formats["day"]._get_xf_index(),
            pl.Datetime: formats["time"]._get_xf_index(),
        }
        for rows in as_rows(frame, styles):
            sheet.row_data_fh.write(rows)
        sheet.autofilter(0, 0, frame.height, frame.width - 1)


AT_ONCE = 20_000
EPOCH = pl.datetime(1899, 12, 30)
CONTROL = re.compile(r"_x(?=[0-9A-Fa-f]{4}_)|[\x00-\x08\x0b-\x1f\ufffe\uffff]")


def as_rows(frame: pl.DataFrame, styles: Mapping[Any, int]) -> Iterator[str]:
    """The rows below the heads as the XML of a sheet: text inline and escaped, days as serial
    numbers, nothing for nulls.
    """
    numbered = frame.with_row_index("\0row", offset=2).with_columns(pl.col("\0row").cast(pl.String))
    for part in numbered.iter_slices(AT_ONCE):
        cells = [
            _cells(part[name], xl_col_to_name(place), styles)
            for place, name in enumerate(frame.columns)
        ]
        lines = part.select(
            pl.concat_str(pl.lit('<row r="'), "\0row", pl.lit('">'), *cells, pl.lit("</row>"))
        )
        yield "".join(lines.to_series())


def _cells(values: pl.Series, column: str, styles: Mapping[Any, int]) -> pl.Expr:
    value, dtype = pl.lit(values), values.dtype
    if dtype == pl.String:
        known = values.drop_nulls().unique()
        value = value.replace_strict(
            known, [escaped(text) for text in known], return_dtype=pl.String
        )
        kind, before, after = ' t="inlineStr"', '><is><t xml:space="preserve">', "</t></is></c>"
    elif dtype == pl.Boolean:
        value, kind, before, after = (
            value.cast(pl.Int8).cast(pl.String),
            ' t="b"',
            "><v>",
            "</v></c>",
        )
    elif dtype == pl.Date or isinstance(dtype, pl.Datetime):
        moment = (
            value.cast(pl.Datetime("us")) if dtype == pl.Date else value.dt.replace_time_zone(None)
        )
        days = (moment - EPOCH).dt.total_microseconds() / 86_400e6
        value = days.cast(pl.Int64).cast(pl.String) if dtype == pl.Date else days.cast(pl.String)
        kind, before, after = (
            f' s="{styles[pl.Date if dtype == pl.Date else pl.Datetime]}"',
            "><v>",
            "</v></c>",
        )
    else:
        finite = value.is_finite() if dtype.is_float() else pl.lit(value=True)
        value = pl.when(finite).then(value).cast(pl.String)
        kind, before, after = "", "><v>", "</v></c>"
    cell = pl.concat_str(
        pl.lit(f'<c r="{column}'), "\0row", pl.lit(f'"{kind}{before}'), value, pl.lit(after)
    )
    return pl.when(value.is_not_null()).then(cell).otherwise(pl.lit(""))


def escaped(text: str) -> str:
    """Text as a cell holds it: no markup, control characters as _xHHHH_, no longer than a cell can
    be.
    """
    plain = CONTROL.sub(
        lambda found: "_x005F_x" if found[0] == "_x" else f"_x{ord(found[0]):04X}_", text[:32_767]
    )
    return plain.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
