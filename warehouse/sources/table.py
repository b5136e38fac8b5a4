"""Table files (CSV, TSV, Parquet; plain, gzip or zstd) -> rows named stamp, series, direction,
value, value_in, value_out.
"""

from __future__ import annotations

import json
import re
import shutil
import tempfile
import weakref
from collections.abc import Callable, Mapping, Sequence
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

from warehouse.sources.columns import cells_of, renamed, require, told_apart
from warehouse.sources.dayorder import formats_of
from warehouse.sources.named import column
from warehouse.sources.rows import WITH_OFFSET, RowSpec
from warehouse.sources.spec import IN_WORDS, OUT_WORDS, VALUELESS
from warehouse.sources.textfile import (
    Shape,
    compression_of,
    encoding_of,
    interface_of,
    lines_of,
    look,
    refused,
    unpacked_within,
    write_utf8,
)
from warehouse.store.reading import OFFLINE

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
BUFFER_BYTES = 8_000_000
"""What the reader of text takes at once, four times the longest line it allows: a look at the first
lines reads no more than that.
"""
PARQUET = (".parquet", ".pq")


@dataclass(frozen=True)
class Opened:
    """What a reader says of the file behind source_row: how to parse it, and how to show a row as
    it was. `spec` is what the file was found to be: the settings themselves where they say it all.

    `first_line` is the number of the first data row; `is_text` where lines may be rejected by the
    CSV reader. `retyped` makes source_row anew with times in microseconds and numbers, for files
    whose every cell is as it should be; it is given all names of ports.
    """

    spec: RowSpec
    reading: Mapping[str, object]
    first_line: int
    raw: Callable[[Sequence[int]], Mapping[int, str]]
    is_text: bool = False
    notes: tuple[str, ...] = ()
    retyped: Callable[[Sequence[str]], None] | None = None
    cells: int = 1  # rows that a line of the file makes: of a wide table one a column

    @property
    def single(self) -> bool:
        """Whether a row holds one direction only."""
        return bool(self.reading["single"])


def open_text(connection: DuckDBPyConnection, spec: RowSpec, path: Path) -> Opened:
    text = utf8_of(connection, spec, path)
    shape = look(spec, text)
    require(spec, path, (*shape.columns, *folder_columns(path)))
    unpacked_within(spec, text)
    relation = with_folders(spec, path, text_relation(connection, spec, text, shape))
    reading = open_relation(connection, spec, path, relation)
    is_retyped = spec.layout == "long" and set(spec.columns().values()) <= set(shape.columns)
    return Opened(
        spec,
        reading,
        shape.header_lines + 1,
        partial(raw_lines, text),
        is_text=True,
        notes=shape.notes,
        retyped=partial(_retyped, connection, spec, text, shape) if is_retyped else None,
        cells=cells_of(spec, shape.columns),
    )


def utf8_of(connection: DuckDBPyConnection, spec: RowSpec, path: Path) -> Path:
    """The file itself where it is UTF-8, else a copy that is, in the database's folder for passing
    files.
    """
    encoding = encoding_of(spec, path)
    if encoding == "utf-8":
        return path
    copy = Path(tempfile.mkdtemp(prefix="transit-text-")) / f"{interface_of(path)}.csv"
    weakref.finalize(connection, shutil.rmtree, copy.parent, ignore_errors=True)
    write_utf8(path, encoding, copy)
    return copy


def folder_columns(path: Path) -> dict[str, str]:
    """Columns that the names of folders state, as in interface=p1/part-0.parquet."""
    named = (part.partition("=") for part in path.parent.parts)
    return {name: value for name, sign, value in named if sign and name and value}


def with_folders(spec: RowSpec, path: Path, relation: DuckDBPyRelation) -> DuckDBPyRelation:
    """The relation with the columns that the settings name and only the folders' names state."""
    missing = {
        name: value
        for name, value in folder_columns(path).items()
        if name in spec.columns().values() and name not in relation.columns
    }
    if not missing:
        return relation
    return relation.select(
        *(column(name) for name in relation.columns if '"' not in name),
        *(ConstantExpression(value).alias(name) for name, value in missing.items()),
    )


def _retyped(
    connection: DuckDBPyConnection,
    spec: RowSpec,
    path: Path,
    shape: Shape,
    port_names: Sequence[str],
) -> None:
    """The reader makes numbers itself, for half of what casting its texts costs; a cell that is
    none
    rejects the line.
    """
    # A stamp stays a text: the reader would drop an offset behind it without a word.
    types = {spec.in_column: "DOUBLE", spec.out_column: "DOUBLE"}
    # Each word costs a comparison a cell: one that has not been seen and changes nothing is not
    # looked for.
    needless = VALUELESS - shape.null_words - set(port_names)
    words = [word for word in spec.null_words if word not in needless]
    relation = text_relation(connection, spec, path, shape, types, words)
    open_relation(connection, spec, path, relation)


def damage_of_parquet(path: Path) -> str:
    """What keeps a file's cells from being read, by a database of its own; empty where nothing
    does.
    """
    with duckdb.connect(config=dict(OFFLINE)) as apart:
        try:
            # Every cell is looked at: names and types stand apart from the values.
            rows = apart.read_parquet(escape(str(path)))
            rows.aggregate("bit_xor(hash(columns(*)))").fetchall()
        except (duckdb.Error, UnicodeDecodeError) as error:
            return str(error).splitlines()[0]
    return ""


def open_parquet(connection: DuckDBPyConnection, spec: RowSpec, path: Path) -> Opened:
    relation, microseconds = _parquet(connection, spec, path)
    relation = with_folders(spec, path, relation)
    reading = open_relation(connection, spec, path, relation)
    if microseconds:
        reading["time_kind"] = "microseconds"
    return Opened(
        spec,
        reading,
        1,
        partial(raw_records, connection, path),
        cells=cells_of(spec, relation.columns),
    )


def open_relation(
    connection: DuckDBPyConnection, spec: RowSpec, path: Path, relation: DuckDBPyRelation
) -> dict[str, object]:
    """Makes the temporary view source_row over a relation (wide_row where it is wide); says how its
    texts are to be parsed.
    """
    names = renamed(spec, relation.columns)
    formats = formats_of(spec, path, relation)
    if spec.layout == "wide":
        relation.select(_stamp(spec).alias("stamp"), *(column(name) for name in names)).create_view(
            "wide_row", replace=True
        )
    else:
        types = dict(zip(relation.columns, map(str, relation.types), strict=True))
        given = [
            _as_given(name, types[source], source)
            for name, source in names.items()
            if name != "clock" and not (name == "stamp" and spec.clock_column)
        ]
        if spec.clock_column:
            given.append(_stamp(spec).alias("stamp"))
        absent = [
            ConstantExpression(None).cast("varchar").alias(name)
            for name in CANONICAL
            if name not in names
        ]
        relation.select(*given, *absent).create_view("source_row", replace=True)
    reading = _reading(spec, path)
    return {**reading, "time_kind": "format", "formats": formats} if formats else reading


def _stamp(spec: RowSpec) -> Expression:
    """The time of a row: one column, or a date and the time of day beside it."""
    time = column(spec.time_column)
    if not spec.clock_column:
        return time
    clock = column(spec.clock_column)
    parts = time.cast("varchar"), ConstantExpression(" "), clock.cast("varchar")
    return FunctionExpression("concat", *parts)


def _as_given(name: str, kind: str, source: str) -> Expression:
    """A column of the file under its canonical name; names of ports that are numbers or bytes
    become texts.
    """
    given = column(source)
    return (
        given.cast("varchar") if name in ("series", "direction") and kind != "VARCHAR" else given
    ).alias(name)


def _reading(spec: RowSpec, path: Path) -> dict[str, object]:
    groups = re.compile(spec.interface_pattern).groupindex
    units = {"epoch_s": 1e6, "epoch_ms": 1e3, "epoch_us": 1.0, "epoch_ns": 1e-3}
    first = spec.time_formats[0]
    if spec.first_slot is not None:
        kind = "none"
    elif first in units:
        kind = "epoch"
    elif first == "serial_days":
        kind = "serial"
    else:
        kind = "auto" if first == "auto" else "format"
    return {
        "time_kind": kind,
        "stamp_us": units.get(first, 1.0),
        "formats": list(spec.time_formats),
        "has_offset": bool(WITH_OFFSET.search(first)),
        "zone": spec.time_zone,
        # The whole name must match: `in` is not the beginning of in_errors.
        "pattern": f"^(?:{spec.interface_pattern})$" if spec.interface_pattern else "",
        "interface": "" if spec.interface_column else spec.interface or interface_of(path),
        "in_words": [word.strip().lower() for word in (*spec.in_words, *IN_WORDS)],
        "out_words": [word.strip().lower() for word in (*spec.out_words, *OUT_WORDS)],
        "interface_group": groups.get("interface", 0),
        "direction_group": groups.get("direction", 0),
        "direction": spec.direction,
        "single": bool(spec.value_column) or spec.layout == "wide",
    }


def raw_lines(path: Path, wanted: Sequence[int]) -> Mapping[int, str]:
    """Lines of a text file by number, from 1."""
    found: dict[int, str] = {}
    left = set(wanted)
    for number, line in enumerate(lines_of(path), start=1):
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


def text_relation(
    connection: DuckDBPyConnection,
    spec: RowSpec,
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
        compression=compression_of(path),
    )


def _parquet(
    connection: DuckDBPyConnection, spec: RowSpec, path: Path
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
    require(spec, path, (*relation.columns, *folder_columns(path)))
    # DuckDB gives the second column of a name another one, and says nothing.
    try:
        names = pq.read_schema(path).names
    except (OSError, ValueError, pa.ArrowException) as error:
        raise refused(
            path, f"is damaged: {str(error).splitlines()[0]}", "Fetch it or write it again."
        ) from error
    told_apart(spec, path, names)
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
