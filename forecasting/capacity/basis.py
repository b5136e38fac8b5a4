"""What every view of a plan is computed from: loads in every failure state, and the capacity under
them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date

import numpy as np
import polars as pl

from forecasting.capacity.orders import Timeline
from forecasting.capacity.readiness import Outage, Versions, versions
from forecasting.capacity.reuse import touched
from forecasting.capacity.routing import (
    Float32,
    Kappa,
    Loads,
    Routing,
    SendParts,
    Series,
    build_routing,
    link_list,
    stream_loads,
)
from forecasting.series import FloatArray, Paths
from warehouse.errors import PlanError, Problem
from warehouse.network.model import Network
from warehouse.reasons import Note, reason


@dataclass(frozen=True)
class Basis:
    """What every view of a plan is computed from: the loads, the capacity under them, and what
    could not be said.
    """

    loads: Loads
    lit_gbps: FloatArray
    design_gbps: dict[str, float]
    routings: tuple[Routing, ...]
    versions: Versions
    series: tuple[Series, ...]
    draws_gbps: FloatArray
    kappa_noise: Float32
    network: Network
    kappa: Kappa
    timeline: Timeline
    notes: tuple[Note, ...]
    projects: Mapping[str, tuple[str, ...]] = field(default_factory=dict)
    """The projects that bring each planned segment."""


def check_inputs(paths: Paths, capacity: pl.DataFrame, coincidence: pl.DataFrame) -> None:
    """Raises PlanError with every draw, capacity and coincidence factor that is not a number a load
    can be made from.
    """
    problems = [
        Problem(
            f"{row['series_id']} {row['direction']}",
            "its paths hold values that are negative or no numbers",
        )
        for row, draws in zip(paths.keys.iter_rows(named=True), paths.draws_gbps, strict=True)
        if not (draws.min() >= 0 and draws.max() < np.inf)
    ]
    bad = capacity.filter(~(pl.col("lit_gbps").is_finite() & (pl.col("lit_gbps") >= 0)))
    problems += [
        Problem(f"capacity of {segment} from {start}", f"lit_gbps is {lit}, must be at least 0")
        for segment, start, lit in bad.select("segment_id", "valid_from", "lit_gbps").iter_rows()
    ]
    odd = coincidence.filter(
        ~(pl.col("kappa").is_finite() & (pl.col("kappa") > 0) & pl.col("kappa_sd").is_finite())
    )
    problems += [
        Problem(f"coincidence of {name}", f"is {kappa}, must be above 0")
        for name, kappa in odd.select("combination_id", "kappa").iter_rows()
    ]
    if problems:
        raise PlanError(
            f"{len(problems)} values can't be planned with",
            problems,
            "Fix the data named above, then plan again.",
        )


def build_basis(
    paths: Paths,
    network: Network,
    *,
    capacity: pl.DataFrame,
    coincidence: pl.DataFrame,
    projects: pl.DataFrame,
    today: date,
    outages: Sequence[Outage] = (),
    pairs: bool = False,
    seed: int = 0,
    workers: int = 2,
    like: Basis | None = None,
    loads: Loads | None = None,
    send_parts: SendParts | None = None,
) -> Basis:
    """Loads of every segment direction without failure and at their worst, and the capacity under
    them.

    With `pairs`, every two segments that fail at the same time count among the failures, too. What
    is the same in `like`, a basis made with the same pairs and seed, is taken from it; `loads` are
    those of exactly these inputs, where they are known.
    """
    routes = paths.take(
        np.flatnonzero(
            (
                (paths.keys["series_kind"] == "route")
                & (paths.keys["statistic"] == "p95")
                & paths.keys["series_id"].is_in(list(network.routes))
            ).to_numpy()
        )
    )
    series = tuple(routes.keys.select("series_id", "direction").iter_rows())
    if not series:
        raise PlanError(
            "there is no route to plan for",
            [Problem("paths", "hold no p95 of a route of this network")],
        )
    check_inputs(routes, capacity, coincidence)
    timeline = Timeline(routes.periods, routes.grain, today)
    size, horizon = routes.draws_gbps.shape[1:]
    built = versions(network, projects, routes.periods, routes.grain, size, today, seed, outages)
    kappa = Kappa.from_frame(coincidence)
    failures = network.failures(pairs=pairs)
    links = link_list(network)
    known = (
        dict(zip(like.versions.missing, like.routings, strict=True))
        if like and like.network is network and like.series == series and like.kappa == kappa
        else {}
    )
    routings = tuple(
        known.get(missing)
        or build_routing(network, series, kappa, links=links, missing=missing, failures=failures)
        for missing in built.missing
    )
    noise = np.random.default_rng([seed, 1]).standard_normal((size, horizon), dtype=np.float32)
    if loads is None:
        same = (
            touched(
                routings,
                built,
                routes.draws_gbps,
                series,
                like.routings,
                like.versions,
                like.draws_gbps,
                like.series,
            )
            if like
            else None
        )
        if like and same and not same.links.any():
            loads = like.loads
        else:
            loads = stream_loads(
                routes.draws_gbps,
                routings,
                built.index,
                kappa_noise=noise,
                workers=workers,
                like=like.loads if like and same else None,
                rows=same.links if same else None,
                changed=same.cells if same else None,
                send_parts=send_parts,
            )
    lit, design, notes = lit_capacity(capacity, network, loads, timeline)
    forecast = set(series)
    absent = [
        f"{name}:{way}"
        for name in sorted(network.routes)
        for way in ("in", "out")
        if (name, way) not in forecast
    ]
    notes += [Note("no_forecast", name, reason("note.no_forecast")) for name in absent]
    never = frozenset.intersection(*built.missing) - frozenset().union(
        *(outage.segments for outage in outages)
    )
    notes += [Note("never_built", name, reason("note.never_built")) for name in sorted(never)]
    brings: dict[str, tuple[str, ...]] = {}
    for segment, project in (
        projects.select("segment_id", "project_id").sort("segment_id", "project_id").iter_rows()
    ):
        brings[segment] = (*brings.get(segment, ()), project)
    return Basis(
        loads,
        lit,
        design,
        routings,
        built,
        series,
        routes.draws_gbps,
        noise,
        network,
        kappa,
        timeline,
        tuple(notes),
        brings,
    )


def lit_capacity(
    capacity: pl.DataFrame, network: Network, loads: Loads, timeline: Timeline
) -> tuple[FloatArray, dict[str, float], list[Note]]:
    """Lit Gbit/s (L, H) on the first day of each period by the latest `known_at`, NaN where none is
    known; design Gbit/s; notes.

    Raises PlanError where a loaded segment's only capacity lies in the future.
    """
    latest = (
        capacity.sort("segment_id", "valid_from", "known_at")
        .group_by("segment_id", "valid_from", maintain_order=True)
        .last()
    )
    rows: dict[str, list[tuple[date, float]]] = {}
    design: dict[str, float] = {}
    for row in latest.iter_rows(named=True):
        rows.setdefault(row["segment_id"], []).append((row["valid_from"], row["lit_gbps"]))
        if row.get("design_gbps") is not None:
            design[row["segment_id"]] = row["design_gbps"]
    lit = np.full((len(loads.links), len(timeline.periods)), np.nan)
    problems, notes = [], []
    for index, (segment, _) in enumerate(loads.links):
        steps = rows.get(segment, [])
        used = loads.worst[index].any(axis=1)
        if not steps and used.any():
            notes.append(Note("no_capacity", segment, reason("note.no_capacity")))
            continue
        for period, start in enumerate(timeline.periods):
            value = next(
                (gbps for valid_from, gbps in reversed(steps) if valid_from <= start), None
            )
            if value is None and steps and not network.segments[segment].in_service(timeline.today):
                value = steps[0][1]
            if value is not None:
                lit[index, period] = value
            elif used[period] and steps:
                problems.append(
                    Problem(
                        f"segment {segment}",
                        f"carries traffic in {start:%Y-%m}, but its first capacity holds "
                        f"from {steps[0][0]}",
                    )
                )
                break
    if problems:
        unique = sorted(set(problems), key=str)
        raise PlanError(
            f"{len(unique)} segments carry traffic before they have capacity",
            unique,
            "Fix capacity.csv, then plan again.",
        )
    return lit, design, sorted(set(notes))
