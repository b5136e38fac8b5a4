"""Mean and p95 of one route stay in their measured ratio, and a capped port does not cap the
forecast.
"""

from dataclasses import replace

import numpy as np
import pytest

from forecasting.demand.engine import forecast
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import growing, history, routes

SPEC = ForecastSpec(horizon=12, draws=100, backtest_origins=3)


def test_the_ratio_stays_in_its_measured_range_on_every_path():
    world = routes(4, 40)
    found = forecast(world, SPEC)
    rows = {key[1:]: row for row, key in enumerate(world.keys.iter_rows())}
    for row, (_, route, direction, statistic) in enumerate(found.paths.keys.iter_rows()):
        if statistic == "mean":
            measured = (
                world.values_gbps[rows[route, direction, "p95"]]
                / world.values_gbps[rows[route, direction, "mean"]]
            )
            drawn = found.paths.draws_gbps[row + 1] / found.paths.draws_gbps[row]
            assert drawn.min() >= measured.min() - 1e-9
            assert drawn.max() <= measured.max() + 1e-9


def test_a_full_port_hides_demand_that_the_forecast_restores():
    free = growing(60, 8, growth=0.03, noise=0.01, season=0.0)
    cap = free[52]
    capped = np.minimum(free, cap)
    world = history({("a", "in", "p95"): capped})
    marked = replace(world, censored_ratio=np.where(free >= cap, 0.2, 0.0)[None])
    blind = np.median(forecast(world, SPEC).paths.draws_gbps[0], axis=0)
    aware = np.median(forecast(marked, SPEC).paths.draws_gbps[0], axis=0)
    truth = np.median(
        forecast(history({("a", "in", "p95"): free}), SPEC).paths.draws_gbps[0], axis=0
    )
    assert aware.mean() > 1.1 * blind.mean()
    assert aware.mean() == pytest.approx(truth.mean(), rel=0.2)
