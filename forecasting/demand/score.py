"""Backtests into scores: one row per series, model and horizon, and one for all horizons
together.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from forecasting.accuracy import diebold_mariano_columns
from forecasting.demand.calibrate import reached, standard_reach
from forecasting.demand.pairs import neighbours, pulled
from forecasting.demand.study import BENCHMARKS, MODELS, Backtest, Chunk, Study, study_chunk
from forecasting.series import FloatArray, repeated
from warehouse.reasons import Reason

LEVELS = (np.arange(19) + 0.5) / 19
"""Levels whose mean pinball loss stands for the CRPS."""
INTERVALS = (0.025, 0.1, 0.9, 0.975)
LEAST_MOVE = 1e-3
"""Share of the values that seasonal naive's error in the history must come to for scaled errors to
be told.
"""
_BY_HORIZON = ("ensemble", *BENCHMARKS)
POINTS = ("bias_gbps", "mae_gbps", "mase", "dm_p")
SPREADS = ("crps_gbps", "coverage_80", "coverage_95")
_MEASURES = (
    "bias_gbps",
    "mae_gbps",
    "mase",
    "pinball_gbps",
    "crps_gbps",
    "coverage_80",
    "coverage_95",
    "dm_p",
)
TOGETHER = 16


@dataclass(frozen=True)
class Judged:
    """A study whose models were held against what came: `points` are (POINTS, labels), empty where
    no past origin could be tried.

    What other models than the ensemble had said is not kept.
    """

    study: Study
    points: FloatArray


def judge_chunk(chunk: Chunk) -> list[Judged | Reason]:
    """Each series judged, or the reason why there is nothing to judge: what a worker does of a run.
    Each p95 is drawn to its mean first.
    """
    found = study_chunk(chunk)
    rows = [row for row, one in enumerate(found) if isinstance(one, Study)]
    studies = [one for one in found if isinstance(one, Study)]
    judged = iter(judge(pulled(studies, chunk.values[rows], neighbours(chunk.follows, rows))))
    return [one if isinstance(one, Reason) else next(judged) for one in found]


def judge(studies: Sequence[Study]) -> list[Judged]:
    """Each study with the scores of every model that need no calibration."""
    points = [np.empty((len(POINTS), 0)) for _ in studies]
    for places in _alike(
        studies, [place for place, study in enumerate(studies) if len(study.backtest.lengths)]
    ):
        for place, found in zip(
            places, _points([studies[place].backtest for place in places]), strict=True
        ):
            points[place] = found
    return [
        Judged(
            replace(
                study, backtest=replace(study.backtest, said=study.backtest.said[:, :1].copy())
            ),
            found,
        )
        for study, found in zip(studies, points, strict=True)
    ]


def _labels(horizon: int) -> list[tuple[str, int]]:
    """Model and horizon of each score, sorted; 0 stands for all horizons together."""
    return sorted(
        (model, step)
        for model in MODELS
        for step in (range(horizon + 1) if model in _BY_HORIZON else range(1))
    )


def score_all(judged: Sequence[Judged], calibrated: Sequence[FloatArray]) -> pl.DataFrame:
    """Columns of BACKTEST_SCORE without the key, and `row`, the study's place, by row, model and
    horizon.

    No rows where no past origin could be tried.
    """
    studies = [one.study for one in judged]
    tried = [row for row, study in enumerate(studies) if len(study.backtest.lengths)]
    if not tried:
        return pl.DataFrame()
    labels = _labels(len(studies[tried[0]].point))
    ensemble = [place for place, (model, _) in enumerate(labels) if model == "ensemble"]
    steps = [step for _, step in labels]
    place_of = {row: place for place, row in enumerate(tried)}
    counts = np.empty((len(tried), len(labels)))
    spread = np.full((len(SPREADS), len(tried), len(labels)), np.nan)
    for rows in _alike(studies, tried):
        places = [place_of[row] for row in rows]
        count, *found = _spreads(
            [studies[row] for row in rows], np.stack([calibrated[row] for row in rows])
        )
        counts[places] = count[:, steps]
        for at, values in enumerate(found):
            spread[at, np.array(places)[:, None], ensemble] = values
    points = np.stack([judged[row].points for row in tried], axis=1)
    measured = dict(zip((*POINTS, *SPREADS), (*points, *spread), strict=True))
    measured["pinball_gbps"] = measured["crps_gbps"]
    frame = pl.DataFrame(
        {
            "row": np.repeat(np.array(tried, dtype=np.uint32), len(labels)),
            "model": repeated([model for model, _ in labels], len(tried)),
            "horizon": np.tile(np.array(steps, dtype=np.int64), len(tried)),
            "n": counts.reshape(-1),
            **{name: measured[name].reshape(-1) for name in _MEASURES},
        }
    )
    return frame.filter(pl.col("n") > 0).with_columns(
        pl.col("n").cast(pl.Int64),
        pl.col(pl.Float64).exclude("n").fill_nan(None),
    )


def _alike(studies: Sequence[Study], rows: Sequence[int]) -> Iterator[list[int]]:
    """Those of `rows` with equally many origins and one scale, few at a time: numpy is called once
    for all of them.
    """
    groups: defaultdict[tuple[int, bool], list[int]] = defaultdict(list)
    for row in rows:
        groups[len(studies[row].backtest.lengths), studies[row].log].append(row)
    for together in groups.values():
        yield from (together[at : at + TOGETHER] for at in range(0, len(together), TOGETHER))


def _points(tests: Sequence[Backtest]) -> FloatArray:
    """Scores (N, POINTS, labels) of N series with O origins each, NaN where a measure does not
    apply.
    """
    said, outcome = (
        np.stack([test.said for test in tests]),
        np.stack([test.outcome for test in tests]),
    )
    naive_mae = np.stack([test.naive_mae for test in tests])
    error = said - outcome[:, :, None, :]
    size_of = np.abs(error)
    # Of a series that hardly moved and then does, an error in units of its former moves says
    # nothing.
    moves = naive_mae > LEAST_MOVE * np.abs(said[:, :, MODELS.index("seasonal_naive")]).mean(
        axis=-1
    )
    scaled = size_of / np.where(moves, naive_mae, np.nan)[:, :, None, None]
    labels = _labels(said.shape[3])
    models, steps = [MODELS.index(model) for model, _ in labels], [step for _, step in labels]
    every = (
        _means(error),
        _means(size_of),
        _means(scaled),
        _significance(size_of, [test.lengths for test in tests]),
    )
    return np.stack([values[:, models, steps] for values in every], axis=1)


def _spreads(studies: Sequence[Study], sizes: FloatArray) -> tuple[FloatArray, ...]:
    """How many outcomes there were, and SPREADS of the ensemble, (N, 1 + H) each: all horizons
    together first.
    """
    tests = [study.backtest for study in studies]
    said, outcome = (
        np.stack([test.said[:, 0] for test in tests]),
        np.stack([test.outcome for test in tests]),
    )
    scale, bounds = (
        np.stack([test.scale for test in tests]),
        np.stack([test.bounds for test in tests]),
    )
    levels = np.concatenate([LEVELS, INTERVALS])
    reach = scale[..., None] * standard_reach(sizes, ndtri(levels))[:, None]
    quantiles = reached(
        said[..., None], reach, np.moveaxis(bounds, 2, 0)[..., None], log=studies[0].log
    )
    gap = outcome[..., None] - quantiles[..., : len(LEVELS)]
    crps = (2 * np.maximum(LEVELS * gap, (LEVELS - 1) * gap)).mean(axis=-1)
    low95, low80, high80, high95 = np.moveaxis(quantiles[..., len(LEVELS) :], -1, 0)
    known = np.isfinite(outcome)
    inside80 = np.where(known, (outcome >= low80) & (outcome <= high80), np.nan)
    inside95 = np.where(known, (outcome >= low95) & (outcome <= high95), np.nan)
    at_horizon = known.sum(axis=1)
    counts = np.concatenate([at_horizon.sum(axis=1, keepdims=True), at_horizon], axis=1).astype(
        float
    )
    return counts, _means(crps), _means(inside80), _means(inside95)


def _significance(size_of: FloatArray, lengths: Sequence[FloatArray]) -> FloatArray:
    """p (N, M, 1 + H) of the models' errors (N, O, M, H) against seasonal naive's."""
    count, origins, models, horizon = size_of.shape
    gain = size_of[:, :, [MODELS.index("seasonal_naive")]] - size_of
    spacing = np.array([float(np.median(np.diff(one))) if origins > 1 else 1.0 for one in lengths])
    found = np.full((count, models, horizon + 1), np.nan)
    whole = [_overlap(horizon, gap, origins) for gap in spacing.tolist()]
    found[:, :, 0] = _columns(_by_origin(gain)[..., None], np.array(whole)[:, None, None])[..., 0]
    steps = np.array(
        [
            [_overlap(step, gap, origins) for step in range(1, horizon + 1)]
            for gap in spacing.tolist()
        ]
    )
    by_horizon = [MODELS.index(model) for model in _BY_HORIZON]
    found[:, by_horizon, 1:] = _columns(gain[:, :, by_horizon], steps[:, None, :])
    found[:, MODELS.index("seasonal_naive")] = np.nan
    return found


def _columns(gain: FloatArray, overlaps: NDArray[np.int64]) -> FloatArray:
    """p (N, M, H) of gains (N, O, M, H), each over its own origins."""
    count, origins, models, horizon = gain.shape
    by_column = gain.transpose(1, 0, 2, 3).reshape(origins, -1)
    each = np.broadcast_to(overlaps, (count, models, horizon)).reshape(-1)
    return diebold_mariano_columns(by_column, each)[1].reshape(count, models, horizon)


def _by_origin(values: FloatArray) -> FloatArray:
    """Means over the horizon of (N, O, M, H): (N, O, M), NaN where nothing is known."""
    known = np.isfinite(values)
    counts = known.sum(axis=-1)
    found: FloatArray = np.divide(
        np.where(known, values, 0.0).sum(axis=-1),
        counts,
        out=np.full(counts.shape, np.nan),
        where=counts > 0,
    )
    return found


def _overlap(step: int, spacing: float, origins: int) -> int:
    """How many neighbouring origins share outcomes; beyond a third of them a long-run variance
    can't be told.
    """
    return max(1, min(int(np.ceil(step / spacing)), origins // 3))


def _means(values: FloatArray) -> FloatArray:
    """Means over origins of (N, O, ..., H), the mean over everything first: (N, ..., 1 + H)."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    sums, counts = filled.sum(axis=1), known.sum(axis=1)
    sums = np.concatenate([sums.sum(axis=-1, keepdims=True), sums], axis=-1)
    counts = np.concatenate([counts.sum(axis=-1, keepdims=True), counts], axis=-1)
    found: FloatArray = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return found
