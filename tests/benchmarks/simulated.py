"""Simulated monthly traffic whose truth is known: S-curves and level shifts."""

from __future__ import annotations

import numpy as np

from tests.benchmarks.sets import Series


def s_curves(count: int = 200, length: int = 60, horizon: int = 36, seed: int = 1) -> list[Series]:
    """Logistic growth without a given cap, seen until shortly before or after its inflection.

    level = K / (1 + exp(-(t - t0) / tau)), tau 8-18 months, t0 from 24 months before the origin to
    6 after it, a season of 5 % and noise of 3 % that lasts (autocorrelation .5).
    """
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        steps = np.arange(length + horizon)
        tau, middle = rng.uniform(8, 18), length + rng.uniform(-24, 6)
        level = np.exp(rng.normal(2, 1)) / (1 + np.exp(-(steps - middle) / tau))
        values = level * np.exp(
            _season(rng, steps, 0.05) + _lasting_noise(rng, len(steps), 0.03, 0.5)
        )
        found.append(Series(f"s{number}", 12, values[:length], values[length:]))
    return found


def level_shifts(
    count: int = 200, length: int = 60, horizon: int = 12, seed: int = 2
) -> list[Series]:
    """Steady growth with one lasting jump.

    Growth 1-3 % a month, a season of 5 %, noise of 3 % (autocorrelation .5), and between 4 and 30
    months before the origin a jump to .4-.7 or 1.4-2.2 times the level.
    """
    rng = np.random.default_rng(seed)
    found = []
    for number in range(count):
        steps = np.arange(length + horizon)
        at = length - int(rng.integers(4, 31))
        jump = rng.uniform(0.4, 0.7) if rng.random() < 0.5 else rng.uniform(1.4, 2.2)
        working = rng.normal(2, 1) + rng.uniform(0.01, 0.03) * steps + np.log(jump) * (steps >= at)
        values = np.exp(
            working + _season(rng, steps, 0.05) + _lasting_noise(rng, len(steps), 0.03, 0.5)
        )
        found.append(Series(f"l{number}", 12, values[:length], values[length:]))
    return found


def _season(rng: np.random.Generator, steps: np.ndarray, size: float) -> np.ndarray:
    return size * np.sqrt(2) * np.sin(2 * np.pi * (steps + rng.uniform(0, 12)) / 12)


def _lasting_noise(rng: np.random.Generator, length: int, size: float, memory: float) -> np.ndarray:
    noise = rng.normal(0, size * np.sqrt(1 - memory**2), length)
    for step in range(1, length):
        noise[step] += memory * noise[step - 1]
    return noise
