"""A made-up warehouse for the analysts' pages, the examples and their benchmark: every value
follows from its index.
"""

from __future__ import annotations

from pathlib import Path

import polars as pl

from flows.steps.sentences import with_sentences
from forecasting.review.past_forecasts import live_frame, looked_back
from warehouse.store.database import Warehouse

FOLDER = Path(__file__).parent


def fill(
    warehouse: Warehouse,
    *,
    routes: int = 8,
    months: int = 36,
    vintages: int = 12,
    horizon: int = 36,
) -> None:
    """Fills an empty warehouse with `routes` routes over `months` months, and `vintages` monthly
    runs.
    """
    sizes = {"routes": routes, "months": months, "vintages": vintages, "horizon": horizon}
    for name in ("facts", "results"):
        for statement in warehouse.connection.extract_statements(
            (FOLDER / f"{name}.sql").read_text("utf-8")
        ):
            given = {name: sizes[name] for name in statement.named_parameters}
            warehouse.connection.execute(statement, given or None)
    for (run_id,) in warehouse.connection.execute(
        "select run_id from core.forecast_run order by run_id"
    ).fetchall():
        warehouse.run("results/fans", run_id=run_id)
    _hold_against(warehouse)


def _hold_against(warehouse: Warehouse) -> None:
    """What the last run says of the ones before it, as a run says it."""
    ((last, origin),) = warehouse.connection.execute(
        "select run_id, origin from core.forecast_run order by origin desc limit 1"
    ).fetchall()
    matured = warehouse.run("results/matured", grain="month", since=looked_back(origin, "month"))
    live = with_sentences(live_frame(matured, "month")).select(
        pl.lit(last).alias("run_id"), pl.all()
    )
    warehouse.connection.register("live", live.to_arrow())
    warehouse.connection.execute("insert into core.live_accuracy by name from live")
    warehouse.connection.unregister("live")
