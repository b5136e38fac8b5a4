"""A route's months beside what one run said of them, for the notebook app."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import polars as pl

from dashboards.charts.fan import fan
from dashboards.charts.picture import standalone
from dashboards.language import load_language
from warehouse.serving.query import query

_PERIODS = """
with observed as (
    select period_start as start, case $statistic when 'mean' then mean_gbps else p95.gbps end
        as observed
    from mart.traffic_month
    where series_kind = 'route' and series_id = $route and direction = $direction
),
forecast as (
    select
        target_start as start, max(value_gbps) filter (where quantile_level = 0.025) as q025,
            max(value_gbps) filter (where quantile_level = 0.1) as q100,
        max(value_gbps) filter (where quantile_level = 0.25) as q250, max(value_gbps)
            filter (where quantile_level = 0.5) as q500,
        max(value_gbps) filter (where quantile_level = 0.75) as q750, max(value_gbps)
            filter (where quantile_level = 0.9) as q900,
        max(value_gbps) filter (where quantile_level = 0.975) as q975
    from mart.forecast_all
    where run_id = $run_id and series_kind = 'route' and series_id = $route
        and direction = $direction and statistic = $statistic and grain = 'month'
    group by target_start
)
select coalesce(observed.start, forecast.start) as start, observed, q025, q100, q250, q500, q750,
    q900, q975
from observed
full join forecast on forecast.start = observed.start
order by 1
"""


def periods_of(
    database: Path, route: str, direction: str, statistic: str, run_id: str
) -> pl.DataFrame:
    """One row per month: start, what was observed, and the run's quantiles. What came after the run
    stays, to be seen against it.
    """
    return query(
        database,
        _PERIODS,
        params={"route": route, "direction": direction, "statistic": statistic, "run_id": run_id},
    )


def drawn(periods: pl.DataFrame, title: str) -> dict[str, Any]:
    """The Vega-Lite specification of the fan."""
    language = load_language("en")
    return dict(standalone(fan(periods, "month", language), language, title))
