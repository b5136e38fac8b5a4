"""Make forecasting/demand/prior.json: how large forecast errors are against their scale.

    python -m tests.reference.forecasting_prior

Only these sizes are shipped, none of the series. Every second series of the competitions (M1, M3,
Tourism, M4's shorter months) and of the countries is left out, so that coverage there can be
measured on series the table has not seen; half of ESnet, a quarter of M4 Hourly, and all of M4
Weekly and of the daily exchanges are in it, and Seattle is not. For each share of outcomes the log
of the size is a surface over horizon and history length, by least squares on the quantiles found.
"""

from __future__ import annotations

import json
import sys
import warnings
from collections.abc import Iterable
from pathlib import Path

import numpy as np

from forecasting.demand.calibrate import COVERAGES, deviation
from forecasting.demand.combine import POOLS
from forecasting.demand.origin import Past, seen_together
from tests.benchmarks.sets import (
    Series,
    bench_set,
    competition,
    country_years,
    esnet_weeks,
    exchange_days,
    m4_set,
)

HORIZONS = (1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 48, 60)
LEAST_SCORES = 60
TOGETHER = 256
"""Windows looked at in one call."""
MONTH_LENGTHS = (16, 18, 24, 30, 36, 48, 60, 80, 110)


def scores(
    series: Iterable[np.ndarray], length: int, season: int, horizon: int, backs: Iterable[int]
) -> np.ndarray:
    """|error| / scale (windows, horizon) of windows of one length that end so many periods before
    their series does, NaN where there is no outcome.
    """
    pasts, outcomes = [], []
    for values in series:
        for end in (len(values) - back for back in backs if len(values) - back >= length):
            past, outcome = values[end - length : end], values[end : end + horizon]
            if past.min() > 0 and past.max() > past.min():
                pasts.append(past)
                outcomes.append(
                    np.pad(outcome, (0, horizon - len(outcome)), constant_values=np.nan)
                )
    found = [np.empty((0, horizon))]
    for at in range(0, len(pasts), TOGETHER):
        some, observed = np.stack(pasts[at : at + TOGETHER]), np.stack(outcomes[at : at + TOGETHER])
        seen = seen_together([Past(past, True, horizon) for past in some], season)
        points, sizes = (
            np.stack([getattr(one, name) for one in seen]) for name in ("point", "scale")
        )
        with np.errstate(divide="ignore"):
            found.append(np.abs(deviation(observed, points, log=True)) / sizes)
    stacked = np.concatenate(found)
    return np.where(np.isfinite(stacked), stacked, np.nan)


def table(
    series: list[np.ndarray],
    lengths: tuple[int, ...],
    season: int,
    horizon: int,
    backs: tuple[int, ...],
) -> dict[str, object]:
    """The surface's sizes on the grid of `lengths` and HORIZONS, level beyond the farthest horizon
    measured.
    """
    places, sizes, weights = [], [], []
    steps = sorted({step for step in HORIZONS if step <= horizon})
    for length in lengths:
        found = scores(series, length, season, horizon, backs)
        for step in steps:
            column = found[:, step - 1] if len(found) else np.empty(0)
            column = column[np.isfinite(column)]
            if len(column) >= LEAST_SCORES:
                places.append(_terms(step, length))
                sizes.append(np.log(np.maximum(np.quantile(column, COVERAGES), 0.01)))
                weights.append(np.sqrt(len(column)))
        print(
            f"season {season}: {length} periods, {len(found)} windows", file=sys.stderr, flush=True
        )
    root = np.array(weights)[:, None]
    surface = np.linalg.lstsq(np.array(places) * root, np.array(sizes) * root, rcond=None)[0]
    grid = [
        [
            np.maximum.accumulate(np.exp(np.array(_terms(min(step, steps[-1]), length)) @ surface))
            .round(4)
            .tolist()
            for step in HORIZONS
        ]
        for length in lengths
    ]
    return {"lengths": list(lengths), "horizons": list(HORIZONS), "size": grid}


def _terms(step: int, length: int) -> tuple[float, ...]:
    """What a size is made from. What more history brings fades like its reciprocal; first steps
    miss by more than a plane would say.
    """
    ahead, little = np.log(step), 1 / length
    return 1.0, ahead, little, ahead * little, ahead**2


def halves(*sets: list[Series]) -> list[np.ndarray]:
    """Every second series of each set, whole."""
    return [np.concatenate([one.train, one.test]) for series in sets for one in series[::2]]


def known(values: np.ndarray) -> np.ndarray:
    """Without gaps: the calibration needs neighbours, not dates."""
    without: np.ndarray = values[np.isfinite(values)]
    return without


def main() -> None:
    warnings.filterwarnings("ignore", category=RuntimeWarning)
    months = halves(
        bench_set("bench_m1_monthly"),
        competition("M3", "monthly"),
        competition("Tourism", "monthly"),
        bench_set("bench_m4_monthly_short")[::2],
    )
    quarters = halves(*(competition(name, "quarterly") for name in ("M1", "M3", "Tourism")))
    weeks = [known(values) for values in list(esnet_weeks().values())[::2]]
    long_weeks = [np.concatenate([one.train, one.test])[-400:] for one in m4_set("Weekly")[::2]]
    days = [known(values) for values in exchange_days().values()]
    hours = [np.concatenate([one.train, one.test]) for one in m4_set("Hourly")[::4]]
    years = list(country_years().values())[::2] + halves(
        *(competition(name, "yearly") for name in ("M3", "Tourism"))
    )
    tables = {
        "pools": POOLS,
        "month": table(months, MONTH_LENGTHS, 12, 60, (18, 60)),
        "quarter": table(quarters, (12, 16, 24, 32, 48, 80), 4, 16, (8, 16)),
        "week": table(weeks + long_weeks, (26, 34, 42, 80, 156, 208), 52, 36, (13, 36)),
        "day": table(days, (60, 120, 240, 480), 7, 48, tuple(range(14, 337, 14))),
        "hour": table(hours, (120, 240, 360, 672), 24, 48, (24, 48, 72)),
        "year": table(years, (8, 10, 12, 14), 1, 6, (2, 4, 6)),
    }
    out = Path(__file__).parents[2] / "forecasting" / "demand" / "prior.json"
    out.write_text(json.dumps(tables, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
