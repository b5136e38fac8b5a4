"""The first page: what to order, what to watch, what to expect."""

from __future__ import annotations

from dashboards import naming
from dashboards.chapters import accepted, changes
from dashboards.chapters.corridors import corridors
from dashboards.chapters.places import corridor_path
from dashboards.chapters.plan import order_table, orders_title, timeline_figure
from dashboards.chapters.routes import route_table
from dashboards.chapters.segments import heat_figure
from dashboards.chapters.series import refusals_in_short, series_figure
from dashboards.figure import Cell, Page, Section, Table
from dashboards.language import Period
from dashboards.view import View

MOST_ROWS = 12


def pages(view: View) -> list[Page]:
    text = view.text
    table = order_table(view, most=MOST_ROWS, brief=True)
    reason = (
        orders_title(view)
        if view.material["order_plan"].height
        else text("page.empty", reason=text("reason.no_orders"))
    )
    order = Section(
        text("overview.order"),
        [] if table else [reason],
        table=table,
        links=[("plan.html", text("overview.orders_all"))],
    )
    said = changes.words(view)
    changed = (
        Section(text("revision.title"), said, links=[("changes.html", text("revision.all"))])
        if said
        else None
    )
    timeline = timeline_figure(view, MOST_ROWS)
    watch = Section(text("overview.watch"), figures=[timeline, heat_figure(view, MOST_ROWS)])
    whole = view.material.keys.get(("total", "total"), [])
    totals = ([key for key in whole if key in view.material.quantiles] or whole)[:1] or [
        keys[0] for (kind, _), keys in view.material.keys.items() if kind == "corridor"
    ][:2]
    expect = Section(
        text("overview.forecast"),
        figures=[series_figure(view, key) for key in totals],
        table=route_table(view),
        links=[
            (corridor_path(name), naming.corridor_name(view, name))
            for name in corridors(view.material)
        ],
    )
    earlier = _earlier(view)
    refused = refusals_in_short(view)
    doubts = accepted.words(view)
    passed_over = (
        Section(
            text("accepted.title"),
            doubts,
            links=[("assumptions.html#accepted", text("accepted.all"))],
        )
        if doubts
        else None
    )
    # In words at the top, so that what to order, what to watch and what changed stand on one
    # screen.
    lead = (
        [view.language.sentences(orders_title(view))] if view.material["order_plan"].height else []
    )
    lead += [view.language.sentences(timeline.title)] if timeline.spec else []
    return [
        Page(
            "index.html",
            text("overview.title"),
            lead,
            [
                *([passed_over] if passed_over else []),
                *([changed] if changed else []),
                order,
                watch,
                expect,
                *([refused] if refused else []),
                *([earlier] if earlier else []),
            ],
        )
    ]


def _earlier(view: View) -> Section | None:
    """The editions before this one, the newest first."""
    text = view.text
    rows = [
        [
            Cell(
                view.language.period(Period(one.origin, view.material.edition.grain)),
                one.origin.isoformat(),
                link=f"../{one.folder}/{view.language.code}/index.html",
            ),
            Cell(view.language.day(one.known_at.date()), one.known_at.isoformat()),
            Cell(one.run_id),
            Cell(one.data_hash),
        ]
        for one in view.material.edition.previous
    ]
    if not rows:
        return None
    heads = ("origin", "known", "run", "data_hash")
    return Section(
        text("overview.earlier"),
        table=Table([text(f"table.{head}") for head in heads], rows),
        anchor="earlier",
    )
