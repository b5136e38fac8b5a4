"""The upgrade schedule: the cheapest mix of modules, leases and new segments, why, and what a
budget buys of it first.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumption, Assumptions
from forecasting.capacity.basis import Basis
from forecasting.capacity.builds import Choices, choice_frame, spent_and_left
from forecasting.capacity.integer_program import solve
from forecasting.capacity.money import bought_later, price_after, worth_at_end
from forecasting.capacity.runout import AnyFloat, first_passage_either, required_gbps
from forecasting.capacity.schedule import Line, Offer, Options, Response, Schedule, Solution, System
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import BUILD_CHOICE, UPGRADE, check


@dataclass(frozen=True)
class Market:
    """What can be ordered for a segment, and how what is bought is named."""

    offers: tuple[Offer, ...]
    system: System | None
    room_gbps: float
    assumption_ids: tuple[str, ...]


@dataclass(frozen=True)
class Need:
    """A segment that may need something: its loads as stated, (directions, H, S), and its line in
    the program.
    """

    segment: str
    lit: FloatArray
    market: Market
    line: Line
    worst: AnyFloat


def upgrade_frames(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    *,
    choices: Choices | None = None,
    budget_usd: float | None = None,
) -> tuple[dict[str, pl.DataFrame], list[Note]]:
    """Frames upgrade and build_choice, and notes. Segments that need nothing have no row; without
    any price of a module there is none at all.
    """
    needs, notes = segment_needs(basis, assumptions, policy, choices)
    lines = [need.line for need in needs]
    builds, charges = (choices.builds, choices.charges) if choices else ((), ())
    best = solve(lines, builds, charges)
    made = best if budget_usd is None else solve(lines, builds, charges, budget_usd=budget_usd)
    if not (best.proven and made.proven):
        notes.append(
            Note(
                "schedule_not_proven",
                "upgrade",
                reason("note.not_proven"),
            )
        )
    bought = _all_rows(basis, assumptions, policy, needs, choices, made)
    rows = [{**row, "funded": True} for row in bought]
    if budget_usd is not None:
        rows += _waiting(basis, assumptions, policy, needs, choices, made, budget_usd)
    for need, one in zip(needs, best.schedules, strict=True):
        if one.short_gbps.max() > 1e-6:
            period = int(np.flatnonzero(one.short_gbps > 1e-6)[-1])
            notes.append(
                Note(
                    "short_until",
                    need.segment,
                    reason(
                        "note.short_until",
                        gbps=one.short_gbps.max(),
                        month=basis.timeline.periods[period],
                    ),
                )
            )
    touched = [line for line in lines if line.need.builds]
    frames = {
        "upgrade": _ranked(rows) if rows else UPGRADE.empty(),
        "build_choice": choice_frame(choices, basis, touched, best.options)
        if choices
        else BUILD_CHOICE.empty(),
    }
    for row in frames["build_choice"].iter_rows(named=True):
        why = Reason(row["reason_code"], row["reason_values"])
        notes.append(Note("build_choice", row["build_id"], why.alone()))
    return frames, notes


def segment_needs(
    basis: Basis, assumptions: Assumptions, policy: PlanningPolicy, choices: Choices | None
) -> tuple[list[Need], list[Note]]:
    """What every segment that may run short needs, and notes on what can't be ordered for it."""
    found: list[Need] = []
    notes: list[Note] = []
    links = basis.loads.links
    sets = choices.sets if choices else None
    for segment in sorted({name for name, _ in links}):
        indexes = [index for index, (name, _) in enumerate(links) if name == segment]
        lit = basis.lit_gbps[indexes[0]]
        if not np.isfinite(lit).all():
            continue

        def need(worst: AnyFloat, lit: FloatArray = lit) -> FloatArray:
            missing = required_gbps(worst, lit, policy.threshold_ratio, policy.risk_alpha_ratio)
            return np.asarray(missing.max(axis=0))

        worst = basis.loads.worst[indexes]
        touched = sets.worst.get(segment) if sets else None
        response = (
            Response.fixed(need(worst))
            if touched is None or sets is None
            else sets.response(*touched, need)
        )
        if response.most.max() <= 0:
            continue
        market, missing = _market(basis, segment, lit, assumptions, policy)
        notes += missing
        if market.offers:
            line = Line(response, market.offers, market.room_gbps, market.system)
            found.append(Need(segment, lit, market, line, worst))
    return found, notes


def _worst(need: Need, choices: Choices | None, options: Options) -> AnyFloat:
    """Its worst loads with builds in these options."""
    return (
        choices.sets.at(need.segment, options)
        if choices and need.segment in choices.sets.worst
        else need.worst
    )


def _all_rows(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    needs: Sequence[Need],
    choices: Choices | None,
    made: Solution,
) -> list[dict[str, Any]]:
    """Rows of UPGRADE for every order and every build that is chosen; `gain` is the traffic above
    the threshold it avoids.
    """
    rows = _build_rows(basis, assumptions, policy, needs, choices, made) if choices else []
    first = {row["segment_id"]: 1 for row in rows}
    for need, schedule in zip(needs, made.schedules, strict=True):
        rows += _rows(
            basis,
            need,
            _worst(need, choices, made.options),
            schedule,
            policy,
            first.get(need.segment, 0),
        )
    return rows


def _build_rows(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    needs: Sequence[Need],
    choices: Choices,
    made: Solution,
) -> list[dict[str, Any]]:
    rows = []
    for number, (one, option) in enumerate(zip(choices.openings, made.options, strict=True)):
        price = choices.price_usd[number]
        if not choices.free(number) or option == one.never or price is None:
            continue
        never = (*made.options[:number], one.never, *made.options[number + 1 :])
        out, gain = np.zeros(one.ready_days.size, dtype=bool), 0.0
        for need, schedule in zip(needs, made.schedules, strict=True):
            if number not in need.line.need.builds:
                continue
            have = np.cumsum(
                np.array([offer.module_gbps for offer in need.market.offers]) @ schedule.starts
            )
            usable = policy.threshold_ratio * (need.lit + have)
            without, there = _worst(need, choices, never), _worst(need, choices, made.options)
            out |= first_passage_either(without, usable, policy.sustained_periods) < np.inf
            over = [
                np.maximum(loads - usable[None, :, None], 0).max(axis=0).mean(axis=1).sum()
                for loads in (without, there)
            ]
            gain += max(float(over[0] - over[1]), 0.0)
        opens = basis.timeline.today + timedelta(
            days=round(float(np.median(one.ready_days)) + one.delays_days[option])
        )
        ready = max(
            (day for day in basis.timeline.periods if day <= opens),
            default=basis.timeline.periods[0],
        )
        spent, _ = spent_and_left(basis, policy, one, option, None)
        part = reason("upgrade.part_of_build", build=one.name, month=opens)
        rests = reason("upgrade.rests_on", assumptions=list(choices.assumption_ids[number]))
        for segment, usd in price.items():
            lit = next(
                basis.lit_gbps[row]
                for row, (name, _) in enumerate(basis.loads.links)
                if name == segment
            )
            size = float(lit[-1]) if np.isfinite(lit[-1]) else 0.0
            rows.append(
                {
                    "segment_id": segment,
                    "order_seq": 1,
                    "option": "new_segment",
                    "module_gbps": size,
                    "modules": 1,
                    "ready_by": ready,
                    "cost_usd": usd,
                    "present_value_usd": usd * spent,
                    "risk_if_not_ratio": float(out.mean()),
                    "gain": gain / len(price),
                    **part.followed_by(rests).columns(),
                }
            )
    return rows


def _waiting(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    needs: Sequence[Need],
    choices: Choices | None,
    made: Solution,
    budget_usd: float,
) -> list[dict[str, Any]]:
    """What the budget does not reach: the cheapest way to cover, with the builds it buys, what it
    leaves short.
    """
    rest: list[Need] = []
    for need, schedule in zip(needs, made.schedules, strict=True):
        have = np.cumsum(
            np.array([offer.module_gbps for offer in need.market.offers]) @ schedule.starts
        )
        left = Response.fixed(need.line.need.at(made.options) - have)
        room = max(
            need.market.room_gbps
            - (0.0 if schedule.system_period is not None else float(have[-1])),
            0.0,
        )
        lifted = schedule.system_period is not None
        line = Line(left, need.market.offers, np.inf if lifted else room, need.market.system)
        rest.append(
            replace(need, lit=need.lit + have, line=line, worst=_worst(need, choices, made.options))
        )
    later = solve([need.line for need in rest])
    rows = []
    before = [int((schedule.starts > 0).sum()) for schedule in made.schedules]
    for need, schedule, count in zip(rest, later.schedules, before, strict=True):
        for row in _rows(basis, need, need.worst, schedule, policy, count):
            why = Reason(row["reason_code"], row["reason_values"]).followed_by(
                reason("upgrade.beyond_budget", budget=budget_usd, risk=row["risk_if_not_ratio"])
            )
            rows.append({**row, **why.columns(), "funded": False})
    return rows


def _years(basis: Basis) -> FloatArray:
    """Years from today to the start of each period, none negative."""
    now = basis.timeline.now
    return np.array(
        [
            max(basis.timeline.months(period + 1 - now), 0.0) / 12
            for period in range(len(basis.timeline.periods))
        ]
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
    offers, ids = [], []
    place = f"segment:{segment}"
    design = basis.design_gbps.get(segment)
    wave = assumptions.get("lead_time", place, *(["option:new_wave"] if design is not None else []))
    if wave is None:
        notes.append(
            Note(
                "missing_lead_time",
                segment,
                reason("note.no_lead_time_at_once"),
            )
        )
    for price in assumptions.named("module_price"):
        if not price.scope.startswith("module:"):
            continue
        size = float(price.scope.partition(":")[2])
        erosion = assumptions.get("price_erosion", price.scope)
        falls = erosion.value if erosion else 0.0
        life = assumptions.get("service_life", price.scope, place)
        left = (
            worth_at_end(price.value, rate, falls, years, end, life.in_months().value / 12)
            if life
            else 0.0
        )
        cost = bought_later(price.value, rate, falls, years)
        offers.append(
            Offer(
                "new_wave",
                size,
                np.asarray(cost),
                _first(basis, wave),
                left,
                np.asarray(price_after(price.value, falls, years)),
            )
        )
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
        rent = np.cumsum(np.full(len(years), lease.value * months))[::-1]
        offers.append(
            Offer(
                "leased",
                float(lease.scope.partition(":")[2]),
                owed,
                _first(basis, leased or wave),
                0.0,
                rent,
            )
        )
        ids.append(lease.assumption_id)
    if (
        any(offer.option == "leased" for offer in offers)
        and assumptions.get("service_life", place) is None
    ):
        notes.append(
            Note(
                "missing_life",
                "service_life",
                reason("note.no_service_life"),
            )
        )
    if not any(offer.option == "new_wave" for offer in offers):
        notes.append(
            Note(
                "missing_price",
                "module_price",
                reason("note.no_schedule"),
            )
        )
        return Market((), None, np.inf, ()), notes
    room, system = np.inf, None
    if design is not None:
        room = max(design - float(lit.max()), 0.0)
        length, price_km = (
            basis.network.segments[segment].length_km,
            assumptions.get("line_system_price", place),
        )
        build = assumptions.get("lead_time", place, "option:new_line_system")
        if length is not None and price_km is not None:
            whole, life = (
                price_km.value * length,
                assumptions.get("service_life", "option:new_line_system", place),
            )
            left = (
                worth_at_end(whole, rate, 0.0, years, end, life.in_months().value / 12)
                if life
                else 0.0
            )
            system = System(
                whole / (1 + rate) ** years, _first(basis, build), left, np.full(len(years), whole)
            )
            ids.append(price_km.assumption_id)
        else:
            notes.append(
                Note(
                    "missing_price",
                    segment,
                    reason("note.no_room", design=design),
                )
            )
    return Market(tuple(offers), system, room, tuple(dict.fromkeys(ids))), notes


def _rows(
    basis: Basis, need: Need, worst: AnyFloat, plan: Schedule, policy: PlanningPolicy, before: int
) -> list[dict[str, Any]]:
    """Rows of UPGRADE for one segment, numbered after those that come `before`."""
    segment, lit, market, theta = need.segment, need.lit, need.market, policy.threshold_ratio
    horizon = worst.shape[1]
    have, system_bought = 0.0, False
    rows: list[dict[str, Any]] = []
    starts = [
        (period, number)
        for period in range(horizon)
        for number in np.flatnonzero(plan.starts[:, period] > 0).tolist()
    ]
    for seq, (period, number) in enumerate(starts, before + 1):
        offer, count = market.offers[number], int(plan.starts[number, period])
        day = basis.timeline.periods[period]
        worth, price = float(offer.cost_usd[period]) * count, float(offer.paid_usd[period]) * count
        option = offer.option
        if (
            market.system is not None
            and plan.system_period is not None
            and plan.system_period <= period
            and not system_bought
        ):
            option, system_bought = "new_line_system", True
            worth += float(market.system.cost_usd[plan.system_period])
            price += float(market.system.paid_usd[plan.system_period])
        risk = float(
            (
                first_passage_either(worst, theta * (lit + have), policy.sustained_periods) < np.inf
            ).mean()
        )
        over = worst - theta * (lit + have)[None, :, None]
        gain = (
            np.clip(over, 0, offer.module_gbps * count * theta)
            .max(axis=0)[period:]
            .mean(axis=1)
            .sum()
        )
        rows.append(
            {
                "segment_id": segment,
                "order_seq": seq,
                "option": option,
                "module_gbps": offer.module_gbps,
                "modules": count,
                "ready_by": day,
                "cost_usd": price,
                "present_value_usd": worth,
                "risk_if_not_ratio": risk,
                "gain": float(gain),
                **_reason(
                    basis, market, offer, count, period, lit, have, policy, option, plan
                ).columns(),
            }
        )
        have += offer.module_gbps * count
    return rows


def _reason(
    basis: Basis,
    market: Market,
    offer: Offer,
    count: int,
    period: int,
    lit: FloatArray,
    have: float,
    policy: PlanningPolicy,
    option: str,
    plan: Schedule,
) -> Reason:
    first = reason(
        "upgrade.leased" if offer.option == "leased" else "upgrade.bought",
        count=count,
        gbps=offer.module_gbps,
        month=basis.timeline.periods[period],
        lit=lit[period] + have,
        threshold=policy.threshold_ratio,
        risk=policy.risk_alpha_ratio,
    )
    parts = []
    others = [
        (one.net_usd[period] * math.ceil(count * offer.module_gbps / one.module_gbps), one)
        for one in market.offers
        if one is not offer and one.first_period <= period
    ]
    if others:
        cost, other = min(others, key=lambda pair: pair[0])
        if cost > offer.net_usd[period] * count:
            kind = "leasing_dearer" if other.option == "leased" else "buying_dearer"
            left = np.any(np.asarray(offer.left_usd)) or np.any(np.asarray(other.left_usd))
            parts.append(
                reason(
                    f"upgrade.{kind}_net" if left else f"upgrade.{kind}",
                    count=math.ceil(count * offer.module_gbps / other.module_gbps),
                    gbps=other.module_gbps,
                    usd=cost - offer.net_usd[period] * count,
                )
            )
        else:
            parts.append(reason("upgrade.cheaper_together"))
    if option == "new_line_system":
        parts.append(reason("upgrade.new_line_system"))
    if plan.short_gbps[:period].max(initial=0.0) > 1e-6:
        parts.append(reason("upgrade.not_earlier"))
    parts.append(reason("upgrade.rests_on", assumptions=list(market.assumption_ids)))
    return first.followed_by(*parts)


def _ranked(rows: list[dict[str, Any]]) -> pl.DataFrame:
    """Rows with their priority: what is funded first, then by traffic above the threshold avoided
    per USD, each segment's orders in turn.
    """
    waiting = sorted(
        range(len(rows)),
        key=lambda number: (
            not rows[number]["funded"],
            -rows[number]["gain"] / max(rows[number]["cost_usd"], 1e-9),
            number,
        ),
    )
    done: dict[str, int] = {}
    first = {
        name: min(row["order_seq"] for row in rows if row["segment_id"] == name)
        for name in {row["segment_id"] for row in rows}
    }
    priority = 0
    while waiting:
        number = next(
            one
            for one in waiting
            if rows[one]["order_seq"]
            == done.get(rows[one]["segment_id"], first[rows[one]["segment_id"]] - 1) + 1
        )
        waiting.remove(number)
        priority += 1
        done[rows[number]["segment_id"]] = rows[number]["order_seq"]
        rows[number]["priority"] = priority
    return check(pl.DataFrame(rows), UPGRADE)


def budget_reason(upgrade: pl.DataFrame, budget_usd: float) -> Reason:
    """What a budget buys first and what risk remains."""
    if upgrade.is_empty():
        return reason("budget.nothing_to_buy")
    bought, waiting = upgrade.filter("funded").sort("priority"), upgrade.filter(~pl.col("funded"))
    bill = {
        "budget": budget_usd,
        "bought": bought.height,
        "all": upgrade.height,
        "usd": bought["cost_usd"].sum(),
    }
    first = [
        reason("budget.order", segment=segment, month=day)
        for segment, day in bought.head(5).select("segment_id", "ready_by").iter_rows()
    ]
    buys = reason("budget.buys", first=first, **bill) if first else reason("budget.spent", **bill)
    if waiting.is_empty():
        return buys.followed_by(reason("budget.nothing_waits"))
    risks = (
        waiting.group_by("segment_id")
        .agg(pl.col("risk_if_not_ratio").max())
        .sort("risk_if_not_ratio", "segment_id", descending=[True, False])
    )
    left = [
        reason("budget.risk", segment=segment, risk=risk)
        for segment, risk in risks.head(5).iter_rows()
    ]
    waits = reason(
        "budget.waits", count=waiting.height, usd=waiting["cost_usd"].sum(), segments=left
    )
    return buys.followed_by(waits)
