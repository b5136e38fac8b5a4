"""The slots of a period side by side: p95 of groups from time-aligned sums, peaks and busy
hours.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Rates = NDArray[np.float64]
WAYS = ("in", "out")
MOST_MISSING = 0.05
"""A group's slot in which routes of more than this share of its traffic are missing is not valid;
less is scaled up.
"""
GROUP_RANK = {
    "series_kind": pl.String,
    "series_id": pl.String,
    "period_start": pl.Date,
    "direction": pl.String,
    "p95_bps": pl.Float64,
    "slots": pl.Int64,
}
PEAK = {
    "route_key": pl.Int32,
    "period_start": pl.Date,
    "direction": pl.String,
    "peak_bps": pl.Float64,
    "peak_us": pl.Int64,
    "hour": pl.Int64,
    "hour_bps": pl.Float64,
    "mean_bps": pl.Float64,
}


@dataclass(frozen=True)
class SlotGrid:
    """Slots x routes, NaN where nothing valid was measured. `minutes` is the length of the shortest
    slots in it.
    """

    start_us: NDArray[np.int64]
    route_keys: NDArray[np.int64]
    rates: Mapping[str, Rates]
    minutes: float

    def column(self, route_key: int, way: str) -> Rates | None:
        place = int(np.searchsorted(self.route_keys, route_key))
        found = place < len(self.route_keys) and self.route_keys[place] == route_key
        return self.rates[way][:, place] if found else None


def slot_grid(slots: pl.DataFrame, minutes: int) -> SlotGrid:
    """Of rows route_key, slot_us, in_bps, out_bps; two values of one route in one slot are
    added.
    """
    slot_us, keys = slots["slot_us"].to_numpy(), slots["route_key"].to_numpy()
    step = minutes * 60_000_000
    first = int(slot_us.min())
    row, rest = np.divmod(slot_us - first, step)
    times = first + step * np.arange(int(row.max()) + 1)
    if rest.any():
        times, row = np.unique(slot_us, return_inverse=True)
    # Keys are small numbers, so that no sorting is needed.
    present = np.flatnonzero(np.bincount(keys))
    place = np.zeros(int(present[-1]) + 1, np.int64)
    place[present] = np.arange(len(present))
    # Rows lie port by port: so do the columns.
    cell = place[keys] * len(times) + row
    twice = len(cell) > 1 and int(np.bincount(cell).max()) > 1
    shape = (len(present), len(times))
    return SlotGrid(
        times,
        present,
        {way: _filled(cell, slots[f"{way}_bps"], shape, twice=twice).T for way in WAYS},
        minutes,
    )


def _filled(
    cell: NDArray[np.int64], bps: pl.Series, shape: tuple[int, int], *, twice: bool
) -> Rates:
    rates = np.full(shape[0] * shape[1], np.nan)
    values = bps.to_numpy()
    if twice:
        known = ~np.isnan(values)
        rates[cell[known]] = 0.0
        np.add.at(rates, cell[known], values[known])
    else:
        rates[cell] = values
    return rates.reshape(shape)


def p95(values: Rates) -> float:
    """The billing p95: the value of rank ceil(0.95 n), in integers."""
    rank = (95 * len(values) + 99) // 100 - 1
    return float(np.partition(values, rank)[rank])


def group_p95(grid: SlotGrid, weights: pl.DataFrame) -> pl.DataFrame:
    """p95 of the time-aligned sums of each group: one row per group and direction, as GROUP_RANK.

    `weights` are rows of one period: series_kind, series_id, period_start, route_key, and share_in
    and share_out of its mean.
    """
    rows = []
    filled = {way: np.nan_to_num(grid.rates[way]) for way in WAYS}
    known = {way: (~np.isnan(grid.rates[way])).astype(np.float64) for way in WAYS}
    for (kind, name, period), members in weights.group_by(
        "series_kind", "series_id", "period_start", maintain_order=True
    ):
        inside = members.filter(pl.col("route_key").is_in(grid.route_keys.tolist()))
        if inside.is_empty():
            continue
        place = np.searchsorted(grid.route_keys, inside["route_key"].to_numpy())
        for way in WAYS:
            # Not a matrix product: BLAS would keep other processors spinning.
            share = np.einsum("ij,j->i", known[way][:, place], inside[f"share_{way}"].to_numpy())
            valid = share >= 1 - MOST_MISSING
            total = filled[way][:, place].sum(axis=1)[valid] / share[valid]
            rows.append((kind, name, period, way, p95(total) if len(total) else None, len(total)))
    return pl.DataFrame(rows, schema=GROUP_RANK, orient="row")


def peaks(grid: SlotGrid, zones: Mapping[int, str], period_start: object) -> pl.DataFrame:
    """Peak, its first moment, and the clock hour of highest mean (the earlier of two) of each route
    and direction, as PEAK.
    """
    instants = pl.Series(grid.start_us).cast(pl.Datetime("us")).dt.replace_time_zone("UTC")
    hours = {
        zone: instants.dt.convert_time_zone(zone).dt.hour().to_numpy()
        for zone in sorted(set(zones.values()))
    }
    rows: list[tuple[Any, ...]] = []
    for way in WAYS:
        rates = grid.rates[way]
        counted = ~np.isnan(rates)
        filled = np.where(counted, rates, 0.0)
        for zone, hour in hours.items():
            place = np.flatnonzero([zones.get(int(key)) == zone for key in grid.route_keys])
            sums, counts = (
                _by_hour(filled[:, place], hour),
                _by_hour(counted[:, place].astype(np.float64), hour),
            )
            means = np.divide(sums, counts, out=np.full_like(sums, -np.inf), where=counts > 0)
            rows += _peak_rows(grid, rates[:, place], place, period_start, way, sums, counts, means)
    return pl.DataFrame(rows, schema=PEAK, orient="row")


def _by_hour(values: Rates, hour: NDArray[np.int8]) -> Rates:
    """Sums of rows by clock hour: 24 x columns. Rows of one hour stand together, so runs are added
    first.
    """
    begins = np.flatnonzero(np.diff(hour, prepend=-1))
    sums = np.zeros((24, values.shape[1]))
    np.add.at(sums, hour[begins], np.add.reduceat(values, begins, axis=0))
    return sums


def _peak_rows(
    grid: SlotGrid,
    rates: Rates,
    place: NDArray[np.int64],
    period_start: object,
    way: str,
    sums: Rates,
    counts: Rates,
    means: Rates,
) -> Iterable[tuple[Any, ...]]:
    highest = np.where(np.isnan(rates), -np.inf, rates).argmax(axis=0)
    best = means.argmax(axis=0)
    for column, key in enumerate(grid.route_keys[place]):
        slots = counts[:, column].sum()
        if slots:
            row, hour = int(highest[column]), int(best[column])
            yield (
                int(key),
                period_start,
                way,
                float(rates[row, column]),
                int(grid.start_us[row]),
                hour,
                float(means[hour, column]),
                float(sums[:, column].sum() / slots),
            )
