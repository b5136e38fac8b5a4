"""Stories beside the plan: stated assumptions, the same random draws, and what they move."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards import naming
from dashboards.chapters.places import segment_path
from dashboards.charts.scenarios import comparison, scenarios
from dashboards.figure import (
    Cell,
    Figure,
    Page,
    Section,
    Table,
    capital,
    day,
    number,
    percent,
    period,
    slug,
)
from dashboards.language import Period
from dashboards.notes import closing
from dashboards.view import View

MOST_SEGMENTS = 15
SHORTEST_SHIFT = 0.05
"""Months; less is shown as 0.0."""
LEAST_SHARE = 0.1
"""Of paths that run out with and without the story: the mean shift of fewer says little."""


def _moved(frame: pl.DataFrame, end: date | None) -> pl.DataFrame:
    """One row per segment of a story: the policy date of the direction that runs out first in the
    plan. The most moved first.

    Medians count before the mean shift of single paths: where many paths no longer run out, that
        shift says little.
    """
    enough = pl.min_horizontal("probability_base", "probability_scenario") >= LEAST_SHARE
    shift, odds = (
        pl.col("shift_months"),
        pl.col("probability_scenario") - pl.col("probability_base"),
    )
    beyond = pl.lit(end + timedelta(days=1) if end else None, dtype=pl.Date)
    days = (
        pl.col("t50_scenario").fill_null(beyond) - pl.col("t50_base").fill_null(beyond)
    ).dt.total_days()
    policy = (
        _first_out(frame)
        .with_columns(shift_months=pl.when(enough).then(shift))
        .with_columns(
            moved=pl.max_horizontal(shift.abs() / 12, odds.abs()),
            median_days=days.fill_null(0),
            later=pl.when(shift.abs() >= SHORTEST_SHIFT).then(shift > 0).otherwise(odds < 0),
        )
        .with_columns(
            later=pl.when(pl.col("median_days") != 0)
            .then(pl.col("median_days") > 0)
            .otherwise("later")
        )
    )
    return policy.filter((pl.col("moved") > 0.005) | (pl.col("median_days") != 0)).sort(
        pl.col("median_days").abs(), "moved", "segment_id", descending=[True, True, False]
    )


def _first_out(frame: pl.DataFrame) -> pl.DataFrame:
    """The policy dates of each segment in the direction that runs out first in the plan, as all
    other pages state them.
    """
    order = ("t50_base", "t50_scenario", "probability_base", "direction")
    return (
        frame.filter(pl.col("date_kind") == "policy")
        .sort(*order, descending=[False, False, True, False], nulls_last=True)
        .unique("segment_id", keep="first", maintain_order=True)
    )


def _dated(view: View, moved: pl.DataFrame, end: date | None) -> pl.DataFrame:
    """Rows of the chart: the segments with a median date in the plan or in the story; what lies
    after the horizon stands at its end.
    """
    grain = view.material.edition.grain
    shown = moved.filter(pl.col("t50_base").is_not_null() | pl.col("t50_scenario").is_not_null())

    def when(value: date | None) -> str:
        if value is None and end is None:
            return view.text("number.none")
        return (
            view.language.period(Period(value, grain))
            if value
            else view.language.period(Period(end or date.min, grain), "after")
        )

    return pl.DataFrame(
        {
            "segment": [naming.segment_label(view, row) for row in shown["segment_id"]],
            "base": [value or end for value in shown["t50_base"]],
            "scenario": [value or end for value in shown["t50_scenario"]],
            "base_label": [when(value) for value in shown["t50_base"]],
            "scenario_label": [when(value) for value in shown["t50_scenario"]],
        },
        schema={
            "segment": pl.String,
            "base": pl.Date,
            "scenario": pl.Date,
            "base_label": pl.String,
            "scenario_label": pl.String,
        },
    )


def comparison_figure(view: View, stories: Mapping[str, pl.DataFrame]) -> Figure | None:
    """All stories on one chart with a switch, over the segments that any of them moves most; None
    for a single story.
    """
    text = view.text
    last = view.material["runout"]["last_target"].max()
    end = last if isinstance(last, date) else None
    moved = {name: _moved(frame, end) for name, frame in stories.items()}
    counted = [
        (name, frame.filter(pl.col("shift_months").abs() >= SHORTEST_SHIFT))
        for name, frame in moved.items()
    ]
    ranked = sorted(
        (
            (name, moved[name].height, float(frame["shift_months"].abs().sum()))
            for name, frame in counted
            if frame.height
        ),
        key=lambda one: (-one[2], one[0]),
    )
    if len(ranked) < 2:
        return None
    everything = pl.concat([moved[name] for name, *_ in ranked])
    parts = [(name, _dated(view, moved[name], end).head(MOST_SEGMENTS)) for name, *_ in ranked]
    parts = [(name, part) for name, part in parts if part.height]
    if not parts:
        return None
    rows = pl.concat(
        [part.with_columns(story=pl.lit(naming.translate_text(view, name))) for name, part in parts]
    )
    title = text(
        "title.comparison",
        n=len(ranked),
        name=naming.translate_text(view, ranked[0][0]),
        segments=ranked[0][1],
    )
    table = Table(
        [text(f"table.{head}") for head in ("story", "segment", "t50_base", "t50_scenario")],
        [
            [
                Cell(row["story"]),
                Cell(row["segment"]),
                Cell(row["base_label"], str(row["base"])),
                Cell(row["scenario_label"], str(row["scenario"])),
            ]
            for row in rows.iter_rows(named=True)
        ],
    )
    source = "note.source_load_simulated" if view.material.edition.simulated else "note.source_load"
    notes = [
        (text("note.unit"), text("note.unit_date")),
        (text("note.definition"), text("note.scenario", least=LEAST_SHARE)),
        (text("note.source"), text(source)),
        *closing(view),
    ]
    badges = ((text("page.simulated_short"),) if view.material.edition.simulated else ()) + (
        text("page.assumed_short"),
    )
    return Figure(
        "scenarios",
        title,
        alt=title,
        spec=comparison(rows, view.language),
        subtitle=text("scenario.subtitle_switch", name=naming.translate_text(view, parts[0][0])),
        notes=notes,
        table=table,
        csv="scenarios.csv",
        data=everything.drop("median_days"),
        badges=badges,
        words={"stories": _told(view, title, stories, parts)},
    )


def _told(
    view: View,
    title: str,
    stories: Mapping[str, pl.DataFrame],
    parts: Sequence[tuple[str, pl.DataFrame]],
) -> dict[str, tuple[str, str]]:
    """What title and subtitle say as the switch stands at each story."""
    told = {}
    for name, _ in parts:
        figure = story_figure(view, name, stories[name])
        told[naming.translate_text(view, name)] = (figure.title, figure.subtitle)
    first = naming.translate_text(view, parts[0][0])
    told[first] = (title, view.text("scenario.subtitle_switch", name=first))
    return told


def story_figure(view: View, scenario_id: str, frame: pl.DataFrame) -> Figure:
    text = view.text
    grain = view.material.edition.grain
    last = view.material["runout"]["last_target"].max()
    end = last if isinstance(last, date) else None
    moved = _moved(frame, end)
    name = naming.translate_text(view, scenario_id)
    figure_id = slug(f"scenario-{scenario_id}")
    if moved.is_empty():
        return Figure(
            figure_id, text("title.scenario_none", name=name), reason=text("reason.no_shift")
        )
    later = moved.filter("later").height
    earlier = moved.height - later
    order = [pl.col("median_days") != 0, pl.col("shift_months").abs() >= SHORTEST_SHIFT]
    top = moved.sort(order, descending=True, nulls_last=True, maintain_order=True).row(
        0, named=True
    )
    first = naming.segment_label(view, top["segment_id"])
    ways = "" if earlier and later else "_earlier" if earlier else "_later"
    if top["median_days"]:
        before, after = (
            period(view.language, top[f"t50_{which}"], grain, end).text
            for which in ("base", "scenario")
        )
        title = text(
            f"title.scenario{ways}",
            name=name,
            earlier=earlier,
            later=later,
            first=first,
            before=before,
            after=after,
        )
    elif abs(top["shift_months"] or 0.0) >= SHORTEST_SHIFT:
        title = text(
            f"title.scenario_shift{ways}",
            name=name,
            earlier=earlier,
            later=later,
            first=first,
            shift=abs(top["shift_months"]),
        )
    else:
        title = text(
            "title.scenario_odds",
            name=name,
            first=first,
            before=top["probability_base"],
            after=top["probability_scenario"],
        )
    loss = closing_loss(view, scenario_id)
    if loss:
        # What is lost loads no other segment: the loss comes first.
        title = (
            f"{text('title.scenario_closed', name=name, **loss)}\n{_after_loss(view, title, loss)}"
        )
    rows = _dated(view, moved, end).head(MOST_SEGMENTS)
    table = Table(
        [
            text(f"table.{head}")
            for head in (
                "segment",
                "t50_base",
                "t50_scenario",
                "shift_months",
                "probability_base",
                "probability_scenario",
                "order_by_base",
                "order_by_scenario",
            )
        ],
        [
            [
                Cell(
                    naming.segment_label(view, row["segment_id"]),
                    link=segment_path(row["segment_id"])
                    if row["segment_id"] in view.material.segments
                    else "",
                ),
                period(view.language, row["t50_base"], grain, end),
                period(view.language, row["t50_scenario"], grain, end),
                number(view.language, row["shift_months"], 1),
                percent(view.language, row["probability_base"]),
                percent(view.language, row["probability_scenario"]),
                day(view.language, row["order_by_base"]),
                day(view.language, row["order_by_scenario"]),
            ]
            for row in moved.iter_rows(named=True)
        ],
    )
    notes = [
        (text("note.unit"), text("note.unit_date")),
        (text("note.definition"), text("note.scenario", least=LEAST_SHARE)),
        (text("note.story"), naming.translate_text(view, frame["note"][0])),
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
    badges = ((text("page.simulated_short"),) if view.material.edition.simulated else ()) + (
        text("page.assumed_short"),
    )
    if rows.is_empty():
        return Figure(
            figure_id,
            title,
            reason=text("reason.no_median"),
            notes=notes,
            table=table,
            csv=f"{figure_id}.csv",
            data=frame,
            badges=badges,
        )
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=scenarios(rows, view.language),
        subtitle=text("scenario.subtitle"),
        notes=notes,
        table=table,
        csv=f"{figure_id}.csv",
        data=frame,
        badges=badges,
    )


def closing_loss(view: View, scenario_id: str) -> dict[str, Any] | None:
    """What a story that cuts something leaves without a path, at the first period of the plan's
    failures at or after its start: lost (Gbit/s, median), routes (their number), since, until.
    """
    material = view.material
    lost = material["lost_traffic"]
    for kind, change in material.edition.stories.get(scenario_id, ()):
        if kind != "cut":
            continue
        cut = next(name for name in ("risk_group", "segment", "node") if change.get(name))
        mine = lost.filter(pl.col("failure_id") == f"{cut}:{change[cut]}")
        since = date.fromisoformat(change["from"])
        at = mine.filter(pl.col("target_start") >= since)["target_start"].min()
        if at is None:
            continue
        rows = mine.filter(pl.col("target_start") == at)
        until = change.get("until")
        return {
            "lost": float(rows["lost_p50_gbps"].sum()),
            "routes": rows["route_id"].n_unique(),
            "unit": view.text("unit.gbps"),
            "since": Period(since, material.edition.grain),
            "until": Period(date.fromisoformat(until), material.edition.grain) if until else None,
        }
    return None


def _after_loss(view: View, title: str, loss: Mapping[str, Any]) -> str:
    """What follows the loss: when and where, then what it does to the dates."""
    head, _, rest = title.partition("\n")
    key = "scenario.closed" if loss["until"] else "scenario.closed_for_good"
    effect = head.partition(": ")[2] or head
    return view.language.sentences(view.text(key, **loss), capital(effect), capital(rest))


def pages(view: View) -> list[Page]:
    text = view.text
    stories = view.material["scenario_effect"].partition_by(
        "scenario_id", as_dict=True, maintain_order=True
    )
    if not stories:
        return []
    figures = [story_figure(view, str(key[0]), frame) for key, frame in stories.items()]
    together = comparison_figure(view, {str(key[0]): frame for key, frame in stories.items()})
    sections = [Section(text("scenario.together"), figures=[together])] if together else []
    sections.append(Section(text("scenario.each") if together else "", figures=figures))
    return [Page("scenarios.html", text("scenario.title"), [text("scenario.lead")], sections)]
