"""Backtests into scores: one row per series, model and horizon, and one for all horizons together."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import polars as pl
from scipy.special import ndtri

from forecasting.accuracy import diebold_mariano
from forecasting.calibrate import KNOTS
from forecasting.series import FloatArray
from forecasting.study import BENCHMARKS, MODELS, Study

LEVELS = (np.arange(39) + 0.5) / 39
"""Levels whose mean pinball loss stands for the CRPS."""
_SHOWN_BY_HORIZON = ("ensemble", *BENCHMARKS)


def margins(study: Study, size: FloatArray, levels: FloatArray) -> FloatArray:
    """Calibrated quantiles (O, H, L) said at each past origin."""

    normal = ndtri(levels)
    knots = np.concatenate([[0.0], KNOTS])
    spread = np.stack([np.interp(np.abs(normal), knots, np.concatenate([[0.0], row])) for row in size]) * np.sign(
        normal
    )
    test = study.backtest
    reach = test.scale[:, :, None] * spread[None]
    point = test.said[:, 0][:, :, None]
    if study.log:
        found: FloatArray = point * np.exp(np.clip(reach, -20.0, 20.0))
    else:
        found = np.maximum(point + reach, 0.0)
    return found


def score(study: Study, size: FloatArray, interval_levels: Sequence[float] = (0.025, 0.1, 0.9, 0.975)) -> pl.DataFrame:
    """Rows of BACKTEST_SCORE without the series' key. Empty where no past origin could be tried."""
    test = study.backtest
    if not len(test.lengths):
        return pl.DataFrame()
    known = np.isfinite(test.outcome)
    error = test.said - test.outcome[:, None, :]
    scaled = np.abs(error) / np.where(test.naive_mae > 0, test.naive_mae, np.nan)[:, None, None]
    quantiles = margins(study, size, np.concatenate([LEVELS, interval_levels]))
    gap = test.outcome[:, :, None] - quantiles[:, :, : len(LEVELS)]
    crps = (2 * np.maximum(LEVELS * gap, (LEVELS - 1) * gap)).mean(axis=2)
    low95, low80, high80, high95 = np.moveaxis(quantiles[:, :, len(LEVELS) :], 2, 0)
    inside80 = np.where(known, (test.outcome >= low80) & (test.outcome <= high80), np.nan)
    inside95 = np.where(known, (test.outcome >= low95) & (test.outcome <= high95), np.nan)
    naive = np.abs(error[:, MODELS.index("seasonal_naive")])
    horizon = test.outcome.shape[1]
    spacing = float(np.median(np.diff(test.lengths))) if len(test.lengths) > 1 else 1.0
    rows = []
    for index, model in enumerate(MODELS):
        ensemble = model == "ensemble"
        steps = range(horizon + 1) if model in _SHOWN_BY_HORIZON else range(1)
        for step in steps:
            at = slice(None) if step == 0 else slice(step - 1, step)
            count = int(known[:, at].sum())
            if not count:
                continue
            loss = naive[:, at] - np.abs(error[:, index, at])
            by_origin = _mean(loss, axis=1)
            # Beyond a third of the origins a long-run variance can't be told from so few of them.
            overlap = max(1, min(int(np.ceil((step or horizon) / spacing)), len(by_origin) // 3))
            rows.append({
                "model": model, "horizon": step, "n": count,
                "bias_gbps": float(np.nanmean(error[:, index, at])), "mae_gbps": float(np.nanmean(np.abs(error[:, index, at]))),
                "mase": _or_none(float(np.nanmean(scaled[:, index, at])) if np.isfinite(scaled[:, index, at]).any() else np.nan),
                "pinball_gbps": float(np.nanmean(crps[:, at])) if ensemble else None,
                "crps_gbps": float(np.nanmean(crps[:, at])) if ensemble else None,
                "coverage_80": float(np.nanmean(inside80[:, at])) if ensemble else None,
                "coverage_95": float(np.nanmean(inside95[:, at])) if ensemble else None,
                "dm_p": None if model == "seasonal_naive" else _or_none(diebold_mariano(by_origin[np.isfinite(by_origin)], overlap)[1]),
            })  # fmt: skip
    return pl.DataFrame(rows, infer_schema_length=None)


def _mean(values: FloatArray, axis: int) -> FloatArray:
    known = np.isfinite(values)
    count = known.sum(axis=axis)
    found: FloatArray = np.where(count > 0, np.where(known, values, 0.0).sum(axis=axis) / np.maximum(count, 1), np.nan)
    return found


def _or_none(value: float) -> float | None:
    return float(value) if np.isfinite(value) else None
