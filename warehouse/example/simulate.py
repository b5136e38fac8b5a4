"""Writes files of five-minute traffic as operators export them, for routes whose real traffic is
not public.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from warehouse.example.demand import (
    CENTRAL_ASIA,
    Port,
    SimulatedEvent,
    World,
    country_traffic,
    read_world,
)
from warehouse.example.shapes import MINUTES_OF_WEEK, new_year, season, week_shape

Rates = NDArray[np.float32]

MONTH_ZONE = "Asia/Almaty"
"""Months begin at midnight there, as in the example's settings: the last month is complete and no
part of the next is there.
"""
WIDE_ROUTES = ("ASB-TAS", "ASB-THR")
"""Routes of the second operator, which exports wide CSV with decimal commas in its local time."""
WIDE_ZONE = "Asia/Ashgabat"
RESET_BPS = 8 * 2.0**64 / 300
"""What an exporter writes that takes a restarted 64-bit counter for a wrapped one."""
_NOISE = {"common": (0.018, 0.985), "corridor": (0.022, 0.98), "route": (0.035, 0.93)}
"""Standard deviation and hourly autocorrelation of the log noise at each level."""
_DRIFT_SD = {"common": 0.007, "corridor": 0.008, "route": 0.012}
_DRIFT_PHI = 0.97
"""What moves a route's own level from month to month."""
_SLOT_SD = 0.012


@dataclass(frozen=True)
class Month:
    """Slots of one month, and Gbit/s of every port in them: (ports, slots), NaN where nothing was
    collected.
    """

    start: date
    slots: pl.Series
    in_gbps: Rates
    out_gbps: Rates


def write_traffic(
    folder: Path,
    *,
    seed: int = 20251125,
    first: date = date(2022, 11, 1),
    months: int = 48,
    slot_minutes: int = 5,
    progress: Callable[[int, int], None] | None = None,
) -> list[Path]:
    """Two files a month: Parquet of the main operator, wide CSV of the second. The same seed gives
    the same bytes.

    `progress` is called with the months done and the months to do.
    """
    world = read_world(CENTRAL_ASIA)
    folder.mkdir(parents=True, exist_ok=True)
    wide = [row for row, port in enumerate(world.ports) if port.route_id in WIDE_ROUTES]
    long = [row for row in range(len(world.ports)) if row not in wide]
    written = []
    for done, month in enumerate(
        simulate(world, seed=seed, first=first, months=months, slot_minutes=slot_minutes), 1
    ):
        written.append(
            _write_long(folder / f"backbone-{month.start:%Y-%m}.parquet", world, month, long)
        )
        written.append(
            _write_wide(
                folder / f"tm-ops-{month.start:%Y-%m}.csv", world, month, wide, slot_minutes
            )
        )
        if progress:
            progress(done, months)
    return written


def _write_long(path: Path, world: World, month: Month, rows: list[int]) -> Path:
    """Columns interface, time, in_bps, out_bps; a slot that was not collected has no row."""
    count = len(month.slots)
    names = [world.ports[row].interface_id for row in rows]
    frame = pl.DataFrame(
        {
            "interface": pl.Series(names).gather(np.repeat(np.arange(len(rows)), count)),
            "time": pl.concat([month.slots] * len(rows)),
            "in_bps": (month.in_gbps[rows] * np.float32(1e9)).reshape(-1),
            "out_bps": (month.out_gbps[rows] * np.float32(1e9)).reshape(-1),
        }
    )
    frame.filter(pl.col("in_bps").is_not_nan()).write_parquet(
        path, compression="lz4", statistics=False
    )
    return path


def _write_wide(path: Path, world: World, month: Month, rows: list[int], slot_minutes: int) -> Path:
    """One row a slot, stamped at its end in local time; Mbit/s with decimal commas; empty where not
    collected.
    """
    columns = {}
    for row in rows:
        route = world.ports[row].route_id
        columns[f"{route} in"] = pl.Series(month.in_gbps[row].astype(np.float64) * 1e3).fill_nan(
            None
        )
        columns[f"{route} out"] = pl.Series(month.out_gbps[row].astype(np.float64) * 1e3).fill_nan(
            None
        )
    stamps = (
        month.slots.dt.offset_by(f"{slot_minutes}m")
        .dt.convert_time_zone(WIDE_ZONE)
        .dt.replace_time_zone(None)
    )
    pl.DataFrame({"time": stamps, **columns}).write_csv(
        path, separator=";", decimal_comma=True, float_precision=3, datetime_format="%d.%m.%Y %H:%M"
    )
    return path


def simulate(
    world: World, *, seed: int, first: date, months: int, slot_minutes: int = 5
) -> Iterator[Month]:
    """Month after month; a longer run begins with the same months as a shorter one."""
    ports = world.ports
    taste = np.random.default_rng([seed, 0])
    lags, sharpness = taste.normal(0, 18, len(ports)), taste.uniform(0.92, 1.06, len(ports))
    down = [
        week_shape(port.kind, lag_minutes=lag, sharpness=power)
        for port, lag, power in zip(ports, lags, sharpness, strict=True)
    ]
    up = [
        week_shape(port.kind, lag_minutes=lag - 40, sharpness=0.75 * power)
        for port, lag, power in zip(ports, lags, sharpness, strict=True)
    ]
    asymmetry = np.array([port.in_out for port in ports])[:, None]
    noise = _Noise(ports)
    drift = np.zeros(len(ports))
    for number in range(months):
        rng = np.random.default_rng([seed, 1, number])
        start = _month(first, number)
        slots = _slots(start, _month(first, number + 1), slot_minutes)
        before, drift = drift, _DRIFT_PHI * drift + noise.monthly(rng)
        inbound = _levels(world, slots) * np.exp(noise.month(rng, len(slots), slot_minutes)).astype(
            np.float32
        )
        inbound *= np.exp(np.linspace(before, drift, len(slots), axis=1)).astype(np.float32)
        outbound = (inbound / asymmetry).astype(np.float32)
        outbound *= np.exp(0.8 * noise.month(rng, len(slots), slot_minutes, keep=False)).astype(
            np.float32
        )
        for zone in sorted({port.time_zone for port in ports}):
            minute, day, since_new_year = _local(slots, zone)
            for row, port in enumerate(ports):
                if port.time_zone == zone:
                    calendar = season(day, port.kind) * new_year(since_new_year, port.kind)
                    inbound[row] *= down[row][minute] * calendar
                    outbound[row] *= up[row][minute] * calendar
        _apply_events(world, slots, inbound, outbound)
        _pin(ports, rng, inbound, outbound)
        _lose_samples(world, slots, rng, inbound, outbound, slot_minutes)
        yield Month(start, slots, inbound, outbound)


def _month(first: date, number: int) -> date:
    months = first.year * 12 + first.month - 1 + number
    return date(months // 12, months % 12 + 1, 1)


def _slots(start: date, end: date, slot_minutes: int) -> pl.Series:
    low, high = (
        datetime(day.year, day.month, day.day, tzinfo=ZoneInfo(MONTH_ZONE)).astimezone(UTC)
        for day in (start, end)
    )
    return pl.datetime_range(
        low, high, f"{slot_minutes}m", closed="left", time_unit="us", time_zone="UTC", eager=True
    )


def _local(
    slots: pl.Series, zone: str
) -> tuple[NDArray[np.int64], NDArray[np.float64], NDArray[np.float64]]:
    """Minute of the local week, day of the year, and hours from the nearest New Year's midnight."""
    local = slots.dt.convert_time_zone(zone).dt.replace_time_zone(None)
    minute = (
        (local.dt.weekday().cast(pl.Int64) - 1) * 1440
        + local.dt.hour().cast(pl.Int64) * 60
        + local.dt.minute().cast(pl.Int64)
    )
    day = local.dt.ordinal_day().cast(pl.Float64) + local.dt.hour().cast(pl.Float64) / 24
    year = local.dt.year() + (local.dt.month() > 6).cast(pl.Int32)
    midnight = pl.select(pl.datetime(year, 1, 1)).to_series()
    hours = (local - midnight).dt.total_minutes().cast(pl.Float64) / 60
    return (minute % MINUTES_OF_WEEK).to_numpy(), day.to_numpy(), hours.to_numpy()


def _levels(world: World, slots: pl.Series) -> Rates:
    """Gbit/s toward each port without day, week, season and noise."""
    seconds = (slots.dt.epoch("s") - int(datetime(2020, 1, 1, tzinfo=UTC).timestamp())).to_numpy()
    at_year = 2020 + seconds / (365.25 * 86400)
    by_country = {name: country_traffic(world, name, at_year) for name in world.countries}
    levels = np.empty((len(world.ports), len(slots)), dtype=np.float32)
    for row, port in enumerate(world.ports):
        if port.kind == "wave":
            lit = np.zeros(len(slots))
            for day, gbps in port.steps:
                lit[slots.dt.date().to_numpy() >= np.datetime64(day)] = gbps
            levels[row] = lit * port.use_ratio
        else:
            levels[row] = by_country[port.country] * port.share_ratio
    return levels


class _Noise:
    """Autocorrelated log noise that all ports share in part: common + corridor + route, and a
    little per slot.
    """

    def __init__(self, ports: tuple[Port, ...]) -> None:
        corridors = sorted({port.corridor for port in ports})
        self.corridor_of = np.array([corridors.index(port.corridor) for port in ports])
        parts = [("common", 1), ("corridor", len(corridors)), ("route", len(ports))]
        self.sd = np.concatenate([np.full(count, _NOISE[name][0]) for name, count in parts])
        self.phi = np.concatenate([np.full(count, _NOISE[name][1]) for name, count in parts])
        self.wave = np.array([port.kind == "wave" for port in ports])
        self.corridors, self.state = len(corridors), np.zeros(len(self.sd))

    def monthly(self, rng: np.random.Generator) -> NDArray[np.float64]:
        """One shock to each port's level, shared in part."""
        common, corridor, route = (
            rng.standard_normal(),
            rng.standard_normal(self.corridors),
            rng.standard_normal(len(self.wave)),
        )
        shock = (
            _DRIFT_SD["common"] * common
            + _DRIFT_SD["corridor"] * corridor[self.corridor_of]
            + _DRIFT_SD["route"] * route
        )
        return np.asarray(shock * np.where(self.wave, 0.2, 1.0))

    def month(
        self, rng: np.random.Generator, slots: int, slot_minutes: int, *, keep: bool = True
    ) -> NDArray[np.float64]:
        """(ports, slots); with `keep` the next month goes on where this one ends."""
        hours = -(-slots * slot_minutes // 60)
        shocks = rng.standard_normal((hours, len(self.sd))) * self.sd * np.sqrt(1 - self.phi**2)
        path = np.empty((hours + 1, len(self.sd)))
        path[0] = self.state
        for hour in range(hours):
            path[hour + 1] = self.phi * path[hour] + shocks[hour]
        if keep:
            self.state = path[-1]
        shared = (
            path[:, :1]
            + path[:, 1 : 1 + self.corridors][:, self.corridor_of]
            + path[:, 1 + self.corridors :]
        )
        at = np.arange(slots) * (slot_minutes / 60)
        below = at.astype(np.int64)
        part = (at - below)[:, None]
        noise = shared[below] * (1 - part) + shared[below + 1] * part
        noise *= np.where(self.wave, 0.15, 1.0)
        noise += rng.standard_normal((slots, len(self.wave)), dtype=np.float32) * (
            _SLOT_SD * np.where(self.wave, 0.4, 1.0)
        )
        return np.asarray(noise.T)


def _active(event: SimulatedEvent, slots: pl.Series) -> NDArray[np.bool_]:
    active = slots >= event.start_at
    if event.end_at is not None:
        active &= slots < event.end_at
    return active.to_numpy()


def _apply_events(world: World, slots: pl.Series, inbound: Rates, outbound: Rates) -> None:
    row_of = {port.route_id: row for row, port in enumerate(world.ports)}
    for event in world.events:
        if not (event.factor or event.leaves):
            continue
        active = _active(event, slots)
        if not active.any():
            continue
        for rates in (inbound, outbound):
            for route, factor in event.factor.items():
                rates[row_of[route], active] *= factor
            left = np.zeros(int(active.sum()), dtype=np.float32)
            for route, part in event.leaves.items():
                left += rates[row_of[route], active] * np.float32(part)
                rates[row_of[route], active] *= np.float32(1 - part)
            for route, part in event.arrives.items():
                rates[row_of[route], active] += left * np.float32(part)


def _pin(
    ports: tuple[Port, ...], rng: np.random.Generator, inbound: Rates, outbound: Rates
) -> None:
    """No port carries more than its speed: what would be above stays just under it."""
    for row, port in enumerate(ports):
        ceiling = port.speed_gbps * (0.996 - 0.004 * rng.random(inbound.shape[1], dtype=np.float32))
        np.minimum(inbound[row], ceiling, out=inbound[row])
        np.minimum(outbound[row], ceiling, out=outbound[row])


def _lose_samples(
    world: World,
    slots: pl.Series,
    rng: np.random.Generator,
    inbound: Rates,
    outbound: Rates,
    slot_minutes: int,
) -> None:
    """Dated collector outages and resets, and short polling gaps of single ports at any time."""
    for event in world.events:
        if event.gap or event.reset:
            active = _active(event, slots)
            for row, port in enumerate(world.ports):
                if port.route_id in event.gap or (
                    "*" in event.gap and port.route_id not in WIDE_ROUTES
                ):
                    inbound[row, active] = outbound[row, active] = np.nan
                if port.route_id in event.reset:
                    inbound[row, active] = outbound[row, active] = np.float32(RESET_BPS / 1e9)
    for row in range(len(world.ports)):
        for _ in range(int(rng.poisson(1.2))):
            begin = int(rng.integers(len(slots)))
            length = 1 + int(
                rng.exponential(timedelta(minutes=80) / timedelta(minutes=slot_minutes))
            )
            inbound[row, begin : begin + length] = outbound[row, begin : begin + length] = np.nan
