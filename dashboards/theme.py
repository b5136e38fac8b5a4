"""Colours, type and the Vega-Lite configuration, for light and dark pages and for paper."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from dashboards.language import Language

STYLE = Path(__file__).parent / "assets" / "report.css"

NAVY, TEAL, PLUM, ORANGE, CHARCOAL, LILAC = (
    "#12436D",
    "#28A197",
    "#801650",
    "#F46A25",
    "#3D3D3D",
    "#A285D1",
)
PAPER, GRID, MUTED, LAND = "#FFFFFF", "#D9DDE1", "#5A6470", "#F2F3F1"
RUST = "#B4430C"
"""Orange dark enough for words."""
DEEP = ("#E8EEF3", "#9DB9CF", "#4E83AB", NAVY)
"""A sequence from little to much."""
COVERAGE = (PLUM, ORANGE, "#9DB9CF", "#E8EEF3")
"""Cells of a calendar from no value to complete."""

DARK = {
    NAVY: "#7FB4E6",
    TEAL: "#4FD1C5",
    PLUM: "#E58BB9",
    ORANGE: "#FF9A5C",
    RUST: "#FF9A5C",
    CHARCOAL: "#E4E7EA",
    LILAC: "#C4B0EA",
    PAPER: "#14191F",
    LAND: "#1B2127",
    GRID: "#39424C",
    MUTED: "#A9B4BF",
    "#D3DDE8": "#2A4560",
    "#A9BFD3": "#37608A",
    "#7C9DBB": "#4A7DAE",
    "#E8EEF3": "#1F2A35",
    "#C3D2DF": "#2B3F54",
    "#9DB9CF": "#38597A",
    "#4E83AB": "#4E83AB",
}
"""What a colour becomes on a dark page; each keeps a contrast of at least 4.5 for text and 3 for
marks.
"""

FONT = "sans-serif"
BANDS = (
    (0.95, "q025", "q975", "#D3DDE8"),
    (0.8, "q100", "q900", "#A9BFD3"),
    (0.5, "q250", "q750", "#7C9DBB"),
)
"""The bands of a fan, widest first: probability, lower and upper quantile, colour. Solid tints keep
their order in grey.
"""
HEAT = ("#E8EEF3", "#C3D2DF", "#9DB9CF", ORANGE, PLUM)
"""Cells of a heat map from light load to over capacity; ever darker in grey."""


def recoloured(colours: Mapping[str, str], scope: str = "") -> str:
    """Style rules that show the marks of an SVG in other colours."""
    return " ".join(
        f'{scope}[{part}="{one}"] {{ {part}: {other}; }}'
        for one, other in colours.items()
        for part in ("fill", "stroke")
        if one != other
    )


def style() -> str:
    """The style of pages, and what puts charts drawn on a dark page back into light colours on
    paper.
    """
    light = {other: one for one, other in DARK.items()}
    return (
        STYLE.read_text(encoding="utf-8")
        + f"@media print {{ {recoloured(light, '.chart svg ')} }}\n"
    )


def short_numbers(language: Language) -> tuple[str, str]:
    """A pattern of numbers with a group too many, and what to put for it; an empty pattern where
    every thousand is grouped.

    The charts' number format groups all thousands, Russian text only from five digits on.
    """
    if float(language.words["number.group_from"]) <= 1000:
        return "", ""
    group = str(language.words["number.group"])
    return rf"^(\D?\d){group}(\d{{3}})([^\d{group}]|$)", "$1$2$3"


def config(language: Language) -> dict[str, Any]:
    """The Vega-Lite configuration of every chart."""
    pattern, short = short_numbers(language)
    written = f"replace(datum.label, regexp({json.dumps(pattern)}), '{short}')"
    return {
        **({"axisQuantitative": {"labelExpr": written}} if pattern else {}),
        "background": "transparent",
        "font": FONT,
        "axis": {
            "labelColor": CHARCOAL,
            "titleColor": CHARCOAL,
            "gridColor": GRID,
            "domainColor": MUTED,
            "tickColor": MUTED,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "labelOverlap": True,
            "labelSeparation": 4,
        },
        "axisY": {
            "titleAngle": 0,
            "titleAlign": "left",
            "titleAnchor": "end",
            "titleY": -10,
            "titleX": 0,
            "domain": False,
            "ticks": False,
        },
        "axisX": {"grid": False},
        "legend": {
            "labelColor": CHARCOAL,
            "titleColor": CHARCOAL,
            "labelFontSize": 12,
            "titleFontSize": 12,
            "titleFontWeight": "normal",
            "orient": "top",
            "offset": 26,
            "labelLimit": 320,
            "symbolStrokeWidth": 2.5,
        },
        "title": {"color": CHARCOAL, "anchor": "start", "fontSize": 14, "subtitleColor": CHARCOAL},
        "text": {"color": CHARCOAL, "fontSize": 12},
        "view": {"stroke": None},
        "line": {"strokeWidth": 2},
    }


def locale(language: Language) -> dict[str, Any]:
    """Number and time locales for Vega; month names are nominative, as they stand alone on axes."""
    words = language.words
    months, short = words["months.nominative"], words["months.short"]
    return {
        "formatLocale": {
            "decimal": words["number.decimal"],
            "thousands": words["number.group"],
            "grouping": [3],
            "currency": ["", ""],
            "percent": words["number.percent"],
        },
        "timeFormatLocale": {
            "dateTime": "%d.%m.%Y %H:%M",
            "date": "%d.%m.%Y",
            "time": "%H:%M",
            "periods": ["AM", "PM"],
            "days": words["weekdays.long"],
            "shortDays": words["weekdays.short"],
            "months": months,
            "shortMonths": short,
        },
    }
