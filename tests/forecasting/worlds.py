"""Small seeded histories for tests of the forecasting floor."""

from __future__ import annotations

from datetime import date

import numpy as np
import polars as pl

from forecasting.demand.study import Study, plain_chunk, study_chunk
from forecasting.series import KEY, History, add_periods
from forecasting.spec import ForecastSpec


def growing(
    length: int, seed: int, growth: float = 0.02, noise: float = 0.05, season: float = 0.1
) -> np.ndarray:
    """A random walk with drift and a yearly season, on the log scale."""
    rng = np.random.default_rng(seed)
    walk = np.cumsum(rng.normal(growth, noise, length))
    return np.exp(walk + season * np.sin(2 * np.pi * np.arange(length) / 12))


def history(
    series: dict[tuple[str, str, str], np.ndarray], grain: str = "month", kind: str = "route"
) -> History:
    """(series_id, direction, statistic) -> values of one length, as a history from 2020 on (weeks
    from a Monday).
    """
    keys = pl.DataFrame(
        [(kind, *key) for key in series], schema=dict.fromkeys(KEY, pl.String), orient="row"
    )
    values = np.array(list(series.values()), dtype=float)
    start = {"week": date(2020, 1, 6), "year": date(2005, 1, 1)}.get(grain, date(2020, 1, 1))
    periods = tuple(add_periods(start, step, grain) for step in range(values.shape[1]))
    return History(grain, keys, periods, values, np.zeros_like(values))


def routes(count: int, length: int, seed: int = 0) -> History:
    """`count` routes in two directions and two statistics, the four of one route moving
    together.
    """
    rng = np.random.default_rng(seed)
    series = {}
    for number in range(count):
        shared = np.log(growing(length, seed + 100 + number)) + rng.normal(0, 1)
        for direction in ("in", "out"):
            mean = np.exp(shared + rng.normal(0, 0.02, length) + rng.normal(0, 0.3))
            series[f"R{number:02d}", direction, "mean"] = mean
            series[f"R{number:02d}", direction, "p95"] = mean * np.exp(
                0.5 + rng.normal(0, 0.02, length)
            )
    return history(series)


def studied(values: np.ndarray, spec: ForecastSpec, season: int) -> Study:
    """The study of one series (T,) alone."""
    (found,) = study_chunk(plain_chunk(values[None, :], spec, season))
    assert isinstance(found, Study), found
    return found
