"""What a network carries when something fails, for one table of demand: no history, no
warehouse.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from forecasting.capacity.routing import Rerouter, link_list
from warehouse.errors import PlanError, Problem
from warehouse.network.folder import read_network, read_table
from warehouse.network.model import NOT_BUILT, Network

__all__ = ["FailureReport", "failures", "read_network", "read_table"]


@dataclass(frozen=True)
class FailureReport:
    """Tables of one failure study. `headroom_factor`: all demand may grow by this before a segment
    passes its threshold.

    loads     failure_id, segment_id, direction, load_gbps, lit_gbps, utilization_ratio; loaded
              directions only
    worst     segment_id, direction, load_gbps, failure_id (its cause), lit_gbps,
              utilization_ratio, headroom_gbps, headroom_factor
    lost      failure_id, route_id, direction, demand_gbps, lost_gbps
    failures  failure_id, segments, carried_gbps, lost_gbps, highest_utilization_ratio,
              fullest_segment_id, note
    """

    loads: pl.DataFrame
    worst: pl.DataFrame
    lost: pl.DataFrame
    failures: pl.DataFrame
    headroom_factor: float | None
    threshold_ratio: float
    notes: tuple[str, ...] = ()
    """What could not be said, and why: segments without capacity, routes without demand, lines that
    are not built.
    """

    def frames(self) -> dict[str, pl.DataFrame]:
        return {
            "failures": self.failures,
            "loads": self.loads,
            "worst": self.worst,
            "lost": self.lost,
        }


def read_demand(demand: pl.DataFrame, network: Network) -> dict[tuple[str, str], float]:
    """Gbit/s by route and direction. Raises PlanError with every row that can't be used."""
    missing = [name for name in ("route_id", "direction", "gbps") if name not in demand.columns]
    if missing:
        raise PlanError(
            "the demand table lacks columns",
            [Problem(name, "column is missing") for name in missing],
            "Give it the columns route_id, direction (in or out) and gbps.",
        )
    table = demand.select(
        "route_id", "direction", gbps=pl.col("gbps").cast(pl.Float64, strict=False)
    ).with_row_index("row", 2)
    found: dict[tuple[str, str], float] = {}
    problems = []
    for row, route, direction, gbps in table.iter_rows():
        place = f"demand, line {row}"
        if route not in network.routes:
            problems.append(Problem(place, f"route {route} is unknown"))
        if direction not in ("in", "out"):
            problems.append(Problem(place, f"direction is {direction}, must be in or out"))
        if gbps is None or not 0 <= gbps < 1e9:
            problems.append(
                Problem(
                    place,
                    f"gbps is {'not a number' if gbps is None else gbps}, must lie in 0 to 1e9",
                )
            )
        elif (route, direction) in found:
            problems.append(Problem(place, f"{route} {direction} is given a second time"))
        else:
            found[route, direction] = gbps
    if not found and not problems:
        problems.append(Problem("demand", "the table is empty"))
    if problems:
        raise PlanError(
            f"{len(problems)} rows of demand can't be used",
            problems,
            "Fix the demand table, then try again.",
        )
    return found


def failures(
    network: Network,
    demand: pl.DataFrame,
    *,
    threshold_ratio: float = 0.8,
    pairs: bool = False,
    today: date | None = None,
) -> FailureReport:
    """Loads, worst case, lost demand and headroom over every failure of the network, for `demand`
    (route_id, direction, gbps).

    `today` chooses the lit capacity and which segments are built; without it the latest capacity on
    record holds and what is only planned counts as missing. Loads are sums: the peaks of routes
    that meet count as one.
    """
    if not 0 < threshold_ratio <= 1:
        raise PlanError(
            "the threshold is out of range",
            [Problem("threshold_ratio", f"is {threshold_ratio}, must lie above 0 and at most 1")],
        )
    wanted = read_demand(demand, network)
    series = tuple(sorted(wanted))
    volume = np.array([wanted[one] for one in series])
    links = link_list(network)
    unbuilt = frozenset(
        name for name, segment in network.segments.items() if segment.status in NOT_BUILT
    )
    missing = unbuilt if today is None else network.not_built(today)
    rerouter = Rerouter.build(network, links, series, missing)
    lit = _lit(network, today)
    lit_of = np.array([lit.get(segment, np.nan) for segment, _ in links])
    base = np.zeros(len(links))
    for row, members in rerouter.base.items():
        base[row] = sum(volume[column] * share for column, share in members.items())
    worst, cause = base.copy(), np.zeros(len(links), dtype=np.int64)
    states = network.failures(pairs=pairs)
    load_rows, lost_rows, failure_rows = [], [], []
    for number, failure in enumerate(states):
        down = failure.segments | missing
        loads = base.copy()
        for row, members in rerouter.changes(down).items():
            loads[row] = sum(volume[column] * share for column, share in members.items())
        higher = loads > worst + 1e-12
        worst[higher], cause[higher] = loads[higher], number
        lost = rerouter.lost(down) * volume
        load_rows += [
            (failure.failure_id, *links[row], loads[row]) for row in np.flatnonzero(loads > 0)
        ]
        lost_rows += [
            (failure.failure_id, *series[column], volume[column], lost[column])
            for column in np.flatnonzero(lost > 0)
        ]
        failure_rows.append(
            _failure_row(
                failure.failure_id, failure.segments, volume.sum(), lost.sum(), loads, lit_of, links
            )
        )
    used = np.flatnonzero(worst > 0)
    worst_frame = pl.DataFrame(
        [(*links[row], worst[row], states[cause[row]].failure_id) for row in used],
        schema={
            "segment_id": pl.String,
            "direction": pl.String,
            "load_gbps": pl.Float64,
            "failure_id": pl.String,
        },
        orient="row",
    )
    room = _with_lit(worst_frame, lit).with_columns(
        headroom_gbps=threshold_ratio * pl.col("lit_gbps") - pl.col("load_gbps"),
        headroom_factor=threshold_ratio * pl.col("lit_gbps") / pl.col("load_gbps"),
    )
    factor = room["headroom_factor"].min()
    loads_frame = pl.DataFrame(
        load_rows,
        schema={
            "failure_id": pl.String,
            "segment_id": pl.String,
            "direction": pl.String,
            "load_gbps": pl.Float64,
        },
        orient="row",
    )
    lost_frame = pl.DataFrame(
        lost_rows,
        schema={
            "failure_id": pl.String,
            "route_id": pl.String,
            "direction": pl.String,
            "demand_gbps": pl.Float64,
            "lost_gbps": pl.Float64,
        },
        orient="row",
    )
    failure_frame = pl.DataFrame(
        failure_rows,
        schema={
            "failure_id": pl.String,
            "segments": pl.String,
            "carried_gbps": pl.Float64,
            "lost_gbps": pl.Float64,
            "highest_utilization_ratio": pl.Float64,
            "fullest_segment_id": pl.String,
            "note": pl.String,
        },
        orient="row",
    )
    return FailureReport(
        _with_lit(loads_frame, lit),
        room.sort("segment_id", "direction"),
        lost_frame,
        failure_frame,
        None if factor is None else float(str(factor)),
        threshold_ratio,
        _notes(network, wanted, {links[row][0] for row in used}, lit, missing, today),
    )


def _notes(
    network: Network,
    wanted: dict[tuple[str, str], float],
    loaded: set[str],
    lit: dict[str, float],
    missing: frozenset[str],
    today: date | None,
) -> tuple[str, ...]:
    found = []
    first = dict(
        network.capacity.group_by("segment_id").agg(pl.col("valid_from").min()).iter_rows()
    )
    for segment in sorted(loaded - set(lit)):
        later = first.get(segment)
        why = (
            f"its first capacity holds from {later}, after {today}"
            if later is not None
            else "it has no capacity on record"
        )
        found.append(f"{segment}: {why}, so its utilization and headroom are not given.")
    dark = sorted(segment for segment in loaded if lit.get(segment) == 0)
    found += [
        f"{segment}: carries traffic and nothing is lit, so it has no utilization."
        for segment in dark
    ]
    silent = sorted(set(network.routes) - {route for route, _ in wanted})
    if silent:
        more = f" and {len(silent) - 8} more" if len(silent) > 8 else ""
        found.append(f"Routes without demand: {', '.join(silent[:8])}{more}.")
    used = {
        segment
        for route in network.routes.values()
        for path in route.paths
        for segment in path.segments
    }
    if missing & used:
        found.append(f"Not built, and so carrying nothing: {', '.join(sorted(missing & used))}.")
    return tuple(found)


def _lit(network: Network, today: date | None) -> dict[str, float]:
    """Lit Gbit/s by segment: the latest that holds today, else the latest on record."""
    capacity = (
        network.capacity
        if today is None
        else network.capacity.filter(
            pl.col("valid_from").is_null() | (pl.col("valid_from") <= today)
        )
    )
    return dict(
        capacity.group_by("segment_id", maintain_order=True)
        .last()
        .select("segment_id", "lit_gbps")
        .iter_rows()
    )


def _with_lit(frame: pl.DataFrame, lit: dict[str, float]) -> pl.DataFrame:
    known = pl.DataFrame(
        {"segment_id": list(lit), "lit_gbps": list(lit.values())},
        schema={"segment_id": pl.String, "lit_gbps": pl.Float64},
    )
    joined = frame.join(known, on="segment_id", how="left", maintain_order="left")
    return joined.with_columns(
        utilization_ratio=pl.when(pl.col("lit_gbps") > 0).then(
            pl.col("load_gbps") / pl.col("lit_gbps")
        )
    )


def _failure_row(
    failure_id: str,
    segments: frozenset[str],
    demand: float,
    lost: float,
    loads: np.ndarray,
    lit: np.ndarray,
    links: tuple[tuple[str, str], ...],
) -> tuple[str, str, float, float, float | None, str | None, str]:
    share = np.divide(loads, lit, out=np.full(len(loads), -1.0), where=np.isfinite(lit) & (lit > 0))
    fullest = int(share.argmax()) if share.size else -1
    known = fullest >= 0 and share[fullest] > 0
    note = ""
    if demand > 0 and lost >= demand - 1e-9:
        words = _failure_words(failure_id)
        note = f"{words[0].upper()}{words[1:]} nothing can be carried at all."
    elif lost > 1e-9:
        note = f"{100 * lost / demand:.1f} % of the demand has no path left."
    return (
        failure_id,
        " ".join(sorted(segments)),
        demand - lost,
        lost,
        float(share[fullest]) if known else None,
        links[fullest][0] if known else None,
        note,
    )


def _failure_words(failure_id: str) -> str:
    """A failure state in English."""
    kind, _, name = failure_id.partition(":")
    return {
        "none": "with no failure",
        "segment": f"with segment {name} out",
        "risk_group": f"with everything in risk group {name} out",
        "node": f"with the crossing {name} out",
        "pair": f"with {name.replace('+', ' and ')} out together",
    }[kind]
