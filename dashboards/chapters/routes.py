"""The list of routes, a page per route, and a page per corridor."""

from __future__ import annotations

from dashboards import naming
from dashboards.chapters.changes import series_revision
from dashboards.chapters.detail import components_figure, profile_figure
from dashboards.chapters.places import route_path, segment_path
from dashboards.chapters.series import outlook, traffic_section
from dashboards.figure import Cell, Page, Section, Table, filled, number, percent
from dashboards.language import Language
from dashboards.material import Material


def route_table(material: Material, language: Language, home: str = "") -> Table:
    """One row per route: the busier direction of its peak traffic."""
    text = language.text
    rows = []
    for route_id, row in material.routes.items():
        keys = material.keys.get(("route", route_id), [])
        seen = outlook(material, keys[0]) if keys else None
        rows.append(
            [
                Cell(
                    naming.route_name(material, route_id, language),
                    link=home + route_path(route_id),
                    badge=text("page.simulated_short") if row["simulated"] else "",
                ),
                Cell(naming.market_name(material, str(row["market"]), language)),
                Cell(naming.direction_name(material, keys[0], language) if keys else ""),
                number(language, seen.now_gbps if seen else None),
                number(language, seen.year_ahead_gbps if seen else None),
                number(language, seen.end_gbps if seen else None),
                percent(language, seen.growth_ratio if seen else None),
            ]
        )
    heads = ("route", "market", "direction", "now", "year_ahead", "end", "growth")
    return filled(
        Table([text(f"table.{head}") for head in heads], rows, caption=text("routes.caption")),
        language,
    )


def pages(material: Material, language: Language) -> list[Page]:
    text = language.text
    count = len(material.routes)
    listing = Page(
        "routes.html",
        text("routes.title"),
        [text("routes.lead", n=count)],
        [Section(table=route_table(material, language))],
    )
    return [listing, *(_page(material, route_id, language) for route_id in material.routes)]


def _page(material: Material, route_id: str, language: Language) -> Page:
    row = material.routes[route_id]
    corridor, market = (
        naming.corridor_name(material, str(row["corridor"]), language),
        naming.market_name(material, str(row["market"]), language),
    )
    return Page(
        route_path(route_id),
        naming.route_name(material, route_id, language),
        [language.text("route.about", corridor=corridor, market=market)],
        build=lambda: _sections(material, route_id, language),
        subject=("route", route_id),
    )


def _sections(material: Material, route_id: str, language: Language) -> list[Section]:
    text = language.text
    keys = material.keys.get(("route", route_id), [])
    sections = [traffic_section(material, keys, language)]
    if keys:
        busier = keys[0]
        further = [
            profile_figure(material, route_id, busier[2], language),
            components_figure(material, busier, language),
            series_revision(material, busier, language),
        ]
        found = [figure for figure in further if figure]
        if found:
            sections.append(Section(text("route.further"), figures=found))
    paths = material.paths.get(route_id, {})
    for rank, segment_ids in paths.items():
        title = text("route.path") if rank == 1 else text("route.backup", rank=rank)
        links = [
            ("../" + segment_path(segment_id), naming.segment_label(material, segment_id, language))
            for segment_id in segment_ids
        ]
        sections.append(Section(title, links=links))
    return sections
