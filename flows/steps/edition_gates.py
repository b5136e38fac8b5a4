"""What must hold between a forecast and the last run that was kept: nothing moves, vanishes or
shrinks by more than the limits without somebody saying why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import polars as pl

from flows.settings import GateSettings
from flows.steps.sentences import problem_of
from forecasting.demand.engine import Forecast
from forecasting.series import KEY
from warehouse.errors import Problem
from warehouse.reasons import reason
from warehouse.schema import FORECAST_QUANTILE, FRAMES

MOST_CHANGE = 1000.0
"""Stands for a change from or to nothing, which has no ratio."""
NETWORK_ROWS = ("node", "segment", "capacity", "route", "route_path")
"""Frames of the network in which rows that vanish are rather lost than done with."""
MOST_NAMED = 5


@dataclass(frozen=True)
class LastRun:
    """The last kept run of a grain: its rows of FORECAST_QUANTILE, and the network as it was known
    then.
    """

    quantiles: pl.DataFrame
    network: Mapping[str, pl.DataFrame]

    @classmethod
    def none(cls) -> LastRun:
        return cls(FORECAST_QUANTILE.empty(), {})


def against_last_run(
    forecast: Forecast, network: Mapping[str, pl.DataFrame], last: LastRun, gates: GateSettings
) -> list[Problem]:
    """Every gate between this run and the last that does not pass."""
    return [
        *changed_too_much(forecast, last.quantiles, gates),
        *changed_totals(forecast, last.quantiles, gates),
        *lost_series(forecast, last.quantiles, gates),
        *lost_rows(network, last.network, gates),
    ]


def changed_too_much(
    forecast: Forecast, previous: pl.DataFrame, gates: GateSettings
) -> list[Problem]:
    """Medians that moved by more than the limit since the last kept run, for the same series and
    period.

    `previous` are rows of FORECAST_QUANTILE. The change is |ln(new / old)| as a ratio - 1, averaged
    over shared periods.
    """
    if not gates.max_change_ratio or previous.is_empty():
        return []
    at = [*KEY, "target_start"]
    both = _medians(forecast.quantiles, "new").join(_medians(previous, "old"), on=at)
    return [
        problem_of(
            " ".join(row[:4]), reason("gate.changed", by=row[4], most=gates.max_change_ratio)
        )
        for row in _moved(both, list(KEY), gates.max_change_ratio).iter_rows()
    ]


def changed_totals(
    forecast: Forecast, previous: pl.DataFrame, gates: GateSettings
) -> list[Problem]:
    """Sums of medians over routes, and over countries, that moved by more than their limit.

    A series that either run lacks counts as nothing there, so what is lost or new moves the sum.
    """
    if not gates.max_total_change_ratio or previous.is_empty():
        return []
    over = ["series_kind", "direction", "statistic"]
    at = [*over, "target_start"]
    new, old = (
        _medians(quantiles, name)
        .filter(pl.col("series_kind").is_in(["route", "country"]))
        .group_by(at)
        .agg(pl.col(name).sum())
        for name, quantiles in (("new", forecast.quantiles), ("old", previous))
    )
    return [
        problem_of(
            " ".join(row[:3]), reason("gate.total", by=row[3], most=gates.max_total_change_ratio)
        )
        for row in _moved(new.join(old, on=at), over, gates.max_total_change_ratio).iter_rows()
    ]


def lost_series(forecast: Forecast, previous: pl.DataFrame, gates: GateSettings) -> list[Problem]:
    """Series that the last run forecast and this one does not, as a share of the last run's."""
    before = previous.select(KEY).unique()
    lost = before.join(forecast.paths.keys.select(KEY), on=KEY, how="anti").sort(KEY)
    if not gates.max_lost_ratio or lost.height <= gates.max_lost_ratio * before.height:
        return []
    names = [" ".join(row) for row in lost.head(MOST_NAMED).iter_rows()]
    return [
        problem_of(
            "series",
            reason(
                "gate.lost_series",
                lost=lost.height,
                count=before.height,
                most=gates.max_lost_ratio,
                names=", ".join(names),
            ),
        )
    ]


def lost_rows(
    network: Mapping[str, pl.DataFrame], before: Mapping[str, pl.DataFrame], gates: GateSettings
) -> list[Problem]:
    """Rows of the network that the last run knew and that are gone, as a share of each frame's."""
    problems = []
    for name in NETWORK_ROWS if gates.max_lost_ratio and before else ():
        # When a row became known is no part of what it says.
        key = [column for column in FRAMES[name].key if column != "known_at"]
        known = before[name].select(key).unique()
        lost = known.join(network[name].select(key), on=key, how="anti").sort(key)
        if lost.height > gates.max_lost_ratio * known.height:
            first = [" ".join(map(str, row)) for row in lost.head(MOST_NAMED).iter_rows()]
            found = reason(
                "gate.lost_rows",
                lost=lost.height,
                count=known.height,
                most=gates.max_lost_ratio,
                names=", ".join(first),
            )
            problems.append(problem_of(f"network {name}", found))
    return problems


def _medians(quantiles: pl.DataFrame, name: str) -> pl.DataFrame:
    return quantiles.filter(pl.col("quantile_level") == 0.5).select(
        *KEY, "target_start", pl.col("value_gbps").alias(name)
    )


def _moved(both: pl.DataFrame, over: list[str], most: float) -> pl.DataFrame:
    """Groups of rows whose `new` and `old` differ by more than `most` on average, and by how much.

    A median that falls to nothing, or rises from it, changes by more than any limit.
    """
    return (
        both.filter((pl.col("new") > 0) | (pl.col("old") > 0))
        .group_by(over)
        .agg(change=((pl.col("new") / pl.col("old")).log().abs().mean()).exp() - 1)
        .with_columns(pl.col("change").clip(upper_bound=MOST_CHANGE))
        .filter(pl.col("change") > most)
        .sort(over)
    )
