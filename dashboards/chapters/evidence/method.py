"""How the figures were made, and what the words mean."""

from __future__ import annotations

from dashboards.figure import Cell, Page, Section, Table
from dashboards.view import View

TERMS = (
    "route",
    "segment",
    "market",
    "corridor",
    "p95",
    "lit",
    "utilization",
    "threshold",
    "headroom",
    "runout",
    "policy_date",
    "hard_date",
    "order_by",
    "prediction_interval",
    "median",
    "may",
    "growth",
    "path",
    "edition",
    "gate",
    "backtest",
    "mase",
    "crps",
    "kappa",
    "vintage",
)


def pages(view: View) -> list[Page]:
    text = view.text
    steps = [
        text(f"method.step_{name}")
        for name in ("traffic", "forecast", "interval", "load", "runout", "order")
    ]
    rows = [[Cell(text(f"term.{name}.name")), Cell(text(f"term.{name}.means"))] for name in TERMS]
    sections = [
        Section(text("method.how"), steps),
        Section(
            text("method.glossary"),
            table=Table([text("method.term"), text("method.means")], rows),
            anchor="glossary",
        ),
        Section(
            text("method.notices"),
            [text("method.notices_intro")],
            links=[("../assets/notices.txt", text("method.notices_link"))],
        ),
    ]
    return [Page("method.html", text("method.title"), (), sections, real=True)]
