"""The order sheet: what to order for a segment, by when, and why."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np

from forecasting.assumptions import MONTHS_PER, Assumption, Assumptions
from forecasting.capacity.readiness import date_at, position_of
from forecasting.capacity.routing import Float32
from forecasting.capacity.runout import (
    beyond_risk,
    first_passage,
    modules_needed,
    order_by,
    probability_late,
    required_gbps,
)
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy
from warehouse.reasons import Reason, reason
from warehouse.schema import Grain

LEAD_TIME_SLICES = 40
MONTHS_PER_PERIOD = {
    "month": 1.0,
    "week": MONTHS_PER["week"],
    "day": MONTHS_PER["day"],
    "year": 12.0,
}


@dataclass(frozen=True)
class Timeline:
    """The periods planned for, and where in them today lies."""

    periods: tuple[date, ...]
    grain: Grain
    today: date

    @property
    def now(self) -> float:
        return position_of(self.today, self.periods, self.grain)

    def at(self, position: float) -> date | None:
        """The date of a count of periods; None where it is not within the horizon."""
        return date_at(position, self.periods, self.grain) if math.isfinite(position) else None

    @property
    def last(self) -> date:
        return self.periods[-1]

    def lead_times(self, stated: Assumption) -> FloatArray:
        """Equally likely lead times in periods: those observed, or slices of a stated range."""
        months = stated.in_months()
        likely = (
            np.array(months.observed) if months.observed else months.quantiles(LEAD_TIME_SLICES)
        )
        return likely / MONTHS_PER_PERIOD[self.grain]

    def months(self, periods: float) -> float:
        return periods * MONTHS_PER_PERIOD[self.grain]


def failure_reason(failure_id: str) -> Reason:
    """A failure state, as it is named within another reason."""
    kind, _, name = failure_id.partition(":")
    if kind == "none":
        return reason("failure.none")
    if kind == "pair":
        one, _, two = name.partition("+")
        return reason("failure.pair", one=one, two=two)
    named = {"segment": "segment", "risk_group": "group", "node": "node"}[kind]
    return reason(f"failure.{kind}", **{named: name})


def size_reason(option: str, modules: int, module_gbps: float) -> Reason:
    """What is ordered, as it is named within another reason."""
    code = "size.new_line_system" if option == "new_line_system" else "size.modules"
    return reason(code, count=modules, gbps=module_gbps)


def order_rows(
    segment_id: str,
    loads: Float32,
    lit: FloatArray,
    design_gbps: float | None,
    length_km: float | None,
    *,
    failure_id: str,
    remarks: Sequence[Reason],
    assumptions: Assumptions,
    policy: PlanningPolicy,
    timeline: Timeline,
) -> list[dict[str, Any]]:
    """Rows of ORDER_PLAN for one segment from its worst loads, (directions, H, S), and lit capacity
    (H,).
    """
    theta, alpha, module = policy.threshold_ratio, policy.risk_alpha_ratio, policy.module_gbps
    steps = modules_needed(required_gbps(loads, lit, theta, alpha), module).max(axis=0)
    full = _passages(loads, theta * lit, policy.sustained_periods)
    passed = beyond_risk(full, alpha)
    if math.isfinite(passed):
        steps[int(passed) - 1 :] = np.maximum(steps[int(passed) - 1 :], 1)
    risen = np.flatnonzero(np.diff(steps, prepend=0))
    if not risen.size:
        return [_no_order(segment_id, full, failure_id, remarks, policy, timeline)]
    rows: list[dict[str, Any]] = []
    for seq, index in enumerate(risen, 1):
        before = int(steps[index - 1]) if index else 0
        option, stated = choose_option(
            segment_id, lit[index] + steps[index] * module, design_gbps, assumptions
        )
        if option == "new_line_system" and any(row["option"] == option for row in rows):
            # The system ordered before has room for more waves.
            option, stated = (
                "new_wave",
                assumptions.get("lead_time", f"segment:{segment_id}", "option:new_wave"),
            )
        passages = (
            full
            if before == 0
            else _passages(loads, theta * (lit + before * module), policy.sustained_periods)
        )
        needed = beyond_risk(passages, alpha)
        needed = needed if math.isfinite(needed) else float(index + 1)
        when = timeline.at(needed)
        row: dict[str, Any] = {
            "segment_id": segment_id,
            "order_seq": seq,
            "option": option,
            "modules": int(steps[index]) - before,
            "module_gbps": module,
            "overdue_months": 0.0,
            "risk_alpha_ratio": alpha,
            "failure_id": failure_id,
            "ready_by": when,
        }
        row |= _price(row, length_km, needed, assumptions, policy, timeline)
        cause = {
            "risk": alpha,
            "failure": failure_reason(failure_id),
            "threshold": theta,
            "usable": lit[index] + before * module,
            "ready": when,
        }
        if stated is not None:
            row |= _timing(passages, stated, alpha, timeline)
        row |= _reason(row, cause, stated, timeline).followed_by(*remarks).columns()
        rows.append(row)
    return rows


def _timing(
    passages: FloatArray, stated: Assumption, alpha: float, timeline: Timeline
) -> dict[str, Any]:
    lead, months = timeline.lead_times(stated), stated.in_months()
    last = order_by(passages, lead, alpha)
    found: dict[str, Any] = {
        "lead_time_low_months": months.low,
        "lead_time_likely_months": months.value,
        "lead_time_high_months": months.high,
        "p_late_now_ratio": probability_late(passages, lead, timeline.now),
    }
    if math.isfinite(last):
        found |= {
            "order_by": timeline.at(last),
            "overdue_months": round(max(timeline.months(timeline.now - last), 0.0), 2),
        }
    return found


def _reason(
    row: dict[str, Any], cause: dict[str, Any], stated: Assumption | None, timeline: Timeline
) -> Reason:
    cause = cause | {"size": size_reason(row["option"], row["modules"], row["module_gbps"])}
    if stated is None:
        return reason("order.no_lead_time", **cause)
    cause |= {
        "low": row["lead_time_low_months"],
        "high": row["lead_time_high_months"],
        "assumption": stated.assumption_id,
    }
    if "order_by" not in row:
        return reason("order.beyond_horizon", last=timeline.last, **cause)
    if row["overdue_months"] > 0:
        return reason(
            "order.overdue",
            order_by=row["order_by"],
            late=row["overdue_months"],
            p_late=row["p_late_now_ratio"],
            **cause,
        )
    return reason("order.due", order_by=row["order_by"], **cause)


def choose_option(
    segment_id: str, wanted_gbps: float, design_gbps: float | None, assumptions: Assumptions
) -> tuple[str, Assumption | None]:
    """The kind of order and its lead time. Where the design capacity is unknown, so is whether a
    wave still fits: the lead time of any order (scope all) then holds.
    """
    if design_gbps is None:
        return "new_wave", assumptions.get("lead_time", f"segment:{segment_id}")
    option = "new_wave" if wanted_gbps <= design_gbps + 1e-9 else "new_line_system"
    return option, assumptions.get("lead_time", f"segment:{segment_id}", f"option:{option}")


def _passages(loads: Float32, usable: FloatArray, sustained: int) -> FloatArray:
    """First passage of a segment: that of the direction that runs out first."""
    return np.asarray(
        first_passage(loads.transpose(0, 2, 1), usable.astype(np.float32), sustained).min(axis=0)
    )


def _no_order(
    segment_id: str,
    passages: FloatArray,
    failure_id: str,
    remarks: Sequence[Reason],
    policy: PlanningPolicy,
    timeline: Timeline,
) -> dict[str, Any]:
    share = float(np.isfinite(passages).mean())
    why = reason(
        "order.none",
        last=timeline.last,
        threshold=policy.threshold_ratio,
        share=share,
        risk=policy.risk_alpha_ratio,
    )
    return {
        "segment_id": segment_id,
        "order_seq": 1,
        "option": "none",
        "modules": 0,
        "module_gbps": policy.module_gbps,
        "overdue_months": 0.0,
        "risk_alpha_ratio": policy.risk_alpha_ratio,
        "failure_id": failure_id,
        **why.followed_by(*remarks).columns(),
    }


def _price(
    row: dict[str, Any],
    length_km: float | None,
    needed: float,
    assumptions: Assumptions,
    policy: PlanningPolicy,
    timeline: Timeline,
) -> dict[str, float]:
    """Today's price and its present value; the price of a new line system belongs to the order that
    brings it.
    """
    scope = f"module:{row['module_gbps']:g}"
    price, erosion = assumptions.get("module_price", scope), assumptions.get("price_erosion", scope)
    system = assumptions.get("line_system_price", f"segment:{row['segment_id']}")
    extra = 0.0
    if row["option"] == "new_line_system":
        if system is None or length_km is None:
            return {}
        extra = system.value * length_km
    if price is None:
        return {}
    cost = row["modules"] * price.value
    years = max(timeline.months(needed - timeline.now), 0.0) / 12
    later = cost * (1 - (erosion.value if erosion else 0.0)) ** years + extra
    return {
        "cost_usd": cost + extra,
        "present_value_usd": later / (1 + policy.discount_rate_ratio) ** years,
    }
