"""Where each page lies, relative to its language's folder."""

from __future__ import annotations

from dashboards.figure import slug


def route_path(route_id: str) -> str:
    return f"route/{slug(route_id)}.html"


def segment_path(segment_id: str) -> str:
    return f"segment/{slug(segment_id)}.html"


def corridor_path(corridor: str) -> str:
    return f"corridor/{slug(corridor)}.html"


def project_path(project_id: str) -> str:
    return f"project/{slug(project_id)}.html"
