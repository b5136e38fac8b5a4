"""Known events as what they do to a series: lasting jumps, periods that were not normal, and surges
that fade.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.series import History, add_periods, period_days
from warehouse.schema import EVENT, check

LASTING = ("level_shift", "migration", "regulation", "price")
PASSING = ("cut", "shutdown", "maintenance")
FADING = ("surge",)
NEVER = 2**31
LEAST_TOUCHED = 0.1
"""Share of a period a passing event must fill to make the period's value suspect."""


@dataclass(frozen=True)
class Known:
    """`lasting` holds (row, step, event_id) of events that may have moved a series for good,
    `disturbed` (N, T) periods touched by one that passed.

    `fading` holds (row, first step, last step, event_id) of events whose effect was largest at
    first.
    """

    lasting: tuple[tuple[int, int, str], ...]
    disturbed: NDArray[np.bool_]
    fading: tuple[tuple[int, int, int, str], ...] = ()

    def steps(self, row: int) -> tuple[int, ...]:
        return tuple(step for at, step, _ in self.lasting if at == row)

    def event_near(self, row: int, step: int) -> str | None:
        """The event that explains a jump at `step`: the nearest one at most one period away."""
        near = sorted(
            (abs(at - step), name)
            for series, at, name in self.lasting
            if series == row and abs(at - step) <= 1
        )
        return near[0][1] if near else None


def known_events(events: pl.DataFrame | None, history: History) -> Known:
    """Events of scope all, of a country's or a route's own series, placed on the history's
    periods.
    """
    disturbed = np.zeros(history.values_gbps.shape, dtype=bool)
    lasting: list[tuple[int, int, str]] = []
    fading: list[tuple[int, int, int, str]] = []
    if events is None or events.is_empty() or not history.periods:
        return Known((), disturbed)
    starts = [*history.periods, add_periods(history.periods[-1], 1, history.grain)]
    bounds = np.array(starts, dtype="datetime64[D]")
    kinds, names = history.keys["series_kind"].to_list(), history.keys["series_id"].to_list()
    for event in check(events, EVENT).iter_rows(named=True):
        rows = [
            row
            for row, (kind, name) in enumerate(zip(kinds, names, strict=True))
            if event["scope_kind"] == "all"
            or (event["scope_kind"] == kind and event["scope_id"] == name)
        ]
        begin = np.datetime64(event["start_at"].date())
        first = int(np.searchsorted(bounds, begin, side="right")) - 1
        if not rows or not 0 <= first < len(history.periods):
            continue
        if event["kind"] in LASTING:
            lasting += [(row, first, event["event_id"]) for row in rows]
        elif event["kind"] in FADING:
            end = np.datetime64(event["end_at"].date()) if event["end_at"] is not None else None
            last = (
                NEVER
                if end is None or end >= bounds[-1]
                else int(np.searchsorted(bounds, end, side="right")) - 1
            )
            fading += [(row, first, last, event["event_id"]) for row in rows]
        elif event["kind"] in PASSING and event["end_at"] is not None:
            end = np.datetime64(event["end_at"].date()) + 1
            for step in range(first, len(history.periods)):
                days = (min(end, bounds[step + 1]) - max(begin, bounds[step])) / np.timedelta64(
                    1, "D"
                )
                if days / period_days(history.periods[step], history.grain) >= LEAST_TOUCHED:
                    disturbed[rows, step] = True
                if end <= bounds[step + 1]:
                    break
    return Known(tuple(sorted(lasting)), disturbed, tuple(sorted(fading)))
