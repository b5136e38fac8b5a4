"""Wilson's interval for a share, of numbers and of polars expressions alike."""

from __future__ import annotations

from statistics import NormalDist
from typing import TypeVar

import polars as pl

Value = TypeVar("Value", float, pl.Expr)


def wilson(share: Value, count: Value, coverage: float = 0.95) -> tuple[Value, Value]:
    """The interval of a share of `count` > 0 outcomes, which may be an effective number; 13 of 20
    at 95 % give 0.433 to 0.819.
    """
    z = NormalDist().inv_cdf((1 + coverage) / 2)
    shrinkage = 1 + z * z / count
    centre = (share + z * z / (2 * count)) / shrinkage
    reach = z / shrinkage * (share * (1 - share) / count + z * z / (4 * count * count)) ** 0.5
    return centre - reach, centre + reach
