"""A route with no history: share by (nested) logit, induced demand, ramp, reference class, and what
first months teach.

Utilities are V = -b_c price - b_t rtt + ASC. Two ways through one corridor are look-alikes: they
form a nest, in which a newcomer takes first from its likeness. `similarity` is 0 for independent
ways and 1 for the same one.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from scipy.special import logsumexp

from forecasting.series import FloatArray

Number = Any
MOST_ALIKE = 0.999


def utility(
    price: Number, rtt_ms: Number, b_price: Number, b_rtt: Number, asc: Number = 0.0
) -> Number:
    return -b_price * price - b_rtt * rtt_ms + asc


def shares(utilities: FloatArray, nest: Sequence[int] = (), similarity: Number = 0.0) -> FloatArray:
    """Share of each alternative; the last axis of `utilities` holds the alternatives, `nest` the
    indexes that are alike.
    """
    utilities = np.asarray(utilities, dtype=float)
    inside = np.zeros(utilities.shape[-1], dtype=bool)
    inside[list(nest)] = True
    if inside.sum() < 2:
        return np.asarray(np.exp(utilities - logsumexp(utilities, axis=-1, keepdims=True)))
    scale = 1.0 - np.minimum(similarity, MOST_ALIKE)
    scale = np.asarray(scale)[..., None]
    within = utilities[..., inside] / scale
    inclusive = logsumexp(within, axis=-1, keepdims=True)
    tops = np.concatenate([utilities[..., ~inside], scale * inclusive], axis=-1)
    chosen = np.exp(tops - logsumexp(tops, axis=-1, keepdims=True))
    found = np.empty_like(utilities)
    found[..., ~inside] = chosen[..., :-1]
    found[..., inside] = chosen[..., -1:] * np.exp(within - inclusive)
    return found


def logsum(utilities: FloatArray, nest: Sequence[int] = (), similarity: Number = 0.0) -> FloatArray:
    """The worth of having all alternatives, in units of utility."""
    utilities = np.asarray(utilities, dtype=float)
    inside = np.zeros(utilities.shape[-1], dtype=bool)
    inside[list(nest)] = True
    if inside.sum() < 2:
        return np.asarray(logsumexp(utilities, axis=-1))
    scale = np.asarray(1.0 - np.minimum(similarity, MOST_ALIKE))[..., None]
    tops = np.concatenate(
        [
            utilities[..., ~inside],
            scale * logsumexp(utilities[..., inside] / scale, axis=-1, keepdims=True),
        ],
        axis=-1,
    )
    return np.asarray(logsumexp(tops, axis=-1))


def calibrated(
    before: FloatArray, utilities: FloatArray, nest: Sequence[int] = (), similarity: Number = 0.0
) -> FloatArray:
    """Constants (ASC) with which the incumbents' shares come out as they are observed; their mean
    is 0.

    Without look-alikes among the incumbents the answer is exact; with them, it is found by steps.
    """
    asc = np.zeros_like(np.asarray(utilities, dtype=float))
    target = np.log(np.asarray(before, dtype=float))
    for _ in range(200):
        step = target - np.log(shares(utilities + asc, nest, similarity))
        asc = (
            asc
            + (
                1 - np.asarray(np.minimum(similarity, MOST_ALIKE))[..., None]
                if len(nest) > 1
                else 1.0
            )
            * step
        )
        if np.abs(step).max() < 1e-12:
            break
    return np.asarray(asc - asc.mean(axis=-1, keepdims=True))


def composite_cost(
    utilities: FloatArray, b_price: Number, nest: Sequence[int] = (), similarity: Number = 0.0
) -> FloatArray:
    """The price at which one way alone would be worth as much as all of them, USD per Mbit/s and
    month.
    """
    return np.asarray(-logsum(utilities, nest, similarity) / b_price)


def induced_factor(before_usd: Number, after_usd: Number, elasticity: Number) -> Number:
    """By how much a market grows when its composite cost falls."""
    return (after_usd / before_usd) ** elasticity


def bass(years: Number, p: Number, q: Number) -> Number:
    """Share of the final level reached after some years; nothing before the start."""
    gone = np.exp(-(np.add(p, q)) * np.maximum(years, 0.0))
    return (1 - gone) / (1 + np.divide(q, p) * gone)


def interval(median: float, sd_log: float, z: float = 1.2815515655446004) -> tuple[float, float]:
    """P10 and P90 of a lognormal."""
    return median * math.exp(-z * sd_log), median * math.exp(z * sd_log)


@dataclass(frozen=True)
class Posterior:
    weight: float
    median: float
    sd_log: float


def updated(
    prior_median: float, prior_sd_log: float, observed: Sequence[float], observed_sd_log: float
) -> Posterior:
    """The level after some months of data: precision-weighted on the log scale. No month: the
    prior.
    """
    count = len(observed)
    if count == 0:
        return Posterior(0.0, prior_median, prior_sd_log)
    data, prior = count / observed_sd_log**2, 1 / prior_sd_log**2
    weight = data / (data + prior)
    mean = weight * float(np.log(np.asarray(observed)).mean()) + (1 - weight) * math.log(
        prior_median
    )
    return Posterior(weight, math.exp(mean), math.sqrt(1 / (data + prior)))
