"""Typst and SVG text that any name can stand in, and the PDF made of it."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Mapping
from datetime import datetime
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

import typst
import vl_convert

from dashboards import theme
from dashboards.charts.drawing import Spec
from dashboards.charts.picture import standalone
from dashboards.language import Language

TEMPLATES = Path(__file__).parent.parent / "pages"
BOX, JOINERS = "□", "\u200d\ufe0e\ufe0f"
"""What stands for a sign without a font, and what binds such signs and is nothing by itself."""
RUN = re.compile(r"[ -~]?[^\x00-\x7f]+(?=([ -~]?))")
"""Signs beyond ASCII with a neighbour on each side: what fonts have to shape together."""
LEGEND = 3
"""Columns of a legend: in one row a long one would take the chart's width."""


@cache
def template(name: str) -> str:
    """The Typst source that a document begins with."""
    return (TEMPLATES / name).read_text(encoding="utf-8")


def compile_pdf(source: Path, known_at: datetime) -> bytes:
    """The PDF/UA-1 of a Typst file with Typst's own fonts only: the same page on every machine."""
    pdf = typst.compile(
        source,
        root=source.parent,
        ignore_system_fonts=True,
        pdf_standards=["ua-1"],
        timestamp=int(known_at.timestamp()),
    )
    if not isinstance(pdf, bytes):
        raise TypeError("typst returned no document")
    return pdf


def displayable(source: str, *, picture: bool = False) -> str:
    """Typst text, or the SVG text of a picture in it, in which each sign that no font of Typst has
    is a box, as is each run of signs that its fonts have and can't shape together (Hindi in a
    picture, a mark of Hindi on a Latin letter): one name would otherwise leave the edition
    unprinted.
    """
    unusual = sorted(
        {sign for sign in source if (ord(sign) > 126 or ord(sign) < 32) and sign != "\n"}
    )
    if not unusual:
        return source
    source = source.replace("\ufeff", "")
    if not _can_show("".join(unusual), picture):
        missing = {ord(sign): BOX for sign in unusual if not _can_show(sign, picture)}
        source = source.translate({**missing, **dict.fromkeys(map(ord, JOINERS))})
    runs = {run[0] + run[1] for run in RUN.finditer(source) if run[0].strip(BOX)}
    bad = frozenset(_unshaped(tuple(sorted(runs)), picture))
    return RUN.sub(lambda run: _simpler(run[0]) if run[0] + run[1] in bad else run[0], source)


def _simpler(run: str) -> str:
    """A run that can't be shaped: letters of Europe without their combining marks, else a box."""
    plain = "".join(sign for sign in run if not unicodedata.combining(sign))
    if all(sign < "\u0530" for sign in plain):
        return plain
    return (run[0] if run[0].isascii() else "") + BOX


def _unshaped(runs: tuple[str, ...], picture: bool) -> list[str]:
    """The runs that can't be shown, found by halving."""
    if not runs or _can_show(" ".join(runs), picture):
        return []
    if len(runs) == 1:
        return list(runs)
    half = len(runs) // 2
    return _unshaped(runs[:half], picture) + _unshaped(runs[half:], picture)


@cache
def _can_show(signs: str, picture: bool) -> bool:
    """Whether signs can be set as text, or in a picture, which finds fewer fonts for them."""
    content = quote(signs)
    if picture:
        drawn = (
            '<svg xmlns="http://www.w3.org/2000/svg" width="99" height="99">'
            '<text y="9" font-family="sans-serif" '
            f'xml:space="preserve">{escape(signs)}</text></svg>'
        )
        content = f'image(bytes({quote(drawn)}), format: "svg", alt: "x")'
    try:
        typst.compile(
            f'#set document(title: "x")\n#{content}'.encode(),
            ignore_system_fonts=True,
            pdf_standards=["ua-1"],
        )
    except typst.TypstError:
        return False
    return True


def quote(words: str) -> str:
    """Text as a Typst string: nothing in it can become markup."""
    escaped = words.replace("\\", "\\\\").replace('"', '\\"').replace("\n", " ").replace("\r", " ")
    return f'"{escaped}"'


def svg(spec: Spec, language: Language, width: int = 820) -> str:
    """A chart as SVG text, in the language's numbers and months."""
    locale: Mapping[str, Any] = theme.locale(language)
    whole = _folded(standalone(spec, language, width=width))
    return str(
        vl_convert.vegalite_to_svg(
            whole,
            format_locale=locale["formatLocale"],
            time_format_locale=locale["timeFormatLocale"],
        )
    )


def _folded(value: Any) -> Any:
    """The specification with its legends in few columns."""
    if isinstance(value, list):
        return [_folded(part) for part in value]
    if not isinstance(value, dict):
        return value
    return {
        key: part
        if key == "datasets"
        else {**part, "columns": LEGEND}
        if key == "legend" and isinstance(part, dict)
        else _folded(part)
        for key, part in value.items()
    }
