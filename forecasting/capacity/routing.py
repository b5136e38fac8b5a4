"""Route paths to segment loads, in every failure state, as a stream: no array over all failures is
ever held.

A state's loads are a sparse matrix (segment directions x route directions) times the draws. A
failure changes few rows of it, so only those are computed and folded into the running maximum,
block of draws by block of draws.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy import sparse

from forecasting.series import FloatArray
from warehouse.network.model import Failure, Hop, Network

Float32 = NDArray[np.float32]
Series = tuple[str, str]
"""A route_id and a direction, in or out."""
BLOCK_COLUMNS = 1536
WORTH_SENDING = 4e9
"""Additions from which draws are sent to workers: some seconds of one core's work."""
PART_BYTES = 24 << 20
"""About how much comes back from one part of the draws."""


@dataclass(frozen=True)
class Kappa:
    """Coincidence factors by combination: p95 of a sum over the sum of p95s, with its
    month-to-month spread.
    """

    factors: Mapping[str, tuple[float, float]]

    @classmethod
    def from_frame(cls, coincidence: pl.DataFrame) -> Kappa:
        rows = coincidence.select("combination_id", "kappa", "kappa_sd").iter_rows()
        return cls({name: (kappa, spread) for name, kappa, spread in rows})

    def of(self, members: Sequence[str]) -> tuple[float, float] | None:
        """(kappa, its standard deviation); exactly 1 for one member; None where the combination was
        never measured.
        """
        return (1.0, 0.0) if len(members) < 2 else self.factors.get("+".join(sorted(members)))


@dataclass(frozen=True)
class State:
    """Which rows of the load matrix a failure changes, and to what. For `none`, all rows."""

    failure_id: str
    rows: NDArray[np.int64]
    matrix: sparse.csr_matrix
    kappa: Float32
    kappa_sd: Float32
    unmeasured: NDArray[np.bool_]
    lost: FloatArray
    also: tuple[str, ...] = ()
    """Failures that take out the same lines of any path, and so do the same."""


@dataclass(frozen=True)
class Routing:
    """Every failure state of one version of the network, over the same rows (links) and columns
    (series).
    """

    links: tuple[Hop, ...]
    series: tuple[Series, ...]
    states: tuple[State, ...]


def build_routing(
    network: Network,
    series: Sequence[Series],
    kappa: Kappa,
    *,
    links: Sequence[Hop] = (),
    missing: frozenset[str] = frozenset(),
    failures: Sequence[Failure] = (),
) -> Routing:
    """The load matrices of all failure states while the segments `missing` are not built.

    A failure that takes out only what no path uses changes nothing and is left out; the first of
    several failures with the same effect stands for all of them. State 0 is always `none`.
    """
    rows = tuple(links) or link_list(network)
    used = frozenset(segment for segment, _ in rows)
    rerouter = Rerouter.build(network, rows, series, missing & used)
    whole = {row: rerouter.base.get(row, {}) for row in range(len(rows))}
    states = [_state("none", whole, series, kappa, rerouter.lost(missing & used))]
    named: dict[frozenset[str], list[str]] = {}
    for failure in failures or network.failures():
        named.setdefault((failure.segments | missing) & used, []).append(failure.failure_id)
    for down, (name, *also) in named.items():
        changed, lost = rerouter.changes(down), rerouter.lost(down)
        if down != missing & used and (changed or lost.any()):
            states.append(replace(_state(name, changed, series, kappa, lost), also=tuple(also)))
    return Routing(rows, tuple(series), tuple(states))


def link_list(network: Network) -> tuple[Hop, ...]:
    """Every segment direction that any path of any route uses."""
    found = {hop for route in network.routes.values() for path in route.paths for hop in path.hops}
    found |= {(segment, "za" if way == "az" else "az") for segment, way in found}
    return tuple(sorted(found))


Members = dict[int, dict[int, float]]
"""By row (link), the columns (series) it carries and the share of each."""


@dataclass(frozen=True)
class Rerouter:
    """What every link carries while the segments `missing` are out, and what more failures change
    in that.
    """

    network: Network
    row_of: Mapping[Hop, int]
    columns_of: Mapping[str, tuple[int | None, int | None]]
    size: int
    base: Members
    carriers: Mapping[str, frozenset[str]]
    shares: Mapping[str, Mapping[int, float]]

    @classmethod
    def build(
        cls,
        network: Network,
        links: Sequence[Hop],
        series: Sequence[Series],
        missing: frozenset[str],
    ) -> Rerouter:
        column_of = {one: column for column, one in enumerate(series)}
        columns_of = {
            name: (column_of.get((name, "out")), column_of.get((name, "in")))
            for name in network.routes
        }
        shares = {name: route.carried_by(missing) for name, route in network.routes.items()}
        carriers: dict[str, set[str]] = {}
        for name, route in network.routes.items():
            for rank in shares[name]:
                for segment, _ in route.path(rank).hops:
                    carriers.setdefault(segment, set()).add(name)
        frozen = {segment: frozenset(names) for segment, names in carriers.items()}
        made = cls(
            network,
            {link: row for row, link in enumerate(links)},
            columns_of,
            len(series),
            {},
            frozen,
            shares,
        )
        for name in network.routes:
            made._add(made.base, name, shares[name], 1.0)
        return made

    def changes(self, down: frozenset[str]) -> Members:
        """The rows that differ from the base while `down` (with all that is missing) is out."""
        changed: Members = {}
        for name in sorted(self._moved(down)):
            self._add(changed, name, self.shares[name], -1.0)
            self._add(changed, name, self.network.routes[name].carried_by(down), 1.0)
        found: Members = {}
        for row in sorted(changed):
            total = dict(self.base.get(row, {}))
            for column, share in changed[row].items():
                total[column] = total.get(column, 0.0) + share
            kept = {column: share for column, share in total.items() if share > 1e-12}
            if kept != self.base.get(row, {}):
                found[row] = kept
        return found

    def lost(self, down: frozenset[str]) -> FloatArray:
        """Share of each series that nothing carries."""
        lost = np.zeros(self.size)
        for name in self._moved(down) | {
            name for name, shares in self.shares.items() if not shares
        }:
            share = 1.0 - sum(self.network.routes[name].carried_by(down).values())
            for column in self.columns_of[name]:
                if column is not None:
                    lost[column] = max(share, 0.0) if share > 1e-12 else 0.0
        return lost

    def _moved(self, down: frozenset[str]) -> frozenset[str]:
        return frozenset().union(*(self.carriers.get(segment, frozenset()) for segment in down))

    def _add(self, members: Members, name: str, shares: Mapping[int, float], sign: float) -> None:
        outward, inward = self.columns_of[name]
        for rank, share in shares.items():
            for segment, way in self.network.routes[name].path(rank).hops:
                back = "za" if way == "az" else "az"
                for column, hop in ((outward, (segment, way)), (inward, (segment, back))):
                    if column is not None:
                        row = members.setdefault(self.row_of[hop], {})
                        row[column] = row.get(column, 0.0) + sign * share


def _state(
    failure_id: str,
    members: Mapping[int, Mapping[int, float]],
    series: Sequence[Series],
    kappa: Kappa,
    lost: FloatArray,
) -> State:
    found = [kappa.of([f"{series[c][0]}:{series[c][1]}" for c in row]) for row in members.values()]
    factors = np.array([one or (1.0, 0.0) for one in found], dtype=np.float32).reshape(-1, 2)
    indptr = np.cumsum([0, *(len(row) for row in members.values())])
    columns = np.array([c for row in members.values() for c in sorted(row)], dtype=np.int32)
    shares = np.array([row[c] for row in members.values() for c in sorted(row)], dtype=np.float32)
    matrix = sparse.csr_matrix(
        (shares, columns, indptr), shape=(len(members), len(series)), dtype=np.float32
    )
    rows = np.array(list(members), dtype=np.int64)
    return State(
        failure_id,
        rows,
        matrix,
        factors[:, 0],
        factors[:, 1],
        np.array([one is None for one in found], dtype=bool),
        lost,
    )


@dataclass(frozen=True)
class Loads:
    """Loads of L links over H periods and S draws, each array (L, H, S).

    `worst` is the highest load over all failure states, draw by draw, and `cause` the state that
    brings it: where several bring the same load, the first in the order of Network.failures, so
    that nothing failed goes before any failure, and a segment before a group or crossing it is in.
    """

    links: tuple[Hop, ...]
    failure_ids: tuple[str, ...]
    base: Float32
    worst: Float32
    cause: NDArray[np.int16]


@dataclass(frozen=True)
class Part:
    """Some of the draws (N, S, H), with the version and noise of each: what one worker is sent, in
    the single precision it works in.
    """

    draws_gbps: FloatArray | Float32
    version: NDArray[np.int16]
    kappa_noise: Float32 | None

    def __getstate__(self) -> dict[str, object]:
        return {**vars(self), "draws_gbps": self.draws_gbps.astype(np.float32)}


SendParts = Callable[
    [Callable[[Part], "Loads"], Sequence[Part], Callable[[int, "Loads"], None]], None
]
"""Does each part somewhere, and hands its loads over with the place it has among the parts."""


def load_part(routings: Sequence[Routing], part: Part) -> Loads:
    return stream_loads(
        part.draws_gbps, routings, part.version, kappa_noise=part.kappa_noise, workers=1
    )


def stream_loads(
    draws_gbps: FloatArray | Float32,
    routings: Sequence[Routing],
    version: NDArray[np.int16],
    *,
    kappa_noise: Float32 | None = None,
    workers: int = 2,
    like: Loads | None = None,
    rows: NDArray[np.bool_] | None = None,
    changed: NDArray[np.bool_] | None = None,
    send_parts: SendParts | None = None,
) -> Loads:
    """Loads without failure and at their worst, from draws (N, S, H).

    `version` (S, H) says which routing holds for a draw and period (a planned segment is ready
    earlier on some draws). `kappa_noise` (S, H) holds standard normal deviations of the coincidence
    factors, shared by all combinations. With `like`, loads over the same links, only the links
    `rows` (L,) are made again, in the draws and periods `changed` (S, H).

    `send_parts` may have parts of the draws done by other processes, where that is worth it;
    without it `workers` threads share the work. Numbers are the same to the bit.
    """
    _, size, horizon = draws_gbps.shape
    links = routings[0].links
    failure_ids = tuple(
        dict.fromkeys(state.failure_id for routing in routings for state in routing.states)
    )
    index_of = {name: index for index, name in enumerate(failure_ids)}
    if like is None:
        base = np.zeros((len(links), horizon, size), dtype=np.float32)
        worst = np.zeros_like(base)
        cause = np.zeros(base.shape, dtype=np.int16)
    else:
        # A state that only the other loads know stands where all is made again.
        place = np.array([index_of.get(name, 0) for name in like.failure_ids], dtype=np.int16)
        base, worst, cause = like.base.copy(), like.worst.copy(), place[like.cause]
    chosen_rows = np.arange(len(links)) if rows is None else np.flatnonzero(rows)
    narrowed = routings if rows is None else [_only(routing, rows) for routing in routings]
    width = max(1, BLOCK_COLUMNS // horizon)
    if (
        send_parts is not None
        and like is None
        and additions(routings, size * horizon) >= WORTH_SENDING
    ):
        # Whole blocks, so that every block is the one it would be here.
        several = width * max(1, PART_BYTES // (width * len(links) * horizon * 10))
        cuts = [slice(start, start + several) for start in range(0, size, several)]
        parts = [
            Part(
                draws_gbps[:, cut], version[cut], None if kappa_noise is None else kappa_noise[cut]
            )
            for cut in cuts
        ]

        def keep(place: int, made: Loads) -> None:
            cut = cuts[place]
            base[:, :, cut], worst[:, :, cut], cause[:, :, cut] = made.base, made.worst, made.cause

        send_parts(partial(load_part, tuple(routings)), parts, keep)
        return Loads(links, failure_ids, base, worst, cause)

    def fill(start: int) -> None:
        block = slice(start, min(start + width, size))
        draws = draws_gbps[:, block, :].transpose(0, 2, 1).astype(np.float32)
        versions = version[block].T
        noise = None if kappa_noise is None else kappa_noise[block].T
        for number, routing in enumerate(narrowed):
            chosen = (
                versions == number if changed is None else (versions == number) & changed[block].T
            )
            if chosen.any():
                columns = np.ascontiguousarray(draws[:, chosen])
                top, causes, steady = _block(
                    columns, routing, None if noise is None else noise[chosen], index_of
                )
                # Writing through a boolean mask keeps the order in which `columns` were taken.
                for target, values in ((base, steady), (worst, top), (cause, causes)):
                    if rows is None:
                        target[:, :, block][:, chosen] = values
                    else:
                        for row, mine in zip(chosen_rows, values, strict=True):
                            target[row, :, block][chosen] = mine

    with ThreadPoolExecutor(max_workers=workers) as pool:
        list(pool.map(fill, range(0, size, width)))
    return Loads(links, failure_ids, base, worst, cause)


def additions(routings: Sequence[Routing], cells: int) -> float:
    """About how many products are added up for so many draws and periods."""
    return float(
        max(sum(state.matrix.nnz for state in routing.states) for routing in routings) * cells
    )


def _only(routing: Routing, rows: NDArray[np.bool_]) -> Routing:
    """The routing of just these links, numbered again; states that change none of them are left
    out.
    """
    number = np.cumsum(rows) - 1
    states = []
    for state in routing.states:
        kept = np.flatnonzero(rows[state.rows])
        if kept.size or state.failure_id == "none":
            states.append(
                replace(
                    state,
                    rows=number[state.rows[kept]],
                    matrix=state.matrix[kept],
                    kappa=state.kappa[kept],
                    kappa_sd=state.kappa_sd[kept],
                    unmeasured=state.unmeasured[kept],
                )
            )
    return Routing(
        tuple(link for link, mine in zip(routing.links, rows, strict=True) if mine),
        routing.series,
        tuple(states),
    )


def state_loads(columns: Float32, state: State, noise: Float32 | None) -> Float32:
    """Loads (rows of the state x columns) with each row's coincidence factor."""
    loads = np.asarray(state.matrix @ columns)
    if noise is None or not state.kappa_sd.any():
        loads *= state.kappa[:, None]
    else:
        loads *= np.maximum(state.kappa[:, None] + state.kappa_sd[:, None] * noise[None, :], 0)
    return loads


def _block(
    columns: Float32, routing: Routing, noise: Float32 | None, index_of: Mapping[str, int]
) -> tuple[Float32, NDArray[np.int16], Float32]:
    steady = state_loads(columns, routing.states[0], noise)
    top = steady.copy()
    causes = np.zeros(top.shape, dtype=np.int16)
    for state in routing.states[1:]:
        loads = state_loads(columns, state, noise)
        held = top[state.rows]
        higher = loads > held
        if higher.any():
            top[state.rows] = np.maximum(loads, held)
            causes[state.rows] = np.where(
                higher, np.int16(index_of[state.failure_id]), causes[state.rows]
            )
    return top, causes, steady
