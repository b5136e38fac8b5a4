"""What the settings of every kind of source share, and the units, words and limits they choose
from. Each kind's own settings stand in a class beside its reader; `kinds` joins them.
"""

from __future__ import annotations

import dataclasses
import hashlib
import json
import re
from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal, get_args
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from pydantic import ConfigDict, Field
from pydantic.dataclasses import dataclass

from warehouse.errors import Problem, SettingsError

Stamp = Literal["start", "end"]
Zeros = Literal["value", "gap"]
Unit = Literal[
    "bps",
    "kbps",
    "mbps",
    "gbps",
    "tbps",
    "bytes_per_s",
    "kbytes_per_s",
    "mbytes_per_s",
    "bits_per_slot",
    "bytes_per_slot",
]
SlotMinutes = Literal[1, 2, 3, 4, 5, 6, 10, 12, 15, 20, 30, 60, 120, 180, 240, 360, 480, 720, 1440]
"""Slot lengths that divide a day."""
SLOT_MINUTES: tuple[int, ...] = get_args(SlotMinutes)

LOGS = ("mrtg", "rrd")
"""Kinds whose files hold means of several lengths."""
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
NOT_READING = frozenset(
    [
        "files",
        "url",
        "database",
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
    ]
)
"""Settings that say where things are found and how much may be used, not how they are read."""
FILE_SETTINGS = ("map_file", "population_file", "query_file")
"""Settings that name a file whose content belongs to how a source is read."""
NOT_RE2 = re.compile(r"\(\?(?:[=!>]|<[=!]|P=|\()|(?<!\\)(?:\\\\)*\\[1-9]")
"""Parts of a regular expression that Python takes and DuckDB does not."""
IN_WORDS = ("in", "rx", "ingress", "input", "inbound", "received", "receive")
OUT_WORDS = ("out", "tx", "egress", "output", "outbound", "sent", "transmit")
NULL_WORDS = ("", "NaN", "nan", "NAN", "null", "NULL", "None", "-", "N/A", "n/a", "NA", "U")
VALUELESS = frozenset(NULL_WORDS[1:])
"""Null words of which no reader makes a time or a number that counts, whether it looks for them or
not.
"""
AT_LEAST_ONE = Field(ge=1)
STRICT = ConfigDict(extra="forbid")


@dataclass(frozen=True, config=STRICT)
class SourceSpec:
    """Settings of every source."""

    name: Annotated[str, Field(min_length=1, description="a name of its own")]
    files: Annotated[
        tuple[str, ...],
        Field(description="patterns in the data folder, absolute paths, or addresses"),
    ] = ()
    kind: str = "table"
    priority: Annotated[
        int, Field(ge=1, description="1 wins where two sources measure the same slot")
    ] = 1
    simulated: Annotated[bool, Field(description="marks simulated traffic everywhere")] = False
    max_file_bytes: Annotated[int, Field(ge=1, description="of one file, unpacked")] = 64 * 1024**3
    max_rows: Annotated[int, Field(ge=1, description="rows of one file")] = 2_000_000_000

    def __post_init__(self) -> None:
        problems = [Problem(f"{self.name}.{where}", what) for where, what in self.problems()]
        if problems:
            raise SettingsError(
                f"source {self.name} can't be read as described",
                problems,
                "Fix its [[source]] entry in transit.toml.",
            )

    def problems(self) -> list[tuple[str, str]]:
        """Settings that contradict each other: the setting's name, and what is wrong with it."""
        return []

    def fingerprint(self) -> str:
        """Changes when a file would be read differently; not with where files are looked for, nor
        with settings that a later version adds.
        """
        unset = {item.name: _default(item) for item in dataclasses.fields(self)}
        choices = {
            key: value
            for key, value in dataclasses.asdict(self).items()
            if key not in NOT_READING and value != unset[key]
        }
        choices["kind"] = self.kind
        for setting in FILE_SETTINGS:
            if name := getattr(self, setting, ""):
                path = Path(name)
                choices[f"content of {name}"] = (
                    hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else ""
                )
        return hashlib.sha256(json.dumps(choices, sort_keys=True, default=str).encode()).hexdigest()


def _default(item: dataclasses.Field[object]) -> object:
    return item.default_factory() if callable(item.default_factory) else item.default


@dataclass(frozen=True, config=STRICT)
class SampleSpec(SourceSpec):
    """Settings of every source whose rows become samples of ports."""

    unit: Annotated[Unit, Field(description="what the values are, where a cell names no unit")] = (
        "bps"
    )
    time_zone: Annotated[
        str, Field(description="IANA zone of times without an offset, such as Asia/Almaty")
    ] = "UTC"
    interface: Annotated[
        str, Field(description="the port, where the rows name none; empty: the file's name")
    ] = ""
    interface_pattern: Annotated[
        str,
        Field(
            description="regular expression over the whole name, with the group `interface` and "
            "perhaps `direction`"
        ),
    ] = ""
    direction: Annotated[
        Literal["", "in", "out"], Field(description="of the values, where nothing else says it")
    ] = ""
    swap_directions: Annotated[
        bool, Field(description="in and out are exchanged: the file sees the other end")
    ] = False
    slot_minutes: Annotated[
        SlotMinutes | None, Field(description="length of a row; empty: told from the times")
    ] = None
    stamp: Annotated[Stamp, Field(description="a time is its slot's start or end")] = "start"
    zeros: Annotated[Zeros, Field(description="gap: a zero says that nothing was measured")] = (
        "value"
    )

    @property
    def per_slot(self) -> bool:
        return self.unit.endswith("_per_slot")

    @property
    def bits_per_unit(self) -> float:
        return BITS_PER_UNIT[self.unit]

    @property
    def pattern_groups(self) -> tuple[str, ...]:
        """Names of the groups of interface_pattern; none where it is no regular expression."""
        try:
            return tuple(re.compile(self.interface_pattern).groupindex)
        except re.error:
            return ()

    def problems(self) -> list[tuple[str, str]]:
        pattern = self.interface_pattern
        checks = [
            (
                _is_zone(self.time_zone),
                "time_zone",
                f"is {self.time_zone!r}, not a zone of the IANA list such as Asia/Almaty",
            ),
            (
                not NOT_RE2.search(pattern),
                "interface_pattern",
                f"{pattern!r} looks ahead, behind or back, which the reader's regular "
                "expressions can't",
            ),
            (_is_pattern(pattern), "interface_pattern", f"{pattern!r} is not a regular expression"),
            (
                not pattern or not _is_pattern(pattern) or "interface" in self.pattern_groups,
                "interface_pattern",
                "has no group (?P<interface>...)",
            ),
        ]
        return [*super().problems(), *failed(checks)]


def failed(checks: list[tuple[bool, str, str]]) -> list[tuple[str, str]]:
    """The setting and the complaint of each check that does not hold."""
    return [(where, what) for holds, where, what in checks if not holds]


def with_zone(instant: datetime | None) -> bool:
    return instant is not None and instant.tzinfo is not None


def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True


def _is_pattern(pattern: str) -> bool:
    try:
        re.compile(pattern)
    except re.error:
        return False
    return True
