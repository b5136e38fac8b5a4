"""A CSV file as rows of a frame, with every problem and its line."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from pathlib import Path

import polars as pl

from warehouse.errors import Problem
from warehouse.schema import KNOWN_AT, UTC_TIME, Column, FrameSchema


@dataclass(frozen=True)
class CsvRows:
    """The readable rows of a file in the schema's columns (and known_at where the file has it), and
    their line numbers.
    """

    name: str
    frame: pl.DataFrame
    lines: Sequence[int]

    def place(self, row: int) -> str:
        return f"{self.name} line {self.lines[row]}"


def read_csv(path: Path, schema: FrameSchema, problems: list[Problem]) -> CsvRows:
    """Reads UTF-8 with a header of the schema's column names; what is wrong is added to `problems`.

    Nullable columns may be absent, and columns whose name starts with `note` are for people and are
    skipped.
    """
    columns = {
        **schema.columns,
        "known_at": schema.columns.get("known_at", replace(KNOWN_AT, nullable=True)),
    }
    empty = CsvRows(
        path.name, pl.DataFrame(schema={name: column.dtype for name, column in columns.items()}), ()
    )
    try:
        text = path.read_bytes().decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = error.object[: error.start].count(b"\n") + 1
        problems.append(
            Problem(f"{path.name} line {line}", "is not UTF-8 text; save the file as UTF-8")
        )
        return empty
    reader = csv.reader(io.StringIO(text, newline=""), strict=True)
    records: list[tuple[int, list[str]]] = []
    try:
        header = [name.strip() for name in next(reader, [])]
        for record in reader:
            if any(field.strip() for field in record):
                records.append((reader.line_num, record))
    except csv.Error as error:
        problems.append(Problem(f"{path.name} line {reader.line_num}", f"is not CSV: {error}"))
        return empty
    faults = _header_faults(path.name, header, columns)
    problems.extend(faults)
    if faults:
        return empty
    rows: list[dict[str, object]] = []
    lines: list[int] = []
    for line, record in records:
        place = f"{path.name} line {line}"
        if len(record) != len(header):
            problems.append(
                Problem(place, f"has {len(record)} fields, the header has {len(header)}")
            )
            continue
        row, wrong = _row(dict(zip(header, record, strict=True)), columns)
        problems.extend(Problem(place, what) for what in wrong)
        if not wrong:
            rows.append(row)
            lines.append(line)
    kept = {
        name: column.dtype
        for name, column in columns.items()
        if name != "known_at" or "known_at" in header
    }
    result = CsvRows(path.name, pl.DataFrame(rows, schema=kept, orient="row"), lines)
    problems.extend(_repeated(result, schema))
    return result


def _header_faults(
    name: str, header: Sequence[str], columns: Mapping[str, Column]
) -> list[Problem]:
    place = f"{name} line 1"
    if not header:
        return [Problem(name, f"is empty; its first line names the columns {', '.join(columns)}")]
    missing = [
        column
        for column, promise in columns.items()
        if column not in header and not promise.nullable
    ]
    missing = [column for column in missing if column != "known_at"]
    strange = [
        column
        for column in header
        if column not in columns and not column.lower().startswith("note")
    ]
    twice = sorted({column for column in header if header.count(column) > 1})
    return (
        [
            Problem(place, f"column {column} is missing ({columns[column].comment})")
            for column in missing
        ]
        + [
            Problem(place, f"column {column!r} is unknown; known are {', '.join(columns)}")
            for column in strange
        ]
        + [Problem(place, f"column {column!r} appears twice") for column in twice]
    )


def _row(
    record: Mapping[str, str], columns: Mapping[str, Column]
) -> tuple[dict[str, object], list[str]]:
    row: dict[str, object] = {}
    wrong: list[str] = []
    for name, column in columns.items():
        text = record.get(name, "").strip()
        if not text:
            row[name] = None
            if name == "scope_id":
                row[name] = ""  # an event that touched everything
            elif not column.nullable and name != "known_at":
                wrong.append(f"{name} is empty ({column.comment})")
            continue
        try:
            row[name] = _READ[column.dtype](text)
        except ValueError:
            wrong.append(f"{name} is {text!r}, wanted {_WANTED[column.dtype]}")
    return row, wrong


def _repeated(rows: CsvRows, schema: FrameSchema) -> list[Problem]:
    key = [name for name in schema.key if name in rows.frame.columns]
    key += [name for name in ("known_at",) if name in rows.frame.columns and name not in key]
    first: dict[tuple[object, ...], int] = {}
    found = []
    for index, values in enumerate(rows.frame.select(key).iter_rows()):
        if values in first:
            said = ", ".join(f"{name} {value}" for name, value in zip(key, values, strict=True))
            found.append(
                Problem(rows.place(index), f"repeats {said} of line {rows.lines[first[values]]}")
            )
        else:
            first[values] = index
    return found


def _number(text: str) -> float:
    value = float(text)
    if not math.isfinite(value):
        raise ValueError(text)
    return value


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "yes", "1", "false", "no", "0"):
        raise ValueError(text)
    return text.lower() in ("true", "yes", "1")


def _time(text: str) -> datetime:
    value = datetime.fromisoformat(text)
    return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


_READ: Mapping[object, Callable[[str], object]] = {
    pl.String: str,
    pl.Float64: _number,
    pl.Int64: int,
    pl.Boolean: _boolean,
    pl.Date: date.fromisoformat,
    UTC_TIME: _time,
}
_WANTED: Mapping[object, str] = {
    pl.Float64: "a number with a decimal point",
    pl.Int64: "a whole number",
    pl.Boolean: "true or false",
    pl.Date: "a date such as 2025-12-31",
    UTC_TIME: "a time such as 2025-12-31T18:00:00+05:00 (UTC where no zone is given)",
}
