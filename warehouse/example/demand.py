"""How much traffic each simulated route carries in a month, from the public bandwidth of its
country.
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Any, Literal

import numpy as np
import polars as pl
from numpy.typing import NDArray

CENTRAL_ASIA = Path(__file__).parent / "central_asia"
Kind = Literal["access", "business", "wave"]


@dataclass(frozen=True)
class Port:
    """A simulated port: the route it carries and what its traffic is like."""

    interface_id: str
    route_id: str
    corridor: str
    time_zone: str
    speed_gbps: float
    kind: Kind
    country: str
    share_ratio: float
    in_out: float
    use_ratio: float
    steps: tuple[tuple[date, float], ...]


@dataclass(frozen=True)
class SimulatedEvent:
    """A dated change of the simulated traffic; factors and parts are by route."""

    event_id: str
    start_at: datetime
    end_at: datetime | None
    factor: Mapping[str, float]
    leaves: Mapping[str, float]
    arrives: Mapping[str, float]
    gap: tuple[str, ...]
    reset: tuple[str, ...]


@dataclass(frozen=True)
class World:
    """Everything the simulator knows: ports in the order of its arrays, events, and yearly
    bandwidth by country.
    """

    ports: tuple[Port, ...]
    events: tuple[SimulatedEvent, ...]
    countries: Mapping[str, Mapping[str, float]]
    bandwidth_gbps: Mapping[str, Mapping[int, float]]


def read_world(folder: Path = CENTRAL_ASIA) -> World:
    """From simulation.toml and the CSV files beside it."""
    choices: dict[str, Any] = tomllib.loads(
        (folder / "simulation.toml").read_text(encoding="utf-8")
    )
    frame = (
        pl.read_csv(folder / "interfaces.csv")
        .join(pl.read_csv(folder / "routes.csv"), on="route_id")
        .sort("interface_id")
    )
    ports = []
    for row in frame.iter_rows(named=True):
        route = choices["route"][row["route_id"]]
        country = route.get("country", "")
        covered = choices["country"][country]["covered_ratio"] if country else 1.0
        steps = tuple(
            (date.fromisoformat(day), float(gbps)) for day, gbps in route.get("steps", ())
        )
        ports.append(
            Port(
                row["interface_id"],
                row["route_id"],
                row["corridor"],
                row["time_zone"],
                float(row["speed_gbps"]),
                route["kind"],
                country,
                route.get("share", 0.0) * covered,
                route["in_out"],
                route.get("use_ratio", 1.0),
                steps,
            )
        )
    countries = {
        name: {"use_ratio": choices["use_ratio"], **values}
        for name, values in choices["country"].items()
    }
    yearly = pl.read_csv(folder / "bandwidth.csv").filter(
        pl.col("source_kind") == "derived", pl.col("country").is_in(list(countries))
    )
    bandwidth: dict[str, dict[int, float]] = {name: {} for name in countries}
    for country, year, gbps in yearly.select("country", "year", "gbps").iter_rows():
        bandwidth[country][year] = float(gbps)
    return World(
        tuple(ports), _read_events(folder / "events.csv", choices["event"]), countries, bandwidth
    )


def _read_events(
    path: Path, effects: Mapping[str, Mapping[str, Any]]
) -> tuple[SimulatedEvent, ...]:
    rows = pl.read_csv(path).filter(pl.col("simulated")).sort("start_at", "event_id")
    return tuple(
        SimulatedEvent(
            row["event_id"],
            _utc(row["start_at"]),
            _utc(row["end_at"]) if row["end_at"] else None,
            effect.get("factor", {}),
            effect.get("leaves", {}),
            effect.get("arrives", {}),
            tuple(effect.get("gap", ())),
            tuple(effect.get("reset", ())),
        )
        for row in rows.iter_rows(named=True)
        for effect in (effects[row["event_id"]],)
    )


def _utc(text: str) -> datetime:
    return datetime.fromisoformat(text.replace("Z", "+00:00")).astimezone(UTC)


def bandwidth_path(
    known_gbps: Mapping[int, float], choices: Mapping[str, float], years: Sequence[int]
) -> list[float]:
    """Bandwidth in each year: the table's up to `last_year`, then growth that shrinks by `damping`
    every year.

    A year the table lacks is drawn between its neighbours on the log scale.
    """
    first, last = int(choices["growth_from"]), int(choices["last_year"])
    table = sorted((year, math.log(gbps)) for year, gbps in known_gbps.items() if year <= last)
    growth = choices.get(
        "growth_log", math.log(known_gbps[last] / known_gbps[first]) / (last - first)
    )
    damping = choices["damping"]
    path = []
    for year in years:
        if year <= last:
            path.append(
                math.exp(
                    float(np.interp(year, [at for at, _ in table], [value for _, value in table]))
                )
            )
        else:
            ahead = growth * damping * (1 - damping ** (year - last)) / (1 - damping)
            path.append(known_gbps[last] * math.exp(ahead))
    return path


def country_traffic(
    world: World, country: str, at_year: NDArray[np.float64]
) -> NDArray[np.float64]:
    """Mean Gbit/s toward a country at moments given as decimal years: a year's figure stands for
    its middle.
    """
    choices = world.countries[country]
    years = range(int(at_year.min()) - 1, int(at_year.max()) + 2)
    logs = np.log(bandwidth_path(world.bandwidth_gbps[country], choices, years))
    return np.asarray(
        choices["use_ratio"] * np.exp(np.interp(at_year, np.array(years) + 0.5, logs))
    )
