"""From expected to true spread: how large past errors were against their scale, over the whole
fleet and over public series.

An error divided by its scale is a score. The prior table says how large scores were on public
series, by history length and horizon; the fleet's own backtest bends that table as far as it has
outcomes to show, and each series' own backtest widens or narrows what is left.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources
from statistics import NormalDist
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from forecasting.demand.combine import POOLS
from forecasting.demand.models.window import between
from forecasting.demand.study import Study
from forecasting.series import FloatArray
from warehouse.errors import ContractError, Problem
from warehouse.schema import Grain

COVERAGES = (0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9, 0.95, 0.99)
"""Shares of outcomes for which the size of the score is tabulated."""
KNOTS = np.array([NormalDist().inv_cdf((1 + share) / 2) for share in COVERAGES])
CENTRE = COVERAGES.index(0.8)
MANY_WINDOWS = 400.0
"""Independent windows from which the measured sizes need little smoothing along the horizon."""
EASED = 0.75
"""Share of the room to the bounds of any path up to which a quantile is what the calibration says.
"""
OWN_WINDOWS = 3.0
"""How many independent windows a series needs for its own errors to weigh as much as the
fleet's.
"""
USUAL_SCORE, LARGEST_SCORE = 0.58, 2.0
"""Mean of scores over their 80 % size, none counted for more than the largest, where sizes are
right.
"""
WIDENED, MOST_OWN = 0.4, 0.7
"""How much of a widening is believed, and the largest change of a log size: few large errors say
less than many small ones.
"""
ONE_SIDED, CHANCE = 0.8, 0.25
"""How much narrower the lower side becomes where every own outcome came above its forecast, and the
net share of errors upwards that is no more than chance.
"""
PRIOR_WINDOWS = 100.0
"""How many independent windows of its own a fleet needs to weigh as much as the prior."""


@dataclass(frozen=True)
class Prior:
    """Sizes of scores on public series: `size` is (lengths, horizons, coverages), all positive and
    increasing in coverage.
    """

    lengths: FloatArray
    horizons: FloatArray
    size: FloatArray

    def at(self, length: float, horizon: int) -> FloatArray:
        """Sizes (horizon, coverages) for a history of this length, between and beyond the table's
        entries on log axes.
        """
        steps = np.log(np.arange(1.0, horizon + 1))
        grid, known = np.log(self.horizons), np.log(self.lengths)
        place = float(np.clip(np.log(length), known[0], known[-1]))
        row = int(np.clip(np.searchsorted(known, place) - 1, 0, max(len(known) - 2, 0)))
        share = 0.0 if len(known) == 1 else (place - known[row]) / (known[row + 1] - known[row])
        table = self.size[row] * (1 - share) + (self.size[row + 1] * share if share else 0.0)
        return np.column_stack(
            [np.interp(steps, grid, table[:, column]) for column in range(table.shape[1])]
        )


@cache
def prior(grain: Grain | Literal["quarter", "hour"]) -> Prior:
    """The table shipped with the package, made by tests/reference/forecasting_prior.py."""
    text = resources.files("forecasting.demand").joinpath("prior.json").read_text("utf-8")
    return read_prior(text, grain)


def read_prior(text: str, grain: str) -> Prior:
    """The table of a grain in the JSON of prior.json.

    Raises ContractError where the sizes were made for other candidates than those in use: errors
    of another pool have other sizes, and every interval would be wrong unseen.
    """
    tables = json.loads(text)
    made_for = tables.get("pools")
    problems = [
        Problem(
            f"prior.json, {name}",
            f"was made for {', '.join(made_for.get(name, ()))}; in use: {', '.join(in_use)}"
            if made_for
            else "does not say which candidates it was made for",
        )
        for name, in_use in POOLS.items()
        if not made_for or made_for.get(name) != list(in_use)
    ]
    if problems:
        raise ContractError(
            "the sizes of past errors were made for other candidates",
            problems,
            "Make prior.json again: python -m tests.reference.forecasting_prior",
        )
    table = tables[grain]
    return Prior(np.array(table["lengths"]), np.array(table["horizons"]), np.array(table["size"]))


def deviation(outcome: FloatArray, point: FloatArray, *, log: bool) -> FloatArray:
    """How far an outcome lies from the point: in logs below it, in shares of it above.

    Growth falls, so what comes above a forecast is not as far above, in logs, as what comes below
    is below; this makes both sides alike.
    """
    if not log:
        return outcome - point
    share = outcome / point
    found: FloatArray = np.where(share > 1, share - 1, np.log(np.where(share > 1, 1.0, share)))
    return found


def reached(point: FloatArray, reach: FloatArray, bounds: FloatArray, *, log: bool) -> FloatArray:
    """The value whose deviation is `reach`, eased so that it stays within `bounds` (2, ...), and
    never below 0.
    """
    low, high = bounds
    above, below = np.maximum(reach, 0.0), np.maximum(-reach, 0.0)
    if log:
        rising = point * (1 + _eased(above, high / point - 1))
        found = np.where(
            reach > 0,
            rising,
            point * np.exp(-_eased(below, np.log(point / np.maximum(low, 1e-300)))),
        )
    else:
        found = np.where(
            reach > 0, point + _eased(above, high - point), point - _eased(below, point - low)
        )
    return np.maximum(found, 0.0)


def _eased(size: FloatArray, room: FloatArray) -> FloatArray:
    """The size itself up to EASED of the room there is, and beyond it ever less, so that what is
    larger stays larger and none leaves the room.
    """
    room = np.broadcast_to(np.maximum(room, 0.0), size.shape)
    far = size > EASED * room
    if not far.any():
        return size
    found, most = size.copy(), room[far]
    rest = (1 - EASED) * most
    found[far] = most - rest * np.exp(-(size[far] - EASED * most) / np.maximum(rest, 1e-300))
    return found


def standard_reach(size: FloatArray, normal: FloatArray) -> FloatArray:
    """Signed sizes (..., L) of tables (..., 2, coverages), for outcomes below and above the point,
    at standard normal quantiles `normal` (L,), beyond the last share along the last slope.
    """
    found = np.empty((*size.shape[:-2], len(normal)))
    for side, some in enumerate((normal < 0, normal >= 0)):
        if some.any():
            found[..., some] = _reach(size[..., side, :], normal[some])
    return found


def _reach(size: FloatArray, normal: FloatArray) -> FloatArray:
    """The same of tables (..., coverages) for quantiles of one side."""
    knots = np.concatenate([[0.0], KNOTS, [2 * KNOTS[-1] - KNOTS[-2]]])
    padded = np.concatenate(
        [np.zeros((*size.shape[:-1], 1)), size, 2 * size[..., -1:] - size[..., -2:-1]], axis=-1
    )
    return between(np.abs(normal), knots, padded) * np.sign(normal)


def scores(study: Study) -> FloatArray:
    """Signed scores (O, H) of the ensemble's past errors, NaN where there was no outcome."""
    test = study.backtest
    if not len(test.lengths):
        return np.empty((0, len(study.point)))
    return deviation(test.outcome, test.said[:, 0], log=study.log) / test.scale


def sizes(
    studies: Sequence[Study],
    table: Prior,
    independent: float = 1.0,
    shape: FloatArray | None = None,
    widths: Sequence[FloatArray] | None = None,
) -> list[FloatArray]:
    """For each study the sizes (H, 2, coverages), below and above its point, that its scale is
    multiplied with: the fleet's times what its own past errors say. The fleet's `shape` and the
    own `widths` are taken as they are where they are known already.

    `independent` is the share of the series that are independent of the others: directions and
    statistics of one route tell the same story several times.
    """
    if not studies:
        return []
    horizon = len(studies[0].point)
    at = cache(lambda length: table.at(length, horizon))
    bent = fleet_shape(studies, table, independent) if shape is None else shape
    common = [at(study.length)[:, [CENTRE]] * bent for study in studies]
    if widths is None:
        widths = [own_width(study, size) for study, size in zip(studies, common, strict=True)]
    return [size[:, None, :] * width[:, None] for size, width in zip(common, widths, strict=True)]


def own_width(study: Study, size: FloatArray) -> FloatArray:
    """How much wider than `size` (H, coverages) the study's own past errors were (2,), below and
    above the point, shrunk towards 1 as far as its windows are few.

    Where they came above their forecasts time and again, growth goes on for now, and the lower side
    is narrowed: what fell short of a forecast would have to be another future than all so far. The
    other way round nothing is concluded.
    """
    found = scores(study) / size[:, CENTRE]
    seen = np.isfinite(found)
    if not seen.any():
        return np.ones(2)
    count, steps = seen.sum(axis=0), np.arange(1.0, len(size) + 1)
    span = study.backtest.lengths[-1] - study.backtest.lengths[0]
    windows = np.where(count > 0, np.minimum(count, 1 + span / steps), 0.0)
    held = np.where(seen, np.clip(found, -LARGEST_SCORE, LARGEST_SCORE), 0.0)
    share = windows / np.maximum(count, 1)
    size_of = float((np.abs(held).sum(axis=0) * share).sum())
    upwards = float((held.sum(axis=0) * share).sum()) / max(size_of, 1e-12)
    excess = np.log(max(size_of / float(windows.sum()), 0.02) / USUAL_SCORE)
    # Far horizons overlap, and the near ones tell most.
    told = float((windows / steps).sum() / (1 / steps).sum())
    belief = told / (told + OWN_WINDOWS)
    believed = belief * excess * (WIDENED if excess > 0 else 1.0)
    lower = 1 - ONE_SIDED * max(belief * upwards - CHANCE, 0.0) / (1 - CHANCE)
    width = float(np.exp(np.clip(believed, -MOST_OWN, MOST_OWN)))
    return np.array([width * lower, width])


def fleet_shape(studies: Sequence[Study], table: Prior, independent: float = 1.0) -> FloatArray:
    """Sizes relative to the prior's 80 % size (H, coverages): the prior's own, bent by the fleet's
    scores.
    """
    horizon = len(studies[0].point)
    at = cache(lambda length: table.at(length, horizon))
    typical = np.median([study.length for study in studies])
    own = at(float(typical))
    shape: FloatArray = np.log(own / own[:, [CENTRE]])
    rows, windows = [], np.zeros(horizon)
    steps = np.arange(1.0, horizon + 1)
    for study in studies:
        found = scores(study)
        if not len(found):
            continue
        centre = np.stack([at(length)[:, CENTRE] for length in study.backtest.lengths.tolist()])
        rows.append(np.where(_later_half(found), np.abs(found) / centre, np.nan))
        span = study.backtest.lengths[-1] - study.backtest.lengths[0]
        windows += np.minimum(np.isfinite(found).sum(axis=0), 1 + span / steps) * np.isfinite(
            found
        ).any(axis=0)
    if not rows:
        return np.exp(shape)
    stacked = np.concatenate(rows)
    seen = np.isfinite(stacked).any(axis=0)
    measured = shape.copy()
    measured[seen] = np.log(np.maximum(np.nanquantile(stacked[:, seen], COVERAGES, axis=0).T, 1e-3))
    windows *= independent
    for step in np.flatnonzero(~seen):
        # Nobody has seen so far ahead: what was found for the last horizon that somebody saw
        # holds on, and counts for less the further it is carried.
        measured[step] += measured[step - 1] - shape[step - 1] if step else 0.0
        windows[step] = windows[step - 1] * step / (step + 1) if step else 0.0
    weight = (windows / (windows + PRIOR_WINDOWS))[:, None]
    reach = 1 if float(np.median(windows)) >= MANY_WINDOWS else 4
    bent = _smoothed(weight * (measured - shape), reach)
    return np.maximum.accumulate(np.exp(shape + bent), axis=1)


def _later_half(found: FloatArray) -> NDArray[np.bool_]:
    """For each horizon the later half of the origins with an outcome, two at least: the nearest to
    today, and the longest histories.
    """
    known = np.isfinite(found)
    after = np.cumsum(known[::-1], axis=0)[::-1]
    half: NDArray[np.bool_] = known & (after <= np.maximum((known.sum(axis=0) + 1) // 2, 2))
    return half


def _smoothed(table: FloatArray, reach: int) -> FloatArray:
    """A moving average (H, ...) over `reach` horizons to both sides, fewer near the beginning: the
    first steps are seen most often, and differ most.
    """
    last = len(table) - 1
    return np.stack(
        [
            table[max(step - side, 0) : min(step + side, last) + 1].mean(axis=0)
            for step in range(last + 1)
            for side in (min(reach, (step + 1) // 2),)
        ]
    )
