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
from dashboards.language import Language, Period
from dashboards.material import Material

MOST_ROWS = 12


def pages(material: Material, language: Language) -> list[Page]:
    text = language.text
    table = order_table(material, language, most=MOST_ROWS, brief=True)
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
    said = changes.words(material, language)
    changed = (
        Section(text("revision.title"), said, links=[("changes.html", text("revision.all"))])
        if said
        else None
    )
    timeline = timeline_figure(material, language, MOST_ROWS)
    watch = Section(
        text("overview.watch"), figures=[timeline, heat_figure(material, language, MOST_ROWS)]
    )
    whole = material.keys.get(("total", "total"), [])
    totals = ([key for key in whole if key in material.quantiles] or whole)[:1] or [
        keys[0] for (kind, _), keys in material.keys.items() if kind == "corridor"
    ][:2]
    expect = Section(
        text("overview.forecast"),
        figures=[series_figure(material, key, language) for key in totals],
        table=route_table(material, language),
        links=[
            (corridor_path(name), naming.corridor_name(material, name, language))
            for name in corridors(material)
        ],
    )
    earlier = _earlier(material, language)
    refused = refusals_in_short(material, language)
    doubts = accepted.words(material, language)
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
        [language.sentences(orders_title(material, language))]
        if material["order_plan"].height
        else []
    )
    lead += [language.sentences(timeline.title)] if timeline.spec else []
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


def _earlier(material: Material, language: Language) -> Section | None:
    """The editions before this one, the newest first."""
    text = language.text
    rows = [
        [
            Cell(
                language.period(Period(one.origin, material.edition.grain)),
                one.origin.isoformat(),
                link=f"../{one.folder}/{language.code}/index.html",
            ),
            Cell(language.day(one.known_at.date()), one.known_at.isoformat()),
            Cell(one.run_id),
            Cell(one.data_hash),
        ]
        for one in material.edition.previous
    ]
    if not rows:
        return None
    heads = ("origin", "known", "run", "data_hash")
    return Section(
        text("overview.earlier"),
        table=Table([text(f"table.{head}") for head in heads], rows),
        anchor="earlier",
    )
