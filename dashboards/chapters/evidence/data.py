"""What is known of the traffic itself: coverage, gaps, level shifts, events, and what had to be
left out.
"""

from __future__ import annotations

import math

import polars as pl

from dashboards import naming
from dashboards.chapters.traffic.series import refusals
from dashboards.charts.coverage import coverage
from dashboards.cuts import without_holes
from dashboards.figure import (
    Cell,
    Figure,
    Page,
    Section,
    Table,
    number,
    percent,
    period,
    plain_table,
)
from dashboards.language import Period
from dashboards.material import Material
from dashboards.notes import run_note, since
from dashboards.view import View
from warehouse.schema import GRAINS

MOST_GAPS = 200


def _measured(material: Material) -> pl.DataFrame:
    """The routes' periods at the edition's grain, up to its origin, in the directions in which
    anything was ever measured.
    """
    grain = material.edition.grain
    own = (
        (pl.col("series_kind") == "route")
        & (pl.col("grain") == grain)
        & (pl.col("period_start") <= material.edition.origin)
    )
    ever = (pl.col("coverage_ratio").max() > 0).over("series_id", "direction")
    return without_holes(
        material["traffic_period"].filter(own).filter(ever),
        grain,
        ("series_id", "direction", "statistic"),
    )


def coverage_frame(material: Material) -> pl.DataFrame:
    """One row per route and period: the lower coverage of its measured directions. The least
    complete route first.
    """
    traffic = _measured(material)
    rows = traffic.group_by("series_id", "period_start").agg(
        coverage_ratio=pl.col("coverage_ratio").min()
    )
    mean = rows.group_by("series_id").agg(mean=pl.col("coverage_ratio").mean().round(9))
    return rows.join(mean, on="series_id").sort("mean", "series_id", "period_start")


def coverage_figure(view: View) -> Figure:
    text = view.text
    frame = coverage_frame(view.material)
    if frame.is_empty():
        return Figure("coverage", text("title.coverage_none"), reason=text("reason.no_series"))
    names = {
        name: naming.route_name(view, name)
        for name in frame["series_id"].unique(maintain_order=True)
    }
    shown = frame.with_columns(
        series=pl.col("series_id").replace_strict(names, return_dtype=pl.String)
    )
    full = frame.filter(pl.col("coverage_ratio") >= 0.9).height
    title = text(
        "title.coverage",
        share=full / frame.height,
        name=names[frame["series_id"][0]],
        mean=frame["mean"][0],
    )
    grain = view.material.edition.grain
    heads = [
        ("series", text("table.route"), "text"),
        ("period_start", text("table.period"), "period"),
        ("coverage_ratio", text("table.coverage"), "pct1"),
    ]
    notes = [
        (text("note.unit"), text("note.unit_coverage")),
        (text("note.definition"), text("note.coverage_definition")),
        (
            text("note.source"),
            text("note.simulated" if view.material.edition.simulated else "note.measured"),
        ),
        *since(view, ahead=False),
        run_note(view),
    ]
    low = shown.filter(pl.col("coverage_ratio") < 0.99)
    return Figure(
        "coverage",
        title,
        alt=title,
        spec=coverage(
            shown.select("series", "period_start", "coverage_ratio"), grain, view.language
        ),
        notes=notes,
        table=plain_table(low, heads, view.language, grain),
        csv="coverage.csv",
        data=frame.drop("mean"),
        badges=(text("page.simulated_short"),) if view.material.edition.simulated else (),
    )


def _gaps(view: View) -> Section | None:
    text = view.text
    grain = view.material.edition.grain
    gaps = (
        _measured(view.material)
        .filter(pl.col("value_gbps").is_null() & (pl.col("statistic") == "p95"))
        .sort("period_start", "series_id", "direction", descending=[True, False, False])
    )
    if gaps.is_empty():
        return None
    rows = [
        [
            period(view.language, row["period_start"], grain),
            Cell(naming.route_name(view, row["series_id"])),
            Cell(naming.direction_name(view, ("route", row["series_id"], row["direction"], "p95"))),
            percent(view.language, row["coverage_ratio"], 1),
            Cell(naming.reason_text(view, row) or text("data.nothing_measured")),
        ]
        for row in gaps.head(MOST_GAPS).iter_rows(named=True)
    ]
    heads = ("period", "route", "direction", "coverage", "reason")
    return Section(text("data.gaps"), table=Table([text(f"table.{head}") for head in heads], rows))


def _shifts(view: View) -> Section | None:
    text = view.text
    shifts = view.material["level_shift"]
    if shifts.is_empty():
        return None
    rows = []
    for row in shifts.sort("period_start", "series_id", descending=[True, False]).iter_rows(
        named=True
    ):
        key = (row["series_kind"], row["series_id"], row["direction"], row["statistic"])
        rows.append(
            [
                Cell(naming.series_name(view, key)),
                Cell(naming.direction_name(view, key)),
                Cell(naming.statistic(key, view.language)),
                Cell(
                    view.language.period(Period(row["period_start"], row["grain"])),
                    row["period_start"].isoformat(),
                ),
                Cell(
                    f"×\u00a0{view.language.number(row['size_ratio'], 2)}",
                    f"{row['size_ratio']:.6g}",
                    number=True,
                ),
                Cell(
                    _event(view, row["event_id"]) if row["event_id"] else text("data.unexplained")
                ),
                Cell(view.language.word("handled", row["handled"])),
            ]
        )
    heads = ("series", "direction", "statistic", "since", "size", "event", "handled")
    return Section(
        text("data.shifts"),
        [text("data.shifts_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def _event(view: View, event_id: str) -> str:
    """What an event was and when it began; its id where the run has no such event."""
    rows = view.material["event"].filter(pl.col("event_id") == event_id)
    if rows.is_empty():
        return event_id
    return (
        f"{view.language.word('event', rows['kind'][0])}, "
        f"{view.language.day(rows['start_at'][0].date())}"
    )


def _effects(view: View) -> Section | None:
    """Moving holidays that the forecast uses, and every surge and driver that was stated."""
    text = view.text
    effects = view.material["forecast_effect"].filter(
        (pl.col("used_log") != 0) | (pl.col("kind") != "calendar")
    )
    if effects.is_empty():
        return None
    rows = []
    for row in effects.sort(
        pl.col("used_log").abs(), descending=True, maintain_order=True
    ).iter_rows(named=True):
        key = (row["series_kind"], row["series_id"], row["direction"], row["statistic"])
        kind, _, name = row["effect"].partition(":")
        what = (
            _event(view, name)
            if kind == "event"
            else name
            if kind == "driver"
            else view.language.word("calendar", kind)
        )
        used = row["used_log"]
        size = (
            text("data.elasticity", value=used)
            if kind == "driver"
            else f"×\u00a0{view.language.number(math.exp(used), 2)}"
        )
        error = (
            ""
            if row["error_log"] is None
            else f"±\u00a0{view.language.number(row['error_log'], 2)}"
        )
        rows.append(
            [
                Cell(naming.series_name(view, key)),
                Cell(naming.direction_name(view, key)),
                Cell(naming.statistic(key, view.language)),
                Cell(what),
                Cell(size, f"{used:.6g}", number=True),
                Cell(error, f"{row['error_log'] or 0:.6g}", number=True),
                percent(view.language, row["decay_ratio"], 0),
                Cell(naming.reason_text(view, row, "verdict")),
            ]
        )
    heads = (
        "series",
        "direction",
        "statistic",
        "moved_by",
        "effect_size",
        "effect_error",
        "left_after",
        "use",
    )
    return Section(
        text("data.effects"),
        [text("data.effects_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def _events(view: View) -> Section | None:
    text = view.text
    events = view.material["event"].sort("start_at", descending=True)
    if events.is_empty():
        return None
    rows = []
    for row in events.iter_rows(named=True):
        end = view.language.day(row["end_at"].date()) if row["end_at"] else ""
        start = view.language.day(row["start_at"].date())
        scope = row["scope_id"]
        if row["scope_kind"] == "segment":
            scope = naming.segment_label(view, scope)
        elif row["scope_kind"] == "route":
            scope = naming.route_name(view, scope)
        elif row["scope_kind"] == "country":
            scope = view.language.word("country", scope)
        elif row["scope_kind"] == "corridor":
            scope = naming.corridor_name(view, scope)
        elif row["scope_kind"] == "market":
            scope = naming.market_name(view, scope)
        else:
            scope = (
                view.text("scope_of.interface", name=scope)
                if row["scope_kind"] == "interface"
                else view.language.word("scope", scope or row["scope_kind"])
            )
        rows.append(
            [
                Cell(
                    f"{start} – {end}" if end and end != start else start,
                    row["start_at"].isoformat(),
                ),
                Cell(
                    view.language.word("event", row["kind"]),
                    badge=text("page.simulated_short") if row["simulated"] else "",
                ),
                Cell(scope),
                Cell(naming.translate_text(view, row["effect"])),
                Cell(naming.translate_text(view, row["source"])),
            ]
        )
    heads = ("when", "kind", "scope", "effect", "source")
    return Section(
        text("data.events"), table=Table([text(f"table.{head}") for head in heads], rows)
    )


def _subject(view: View, subject: str) -> str:
    """What a note of the plan concerns: a segment, a route, a series, builds, a market a build
    enters, all.
    """
    kind, _, name = subject.rpartition(":")
    if kind in view.material.routes:
        return naming.direction_name(view, ("route", kind, name, "p95"))
    if all(one in view.material.projects for one in subject.split("+")):
        return "; ".join(naming.project_name(view, one) for one in subject.split("+"))
    project, _, market = name.partition("/")
    if project in view.material.projects and market:
        return f"{naming.project_name(view, project)}, {naming.market_name(view, market)}"
    if kind == "module":
        return view.text("scope_of.module", name=name)
    words = subject.split()
    if len(words) > 2 and words[0] in GRAINS and view.language.knows("statistic_short", words[1]):
        return f"{view.language.word('statistic_short', words[1])}: " + view.language.word(
            "live" if view.language.knows("live", words[2]) else "model", words[2]
        )
    if name in view.material.segments:
        return naming.segment_label(view, name)
    if name in view.material.routes:
        return naming.route_name(view, name)
    for assumption in (name, kind):
        if view.language.knows("assumption", assumption):
            return view.language.word("assumption", assumption)
    return view.language.word("scope", subject)


def _combination(view: View, combination_id: str) -> str:
    """Routes by name and direction."""
    parts = (part.rpartition(":") for part in combination_id.split("+"))
    return " + ".join(
        f"{naming.route_name(view, name)} ({view.language.word('direction_short', way)})"
        if name
        else naming.route_name(view, way)
        for name, _, way in parts
    )


def _left_out(view: View) -> Section | None:
    text = view.text
    notes = view.material["plan_note"]
    if notes.is_empty():
        return None
    said = [name for name in ("note", "note_code", "note_values") if name in notes.columns]
    grouped = notes.group_by("topic", *said, maintain_order=True).agg("subject")
    rows = []
    for row in grouped.iter_rows(named=True):
        subjects = "; ".join(_subject(view, name) for name in row["subject"])
        rows.append(
            [
                Cell(view.language.word("topic", row["topic"])),
                Cell(naming.reason_text(view, row, "note")),
                Cell(subjects),
            ]
        )
    return Section(
        text("data.left_out"),
        table=Table([text(f"table.{head}") for head in ("topic", "reason", "subject")], rows),
    )


def _coincidence(view: View) -> Section | None:
    text = view.text
    # A route alone coincides with itself.
    frame = view.material["coincidence"].filter(
        pl.col("combination_id").str.contains("+", literal=True)
    )
    if frame.is_empty():
        return None
    rows = [
        [
            Cell(_combination(view, row["combination_id"]), wide=True),
            number(view.language, row["kappa"], 3),
            number(view.language, row["kappa_sd"], 3),
            number(view.language, row["months"], 0),
        ]
        for row in frame.iter_rows(named=True)
    ]
    heads = ("combination", "kappa", "kappa_sd", "months")
    return Section(
        text("data.coincidence"),
        [text("data.coincidence_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def pages(view: View) -> list[Page]:
    text = view.text
    parts = (_gaps, _shifts, _effects, _events, _left_out, _coincidence)
    found = [section for part in parts if (section := part(view))]
    refused = refusals(view)
    sections = [
        Section(figures=[coverage_figure(view)]),
        *([refused] if refused else []),
        *found,
    ]
    return [Page("data.html", text("data.title"), [text("data.lead")], sections)]
