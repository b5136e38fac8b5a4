"""Reads the frames of a network and finds everything that does not fit together, in one pass."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

import polars as pl

from warehouse.errors import NetworkError, Problem

Row = dict[str, Any]
RankedPath = tuple[int, tuple[tuple[str, str], ...], float]
RISK_KINDS = ("trench", "crossing", "country", "operator")
STATUSES = ("in_service", "under_construction", "planned", "mou", "unknown")

_WANTED: Mapping[str, Mapping[str, tuple[pl.DataType | type[pl.DataType], Any]]] = {
    "node": {
        "node_id": (pl.String, ...),
        "country": (pl.String, ""),
        "kind": (pl.String, "city_pop"),
    },
    "segment": {
        "segment_id": (pl.String, ...),
        "a_node": (pl.String, ...),
        "z_node": (pl.String, ...),
        "length_km": (pl.Float64, None),
        "status": (pl.String, "in_service"),
        "in_service_from": (pl.Date, None),
        "operators": (pl.String, None),
    },
    "route": {
        "route_id": (pl.String, ...),
        "a_node": (pl.String, ...),
        "z_node": (pl.String, ...),
        "market": (pl.String, ""),
        "corridor": (pl.String, ""),
    },
    "route_path": {
        "route_id": (pl.String, ...),
        "rank": (pl.Int64, 1),
        "seq": (pl.Int64, ...),
        "segment_id": (pl.String, ...),
        "share_ratio": (pl.Float64, None),
    },
    "risk_group": {
        "risk_group_id": (pl.String, ...),
        "kind": (pl.String, "trench"),
        "segment_id": (pl.String, ...),
    },
    "capacity": {
        "segment_id": (pl.String, ...),
        "valid_from": (pl.Date, None),
        "lit_gbps": (pl.Float64, ...),
        "known_at": (pl.Datetime("us", "UTC"), None),
    },
}
"""Columns and what stands for an absent one; `...` means it must be there."""
_WORDS = {
    pl.String: "text",
    pl.Float64: "number",
    pl.Int64: "whole number",
    pl.Date: "date (2026-12-31)",
    pl.Datetime: "time (2026-12-31T00:00:00Z)",
}


@dataclass(frozen=True)
class NetworkRows:
    nodes: list[Row]
    segments: list[Row]
    routes: list[Row]
    paths: dict[str, list[RankedPath]]
    risk_groups: dict[str, tuple[str, frozenset[str]]]
    capacity: pl.DataFrame


def read_rows(frames: Mapping[str, pl.DataFrame]) -> NetworkRows:
    """The rows of every frame, with each path as hops. Raises NetworkError with all that is
    wrong.
    """
    problems: list[Problem] = []
    tables = {name: _table(frames, name, problems) for name in _WANTED}
    if problems:
        raise _error(problems)
    nodes, segments, routes = (tables[name].to_dicts() for name in ("node", "segment", "route"))
    problems += [
        *_repeated("node", nodes, "node_id"),
        *_repeated("segment", segments, "segment_id"),
        *_repeated("route", routes, "route_id"),
    ]
    lines = {row["segment_id"]: row for row in segments}
    known_nodes = {row["node_id"] for row in nodes}
    problems += _segment_problems(segments, known_nodes)
    for route in routes:
        for end in ("a_node", "z_node"):
            if known_nodes and route[end] not in known_nodes:
                problems.append(Problem(route["route_id"], f"{end} {route[end]} is unknown"))
    paths = _paths(routes, tables["route_path"], lines, problems)
    risk_groups = _risk_groups(tables["risk_group"], lines, problems)
    problems += _capacity_problems(tables["capacity"], lines)
    if problems:
        raise _error(problems)
    capacity = tables["capacity"].select("segment_id", "valid_from", "lit_gbps", "known_at")
    return NetworkRows(
        nodes,
        segments,
        routes,
        paths,
        risk_groups,
        capacity.sort("segment_id", "valid_from", "known_at", nulls_last=False),
    )


def _error(problems: Sequence[Problem]) -> NetworkError:
    count = len(problems)
    summary = (
        f"{count} thing{'s' if count > 1 else ''} in the network "
        f"{'do' if count > 1 else 'does'} not fit together"
    )
    return NetworkError(
        summary, problems, "Fix the tables of the network named above, then try again."
    )


def _table(frames: Mapping[str, pl.DataFrame], name: str, problems: list[Problem]) -> pl.DataFrame:
    wanted = _WANTED[name]
    empty = pl.DataFrame(schema={column: dtype for column, (dtype, _) in wanted.items()})
    if name not in frames:
        if name in ("segment", "route", "route_path"):
            problems.append(Problem(name, "the table is missing"))
        return empty
    frame, broken = frames[name], False
    columns: list[pl.Expr] = []
    for column, (dtype, default) in wanted.items():
        required = default is ...
        if column not in frame.columns:
            if required:
                problems.append(Problem(name, f"column {column} is missing"))
                broken = True
            else:
                columns.append(pl.lit(default, dtype=dtype).alias(column))
            continue
        try:
            cast = pl.lit(_typed(frame[column], dtype))
        except pl.exceptions.PolarsError:
            problems.append(
                Problem(
                    name, f"column {column} holds values that are no {_WORDS[dtype.base_type()]}"
                )
            )
            broken = True
            continue
        if required and frame[column].null_count():
            problems.append(
                Problem(
                    name,
                    f"column {column} is empty in {frame[column].null_count()} of "
                    f"{frame.height} rows",
                )
            )
            broken = True
        columns.append(
            (cast if required or default is None else cast.fill_null(default)).alias(column)
        )
    return empty if broken else frame.select(columns)


def _typed(values: pl.Series, dtype: pl.DataType | type[pl.DataType]) -> pl.Series:
    """The values in the wanted type; dates and times in text are ISO 8601, without a zone they are
    UTC.
    """
    if values.dtype == pl.String and dtype == pl.Date:
        return values.str.to_date("%Y-%m-%d")
    if values.dtype == pl.String and dtype == pl.Datetime:
        return values.str.to_datetime(time_unit="us", time_zone="UTC")
    return values.cast(dtype, strict=True)


def _repeated(name: str, rows: Iterable[Row], key: str) -> list[Problem]:
    counts = Counter(row[key] for row in rows)
    return [
        Problem(str(value), f"{name} is listed {count} times")
        for value, count in sorted(counts.items())
        if count > 1
    ]


def _segment_problems(segments: Iterable[Row], known_nodes: set[str]) -> list[Problem]:
    problems = []
    for row in segments:
        if row["a_node"] == row["z_node"]:
            problems.append(Problem(row["segment_id"], f"both ends are {row['a_node']}"))
        for end in ("a_node", "z_node"):
            if known_nodes and row[end] not in known_nodes:
                problems.append(Problem(row["segment_id"], f"{end} {row[end]} is unknown"))
        if row["length_km"] is not None and not 0 <= row["length_km"] < 1e6:
            problems.append(
                Problem(row["segment_id"], f"length_km is {row['length_km']}, must be a length")
            )
        if row["status"] not in STATUSES:
            problems.append(
                Problem(
                    row["segment_id"],
                    f"status is {row['status']}, must be one of {', '.join(STATUSES)}",
                )
            )
    return problems


def _paths(
    routes: Iterable[Row], table: pl.DataFrame, lines: Mapping[str, Row], problems: list[Problem]
) -> dict[str, list[RankedPath]]:
    listed: dict[str, dict[int, list[Row]]] = {}
    for row in table.sort("route_id", "rank", "seq").iter_rows(named=True):
        listed.setdefault(row["route_id"], {}).setdefault(row["rank"], []).append(row)
    found: dict[str, list[RankedPath]] = {}
    known = set()
    for route in routes:
        route_id = route["route_id"]
        known.add(route_id)
        ranked = listed.get(route_id, {})
        if not ranked:
            problems.append(Problem(route_id, "has no path"))
        walked = [
            (rank, _walk(route, rank, steps, lines, problems))
            for rank, steps in sorted(ranked.items())
        ]
        shares = _shares(route_id, ranked, problems)
        found[route_id] = [(rank, hops, shares[rank]) for rank, hops in walked]
    problems += [
        Problem(name, "has a path but is no route") for name in sorted(set(listed) - known)
    ]
    return found


def _shares(
    route_id: str, ranked: Mapping[int, list[Row]], problems: list[Problem]
) -> dict[int, float]:
    stated: dict[int, float | None] = {}
    for rank, steps in sorted(ranked.items()):
        values = {step["share_ratio"] for step in steps if step["share_ratio"] is not None}
        if len(values) > 1:
            problems.append(Problem(route_id, f"path {rank} states {len(values)} different shares"))
        stated[rank] = max(values) if values else None
    if all(value is None for value in stated.values()):
        return {rank: 1.0 if position == 0 else 0.0 for position, rank in enumerate(stated)}
    shares = {rank: value or 0.0 for rank, value in stated.items()}
    if (
        any(not 0 <= value <= 1 for value in shares.values())
        or abs(sum(shares.values()) - 1) > 1e-6
    ):
        problems.append(
            Problem(
                route_id,
                "the shares of its paths are "
                f"{', '.join(f'{v:g}' for v in shares.values())}; they must lie in 0 to 1 "
                "and add up to 1",
            )
        )
    return shares


def _walk(
    route: Row, rank: int, steps: Sequence[Row], lines: Mapping[str, Row], problems: list[Problem]
) -> tuple[tuple[str, str], ...]:
    place = route["route_id"] if rank == 1 else f"{route['route_id']} (path {rank})"
    if len({step["seq"] for step in steps}) < len(steps):
        problems.append(Problem(place, "two segments stand at the same position (seq)"))
        return ()
    unknown = [step["segment_id"] for step in steps if step["segment_id"] not in lines]
    if unknown:
        problems += [Problem(place, f"segment {name} is unknown") for name in unknown]
        return ()
    at, previous = route["a_node"], ""
    visited, hops = {at}, []
    for step in steps:
        name = step["segment_id"]
        ends = (lines[name]["a_node"], lines[name]["z_node"])
        if at not in ends:
            if previous:
                problems.append(
                    Problem(
                        place,
                        f"segment {previous} ends at {at}, next segment {name} runs "
                        f"{ends[0]} to {ends[1]}",
                    )
                )
            else:
                problems.append(
                    Problem(
                        place,
                        f"starts at {at}, but its first segment {name} runs {ends[0]} to {ends[1]}",
                    )
                )
            return ()
        hops.append((name, "az" if at == ends[0] else "za"))
        at = ends[1] if at == ends[0] else ends[0]
        if at in visited:
            problems.append(
                Problem(
                    place, f"goes in a circle: {at} is reached twice, the second time over {name}"
                )
            )
            return ()
        visited.add(at)
        previous = name
    if at != route["z_node"]:
        problems.append(Problem(place, f"ends at {at}, but the route ends at {route['z_node']}"))
    return tuple(hops)


def _risk_groups(
    table: pl.DataFrame, lines: Mapping[str, Row], problems: list[Problem]
) -> dict[str, tuple[str, frozenset[str]]]:
    found: dict[str, tuple[str, frozenset[str]]] = {}
    for (name,), rows in table.sort("risk_group_id", "segment_id").group_by(
        "risk_group_id", maintain_order=True
    ):
        kinds, members = rows["kind"].unique().sort().to_list(), rows["segment_id"].to_list()
        if len(kinds) > 1 or kinds[0] not in RISK_KINDS:
            problems.append(
                Problem(
                    str(name),
                    f"kind is {' and '.join(kinds)}, must be one of {', '.join(RISK_KINDS)}",
                )
            )
        problems += [
            Problem(str(name), f"segment {member} is unknown")
            for member in members
            if member not in lines
        ]
        found[str(name)] = (kinds[0], frozenset(members))
    return found


def _capacity_problems(table: pl.DataFrame, lines: Mapping[str, Row]) -> list[Problem]:
    problems = []
    for row in table.sort("segment_id", "valid_from").iter_rows(named=True):
        place = f"capacity of {row['segment_id']}"
        if row["segment_id"] not in lines:
            problems.append(Problem(place, "the segment is unknown"))
        if not 0 <= row["lit_gbps"] < 1e9:
            problems.append(Problem(place, f"lit_gbps is {row['lit_gbps']}, must be at least 0"))
    repeated = (
        table.group_by("segment_id", "valid_from", "known_at")
        .len()
        .filter(pl.col("len") > 1)
        .sort("segment_id", "valid_from")
    )
    for row in repeated.iter_rows(named=True):
        problems.append(
            Problem(
                f"capacity of {row['segment_id']}",
                f"{row['len']} values hold from {row['valid_from'] or 'always'}",
            )
        )
    return problems
