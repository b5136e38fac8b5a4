"""International bandwidth by country: reported years and a cautious outlook."""

from __future__ import annotations

from dashboards.chapters.traffic.series import series_figure
from dashboards.figure import Page, Section
from dashboards.view import View


def pages(view: View) -> list[Page]:
    text = view.text
    keys = [keys[0] for (kind, _), keys in view.material.keys.items() if kind == "country"]
    figures = [series_figure(view, key) for key in keys]
    if not figures:
        return []
    return [
        Page(
            "countries.html",
            text("countries.title"),
            [text("countries.lead")],
            [Section(figures=figures)],
            real=True,
        )
    ]
