"""The list of segments with its heat map, and a page per segment."""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards import naming
from dashboards.chapters.capacity.atlas import badges, load_notes, map_figures, worst_utilization
from dashboards.chapters.capacity.past import observed_load, segment_ticks
from dashboards.chapters.changes import date_revision
from dashboards.chapters.detail import probability_figure, tornado_figure
from dashboards.chapters.places import project_path, route_path, segment_path
from dashboards.chapters.traffic.projects import project_of_segment
from dashboards.charts.load import load
from dashboards.charts.utilization import utilization
from dashboards.cuts import each
from dashboards.figure import (
    Cell,
    Figure,
    Page,
    Section,
    Table,
    capital,
    day,
    joined,
    percent,
    period,
    plain_table,
    slug,
    stated,
)
from dashboards.language import Period, Stated
from dashboards.notes import routes_over
from dashboards.view import View
from warehouse.schema import SEASON_LENGTH

MOST_DRAWN = 30
"""Rows of the heat map: more are no picture, and a page of megabytes."""


def heat_figure(view: View) -> Figure:
    """The heat map of segments, the most loaded first."""
    text = view.text
    frame = worst_utilization(view.material)
    if frame.is_empty():
        return Figure("utilization", text("title.utilization"), reason=text("reason.no_load"))
    order = frame["segment_id"].unique(maintain_order=True).to_list()
    names = {segment_id: naming.segment_label(view, segment_id) for segment_id in order}
    threshold = view.material.edition.threshold_ratio
    grain = view.material.edition.grain
    dated = sorted(
        (kinds["policy"]["t50"], segment_id)
        for segment_id, kinds in view.material.runouts.items()
        if segment_id in names and "policy" in kinds and kinds["policy"]["t50"]
    )
    last = frame["target_start"].max()
    by = Period(last if isinstance(last, date) else view.material.edition.origin, grain)
    if dated:
        when, first = dated[0]
        title = text(
            "title.heat_over",
            n=len(dated),
            all=len(order),
            threshold=threshold,
            by=by,
            first=names[first],
            when=Period(when, grain),
        )
    else:
        top = frame.row(0, named=True)
        title = text(
            "title.heat_none",
            threshold=threshold,
            by=by,
            first=names[top["segment_id"]],
            utilization=top["peak"],
        )
    drawn = order[:MOST_DRAWN]
    part = frame.filter(pl.col("segment_id").is_in(drawn)).with_columns(
        segment=pl.col("segment_id").replace_strict(names, return_dtype=pl.String)
    )
    spec = utilization(
        part.select("segment", "target_start", "utilization_ratio", "load_gbps", "lit_gbps"),
        threshold,
        grain,
        view.language,
    )
    subtitle = text("segments.heat_subtitle")
    if len(drawn) < len(order):
        subtitle = view.language.sentences(subtitle, text("segments.heat_cut", n=len(drawn)))
    # Once a year and at the end: the whole is in the file.
    season = SEASON_LENGTH[grain]
    starts = frame["target_start"].unique().sort().to_list()
    told = {*starts[::season], starts[-1]}
    table = plain_table(
        part.filter(pl.col("target_start").is_in(told)).with_columns(
            failure=each(
                pl.col("cause_id").fill_null("none"),
                lambda name: naming.failure_name(view, name),
            )
        ),
        [
            ("segment", text("table.segment"), "text"),
            ("target_start", text("table.period"), "period"),
            ("utilization_ratio", text("table.utilization"), "pct"),
            ("load_gbps", text("table.load"), "n"),
            ("lit_gbps", text("table.lit"), "n"),
            ("failure", text("table.failure"), "text"),
        ],
        view.language,
        grain,
    )
    return Figure(
        "utilization",
        title,
        alt=view.language.sentences(title, subtitle),
        spec=spec,
        subtitle=subtitle,
        notes=load_notes(view, order, "unit_share"),
        table=table,
        csv="utilization.csv",
        data=frame.drop("peak"),
        badges=badges(view, order),
    )


def load_figure(view: View, segment_id: str, direction: str) -> Figure:
    text = view.text
    grain = view.material.edition.grain
    rows = view.material.loads[segment_id, direction]
    name = naming.segment_direction(view, segment_id, direction)
    by = Period(rows["target_start"][-1], grain)
    calm = rows.filter(pl.col("median") > pl.col("threshold"))
    bad = rows.filter(pl.col("worst") > pl.col("threshold"))
    # The dates that tables state: a path's first passage, which no crossing of the lines drawn
    # comes before.
    policy = next(
        (
            run
            for run in view.material.runs.get(segment_id, [])
            if (run["date_kind"], run["direction"]) == ("policy", direction)
        ),
        {},
    )
    half, tenth = (
        policy.get("t50"),
        policy.get("t10") or (bad["target_start"][0] if bad.height else None),
    )
    if calm.height:
        title = text("title.load_over", name=name, when=Period(calm["target_start"][0], grain))
    elif half:
        title = text("title.load_worst_half", name=name, when=Period(half, grain), by=by)
    elif tenth:
        title = text("title.load_worst", name=name, when=Period(tenth, grain), by=by)
    else:
        title = text("title.load_under", name=name, by=by)
    figure_id = slug(f"load-{segment_id}-{direction}")
    last = rows["cause_id"][-1]
    if (last or "none") == "none":
        subtitle = text("segment.worst_none")
    else:
        subtitle = text("segment.worst_is", failure=naming.failure_name(view, last))
    subtitle = view.language.sentences(dates_words(view, segment_id, direction), subtitle)
    heads = [
        ("target_start", text("table.period"), "period"),
        ("median", text("table.median"), "n"),
        ("q100", text("table.q100"), "n"),
        ("q900", text("table.q900"), "n"),
        ("worst", text("table.worst"), "n"),
        ("threshold", text("table.threshold"), "n"),
        ("lit", text("table.lit"), "n"),
    ]
    past = observed_load(view.material, segment_id, direction)
    begins = past["target_start"][0] if past is not None else rows["target_start"][0]
    ticks = segment_ticks(view, segment_id, begins, rows["target_start"][-1])
    notes = load_notes(view, [segment_id])
    if past is not None:
        routes = routes_over(view.material, segment_id)
        notes.insert(
            2, (text("note.observed_load"), text("note.observed_load_text", n=len(routes)))
        )
    return Figure(
        figure_id,
        title,
        alt=view.language.sentences(title, subtitle),
        spec=load(
            rows.drop("threshold", "cause_id"),
            view.material.edition.threshold_ratio,
            grain,
            view.language,
            past=past,
            ticks=ticks,
        ),
        subtitle=subtitle,
        notes=notes,
        table=plain_table(rows, heads, view.language, grain),
        csv=f"{figure_id}.csv",
        data=rows,
        badges=badges(view, [segment_id]),
        ticks=[
            (view.language.period(Period(tick.at, "day"), "short"), tick.words) for tick in ticks
        ],
        words=slider_words(view, segment_id, name, by),
    )


def slider_words(view: View, segment_id: str, name: str, by: Period) -> dict[str, str]:
    """What title and subtitle say at another threshold; {threshold}, {calm}, {worst}, {before} and
    {after} are filled by the page's script.
    """
    places = {part: f"{{{part}}}" for part in ("threshold", "when", "calm", "worst", "after")}
    words = {
        part: view.text(f"slider.{part}", name=name, by=by, **places)
        for part in ("calm", "worst", "under", "subtitle", "never")
    }
    order = next(iter(view.material.plans.get(segment_id, [])), None)
    if order and order["order_by"] and order["modules"]:
        words["order_by"] = order["order_by"].isoformat()
        words["order"] = view.text(
            "slider.order", before=view.language.day(order["order_by"]), **places
        )
    return words


def dates_words(view: View, segment_id: str, direction: str) -> str:
    """The median policy date and the median hard date of a segment's direction; empty where it has
    none.
    """
    runs = {
        run["date_kind"]: run
        for run in view.material.runs.get(segment_id, [])
        if run["direction"] == direction
    }
    if {"policy", "hard"} - set(runs) or not runs["policy"]["t50"]:
        return ""
    grain = view.material.edition.grain
    policy, hard = (
        period(view.language, runs[kind]["t50"], grain, runs[kind]["last_target"]).text
        for kind in ("policy", "hard")
    )
    return view.text("segment.dates", policy=policy, hard=hard)


def segment_table(view: View, home: str = "") -> Table:
    """One row per segment: status, capacity, utilization now and at the end, runout."""
    text = view.text
    grain = view.material.edition.grain
    frame = worst_utilization(view.material)
    first = dict(
        frame.group_by("segment_id")
        .agg(pl.col("utilization_ratio").sort_by("target_start").first())
        .iter_rows()
    )
    last = dict(
        frame.group_by("segment_id")
        .agg(pl.col("utilization_ratio").sort_by("target_start").last())
        .iter_rows()
    )
    lit = dict(
        frame.group_by("segment_id")
        .agg(pl.col("lit_gbps").sort_by("target_start").first())
        .iter_rows()
    )
    assumed = view.material.assumed
    rows = []
    for segment_id, row in view.material.segments.items():
        runs = view.material.runouts.get(segment_id, {})
        policy, hard = runs.get("policy"), runs.get("hard")
        rows.append(
            [
                Cell(
                    naming.segment_label(view, segment_id),
                    link=home + segment_path(segment_id),
                ),
                Cell(view.language.word("status", str(row["status"]))),
                stated(view.language, lit.get(segment_id))._replace(
                    badge=text("page.assumed_short")
                    if segment_id in assumed and segment_id in lit
                    else ""
                ),
                percent(view.language, first.get(segment_id)),
                percent(view.language, last.get(segment_id)),
                period(view.language, policy["t50"], grain, policy["last_target"])
                if policy
                else Cell(text("number.none"), "99999"),
                period(view.language, hard["t50"], grain, hard["last_target"])
                if hard
                else Cell(text("number.none"), "99999"),
            ]
        )
    # The most urgent first; segments without load last.
    rows.sort(key=lambda cells: (cells[5].sort, cells[6].sort, cells[0].text))
    heads = ("segment", "status", "lit", "utilization_first", "utilization_last", "t50", "hard_t50")
    return Table([text(f"table.{head}") for head in heads], rows, caption=text("segments.caption"))


def pages(view: View) -> list[Page]:
    text = view.text
    listing = Page(
        "segments.html",
        text("segments.title"),
        [text("segments.lead", n=len(view.material.segments))],
        [
            Section(figures=[*map_figures(view), heat_figure(view)]),
            Section(text("segments.table"), table=segment_table(view)),
        ],
    )
    return [listing, *(_page(view, segment_id) for segment_id in view.material.segments)]


def _page(view: View, segment_id: str) -> Page:
    text = view.text
    row = view.material.segments[segment_id]
    about = [capital(view.language.word("status", str(row["status"])))]
    if row["length_km"] is not None:
        about.append(text("segment.length", km=row["length_km"]))
    if operators := naming.translate_text(view, row["operators"]):
        about.append(
            text(
                "segment.operators" if "; " in operators else "segment.operator",
                operators=operators,
            )
        )
    lead = ["; ".join(about)]
    if row["source"]:
        lead.append(f"{text('table.source')}: {naming.translate_text(view, row['source'])}")
    return Page(
        segment_path(segment_id),
        naming.segment_label(view, segment_id),
        lead,
        build=lambda: _sections(view, segment_id),
        subject=("segment", segment_id),
    )


def _sections(view: View, segment_id: str) -> list[Section]:
    text = view.text
    figures = []
    for direction in ("az", "za"):
        if (segment_id, direction) in view.material.loads:
            figures.append(load_figure(view, segment_id, direction))
            chance = probability_figure(view, segment_id, direction)
            figures += [chance] if chance else []
    words = [] if figures else [text("segment.none")]
    build = project_of_segment(view.material, segment_id)
    links = [("../" + project_path(build), naming.project_name(view, build))] if build else []
    grain = view.material.edition.grain
    runs = sorted(
        view.material.runs.get(segment_id, []),
        key=lambda run: (run["date_kind"] != "policy", run["direction"]),
    )
    sections = [Section(text("segment.load"), words, figures, links=links)]
    moved = tornado_figure(view, segment_id)
    order = _orders(view, segment_id)
    if order or moved:
        sections.append(
            Section(text("segment.orders"), figures=[moved] if moved else (), table=order)
        )
    if runs:
        table = Table(
            [
                text(f"table.{head}")
                for head in (
                    "direction",
                    "date_kind",
                    "failure",
                    "t10",
                    "t50",
                    "t90",
                    "probability_by_last",
                )
            ],
            [
                [
                    Cell(naming.segment_direction(view, segment_id, run["direction"])),
                    Cell(
                        text(
                            f"date_kind.{run['date_kind']}",
                            threshold=Stated(run["threshold_ratio"]),
                        )
                    ),
                    Cell(naming.failure_name(view, run["failure_id"])),
                    *(
                        period(view.language, run[name], grain, run["last_target"])
                        for name in ("t10", "t50", "t90")
                    ),
                    percent(view.language, run["probability_by_last"]),
                ]
                for run in runs
            ],
        )
        sections.append(Section(text("segment.runout"), table=table))
    revised = [
        figure
        for direction, measure in (
            ("az", "runout_days"),
            ("za", "runout_days"),
            ("both", "order_by_days"),
        )
        if (figure := date_revision(view, segment_id, direction, measure))
    ]
    if revised:
        sections.append(Section(text("revision.title"), figures=revised))
    routes = view.material.users.get(segment_id, [])
    if routes:
        sections.append(
            Section(
                text("segment.routes"),
                links=[
                    ("../" + route_path(route_id), naming.route_name(view, route_id))
                    for route_id in routes
                ],
            )
        )
    return sections


def _orders(view: View, segment_id: str) -> Table | None:
    """The segment's rows of the order plan with their reasons, also where no order is needed."""
    text = view.text
    rows = [
        [
            Cell(view.language.word("option", row["option"])),
            day(view.language, row["order_by"]),
            day(view.language, row["ready_by"]),
            Cell(
                f"{row['modules']}\u00a0×\u00a0{view.language.number(row['module_gbps'])}\u00a0{joined(text('unit.gbps'))}"
                if row["modules"]
                else text("number.none")
            ),
            Cell(naming.reason_text(view, row)),
        ]
        for row in view.material.plans.get(segment_id, [])
    ]
    heads = ("option", "order_by", "ready_by", "modules", "reason")
    return Table([text(f"table.{head}") for head in heads], rows) if rows else None
