"""Many candidates into one point forecast, and the scale of its error before calibration."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.demand.models.autoregression import around_trend, on_differences
from forecasting.demand.models.growth import bent_growth, saturating
from forecasting.demand.models.smoothing import (
    damped_ahead,
    seasonal_ahead,
    smooth_level,
    smooth_seasonal,
    smooth_trend,
    stl_theta,
    theta_line,
)
from forecasting.demand.models.window import Window, between, mean_of, median_of
from forecasting.series import FloatArray

CANDIDATES = (
    "theta",
    "damped_trend",
    "changes",
    "absolute_changes",
    "raw_changes",
    "around_trend",
    "stl_theta",
    "seasonal_level",
    "growth",
    "saturating",
    "straight_line",
)
POOL = ("theta", "damped_trend", "changes", "absolute_changes", "raw_changes")
BENT = ("saturating", "damped_trend", "absolute_changes")
"""What takes over where a history shows a ceiling."""
LONG_ONLY = ("around_trend", "stl_theta")
"""Candidates that need four seasons to be worth their noise."""
SLOWED, SLOWED_SHORT = ("theta", "absolute_changes"), ("straight_line",)
"""What takes over where growth is clear: half of its rate, and as much in levels as so far. Of a
history below SHORT_SEASONS also its straight line, which takes no season from one year.
"""
POOLS = {
    "candidates": CANDIDATES,
    "pool": POOL,
    "bent": BENT,
    "long_only": LONG_ONLY,
    "slowed": SLOWED,
    "slowed_short": SLOWED_SHORT,
}
"""What makes a point forecast and its scale: the sizes in prior.json hold for exactly these."""
BLEND_LENGTHS, BLEND_WEIGHTS = (0.5, 1.0, 2.0, 3.0, 5.0), (0.8, 0.65, 0.5, 0.3, 0.0)
"""Weight of `seasonal_level` alone by history length in seasons: trends of short histories are
mostly noise.
"""
LONGEST_SEASON = 40
"""Periods a season counts for there: in two years of weeks a trend shows as well as in three of
months.
"""
LAST_SHARE = 0.75
"""How much of a level without a season is the last value, the rest the smoothed one."""
FROM_GROWTH, OVER_GROWTH = 0.25, 0.1
"""Weight of `growth` from which SLOWED takes over, and over how much more that is done: growth that
is clear so far has slowed without a warning.
"""
FROM_YEARLY, OVER_YEARLY = 0.15, 0.15
"""Growth a year, on the log scale, from which that is done, and over how much more that is
done whole: what grows by a few per cent a year goes on.
"""
YEAR_OF_DAYS, YEAR_OF_HOURS = 365.25, 8766.0
SHORT_SEASONS, SHORT_PERIODS = 3, 36
"""Histories below both are short."""
ALIKE_LENGTHS, MOST_ALIKE = (5.0, 7.0), 12
"""From so many seasons on, of so many periods at most, all of the pool weighs alike: with much to
go on, the lowest and the highest are right as often as the middle.
"""
BEYOND_DOUBT = 0.15
"""Weight that others than `growth` must have left for all of SLOWED: a straight line of logs with
next to no noise is what it is.
"""
MOVE_CAP, SPREAD_CAP = 1.5, 1.4
DISAGREEMENT, YEARLY = 1.25, 0.5
NOISE_IN_CHANGES, LEAST_BEYOND, LEAST_KEPT = 1.5, 0.2, 0.2
RISES_AS_FALLS, YEARLY_RISES_AS_FALLS = 0.5, 0.125
"""How far a series may fall, as a share of how far it has risen: years of a country's tenfold
growth say little of falls.
"""
PATH_CAP, SHORT_LENGTH = 1.5, 12.0
"""A short history has not shown its largest moves yet: the cap widens by SHORT_LENGTH / length."""


@dataclass(frozen=True)
class Outlook:
    """What the candidates say of N series from their origins, in the series' own units.

    `candidates` is (N, C, H) in the order of CANDIDATES and `weights` (N, C) sum to 1; `point` (N,
    H) is their combination; `scale` (N, H) is the expected size of its error on the working scale
    (log where `log`), before calibration. `errors` (N, T) are the one-step errors of the smoothed
    level on the working scale. `bounds` (N, 2, H) are the least and the largest value of any path.
    `optima` hold the parameters found, (N, K) each.
    """

    candidates: FloatArray
    weights: FloatArray
    point: FloatArray
    scale: FloatArray
    log: bool
    errors: FloatArray
    optima: Mapping[str, FloatArray]
    bounds: FloatArray


def outlook(data: Window) -> Outlook:
    """Every candidate's forecast from this window, capped, combined and given a scale."""
    steps, starts, frozen = data.steps, data.starts, data.frozen
    level = smooth_level(data.adjusted, starts.get("theta"), frozen=frozen)
    optima = {"theta": level.optimum}
    said = {"theta": theta_line(level, data.slope, data.length, steps) + data.season_ahead}
    # Without a season the last value is a better level than the smoothed one, and a mean of both
    # is better still.
    last_share = 0.0 if _seasonal(data) else LAST_SHARE
    steady = last_share * data.adjusted[:, -1] + (1 - last_share) * level.level
    said["seasonal_level"] = steady[:, None] + data.season_ahead
    said["damped_trend"], optima["damped_trend"] = _damped_trend(data)
    said["changes"] = (
        on_differences(data.adjusted, data.season + 2, data.horizon) + data.season_ahead
    )
    said["absolute_changes"] = _absolute_changes(data) if data.log else said["changes"]
    said["raw_changes"] = on_differences(data.working, 2 * data.season + 2, data.horizon)
    said["around_trend"] = around_trend(data)
    if data.season > 1 and data.length >= 2 * data.season + 1:
        said["stl_theta"], optima["stl_theta"] = stl_theta(data)
    said["saturating"], bends = saturating(data, mean_of(level.errors**2))
    said["growth"], grows = bent_growth(data, level.level)
    said["straight_line"] = _straight_line(data)
    working = np.stack([said.get(name, said["seasonal_level"]) for name in CANDIDATES], axis=1)
    working = _capped(working, data)
    natural = np.exp(np.minimum(working, 700.0)) if data.log else working
    weights = _weights(natural, data, grows, bends)
    point = _weighted(natural, weights)
    scale = _scale(working, weights, level.errors, level.alpha, data)
    return Outlook(
        natural, weights, point, scale, data.log, level.errors, optima, _bounds(point, data)
    )


def _weighted(values: FloatArray, weights: FloatArray) -> FloatArray:
    """(N, H) of candidates' values (N, C, H)."""
    found: FloatArray = np.add.reduce(weights[:, :, None] * values, axis=1)
    return found


def _seasonal(data: Window) -> bool:
    return data.season > 1 and data.length >= data.season + 6


def _damped_trend(data: Window) -> tuple[FloatArray, FloatArray]:
    """On the working scale without a season, else on the raw one with factors for the season; also
    the optimum.
    """
    starts, frozen = data.starts.get("damped_trend"), data.frozen
    if not _seasonal(data):
        fit = smooth_trend(data.adjusted, starts, frozen=frozen)
        return damped_ahead(fit, data.steps) + data.season_ahead, fit.optimum
    if not data.log:
        fit = smooth_seasonal(data.working, data.seasonal, "damped_seasonal", starts, frozen=frozen)
        return damped_ahead(fit, data.steps) + seasonal_ahead(fit, data.steps), fit.optimum
    fit = smooth_seasonal(
        data.values, np.exp(data.seasonal), "damped_times_seasonal", starts, frozen=frozen
    )
    product = damped_ahead(fit, data.steps) * seasonal_ahead(fit, data.steps)
    return _logged(product, data), fit.optimum


def _absolute_changes(data: Window) -> FloatArray:
    ahead = on_differences(np.exp(data.adjusted), data.season + 2, data.horizon)
    return _logged(ahead, data) + data.season_ahead


def _straight_line(data: Window) -> FloatArray:
    """From the first value through the last one, without a season."""
    first, last = data.values[:, :1], data.values[:, -1:]
    ahead = last + (last - first) / max(data.length - 1, 1) * data.steps
    return _logged(ahead, data) if data.log else ahead


def _logged(natural: FloatArray, data: Window) -> FloatArray:
    logged: FloatArray = np.log(np.maximum(natural, 1e-3 * data.values[:, -1:]))
    return logged


def _capped(working: FloatArray, data: Window) -> FloatArray:
    """No candidate moves further in k periods than 1.5 times the largest k-period move seen, nor
    far from the others.
    """
    lags = sorted({min(lag, data.length - 1) for lag in (1, 3, 6, 12, data.horizon)})
    moves = np.stack(
        [np.abs(data.adjusted[:, lag:] - data.adjusted[:, :-lag]).max(axis=1) for lag in lags],
        axis=1,
    )
    seen = between(data.steps, lags, np.maximum.accumulate(moves, axis=1))
    room = (MOVE_CAP * seen + 1e-9 + data.swing[:, None])[:, None, :]
    base = (data.adjusted[:, -1:] + data.season_ahead)[:, None, :]
    working = np.minimum(np.maximum(working, base - room), base + room)
    if data.log:
        ordered, count = np.sort(working, axis=1), working.shape[1]
        middle = (ordered[:, (count - 1) // 2] + ordered[:, count // 2])[:, None, :] / 2
        working = np.minimum(np.maximum(working, middle - SPREAD_CAP), middle + SPREAD_CAP)
    return working


def _bounds(point: FloatArray, data: Window) -> FloatArray:
    """Within PATH_CAP times the rises and falls over as many periods that the history has shown,
    few of them left out.

    Beyond two thirds of the history the largest moves go on growing with the square root of the
    horizon.
    """
    adjusted, most = data.adjusted, max(2 * data.length // 3, 1)
    farthest = min(most, data.horizon)
    lags = sorted({round(1 + (farthest - 1) * part / 5) for part in range(6)})
    # The 98th percentiles by sorting: np.quantile costs more than all the rest here.
    moves = [np.sort(adjusted[:, lag:] - adjusted[:, :-lag], axis=1) for lag in lags]
    few = [int(0.98 * (one.shape[1] - 1)) for one in moves]
    rises = np.stack(
        [np.maximum(one[:, at], 0.0) for one, at in zip(moves, few, strict=True)], axis=1
    )
    falls = np.stack(
        [np.maximum(-one[:, -1 - at], 0.0) for one, at in zip(moves, few, strict=True)], axis=1
    )
    beyond = np.sqrt(np.maximum(data.steps / lags[-1], 1.0))
    up = between(data.steps, lags, np.maximum.accumulate(rises, axis=1)) * beyond
    down = between(data.steps, lags, np.maximum.accumulate(falls, axis=1)) * beyond
    recent, swing = adjusted[:, -min(3, data.length) :], data.swing[:, None]
    working = np.log(point) if data.log else point
    room = PATH_CAP * (1 + SHORT_LENGTH / data.length)
    highest, lowest = recent.max(axis=1)[:, None], recent.min(axis=1)[:, None]
    high = np.maximum(highest + room * np.maximum(up, down / 2), working + up) + swing
    mirrored = RISES_AS_FALLS if data.season > 1 or not data.log else YEARLY_RISES_AS_FALLS
    low = np.minimum(lowest - room * np.maximum(down, mirrored * up), working - down) - swing
    both: FloatArray = np.stack([low, high], axis=1)
    return np.exp(both) if data.log else np.maximum(both, 0.0)


def _weights(natural: FloatArray, data: Window, grows: FloatArray, bends: FloatArray) -> FloatArray:
    """Near-equal weights (N, C): each share is how often a candidate is neither the lowest nor the
    highest.

    Long histories give all of the pool the same weight. Short histories lean on their level, since
    their trends are mostly noise; clear growth hands over to `growth`, and a clear ceiling to
    `saturating` with the two whose growth is a line in levels. Where `growth` would weigh much,
    slower growth takes over: plain growth must be beaten by evidence, and no past told the years in
    which it slowed.
    """
    # Years of a country stay at half: with more of their level they became 2 % worse.
    seasons = data.length / data.season if data.season >= 4 else max(data.length / 12, 2.0)
    pool = POOL + (
        LONG_ONLY
        if seasons >= 4 and data.season > 1
        else ()
        if _seasonal(data)
        else ("seasonal_level",)
    )
    alike = np.interp(seasons, ALIKE_LENGTHS, (0.0, 1.0)) * (1 < data.season <= MOST_ALIKE)
    share = (1 - alike) * _middle_shares(natural, pool) + alike * _equal_shares(pool)
    trusted = seasons * max(data.season / LONGEST_SEASON, 1.0)
    blend = np.full(len(natural), np.interp(trusted, BLEND_LENGTHS, BLEND_WEIGHTS))
    for names, weight in ((("seasonal_level",), blend), (("growth",), grows), (BENT, bends)):
        share = (1 - weight)[:, None] * share + weight[:, None] * _equal_shares(names)
    if data.season == 1 or not data.log:
        return share
    grown = share[:, CANDIDATES.index("growth")]
    slowed = np.clip((grown - FROM_GROWTH) / OVER_GROWTH, 0.0, 1.0)
    slowed *= np.clip((1 - grown) / BEYOND_DOUBT, 0.0, 1.0)
    year = {7: YEAR_OF_DAYS, 24: YEAR_OF_HOURS}.get(data.season, float(data.season))
    slowed *= np.clip((np.abs(data.slope) * year - FROM_YEARLY) / OVER_YEARLY, 0.0, 1.0)
    short = data.length < min(SHORT_SEASONS * data.season, SHORT_PERIODS)
    slower = _equal_shares(SLOWED + (SLOWED_SHORT if short else ()))
    return (1 - slowed)[:, None] * share + slowed[:, None] * slower


def _equal_shares(names: Sequence[str]) -> FloatArray:
    """Weights (C,) that are alike for each named candidate."""
    share = np.zeros(len(CANDIDATES))
    share[[CANDIDATES.index(name) for name in names]] = 1 / len(names)
    return share


def _middle_shares(natural: FloatArray, names: Sequence[str]) -> FloatArray:
    """Weights (N, C): how often each named candidate is neither the lowest nor the highest."""
    used = [CANDIDATES.index(name) for name in names]
    order = np.argsort(natural[:, used], axis=1, kind="stable")[:, 1:-1]
    share = np.zeros(natural.shape[:2])
    for place, candidate in enumerate(used):
        share[:, candidate] = (order == place).sum(axis=(1, 2)) / order[0].size
    return share


def _scale(
    working: FloatArray, weights: FloatArray, errors: FloatArray, alpha: FloatArray, data: Window
) -> FloatArray:
    """Growing one-step error, plus the candidates' disagreement, plus the size of yearly changes
    beyond that error.
    """
    tail = errors[:, min(3, data.length // 4) :]
    one_step = _steady_size(tail, centred=False)
    season = data.season if data.length > data.season + 2 else 0
    yearly = _steady_size(
        data.working[:, season:] - data.working[:, :-season] if season else tail, centred=True
    )
    # A yearly change holds the one-step error twice, once at each end.
    beyond = np.sqrt(
        np.maximum(yearly**2 - NOISE_IN_CHANGES * one_step**2, (LEAST_BEYOND * yearly) ** 2)
    )
    apart = working - _weighted(working, weights)[:, None, :]
    if season:
        alpha = alpha * _kept(yearly, one_step, alpha, data)
    scale: FloatArray = (
        one_step[:, None] * np.sqrt(1 + (data.steps - 1) * (alpha * alpha)[:, None])
        + DISAGREEMENT * np.minimum(np.sqrt(_weighted(apart**2, weights)), 1.0)
        + YEARLY * beyond[:, None] * np.sqrt(data.steps / (data.season if data.season >= 4 else 12))
        + 1e-9
    )
    return scale


def _kept(yearly: FloatArray, one_step: FloatArray, alpha: FloatArray, data: Window) -> FloatArray:
    """Share (N,) of a surprise that is still there a season later: what seasons differed by, over
    what they would have if the level kept `alpha` of each surprise for good. 1 with two seasons or
    less, which do not tell it.
    """
    wander = one_step * np.sqrt(data.season * alpha * alpha + 2 * (1 - alpha))
    share = np.clip(yearly / (wander + 1e-12), LEAST_KEPT, 1.0)
    kept: FloatArray = share ** np.clip(data.length / data.season - 2, 0.0, 1.0)
    return kept


def _steady_size(values: FloatArray, *, centred: bool) -> FloatArray:
    """Between root mean square and median size (N,), so that one outlier widens less than it
    would.
    """
    square = np.sqrt(mean_of(values * values))
    apart = values - median_of(values)[:, None] if centred else values
    median = 1.4826 * median_of(np.abs(apart))
    between_them: FloatArray = np.sqrt(square * np.maximum(median, 0.2 * square))
    return between_them
