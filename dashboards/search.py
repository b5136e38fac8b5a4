"""What pages are found by besides their titles."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from dashboards import naming
from dashboards.figure import Page
from dashboards.view import View


def also_found(pages: Sequence[Page], views: Mapping[str, View]) -> dict[str, str]:
    """By path: the id of a route or segment, its countries, and its names in every language."""
    return {
        page.path: " ".join(
            dict.fromkeys(word for view in views.values() for word in _words(view, *page.subject))
        )
        for page in pages
        if page.subject
    }


def _words(view: View, kind: str, subject: str) -> list[str]:
    route = kind == "route"
    material = view.material
    row = (material.routes if route else material.segments).get(subject, {})
    ends = [str(row[end]) for end in ("a_node", "z_node") if row.get(end)]
    countries = [
        str(material.nodes[node]["country"])
        for node in ends
        if material.nodes.get(node, {}).get("country")
    ]
    name = naming.route_name(view, subject) if route else naming.segment_label(view, subject)
    return [subject, name, *countries, *(view.language.word("country", code) for code in countries)]
