"""Exponential smoothing: level, damped trend, both with seasons, and Theta, on statsmodels'
recursions.

Parameters are found by least squares on the one-step errors with weak priors as extra error terms,
so that a short history leans on what most series do. The search runs on an unbounded scale, one
series after the other; a start from an earlier optimum is quick.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import NamedTuple

import numpy as np
from statsmodels.tsa.seasonal import STL

from forecasting.demand.models.kernels import Form, Smoother, least_squares
from forecasting.demand.models.window import Window, mean_of, slopes
from forecasting.series import FloatArray

PRIOR_ALPHA, PRIOR_GAMMA, PRIOR_BETA, PRIOR_PHI = -0.5, -2.0, -2.5, 2.2
"""Where parameters go without evidence, as logits: alpha .38, gamma .12 of what alpha leaves, beta
.08 of alpha, phi .97.
"""
PRIOR_WEIGHT, START_WEIGHT, TREND_START_SCALE = 0.5, 0.3, 0.1
EFFORT = 45


class Smoothed(NamedTuple):
    """Fitted recursions of N series: states after the last value (N,), seasonal indices (N,
    season), errors (N, T) and optima (N, K).
    """

    level: FloatArray
    trend: FloatArray
    phi: FloatArray
    alpha: FloatArray
    seasonal: FloatArray
    errors: FloatArray
    optimum: FloatArray


class _Fit(NamedTuple):
    """One series' part of Smoothed."""

    level: float
    trend: float
    phi: float
    alpha: float
    seasonal: FloatArray
    errors: FloatArray
    optimum: FloatArray


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > -30 else 1e-13


def _step_sizes(adjusted: FloatArray) -> FloatArray:
    return mean_of(np.abs(adjusted[:, 1:] - adjusted[:, :-1])) + 1e-12


def _gathered(fits: list[_Fit]) -> Smoothed:
    return Smoothed(*(np.array(part) for part in zip(*fits, strict=True)))


def smooth_level(
    adjusted: FloatArray, starts: FloatArray | None = None, *, frozen: bool = False
) -> Smoothed:
    """Simple exponential smoothing of each row (N, T)."""
    sizes, firsts = _step_sizes(adjusted).tolist(), mean_of(adjusted[:, :6]).tolist()
    return _gathered(
        [
            _level(row, size, first, _start(starts, at), frozen=frozen)
            for at, (row, size, first) in enumerate(zip(adjusted, sizes, firsts, strict=True))
        ]
    )


def _start(starts: FloatArray | None, row: int) -> FloatArray | None:
    return None if starts is None or np.isnan(starts[row, 0]) else starts[row]


def _level(
    adjusted: FloatArray, size: float, first: float, start: FloatArray | None, *, frozen: bool
) -> _Fit:
    length = len(adjusted)
    smoother = Smoother(adjusted, "level")
    stacked = np.empty(length + 2)

    def residuals(free: FloatArray) -> FloatArray:
        alpha, shift = free.tolist()
        stacked[:length] = smoother.errors(
            _logistic(alpha), 0.0, 0.0, 1.0, first + size * shift, 0.0
        )
        stacked[length:] = PRIOR_WEIGHT * size * (alpha - PRIOR_ALPHA), START_WEIGHT * size * shift
        return stacked.copy()

    found = _optimum(residuals, np.array([PRIOR_ALPHA, 0.0]), start, frozen=frozen)
    errors = residuals(found)[:length]
    smoother.read_state()
    return _Fit(smoother.level, 0.0, 1.0, _logistic(float(found[0])), np.zeros(1), errors, found)


def smooth_trend(
    adjusted: FloatArray, starts: FloatArray | None = None, *, frozen: bool = False
) -> Smoothed:
    """Holt's damped trend without a season."""
    return smooth_seasonal(adjusted, np.zeros((len(adjusted), 1)), "damped", starts, frozen=frozen)


def smooth_seasonal(
    values: FloatArray,
    seasonal: FloatArray,
    form: Form,
    starts: FloatArray | None = None,
    *,
    frozen: bool = False,
) -> Smoothed:
    """Holt-Winters with a damped trend for each row of `values` (N, T), started from its indices
    (N, season).
    """
    length, season = values.shape[1], seasonal.shape[1]
    cycle = seasonal[:, np.arange(length) % season]
    adjusted = values / cycle if form == "damped_times_seasonal" else values - cycle
    sizes = _step_sizes(adjusted).tolist()
    head = adjusted[:, : min(length, max(10, season))]
    rises = slopes(head)
    firsts = mean_of(head) - rises * ((head.shape[1] - 1) / 2 + 1)
    return _gathered(
        [
            _seasonal(
                values[row],
                seasonal[row],
                form,
                (size, first, slope),
                _start(starts, row),
                frozen=frozen,
            )
            for row, (size, first, slope) in enumerate(
                zip(sizes, firsts.tolist(), rises.tolist(), strict=True)
            )
        ]
    )


def _seasonal(
    values: FloatArray,
    seasonal: FloatArray,
    form: Form,
    line: tuple[float, float, float],
    start: FloatArray | None,
    *,
    frozen: bool,
) -> _Fit:
    length, (size, first, slope) = len(values), line
    smoother = Smoother(values, form, None if form == "damped" else seasonal)
    stacked = np.empty(length + 6)
    prior, start_prior, trend_scale = (
        PRIOR_WEIGHT * size,
        START_WEIGHT * size,
        TREND_START_SCALE * size,
    )

    def residuals(free: FloatArray) -> FloatArray:
        alpha_logit, gamma_logit, shift, beta_logit, phi_logit, trend_shift = free.tolist()
        alpha = _logistic(alpha_logit)
        gamma, beta = (1 - alpha) * _logistic(gamma_logit), alpha * _logistic(beta_logit)
        phi = 0.8 + 0.19 * _logistic(phi_logit)
        stacked[:length] = smoother.errors(
            alpha, beta, gamma, phi, first + size * shift, slope + trend_scale * trend_shift
        )
        stacked[length:] = (
            prior * (alpha_logit - PRIOR_ALPHA),
            prior * (gamma_logit - PRIOR_GAMMA),
            prior * (beta_logit - PRIOR_BETA),
            prior * (phi_logit - PRIOR_PHI),
            start_prior * shift,
            start_prior * trend_shift,
        )
        return stacked.copy()

    begin = np.array([PRIOR_ALPHA, PRIOR_GAMMA, 0.0, PRIOR_BETA, PRIOR_PHI, 0.0])
    found = _optimum(residuals, begin, start, frozen=frozen)
    errors = residuals(found)[:length]
    smoother.read_state()
    phi = 0.8 + 0.19 * _logistic(float(found[4]))
    return _Fit(
        smoother.level,
        smoother.trend,
        phi,
        _logistic(float(found[0])),
        smoother.seasonal,
        errors,
        found,
    )


def _optimum(
    residuals: Callable[[FloatArray], FloatArray],
    begin: FloatArray,
    start: FloatArray | None,
    *,
    frozen: bool,
) -> FloatArray:
    if start is None:
        return least_squares(residuals, begin, EFFORT)
    return start if frozen else least_squares(residuals, start, EFFORT)


def theta_line(level: Smoothed, slope: FloatArray, length: int, steps: FloatArray) -> FloatArray:
    """The Theta method's forecast (N, H): smoothed level plus half the least-squares drift
    (Assimakopoulos and Nikolopoulos 2000).
    """
    alpha = np.maximum(level.alpha, 1e-6)
    settled = (1 - (1 - alpha) ** length) / alpha
    return level.level[:, None] + 0.5 * slope[:, None] * (steps - 1 + settled[:, None])


def damped_ahead(fit: Smoothed, steps: FloatArray) -> FloatArray:
    return fit.level[:, None] + fit.trend[:, None] * np.cumsum(fit.phi[:, None] ** steps, axis=1)


def seasonal_ahead(fit: Smoothed, steps: FloatArray) -> FloatArray:
    return fit.seasonal[:, (steps.astype(int) - 1) % fit.seasonal.shape[1]]


def _stl(working: FloatArray, season: int) -> FloatArray:
    """The season (T,) by STL with the jumps R takes by default: every tenth point of the smoothers,
    the rest in between.
    """
    trend = 3 * season // 2 | 1
    model = STL(
        working,
        period=season,
        seasonal=13,
        trend=trend,
        seasonal_jump=2,
        trend_jump=-(-trend // 10),
        low_pass_jump=-(-(season + 1) // 10),
    )
    return np.asarray(model.fit(inner_iter=2).seasonal)


def stl_theta(data: Window) -> tuple[FloatArray, FloatArray]:
    """Theta after STL, with the last year's season carried on; also the optima."""
    season = np.stack([_stl(row, data.season) for row in data.working])
    adjusted = data.working - season
    level = smooth_level(adjusted, data.starts.get("stl_theta"), frozen=data.frozen)
    last_year = season[:, data.length - data.season + (data.steps.astype(int) - 1) % data.season]
    return theta_line(level, slopes(adjusted), data.length, data.steps) + last_year, level.optimum
