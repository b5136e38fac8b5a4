"""Lasting jumps: a migration, a new customer, a cut whose traffic never came back. Found, measured, and spliced out of the past."""

from __future__ import annotations

from collections.abc import Collection
from math import sqrt
from typing import NamedTuple

import numpy as np

from forecasting.models.window import mean_of, median_of, seasonal_indices
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


def find_shifts(working: FloatArray, season: int, *, log: bool, stated: Collection[int] = ()) -> list[Shift]:
    """Jumps in one step that last, by step. The last two steps can't show one: nothing says yet that it lasts.

    A jump counts where the change is SIGMAS robust standard deviations from the median change (STATED_SIGMAS at a `stated`
    step), and the medians of the periods before and after differ by most of it.
    """
    spliced, found = working.copy(), list[Shift]()
    if len(working) < 2 * NEIGHBOURS + LEAST_AFTER:
        return found
    for _ in range(MOST_SHIFTS + 1):
        adjusted = spliced - seasonal_indices(spliced, season)[np.arange(len(spliced)) % max(season, 1)]
        shift = _largest(adjusted, stated, least=LEAST_JUMP if log else 0.0)
        if shift is None:
            break
        found.append(shift)
        spliced[: shift.step] += shift.size
    return sorted(found) if len(found) <= MOST_SHIFTS else []


def spliced(working: FloatArray, shifts: Collection[Shift]) -> FloatArray:
    """The past moved to today's level."""
    moved = working.copy()
    for shift in shifts:
        moved[: shift.step] += shift.size
    return moved


def _largest(adjusted: FloatArray, stated: Collection[int], *, least: float) -> Shift | None:
    changes = np.diff(adjusted)
    usual = median_of(changes)
    sizes = np.abs(changes - usual)
    # Without the few largest, and not the median alone: where most changes are 0 every step would be a jump.
    common = np.sort(sizes)[: len(sizes) - min(MOST_SHIFTS + 1, len(sizes) // 8)]
    far = sizes / (max(sqrt(mean_of(common**2)), 1.4826 * median_of(sizes)) + 1e-12)
    far[: NEIGHBOURS - 1] = 0.0
    far[len(changes) - LEAST_AFTER + 1 :] = 0.0
    limit = np.full(len(changes), SIGMAS)
    for step in stated:
        limit[max(step - 2, 0) : step + 1] = STATED_SIGMAS
    for at in np.argsort(-far / limit, kind="stable")[:MOST_SHIFTS]:
        if far[at] < limit[at]:
            return None
        step, jump = int(at) + 1, float(changes[at]) - usual
        before, after = adjusted[step - NEIGHBOURS : step], adjusted[step : step + NEIGHBOURS]
        apart = (len(before) + len(after)) / 2
        moved = median_of(after) - median_of(before) - usual * apart
        if abs(jump) > least and moved * jump > 0 and LASTS_RATIO <= abs(moved / jump) <= 1 / LASTS_RATIO:
            return Shift(step, (jump + moved) / 2)
    return None
