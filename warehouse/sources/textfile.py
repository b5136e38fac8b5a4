"""The bytes of a text file as UTF-8 text: packed files, other encodings, and what stands before the
header.
"""

from __future__ import annotations

import codecs
import csv
import re
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pyarrow as pa

from warehouse.errors import Problem, SourceError
from warehouse.sources.rows import RowSpec
from warehouse.sources.spec import VALUELESS, SampleSpec

HEAD_BYTES = 256 * 1024
HEADER_LINES = 60
"""So far below the beginning a header is looked for that holds every column of the settings."""
SEPARATORS = ("\t", ";", ",", "|")
GZIP = (".gz",)
PACKED = (*GZIP, ".zst")
UNREADABLY_PACKED = (".bz2", ".lz4", ".br", ".xz", ".zip", ".7z")
ENDINGS = frozenset(
    [
        ".csv",
        ".tsv",
        ".txt",
        ".log",
        ".json",
        ".jsonl",
        ".ndjson",
        ".parquet",
        ".pq",
        ".xlsx",
        ".xlsm",
        ".xlsb",
        ".ods",
        ".xls",
        ".rrd",
        ".xml",
        ".dat",
        ".tab",
        ".prn",
        ".out",
    ]
)
UTF_16 = (codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE)
SEPARATOR_LINE = re.compile(r"\ufeff?\"?sep=(.)\"?\s*", re.IGNORECASE)
BLOCK = 1 << 22


@dataclass(frozen=True)
class Shape:
    """What a look at a text file's beginning tells: its separator, its columns, its line count
    before the data, the null words in it, and remarks on what was passed over.
    """

    separator: str
    columns: tuple[str, ...]
    header_lines: int
    null_words: frozenset[str] = frozenset()
    notes: tuple[str, ...] = ()


def interface_of(path: Path) -> str:
    """The name of a file without its endings; dots within the name are kept."""
    name = path.name
    for endings in (PACKED, ENDINGS):
        stem, dot, ending = name.rpartition(".")
        if stem and dot + ending.lower() in endings:
            name = stem
    return name


def compression_of(path: Path) -> Literal["none", "gzip", "zstd"]:
    """Name of the compression as DuckDB and Arrow call it, by the ending; "none" for plain
    files.
    """
    ending = path.suffix.lower()
    return "gzip" if ending in GZIP else "zstd" if ending == ".zst" else "none"


def open_bytes(path: Path) -> pa.NativeFile:
    """The file's bytes, unpacked. Raises OSError and pa.ArrowInvalid."""
    packing = compression_of(path)
    return pa.input_stream(str(path), compression=None if packing == "none" else packing)


def read_head(path: Path) -> bytes:
    """The file's first bytes, unpacked."""
    try:
        with open_bytes(path) as stream:
            return bytes(stream.read(HEAD_BYTES))
    except (OSError, pa.ArrowInvalid) as error:
        raise refused(
            path, f"can't be read: {error}", "Check that it is whole and readable."
        ) from error


def unpacked_within(spec: SampleSpec, path: Path) -> None:
    """Raises SourceError where a packed file is larger inside than the limit for files."""
    if path.suffix.lower() not in PACKED:
        return
    size = 0
    try:
        with open_bytes(path) as stream:
            while block := stream.read(BLOCK):
                size += len(block)
                if size > spec.max_file_bytes:
                    raise refused(
                        path,
                        f"holds more than the limit of {spec.max_file_bytes} bytes once unpacked",
                        "Split it, or raise max_file_bytes.",
                    )
    except (OSError, pa.ArrowInvalid) as error:
        raise refused(path, f"can't be unpacked: {error}", "Check that it is whole.") from error


def encoding_of(spec: RowSpec, path: Path) -> str:
    """The stated encoding, else what a byte order mark says, else UTF-8."""
    if spec.encoding:
        return spec.encoding
    return "utf-16" if read_head(path).startswith(UTF_16) else "utf-8"


def write_utf8(path: Path, encoding: str, copy: Path) -> None:
    """A copy of the file, unpacked, in UTF-8. Raises SourceError where a byte does not belong to
    the
    encoding.
    """
    decoder = codecs.getincrementaldecoder(encoding)()
    done = 0
    try:
        with open_bytes(path) as stream, copy.open("w", encoding="utf-8", newline="") as out:
            while block := stream.read(BLOCK):
                out.write(decoder.decode(bytes(block)))
                done += len(block)
            out.write(decoder.decode(b"", final=True))
    except UnicodeDecodeError as error:
        raise refused(
            path,
            f"is not {encoding}: byte {done + error.start + 1} is "
            f"0x{error.object[error.start]:02x}",
            "State its encoding.",
        ) from error


def look(spec: RowSpec, path: Path) -> Shape:
    """Reads the header. Raises SourceError for an empty file, one that is not UTF-8, and one with
    too many columns.

    Where the first line lacks a column of the settings and a later one has them all, that one is
    the header, as in exports with a title; a line such as sep=; names the separator.
    """
    head = read_head(path)
    _refuse_other_kinds(path, head)
    try:
        text = decode(head)
    except UnicodeDecodeError as error:
        raise refused(
            path,
            f"is not UTF-8: byte {error.start + 1} is 0x{head[error.start]:02x}",
            "Save it as UTF-8, or state its encoding.",
        ) from error
    lines = text.splitlines()
    start = min(spec.skip_lines, len(lines))
    while start < len(lines) and _is_passed_over(spec, lines[start]):
        start += 1
    separator = spec.separator
    if start < len(lines) and (named := SEPARATOR_LINE.fullmatch(lines[start])):
        separator = separator or named.group(1)
        start += 1
        while start < len(lines) and _is_passed_over(spec, lines[start]):
            start += 1
    if start == len(lines):
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    notes: tuple[str, ...] = ()
    if spec.header:
        header = _header(spec, lines, start, separator)
        if header > start:
            notes = (f"{header} lines before the header were not read",)
            start = header
    separator = _separator(spec, lines[start], separator)
    cells = next(csv.reader([lines[start]], delimiter=separator))
    if len(cells) > spec.max_columns:
        raise refused(
            path,
            f"has {len(cells)} columns, more than the limit of {spec.max_columns}",
            "Raise max_columns if that is right.",
        )
    words = frozenset(re.split(f"[{re.escape(separator)}\r\n]", text)) & VALUELESS
    if not spec.header:
        names = tuple(f"column_{place}" for place in range(1, len(cells) + 1))
        return Shape(separator, names, start, words, notes)
    names = _matched_to_rows(lines[start + 1 :], [cell.strip() for cell in cells], separator)
    return Shape(separator, names, start + 1, words, notes)


def decode(head: bytes) -> str:
    """UTF-8 text without its byte order mark; a character cut off by the end of `head` is left
    out.
    """
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(head) == HEAD_BYTES and error.start >= len(head) - 3:
            return head[: error.start].decode("utf-8-sig")
        raise


def lines_of(path: Path) -> Iterator[bytes]:
    """Lines of a text file, unpacked, without their line ends."""
    with open_bytes(path) as stream:
        rest = b""
        while block := stream.read(BLOCK):
            parts = (rest + block).split(b"\n")
            rest = parts.pop()
            yield from parts
        if rest:
            yield rest


def refused(path: Path, what: str, remedy: str) -> SourceError:
    """The error of a file that can't be read as a whole."""
    return SourceError("a file can't be read", [Problem(str(path), what)], remedy)


def _refuse_other_kinds(path: Path, head: bytes) -> None:
    if head.startswith(b"PK\x03\x04"):
        raise refused(path, "is a zip archive", "Unpack it.")
    if path.suffix.lower() in UNREADABLY_PACKED:
        raise refused(
            path,
            "is packed, and neither with gzip nor with zstd",
            "Unpack it, or pack it as .gz or .zst.",
        )
    if not head.strip():
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    if b"\x00" in head:
        raise refused(
            path,
            "is not a text file (it contains zero bytes)",
            "Export it as UTF-8 CSV or Parquet.",
        )


def _is_passed_over(spec: RowSpec, line: str) -> bool:
    return not line.strip() or bool(spec.comment and line.lstrip().startswith(spec.comment))


def _separator(spec: RowSpec, line: str, named: str) -> str:
    separator = named or max(
        SEPARATORS, key=lambda mark: (line.count(mark), -SEPARATORS.index(mark))
    )
    return ";" if spec.decimal_comma and separator == "," else separator


def _header(spec: RowSpec, lines: list[str], start: int, named: str) -> int:
    """Place of the first line that holds every column of the settings; `start` where none does."""
    needed = {name for name in spec.columns().values() if name}
    if spec.layout == "wide":
        needed = {spec.time_column}
    for place in range(start, min(len(lines), start + HEADER_LINES)):
        cells = next(csv.reader([lines[place]], delimiter=_separator(spec, lines[place], named)))
        if needed and needed <= {cell.strip() for cell in cells} and len(cells) > 1:
            return place
    return start


def _matched_to_rows(rows: list[str], names: list[str], separator: str) -> tuple[str, ...]:
    """The header's names as the rows below need them: one delimiter too many at the end of either
    makes a column without a name.
    """
    row = next((line for line in rows if line.strip()), None)
    cells = next(csv.reader([row], delimiter=separator)) if row else names
    if len(names) == len(cells) + 1 and not names[-1]:
        return tuple(names[:-1])
    if len(cells) == len(names) + 1 and not cells[-1].strip():
        return (*names, "")
    return tuple(names)
