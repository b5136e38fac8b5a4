"""Exponential smoothing: level, damped trend, both with seasons, and Theta, on statsmodels' recursions.

Parameters are found by least squares on the one-step errors with weak priors as extra error terms, so that a short
history leans on what most series do. The search runs on an unbounded scale; a start from an earlier optimum is quick.
"""

from __future__ import annotations

from collections.abc import Callable
from math import exp
from typing import NamedTuple

import numpy as np
from statsmodels.tsa.seasonal import STL, DecomposeResult

from forecasting.kernels import Form, Smoother, least_squares
from forecasting.models.window import Window, mean_of
from forecasting.series import FloatArray

PRIOR_ALPHA, PRIOR_GAMMA, PRIOR_BETA, PRIOR_PHI = -0.5, -2.0, -2.5, 2.2
"""Where parameters go without evidence, as logits: alpha .38, gamma .12 of what alpha leaves, beta .08 of alpha, phi .97."""
PRIOR_WEIGHT, START_WEIGHT, TREND_START_SCALE = 0.5, 0.3, 0.1
EFFORT = 45


class Smoothed(NamedTuple):
    """A fitted recursion: its states after the last value, its errors, and its optimum."""

    level: float
    trend: float
    phi: float
    alpha: float
    seasonal: FloatArray
    errors: FloatArray
    optimum: FloatArray


def _logistic(value: float) -> float:
    return 1 / (1 + exp(-value)) if value > -30 else 1e-13


def _step_size(adjusted: FloatArray) -> float:
    return mean_of(np.abs(adjusted[1:] - adjusted[:-1])) + 1e-12


def smooth_level(adjusted: FloatArray, start: FloatArray | None = None, *, frozen: bool = False) -> Smoothed:
    """Simple exponential smoothing."""
    length, size, first = len(adjusted), _step_size(adjusted), mean_of(adjusted[:6])
    smoother = Smoother(adjusted, "level")
    stacked = np.empty(length + 2)

    def residuals(free: FloatArray) -> FloatArray:
        alpha, shift = free.tolist()
        stacked[:length] = smoother.errors(_logistic(alpha), 0.0, 0.0, 1.0, first + size * shift, 0.0)
        stacked[length:] = PRIOR_WEIGHT * size * (alpha - PRIOR_ALPHA), START_WEIGHT * size * shift
        return stacked.copy()

    found = _optimum(residuals, np.array([PRIOR_ALPHA, 0.0]), start, frozen=frozen)
    errors = residuals(found)[:length]
    smoother.read_state()
    return Smoothed(smoother.level, 0.0, 1.0, _logistic(float(found[0])), np.zeros(1), errors, found)


def smooth_trend(adjusted: FloatArray, start: FloatArray | None = None, *, frozen: bool = False) -> Smoothed:
    """Holt's damped trend without a season."""
    return smooth_seasonal(adjusted, np.zeros(1), "damped", start, frozen=frozen)


def smooth_seasonal(
    values: FloatArray, seasonal: FloatArray, form: Form, start: FloatArray | None = None, *, frozen: bool = False
) -> Smoothed:
    """Holt-Winters with a damped trend, started from the given indices."""
    length, season = len(values), len(seasonal)
    phase = np.arange(length) % season
    adjusted = values / seasonal[phase] if form == "damped_times_seasonal" else values - seasonal[phase]
    size = _step_size(adjusted)
    head = adjusted[: min(length, max(10, season))]
    centred = np.arange(len(head)) - (len(head) - 1) / 2
    slope = float(centred @ head) / float(centred @ centred)
    first = mean_of(head) - slope * ((len(head) - 1) / 2 + 1)
    smoother = Smoother(values, form, None if form == "damped" else seasonal)
    stacked = np.empty(length + 6)
    prior, start_prior, trend_scale = PRIOR_WEIGHT * size, START_WEIGHT * size, TREND_START_SCALE * size

    def residuals(free: FloatArray) -> FloatArray:
        alpha_logit, gamma_logit, shift, beta_logit, phi_logit, trend_shift = free.tolist()
        alpha = _logistic(alpha_logit)
        gamma, beta = (1 - alpha) * _logistic(gamma_logit), alpha * _logistic(beta_logit)
        phi = 0.8 + 0.19 * _logistic(phi_logit)
        stacked[:length] = smoother.errors(
            alpha, beta, gamma, phi, first + size * shift, slope + trend_scale * trend_shift
        )
        stacked[length:] = (
            prior * (alpha_logit - PRIOR_ALPHA), prior * (gamma_logit - PRIOR_GAMMA), prior * (beta_logit - PRIOR_BETA),
            prior * (phi_logit - PRIOR_PHI), start_prior * shift, start_prior * trend_shift,
        )  # fmt: skip
        return stacked.copy()

    begin = np.array([PRIOR_ALPHA, PRIOR_GAMMA, 0.0, PRIOR_BETA, PRIOR_PHI, 0.0])
    found = _optimum(residuals, begin, start, frozen=frozen)
    errors = residuals(found)[:length]
    smoother.read_state()
    phi = 0.8 + 0.19 * _logistic(float(found[4]))
    return Smoothed(smoother.level, smoother.trend, phi, _logistic(float(found[0])), smoother.seasonal, errors, found)


def _optimum(
    residuals: Callable[[FloatArray], FloatArray], begin: FloatArray, start: FloatArray | None, *, frozen: bool
) -> FloatArray:
    if start is None:
        return least_squares(residuals, begin, EFFORT)
    return start if frozen else least_squares(residuals, start, EFFORT)


def theta_line(level: Smoothed, slope: float, length: int, steps: FloatArray) -> FloatArray:
    """The Theta method's forecast: smoothed level plus half the least-squares drift (Assimakopoulos and Nikolopoulos 2000)."""
    alpha = max(level.alpha, 1e-6)
    return level.level + 0.5 * slope * (steps - 1 + 1 / alpha - (1 - alpha) ** length / alpha)


def damped_ahead(fit: Smoothed, steps: FloatArray) -> FloatArray:
    return fit.level + fit.trend * np.cumsum(fit.phi**steps)


def seasonal_ahead(fit: Smoothed, steps: FloatArray) -> FloatArray:
    ahead: FloatArray = fit.seasonal[(steps.astype(int) - 1) % len(fit.seasonal)]
    return ahead


def _stl(data: Window) -> DecomposeResult:
    """STL with the jumps R takes by default: every tenth point of the smoothers, the rest in between."""
    trend = 3 * data.season // 2 | 1
    model = STL(
        data.working, period=data.season, seasonal=13, trend=trend, seasonal_jump=2, trend_jump=-(-trend // 10),
        low_pass_jump=-(-(data.season + 1) // 10),
    )  # fmt: skip
    return model.fit(inner_iter=2)


def stl_theta(data: Window) -> tuple[FloatArray, FloatArray]:
    """Theta after STL, with the last year's season carried on; also the optimum."""
    season = np.asarray(_stl(data).seasonal)
    adjusted = data.working - season
    centred = np.arange(data.length) - (data.length - 1) / 2
    slope = float(centred @ adjusted) / float(centred @ centred)
    level = smooth_level(adjusted, data.starts.get("stl_theta"), frozen=data.frozen)
    last_year = season[data.length - data.season + (data.steps.astype(int) - 1) % data.season]
    return theta_line(level, slope, data.length, data.steps) + last_year, level.optimum
