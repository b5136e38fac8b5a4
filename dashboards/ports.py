"""Which routes stand at the speed of their ports: what more was wanted is not seen there."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from dashboards.cuts import SeriesKey, at_grain
from dashboards.material import Material

CAPPED_FROM = {"p95": 0.05, "mean": 0.25}
"""Share of a period's slots at the cap from which on its statistic is the port's, not demand's."""
NEAR = 0.9
"""Of the ports' speed: a direction that stays lower is not held by it."""
SIZES_GBPS = (1, 10, 25, 40, 100, 200, 400, 800)
RECENT = 12
"""Periods."""


@dataclass(frozen=True)
class Port:
    """A series whose last period stood at its ports' speed (Gbit/s): since when, in how many of the
    last RECENT periods, and the smallest size that holds the forecast's 90 % level to its end;
    None without a forecast, or where that is no more than the speed.
    """

    speed_gbps: float
    since: date
    periods: int
    of: int
    proposed_gbps: float | None
    until: date
    """The end of the forecast."""


def speeds(material: Material) -> dict[str, float]:
    """The speed of each route's ports together (Gbit/s). Of ports that measure the same traffic,
    those of the first priority count.
    """
    if "port speeds" not in material.memory:
        ports = material["interface"].filter(pl.col("speed_gbps").is_not_null())
        first = ports.filter(pl.col("priority") == pl.col("priority").min().over("route_id"))
        sums = first.unique("interface_id").group_by("route_id").agg(pl.col("speed_gbps").sum())
        material.memory["port speeds"] = dict(sums.iter_rows())
    found: dict[str, float] = material.memory["port speeds"]
    return found


def at_port(material: Material) -> dict[SeriesKey, Port]:
    """The route series that stand at their ports' speed: by their last period."""
    if "at port" not in material.memory:
        material.memory["at port"] = _at_port(material)
    found: dict[SeriesKey, Port] = material.memory["at port"]
    return found


def _at_port(material: Material) -> dict[SeriesKey, Port]:
    speed = speeds(material)
    traffic = at_grain(material["traffic_period"], material.edition.grain).filter(
        (pl.col("series_kind") == "route") & pl.col("value_gbps").is_not_null()
    )
    limit = pl.col("statistic").replace_strict(CAPPED_FROM, default=1.0, return_dtype=pl.Float64)
    marked = traffic.with_columns(capped=pl.col("censored_ratio") > limit)
    peaks: dict[tuple[str, str], float] = {}
    held = []
    for key, part in marked.sort("period_start").group_by(
        "series_id", "direction", "statistic", maintain_order=True
    ):
        route_id, direction, statistic = map(str, key)
        last = part.row(-1, named=True)
        if statistic == "p95":
            peaks[route_id, direction] = last["value_gbps"]
        if last["capped"] and route_id in speed:
            held.append((route_id, direction, statistic, part))
    found = {}
    for route_id, direction, statistic, part in held:
        if peaks.get((route_id, direction), 0.0) < NEAR * speed[route_id]:
            continue
        recent = part.tail(RECENT)
        key = ("route", route_id, direction, statistic)
        found[key] = Port(
            speed[route_id],
            part.filter("capped")["period_start"][0],
            int(recent["capped"].sum()),
            recent.height,
            _proposed(material, ("route", route_id, direction, "p95"), speed[route_id]),
            material.span[2] or material.edition.origin,
        )
    return dict(sorted(found.items()))


def _proposed(material: Material, key: SeriesKey, speed: float) -> float | None:
    frame = material.series.get(key)
    highest = frame["q900"].max() if frame is not None else None
    if not isinstance(highest, float) or highest <= speed:
        return None
    fitting = (float(size) for size in SIZES_GBPS if size >= highest)
    return next(fitting, SIZES_GBPS[-1] * -(-highest // SIZES_GBPS[-1]))


def capped_routes(material: Material) -> dict[str, Port]:
    """The routes whose busier peak stands at their ports' speed, by id."""
    return {key[1]: port for key, port in at_port(material).items() if key[3] == "p95"}
