"""How the rows of a table become samples: its columns, its times, and how its text is written."""

from __future__ import annotations

import dataclasses
import re
from datetime import datetime
from typing import Annotated, Any, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass

from warehouse.sources.spec import (
    IN_WORDS,
    NULL_WORDS,
    OUT_WORDS,
    STRICT,
    SampleSpec,
    failed,
    with_zone,
)

Layout = Literal["long", "wide"]
Negative = Literal["refuse", "amount"]
Encoding = Literal["", "utf-8", "utf-16", "windows-1251", "windows-1252", "koi8-r", "latin-1"]
TIME_FORMATS = ("auto", "epoch_s", "epoch_ms", "epoch_us", "epoch_ns", "serial_days")
WITH_OFFSET = re.compile(r"(?<!%)(?:%%)*%[zZ]")
"""Formats whose stamps carry their own offset or zone."""


@dataclass(frozen=True, config=STRICT)
class TextSpec(SampleSpec):
    """Settings of sources whose files are text in columns, or sheets."""

    header: Annotated[bool, Field(description="the file has a line of names")] = True
    skip_lines: Annotated[
        int, Field(ge=0, description="lines before the header, or before the first row without one")
    ] = 0
    comment: Annotated[
        str, Field(max_length=1, description="lines that begin with it are not read")
    ] = ""
    encoding: Annotated[
        Encoding, Field(description="empty: UTF-8, or what a byte order mark says")
    ] = ""
    separator: Annotated[
        str, Field(max_length=1, description="between cells; empty: found in the file")
    ] = ""
    decimal_comma: Annotated[bool, Field(description="1.234,5 is about twelve hundred")] = False
    thousands: Annotated[
        str, Field(max_length=1, description="the sign between groups of three digits")
    ] = ""
    negative: Annotated[Negative, Field(description="amount: a direction drawn below zero")] = (
        "refuse"
    )
    null_words: Annotated[
        tuple[str, ...], Field(description="cells that say that there is no value")
    ] = NULL_WORDS
    max_columns: Annotated[int, Field(ge=1, description="columns of one file")] = 5_000
    max_workbook_bytes: Annotated[
        int, Field(ge=1, description="memory that reading one workbook may take")
    ] = 4 * 1024**3

    def problems(self) -> list[tuple[str, str]]:
        checks = [
            (
                not self.thousands.isalnum(),
                "thousands",
                f"is {self.thousands!r}, must be one sign",
            ),
            (
                not self.thousands or self.thousands != ("," if self.decimal_comma else "."),
                "thousands",
                f"is {self.thousands!r}, and so is the decimal sign",
            ),
            (
                self.separator not in ('"', "\r", "\n"),
                "separator",
                f"is {self.separator!r}, which means something else in text files",
            ),
            (
                not (self.decimal_comma and self.separator == ","),
                "separator",
                "is a comma, and so is the decimal sign",
            ),
            (
                not any(mark in word for word in self.null_words for mark in ('"', "\r", "\n")),
                "null_words",
                "hold a quote or a line end, which no cell of a text file holds",
            ),
        ]
        return [*super().problems(), *failed(checks)]


@dataclass(frozen=True, config=STRICT)
class RowSpec(TextSpec):
    """The columns of a table. A reader of another kind describes with it what it made of its file.

    long: one row per interface and time, with `in_column` and `out_column`, or with `value_column`
          and a direction
    wide: one row per time, one column per interface and direction, named as `interface_pattern`
          says
    """

    layout: Annotated[
        Layout, Field(description="long: a row per port and time; wide: a column per port")
    ] = "long"
    time_column: Annotated[str, Field(description="the column of times")] = "time"
    time_format: Annotated[
        str | tuple[str, ...],
        Field(
            description="auto, epoch_s, epoch_ms, epoch_us, epoch_ns, serial_days, or formats such "
            "as %d.%m.%Y %H:%M"
        ),
    ] = "auto"
    day_first: Annotated[
        bool | None,
        Field(description="31/12/2025 (true) or 12/31/2025 (false); empty: the column tells"),
    ] = None
    clock_column: Annotated[
        str, Field(description="the time of day, where time_column holds the date alone")
    ] = ""
    first_slot: Annotated[
        datetime | None,
        Field(description="stands for the time column of files of one value a line"),
    ] = None
    interface_column: Annotated[str, Field(description="the column of ports")] = ""
    in_column: Annotated[str, Field(description="values of traffic in")] = ""
    out_column: Annotated[str, Field(description="values of traffic out")] = ""
    value_column: Annotated[
        str, Field(description="values of one direction, instead of in_column and out_column")
    ] = ""
    direction_column: Annotated[str, Field(description="the direction of value_column")] = ""
    in_words: Annotated[tuple[str, ...], Field(description="words for in, as rx and ingress")] = (
        IN_WORDS
    )
    out_words: Annotated[tuple[str, ...], Field(description="words for out, as tx and egress")] = (
        OUT_WORDS
    )

    @property
    def time_formats(self) -> tuple[str, ...]:
        return (self.time_format,) if isinstance(self.time_format, str) else self.time_format

    @property
    def has_direction(self) -> bool:
        """Whether something says the direction of a single value."""
        return bool(self.direction or self.direction_column or "direction" in self.pattern_groups)

    def columns(self) -> dict[str, str]:
        """The columns that the settings name, by what they hold."""
        named = {
            "stamp": "" if self.first_slot else self.time_column,
            "clock": self.clock_column,
            "series": self.interface_column,
            "direction": self.direction_column,
            "value": self.value_column,
            "value_in": self.in_column,
            "value_out": self.out_column,
        }
        return {meaning: column for meaning, column in named.items() if column}

    def problems(self) -> list[tuple[str, str]]:
        formats = self.time_formats
        with_offset = {bool(WITH_OFFSET.search(text)) for text in formats}
        both = {w.casefold() for w in self.in_words} & {w.casefold() for w in self.out_words}
        first = self.first_slot
        checks = [
            (not both, "in_words", f"share {', '.join(sorted(both))} with out_words"),
            (
                all("%" in text or text in TIME_FORMATS for text in formats),
                "time_format",
                f"is {self.time_format!r}; choose {', '.join(TIME_FORMATS)} or a format such as "
                "%d.%m.%Y %H:%M",
            ),
            (len(formats) > 0, "time_format", "is empty"),
            (
                len(with_offset) <= 1,
                "time_format",
                "several are tried only where all of them, or none, have an offset (%z)",
            ),
            (
                len(formats) == 1 or all("%" in text for text in formats),
                "time_format",
                "several are tried only where each is a strptime format",
            ),
            (
                first is None or self.slot_minutes is not None,
                "slot_minutes",
                "must be given where first_slot stands for the time column",
            ),
            (first is None or with_zone(first), "first_slot", "has no time zone"),
        ]
        return [*super().problems(), *failed(checks)]


@dataclass(frozen=True, config=STRICT)
class TableSpec(RowSpec):
    """kind = "table": CSV, TSV, Parquet and Excel files of any tool."""

    kind: Literal["table"] = "table"

    def problems(self) -> list[tuple[str, str]]:
        pairs = bool(self.in_column or self.out_column)
        if self.layout == "wide":
            checks = [
                (
                    bool(self.interface_pattern),
                    "interface_pattern",
                    "is needed: it says which columns of a wide table are which interface, such as "
                    "(?P<interface>.+)_(?P<direction>in|out)",
                ),
                (
                    self.has_direction,
                    "direction",
                    "is unknown: name it in interface_pattern or as direction",
                ),
                (
                    not (pairs or self.value_column),
                    "layout",
                    "is wide, so in_column, out_column and value_column have no place",
                ),
            ]
        elif self.value_column:
            checks = [
                (
                    not pairs,
                    "value_column",
                    "is given and in_column or out_column as well",
                ),
                (
                    self.has_direction,
                    "direction",
                    "is unknown: give direction, direction_column, or a group (?P<direction>...) "
                    "in interface_pattern",
                ),
            ]
        else:
            checks = [(pairs, "in_column", "is empty, and so are out_column and value_column")]
        return [*super().problems(), *failed(checks)]


@dataclass(frozen=True, config=STRICT)
class CountersSpec(RowSpec):
    """kind = "counters": octet counters of SNMP, polled at any rhythm."""

    kind: Literal["counters"] = "counters"
    counter_bits: Annotated[Literal[32, 64], Field(description="width of the counters")] = 64
    discontinuity_column: Annotated[
        str, Field(description="changes when the counters started again")
    ] = ""
    uptime_column: Annotated[str, Field(description="seconds; falls when the device restarted")] = (
        ""
    )

    def columns(self) -> dict[str, str]:
        named = {"discontinuity": self.discontinuity_column, "uptime": self.uptime_column}
        own = {meaning: column for meaning, column in named.items() if column}
        return {**super().columns(), **own}

    def problems(self) -> list[tuple[str, str]]:
        checks = [
            (
                bool(self.in_column or self.out_column),
                "in_column",
                "is empty, and so is out_column",
            ),
            (
                self.layout == "long" and not self.value_column,
                "layout",
                "counters stand in in_column and out_column",
            ),
        ]
        return [*super().problems(), *failed(checks)]


def rows_of(spec: SampleSpec, **columns: Any) -> RowSpec:
    """What a reader made of the source's file: the source's own choices, and the columns it
    made.
    """
    shared = {
        item.name: getattr(spec, item.name)
        for item in dataclasses.fields(RowSpec)
        if hasattr(spec, item.name)
    }
    return RowSpec(**{**shared, **columns})


def table_of(spec: SampleSpec, **columns: Any) -> TableSpec:
    """What a file of a known tool is as a table; checked like one that the settings describe."""
    return TableSpec(**{**dataclasses.asdict(rows_of(spec, **columns)), "kind": "table"})
