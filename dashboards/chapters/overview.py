"""The first page: what to order, what to watch, what to expect."""

from __future__ import annotations

from dashboards.chapters.corridors import corridors
from dashboards.chapters.places import corridor_path
from dashboards.chapters.plan import order_table, orders_title, timeline_figure
from dashboards.chapters.routes import route_table
from dashboards.chapters.segments import heat_figure
from dashboards.chapters.series import refusals, series_figure
from dashboards.figure import Page, Section
from dashboards.language import Language
from dashboards.material import Material

MOST_ROWS = 12


def pages(material: Material, language: Language) -> list[Page]:
    text = language.text
    table = order_table(material, language, most=MOST_ROWS)
    reason = (
        orders_title(material, language)
        if material["order_plan"].height
        else text("page.empty", reason=text("reason.no_orders"))
    )
    order = Section(
        text("overview.order"),
        [] if table else [reason],
        table=table,
        links=[("plan.html", text("overview.orders_all"))],
    )
    watch = Section(
        text("overview.watch"),
        figures=[timeline_figure(material, language, MOST_ROWS), heat_figure(material, language, MOST_ROWS)],
    )
    totals = (
        material.keys.get(("total", "total"), [])[:1]
        or [keys[0] for (kind, _), keys in material.keys.items() if kind == "corridor"][:2]
    )
    expect = Section(
        text("overview.forecast"),
        figures=[series_figure(material, key, language) for key in totals],
        table=route_table(material, language),
        links=[(corridor_path(name), text("corridor.title", name=name)) for name in corridors(material)],
    )
    refused = refusals(material, language)
    lead = [orders_title(material, language)] if material["order_plan"].height else []
    return [Page("index.html", text("overview.title"), lead, [order, watch, expect, *([refused] if refused else [])])]
