"""Excel workbooks: the first sheet that is not hidden as a table of texts."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TypedDict

import polars as pl

from warehouse.errors import Problem, SourceError
from warehouse.sources import dayorder
from warehouse.sources.columns import require, told_apart, used
from warehouse.sources.rows import RowSpec
from warehouse.sources.textfile import refused
from warehouse.sources.workbook_reader import UNREADABLE

READER = Path(__file__).with_name("workbook_reader.py")
OWN_BYTES = 2 * 1024**3
"""Addresses the reading program asks for before it reads anything."""


class Facts(TypedDict):
    """What the reading program tells beside the cells; columns by their place from 0, rows from 1
    but for `header`, from 0.
    """

    sheet: str
    others: list[str]
    header: int
    numbers: list[int]  # columns that hold numbers alone, where a decimal comma makes that matter
    formulas: list[tuple[int, int, int]]  # column, formulas without a value, the first one's row
    merged: list[tuple[int, int]]  # first and last column of a header cell


@dataclass(frozen=True)
class Sheet:
    """The cells below the header as texts, the row of the first of them (from 1), and what the
    summary should say.
    """

    frame: pl.DataFrame
    first_line: int
    notes: tuple[str, ...]


def read(spec: RowSpec, path: Path) -> Sheet:
    """The first sheet that is not hidden, every cell as text: dates in ISO form, errors as Excel
    shows them; hidden rows too.

    Cells with the source's words for nothing are empty. Raises SourceError for columns that are
    read and appear twice, share a merged header cell, or hold formulas that nobody computed.
    """
    cells, facts = _read_apart(spec, path)
    if cells.width > spec.max_columns:
        raise refused(
            path,
            f"has {cells.width} columns, more than the limit of {spec.max_columns}",
            "Raise max_columns if that is right.",
        )
    if cells.is_empty():
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    header = facts["header"] if spec.header else -1
    given = (
        [(name or "").strip() for name in cells.row(header)]
        if spec.header
        else [f"column_{place + 1}" for place in range(cells.width)]
    )
    require(spec, path, tuple(given))
    names = told_apart(spec, path, given)
    _refuse_unreadable(spec, path, names, facts)
    if spec.time_format == "auto" and not spec.first_slot:
        _refuse_swapped(
            spec, path, cells.to_series(names.index(spec.time_column)).slice(header + 1)
        )
    empty = list(spec.null_words)
    comma = facts["numbers"] if spec.decimal_comma else []
    frame = cells.slice(header + 1).rename(dict(zip(cells.columns, names, strict=True)))
    frame = frame.with_columns(
        pl.col(names[place]).str.replace(".", ",", literal=True) for place in comma
    )
    frame = frame.with_columns(
        pl.when(~pl.col(name).is_in(empty)).then(pl.col(name)).alias(name) for name in frame.columns
    )
    others = ", ".join(facts["others"][:5]) + (" ..." if len(facts["others"]) > 5 else "")
    notes = (f"the sheet {facts['sheet']} was read; not read: {others}",) if others else ()
    return Sheet(frame, header + 2, notes)


def _refuse_unreadable(spec: RowSpec, path: Path, names: list[str], facts: Facts) -> None:
    needed = used(spec, names)
    shared = [
        Problem(
            str(path),
            f"the header cell of column {names[left]} is merged over {right - left + 1} columns",
        )
        for left, right in facts["merged"]
        if needed.intersection(names[left : right + 1])
    ]
    if shared and spec.header:
        raise SourceError(
            "columns can't be told apart",
            shared,
            "Take the merged cells of the header apart and give each column a name of its own.",
        )
    unknown = [
        Problem(
            str(path),
            f"column {names[place]} has {count} formulas without a value, the first in row {row}",
        )
        for place, count, row in facts["formulas"]
        if place < len(names) and names[place] in needed
    ]
    if unknown:
        raise SourceError(
            "a workbook was never computed",
            unknown,
            "Open it in Excel or LibreOffice, save it, and load it again.",
        )


def _refuse_swapped(spec: RowSpec, path: Path, stamps: pl.Series) -> None:
    """A program that takes 01/02/2024 for January leaves 13/02/2024 a text: dates up to the 12th
    beside texts beyond it were swapped.
    """
    said = stamps.filter(stamps.str.contains(dayorder.NUMBERS))
    numbers = [said.str.extract(dayorder.NUMBERS, group).cast(pl.Int64) for group in (1, 3)]
    days = stamps.str.extract(r"^\d{4}-\d\d-(\d\d)\b").cast(pl.Int64).drop_nulls()
    if (
        len(said)
        and len(days)
        and bool(((numbers[0] > 12) | (numbers[1] > 12)).all())
        and bool((days <= 12).all())
    ):
        raise SourceError(
            "day and month were swapped in a part of the rows",
            [
                Problem(
                    str(path),
                    f"column {spec.time_column} has dates whose day is never above 12, and "
                    f"beyond it only texts such as {said[0]}",
                )
            ],
            "Take the file from which this workbook was made, or import it again and say "
            "there which number is the day. If the dates are right, list both forms in "
            "time_format.",
        )


def _read_apart(spec: RowSpec, path: Path) -> tuple[pl.DataFrame, Facts]:
    """A hostile workbook ends the process that reads it, so that is another one."""
    with tempfile.TemporaryDirectory(prefix="transit-workbook-") as folder:
        output = Path(folder) / "sheet.arrow"
        most = spec.max_workbook_bytes + OWN_BYTES
        done = subprocess.run(
            [
                sys.executable,
                "-I",
                str(READER),
                str(path.resolve()),
                str(output),
                str(most),
                *(["numbers"] if spec.decimal_comma else []),
            ],
            capture_output=True,
            text=True,
            env={**os.environ, "POLARS_MAX_THREADS": "1", "RUST_BACKTRACE": "0"},
            check=False,
        )
        if done.returncode == UNREADABLE:
            raise refused(
                path,
                f"is not a workbook that can be read: {done.stdout.strip()}",
                "Save it as .xlsx again, or export CSV.",
            )
        if done.returncode:
            raise refused(
                path,
                f"can't be read within {spec.max_workbook_bytes} bytes of memory",
                "Look for a stray cell far from the table; export CSV; or raise "
                "max_workbook_bytes.",
            )
        return pl.read_ipc(output), json.loads(Path(f"{output}.json").read_text("utf-8"))
