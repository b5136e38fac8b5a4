"""Gates: what must hold before a forecast is kept and published. A failed gate keeps the last
edition and says why.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from flows.settings import GateSettings
from flows.steps.forecast import GrainForecast
from flows.steps.sentences import problem_of
from forecasting.demand.engine import Forecast
from forecasting.series import KEY, period_days
from warehouse.errors import Problem, TransitError
from warehouse.reasons import reason
from warehouse.schema import Grain


class GateError(TransitError):
    """A forecast that must not be published."""


MOST_CHANGE = 1000.0
"""Stands for a change from or to nothing, which has no ratio."""


def too_old(origin: date, grain: Grain, today: date, gates: GateSettings) -> list[Problem]:
    """Data that end long ago make a forecast of the past."""
    age = (today - origin).days - period_days(origin, grain)
    if gates.max_age_days and age > gates.max_age_days:
        return [
            problem_of(
                "data", reason("gate.too_old", age=age, today=today, most=gates.max_age_days)
            )
        ]
    return []


def impossible(forecast: Forecast) -> list[Problem]:
    """Draws that are not finite or negative."""
    problems = []
    draws = forecast.paths.draws_gbps
    for row, name in enumerate(
        " ".join(key) for key in forecast.paths.keys.select(KEY).iter_rows()
    ):
        if not np.isfinite(draws[row]).all():
            problems.append(problem_of(name, reason("gate.not_finite")))
        elif (draws[row] < 0).any():
            problems.append(problem_of(name, reason("gate.negative")))
    return problems


def exploding(forecast: Forecast, history: pl.DataFrame, gates: GateSettings) -> list[Problem]:
    """Medians that grow far above anything seen."""
    if not gates.max_growth_ratio:
        return []
    draws = forecast.paths.draws_gbps
    largest = history.group_by(KEY).agg(largest=pl.col("value_gbps").max())
    medians = forecast.paths.keys.select(KEY).with_columns(
        median=pl.Series(
            np.median(draws, axis=1).max(axis=1) if draws.size else [], dtype=pl.Float64
        )
    )
    grown = (
        medians.join(largest, on=KEY)
        .filter(
            pl.col("median").is_finite()
            & (pl.col("median") > gates.max_growth_ratio * pl.col("largest"))
        )
        .sort(KEY)
    )
    return [
        problem_of(
            " ".join(row[:4]),
            reason("gate.explodes", gbps=row[4], times=gates.max_growth_ratio, largest=row[5]),
        )
        for row in grown.iter_rows()
    ]


def unreliable(forecast: Forecast, gates: GateSettings) -> list[Problem]:
    """Intervals that held too few of the past outcomes, over all series together."""
    scored = forecast.backtest.filter(
        (pl.col("model") == "ensemble")
        & (pl.col("horizon") == 0)
        & pl.col("coverage_80").is_not_null()
    )
    outcomes = int(scored["n"].sum())
    if outcomes < 100 or not gates.min_coverage_80_ratio:
        return []
    held = float((scored["coverage_80"] * scored["n"]).sum()) / outcomes
    if held < gates.min_coverage_80_ratio:
        return [
            problem_of(
                "backtest",
                reason(
                    "gate.coverage", share=held, count=outcomes, least=gates.min_coverage_80_ratio
                ),
            )
        ]
    return []


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
    new = forecast.quantiles.filter(pl.col("quantile_level") == 0.5).select(*at, new="value_gbps")
    old = previous.filter(pl.col("quantile_level") == 0.5).select(*at, old="value_gbps")
    moved = (
        new.join(old, on=at)
        # A median that falls to nothing, or rises from it, changes by more than any limit.
        .filter((pl.col("new") > 0) | (pl.col("old") > 0))
        .group_by(KEY)
        .agg(change=((pl.col("new") / pl.col("old")).log().abs().mean()).exp() - 1)
        .with_columns(pl.col("change").clip(upper_bound=MOST_CHANGE))
        .filter(pl.col("change") > gates.max_change_ratio)
        .sort(KEY)
    )
    return [
        problem_of(
            " ".join(row[:4]),
            reason("gate.changed", by=row[4], most=gates.max_change_ratio),
        )
        for row in moved.iter_rows()
    ]


@dataclass(frozen=True)
class Failed:
    """Gates that did not pass: what is `impossible` nobody can accept, what is `doubtful` a person
    may.
    """

    impossible: list[Problem]
    doubtful: list[Problem]


def failed_gates(
    made: GrainForecast, previous: pl.DataFrame, gates: GateSettings, today: date
) -> Failed:
    """Every gate that `made` does not pass; `previous` are the last kept run's rows of
    FORECAST_QUANTILE.
    """
    # Countries report a year or two late.
    late = [] if made.spec.grain == "year" else too_old(made.origin, made.spec.grain, today, gates)
    return Failed(
        impossible(made.forecast),
        [
            *late,
            *exploding(made.forecast, made.traffic, gates),
            *unreliable(made.forecast, gates),
            *changed_too_much(made.forecast, previous, gates),
        ],
    )


def pass_or_refuse(failed: Failed, accepted: str | None) -> list[Problem]:
    """The doubts that `accepted`, somebody's reason, passes over. Raises GateError where anything
    else failed.
    """
    if accepted and not failed.impossible:
        return failed.doubtful
    refuse([*failed.impossible, *failed.doubtful])
    return []


def refuse(problems: list[Problem]) -> None:
    """Raises GateError where there is a problem."""
    if problems:
        raise GateError(
            f"the forecast is not published: {len(problems)} "
            f"gate{'s' if len(problems) > 1 else ''} failed",
            problems,
            "The last edition stays. Look at the data and the forecast. Where they are "
            "right: transit run --accept 'why', once; or change the limit in [gates] of "
            "transit.toml.",
        )
