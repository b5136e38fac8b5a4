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
from dashboards.language import Period
from dashboards.notes import closing
from dashboards.view import View

MOST_FAILURES = 15


def lost_figure(view: View) -> Figure:
    """The failures that lose most demand at the first period the plan looks at."""
    text = view.text
    frame = view.material["lost_traffic"]
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
            failure=each(pl.col("failure_id"), lambda name: naming.failure_name(view, name)),
            failed=each(pl.col("failure_id"), lambda name: naming.failed_name(view, name)),
        )
    )
    top = worst.row(0, named=True)
    when = Period(first, view.material.edition.grain)  # type: ignore[arg-type]
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
                "note.source_load_simulated"
                if view.material.edition.simulated
                else "note.source_load"
            ),
        ),
        *closing(view),
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
            worst.select("lost_p50_gbps", "lost_p90_gbps", "routes", failure="failed"),
            view.language,
        ),
        notes=notes,
        table=plain_table(worst, heads, view.language, "month"),
        csv="lost_traffic.csv",
        data=frame,
        badges=(text("page.simulated_short"),) if view.material.edition.simulated else (),
    )


def _congestion(view: View) -> Section | None:
    text = view.text
    frame = view.material["segment_risk"]
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
                naming.segment_direction(view, row["segment_id"], row["direction"]),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in view.material.segments
                else "",
            ),
            number(view.language, row["congested_hours"], 1),
            percent(view.language, row["overload_ratio"], 1),
            Cell(naming.failure_name(view, row["failure_id"]) if row["failure_id"] else ""),
        ]
        for row in worst.iter_rows(named=True)
        if row["congested_hours"] or row["overload_ratio"]
    ]
    if not rows:
        return None
    heads = ("direction", "congested_hours", "overload", "failure_most")
    when = Period(last, view.material.edition.grain)  # type: ignore[arg-type]
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
        table=filled(Table([text(f"table.{head}") for head in heads], rows), view.language),
    )


def _routes(view: View) -> Section | None:
    text = view.text
    frame = view.material["route_risk"].sort(
        "unavailable_hours", "route_id", descending=[True, False], nulls_last=True
    )
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(
                naming.route_name(view, row["route_id"]),
                link=route_path(row["route_id"]) if row["route_id"] in view.material.routes else "",
            ),
            number(view.language, row["paths"], 0),
            number(view.language, row["rtt_floor_ms"], 0),
            number(view.language, row["rtt_backup_ms"], 0),
            percent(view.language, row["availability_ratio"], 3),
            number(view.language, row["unavailable_hours"], 1),
            number(view.language, row["lost_tb_year"], 0),
            Cell(naming.failure_name(view, row["failure_id"]) if row["failure_id"] else ""),
            Cell(naming.reason_text(view, row, "note"), wide=True),
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
    table = filled(Table([text(f"table.{head}") for head in heads], rows), view.language)
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


def pages(view: View) -> list[Page]:
    text = view.text
    parts = [part for part in (_congestion(view), _routes(view)) if part]
    return [
        Page(
            "risk.html",
            text("risk.title"),
            [text("risk.lead")],
            [Section(figures=[lost_figure(view)]), *parts],
        )
    ]
