"""What each line of a story does to the inputs of a plan."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.capacity.readiness import DRAW_KEY, Outage, draw_key
from forecasting.series import FloatArray, Paths
from forecasting.stories.scenario import Scenario
from warehouse.errors import PlanError, Problem, SettingsError
from warehouse.network.model import Network, Path, RiskGroup, Segment
from warehouse.schema import ASSUMPTION, check


@dataclass(frozen=True)
class PlanInputs:
    """Everything a plan is made from, apart from the policy and the day."""

    paths: Paths
    network: Network
    capacity: pl.DataFrame
    coincidence: pl.DataFrame
    assumptions: pl.DataFrame
    projects: pl.DataFrame
    outages: tuple[Outage, ...] = ()
    demand: Paths | None = None
    """The whole forecast, with the markets that planned builds enter; no story changes it."""


def apply_scenario(scenario: Scenario, inputs: PlanInputs) -> PlanInputs:
    """The inputs in the story. Raises SettingsError with everything it names that does not
    exist.
    """
    problems = _unknown(scenario, inputs)
    if problems:
        raise SettingsError(
            f"scenario {scenario.scenario_id} does not fit the network",
            problems,
            "Fix the scenario file.",
        )
    changed = inputs
    for kind, entry in scenario.changes:
        changed = _CHANGES[kind](changed, entry)
    return changed


def _unknown(scenario: Scenario, inputs: PlanInputs) -> list[Problem]:
    network = inputs.network
    made = {
        str(entry["segment"])
        for entry in scenario.of("segment")
        if "a_node" in entry and "z_node" in entry
    }
    known = {
        "route": set(network.routes),
        "segment": set(network.segments) | made,
        "risk_group": set(network.risk_groups) | {str(e["id"]) for e in scenario.of("risk_group")},
        "node": {
            node
            for segment in network.segments.values()
            for node in (segment.a_node, segment.z_node)
        },
        "market": {route.market for route in network.routes.values()},
        "corridor": {route.corridor for route in network.routes.values()},
    }
    ids = set(inputs.assumptions["assumption_id"])
    problems = []
    for kind, entry in scenario.changes:
        place = f"scenario {scenario.scenario_id}, {kind}"
        if kind == "risk_group" or kind == "path":
            problems += [
                Problem(place, f"segment {name} is unknown")
                for name in entry["segments"]
                if name not in known["segment"]
            ]
        if kind == "assumption" and entry["id"] not in ids:
            problems.append(Problem(place, f"assumption {entry['id']} is unknown"))
        for name, names in known.items():
            if name in entry and entry[name] not in names:
                problems.append(Problem(place, f"{name} {entry[name]} is unknown"))
        if (
            kind == "segment"
            and "delay_months" in entry
            and entry["segment"] not in set(inputs.projects["segment_id"])
        ):
            problems.append(
                Problem(
                    place,
                    f"segment {entry['segment']} has no project whose date could move; say "
                    "ready instead",
                )
            )
    return problems


def _rows(paths: Paths, names: set[str], direction: str = "both") -> FloatArray:
    keys = paths.keys
    mask = (keys["series_kind"] == "route") & keys["series_id"].is_in(sorted(names))
    return (mask if direction == "both" else mask & (keys["direction"] == direction)).to_numpy()


def _grow(inputs: PlanInputs, entry: Any) -> PlanInputs:
    routes = inputs.network.routes
    if "route" in entry:
        names = {entry["route"]}
    else:
        names = {
            name
            for name, route in routes.items()
            if route.market == entry.get("market", route.market)
            and route.corridor == entry.get("corridor", route.corridor)
        }
    start = entry.get("from", inputs.paths.periods[0])
    years = np.array([max((day - start).days, 0) / 365.25 for day in inputs.paths.periods])
    return _scaled(inputs, _rows(inputs.paths, names), (1.0 + entry["yearly_ratio"]) ** years)


def _scaled(inputs: PlanInputs, rows: FloatArray, factor: FloatArray) -> PlanInputs:
    draws = inputs.paths.draws_gbps.copy()
    draws[rows] *= factor[None, None, :]
    return replace(inputs, paths=replace(inputs.paths, draws_gbps=draws))


def _customer(inputs: PlanInputs, entry: Any) -> PlanInputs:
    """A won customer adds its Gbit/s to every path; a lost one takes them away, to no less than
    nothing.
    """
    active = np.array(
        [entry["from"] <= day < entry.get("until", date.max) for day in inputs.paths.periods],
        dtype=float,
    )
    draws = inputs.paths.draws_gbps.copy()
    rows = _rows(inputs.paths, {entry["route"]}, entry.get("direction", "both"))
    draws[rows] = np.maximum(draws[rows] + entry["gbps"] * active, 0.0)
    return replace(inputs, paths=replace(inputs.paths, draws_gbps=draws))


def _cap(inputs: PlanInputs, entry: Any) -> PlanInputs:
    lifted = np.array(
        [1.0 + entry["lift_ratio"] if day >= entry["from"] else 1.0 for day in inputs.paths.periods]
    )
    return _scaled(
        inputs, _rows(inputs.paths, {entry["route"]}, entry.get("direction", "both")), lifted
    )


def _segment(inputs: PlanInputs, entry: Any) -> PlanInputs:
    name = entry["segment"]
    network = inputs.network
    if name not in network.segments:
        made = Segment(
            name,
            entry["a_node"],
            entry["z_node"],
            entry.get("length_km"),
            "planned",
            entry.get("ready"),
        )
        inputs = replace(
            inputs, network=replace(network, segments={**network.segments, name: made})
        )
        lit = entry.get("lit_gbps")
        return (
            inputs
            if lit is None
            else _capacity(
                inputs,
                {"segment": name, "lit_gbps": lit, "from": entry.get("ready", date(2000, 1, 1))},
            )
        )
    projects = inputs.projects
    if DRAW_KEY not in projects.columns:
        keys = [draw_key(row) for row in projects.iter_rows(named=True)]
        projects = projects.with_columns(pl.Series(DRAW_KEY, keys, dtype=pl.String))
    mine = pl.col("segment_id") == name
    if "delay_months" in entry:
        days = pl.duration(days=round(entry["delay_months"] * 365.25 / 12))
        moved = [
            pl.when(mine).then(pl.col(column) + days).otherwise(pl.col(column)).alias(column)
            for column in ("ready_low", "ready_likely", "ready_high")
        ]
        return replace(inputs, projects=projects.with_columns(moved))
    day = None if entry.get("never") else entry["ready"]
    status = "in_service" if day is not None else "planned"
    segment = replace(network.segments[name], status=status, in_service_from=day)
    return replace(
        inputs,
        projects=projects.filter(~mine),
        network=replace(network, segments={**network.segments, name: segment}),
    )


def _path(inputs: PlanInputs, entry: Any) -> PlanInputs:
    """Puts a path at a rank; what stood there and after it moves back one."""
    network = inputs.network
    route = network.routes[entry["route"]]
    at, hops, reached = route.a_node, [], {route.a_node}
    for name in entry["segments"]:
        segment = network.segments[name]
        if at not in (segment.a_node, segment.z_node):
            raise SettingsError(
                "the scenario's path does not connect",
                [
                    Problem(
                        f"route {route.route_id}",
                        f"at {at}, segment {name} runs {segment.a_node} to {segment.z_node}",
                    )
                ],
                "Fix the scenario file.",
            )
        hops.append((name, "az" if at == segment.a_node else "za"))
        at = segment.z_node if at == segment.a_node else segment.a_node
        if at in reached:
            raise SettingsError(
                "the scenario's path goes in a circle",
                [
                    Problem(
                        f"route {route.route_id}",
                        f"{at} is reached twice, the second time over {name}",
                    )
                ],
                "Fix the scenario file.",
            )
        reached.add(at)
    if at != route.z_node:
        raise SettingsError(
            "the scenario's path does not reach",
            [Problem(f"route {route.route_id}", f"its path ends at {at}, not {route.z_node}")],
            "Fix the scenario file.",
        )
    rank = entry["rank"]
    paths = sorted(
        [Path(p.rank + (p.rank >= rank), p.hops, p.share_ratio) for p in route.paths]
        + [Path(rank, tuple(hops), 0.0)],
        key=lambda p: p.rank,
    )
    if all(path.share_ratio in (0.0, 1.0) for path in route.paths):
        paths = [
            replace(path, share_ratio=1.0 if number == 0 else 0.0)
            for number, path in enumerate(paths)
        ]
    return replace(
        inputs,
        network=replace(
            network, routes={**network.routes, route.route_id: replace(route, paths=tuple(paths))}
        ),
    )


def _cut(inputs: PlanInputs, entry: Any) -> PlanInputs:
    network = inputs.network
    if "segment" in entry:
        segments = frozenset({entry["segment"]})
    elif "risk_group" in entry:
        segments = network.risk_groups[entry["risk_group"]].segments
    else:
        segments = frozenset(
            s.segment_id for s in network.segments.values() if entry["node"] in (s.a_node, s.z_node)
        )
    return replace(
        inputs, outages=(*inputs.outages, Outage(segments, entry["from"], entry.get("until")))
    )


def _risk_group(inputs: PlanInputs, entry: Any) -> PlanInputs:
    network = inputs.network
    group = RiskGroup(entry["id"], entry.get("kind", "trench"), frozenset(entry["segments"]))
    return replace(
        inputs,
        network=replace(network, risk_groups={**network.risk_groups, group.risk_group_id: group}),
    )


def _capacity(inputs: PlanInputs, entry: Any) -> PlanInputs:
    """From that day on; a later step that is on record is dropped."""
    later = (pl.col("segment_id") == entry["segment"]) & (pl.col("valid_from") >= entry["from"])
    row = pl.DataFrame(
        {
            "segment_id": [entry["segment"]],
            "valid_from": [entry["from"]],
            "lit_gbps": [float(entry["lit_gbps"])],
            "known_at": [datetime(1970, 1, 1, tzinfo=UTC)],
        }
    )
    row = row.with_columns(pl.col("known_at").cast(pl.Datetime("us", "UTC")))
    return replace(
        inputs, capacity=pl.concat([inputs.capacity.filter(~later), row], how="diagonal_relaxed")
    )


def _assumption(inputs: PlanInputs, entry: Any) -> PlanInputs:
    mine = pl.col("assumption_id") == entry["id"]
    if "factor" in entry:
        changes = [
            pl.when(mine).then(pl.col(name) * entry["factor"]).otherwise(pl.col(name)).alias(name)
            for name in ("low", "value", "high")
        ]
    else:
        stated = {name: float(entry.get(name, entry["value"])) for name in ("low", "value", "high")}
        changes = [
            pl.when(mine).then(pl.lit(value)).otherwise(pl.col(name)).alias(name)
            for name, value in stated.items()
        ]
    changed = check(inputs.assumptions.with_columns(changes), ASSUMPTION)
    try:
        Assumptions.from_frame(changed)
    except PlanError as error:
        raise SettingsError(
            "the scenario states what an assumption can't be",
            error.problems,
            "Fix the scenario file.",
        ) from error
    return replace(inputs, assumptions=changed)


_CHANGES = {
    "growth": _grow,
    "customer": _customer,
    "cap": _cap,
    "segment": _segment,
    "path": _path,
    "cut": _cut,
    "risk_group": _risk_group,
    "capacity": _capacity,
    "assumption": _assumption,
}
