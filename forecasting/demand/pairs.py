"""Mean and 95th percentile of one route and direction belong together: their ratio keeps to what
was measured.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from itertools import pairwise

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.demand.study import Study
from forecasting.series import FloatArray

RECENT = 6
"""Periods whose mean ratio is carried forward."""
SHARE = 0.5
"""How far a p95 forecast is drawn to the mean's forecast times the ratio."""


def partners(keys: pl.DataFrame) -> list[tuple[int, int]]:
    """(row of the mean, row of the p95) of each series that has both."""
    rows = {
        key: row
        for row, key in enumerate(
            keys.select("series_kind", "series_id", "direction", "statistic").iter_rows()
        )
    }
    return sorted(
        (rows[(*key[:3], "mean")], row)
        for key, row in rows.items()
        if key[3] == "p95" and (*key[:3], "mean") in rows
    )


def neighbours(follows: NDArray[np.bool_] | None, rows: Sequence[int]) -> list[tuple[int, int]]:
    """Pairs among `rows` of series sorted by key, as places in `rows`: `follows` marks each p95
    whose mean is the row before.
    """
    if follows is None:
        return []
    return [
        (place, place + 1)
        for place, (row, after) in enumerate(pairwise(rows))
        if follows[after] and after == row + 1
    ]


def pulled(
    studies: Sequence[Study], values: FloatArray, pairs: Sequence[tuple[int, int]]
) -> list[Study]:
    """The studies with each p95 drawn half-way to its mean times their recent ratio, now and at
    every past origin they share.

    What it is made of is moved along with it today: candidates still average to the point, and
        bounds lie where they lay around it.

    `values` (N, T) are the observed ones, a row for each study.
    """
    together = list(studies)
    for mean_row, p95_row in pairs:
        mean, p95 = studies[mean_row], studies[p95_row]
        ratio = log_ratio(values[mean_row], values[p95_row])
        if not (mean.log and p95.log and np.isfinite(ratio).any()):
            continue
        said = p95.backtest.said.copy()
        at = {
            mean.first + length: row for row, length in enumerate(mean.backtest.lengths.astype(int))
        }
        for row, length in enumerate(p95.backtest.lengths.astype(int)):
            same = at.get(p95.first + length)
            past = _recent(ratio[: p95.first + length])
            if same is not None and past is not None:
                said[row, 0] = _between(said[row, 0], mean.backtest.said[same, 0], past)
        now = _recent(ratio)
        point = p95.point if now is None else _between(p95.point, mean.point, now)
        moved = point / p95.point
        together[p95_row] = replace(
            p95,
            point=point,
            candidates=p95.candidates * moved,
            bounds=p95.bounds * moved,
            backtest=replace(p95.backtest, said=said),
        )
    return together


def log_ratio(mean: FloatArray, p95: FloatArray) -> FloatArray:
    """log(p95 / mean) (T,), NaN where either is missing or 0."""
    known = (mean > 0) & (p95 > 0)
    ratio: FloatArray = np.log(np.where(known, p95, np.nan)) - np.log(np.where(known, mean, np.nan))
    return ratio


def kept_in_range(p95: FloatArray, mean: FloatArray, ratio: FloatArray) -> FloatArray:
    """p95 draws (S, H) moved so that their ratio to the mean's draws stays between the least and
    the largest measured.
    """
    low, high = np.exp(np.nanmin(ratio)), np.exp(np.nanmax(ratio))
    return np.clip(p95, mean * low, mean * high)


def held_to_sum(p95: FloatArray, mean: FloatArray, ratio: FloatArray) -> FloatArray:
    """p95 draws (S, H) of a group of routes beside those of its mean, which are the sum of its
    routes: their median half-way to the mean's times
    the recent ratio, and every draw within what was measured. Without that a group's peak could
    fall below its mean.
    """
    recent = _recent(ratio)
    if recent is None:
        return p95
    own, summed = np.median(p95, axis=0), np.median(mean, axis=0)
    known = (own > 0) & (summed > 0)
    apart = (
        np.log(np.where(known, summed, 1.0))
        + np.where(known, recent, 0.0)
        - np.log(np.where(known, own, 1.0))
    )
    return kept_in_range(p95 * np.exp(SHARE * apart), mean, ratio)


def _recent(ratio: FloatArray) -> float | None:
    known = ratio[np.isfinite(ratio)][-RECENT:]
    return float(known.mean()) if len(known) else None


def _between(p95: FloatArray, mean: FloatArray, ratio: float) -> FloatArray:
    moved: FloatArray = np.exp((1 - SHARE) * np.log(p95) + SHARE * (np.log(mean) + ratio))
    return moved
