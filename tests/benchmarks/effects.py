"""What moving holidays, fading surges and drivers are worth: the same forecasts with and without
them, on traffic whose truth is known.

python -m tests.benchmarks.effects [SERIES]
"""

from __future__ import annotations

import sys
import time
from dataclasses import replace
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from forecasting.demand.calendars import calendar_shares
from forecasting.demand.engine import forecast
from forecasting.series import FloatArray, History, add_periods
from forecasting.spec import ForecastSpec
from warehouse.schema import DRIVER, EVENT, Grain

DAYS = {"ramadan": -0.07, "nowruz": -0.12, "new_year": 0.1}


def fleet(
    count: int, length: int, grain: Grain, seed: int, start: date
) -> tuple[list[date], FloatArray]:
    """Logs (N, T): growth 1-3 % a month, a season, noise of 3 % that lasts (autocorrelation .5), a
    tenth of its variance common to all.
    """
    rng = np.random.default_rng(seed)
    periods = [add_periods(start, step, grain) for step in range(length)]
    steps, month = np.arange(length), {"month": 1.0, "week": 7 / 30.4, "day": 1 / 30.4}[grain]
    season = {"month": 12, "week": 52, "day": 7}[grain]
    pattern = rng.normal(0, 0.05, (count, season))[:, steps % season]
    noise = np.empty((count + 1, length))
    last = rng.normal(0, 1, count + 1)
    for step in range(length):
        last = 0.5 * last + np.sqrt(0.75) * rng.normal(0, 1, count + 1)
        noise[:, step] = last
    wander = np.cumsum(rng.normal(0, 0.01, (count, length)), axis=1)
    growth = rng.uniform(0.01, 0.03, (count, 1)) * steps * month
    mixed = 0.03 * (np.sqrt(0.9) * noise[:count] + np.sqrt(0.1) * noise[count])
    return periods, rng.normal(2, 1, (count, 1)) + growth + pattern + wander + mixed


def world(periods: list[date], logs: FloatArray, grain: Grain) -> History:
    keys = pl.DataFrame(
        {
            "series_kind": "route",
            "series_id": [f"r{row:04}" for row in range(len(logs))],
            "direction": "in",
            "statistic": "mean",
        }
    )
    return History(grain, keys, tuple(periods), np.exp(logs), np.zeros_like(logs))


def surge(start: date) -> pl.DataFrame:
    row = {
        "event_id": "E",
        "start_at": datetime(start.year, start.month, start.day, tzinfo=UTC),
        "end_at": None,
        "kind": "surge",
        "scope_kind": "all",
        "scope_id": "",
        "effect": "more",
        "simulated": True,
        "source": None,
        "confidence": "high",
    }
    return pl.DataFrame(
        [row], schema={name: column.dtype for name, column in EVENT.columns.items()}
    )


def stated_driver(periods: list[date], values: FloatArray) -> pl.DataFrame:
    """A row in the middle of each period."""
    return pl.DataFrame(
        {
            "driver_id": "customers",
            "scope_kind": "all",
            "scope_id": "",
            "period_start": periods,
            "value": values,
            "unit": "1",
            "assumed": True,
            "source": "simulated",
            "confidence": "high",
        }
    ).select(*DRIVER.columns)


def errors(
    history: History, spec: ForecastSpec, truth: FloatArray, **known: pl.DataFrame
) -> tuple[float, float, float]:
    """Mean absolute error of the medians in percent, share inside the 80 % interval, and
    milliseconds a series.
    """
    begun = time.process_time()
    found = forecast(history, spec, **known)
    spent = 1000 * (time.process_time() - begun) / len(truth)
    draws = np.sort(found.paths.draws_gbps, axis=1)
    low, middle, high = (draws[:, int(level * spec.draws)] for level in (0.1, 0.5, 0.9))
    return (
        100 * float(np.abs(middle / truth - 1).mean()),
        float(((truth >= low) & (truth <= high)).mean()),
        spent,
    )


def main() -> int:
    count = int(sys.argv[1]) if len(sys.argv) > 1 else 100
    print(f"{'traffic':44} {'effects':>8} {'error %':>8} {'in 80 %':>8} {'ms':>6}")
    for grain, length, horizon, start in (
        ("month", 60, 12, date(2020, 1, 1)),
        ("month", 96, 12, date(2017, 1, 1)),
        ("day", 1000, 120, date(2023, 5, 1)),
    ):
        for sizes, title in ((DAYS, "holidays"), ({}, "no holidays")):
            periods, logs = fleet(count, length + horizon, grain, 3, start)
            for name, size in sizes.items():
                logs += size * calendar_shares([name], periods, grain)
            _pair(
                f"{grain}s, {length}, {title}",
                periods,
                logs,
                length,
                ForecastSpec(
                    grain=grain,
                    horizon=horizon,
                    draws=200,
                    backtest_origins=6,
                    max_history=max(length, 120),
                ),
            )
    periods, logs = fleet(count, 72, "month", 4, date(2020, 1, 1))
    for ago in (2, 6):
        fading = logs + 0.5 * np.where(
            np.arange(72) >= 60 - ago, 0.8 ** np.maximum(np.arange(72) - 60.0 + ago, 0), 0
        )
        _pair(
            f"months, 60, a surge {ago} months ago",
            periods,
            fading,
            60,
            ForecastSpec(horizon=12, draws=200, backtest_origins=6),
            events=surge(periods[60 - ago]),
        )
    rng = np.random.default_rng(5)
    customers = np.exp(np.cumsum(rng.normal(0, 0.06, 72)))
    stated = stated_driver(
        [add_periods(start, 0, "month").replace(day=16) for start in periods], customers
    )
    early = stated.with_columns(period_start=pl.col("period_start").dt.offset_by("-1mo"))
    around = pl.concat(
        [
            early.head(1),
            stated,
            stated.tail(1).with_columns(period_start=pl.col("period_start").dt.offset_by("1mo")),
        ]
    )
    _pair(
        "months, 60, a driver of elasticity .6",
        periods,
        logs + 0.6 * np.log(customers),
        60,
        ForecastSpec(horizon=12, draws=200, backtest_origins=6),
        drivers=around,
    )
    _pair(
        "months, 60, a driver of no effect",
        periods,
        logs,
        60,
        ForecastSpec(horizon=12, draws=200, backtest_origins=6),
        drivers=around,
    )
    return 0


def _pair(
    title: str,
    periods: list[date],
    logs: FloatArray,
    length: int,
    spec: ForecastSpec,
    **known: pl.DataFrame,
) -> None:
    history, truth = world(periods[:length], logs[:, :length], spec.grain), np.exp(logs[:, length:])
    without = errors(history, replace(spec, calendar=()), truth)
    for name, made in (("without", without), ("with", errors(history, spec, truth, **known))):
        print(f"{title:44} {name:>8} {made[0]:8.2f} {made[1]:8.2f} {made[2]:6.1f}", flush=True)


if __name__ == "__main__":
    sys.exit(main())
