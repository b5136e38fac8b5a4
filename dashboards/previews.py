"""Charts drawn ahead as SVG files: on screen before any script has run, and all there is for
readers without scripts.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import vl_convert

from dashboards import theme
from dashboards.charts.drawing import Spec
from dashboards.charts.picture import standalone
from dashboards.figure import Page
from dashboards.language import Language

MOST, MOST_ROWS = 4, 1500
WIDTH = 1312
"""Of the page's column on a desktop, so that the chart that takes the picture's place has its size.
"""
ROOM, BETWEEN = 45, 26
"""Left of row names and between the words of a legend, since a reader's font may be wider than the
one the picture is measured with.
"""
SIZE = re.compile(r'width="([\d.]+)" height="([\d.]+)"')


class Preview(NamedTuple):
    """A picture's path in the site and its size in pixels."""

    path: str
    width: int
    height: int


def draw_previews(
    pages: Sequence[Page], language: Language, folder: Path
) -> dict[tuple[str, str], Preview]:
    """The first charts of each chapter as SVG files, by page and figure.

    The pages of single routes and segments have none: a thousand charts would take minutes. Their
        tables hold the numbers.
    """
    found = {
        (page.path, figure.figure_id): figure.spec
        for page in pages
        if "/" not in page.path
        for figure in page.figures[:MOST]
        if figure.spec and sum(len(rows) for rows in figure.spec["datasets"].values()) <= MOST_ROWS
    }
    target = folder / "pictures" / language.code
    target.mkdir(parents=True, exist_ok=True)
    drawn = {}
    for (page, name), spec in found.items():
        path = target / f"{page.removesuffix('.html')}-{name}.svg"
        picture = _svg(spec, language)
        size = SIZE.search(picture)
        width, height = (float(part) for part in size.groups()) if size else (WIDTH, WIDTH / 2)
        path.write_text(picture, encoding="utf-8")
        drawn[page, name] = Preview(
            path.relative_to(folder).as_posix(), round(width), round(height)
        )
    return drawn


def _svg(spec: Spec, language: Language) -> str:
    """The chart as it will stand in the page, dark where the page is dark."""
    whole = standalone(spec, language, width=WIDTH)
    if spec.get("width") == "container":
        whole["width"] = WIDTH
        whole["autosize"] = {"type": "fit-x", "contains": "padding"}
    if '"labelLimit"' in json.dumps(
        {key: part for key, part in spec.items() if key not in ("datasets", "config")}
    ):
        whole["padding"] = {"left": ROOM, "top": 5, "right": 5, "bottom": 5}
    whole["config"] = {
        **whole["config"],
        "legend": {**whole["config"]["legend"], "columnPadding": BETWEEN},
    }
    locale: Mapping[str, Any] = theme.locale(language)
    plain = str(
        vl_convert.vegalite_to_svg(
            whole,
            format_locale=locale["formatLocale"],
            time_format_locale=locale["timeFormatLocale"],
        )
    )
    style = (
        f"<style>@media (prefers-color-scheme: dark) {{ {theme.recoloured(theme.DARK)} }}</style>"
    )
    return plain.replace(">", f">{style}", 1)
