"""What the plan costs by quarter."""

from __future__ import annotations

import polars as pl

from dashboards.charts.quarters import quarters
from dashboards.figure import Cell, Figure, Table, dollars, number
from dashboards.front.argument import usd
from dashboards.front.decision import Order, decide, money
from dashboards.notes import run_note
from dashboards.view import View


def quarter_frame(view: View) -> pl.DataFrame:
    """One row per quarter of the plan, overdue orders first as one: quarter (shown), kind, orders,
    cost_usd, low_usd, high_usd. Empty where prices are missing.
    """
    decision = decide(view.material)
    groups: dict[tuple[int, int], list[Order]] = {}
    for order in decision.orders:
        due = order["order_by"]
        key = (0, 0) if order["overdue_months"] > 0 else (due.year, (due.month + 2) // 3)
        groups.setdefault(key, []).append(order)
    until = decision.until
    last_soon = until.year, (until.month + 2) // 3
    rows = []
    for (year, quarter), orders in sorted(groups.items()):
        total = money(view.material, orders)
        kind = "overdue" if not year else "soon" if (year, quarter) <= last_soon else "later"
        name = (
            view.text("quarter.name", q=str(quarter), year=str(year))
            if year
            else view.text("quarter.overdue")
        )
        rows.append((name, kind, len(orders), total.likely, total.low, total.high))
    schema = {
        "quarter": pl.String,
        "kind": pl.String,
        "orders": pl.Int64,
        "cost_usd": pl.Float64,
        "low_usd": pl.Float64,
        "high_usd": pl.Float64,
    }
    frame = pl.DataFrame(rows, schema=schema, orient="row")
    return frame.clear() if frame["cost_usd"].null_count() else frame


def quarter_figure(view: View) -> Figure | None:
    """The chart of the plan's cost by quarter; None where there is no order or a price is
    missing.
    """
    text, frame = view.text, quarter_frame(view)
    if frame.is_empty():
        return None
    whole = float(frame["cost_usd"].sum())
    late = float(frame.filter(pl.col("kind") == "overdue")["cost_usd"].sum())
    title = (
        text("quarter.title", share=late / whole)
        if late and whole
        else text("quarter.title_ahead", usd=usd(view, whole), last=frame["quarter"][-1])
    )
    language = view.language
    table = Table(
        [text(f"table.{head}") for head in ("quarter", "orders", "cost", "low", "high")],
        [
            [
                Cell(row["quarter"]),
                number(language, row["orders"]),
                *(dollars(language, row[f"{name}_usd"]) for name in ("cost", "low", "high")),
            ]
            for row in frame.iter_rows(named=True)
        ],
    )
    return Figure(
        "quarter_costs",
        title,
        alt=language.sentences(title, text("quarter.subtitle")),
        spec=quarters(frame.drop("orders"), language),
        subtitle=text("quarter.subtitle"),
        notes=[
            (text("note.unit"), text("quarter.unit")),
            (text("note.definition"), text("quarter.definition")),
            (text("note.source"), text("quarter.source")),
            run_note(view),
        ],
        table=table,
        csv="quarter_costs.csv",
        data=frame,
        badges=(text("page.assumed_short"),),
    )
