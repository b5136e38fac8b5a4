"""statsmodels' compiled exponential smoothing, and its public classes where the compiled part has
moved.

The public `ExponentialSmoothing.fit` costs milliseconds of set-up for each set of parameters it is
asked about; the compiled recursion under it costs microseconds. It is not public: where an upgrade
moves it, `COMPILED` is False, the public class is used, slower and with the same numbers, and a
test says so. The same goes for MINPACK's least squares, whose public wrapper spends longer on a
covariance nobody asks for than MINPACK on the search.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy.optimize import leastsq
from statsmodels.tsa.holtwinters import ExponentialSmoothing

from forecasting.series import FloatArray

try:
    from statsmodels.tsa.holtwinters import _exponential_smoothers as _compiled

    _RECURSIONS: dict[str, Any] = {
        "level": _compiled.holt__,
        "damped": _compiled.holt_add_dam,
        "damped_seasonal": _compiled.holt_win_add_add_dam,
        "damped_times_seasonal": _compiled.holt_win_add_mul_dam,
    }
    COMPILED = True
except (ImportError, AttributeError):
    COMPILED = False

try:
    from scipy.optimize._minpack import _lmdif

    MINPACK = True
except ImportError:
    MINPACK = False

Form = Literal["level", "damped", "damped_seasonal", "damped_times_seasonal"]
_NOTHING_FREE = np.empty(0)


@cache
def _unused(count: int) -> tuple[NDArray[np.int64], FloatArray]:
    """What the recursion asks for and does not look at: which parameters are free, and their
    bounds.
    """
    return np.zeros(count, dtype=np.int64), np.repeat([[0.0, 1.0]], count, axis=0)


class Smoother:
    """Exponential smoothing of one series, run again and again with other parameters.

    `values` is (T,) without gaps; `seasonal` is (season,), the indices of the first `season`
    periods. After `errors`, `level`, `trend` and `seasonal` hold the state after the last value,
    `seasonal[0]` belonging to period T.
    """

    def __init__(self, values: FloatArray, form: Form, seasonal: FloatArray | None = None) -> None:
        start = np.zeros(1) if seasonal is None else seasonal
        self._length, self._form, self._season = len(values), form, len(start)
        self._values, self._start = values, start
        self.level, self.trend, self.seasonal = 0.0, 0.0, start
        if COMPILED:
            # One value more than there is: the recursion then also leaves the state after the
            # last value.
            padded = np.append(values, values[-1])
            self._parameters = np.zeros(6 + self._season)
            self._parameters[6:] = start
            fixed, within = _unused(6 + self._season)
            self._arguments = _compiled.HoltWintersArgs(
                fixed, self._parameters, within, padded, self._season, len(padded), False
            )
            self._recursion = _RECURSIONS[form]

    def errors(
        self, alpha: float, beta: float, gamma: float, phi: float, level: float, trend: float
    ) -> FloatArray:
        """One-step errors (T,) with these smoothing parameters, started from this level and
        trend.
        """
        if not COMPILED:
            return self._public_errors(alpha, beta, gamma, phi, level, trend)
        given = self._parameters
        given[0], given[1], given[2], given[3], given[4], given[5] = (
            alpha,
            beta,
            gamma,
            level,
            trend,
            phi,
        )
        found: FloatArray = self._recursion(_NOTHING_FREE, self._arguments)
        return found[: self._length]

    def read_state(self) -> None:
        """Take level, trend and seasonal from the last run of `errors`."""
        if COMPILED:
            self.level = float(self._arguments.lvl[self._length])
            if self._form.startswith("damped"):
                self.trend = float(self._arguments.b[self._length])
            if self._form.endswith("seasonal"):
                self.seasonal = self._arguments.s[self._length : self._length + self._season].copy()

    def _public_errors(
        self, alpha: float, beta: float, gamma: float, phi: float, level: float, trend: float
    ) -> FloatArray:
        damped, seasonal = self._form.startswith("damped"), self._form.endswith("seasonal")
        initial: dict[str, Any] = {"initial_level": level}
        chosen: dict[str, float] = {"smoothing_level": alpha}
        if damped:
            initial["initial_trend"], chosen["smoothing_trend"], chosen["damping_trend"] = (
                trend,
                beta,
                phi,
            )
        if seasonal:
            initial["initial_seasonal"], chosen["smoothing_seasonal"] = self._start, gamma
        model = ExponentialSmoothing(
            self._values,
            trend="add" if damped else None,
            damped_trend=damped,
            initialization_method="known",
            seasonal=("mul" if self._form == "damped_times_seasonal" else "add")
            if seasonal
            else None,
            seasonal_periods=self._season if seasonal else None,
            **initial,
        )
        result = model.fit(optimized=False, **chosen)
        self.level = float(result.level[-1])
        self.trend = float(result.trend[-1]) if damped else 0.0
        if seasonal:
            self.seasonal = np.asarray(result.season[-self._season :], dtype=float)
        return np.asarray(result.resid, dtype=float)


def least_squares(
    residuals: Callable[[FloatArray], FloatArray], start: FloatArray, effort: int
) -> FloatArray:
    """The parameters near `start` with the least squares, by Levenberg and Marquardt's method
    within `effort` evaluations.

    `residuals` returns a new array each time. Two digits are enough: priors hold what the data
    leave open.
    """
    if MINPACK:
        optimum: FloatArray = _lmdif(
            residuals, start, (), 1, 2e-3, 2e-3, 0.0, effort, 1e-6, 1.0, None
        )[0]
        return optimum
    found: FloatArray = leastsq(
        residuals,
        start,
        ftol=2e-3,
        xtol=2e-3,
        epsfcn=1e-6,
        factor=1.0,
        maxfev=effort,
        full_output=True,
    )[0]
    return found
