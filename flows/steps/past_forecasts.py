"""What a run says of what was said before, once the months came: live accuracy, challengers,
registered forecasts.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date

import polars as pl

from flows.settings import Settings
from flows.steps.forecast import GrainForecast
from flows.steps.inputs import open_warehouse
from forecasting.entry.registration import carried, judge
from forecasting.review.past_forecasts import (
    CHALLENGE_HORIZON,
    challenge_frame,
    drift_notes,
    live_frame,
    looked_back,
)
from warehouse.network.model import Network
from warehouse.reasons import Note

Plan = Mapping[str, pl.DataFrame]


def score_past_forecasts(
    settings: Settings, made: GrainForecast, planned: Plan, stated: Plan
) -> tuple[dict[str, pl.DataFrame], list[Note]]:
    """Rows of LIVE_ACCURACY and MODEL_CHALLENGE, of a planned run also of NEW_ROUTE_SCORE, and
    notes on what drifted.
    """
    grain = made.spec.grain
    with open_warehouse(settings) as warehouse:
        since = looked_back(made.origin, grain)
        matured = warehouse.run("results/matured", grain=grain, since=since)
        challenged = warehouse.run(
            "results/challenged", grain=grain, since=since, horizon_to=CHALLENGE_HORIZON[grain]
        )
        registered = warehouse.run("results/registered") if planned else pl.DataFrame()
        traffic = warehouse.read("traffic_period") if planned else pl.DataFrame()
    live = live_frame(matured, grain)
    challenge = challenge_frame(challenged, made.forecast.backtest, grain)
    frames, notes = (
        {"live_accuracy": live, "model_challenge": challenge},
        drift_notes(live, challenge),
    )
    if not planned:
        return frames, notes
    fresh = planned["new_route_registration"]
    if not registered.is_empty():
        # A forecast registered again in the same month waits for the next.
        months = registered.select(
            "project_id", "market", month=pl.col("registered_on").dt.truncate("1mo")
        )
        fresh = (
            fresh.with_columns(month=pl.col("registered_on").dt.truncate("1mo"))
            .join(months, on=["project_id", "market", "month"], how="anti")
            .drop("month")
        )
        fresh = pl.concat([registered.select(fresh.columns), fresh])
    known = traffic.filter(
        (pl.col("grain") == "month")
        & (pl.col("series_kind") == "route")
        & pl.col("value_gbps").is_not_null()
    )
    until = known["period_start"].max()
    if fresh.is_empty() or not isinstance(until, date):
        return frames, notes
    came = carried(known, Network.from_frames(stated), stated["project"])
    score, lacking = judge(fresh, came, stated["assumption"], known_until=until)
    return {**frames, "new_route_score": score}, [*notes, *lacking]
