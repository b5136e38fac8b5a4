"""A page per corridor: its traffic, its markets, its routes."""

from __future__ import annotations

from dashboards import naming
from dashboards.chapters.places import corridor_path, route_path
from dashboards.chapters.series import series_figure, traffic_section
from dashboards.figure import Page, Section
from dashboards.language import Language
from dashboards.material import Material


def corridors(material: Material) -> list[str]:
    named = {str(row["corridor"]) for row in material.routes.values()}
    return sorted(named | {series_id for kind, series_id in material.keys if kind == "corridor"})


def pages(material: Material, language: Language) -> list[Page]:
    return [_page(material, corridor, language) for corridor in corridors(material)]


def _page(material: Material, corridor: str, language: Language) -> Page:
    text = language.text
    members = {
        route_id: row for route_id, row in material.routes.items() if row["corridor"] == corridor
    }
    markets = sorted({str(row["market"]) for row in members.values()})
    sections = [traffic_section(material, material.keys.get(("corridor", corridor), []), language)]
    inside = [
        series_figure(material, key, language)
        for market in markets
        for key in material.keys.get(("market", market), [])[:2]
        if material.series.get(key) is not None
    ]
    if inside:
        sections.append(Section(text("corridor.markets"), figures=inside))
    links = [
        ("../" + route_path(route_id), naming.route_name(material, route_id, language))
        for route_id in members
    ]
    sections.append(Section(text("routes.title"), links=links))
    return Page(
        corridor_path(corridor),
        naming.corridor_name(material, corridor, language),
        [text("corridor.lead", n=len(members))],
        sections,
    )
