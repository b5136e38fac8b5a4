"""MRTG logs: newest first, four resolutions in one file, bytes per second -> rows with their own
slot length.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Literal

import polars as pl
from pydantic.dataclasses import dataclass

from warehouse.errors import Problem, SourceError
from warehouse.sources.spec import STRICT, SampleSpec
from warehouse.sources.textfile import decode

RESOLUTIONS = (300, 1800, 7200, 86400)
"""Seconds: five minutes, then half hours, two hours and days, the further back the coarser."""


@dataclass(frozen=True, config=STRICT)
class MrtgSpec(SampleSpec):
    """kind = "mrtg": the .log files of MRTG."""

    kind: Literal["mrtg"] = "mrtg"


def read(path: Path) -> pl.DataFrame:
    """Rows `stamp` (end of the mean, epoch seconds), `value_in`, `value_out` (average bytes/s as
    text), `seconds`.

    The first line holds the counters of the last poll and no rate. The distance to the next older
    row says how long the mean is; a row whose distance is none of MRTG's resolutions belongs to the
    finest that is at least as long.
    """
    try:
        lines = decode(path.read_bytes()).splitlines()
    except UnicodeDecodeError as error:
        raise SourceError(
            "a file can't be read",
            [Problem(str(path), "is no MRTG log: not text")],
            "Give the .log file of MRTG.",
        ) from error
    if len(lines) < 2 or len(lines[0].split()) != 3:
        raise SourceError(
            "a file can't be read",
            [Problem(str(path), "is no MRTG log: its first line must be a time and two counters")],
            "Give the .log file of MRTG.",
        )
    return pl.DataFrame(
        list(_rows(lines)),
        schema={
            "stamp": pl.String,
            "value_in": pl.String,
            "value_out": pl.String,
            "seconds": pl.Int64,
        },
        orient="row",
    )


def _rows(lines: list[str]) -> Iterator[tuple[str, str | None, str | None, int]]:
    parts = [line.split() for line in lines]
    for place in range(1, len(parts)):
        cells = parts[place] + [None] * 5
        older = parts[place + 1][0] if place + 1 < len(parts) and parts[place + 1] else None
        yield str(cells[0] or ""), cells[1], cells[2], _seconds(cells[0], older)


def _seconds(stamp: str | None, older: str | None) -> int:
    if stamp is None or older is None or not (_is_time(stamp) and _is_time(older)):
        return RESOLUTIONS[-1]
    distance = int(stamp) - int(older)
    return next((seconds for seconds in RESOLUTIONS if distance <= seconds), RESOLUTIONS[-1])


def _is_time(text: str) -> bool:
    """Not isdigit(), which takes digits that int() does not; nor thousands of digits, which int()
    refuses.
    """
    return text.isdecimal() and len(text) <= 12
