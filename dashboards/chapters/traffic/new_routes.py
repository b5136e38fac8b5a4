"""Routes that do not exist yet: what they may carry, from whom, and when the forecast counts as
wrong.
"""

from __future__ import annotations

from typing import Any

import polars as pl

from dashboards import naming
from dashboards.chapters.places import project_path
from dashboards.charts.fan import fan
from dashboards.charts.market import market
from dashboards.cuts import LEVELS, each
from dashboards.figure import (
    Cell,
    Figure,
    Page,
    Section,
    Table,
    day,
    number,
    percent,
    plain_table,
    slug,
)
from dashboards.language import Period
from dashboards.material import Material
from dashboards.notes import Notes, run_note
from dashboards.view import View


def _notes(view: View, definition: str, unit: str) -> Notes:
    text = view.text
    return [
        (text("note.unit"), text(unit)),
        (text("note.definition"), text(f"note.{definition}")),
        (text("note.source"), text("note.new_source")),
        (text("note.interval"), text("note.new_sure")),
        *_ahead(view),
        run_note(view),
    ]


def _ahead(view: View) -> Notes:
    """The periods that the forecasts of new routes cover."""
    starts = view.material["new_route_quantile"]["target_start"]
    if starts.is_empty():
        return []
    first, end = (Period(day, view.material.edition.grain) for day in (starts.min(), starts.max()))  # type: ignore[arg-type]
    return [(view.text("note.since"), view.text("note.since_ahead", first=first, end=end))]


def split_figure(view: View, project_id: str, name: str, frame: pl.DataFrame) -> Figure:
    text = view.text
    ordered = frame.sort(
        "is_new", "share_before_ratio", "alternative_id", descending=[True, True, False]
    )
    rows: list[dict[str, Any]] = []
    for row in ordered.iter_rows(named=True):
        way = naming.way_name(view, row["alternative_id"])
        for when in ("before", "after"):
            rows.append(
                {"way": way, "when": text(f"market.{when}"), "share": row[f"share_{when}_ratio"]}
            )
    new = ordered.filter("is_new")
    taken = float(new["share_after_ratio"].sum())
    loser = ordered.filter(~pl.col("is_new")).sort(
        "lost_p50_gbps", "alternative_id", descending=[True, False]
    )
    most = loser.row(0, named=True) if loser.height else None
    title = text(
        "title.split",
        name=naming.project_name(view, project_id),
        market=naming.market_name(view, name),
        share=taken,
        loser=naming.way_name(view, most["alternative_id"]) if most else text("number.none"),
        lost=most["lost_p50_gbps"] if most else None,
        unit=text("unit.gbps"),
    )
    figure_id = slug(f"split-{project_id}-{name}")
    shown = ordered.with_columns(
        way=each(pl.col("alternative_id"), lambda one: naming.way_name(view, one))
    )
    heads = [
        ("way", text("table.way"), "text"),
        ("price_usd_per_mbps_month", text("table.price"), "n2"),
        ("rtt_ms", text("table.rtt"), "n0"),
        ("share_before_ratio", text("market.before"), "pct1"),
        ("share_after_ratio", text("market.after"), "pct1"),
        ("lost_p10_gbps", text("table.lost_low"), "n"),
        ("lost_p50_gbps", text("table.lost_p50"), "n"),
        ("lost_p90_gbps", text("table.lost_high"), "n"),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=market(pl.DataFrame(rows), view.language),
        notes=_notes(view, "split", "note.unit_market"),
        table=plain_table(shown, heads, view.language, "month"),
        csv=f"{figure_id}.csv",
        data=frame,
        badges=_badges(view),
    )


def _badges(view: View) -> tuple[str, ...]:
    """A market's history may be simulated; what enters it is assumed."""
    simulated = (view.text("page.simulated_short"),) if view.material.edition.simulated else ()
    return (*simulated, view.text("page.assumed_short"))


def fans(view: View, project_id: str) -> list[Figure]:
    """What the new route itself carries in each market it enters."""
    text = view.text
    new = (
        view.material["new_route_share"]
        .filter("is_new")
        .select("project_id", "market", "alternative_id")
    )
    frame = view.material["new_route_quantile"].filter(pl.col("project_id") == project_id)
    if new.height:
        frame = frame.join(new, on=["project_id", "market", "alternative_id"], how="semi")
    else:
        known = [*view.material.routes, *view.material.segments, "total"]
        frame = frame.filter(~pl.col("alternative_id").is_in(known))
    grain = view.material.edition.grain
    found = []
    for (name, way), part in sorted(
        frame.partition_by("market", "alternative_id", as_dict=True).items()
    ):
        names = {str(level): f"q{round(level * 1000):03d}" for level in LEVELS}
        wide = (
            part.filter(pl.col("quantile_level").is_in(LEVELS))
            .pivot(
                on="quantile_level",
                on_columns=LEVELS,
                index="target_start",
                values="value_gbps",
                aggregate_function="first",
            )
            .rename({"target_start": "start", **names})
            .with_columns(observed=pl.lit(None, dtype=pl.Float64))
            .sort("start")
        )
        last = wide.row(-1, named=True)
        title = text(
            "title.new_route",
            name=naming.project_name(view, project_id),
            market=naming.market_name(view, str(name)),
            median=last["q500"],
            low=last["q100"],
            high=last["q900"],
            unit=text("unit.gbps"),
        )
        figure_id = slug(f"new-{project_id}-{name}-{way}")
        heads = [
            ("start", text("table.period"), "period"),
            *(
                (column, text(f"table.{column}"), "n")
                for column in ("q025", "q100", "q500", "q900", "q975")
            ),
        ]
        found.append(
            Figure(
                figure_id,
                title,
                alt=title,
                spec=fan(wide, grain, view.language),
                notes=_notes(view, "new_route", "note.unit_text"),
                table=plain_table(wide, heads, view.language, grain),
                csv=f"{figure_id}.csv",
                data=wide,
                badges=_badges(view),
            )
        )
    return found


def _registrations(material: Material) -> pl.DataFrame:
    """Every registered forecast with its score, if it has one; those that earlier runs registered
    have only a score.
    """
    made, score = material["new_route_registration"], material["new_route_score"]
    shared = [name for name in made.columns if name in score.columns and name != "forecast_id"]
    scored = made.join(score.drop(shared), on="forecast_id", how="left")
    older = score.join(made, on="forecast_id", how="anti")
    market = pl.coalesce(
        "market", pl.col("forecast_id").str.split("/").list.get(1, null_on_oob=True)
    )
    both = pl.concat([scored, older], how="diagonal").with_columns(
        market=market, verdict=pl.col("verdict").fill_null("open")
    )
    return both.sort("registered_on", "forecast_id", descending=[True, False])


def registered(view: View, project_id: str = "") -> Section | None:
    """What was registered before a route existed, what came since, and the verdict on the day that
    was named.
    """
    text = view.text
    frame = _registrations(view.material)
    if project_id:
        frame = frame.filter(pl.col("project_id") == project_id)
    if frame.is_empty():
        return None
    began = bool((frame["months_seen"].fill_null(0) > 0).any())
    counts = {name: int((frame["verdict"] == name).sum()) for name in ("right", "wrong", "open")}
    said = [text("new.registered_intro"), text("new.verdicts", n=frame.height, **counts)]
    if not began:
        said.append(text("new.nothing_yet"))
    seen = ("months_seen", "last_seen", "updated", "weight_of_data") if began else ()
    heads = (
        "project",
        "market",
        "registered_on",
        "judged_on",
        "q100",
        "q500",
        "q900",
        "ready_probability",
        *seen,
        "verdict",
        "wrong_if",
        "finding",
    )
    rows = [
        [cells[head] for head in heads]
        for cells in (_registered_row(view, row) for row in frame.iter_rows(named=True))
    ]
    return Section(
        text("new.registered"),
        said,
        table=Table(
            [text(f"table.{head}") for head in heads], rows, caption=text("new.registered_caption")
        ),
        anchor="registered",
    )


def _registered_row(view: View, row: dict[str, Any]) -> dict[str, Cell]:
    text = view.text
    last = (
        text("new.last_seen", value=row["last_gbps"], at=Period(row["last_month"]))
        if row["last_month"]
        else text("number.none")
    )
    updated = (
        text(
            "new.updated",
            low=row["updated_p10_gbps"],
            median=row["updated_p50_gbps"],
            high=row["updated_p90_gbps"],
        )
        if row["last_month"]
        else text("number.none")
    )
    return {
        "project": Cell(naming.project_name(view, row["project_id"])),
        "market": Cell(
            naming.market_name(view, row["market"]) if row["market"] else text("number.none")
        ),
        "registered_on": day(view.language, row["registered_on"]),
        "judged_on": Cell(
            view.language.period(Period(row["judged_on"])), row["judged_on"].isoformat()
        ),
        "q100": number(view.language, row["p10_gbps"]),
        "q500": number(view.language, row["p50_gbps"]),
        "q900": number(view.language, row["p90_gbps"]),
        "ready_probability": percent(view.language, row["ready_probability_ratio"]),
        "months_seen": number(view.language, row["months_seen"], 0),
        "last_seen": Cell(last),
        "updated": Cell(updated),
        "weight_of_data": percent(view.language, row["weight_of_data_ratio"]),
        "verdict": Cell(view.language.word("verdict", row["verdict"])),
        "wrong_if": Cell(
            naming.reason_text(view, row, "wrong_if") or text("number.none"), wide=True
        ),
        "finding": Cell(naming.reason_text(view, row) or text("number.none"), wide=True),
    }


def pages(view: View) -> list[Page]:
    text = view.text
    parts = view.material["new_route_share"].partition_by(
        "project_id", "market", as_dict=True, maintain_order=True
    )
    by_project: dict[str, list[Figure]] = {}
    for (project_id, name), frame in parts.items():
        by_project.setdefault(str(project_id), []).append(
            split_figure(view, str(project_id), str(name), frame)
        )
    for project_id in sorted(view.material["new_route_quantile"]["project_id"].unique()):
        by_project[project_id] = fans(view, project_id) + by_project.get(project_id, [])
    judged = registered(view)
    if not by_project and judged is None:
        return []
    sections = [
        Section(
            naming.project_name(view, project_id),
            figures=figures,
            links=[(project_path(project_id), text("project.link"))]
            if project_id in view.material.projects
            else (),
        )
        for project_id, figures in by_project.items()
    ]
    return [
        Page(
            "new-routes.html",
            text("new.title"),
            [text("new.lead")],
            [*sections, *([judged] if judged else [])],
        )
    ]
