"""The upgrade schedule: the cheapest mix of modules and leases per segment, why, and what a budget buys of it first."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumption, Assumptions
from forecasting.basis import Basis
from forecasting.capacity import first_passage
from forecasting.money import bought_later, worth_at_end
from forecasting.schedule import Offer, Schedule, System, best_within_budget, cheapest
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy
from warehouse.schema import UPGRADE, check

Note = tuple[str, str, str]


@dataclass(frozen=True)
class Market:
    """What can be ordered for a segment, and how what is bought is named."""

    offers: tuple[Offer, ...]
    system: System | None
    room_gbps: float
    today_usd: tuple[float, ...]
    assumption_ids: tuple[str, ...]


def upgrade_frame(
    basis: Basis, assumptions: Assumptions, policy: PlanningPolicy, *, budget_usd: float | None = None, only: frozenset[str] | None = None
) -> tuple[pl.DataFrame, list[Note]]:  # fmt: skip
    """Rows of UPGRADE and notes, of the segments `only` where they are named. Segments that need nothing have no row; without any price there is no row at all."""
    rows: list[dict[str, Any]] = []
    notes: list[Note] = []
    links = basis.loads.links
    for segment in sorted({name for name, _ in links if only is None or name in only}):
        indexes = [index for index, (name, _) in enumerate(links) if name == segment]
        lit = basis.lit_gbps[indexes[0]]
        if not np.isfinite(lit).all():
            continue
        worst = basis.loads.worst[indexes]
        rank = min(max(math.ceil((1 - policy.risk_alpha_ratio) * worst.shape[2] - 1e-9), 1), worst.shape[2]) - 1
        sized = np.partition(worst, rank, axis=2)[:, :, rank].max(axis=0).astype(float)
        need = sized / policy.threshold_ratio - lit
        if need.max() <= 0:
            continue
        market, missing = _market(basis, segment, lit, assumptions, policy)
        notes += missing
        if not market.offers:
            continue
        plan = cheapest(need, market.offers, room_gbps=market.room_gbps, system=market.system)
        rows += _rows(basis, segment, indexes, lit, market, plan, policy)
        if plan.short_gbps.max() > 1e-6:
            period = int(np.flatnonzero(plan.short_gbps > 1e-6)[-1])
            notes.append(("short_until", segment, f"nothing on offer can be ready in time: up to {plan.short_gbps.max():.3g} Gbit/s short until {basis.timeline.periods[period]:%Y-%m}"))  # fmt: skip
    if not rows:
        return UPGRADE.empty(), notes
    return _funded(rows, budget_usd), notes


def _years(basis: Basis) -> FloatArray:
    """Years from today to the start of each period, none negative."""
    now = basis.timeline.now
    return np.array(
        [max(basis.timeline.months(period + 1 - now), 0.0) / 12 for period in range(len(basis.timeline.periods))]
    )


def _first(basis: Basis, lead: Assumption | None) -> int:
    """The first period that something ordered today can be ready for."""
    if lead is None:
        return 0
    ready = basis.timeline.now + float(basis.timeline.lead_times(lead.fixed(lead.value)).mean())
    return max(math.ceil(ready - 1 - 1e-9), 0)


def _market(
    basis: Basis, segment: str, lit: FloatArray, assumptions: Assumptions, policy: PlanningPolicy
) -> tuple[Market, list[Note]]:
    years, rate = _years(basis), policy.discount_rate_ratio
    months = basis.timeline.months(1.0)
    end = float(years[-1]) + months / 12
    notes: list[Note] = []
    offers, today, ids = [], [], []
    place = f"segment:{segment}"
    design = basis.design_gbps.get(segment)
    wave = assumptions.get("lead_time", place, *(["option:new_wave"] if design is not None else []))
    if wave is None:
        notes.append(
            (
                "missing_lead_time",
                segment,
                "no assumption named lead_time covers it, so its orders are taken to be ready at once",
            )
        )
    for price in assumptions.named("module_price"):
        if not price.scope.startswith("module:"):
            continue
        size = float(price.scope.partition(":")[2])
        erosion = assumptions.get("price_erosion", price.scope)
        falls = erosion.value if erosion else 0.0
        life = assumptions.get("service_life", price.scope, place)
        left = worth_at_end(price.value, rate, falls, years, end, life.in_months().value / 12) if life else 0.0
        cost = bought_later(price.value, rate, falls, years)
        offers.append(Offer("new_wave", size, np.asarray(cost), _first(basis, wave), left))
        today.append(price.value)
        ids += [
            price.assumption_id,
            *([erosion.assumption_id] if erosion else []),
            *([life.assumption_id] if life else []),
        ]
    leased = assumptions.get("lead_time", "option:leased")
    for lease in assumptions.named("lease_price"):
        if not lease.scope.startswith("module:"):
            continue
        monthly = lease.value * months / (1 + rate) ** years
        owed = np.cumsum(monthly[::-1])[::-1]
        offers.append(Offer("leased", float(lease.scope.partition(":")[2]), owed, _first(basis, leased or wave)))
        today.append(lease.value)
        ids.append(lease.assumption_id)
    if any(offer.option == "leased" for offer in offers) and assumptions.get("service_life", place) is None:
        notes.append(("missing_life", "service_life", "no assumption named service_life, so what is bought counts as worth nothing at the end of the horizon, which favours leases"))  # fmt: skip
    if not any(offer.option == "new_wave" for offer in offers):
        notes.append(
            (
                "missing_price",
                "module_price",
                "no assumption states the price of a module, so no upgrade schedule can be made",
            )
        )
        return Market((), None, np.inf, (), ()), notes
    room, system = np.inf, None
    if design is not None:
        room = max(design - float(lit.max()), 0.0)
        length, price_km = basis.network.segments[segment].length_km, assumptions.get("line_system_price", place)
        build = assumptions.get("lead_time", place, "option:new_line_system")
        if length is not None and price_km is not None:
            whole, life = price_km.value * length, assumptions.get("service_life", "option:new_line_system", place)
            left = worth_at_end(whole, rate, 0.0, years, end, life.in_months().value / 12) if life else 0.0
            system = System(whole / (1 + rate) ** years, _first(basis, build), left)
            today.append(price_km.value * length)
            ids.append(price_km.assumption_id)
        else:
            notes.append(("missing_price", segment, f"its line is designed for {design:g} Gbit/s, and no price (or length) is stated for a new line system beyond that"))  # fmt: skip
    return Market(tuple(offers), system, room, tuple(today), tuple(dict.fromkeys(ids))), notes


def _rows(
    basis: Basis,
    segment: str,
    indexes: list[int],
    lit: FloatArray,
    market: Market,
    plan: Schedule,
    policy: PlanningPolicy,
) -> list[dict[str, Any]]:
    worst, theta = basis.loads.worst[indexes], policy.threshold_ratio
    horizon = worst.shape[1]
    have, system_bought = 0.0, False
    rows: list[dict[str, Any]] = []
    starts = [
        (period, number) for period in range(horizon) for number in np.flatnonzero(plan.starts[:, period] > 0).tolist()
    ]
    for seq, (period, number) in enumerate(starts, 1):
        offer, count = market.offers[number], int(plan.starts[number, period])
        day = basis.timeline.periods[period]
        years = _years(basis)[period]
        worth = float(offer.cost_usd[period]) * count
        left = basis.timeline.months(float(horizon - period))
        bought = worth * (1 + policy.discount_rate_ratio) ** years
        price = bought if offer.option == "new_wave" else market.today_usd[number] * count * left
        option = offer.option
        if (
            market.system is not None
            and plan.system_period is not None
            and plan.system_period <= period
            and not system_bought
        ):
            option, system_bought = "new_line_system", True
            worth += float(market.system.cost_usd[plan.system_period])
            price += market.today_usd[-1]
        risk = float(
            (
                first_passage(
                    worst.transpose(0, 2, 1), (theta * (lit + have)).astype(np.float32), policy.sustained_periods
                ).min(axis=0)
                < np.inf
            ).mean()
        )
        over = worst - theta * (lit + have)[None, :, None]
        gain = np.clip(over, 0, offer.module_gbps * count * theta).max(axis=0)[period:].mean(axis=1).sum()
        rows.append({
            "segment_id": segment, "order_seq": seq, "option": option, "module_gbps": offer.module_gbps, "modules": count, "ready_by": day,
            "cost_usd": price, "present_value_usd": worth, "risk_if_not_ratio": risk, "gain": float(gain),
            "reason": _reason(basis, market, offer, count, period, lit, have, policy, option, plan),
        })  # fmt: skip
        have += offer.module_gbps * count
    return rows


def _reason(
    basis: Basis, market: Market, offer: Offer, count: int, period: int, lit: FloatArray, have: float, policy: PlanningPolicy, option: str, plan: Schedule
) -> str:  # fmt: skip
    parts = [
        f"{count} x {offer.module_gbps:g} Gbit/s {'leased' if offer.option == 'leased' else 'bought'} for {basis.timeline.periods[period]:%Y-%m}: "
        f"with {lit[period] + have:g} Gbit/s lit, {100 * policy.threshold_ratio:g} % of it would be passed by more than {100 * policy.risk_alpha_ratio:g} % of the paths."
    ]
    others = [
        (one.net_usd[period] * math.ceil(count * offer.module_gbps / one.module_gbps), one)
        for one in market.offers
        if one is not offer and one.first_period <= period
    ]
    if others:
        cost, other = min(others, key=lambda pair: pair[0])
        kind = "leased" if other.option == "leased" else "bought"
        if cost > offer.net_usd[period] * count:
            parts.append(
                f"The same now as {math.ceil(count * offer.module_gbps / other.module_gbps)} x {other.module_gbps:g} Gbit/s {kind} costs {cost - offer.net_usd[period] * count:,.0f} USD more in present value{', what is left of each at the end of the horizon counted' if np.any(np.asarray(offer.left_usd)) or np.any(np.asarray(other.left_usd)) else ''}."
            )
        else:
            parts.append("It is dearer alone, but cheaper together with the later orders.")
    if option == "new_line_system":
        parts.append("The line system in place has no room for it; a new one is part of this order.")
    if plan.short_gbps[:period].max(initial=0.0) > 1e-6:
        parts.append("It is needed earlier, but can't be ready before.")
    parts.append(f"Rests on {', '.join(market.assumption_ids)}.")
    return " ".join(parts)


def _funded(rows: list[dict[str, Any]], budget_usd: float | None) -> pl.DataFrame:
    """Priority by traffic above the threshold avoided per USD, and what the budget buys: the best total, not the first in line."""
    place = {(row["segment_id"], row["order_seq"]): number for number, row in enumerate(rows)}
    before = [place.get((row["segment_id"], row["order_seq"] - 1)) for row in rows]
    costs, gains = np.array([row["cost_usd"] for row in rows]), np.array([row["gain"] for row in rows])
    funded = np.ones(len(rows)) if budget_usd is None else best_within_budget(costs, gains, before, budget_usd)
    worth = gains / np.maximum(costs, 1e-9)
    order: list[int] = []
    waiting = set(range(len(rows)))
    while waiting:
        free = [number for number in waiting if before[number] is None or before[number] in order]
        best = max(free, key=lambda number: (funded[number], worth[number], -number))
        order.append(best)
        waiting.remove(best)
    for number, row in enumerate(rows):
        row["funded"] = bool(funded[number])
        row["priority"] = order.index(number) + 1
        if budget_usd is not None and not funded[number]:
            row["reason"] += (
                f" The budget of {budget_usd:,.0f} USD does not reach: {100 * row['risk_if_not_ratio']:.0f} % risk of running out by the end of the horizon remains."
            )
    return check(pl.DataFrame(rows), UPGRADE)


def budget_words(upgrade: pl.DataFrame, budget_usd: float) -> str:
    """What a budget buys first and what risk remains, in a few sentences."""
    if upgrade.is_empty():
        return "There is nothing to buy within the horizon, or nothing on offer has a price."
    bought, waiting = upgrade.filter("funded").sort("priority"), upgrade.filter(~pl.col("funded"))
    first = ", ".join(
        f"{segment} in {day:%Y-%m}" for segment, day in bought.head(5).select("segment_id", "ready_by").iter_rows()
    )
    text = (
        f"{budget_usd:,.0f} USD buy {bought.height} of {upgrade.height} orders for {bought['cost_usd'].sum():,.0f} USD"
    )
    text += f": first {first}." if first else "."
    if waiting.is_empty():
        return f"{text} Nothing waits."
    risks = (
        waiting.group_by("segment_id")
        .agg(pl.col("risk_if_not_ratio").max())
        .sort("risk_if_not_ratio", "segment_id", descending=[True, False])
    )
    left = ", ".join(f"{segment} ({100 * risk:.0f} %)" for segment, risk in risks.head(5).iter_rows())
    return f"{text} {waiting.height} wait, for {waiting['cost_usd'].sum():,.0f} USD more; the probability of running out without them is highest at {left}."
