"""When planned segments come into service on each draw, and so which version of the network holds when."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.assumptions import Assumption, stratified
from forecasting.series import FloatArray, add_periods
from warehouse.errors import PlanError, Problem
from warehouse.network import Network
from warehouse.schema import Grain


@dataclass(frozen=True)
class Versions:
    """The sets of segments not yet built, and which of them holds for each draw and period: `index` is (S, H)."""

    missing: tuple[frozenset[str], ...]
    index: NDArray[np.int8]


def check_projects(projects: pl.DataFrame, network: Network) -> None:
    """Raises PlanError where a project brings an unknown segment or its dates are not in order."""
    problems = []
    for row in projects.sort("project_id").iter_rows(named=True):
        if row["segment_id"] not in network.segments:
            problems.append(Problem(f"project {row['project_id']}", f"segment {row['segment_id']} is unknown"))
        if not row["ready_low"] <= row["ready_likely"] <= row["ready_high"]:
            problems.append(Problem(f"project {row['project_id']}", f"dates {row['ready_low']}, {row['ready_likely']}, {row['ready_high']} are not in order"))  # fmt: skip
    if problems:
        raise PlanError(
            f"{len(problems)} planned builds can't be used", problems, "Mend projects.csv, then plan again."
        )


def ready_days(project: dict[str, date], today: date, draws: int, rng: np.random.Generator) -> FloatArray:
    """Days from today on which a planned build is ready, one per draw. What isn't in service today never was earlier."""
    low, likely, high = (
        float((project[name] - project["ready_likely"]).days) for name in ("ready_low", "ready_likely", "ready_high")
    )
    spread = Assumption("", "ready", "", min(low, 0.0), likely, high, "day")
    offset = (project["ready_likely"] - today).days
    return np.maximum(offset + spread.at(stratified(draws, rng)), 1.0)


def versions(
    network: Network, projects: pl.DataFrame, periods: Sequence[date], grain: Grain, draws: int, today: date, seed: int
) -> Versions:
    """Which segments exist on each draw and period. One without a date or project stays unbuilt throughout."""
    check_projects(projects, network)
    planned = [s for _, s in sorted(network.segments.items()) if not (s.in_service(periods[0]) and s.in_service(today))]
    brings = {row["segment_id"]: row for row in projects.sort("project_id", descending=True).iter_rows(named=True)}
    never = frozenset(s.segment_id for s in planned if s.in_service_from is None and s.segment_id not in brings)
    dated = [s for s in planned if s.segment_id not in never]
    horizon = len(periods)
    if not dated:
        return Versions((never,), np.zeros((draws, horizon), dtype=np.int8))
    starts = np.array([(start - today).days for start in periods], dtype=float)
    code = np.zeros((draws, horizon), dtype=np.int64)
    ready: dict[str, FloatArray] = {}
    for bit, segment in enumerate(dated):
        row = brings.get(segment.segment_id)
        if segment.in_service_from is not None:
            days = np.full(draws, float((segment.in_service_from - today).days))
        else:
            assert row is not None
            # Segments of one project are ready together; every project has its own stream of draws.
            project = str(row["project_id"])
            if project not in ready:
                ready[project] = ready_days(row, today, draws, np.random.default_rng([seed, sum(project.encode())]))
            days = ready[project]
        code |= np.where(days[:, None] > starts[None, :], 1 << bit, 0)
    codes, index = np.unique(code, return_inverse=True)
    missing = tuple(never | {s.segment_id for bit, s in enumerate(dated) if one >> bit & 1} for one in codes.tolist())
    return Versions(missing, index.reshape(draws, horizon).astype(np.int8))


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
