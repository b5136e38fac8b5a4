"""Lasting jumps: a migration, a new customer, a cut whose traffic never came back. Found, measured,
and spliced out of the past.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import NamedTuple

import numpy as np

from forecasting.demand.models.window import mean_of, median_of, seasonal_indices
from forecasting.series import FloatArray

SIGMAS, STATED_SIGMAS = 5.0, 2.0
"""How far out of the usual change a jump must be, found or stated beforehand."""
LEAST_JUMP = float(np.log(1.15))
LASTS_RATIO = 0.6
"""Share of the jump that must still be there over the next periods."""
NEIGHBOURS, LEAST_AFTER = 4, 3
MOST_SHIFTS = 3
"""A series that jumps more often than this jumps by habit: nothing is spliced."""


class Shift(NamedTuple):
    """The first step at the new level and the jump on the working scale."""

    step: int
    size: float


def find_shifts(
    working: FloatArray, season: int, *, log: bool, stated: Sequence[Collection[int]] = ()
) -> list[list[Shift]]:
    """Each row's (N, T) jumps in one step that last, by step. The last two steps can't show one:
    nothing says yet that it lasts.

    A jump counts where the change is SIGMAS robust standard deviations from the median change
    (STATED_SIGMAS at one of the row's `stated` steps), and the medians of the periods before and
    after differ by most of it.
    """
    none: list[list[Shift]] = [[] for _ in working]
    if working.shape[1] < 2 * NEIGHBOURS + LEAST_AFTER:
        return none
    limits = _limits(working.shape, stated)
    least = LEAST_JUMP if log else 0.0
    jumpy = np.flatnonzero((_far(_without_season(working, season)) >= limits).any(axis=1))
    return [
        _one_by_one(working[row], season, limits[row], least) if row in jumpy else none[row]
        for row in range(len(working))
    ]


def _one_by_one(working: FloatArray, season: int, limit: FloatArray, least: float) -> list[Shift]:
    moved, found = working[None, :].copy(), list[Shift]()
    for _ in range(MOST_SHIFTS + 1):
        shift = _largest(_without_season(moved, season), limit, least)
        if shift is None:
            break
        found.append(shift)
        moved[:, : shift.step] += shift.size
    return sorted(found) if len(found) <= MOST_SHIFTS else []


def _without_season(working: FloatArray, season: int) -> FloatArray:
    return (
        working - seasonal_indices(working, season)[:, np.arange(working.shape[1]) % max(season, 1)]
    )


def _limits(shape: tuple[int, ...], stated: Sequence[Collection[int]]) -> FloatArray:
    limits = np.full((shape[0], shape[1] - 1), SIGMAS)
    for row, steps in enumerate(stated):
        for step in steps:
            limits[row, max(step - 2, 0) : step + 1] = STATED_SIGMAS
    return limits


def spliced(working: FloatArray, shifts: Collection[Shift]) -> FloatArray:
    """The past moved to today's level."""
    moved = working.copy()
    for shift in shifts:
        moved[: shift.step] += shift.size
    return moved


def _far(adjusted: FloatArray) -> FloatArray:
    """How many usual changes each change (N, T - 1) is away from the median one, 0 where it could
    not be told from the ends.
    """
    changes = np.diff(adjusted, axis=1)
    sizes = np.abs(changes - median_of(changes)[:, None])
    count = sizes.shape[1]
    # Without the few largest, and not the median alone: where most changes are 0 every step would
    # be a jump.
    common = np.sort(sizes, axis=1)[:, : count - min(MOST_SHIFTS + 1, count // 8)]
    usual = np.maximum(np.sqrt(mean_of(common**2)), 1.4826 * median_of(sizes)) + 1e-12
    far: FloatArray = sizes / usual[:, None]
    far[:, : NEIGHBOURS - 1] = 0.0
    far[:, count - LEAST_AFTER + 1 :] = 0.0
    return far


def _largest(adjusted: FloatArray, limit: FloatArray, least: float) -> Shift | None:
    far, values = _far(adjusted)[0], adjusted[0]
    changes = np.diff(values)
    usual = float(median_of(changes))
    for at in np.argsort(-far / limit, kind="stable")[:MOST_SHIFTS]:
        if far[at] < limit[at]:
            return None
        step, jump = int(at) + 1, float(changes[at]) - usual
        before, after = values[step - NEIGHBOURS : step], values[step : step + NEIGHBOURS]
        apart = (len(before) + len(after)) / 2
        moved = float(median_of(after) - median_of(before)) - usual * apart
        if (
            abs(jump) > least
            and moved * jump > 0
            and LASTS_RATIO <= abs(moved / jump) <= 1 / LASTS_RATIO
        ):
            return Shift(step, (jump + moved) / 2)
    return None
