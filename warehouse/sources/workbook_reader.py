"""Reads one workbook in a process of its own, which may take so much memory and no more:
workbook_reader.py FILE OUTPUT BYTES [numbers].

A small workbook can ask for terabytes (two cells far apart are a table of all cells between them),
and the library that reads it then ends its process. Run as a program, never imported: it knows
nothing of the rest.
"""

from __future__ import annotations

import json
import re
import resource
import sys
import zipfile
import zlib
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

UNREADABLE = 3
ERRORS = {
    "Div0": "#DIV/0!",
    "NA": "#N/A",
    "Name": "#NAME?",
    "Null": "#NULL!",
    "Num": "#NUM!",
    "Ref": "#REF!",
    "Value": "#VALUE!",
}
FORMULA = re.compile(
    rb"<(?:\w+:)?c\b([^<>]*)>\s*<(?:\w+:)?f\b(?:[^<>]*/>|[^<>]*>[^<]*</(?:\w+:)?f>)\s*(<(?:\w+:)?v\s*/>|<(?:\w+:)?v>\s*</(?:\w+:)?v>)?\s*</(?:\w+:)?c>"
)
"""A cell with a formula and no value, or an empty one."""
PLACE = re.compile(rb'\br="([A-Z]+)(\d+)"')
MERGED = re.compile(rb'<(?:\w+:)?mergeCell\b[^<>]*\bref="([A-Z]+)(\d+):([A-Z]+)(\d+)"')
RELATION = "{http://schemas.openxmlformats.org/officeDocument/2006/relationships}id"


def main() -> int:
    source, output, most = sys.argv[1], sys.argv[2], int(sys.argv[3])
    resource.setrlimit(resource.RLIMIT_AS, (most, most))
    resource.setrlimit(resource.RLIMIT_CORE, (0, 0))
    import fastexcel
    import polars as pl

    try:
        reader = fastexcel.read_excel(source)
        names = reader.sheet_names
        sheets = (
            reader.load_sheet(name, header_row=None, skip_rows=0, dtypes="string") for name in names
        )
        sheet = next((sheet for sheet in sheets if sheet.visible == "visible"), None)
    except fastexcel.FastExcelError as error:
        sys.stdout.write(str(error).splitlines()[0])
        return UNREADABLE
    if sheet is None:
        sys.stdout.write("it has no sheet that is not hidden")
        return UNREADABLE
    batch, errors = sheet.to_arrow_with_errors()
    frame = pl.DataFrame(batch)
    broken: dict[int, dict[int, str]] = {}
    for cell in errors.errors if errors else ():
        row, place = cell.position
        said = re.search(r"Error\((\w+)\)", cell.detail)
        broken.setdefault(place, {})[row] = ERRORS.get(said[1] if said else "", "#ERROR")
    frame = frame.with_columns(
        frame.to_series(place).scatter(list(cells), list(cells.values()))
        for place, cells in broken.items()
    )
    header = next((row for row, cells in enumerate(frame.head(1000).iter_rows()) if any(cells)), 0)
    typed = []
    if sys.argv[4:] == ["numbers"]:
        typed = reader.load_sheet(
            sheet.name, header_row=None, skip_rows=header + 1, schema_sample_rows=None
        ).selected_columns
    try:
        formulas, merged = _unseen(source, sheet.name, header + 1)
    except (zipfile.BadZipFile, zlib.error, ElementTree.ParseError, KeyError, OSError) as error:
        sys.stdout.write(f"its package is broken ({error})")
        return UNREADABLE
    facts = {
        "sheet": sheet.name,
        "others": [name for name in names if name != sheet.name],
        "header": header,
        "numbers": [column.index for column in typed if column.dtype in ("int", "float")],
        "formulas": formulas,
        "merged": merged,
    }
    frame.write_ipc(output)
    Path(f"{output}.json").write_text(json.dumps(facts), "utf-8")
    return 0


def _unseen(
    source: str, sheet: str, header: int
) -> tuple[list[tuple[int, int, int]], list[tuple[int, int]]]:
    """What the library doesn't tell: formulas that nobody computed (column, how many, first row),
    and columns that share a header cell.
    """
    formulas: dict[int, tuple[int, int]] = {}
    merged = []
    if zipfile.is_zipfile(source):
        with zipfile.ZipFile(source) as package:
            part = _part(package, sheet)
            for piece in _pieces(package, part) if part else ():
                for cell in FORMULA.finditer(piece) if b"<f" in piece or b":f" in piece else ():
                    place = PLACE.search(cell[1])
                    if place and not (cell[2] and b't="str"' in cell[1]):
                        count, first = formulas.get(_column(place[1]), (0, int(place[2])))
                        formulas[_column(place[1])] = (count + 1, first)
                for left, top, right, bottom in (
                    MERGED.findall(piece) if b"mergeCell" in piece else ()
                ):
                    if int(top) <= header <= int(bottom) and left != right:
                        merged.append((_column(left), _column(right)))
    return [(place, *found) for place, found in sorted(formulas.items())], merged


def _part(package: zipfile.ZipFile, sheet: str) -> str | None:
    """The name of the sheet's XML in the package; None in a package that is no .xlsx."""
    if "xl/workbook.xml" not in package.namelist():
        return None
    book = ElementTree.fromstring(package.read("xl/workbook.xml"))
    number = next(
        (
            one.get(RELATION)
            for one in book.iter()
            if one.tag.endswith("}sheet") and one.get("name") == sheet
        ),
        None,
    )
    links = ElementTree.fromstring(package.read("xl/_rels/workbook.xml.rels"))
    target = next((one.get("Target", "") for one in links.iter() if one.get("Id") == number), "")
    name = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
    return name if name in package.namelist() else None


def _pieces(package: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """The XML in pieces that end with a row."""
    rest = bytearray()
    with package.open(part) as file:
        while block := file.read(1 << 22):
            new = max(0, len(rest) - len(b"</row>"))
            rest += block
            end = max(rest.rfind(b"</row>", new), rest.rfind(b":row>", new)) + 1
            if end:
                yield bytes(rest[:end])
                del rest[:end]
    yield bytes(rest)


def _column(letters: bytes) -> int:
    """The place of a column, from 0: A, B ... Z, AA."""
    place = 0
    for letter in letters:
        place = place * 26 + letter - 64
    return place - 1


if __name__ == "__main__":
    sys.exit(main())
