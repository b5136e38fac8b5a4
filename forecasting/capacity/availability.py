"""Failures weighted by how often and how long they last: congested hours, lost traffic,
availability of routes.

A failure's weight is q = cuts a year x repair hours / 8760. No rate is ever taken for granted:
without assumptions named cut_rate and repair_time, the loads under failure are still shown, but
their hours are not.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import combinations
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.capacity.basis import Basis
from forecasting.capacity.routing import state_loads
from forecasting.series import FloatArray, nearest_ranks
from warehouse.network.model import Network, Route
from warehouse.reasons import Note, reason
from warehouse.schema import LOST_TRAFFIC, ROUTE_RISK, SEGMENT_RISK, check

HOURS_PER_YEAR = 8760.0
TB_PER_GBPS_HOUR = 0.45
MOST_PATHS = 8


def unavailability(cuts_per_year: float, repair_hours: float) -> float:
    """Share of the year a thing is down, for rates so low that failures hardly overlap."""
    return min(cuts_per_year * repair_hours / HOURS_PER_YEAR, 1.0)


def failure_hours(
    network: Network, assumptions: Assumptions
) -> tuple[dict[str, float], list[Note]]:
    """Expected hours a year of each failure that a cut rate and a repair time are stated for; and
    notes on the others.

    A segment takes the rate for it, or the one for all (per 1000 km: its length must be known). A
    risk group or a crossing has hours only where a rate is stated for exactly that one: single cuts
    are counted by
        segment already.
    """
    hours: dict[str, float] = {}
    without: list[str] = []
    for failure in network.failures():
        if failure.failure_id == "none":
            continue
        kind, _, name = failure.failure_id.partition(":")
        rate, repair = (
            assumptions.get("cut_rate", failure.failure_id),
            assumptions.get("repair_time", failure.failure_id),
        )
        if (
            rate is None
            or repair is None
            or (kind != "segment" and rate.scope != failure.failure_id)
        ):
            if kind == "segment":
                without.append(name)
            continue
        cuts = rate.value
        if "1000km" in rate.unit.replace(" ", ""):
            length = network.segments[name].length_km if kind == "segment" else None
            if length is None:
                without.append(name)
                continue
            cuts *= length / 1000
        hours[failure.failure_id] = unavailability(cuts, repair.in_hours().value) * HOURS_PER_YEAR
    return hours, [Note("missing_cut_rate", name, reason("note.no_cut_rate")) for name in without]


def risk_frames(
    basis: Basis, assumptions: Assumptions
) -> tuple[dict[str, pl.DataFrame], list[Note]]:
    """Frames lost_traffic, segment_risk and route_risk, at the first, the last and every twelfth
    period.
    """
    horizon = len(basis.timeline.periods)
    marks = sorted({0, *range(11, horizon, 12), horizon - 1})
    hours, notes = failure_hours(basis.network, assumptions)
    lost = _lost_traffic(basis, marks, hours)
    frames = {
        "lost_traffic": lost,
        "segment_risk": _segment_risk(basis, marks, hours),
        "route_risk": _route_risk(basis, lost, hours),
    }
    used = {segment for segment, _ in basis.loads.links}
    return frames, [note for note in notes if note[1] in used]


def state_hours(names: Sequence[str], hours: dict[str, float]) -> float | None:
    """Hours a year of a state that stands for several failures; None where none of them has any."""
    known = [hours[name] for name in names if name in hours]
    return sum(known) if known else None


def _segment_risk(basis: Basis, marks: Sequence[int], hours: dict[str, float]) -> pl.DataFrame:
    links, size = basis.loads.links, basis.draws_gbps.shape[1]
    lit = basis.lit_gbps[:, marks]
    over_base = np.zeros((len(links), len(marks)))
    congested = np.zeros_like(over_base)
    top = np.zeros_like(over_base)
    cause = np.full(over_base.shape, "", dtype=object)
    for mark, period in enumerate(marks):
        for number, routing in enumerate(basis.routings):
            chosen = basis.versions.index[:, period] == number
            if not chosen.any():
                continue
            columns = np.ascontiguousarray(basis.draws_gbps[:, chosen, period].astype(np.float32))
            noise = basis.kappa_noise[chosen, period]
            limit = lit[:, mark].astype(np.float32)
            over_base[:, mark] += (
                _over(state_loads(columns, routing.states[0], noise), limit) / size
            )
            for state in routing.states[1:]:
                lasting = state_hours((state.failure_id, *state.also), hours)
                if lasting and state.rows.size:
                    share = (
                        _over(state_loads(columns, state, noise), limit[state.rows])
                        / size
                        * lasting
                    )
                    congested[state.rows, mark] += share
                    higher = share > top[state.rows, mark]
                    cause[state.rows[higher], mark] = state.failure_id
                    top[state.rows, mark] = np.maximum(top[state.rows, mark], share)
    rows = [
        {
            "segment_id": links[index][0],
            "direction": links[index][1],
            "target_start": basis.timeline.periods[marks[mark]],
            "overload_ratio": over_base[index, mark],
            "congested_hours": congested[index, mark] if hours else None,
            "failure_id": cause[index, mark] or None,
        }
        for index in range(len(links))
        if np.isfinite(basis.lit_gbps[index]).all() and basis.loads.worst[index].any()
        for mark in range(len(marks))
    ]
    return check(_frame(rows, SEGMENT_RISK.empty()), SEGMENT_RISK)


def _over(loads: Any, limit: Any) -> FloatArray:
    return np.asarray((loads > limit[:, None]).sum(axis=1), dtype=float)


def _lost_traffic(basis: Basis, marks: Sequence[int], hours: dict[str, float]) -> pl.DataFrame:
    size = basis.draws_gbps.shape[1]
    lost: dict[tuple[int, str, int], FloatArray] = {}
    lasting: dict[str, float | None] = {}
    for mark in marks:
        for number, routing in enumerate(basis.routings):
            chosen = basis.versions.index[:, mark] == number
            if not chosen.any():
                continue
            for state in routing.states:
                lasting.setdefault(
                    state.failure_id, state_hours((state.failure_id, *state.also), hours)
                )
                for column in np.flatnonzero(state.lost > 1e-9):
                    values = lost.setdefault((int(column), state.failure_id, mark), np.zeros(size))
                    values[chosen] = state.lost[column] * basis.draws_gbps[column, chosen, mark]
    median, ninth = nearest_ranks((0.5, 0.9), size)
    rows = []
    for (series, failure_id, mark), values in lost.items():
        ordered = np.sort(values)
        rows.append(
            {
                "route_id": basis.series[series][0],
                "direction": basis.series[series][1],
                "failure_id": failure_id,
                "target_start": basis.timeline.periods[mark],
                "lost_p50_gbps": ordered[median],
                "lost_p90_gbps": ordered[ninth],
                "hours_per_year": lasting[failure_id],
            }
        )
    return check(_frame(rows, LOST_TRAFFIC.empty()), LOST_TRAFFIC)


def _route_risk(basis: Basis, lost: pl.DataFrame, hours: dict[str, float]) -> pl.DataFrame:
    network = basis.network
    # The version most draws hold at the end: what is planned by then counts as built.
    version = int(np.bincount(basis.versions.index[:, -1]).argmax())
    missing = basis.versions.missing[version]
    first = lost.filter(
        pl.col("target_start") == basis.timeline.periods[0], pl.col("failure_id") != "none"
    )
    weighted = first.with_columns(
        tb=pl.col("lost_p50_gbps") * pl.col("hours_per_year") * TB_PER_GBPS_HOUR
    ).sort("tb", descending=True, nulls_last=True)
    rows = []
    for name, route in sorted(network.routes.items()):
        floors = [network.rtt_floor_ms(path) for path in route.paths]
        known = [floor for floor in floors if floor is not None]
        mine = weighted.filter(pl.col("route_id") == name)
        down, blank = route_unavailability(network, route, hours, missing)
        single = sorted(frozenset.intersection(*(path.segments for path in route.paths)))
        notes = []
        if single:
            notes.append(reason("route_risk.common_segments", segments=single))
        if blank:
            notes.append(reason("route_risk.no_availability", segments=list(blank[:5])))
        note = notes[0].followed_by(*notes[1:]) if notes else None
        rows.append(
            {
                "route_id": name,
                "paths": len(route.paths),
                "rtt_floor_ms": floors[0],
                "rtt_backup_ms": max(known) if known and len(route.paths) > 1 else None,
                "availability_ratio": None if blank else 1 - down,
                "unavailable_hours": None if blank else down * HOURS_PER_YEAR,
                "lost_tb_year": None if blank else (mine["tb"].sum() or 0.0),
                "failure_id": mine["failure_id"][0]
                if mine.height and mine["tb"][0] is not None
                else None,
                "note_code": note.code if note else None,
                "note_values": note.values_json if note else None,
            }
        )
    return check(_frame(rows, ROUTE_RISK.empty()), ROUTE_RISK)


def route_unavailability(
    network: Network, route: Route, hours: dict[str, float], missing: frozenset[str] = frozenset()
) -> tuple[float, list[str]]:
    """Share of the year in which no path of the route is up, and the segments without a rate (then
    it is not valid).

    Exact for failures that are independent of each other: inclusion and exclusion over the sets of
        paths that are up.
    """
    paths = [path.segments for path in route.paths if not path.segments & missing][:MOST_PATHS]
    used = frozenset().union(*paths)
    blank = sorted(name for name in used if f"segment:{name}" not in hours)
    up = 0.0
    events = [
        (failure.segments, hours[failure.failure_id] / HOURS_PER_YEAR)
        for failure in network.failures()
        if failure.failure_id in hours and failure.segments & used
    ]
    for count in range(1, len(paths) + 1):
        for chosen in combinations(paths, count):
            lines = frozenset().union(*chosen)
            alive = float(np.prod([1 - share for segments, share in events if segments & lines]))
            up += alive if count % 2 else -alive
    return min(max(1 - up, 0.0), 1.0), blank


def _frame(rows: list[dict[str, Any]], empty: pl.DataFrame) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=empty.schema) if rows else empty
