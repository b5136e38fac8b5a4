"""What traffic becomes in a story: routes, and the markets, corridors and total they add up to, on the same draws."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import polars as pl

from forecasting.changes import PlanInputs, apply_scenario
from forecasting.hierarchy import aggregate
from forecasting.scenario import Scenario
from forecasting.series import Paths
from warehouse.network import Network
from warehouse.schema import ASSUMPTION, CAPACITY, COINCIDENCE, PROJECT

TRAFFIC_CHANGES = frozenset({"growth", "customer", "cap"})


def story_paths(scenario: Scenario, paths: Paths, network: Network) -> Paths:
    """The paths of every route in the story, and their sums anew; what changes no traffic (a cut, a price) is passed over."""
    traffic = replace(scenario, changes=tuple(change for change in scenario.changes if change[0] in TRAFFIC_CHANGES))
    empty = PlanInputs(
        _routes(paths), network, CAPACITY.empty(), COINCIDENCE.empty(), ASSUMPTION.empty(), PROJECT.empty()
    )
    return apply_scenario(traffic, empty).paths


def story_lines(scenarios: Sequence[Scenario], paths: Paths, network: Network) -> pl.DataFrame:
    """The median of every route, market, corridor and the total in each story, and as it stands (scenario_id base).

    Columns as FORECAST_QUANTILE with scenario_id before them. To be drawn as lines beside the fan, not as its quantiles.
    """
    members = pl.DataFrame(
        [(route.route_id, route.market, route.corridor) for route in network.routes.values()], schema=["route_id", "market", "corridor"], orient="row"
    )  # fmt: skip
    made = {"base": _routes(paths), **{one.scenario_id: story_paths(one, paths, network) for one in scenarios}}
    found = [
        one.quantiles((0.5,)).select(pl.lit(scenario_id).alias("scenario_id"), pl.all())
        for scenario_id, routes in made.items()
        for one in (routes, aggregate(routes, members))
        if one.keys.height
    ]
    return pl.concat(found).sort("scenario_id", "series_kind", "series_id", "direction", "statistic", "target_start")


def _routes(paths: Paths) -> Paths:
    return paths.take(paths.keys.with_row_index("row").filter(pl.col("series_kind") == "route")["row"].to_list())
