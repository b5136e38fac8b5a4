"""Days that come round by a calendar of their own: how much of a period they fill."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import date, timedelta
from functools import lru_cache

import numpy as np

from forecasting.series import FloatArray, period_days
from warehouse.schema import Grain


def islamic(day: date) -> tuple[int, int, int]:
    """Year, month and day of the tabular Islamic calendar (civil epoch, leap years 2, 5, 7, 10, 13,
    16, 18, 21, 24, 26, 29 of 30).

    The sighted or announced date may differ by a day. Formula: Dershowitz and Reingold, Calendrical
    Calculations, section 7.1.
    """
    passed = day.toordinal() - date(622, 7, 19).toordinal()
    year = (30 * passed + 10646) // 10631
    left = passed - _islamic_days(year, 1, 1)
    month = (11 * left + 330) // 325
    return year, month, passed - _islamic_days(year, month, 1) + 1


def _islamic_days(year: int, month: int, day: int) -> int:
    return (
        day
        - 1
        + 29 * (month - 1)
        + (6 * month - 1) // 11
        + 354 * (year - 1)
        + (3 + 11 * year) // 30
    )


def _between(first: tuple[int, int], last: tuple[int, int]) -> Callable[[date], bool]:
    return lambda day: first <= (day.month, day.day) <= last


CALENDAR_DAYS: dict[str, Callable[[date], bool]] = {
    "ramadan": lambda day: islamic(day)[1] == 9,
    "eid_al_fitr": lambda day: islamic(day)[1] == 10 and islamic(day)[2] <= 3,
    "eid_al_adha": lambda day: islamic(day)[1] == 12 and 10 <= islamic(day)[2] <= 12,
    "nowruz": _between((3, 21), (3, 25)),
    "new_year": lambda day: (day.month, day.day) in {(12, 31), (1, 1), (1, 2)},
    "christmas": _between((12, 24), (12, 26)),
    "orthodox_christmas": _between((1, 6), (1, 7)),
    "weekend": lambda day: day.weekday() >= 5,
}
"""What can be named in a forecast's `calendar`. Civil dates as they are kept in Central Asia;
weekends are Saturday and Sunday.
"""


@lru_cache(maxsize=4096)
def _filled(name: str, start: date, days: int) -> float:
    counts = CALENDAR_DAYS[name]
    return sum(counts(start + timedelta(days=one)) for one in range(days)) / days


def calendar_shares(names: Sequence[str], periods: Sequence[date], grain: Grain) -> FloatArray:
    """Share of each period's days that belong to each of the named days: (names, periods)."""
    return np.array(
        [[_filled(name, start, period_days(start, grain)) for start in periods] for name in names]
    ).reshape(len(names), len(periods))
