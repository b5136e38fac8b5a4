"""Make forecasting/prior.json: how large forecast errors are against their scale on public series.

    python -m tests.reference.forecasting_prior

Only these sizes are shipped, none of the series. Held-out series of the benchmark sets (every second one) are left out, so that
the benchmark's coverage is measured on series the table has not seen.
"""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np

from forecasting.calibrate import COVERAGES
from forecasting.combine import outlook
from forecasting.models.window import window
from tests.benchmarks.sets import Series, monthly_sets

HORIZONS = (1, 2, 3, 4, 6, 9, 12, 18, 24, 36, 60)
MONTH_LENGTHS = (18, 24, 36, 48, 72, 110)


def absolute_scores(series: list[Series], length: int, season: int, horizon: int) -> np.ndarray:
    """|error| / scale (n, horizon) of the last window of each series long enough, its history cut to `length`."""
    rows = []
    for one in series:
        values = np.concatenate([one.train, one.test])
        if len(values) < length + horizon or values.min() <= 0:
            continue
        past, came = values[-horizon - length : -horizon], values[-horizon:]
        if past.max() == past.min():
            continue
        seen = outlook(window(past, log=True, season=season, horizon=horizon))
        rows.append(np.abs(np.log(came / seen.point)) / seen.scale)
    return np.array(rows)


def table(series: list[Series], lengths: tuple[int, ...], season: int, horizon: int) -> dict[str, object]:
    steps = np.arange(1.0, horizon + 1)
    basis = np.column_stack([np.ones(horizon), np.log(steps)])
    size = []
    for length in lengths:
        found = np.quantile(absolute_scores(series, length, season, horizon), COVERAGES, axis=0).T
        line = np.linalg.lstsq(basis, found, rcond=None)[0]
        wanted = np.column_stack([np.ones(len(HORIZONS)), np.log(HORIZONS)])
        size.append(np.maximum.accumulate(np.maximum(wanted @ line, 0.02), axis=1).round(4).tolist())
    return {"lengths": list(lengths), "horizons": list(HORIZONS), "size": size}


def main() -> None:
    series = [one for group in monthly_sets().values() for one in group][::2]
    month = table(series, MONTH_LENGTHS, 12, 18)
    tables = {"month": month, "week": month, "day": month, "year": month}
    out = Path(__file__).parents[2] / "forecasting" / "prior.json"
    out.write_text(json.dumps(tables, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
