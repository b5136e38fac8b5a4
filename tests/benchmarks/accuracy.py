"""Forecasts on public series beside the field, in one run on one machine.

    python -m tests.benchmarks.accuracy [--sample 4] [--sets m1 m4_short seattle ...] [--no-peers]
    [--prophet]

Prints one table a set: accuracy, interval coverage and width, and milliseconds a series. Peers come
from the dependency group `benchmarks`. Every forecast sees only its own training part; series of
one origin are forecast together, those of different origins are not, since a later origin's history
is an earlier one's future.
"""

from __future__ import annotations

import argparse
import resource
import sys
import time
import warnings
from collections import defaultdict
from collections.abc import Callable
from datetime import UTC, datetime

import numpy as np
import polars as pl
from scipy.special import ndtri

from forecasting.demand.models.benchmarks import drift, seasonal_naive
from forecasting.series import FloatArray
from forecasting.standalone.panel import forecast_panel
from tests.benchmarks.sets import (
    LOOKED_AT,
    TRAFFIC,
    Series,
    bench_set,
    competition,
    far_ahead,
    m4_set,
    traffic_sets,
)
from tests.benchmarks.simulated import level_shifts, s_curves

LEVELS = (0.025, *(np.arange(1, 10) / 10).tolist(), 0.975)
MEDIAN, DECILES = 5, slice(1, 10)
PUBLISHED = {
    "q025": 0.025,
    "q10": 0.1,
    "q25": 0.25,
    "median": 0.5,
    "q75": 0.75,
    "q90": 0.9,
    "q975": 0.975,
}
"""Columns of a panel's forecast; deciles between them are read off on normal axes."""
Answer = np.ndarray
"""(11, horizon): the levels above; NaN where a method gives no interval."""


def smape(forecast: FloatArray, actual: FloatArray) -> float:
    """Symmetric mean absolute percentage error, 0-200; 0 where both are 0."""
    size = np.abs(forecast) + np.abs(actual)
    return float(
        200
        * np.divide(np.abs(forecast - actual), size, out=np.zeros_like(size), where=size > 0).mean()
    )


def interval_score(
    low: FloatArray, high: FloatArray, actual: FloatArray, coverage: float
) -> FloatArray:
    """Width plus 2 / (1 - coverage) times the distance outside (Gneiting and Raftery 2007)."""
    outside = np.maximum(low - actual, 0.0) + np.maximum(actual - high, 0.0)
    score: FloatArray = high - low + 2 / (1 - coverage) * outside
    return score


def named_sets(wanted: list[str], sample: int) -> dict[str, list[Series]]:
    makers: dict[str, Callable[[], list[Series]]] = {
        "m1": lambda: bench_set("bench_m1_monthly"),
        "m4_short": lambda: bench_set("bench_m4_monthly_short"),
        "m4_short_24_months": lambda: [
            Series(one.name, 12, one.train[-24:], one.test)
            for one in bench_set("bench_m4_monthly_short")
        ],
        **{
            f"{name}_60_from_{length}": lambda make=make, length=length: far_ahead(make(), length)
            for name, make in (
                ("m1", lambda: bench_set("bench_m1_monthly")),
                ("m3", lambda: competition("M3", "monthly")),
                ("tourism", lambda: competition("Tourism", "monthly")),
            )
            for length in (24, 60)
        },
        "m3": lambda: competition("M3", "monthly"),
        "tourism": lambda: competition("Tourism", "monthly"),
        "m3_quarterly": lambda: competition("M3", "quarterly"),
        "tourism_quarterly": lambda: competition("Tourism", "quarterly"),
        "m1_quarterly": lambda: competition("M1", "quarterly"),
        "m3_yearly": lambda: competition("M3", "yearly"),
        "m4_weekly": lambda: m4_set("Weekly"),
        "m4_hourly": lambda: m4_set("Hourly"),
        **{name: lambda name=name: traffic_sets().get(name, []) for name in TRAFFIC},
        "s_curves_36": s_curves,
        "level_shifts_12": level_shifts,
    }
    return {
        name: make()[:: 1 if name.startswith(("seattle", "short")) else sample]
        for name, make in makers.items()
        if not wanted or name in wanted
    }


def ours(series: list[Series]) -> list[Answer]:
    """Through the public call, one origin at a time."""
    groups: dict[str, list[int]] = defaultdict(list)
    for row, one in enumerate(series):
        groups[one.name.partition("@")[2]].append(row)
    answers: list[Answer] = [np.empty(0)] * len(series)
    for rows in groups.values():
        frame = pl.concat(
            [
                pl.DataFrame(
                    {
                        "series_id": f"{row:06d}",
                        "step": np.arange(len(series[row].train)),
                        "value": series[row].train,
                    }
                )
                for row in rows
            ]
        )
        horizon = len(series[rows[0]].test)
        found = forecast_panel(frame, season=series[rows[0]].season, horizon=horizon, min_periods=6)
        for key, part in found.group_by("series_id", maintain_order=True):
            table = part.select(*PUBLISHED).to_numpy()
            answers[int(str(key[0]))] = (
                at_levels(table) if len(table) == horizon else plain(np.full(horizon, np.nan))
            )
    return answers


def filled(values: np.ndarray) -> np.ndarray:
    steps = np.arange(len(values))
    known = np.isfinite(values)
    return np.interp(steps, steps[known], values[known])


def at_levels(table: np.ndarray) -> Answer:
    """Quantiles (horizon, PUBLISHED) at LEVELS, straight between the published ones against normal
    quantiles.
    """
    known, wanted = ndtri(list(PUBLISHED.values())), ndtri(LEVELS)
    return np.array([np.interp(wanted, known, row) for row in table]).T


def plain(point: np.ndarray) -> Answer:
    answer = np.full((len(LEVELS), len(point)), np.nan)
    answer[MEDIAN] = point
    return answer


def naive2(train: np.ndarray, season: int, horizon: int) -> np.ndarray:
    """The M4 competition's reference: last value, seasonally adjusted by classical multiplicative
    decomposition where the season is significant at 90 %. Series with zeros are adjusted as well.
    """
    count = len(train)
    if season > 1 and count >= 3 * season:
        centred = train - train.mean()
        energy = float(centred @ centred)
        lags = [
            float(centred[lag:] @ centred[: count - lag]) / energy if energy else 0.0
            for lag in range(1, season + 1)
        ]
        if abs(lags[-1]) > 1.645 * np.sqrt((1 + 2 * sum(lag * lag for lag in lags[:-1])) / count):
            indices = seasonal_ratios(train, season)
            last = indices[(count - 1) % season]
            if last > 0:
                return train[-1] / last * indices[(count + np.arange(horizon)) % season]
    return np.full(horizon, train[-1])


def seasonal_ratios(train: np.ndarray, season: int) -> np.ndarray:
    """Mean ratio of each phase (season,) to the centred moving average, of mean 1."""
    width = season + 1 - season % 2
    weights = np.full(width, 1 / season)
    if season % 2 == 0:
        weights[[0, -1]] /= 2
    half = width // 2
    smooth = np.convolve(train, weights, mode="valid")
    steps = np.arange(half, half + len(smooth))
    ratio = np.divide(train[steps], smooth, out=np.ones(len(smooth)), where=smooth > 0)
    means = np.array([ratio[steps % season == phase].mean() for phase in range(season)])
    return means / means.mean()


def peers() -> dict[str, Callable[[np.ndarray, int, int], Answer]]:
    """statsforecast's four automatic models; {} where it is not installed."""
    try:
        from statsforecast import models
    except ImportError:
        print("statsforecast is not installed: no peers", file=sys.stderr)
        return {}

    def say(make: Callable[[int], object]) -> Callable[[np.ndarray, int, int], Answer]:
        def answer(train: np.ndarray, season: int, horizon: int) -> Answer:
            widths = [20, 40, 60, 80, 95]
            found = make(season).forecast(y=train, h=horizon, level=widths)  # type: ignore[attr-defined]
            low = [found[f"lo-{width}"] for width in reversed(widths)]
            return np.vstack([*low, found["mean"], *(found[f"hi-{width}"] for width in widths)])

        return answer

    return {
        "AutoARIMA": say(lambda season: models.AutoARIMA(season_length=season)),
        "AutoETS": say(lambda season: models.AutoETS(season_length=season)),
        "AutoCES": say(lambda season: models.AutoCES(season_length=season)),
        "DynamicOptimizedTheta": say(
            lambda season: models.DynamicOptimizedTheta(season_length=season)
        ),
    }


def prophet_answer(train: np.ndarray, season: int, horizon: int) -> Answer:
    """Prophet as it comes, months for any other grain."""
    import logging

    import pandas as pd
    from prophet import Prophet

    logging.getLogger("cmdstanpy").setLevel(logging.ERROR)
    steps = pd.date_range(
        "2000-01-01", periods=len(train) + horizon, freq="MS" if season == 12 else "D"
    )
    bounds = []
    for width in (0.95, 0.8):
        model = Prophet(interval_width=width).fit(
            pd.DataFrame({"ds": steps[: len(train)], "y": train})
        )
        said = model.predict(pd.DataFrame({"ds": steps[len(train) :]}))
        bounds.append(said)
    wide, narrow = bounds
    answer = plain(wide["yhat"].to_numpy())
    answer[[0, 1, 9, 10]] = (
        wide["yhat_lower"],
        narrow["yhat_lower"],
        narrow["yhat_upper"],
        wide["yhat_upper"],
    )
    return answer


def measure(answers: list[Answer], series: list[Series], season: int) -> dict[str, float]:
    """Means over series of each measure, none left out, and beside them MASE and MSIS without the
    largest per cent, which one collapsed scale can't speak for. WQL is the mean of twice the
    pinball loss over the deciles, divided by the sum of the outcomes. Season 1 scales where the
    training part is shorter than a season and a half.
    """
    rows, losses, total = [], 0.0, 0.0
    deciles = np.array(LEVELS[DECILES])[:, None]
    for answer, one in zip(answers, series, strict=True):
        known = np.isfinite(one.test)
        if not known.any() or not np.isfinite(answer[MEDIAN]).all():
            continue
        train, actual = filled(one.train), one.test[known]
        low95, low80, point, high80, high95 = answer[[0, 1, MEDIAN, 9, 10]][:, known]
        lag = season if len(train) > 1.5 * season else 1
        scale = float(np.abs(train[lag:] - train[:-lag]).mean())
        if scale <= 0:
            continue
        short = actual - answer[DECILES][:, known]
        losses += 2 * float(np.maximum(deciles * short, (deciles - 1) * short).mean(axis=0).sum())
        total += float(np.abs(actual).sum())
        rows.append(
            (
                smape(point, actual),
                np.abs(point - actual).mean() / scale,
                ((actual >= low80) & (actual <= high80)).mean(),
                ((actual >= low95) & (actual <= high95)).mean(),
                interval_score(low95, high95, actual, 0.95).mean() / scale,
            )
        )
    table = np.array(rows)
    return {
        "sMAPE": table[:, 0].mean(),
        "MASE": table[:, 1].mean(),
        "MASE 99": trimmed(table[:, 1]),
        "cov80": table[:, 2].mean(),
        "cov95": table[:, 3].mean(),
        "MSIS": table[:, 4].mean(),
        "MSIS 99": trimmed(table[:, 4]),
        "WQL": losses / total,
        "n": len(table),
    }


def trimmed(values: np.ndarray) -> float:
    return float(np.sort(values)[: max(1, int(np.ceil(0.99 * len(values))))].mean())


def report(name: str, series: list[Series], with_peers: bool, with_prophet: bool) -> None:
    season = series[0].season
    scored = 1 if name == "m4_weekly" else season
    answers: dict[str, list[Answer]] = {}
    spent: dict[str, float] = {}

    def timed(label: str, work: Callable[[], list[Answer]]) -> None:
        start = time.process_time()
        answers[label] = work()
        spent[label] = (time.process_time() - start) / len(series) * 1000

    timed("transit-forecast", lambda: ours(series))
    clean = [filled(one.train) for one in series]
    horizons = [len(one.test) for one in series]
    for label, method in (
        ("seasonal naive", lambda y, h: seasonal_naive(y, season, h)),
        ("drift", drift),
        ("naive2", lambda y, h: naive2(y, scored, h)),
    ):
        timed(
            label,
            lambda method=method: [
                plain(method(y, h)) for y, h in zip(clean, horizons, strict=True)
            ],
        )  # type: ignore[misc]
    # Peers that estimate a state per season position can't take 52 weeks of one year.
    usable = 1 if min(map(len, clean)) < 2 * season or season == 52 else season
    four = peers() if with_peers else {}
    for label, method in four.items():
        method(clean[0], usable, horizons[0])
        timed(
            label,
            lambda method=method: [
                method(y, usable, h) for y, h in zip(clean, horizons, strict=True)
            ],
        )  # type: ignore[misc]
    if four:
        answers["median of the four"] = [
            np.median([answers[label][row] for label in four], axis=0) for row in range(len(series))
        ]
        spent["median of the four"] = sum(spent[label] for label in four)
    if with_prophet:
        timed(
            "Prophet",
            lambda: [prophet_answer(y, season, h) for y, h in zip(clean, horizons, strict=True)],
        )
    reference = measure(answers["naive2"], series, scored)
    mark = ", looked at while choosing" if name in LOOKED_AT else ""
    print(f"\n### {name}: {len(series)} series, horizon {horizons[0]}{mark}\n")
    print(
        "| method | OWA | sMAPE | MASE | MASE without 1 % | in 80 % | in 95 % | MSIS95 "
        "| MSIS95 without 1 % | WQL | ms/series |\n|" + "---|" * 11
    )
    for label, found in answers.items():
        got = measure(found, series, scored)
        owa = (got["sMAPE"] / reference["sMAPE"] + got["MASE"] / reference["MASE"]) / 2
        interval = (
            "| | | | |"
            if np.isnan(got["MSIS"])
            else f"| {got['cov80']:.3f} | {got['cov95']:.3f} | {got['MSIS']:.2f} "
            f"| {got['MSIS 99']:.2f} | {got['WQL']:.4f}"
        )
        left = (
            f" ({got['n']} of {len(series)})"
            if got["n"] < len(series) and label == "transit-forecast"
            else ""
        )
        print(
            f"| {label}{left} | {owa:.3f} | {got['sMAPE']:.2f} | {got['MASE']:.3f} | "
            f"{got['MASE 99']:.3f} {interval} | {spent[label]:.1f} |",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sets", nargs="*", default=[])
    parser.add_argument("--sample", type=int, default=4, help="take every n-th series of a set")
    parser.add_argument("--no-peers", action="store_true")
    parser.add_argument("--prophet", action="store_true")
    given = parser.parse_args()
    warnings.filterwarnings("ignore")
    versions = "statsmodels " + __import__("statsmodels").__version__ + ", numpy " + np.__version__
    print(f"{datetime.now(UTC):%Y-%m-%d}, Python {sys.version.split()[0]}, {versions}, one thread")
    for name, series in named_sets(given.sets, given.sample).items():
        if not series:
            print(f"\n{name}: the data hold no such window")
            continue
        report(name, series, not given.no_peers, given.prophet)
    print(f"\npeak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024:.0f} MiB")


if __name__ == "__main__":
    main()
