"""The cheapest way to keep capacity above a rising need, with new segments among the choices, as an
integer program solved by HiGHS.

Bought modules stay and are worth something at the end of the horizon; leases once taken run to it
and leave nothing. Each costs what it costs in the period it starts, less what is left of it at the
end, discounted to today. Nothing can start before its lead time is over: what is needed earlier, or
beyond the room of a line that can't be replaced, is short.

A build opens in one of its options (or never); what every line needs depends on which builds open
when. That is exact where one build touches a line. Where several do, the program starts from what
is needed at least and the need of each choice it arrives at is added, until the choice it arrives
at is needed no more than it was given: then nothing cheaper is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import numpy as np

from forecasting.capacity.schedule import (
    Build,
    Line,
    Options,
    Response,
    Schedule,
    Solution,
    check_offers,
)
from forecasting.series import FloatArray
from warehouse.errors import PlanError, Problem

Demand = Callable[[FloatArray], list[tuple[dict[int, float], float]]]
"""From the numbers of a response: rows of the program (column: factor) and what each must come to
at least.
"""
MOST_ROUNDS = 60


def solve(
    lines: Sequence[Line],
    builds: Sequence[Build] = (),
    charges: Sequence[Response] = (),
    *,
    budget_usd: float | None = None,
    seconds: float = 30.0,
    gap: float = 1e-4,
    short_gap: float = 0.015,
) -> Solution:
    """The cheapest builds and orders: every line covered as far as it can be, plus `charges` that
    depend on the builds (USD, none negative).

    With a budget the prices of all that starts keep to it; then as little as can be is short, in
    Gbit/s x periods, at the least cost. `gap` is how far above the least cost the answer may be,
    `short_gap` how far above the least shortage.
    """
    for line in lines:
        check_offers(line.offers)
    if not lines and not builds:
        return Solution((), (), float(sum(charge.of(()).item() for charge in charges)), 0.0)
    if budget_usd is None and len(lines) > 1:
        # Without a budget only builds join lines, so what none of them touches is a program of
        # its own.
        joined = [line for line in lines if line.need.builds]
        first = (
            solve(joined, builds, charges, seconds=seconds, gap=gap)
            if len(joined) < len(lines)
            else None
        )
        if first is not None:
            found = iter(first.schedules)
            rest = {
                id(line): solve([line], seconds=seconds, gap=gap)
                for line in lines
                if not line.need.builds
            }
            schedules = tuple(
                next(found) if line.need.builds else rest[id(line)].schedules[0] for line in lines
            )
            return replace(
                first,
                schedules=schedules,
                proven=first.proven and all(one.proven for one in rest.values()),
            )
    model = _Model(lines, builds, charges, budget_usd)
    for _ in range(MOST_ROUNDS):
        values, proven = model.solve(seconds, gap, short_gap)
        options = model.options(values)
        if not model.add_missing_constraints(options):
            break
    else:
        proven = False
    return model.read(values, options, proven)


class _Model:
    """The integer program, which grows by the choices it has arrived at.

    Columns: the options of every build; for each line its starts, its system, and what is short;
    one for each charge.
    """

    def __init__(
        self,
        lines: Sequence[Line],
        builds: Sequence[Build],
        charges: Sequence[Response],
        budget: float | None,
    ) -> None:
        self.lines, self.builds, self.charges, self.budget = lines, builds, charges, budget
        self.cost: list[float] = []
        self.short: list[float] = []
        self.paid: list[float] = []
        self.upper: list[float] = []
        self.whole: list[int] = []
        self.rows: list[tuple[dict[int, float], float, float]] = []
        self.stated: set[tuple[str, int, Options]] = set()
        self.demands: dict[tuple[str, int], tuple[Response, Demand]] = {}
        self.option_at = [
            self._add(build.net_usd, build.price_usd, np.array(build.allowed, dtype=float))
            for build in builds
        ]
        for start, build in zip(self.option_at, builds, strict=True):
            self.rows.append(
                ({start + number: 1.0 for number in range(len(build.allowed))}, 1.0, 1.0)
            )
        self.reach = [_reachable(line) for line in lines]
        self.times = [
            _times(line, reach, builds) for line, reach in zip(lines, self.reach, strict=True)
        ]
        self.line_at = [self._add_line(number) for number in range(len(lines))]
        self.charge_at = []
        for number, charge in enumerate(charges):
            at = self._add(np.ones(1), np.zeros(1), np.full(1, np.inf), whole=False)
            self.charge_at.append(at)
            self._require(("charge", number), charge, _charged(at))

    def _add(
        self,
        cost: FloatArray,
        paid: FloatArray,
        upper: FloatArray,
        *,
        whole: bool = True,
        short: FloatArray | None = None,
    ) -> int:
        start = len(self.cost)
        self.cost += np.asarray(cost, dtype=float).tolist()
        self.paid += np.broadcast_to(paid, np.shape(cost)).tolist()
        self.upper += np.asarray(upper, dtype=float).tolist()
        self.whole += [int(whole)] * len(cost)
        self.short += [0.0] * len(cost) if short is None else short.tolist()
        return start

    def _add_line(self, number: int) -> int:
        line, times = self.lines[number], self.times[number]
        slots, horizon = len(times), len(line.need.most)
        most = float(line.need.most.max(initial=0.0)) + sum(
            offer.module_gbps for offer in line.offers
        )
        start = len(self.cost)
        for offer in line.offers:
            most_of_it = np.where(
                np.array(times) >= offer.first_period, np.ceil(most / offer.module_gbps), 0.0
            )
            self._add(offer.net_usd[times], offer.paid_usd[times], most_of_it)
        system = line.system
        if system is None:
            self._add(np.zeros(slots), np.zeros(slots), np.zeros(slots))
        else:
            self._add(
                system.net_usd[times],
                np.broadcast_to(system.paid_usd, horizon)[times],
                (np.array(times) >= system.first_period).astype(float),
            )
        lasting = np.diff([*times, horizon]).astype(float)
        self._add(
            np.zeros(slots), np.zeros(slots), np.full(slots, np.inf), whole=False, short=lasting
        )
        count = len(line.offers)
        if np.isfinite(line.room_gbps):
            for slot in range(slots):
                fit = {
                    start + one * slots + at: offer.module_gbps
                    for one, offer in enumerate(line.offers)
                    for at in range(slot + 1)
                }
                fit |= {start + count * slots + at: -most for at in range(slot + 1)}
                self.rows.append((fit, -np.inf, max(line.room_gbps, 0.0)))
        stops = [*times[1:], horizon]

        def covered(values: FloatArray) -> list[tuple[dict[int, float], float]]:
            capped = np.minimum(values, self.reach[number])
            found = []
            for slot, (at, stop) in enumerate(zip(times, stops, strict=True)):
                have = {
                    start + one * slots + before: offer.module_gbps
                    for one, offer in enumerate(line.offers)
                    for before in range(slot + 1)
                }
                # The need that counts in a slot is the highest until the next one.
                found.append(
                    (
                        {**have, start + (count + 1) * slots + slot: 1.0},
                        float(capped[at:stop].max()),
                    )
                )
            return found

        self._require(("line", number), line.need, covered)
        return start

    def _require(self, name: tuple[str, int], response: Response, demand: Demand) -> None:
        """At least what every option of every build it depends on leaves to be covered; the rest is
        for `cut`.
        """
        if not response.builds:
            self.rows += [(row, needed, np.inf) for row, needed in demand(response.of(()))]
            return
        single = len(response.builds) == 1
        for build in response.builds:
            at = self.option_at[build]
            options = range(len(self.builds[build].allowed))
            rows = [
                demand(response.of((option,)) if single else response.least(build, option))
                for option in options
            ]
            for slot, (row, _) in enumerate(rows[0]):
                needs = {at + option: -rows[option][slot][1] for option in options}
                self.rows.append(({**row, **needs}, 0.0, np.inf))
        if not single:
            self.demands[name] = (response, demand)

    def add_missing_constraints(self, options: Options) -> bool:
        """Whether anything that several builds touch was not stated for this choice yet; it is
        then.
        """
        new = False
        for name, (response, demand) in self.demands.items():
            chosen = tuple(options[build] for build in response.builds)
            if (*name, chosen) in self.stated:
                continue
            self.stated.add((*name, chosen))
            new = True
            for row, needed in demand(response.of(chosen)):
                if needed > 0:
                    # Holds in this choice; with any of its builds in another option, it says no
                    # more than that nothing is negative.
                    picked = {
                        self.option_at[build] + options[build]: -needed for build in response.builds
                    }
                    self.rows.append(
                        ({**row, **picked}, needed * (1 - len(response.builds)), np.inf)
                    )
        return new

    def solve(self, seconds: float, gap: float, short_gap: float) -> tuple[FloatArray, bool]:
        """The cheapest values with nothing short; else with as little short as can be. Whether that
        is proven.
        """
        if self.budget is None:
            covered = self._milp(
                self.cost, [], seconds, gap, np.where(np.array(self.short) > 0, 0.0, self.upper)
            )
            if covered is not None:
                return covered
        limits: list[tuple[dict[int, float], float, float]] = []
        if self.budget is not None:
            limits.append(
                ({at: price for at, price in enumerate(self.paid) if price}, -np.inf, self.budget)
            )
        fewest = self._milp(self.short, limits, seconds, short_gap, self.upper)
        if fewest is not None:
            total = float(np.dot(self.short, fewest[0])) * (1 + short_gap / 4)
            limits.append(
                (
                    {at: weight for at, weight in enumerate(self.short) if weight},
                    -np.inf,
                    total + 1e-6 * (1 + total),
                )
            )
            solved = self._milp(self.cost, limits, seconds, max(gap, short_gap / 20), self.upper)
            return (
                (solved[0], solved[1] and fewest[1]) if solved is not None else (fewest[0], False)
            )
        raise PlanError(
            "the cheapest schedule could not be found",
            [Problem("solver", "ran out of time before it found one")],
        )

    def _milp(
        self,
        cost: list[float],
        limits: list[tuple[dict[int, float], float, float]],
        seconds: float,
        gap: float,
        upper: Any,
    ) -> tuple[FloatArray, bool] | None:
        from scipy.optimize import (
            Bounds,
            LinearConstraint,
            milp,
        )  # slow to import, and a what-if needs none of it
        from scipy.sparse import csr_matrix

        rows = [*self.rows, *limits]
        places = [
            (number, at, value)
            for number, (row, _, _) in enumerate(rows)
            for at, value in row.items()
        ]
        index, column, value = zip(*places, strict=True) if places else ((), (), ())
        matrix = csr_matrix((value, (index, column)), shape=(len(rows), len(self.cost)))
        rules = (
            [LinearConstraint(matrix, [low for _, low, _ in rows], [high for _, _, high in rows])]
            if rows
            else []
        )
        solved = milp(
            np.array(cost),
            constraints=rules,
            integrality=np.array(self.whole),
            bounds=Bounds(0, np.array(upper)),
            options={"time_limit": seconds, "mip_rel_gap": gap},
        )
        return None if solved.x is None else (np.asarray(solved.x), solved.status == 0)

    def options(self, values: FloatArray) -> Options:
        return tuple(
            int(np.argmax(values[at : at + len(build.allowed)]))
            for at, build in zip(self.option_at, self.builds, strict=True)
        )

    def read(self, values: FloatArray, options: Options, proven: bool) -> Solution:
        schedules = [self._schedule(number, values, options) for number in range(len(self.lines))]
        charged = float(sum(charge.at(options).item() for charge in self.charges))
        built = float(
            sum(build.net_usd[option] for build, option in zip(self.builds, options, strict=True))
        )
        return Solution(options, tuple(schedules), charged, built, proven)

    def _schedule(self, number: int, values: FloatArray, options: Options) -> Schedule:
        line, times = self.lines[number], self.times[number]
        count, slots, horizon = len(line.offers), len(times), len(line.need.most)
        start = self.line_at[number]
        chosen = np.round(values[start : start + (count + 1) * slots]).reshape(count + 1, slots)
        starts = np.zeros((count, horizon))
        starts[:, times] = chosen[:count]
        systems = np.flatnonzero(chosen[count] > 0)
        have = (
            np.cumsum(np.array([offer.module_gbps for offer in line.offers]) @ starts)
            if count
            else np.zeros(horizon)
        )
        paid = float(sum(offer.net_usd @ starts[one] for one, offer in enumerate(line.offers)))
        at = times[int(systems[0])] if systems.size else None
        if line.system is not None and at is not None:
            paid += float(np.broadcast_to(line.system.net_usd, horizon)[at])
        need = np.maximum.accumulate(np.maximum(line.need.at(options), 0.0))
        return Schedule(starts, at, np.maximum(need - have, 0.0), paid)


def _charged(column: int) -> Demand:
    return lambda values: [({column: 1.0}, float(values[0]))]


def _times(line: Line, reach: FloatArray, builds: Sequence[Build]) -> list[int]:
    """The periods in which anything may start.

    Starting later never costs more than starting early unless prices rise, so only periods in which
    the need grows, or in which something becomes possible, can be starts; rising prices make the
    first possible period one, too.
    """
    horizon = len(line.need.most)
    if not line.offers or line.need.most.max(initial=0.0) <= 0:
        return [0]
    if len(line.need.builds) > 1:
        return list(range(horizon))
    needs = (
        [line.need.of(())]
        if not line.need.builds
        else [line.need.of((option,)) for option in range(len(builds[line.need.builds[0]].allowed))]
    )
    grown: set[int] = set()
    for need in needs:
        rising = np.maximum.accumulate(np.minimum(np.maximum(need, 0.0), reach))
        grown |= set(np.flatnonzero(np.diff(rising, prepend=0.0) > 1e-9).tolist())
    first = [offer.first_period for offer in line.offers] + (
        [line.system.first_period] if line.system else []
    )
    return sorted({t for t in (*grown, *first) if 0 <= t < horizon}) or [0]


def _reachable(line: Line) -> FloatArray:
    """Gbit/s that orders can bring by each period at most: nothing before the first can be ready,
    and what fits.
    """
    horizon = len(line.need.most)
    found = np.zeros(horizon)
    for period in range(horizon):
        sizes = sorted(
            {offer.module_gbps for offer in line.offers if offer.first_period <= period},
            reverse=True,
        )
        if not sizes:
            continue
        lifted = line.system is not None and line.system.first_period <= period
        most = float(line.need.most.max(initial=0.0)) + sizes[0]
        found[period] = (
            np.inf if lifted or line.room_gbps >= most else _packed(max(line.room_gbps, 0.0), sizes)
        )
    return found


def _packed(room: float, sizes: Sequence[float]) -> float:
    """The most that modules of these sizes, largest first, fill of the room."""
    size, *smaller = sizes
    fits = int(room / size + 1e-9)
    if not smaller:
        return fits * size
    return max(
        count * size + _packed(room - count * size, smaller)
        for count in range(max(fits - 20, 0), fits + 1)
    )
