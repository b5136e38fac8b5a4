"""Series seen from an origin: what their pasts say there. Those of equal length are looked at
together, each with the result it would have alone.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import NamedTuple

import numpy as np

from forecasting.demand.combine import Outlook, outlook
from forecasting.demand.effects import Effects, Regression
from forecasting.demand.models.longer_season import longer_season
from forecasting.demand.models.short_season import believed_season
from forecasting.demand.models.window import Window, window
from forecasting.demand.outliers import REACH, tamed
from forecasting.demand.roughness import roughness
from forecasting.demand.shifts import Shift, find_shifts, spliced
from forecasting.series import FloatArray


@dataclass(frozen=True)
class Past:
    """One series (L,) up to its origin, without gaps, and how far it is to be seen ahead.

    `stated` are steps where an event may have moved the level, `starts` the parameters of an
    earlier origin, and `regression` what else moved the series.
    """

    values: FloatArray
    log: bool
    horizon: int
    stated: tuple[int, ...] = ()
    starts: Mapping[str, FloatArray] = field(default_factory=dict)
    regression: Regression | None = None


class Seen(NamedTuple):
    """One series' part of an Outlook, with what was found in its past."""

    candidates: FloatArray
    weights: FloatArray
    point: FloatArray
    scale: FloatArray
    errors: FloatArray
    optima: Mapping[str, FloatArray]
    bounds: FloatArray
    shifts: tuple[Shift, ...]
    roughness: FloatArray
    effects: Effects | None


def seen_together(pasts: Sequence[Past], season: int, *, frozen: bool = False) -> list[Seen]:
    """The outlook of each past: what calendar, events and drivers did is taken out of it and put
    back ahead.
    """
    alike: defaultdict[tuple[int, bool, int], list[int]] = defaultdict(list)
    for row, past in enumerate(pasts):
        alike[len(past.values), past.log, past.horizon].append(row)
    found: dict[int, Seen] = {}
    for rows in alike.values():
        found.update(
            zip(rows, _alike([pasts[row] for row in rows], season, frozen=frozen), strict=True)
        )
    return [found[row] for row in range(len(pasts))]


def _alike(pasts: list[Past], season: int, *, frozen: bool) -> list[Seen]:
    values, first = np.stack([past.values for past in pasts]), pasts[0]
    effects = _effects(pasts, values, season) if first.log else {}
    for row, one in effects.items():
        values[row] *= np.exp(-one.past)
    longer = longer_season(values, season, first.horizon) if first.log else None
    if longer:
        values *= np.exp(-longer.past)
    data, shifts = look_back(
        values,
        log=first.log,
        season=season,
        horizon=first.horizon,
        stated=[past.stated for past in pasts],
        starts=_stacked([past.starts for past in pasts]),
        frozen=frozen,
    )
    whole, rough = outlook(data), roughness(data.adjusted)
    if longer:
        factor = np.exp(longer.ahead)[:, None, :]
        whole = replace(
            whole,
            candidates=whole.candidates * factor,
            point=whole.point * factor[:, 0],
            bounds=whole.bounds * factor,
        )
    return [
        _one(whole, row, tuple(shifts[row]), rough[row], effects.get(row))
        for row in range(len(pasts))
    ]


def _effects(pasts: Sequence[Past], values: FloatArray, season: int) -> dict[int, Effects]:
    """By row of the pasts' `values`, for those that have regressors."""
    alike: defaultdict[tuple[object, ...], list[int]] = defaultdict(list)
    for row, past in enumerate(pasts):
        if past.regression:
            alike[past.regression.alike].append(row)
    found: dict[int, Effects] = {}
    for rows in alike.values():
        regression = pasts[rows[0]].regression
        assert regression is not None
        found.update(
            zip(
                rows,
                regression.effects(np.log(values[rows]), season, pasts[0].horizon),
                strict=True,
            )
        )
    return found


def _one(
    whole: Outlook,
    row: int,
    shifts: tuple[Shift, ...],
    rough: FloatArray,
    effects: Effects | None,
) -> Seen:
    seen = Seen(
        whole.candidates[row],
        whole.weights[row],
        whole.point[row],
        whole.scale[row],
        whole.errors[row],
        {name: optimum[row] for name, optimum in whole.optima.items()},
        whole.bounds[row],
        shifts,
        rough,
        None,
    )
    if effects is None:
        return seen
    factor = np.exp(effects.ahead)
    return seen._replace(
        candidates=seen.candidates * factor,
        point=seen.point * factor,
        bounds=seen.bounds * factor,
        scale=np.hypot(seen.scale, effects.spread),
        effects=effects,
    )


def _stacked(starts: list[Mapping[str, FloatArray]]) -> dict[str, FloatArray]:
    """Parameters by name (N, K), NaN in the rows of those that have none."""
    sizes = {name: len(found) for one in starts for name, found in one.items()}
    return {
        name: np.stack([one.get(name, np.full(size, np.nan)) for one in starts])
        for name, size in sorted(sizes.items())
    }


def look_back(
    pasts: FloatArray,
    *,
    log: bool,
    season: int,
    horizon: int,
    stated: Sequence[tuple[int, ...]] = (),
    starts: Mapping[str, FloatArray] | None = None,
    frozen: bool = False,
) -> tuple[Window, list[list[Shift]]]:
    """The pasts (N, L) moved to the level of their last values and without outliers, and the jumps
    that were moved.
    """
    if not log:
        # Intermittent traffic has no season that its few values could tell.
        none: list[list[Shift]] = [[] for _ in pasts]
        return window(
            pasts, log=False, season=1, horizon=horizon, starts=starts, frozen=frozen
        ), none
    working, length = np.log(pasts), pasts.shape[1]
    shifts = find_shifts(
        working,
        season,
        log=True,
        stated=[[step for step in steps if step < length] for steps in stated],
    )
    moved = np.stack([spliced(row, found) for row, found in zip(working, shifts, strict=True)])
    clean = tamed(moved, season)
    # The last values stay as they are: nobody knows yet whether they are outliers or news. They
    # make no season, though.
    values = np.exp(np.concatenate([clean[:, :-REACH], moved[:, -REACH:]], axis=1))
    seasonal = believed_season(clean, season)
    return window(
        values,
        log=True,
        season=season,
        horizon=horizon,
        starts=starts,
        frozen=frozen,
        seasonal=seasonal,
    ), shifts
