"""The user's assumptions: looked up by name and scope, checked at the door, never defaulted.

A stated range is low (10 % lie below), value (taken as the middle) and high (10 % lie above).
Between and beyond, the quantile function is a split normal on the log scale (linear where low is
not positive), so all three are met exactly.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from functools import lru_cache
from statistics import NormalDist
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from forecasting.series import FloatArray
from warehouse.errors import PlanError, Problem
from warehouse.schema import ASSUMPTION, check

Z90 = 1.2815515655446004
MONTHS_PER = {
    "month": 1.0,
    "months": 1.0,
    "year": 12.0,
    "years": 12.0,
    "week": 12 * 7 / 365.25,
    "weeks": 12 * 7 / 365.25,
    "day": 12 / 365.25,
    "days": 12 / 365.25,
}
HOURS_PER = {"h": 1.0, "hour": 1.0, "hours": 1.0, "day": 24.0, "days": 24.0}

RATIO_NAMES = frozenset(
    {
        "price_erosion",
        "om_ratio",
        "discount_rate",
        "threshold",
        "nest_similarity",
        "market_entry",
        "alternative_share",
    }
)
NOT_NEGATIVE = frozenset(
    {
        "month_spread",
        "service_life",
        "iru_price",
        "iru_term",
        "transit_revenue",
        "alternative_price",
        "alternative_rtt",
        "new_route_price",
        "new_route_rtt",
        "bass_p",
        "bass_q",
        "reference_class_ratio",
        "threshold",
        "market_entry",
        "alternative_share",
        "lead_time",
        "repair_time",
        "cut_rate",
        "module_price",
        "lease_price",
        "transit_price",
        "line_system_price",
        "segment_price",
        "cost_early",
        "cost_late",
    }
)
UNITS: Mapping[str, frozenset[str]] = {
    **dict.fromkeys(("lead_time", "schedule_slip", "service_life"), frozenset(MONTHS_PER)),
    "repair_time": frozenset(HOURS_PER),
}
MOST_MONTHS = 600
OBSERVED = "_observed"
FEWEST_OBSERVED = 3


LEAST_RATIO_BASE = 1e-200
"""Below it ratios overflow, and a number is as good as 0."""


_inverse = np.vectorize(NormalDist().inv_cdf, otypes=[float])


def normal_quantile(probability: FloatArray) -> FloatArray:
    """Quantiles of the standard normal distribution, -inf at 0 and inf at 1. scipy's would cost a
    what-if a third of its imports.
    """
    inside = np.asarray(_inverse(np.clip(probability, 1e-300, 1 - 1e-16)))
    return np.where(probability <= 0, -np.inf, np.where(probability >= 1, np.inf, inside))


@lru_cache(maxsize=8)
def _middles(count: int) -> FloatArray:
    """Normal quantiles of the middles of equal slices of probability."""
    return normal_quantile((np.arange(count) + 0.5) / count)


@dataclass(frozen=True)
class Assumption:
    """One stated number with its range."""

    assumption_id: str
    name: str
    scope: str
    low: float
    value: float
    high: float
    unit: str
    source: str = ""
    known_on: date | None = None
    observed: tuple[float, ...] = ()
    """Where it was measured instead of stated: the values, each as likely as the others."""

    def at(self, probability: float | FloatArray) -> FloatArray:
        """The value that lies above `probability` of what is thought possible."""
        if self.observed:
            return np.asarray(np.quantile(self.observed, probability, method="inverted_cdf"))
        return self._spread(normal_quantile(np.asarray(probability, dtype=float)) / Z90)

    def _spread(self, z: FloatArray) -> FloatArray:
        if self.low > LEAST_RATIO_BASE:
            upper, lower = np.log(self.high / self.value), np.log(self.value / self.low)
            return np.asarray(self.value * np.exp(z * np.where(z > 0, upper, lower)))
        return np.asarray(
            self.value + z * np.where(z > 0, self.high - self.value, self.value - self.low)
        )

    def quantiles(self, count: int) -> FloatArray:
        """`count` equally likely values: the middles of equal slices of probability."""
        if self.observed:
            return self.at((np.arange(count) + 0.5) / count)
        return self._spread(_middles(count) / Z90)

    def sample(self, size: int, rng: np.random.Generator) -> FloatArray:
        return self.at(np.clip(rng.random(size), 1e-6, 1 - 1e-6))

    def scaled(self, factor: float, unit: str) -> Assumption:
        return replace(
            self,
            low=self.low * factor,
            value=self.value * factor,
            high=self.high * factor,
            unit=unit,
            observed=tuple(value * factor for value in self.observed),
        )

    def in_months(self) -> Assumption:
        return self.scaled(MONTHS_PER[self.unit], "month")

    def in_hours(self) -> Assumption:
        return self.scaled(HOURS_PER[self.unit], "h")

    def fixed(self, value: float) -> Assumption:
        return replace(self, low=value, value=value, high=value, observed=())


@dataclass(frozen=True)
class Assumptions:
    """The latest statement of each assumption."""

    rows: tuple[Assumption, ...]

    @classmethod
    def from_frame(cls, frame: pl.DataFrame) -> Assumptions:
        """From rows of ASSUMPTION; the latest `known_at` of each id holds. Raises PlanError with
        all that can't be.
        """
        table = check(frame, ASSUMPTION)
        latest = (
            table.sort("assumption_id", "known_at")
            .group_by("assumption_id", maintain_order=True)
            .last()
        )
        rows = tuple(
            Assumption(
                row["assumption_id"],
                row["name"],
                row["scope"],
                row["low"],
                row["value"],
                row["high"],
                row["unit"],
                row["source"] or "",
                row["known_at"].date(),
            )
            for row in latest.iter_rows(named=True)
        )
        problems = [problem for row in rows for problem in _problems(row)]
        seen: dict[tuple[str, str], str] = {}
        for row in rows:
            if row.name in UNITS and (row.name, row.scope) in seen:
                problems.append(
                    Problem(
                        row.assumption_id,
                        f"states {row.name} for {row.scope} a second time, after "
                        f"{seen[row.name, row.scope]}",
                    )
                )
            seen.setdefault((row.name, row.scope), row.assumption_id)
        if problems:
            raise PlanError(
                f"{len(problems)} assumptions can't be used",
                problems,
                "Fix assumptions.csv, then plan again.",
            )
        return cls(rows)

    def get(self, name: str, *scopes: str) -> Assumption | None:
        """The assumption of that name for the first of the scopes that has one, else for `all`,
        else None.

        Three or more rows named NAME_observed (dated projects, say) are a distribution of their
        own, and come before a stated range of the same scope.
        """
        for scope in (*scopes, "all"):
            seen = [row for row in self.rows if row.name == name + OBSERVED and row.scope == scope]
            if len(seen) >= FEWEST_OBSERVED:
                return _from_observed(name, seen)
            for row in self.rows:
                if row.name == name and row.scope == scope:
                    return row
        return None

    def named(self, name: str) -> tuple[Assumption, ...]:
        return tuple(row for row in self.rows if row.name == name)

    def replaced(self, changed: Mapping[str, Assumption]) -> Assumptions:
        """With the assumptions of those ids replaced."""
        return Assumptions(tuple(changed.get(row.assumption_id, row) for row in self.rows))


def _from_observed(name: str, rows: list[Assumption]) -> Assumption:
    unit = rows[0].unit
    months = all(row.unit in MONTHS_PER for row in rows) and unit in MONTHS_PER
    values = tuple(
        row.value * (MONTHS_PER[row.unit] / MONTHS_PER[unit] if months else 1.0) for row in rows
    )
    low, middle, high = (
        float(value) for value in np.quantile(values, [0.1, 0.5, 0.9], method="inverted_cdf")
    )
    known = max((row.known_on for row in rows if row.known_on is not None), default=None)
    ids = ";".join(row.assumption_id for row in rows)
    return Assumption(
        ids, name, rows[0].scope, low, middle, high, unit, rows[0].source, known, values
    )


def _problems(row: Assumption) -> list[Problem]:
    place = f"assumption {row.assumption_id} ({row.name}, {row.scope})"
    found = []
    values: dict[str, Any] = {"low": row.low, "value": row.value, "high": row.high}
    if not all(np.isfinite(value) for value in values.values()):
        return [Problem(place, "low, value and high must be numbers")]
    if not row.low <= row.value <= row.high:
        found.append(
            Problem(
                place, f"low {row.low:g}, value {row.value:g}, high {row.high:g} are not in order"
            )
        )
    name = row.name.removesuffix(OBSERVED)
    if name in NOT_NEGATIVE and row.low < 0:
        found.append(Problem(place, f"low is {row.low:g}; it can't be negative"))
    if name in RATIO_NAMES and not (row.low > -1 and row.high <= 1):
        found.append(
            Problem(
                place,
                f"runs from {row.low:g} to {row.high:g}; a ratio above 1 can't be (30 % is 0.3)",
            )
        )
    kind, _, size = row.scope.partition(":")
    if kind == "module" and not _positive(size):
        found.append(
            Problem(
                place,
                f"a module of {size or 'nothing'} Gbit/s can't be; its size must be a "
                "number above 0",
            )
        )
    span = row.high * (
        MONTHS_PER
        | {
            unit: hours * MONTHS_PER["day"] / 24
            for unit, hours in HOURS_PER.items()
            if unit not in MONTHS_PER
        }
    ).get(row.unit, 0.0)
    if name in UNITS and span > MOST_MONTHS:
        found.append(
            Problem(
                place,
                f"high is {row.high:g} {row.unit}; more than {MOST_MONTHS // 12} years "
                "can't be planned with",
            )
        )
    if name == "service_life" and not row.low > 0:
        found.append(Problem(place, f"low is {row.low:g}; what is bought lasts for some time"))
    if name in UNITS and row.unit not in UNITS[name]:
        found.append(
            Problem(place, f"unit is {row.unit!r}, must be one of {', '.join(sorted(UNITS[name]))}")
        )
    return found


def _positive(text: str) -> bool:
    try:
        return 0 < float(text) < np.inf
    except ValueError:
        return False


def stratified(count: int, rng: np.random.Generator) -> NDArray[np.float64]:
    """`count` probabilities, one from each of `count` equal slices, in random order."""
    return np.asarray(rng.permutation((np.arange(count) + 0.5) / count))
