"""Present values, leases, deferral, transit bills and revenue at risk. Nominal USD; rates and
erosion are per year.

Functions of numbers take arrays, too, so that ranges come from samples of the assumptions and never
from their ends.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

from forecasting.assumptions import Assumption

Number = Any
"""A float or an array of samples."""
MBPS_PER_GBPS = 1000.0


def annuity_factor(years: int, rate: Number, growth: Number = 0.0) -> Number:
    """Present value of 1 paid at the end of year 1 and growing by `growth` a year, over whole
    years.
    """
    periods = np.arange(1, years + 1).reshape(-1, *[1] * np.ndim(np.add(rate, growth)))
    return ((1 + growth) ** (periods - 1) / (1 + rate) ** periods).sum(axis=0)


def iru_present_value(price_usd: Number, om_ratio: Number, years: int, rate: Number) -> Number:
    """A right of use paid now, with operation and maintenance (a share of the price) at the end of
    each year.
    """
    return price_usd * (1 + om_ratio * annuity_factor(years, rate))


def lease_present_value(
    usd_per_month: Number, years: int, rate: Number, erosion: Number = 0.0
) -> Number:
    """A lease paid at the end of each year and repriced by -`erosion` every year."""
    return 12 * usd_per_month * annuity_factor(years, rate, -erosion)


def break_even_erosion(iru_value: float, usd_per_month: float, years: int, rate: float) -> float:
    """The yearly fall of the lease price at which lease and right of use cost the same. Negative:
    it would have to rise.

    Faster falls favour the lease. NaN where no fall or rise below 100 % a year evens them out.
    """

    def difference(erosion: float) -> float:
        return float(lease_present_value(usd_per_month, years, rate, erosion)) - iru_value

    if difference(-1.0) < 0 or difference(0.999) > 0:
        return float("nan")
    from scipy.optimize import brentq  # slow to import, and a what-if needs none of it

    return float(brentq(difference, -1.0, 0.999, xtol=1e-10))


def price_after(price: Number, erosion: Number, years: Number) -> Number:
    return price * (1 - erosion) ** years


def bought_later(cost_usd: Number, rate: Number, erosion: Number, years: Number) -> Number:
    """Present value of buying in `years` what costs `cost_usd` today."""
    return price_after(cost_usd, erosion, years) / (1 + rate) ** years


def worth_at_end(
    cost_usd: Number,
    rate: Number,
    erosion: Number,
    bought_years: Number,
    end_years: Number,
    life_years: Number,
) -> Number:
    """Present value of what is left at `end_years` of a thing bought in `bought_years`: what a new
    one costs then, by the share of its life still ahead.
    """
    ahead = np.maximum(1 - (end_years - bought_years) / life_years, 0.0)
    return bought_later(cost_usd, rate, erosion, end_years) * ahead


def deferral_value(cost_usd: Number, rate: Number, erosion: Number, years: Number = 1.0) -> Number:
    """What is saved by buying `years` later."""
    return cost_usd - bought_later(cost_usd, rate, erosion, years)


def transit_bill(
    commit_gbps: Number,
    p95_gbps: Number,
    usd_per_mbps: Number,
    overage_usd_per_mbps: Number | None = None,
) -> Number:
    """A month's bill: the commitment is paid in any case, what lies above it at its own price where
    there is one.
    """
    over = np.maximum(np.subtract(p95_gbps, commit_gbps), 0)
    price = usd_per_mbps if overage_usd_per_mbps is None else overage_usd_per_mbps
    return MBPS_PER_GBPS * (np.multiply(commit_gbps, usd_per_mbps) + over * price)


def revenue_at_risk(gbps: Number, months: Number, usd_per_mbps_month: Number) -> Number:
    """Revenue of traffic that can't be carried for some months."""
    return MBPS_PER_GBPS * gbps * months * usd_per_mbps_month


def spread(
    formula: Callable[..., Number], stated: Mapping[str, Assumption], seed: int, draws: int = 2000
) -> tuple[float, float, float]:
    """P10, median and P90 of `formula`, whose arguments are drawn from assumptions by name, each on
    its own.
    """
    samples = {
        name: one.quantiles(draws)[np.random.default_rng([seed, number]).permutation(draws)]
        for number, (name, one) in enumerate(sorted(stated.items()))
    }
    values = np.broadcast_to(np.asarray(formula(**samples), dtype=float), (draws,))
    low, middle, high = np.quantile(values, [0.1, 0.5, 0.9], method="inverted_cdf")
    return float(low), float(middle), float(high)
