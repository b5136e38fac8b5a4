"""Why a segment's dates are what they are: from samples to p95, paths, failure loads, dates and the
order, with every assumption.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

import polars as pl

from forecasting.capacity.orders import failure_reason
from forecasting.capacity.routing import Kappa
from warehouse.errors import NetworkError, Problem
from warehouse.network.model import Failure, Network
from warehouse.reasons import Reason, reason, reason_of, values_named


@dataclass(frozen=True)
class Step:
    """One link of the chain: what it says, and the rows it rests on."""

    title: str
    reason: Reason
    table: pl.DataFrame


@dataclass(frozen=True)
class Explanation:
    segment_id: str
    steps: tuple[Step, ...]

    def assumption_ids(self) -> tuple[str, ...]:
        return tuple(
            next(
                step.table["assumption_id"].to_list()
                for step in self.steps
                if step.title == "assumptions"
            )
        )


def explain(segment_id: str, frames: Mapping[str, pl.DataFrame], network: Network) -> Explanation:
    """The chain of one segment from a run's frames; frames that are absent leave their step empty.

    Uses traffic_period, forecast_quantile, forecast_effect, coincidence, segment_load, runout,
    order_plan, upgrade, money_figure, assumption, assumption_effect, segment_risk, plan_note,
    revision_part, new_route_score and project. Raises NetworkError for an unknown segment.
    """
    if segment_id not in network.segments:
        near = ", ".join(
            sorted(name for name in network.segments if name[:3] == segment_id[:3])[:8]
        )
        raise NetworkError(
            "there is no such segment",
            [Problem(segment_id, "is unknown")],
            f"Did you mean one of {near}?" if near else "See `transit query` for the segments.",
        )
    runout = _of(frames, "runout", segment_id)
    policy = runout.filter(pl.col("date_kind") == "policy").sort(
        pl.col("t10").fill_null(pl.date(9999, 1, 1)), "direction"
    )
    failure_id = str(policy["failure_id"][0]) if policy.height else "none"
    failure = next(
        (one for one in network.failures() if one.failure_id == failure_id),
        Failure("none", frozenset()),
    )
    crossing = _crossing(network, segment_id, failure)
    names = sorted(set(crossing["route_id"]))
    states = dict.fromkeys(("none", failure_id))
    failures = [failure_reason(state) for state in states]
    steps = [
        _samples(frames, names),
        _forecast(frames, names),
        *_effects(frames, names),
        Step(
            "paths",
            reason("explain.paths", count=len(names), segment=segment_id, failures=failures),
            crossing,
        ),
        _coincidence(frames, crossing, failure_id),
        _loads(frames, segment_id, policy),
        _dates(runout, failure_id),
        _orders(frames, segment_id),
        *_changes(frames, segment_id),
        *_registered(frames, segment_id),
        _assumptions(frames, segment_id),
    ]
    return Explanation(segment_id, tuple(steps))


def _of(frames: Mapping[str, pl.DataFrame], name: str, segment_id: str) -> pl.DataFrame:
    frame = frames.get(name)
    if frame is None:
        return pl.DataFrame(
            schema={
                "segment_id": pl.String,
                "date_kind": pl.String,
                "direction": pl.String,
                "t10": pl.Date,
                "failure_id": pl.String,
            }
        )
    return frame.filter(pl.col("segment_id") == segment_id)


def _crossing(network: Network, segment_id: str, failure: Failure) -> pl.DataFrame:
    rows: list[dict[str, Any]] = []
    planned = frozenset(
        name
        for name, segment in network.segments.items()
        if segment.status in ("planned", "under_construction", "mou")
    )
    for state, down in (
        ("none", planned - {segment_id}),
        (failure.failure_id, (planned - {segment_id}) | failure.segments),
    ):
        for name, route in sorted(network.routes.items()):
            for rank, share in sorted(route.carried_by(down).items()):
                path = route.path(rank)
                for segment, way in path.hops:
                    if segment == segment_id:
                        rows += [
                            {
                                "state": state,
                                "route_id": name,
                                "route_direction": direction,
                                "segment_direction": across,
                                "rank": rank,
                                "share_ratio": share,
                                "path": " > ".join(one for one, _ in path.hops),
                            }
                            for direction, across in (
                                ("out", way),
                                ("in", "za" if way == "az" else "az"),
                            )
                        ]
        if failure.failure_id == "none":
            break
    schema = {
        "state": pl.String,
        "route_id": pl.String,
        "route_direction": pl.String,
        "segment_direction": pl.String,
        "rank": pl.Int64,
        "share_ratio": pl.Float64,
        "path": pl.String,
    }
    return pl.DataFrame(rows, schema=schema)


def _samples(frames: Mapping[str, pl.DataFrame], names: list[str]) -> Step:
    traffic = frames.get("traffic_period")
    if traffic is None or not names:
        return Step("samples", reason("explain.no_samples"), pl.DataFrame())
    mine = traffic.filter(
        pl.col("series_kind") == "route",
        pl.col("series_id").is_in(names),
        pl.col("statistic") == "p95",
    )
    table = (
        mine.sort("period_start")
        .group_by("grain", "series_id", "direction", maintain_order=True)
        .agg(
            pl.len().alias("periods"),
            pl.col("value_gbps").is_null().sum().alias("without_value"),
            pl.col("period_start").last(),
            pl.col("value_gbps").last(),
            pl.col("coverage_ratio").last(),
            pl.col("slot_minutes").last(),
            pl.col("simulated").any(),
        )
        .sort("grain", "series_id", "direction")
    )
    slots = sorted(set(table["slot_minutes"].to_list()))
    found = reason("explain.samples", minutes=slots)
    if table.height and table["simulated"].any():
        found = found.followed_by(reason("explain.simulated"))
    return Step("samples", found, table)


def _forecast(frames: Mapping[str, pl.DataFrame], names: list[str]) -> Step:
    quantiles = frames.get("forecast_quantile")
    if quantiles is None or not names:
        return Step("forecast", reason("explain.no_forecast"), pl.DataFrame())
    mine = quantiles.filter(
        pl.col("series_kind") == "route",
        pl.col("series_id").is_in(names),
        pl.col("statistic") == "p95",
        pl.col("quantile_level").is_in([0.1, 0.5, 0.9]),
    )
    ends = mine.filter(
        (pl.col("horizon") == 1) | (pl.col("horizon") == pl.col("horizon").max().over("grain"))
    )
    table = ends.with_columns(
        level=pl.format("p{}_gbps", (100 * pl.col("quantile_level")).round().cast(pl.Int64))
    ).pivot(
        on="level",
        index=["series_id", "direction", "target_start", "horizon"],
        values="value_gbps",
        sort_columns=True,
    )
    return Step(
        "forecast",
        reason("explain.forecast"),
        table.sort("series_id", "direction", "target_start"),
    )


def _effects(frames: Mapping[str, pl.DataFrame], names: list[str]) -> list[Step]:
    """What holidays, surges and drivers do to its routes; no step where they do nothing."""
    effects = frames.get("forecast_effect")
    if effects is None:
        return []
    mine = effects.filter(
        pl.col("series_kind") == "route",
        pl.col("series_id").is_in(names),
        pl.col("statistic") == "p95",
        pl.col("used_log") != 0,
    ).sort("series_id", "direction", "effect")
    if mine.is_empty():
        return []
    effects_used = sorted(set(mine["effect"]))
    table = mine.select("series_id", "direction", "effect", "used_log", "error_log", "decay_ratio")
    return [Step("effects", reason("explain.effects", effects=effects_used), table)]


def _coincidence(
    frames: Mapping[str, pl.DataFrame], crossing: pl.DataFrame, failure_id: str
) -> Step:
    frame = frames.get("coincidence")
    kappa = Kappa.from_frame(frame) if frame is not None else Kappa({})
    rows = []
    for (state, way), members in crossing.group_by(
        "state", "segment_direction", maintain_order=True
    ):
        names = [
            f"{route}:{direction}"
            for route, direction in members.select("route_id", "route_direction").iter_rows()
        ]
        found = kappa.of(names)
        rows.append(
            {
                "state": state,
                "direction": way,
                "combination_id": "+".join(sorted(names)),
                "kappa": found[0] if found else 1.0,
                "kappa_sd": found[1] if found else 0.0,
                "measured": found is not None,
            }
        )
    table = pl.DataFrame(
        rows,
        schema={
            "state": pl.String,
            "direction": pl.String,
            "combination_id": pl.String,
            "kappa": pl.Float64,
            "kappa_sd": pl.Float64,
            "measured": pl.Boolean,
        },
    )
    blank = table.filter(~pl.col("measured")).height
    rule = reason("explain.coincidence")
    if blank:
        rule = rule.followed_by(reason("explain.unmeasured", blank=blank, count=table.height))
    return Step("coincidence", rule, table)


def _loads(frames: Mapping[str, pl.DataFrame], segment_id: str, policy: pl.DataFrame) -> Step:
    loads = frames.get("segment_load")
    if loads is None:
        return Step("loads", reason("explain.no_loads"), pl.DataFrame())
    mine = loads.filter(
        pl.col("segment_id") == segment_id, pl.col("quantile_level").is_in([0.1, 0.5, 0.9])
    )
    first, last = mine["target_start"].min(), mine["target_start"].max()
    table = (
        mine.filter(pl.col("target_start").is_in([first, last]))
        .with_columns(
            level=pl.format("p{}_gbps", (100 * pl.col("quantile_level")).round().cast(pl.Int64))
        )
        .pivot(
            on="level",
            index=["direction", "failure_id", "cause_id", "target_start", "lit_gbps"],
            values="load_gbps",
            sort_columns=True,
        )
        .sort("direction", "failure_id", "target_start")
    )
    found = reason("explain.loads")
    if policy.height:
        usable = reason("explain.usable", threshold=policy["threshold_ratio"][0])
        found = found.followed_by(usable)
    return Step("loads", found, table)


def _dates(runout: pl.DataFrame, failure_id: str) -> Step:
    if runout.is_empty():
        return Step("dates", reason("explain.no_runout"), runout)
    found = reason("explain.runout", failure=failure_reason(failure_id))
    return Step("dates", found, runout)


def _orders(frames: Mapping[str, pl.DataFrame], segment_id: str) -> Step:
    orders = _of(frames, "order_plan", segment_id)
    if orders.is_empty() or "reason" not in orders.columns:
        return Step("order", reason("explain.no_order"), orders)
    orders = orders.sort("order_seq")
    first = orders.row(0, named=True)
    found = reason_of(first) or reason("explain.stored", text=first["reason"])
    return Step("order", found, orders)


def _changes(frames: Mapping[str, pl.DataFrame], segment_id: str) -> list[Step]:
    """What moved its dates since the run of the period before; no step where nothing did."""
    parts = frames.get("revision_part")
    if parts is None:
        return []
    mine = parts.filter(
        (pl.col("series_kind") == "segment")
        & (pl.col("series_id") == segment_id)
        & (pl.col("unit") == "day")
    )
    if mine.is_empty():
        return []
    order = mine.filter(pl.col("measure") == "order_by_days").sort("step_seq")
    found = reason("explain.changes", run=mine["earlier_run_id"][0])
    days = order["change"].to_list()
    if days and None not in days:
        steps = [
            reason("explain.moved_by", step=step.replace("_", " "), days=f"{moved:+.0f}")
            for step, moved in order.select("step", "change").iter_rows()
            if moved
        ]
        total = f"{sum(days):+.0f}"
        found = found.followed_by(
            reason("explain.order_moved", days=total, steps=steps)
            if steps
            else reason("explain.order_unmoved", days=total)
        )
    table = mine.sort("measure", "direction", "step_seq").select(
        "measure", "direction", "step", "date_before", "date_after", days="change"
    )
    return [Step("changes", found, table)]


def _registered(frames: Mapping[str, pl.DataFrame], segment_id: str) -> list[Step]:
    """What was forecast of it before it existed, and what came; no step for a line that no project
    brings.
    """
    scores, projects = frames.get("new_route_score"), frames.get("project")
    if scores is None or projects is None:
        return []
    names = projects.filter(pl.col("segment_id") == segment_id)["project_id"].to_list()
    mine = scores.filter(pl.col("project_id").is_in(names)).sort("market", "registered_on")
    if mine.is_empty():
        return []
    wrong, right = (mine.filter(verdict=word).height for word in ("wrong", "right"))
    found = reason(
        "explain.registered",
        count=mine.height,
        right=right,
        wrong=wrong,
        open=mine.height - wrong - right,
    )
    table = mine.select(
        "market",
        "registered_on",
        "judged_on",
        "p10_gbps",
        "p50_gbps",
        "p90_gbps",
        "months_seen",
        "last_gbps",
        "updated_p50_gbps",
        "verdict",
        "reason",
    )
    return [Step("registered", found, table)]


def _assumptions(frames: Mapping[str, pl.DataFrame], segment_id: str) -> Step:
    """Every assumption that the orders, the money and the ledger of this segment name."""
    used: set[str] = set()
    effects = frames.get("assumption_effect")
    if effects is not None:
        used |= set(effects.filter(pl.col("segment_id") == segment_id)["assumption_id"])
    money = frames.get("money_figure")
    if money is not None:
        mine = money.filter(pl.col("subject").str.starts_with(f"order:{segment_id}/"))
        used |= {one for ids in mine["assumption_ids"] for one in ids.split(";") if one}
    stated = frames.get("assumption")
    if stated is not None:
        for name in ("order_plan", "upgrade"):
            used |= _named_assumptions(_of(frames, name, segment_id))
        table = (
            stated.filter(pl.col("assumption_id").is_in(sorted(used)))
            .sort("known_at")
            .group_by("assumption_id", maintain_order=True)
            .last()
        )
        table = table.select(
            "assumption_id", "name", "scope", "low", "value", "high", "unit", pl.col("^source$")
        )
    else:
        table = pl.DataFrame(schema=dict.fromkeys(("assumption_id", "name", "scope"), pl.String))
    others = pl.DataFrame(
        {"assumption_id": sorted(used - set(table["assumption_id"]))},
        schema={"assumption_id": pl.String},
    )
    table = pl.concat([table, others], how="diagonal").sort("assumption_id")
    if effects is not None:
        ranks = effects.filter(pl.col("segment_id") == segment_id).select(
            "assumption_id",
            "order_by_low",
            "order_by_base",
            "order_by_high",
            "swing_days",
            "variance_share_ratio",
            "effect_rank",
        )
        table = table.join(ranks, on="assumption_id", how="left").sort(
            pl.col("effect_rank").fill_null(10**6), "assumption_id"
        )
    return Step(
        "assumptions",
        reason("explain.assumptions"),
        table,
    )


def _named_assumptions(frame: pl.DataFrame) -> set[str]:
    """The assumptions that the reasons of these rows name."""
    reasons = (reason_of(row) for row in frame.iter_rows(named=True))
    return {
        name
        for found in reasons
        if found is not None
        for name in values_named(found, "assumption", "assumptions")
    }
