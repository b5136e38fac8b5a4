"""How traffic goes through the day, the week and the year, in local time; every shape has mean
1.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

# One value an hour from 0 h. No daily curve of the region is published; the evening peak and the
# night low
# are background knowledge, and the access curve's peak over its mean is the 45 % over 26 % of
# public figures.
_ACCESS = (
    1.16,
    0.84,
    0.6,
    0.46,
    0.39,
    0.38,
    0.44,
    0.56,
    0.7,
    0.81,
    0.88,
    0.93,
    0.98,
    1.01,
    1.02,
    1.05,
    1.1,
    1.19,
    1.32,
    1.47,
    1.63,
    1.74,
    1.73,
    1.52,
)
_BUSINESS = (
    0.66,
    0.55,
    0.48,
    0.45,
    0.44,
    0.46,
    0.52,
    0.66,
    0.92,
    1.2,
    1.34,
    1.38,
    1.3,
    1.31,
    1.38,
    1.39,
    1.36,
    1.3,
    1.24,
    1.22,
    1.2,
    1.17,
    1.06,
    0.86,
)
_WAVE = (
    1.02,
    1.0,
    0.98,
    0.96,
    0.95,
    0.94,
    0.94,
    0.95,
    0.97,
    0.99,
    1.0,
    1.01,
    1.02,
    1.02,
    1.02,
    1.02,
    1.02,
    1.03,
    1.04,
    1.04,
    1.04,
    1.05,
    1.05,
    1.04,
)
_DAYTIME = np.interp(np.arange(24), [0, 7, 10, 16, 19, 24], [0.0, 0.0, 1.0, 1.0, 0.3, 0.0])
# Saturday and Sunday: (daytime, whole day) added to the shape.
_WEEKEND = {"access": (0.13, 0.03), "business": (-0.42, -0.12), "wave": (0.0, -0.004)}
_BASE = {"access": _ACCESS, "business": _BUSINESS, "wave": _WAVE}
MINUTES_OF_WEEK = 7 * 24 * 60


def week_shape(
    kind: str, *, lag_minutes: float = 0.0, sharpness: float = 1.0
) -> NDArray[np.float32]:
    """One value per minute of the local week from Monday 0 h; `sharpness` is the power the shape is
    raised to.
    """
    daytime, whole = _WEEKEND[kind]
    base = np.array(_BASE[kind]) ** sharpness
    friday = base * (1 + 0.03 * (np.arange(24) >= 18) * (kind == "access"))
    days = [base] * 4 + [friday]
    days += [base * (1 + whole + daytime * _DAYTIME)] * 2
    hours = np.concatenate(days)
    minutes = (np.arange(MINUTES_OF_WEEK) - lag_minutes) / 60 - 0.5
    knots = np.arange(-2, 7 * 24 + 2)
    values = np.interp(minutes, knots, hours[knots % hours.size])
    smooth = np.convolve(
        np.concatenate([values[-45:], values, values[:45]]), np.full(91, 1 / 91), mode="valid"
    )
    return np.asarray(smooth / smooth.mean(), dtype=np.float32)


def season(day_of_year: NDArray[np.float64], kind: str) -> NDArray[np.float32]:
    """High from December to February, low in July and August; waves have none."""
    size = {"access": 0.05, "business": 0.035, "wave": 0.0}[kind]
    angle = 2 * np.pi * (day_of_year - 20) / 365.25
    return np.asarray(1 + size * np.cos(angle) + 0.3 * size * np.cos(2 * angle), dtype=np.float32)


def new_year(hours_from_midnight: NDArray[np.float64], kind: str) -> NDArray[np.float32]:
    """The New Year night: a spike around local midnight, then a late and busy 1 January."""
    size = {"access": 0.75, "business": 0.3, "wave": 0.0}[kind]
    spike = size * np.exp(-0.5 * ((hours_from_midnight - 0.4) / 0.9) ** 2)
    night = (
        0.45
        * size
        * ((hours_from_midnight > 0) & (hours_from_midnight < 7))
        * np.exp(-np.clip(hours_from_midnight, 0, 7) / 3)
    )
    return np.asarray(1 + spike + night, dtype=np.float32)
