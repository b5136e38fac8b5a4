"""Which of two numbers in 03/04/2025 is the day: told by the whole column, or asked for; never
guessed.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from duckdb import DuckDBPyRelation, SQLExpression

from warehouse.errors import Problem, SourceError
from warehouse.sources.named import column
from warehouse.sources.rows import RowSpec

LOOKED_AT = 1000
NUMBERS = r"^\s*(\d{1,2})([/.-])(\d{1,2})(?:[/.-]\d{4}|[/.]\d{2})\b"
DATES: Mapping[bool, tuple[str, ...]] = {
    # %Y would take 18 for the year 18, so the short form is tried first.
    True: ("%d/%m/%y", "%d.%m.%y", "%d/%m/%Y", "%d.%m.%Y", "%d-%m-%Y"),
    False: ("%m/%d/%y", "%m.%d.%y", "%m/%d/%Y", "%m.%d.%Y", "%m-%d-%Y"),
}
CLOCKS = (
    "",
    " %H:%M",
    " %H:%M:%S",
    " %H:%M:%S.%f",
    "T%H:%M:%S",
    " %I:%M %p",
    " %I:%M:%S %p",
    ", %H:%M:%S",
)
ISO = ("%Y-%m-%d", "%Y/%m/%d")


def formats_of(spec: RowSpec, path: Path, relation: DuckDBPyRelation) -> list[str]:
    """The formats to try where stamps begin with a day and a month, in the order the column shows;
    none where they don't.

    31.12.2025 has the day first unless the column says otherwise. Raises SourceError where the
    order can't be told.
    """
    if (
        spec.time_format != "auto"
        or spec.time_column not in relation.columns
        or spec.first_slot is not None
    ):
        return []
    if str(relation.types[relation.columns.index(spec.time_column)]) == "BIGINT":
        return []  # Microseconds already: no need to read any.
    stamps = relation.select(column(spec.time_column).cast("varchar").alias("stamp"))
    matches = SQLExpression(f"regexp_matches(stamp, '{NUMBERS}')")
    if not stamps.limit(LOOKED_AT).filter(matches).limit(1).fetchall():
        return []
    seen = stamps.filter(matches).aggregate(
        f"max(regexp_extract(stamp, '{NUMBERS}', 1)::int), max(regexp_extract(stamp, "
        f"'{NUMBERS}', 3)::int),"
        f" bool_and(regexp_extract(stamp, '{NUMBERS}', 2) = '.')"
    )
    first, second, dotted = seen.fetchall()[0]
    day_first = spec.day_first
    if day_first is None and first > 12 and second > 12:
        raise _unclear(path, "has stamps with the day first and stamps with the month first")
    if day_first is None and first <= 12 and second <= 12 and not dotted:
        raise _unclear(
            path,
            "has stamps such as 03/04/2025, and no number of the column "
            f"{spec.time_column} is above 12",
        )
    if day_first is None:
        day_first = first > 12 or (dotted and second <= 12)
    return [date + clock for date in (*DATES[day_first], *ISO) for clock in CLOCKS]


def _unclear(path: Path, what: str) -> SourceError:
    return SourceError(
        "day and month can't be told apart",
        [Problem(str(path), what)],
        "Declare day_first = true (31/12/2025) or false (12/31/2025), or give time_format.",
    )
