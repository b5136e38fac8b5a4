"""A forecast made before a route exists: registered with what would show it wrong, updated as months come, and judged."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import numpy as np
import polars as pl

from forecasting.newroute import updated
from forecasting.series import FloatArray


def register(
    newcomer_gbps: FloatArray, ready_days: FloatArray, periods: Sequence[date], project: Mapping[str, Any], market: str, today: date, assumption_ids: Sequence[str]
) -> dict[str, Any]:  # fmt: skip
    """A row of NEW_ROUTE_REGISTRATION from the newcomer's draws (S, H). Judged at the end of the horizon, or two years after the likely date where that comes first."""
    wanted = min(periods[-1], project["ready_likely"] + timedelta(days=730))
    step = max(number for number, day in enumerate(periods) if day <= max(wanted, periods[0]))
    judged = periods[step]
    values = newcomer_gbps[:, step]
    low, middle, high = (float(np.quantile(values, level, method="inverted_cdf")) for level in (0.1, 0.5, 0.9))
    ready = float((ready_days <= (judged - today).days).mean())
    wrong = f"in {judged:%Y-%m} it carries less than {low:.3g} or more than {high:.3g} Gbit/s of {market}"
    return {
        "forecast_id": f"{project['project_id']}/{market}/{today}", "project_id": project["project_id"], "registered_on": today, "judged_on": judged,
        "p10_gbps": low, "p50_gbps": middle, "p90_gbps": high, "ready_probability_ratio": ready, "wrong_if": wrong, "assumption_ids": ";".join(assumption_ids),
    }  # fmt: skip


def judge(registration: pl.DataFrame, observed: pl.DataFrame, today: date, *, observed_sd_log: float) -> pl.DataFrame:
    """Each registered forecast beside what came: one row with the level updated month by month, its score and verdict.

    `observed` has project_id, month and gbps. Pinball loss (factor 2, mean of the three levels) is taken on the mean of
    the months seen; the verdict stays `open` until the day it is judged on.
    """
    rows = []
    for row in registration.sort("forecast_id").iter_rows(named=True):
        seen = (
            observed.filter((pl.col("project_id") == row["project_id"]) & (pl.col("gbps") > 0))
            .sort("month")["gbps"]
            .to_list()
        )
        prior_sd = max(np.log(max(row["p90_gbps"], 1e-9) / max(row["p10_gbps"], 1e-9)) / (2 * 1.2815515655446004), 1e-6)
        level = updated(max(row["p50_gbps"], 1e-9), float(prior_sd), seen, observed_sd_log)
        came = seen[-1] if seen else 0.0
        losses = [
            2 * max(q * (came - row[name]), (q - 1) * (came - row[name]))
            for q, name in ((0.1, "p10_gbps"), (0.5, "p50_gbps"), (0.9, "p90_gbps"))
        ]
        over = today >= row["judged_on"]
        verdict = "open" if not over else "right" if row["p10_gbps"] <= came <= row["p90_gbps"] else "wrong"
        rows.append({
            "forecast_id": row["forecast_id"], "months_seen": len(seen), "last_gbps": came, "updated_gbps": level.median, "updated_sd_log": level.sd_log,
            "weight_of_data_ratio": level.weight, "pinball_gbps": float(np.mean(losses)), "verdict": verdict,
        })  # fmt: skip
    return pl.DataFrame(rows)
