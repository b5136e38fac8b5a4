"""What of a plan's loads still holds in a story: the links, draws and periods that it does not
touch.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from forecasting.capacity.readiness import Versions
from forecasting.capacity.routing import Routing, Series
from forecasting.series import FloatArray

Signature = list[tuple[object, ...]]


@dataclass(frozen=True)
class Touched:
    """The links (L,) whose load may differ anywhere, and the draws and periods (S, H) in which one
    of them may.
    """

    links: NDArray[np.bool_]
    cells: NDArray[np.bool_]


def touched(
    routings: tuple[Routing, ...],
    versions: Versions,
    draws_gbps: FloatArray,
    series: tuple[Series, ...],
    before: tuple[Routing, ...],
    versions_before: Versions,
    draws_before: FloatArray,
    series_before: tuple[Series, ...],
) -> Touched | None:
    """None where the two are not of the same links, series, draws and periods, and nothing can be
    said.
    """
    if (
        routings[0].links != before[0].links
        or series != series_before
        or draws_gbps.shape != draws_before.shape
    ):
        return None
    count = len(routings[0].links)
    differs = np.array(
        [
            not np.array_equal(mine, theirs)
            for mine, theirs in zip(draws_gbps, draws_before, strict=True)
        ]
    )
    cells = np.zeros(versions.index.shape, dtype=bool)
    for mine, theirs in zip(draws_gbps[differs], draws_before[differs], strict=True):
        cells |= mine != theirs
    links = np.zeros(count, dtype=bool)
    signatures: dict[int, list[Signature]] = {}

    def of(routing: Routing) -> list[Signature]:
        if id(routing) not in signatures:
            signatures[id(routing)] = _signatures(routing)
        return signatures[id(routing)]

    pairs = versions_before.index.astype(np.int64) * len(routings) + versions.index
    for pair in np.unique(pairs).tolist():
        old, new = before[pair // len(routings)], routings[pair % len(routings)]
        if old is not new:
            other = np.array(
                [mine != theirs for mine, theirs in zip(of(old), of(new), strict=True)]
            )
            if other.any():
                links |= other
                cells |= pairs == pair
        if differs.any():
            for state in new.states:
                moved = np.asarray(abs(state.matrix) @ differs.astype(np.float32) > 0)
                links[state.rows[moved]] = True
    return Touched(links, cells)


def _signatures(routing: Routing) -> list[Signature]:
    """By link, everything that makes its load: in each state that changes it, which series, what
    share of them, and how they coincide.
    """
    found: list[Signature] = [[] for _ in routing.links]
    for state in routing.states:
        matrix, starts = state.matrix, state.matrix.indptr.tolist()
        factors = zip(state.kappa.tolist(), state.kappa_sd.tolist(), strict=True)
        for number, (row, factor) in enumerate(zip(state.rows.tolist(), factors, strict=True)):
            part = slice(starts[number], starts[number + 1])
            found[row].append(
                (
                    state.failure_id,
                    matrix.indices[part].tobytes(),
                    matrix.data[part].tobytes(),
                    *factor,
                )
            )
    return found
