"""Which planned builds pay: what the network's upgrades cost with each of them and without, and what would be lost.

A new segment or crossing is an option: to build it and save upgrades elsewhere, or not to. Each build is left out alone,
the others standing as planned; the cheapest upgrades are found anew for every segment whose load that changes. What
a build earns by new traffic is not counted here (see the new routes).
"""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from forecasting.assumptions import Assumptions
from forecasting.basis import Basis, build_basis
from forecasting.changes import PlanInputs, apply_scenario
from forecasting.readiness import DRAW_KEY, slipped
from forecasting.scenario import Scenario
from forecasting.spec import PlanningPolicy
from forecasting.upgrades import upgrade_frame
from forecasting.whatif import lost_frame, unchanged
from warehouse.network import NOT_BUILT

COLUMNS = {
    "build": pl.String, "segments": pl.String, "ready_likely": pl.Date, "build_cost_usd": pl.Float64, "upgrades_with_usd": pl.Float64, "upgrades_without_usd": pl.Float64,
    "saved_usd": pl.Float64, "net_usd": pl.Float64, "lost_with_gbps": pl.Float64, "lost_without_gbps": pl.Float64, "reason": pl.String,
}  # fmt: skip


def build_frame(
    inputs: PlanInputs, policy: PlanningPolicy, *, today: date, seed: int = 0, workers: int = 2
) -> pl.DataFrame:
    """One row per build (projects stated with the same dates are parts of one), the best first.

    Sums are present values in USD over the segments whose loads the build changes; `lost` is the mean Gbit/s over the
    horizon that nothing carries in the worst failure of each period. A build without a price or length has no cost and no net.
    """
    stated = Assumptions.from_frame(inputs.assumptions)
    projects, _ = slipped(inputs.projects, stated)

    def basis_of(one: PlanInputs, like: Basis | None = None) -> Basis:
        made, _ = slipped(one.projects, stated)
        return build_basis(one.paths, one.network, capacity=one.capacity, coincidence=one.coincidence, projects=made, outages=one.outages, today=today, seed=seed, workers=workers, like=like)  # fmt: skip

    base = basis_of(inputs)
    used = {segment for segment, _ in base.loads.links}
    rows = []
    for (_,), members in projects.sort("project_id").group_by(DRAW_KEY, maintain_order=True):
        segments = [
            name for name in members["segment_id"] if name in used and inputs.network.segments[name].status in NOT_BUILT
        ]
        if not segments:
            continue
        never = Scenario("never", "never built", changes=tuple(("segment", {"segment": name, "never": True}) for name in segments))  # fmt: skip
        without = basis_of(apply_scenario(never, inputs), base)
        touched = frozenset(used) - unchanged(without, base)
        costs = [_upgrades(one, stated, policy, touched) for one in (base, without)]
        lost = lost_frame((base, without))
        price = _build_cost(base, stated, policy, members, segments)
        saved = costs[1] - costs[0]
        kept = float((lost["worst_scenario_gbps"] - lost["worst_base_gbps"]).sum())
        rows.append({
            "build": "+".join(members["project_id"]), "segments": " ".join(segments), "ready_likely": members["ready_likely"][0], "build_cost_usd": price,
            "upgrades_with_usd": costs[0], "upgrades_without_usd": costs[1], "saved_usd": saved, "net_usd": None if price is None else saved - price,
            "lost_with_gbps": float(lost["worst_base_gbps"].sum()), "lost_without_gbps": float(lost["worst_scenario_gbps"].sum()),
            "reason": _said(saved, price, kept, len(touched)),
        })  # fmt: skip
    return pl.DataFrame(rows, schema=COLUMNS).sort("net_usd", "saved_usd", "build", descending=[True, True, False], nulls_last=True)  # fmt: skip


def _upgrades(basis: Basis, stated: Assumptions, policy: PlanningPolicy, segments: frozenset[str]) -> float:
    frame, _ = upgrade_frame(basis, stated, policy, only=segments)
    return float(frame["present_value_usd"].sum())


def _build_cost(basis: Basis, stated: Assumptions, policy: PlanningPolicy, members: pl.DataFrame, segments: list[str]) -> float | None:  # fmt: skip
    """The lines' price on the day they are ready, on the mean over the draws, discounted to today."""
    total = 0.0
    for project, segment in members.select("project_id", "segment_id").iter_rows():
        if segment not in segments:
            continue
        price = stated.get("segment_price", f"segment:{segment}", f"project:{project}")
        length = basis.network.segments[segment].length_km
        if price is None or length is None:
            return None
        years = basis.versions.ready_days[project] / 365.25
        total += price.value * length * float(np.mean((1 + policy.discount_rate_ratio) ** -years))
    return total


def _said(saved: float, price: float | None, kept: float, touched: int) -> str:
    if not touched:
        upgrades = "It changes no load, with or without a failure, so it saves no upgrade"
    else:
        upgrades = f"It changes the load of {touched} segments and {'saves' if saved >= 0 else 'brings'} upgrades worth {abs(saved):,.0f} USD"
    carried = f"; {kept:.3g} Gbit/s more are carried in the worst failures" if kept >= 0.05 else ""
    if price is None:
        return f"{upgrades}{carried}. No assumption states its price, or its length is unknown."
    verdict = "pays by that alone" if saved > price else "does not pay by that alone"
    return f"{upgrades}{carried}. It costs {price:,.0f} USD and {verdict}."
