"""What a segment carried before the forecast, and the days that matter in its chart."""

from __future__ import annotations

from datetime import date
from itertools import pairwise

import polars as pl

from dashboards.chapters.traffic.happened import event_words
from dashboards.charts.ticks import Tick
from dashboards.figure import joined
from dashboards.front.decision import BUILDS
from dashboards.material import Material
from dashboards.notes import routes_over
from dashboards.view import View

LEAST, MOST = 0.3, 1.05
"""Bounds of the factor by which peaks of routes coincide: outside them routes are split or moved,
and their sum says nothing of the segment.
"""
LONGEST = 36
"""Periods of the past that are drawn."""
MOST_ORDERS, MOST_EVENTS = 3, 3


def observed_load(material: Material, segment_id: str, direction: str) -> pl.DataFrame | None:
    """target_start, observed (Gbit/s), lit: the sum of the peaks observed on the routes whose first
    path crosses the segment, times the factor by which the forecast's first median load differs
    from the sum of theirs. None where a route is not observed, or the factor is implausible.
    """
    ways = [
        (name, way)
        for name in routes_over(material, segment_id)
        if (way := _way(material, name, segment_id, direction))
    ]
    parts = [material.series.get(("route", name, way, "p95")) for name, way in ways]
    loads = material.loads.get((segment_id, direction))
    if not parts or loads is None or any(part is None for part in parts):
        return None
    every = pl.concat(
        [part.select("start", "observed", "q500") for part in parts if part is not None]
    )
    sums = every.group_by("start").agg(
        pl.len(),
        known=pl.col("observed").count(),
        observed=pl.col("observed").sum(),
        ahead=pl.col("q500").sum(),
        forecast=pl.col("q500").count(),
    )
    first = loads["target_start"][0]
    now = sums.filter((pl.col("start") == first) & (pl.col("forecast") == len(parts)))["ahead"]
    if now.is_empty() or not now[0]:
        return None
    factor = loads["median"][0] / now[0]
    if not LEAST <= factor <= MOST:
        return None
    past = (
        sums.filter((pl.col("start") < first) & (pl.col("known") > 0))
        .select(
            target_start="start",
            observed=pl.when(pl.col("known") == len(parts)).then(pl.col("observed") * factor),
        )
        .sort("target_start")
        .tail(LONGEST)
    )
    if past["observed"].count() == 0:
        return None
    return past.join_asof(
        _steps(material, segment_id), left_on="target_start", right_on="valid_from"
    ).drop("valid_from")


def _way(material: Material, route_id: str, segment_id: str, direction: str) -> str:
    """The direction of a route that crosses the segment in its direction; empty where the route's
    path is not joined end to end.
    """
    row = material.routes.get(route_id)
    node = str(row["a_node"]) if row else ""
    for name in material.paths[route_id][1]:
        segment = material.segments.get(name)
        if segment is None or node not in (segment["a_node"], segment["z_node"]):
            return ""
        along = segment["a_node"] == node
        if name == segment_id:
            return "out" if along == (direction == "az") else "in"
        node = str(segment["z_node"] if along else segment["a_node"])
    return ""


def _steps(material: Material, segment_id: str) -> pl.DataFrame:
    """valid_from and lit, sorted, as last stated."""
    rows = material["capacity"].filter(pl.col("segment_id") == segment_id)
    latest = rows.sort("valid_from", "known_at").unique("valid_from", keep="last")
    return latest.select("valid_from", lit="lit_gbps").sort("valid_from")


def segment_ticks(view: View, segment_id: str, first: date, last: date) -> list[Tick]:
    """Orders (last day, and when they must carry traffic), steps of lit capacity, and cuts."""
    text, language = view.text, view.language
    found = []
    for order in view.material.plans.get(segment_id, [])[:MOST_ORDERS]:
        if not order["modules"] or order["option"] == "none":
            continue
        what = language.word("option", order["option"])
        if order["option"] not in BUILDS:
            size = f"{order['modules']}\u00a0×\u00a0{language.number(order['module_gbps'])}"
            what = f"{what}, {size}\u00a0{joined(text('unit.gbps'))}"
        for day, key in ((order["order_by"], "tick.order"), (order["ready_by"], "tick.ready")):
            if day is not None:
                found.append(Tick(day, text(key, what=what)))
    steps = _steps(view.material, segment_id).to_dicts()
    for before, after in pairwise(steps):
        if before["lit"] != after["lit"]:
            words = text(
                "tick.lit", before=before["lit"], after=after["lit"], unit=text("unit.gbps")
            )
            found.append(Tick(after["valid_from"], words))
    events = view.material["event"].filter(
        (pl.col("scope_kind") == "segment") & (pl.col("scope_id") == segment_id)
    )
    for row in events.sort("start_at").tail(MOST_EVENTS).iter_rows(named=True):
        found.append(Tick(row["start_at"].date(), event_words(view, row)))
    return sorted(tick for tick in found if first <= tick.at <= last)
