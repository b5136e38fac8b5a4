"""A corridor's peak goes with the sum of its routes, now and on every future, whatever its own
history alone would say.
"""

from datetime import date

import numpy as np
import polars as pl

from flows.steps.forecast import forecast_with_groups
from flows.steps.inputs import Known
from forecasting.series import KEY, History, add_periods
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import growing

MONTHS = 48
SPEC = ForecastSpec(horizon=12, draws=100, backtest_origins=3)


def test_a_corridors_p95_keeps_its_measured_ratio_to_the_sum_of_means():
    means = np.array([growing(MONTHS, 1), 3 * growing(MONTHS, 2)])
    ratio = np.random.default_rng(3).uniform(1.25, 1.35, MONTHS)
    ratio[-5:] = 1.1  # the peak fell to another level: alone it would be forecast on its own way
    keys = [
        ("route", "A", "in", "mean"),
        ("route", "B", "in", "mean"),
        ("corridor", "C", "in", "p95"),
        ("total", "total", "in", "p95"),
    ]
    values = np.vstack([means, ratio * means.sum(axis=0), np.full(MONTHS, np.nan)])
    values[3, :40] = 1.3 * means.sum(axis=0)[:40]
    periods = tuple(add_periods(date(2020, 1, 1), step, "month") for step in range(MONTHS))
    frame = pl.DataFrame(keys, schema=dict.fromkeys(KEY, pl.String), orient="row")
    history = History("month", frame, periods, values, np.zeros(values.shape))
    routes = pl.DataFrame({"route_id": ["A", "B"], "market": ["M", "M"], "corridor": ["C", "C"]})
    nothing = pl.DataFrame(
        schema={**dict.fromkeys(["grain", *KEY], pl.String), "value_gbps": pl.Float64}
    )
    found = forecast_with_groups(history, SPEC, Known(nothing, None, routes, None))
    row = {key: at for at, key in enumerate(found.paths.keys.iter_rows())}
    drawn = (
        found.paths.draws_gbps[row["corridor", "C", "in", "p95"]]
        / found.paths.draws_gbps[row["corridor", "C", "in", "mean"]]
    )
    assert drawn.min() >= ratio.min() - 1e-9
    assert drawn.max() <= ratio.max() + 1e-9
    # What is refused stays refused, and its sum is still made.
    assert ("total", "total", "in", "p95") not in row
    assert ("total", "total", "in", "mean") in row
