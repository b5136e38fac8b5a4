"""Route -> market -> corridor -> total: sums draw by draw."""

from __future__ import annotations

import numpy as np
import polars as pl

from forecasting.series import KEY, FloatArray, Paths, add_periods
from warehouse.errors import ContractError, Problem
from warehouse.schema import Grain


def aggregate(paths: Paths, members: pl.DataFrame) -> Paths:
    """Paths of every market, corridor and the total: the sum of its routes' means, draw by draw.

    `members` has columns route_id, market, corridor. Only statistic 'mean' of series_kind 'route'
    is added: 95th percentiles don't add up. A market whose route has no paths is left out, as are
    its corridor and the total, rather than shown too small.
    """
    missing = [name for name in ("route_id", "market", "corridor") if name not in members.columns]
    if missing:
        raise ContractError(
            "members of the hierarchy lack columns", [Problem("members", name) for name in missing]
        )
    rows = paths.keys.with_row_index("row").filter(
        (pl.col("series_kind") == "route") & (pl.col("statistic") == "mean")
    )
    placed = rows.join(
        members.select("route_id", "market", "corridor").unique(),
        left_on="series_id",
        right_on="route_id",
    )
    unknown = (
        rows.filter(~pl.col("series_id").is_in(placed["series_id"].to_list()))["series_id"]
        .unique()
        .sort()
        .to_list()
    )
    if unknown:
        raise ContractError(
            "routes have no market and corridor",
            [Problem(route, "is in no row of members") for route in unknown],
        )
    wanted = members.select("route_id", "market", "corridor").unique()
    keys: list[dict[str, str]] = []
    sums: list[FloatArray] = []
    for kind, group in (("market", "market"), ("corridor", "corridor"), ("total", "")):
        for (name, direction), part in _groups(placed, wanted, group):
            keys.append(
                {
                    "series_kind": kind,
                    "series_id": name,
                    "direction": direction,
                    "statistic": "mean",
                }
            )
            sums.append(paths.draws_gbps[part].sum(axis=0, dtype=np.float64))
    _, draws, horizon = paths.draws_gbps.shape
    frame = pl.DataFrame(keys, schema=dict.fromkeys(KEY, pl.String))
    order = frame.with_row_index("at").sort(KEY)["at"].to_list()
    stacked = np.stack([sums[at] for at in order]) if sums else np.empty((0, draws, horizon))
    return Paths(paths.grain, frame[order], paths.periods, stacked)


def named_by_members(shifts: pl.DataFrame, members: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """Rows of LEVEL_SHIFT in which a jump of a market, a corridor or the total that no event
    explains is given the one that explains a jump of one of its routes in the same period or a
    neighbouring one; the largest where several do.
    """
    belongs = pl.concat(
        [
            members.select("route_id", series_kind=pl.lit("market"), series_id=pl.col("market")),
            members.select(
                "route_id", series_kind=pl.lit("corridor"), series_id=pl.col("corridor")
            ),
            members.select("route_id", series_kind=pl.lit("total"), series_id=pl.lit("total")),
        ]
    ).unique()
    near = pl.DataFrame(
        [
            (day, add_periods(day, step, grain))
            for day in shifts["period_start"].unique()
            for step in (-1, 0, 1)
        ],
        schema={"period_start": pl.Date, "near": pl.Date},
        orient="row",
    )
    causes = (
        shifts.filter((pl.col("series_kind") == "route") & pl.col("event_id").is_not_null())
        .sort(pl.col("size_ratio").log().abs(), descending=True)
        .join(near, on="period_start", maintain_order="left")
        .select("direction", route_id="series_id", cause="event_id", period_start="near")
        .join(belongs, on="route_id", maintain_order="left")
        .unique(
            ["series_kind", "series_id", "direction", "period_start"],
            keep="first",
            maintain_order=True,
        )
        .drop("route_id")
    )
    named = shifts.join(
        causes,
        on=["series_kind", "series_id", "direction", "period_start"],
        how="left",
        maintain_order="left",
    )
    return named.with_columns(event_id=pl.coalesce("event_id", "cause")).drop("cause")


def _groups(
    placed: pl.DataFrame, wanted: pl.DataFrame, group: str
) -> list[tuple[tuple[str, str], list[int]]]:
    """(name, direction) and rows of each group whose every route is there in that direction."""
    named = placed.with_columns(name=pl.col(group) if group else pl.lit("total"))
    needed = (
        wanted.with_columns(name=pl.col(group) if group else pl.lit("total"))
        .group_by("name")
        .agg(needed=pl.col("route_id").n_unique())
    )
    found = (
        named.group_by("name", "direction")
        .agg(pl.col("row").sort(), there=pl.col("series_id").n_unique())
        .join(needed, on="name")
        .filter(pl.col("there") == pl.col("needed"))
        .sort("name", "direction")
    )
    return [((row["name"], row["direction"]), row["row"]) for row in found.iter_rows(named=True)]
