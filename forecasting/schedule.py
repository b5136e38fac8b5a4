"""The cheapest way to keep capacity above a rising need, as an integer program solved by HiGHS.

Bought modules stay and are worth something at the end of the horizon; leases once taken run to it and leave nothing. Each
costs what it costs in the period it starts, less what is left of it at the end, discounted to today. Nothing can start before its lead time is over; what is needed earlier is short, as little and as
briefly as can be.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.series import FloatArray
from warehouse.errors import PlanError, Problem


@dataclass(frozen=True)
class Offer:
    """Something that can be ordered: `cost_usd[t]` is the present value of one that starts in period t, `left_usd[t]` that of
    its worth at the end of the horizon."""

    option: str
    module_gbps: float
    cost_usd: FloatArray
    first_period: int
    left_usd: FloatArray | float = 0.0

    @property
    def net_usd(self) -> FloatArray:
        return np.asarray(np.maximum(self.cost_usd - self.left_usd, 0.0))


@dataclass(frozen=True)
class System:
    """A new line system: it lifts the limit of the present one, and must start no later than what runs on it."""

    cost_usd: FloatArray
    first_period: int
    left_usd: FloatArray | float = 0.0

    @property
    def net_usd(self) -> FloatArray:
        return np.asarray(np.maximum(self.cost_usd - self.left_usd, 0.0))


@dataclass(frozen=True)
class Schedule:
    """How many of each offer start in each period, (offers, T); when a new system starts (None: never); Gbit/s short, (T,)."""

    starts: FloatArray
    system_period: int | None
    short_gbps: FloatArray
    cost_usd: float


def cheapest(
    need_gbps: FloatArray,
    offers: Sequence[Offer],
    *,
    room_gbps: float = np.inf,
    system: System | None = None,
    seconds: float = 10.0,
) -> Schedule:
    """The cheapest starts so that what has started covers `need_gbps` (on top of what is lit) in every period.

    `room_gbps` is what fits on the present line system; more needs `system`. Raises PlanError on a module of no size,
    and where the solver finds nothing.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp  # slow to import, and a what-if needs none of it
    from scipy.sparse import csr_matrix

    check_offers(offers)
    need = np.maximum.accumulate(np.maximum(need_gbps, 0.0))
    horizon, count = len(need), len(offers)
    if not count or need[-1] <= 0:
        return Schedule(np.zeros((count, horizon)), None, need, 0.0)
    # Starting later never costs more than starting early unless prices rise, so only periods in which the need grows,
    # or in which something becomes possible, can be starts; rising prices make the first possible period one, too.
    grown = np.flatnonzero(np.diff(need, prepend=0.0) > 1e-9).tolist()
    first = [offer.first_period for offer in offers] + ([system.first_period] if system else [])
    times = sorted({t for t in (*grown, *first) if 0 <= t < horizon})
    slots = len(times)
    lasting = np.diff([*times, horizon]).astype(float)
    cost = np.concatenate([
        *(offer.net_usd[times] for offer in offers),
        system.net_usd[times] if system else np.zeros(slots),
        np.zeros(slots),
    ])  # fmt: skip
    started = np.tril(np.ones((slots, slots)))
    size = (count + 2) * slots
    cover = np.zeros((slots, size))
    fit = np.zeros((slots, size))
    for number, offer in enumerate(offers):
        cover[:, number * slots : (number + 1) * slots] = started * offer.module_gbps
        fit[:, number * slots : (number + 1) * slots] = started * offer.module_gbps
    cover[:, (count + 1) * slots :] = np.eye(slots)
    # The need that counts in a slot is the highest until the next one.
    wanted = np.array([need[stop - 1] for stop in [*times[1:], horizon]])
    most = float(wanted[-1]) + sum(offer.module_gbps for offer in offers)
    rules = [LinearConstraint(csr_matrix(cover), wanted, np.inf)]
    if np.isfinite(room_gbps):
        fit[:, count * slots : (count + 1) * slots] = -started * most
        rules.append(LinearConstraint(csr_matrix(fit), -np.inf, max(room_gbps, 0.0)))
    upper = np.concatenate([
        *(np.where(np.array(times) >= offer.first_period, np.ceil(most / offer.module_gbps), 0.0) for offer in offers),
        np.where(np.array(times) >= system.first_period, 1.0, 0.0) if system else np.zeros(slots),
        np.full(slots, np.inf),
    ])  # fmt: skip
    whole = np.concatenate([np.ones((count + 1) * slots), np.zeros(slots)])
    options = {"time_limit": seconds, "mip_rel_gap": 1e-4}
    covered = upper.copy()
    covered[(count + 1) * slots :] = 0.0
    solved = milp(cost, constraints=rules, integrality=whole, bounds=Bounds(0, covered), options=options)
    if solved.x is None:
        # Something can't be covered: first the least shortage, then the least cost of having no more than that.
        short = np.concatenate([np.zeros((count + 1) * slots), lasting])
        least = milp(short, constraints=rules, integrality=whole, bounds=Bounds(0, upper), options=options)
        if least.x is not None:
            limit = LinearConstraint(short.reshape(1, -1), -np.inf, float(least.fun) + 1e-6)
            solved = milp(
                cost, constraints=[*rules, limit], integrality=whole, bounds=Bounds(0, upper), options=options
            )
    if solved.x is None:
        raise PlanError("the cheapest schedule could not be found", [Problem("solver", str(solved.message))])
    values = np.round(solved.x[: (count + 1) * slots]).reshape(count + 1, slots)
    starts = np.zeros((count, horizon))
    starts[:, times] = values[:count]
    systems = np.flatnonzero(values[count] > 0)
    have = np.cumsum(np.array([offer.module_gbps for offer in offers]) @ starts)
    paid = float(sum(offer.net_usd @ starts[number] for number, offer in enumerate(offers)))
    at = times[int(systems[0])] if systems.size else None
    if system is not None and at is not None:
        paid += float(system.net_usd[at])
    return Schedule(starts, at, np.maximum(need - have, 0.0), paid)


def check_offers(offers: Sequence[Offer]) -> None:
    problems = [
        Problem(f"module of {offer.module_gbps:g} Gbit/s", "its size must be above 0")
        for offer in offers
        if not offer.module_gbps > 0
    ]
    problems += [
        Problem(f"module of {offer.module_gbps:g} Gbit/s", "its price must be a number of at least 0")
        for offer in offers
        if not (np.isfinite(offer.cost_usd).all() and (offer.cost_usd >= 0).all())
    ]
    if problems:
        raise PlanError(f"{len(problems)} modules can't be ordered", problems, "Mend assumptions.csv, then plan again.")


def best_within_budget(
    costs: FloatArray, values: FloatArray, before: Sequence[int | None], budget_usd: float
) -> FloatArray:
    """Which orders to fund (1 or 0) for the highest total value within the budget.

    `before[i]` is the order that must be funded for order i to be of any use. Ties go to the cheaper choice.
    """
    from scipy.optimize import Bounds, LinearConstraint, milp
    from scipy.sparse import csr_matrix

    count = len(costs)
    if count == 0:
        return np.zeros(0)
    rows = [(i, j) for i, j in enumerate(before) if j is not None]
    matrix = np.zeros((len(rows) + 1, count))
    matrix[0] = costs
    for row, (i, j) in enumerate(rows, 1):
        matrix[row, i], matrix[row, j] = 1.0, -1.0
    upper = np.concatenate([[budget_usd], np.zeros(len(rows))])
    scale = max(float(np.max(values)), 1e-12)
    tie = 1e-7 / max(float(np.sum(costs)), 1e-12)
    solved = milp(
        -(values / scale) + tie * costs, constraints=LinearConstraint(csr_matrix(matrix), -np.inf, upper), integrality=np.ones(count),
        bounds=Bounds(0, 1), options={"time_limit": 20.0, "mip_rel_gap": 1e-9},
    )  # fmt: skip
    if solved.x is None:
        raise PlanError("no choice within the budget could be found", [Problem("solver", str(solved.message))])
    return np.asarray(np.round(solved.x))
