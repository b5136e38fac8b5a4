"""What a forecast of a panel leaves for the next one: the parameters found for each series, and how
large the fleet's errors were.

With it a month's update costs one quick search a series and no past forecasts. Parameters move
slowly, and so does the size of errors; a forecast without a memory finds both anew.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np
import polars as pl

from forecasting.demand.calibrate import COVERAGES
from forecasting.series import FloatArray
from warehouse.errors import ContractError, Problem

_COLUMNS: dict[str, pl.DataType | type[pl.DataType]] = {
    "kind": pl.String,
    "series_id": pl.String,
    "model": pl.String,
    "numbers": pl.List(pl.Float64),
}
WIDTH = "width"
"""Stands beside the models: how much wider than the fleet's a series' own errors were, below and
above.
"""
_PARAMETERS = {"theta": 2, "damped_trend": 6, "stl_theta": 2, WIDTH: 2}
_REMEDY = "Remove the file (or name another): the next forecast makes it anew."


@dataclass(frozen=True)
class Memory:
    """`shape` (H, coverages) of forecasting.demand.calibrate, and by series the parameters of each
    model.
    """

    season: int
    horizon: int
    shape: FloatArray
    optima: Mapping[str, Mapping[str, FloatArray]]

    def starts(self, names: Sequence[str]) -> tuple[Mapping[str, FloatArray], ...]:
        """Of each named series, nothing for one that is new."""
        return tuple(self.optima.get(name, {}) for name in names)

    def width(self, name: str) -> FloatArray:
        """Of the named series, below and above its point (2,): 1 for one that is new."""
        return self.optima.get(name, {}).get(WIDTH, np.ones(2))

    def frame(self) -> pl.DataFrame:
        """As a table that a file can keep."""
        rows = [
            ("panel", None, None, [float(self.season), float(self.horizon)]),
            *(("size", None, None, row.tolist()) for row in self.shape),
            *(
                ("optimum", name, model, numbers.tolist())
                for name, found in sorted(self.optima.items())
                for model, numbers in sorted(found.items())
            ),
        ]
        return pl.DataFrame(rows, schema=_COLUMNS, orient="row")


def read_memory(frame: pl.DataFrame, season: int, horizon: int) -> Memory:
    """The memory in a table made by Memory.frame. Raises ContractError where it is not one, or
    belongs to another season or horizon.
    """
    if frame.schema != pl.Schema(_COLUMNS):
        raise ContractError(
            "the memory can't be read",
            [Problem("columns", f"are {', '.join(frame.columns)}, must be {', '.join(_COLUMNS)}")],
            _REMEDY,
        )
    panel = [numbers for kind, _, _, numbers in frame.iter_rows() if kind == "panel"]
    if panel != [[float(season), float(horizon)]]:
        made = (
            " and ".join(f"season {one[0]:g}, horizon {one[1]:g}" for one in panel if len(one) == 2)
            or "neither"
        )
        raise ContractError(
            "the memory is of another forecast",
            [
                Problem(
                    "panel", f"it was made for {made}; asked are season {season}, horizon {horizon}"
                )
            ],
            _REMEDY,
        )
    shape = [numbers for kind, _, _, numbers in frame.iter_rows() if kind == "size"]
    optima: dict[str, dict[str, FloatArray]] = {}
    for kind, name, model, numbers in frame.iter_rows():
        if kind == "optimum":
            optima.setdefault(name, {})[model] = np.array(numbers)
    sound = (
        len(shape) == horizon
        and all(len(row) == len(COVERAGES) for row in shape)
        and np.isfinite(shape).all()
    )
    every = [(model, one) for found in optima.values() for model, one in found.items()]
    if not sound or not all(
        len(one) == _PARAMETERS.get(model) and np.isfinite(one).all() for model, one in every
    ):
        raise ContractError(
            "the memory can't be read", [Problem("numbers", "are incomplete")], _REMEDY
        )
    return Memory(season, horizon, np.array(shape), optima)
