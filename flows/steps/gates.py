"""Gates: what must hold before a forecast is kept and published. A failed gate keeps the last
edition and says why.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import numpy as np
import polars as pl

from flows.settings import GateSettings
from flows.steps.edition_gates import LastRun, against_last_run
from flows.steps.forecast import GrainForecast
from flows.steps.sentences import problem_of
from forecasting.demand.engine import Forecast
from forecasting.series import KEY, period_days
from warehouse.errors import Problem, TransitError
from warehouse.reasons import reason
from warehouse.schema import Grain

LATELY = 3
"""Periods at the end of the history that say how large a series is now."""


class GateError(TransitError):
    """A forecast that must not be published."""


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
    """Medians that grow far above anything seen, or fall far below what was seen last."""
    if not gates.max_growth_ratio or not forecast.paths.draws_gbps.size:
        return []
    seen = history.group_by(KEY).agg(
        largest=pl.col("value_gbps").max(),
        lately=pl.col("value_gbps").sort_by("period_start").tail(LATELY).max(),
    )
    medians = np.median(forecast.paths.draws_gbps, axis=1).max(axis=1)
    both = (
        forecast.paths.keys.select(KEY)
        .with_columns(median=pl.Series(medians, dtype=pl.Float64))
        .join(seen, on=KEY)
        .filter(pl.col("median").is_finite())
        .sort(KEY)
    )
    problems = []
    for *key, median, largest, lately in both.iter_rows():
        if median > gates.max_growth_ratio * largest:
            found = reason(
                "gate.explodes", gbps=median, times=gates.max_growth_ratio, largest=largest
            )
            problems.append(problem_of(" ".join(key), found))
        elif median * gates.max_growth_ratio < lately:
            found = reason(
                "gate.collapses", gbps=median, times=gates.max_growth_ratio, lately=lately
            )
            problems.append(problem_of(" ".join(key), found))
    return problems


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


@dataclass(frozen=True)
class Failed:
    """Gates that did not pass: what is `impossible` nobody can accept, what is `doubtful` a person
    may.
    """

    impossible: list[Problem]
    doubtful: list[Problem]


def failed_gates(
    made: GrainForecast,
    network: Mapping[str, pl.DataFrame],
    last: LastRun,
    gates: GateSettings,
    today: date,
) -> Failed:
    """Every gate that `made` does not pass, on the frames of the network it is planned with."""
    # Countries report a year or two late.
    late = [] if made.spec.grain == "year" else too_old(made.origin, made.spec.grain, today, gates)
    return Failed(
        impossible(made.forecast),
        [
            *late,
            *exploding(made.forecast, made.traffic, gates),
            *unreliable(made.forecast, gates),
            *against_last_run(made.forecast, network, last, gates),
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
