"""What nobody measured: stated assumptions, assumed capacities, and builds still to come."""

from __future__ import annotations

import polars as pl

from dashboards import naming
from dashboards.chapters.evidence import accepted
from dashboards.chapters.places import segment_path
from dashboards.figure import Cell, Page, Section, Table, day, stated
from dashboards.view import View


def _stated(view: View) -> Section:
    text = view.text
    frame = view.material["assumption"].sort(
        "name", "scope", "known_at", descending=[False, False, True]
    )
    rows = [
        [
            Cell(view.language.word("assumption", row["name"])),
            Cell(naming.scope_name(view, row["scope"])),
            stated(view.language, row["low"]),
            stated(view.language, row["value"]),
            stated(view.language, row["high"]),
            Cell(view.language.word("unit_of", row["unit"])),
            Cell(naming.translate_text(view, row["source"])),
            Cell(naming.translate_text(view, row["author"])),
            Cell(view.language.word("confidence", row["confidence"])),
            day(view.language, row["known_at"].date()),
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


def _capacity(view: View) -> Section | None:
    text = view.text
    frame = (
        view.material["capacity"]
        .sort("segment_id", "valid_from", "known_at")
        .unique(["segment_id", "valid_from"], keep="last", maintain_order=True)
    )
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(
                naming.segment_label(view, row["segment_id"]),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in view.material.segments
                else "",
            ),
            day(view.language, row["valid_from"]),
            stated(view.language, row["lit_gbps"])._replace(
                badge=text("page.assumed_short") if row["assumed"] else ""
            ),
            stated(view.language, row["design_gbps"]),
            Cell(naming.translate_text(view, row["source"])),
            Cell(view.language.word("confidence", row["confidence"])),
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


def _projects(view: View) -> Section | None:
    text = view.text
    frame = view.material["project"].sort("ready_likely", "project_id")
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(
                naming.own_name(view, row),
                badge=text("page.assumed_short") if row["assumed"] else "",
            ),
            Cell(
                naming.segment_label(view, row["segment_id"]),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in view.material.segments
                else "",
            ),
            Cell(view.language.word("status", row["status"])),
            day(view.language, row["ready_low"]),
            day(view.language, row["ready_likely"]),
            day(view.language, row["ready_high"]),
            Cell(naming.translate_text(view, row["source"])),
            Cell(view.language.word("confidence", row["confidence"])),
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


def _risk_groups(view: View) -> Section | None:
    text = view.text
    frame = view.material["risk_group"]
    if frame.is_empty():
        return None
    grouped = frame.group_by("risk_group_id", maintain_order=True).agg(
        pl.col("kind", "name", "source").first(), pl.col("assumed").any(), pl.col("segment_id")
    )
    rows = [
        [
            Cell(
                naming.group_name(view, row["risk_group_id"]),
                badge=text("page.assumed_short") if row["assumed"] else "",
            ),
            Cell(view.language.word("risk", row["kind"])),
            Cell("; ".join(naming.segment_label(view, name) for name in row["segment_id"])),
            Cell(naming.translate_text(view, row["source"])),
        ]
        for row in grouped.sort("risk_group_id").iter_rows(named=True)
    ]
    heads = ("risk_group", "kind", "members", "source")
    return Section(
        text("assumptions.risk"), table=Table([text(f"table.{head}") for head in heads], rows)
    )


def pages(view: View) -> list[Page]:
    text = view.text
    parts = [
        _stated(view),
        _projects(view),
        _capacity(view),
        _risk_groups(view),
        accepted.section(view),
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
