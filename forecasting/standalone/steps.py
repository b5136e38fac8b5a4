"""Steps of a panel in the forms that people write them in: dates, dates with a clock, yyyymm,
quarters, weeks. They become whole numbers or dates, and the forecast's steps are written alike.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from functools import partial
from typing import Any

import polars as pl

from warehouse.errors import ContractError, Problem

GRAIN_OF = {
    12: "months",
    4: "quarters",
    52: "weeks",
    7: "days",
    24: "hours",
    168: "hours",
    1: "years",
}
"""What a season's steps are, where the season says it."""
HOURLY = (24, 168)
FIRST_YEAR, LAST_YEAR = 1900, 2100


@dataclass(frozen=True)
class StepForm:
    """One way to write a step: `read` gives its first date or None, `write` the same form again."""

    name: str
    seasons: tuple[int, ...]
    read: Callable[[Any], date | None]
    write: Callable[[date], Any]


def read_steps(
    frame: pl.DataFrame, season: int
) -> tuple[pl.DataFrame, Callable[[pl.DataFrame], pl.DataFrame]]:
    """The panel with steps as dates or whole numbers, and how a forecast's steps are written in the
    panel's own form. Raises ContractError where they can't be read, and says what they look like.
    """
    if "step" not in frame.columns or frame["step"].null_count() or frame.is_empty():
        return frame, _unchanged
    kind = frame.schema["step"]
    if kind.is_integer():
        return _formed(frame, season, _INTEGERS)
    if kind == pl.String:
        return _formed(frame, season, _TEXTS)
    if isinstance(kind, pl.Datetime):
        return _clocked(frame, season, kind)
    return frame, _unchanged


def _unchanged(result: pl.DataFrame) -> pl.DataFrame:
    return result


def _refused(reason: str) -> ContractError:
    return ContractError(
        "the panel can't be read",
        [Problem("step", reason)],
        "Write steps as whole numbers, or as first dates of the periods.",
    )


def _formed(
    frame: pl.DataFrame, season: int, forms: tuple[StepForm, ...]
) -> tuple[pl.DataFrame, Callable[[pl.DataFrame], pl.DataFrame]]:
    given = frame["step"].unique().sort().to_list()
    for form in forms:
        read = [form.read(one) for one in given]
        dates = [one for one in read if one is not None]
        if len(dates) < len(given):
            continue
        if season not in form.seasons:
            steps = GRAIN_OF.get(season, "of an unknown length")
            raise _refused(
                f"steps look like {form.name} (the first is {given[0]}), and with a season of "
                f"{season} they must be {steps}"
            )
        dated = frame.with_columns(
            step=pl.col("step").replace_strict(given, dates, return_dtype=pl.Date)
        )
        return dated, partial(_written, write=form.write, kind=frame.schema["step"])
    if frame.schema["step"] == pl.String:
        odd = next(one for one in given if all(form.read(one) is None for form in forms))
        known = ", ".join(form.name for form in forms)
        raise _refused(f"{odd!r} is none of {known}")
    return frame, _unchanged


def _written(
    result: pl.DataFrame, write: Callable[[Any], Any], kind: pl.DataType | type[pl.DataType]
) -> pl.DataFrame:
    steps = [None if one is None else write(one) for one in result["step"].to_list()]
    return result.with_columns(pl.Series("step", steps, dtype=kind))


def _clocked(
    frame: pl.DataFrame, season: int, kind: pl.Datetime
) -> tuple[pl.DataFrame, Callable[[pl.DataFrame], pl.DataFrame]]:
    """Dates with a clock: hours where the season is a day or a week of hours, else days whose clock
    is always the same.
    """
    step = pl.col("step")
    if season in HOURLY:
        hours = frame.select(step.dt.epoch("us"))["step"]
        odd = frame["step"].filter(hours % 3_600_000_000 != hours[0] % 3_600_000_000)
        if len(odd):
            raise _refused(
                f"steps look like times that are not whole hours apart ({odd[0]} after "
                f"{frame['step'][0]}), and a season of {season} is of hours"
            )
        start = frame["step"].min()
        numbered = frame.with_columns(step=(step - start).dt.total_hours())
        return numbered, lambda result: result.with_columns(
            step=(start + pl.duration(hours=pl.col("step"))).cast(kind)
        )
    clocks = frame["step"].dt.time().unique().sort().to_list()
    if len(clocks) > 1:
        raise _refused(
            f"steps look like times of day ({clocks[0]} and {clocks[1]} among them), and with a "
            f"season of {season} there is one step a {_PERIOD.get(season, 'period')}"
        )
    clock = clocks[0]
    since = timedelta(hours=clock.hour, minutes=clock.minute, seconds=clock.second)
    dated = frame.with_columns(step=step.dt.date())
    return dated, lambda result: result.with_columns(
        step=(pl.col("step").cast(pl.Datetime(kind.time_unit)) + since)
        .dt.replace_time_zone(kind.time_zone)
        .cast(kind)
    )


_PERIOD = {12: "month", 4: "quarter", 52: "week", 7: "day", 1: "year"}


def _month(year: int, month: int) -> date | None:
    sound = FIRST_YEAR <= year <= LAST_YEAR and 1 <= month <= 12
    return date(year, month, 1) if sound else None


def _day_of_number(number: int) -> date | None:
    if not FIRST_YEAR * 10_000 <= number <= (LAST_YEAR + 1) * 10_000:
        return None
    try:
        return date(number // 10_000, number // 100 % 100, number % 100)
    except ValueError:
        return None


def _by_pattern(
    pattern: str, read: Callable[[re.Match[str]], date | None]
) -> Callable[[Any], date | None]:
    compiled = re.compile(pattern, re.IGNORECASE)

    def read_text(text: Any) -> date | None:
        match = compiled.fullmatch(str(text).strip())
        return read(match) if match else None

    return read_text


def _quarter(match: re.Match[str]) -> date | None:
    return _month(int(match[1]), int(match[2]) * 3 - 2)


def _week(match: re.Match[str]) -> date | None:
    try:
        return date.fromisocalendar(int(match[1]), int(match[2]), 1)
    except ValueError:
        return None


def _day(match: re.Match[str]) -> date | None:
    try:
        return date(int(match[1]), int(match[2]), int(match[3]))
    except ValueError:
        return None


_INTEGERS = (
    StepForm(
        "yyyymm",
        (12, 4),
        lambda number: _month(number // 100, number % 100),
        lambda day: day.year * 100 + day.month,
    ),
    StepForm(
        "yyyymmdd",
        (12, 4, 52, 7, 1),
        _day_of_number,
        lambda day: day.year * 10_000 + day.month * 100 + day.day,
    ),
)
_TEXTS = (
    StepForm(
        "yyyymm",
        (12, 4),
        _by_pattern(r"(\d{4})(\d\d)", lambda match: _month(int(match[1]), int(match[2]))),
        lambda day: f"{day:%Y%m}",
    ),
    StepForm(
        "yyyy-mm",
        (12, 4),
        _by_pattern(r"(\d{4})[-/.](\d{1,2})", lambda match: _month(int(match[1]), int(match[2]))),
        lambda day: f"{day:%Y-%m}",
    ),
    StepForm(
        "yyyyMmm",
        (12, 4),
        _by_pattern(r"(\d{4})M(\d{1,2})", lambda match: _month(int(match[1]), int(match[2]))),
        lambda day: f"{day:%YM%m}",
    ),
    StepForm(
        "mm/yyyy",
        (12, 4),
        _by_pattern(r"(\d{1,2})[-/.](\d{4})", lambda match: _month(int(match[2]), int(match[1]))),
        lambda day: f"{day:%m/%Y}",
    ),
    StepForm(
        "quarters",
        (4,),
        _by_pattern(r"(\d{4})[- ]?Q([1-4])", _quarter),
        lambda day: f"{day.year}Q{(day.month + 2) // 3}",
    ),
    StepForm(
        "ISO weeks",
        (52,),
        _by_pattern(r"(\d{4})-?W(\d{1,2})", _week),
        lambda day: "{}-W{:02}".format(*day.isocalendar()),
    ),
    StepForm(
        "yyyy-mm-dd",
        (12, 4, 52, 7, 1),
        _by_pattern(r"(\d{4})[-/.](\d{1,2})[-/.](\d{1,2})", _day),
        lambda day: f"{day:%Y-%m-%d}",
    ),
)
