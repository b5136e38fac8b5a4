"""Backtests into scores: one row per series, model and horizon, and one for all horizons together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.special import ndtri

from forecasting.accuracy import diebold_mariano_columns
from forecasting.calibrate import reached, standard_reach
from forecasting.series import FloatArray, repeated
from forecasting.study import BENCHMARKS, MODELS, Study

LEVELS = (np.arange(19) + 0.5) / 19
"""Levels whose mean pinball loss stands for the CRPS."""
INTERVALS = (0.025, 0.1, 0.9, 0.975)
_BY_HORIZON = ("ensemble", *BENCHMARKS)


def margins(study: Study, size: FloatArray, levels: FloatArray) -> FloatArray:
    """Calibrated quantiles (O, H, L) said at each past origin."""
    test = study.backtest
    reach = test.scale[:, :, None] * standard_reach(size, ndtri(levels))[None]
    bounds = np.moveaxis(test.bounds, 1, 0)[:, :, :, None]
    return reached(test.said[:, 0][:, :, None], reach, bounds, log=study.log)


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
    for place, row in enumerate(tried):
        for name, values in _score(studies[row], calibrated[row]).items():
            measured.setdefault(name, np.empty((len(tried), len(labels))))[place] = values[models, steps]
    frame = pl.DataFrame({
        "row": np.repeat(np.array(tried, dtype=np.uint32), len(labels)),
        "model": repeated([model for model, _ in labels], len(tried)),
        "horizon": np.tile(np.array(steps, dtype=np.int64), len(tried)),
        **{name: values.reshape(-1) for name, values in measured.items()},
    })  # fmt: skip
    return frame.filter(pl.col("n") > 0).with_columns(
        pl.col("n").cast(pl.Int64), pl.col(pl.Float64).exclude("n").fill_nan(None)
    )


def _score(study: Study, size: FloatArray) -> dict[str, FloatArray]:
    """Each measure as (M, 1 + H): all horizons together first. NaN where a measure does not apply."""
    test = study.backtest
    origins, models, horizon = test.said.shape
    error = test.said - test.outcome[:, None, :]
    size_of = np.abs(error)
    scaled = size_of / np.where(test.naive_mae > 0, test.naive_mae, np.nan)[:, None, None]
    quantiles = margins(study, size, np.concatenate([LEVELS, INTERVALS]))
    gap = test.outcome[:, :, None] - quantiles[:, :, : len(LEVELS)]
    crps = (2 * np.maximum(LEVELS * gap, (LEVELS - 1) * gap)).mean(axis=2)
    low95, low80, high80, high95 = np.moveaxis(quantiles[:, :, len(LEVELS) :], 2, 0)
    known = np.isfinite(test.outcome)
    inside80 = np.where(known, (test.outcome >= low80) & (test.outcome <= high80), np.nan)
    inside95 = np.where(known, (test.outcome >= low95) & (test.outcome <= high95), np.nan)
    counts = np.concatenate([[known.sum()], known.sum(axis=0)])

    def of_ensemble(values: FloatArray) -> FloatArray:
        found = np.full((models, horizon + 1), np.nan)
        found[0] = _means(values)
        return found

    gain = size_of[:, [MODELS.index("seasonal_naive")]] - size_of
    by_horizon = gain[:, [MODELS.index(model) for model in _BY_HORIZON]]
    overall = _by_origin(gain)
    spacing = float(np.median(np.diff(test.lengths))) if origins > 1 else 1.0
    dm_p = np.full((models, horizon + 1), np.nan)
    dm_p[:, 0] = diebold_mariano_columns(overall, np.full(models, _overlap(horizon, spacing, origins)))[1]
    overlaps = np.array([_overlap(step, spacing, origins) for step in range(1, horizon + 1)])
    for place, model in enumerate(_BY_HORIZON):
        dm_p[MODELS.index(model), 1:] = diebold_mariano_columns(by_horizon[:, place], overlaps)[1]
    dm_p[MODELS.index("seasonal_naive")] = np.nan
    crps_means = of_ensemble(crps)
    return {
        "n": np.broadcast_to(counts.astype(float), (models, horizon + 1)), "bias_gbps": _means(error), "mae_gbps": _means(size_of),
        "mase": _means(scaled), "pinball_gbps": crps_means, "crps_gbps": crps_means, "coverage_80": of_ensemble(inside80),
        "coverage_95": of_ensemble(inside95), "dm_p": dm_p,
    }  # fmt: skip


def _by_origin(values: FloatArray) -> FloatArray:
    """Means over the horizon of (O, M, H): (O, M), NaN where nothing is known."""
    known = np.isfinite(values)
    counts = known.sum(axis=2)
    found: FloatArray = np.divide(
        np.where(known, values, 0.0).sum(axis=2), counts, out=np.full(counts.shape, np.nan), where=counts > 0
    )
    return found


def _overlap(step: int, spacing: float, origins: int) -> int:
    """How many neighbouring origins share outcomes; beyond a third of them a long-run variance can't be told."""
    return max(1, min(int(np.ceil(step / spacing)), origins // 3))


def _means(values: FloatArray) -> FloatArray:
    """Means over origins of (O, ..., H), the mean over everything first: (..., 1 + H)."""
    known = np.isfinite(values)
    filled = np.where(known, values, 0.0)
    sums, counts = filled.sum(axis=0), known.sum(axis=0)
    sums = np.concatenate([sums.sum(axis=-1, keepdims=True), sums], axis=-1)
    counts = np.concatenate([counts.sum(axis=-1, keepdims=True), counts], axis=-1)
    found: FloatArray = np.divide(sums, counts, out=np.full(sums.shape, np.nan), where=counts > 0)
    return found
