"""Workbooks as people keep them: columns twice, errors, formulas nobody computed, merged headers,
hidden sheets.
"""

from __future__ import annotations

import zipfile
from dataclasses import replace
from datetime import datetime
from pathlib import Path

import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import xlsxwriter

from tests.warehouse.traffic_worlds import PAIR, load, load_one, open_world, samples, write
from warehouse.sources.rows import TableSpec

WIDE = TableSpec(
    "wide",
    layout="wide",
    interface_pattern=r"(?P<interface>.+)[._](?P<direction>in|out)",
    slot_minutes=5,
)
ONE = {"time": [datetime(2024, 1, 1)], "interface": ["r1"], "in": [1.0], "out": [2.0]}
PORTS = ["time", "interface", "in", "out"]


def book(
    path: Path, *rows: list[object], sheets: tuple[str, ...] = ("data",), merged: str = ""
) -> Path:
    """A workbook whose last sheet holds these rows; `=` begins a formula without a value, `#` an
    error, the sheets before are hidden.
    """
    with xlsxwriter.Workbook(path, {"default_date_format": "yyyy-mm-dd hh:mm"}) as workbook:
        *hidden, sheet = [workbook.add_worksheet(name) for name in sheets]
        for one in hidden:
            one.write_row(0, 0, PORTS)
            one.hide()
        sheet.activate()
        for line, cells in enumerate(rows):
            for place, cell in enumerate(cells):
                if isinstance(cell, str) and cell.startswith("#"):
                    sheet.write_formula(line, place, "=NA()", None, cell)
                elif isinstance(cell, str) and cell.startswith("="):
                    sheet.write_formula(line, place, cell, None, "")
                else:
                    sheet.write(line, place, cell)
        if merged:
            sheet.merge_range(merged, "in")
    return path


STAMP = "2024-01-01 00:00"


@pytest.mark.parametrize("header", [[*PORTS, "in"], [*PORTS, " in "], [*PORTS, "in", "time"]])
@pytest.mark.parametrize("ending", ["csv", "tsv", "xlsx", "parquet"])
def test_a_column_that_stands_there_twice_is_refused_whatever_the_file(
    tmp_path: Path, header: list[str], ending: str
) -> None:
    row = [STAMP, "r1", "1", "2", "9", "x"][: len(header)]
    file = tmp_path / f"a.{ending}"
    if ending == "xlsx":
        book(file, header, row)
    elif ending == "parquet":
        pq.write_table(
            pa.table([pa.array([cell]) for cell in row], names=[name.strip() for name in header]),
            file,
        )
    else:
        write(
            file,
            "\n".join({"csv": ",", "tsv": "\t"}[ending].join(cells) for cells in (header, row))
            + "\n",
        )
    with open_world(tmp_path) as world:
        (result,) = load(world, PAIR, file)
        assert "column in appears twice" in str(result.error)
        assert "Give each column a name of its own" in str(result.error)


def test_what_is_not_read_may_stand_in_a_workbook_twice_and_blanks_around_names_do_not_count(
    tmp_path: Path,
) -> None:
    file = book(
        tmp_path / "a.xlsx",
        ["Time", "time", " interface", "in ", "out", "OUT", "x", "x", None],
        ["?", STAMP, "r1", 1, 2, 7, 8, 9, 3],
    )
    wide = book(tmp_path / "w.xlsx", ["time", "r1_in", "R1_in"], [STAMP, 1, 2])
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, file).rows_loaded == 1
        assert samples(world).row(0)[2:4] == (1.0, 2.0)
        (result,) = load(world, WIDE, wide)
        assert "column r1_in appears twice" in str(result.error)


def test_cells_that_hold_an_error_wait_in_quarantine_with_their_row(tmp_path: Path) -> None:
    """And what stands beside the table: blank rows above it, hidden sheets before it, more sheets
    behind.
    """
    rows = [
        [],
        [],
        PORTS,
        [STAMP, "r1", "#N/A", 2],
        ["#REF!", "r1", 1, 2],
        [292.25, "r1", 1, 2],
        ["2024-01-01 00:05", "r1", "1000", 2.5],
    ]
    file = book(tmp_path / "a.xlsx", *rows, sheets=("old", "notes", "data"))
    with open_world(tmp_path) as world:
        result = load_one(world, PAIR, file)
        assert (result.rows_loaded, result.rows_quarantined) == (1, 3)
        kept = world.sql("select line, reason, row_text from core.quarantine order by line").rows()
        assert [(line, reason) for line, reason, _ in kept] == [
            (4, "the value is not a number"),
            (5, "the time #REF! can't be read"),
            (6, "the time 292.25 can't be read"),
        ]
        assert "#N/A" in kept[0][2]
        assert samples(world).row(0)[2:4] == (1000.0, 2.5)
        assert "the sheet data was read; not read: old, notes" in result.notes


@pytest.mark.parametrize(
    ("rows", "merged", "message"),
    [
        (
            [PORTS, [STAMP, "r1", "=B1+1", 2], [STAMP, "r2", "=B1+1", 2]],
            "",
            "column in has 2 formulas without a value, the first in row 2",
        ),
        (
            [["time", "interface", None, None, "out"], [STAMP, "r1", 1, 9, 2]],
            "C1:D1",
            "the header cell of column in is merged over 2 columns",
        ),
    ],
)
def test_a_workbook_whose_values_can_not_be_known_is_refused(
    tmp_path: Path, rows: list[list[object]], merged: str, message: str
) -> None:
    with open_world(tmp_path) as world:
        (result,) = load(world, PAIR, book(tmp_path / "a.xlsx", *rows, merged=merged))
        assert message in str(result.error)
        assert samples(world).is_empty()


def test_a_workbook_without_a_sheet_to_be_seen_is_refused(tmp_path: Path) -> None:
    seen = book(tmp_path / "seen.xlsx", PORTS, [STAMP, "r1", 1, 2])
    with zipfile.ZipFile(seen) as whole, zipfile.ZipFile(tmp_path / "a.xlsx", "w") as hidden:
        for name in whole.namelist():
            hidden.writestr(
                name, whole.read(name).replace(b"<sheet name", b'<sheet state="hidden" name')
            )
    with open_world(tmp_path) as world:
        (result,) = load(world, PAIR, tmp_path / "a.xlsx")
        assert "it has no sheet that is not hidden" in str(result.error)


def test_a_formula_beside_the_table_may_lack_its_value(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        assert (
            load_one(
                world, PAIR, book(tmp_path / "a.xlsx", [*PORTS, "x"], [STAMP, "r1", 1, 2, "=A1"])
            ).rows_loaded
            == 1
        )


def test_a_decimal_comma_is_for_texts_and_points_stand_before_groups_of_three(
    tmp_path: Path,
) -> None:
    """Numbers of a workbook or Parquet file had their decimal point taken out: ten times or a
    thousand times too much.
    """
    comma = replace(PAIR, decimal_comma=True, separator=";")
    texts = "".join(
        f"2024-01-01 00:{5 * place:02};r1;{cell};2\n"
        for place, cell in enumerate(["1.234,5", "1.234.567", "0,5", "12.5", "1.23.456"])
    )
    file = write(tmp_path / "a.csv", ";".join(PORTS) + "\n" + texts)
    pl.DataFrame({**ONE, "interface": ["r2"], "in": [1.234]}).write_parquet(tmp_path / "a.parquet")
    with open_world(tmp_path, routes=("r1", "r2", "r3")) as world:
        assert load_one(world, comma, file).rows_quarantined == 2
        assert load_one(world, comma, tmp_path / "a.parquet").rows_loaded == 1
        assert (
            load_one(
                world, comma, book(tmp_path / "a.xlsx", PORTS, [STAMP, "r3", 1.234, "2,5"])
            ).rows_loaded
            == 1
        )
        assert samples(world).sort("interface_id", "slot_start")["in_bps"].to_list() == [
            1234.5,
            1234567.0,
            0.5,
            1.234,
            1.234,
        ]
        assert samples(world).filter(interface_id="r3")["out_bps"].item() == 2.5


@pytest.mark.parametrize(("last", "swapped"), [(12, True), (14, False)])
def test_dates_that_a_program_took_for_another_month_are_refused(
    tmp_path: Path, last: int, swapped: bool
) -> None:
    """01/02/2024 became the 2nd of January, 13/02/2024 stayed a text."""
    dates = [datetime(2024, day, 2) if swapped else datetime(2024, 2, day) for day in range(1, 13)]
    more = ["13/02/2024 00:00"] if swapped else [datetime(2024, 2, 13), "14/02/2024 00:00"]
    with open_world(tmp_path) as world:
        (result,) = load(
            world,
            PAIR,
            book(tmp_path / "a.xlsx", PORTS, *([stamp, "r1", 1, 2] for stamp in [*dates, *more])),
        )
        assert ("day and month were swapped" in str(result.error)) == swapped
        assert result.rows_loaded == (0 if swapped else last)
