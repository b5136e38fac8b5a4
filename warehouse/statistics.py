"""Samples -> mean and p95 of routes, markets, corridors and the total per period, peaks, profiles and coincidence.

Which flags count in which statistic stands in core.slot_rule and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from warehouse.coincidence import Combinations, month_kappas, segment_combinations
from warehouse.database import Warehouse
from warehouse.migrate import SQL
from warehouse.schema import Grain

CHUNK_SLOTS = 12_000_000
"""Slots looked at in one go, so that memory does not grow with the history: exact quantiles are held in memory."""


@dataclass(frozen=True)
class StatisticsSummary:
    """What a pass did: periods looked at again, rows that differ from before, and how many of them carry a value."""

    version: int | None
    periods: int
    rows: int
    values: int


def update_statistics(
    warehouse: Warehouse,
    *,
    grains: Sequence[Grain] = ("month", "week"),
    time_zone: str,
    known_at: datetime,
    min_coverage_ratio: float = 0.9,
    today: datetime | None = None,
) -> StatisticsSummary:
    """Makes the statistics of the periods that loads have touched since the last pass; all of them where settings or routes changed.

    Periods are cut in `time_zone`. A period that is not over by `today` (else `known_at`) has no value. Earlier versions stay.
    """
    now = today or known_at
    with warehouse.transaction():
        for name in ("routes", "ports", "spans", "members"):
            _run(warehouse, name)
        network = _run(warehouse, "network")
        if network.is_empty():
            return StatisticsSummary(None, 0, 0, 0)
        settings = {
            "grains": ",".join(grains),
            "zone": time_zone,
            "min_coverage": min_coverage_ratio,
            "network_hash": hashlib.sha256(network.write_csv().encode()).hexdigest(),
        }
        last = _run(warehouse, "last_pass", **settings).row(0, named=True)
        _run(warehouse, "periods", zone=time_zone, grains=list(grains))
        _run(warehouse, "touched", after_batch=last["after_batch"] or 0, everything=last["after_batch"] is None)
        version = int(last["version"])
        stamp = {"known_at": known_at, "version": version}
        periods = 0
        for grain in grains:
            for chunk in _chunks(_run(warehouse, "touched_of_grain", grain=grain)):
                periods += chunk.height
                _make(warehouse, grain, chunk, time_zone, min_coverage_ratio, now, stamp)
        if not periods:
            return StatisticsSummary(None, 0, 0, 0)
        _profile(warehouse, stamp)
        _run(warehouse, "record_pass", **settings, version=version, last_batch_id=last["last_batch_id"], today=now, known_at=known_at)  # fmt: skip
        sums = _run(warehouse, "sums_of_pass", version=version).row(0, named=True)
    return StatisticsSummary(version, periods, int(sums["rows"]), int(sums["values"]))


def _make(
    warehouse: Warehouse, grain: Grain, chunk: pl.DataFrame, zone: str, min_coverage: float, today: datetime, stamp: Mapping[str, Any]
) -> None:  # fmt: skip
    reach = {"from_at": chunk["from_at"].min(), "until_at": chunk["until_at"].max()}
    _run(warehouse, "clock", grain=grain, first=chunk["period_start"].min(), last=chunk["period_start"].max())
    _run(warehouse, "route_sums", **reach)
    _run(warehouse, "route_periods", min_coverage=min_coverage, today=today)
    _run(warehouse, "route_slots", **reach)
    _run(warehouse, "group_periods", min_coverage=min_coverage, today=today)
    _run(warehouse, "append_periods", grain=grain, zone=zone, **stamp)
    _run(warehouse, "local_hours", **reach)
    _run(warehouse, "peaks", grain=grain, today=today, **stamp)
    if grain == "month":
        over = chunk.filter(pl.col("until_at") <= today)
        _keep_coincidence(warehouse, segment_combinations(_run(warehouse, "rank_one_paths")), over, min_coverage, stamp)


def _keep_coincidence(
    warehouse: Warehouse, combinations: Combinations, months: pl.DataFrame, min_coverage: float, stamp: Mapping[str, Any]
) -> None:  # fmt: skip
    made = _kappas(warehouse, combinations, months, min_coverage)
    if made:
        warehouse.connection.register("made_coincidence", pl.concat(made).to_arrow())
        _run(warehouse, "append_coincidence", **stamp)
        warehouse.connection.unregister("made_coincidence")


def coincidence(
    warehouse: Warehouse, combinations: Combinations, *, time_zone: str, min_coverage_ratio: float = 0.9
) -> pl.DataFrame:
    """Rows of COINCIDENCE for any sets of (route_id, direction), from the time-aligned slots of every month.

    A combination without a month in which all members are measured has no row.
    """
    for name in ("routes", "ports", "spans"):
        _run(warehouse, name)
    _run(warehouse, "periods", zone=time_zone, grains=["month"])
    _run(warehouse, "touched", after_batch=0, everything=True)
    empty = pl.DataFrame(schema={"combination_id": pl.String, "period_start": pl.Date, "kappa": pl.Float64, "slots": pl.Int64})  # fmt: skip
    made = [empty]
    for chunk in _chunks(_run(warehouse, "touched_of_grain", grain="month")):
        reach = {"from_at": chunk["from_at"].min(), "until_at": chunk["until_at"].max()}
        _run(warehouse, "clock", grain="month", first=chunk["period_start"].min(), last=chunk["period_start"].max())
        _run(warehouse, "route_sums", **reach)
        _run(warehouse, "route_periods", min_coverage=min_coverage_ratio, today=reach["until_at"])
        _run(warehouse, "route_slots", **reach)
        made += _kappas(warehouse, combinations, chunk, min_coverage_ratio)
    return (
        pl.concat(made).group_by("combination_id")
        .agg(pl.col("kappa").mean(), kappa_sd=pl.col("kappa").std().fill_null(0.0), months=pl.len().cast(pl.Int64))
        .sort("combination_id")
    )  # fmt: skip


def _kappas(
    warehouse: Warehouse, combinations: Combinations, months: pl.DataFrame, min_coverage: float
) -> list[pl.DataFrame]:
    if not combinations:
        return []
    keys = _route_keys(warehouse)
    # Not through a relation: that takes forty times as long for millions of rows.
    rows = warehouse.connection.execute(
        (SQL / "traffic/statistics/month_slots.sql").read_text("utf-8")
    ).to_arrow_table()
    slots = pl.DataFrame(pl.from_arrow(rows)).partition_by("period_start", as_dict=True, include_key=False)
    return [
        month_kappas(slots[(row["period_start"],)], combinations, keys, row, min_coverage)
        for row in months.iter_rows(named=True)
        if (row["period_start"],) in slots
    ]


def _profile(warehouse: Warehouse, stamp: Mapping[str, Any]) -> None:
    last = warehouse.sql("select max(last_slot) as at from route_span")["at"].item()
    until = last + timedelta(days=1)
    reach = {"from_at": last - timedelta(days=365), "until_at": until}
    _run(warehouse, "local_hours", **reach)
    _run(warehouse, "profile", **reach, **stamp)


def _route_keys(warehouse: Warehouse) -> dict[str, int]:
    return dict(warehouse.sql("select route_id, route_key from route_number order by route_id").iter_rows())


def _chunks(periods: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Runs of neighbouring periods with at most CHUNK_SLOTS slots, but at least one period each."""
    if periods.is_empty():
        return
    run = (periods["size"].cast(pl.Int64).cum_sum() - 1) // CHUNK_SLOTS
    gap = (periods["from_at"] != periods["until_at"].shift(1)).fill_null(value=False).cast(pl.Int64).cum_sum()
    for _, chunk in periods.with_columns(run=run, gap=gap).group_by("run", "gap", maintain_order=True):
        yield chunk.sort("period_start")


def _run(warehouse: Warehouse, name: str, **params: object) -> pl.DataFrame:
    return warehouse.run(f"traffic/statistics/{name}", **params)
