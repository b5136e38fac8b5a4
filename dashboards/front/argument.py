"""The headline of an edition, made from its plan, and the evidence for it in one or two
sentences.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import NamedTuple

from dashboards import naming
from dashboards.front.decision import Decision, Order, chain, contingency, doubtful, money
from dashboards.language import Period, rounded
from dashboards.view import View


class Argument(NamedTuple):
    headline: str
    evidence: str


def argue(view: View, decision: Decision) -> Argument:
    """What to do first, as an instruction that a reader could refuse, and why.

    Overdue builds are named apart from what is signed in one go. Without an overdue order the
    headline says when the next one is due, without any order or plan just that.
    """
    text, material = view.text, view.material
    if material["order_plan"].is_empty():
        return Argument(text("argument.no_plan"), "")
    if not decision.orders:
        last = material["runout"]["last_target"].max() or material.edition.origin
        assert last is not None
        return Argument(text("argument.none", by=Period(last, material.edition.grain)), "")  # type: ignore[arg-type]
    if decision.now and decision.apart:
        headline = text(
            "argument.sign_apart",
            what=what_is_signed(view, decision.now),
            line=line_name(view, decision.apart),
        )
    elif decision.now:
        headline = text("argument.sign", what=what_is_signed(view, decision.now))
    elif decision.apart:
        headline = text("argument.decide", line=line_name(view, decision.apart))
    elif decision.soon:
        headline = text("argument.soon", n=len(decision.soon), day=decision.until)
    else:
        headline = text("argument.calm", day=decision.orders[0]["order_by"])
    evidence = [
        *_cost(view, decision.now or ([] if decision.apart else decision.soon)),
        *_apart(view, decision.apart),
    ]
    return Argument(headline, " ".join(evidence))


def what_is_signed(view: View, orders: Sequence[Order]) -> str:
    """A count of overdue orders: of waves where they are nothing else."""
    waves = all(order["option"] == "new_wave" for order in orders)
    key = "count.overdue_waves" if waves else "count.overdue_orders"
    return view.language.plural(key, len(orders))


def line_name(view: View, orders: Sequence[Order]) -> str:
    """Builds by the two ends of the line that they make, else by their number."""
    ends = chain(view.material, [order["segment_id"] for order in orders])
    if ends is None:
        return view.language.plural("count.builds", len(orders))
    a, z = (short_name(view, naming.node_name(view, node)) for node in ends)
    return view.text("argument.line", a=a, z=z)


def short_name(view: View, name: str) -> str:
    """A place's name without what tells border points and spellings apart."""
    return re.sub(view.text("segment_name.tail"), "", name)


def short_segment(view: View, segment_id: str) -> str:
    """A segment by the short names of its ends."""
    row = view.material.segments.get(segment_id)
    if row is None:
        return segment_id
    a, z = (short_name(view, naming.node_name(view, str(row[end]))) for end in ("a_node", "z_node"))
    return view.text("name.between", a=a, z=z)


def usd(view: View, value: float) -> str:
    """A sum in millions, or in thousands below a tenth of one, to two significant digits."""
    if abs(value) >= 99_500:
        millions = value / 1e6
        return view.text(
            "argument.millions", v=view.language.number(millions, 1 if millions >= 0.45 else 2)
        )
    return view.text("argument.thousands", v=view.language.number(value / 1e3, 0))


def usd_range(view: View, orders: Sequence[Order]) -> str:
    """What orders cost together with its range; empty where prices are missing."""
    total = money(view.material, orders)
    if total.likely is None:
        return ""
    shown = usd(view, total.likely)
    if total.low is None or total.high is None:
        return shown
    return f"{shown} ({_between(view, total.low, total.high)})"


def _between(view: View, low: float, high: float) -> str:
    """A range of money in one unit, that of its upper end."""
    scale, unit = (1e6, "millions") if high >= 99_500 else (1e3, "thousands")
    ends = {
        name: view.language.number(rounded(value / scale, 2), 0 if scale == 1e3 else 1)
        for name, value in (("low", low), ("high", high))
    }
    return view.text(f"argument.{unit}", v=view.text("argument.between", **ends))


def _cost(view: View, orders: Sequence[Order]) -> list[str]:
    text, shown = view.text, usd_range(view, orders)
    if not orders:
        return []
    late = all(order["overdue_months"] > 0 for order in orders)
    what = (
        what_is_signed(view, orders) if late else view.language.plural("count.orders", len(orders))
    )
    found = []
    if shown:
        found.append(
            text("argument.cost", what=what, usd=shown)
            if len(orders) > 1
            else text("argument.cost_one", usd=shown)
        )
    weak = doubtful(view.material, orders)
    if weak:
        found.append(text("argument.doubt", n=len(weak)))
    return found


def _apart(view: View, orders: Sequence[Order]) -> list[str]:
    if not orders:
        return []
    shown = money(view.material, orders).likely
    if shown is None:
        return []
    line, cost = line_name(view, orders), usd(view, shown)
    case = contingency(view.material, orders)
    if case is None or case.failed_gbps <= case.calm_gbps:
        return [view.text("argument.apart_cost", line=line, usd=cost)]
    return [
        view.text(
            "argument.cause",
            line=line,
            usd=cost,
            failure=naming.failure_name(view, case.failure_id),
            calm=case.calm_gbps,
            failed=case.failed_gbps,
            lit=case.lit_gbps,
            unit=view.text("unit.gbps"),
        )
    ]
