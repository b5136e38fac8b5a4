"""Octet counters -> mean rates of slots: the octets between two readings are spread evenly over the
time between them.
"""

from __future__ import annotations

import numpy as np
import polars as pl
from numpy.typing import NDArray

Floats = NDArray[np.float64]
WRAP = float(2**32)
POSSIBLE = 1.05
"""A 32-bit counter went round only if the rate this makes is at most this much of the port's speed.
A 64-bit one never does.
"""
MOST_BPS = 1e18
"""A counter that made more has not counted; no other source may state more either."""
SLOTS = {
    "interface_key": pl.Int32,
    "slot_us": pl.Int64,
    "in_bps": pl.Float64,
    "out_bps": pl.Float64,
    "flag": pl.String,
    "measured_ratio": pl.Float64,
}


def slots_of_readings(readings: pl.DataFrame, slot_us: int) -> pl.DataFrame:
    """One row of SLOTS per port and slot that is at least half covered, sorted.

    `readings` hold interface_key, read_us, in_octets, out_octets (UInt64), counter_bits,
    discontinuity, uptime_s, speed_bps and batch_id: of two readings at one instant the later load
    holds. Slots most of which restarts have spoilt have no rate (reset); rates that one interval of
    two slots or more makes are estimated. `measured_ratio` is the part of the slot that is neither
    spoilt nor without readings, of the direction with more of it.
    """
    rows = _in_order(readings)
    key, at = rows["interface_key"].to_numpy(), rows["read_us"].to_numpy()
    later = np.flatnonzero(key[1:] == key[:-1]) + 1
    if not len(later):
        return pl.DataFrame(schema=SLOTS)
    begin, end = at[later - 1], at[later]
    seconds = (end - begin) / 1e6
    most = np.where(
        rows["counter_bits"].to_numpy()[later] == 32,
        POSSIBLE * rows["speed_bps"].to_numpy()[later],
        -1.0,
    )
    rates, lost = {}, _restarted(rows)[later]
    for way in ("in", "out"):
        rates[way], failed = _rate(rows[f"{way}_octets"], later, seconds, most)
        lost |= failed
    place, slot = _pieces(begin, end, slot_us)
    part = np.minimum(end[place], (slot + 1) * slot_us) - np.maximum(begin[place], slot * slot_us)
    owner = key[later][place]
    starts = np.flatnonzero(
        np.concatenate(([True], (owner[1:] != owner[:-1]) | (slot[1:] != slot[:-1])))
    )

    good = np.where(lost[place], 0, part)
    covered, valid = np.add.reduceat(part, starts), np.add.reduceat(good, starts)
    enough = 2 * valid >= slot_us
    wide = np.add.reduceat(np.where((end - begin >= 2 * slot_us)[place], good, 0), starts)
    made = {"interface_key": owner[starts], "slot_us": slot[starts] * slot_us}
    measured = np.zeros(len(starts))
    for way, rate in rates.items():
        of_piece = rate[place]
        known = ~np.isnan(of_piece)
        span = np.add.reduceat(np.where(known, good, 0), starts)
        measured = np.maximum(measured, span / slot_us)
        bits = np.add.reduceat(np.where(known, of_piece, 0.0) * good, starts)
        made[f"{way}_bps"] = np.divide(
            bits, span, out=np.full(len(bits), np.nan), where=enough & (span > 0)
        )
    made["measured_ratio"] = np.minimum(measured, 1.0)
    slots = pl.DataFrame({**made, "enough": enough, "wide": 2 * wide > valid}, nan_to_null=True)
    flag = pl.when(~pl.col("enough")).then(pl.lit("reset")).when("wide").then(pl.lit("estimated"))
    # What is missing of a slot less than half covered may come with the next file.
    return (
        slots.with_columns(flag=flag)
        .filter(pl.Series(2 * covered >= slot_us))
        .select(*SLOTS)
        .cast(pl.Schema(SLOTS))
    )


def _in_order(readings: pl.DataFrame) -> pl.DataFrame:
    rows = readings
    for _ in range(2):
        key, at = rows["interface_key"].to_numpy(), rows["read_us"].to_numpy()
        after = (key[1:] > key[:-1]) | ((key[1:] == key[:-1]) & (at[1:] > at[:-1]))
        if after.all():
            return rows
        rows = rows.sort("interface_key", "read_us", "batch_id")
        # Of one instant the last stands.
        rows = rows.filter(
            (pl.col("interface_key") != pl.col("interface_key").shift(-1)).fill_null(value=True)
            | (pl.col("read_us") != pl.col("read_us").shift(-1)).fill_null(value=True)
        )
    return rows


def _restarted(rows: pl.DataFrame) -> NDArray[np.bool_]:
    marked = pl.col("discontinuity") != pl.col("discontinuity").shift()
    younger = pl.col("uptime_s") < pl.col("uptime_s").shift()
    # A counter of 32 bits and one of 64 are two counters, whatever both have counted.
    other = pl.col("counter_bits") != pl.col("counter_bits").shift()
    return (
        rows.select(
            marked.fill_null(value=False)
            | younger.fill_null(value=False)
            | other.fill_null(value=False)
        )
        .to_series()
        .to_numpy()
        .copy()
    )


def _rate(
    octets: pl.Series, later: NDArray[np.int64], seconds: Floats, most: Floats
) -> tuple[Floats, NDArray[np.bool_]]:
    """Bit/s between readings, NaN where nothing can be said, and where that is because the counter
    restarted.
    """
    # Unsigned integers: the difference of two readings is exact where a double would have lost it.
    values = octets.fill_null(0).to_numpy()
    before, now = values[later - 1], values[later]
    rose = now >= before
    passed = (now - before).astype(np.float64)
    if not rose.all():
        round_again = WRAP - (before - now).astype(np.float64)
        possible = (round_again >= 0) & (round_again * 8 / seconds <= most)
        passed = np.where(rose, passed, np.where(possible, round_again, np.nan))
    rates = passed * 8 / seconds
    rates = np.where(rates <= MOST_BPS, rates, np.nan)
    lost = np.isnan(rates)
    if octets.null_count():
        empty = octets.is_null().to_numpy()
        unknown = empty[later] | empty[later - 1]
        rates, lost = np.where(unknown, np.nan, rates), lost & ~unknown
    return rates, lost


def _pieces(
    begin: NDArray[np.int64], end: NDArray[np.int64], slot_us: int
) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The parts of intervals that lie in one slot each: the place of their interval, and the slot's
    number.
    """
    first = begin // slot_us
    count = (end - 1) // slot_us - first + 1
    place = np.repeat(np.arange(len(begin)), count)
    return place, first[place] + np.arange(len(place)) - np.repeat(np.cumsum(count) - count, count)
