"""Which planned builds pay, and when: new segments and crossings among the choices of the cheapest
plan.

A build costs its price less what is left of it at the end of the horizon. It saves orders
elsewhere, or brings some; it carries what else is lost in failures; it may earn by traffic of its
own. What is under construction comes as stated, and so does what has no price; beside the cheapest
plan stands the cheapest one without (or with) each build.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.capacity.availability import failure_hours
from forecasting.capacity.basis import Basis
from forecasting.capacity.earnings import Earned, EnteredMarket, earnings, losses
from forecasting.capacity.integer_program import solve
from forecasting.capacity.openings import Opening, Sets, openings, simulate
from forecasting.capacity.schedule import Build, Line, Options, Response, Solution
from forecasting.spec import PlanningPolicy
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import BUILD_CHOICE, check


@dataclass(frozen=True)
class Choices:
    """The builds a plan can choose from, simulated, with what each costs and earns by option.

    `price_usd` is today's, by build and segment; None where an assumption is missing. `charges` are
    what lost traffic costs.
    """

    sets: Sets
    builds: tuple[Build, ...]
    price_usd: tuple[dict[str, float] | None, ...]
    earned: tuple[Earned | None, ...]
    charges: tuple[Response, ...]
    lost_is_known: bool
    assumption_ids: tuple[tuple[str, ...], ...]

    @property
    def openings(self) -> tuple[Opening, ...]:
        return self.sets.openings

    def free(self, build: int) -> bool:
        """Whether it is for the plan to choose."""
        return not self.openings[build].committed and self.price_usd[build] is not None


def choices(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    projects: pl.DataFrame,
    entered: Mapping[tuple[str, str], EnteredMarket],
    workers: int = 2,
) -> tuple[Choices | None, list[Note]]:
    """None where no planned build can open within the horizon. `entered` are the markets that
    projects enter.
    """
    found, notes = openings(basis, projects)
    if not found:
        return None, notes
    hours, _ = failure_hours(basis.network, assumptions)
    sets = simulate(basis, found, hours, workers)
    revenue = assumptions.get("transit_revenue")
    if revenue is None:
        notes.append(
            Note(
                "missing_price",
                "transit_revenue:lost",
                reason("note.no_revenue_builds"),
            )
        )
    builds, prices, earned, ids = [], [], [], []
    for one in found:
        price, rests = _prices(basis, assumptions, one)
        markets = {
            market: entry for (project, market), entry in entered.items() if project in one.projects
        }
        sold = earnings(basis, policy, one, markets) if markets else None
        if sold is None:
            notes.append(
                Note(
                    "build_earns_nothing",
                    one.name,
                    reason("note.no_own_traffic"),
                )
            )
        builds.append(_build(basis, assumptions, policy, one, price, sold))
        prices.append(price)
        earned.append(sold)
        ids.append(
            tuple(
                dict.fromkeys(
                    [
                        *rests,
                        *(sold.assumption_ids if sold else ()),
                        *([revenue.assumption_id] if revenue else []),
                    ]
                )
            )
        )
    charges = losses(basis, policy, sets, revenue) if revenue else []
    return Choices(
        sets,
        tuple(builds),
        tuple(prices),
        tuple(earned),
        tuple(charges),
        revenue is not None,
        tuple(ids),
    ), notes


def _prices(
    basis: Basis, assumptions: Assumptions, one: Opening
) -> tuple[dict[str, float] | None, list[str]]:
    """Today's price of each of its lines, and what that rests on; None where one has no price or
    length.
    """
    found, ids = {}, []
    for segment in one.segments:
        price = assumptions.get(
            "segment_price", f"segment:{segment}", *(f"project:{name}" for name in one.projects)
        )
        length = basis.network.segments[segment].length_km
        if price is None or length is None:
            return None, []
        found[segment] = price.value * length
        ids.append(price.assumption_id)
        life = assumptions.get("service_life", "option:new_segment", f"segment:{segment}")
        ids += [life.assumption_id] if life else []
    return found, ids


def _build(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    one: Opening,
    price: dict[str, float] | None,
    sold: Earned | None,
) -> Build:
    options = len(one.delays_days) + 1
    net, paid = np.zeros(options), np.zeros(options)
    for segment, usd in (price or {}).items():
        life = assumptions.get("service_life", "option:new_segment", f"segment:{segment}")
        for option in range(one.never):
            spent, left = spent_and_left(
                basis, policy, one, option, life.in_months().value / 12 if life else None
            )
            net[option] += usd * (spent - left)
            # What is committed is paid for already.
            paid[option] += 0.0 if one.committed else usd
    if sold is not None:
        net -= np.median(sold.net_usd, axis=1)
    free = not one.committed and price is not None
    return Build(net, paid, tuple(free or option == 0 for option in range(options)))


def spent_and_left(
    basis: Basis, policy: PlanningPolicy, one: Opening, option: int, life_years: float | None
) -> tuple[float, float]:
    """Present value of 1 USD paid on the day it opens, and of what is left of it at the end of the
    horizon, on the mean of the draws.

    Where it opens after the horizon, neither falls into it.
    """
    rate = 1 + policy.discount_rate_ratio
    years = (one.ready_days + one.delays_days[option]) / 365.25
    end = (
        (basis.timeline.last - basis.timeline.today).days + basis.timeline.months(1.0) * 365.25 / 12
    ) / 365.25
    within = years <= end
    ahead = (
        np.zeros(years.size)
        if life_years is None
        else np.maximum(1 - (end - years) / life_years, 0.0)
    )
    return float(np.mean(within * rate**-years)), float(np.mean(within * ahead * rate**-end))


def forced(made: Choices, build: int, *, there: bool, at_best: bool = False) -> list[Build]:
    """The builds with one of them made to open, at the best time if it is for the plan to choose
    and `at_best`, else as stated; or never to.
    """
    never = made.openings[build].never
    options = [never] if not there else range(never) if at_best and made.free(build) else [0]
    allowed = tuple(option in options for option in range(never + 1))
    one = made.builds[build]
    return [
        *made.builds[:build],
        Build(one.net_usd, one.price_usd, allowed),
        *made.builds[build + 1 :],
    ]


def choice_frame(made: Choices, basis: Basis, lines: list[Line], best: Options) -> pl.DataFrame:
    """Rows of BUILD_CHOICE: each build in the cheapest plan with it, as stated where `best` leaves
    it out, beside the cheapest without. `lines` are those that builds touch.
    """
    rows: list[dict[str, Any]] = []
    for number, one in enumerate(made.openings):
        chosen = best[number] != one.never
        both = [
            solve(lines, forced(made, number, there=there, at_best=chosen), made.charges)
            for there in (True, False)
        ]
        rows.append(_row(made, basis, number, chosen, *both))
    dtypes = {name: column.dtype for name, column in BUILD_CHOICE.columns.items()}
    return check(pl.DataFrame(rows, schema=dtypes), BUILD_CHOICE)


def _row(
    made: Choices, basis: Basis, number: int, chosen: bool, there: Solution, without: Solution
) -> dict[str, Any]:
    one, price, sold = made.openings[number], made.price_usd[number], made.earned[number]
    option = there.options[number]
    opens = float(np.median(one.ready_days))
    net = None if price is None else without.total_usd - there.total_usd
    low, likely, high = (
        (None, None, None)
        if sold is None
        else np.quantile(sold.net_usd[option], [0.1, 0.5, 0.9], method="inverted_cdf").tolist()
    )
    build_cost = (
        None
        if price is None
        else float(
            made.builds[number].net_usd[option]
            + (0.0 if sold is None else np.median(sold.net_usd[option]))
        )
    )
    row: dict[str, Any] = {
        "build_id": one.name,
        "segments": ";".join(one.segments),
        "verdict": "committed"
        if one.committed
        else "not_weighed"
        if price is None
        else "build"
        if chosen
        else "never",
        "stated_on": basis.timeline.today + timedelta(days=round(opens)),
        "opens_on": basis.timeline.today + timedelta(days=round(opens + one.delays_days[option]))
        if chosen
        else None,
        "price_usd": None if price is None else sum(price.values()),
        "build_cost_usd": build_cost,
        "orders_with_usd": there.orders_usd,
        "orders_without_usd": without.orders_usd,
        "lost_with_usd": there.charges_usd if made.lost_is_known else None,
        "lost_without_usd": without.charges_usd if made.lost_is_known else None,
        "earned_low_usd": low,
        "earned_usd": likely,
        "earned_high_usd": high,
        "own_loss_usd": None if sold is None else float(np.median(sold.own_loss_usd[option])),
        "net_usd": net,
        "proven": there.proven and without.proven,
    }
    return {**row, **_reason(row, sold, made, number).columns()}


def _reason(row: dict[str, Any], sold: Earned | None, made: Choices, number: int) -> Reason:
    saved = row["orders_without_usd"] - row["orders_with_usd"]
    if row["verdict"] == "committed":
        first = reason("build.committed")
    elif row["verdict"] == "not_weighed":
        first = reason("build.unpriced")
    elif row["verdict"] == "build":
        first = reason("build.opens", month=row["opens_on"], usd=row["net_usd"])
    else:
        first = reason("build.left_out", month=row["stated_on"], usd=-row["net_usd"])
    parts = [
        reason("build.saves_nothing")
        if abs(saved) < 0.5
        else reason("build.saves" if saved > 0 else "build.brings", usd=abs(saved))
    ]
    if row["lost_with_usd"] is not None:
        kept = row["lost_without_usd"] - row["lost_with_usd"]
        parts.append(
            reason("build.keeps", usd=kept) if kept >= 0.5 else reason("build.keeps_nothing")
        )
    if sold is None:
        parts.append(reason("build.no_market"))
    else:
        parts.append(reason("build.earns", low=row["earned_low_usd"], high=row["earned_high_usd"]))
        if sold.incumbents:
            parts.append(
                reason("build.own_loss", usd=row["own_loss_usd"], segments=list(sold.incumbents))
            )
    if row["build_cost_usd"] is not None:
        parts.append(reason("build.costs", today=row["price_usd"], net=row["build_cost_usd"]))
    if made.assumption_ids[number]:
        parts.append(reason("upgrade.rests_on", assumptions=list(made.assumption_ids[number])))
    return first.followed_by(*parts)
