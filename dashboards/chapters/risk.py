"""What failures cost: lost demand, hours over capacity, availability of routes."""

from __future__ import annotations

import polars as pl

from dashboards import naming
from dashboards.chapters.places import route_path, segment_path
from dashboards.charts.failures import failures
from dashboards.cuts import each
from dashboards.figure import (
    Cell,
    Figure,
    Page,
    Section,
    Table,
    capital,
    filled,
    number,
    percent,
    plain_table,
)
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.notes import closing

MOST_FAILURES = 15


def lost_figure(material: Material, language: Language) -> Figure:
    """The failures that lose most demand at the first period the plan looks at."""
    text = language.text
    frame = material["lost_traffic"]
    if frame.is_empty():
        return Figure("lost", text("title.lost_none"), reason=text("reason.no_lost"))
    first = frame["target_start"].min()
    at_first = frame.filter(pl.col("target_start") == first)
    # Both directions of a route are lost together; the larger one stands for it.
    route = at_first.group_by("failure_id", "route_id").agg(
        pl.col("lost_p50_gbps").max(), pl.col("lost_p90_gbps").max()
    )
    worst = (
        route.group_by("failure_id")
        .agg(pl.col("lost_p50_gbps").sum(), pl.col("lost_p90_gbps").sum(), routes=pl.len())
        .sort("lost_p50_gbps", "lost_p90_gbps", "failure_id", descending=[True, True, False])
        .head(MOST_FAILURES)
        .with_columns(
            failure=each(
                pl.col("failure_id"), lambda name: naming.failure_name(material, name, language)
            ),
            failed=each(
                pl.col("failure_id"), lambda name: naming.failed_name(material, name, language)
            ),
        )
    )
    top = worst.row(0, named=True)
    when = Period(first, material.edition.grain)  # type: ignore[arg-type]
    title = text(
        "title.lost",
        failure=top["failure"],
        lost=top["lost_p50_gbps"],
        unit=text("unit.gbps"),
        when=when,
        routes=top["routes"],
    )
    title = capital(title)
    notes = [
        (text("note.unit"), text("note.unit_text")),
        (text("note.definition"), text("note.lost")),
        (
            text("note.source"),
            text(
                "note.source_load_simulated" if material.edition.simulated else "note.source_load"
            ),
        ),
        *closing(material, language),
    ]
    heads = [
        ("failure", text("table.failure"), "text"),
        ("lost_p50_gbps", text("table.lost_p50"), "n"),
        ("lost_p90_gbps", text("table.lost_p90"), "n"),
        ("routes", text("table.routes"), "n0"),
    ]
    return Figure(
        "lost",
        title,
        alt=title,
        spec=failures(
            worst.select("lost_p50_gbps", "lost_p90_gbps", "routes", failure="failed"), language
        ),
        notes=notes,
        table=plain_table(worst, heads, language, "month"),
        csv="lost_traffic.csv",
        data=frame,
        badges=(text("page.simulated_short"),) if material.edition.simulated else (),
    )


def _congestion(material: Material, language: Language) -> Section | None:
    text = language.text
    frame = material["segment_risk"]
    if frame.is_empty():
        return None
    last = frame["target_start"].max()
    worst = frame.filter(pl.col("target_start") == last).sort(
        "congested_hours",
        "overload_ratio",
        "segment_id",
        "direction",
        descending=[True, True, False, False],
        nulls_last=True,
    )
    rows = [
        [
            Cell(
                naming.segment_direction(material, row["segment_id"], row["direction"], language),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in material.segments
                else "",
            ),
            number(language, row["congested_hours"], 1),
            percent(language, row["overload_ratio"], 1),
            Cell(
                naming.failure_name(material, row["failure_id"], language)
                if row["failure_id"]
                else ""
            ),
        ]
        for row in worst.iter_rows(named=True)
        if row["congested_hours"] or row["overload_ratio"]
    ]
    if not rows:
        return None
    heads = ("direction", "congested_hours", "overload", "failure_most")
    when = Period(last, material.edition.grain)  # type: ignore[arg-type]
    return Section(
        text("risk.congestion"),
        [
            text(
                "risk.congestion_intro"
                if worst["congested_hours"].count()
                else "risk.congestion_unweighed",
                when=when,
            )
        ],
        table=filled(Table([text(f"table.{head}") for head in heads], rows), language),
    )


def _routes(material: Material, language: Language) -> Section | None:
    text = language.text
    frame = material["route_risk"].sort(
        "unavailable_hours", "route_id", descending=[True, False], nulls_last=True
    )
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(
                naming.route_name(material, row["route_id"], language),
                link=route_path(row["route_id"]) if row["route_id"] in material.routes else "",
            ),
            number(language, row["paths"], 0),
            number(language, row["rtt_floor_ms"], 0),
            number(language, row["rtt_backup_ms"], 0),
            percent(language, row["availability_ratio"], 3),
            number(language, row["unavailable_hours"], 1),
            number(language, row["lost_tb_year"], 0),
            Cell(
                naming.failure_name(material, row["failure_id"], language)
                if row["failure_id"]
                else ""
            ),
            Cell(naming.reason_text(material, row, language, "note"), wide=True),
        ]
        for row in frame.iter_rows(named=True)
    ]
    heads = [
        "route",
        "paths",
        "rtt_floor",
        "rtt_backup",
        "availability",
        "unavailable_hours",
        "lost_tb_year",
        "failure_most",
        "note",
    ]
    table = filled(Table([text(f"table.{head}") for head in heads], rows), language)
    return Section(
        text("risk.routes"),
        [
            text(
                "risk.routes_intro"
                if frame["availability_ratio"].count()
                else "risk.routes_unweighed"
            )
        ],
        table=table,
    )


def pages(material: Material, language: Language) -> list[Page]:
    text = language.text
    parts = [
        part for part in (_congestion(material, language), _routes(material, language)) if part
    ]
    return [
        Page(
            "risk.html",
            text("risk.title"),
            [text("risk.lead")],
            [Section(figures=[lost_figure(material, language)]), *parts],
        )
    ]
