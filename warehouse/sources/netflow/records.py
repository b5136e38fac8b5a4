"""Flow records of nfdump (text, CSV, JSON), pmacct, goflow2, Akvorado and SiLK (JSON lines, CSV) ->
one plain record each, whatever its field names.
"""

from __future__ import annotations

import csv
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from zoneinfo import ZoneInfo

from warehouse.errors import Problem, SourceError
from warehouse.sources.textfile import open_bytes, read_head, refused

FIELDS: Mapping[str, tuple[str, ...]] = {
    "start": (
        *("timestamp_start", "first", "ts", "firstseen", "timestamp_min", "stamp_inserted"),
        *("time_flow_start_ns", "time_received_ns", "time_received", "timereceived", "stime"),
    ),
    "end": (
        *("timestamp_end", "last", "te", "lastseen", "timestamp_max"),
        *("time_flow_end_ns", "etime"),
    ),
    "duration": ("duration", "dur", "td"),
    "src": (
        *("ip_src", "src_ip", "src4_addr", "src6_addr", "src addr", "sa", "srcaddr"),
        *("src_addr", "sip"),
    ),
    "dst": (
        *("ip_dst", "dst_ip", "dst4_addr", "dst6_addr", "dst addr", "da", "dstaddr"),
        *("dst_addr", "dip"),
    ),
    "src_as": ("as_src", "src_as", "src as", "sas", "srcas"),
    "dst_as": ("as_dst", "dst_as", "dst as", "das", "dstas"),
    "octets": ("bytes", "in_bytes", "in bytes", "ibyt", "inbytes"),
    "sampling": ("sampling_rate", "sampling", "sampler interval", "samplingrate"),
}
MAX_LINE = 1 << 20
MOST = 1e19
"""Above every count of bytes and of nanoseconds since 1970."""
DAY_SECONDS = 86_400
NO_END = re.compile(r"0000-00-00|1970-01-01|0+(\.0*)?$")
"""How exporters write that a flow has no end."""
IPV4_IN_IPV6 = "::ffff:"
AMOUNT = re.compile(r"([0-9.]+) ?([kKMGT])")
PREFIXES = {"K": 1e3, "M": 1e6, "G": 1e9, "T": 1e12}
EPOCH_SCALES = ((1e17, 1e9), (1e14, 1e6), (1e11, 1e3))
"""Nanoseconds, microseconds and milliseconds since 1970, by size."""
LAST_SECOND = 1 << 33


@dataclass(frozen=True)
class Record:
    """A flow: epoch seconds, addresses and AS numbers as texts, octets; a sampling rate of -1 can't
    be read. `fault` names what else can't, and its text.
    """

    start: float
    end: float
    src: str
    dst: str
    src_as: str
    dst_as: str
    octets: float
    sampling: int
    fault: tuple[str, str] | None
    raw: str


def records(path: Path, zone: str) -> Iterator[Record]:
    """Every record of the file, in its order. Raises SourceError where the file is none of the
    formats.
    """
    head = read_head(path).lstrip(b"\xef\xbb\xbf \t\r\n")
    if head.startswith(b"["):
        found = _array(path)
    elif head.startswith(b"{"):
        found = _json_lines(path)
    elif head.startswith(b"Flow Record:"):
        found = _blocks(path)
    else:
        found = _table(path)
    clock = ZoneInfo(zone)
    for fields, raw in found:
        yield _record(fields, raw, clock)


def _lines(path: Path) -> Iterator[str]:
    with open_bytes(path) as stream:
        rest = b""
        while block := stream.read(1 << 20):
            parts = (rest + block).split(b"\n")
            rest = parts.pop()
            if len(rest) > MAX_LINE:
                raise refused(
                    path, f"has a line longer than {MAX_LINE} bytes", "Export one record a line."
                )
            for part in parts:
                yield part.decode("utf-8", "replace").rstrip("\r")
        if rest:
            yield rest.decode("utf-8", "replace").rstrip("\r")


def _array(path: Path) -> Iterator[tuple[Mapping[str, object] | None, str]]:
    try:
        found = json.loads("\n".join(_lines(path)))
    except (ValueError, RecursionError) as error:
        raise refused(
            path, f"is not JSON that can be read: {error}", "Export it again; it may be cut off."
        ) from error
    for item in found:
        yield (item if isinstance(item, dict) else None), json.dumps(item, ensure_ascii=False)


def _json_lines(path: Path) -> Iterator[tuple[Mapping[str, object] | None, str]]:
    for line in _lines(path):
        if not line.strip():
            continue
        try:
            item = json.loads(line)
        except (ValueError, RecursionError):
            item = None
        yield (item if isinstance(item, dict) else None), line


def _blocks(path: Path) -> Iterator[tuple[Mapping[str, object] | None, str]]:
    """nfdump -o raw: a block of `name = value` lines a record. A block without times is the
    exporter's, not a flow's.
    """
    block: dict[str, object] = {}
    for line in (*_lines(path), "Flow Record:"):
        if line.startswith("Flow Record:"):
            if block:
                yield block, "; ".join(f"{name} = {value}" for name, value in block.items())
            block = {}
            continue
        name, mark, value = line.partition("=")
        if mark and len(block) < 1000:
            words = value.split()
            block[name.strip()] = words[0] if words else ""


def _table(path: Path) -> Iterator[tuple[Mapping[str, object] | None, str]]:
    lines = _lines(path)
    names = [
        name.strip().lower()
        for name in next((line for line in lines if line.strip()), "").split(",")
    ]
    if not any(alias in names for alias in FIELDS["start"]) or not any(
        alias in names for alias in FIELDS["octets"]
    ):
        raise refused(
            path,
            "is not a known flow export: nfdump text, CSV or JSON; pmacct, goflow2 or "
            "Akvorado JSON "
            "lines or CSV; SiLK CSV",
            "Export it with a header: nfdump -o csv, -o json or -o raw, or pmacct's JSON output.",
        )
    known = {alias for aliases in FIELDS.values() for alias in aliases}
    doubled = sorted({name for name in names if name in known and names.count(name) > 1})
    if doubled:
        raise SourceError(
            "columns can't be told apart",
            [Problem(str(path), f"column {name} appears twice") for name in doubled],
            "Export each field once.",
        )
    for line in lines:
        if line.strip() == "Summary":
            return
        if not line.strip():
            continue
        try:
            cells = next(csv.reader([line]))
        except csv.Error:
            cells = []
        yield (dict(zip(names, cells, strict=False)) if len(cells) >= len(names) else None), line


def _record(fields: Mapping[str, object] | None, raw: str, zone: ZoneInfo) -> Record:
    if fields is None:
        return Record(
            0,
            0,
            "",
            "",
            "",
            "",
            0,
            1,
            ("stamp", "of a record that can't be split into fields"),
            raw,
        )
    texts = {}
    for name, candidates in _present(tuple(fields)).items():
        texts[name] = next(
            (str(fields[key]).strip() for key in candidates if fields[key] not in (None, "")), ""
        )
    start, octets = _time(texts["start"], zone), _number(texts["octets"])
    end = _time(texts["end"], zone) if texts["end"] else None
    if end is None and start is not None and (not texts["end"] or NO_END.match(texts["end"])):
        end = start + (_number(texts["duration"]) or 0.0)
    if end is not None and start is not None and end < DAY_SECONDS:
        end = start
    sampling = _number(texts["sampling"])
    fault = None
    if start is None or end is None or not 0 <= end - start <= DAY_SECONDS:
        # Two texts with a word between them: no reader of times takes that for a time.
        shown = f"{texts['start']} to {texts['end']}" if texts["start"] else ""
        fault = ("stamp", shown)
    elif octets is None or octets < 0:
        # Not nan as it is, which would be a word for no value.
        fault = ("value_in", texts["octets"] if octets is not None else f"bytes: {texts['octets']}")
    if sampling is None and texts["sampling"]:
        sampling = -1
    rate = max(1, int(sampling or 0)) if 0 <= (sampling or 0) < 1 << 32 else -1
    return Record(
        start or 0,
        end or 0,
        texts["src"].removeprefix(IPV4_IN_IPV6),
        texts["dst"].removeprefix(IPV4_IN_IPV6),
        texts["src_as"],
        texts["dst_as"],
        octets or 0,
        rate,
        fault,
        raw,
    )


@lru_cache(maxsize=256)
def _present(keys: tuple[str, ...]) -> Mapping[str, tuple[str, ...]]:
    """Which of a record's keys may hold each field, the likeliest first."""
    lower = {key.lower(): key for key in keys}
    return {
        name: tuple(lower[alias] for alias in aliases if alias in lower)
        for name, aliases in FIELDS.items()
    }


def _number(text: str) -> float | None:
    amount = AMOUNT.fullmatch(text)
    try:
        value = float(amount[1]) * PREFIXES[amount[2].upper()] if amount else float(text)
    except ValueError:
        return None
    return value if abs(value) < MOST else None


@lru_cache(maxsize=4096)
def _time(text: str, zone: ZoneInfo) -> float | None:
    value = _number(text)
    if value is not None:
        value /= next((scale for limit, scale in EPOCH_SCALES if value > limit), 1.0)
    else:
        try:
            stamp = datetime.fromisoformat(text.replace("/", "-"))
            value = (
                stamp.replace(tzinfo=zone) if stamp.tzinfo is None else stamp.astimezone(UTC)
            ).timestamp()
        except (ValueError, OverflowError):
            return None
    return value if 0 < value < LAST_SECOND else None
