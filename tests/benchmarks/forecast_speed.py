"""How fast forecasts are made, and in how much memory: ratios against statsforecast's median of
four and against one series alone.

python -m tests.benchmarks.forecast_speed [--series 1000] [--horizon 60] [--draws 1000] [--workers
2]
"""

from __future__ import annotations

import argparse
import resource
import time
from concurrent.futures import ProcessPoolExecutor
from datetime import date
from multiprocessing import get_context

import numpy as np
import polars as pl
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from threadpoolctl import threadpool_limits

from forecasting.demand.engine import forecast
from forecasting.series import KEY, History, add_periods
from forecasting.spec import ForecastSpec
from forecasting.standalone.panel import forecast_and_remember, forecast_panel


def fleet(count: int, length: int = 72, seed: int = 0) -> History:
    """Simulated routes, one series each: growth, season, noise."""
    rng = np.random.default_rng(seed)
    steps = np.arange(length)
    working = (
        rng.normal(1, 1, (count, 1))
        + np.cumsum(rng.normal(0.015, 0.05, (count, length)), axis=1)
        + 0.1 * np.sin(2 * np.pi * (steps + rng.uniform(0, 12, (count, 1))) / 12)
    )
    keys = pl.DataFrame(
        [("route", f"R{row:06d}", "in", "mean") for row in range(count)],
        schema=dict.fromkeys(KEY, pl.String),
        orient="row",
    )
    periods = tuple(add_periods(date(2020, 1, 1), step, "month") for step in range(length))
    return History("month", keys, periods, np.exp(working), np.zeros((count, length)))


def public_class_ms(history: History, count: int = 5) -> float:
    """The baseline of this run: one damped seasonal ETSModel by statsmodels' public class."""
    start = time.process_time()
    for values in history.values_gbps[:count]:
        ETSModel(
            values, error="add", trend="add", damped_trend=True, seasonal="add", seasonal_periods=12
        ).fit(disp=False)
    return (time.process_time() - start) / count * 1000


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--series", type=int, default=1000)
    parser.add_argument("--horizon", type=int, default=60)
    parser.add_argument("--draws", type=int, default=1000)
    parser.add_argument("--workers", type=int, default=2)
    given = parser.parse_args()
    history = fleet(given.series)
    with threadpool_limits(1):
        baseline = public_class_ms(history)
    print(f"baseline: one ETSModel(A,Ad,A) by statsmodels' public class {baseline:.1f} ms")
    few = history.take(range(min(200, given.series)))
    panel = pl.DataFrame(
        {
            "series_id": np.repeat(few.keys["series_id"].to_numpy(), len(few.periods)),
            "step": np.tile(np.arange(len(few.periods)), len(few.keys)),
            "value": few.values_gbps.reshape(-1),
        }
    )
    before = panel.filter(pl.col("step") < pl.col("step").max())
    memory = forecast_and_remember(before, season=12, horizon=18, backtest_origins=2)[1]
    start = time.process_time()
    forecast_and_remember(panel, season=12, horizon=18, memory=memory)
    spent = (time.process_time() - start) / len(few.keys)
    print(
        f"one month more, from what was found before: {spent * 1000:.1f} ms a series, "
        f"{1 / spent:.0f} series/s a core"
    )
    start = time.process_time()
    forecast_panel(panel, season=12, horizon=18, backtest_origins=2)
    spent = (time.process_time() - start) / len(few.keys)
    print(
        f"panel, horizon 18, 2 past origins, intervals: {spent * 1000:.1f} ms a series, "
        f"{1 / spent:.0f} series/s a core, {baseline / spent / 1000:.1f} x the baseline's "
        "speed"
    )
    spec = ForecastSpec(horizon=given.horizon, draws=given.draws, backtest_origins=4)
    start = time.perf_counter()
    with ProcessPoolExecutor(given.workers, mp_context=get_context("spawn")) as pool:
        found = forecast(history, spec, map_chunks=pool.map)
    wall = time.perf_counter() - start
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024**2
    print(
        f"engine: {given.series} series x {given.horizon} months, {given.draws} joint "
        f"paths, 4 past origins, {given.workers} processes: {wall:.1f} s, "
        f"{memory:.2f} GiB in the parent, {len(found.paths.keys)} forecast; "
        f"{given.series / wall:.0f} series/s"
    )


if __name__ == "__main__":
    main()
