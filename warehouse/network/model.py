"""The network: nodes, segments, routes over ranked paths, what fails together, and what carries a
route then.

Pure: frames in, frozen objects out. Segments are lines with two directions: `az` runs a_node to
      z_node. A route's
direction `out` runs from its a_node to its z_node, so its path is stored from the a_node on.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import date
from functools import cached_property
from itertools import combinations, islice, pairwise
from typing import Literal

import polars as pl

from warehouse.network.checks import read_rows

FIBRE_RTT_MS_PER_1000KM = 9.79344184
"""Round trip through 1000 km of glass: 2 x 1000 km x 1.468 / c. The floor; equipment and detours
add to it.
"""
NO_FAILURE = "none"
NOT_BUILT = frozenset({"planned", "under_construction", "mou"})

Hop = tuple[str, str]
"""A segment_id and the direction (az or za) it is crossed in."""
PathWeight = Literal["length", "hops"]


def operators_of(text: str | None) -> frozenset[str]:
    """The names in `Kazakhtelecom (assumed); Turkmentelecom`, without what stands in brackets
    behind them.
    """
    return frozenset(
        name for one in (text or "").split(";") if (name := one.partition("(")[0].strip())
    )


@dataclass(frozen=True)
class Node:
    node_id: str
    country: str = ""
    kind: str = "city_pop"


@dataclass(frozen=True)
class Segment:
    """One line between two nodes; not usable before `in_service_from`, nor while it is only
    planned.
    """

    segment_id: str
    a_node: str
    z_node: str
    length_km: float | None = None
    status: str = "in_service"
    in_service_from: date | None = None
    operators: frozenset[str] = frozenset()

    def in_service(self, day: date) -> bool:
        if self.in_service_from is not None:
            return self.in_service_from <= day
        return self.status not in NOT_BUILT


@dataclass(frozen=True)
class Path:
    """One way a route can take, from its a_node; `share_ratio` is what it carries while every path
    is up.
    """

    rank: int
    hops: tuple[Hop, ...]
    share_ratio: float

    @cached_property
    def segments(self) -> frozenset[str]:
        return frozenset(segment for segment, _ in self.hops)


@dataclass(frozen=True)
class Route:
    route_id: str
    a_node: str
    z_node: str
    market: str
    corridor: str
    paths: tuple[Path, ...]

    def carried_by(self, down: frozenset[str]) -> dict[int, float]:
        """Share of the demand on each rank while the segments `down` are out; what is missing to 1
        is lost.

        Every share moves from its own path to the lowest rank that survives.
        """
        alive = [path.rank for path in self.paths if not (path.segments & down)]
        shares: dict[int, float] = {}
        if alive:
            for path in self.paths:
                if path.share_ratio > 0:
                    rank = path.rank if path.rank in alive else alive[0]
                    shares[rank] = shares.get(rank, 0.0) + path.share_ratio
        return shares

    def path(self, rank: int) -> Path:
        return next(path for path in self.paths if path.rank == rank)


@dataclass(frozen=True)
class RiskGroup:
    """Segments that fail together: a trench, a crossing, a country, an operator."""

    risk_group_id: str
    kind: str
    segments: frozenset[str]


@dataclass(frozen=True)
class Failure:
    """A state of the network: these segments are out."""

    failure_id: str
    segments: frozenset[str]


@dataclass(frozen=True)
class Network:
    nodes: Mapping[str, Node]
    segments: Mapping[str, Segment]
    routes: Mapping[str, Route]
    risk_groups: Mapping[str, RiskGroup]
    capacity: pl.DataFrame = field(compare=False)

    @classmethod
    def from_frames(cls, frames: Mapping[str, pl.DataFrame]) -> Network:
        """From frames node (optional), segment, route, route_path, risk_group and capacity (both
        optional).

        Raises NetworkError with everything that does not fit together.
        """
        rows = read_rows(frames)
        nodes = {
            row["node_id"]: Node(row["node_id"], row["country"], row["kind"]) for row in rows.nodes
        }
        segments = {
            row["segment_id"]: Segment(
                row["segment_id"],
                row["a_node"],
                row["z_node"],
                row["length_km"],
                row["status"],
                row["in_service_from"],
                operators_of(row["operators"]),
            )
            for row in rows.segments
        }
        routes = {
            row["route_id"]: Route(
                row["route_id"],
                row["a_node"],
                row["z_node"],
                row["market"],
                row["corridor"],
                tuple(Path(rank, hops, share) for rank, hops, share in rows.paths[row["route_id"]]),
            )
            for row in rows.routes
        }
        groups = {
            name: RiskGroup(name, kind, members)
            for name, (kind, members) in rows.risk_groups.items()
        }
        return cls(nodes, segments, routes, groups, rows.capacity)

    def failures(self, *, pairs: bool = False) -> tuple[Failure, ...]:
        """none, each segment, each risk group, each border crossing; on demand each pair of
        segments, too.
        """
        found = [Failure(NO_FAILURE, frozenset())]
        found += [Failure(f"segment:{name}", frozenset({name})) for name in sorted(self.segments)]
        found += [
            Failure(f"risk_group:{name}", group.segments)
            for name, group in sorted(self.risk_groups.items())
        ]
        for name, node in sorted(self.nodes.items()):
            touching = frozenset(
                s.segment_id for s in self.segments.values() if name in (s.a_node, s.z_node)
            )
            if node.kind == "border_crossing" and touching:
                found.append(Failure(f"node:{name}", touching))
        if pairs:
            used = sorted(
                {
                    segment
                    for route in self.routes.values()
                    for path in route.paths
                    for segment in path.segments
                }
            )
            found += [
                Failure(f"pair:{one}+{two}", frozenset({one, two}))
                for one, two in combinations(used, 2)
            ]
        return tuple(found)

    def loads(self, down: frozenset[str]) -> Iterator[tuple[str, str, float, Hop]]:
        """(route_id, route direction, share, hop) of everything carried while the segments `down`
        are out.
        """
        for route_id, route in sorted(self.routes.items()):
            for rank, share in sorted(route.carried_by(down).items()):
                for segment, way in route.path(rank).hops:
                    yield route_id, "out", share, (segment, way)
                    yield route_id, "in", share, (segment, "za" if way == "az" else "az")

    def not_built(self, day: date) -> frozenset[str]:
        """Segments that are not in service on that day."""
        return frozenset(
            name for name, segment in self.segments.items() if not segment.in_service(day)
        )

    def combinations(
        self, *, days: Iterable[date] = (), pairs: bool = False
    ) -> tuple[tuple[str, ...], ...]:
        """The sets of 'route_id:direction' that share a segment direction in some failure state
        (two or more, sorted).

        With every segment built, and with those missing that are not in service on each of `days`.
        """
        found: set[tuple[str, ...]] = set()
        for missing in {frozenset[str](), *(self.not_built(day) for day in days)}:
            for failure in self.failures(pairs=pairs):
                members: dict[Hop, set[str]] = {}
                for route_id, direction, _, hop in self.loads(failure.segments | missing):
                    members.setdefault(hop, set()).add(f"{route_id}:{direction}")
                found.update(tuple(sorted(names)) for names in members.values() if len(names) > 1)
        return tuple(sorted(found))

    def length_km(self, path: Path) -> float | None:
        """Length of a path; None where a segment's length is unknown."""
        total = 0.0
        for segment, _ in path.hops:
            length = self.segments[segment].length_km
            if length is None:
                return None
            total += length
        return total

    def rtt_floor_ms(self, path: Path) -> float | None:
        """The least round-trip time of a path; None where a segment's length is unknown."""
        length = self.length_km(path)
        return None if length is None else length / 1000 * FIBRE_RTT_MS_PER_1000KM

    def with_alternatives(
        self, count: int = 3, weight: PathWeight | Mapping[str, float] = "length"
    ) -> Network:
        """The network with up to `count` best loop-free paths for each route that has only one.

        The given path stays rank 1. Best is shortest by length (and so by round trip; an unknown
        length counts as the mean of the known ones), by hops, or cheapest by a cost of every
        segment.
        """
        import networkx as nx

        known = [s.length_km for s in self.segments.values() if s.length_km is not None]
        typical = sum(known) / len(known) if known else 1.0
        # Segments are nodes of this graph: simple paths then tell parallel lines apart.
        graph = nx.Graph()
        for segment in self.segments.values():
            length = segment.length_km if segment.length_km is not None else typical
            cost = (
                length
                if weight == "length"
                else 1.0
                if isinstance(weight, str)
                else weight[segment.segment_id]
            )
            for end in (segment.a_node, segment.z_node):
                graph.add_edge(("node", end), ("segment", segment.segment_id), cost=cost / 2 + 1e-9)
        routes = dict(self.routes)
        for route_id, route in self.routes.items():
            if len(route.paths) != 1:
                continue
            given = route.paths[0]
            paths = [given]
            for way in islice(
                nx.shortest_simple_paths(
                    graph, ("node", route.a_node), ("node", route.z_node), weight="cost"
                ),
                count + 1,
            ):
                stops = [name for kind, name in way if kind == "node"]
                lines = [name for kind, name in way if kind == "segment"]
                hops = tuple(
                    (line, "az" if self.segments[line].a_node == start else "za")
                    for line, (start, _) in zip(lines, pairwise(stops), strict=True)
                )
                if hops != given.hops and len(paths) < count:
                    paths.append(Path(given.rank + len(paths), hops, 0.0))
            routes[route_id] = replace(route, paths=tuple(paths))
        return replace(self, routes=routes)
