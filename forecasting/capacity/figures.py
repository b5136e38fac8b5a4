"""Sums of money about a plan, each with its range, its basis and the assumptions it rests on; what
can't be said is noted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np
import polars as pl

from forecasting.assumptions import Assumption, Assumptions
from forecasting.capacity.basis import Basis
from forecasting.capacity.money import (
    Number,
    bought_later,
    break_even_erosion,
    deferral_value,
    iru_present_value,
    lease_present_value,
    revenue_at_risk,
    spread,
    transit_bill,
)
from forecasting.capacity.orders import size_reason
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy
from warehouse.network.model import NOT_BUILT
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import MONEY_FIGURE, check

ASSETS_YEARS = "iru_term"


def money_frame(
    basis: Basis,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    orders: pl.DataFrame,
    seed: int = 0,
) -> tuple[pl.DataFrame, list[Note]]:
    """Rows of MONEY_FIGURE: cost of each order and of waiting a year with it, right of use against
    lease, transit bills.
    """
    chosen = policy.discount_rate_ratio
    rate = assumptions.get("discount_rate") or Assumption(
        "", "discount_rate", "all", chosen, chosen, chosen, "ratio/year"
    )
    found = _Figures(basis, rate, seed)
    ordered = pl.col("modules") * pl.col("module_gbps")
    earlier = orders.sort("segment_id", "order_seq").with_columns(
        before_gbps=ordered.cum_sum().over("segment_id") - ordered
    )
    for order in earlier.filter(pl.col("modules") > 0).iter_rows(named=True):
        _order(found, basis, assumptions, rate, order)
    for iru in assumptions.named("iru_price"):
        _lease_or_buy(found, assumptions, rate, iru)
    for price in assumptions.named("transit_price"):
        _bills(found, basis, price)
    for segment in sorted(basis.network.segments):
        _build(found, basis, assumptions, segment)
    if not found.rows:
        return MONEY_FIGURE.empty(), found.notes
    return check(pl.DataFrame(found.rows), MONEY_FIGURE), sorted(set(found.notes))


class _Figures:
    """Rows as they are found, all on the same basis."""

    def __init__(self, basis: Basis, rate: Assumption, seed: int) -> None:
        self.rows: list[dict[str, Any]] = []
        self.notes: list[Note] = []
        self.seed = seed
        self.today = basis.timeline.today
        self.rate = rate

    def add(
        self,
        subject: str,
        item: str,
        formula: Callable[..., Number],
        stated: dict[str, Assumption],
        unit: str,
        why: Reason,
        *,
        discounted: bool = True,
        draws: int = 2000,
    ) -> None:
        low, likely, high = spread(formula, stated, self.seed, draws)
        if not all(np.isfinite([low, likely, high])):
            return
        ids = [one.assumption_id for one in stated.values() if one.assumption_id]
        dates = sorted({one.known_on for one in stated.values() if one.known_on is not None})
        prices = reason("basis.stated_on", day=dates[-1]) if dates else reason("basis.undated")
        basis = (
            reason("basis.discounted", rate=self.rate.value, prices=prices)
            if discounted
            else reason("basis.undiscounted", prices=prices)
        )
        self.rows.append(
            {
                "subject": subject,
                "item": item,
                "low_value": low,
                "likely_value": likely,
                "high_value": high,
                "unit": unit,
                **basis.columns("basis"),
                "assumption_ids": ";".join(sorted(ids)),
                **why.columns(),
            }
        )


def _order(
    found: _Figures, basis: Basis, assumptions: Assumptions, rate: Assumption, order: dict[str, Any]
) -> None:
    segment = order["segment_id"]
    scope, subject = f"module:{order['module_gbps']:g}", f"order:{segment}/{order['order_seq']}"
    price, erosion = assumptions.get("module_price", scope), assumptions.get("price_erosion", scope)
    count = order["modules"]
    size = size_reason("new_wave", count, order["module_gbps"])
    length = basis.network.segments[segment].length_km
    system = assumptions.get("line_system_price", f"segment:{segment}")
    saving = None
    extra: dict[str, Assumption] = {}
    if price is None:
        found.notes.append(
            Note(
                "missing_price",
                scope,
                reason("note.no_module_price"),
            )
        )
    elif order["option"] == "new_line_system" and (system is None or length is None):
        found.notes.append(
            Note(
                "missing_price",
                f"segment:{segment}",
                reason("note.no_system_price"),
            )
        )
    else:
        extra |= (
            {"system": system}
            if order["option"] == "new_line_system" and system is not None
            else {}
        )

        def today(price: Number, system: Number = 0.0) -> Number:
            return count * price + (length or 0.0) * system

        why = reason("money.cost_with_system" if extra else "money.cost", size=size)
        found.add(subject, "cost", today, {"price": price, **extra}, "USD", why, discounted=False)
        if erosion is None:
            found.notes.append(
                Note(
                    "missing_price_erosion",
                    scope,
                    reason("note.no_price_erosion"),
                )
            )
        else:
            saving = {"price": price, "rate": rate, "erosion": erosion}
            found.add(
                subject,
                "deferral_value",
                lambda price, rate, erosion: deferral_value(count * price, rate, erosion),
                saving,
                "USD",
                reason("money.deferral"),
            )
    revenue = assumptions.get("transit_revenue", f"segment:{order['segment_id']}")
    if revenue is None:
        found.notes.append(
            Note(
                "missing_price",
                "transit_revenue",
                reason("note.no_revenue_waiting"),
            )
        )
        return
    periods, years = _unserved(basis, order)
    first = years < years[0] + 0.99 if years.size else np.zeros(0, dtype=bool)
    excess = float(periods[first].sum())
    found.add(
        subject,
        "revenue_at_risk",
        lambda revenue: revenue_at_risk(excess, 1.0, revenue),
        {"revenue": revenue},
        "USD",
        reason("money.revenue_at_risk", gbps_months=excess),
        discounted=False,
    )
    if saving is not None:
        found.add(
            subject,
            "cost_of_waiting",
            lambda price, rate, erosion, revenue: (
                revenue_at_risk(excess, 1.0, revenue) - deferral_value(count * price, rate, erosion)
            ),
            {**saving, "revenue": revenue},
            "USD",
            reason("money.cost_of_waiting"),
        )

        def value(
            price: Number, rate: Number, erosion: Number, revenue: Number, system: Number = 0.0
        ) -> Number:
            earned = sum(
                revenue_at_risk(gbps_months, 1.0, revenue) / (1 + rate) ** year
                for gbps_months, year in zip(periods, years, strict=True)
            )
            start = years[0] if years.size else 0.0
            return (
                earned
                - bought_later(count * price, rate, erosion, start)
                - (length or 0.0) * system / (1 + rate) ** start
            )

        found.add(
            subject,
            "net_present_value",
            value,
            {**saving, **extra, "revenue": revenue},
            "USD",
            reason("money.net_value", last=basis.timeline.last),
        )


def _unserved(basis: Basis, order: dict[str, Any]) -> tuple[FloatArray, FloatArray]:
    """Expected Gbit/s x months above what is lit and ordered before, in each period from the one an
    order is ready for; and how many years from today each begins.
    """
    indexes = [
        index for index, (name, _) in enumerate(basis.loads.links) if name == order["segment_id"]
    ]
    periods = basis.timeline.periods
    first = next(
        (number for number, day in enumerate(periods) if day >= order["ready_by"]), len(periods)
    )
    months = basis.timeline.months(1.0)
    lit = basis.lit_gbps[indexes[0]][None, first:, None] + order["before_gbps"]
    over = basis.loads.base[indexes][:, first:].astype(float) - lit
    served = np.clip(over, 0, order["modules"] * order["module_gbps"]).max(axis=0).mean(axis=1)
    years = np.array(
        [max((day - basis.timeline.today).days, 0) / 365.25 for day in periods[first:]]
    )
    return np.asarray(served * months), years


def _build(found: _Figures, basis: Basis, assumptions: Assumptions, segment: str) -> None:
    """What a line costs that is not there yet."""
    line = basis.network.segments[segment]
    price = assumptions.get(
        "segment_price",
        f"segment:{segment}",
        *(f"project:{name}" for name in basis.projects.get(segment, ())),
    )
    if line.status not in NOT_BUILT or price is None or line.length_km is None:
        return
    length = line.length_km
    found.add(
        f"segment:{segment}",
        "build_cost",
        lambda price: length * price,
        {"price": price},
        "USD",
        reason("money.build_cost", km=length),
        discounted=False,
    )


def _lease_or_buy(
    found: _Figures, assumptions: Assumptions, rate: Assumption, iru: Assumption
) -> None:
    lease, om_ratio, term = (
        assumptions.get("lease_price", iru.scope),
        assumptions.get("om_ratio", iru.scope),
        assumptions.get(ASSETS_YEARS, iru.scope),
    )
    erosion = assumptions.get("price_erosion", "service:wave", iru.scope)
    missing = [name for name, one in (("om_ratio", om_ratio), (ASSETS_YEARS, term)) if one is None]
    if om_ratio is None or term is None:
        found.notes.append(
            Note(
                "missing_price",
                iru.scope,
                reason("note.no_lease_terms", names=missing),
            )
        )
        return
    years = round(term.value)
    bought = {"price": iru, "om_ratio": om_ratio, "rate": rate}
    found.add(
        iru.scope,
        "iru_present_value",
        lambda price, om_ratio, rate: iru_present_value(price, om_ratio, years, rate),
        bought,
        "USD",
        reason("money.right_of_use", years=years),
    )
    if lease is None:
        found.notes.append(
            Note(
                "missing_price",
                iru.scope,
                reason("note.no_lease_price"),
            )
        )
        return
    if erosion is not None:
        found.add(
            iru.scope,
            "lease_present_value",
            lambda lease, rate, erosion: lease_present_value(lease, years, rate, erosion),
            {"lease": lease, "rate": rate, "erosion": erosion},
            "USD",
            reason("money.lease", years=years),
        )

    def even(price: Any, om_ratio: Any, rate: Any, lease: Any) -> Any:
        values = iru_present_value(price, om_ratio, years, rate)
        return [
            _bounded(break_even_erosion(value, monthly, years, one), value, monthly, years, one)
            for value, monthly, one in zip(values, lease, rate, strict=True)
        ]

    found.add(
        iru.scope,
        "break_even_erosion",
        even,
        {**bought, "lease": lease},
        "ratio/year",
        reason("money.break_even"),
        draws=200,
    )


def _bounded(even: float, iru_usd: float, monthly: float, years: int, rate: float) -> float:
    """Where nothing evens them out: -100 % if even doubling lease prices stay cheaper, +99.9 % if
    nearly free ones don't.
    """
    if np.isfinite(even):
        return even
    return -1.0 if lease_present_value(monthly, years, rate, -1.0) < iru_usd else 0.999


def _bills(found: _Figures, basis: Basis, price: Assumption) -> None:
    """The bill of a month for each route that starts where a transit price is stated."""
    kind, _, node = price.scope.partition(":")
    if kind != "node":
        return
    rows = {one: row for row, one in enumerate(basis.series)}
    for name, route in sorted(basis.network.routes.items()):
        ways = [rows[name, way] for way in ("in", "out") if (name, way) in rows]
        if route.a_node != node or not ways:
            continue
        volume = float(np.median(basis.draws_gbps[ways, :, 0].max(axis=0)))
        found.add(
            f"route:{name}",
            "transit_bill_month",
            lambda price, volume=volume: transit_bill(0.0, volume, price),
            {"price": price},
            "USD/month",
            reason("money.transit_bill", node=node, gbps=volume, month=basis.timeline.periods[0]),
            discounted=False,
        )
