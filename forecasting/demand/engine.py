"""History in, forecast out: joint paths for every series that can be forecast, and a reason for
every one that can't.
"""

from __future__ import annotations

from collections import deque
from concurrent.futures import Executor, ThreadPoolExecutor
from dataclasses import dataclass
from functools import cached_property

import numpy as np
import polars as pl
from threadpoolctl import threadpool_limits

from forecasting.demand.calibrate import prior, sizes
from forecasting.demand.combine import CANDIDATES
from forecasting.demand.draw import PARTS, loadings, paths, shocks
from forecasting.demand.effects import Effect, Regressor, fleet_index
from forecasting.demand.events import Known, known_events
from forecasting.demand.pairs import kept_in_range, log_ratio, neighbours, partners
from forecasting.demand.regressors import LeftOut, regressors_of
from forecasting.demand.score import Judged, judge_chunk, score_all
from forecasting.demand.study import Chunk, MapChunks, Study, chunks_of, forgotten
from forecasting.series import KEY, FloatArray, History, Paths, add_periods, repeated
from forecasting.spec import ForecastSpec
from warehouse.reasons import Reason, reason
from warehouse.schema import (
    BACKTEST_SCORE,
    FORECAST_COMPONENT,
    FORECAST_EFFECT,
    FORECAST_QUANTILE,
    LEVEL_SHIFT,
    NO_FORECAST,
    SEASON_LENGTH,
    check,
)

DRAWN_TOGETHER = 16
ROWS_TOGETHER = 512
"""Series whose rows are made at once: what is made on the way to a large frame is several times its
size.
"""
MOST_DOUBLES = 2**28
"""Draws beyond which they are kept in single precision: 2 GiB as doubles."""
AFTER_EVENT = 4
"""Periods from a known event on that say nothing of what all series have in common."""
CAPPED_FROM = {"p95": 0.05, "mean": 0.25}
"""Share of slots pinned at a cap from which the statistic no longer says what was wanted: the top 5
% is what p95 is made of.
"""


@dataclass(frozen=True)
class Forecast:
    """What is known about the future of each series, in the frames of warehouse.schema.

    `paths` holds the series that could be forecast, sorted by key; `no_forecast` the others with
    their reason.
    """

    paths: Paths
    no_forecast: pl.DataFrame
    backtest: pl.DataFrame
    components: pl.DataFrame
    shifts: pl.DataFrame
    effects: pl.DataFrame

    @cached_property
    def quantiles(self) -> pl.DataFrame:
        """Of every path, made when first asked for: of a large fleet they take a third of what the
        paths do.
        """
        return check(self.paths.quantiles(), FORECAST_QUANTILE)


def forecast(
    history: History,
    spec: ForecastSpec,
    *,
    events: pl.DataFrame | None = None,
    drivers: pl.DataFrame | None = None,
    map_chunks: MapChunks = map,
    threads: int = 1,
) -> Forecast:
    """Joint sample paths of every series over `spec.horizon` periods after the history's last one.

    `events` are rows of EVENT and `drivers` of DRIVER. `map_chunks` works like `map` and may send
    chunks to other processes: its function is picklable, and results do not depend on how the
    series are chunked. So many `threads` of this process do what needs all series at once. The same
    seed gives the same paths to the bit.
    """
    order = history.keys.with_row_index("row").sort(KEY)["row"].to_list()
    history = history.take(order)
    count = len(order)
    known = known_events(events, history)
    regressors, left_out = regressors_of(history, spec, known, drivers)
    with threadpool_limits(1), ThreadPoolExecutor(threads) as pool:
        whole = _whole(history, known, regressors, spec)
        found = [one for chunk in map_chunks(judge_chunk, chunks_of(whole)) for one in chunk]
        rows = [row for row in range(count) if isinstance(found[row], Judged)]
        keys = history.keys[rows] if count else history.keys
        frames = {
            "no_forecast": _no_forecast(history, found, spec),
            "shifts": _shifts(history, found, known, spec),
            "effects": _effects(history, found, left_out, spec),
        }
        judged = [one for one in found if isinstance(one, Judged)]
        del found  # Of a large fleet, what is no longer needed is most of the memory.
        studies = [one.study for one in judged]
        independent = keys.n_unique(["series_kind", "series_id"]) / max(keys.height, 1)
        calibrated = sizes(studies, prior(spec.grain), independent)
        frames["backtest"] = _backtest(keys, judged, calibrated, spec, pool)
        del judged
        studies = [forgotten(one) for one in studies]
        drawn = _draw(studies, calibrated, spec, pool)
        for mean, p95 in neighbours(whole.follows, rows):
            ratio = log_ratio(history.values_gbps[rows[mean]], history.values_gbps[rows[p95]])
            if np.isfinite(ratio).any():
                drawn[p95] = kept_in_range(drawn[p95], drawn[mean], ratio)
    periods = (
        tuple(
            add_periods(history.periods[-1], step, spec.grain)
            for step in range(1, spec.horizon + 1)
        )
        if count
        else ()
    )
    joint = Paths(spec.grain, keys, periods, drawn)
    return Forecast(joint, components=_components(joint, studies), **frames)


def _whole(
    history: History,
    known: Known,
    regressors: tuple[tuple[Regressor, ...], ...],
    spec: ForecastSpec,
) -> Chunk:
    unusual = known.disturbed | ~(history.values_gbps > 0)
    for row, step in [(one[0], one[1]) for one in known.lasting] + [
        (one[0], one[1]) for one in known.fading
    ]:
        unusual[row, step : step + AFTER_EVENT] = True
    logs = np.log(np.where(unusual, np.nan, history.values_gbps))
    limits = np.array([CAPPED_FROM[statistic] for statistic in history.keys["statistic"]]).reshape(
        -1, 1
    )
    follows = np.zeros(len(limits), dtype=bool)
    follows[[p95 for _, p95 in partners(history.keys)]] = True
    return Chunk(
        history.values_gbps,
        known.disturbed,
        history.censored_ratio > limits,
        tuple(known.steps(row) for row in range(len(limits))),
        spec,
        SEASON_LENGTH[spec.grain],
        regressors,
        fleet_index(logs),
        follows=follows,
    )


def _draw(
    studies: list[Study], calibrated: list[FloatArray], spec: ForecastSpec, pool: Executor
) -> FloatArray:
    shape = (len(studies), spec.draws, spec.horizon)
    draws: FloatArray = np.empty(
        shape, dtype=np.float32 if np.prod(shape) > MOST_DOUBLES else np.float64
    )
    if not studies:
        return draws
    past = min(spec.looked_at, len(studies[0].errors))
    weights = shocks(spec.draws, spec.horizon, past, spec.seed)
    taken = loadings(np.stack([study.errors[-past:] for study in studies]))

    def drawn_from(start: int) -> None:
        # Always the same width: a matrix product's last digits depend on it.
        block = np.zeros((past, DRAWN_TOGETHER), dtype=np.float32)
        block[:, : len(taken[start : start + DRAWN_TOGETHER])] = taken[
            start : start + DRAWN_TOGETHER
        ].T
        normals = np.ascontiguousarray((weights @ block).transpose(0, 2, 1)).reshape(
            PARTS, DRAWN_TOGETHER, spec.horizon, spec.draws
        )
        some = slice(start, start + DRAWN_TOGETHER)
        draws[some] = paths(normals[:, : len(studies[some])], studies[some], calibrated[some])

    deque(pool.map(drawn_from, range(0, len(studies), DRAWN_TOGETHER)), maxlen=0)
    return draws


def _shifts(
    history: History, found: list[Judged | Reason], known: Known, spec: ForecastSpec
) -> pl.DataFrame:
    rows = [
        {
            **history.keys.row(row, named=True),
            "grain": spec.grain,
            "period_start": history.periods[shift.step],
            "size_ratio": float(np.exp(shift.size)),
            "event_id": known.event_near(row, shift.step),
            "handled": "spliced",
        }
        for row, one in enumerate(found)
        if isinstance(one, Judged)
        for shift in one.study.shifts
    ]
    return check(
        pl.DataFrame(
            rows, schema={name: column.dtype for name, column in LEVEL_SHIFT.columns.items()}
        ),
        LEVEL_SHIFT,
    )


def _effects(
    history: History, found: list[Judged | Reason], left_out: list[LeftOut], spec: ForecastSpec
) -> pl.DataFrame:
    rows = [
        (
            row,
            effect.name,
            effect.kind,
            effect.estimate if np.isfinite(effect.error) else None,
            effect.error if np.isfinite(effect.error) else None,
            effect.coefficient,
            effect.decay,
            _verdict(effect),
        )
        for row, one in enumerate(found)
        if isinstance(one, Judged)
        for effect in one.study.effects
    ] + [
        (row, name, "driver", None, None, 0.0, None, why)
        for row, name, why in left_out
        if isinstance(found[row], Judged)
    ]
    flat = [(*row[:-1], row[-1].code, row[-1].values_json) for row in rows]
    at, *columns = zip(*flat, strict=True) if flat else [()] * 9
    names = (
        "effect",
        "kind",
        "measured_log",
        "error_log",
        "used_log",
        "decay_ratio",
        "verdict_code",
        "verdict_values",
    )
    frame = history.keys[list(at)].with_columns(
        pl.lit(spec.grain).alias("grain"),
        *(
            pl.Series(name, column, FORECAST_EFFECT.columns[name].dtype)
            for name, column in zip(names, columns, strict=True)
        ),
    )
    return check(frame, FORECAST_EFFECT)


def _verdict(effect: Effect) -> Reason:
    if effect.coefficient:
        return reason("effect.used")
    if effect.too_large:
        return reason("effect.too_large")
    return reason("effect.noise" if np.isfinite(effect.error) else "effect.unmeasured")


def _no_forecast(
    history: History, found: list[Judged | Reason], spec: ForecastSpec
) -> pl.DataFrame:
    rows = [row for row, one in enumerate(found) if isinstance(one, Reason)]
    reasons = [one for one in found if isinstance(one, Reason)]
    frame = history.keys[rows].with_columns(
        grain=pl.lit(spec.grain),
        reason_code=pl.Series([one.code for one in reasons], dtype=pl.String),
        reason_values=pl.Series([one.values_json for one in reasons], dtype=pl.String),
    )
    return check(frame, NO_FORECAST)


def _backtest(
    keys: pl.DataFrame,
    judged: list[Judged],
    calibrated: list[FloatArray],
    spec: ForecastSpec,
    pool: Executor,
) -> pl.DataFrame:
    def scored_from(at: int) -> pl.DataFrame:
        scored = score_all(judged[at : at + ROWS_TOGETHER], calibrated[at : at + ROWS_TOGETHER])
        if scored.is_empty():
            return BACKTEST_SCORE.empty()
        named = keys[at + scored["row"].to_numpy()].with_columns(grain=pl.lit(spec.grain))
        return check(pl.concat([named, scored.drop("row")], how="horizontal"), BACKTEST_SCORE)

    return pl.concat(
        [BACKTEST_SCORE.empty(), *pool.map(scored_from, range(0, len(judged), ROWS_TOGETHER))]
    )


def _components(joint: Paths, studies: list[Study]) -> pl.DataFrame:
    horizon, models = len(joint.periods), sorted(CANDIDATES)
    places = [CANDIDATES.index(model) for model in models]
    frames = [FORECAST_COMPONENT.empty()]
    for at in range(0, len(studies), ROWS_TOGETHER):
        some = studies[at : at + ROWS_TOGETHER]
        rows = len(some)
        frame = joint.keys[np.repeat(np.arange(at, at + rows), len(models) * horizon)].with_columns(
            pl.lit(joint.grain).alias("grain"),
            repeated(models, rows)
            .gather(np.repeat(np.arange(rows * len(models)), horizon))
            .alias("model"),
            repeated(list(joint.periods), rows * len(models)).alias("target_start"),
            pl.Series(
                "value_gbps", np.stack([study.candidates[places] for study in some]).reshape(-1)
            ),
            pl.Series(
                "weight",
                np.repeat(np.stack([study.weights[places] for study in some]).reshape(-1), horizon),
            ),
        )
        frames.append(check(frame, FORECAST_COMPONENT))
    return pl.concat(frames)
