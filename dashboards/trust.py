"""Which forecasts have intervals that past outcomes contradict."""

from __future__ import annotations

import polars as pl

from dashboards.cuts import KEY, SeriesKey, at_grain
from dashboards.material import Material
from warehouse.shares import wilson

LEAST_OUTCOMES = 8
NOMINAL = 0.8
LAST_VALUE = ("last_value", "naive")
"""Names of the model that repeats the last value; of yearly series the seasonal naive one does."""


def scored(material: Material) -> pl.DataFrame:
    """One row per series with backtest outcomes: n, coverage_80, origins, high, mae_gbps,
    last_value_gbps, unreliable.

    `origins` counts the outcomes of the horizon that has most of them: what one origin says of
    several horizons overlaps, and counts once. `high` is the upper end of Wilson's 95 % interval of
    coverage_80 on so many outcomes. An interval is unreliable where `high` lies below what is
    promised, or where repeating the last value has missed by less over the same outcomes.
    """
    if "scored" not in material.memory:
        material.memory["scored"] = _scored(material)
    frame: pl.DataFrame = material.memory["scored"]
    return frame


def _scored(material: Material) -> pl.DataFrame:
    scores = at_grain(material["backtest_score"], material.edition.grain)
    ours = scores.filter(pl.col("model") == "ensemble")
    origins = ours.filter(pl.col("horizon") > 0).group_by(KEY).agg(origins=pl.col("n").max())
    last = scores.filter(
        (pl.col("horizon") == 0)
        & (
            pl.col("model").is_in(LAST_VALUE)
            | ((pl.col("model") == "seasonal_naive") & (pl.col("grain") == "year"))
        )
    )
    last = last.group_by(KEY).agg(last_value_gbps=pl.col("mae_gbps").min())
    _, high = wilson(pl.col("coverage_80"), pl.col("origins").cast(pl.Float64))
    return (
        ours.filter(
            (pl.col("horizon") == 0) & pl.col("coverage_80").is_not_null() & (pl.col("n") > 0)
        )
        .join(origins, on=KEY, how="left")
        .join(last, on=KEY, how="left")
        .with_columns(pl.col("origins").fill_null(pl.col("n")).clip(1))
        .with_columns(high=high)
        .with_columns(
            unreliable=(pl.col("n") >= LEAST_OUTCOMES)
            & (
                (pl.col("high") < NOMINAL) | (pl.col("mae_gbps") > pl.col("last_value_gbps"))
            ).fill_null(pl.col("high") < NOMINAL)
        )
        .select(
            *KEY,
            "n",
            "coverage_80",
            "coverage_95",
            "origins",
            "high",
            "mae_gbps",
            "last_value_gbps",
            "unreliable",
        )
        .sort(KEY)
    )


def unreliable(material: Material) -> frozenset[SeriesKey]:
    """The series whose intervals past outcomes contradict."""
    if "unreliable" not in material.memory:
        rows = scored(material).filter("unreliable").select(KEY).iter_rows()
        material.memory["unreliable"] = frozenset((a, b, c, d) for a, b, c, d in rows)
    found: frozenset[SeriesKey] = material.memory["unreliable"]
    return found


def doubtful_routes(material: Material, segment_id: str) -> list[str]:
    """The routes on whose first path the segment lies and whose intervals are unreliable."""
    bad = {key[1] for key in unreliable(material) if key[0] == "route"}
    return [
        route_id
        for route_id in material.users.get(segment_id, [])
        if route_id in bad and segment_id in material.paths[route_id].get(1, ())
    ]


def coverage_of(material: Material, routes: list[str]) -> tuple[float, int] | None:
    """The share of past outcomes of these routes' peaks inside their 80 % intervals, and their
    number; None where none was scored.
    """
    rows = scored(material).filter(
        (pl.col("series_kind") == "route")
        & (pl.col("statistic") == "p95")
        & pl.col("series_id").is_in(routes)
    )
    n = int(rows["n"].sum())
    return (float((rows["coverage_80"] * rows["n"]).sum()) / n, n) if n else None
