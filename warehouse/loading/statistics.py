"""Samples -> mean and p95 of routes, markets, corridors and the total per period, peaks, profiles
and coincidence.

Which flags count in which statistic stands in core.slot_rule and nowhere else.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import polars as pl

from warehouse.loading.coincidence import (
    Combinations,
    coincidences,
    combination_id,
    segment_combinations,
)
from warehouse.loading.quality import flag_again, flag_maintenance, mark_doubtful
from warehouse.loading.slot_grid import GROUP_RANK, PEAK, SlotGrid, group_p95, peaks, slot_grid
from warehouse.schema import Grain
from warehouse.store.database import Warehouse

CHUNK_SLOTS = 12_000_000
"""Slots of the periods looked at in one go; of each period in turn the slots are held in memory."""
KAPPA = {
    "combination_id": pl.String,
    "period_start": pl.Date,
    "kappa": pl.Float64,
    "slots": pl.Int64,
}


@dataclass(frozen=True)
class StatisticsSummary:
    """What a pass did: periods looked at again, rows that differ from before, and how many of them
    carry a value.
    """

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
    combinations: Combinations = (),
) -> StatisticsSummary:
    """Makes the statistics of the periods that loads have touched since the last pass; all of them
    where settings or routes changed.

    What slots show only beside their neighbours is flagged first, and so are maintenance windows
    stated since. Periods are cut in `time_zone`. A period that is not over by `today` (else
    `known_at`) has no value. Earlier versions stay. Coincidence is measured of the routes that
    share a segment direction on their first paths, and of `combinations`.
    """
    now = today or known_at
    with warehouse.transaction():
        for name in ("routes", "ports", "spans", "members"):
            _run(warehouse, name)
        network = _run(warehouse, "network")
        if network.is_empty():
            return StatisticsSummary(None, 0, 0, 0)
        ports_hash = _hash(network.write_csv())
        if _run(warehouse, "ports_changed", ports_hash=ports_hash)["changed"].item():
            flag_again(warehouse)
        windows = flag_maintenance(warehouse)
        _run(warehouse, "contested")
        contested = _run(warehouse, "contested_routes")
        stated = "".join(rows.write_csv() for rows in (network, windows, contested) if rows.height)
        wanted = {combination_id(members): members for members in combinations}
        stated += "\n".join(sorted(wanted))
        settings = {
            "grains": ",".join(grains),
            "zone": time_zone,
            "min_coverage": min_coverage_ratio,
            "network_hash": _hash(stated),
        }
        last = _run(warehouse, "last_pass", **settings).row(0, named=True)
        mark_doubtful(
            warehouse,
            since_batch_id=last["after_batch"] or 0,
            time_zone=time_zone,
            port_is_made=True,
        )
        _run(warehouse, "periods", zone=time_zone, grains=list(grains))
        _run(
            warehouse,
            "touched",
            after_batch=last["after_batch"] or 0,
            everything=last["after_batch"] is None,
        )
        version = int(last["version"])
        stamp = {"known_at": known_at, "version": version}
        periods = 0
        _run(warehouse, "no_made_series")
        for grain in grains:
            for chunk in _chunks(_run(warehouse, "touched_of_grain", grain=grain)):
                periods += chunk.height
                _make(warehouse, grain, chunk, time_zone, min_coverage_ratio, now, stamp, wanted)
        if not periods:
            return StatisticsSummary(None, 0, 0, 0)
        if last["after_batch"] is None:
            _run(warehouse, "withdraw_periods", grains=list(grains), zone=time_zone, **stamp)
        _profile(warehouse, time_zone, last["profiled_batch"], stamp)
        _run(
            warehouse,
            "record_pass",
            **settings,
            version=version,
            last_batch_id=last["last_batch_id"],
            today=now,
            known_at=known_at,
            ports_hash=ports_hash,
        )
        sums = _run(warehouse, "sums_of_pass", version=version).row(0, named=True)
    return StatisticsSummary(version, periods, int(sums["rows"]), int(sums["values"]))


def _make(
    warehouse: Warehouse,
    grain: Grain,
    chunk: pl.DataFrame,
    zone: str,
    min_coverage: float,
    today: datetime,
    stamp: Mapping[str, Any],
    wanted: Mapping[str, Sequence[tuple[str, str]]],
) -> None:
    _route_periods(warehouse, chunk, min_coverage, today)
    at_hand = {
        "grain": grain,
        "first": chunk["period_start"].min(),
        "last": chunk["period_start"].max(),
    }
    _run(warehouse, "group_parts", **at_hand)
    weights = _run(warehouse, "group_weights").partition_by("period_start", as_dict=True)
    zones = dict(_run(warehouse, "route_zones").iter_rows())
    combinations: Combinations = ()
    if grain == "month":
        primary = {
            combination_id(members): members
            for members in segment_combinations(_run(warehouse, "rank_one_paths"))
        }
        combinations = list({**primary, **wanted}.values())
    ranked, highest, kappas = (
        [pl.DataFrame(schema=GROUP_RANK)],
        [pl.DataFrame(schema=PEAK)],
        [pl.DataFrame(schema=KAPPA)],
    )
    for period, grid in _grids(warehouse, chunk):
        start = period["period_start"]
        if (start,) in weights:
            ranked.append(group_p95(grid, weights[(start,)]))
        if period["until_at"] <= today:
            highest.append(peaks(grid, zones, start))
            kappas.append(_kappas(warehouse, combinations, period, grid, min_coverage))
    with _table(warehouse, "group_rank", pl.concat(ranked)):
        _run(warehouse, "group_periods", min_coverage=min_coverage, today=today)
    _run(warehouse, "append_periods", grain=grain, zone=zone, **stamp)
    _run(warehouse, "made_series", grain=grain)
    with _table(warehouse, "made_peak", pl.concat(highest)):
        _run(warehouse, "peaks", grain=grain, **stamp)
    with _table(warehouse, "made_coincidence", pl.concat(kappas)):
        _run(warehouse, "append_coincidence", **stamp)


def _route_periods(
    warehouse: Warehouse, chunk: pl.DataFrame, min_coverage: float, today: datetime
) -> None:
    _run(warehouse, "no_route_sums")
    _run(warehouse, "no_slot_lacks")
    for period in chunk.select("period_start", "from_at", "until_at").iter_rows(named=True):
        _run(warehouse, "route_sums", **period)
        bounds = {"from_at": period["from_at"], "until_at": period["until_at"]}
        if _run(warehouse, "any_partial_slots", **bounds)["partial"].item():
            _run(warehouse, "slot_lacks", **period)
    _run(warehouse, "route_periods", min_coverage=min_coverage, today=today)


def _grids(warehouse: Warehouse, chunk: pl.DataFrame) -> Iterator[tuple[dict[str, Any], SlotGrid]]:
    """The periods of a chunk that have valid slots, one at a time."""
    minutes = dict(_run(warehouse, "slot_lengths").iter_rows())
    for period in chunk.select("period_start", "from_at", "until_at").iter_rows(named=True):
        if period["period_start"] in minutes:
            slots = _run(warehouse, "route_slots", **period)
            if slots.height:
                yield period, slot_grid(slots, minutes[period["period_start"]])


@contextmanager
def _table(warehouse: Warehouse, name: str, frame: pl.DataFrame) -> Iterator[None]:
    warehouse.connection.register(name, frame.to_arrow())
    yield
    warehouse.connection.unregister(name)


def _kappas(
    warehouse: Warehouse,
    combinations: Combinations,
    period: Mapping[str, Any],
    grid: SlotGrid,
    min_coverage: float,
) -> pl.DataFrame:
    keys = _route_keys(warehouse) if combinations else {}
    named = {
        combination_id(members): [(keys.get(route, -1), way) for route, way in members]
        for members in combinations
    }
    found = coincidences(
        grid,
        sorted(named.items()),
        from_at=period["from_at"],
        until_at=period["until_at"],
        min_coverage=min_coverage,
    )
    return pl.DataFrame(
        [(name, period["period_start"], kappa, slots) for name, kappa, slots in found],
        schema=KAPPA,
        orient="row",
    )


def _profile(
    warehouse: Warehouse, zone: str, after_batch: int | None, stamp: Mapping[str, Any]
) -> None:
    last = warehouse.sql("select max(last_slot) as at from route_span")["at"].item()
    _run(
        warehouse,
        "profile_spans",
        zone=zone,
        from_at=last - timedelta(days=365),
        last_at=last,
        after_batch=after_batch,
    )
    _run(warehouse, "no_profile_parts")
    for month in _run(warehouse, "profile_spans_made").iter_rows(named=True):
        _run(warehouse, "local_hours", from_at=month["from_at"], until_at=month["until_at"])
        _run(warehouse, "profile_part", **month)
    _run(warehouse, "profile_forget")
    _run(warehouse, "profile_keep")
    _run(warehouse, "profile", **stamp)


def _route_keys(warehouse: Warehouse) -> dict[str, int]:
    return dict(
        warehouse.sql("select route_id, route_key from route_number order by route_id").iter_rows()
    )


def _chunks(periods: pl.DataFrame) -> Iterator[pl.DataFrame]:
    """Runs of neighbouring periods with at most CHUNK_SLOTS slots, but at least one period each."""
    if periods.is_empty():
        return
    run = (periods["size"].cast(pl.Int64).cum_sum() - 1) // CHUNK_SLOTS
    gap = (
        (periods["from_at"] != periods["until_at"].shift(1))
        .fill_null(value=False)
        .cast(pl.Int64)
        .cum_sum()
    )
    for _, chunk in periods.with_columns(run=run, gap=gap).group_by(
        "run", "gap", maintain_order=True
    ):
        yield chunk.sort("period_start")


def _hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _run(warehouse: Warehouse, name: str, **params: object) -> pl.DataFrame:
    return warehouse.run(f"traffic/statistics/{name}", **params)
