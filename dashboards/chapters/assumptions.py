"""What nobody measured: stated assumptions, assumed capacities, and builds still to come."""

from __future__ import annotations

import polars as pl

from dashboards import naming
from dashboards.chapters import accepted
from dashboards.chapters.places import segment_path
from dashboards.figure import Cell, Page, Section, Table, day, stated
from dashboards.language import Language
from dashboards.material import Material


def _scope(material: Material, scope: str, language: Language) -> str:
    kind, _, name = scope.partition(":")
    if not name:
        return language.word("scope", kind)
    if kind in ("entry", "alternative"):
        project, _, other = name.partition("/")
        shown = (
            naming.market_name(material, other, language)
            if kind == "entry"
            else naming.way_name(material, other, language)
        )
        return language.text(
            f"scope_of.{kind}", name=shown, project=naming.project_name(material, project, language)
        )
    names = {
        "segment": naming.segment_label,
        "route": naming.route_name,
        "node": naming.node_name,
        "market": naming.market_name,
        "project": naming.project_name,
    }
    shown = (
        names[kind](material, name, language)
        if kind in names
        else language.word("option", name)
        if kind == "option"
        else naming.said(material, name, language)
    )
    return (
        language.text(f"scope_of.{kind}", name=shown) if language.knows("scope_of", kind) else shown
    )


def _stated(material: Material, language: Language) -> Section:
    text = language.text
    frame = material["assumption"].sort(
        "name", "scope", "known_at", descending=[False, False, True]
    )
    rows = [
        [
            Cell(language.word("assumption", row["name"])),
            Cell(_scope(material, row["scope"], language)),
            stated(language, row["low"]),
            stated(language, row["value"]),
            stated(language, row["high"]),
            Cell(language.word("unit_of", row["unit"])),
            Cell(naming.said(material, row["source"], language)),
            Cell(naming.said(material, row["author"], language)),
            Cell(language.word("confidence", row["confidence"])),
            day(language, row["known_at"].date()),
        ]
        for row in frame.iter_rows(named=True)
    ]
    heads = (
        "assumption",
        "scope",
        "low",
        "value",
        "high",
        "unit",
        "source",
        "author",
        "confidence",
        "known",
    )
    table = Table([text(f"table.{head}") for head in heads], rows) if rows else None
    return Section(
        text("assumptions.stated"), () if rows else [text("assumptions.none")], table=table
    )


def _capacity(material: Material, language: Language) -> Section | None:
    text = language.text
    frame = (
        material["capacity"]
        .sort("segment_id", "valid_from", "known_at")
        .unique(["segment_id", "valid_from"], keep="last", maintain_order=True)
    )
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(
                naming.segment_label(material, row["segment_id"], language),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in material.segments
                else "",
            ),
            day(language, row["valid_from"]),
            stated(language, row["lit_gbps"])._replace(
                badge=text("page.assumed_short") if row["assumed"] else ""
            ),
            stated(language, row["design_gbps"]),
            Cell(naming.said(material, row["source"], language)),
            Cell(language.word("confidence", row["confidence"])),
        ]
        for row in frame.iter_rows(named=True)
    ]
    heads = ("segment", "valid_from", "lit_gbps", "design_gbps", "source", "confidence")
    share = float(frame["assumed"].mean() or 0.0)  # type: ignore[arg-type]
    words = [text("assumptions.capacity_intro", share=share)]
    return Section(
        text("assumptions.capacity"),
        words,
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def _projects(material: Material, language: Language) -> Section | None:
    text = language.text
    frame = material["project"].sort("ready_likely", "project_id")
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(
                language.choose(row["name"], row["name_ru"]),
                badge=text("page.assumed_short") if row["assumed"] else "",
            ),
            Cell(
                naming.segment_label(material, row["segment_id"], language),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in material.segments
                else "",
            ),
            Cell(language.word("status", row["status"])),
            day(language, row["ready_low"]),
            day(language, row["ready_likely"]),
            day(language, row["ready_high"]),
            Cell(naming.said(material, row["source"], language)),
            Cell(language.word("confidence", row["confidence"])),
        ]
        for row in frame.iter_rows(named=True)
    ]
    heads = (
        "project",
        "segment",
        "status",
        "ready_low",
        "ready_likely",
        "ready_high",
        "source",
        "confidence",
    )
    return Section(
        text("assumptions.projects"),
        [text("assumptions.projects_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
        anchor="projects",
    )


def _risk_groups(material: Material, language: Language) -> Section | None:
    text = language.text
    frame = material["risk_group"]
    if frame.is_empty():
        return None
    grouped = frame.group_by("risk_group_id", maintain_order=True).agg(
        pl.col("kind", "name", "source").first(), pl.col("assumed").any(), pl.col("segment_id")
    )
    rows = [
        [
            Cell(
                naming.group_name(material, row["risk_group_id"], language),
                badge=text("page.assumed_short") if row["assumed"] else "",
            ),
            Cell(language.word("risk", row["kind"])),
            Cell(
                "; ".join(
                    naming.segment_label(material, name, language) for name in row["segment_id"]
                )
            ),
            Cell(naming.said(material, row["source"], language)),
        ]
        for row in grouped.sort("risk_group_id").iter_rows(named=True)
    ]
    heads = ("risk_group", "kind", "members", "source")
    return Section(
        text("assumptions.risk"), table=Table([text(f"table.{head}") for head in heads], rows)
    )


def pages(material: Material, language: Language) -> list[Page]:
    text = language.text
    parts = [
        _stated(material, language),
        _projects(material, language),
        _capacity(material, language),
        _risk_groups(material, language),
        accepted.section(material, language),
    ]
    return [
        Page(
            "assumptions.html",
            text("assumptions.title"),
            [text("assumptions.lead")],
            [part for part in parts if part],
            real=True,
        )
    ]
