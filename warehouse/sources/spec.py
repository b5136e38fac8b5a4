"""How a source is to be read: every choice stated, checked once, part of a load's identity."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from warehouse.errors import Problem, SettingsError

Kind = Literal["table", "counters", "mrtg", "rrd", "zabbix", "flows", "prometheus", "itu"]
Layout = Literal["long", "wide"]
Stamp = Literal["start", "end"]
Negative = Literal["refuse", "amount"]
Zeros = Literal["value", "gap"]

KINDS: tuple[str, ...] = (
    "table",
    "counters",
    "mrtg",
    "rrd",
    "zabbix",
    "flows",
    "prometheus",
    "itu",
)
LOGS = ("mrtg", "rrd")
"""Kinds whose files hold means of several lengths."""
COUNTER_BITS = (32, 64)
BITS_PER_UNIT: Mapping[str, float] = {
    "bps": 1.0,
    "kbps": 1e3,
    "mbps": 1e6,
    "gbps": 1e9,
    "tbps": 1e12,
    "bytes_per_s": 8.0,
    "kbytes_per_s": 8e3,
    "mbytes_per_s": 8e6,
    "bits_per_slot": 1.0,
    "bytes_per_slot": 8.0,
}
"""Bits in one unit; the units per slot are divided by the length of the slot as well."""
CELL_UNITS: Mapping[str, float] = {
    prefix + name: factor * bits
    for prefix, factor in {
        "": 1.0,
        "k": 1e3,
        "K": 1e3,
        "M": 1e6,
        "G": 1e9,
        "T": 1e12,
        "Ki": 1024.0,
        "Mi": 1024.0**2,
        "Gi": 1024.0**3,
        "Ti": 1024.0**4,
    }.items()
    for name, bits in {
        "b/s": 1.0,
        "bps": 1.0,
        "bit/s": 1.0,
        "bits/s": 1.0,
        "B/s": 8.0,
        "Bps": 8.0,
        "byte/s": 8.0,
        "bytes/s": 8.0,
    }.items()
}
"""Bits per second in a unit as it is written in a cell; b is a bit and B a byte."""
NOT_READING = (
    "files",
    "url",
    "since",
    "page_days",
    "again_minutes",
    "timeout_seconds",
    "tries",
    "user",
    "token_file",
    "password_file",
    "ca_file",
    "max_workbook_bytes",
    "max_answer_bytes",
)
"""Settings that say where things are found and how much may be used, not how they are read."""
MAX_POINTS = 10_990
"""A server of Prometheus refuses more than 11,000 points a series."""
COUNTRY_UNITS = ("bps", "kbps")
NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!]|P=|\()|(?<!\\)(?:\\\\)*\\[1-9]")
"""Parts of a regular expression that Python takes and DuckDB does not."""
TIME_FORMATS = ("auto", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "serial_days")
IN_WORDS = ("in", "rx", "ingress", "input", "inbound", "received", "receive")
OUT_WORDS = ("out", "tx", "egress", "output", "outbound", "sent", "transmit")
ENCODINGS = ("utf-8", "utf-16", "windows-1251", "windows-1252", "koi8-r", "latin-1")
WITH_OFFSET = re.compile(r"(?<!%)(?:%%)*%[zZ]")
"""Formats whose stamps carry their own offset or zone."""
NULL_WORDS = ("", "NaN", "nan", "NAN", "null", "NULL", "None", "-", "N/A", "n/a", "NA", "U")
VALUELESS = frozenset(NULL_WORDS[1:])
"""Null words of which no reader makes a time or a number that counts, whether it looks for them or
not.
"""
SLOT_MINUTES = (1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440)
"""Slot lengths that divide a day."""


@dataclass(frozen=True)
class SourceSpec:
    """A source's files and how their rows become samples.

    long: one row per interface and time, with `in_column` and `out_column`, or with `value_column`
          and a direction
    (`direction_column`, `direction`, or a group of `interface_pattern`).
    wide: one row per time, one column per interface and direction, named as `interface_pattern`
          says.
    The interface comes from `interface_column`, from `interface`, or from the file's name without
    endings. `interface_pattern` is a regular expression with the group `interface` and perhaps
    `direction`. `time_format` is auto, epoch_s, epoch_ms, epoch_us, or a strptime format; several
    are tried in turn. kind counters: `in_column` and `out_column` hold octet counters of
    `counter_bits`;
                   `discontinuity_column` changes and
    `uptime_column` (seconds) falls when the device restarted. kind mrtg: a log of MRTG, bytes per
    second, newest first. `first_slot` stands for the time column of files that have one value a
    line and no times. What each kind asks for is told, with an example, in README.md beside this
    module.
    """

    name: str
    files: tuple[str, ...] = ()
    kind: Kind = "table"
    layout: Layout = "long"
    time_column: str = "time"
    time_format: str | tuple[str, ...] = "auto"
    time_zone: str = "UTC"
    first_slot: datetime | None = None
    unit: str = "bps"
    in_column: str = ""
    out_column: str = ""
    value_column: str = ""
    direction_column: str = ""
    direction: str = ""
    interface_column: str = ""
    interface: str = ""
    interface_pattern: str = ""
    swap_directions: bool = False
    counter_bits: int = 64
    discontinuity_column: str = ""
    uptime_column: str = ""
    in_words: tuple[str, ...] = IN_WORDS
    out_words: tuple[str, ...] = OUT_WORDS
    clock_column: str = ""  # the time of day, where time_column holds the date alone
    header: bool = True
    skip_lines: int = 0  # lines before the header, or before the first row where there is none
    comment: str = ""  # lines that begin with it are not read
    encoding: str = ""  # of text files; empty: UTF-8, or what a byte order mark says
    separator: str = ""
    decimal_comma: bool = False
    thousands: str = ""  # the sign between groups of three digits
    negative: Negative = "refuse"  # "amount": a direction drawn below zero
    zeros: Zeros = "value"  # "gap": a zero says that nothing was measured
    null_words: tuple[str, ...] = NULL_WORDS
    slot_minutes: int | None = None
    stamp: Stamp = "start"
    simulated: bool = False
    priority: int = 1
    max_file_bytes: int = 64 * 1024**3
    max_rows: int = 2_000_000_000
    max_columns: int = 5_000
    max_workbook_bytes: int = 4 * 1024**3  # memory that reading one workbook may take
    max_answer_bytes: int = (
        256 * 1024**2
    )  # prometheus: one answer, unpacked; reading it takes up to 25 times as much
    day_first: bool | None = (
        None  # 31/12/2025 (true) or 12/31/2025 (false); None: as the whole column tells
    )
    items: Mapping[str, str] = field(
        default_factory=dict
    )  # zabbix: itemid -> interface and direction, "ALA-FRA in"
    map_file: str = ""  # flows: CSV of interface_id, a, z: prefixes or AS numbers at either end
    sampling_rate: int = 0  # flows: one packet in so many was seen; 0: as each record says, else 1
    url: str = ""  # prometheus: address of the server, without user or password
    in_query: str = ""  # prometheus: bit/s in, such as rate(ifHCInOctets[5m]) * 8
    out_query: str = ""
    label: str = ""  # prometheus: the interface's name from labels, such as {instance} {ifName}
    since: datetime | None = None  # prometheus: the first time ever asked for
    page_days: float = 7.0  # prometheus: how much is asked for, and kept, at once
    again_minutes: int = 60  # prometheus: how far back known slots are asked for once more
    timeout_seconds: float = 60.0
    tries: int = 4
    user: str = ""
    token_file: str = ""  # prometheus: file with a bearer token
    password_file: str = ""
    ca_file: str = ""  # prometheus: certificates to trust instead of the system's
    population_file: str = ""  # itu: CSV of country, area (ISO 3166 alpha-3), year, population
    per_inhabitant_unit: str = ""  # itu: bps or kbps, where the file's own header is wrong

    def __post_init__(self) -> None:
        problems = [
            Problem(f"{self.name or 'source'}.{where}", what) for where, what in _problems(self)
        ]
        if problems:
            raise SettingsError(
                f"source {self.name or '(no name)'} can't be read as described",
                problems,
                "Fix its [[source]] entry in transit.toml.",
            )

    @property
    def time_formats(self) -> tuple[str, ...]:
        return (self.time_format,) if isinstance(self.time_format, str) else tuple(self.time_format)

    @property
    def per_slot(self) -> bool:
        return self.unit.endswith("_per_slot")

    @property
    def bits_per_unit(self) -> float:
        return BITS_PER_UNIT[self.unit]

    def fingerprint(self) -> str:
        """Changes when a file would be read differently; not with where files are looked for."""
        choices = {key: value for key, value in asdict(self).items() if key not in NOT_READING}
        for name in (self.map_file, self.population_file):
            path = Path(name or "/")
            choices[f"content of {name}"] = (
                hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
            )
        return hashlib.sha256(json.dumps(choices, sort_keys=True, default=str).encode()).hexdigest()


def _problems(spec: SourceSpec) -> list[tuple[str, str]]:
    found: list[tuple[str, str]] = []

    def need(condition: bool, where: str, what: str) -> None:
        if not condition:
            found.append((where, what))

    need(bool(spec.name), "name", "is empty")
    need(spec.kind in KINDS, "kind", f"is {spec.kind!r}; choose from {', '.join(KINDS)}")
    need(spec.layout in ("long", "wide"), "layout", f"is {spec.layout!r}; choose long or wide")
    need(
        spec.unit in BITS_PER_UNIT,
        "unit",
        f"is {spec.unit!r}; choose from {', '.join(BITS_PER_UNIT)}",
    )
    need(
        spec.stamp in ("start", "end"),
        "stamp",
        f"is {spec.stamp!r}; choose start or end of the slot",
    )
    need(
        spec.direction in ("", "in", "out"), "direction", f"is {spec.direction!r}; choose in or out"
    )
    need(
        spec.negative in ("refuse", "amount"),
        "negative",
        f"is {spec.negative!r}; choose refuse or amount",
    )
    need(spec.zeros in ("value", "gap"), "zeros", f"is {spec.zeros!r}; choose value or gap")
    need(spec.skip_lines >= 0, "skip_lines", f"is {spec.skip_lines}, must be at least 0")
    need(
        spec.encoding in ("", *ENCODINGS),
        "encoding",
        f"is {spec.encoding!r}; choose from {', '.join(ENCODINGS)}",
    )
    need(
        len(spec.thousands) <= 1 and not spec.thousands.isalnum(),
        "thousands",
        f"is {spec.thousands!r}, must be one sign",
    )
    need(
        not spec.thousands or spec.thousands != ("," if spec.decimal_comma else "."),
        "thousands",
        f"is {spec.thousands!r}, and so is the decimal sign",
    )
    need(len(spec.comment) <= 1, "comment", f"is {spec.comment!r}, must be one character")
    both = {word.casefold() for word in spec.in_words} & {w.casefold() for w in spec.out_words}
    need(not both, "in_words", f"share {', '.join(sorted(both))} with out_words")
    need(len(spec.separator) <= 1, "separator", f"is {spec.separator!r}, must be one character")
    need(
        spec.separator not in ('"', "\r", "\n"),
        "separator",
        f"is {spec.separator!r}, which means something else in text files",
    )
    need(
        not any(mark in word for word in spec.null_words for mark in ('"', "\r", "\n")),
        "null_words",
        "hold a quote or a line end, which no cell of a text file holds",
    )
    need(
        not NOT_RE2.search(spec.interface_pattern),
        "interface_pattern",
        f"{spec.interface_pattern!r} looks ahead, behind or back, which the reader's "
        "regular expressions can't",
    )
    need(
        not (spec.decimal_comma and spec.separator == ","),
        "separator",
        "is a comma, and so is the decimal sign",
    )
    need(
        spec.slot_minutes is None or spec.slot_minutes in SLOT_MINUTES,
        "slot_minutes",
        f"is {spec.slot_minutes}; choose from {', '.join(map(str, SLOT_MINUTES))}",
    )
    for limit in (
        "priority",
        "max_file_bytes",
        "max_rows",
        "max_columns",
        "max_workbook_bytes",
        "max_answer_bytes",
    ):
        need(getattr(spec, limit) >= 1, limit, f"is {getattr(spec, limit)}, must be at least 1")
    need(
        all("%" in text or text in TIME_FORMATS for text in spec.time_formats),
        "time_format",
        f"is {spec.time_format!r}; choose {', '.join(TIME_FORMATS)} or a format such as "
        "%d.%m.%Y %H:%M",
    )
    need(len(spec.time_formats) > 0, "time_format", "is empty")
    offsets = {bool(WITH_OFFSET.search(text)) for text in spec.time_formats}
    need(
        len(offsets) <= 1,
        "time_format",
        "several are tried only where all of them, or none, have an offset (%z)",
    )
    need(
        len(spec.time_formats) == 1 or all("%" in text for text in spec.time_formats),
        "time_format",
        "several are tried only where each is a strptime format",
    )
    try:
        ZoneInfo(spec.time_zone)
    except (ZoneInfoNotFoundError, ValueError):
        found.append(
            ("time_zone", f"is {spec.time_zone!r}, not a zone of the IANA list such as Asia/Almaty")
        )
    groups = _groups(spec.interface_pattern)
    need(
        groups is not None,
        "interface_pattern",
        f"{spec.interface_pattern!r} is not a regular expression",
    )
    need(
        not spec.interface_pattern or "interface" in (groups or ()),
        "interface_pattern",
        "has no group (?P<interface>...)",
    )
    if spec.first_slot is not None:
        need(
            spec.slot_minutes is not None,
            "slot_minutes",
            "must be given where first_slot stands for the time column",
        )
        need(spec.first_slot.tzinfo is not None, "first_slot", "has no time zone")
    if spec.kind == "counters":
        need(
            spec.counter_bits in COUNTER_BITS,
            "counter_bits",
            f"is {spec.counter_bits}; choose 32 or 64",
        )
        need(bool(spec.in_column or spec.out_column), "in_column", "is empty, and so is out_column")
        need(
            spec.layout == "long" and not spec.value_column,
            "layout",
            "counters stand in in_column and out_column",
        )
    if spec.kind == "table":
        found.extend(_table_problems(spec, groups or ()))
    found.extend((where, what) for holds, where, what in _kind_checks(spec) if not holds)
    return found


def _kind_checks(spec: SourceSpec) -> list[tuple[bool, str, str]]:
    if spec.kind == "rrd":
        return [
            (
                bool(spec.in_column or spec.out_column),
                "in_column",
                (
                    "is empty, and so is out_column: name the data sources of the RRD file, "
                    "such as traffic_in"
                ),
            )
        ]
    if spec.kind == "zabbix":
        named = [bool(re.fullmatch(r".+ (in|out)", name)) for name in spec.items.values()]
        return [
            (
                all(named),
                "items",
                'must name an interface and a direction each, such as "ALA-FRA in"',
            ),
            (
                bool(spec.items or (spec.interface and spec.direction)),
                "items",
                "is empty, and so is interface or direction",
            ),
        ]
    if spec.kind == "flows":
        return [
            (
                bool(spec.map_file),
                "map_file",
                "is empty: it says which prefixes or AS numbers lie at the ends of an interface",
            ),
            (
                spec.unit == "bps" and not spec.decimal_comma,
                "unit",
                "has no place: flow records hold bytes",
            ),
            (
                spec.sampling_rate >= 0,
                "sampling_rate",
                f"is {spec.sampling_rate}, must not be negative",
            ),
        ]
    if spec.kind == "prometheus":
        address = _address(spec.url)
        return [
            (
                address.scheme in ("http", "https") and bool(address.hostname),
                "url",
                "must begin with http:// or https:// and name a server and perhaps its port",
            ),
            (
                "@" not in address.netloc,
                "url",
                "holds a user or password; give user and password_file",
            ),
            (not address.query and not address.fragment, "url", "must not hold a query"),
            (bool(spec.in_query or spec.out_query), "in_query", "is empty, and so is out_query"),
            (
                bool(spec.label),
                "label",
                "is empty: it makes the interface's name from labels, such as {instance} {ifName}",
            ),
            (
                spec.since is not None and spec.since.tzinfo is not None,
                "since",
                "must be a time with a zone: the first time to ask for",
            ),
            (
                spec.slot_minutes is not None and spec.slot_minutes <= 60,
                "slot_minutes",
                "must be given, 60 at most",
            ),
            (
                0 < spec.page_days * 1440 <= MAX_POINTS * (spec.slot_minutes or 1),
                "page_days",
                f"is {spec.page_days:g}; a page holds at most {MAX_POINTS} slots of a series",
            ),
            (not (spec.token_file and spec.user), "token_file", "is given and user as well"),
            (
                spec.tries >= 1 and spec.timeout_seconds > 0 and spec.again_minutes >= 0,
                "tries",
                "must be at least 1, timeout_seconds above 0, again_minutes 0 or more",
            ),
        ]
    if spec.kind == "itu":
        return [
            (
                bool(spec.population_file),
                "population_file",
                "is empty: values per inhabitant need inhabitants",
            ),
            (
                spec.per_inhabitant_unit in ("", *COUNTRY_UNITS),
                "per_inhabitant_unit",
                f"is {spec.per_inhabitant_unit!r}; choose from {', '.join(COUNTRY_UNITS)}",
            ),
        ]
    return []


def _address(url: str) -> SplitResult:
    """The parts of an address; none where it has a port that is not a number or brackets that don't
    close.
    """
    try:
        found = urlsplit(url)
        return found if url.isprintable() and found.port != 0 else urlsplit("")
    except ValueError:
        return urlsplit("")


def _table_problems(spec: SourceSpec, groups: tuple[str, ...]) -> list[tuple[str, str]]:
    has_direction = bool(spec.direction or spec.direction_column or "direction" in groups)
    if spec.layout == "wide":
        checks = [
            (
                bool(spec.interface_pattern),
                "interface_pattern",
                (
                    "is needed: it says which columns of a wide table are which interface, "
                    "such as (?P<interface>.+)_(?P<direction>in|out)"
                ),
            ),
            (
                has_direction,
                "direction",
                "is unknown: name it in interface_pattern or as direction",
            ),
            (
                not (spec.in_column or spec.out_column or spec.value_column),
                "layout",
                "is wide, so in_column, out_column and value_column have no place",
            ),
        ]
    elif spec.value_column:
        checks = [
            (
                not (spec.in_column or spec.out_column),
                "value_column",
                "is given and in_column or out_column as well",
            ),
            (
                has_direction,
                "direction",
                (
                    "is unknown: give direction, direction_column, or a group "
                    "(?P<direction>...) in interface_pattern"
                ),
            ),
        ]
    else:
        checks = [
            (
                bool(spec.in_column or spec.out_column),
                "in_column",
                "is empty, and so are out_column and value_column",
            )
        ]
    return [(where, what) for holds, where, what in checks if not holds]


def _groups(pattern: str) -> tuple[str, ...] | None:
    try:
        return tuple(re.compile(pattern).groupindex)
    except re.error:
        return None
