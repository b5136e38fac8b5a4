"""What the cheapest schedule is made of: what can be ordered for a segment, what it needs, and the
builds that change that.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

import numpy as np

from forecasting.series import FloatArray
from warehouse.errors import PlanError, Problem

Options = tuple[int, ...]
"""For each build, which of its options."""


@dataclass(frozen=True)
class Offer:
    """Something that can be ordered: `cost_usd[t]` is the present value of one that starts in
    period t, `left_usd[t]` that of its worth at the end of the horizon, `price_usd[t]` what is paid
    for it in money of its day (as `cost_usd` where not stated).
    """

    option: str
    module_gbps: float
    cost_usd: FloatArray
    first_period: int
    left_usd: FloatArray | float = 0.0
    price_usd: FloatArray | None = None

    @property
    def net_usd(self) -> FloatArray:
        return np.asarray(np.maximum(self.cost_usd - self.left_usd, 0.0))

    @property
    def paid_usd(self) -> FloatArray:
        return self.cost_usd if self.price_usd is None else self.price_usd


@dataclass(frozen=True)
class System:
    """A new line system: it lifts the limit of the present one, and must start no later than what
    runs on it.
    """

    cost_usd: FloatArray
    first_period: int
    left_usd: FloatArray | float = 0.0
    price_usd: FloatArray | None = None

    @property
    def net_usd(self) -> FloatArray:
        return np.asarray(np.maximum(self.cost_usd - self.left_usd, 0.0))

    @property
    def paid_usd(self) -> FloatArray:
        return self.cost_usd if self.price_usd is None else self.price_usd


@dataclass(frozen=True)
class Response:
    """Numbers that depend on when some builds open: `of` their options exactly; `least` is no more
    than `of` any choice in which that build takes that option; `most` is no less than any.
    """

    builds: tuple[int, ...]
    of: Callable[[Options], FloatArray]
    least: Callable[[int, int], FloatArray]
    most: FloatArray

    @classmethod
    def fixed(cls, values: FloatArray) -> Response:
        return cls((), lambda _: values, lambda *_: values, values)

    def at(self, options: Options) -> FloatArray:
        """What a choice for all builds makes of it."""
        return self.of(tuple(options[build] for build in self.builds))


@dataclass(frozen=True)
class Line:
    """A segment: what is needed on top of what is lit, in Gbit/s by period, and what can be
    ordered.
    """

    need: Response
    offers: tuple[Offer, ...]
    room_gbps: float = np.inf
    system: System | None = None


@dataclass(frozen=True)
class Build:
    """A new segment or crossing that may open in one of several options, the last of which is
    never.

    `net_usd` is the present value of its price less what is left of it and what it earns;
    `price_usd` is paid out of a budget.
    """

    net_usd: FloatArray
    price_usd: FloatArray
    allowed: tuple[bool, ...]


@dataclass(frozen=True)
class Schedule:
    """How many of each offer start in each period, (offers, T); when a new system starts (None:
    never); Gbit/s short, (T,).
    """

    starts: FloatArray
    system_period: int | None
    short_gbps: FloatArray
    cost_usd: float


@dataclass(frozen=True)
class Solution:
    """The cheapest choice for all builds with the schedule of every line; `proven` is false where
    the solver ran out of time.
    """

    options: Options
    schedules: tuple[Schedule, ...]
    charges_usd: float
    builds_usd: float
    proven: bool = True

    @property
    def orders_usd(self) -> float:
        return sum(one.cost_usd for one in self.schedules)

    @property
    def total_usd(self) -> float:
        return self.orders_usd + self.charges_usd + self.builds_usd


def check_offers(offers: Sequence[Offer]) -> None:
    problems = [
        Problem(f"module of {offer.module_gbps:g} Gbit/s", "its size must be above 0")
        for offer in offers
        if not offer.module_gbps > 0
    ]
    problems += [
        Problem(
            f"module of {offer.module_gbps:g} Gbit/s", "its price must be a number of at least 0"
        )
        for offer in offers
        if not (np.isfinite(offer.cost_usd).all() and (offer.cost_usd >= 0).all())
    ]
    if problems:
        raise PlanError(
            f"{len(problems)} modules can't be ordered",
            problems,
            "Fix assumptions.csv, then plan again.",
        )
