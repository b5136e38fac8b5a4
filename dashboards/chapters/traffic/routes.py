"""The list of routes, a page per route, and a page per corridor."""

from __future__ import annotations

from dashboards import naming
from dashboards.chapters.changes import series_revision
from dashboards.chapters.detail import components_figure, profile_figure
from dashboards.chapters.places import route_path, segment_path
from dashboards.chapters.traffic.series import outlook, traffic_section
from dashboards.figure import Cell, Page, Section, Table, filled, number, percent
from dashboards.view import View


def route_table(view: View, home: str = "") -> Table:
    """One row per route: the busier direction of its peak traffic."""
    text = view.text
    rows = []
    for route_id, row in view.material.routes.items():
        keys = view.material.keys.get(("route", route_id), [])
        seen = outlook(view.material, keys[0]) if keys else None
        rows.append(
            [
                Cell(
                    naming.route_name(view, route_id),
                    link=home + route_path(route_id),
                    badge=text("page.simulated_short") if row["simulated"] else "",
                ),
                Cell(naming.market_name(view, str(row["market"]))),
                Cell(naming.direction_name(view, keys[0]) if keys else ""),
                number(view.language, seen.now_gbps if seen else None),
                number(view.language, seen.year_ahead_gbps if seen else None),
                number(view.language, seen.end_gbps if seen else None),
                percent(view.language, seen.growth_ratio if seen else None),
            ]
        )
    heads = ("route", "market", "direction", "now", "year_ahead", "end", "growth")
    return filled(
        Table([text(f"table.{head}") for head in heads], rows, caption=text("routes.caption")),
        view.language,
    )


def pages(view: View) -> list[Page]:
    text = view.text
    count = len(view.material.routes)
    listing = Page(
        "routes.html",
        text("routes.title"),
        [text("routes.lead", n=count)],
        [Section(table=route_table(view))],
    )
    return [listing, *(_page(view, route_id) for route_id in view.material.routes)]


def _page(view: View, route_id: str) -> Page:
    row = view.material.routes[route_id]
    corridor, market = (
        naming.corridor_name(view, str(row["corridor"])),
        naming.market_name(view, str(row["market"])),
    )
    return Page(
        route_path(route_id),
        naming.route_name(view, route_id),
        [view.text("route.about", corridor=corridor, market=market)],
        build=lambda: _sections(view, route_id),
        subject=("route", route_id),
    )


def _sections(view: View, route_id: str) -> list[Section]:
    text = view.text
    keys = view.material.keys.get(("route", route_id), [])
    sections = [traffic_section(view, keys)]
    if keys:
        busier = keys[0]
        further = [
            profile_figure(view, route_id, busier[2]),
            components_figure(view, busier),
            series_revision(view, busier),
        ]
        found = [figure for figure in further if figure]
        if found:
            sections.append(Section(text("route.further"), figures=found))
    paths = view.material.paths.get(route_id, {})
    for rank, segment_ids in paths.items():
        title = text("route.path") if rank == 1 else text("route.backup", rank=rank)
        links = [
            ("../" + segment_path(segment_id), naming.segment_label(view, segment_id))
            for segment_id in segment_ids
        ]
        sections.append(Section(title, links=links))
    return sections
