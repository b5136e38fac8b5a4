"""The brief as a word processor's document (DOCX), as reviewers comment in it."""

from __future__ import annotations

import zipfile
from collections.abc import Sequence
from html import escape
from pathlib import Path

import vl_convert

from dashboards.charts.region import region
from dashboards.figure import Figure
from dashboards.front.argument import argue, short_segment
from dashboards.front.changed import change_words
from dashboards.front.decision import Decision, Order, decide, money
from dashboards.front.page import FEWEST_PLACES, map_parts, map_title
from dashboards.front.quarter_costs import quarter_figure
from dashboards.language import Period
from dashboards.press.brief import groups_of, order_load, risks, source_lines, what_we_think
from dashboards.press.typesetting import svg, template
from dashboards.view import View

NAME = "brief.docx"
WRITTEN = (1980, 1, 1, 0, 0, 0)
"""The same inputs give the same bytes: no clock is read."""
EMU = 9525
"""Units of the format in a pixel."""
SCALE = 2
NAMES = (
    'xmlns:w="http://schemas.openxmlformats.org/wordprocessingml/2006/main" '
    'xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships" '
    'xmlns:wp="http://schemas.openxmlformats.org/drawingml/2006/wordprocessingDrawing" '
    'xmlns:a="http://schemas.openxmlformats.org/drawingml/2006/main" '
    'xmlns:pic="http://schemas.openxmlformats.org/drawingml/2006/picture"'
)
HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
MAIN = "application/vnd.openxmlformats-officedocument.wordprocessingml"


def write_document(view: View, folder: Path) -> Path | None:
    """Write folder/<language>/brief.docx; None where no order was planned."""
    decision = decide(view.material)
    if not decision.orders:
        return None
    pictures = _pictures(view, decision)
    target = folder / view.language.code / NAME
    target.parent.mkdir(parents=True, exist_ok=True)
    names = [f"image{number}.png" for number in range(1, len(pictures) + 1)]
    parts: dict[str, str | bytes] = {
        "[Content_Types].xml": _types(),
        "_rels/.rels": _relations([("rId1", "officeDocument", "word/document.xml")]),
        "word/document.xml": _document(view, decision, pictures),
        "word/styles.xml": template("document_styles.xml"),
        "word/_rels/document.xml.rels": _relations(
            [("rId0", "styles", "styles.xml")]
            + [(f"rId{place}", "image", f"media/{name}") for place, name in enumerate(names, 1)]
        ),
        **{
            f"word/media/{name}": picture
            for name, (_, _, picture) in zip(names, pictures, strict=True)
        },
    }
    with zipfile.ZipFile(target, "w", zipfile.ZIP_DEFLATED) as book:
        for name, content in parts.items():
            entry = zipfile.ZipInfo(name, WRITTEN)
            entry.compress_type = zipfile.ZIP_DEFLATED
            book.writestr(entry, content)
    return target


def _types() -> str:
    return (
        f'{HEAD}<Types xmlns="{PACKAGE}/content-types">'
        '<Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        '<Default Extension="png" ContentType="image/png"/>'
        f'<Override PartName="/word/document.xml" ContentType="{MAIN}.document.main+xml"/>'
        f'<Override PartName="/word/styles.xml" ContentType="{MAIN}.styles+xml"/></Types>'
    )


def _relations(rows: Sequence[tuple[str, str, str]]) -> str:
    links = "".join(
        f'<Relationship Id="{name}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for name, kind, target in rows
    )
    return f'{HEAD}<Relationships xmlns="{PACKAGE}/relationships">{links}</Relationships>'


def _document(view: View, decision: Decision, pictures: Sequence[tuple[str, str, bytes]]) -> str:
    text, edition = view.text, view.material.edition
    origin = text("page.edition", origin=Period(edition.origin, edition.grain))
    name = edition.title_in(view.language.code)
    changed = " ".join(change_words(view)) or text("front.changed_none").capitalize() + "."
    parts = [
        paragraph(f"{name} · {text('brief.name')} · {origin} · {edition.run_id}", "Note"),
        paragraph(argue(view, decision).headline, "Heading1"),
        *([paragraph(text("front.simulated"), "Note")] if edition.simulated else []),
        paragraph(text("brief.think"), "Heading2"),
        *map(paragraph, what_we_think(view, decision)),
        paragraph(text("brief.sign"), "Heading2"),
        _orders(view, decision),
        paragraph(text("brief.sign_plain", alpha=edition.risk_alpha_ratio), "Note"),
        paragraph(text("brief.risk"), "Heading2"),
        *map(paragraph, risks(view, decision)),
        paragraph(text("brief.changed"), "Heading2"),
        paragraph(changed),
    ]
    for place, (title, subtitle, picture) in enumerate(pictures, 1):
        parts += [
            paragraph(title, "Heading2"),
            paragraph(subtitle, "Note"),
            _drawing(place, title, picture),
        ]
    parts.append(paragraph(source_lines(view), "Note"))
    margins = (
        '<w:pgSz w:w="11906" w:h="16838"/>'
        '<w:pgMar w:top="900" w:bottom="900" w:left="1000" w:right="1000"/>'
    )
    return (
        f"{HEAD}<w:document {NAMES}><w:body>{''.join(parts)}"
        f"<w:sectPr>{margins}</w:sectPr></w:body></w:document>"
    )


def paragraph(words: str, style: str = "", *, bold: bool = False, right: bool = False) -> str:
    """A paragraph of plain text: nothing in it can become markup."""
    kind = f'<w:pStyle w:val="{style}"/>' if style else ""
    side = '<w:jc w:val="right"/>' if right else ""
    look = "<w:rPr><w:b/></w:rPr>" if bold else ""
    plain = "".join(sign for sign in words if sign >= " ")
    run = f'<w:r>{look}<w:t xml:space="preserve">{escape(plain)}</w:t></w:r>'
    return f"<w:p><w:pPr>{kind}{side}</w:pPr>{run}</w:p>"


def _orders(view: View, decision: Decision) -> str:
    """The orders by what has to be decided, with subtotals and ranges."""
    text = view.text
    heads = [
        text("table.segment"),
        text("table.order_by"),
        text("front.usd"),
        text("front.p_late"),
    ]
    rows = [[(head, True) for head in heads]]
    for name, orders in groups_of(view, decision):
        total = money(view.material, orders)
        spread = ""
        if total.likely is not None:
            spread = view.language.number(total.likely / 1e3, 0)
        if total.low is not None and total.high is not None:
            ends = (view.language.number(end / 1e3, 0) for end in (total.low, total.high))
            spread += f" ({'–'.join(ends)})"
        rows.append([(name, True), ("", True), (spread, True), ("", True)])
        rows += [[(words, False) for words in _row(view, order)] for order in orders]
    grid = "".join(f'<w:gridCol w:w="{width}"/>' for width in (4600, 1800, 1900, 1500))
    border = "".join(
        f'<w:{side} w:val="single" w:sz="4" w:color="D9DCE0"/>' for side in ("bottom", "insideH")
    )
    lines = "".join(
        "<w:tr>"
        + "".join(
            f"<w:tc><w:tcPr/>{paragraph(words, bold=bold, right=place > 0)}</w:tc>"
            for place, (words, bold) in enumerate(row)
        )
        + "</w:tr>"
        for row in rows
    )
    return (
        f"<w:tbl><w:tblPr><w:tblW w:w='5000' w:type='pct'/><w:tblBorders>{border}</w:tblBorders>"
        f"</w:tblPr><w:tblGrid>{grid}</w:tblGrid>{lines}</w:tbl>"
    )


def _row(view: View, order: Order) -> tuple[str, str, str, str]:
    language = view.language
    cost = order["cost_usd"]
    return (
        short_segment(view, order["segment_id"]),
        language.period(Period(order["order_by"], "day"), "short"),
        language.number(None if cost is None else cost / 1e3, 0),
        language.percent(order["p_late_now_ratio"]),
    )


def _pictures(view: View, decision: Decision) -> list[tuple[str, str, bytes]]:
    """Title, subtitle and PNG of the map, the cost by quarter and the load of the first order."""
    found = []
    places, segments = map_parts(view, decision)
    if len(places) >= FEWEST_PLACES and segments:
        title = map_title(view)
        drawn = region(segments, places, title, width=640, letter=11)
        words = view.text("front.map_sub", threshold=view.material.edition.threshold_ratio)
        found.append((title, words, _png(drawn)))
    figures: list[Figure | None] = [
        quarter_figure(view),
        order_load(view, (decision.now or decision.soon or decision.orders)[0]),
    ]
    for figure in figures:
        if figure and figure.spec:
            drawn = svg({**figure.spec, "height": 200}, view.language, 720)
            found.append((figure.title, figure.subtitle, _png(drawn)))
    return found


def _png(picture: str) -> bytes:
    return bytes(vl_convert.svg_to_png(picture, scale=SCALE))


def _drawing(place: int, title: str, picture: bytes) -> str:
    """A picture across the page; its size stands in the PNG's first chunk."""
    wide, high = (int.from_bytes(picture[at : at + 4], "big") for at in (16, 20))
    width = 640 * EMU
    height = round(width * high / wide)
    name = escape(title)
    return (
        f'<w:p><w:r><w:drawing><wp:inline><wp:extent cx="{width}" cy="{height}"/>'
        f'<wp:docPr id="{place}" name="{place}" descr="{name}"/>'
        '<a:graphic><a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture">'
        f'<pic:pic><pic:nvPicPr><pic:cNvPr id="{place}" name="{place}"/><pic:cNvPicPr/>'
        f'</pic:nvPicPr><pic:blipFill><a:blip r:embed="rId{place}"/>'
        "<a:stretch><a:fillRect/></a:stretch></pic:blipFill>"
        f'<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="{width}" cy="{height}"/></a:xfrm>'
        '<a:prstGeom prst="rect"><a:avLst/></a:prstGeom></pic:spPr></pic:pic>'
        "</a:graphicData></a:graphic></wp:inline></w:drawing></w:r></w:p>"
    )
