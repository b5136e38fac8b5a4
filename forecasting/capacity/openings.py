"""When new segments open, and what every segment carries and every route loses then.

Each set of builds is routed and loaded once, as if they were there from the start. What a timing
brings is read from those sets draw by draw: at any time a draw is in the set of builds that are
ready on it by then. So any dates are exact, slips of the builds included, at the cost of two to the
number of builds simulations.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.capacity.availability import HOURS_PER_YEAR
from forecasting.capacity.basis import Basis
from forecasting.capacity.readiness import DRAW_KEY
from forecasting.capacity.routing import Routing, build_routing, stream_loads
from forecasting.capacity.runout import AnyFloat
from forecasting.capacity.schedule import Options, Response
from forecasting.series import FloatArray, add_periods
from warehouse.reasons import Note, reason

MOST_BUILDS = 5
"""More would take more than 32 simulations; the latest of them then come as stated."""
TIMINGS = 12
"""About so many opening dates are weighed over the horizon."""
Reduce = Callable[[AnyFloat], FloatArray]


@dataclass(frozen=True)
class Opening:
    """A planned build: projects stated with the same dates are parts of one, ready together on
    every draw.

    `opened` is (timings + 1, H, S): on which draws and when it is there, by option; the first is as
    stated, the last never.
    """

    projects: tuple[str, ...]
    segments: tuple[str, ...]
    committed: bool
    ready_days: FloatArray
    delays_days: tuple[float, ...]
    opened: NDArray[np.bool_]

    @property
    def name(self) -> str:
        return "+".join(self.projects)

    @property
    def never(self) -> int:
        return len(self.delays_days)


def openings(basis: Basis, projects: pl.DataFrame) -> tuple[list[Opening], list[Note]]:
    """Builds on paths of routes that are likely to open within the horizon, the earliest first; a
    note on each that is not weighed.

    What is under construction is committed: it comes as stated.
    """
    timeline = basis.timeline
    used = {segment for segment, _ in basis.loads.links}
    starts = np.array([(start - timeline.today).days for start in timeline.periods], dtype=float)
    horizon = len(starts)
    step = max(round(horizon / TIMINGS), 1)
    moved = [
        (add_periods(timeline.periods[0], number * step, timeline.grain) - timeline.periods[0]).days
        for number in range(horizon // step + 1)
    ]
    found, notes = [], []
    for (_,), members in projects.sort("project_id").group_by(DRAW_KEY, maintain_order=True):
        parts = members.filter(
            pl.col("project_id").is_in(list(basis.versions.ready_days)),
            pl.col("segment_id").is_in(used),
        )
        lines = tuple(
            name
            for name in parts["segment_id"]
            if not basis.network.segments[name].in_service(timeline.today)
        )
        if not lines:
            continue
        days = basis.versions.ready_days[parts["project_id"][0]]
        name = "+".join(parts["project_id"])
        likely = float(np.median(days))
        if likely > starts[-1]:
            notes.append(
                Note(
                    "build_not_weighed",
                    name,
                    reason("note.opens_too_late", last=timeline.last),
                )
            )
            continue
        delays = tuple(float(one) for one in moved if likely + one <= starts[-1])
        ready = np.stack([days + one for one in delays])
        opened = ready[:, None, :] <= starts[None, :, None]
        committed = "under_construction" in parts["status"].to_list()
        never = np.zeros((1, horizon, days.size), dtype=bool)
        found.append(
            Opening(
                tuple(parts["project_id"]),
                lines,
                committed,
                days,
                delays,
                np.concatenate([opened, never]),
            )
        )
    found.sort(key=lambda one: (float(np.median(one.ready_days)), one.name))
    notes += [
        Note("build_not_weighed", one.name, reason("note.too_many_builds", count=MOST_BUILDS))
        for one in found[MOST_BUILDS:]
    ]
    return found[:MOST_BUILDS], notes


@dataclass(frozen=True)
class Sets:
    """Every set of builds, simulated: by segment the builds that change its load, and its worst
    loads by set of them, (sets, directions, H, S); by version of the network and set, the share of
    every series that is lost, weighted by hours.
    """

    openings: tuple[Opening, ...]
    worst: Mapping[str, tuple[tuple[int, ...], AnyFloat]]
    lost: NDArray[np.float64]

    def at(self, segment: str, options: Options) -> AnyFloat:
        """Worst loads of a changed segment, (directions, H, S), with these options of all
        builds.
        """
        builds, loads = self.worst[segment]
        return _pick(loads, self._opened(builds, tuple(options[build] for build in builds)))

    def _opened(self, builds: tuple[int, ...], options: Options) -> NDArray[np.int64]:
        """Which set holds, by period and draw."""
        return np.asarray(
            sum(
                self.openings[build].opened[option].astype(np.int64) << bit
                for bit, (build, option) in enumerate(zip(builds, options, strict=True))
            )
        )

    def response(self, builds: tuple[int, ...], values: AnyFloat, reduce: Reduce) -> Response:
        """How a number made by `reduce` from values by set, period and draw, (sets, ..., H, S),
        depends on the builds.

        `reduce` must not fall where a value rises.
        """
        known: dict[Options, FloatArray] = {}

        def of(options: Options) -> FloatArray:
            if options not in known:
                known[options] = reduce(_pick(values, self._opened(builds, options)))
            return known[options]

        def least(build: int, option: int) -> FloatArray:
            bit = builds.index(build)
            closed, there = (
                values[[number for number in range(len(values)) if number >> bit & 1 == side]].min(
                    axis=0
                )
                for side in (0, 1)
            )
            return reduce(np.where(self.openings[build].opened[option], there, closed))

        return Response(builds, of, least, reduce(values.max(axis=0)))


def _pick(values: AnyFloat, which: NDArray[np.int64]) -> AnyFloat:
    index = which.reshape((1,) * (values.ndim - which.ndim) + which.shape)
    return np.asarray(
        np.take_along_axis(values, np.broadcast_to(index, (1, *values.shape[1:])), axis=0)[0]
    )


def simulate(
    basis: Basis, builds: list[Opening], hours: Mapping[str, float], workers: int = 2
) -> Sets:
    """Every set of builds, all else as in the basis. `hours` a year of each failure weigh what is
    lost.
    """
    chosen = frozenset(segment for build in builds for segment in build.segments)
    failures = basis.network.failures()
    routings: dict[frozenset[str], Routing] = {}
    lost = np.zeros((1 << len(builds), len(basis.versions.missing), len(basis.series)))
    first: AnyFloat | None = None
    rows: NDArray[np.int64] = np.zeros(0, dtype=np.int64)
    kept: list[tuple[NDArray[np.int64], AnyFloat]] = []
    for number in range(1 << len(builds)):
        closed = frozenset(
            segment
            for bit, build in enumerate(builds)
            if not number >> bit & 1
            for segment in build.segments
        )
        missing = [(one - chosen) | closed for one in basis.versions.missing]
        for one in missing:
            if one not in routings:
                routings[one] = build_routing(
                    basis.network,
                    basis.series,
                    basis.kappa,
                    links=basis.loads.links,
                    missing=one,
                    failures=failures,
                )
        lost[number] = [_lost_ratio(routings[one], hours) for one in missing]
        unique = list(dict.fromkeys(missing))
        version = np.array([unique.index(one) for one in missing], dtype=np.int16)[
            basis.versions.index
        ]
        worst = stream_loads(
            basis.draws_gbps,
            [routings[one] for one in unique],
            version,
            kappa_noise=basis.kappa_noise,
            workers=workers,
        ).worst
        if first is None:
            first = worst
            kept.append((rows, worst[rows]))
        else:
            differs = np.flatnonzero((worst != first).any(axis=(1, 2)))
            kept.append((differs, worst[differs]))
    assert first is not None
    return Sets(tuple(builds), _by_segment(basis, len(builds), first, kept), lost)


def _by_segment(
    basis: Basis, count: int, first: AnyFloat, kept: list[tuple[NDArray[np.int64], AnyFloat]]
) -> dict[str, tuple[tuple[int, ...], AnyFloat]]:
    """The segments whose load differs between any two sets, with the loads of the sets of just the
    builds that change it.
    """

    def of(number: int, row: int) -> AnyFloat:
        rows, worst = kept[number]
        at = np.flatnonzero(rows == row)
        return np.asarray(worst[at[0]] if at.size else first[row])

    links = basis.loads.links
    touched = sorted({links[row][0] for rows, _ in kept for row in rows})
    found = {}
    for segment in touched:
        mine = [row for row, (name, _) in enumerate(links) if name == segment]
        builds = tuple(
            bit
            for bit in range(count)
            if any(
                not np.array_equal(of(number, row), of(number ^ 1 << bit, row))
                for number in range(1 << count)
                for row in mine
            )
        )
        sets = [
            sum(1 << build for bit, build in enumerate(builds) if number >> bit & 1)
            for number in range(1 << len(builds))
        ]
        found[segment] = (
            builds,
            np.stack([np.stack([of(number, row) for row in mine]) for number in sets]),
        )
    return found


def _lost_ratio(routing: Routing, hours: Mapping[str, float]) -> FloatArray:
    """The share of every series that is lost over a year: what nothing carries ever, and what a
    failure takes while it lasts.
    """
    steady = routing.states[0].lost
    more = [
        (state.lost - steady)
        * sum(hours.get(name, 0.0) for name in (state.failure_id, *state.also))
        / HOURS_PER_YEAR
        for state in routing.states[1:]
    ]
    return np.asarray(np.clip(steady + np.sum(more, axis=0), 0.0, 1.0) if more else steady)
