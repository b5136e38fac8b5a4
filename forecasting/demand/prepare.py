"""A series made ready for the candidates, or the reason why it can't be forecast."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.demand.models.window import seasonal_indices
from forecasting.series import FloatArray
from forecasting.spec import ForecastSpec
from warehouse.reasons import Reason, reason

OUTAGE_RATIO = 0.02
"""A value below this share of its neighbours' median is an outage: the route was down, demand was
not.
"""
MOST_OUTAGES_RATIO = 0.15
LEAST_KNOWN_RATIO = 0.6
QUIET_END = 3


LEAST_LEFT_RATIO = 1e-3
"""Share of the traffic that is taken to be left where an outage carries none: logs need some."""
LASTING_SHARE = (0.3, 0.45)
"""How likely an outage of one and of two last periods is the new level. Falls to a fourth and to a
tenth stayed in a third of cases on public series after one period, and in most after two.
"""


@dataclass(frozen=True)
class Outage:
    """Last periods that carried next to nothing, without an event that says why: it may be over
    soon, or the new level. `share` is the probability of the latter, `left_ratio` what is left of
    the traffic then.
    """

    share: float
    left_ratio: float


@dataclass(frozen=True)
class Ready:
    """A series without gaps: `values` (T,) run from the history's step `first` to its last known
    one.

    They are divided by `unit`, a power of two, so that no model meets an extreme scale. `known`
    (T,) is False where a gap or an outage was bridged; `trailing` periods are missing between the
    last known one and the origin.
    """

    values: FloatArray
    known: NDArray[np.bool_]
    unit: float
    first: int
    trailing: int
    log: bool
    outage: Outage | None = None


def prepare(
    values: FloatArray,
    spec: ForecastSpec,
    season: int,
    disturbed: NDArray[np.bool_] | None = None,
    capped: NDArray[np.bool_] | None = None,
) -> Ready | Reason:
    """The series ready to be forecast, or the reason why not. `values` (T,) is NaN where nothing is
    known.

    Periods `disturbed` by a known event and periods `capped` by a full port are bridged like gaps,
    as long as enough others remain: what was wanted then was not seen. A capped period's value
    stays the least that was wanted.
    """
    known = np.isfinite(values)
    period = spec.grain
    if not known.any():
        return reason("series.no_value", grain=period)
    steps = np.flatnonzero(known)
    first, last = int(steps[0]), int(steps[-1])
    trailing = len(values) - 1 - last
    if trailing > spec.max_missing_at_end:
        return reason(
            "series.missing_at_end", missing=trailing, grain=period, most=spec.max_missing_at_end
        )
    if len(steps) < spec.min_periods:
        return reason("series.short", have=len(steps), grain=period, need=spec.min_periods)
    first = max(first, last + 1 - spec.looked_at)
    kept, known = values[first : last + 1], known[first : last + 1]
    if known.mean() < LEAST_KNOWN_RATIO:
        return reason("series.gaps", missing=(~known).sum(), all=len(known), grain=period)
    seen = kept[known]
    if seen.min() < 0:
        return reason("series.negative")
    if seen.max() == 0:
        return reason("series.zero", grain=period)
    if seen.max() == seen.min():
        return reason("series.constant", grain=period, value=seen[0])
    quiet = int(np.argmax(kept[::-1] > 0))
    if quiet >= QUIET_END and (kept[~np.isnan(kept)] == 0).mean() < MOST_OUTAGES_RATIO * 3:
        return reason("series.off", quiet=quiet, grain=period)
    unit = float(2.0 ** np.round(np.log2(seen[seen > 0].mean())))
    scaled = kept / unit
    outage = known & (scaled < OUTAGE_RATIO * _local_median(scaled))
    unseen = np.zeros_like(known)
    for marked in (disturbed, capped):
        if marked is not None:
            wider = unseen | marked[first : last + 1]
            if (known & ~wider).sum() >= max(spec.min_periods, LEAST_KNOWN_RATIO * len(known)):
                unseen = wider
    faint = int(np.argmin((outage & ~unseen)[::-1]))
    if faint >= QUIET_END and outage.mean() <= MOST_OUTAGES_RATIO:
        return reason("series.faint", quiet=faint, grain=period, share=OUTAGE_RATIO)
    unsettled = None
    log = bool(outage.mean() <= MOST_OUTAGES_RATIO and not (scaled[known & ~outage] <= 0).any())
    if log:
        known = known & ~outage & ~unseen
        lasting = int(np.flatnonzero(known)[-1]) + 1
        trailing += len(known) - lasting
        unsettled = _outage_at_end(scaled, outage & ~unseen, lasting)
        scaled, known = scaled[:lasting], known[:lasting]
        if len(np.unique(scaled[known])) < 2:
            return reason("series.constant_but_outages", grain=period)
    whole = _bridged(scaled, known, season, log=log)
    if capped is not None:
        at_cap = capped[first : first + len(whole)] & np.isfinite(scaled)
        whole[at_cap] = np.maximum(whole, scaled)[at_cap]
    return Ready(whole, known, unit, first, trailing, log, unsettled)


def _outage_at_end(values: FloatArray, outage: NDArray[np.bool_], lasting: int) -> Outage | None:
    """What the outages after the last `lasting` values may mean, None where there are none."""
    low = values[lasting:][outage[lasting:]]
    if not len(low):
        return None
    before = values[:lasting][-6:]
    usual = float(np.median(before[np.isfinite(before) & (before > 0)]))
    left_ratio = max(float(low.mean()) / usual, LEAST_LEFT_RATIO)
    return Outage(LASTING_SHARE[min(len(low), len(LASTING_SHARE)) - 1], left_ratio)


def _local_median(values: FloatArray, reach: int = 6) -> FloatArray:
    """The median of what is known within `reach` periods to both sides, 0 where nothing is."""
    padded = np.pad(values, reach, constant_values=np.nan)
    # NaN sorts last.
    around = np.sort(np.lib.stride_tricks.sliding_window_view(padded, 2 * reach + 1), axis=1)
    known = np.isfinite(around).sum(axis=1)
    rows = np.arange(len(values))
    middle = (around[rows, np.maximum(known - 1, 0) // 2] + around[rows, known // 2]) / 2
    found: FloatArray = np.where(known > 0, middle, 0.0)
    return found


def _bridged(values: FloatArray, known: NDArray[np.bool_], season: int, *, log: bool) -> FloatArray:
    """Gaps filled on the working scale by a straight line between neighbours plus the season."""
    if known.all():
        return values.copy()
    steps = np.arange(len(values))
    working = np.log(np.where(known, values, 1.0)) if log else values
    line = np.interp(steps, steps[known], working[known])
    filled = np.where(known, working, line)
    for _ in range(3):
        phase = seasonal_indices(filled, season)[steps % season]
        adjusted = filled - phase
        filled = np.where(known, working, np.interp(steps, steps[known], adjusted[known]) + phase)
    bridged: FloatArray = np.where(
        known, values, np.exp(filled) if log else np.maximum(filled, 0.0)
    )
    return bridged
