"""The network, its events and its assumptions from a folder of CSV files: all of it or, with every
problem named, none.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from functools import partial
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from warehouse.errors import NetworkError, Problem
from warehouse.network.csv_file import CsvRows, read_csv
from warehouse.schema import CONFIDENCES, FRAMES
from warehouse.store.database import Warehouse

FILES: Mapping[str, str] = {
    "node": "nodes.csv",
    "segment": "segments.csv",
    "capacity": "capacity.csv",
    "route": "routes.csv",
    "route_path": "route_paths.csv",
    "risk_group": "risk_groups.csv",
    "interface": "interfaces.csv",
    "project": "projects.csv",
    "event": "events.csv",
    "driver": "drivers.csv",
    "assumption": "assumptions.csv",
    "international_bandwidth": "bandwidth.csv",
}
REQUIRED = ("segment", "capacity", "route", "route_path")
ALLOWED: Mapping[tuple[str, str], tuple[str, ...]] = {
    ("segment", "status"): ("in_service", "under_construction", "planned", "mou", "unknown"),
    ("project", "status"): ("mou", "planned", "under_construction", "in_service", "stalled"),
    ("risk_group", "kind"): ("trench", "crossing", "country", "operator"),
    ("event", "kind"): (
        "cut",
        "shutdown",
        "level_shift",
        "migration",
        "maintenance",
        "regulation",
        "price",
        "surge",
        "other",
    ),
    ("event", "scope_kind"): ("route", "segment", "interface", "country", "all"),
    ("driver", "scope_kind"): ("route", "country", "all"),
    ("international_bandwidth", "source_kind"): ("derived", "direct"),
}
POSITIVE = (
    ("interface", "speed_gbps"),
    ("driver", "value"),
    ("route_path", "rank"),
    ("route_path", "seq"),
    ("interface", "priority"),
)
NOT_NEGATIVE = (
    ("capacity", "lit_gbps"),
    ("capacity", "design_gbps"),
    ("segment", "length_km"),
    ("international_bandwidth", "gbps"),
)
ASCENDING = (
    ("project", ("ready_low", "ready_likely", "ready_high")),
    ("assumption", ("low", "value", "high")),
    ("event", ("start_at", "end_at")),
)
REFERS = (
    ("segment", "a_node", "node"),
    ("segment", "z_node", "node"),
    ("route", "a_node", "node"),
    ("route", "z_node", "node"),
    ("capacity", "segment_id", "segment"),
    ("route_path", "route_id", "route"),
    ("route_path", "segment_id", "segment"),
    ("risk_group", "segment_id", "segment"),
    ("project", "segment_id", "segment"),
    ("interface", "route_id", "route"),
)
UNKNOWN_COUNTRY = "ZZ"
"""CLDR's code for a territory nobody stated."""


@dataclass(frozen=True)
class PortRow:
    """A row of interfaces.csv and the days it holds, `end` not among them."""

    place: str
    port: str
    route: str
    aliases: tuple[str, ...]
    bundle: str | None
    priority: int
    begin: date
    end: date

    def overlaps(self, other: PortRow) -> bool:
        return self.begin < other.end and other.begin < self.end


@dataclass(frozen=True)
class ReferenceSummary:
    """What a folder stated: rows by frame, and how many of them were new or changed."""

    rows: Mapping[str, int]
    appended: Mapping[str, int]


def load_reference(warehouse: Warehouse, folder: Path, *, known_at: datetime) -> ReferenceSummary:
    """Loads the CSV files of `folder`; a file states all there is of its kind, so what it no longer
    names is withdrawn.

    Columns are those of warehouse.schema. segments.csv, routes.csv, capacity.csv and
    route_paths.csv must be there, except that a route with the id of a segment needs no path of its
    own when route_paths.csv is absent. Without nodes.csv the nodes are the ends of segments and
    routes. Raises NetworkError with every problem of every file, and then writes nothing.
    """
    frames = read_reference(folder)
    with warehouse.transaction():
        appended = {
            name: warehouse.append(name, frame, known_at=known_at, complete=True)
            for name, frame in frames.items()
        }
    return ReferenceSummary({name: frame.height for name, frame in frames.items()}, appended)


def read_reference(folder: Path) -> dict[str, pl.DataFrame]:
    """The checked frames of a folder of CSV files. Raises NetworkError with every problem of every
    file.
    """
    problems: list[Problem] = []
    remedy = f"Fix the files in {folder}, then run `transit load` again."
    if not folder.is_dir():
        raise NetworkError(
            "the network's folder is missing", [Problem(str(folder), "is not a folder")], remedy
        )
    tables: dict[str, CsvRows] = {}
    for name, file in FILES.items():
        path = folder / file
        if path.is_file():
            tables[name] = read_csv(path, FRAMES[name], problems)
        elif name in REQUIRED and name != "route_path":
            problems.append(Problem(file, f"is missing from {folder} ({FRAMES[name].comment})"))
    unreadable = {problem.where.split(" line ")[0] for problem in problems}
    if "route_path" not in tables and not {FILES["route"], FILES["segment"]} & unreadable:
        tables["route_path"] = _own_paths(tables, problems)
    for name, table in tables.items():
        problems.extend(_bad_values(name, table))
    frames = {name: table.frame for name, table in tables.items()}
    if "node" not in tables and {"segment", "route"} <= set(tables):
        frames["node"] = _nodes_of(frames["segment"], frames["route"])
    # A file with unreadable rows would make every reference to those rows a problem of its own.
    whole = {name: frame for name, frame in frames.items() if FILES[name] not in unreadable}
    problems.extend(_dangling(tables, whole))
    if problems:
        raise NetworkError(
            f"{len(problems)} problems with the network in {folder}", problems, remedy
        )
    return {name: frames[name] for name in FILES if name in frames}


def _own_paths(tables: Mapping[str, CsvRows], problems: list[Problem]) -> CsvRows:
    routes, segments = tables["route"].frame["route_id"], tables["segment"].frame["segment_id"]
    strangers = routes.filter(~routes.is_in(segments.to_list())).sort().to_list()
    problems.extend(
        Problem("route_paths.csv", f"is missing, and route {route} is not the name of a segment")
        for route in strangers
    )
    frame = (
        pl.DataFrame({"route_id": routes, "segment_id": routes}).unique("route_id").sort("route_id")
    )
    return CsvRows(
        "routes.csv",
        frame.with_columns(rank=pl.lit(1, pl.Int64), seq=pl.lit(1, pl.Int64)),
        [1] * frame.height,
    )


def _nodes_of(segment: pl.DataFrame, route: pl.DataFrame) -> pl.DataFrame:
    ends = pl.concat(
        [frame[column] for frame in (segment, route) for column in ("a_node", "z_node")]
    )
    return pl.DataFrame({"node_id": ends.unique().sort()}).with_columns(
        name="node_id", country=pl.lit(UNKNOWN_COUNTRY), kind=pl.lit("city_pop")
    )


def _is_not_among(allowed: frozenset[str], value: object) -> bool:
    return value not in allowed


def _bad_values(name: str, table: CsvRows) -> Iterable[Problem]:
    def wrong(column: str, is_bad: Callable[[object], bool], said: str) -> Iterable[Problem]:
        if column in table.frame.columns:
            for row, value in enumerate(table.frame[column]):
                if value is not None and is_bad(value):
                    yield Problem(table.place(row), f"{column} is {value!r}, {said}")

    for (frame, column), words in ALLOWED.items():
        if frame == name:
            yield from wrong(
                column,
                partial(_is_not_among, frozenset(words)),
                f"choose from {', '.join(words)}",
            )
    yield from wrong(
        "confidence",
        lambda value: value not in CONFIDENCES,
        f"choose from {', '.join(CONFIDENCES)}",
    )
    yield from wrong("time_zone", _is_no_zone, "wanted an IANA zone such as Asia/Almaty")
    for column in (column for frame, column in POSITIVE if frame == name):
        yield from wrong(column, lambda value: not value > 0, "must be above 0")  # type: ignore[operator]
    for column in (column for frame, column in NOT_NEGATIVE if frame == name):
        yield from wrong(column, lambda value: not value >= 0, "must not be negative")  # type: ignore[operator]
    for columns in (columns for frame, columns in ASCENDING if frame == name):
        for row, values in enumerate(table.frame.select(columns).iter_rows()):
            stated = [value for value in values if value is not None]
            if stated != sorted(stated):
                yield Problem(
                    table.place(row),
                    f"{', '.join(columns)} do not ascend: {', '.join(map(str, stated))}",
                )


def _is_no_zone(value: object) -> bool:
    try:
        ZoneInfo(str(value))
    except (ValueError, OSError, LookupError):
        return True
    return False


def _ports(table: CsvRows) -> list[PortRow]:
    """The rows of interfaces.csv with the days each holds: from its valid_from until the next of
    the same port.
    """
    columns = ("interface_id", "route_id", "aliases", "valid_from", "bundle", "priority")
    rows = table.frame.select(columns).rows()
    starts: dict[str, list[date]] = {}
    for port, _, _, valid_from, _, _ in rows:
        starts.setdefault(port, []).append(valid_from or date.min)
    found = []
    for row, (port, route, aliases, valid_from, bundle, priority) in enumerate(rows):
        begin = valid_from or date.min
        later = [day for day in starts[port] if day > begin]
        names = tuple(filter(None, (part.strip() for part in (aliases or "").split(";"))))
        end = min(later, default=date.max)
        found.append(PortRow(table.place(row), port, route, names, bundle, priority, begin, end))
    return found


def _ambiguous_names(ports: Sequence[PortRow]) -> Iterable[Problem]:
    """Aliases that two ports have at a time, or that are the name of another port."""
    names = {row.port for row in ports}
    owners: dict[str, list[PortRow]] = {}
    for row in ports:
        for alias in row.aliases:
            if alias in names and alias != row.port:
                yield Problem(row.place, f"alias {alias} of {row.port} is also the name of {alias}")
            for other in owners.setdefault(alias, []):
                if other.port != row.port and other.overlaps(row):
                    yield Problem(
                        row.place,
                        f"alias {alias} of {row.port} is also an alias of {other.port}; "
                        "valid_from says when an alias moved",
                    )
            owners[alias].append(row)


def _unequal_bundles(ports: Sequence[PortRow]) -> Iterable[Problem]:
    """Members of a bundle whose priorities differ, so that one would count and not the others."""
    members: dict[tuple[str, str], list[PortRow]] = {}
    for row in ports:
        if row.bundle:
            of_bundle = members.setdefault((row.route, row.bundle), [])
            for other in of_bundle:
                if other.priority != row.priority and other.overlaps(row):
                    yield Problem(
                        row.place,
                        f"{row.port} has priority {row.priority}, {other.port} of the same bundle "
                        f"{row.bundle} has {other.priority}; ports that add up need the same one",
                    )
                    break
            of_bundle.append(row)


def _dangling(
    tables: Mapping[str, CsvRows], whole: Mapping[str, pl.DataFrame]
) -> Iterable[Problem]:
    known = {
        name: set(frame[f"{name}_id"])
        for name, frame in whole.items()
        if f"{name}_id" in frame.columns
    }
    for name, column, target in REFERS:
        if name in tables and target in known:
            for row, value in enumerate(tables[name].frame[column]):
                if value not in known[target]:
                    yield Problem(
                        tables[name].place(row), f"{target} {value} is unknown ({column})"
                    )
    if "interface" in tables:
        ports = _ports(tables["interface"])
        yield from _ambiguous_names(ports)
        yield from _unequal_bundles(ports)
    if "event" in tables:
        scopes = tables["event"].frame.select("scope_kind", "scope_id")
        for row, (kind, scope) in enumerate(scopes.iter_rows()):
            if scope not in known.get(kind, {scope}):
                yield Problem(tables["event"].place(row), f"{kind} {scope} is unknown (scope_id)")
    if "assumption" in tables:
        for row, scope in enumerate(tables["assumption"].frame["scope"]):
            kind, _, item = scope.partition(":")
            if item not in known.get(kind, {item}):
                yield Problem(tables["assumption"].place(row), f"{kind} {item} is unknown (scope)")
