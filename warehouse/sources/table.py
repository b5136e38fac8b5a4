"""Table files (CSV, TSV, Parquet; plain, gzip or zstd) -> rows named stamp, series, direction,
value, value_in, value_out.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import partial
from glob import escape
from pathlib import Path

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from duckdb import (
    ColumnExpression,
    ConstantExpression,
    DuckDBPyConnection,
    DuckDBPyRelation,
    Expression,
    FunctionExpression,
)

from warehouse.errors import Problem, SourceError
from warehouse.sources.columns import cells_of, renamed, require, stated, told_apart
from warehouse.sources.dayorder import formats_of
from warehouse.sources.named import column
from warehouse.sources.spec import VALUELESS, SourceSpec

CANONICAL = (
    "stamp",
    "series",
    "direction",
    "value",
    "value_in",
    "value_out",
    "discontinuity",
    "uptime",
)
HEAD_BYTES = 256 * 1024
BUFFER_BYTES = 8_000_000
"""What the reader of text takes at once, four times the longest line it allows: a look at the first
lines reads no more than that.
"""
SEPARATORS = ("\t", ";", ",", "|")
PARQUET = (".parquet", ".pq")
PACKED = (".gz", ".zst")
UNREADABLY_PACKED = (".bz2", ".lz4", ".br", ".xz", ".zip", ".7z")


@dataclass(frozen=True)
class Shape:
    """What a look at a text file's beginning tells: its separator, its columns, its line count
    before the data, the null words in it.
    """

    separator: str
    columns: tuple[str, ...]
    header_lines: int
    null_words: frozenset[str] = frozenset()


@dataclass(frozen=True)
class Opened:
    """What a reader says of the file behind source_row: how to parse it, and how to show a row as
    it was.

    `first_line` is the number of the first data row; `is_text` where lines may be rejected by the
    CSV reader. `retyped` makes source_row anew with times in microseconds and numbers, for files
    whose every cell is as it should be; it is given all names of ports.
    """

    reading: Mapping[str, object]
    first_line: int
    raw: Callable[[Sequence[int]], Mapping[int, str]]
    is_text: bool = False
    notes: tuple[str, ...] = ()
    retyped: Callable[[Sequence[str]], None] | None = None
    cells: int = 1  # rows that a line of the file makes: of a wide table one a column
    spec: SourceSpec | None = (
        None  # what the file was found to be, where that is more than the settings say
    )

    @property
    def single(self) -> bool:
        """Whether a row holds one direction only."""
        return bool(self.reading["single"])


def open_text(connection: DuckDBPyConnection, spec: SourceSpec, path: Path) -> Opened:
    shape = look(spec, path)
    require(spec, path, shape.columns)
    unpacked_within(spec, path)
    reading = open_relation(connection, spec, path, text_relation(connection, spec, path, shape))
    retyped = partial(_retyped, connection, spec, path, shape) if spec.layout == "long" else None
    return Opened(
        reading,
        shape.header_lines + 1,
        partial(raw_lines, path),
        is_text=True,
        retyped=retyped,
        cells=cells_of(spec, shape.columns),
    )


def _retyped(
    connection: DuckDBPyConnection,
    spec: SourceSpec,
    path: Path,
    shape: Shape,
    port_names: Sequence[str],
) -> None:
    """The reader makes times and numbers itself, for half of what casting its texts costs; a cell
    that is neither rejects the line.
    """
    types = {spec.time_column: "TIMESTAMP", spec.in_column: "DOUBLE", spec.out_column: "DOUBLE"}
    # Each word costs a comparison a cell: one that has not been seen and changes nothing is not
    # looked for.
    needless = VALUELESS - shape.null_words - set(port_names)
    words = [word for word in spec.null_words if word not in needless]
    relation = text_relation(connection, spec, path, shape, types, words)
    open_relation(connection, spec, path, _with_microseconds(spec, relation))


def _with_microseconds(spec: SourceSpec, relation: DuckDBPyRelation) -> DuckDBPyRelation:
    others = [column(name) for name in stated(spec).values() if name != spec.time_column]
    return relation.select(
        FunctionExpression("epoch_us", column(spec.time_column)).alias(spec.time_column), *others
    )


def open_parquet(connection: DuckDBPyConnection, spec: SourceSpec, path: Path) -> Opened:
    relation, microseconds = _parquet(connection, spec, path)
    reading = open_relation(connection, spec, path, relation)
    if microseconds:
        reading["time_kind"] = "microseconds"
    return Opened(
        reading, 1, partial(raw_records, connection, path), cells=cells_of(spec, relation.columns)
    )


def open_relation(
    connection: DuckDBPyConnection, spec: SourceSpec, path: Path, relation: DuckDBPyRelation
) -> dict[str, object]:
    """Makes the temporary view source_row over a relation (wide_row where it is wide); says how its
    texts are to be parsed.
    """
    names = renamed(spec, relation.columns)
    formats = formats_of(spec, path, relation)
    if spec.layout == "wide":
        time = column(spec.time_column).alias("stamp")
        relation.select(time, *(column(name) for name in names)).create_view(
            "wide_row", replace=True
        )
    else:
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        given = [_as_given(name, types[source], source) for name, source in names.items()]
        absent = [
            ConstantExpression(None).cast("varchar").alias(name)
            for name in CANONICAL
            if name not in names
        ]
        relation.select(*given, *absent).create_view("source_row", replace=True)
    reading = _reading(spec, path)
    return {**reading, "time_kind": "format", "formats": formats} if formats else reading


def _as_given(name: str, kind: str, source: str) -> Expression:
    """A column of the file under its canonical name; names of ports that are numbers or bytes
    become texts.
    """
    given = column(source)
    return (
        given.cast("varchar") if name in ("series", "direction") and kind != "VARCHAR" else given
    ).alias(name)


def _reading(spec: SourceSpec, path: Path) -> dict[str, object]:
    groups = re.compile(spec.interface_pattern).groupindex
    units = {"epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0}
    first = spec.time_formats[0]
    if spec.first_slot is not None:
        kind = "none"
    elif first in units:
        kind = "epoch"
    else:
        kind = "auto" if first == "auto" else "format"
    return {
        "time_kind": kind,
        "stamp_us": units.get(first, 1.0),
        "formats": list(spec.time_formats),
        "zone": spec.time_zone,
        "pattern": spec.interface_pattern,
        "interface": "" if spec.interface_column else spec.interface or path.name.split(".")[0],
        "interface_group": groups.get("interface", 0),
        "direction_group": groups.get("direction", 0),
        "direction": spec.direction,
        "single": bool(spec.value_column) or spec.layout == "wide",
    }


def look(spec: SourceSpec, path: Path) -> Shape:
    """Reads the header. Raises SourceError for an empty file, one that is not UTF-8, and one with
    too many columns.
    """
    head = read_head(path)
    if not head.strip():
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    if b"\x00" in head:
        raise refused(
            path,
            "is not a text file (it contains zero bytes)",
            "Export it as UTF-8 CSV or Parquet.",
        )
    try:
        text = decode(head)
    except UnicodeDecodeError as error:
        raise refused(
            path,
            f"is not UTF-8: byte {error.start + 1} is 0x{head[error.start]:02x}",
            "Save it as UTF-8.",
        ) from error
    lines = text.splitlines()
    first = next((line for line in lines if line.strip()), None)
    if first is None:
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    separator = spec.separator or max(
        SEPARATORS, key=lambda mark: (first.count(mark), -SEPARATORS.index(mark))
    )
    if spec.decimal_comma and separator == ",":
        separator = ";"
    cells = next(csv.reader([first], delimiter=separator))
    if len(cells) > spec.max_columns:
        raise refused(
            path,
            f"has {len(cells)} columns, more than the limit of {spec.max_columns}",
            "Raise max_columns if that is right.",
        )
    words = frozenset(re.split(f"[{re.escape(separator)}\r\n]", text)) & VALUELESS
    if not spec.header:
        return Shape(
            separator, tuple(f"column_{place}" for place in range(1, len(cells) + 1)), 0, words
        )
    return Shape(separator, tuple(cell.strip() for cell in cells), lines.index(first) + 1, words)


def unpacked_within(spec: SourceSpec, path: Path) -> None:
    """Raises SourceError where a packed file is larger inside than the limit for files, or packed
    otherwise than with gzip or zstd.
    """
    if path.suffix.lower() in UNREADABLY_PACKED:
        raise refused(
            path,
            "is packed, and neither with gzip nor with zstd",
            "Unpack it, or pack it as .gz or .zst.",
        )
    if path.suffix.lower() not in PACKED:
        return
    size = 0
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            while block := stream.read(1 << 22):
                size += len(block)
                if size > spec.max_file_bytes:
                    raise refused(
                        path,
                        f"holds more than the limit of {spec.max_file_bytes} bytes once unpacked",
                        "Split it, or raise max_file_bytes.",
                    )
    except (OSError, pa.ArrowInvalid) as error:
        raise refused(path, f"can't be unpacked: {error}", "Check that it is whole.") from error


def read_head(path: Path) -> bytes:
    """The file's first bytes, unpacked."""
    try:
        with pa.input_stream(str(path), compression="detect") as stream:
            return bytes(stream.read(HEAD_BYTES))
    except (OSError, pa.ArrowInvalid) as error:
        raise refused(
            path, f"can't be read: {error}", "Check that it is whole and readable."
        ) from error


def decode(head: bytes) -> str:
    """UTF-8 text without its byte order mark; a character cut off by the end of `head` is left out."""
    try:
        return head.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        if len(head) == HEAD_BYTES and error.start >= len(head) - 3:
            return head[: error.start].decode("utf-8-sig")
        raise


def raw_lines(path: Path, wanted: Sequence[int]) -> Mapping[int, str]:
    """Lines of a text file by number, from 1."""
    found: dict[int, str] = {}
    left = set(wanted)
    with pa.input_stream(str(path), compression="detect") as stream:
        for number, line in enumerate(_lines(stream), start=1):
            if number in left:
                found[number] = line.decode("utf-8", "replace").rstrip("\r\n")
                left.discard(number)
                if not left:
                    break
    return found


def raw_records(
    connection: DuckDBPyConnection, path: Path, wanted: Sequence[int]
) -> Mapping[int, str]:
    """Rows of a Parquet file by number, from 1, as JSON."""
    relation = connection.read_parquet(escape(str(path)), file_row_number=True)
    rows = relation.filter(
        ColumnExpression("file_row_number").isin(*(ConstantExpression(row - 1) for row in wanted))
    )
    return {
        row.pop("file_row_number") + 1: json.dumps(row, default=str, ensure_ascii=False)
        for row in rows.pl().iter_rows(named=True)
    }


def _lines(stream: pa.NativeFile) -> Iterator[bytes]:
    rest = b""
    while block := stream.read(1 << 22):
        parts = (rest + block).split(b"\n")
        rest = parts.pop()
        yield from parts
    if rest:
        yield rest


def text_relation(
    connection: DuckDBPyConnection,
    spec: SourceSpec,
    path: Path,
    shape: Shape,
    types: Mapping[str, str] | None = None,
    null_words: Sequence[str] | None = None,
) -> DuckDBPyRelation:
    """The rows of a text file, every cell a text but in the columns with `types`; `null_words`
    instead of the settings'.
    """
    unique = told_apart(spec, path, shape.columns)
    return connection.read_csv(
        escape(str(path)),
        sep=shape.separator,
        header=False,
        skiprows=shape.header_lines,
        auto_detect=False,
        columns={name: (types or {}).get(name, "VARCHAR") for name in unique},
        quotechar='"',
        escapechar='"',
        na_values=list(spec.null_words if null_words is None else null_words),
        store_rejects=True,
        buffer_size=BUFFER_BYTES,
    )


def _parquet(
    connection: DuckDBPyConnection, spec: SourceSpec, path: Path
) -> tuple[DuckDBPyRelation, bool]:
    """The file's rows, and whether its times were turned into microseconds."""
    try:
        relation = connection.read_parquet(escape(str(path)))
    except duckdb.Error as error:
        raise refused(
            path,
            f"is not a Parquet file that can be read: {str(error).splitlines()[0]}",
            "Write it again.",
        ) from error
    if len(relation.columns) > spec.max_columns:
        raise refused(
            path,
            f"has {len(relation.columns)} columns, more than the limit of {spec.max_columns}",
            "Raise max_columns if that is right.",
        )
    require(spec, path, tuple(relation.columns))
    # DuckDB gives the second column of a name another one, and says nothing.
    told_apart(spec, path, pq.read_schema(path).names)
    if "file_row_number" in map(str.casefold, relation.columns):
        raise refused(
            path,
            "has a column file_row_number, a name that is needed to find rows again",
            "Write it without that column, or under another name.",
        )
    if spec.first_slot is not None:
        return relation, False
    kind = str(relation.types[relation.columns.index(spec.time_column)])
    if not kind.startswith(("TIMESTAMP", "DATE")):
        if kind != "VARCHAR" and spec.time_format == "auto":
            raise refused(
                path,
                f"column {spec.time_column} holds numbers ({kind}), not times",
                "Give time_format: epoch_s, epoch_ms or epoch_us.",
            )
        return relation, False
    time = column(spec.time_column)
    if kind != "TIMESTAMP WITH TIME ZONE":
        time = (
            FunctionExpression(
                "timezone", ConstantExpression(spec.time_zone), time.cast("timestamp")
            )
            if spec.time_zone != "UTC"
            else time.cast("timestamp")
        )
    others = [
        column(name) for name in relation.columns if name != spec.time_column and '"' not in name
    ]
    return relation.select(
        FunctionExpression("epoch_us", time).alias(spec.time_column), *others
    ), True


def refused(path: Path, what: str, remedy: str) -> SourceError:
    """The error of a file that can't be read as a whole."""
    return SourceError("a file can't be read", [Problem(str(path), what)], remedy)
