"""Routes from link counters: the demand that explains measured link loads, where only links are
measured.

Tomogravity: a gravity prior (what starts at a node goes to the others by their size), moved as
little as can be so that the links are met and nothing is negative. Links seldom say everything:
what they can't tell is named, route by route.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.optimize import lsq_linear

from forecasting.series import FloatArray
from warehouse.errors import PlanError, Problem
from warehouse.network.model import Hop, Network

LINK_ERROR_RATIO = 0.002
"""How close the links are met: well within what counters of the two ends of a line differ by."""

Mask = NDArray[np.bool_]


@dataclass(frozen=True)
class MatrixEstimate:
    """Demand that explains the links.

    demand    route_id, direction, gbps, prior_gbps, identified (true where the links alone tell)
    links     segment_id, direction, measured_gbps, fitted_gbps, residual_gbps
    warnings  what can't be told from these links, in words
    """

    demand: pl.DataFrame
    links: pl.DataFrame
    warnings: tuple[str, ...]


def estimate_matrix(
    network: Network,
    link_loads: pl.DataFrame,
    *,
    prior: pl.DataFrame | None = None,
    down: frozenset[str] = frozenset(),
    prior_error_ratio: float = 1.0,
) -> MatrixEstimate:
    """Demand of every route and direction from `link_loads` (segment_id, direction az or za, gbps).

    `prior` (route_id, direction, gbps) stands in for gravity where it is known better; `down` lists
    segments that were out. Raises PlanError with every row that can't be used.
    """
    measured = _measured(network, link_loads)
    series = [(name, way) for name in sorted(network.routes) for way in ("in", "out")]
    column_of = {one: column for column, one in enumerate(series)}
    links = sorted(measured)
    row_of = {link: row for row, link in enumerate(links)}
    routing = np.zeros((len(links), len(series)))
    carried: set[int] = set()
    for route, direction, share, hop in network.loads(down):
        column = column_of[route, direction]
        carried.add(column)
        if hop in row_of:
            routing[row_of[hop], column] += share
    loads = np.array([measured[link] for link in links])
    guess = _stated(prior, column_of) if prior is not None else _gravity(network, measured, series)
    shape = routing @ guess
    scale = float(loads @ shape / (shape @ shape)) if prior is None and shape.any() else 1.0
    guess = guess * scale
    seen: Mask = np.asarray(routing.any(axis=0))
    solved = np.where(seen, _fit(routing, loads, guess, prior_error_ratio), guess)
    alone = _identified(routing)
    fitted = routing @ solved
    demand = pl.DataFrame(
        {
            "route_id": [name for name, _ in series],
            "direction": [way for _, way in series],
            "gbps": solved,
            "prior_gbps": guess,
            "identified": alone,
        }
    )
    table = pl.DataFrame(
        {
            "segment_id": [name for name, _ in links],
            "direction": [way for _, way in links],
            "measured_gbps": loads,
            "fitted_gbps": fitted,
            "residual_gbps": loads - fitted,
        }
    )
    return MatrixEstimate(
        demand, table, tuple(_warnings(series, seen, alone, loads, fitted, carried, links))
    )


def _measured(network: Network, link_loads: pl.DataFrame) -> dict[Hop, float]:
    missing = [
        name for name in ("segment_id", "direction", "gbps") if name not in link_loads.columns
    ]
    if missing:
        raise PlanError(
            "the table of link loads lacks columns",
            [Problem(name, "column is missing") for name in missing],
            "Give it segment_id, direction (az or za) and gbps.",
        )
    found: dict[Hop, float] = {}
    problems = []
    rows = link_loads.select(
        "segment_id", "direction", pl.col("gbps").cast(pl.Float64, strict=False)
    ).iter_rows()
    for number, (segment, direction, gbps) in enumerate(rows, 2):
        place = f"link loads, line {number}"
        if segment not in network.segments:
            problems.append(Problem(place, f"segment {segment} is unknown"))
        if direction not in ("az", "za"):
            problems.append(Problem(place, f"direction is {direction}, must be az or za"))
        if gbps is None or not 0 <= gbps < 1e9:
            problems.append(Problem(place, f"gbps is {gbps}, must be at least 0"))
        elif (segment, direction) in found:
            problems.append(Problem(place, f"{segment} {direction} is given a second time"))
        else:
            found[segment, direction] = gbps
    if not found and not problems:
        problems.append(Problem("link loads", "the table is empty"))
    if problems:
        raise PlanError(
            f"{len(problems)} link loads can't be used",
            problems,
            "Fix the table of link loads, then try again.",
        )
    return found


def _gravity(
    network: Network, measured: Mapping[Hop, float], series: list[tuple[str, str]]
) -> FloatArray:
    """Size of the start times size of the end, by what leaves and enters each node over its
    measured links.
    """
    leaves: dict[str, float] = {}
    enters: dict[str, float] = {}
    for (segment, way), gbps in measured.items():
        line = network.segments[segment]
        start, end = (line.a_node, line.z_node) if way == "az" else (line.z_node, line.a_node)
        leaves[start] = leaves.get(start, 0.0) + gbps
        enters[end] = enters.get(end, 0.0) + gbps
    found = []
    for name, way in series:
        route = network.routes[name]
        start, end = (route.a_node, route.z_node) if way == "out" else (route.z_node, route.a_node)
        found.append(leaves.get(start, 0.0) * enters.get(end, 0.0))
    values = np.array(found)
    return values / values.max() if values.any() else np.ones(len(found))


def _stated(prior: pl.DataFrame, column_of: Mapping[tuple[str, str], int]) -> FloatArray:
    values = np.zeros(len(column_of))
    problems = []
    for route, direction, gbps in prior.select("route_id", "direction", "gbps").iter_rows():
        if (route, direction) not in column_of:
            problems.append(Problem("prior", f"{route} {direction} is no route of this network"))
        elif not gbps >= 0:
            problems.append(Problem("prior", f"{route} {direction} is {gbps}, must be at least 0"))
        else:
            values[column_of[route, direction]] = gbps
    if problems:
        raise PlanError(
            f"{len(problems)} rows of the prior can't be used",
            problems,
            "Fix the prior, then try again.",
        )
    return values


def _fit(
    routing: FloatArray, loads: FloatArray, guess: FloatArray, prior_error_ratio: float
) -> FloatArray:
    """Least squares with both errors in their own units. A prior is as wrong as it is large, or as
    a fifth of the least loaded link on its way, where that is more.
    """
    typical = float(loads.mean()) or 1.0
    link_sd = LINK_ERROR_RATIO * np.maximum(loads, 0.01 * typical)
    least = np.where(routing > 0, loads[:, None], np.inf).min(axis=0)
    prior_sd = prior_error_ratio * np.maximum(
        guess, np.where(np.isfinite(least), 0.2 * least, 0.0) + 1e-6 * typical
    )
    # In units of the prior's error the problem is well scaled; a prior error of 1 is one row of
    # the identity.
    matrix = np.vstack([routing * prior_sd[None, :] / link_sd[:, None], np.eye(len(guess))])
    target = np.concatenate([(loads - routing @ guess) / link_sd, np.zeros(len(guess))])
    found = lsq_linear(matrix, target, bounds=(-guess / prior_sd - 1e-12, np.inf), tol=1e-12)
    return np.asarray(np.maximum(guess + prior_sd * found.x, 0.0))


def _identified(routing: FloatArray) -> Mask:
    """True for each column that the rows alone determine: its unit vector lies in their span."""
    _, values, right = np.linalg.svd(routing, full_matrices=False)
    basis = right[values > 1e-9 * max(values.max(initial=0.0), 1e-300)]
    return np.asarray((basis**2).sum(axis=0) > 1 - 1e-8)


def _warnings(
    series: list[tuple[str, str]],
    seen: Mask,
    alone: Mask,
    loads: FloatArray,
    fitted: FloatArray,
    carried: set[int],
    links: list[Hop],
) -> list[str]:
    found = []
    unseen = [f"{name} {way}" for column, (name, way) in enumerate(series) if not seen[column]]
    vague = [
        f"{name} {way}"
        for column, (name, way) in enumerate(series)
        if seen[column] and not alone[column]
    ]
    if unseen:
        found.append(
            f"{len(unseen)} of {len(series)} route directions cross no measured link: only "
            f"the prior speaks for them ({_some(unseen)})."
        )
    if vague:
        found.append(
            f"{len(vague)} of {len(series)} route directions can't be told apart from "
            f"others by these links: their figures lean on the prior ({_some(vague)})."
        )
    off = [
        f"{segment} {way}"
        for row, (segment, way) in enumerate(links)
        if abs(loads[row] - fitted[row]) > 0.05 * max(loads[row], 0.01 * float(loads.mean() or 1.0))
    ]
    if off:
        found.append(
            f"{len(off)} of {len(links)} links are not explained within 5 %: paths, "
            f"measurements or splits there don't fit together ({_some(off)})."
        )
    lost = [f"{name} {way}" for column, (name, way) in enumerate(series) if column not in carried]
    if lost:
        found.append(
            f"{len(lost)} route directions have no path while these segments are out "
            f"({_some(lost)})."
        )
    return found


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5} more" if len(names) > 5 else "")
