"""What a planned build earns by traffic of its own, and what is lost where nothing carries a
route.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

import numpy as np

from forecasting.assumptions import Assumption
from forecasting.capacity.basis import Basis
from forecasting.capacity.money import MBPS_PER_GBPS
from forecasting.capacity.openings import Opening, Sets
from forecasting.capacity.schedule import Response
from forecasting.series import FloatArray
from forecasting.spec import PlanningPolicy


@dataclass(frozen=True)
class EnteredMarket:
    """A market that a planned build enters, on every draw.

    alternatives: (A,) the ways through the market, the newcomer last
    ways_gbps:    (A, S, H) what each way carries
    market_gbps:  (S, H) the market before the newcomer
    before:       (A - 1, S) shares of the incumbents today; after: (A, S) shares once it is ready
    prices:       (A, S) USD per Mbit/s and month; rtts_ms: (A, S)
    ready_days:   (S,) days from today until the newcomer is in service
    """

    alternatives: tuple[str, ...]
    ways_gbps: FloatArray
    market_gbps: FloatArray
    before: FloatArray
    after: FloatArray
    prices: FloatArray
    rtts_ms: FloatArray
    ready_days: FloatArray
    spreads: dict[str, float]
    assumption_ids: tuple[str, ...]
    ways_if: Callable[[FloatArray], FloatArray]
    """What `ways_gbps` would be if it were ready after other days from today, (S,)."""


@dataclass(frozen=True)
class Earned:
    """Present values in USD by option and draw, (options, S): of what a build sells, less
    `own_loss_usd`, what incumbents of the same owner lose to it.
    """

    sold_usd: FloatArray
    own_loss_usd: FloatArray
    incumbents: tuple[str, ...]
    assumption_ids: tuple[str, ...]

    @property
    def net_usd(self) -> FloatArray:
        return np.asarray(self.sold_usd - self.own_loss_usd)


def usd_per_gbps(basis: Basis, policy: PlanningPolicy) -> FloatArray:
    """Present value of a Gbit/s through each period at 1 USD a month for each Mbit/s, (H,)."""
    years = np.array(
        [max((day - basis.timeline.today).days, 0) / 365.25 for day in basis.timeline.periods]
    )
    return np.asarray(
        basis.timeline.months(1.0) * MBPS_PER_GBPS / (1 + policy.discount_rate_ratio) ** years
    )


def earnings(
    basis: Basis, policy: PlanningPolicy, opening: Opening, entered: Mapping[str, EnteredMarket]
) -> Earned:
    """Of a build that enters markets, by market. Its price is the one it is to offer; it sells no
    more than fits below the threshold.
    """
    worth = usd_per_gbps(basis, policy)
    size = opening.ready_days.size
    sold, lost = (
        np.zeros((len(opening.delays_days) + 1, size)),
        np.zeros((len(opening.delays_days) + 1, size)),
    )
    segments = basis.network.segments
    incumbents: set[str] = set()
    for entry in entered.values():
        *others, newcomer = entry.alternatives
        owners = segments[newcomer].operators
        same = [
            number
            for number, name in enumerate(others)
            if name in segments and owners & segments[name].operators
        ]
        incumbents |= {others[number] for number in same}
        fits = _room(basis, policy, newcomer)
        for option, delay in enumerate(opening.delays_days):
            ways = entry.ways_if(opening.ready_days + delay)
            share = np.minimum(fits / np.maximum(ways[-1], 1e-12), 1.0)
            sold[option] += (ways[-1] * share) @ worth * entry.prices[-1]
            for number in same:
                less = np.maximum(
                    entry.before[number][:, None] * entry.market_gbps - ways[number], 0.0
                )
                lost[option] += (less * share) @ worth * entry.prices[number]
    ids = dict.fromkeys(name for entry in entered.values() for name in entry.assumption_ids)
    return Earned(sold, lost, tuple(sorted(incumbents)), tuple(ids))


def _room(basis: Basis, policy: PlanningPolicy, segment: str) -> FloatArray:
    """Gbit/s (S, H) that may be sold on a segment on top of what routes bring it, with nothing
    failed; all where its capacity is not known.
    """
    rows = [row for row, (name, _) in enumerate(basis.loads.links) if name == segment]
    if not rows or not np.isfinite(basis.lit_gbps[rows[0]]).all():
        return np.full(basis.versions.index.shape, np.inf)
    free = policy.threshold_ratio * basis.lit_gbps[rows[0]][:, None] - basis.loads.base[rows].max(
        axis=0
    )
    return np.asarray(np.maximum(free, 0.0).T)


def losses(basis: Basis, policy: PlanningPolicy, sets: Sets, revenue: Assumption) -> list[Response]:
    """For every route of which builds change what is lost: the present value of it, expected over
    failures and paths, in its busier direction.
    """
    worth = usd_per_gbps(basis, policy) * revenue.value
    busier: dict[str, int] = {}
    volume = basis.draws_gbps.mean(axis=(1, 2))
    for number, (route, _) in enumerate(basis.series):
        if route not in busier or volume[number] > volume[busier[route]]:
            busier[route] = number
    found = []
    for _, number in sorted(busier.items()):
        share = sets.lost[:, :, number]
        builds = tuple(
            bit
            for bit in range(len(sets.openings))
            if any(
                not np.array_equal(share[one], share[one ^ 1 << bit]) for one in range(len(share))
            )
        )
        if not builds:
            continue
        of_sets = [
            sum(1 << build for bit, build in enumerate(builds) if one >> bit & 1)
            for one in range(1 << len(builds))
        ]
        values = np.stack(
            [
                (share[one][basis.versions.index] * basis.draws_gbps[number] * worth).T
                for one in of_sets
            ]
        )
        found.append(sets.response(builds, values, lambda one: np.array([one.sum(axis=0).mean()])))
    return found
