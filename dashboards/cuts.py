"""How a run's frames are cut: by series, by segment and direction, by the periods of each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import polars as pl

from warehouse.schema import Grain

SeriesKey = tuple[str, str, str, str]
"""series_kind, series_id, direction, statistic."""
KEY = ("series_kind", "series_id", "direction", "statistic")
INTERVAL: dict[Grain, str] = {"day": "1d", "week": "1w", "month": "1mo", "year": "1y"}
LEVELS = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
"""The quantile levels that charts and tables show."""


def each(values: pl.Expr, say: Callable[[Any], str]) -> pl.Expr:
    """What is said of each value, null of null.

    Polars keeps the functions that its map_elements was given lately, and with them the whole
    edition that a lambda sees.
    """
    return values.map_batches(
        lambda column: pl.Series(
            [None if value is None else say(value) for value in column], dtype=pl.String
        ),
        return_dtype=pl.String,
    )


def at_grain(frame: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """The rows of the edition's grain, and the yearly ones of countries."""
    wanted = (
        pl.when(pl.col("series_kind") == "country").then(pl.lit("year")).otherwise(pl.lit(grain))
    )
    return frame.filter(pl.col("grain") == wanted)


def by_series(frame: pl.DataFrame) -> dict[SeriesKey, pl.DataFrame]:
    parts = frame.partition_by(KEY, as_dict=True)
    return {(str(a), str(b), str(c), str(d)): part for (a, b, c, d), part in parts.items()}


def without_holes(frame: pl.DataFrame, grain: Grain, by: tuple[str, ...] = ()) -> pl.DataFrame:
    """The rows of periods with one more, of coverage 0, for each period between the first and the
    last that has none.
    """
    ends = frame.group_by(by) if by else frame.group_by(pl.lit(0).alias("whole"))
    every = (
        ends.agg(
            period_start=pl.date_ranges(
                pl.col("period_start").min(), pl.col("period_start").max(), INTERVAL[grain]
            ).first()
        )
        .explode("period_start")
        .select(*by, "period_start")
    )
    return every.join(frame, on=[*by, "period_start"], how="left").with_columns(
        pl.col("coverage_ratio").fill_null(0.0)
    )


def by_pair(frame: pl.DataFrame, name: str) -> dict[tuple[str, str], pl.DataFrame]:
    parts = frame.partition_by(name, "direction", as_dict=True)
    return {(str(key[0]), str(key[1])): part for key, part in parts.items()}


def rows_by(frame: pl.DataFrame, column: str) -> dict[str, list[dict[str, Any]]]:
    found: dict[str, list[dict[str, Any]]] = {}
    for row in frame.iter_rows(named=True):
        found.setdefault(row[column], []).append(row)
    return found


def yearly(rows: pl.DataFrame) -> pl.DataFrame:
    """One value per year: a reported total before one derived from a per-inhabitant figure."""
    return (
        rows.sort("year", pl.col("source_kind") != "direct")
        .unique("year", keep="first", maintain_order=True)
        .select(
            period_start=pl.date(pl.col("year"), 1, 1),
            value_gbps=pl.col("gbps"),
            coverage_ratio=pl.lit(1.0),
            slot_minutes=pl.lit(0, dtype=pl.Int64),
            simulated=pl.lit(value=False),
            source="source",
            source_kind="source_kind",
        )
    )


def periods_of_series(
    traffic: pl.DataFrame, forecast: pl.DataFrame, observed: Mapping[SeriesKey, pl.DataFrame]
) -> dict[SeriesKey, pl.DataFrame]:
    """Each series' periods: start, observed, coverage, and the quantiles of its forecast, all
    joined at once.
    """
    names = {str(level): f"q{round(level * 1000):03d}" for level in LEVELS}
    past = [
        part.select(
            *(pl.lit(name).alias(column) for name, column in zip(key, KEY, strict=True)),
            start="period_start",
            observed="value_gbps",
            coverage="coverage_ratio",
        )
        for key, part in observed.items()
        if key[0] == "country"
    ]
    known = traffic.select(
        *KEY, start="period_start", observed="value_gbps", coverage="coverage_ratio"
    )
    future = (
        forecast.filter(pl.col("quantile_level").is_in(LEVELS))
        .pivot(
            on="quantile_level",
            on_columns=LEVELS,
            index=[*KEY, "target_start"],
            values="value_gbps",
            aggregate_function="first",
        )
        .rename({"target_start": "start", **names})
    )
    whole = pl.concat([known.filter(pl.col("series_kind") != "country"), *past]).join(
        future, on=[*KEY, "start"], how="full", coalesce=True
    )
    started = pl.col("observed").is_not_null() | pl.col("q500").is_not_null()
    begun = whole.sort(*KEY, "start").filter(started.cum_sum().over(KEY) > 0)
    return {key: part.drop(KEY) for key, part in by_series(begun).items()}


def periods_of_segments(
    segment_load: pl.DataFrame, threshold_ratio: float
) -> dict[tuple[str, str], pl.DataFrame]:
    """Each segment direction's periods: median, q100, q900 without failure; the 90 % level of the
    worst failure and its cause; threshold, lit.
    """

    def at(level: float, failure: str) -> pl.Expr:
        chosen = (pl.col("quantile_level") == level) & (pl.col("failure_id") == failure)
        return pl.col("load_gbps").filter(chosen).first()

    frame = (
        segment_load.group_by("segment_id", "direction", "target_start")
        .agg(
            median=at(0.5, "none"),
            q100=at(0.1, "none"),
            q900=at(0.9, "none"),
            worst=at(0.9, "worst"),
            cause_id=pl.col("cause_id").filter(pl.col("failure_id") == "worst").first(),
            lit=pl.col("lit_gbps").first(),
        )
        .with_columns(threshold=threshold_ratio * pl.col("lit"))
        .sort("segment_id", "direction", "target_start")
    )
    return {
        key: part.drop("segment_id", "direction")
        for key, part in by_pair(frame, "segment_id").items()
    }
