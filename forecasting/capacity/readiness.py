"""When planned segments come into service on each draw, and so which version of the network holds
when.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, timedelta
from zlib import crc32

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.assumptions import Assumption, Assumptions, stratified
from forecasting.series import FloatArray, add_periods
from warehouse.errors import PlanError, Problem
from warehouse.network.model import NOT_BUILT, Network
from warehouse.reasons import Note, reason
from warehouse.schema import Grain

DRAW_KEY = "draw_key"


@dataclass(frozen=True)
class Versions:
    """The sets of segments not yet built, and which of them holds for each draw and period: `index`
    is (S, H).

    `ready_days` has, by project, the days from today until it is ready on each draw.
    """

    missing: tuple[frozenset[str], ...]
    index: NDArray[np.int16]
    ready_days: Mapping[str, FloatArray] = field(default_factory=dict)


@dataclass(frozen=True)
class Outage:
    """Segments that are out from a day on until (not including) another; `until` None: for good."""

    segments: frozenset[str]
    start: date
    until: date | None = None

    def touches(self, first: date, after: date) -> bool:
        """Whether it falls into the period from `first` until (not including) `after`."""
        return self.start < after and (self.until is None or first < self.until)


def check_projects(projects: pl.DataFrame, network: Network) -> None:
    """Raises PlanError where a project brings an unknown segment or its dates are not in order."""
    problems = []
    for row in projects.sort("project_id").iter_rows(named=True):
        if row["segment_id"] not in network.segments:
            problems.append(
                Problem(f"project {row['project_id']}", f"segment {row['segment_id']} is unknown")
            )
        if not row["ready_low"] <= row["ready_likely"] <= row["ready_high"]:
            problems.append(
                Problem(
                    f"project {row['project_id']}",
                    f"dates {row['ready_low']}, {row['ready_likely']}, {row['ready_high']} "
                    "are not in order",
                )
            )
    if problems:
        raise PlanError(
            f"{len(problems)} planned builds can't be used",
            problems,
            "Fix projects.csv, then plan again.",
        )


def slipped(projects: pl.DataFrame, assumptions: Assumptions) -> tuple[pl.DataFrame, list[Note]]:
    """Projects with the record of slips where only one date is stated, and a note on each.

    A project with a range says itself how unsure its date is; one with a single date repeats what
    was announced, and what is announced slips: an assumption named schedule_slip (months after the
    announced date) then makes its range.
    """
    moved, notes = [], []
    if DRAW_KEY not in projects.columns:
        # Under the key of the stated date, so that a story that moves the date keeps the draws.
        keys = [draw_key(row) for row in projects.iter_rows(named=True)]
        projects = projects.with_columns(pl.Series(DRAW_KEY, keys, dtype=pl.String))
    for row in projects.iter_rows(named=True):
        slip = assumptions.get("schedule_slip", f"project:{row['project_id']}")
        if slip is not None and row["ready_low"] == row["ready_likely"] == row["ready_high"]:
            months = slip.in_months()
            ends = (months.low, months.value, months.high)
            row = {
                **row,
                **{
                    f"ready_{name}": row["ready_likely"]
                    + timedelta(days=round(value * 365.25 / 12))
                    for name, value in zip(("low", "likely", "high"), ends, strict=True)
                },
            }
            notes.append(
                Note(
                    "schedule_slip",
                    row["project_id"],
                    reason(
                        "note.slips",
                        low=months.low,
                        high=months.high,
                        assumption=slip.assumption_id,
                    ),
                )
            )
        moved.append(row)
    return pl.DataFrame(moved, schema=projects.schema), notes


def draw_key(project: Mapping[str, date]) -> str:
    """Projects of one key share their random draws; a story that moves a date keeps the key it had
    before.
    """
    return f"{project['ready_low']} {project['ready_likely']} {project['ready_high']}"


def ready_days(project: Mapping[str, date], today: date, probability: FloatArray) -> FloatArray:
    """Days from today on which a planned build is ready, one per draw. What isn't in service today
    never was earlier.
    """
    low, likely, high = (
        float((project[name] - project["ready_likely"]).days)
        for name in ("ready_low", "ready_likely", "ready_high")
    )
    spread = Assumption("", "ready", "", min(low, 0.0), likely, high, "day")
    offset = (project["ready_likely"] - today).days
    return np.maximum(offset + spread.at(probability), 1.0)


def versions(
    network: Network,
    projects: pl.DataFrame,
    periods: Sequence[date],
    grain: Grain,
    draws: int,
    today: date,
    seed: int,
    outages: Sequence[Outage] = (),
) -> Versions:
    """Which segments exist on each draw and period. A project's dates come before a stated day;
    with neither, never.
    """
    check_projects(projects, network)
    used = {
        segment
        for route in network.routes.values()
        for path in route.paths
        for segment in path.segments
    }
    listed = [s for name, s in sorted(network.segments.items()) if name in used]
    planned = [
        s for s in listed if s.status in NOT_BUILT or not s.in_service(min(today, periods[0]))
    ]
    brings = {
        row["segment_id"]: row
        for row in projects.sort("project_id", descending=True).iter_rows(named=True)
    }
    never = frozenset(
        s.segment_id for s in planned if s.in_service_from is None and s.segment_id not in brings
    )
    dated = [s for s in planned if s.segment_id not in never]
    horizon = len(periods)
    if len(dated) > 40:
        raise PlanError(
            f"{len(dated)} planned segments are on paths of routes; at most 40 can be "
            "planned for at once"
        )
    ends = [add_periods(start, 1, grain) for start in periods]
    out = [
        frozenset(o.segments for o in outages if o.touches(start, end))
        for start, end in zip(periods, ends, strict=True)
    ]
    states = sorted(set(out), key=lambda state: sorted(sorted(one) for one in state))
    starts = np.array([(start - today).days for start in periods], dtype=float)
    code = np.zeros((draws, horizon), dtype=np.int64)
    ready: dict[str, FloatArray] = {}
    of_project: dict[str, FloatArray] = {}
    for bit, segment in enumerate(dated):
        row = brings.get(segment.segment_id)
        if row is not None:
            # Projects stated with the same dates are parts of one build: they are ready together
            # on every draw.
            key = row.get(DRAW_KEY) or draw_key(row)
            if key not in ready:
                ready[key] = stratified(draws, np.random.default_rng([seed, crc32(key.encode())]))
            days = of_project[row["project_id"]] = ready_days(row, today, ready[key])
        else:
            assert segment.in_service_from is not None
            days = np.full(draws, float((segment.in_service_from - today).days))
        code |= np.where(days[:, None] > starts[None, :], 1 << bit, 0)
    code |= np.array([states.index(state) for state in out], dtype=np.int64)[None, :] << len(dated)
    codes, index = np.unique(code, return_inverse=True)
    missing = tuple(
        frozenset(never | {s.segment_id for bit, s in enumerate(dated) if one >> bit & 1}).union(
            *states[one >> len(dated)]
        )
        for one in codes.tolist()
    )
    return Versions(missing, index.reshape(draws, horizon).astype(np.int16), of_project)


def position_of(day: date, periods: Sequence[date], grain: Grain) -> float:
    """A date as a count of periods: 1.0 is the first day of the first period."""
    step = 0
    while add_periods(periods[0], step, grain) > day:
        step -= 1
    while add_periods(periods[0], step + 1, grain) <= day:
        step += 1
    start = add_periods(periods[0], step, grain)
    return step + 1 + (day - start).days / (add_periods(periods[0], step + 1, grain) - start).days


def date_at(position: float, periods: Sequence[date], grain: Grain) -> date:
    """The date of a count of periods, to the day."""
    whole = int(np.floor(position + 1e-9))
    start, end = add_periods(periods[0], whole - 1, grain), add_periods(periods[0], whole, grain)
    fraction = max(position - whole, 0.0)
    return date.fromordinal(start.toordinal() + int(fraction * (end - start).days + 1e-6))
