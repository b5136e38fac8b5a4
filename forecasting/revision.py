"""Why a figure differs from the one before: what each change moved, in a stated order, with nothing left over."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from warehouse.errors import PlanError, Problem

ORDER = ("history revised", "new observations", "model change", "assumptions")
"""What is exchanged first moves first: another order gives other parts of the same total."""


def revision_steps(values: Sequence[float] | Sequence[date], order: Sequence[str] = ORDER) -> pl.DataFrame:
    """Columns step, value_before, value_after, change; the last row is the total.

    `values` starts with the old figure and has the figure after each change of `order`. Dates change by days.
    Raises PlanError where there are not as many figures as changes and one.
    """
    if len(values) != len(order) + 1:
        raise PlanError(
            "a revision has one figure before and one after each change",
            [Problem("revision", f"{len(values)} figures for {len(order)} changes")],
        )
    figures = [float(value.toordinal()) if isinstance(value, date) else float(value) for value in values]
    rows = [
        (step, before, after, after - before) for step, before, after in zip(order, figures, figures[1:], strict=False)
    ]
    rows.append(("total", figures[0], figures[-1], figures[-1] - figures[0]))
    return pl.DataFrame(rows, schema=["step", "value_before", "value_after", "change"], orient="row")
