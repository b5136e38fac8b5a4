"""How far peaks coincide: kappa = p95(sum) / sum(p95) of exactly the routes that share a line."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import numpy as np
import polars as pl

from warehouse.loading.slot_grid import SlotGrid, p95

Combinations = Sequence[Sequence[tuple[str, str]]]
"""Sets of (route_id, direction)."""


def combination_id(members: Sequence[tuple[str, str]]) -> str:
    return "+".join(sorted(f"{route}:{direction}" for route, direction in members))


def segment_combinations(steps: pl.DataFrame) -> list[list[tuple[str, str]]]:
    """The sets of route directions that share a segment direction, each once.

    `steps` are the primary paths: route_id, seq, segment_id, a_node, z_node and the route's own
    a_node as route_a. A route's out traffic follows its path; its in traffic comes back.
    """
    sharing: dict[tuple[str, str], list[tuple[str, str]]] = {}
    place: dict[str, str] = {}
    for step in steps.sort("route_id", "seq").iter_rows(named=True):
        route = step["route_id"]
        here = place.get(route, step["route_a"])
        forward = here == step["a_node"]
        place[route] = step["z_node"] if forward else step["a_node"]
        sharing.setdefault((step["segment_id"], "az"), []).append(
            (route, "out" if forward else "in")
        )
        sharing.setdefault((step["segment_id"], "za"), []).append(
            (route, "in" if forward else "out")
        )
    distinct = {combination_id(members): sorted(set(members)) for members in sharing.values()}
    return [distinct[name] for name in sorted(distinct)]


def coincidences(
    grid: SlotGrid,
    named: Sequence[tuple[str, Sequence[tuple[int, str]]]],
    *,
    from_at: datetime,
    until_at: datetime,
    min_coverage: float,
) -> list[tuple[str, float, int]]:
    """Name, kappa and slots of each combination of (route_key, direction); only slots valid in all
    members count.
    """
    expected = (until_at - from_at).total_seconds() / 60 / grid.minutes
    whole: dict[tuple[int, str], tuple[int, float]] = {}
    found = []
    for name, members in named:
        columns = [grid.column(*member) for member in members]
        block = [column for column in columns if column is not None]
        if len(block) < len(members):
            continue
        total = np.sum(block, axis=0)
        valid = ~np.isnan(total)
        slots = int(valid.sum())
        if slots < max(1.0, min_coverage * expected):
            continue
        apart = 0.0
        for member, column in zip(members, block, strict=True):
            if member not in whole:
                known = column[~np.isnan(column)]
                whole[member] = (len(known), p95(known))
            count, value = whole[member]
            apart += value if count == slots else p95(column[valid])
        if apart > 0:
            found.append((name, p95(total[valid]) / apart, slots))
    return found
