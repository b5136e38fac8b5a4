"""A page per corridor: its traffic, its markets, its routes."""

from __future__ import annotations

from dashboards import naming
from dashboards.chapters.places import corridor_path, route_path
from dashboards.chapters.traffic.series import series_figure, traffic_section
from dashboards.figure import Page, Section
from dashboards.material import Material
from dashboards.view import View


def corridors(material: Material) -> list[str]:
    named = {str(row["corridor"]) for row in material.routes.values()}
    return sorted(named | {series_id for kind, series_id in material.keys if kind == "corridor"})


def pages(view: View) -> list[Page]:
    return [_page(view, corridor) for corridor in corridors(view.material)]


def _page(view: View, corridor: str) -> Page:
    text = view.text
    members = {
        route_id: row
        for route_id, row in view.material.routes.items()
        if row["corridor"] == corridor
    }
    markets = sorted({str(row["market"]) for row in members.values()})
    sections = [traffic_section(view, view.material.keys.get(("corridor", corridor), []))]
    # The market of a single route is that route: its page has the charts.
    shared = [
        market
        for market in markets
        if sum(str(row["market"]) == market for row in view.material.routes.values()) > 1
    ]
    inside = [
        series_figure(view, key)
        for market in shared
        for key in view.material.keys.get(("market", market), [])[:2]
        if view.material.series.get(key) is not None
    ]
    if inside:
        sections.append(Section(text("corridor.markets"), figures=inside))
    links = [
        ("../" + route_path(route_id), naming.route_name(view, route_id)) for route_id in members
    ]
    sections.append(Section(text("routes.title"), links=links))
    return Page(
        corridor_path(corridor),
        naming.corridor_name(view, corridor),
        [text("corridor.lead", n=len(members))],
        sections,
    )
