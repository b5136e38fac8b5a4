"""The first page: what to do, what changed, what it costs, what to expect."""

from __future__ import annotations

from dashboards import naming
from dashboards.chapters import changes
from dashboards.chapters.evidence import accepted
from dashboards.chapters.places import corridor_path
from dashboards.chapters.traffic.corridors import corridors
from dashboards.chapters.traffic.series import refusals_in_short, series_figure
from dashboards.figure import Cell, Page, Section, Table
from dashboards.front.changed import change_section
from dashboards.front.page import make_front
from dashboards.front.quarter_costs import quarter_figure
from dashboards.language import Period
from dashboards.view import View

MOST_ROWS = 12


def pages(view: View) -> list[Page]:
    text = view.text
    front = make_front(view)
    changed = change_section(view, MOST_ROWS)
    said = changes.words(view)
    told = (
        Section(text("revision.title"), said, links=[("changes.html", text("revision.all"))])
        if said
        else None
    )
    costs = quarter_figure(view)
    money = Section(text("overview.money"), figures=[costs]) if costs else None
    whole = view.material.keys.get(("total", "total"), [])
    totals = ([key for key in whole if key in view.material.quantiles] or whole)[:1] or [
        keys[0] for (kind, _), keys in view.material.keys.items() if kind == "corridor"
    ][:2]
    expect = Section(
        text("overview.forecast"),
        figures=[series_figure(view, key) for key in totals],
        links=[
            ("routes.html", text("routes.title")),
            *(
                (corridor_path(name), naming.corridor_name(view, name))
                for name in corridors(view.material)
            ),
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
    return [
        Page(
            "index.html",
            text("overview.title"),
            [
                line
                for line in (
                    view.language.sentences(front.argument.headline),
                    front.argument.evidence,
                )
                if line
            ],
            [
                *([passed_over] if passed_over else []),
                *([changed] if changed else []),
                *([told] if told else []),
                *([money] if money else []),
                expect,
                *([refused] if refused else []),
                *([earlier] if earlier else []),
            ],
            front=front,
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
