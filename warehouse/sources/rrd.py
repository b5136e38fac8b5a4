"""RRD files and XML dumps, through the program rrdtool -> rows of every AVERAGE archive with their
own slot length.
"""

from __future__ import annotations

import math
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field
from pathlib import Path
from typing import Annotated, Literal
from xml.parsers import expat

import polars as pl
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from warehouse.errors import Problem, SourceError
from warehouse.sources.resample import even_lengths
from warehouse.sources.spec import STRICT, SampleSpec, failed
from warehouse.sources.textfile import refused

TIMEOUT_SECONDS = 300
MAX_NAME = 4096
SCHEMA = {"stamp": pl.Int64, "value_in": pl.Float64, "value_out": pl.Float64, "seconds": pl.Int64}


@settings(frozen=True, config=STRICT)
class RrdSpec(SampleSpec):
    """kind = "rrd": files of rrdtool, or their XML dumps."""

    kind: Literal["rrd"] = "rrd"
    in_column: Annotated[str, Field(description="data source of traffic in")] = ""
    out_column: Annotated[str, Field(description="data source of traffic out")] = ""

    def problems(self) -> list[tuple[str, str]]:
        named = bool(self.in_column or self.out_column)
        what = (
            "is empty, and so is out_column: name the data sources of the RRD file, such as "
            "traffic_in"
        )
        return [*super().problems(), *failed([(named, "in_column", what)])]


@dataclass
class Archive:
    """One round robin archive: what a row is made from, and its rows, the oldest first."""

    function: str = ""
    points_per_row: int = 0
    rows: list[list[str]] = field(default_factory=list)


@dataclass
class Dump:
    """What an XML dump says. `names` are the data sources in the order of a row's values."""

    step: int = 0
    last_update: int = 0
    names: list[str] = field(default_factory=list)
    archives: list[Archive] = field(default_factory=list)


def read(spec: RrdSpec, path: Path) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows `stamp` (end of the mean, epoch seconds), `value_in`, `value_out` as texts, `seconds`;
    and remarks.

    Rows before an archive's first known value are not data, only room, and are left out.
    """
    xml = _xml(path)
    dump = parse(xml, path, spec.max_rows)
    wanted = [name for name in (spec.in_column, spec.out_column) if name]
    missing = [
        Problem(str(path), f"data source {name} is missing")
        for name in wanted
        if name not in dump.names
    ]
    if missing:
        raise SourceError(
            "data sources are missing",
            missing,
            f"The file has: {', '.join(dump.names[:20])}. Fix in_column and out_column.",
        )
    means = [archive for archive in dump.archives if archive.function == "AVERAGE"]
    if not means:
        raise refused(
            path, "has no archive of averages", "Give an RRD file with an AVERAGE archive."
        )
    others = sorted({archive.function for archive in dump.archives} - {"AVERAGE"})
    notes = [f"archives of {', '.join(others)} are no means and were left out"] if others else []
    parts = [
        pl.DataFrame(list(_rows(spec, dump, archive)), schema=SCHEMA, orient="row")
        for archive in means
    ]
    frame, said = even_lengths(
        pl.concat(parts).unique(["stamp", "seconds"], keep="first", maintain_order=True)
    )
    if frame.is_empty():
        raise refused(path, "holds no known value", "Take it out of the source's files.")
    texts = [pl.col(name).cast(pl.String) for name in ("stamp", "value_in", "value_out")]
    return frame.sort("seconds", "stamp").with_columns(*texts), (*notes, *said)


def _xml(path: Path) -> bytes:
    with path.open("rb") as file:
        if file.read(5) in (b"<?xml", b"<rrd>", b"<!DOC"):
            return path.read_bytes()
    # A leading dash would be read as an option.
    command = ["rrdtool", "dump", str(path.absolute())]
    try:
        done = subprocess.run(
            command,
            capture_output=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
            stdin=subprocess.DEVNULL,
        )
    except FileNotFoundError as error:
        raise refused(
            path,
            "needs the program rrdtool, which is not installed",
            "Install rrdtool (Debian: apt install rrdtool), or give an XML dump.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise refused(
            path, f"was not read by rrdtool within {TIMEOUT_SECONDS} s", "Try `rrdtool dump` on it."
        ) from error
    if done.returncode or not done.stdout.strip():
        said = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise refused(
            path,
            f"is refused by rrdtool: {said[0] if said else f'it ended with {done.returncode}'}",
            "Give a file of RRDtool made on the same kind of machine, or its XML dump.",
        )
    return done.stdout


def parse(xml: bytes, path: Path, max_rows: int) -> Dump:
    """Reads a dump. Nothing outside the text is opened: a dump that declares entities of its own is
    refused.
    """
    dump, reader, state = Dump(), expat.ParserCreate(), _State()

    def start(tag: str, _: dict[str, str]) -> None:
        state.open.append(tag)
        state.text = ""
        if tag == "rra":
            dump.archives.append(Archive())
        elif tag == "row" and dump.archives:
            dump.archives[-1].rows.append([])
            state.rows += 1
            if state.rows > max_rows:
                raise refused(
                    path, f"has more rows than the limit of {max_rows}", "Raise max_rows."
                )

    def end(tag: str) -> None:
        text, place = state.text.strip(), state.open[-3:]
        state.open.pop()
        state.text = ""
        if place == ["rrd", "step"]:
            dump.step = int(text)
        elif place == ["rrd", "lastupdate"]:
            dump.last_update = int(text)
        elif place == ["rrd", "ds", "name"]:
            dump.names.append(text)
        elif place == ["rrd", "rra", "cf"]:
            dump.archives[-1].function = text
        elif place == ["rrd", "rra", "pdp_per_row"]:
            dump.archives[-1].points_per_row = int(text)
        elif place == ["database", "row", "v"] and dump.archives:
            dump.archives[-1].rows[-1].append(text)

    def text(part: str) -> None:
        if len(state.text) < MAX_NAME:
            state.text += part

    def entity(*_: object) -> None:
        raise refused(
            path, "declares XML entities, which no dump of rrdtool does", "Make the dump again."
        )

    reader.StartElementHandler, reader.EndElementHandler, reader.CharacterDataHandler = (
        start,
        end,
        text,
    )
    reader.EntityDeclHandler = entity
    reader.SetParamEntityParsing(expat.XML_PARAM_ENTITY_PARSING_NEVER)
    try:
        reader.Parse(xml, True)
    except (expat.ExpatError, ValueError, IndexError) as error:
        raise refused(
            path, f"is no dump of rrdtool: {error}", "Make it again with `rrdtool dump`."
        ) from error
    if not (dump.step > 0 and 0 < dump.last_update < 1 << 40 and dump.names):
        raise refused(
            path,
            "is no dump of rrdtool: step, lastupdate or data sources are missing",
            "Make it again with `rrdtool dump`.",
        )
    if (
        any(not 0 < archive.points_per_row < 1 << 24 for archive in dump.archives)
        or dump.step >= 1 << 24
    ):
        raise refused(
            path, "is no dump of rrdtool: an archive's length is out of range", "Make it again."
        )
    return dump


@dataclass
class _State:
    open: list[str] = field(default_factory=list)
    text: str = ""
    rows: int = 0


def _rows(
    spec: RrdSpec, dump: Dump, archive: Archive
) -> Iterator[tuple[int, float | None, float | None, int]]:
    """Rows from the first known value on; a row's stamp is where its mean ends."""
    seconds = dump.step * archive.points_per_row
    last = dump.last_update - dump.last_update % seconds
    places = [dump.names.index(name) if name else -1 for name in (spec.in_column, spec.out_column)]
    known = False
    for place, values in enumerate(archive.rows):
        one_in, one_out = (_number(values, place) for place in places)
        known = known or one_in is not None or one_out is not None
        if known:
            yield last - (len(archive.rows) - 1 - place) * seconds, one_in, one_out, seconds


def _number(values: list[str], place: int) -> float | None:
    if not 0 <= place < len(values):
        return None
    try:
        value = float(values[place])
    except ValueError:
        return None
    return value if math.isfinite(value) else None
