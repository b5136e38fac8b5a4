"""Backtests into scores: one row per series, model and horizon, and one for all horizons together."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Sequence

import numpy as np
import polars as pl
from numpy.typing import NDArray
from scipy.special import ndtri

from forecasting.accuracy import diebold_mariano_columns
from forecasting.calibrate import reached, standard_reach
from forecasting.series import FloatArray, repeated
from forecasting.study import BENCHMARKS, MODELS, Study

LEVELS = (np.arange(19) + 0.5) / 19
"""Levels whose mean pinball loss stands for the CRPS."""
INTERVALS = (0.025, 0.1, 0.9, 0.975)
_BY_HORIZON = ("ensemble", *BENCHMARKS)
TOGETHER = 64


def score_all(studies: Sequence[Study], calibrated: Sequence[FloatArray]) -> pl.DataFrame:
    """Columns of BACKTEST_SCORE without the key, and `row`, the study's place, by row, model and horizon.

    No rows where no past origin could be tried.
    """
    tried = [row for row, study in enumerate(studies) if len(study.backtest.lengths)]
    if not tried:
        return pl.DataFrame()
    horizon = studies[tried[0]].backtest.said.shape[2]
    labels = sorted(
        (model, step) for model in MODELS for step in (range(horizon + 1) if model in _BY_HORIZON else range(1))
    )
    models, steps = [MODELS.index(model) for model, _ in labels], [step for _, step in labels]
    measured: dict[str, FloatArray] = {}
    for places in _alike([studies[row] for row in tried]):
        rows = [tried[place] for place in places]
        for name, values in _scores(
            [studies[row] for row in rows], np.stack([calibrated[row] for row in rows])
        ).items():
            measured.setdefault(name, np.empty((len(tried), len(labels))))[places] = values[:, models, steps]
    frame = pl.DataFrame({
        "row": np.repeat(np.array(tried, dtype=np.uint32), len(labels)),
        "model": repeated([model for model, _ in labels], len(tried)),
        "horizon": np.tile(np.array(steps, dtype=np.int64), len(tried)),
        **{name: values.reshape(-1) for name, values in measured.items()},
    })  # fmt: skip
    return frame.filter(pl.col("n") > 0).with_columns(
        pl.col("n").cast(pl.Int64), pl.col(pl.Float64).exclude("n").fill_nan(None)
    )


def _alike(studies: Sequence[Study]) -> Iterator[list[int]]:
    """Places of studies with equally many origins and one scale, few at a time: numpy is called once for all of them."""
    groups: defaultdict[tuple[int, bool], list[int]] = defaultdict(list)
    for place, study in enumerate(studies):
        groups[len(study.backtest.lengths), study.log].append(place)
    for places in groups.values():
        yield from (places[at : at + TOGETHER] for at in range(0, len(places), TOGETHER))


def _scores(studies: Sequence[Study], sizes: FloatArray) -> dict[str, FloatArray]:
    """Each measure as (N, M, 1 + H) of N studies with O origins each: all horizons together first. NaN where a measure does not apply."""
    tests = [study.backtest for study in studies]
    said, outcome = np.stack([test.said for test in tests]), np.stack([test.outcome for test in tests])
    scale, bounds = np.stack([test.scale for test in tests]), np.stack([test.bounds for test in tests])
    naive_mae = np.stack([test.naive_mae for test in tests])
    count, _, models, horizon = said.shape
    error = said - outcome[:, :, None, :]
    size_of = np.abs(error)
    scaled = size_of / np.where(naive_mae > 0, naive_mae, np.nan)[:, :, None, None]
    levels = np.concatenate([LEVELS, INTERVALS])
    reach = scale[..., None] * standard_reach(sizes, ndtri(levels))[:, None]
    quantiles = reached(said[:, :, 0, :, None], reach, np.moveaxis(bounds, 2, 0)[..., None], log=studies[0].log)
    gap = outcome[..., None] - quantiles[..., : len(LEVELS)]
    crps = (2 * np.maximum(LEVELS * gap, (LEVELS - 1) * gap)).mean(axis=-1)
    low95, low80, high80, high95 = np.moveaxis(quantiles[..., len(LEVELS) :], -1, 0)
    known = np.isfinite(outcome)
    inside80 = np.where(known, (outcome >= low80) & (outcome <= high80), np.nan)
    inside95 = np.where(known, (outcome >= low95) & (outcome <= high95), np.nan)
    at_horizon = known.sum(axis=1)
    counts = np.concatenate([at_horizon.sum(axis=1, keepdims=True), at_horizon], axis=1).astype(float)

    def of_ensemble(values: FloatArray) -> FloatArray:
        found = np.full((count, models, horizon + 1), np.nan)
        found[:, 0] = _means(values)
        return found

    crps_means = of_ensemble(crps)
    return {
        "n": np.broadcast_to(counts[:, None, :], (count, models, horizon + 1)), "bias_gbps": _means(error), "mae_gbps": _means(size_of),
        "mase": _means(scaled), "pinball_gbps": crps_means, "crps_gbps": crps_means, "coverage_80": of_ensemble(inside80),
        "coverage_95": of_ensemble(inside95), "dm_p": _significance(size_of, [test.lengths for test in tests]),
    }  # fmt: skip


def _significance(size_of: FloatArray, lengths: Sequence[FloatArray]) -> FloatArray:
    """p (N, M, 1 + H) of the models' errors (N, O, M, H) against seasonal naive's."""
    count, origins, models, horizon = size_of.shape
    gain = size_of[:, :, [MODELS.index("seasonal_naive")]] - size_of
    spacing = np.array([float(np.median(np.diff(one))) if origins > 1 else 1.0 for one in lengths])
    found = np.full((count, models, horizon + 1), np.nan)
    whole = [_overlap(horizon, gap, origins) for gap in spacing.tolist()]
    found[:, :, 0] = _columns(_by_origin(gain)[..., None], np.array(whole)[:, None, None])[..., 0]
    steps = np.array([[_overlap(step, gap, origins) for step in range(1, horizon + 1)] for gap in spacing.tolist()])
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
        np.where(known, values, 0.0).sum(axis=-1), counts, out=np.full(counts.shape, np.nan), where=counts > 0
    )
    return found


def _overlap(step: int, spacing: float, origins: int) -> int:
    """How many neighbouring origins share outcomes; beyond a third of them a long-run variance can't be told."""
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
