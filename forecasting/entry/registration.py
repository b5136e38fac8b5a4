"""A forecast made before a route exists: registered with what would show it wrong, updated as
months come, and judged.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from forecasting.accuracy import pinball
from forecasting.assumptions import Assumptions
from forecasting.entry.new_route import interval, updated
from forecasting.series import FloatArray
from warehouse.network.model import Network
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import NEW_ROUTE_SCORE, check

Z90 = 1.2815515655446004


def register(
    newcomer_gbps: FloatArray,
    ready_days: FloatArray,
    periods: Sequence[date],
    project: Mapping[str, Any],
    market: str,
    today: date,
    assumption_ids: Sequence[str],
) -> dict[str, Any]:
    """A row of NEW_ROUTE_REGISTRATION from the newcomer's draws (S, H). Judged at the end of the
    horizon, or two years after the likely date where that comes first.
    """
    wanted = min(periods[-1], project["ready_likely"] + timedelta(days=730))
    step = max(number for number, day in enumerate(periods) if day <= max(wanted, periods[0]))
    judged = periods[step]
    values = newcomer_gbps[:, step]
    low, middle, high = (
        float(np.quantile(values, level, method="inverted_cdf")) for level in (0.1, 0.5, 0.9)
    )
    ready = float((ready_days <= (judged - today).days).mean())
    wrong = reason("registered.wrong_if", month=judged, low=low, high=high, market=market)
    return {
        "forecast_id": f"{project['project_id']}/{market}/{today}",
        "project_id": project["project_id"],
        "market": market,
        "registered_on": today,
        "judged_on": judged,
        "p10_gbps": low,
        "p50_gbps": middle,
        "p90_gbps": high,
        "ready_probability_ratio": ready,
        **wrong.columns("wrong_if"),
        "assumption_ids": ";".join(assumption_ids),
    }


def carried(traffic: pl.DataFrame, network: Network, projects: pl.DataFrame) -> pl.DataFrame:
    """What came on each new segment: project_id, market, month, gbps, from rows of TRAFFIC_PERIOD.

    Monthly means of the market's routes whose first path runs over the segment, in their busier
    direction, since the segment is in service; a month counts where all of them have a value.
    """
    schema = {"project_id": pl.String, "market": pl.String, "month": pl.Date, "gbps": pl.Float64}
    found = []
    for project in projects.sort("project_id").iter_rows(named=True):
        segment = network.segments.get(project["segment_id"])
        since = segment.in_service_from or project["ready_likely"] if segment else None
        if segment is None or since is None or not segment.in_service(since):
            continue
        by_market: dict[str, list[str]] = {}
        for name, route in sorted(network.routes.items()):
            if route.paths and segment.segment_id in route.paths[0].segments:
                by_market.setdefault(route.market, []).append(name)
        for market, names in sorted(by_market.items()):
            mine = traffic.filter(
                (pl.col("grain") == "month")
                & (pl.col("series_kind") == "route")
                & pl.col("series_id").is_in(names)
                & (pl.col("statistic") == "mean")
                & (pl.col("period_start") >= since)
                & pl.col("value_gbps").is_not_null()
            )
            ways = (
                mine.group_by("direction", "period_start")
                .agg(gbps=pl.col("value_gbps").sum(), routes=pl.col("series_id").n_unique())
                .filter(pl.col("routes") == len(names))
                .sort("direction", "period_start")
            )
            if ways.is_empty():
                continue
            busier = (
                ways.group_by("direction")
                .agg(pl.col("gbps").sum())
                .sort("gbps", "direction")
                .tail(1)["direction"][0]
            )
            found.append(
                ways.filter(pl.col("direction") == busier).select(
                    pl.lit(project["project_id"]).alias("project_id"),
                    pl.lit(market).alias("market"),
                    month="period_start",
                    gbps="gbps",
                )
            )
    return pl.concat(found) if found else pl.DataFrame(schema=schema)


def judge(
    registration: pl.DataFrame,
    observed: pl.DataFrame,
    assumptions: pl.DataFrame,
    *,
    known_until: date,
) -> tuple[pl.DataFrame, list[Note]]:
    """Rows of NEW_ROUTE_SCORE: each registered forecast beside what came, its level updated month
    by month, and its verdict.

    `observed` is what `carried` gives; `known_until` the last month of which traffic is known. A
    forecast is judged by the month it named, once that is known; what carries nothing then carries
    0. Months are weighed in with the spread an assumption named month_spread states (standard
    deviation of a month's logarithm); without it, no level is updated.
    """
    stated = Assumptions.from_frame(assumptions)
    rows, notes = [], []
    for row in registration.sort("forecast_id").iter_rows(named=True):
        market = row.get("market") or row["forecast_id"].split("/")[1]
        seen = observed.filter(
            (pl.col("project_id") == row["project_id"]) & (pl.col("market") == market)
        ).sort("month")
        levels = seen.filter(pl.col("gbps") > 0)["gbps"].to_list()
        low, middle, high = (row[f"p{level}_gbps"] for level in (10, 50, 90))
        spread = stated.get("month_spread", f"project:{row['project_id']}")
        weight, after = 0.0, (low, middle, high)
        if levels and spread is None:
            notes.append(Note("new_route_level", row["project_id"], reason("note.no_month_spread")))
        elif levels and spread is not None:
            # Most draws may never open by then: a median of 0 has no logarithm, and the months
            # seen say it all.
            prior_sd = (
                np.log(high / middle) / Z90
                if middle > 0 and low <= 0
                else np.log(high / low) / (2 * Z90)
                if low > 0
                else np.inf
            )
            level = updated(
                middle if middle > 0 else 1.0, max(float(prior_sd), 1e-6), levels, spread.value
            )
            weight, (below, above) = level.weight, interval(level.median, level.sd_log)
            after = (below, level.median, above)
        judged = known_until >= row["judged_on"]
        at_day = seen.filter(pl.col("month") == row["judged_on"])["gbps"].to_list()
        last = seen.row(-1, named=True) if seen.height else None
        came = (at_day[0] if at_day else 0.0) if judged else last["gbps"] if last else None
        loss = (
            None
            if came is None
            else float(
                np.mean(
                    [
                        pinball(np.array(value), np.array(came), q)
                        for q, value in ((0.1, low), (0.5, middle), (0.9, high))
                    ]
                )
            )
        )
        verdict = (
            "open" if not judged or came is None else "right" if low <= came <= high else "wrong"
        )
        rows.append(
            {
                **row,
                "market": market,
                "months_seen": seen.height,
                "last_month": last["month"] if last else None,
                "last_gbps": last["gbps"] if last else None,
                **{
                    f"updated_p{name}_gbps": value
                    for name, value in zip((10, 50, 90), after, strict=True)
                },
                "weight_of_data_ratio": weight,
                "pinball_gbps": loss,
                "verdict": verdict,
                **_finding(row, last, seen.height, verdict, came).columns(),
            }
        )
    if not rows:
        return NEW_ROUTE_SCORE.empty(), notes
    dtypes = {name: column.dtype for name, column in NEW_ROUTE_SCORE.columns.items()}
    frame = pl.DataFrame([{name: row.get(name) for name in dtypes} for row in rows], schema=dtypes)
    return check(frame, NEW_ROUTE_SCORE), list(dict.fromkeys(notes))


def _finding(
    row: Mapping[str, Any],
    last: Mapping[str, Any] | None,
    months: int,
    verdict: str,
    outcome: float | None,
) -> Reason:
    registered = {"low": row["p10_gbps"], "high": row["p90_gbps"], "month": row["judged_on"]}
    if verdict != "open":
        code = "registered.inside" if verdict == "right" else "registered.outside"
        return reason(code, outcome=outcome, **registered)
    if last is None:
        return reason("registered.nothing_carried", **registered)
    return reason(
        "registered.so_far", months=months, gbps=last["gbps"], last=last["month"], **registered
    )
