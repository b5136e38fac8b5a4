"""Labelled arrays: the only place where frames become arrays and arrays become frames."""

from __future__ import annotations

import calendar
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta

import numpy as np
import polars as pl
from numpy.typing import ArrayLike, NDArray

from warehouse.errors import ContractError, Problem
from warehouse.schema import QUANTILE_LEVELS, TRAFFIC_PERIOD, Grain, check

KEY = ("series_kind", "series_id", "direction", "statistic")
FloatArray = NDArray[np.float64]


def add_periods(start: date, count: int, grain: Grain) -> date:
    """The first day of the period `count` periods after the one that starts at `start`."""
    if grain == "day":
        return start + timedelta(days=count)
    if grain == "week":
        return start + timedelta(weeks=count)
    if grain == "year":
        return date(start.year + count, 1, 1)
    months = start.year * 12 + start.month - 1 + count
    return date(months // 12, months % 12 + 1, 1)


def periods_between(first: date, last: date, grain: Grain) -> int:
    """How many periods `last` lies after `first`."""
    if grain == "day":
        return (last - first).days
    if grain == "week":
        return (last - first).days // 7
    if grain == "year":
        return last.year - first.year
    return (last.year - first.year) * 12 + last.month - first.month


def period_days(start: date, grain: Grain) -> int:
    """The length of a period in days."""
    if grain == "month":
        return calendar.monthrange(start.year, start.month)[1]
    return (add_periods(start, 1, grain) - start).days


def nearest_ranks(levels: ArrayLike, count: int) -> NDArray[np.int64]:
    """Positions, from 0, among `count` sorted values: a quantile by nearest rank, the ceil(p n)-th
    smallest, is one of the values.
    """
    ranks = np.ceil(np.asarray(levels, dtype=float) * count - 1e-9)
    return ranks.astype(np.int64).clip(1, count) - 1


@dataclass(frozen=True)
class History:
    """Observed values of N series over T consecutive periods.

    `keys` has one row per series (series_kind, series_id, direction, statistic), in the order of
    the arrays' first axis. `values_gbps` is (N, T), NaN where nothing is known; `censored_ratio` is
    (N, T), the share of slots pinned at a cap.
    """

    grain: Grain
    keys: pl.DataFrame
    periods: tuple[date, ...]
    values_gbps: FloatArray
    censored_ratio: FloatArray

    @classmethod
    def from_frame(cls, traffic: pl.DataFrame, grain: Grain) -> History:
        """From rows of TRAFFIC_PERIOD; periods without a row become NaN. Negative or infinite
        values raise ContractError.
        """
        traffic = check(traffic.filter(pl.col("grain") == grain), TRAFFIC_PERIOD)
        bad = traffic.filter(
            (pl.col("value_gbps") < 0)
            | pl.col("value_gbps").is_infinite()
            | pl.col("value_gbps").is_nan()
        )
        if bad.height:
            raise ContractError(
                f"{bad.height} traffic values are negative or not finite",
                [
                    Problem(
                        f"{row['series_id']} {row['direction']} {row['statistic']} "
                        f"{row['period_start']}",
                        f"{row['value_gbps']}",
                    )
                    for row in bad.head(20).iter_rows(named=True)
                ],
            )
        keys = traffic.select(KEY).unique().sort(KEY)
        if traffic.is_empty():
            return cls(grain, keys, (), np.empty((0, 0)), np.empty((0, 0)))
        first, last = traffic.select(
            first=pl.col("period_start").min(), last=pl.col("period_start").max()
        ).row(0)
        length = periods_between(first, last, grain) + 1
        periods = tuple(add_periods(first, step, grain) for step in range(length))
        step_of = {period: step for step, period in enumerate(periods)}
        stray = [
            start for start in traffic["period_start"].unique().to_list() if start not in step_of
        ]
        if stray:
            raise ContractError(
                "periods do not start where their grain says",
                [Problem(grain, str(start)) for start in sorted(stray)],
            )
        row_of = keys.with_row_index("row")
        placed = traffic.join(row_of, on=KEY, how="inner")
        rows = placed["row"].to_numpy()
        steps = np.array([step_of[start] for start in placed["period_start"].to_list()])
        values = np.full((keys.height, length), np.nan)
        censored = np.zeros((keys.height, length))
        values[rows, steps] = placed["value_gbps"].fill_null(np.nan).to_numpy()
        censored[rows, steps] = placed["censored_ratio"].to_numpy()
        return cls(grain, keys, periods, values, censored)

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> History:
        index = np.asarray(rows, dtype=np.int64)
        return History(
            self.grain,
            self.keys[index],
            self.periods,
            self.values_gbps[index],
            self.censored_ratio[index],
        )


@dataclass(frozen=True)
class Paths:
    """S joint sample paths of N series over H periods after the origin: draws_gbps is (N, S, H).

    Draw s of every series belongs to the same simulated future, so series may be added draw by
    draw.
    """

    grain: Grain
    keys: pl.DataFrame
    periods: tuple[date, ...]
    draws_gbps: FloatArray

    def take(self, rows: Sequence[int] | NDArray[np.int64]) -> Paths:
        index = np.asarray(rows, dtype=np.int64)
        return Paths(self.grain, self.keys[index], self.periods, self.draws_gbps[index])

    def quantiles(self, levels: Sequence[float] = QUANTILE_LEVELS) -> pl.DataFrame:
        """Rows of FORECAST_QUANTILE: nearest-rank quantiles, so each is one of the draws."""
        count, draws, horizon = self.draws_gbps.shape
        if count == 0:
            return pl.DataFrame(
                schema={
                    **dict.fromkeys(KEY, pl.String),
                    "grain": pl.String,
                    "target_start": pl.Date,
                    "horizon": pl.Int64,
                    "quantile_level": pl.Float64,
                    "value_gbps": pl.Float64,
                }
            )
        ranks = nearest_ranks(levels, draws)
        values = np.empty((count, horizon, len(ranks)))
        for at in range(
            0, count, 64
        ):  # a block at a time: a sorted copy of all draws would double the memory
            block = np.ascontiguousarray(self.draws_gbps[at : at + 64].transpose(0, 2, 1))
            block.sort(axis=2)
            values[at : at + 64] = block[:, :, ranks]
        order = self.keys.select(KEY).with_row_index("row").sort(KEY)["row"].to_numpy()
        each = horizon * len(ranks)
        steps = np.repeat(np.arange(1, horizon + 1), len(ranks))
        return self.keys.select(KEY)[np.repeat(order, each)].with_columns(
            pl.lit(self.grain).alias("grain"),
            repeated([self.periods[step - 1] for step in steps], count).alias("target_start"),
            pl.Series("horizon", np.tile(steps, count)),
            pl.Series("quantile_level", np.tile(np.asarray(levels, dtype=float), count * horizon)),
            pl.Series("value_gbps", values[order].reshape(-1)),
        )


def repeated(values: Sequence[object], times: int) -> pl.Series:
    """A column of all values, again and again."""
    return pl.Series(values)[np.tile(np.arange(len(values)), times)]
