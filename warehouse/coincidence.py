"""How far peaks coincide: kappa = p95(sum) / sum(p95) of exactly the routes that share a line."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

Combinations = Sequence[Sequence[tuple[str, str]]]
"""Sets of (route_id, direction)."""


def combination_id(members: Sequence[tuple[str, str]]) -> str:
    return "+".join(sorted(f"{route}:{direction}" for route, direction in members))


def segment_combinations(steps: pl.DataFrame) -> list[list[tuple[str, str]]]:
    """The sets of route directions that share a segment direction, each once.

    `steps` are the primary paths: route_id, seq, segment_id, a_node, z_node and the route's own a_node as route_a.
    A route's out traffic follows its path; its in traffic comes back.
    """
    sharing: dict[tuple[str, str], list[tuple[str, str]]] = {}
    place: dict[str, str] = {}
    for step in steps.sort("route_id", "seq").iter_rows(named=True):
        route = step["route_id"]
        here = place.get(route, step["route_a"])
        forward = here == step["a_node"]
        place[route] = step["z_node"] if forward else step["a_node"]
        sharing.setdefault((step["segment_id"], "az"), []).append((route, "out" if forward else "in"))
        sharing.setdefault((step["segment_id"], "za"), []).append((route, "in" if forward else "out"))
    distinct = {combination_id(members): sorted(set(members)) for members in sharing.values()}
    return [distinct[name] for name in sorted(distinct)]


def month_kappas(
    slots: pl.DataFrame, combinations: Combinations, route_keys: Mapping[str, int], month: Mapping[str, Any], min_coverage: float
) -> pl.DataFrame:  # fmt: skip
    """One row per combination measured in the month: combination_id, period_start, kappa, slots.

    `slots` holds route_key, slot_us, in_bps and out_bps. Only slots valid in every member count, and there must be enough of them.
    """
    aligned, columns, minutes = _aligned(slots)
    expected = (month["until_at"] - month["from_at"]).total_seconds() / 60 / minutes
    rows = []
    for members in combinations:
        named = [(route_keys.get(route, -1), direction) for route, direction in members]
        if any(name not in columns for name in named):
            continue
        block = aligned[:, np.array([columns[name] for name in named])]
        valid = block[~np.isnan(block).any(axis=1)]
        if len(valid) < max(1.0, min_coverage * expected):
            continue
        apart = sum(p95(column) for column in valid.T)
        if apart > 0:
            rows.append((combination_id(members), month["period_start"], p95(valid.sum(axis=1)) / apart, len(valid)))
    schema = {"combination_id": pl.String, "period_start": pl.Date, "kappa": pl.Float64, "slots": pl.Int64}
    return pl.DataFrame(rows, schema=schema, orient="row").unique().sort("combination_id")


def p95(values: NDArray[np.float64]) -> float:
    """The billing p95: the value of rank ceil(0.95 n), in integers."""
    rank = (95 * len(values) + 99) // 100 - 1
    return float(np.partition(values, rank)[rank])


def _aligned(slots: pl.DataFrame) -> tuple[NDArray[np.float64], dict[tuple[int, str], int], float]:
    """Slots x (route, direction), NaN where nothing is valid; the column of each; the length of a slot in minutes."""
    times, row = np.unique(slots["slot_us"].to_numpy(), return_inverse=True)
    routes, column = np.unique(slots["route_key"].to_numpy(), return_inverse=True)
    aligned = np.full((len(times), 2 * len(routes)), np.nan)
    aligned[row, 2 * column] = slots["in_bps"].to_numpy()
    aligned[row, 2 * column + 1] = slots["out_bps"].to_numpy()
    columns = {
        (int(key), way): 2 * place + step for place, key in enumerate(routes) for step, way in enumerate(("in", "out"))
    }
    minutes = float(np.min(np.diff(times))) / 6e7 if len(times) > 1 else 5.0
    return aligned, columns, minutes
