"""What the plan asks of its reader: the orders by urgency and by what they are, with their
money.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards.material import Material
from dashboards.trust import doubtful_routes

Order = dict[str, Any]
"""A row of ORDER_PLAN with `number`, its row in the list of the next orders, from 1."""
SOON_DAYS = 90
LISTED = 10
BUILDS = ("new_line_system", "new_segment")
"""Options that are decided one by one: they cost as much as many waves."""


@dataclass(frozen=True)
class Sum:
    """USD of orders: likely, and the sums of their low and high prices; None where prices lack."""

    likely: float | None
    low: float | None
    high: float | None


@dataclass(frozen=True)
class Decision:
    """The dated orders, the most urgent first; overdue ones that are signed in one go (`now`),
    overdue builds (`apart`), and those due within SOON_DAYS of `today`.
    """

    today: date
    orders: Sequence[Order]
    now: Sequence[Order]
    apart: Sequence[Order]
    soon: Sequence[Order]

    @property
    def overdue(self) -> list[Order]:
        return [order for order in self.orders if order["overdue_months"] > 0]

    @property
    def until(self) -> date:
        return self.today + timedelta(days=SOON_DAYS)


def decide(material: Material) -> Decision:
    """The orders of the plan, as its reader has to decide them."""
    orders = [
        {**row, "number": place}
        for place, row in enumerate(
            material.orders.filter(pl.col("order_by").is_not_null()).iter_rows(named=True), 1
        )
    ]
    overdue = [order for order in orders if order["overdue_months"] > 0]
    until = material.today + timedelta(days=SOON_DAYS)
    return Decision(
        material.today,
        orders,
        [order for order in overdue if order["option"] not in BUILDS],
        [order for order in overdue if order["option"] in BUILDS],
        [order for order in orders if not order["overdue_months"] and order["order_by"] <= until],
    )


def money(material: Material, orders: Sequence[Order]) -> Sum:
    """What orders cost together. The range adds low prices and high ones, as they move together."""
    prices = [order["cost_usd"] for order in orders]
    if not prices or None in prices:
        return Sum(None, None, None)
    ranges = [
        _range(material).get(f"order:{row['segment_id']}/{row['order_seq']}") for row in orders
    ]
    known = [pair for pair in ranges if pair is not None]
    whole = len(known) == len(ranges)
    return Sum(
        sum(prices),
        sum(low for low, _ in known) if whole else None,
        sum(high for _, high in known) if whole else None,
    )


def _range(material: Material) -> dict[str, tuple[float, float]]:
    if "order prices" not in material.memory:
        rows = material["money_figure"].filter(
            (pl.col("item") == "cost")
            & pl.col("low_value").is_not_null()
            & pl.col("high_value").is_not_null()
        )
        material.memory["order prices"] = {
            subject: (low, high)
            for subject, low, high in rows.select("subject", "low_value", "high_value").iter_rows()
        }
    found: dict[str, tuple[float, float]] = material.memory["order prices"]
    return found


def doubtful(material: Material, orders: Sequence[Order]) -> list[Order]:
    """The orders for segments whose routes' intervals past outcomes contradict."""
    return [order for order in orders if doubtful_routes(material, order["segment_id"])]


def chain(material: Material, segment_ids: Sequence[str]) -> tuple[str, str] | None:
    """The two ends of a line that the segments make together; None where they make none."""
    ends: dict[str, int] = {}
    for segment_id in dict.fromkeys(segment_ids):
        row = material.segments.get(segment_id)
        if row is None:
            return None
        for node in (str(row["a_node"]), str(row["z_node"])):
            ends[node] = ends.get(node, 0) + 1
    starts = {str(material.segments[segment_id]["a_node"]) for segment_id in segment_ids}
    outer = sorted(
        (node for node, count in ends.items() if count == 1),
        key=lambda node: (node not in starts, node),
    )
    count = len(set(segment_ids))
    if len(outer) != 2 or len(ends) != count + 1 or max(ends.values()) > 2:
        return None
    return outer[0], outer[1]


@dataclass(frozen=True)
class Contingency:
    """A segment's load (Gbit/s, medians) at the first period: with nothing failed and in a
    failure.
    """

    calm_gbps: float
    failed_gbps: float
    lit_gbps: float
    failure_id: str


def contingency(material: Material, orders: Sequence[Order]) -> Contingency | None:
    """Where only one failure calls for all the orders: what it does to the segment it loads most.

    None where the orders have different causes, or a segment passes its threshold with nothing
    failed.
    """
    causes = {order["failure_id"] for order in orders}
    if len(causes) != 1 or causes <= {"none", ""}:
        return None
    load = material["segment_load"].filter(
        pl.col("segment_id").is_in([order["segment_id"] for order in orders])
        & (pl.col("quantile_level") == 0.5)
        & pl.col("lit_gbps").is_not_null()
    )
    load = load.filter(pl.col("target_start") == pl.col("target_start").min())
    calm = load.filter(pl.col("failure_id") == "none")
    worst = (
        load.filter(pl.col("failure_id") != "none")
        .group_by("segment_id", "direction")
        .agg(failed=pl.col("load_gbps").max())
    )
    both = calm.join(worst, on=["segment_id", "direction"]).sort("failed", descending=True)
    over = both.filter(
        pl.col("load_gbps") > material.edition.threshold_ratio * pl.col("lit_gbps")
    ).height
    if both.is_empty() or over:
        return None
    row = both.row(0, named=True)
    return Contingency(row["load_gbps"], row["failed"], row["lit_gbps"], causes.pop())
