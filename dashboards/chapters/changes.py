"""What this edition says otherwise than the run before, and which change moved it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from itertools import pairwise
from typing import Any

import polars as pl

from dashboards import naming
from dashboards.chapters.places import route_path, segment_path
from dashboards.charts.revision import revision
from dashboards.cuts import SeriesKey
from dashboards.figure import Cell, Figure, Page, Section, Table, day, number, percent, slug
from dashboards.front.changed import change_section
from dashboards.language import Language, Period, digits_of
from dashboards.material import RevisionKey
from dashboards.notes import Notes, closing
from dashboards.view import View

Parts = Sequence[Mapping[str, Any]]
LEAST_DAYS = 15
"""A date that moves by less is not called moved."""
SAME, LEAST_RATIO = 0.005, 0.01
"""Shares of what was said: less leaves a forecast the same, and a route out of the table."""


def value_key(key: SeriesKey) -> RevisionKey:
    return key[0], key[1], key[2], f"{key[3]}_gbps"


def main_step(parts: Parts) -> Mapping[str, Any] | None:
    """The step that moved most; None where nothing moved, or no step can be measured."""
    moved = [row for row in parts if row["change"]]
    return max(moved, key=lambda row: abs(row["change"])) if moved else None


def _stayed(parts: Parts) -> bool:
    before, change = parts[0]["value_before"], total_change(parts)
    return change is not None and abs(change) < SAME * abs(before)


def _moved_by(row: Mapping[str, Any], language: Language, *, dated: bool) -> str:
    """The change with its sign; of a value, to the digits that the value itself is shown with."""
    change = row["change"]
    if change is None:
        return language.text("number.none")
    sign = "+" if change > 0 else ""
    if dated:
        return (
            sign
            + ("−" if change < 0 else "")
            + language.plural("count.periods_day", abs(round(change)))
        )
    shown = language.number(
        change, digits_of(max(abs(row["value_before"]), abs(row["value_after"])))
    )
    return f"{sign}{shown}" if any(one in "123456789" for one in shown) else "0"


def series_revision(view: View, key: SeriesKey) -> Figure | None:
    """The waterfall of a series' median at the last period that both runs forecast; None where
    there is no run before.
    """
    parts = view.material.revisions.get(value_key(key))
    if not parts or parts[0]["value_before"] is None or parts[-1]["value_after"] is None:
        return None
    text, name = view.text, naming.titled(view, key)
    before, after = parts[0]["value_before"], parts[-1]["value_after"]
    at = Period(parts[0]["target_start"], view.material.grain(key[0]))
    most = main_step(parts)
    stayed = _stayed(parts)
    title = text(
        "title.revision_same" if stayed or most is None else "title.revision",
        name=name,
        what=text(f"statistic.{key[3]}"),
        at=at,
        before=before,
        after=after,
        unit=text("unit.gbps"),
        step=text(f"revision.{most['step']}") if most else "",
        change=_moved_by(most, view.language, dated=False) if most else "",
    )
    shown = [
        text("revision.before"),
        *(text(f"revision.{row['step']}") for row in parts),
        text("revision.after"),
    ]
    values = [before, *(row["value_after"] for row in parts)]
    moves = [_moved_by(row, view.language, dated=False) for row in parts]
    rows = pl.DataFrame(
        {
            "step": shown,
            "start": [before, *values[:-1], after],
            "end": [before, *values[1:], after],
            "rises": [
                None,
                *(
                    row["change"] > 0 if row["change"] and move != "0" else None
                    for row, move in zip(parts, moves, strict=True)
                ),
                None,
            ],
            "label": [view.language.number(before), *moves, view.language.number(after)],
            "end_label": [view.language.number(value) for value in (*values, after)],
        },
        schema_overrides={"rises": pl.Boolean, "start": pl.Float64, "end": pl.Float64},
    )
    notes: Notes = [
        (text("note.unit"), text("note.unit_text")),
        (text("note.direction"), naming.direction_name(view, key)),
        (text("note.definition"), text("note.revision", at=at)),
    ]
    source = (
        "note.simulated"
        if view.material.edition.simulated and key[0] != "country"
        else "note.measured"
    )
    return _figure(
        view,
        slug("revision-" + "-".join(key)),
        title,
        rows,
        parts,
        [*notes, (text("note.source"), text(source))],
        dated=False,
    )


def date_revision(view: View, segment_id: str, direction: str, measure: str) -> Figure | None:
    """The waterfall of a segment's median policy date, or of its last day to order, in days."""
    parts = view.material.revisions.get(("segment", segment_id, direction, measure))
    if not parts:
        return None
    text = view.text
    before, after = parts[0]["date_before"], parts[-1]["date_after"]
    last = view.material["runout"]["last_target"].max()
    if (before is None and after is None) or not isinstance(last, date):
        return None
    end = max(
        [
            last,
            *(row["date_after"] for row in parts if row["date_after"]),
            *([before] if before else []),
        ]
    )

    def when(value: date | None) -> str:
        return (
            view.language.day(value)
            if value
            else view.language.period(Period(end, view.material.edition.grain), "after")
        )

    name = (
        naming.segment_label(view, segment_id)
        if direction == "both"
        else naming.segment_direction(view, segment_id, direction)
    )
    total = (after - before).days if before and after else None
    most = main_step(parts)
    story = (
        "same"
        if before == after
        else "open"
        if total is None
        else "later"
        if total > 0
        else "earlier"
    )
    title = text(
        f"title.{measure}_{story}",
        name=name,
        before=when(before),
        after=when(after),
        days=abs(total or 0),
        cause=text(
            "revision.cause",
            step=text(f"revision.{most['step']}"),
            change=_moved_by(most, view.language, dated=True),
        )
        if most
        else "",
    )
    stages = [before, *(row["date_after"] for row in parts)]
    drawn = [value or end for value in stages]
    rows = pl.DataFrame(
        {
            "step": [
                text("revision.before"),
                *(text(f"revision.{row['step']}") for row in parts),
                text("revision.after"),
            ],
            "start": [drawn[0], *drawn[:-1], drawn[-1]],
            "end": [drawn[0], *drawn[1:], drawn[-1]],
            "rises": [
                None,
                *(
                    later > earlier if later != earlier else None
                    for earlier, later in pairwise(drawn)
                ),
                None,
            ],
            "label": [
                when(before),
                *(_moved_by(row, view.language, dated=True) for row in parts),
                when(after),
            ],
            "end_label": [when(value) for value in (*stages, after)],
        },
        schema_overrides={"rises": pl.Boolean, "start": pl.Date, "end": pl.Date},
    )
    notes: Notes = [
        (text("note.unit"), text("note.unit_days")),
        (text("note.definition"), text(f"note.revision_{measure}")),
        (
            text("note.source"),
            text(
                "note.source_load_simulated"
                if view.material.edition.simulated
                else "note.source_load"
            ),
        ),
    ]
    return _figure(
        view,
        slug(f"revision-{measure}-{segment_id}-{direction}"),
        title,
        rows,
        parts,
        notes,
        dated=True,
    )


def _figure(
    view: View,
    figure_id: str,
    title: str,
    rows: pl.DataFrame,
    parts: Parts,
    notes: Notes,
    *,
    dated: bool,
) -> Figure:
    text = view.text
    table = Table(
        [
            text(f"table.{head}")
            for head in ("step", "before_step", "after_step", "change", "reason")
        ],
        [
            [
                Cell(text(f"revision.{row['step']}")),
                *(
                    (day(view.language, row[f"date_{side}"]) for side in ("before", "after"))
                    if dated
                    else (
                        number(view.language, row[f"value_{side}"]) for side in ("before", "after")
                    )
                ),
                Cell(
                    _moved_by(row, view.language, dated=dated),
                    "" if row["change"] is None else f"{row['change']:.9g}",
                    number=True,
                ),
                Cell(naming.reason_text(view, row), wide=True),
            ]
            for row in parts
        ],
    )
    notes = [
        *notes,
        (text("note.against"), text("note.against_run", run_id=parts[0]["earlier_run_id"])),
        *closing(view),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=revision(rows, view.language, dated=dated),
        subtitle=text("revision.subtitle"),
        notes=notes,
        table=table,
        csv=f"{figure_id}.csv",
        data=pl.DataFrame(
            [{name: value for name, value in row.items() if value is not None} for row in parts],
            infer_schema_length=None,
        ),
        badges=(text("page.simulated_short"),) if view.material.edition.simulated else (),
    )


def words(view: View) -> list[str]:
    """What changed, in two sentences, for the first page."""
    if not view.material.revisions:
        return []
    text = view.text
    told = []
    total = next(
        (
            key
            for key in view.material.keys.get(("total", "total"), [])
            if value_key(key) in view.material.revisions
        ),
        None,
    )
    if total:
        figure = series_revision(view, total)
        told += [figure.title] if figure else []
    dates = [parts for key, parts in view.material.revisions.items() if key[3] == "runout_days"]
    moved = [total_change(parts) for parts in dates]
    earlier = sum(change is not None and change <= -LEAST_DAYS for change in moved)
    later = sum(change is not None and change >= LEAST_DAYS for change in moved)
    if dates:
        told.append(text("revision.dates_moved", earlier=earlier, later=later, all=len(dates)))
    return [view.language.sentences(*told)] if told else []


def total_change(parts: Parts) -> float | None:
    first, last = parts[0]["value_before"], parts[-1]["value_after"]
    return None if first is None or last is None else float(last - first)


def route_changes(view: View) -> Section | None:
    """Every route's busier direction: what was said, what is said, and why."""
    text = view.text
    rows = []
    for route_id in view.material.routes:
        keys = view.material.keys.get(("route", route_id), [])
        parts = view.material.revisions.get(value_key(keys[0])) if keys else None
        if not parts or total_change(parts) is None:
            continue
        before, after = parts[0]["value_before"], parts[-1]["value_after"]
        most = main_step(parts)
        ratio = after / before - 1 if before else None
        rows.append(
            (
                -abs(ratio or 0.0),
                [
                    Cell(naming.route_name(view, route_id), link=route_path(route_id)),
                    Cell(naming.direction_name(view, keys[0])),
                    number(view.language, before),
                    number(view.language, after),
                    percent(view.language, ratio, 1),
                    Cell(text(f"revision.{most['step']}") if most else text("number.none")),
                ],
            )
        )
    if not rows:
        return None
    small = sum(-least < LEAST_RATIO for least, _ in rows)
    rows = sorted(
        (row for row in rows if -row[0] >= LEAST_RATIO), key=lambda row: (row[0], row[1][0].text)
    )
    heads = ("route", "direction", "said_before", "said_now", "change", "main_step")
    at = max(
        parts[0]["target_start"]
        for key, parts in view.material.revisions.items()
        if key[0] == "route" and parts[0]["target_start"]
    )
    return Section(
        text("revision.routes"),
        [
            text("revision.routes_intro", at=Period(at, view.material.edition.grain)),
            *([text("revision.routes_small", least=LEAST_RATIO, n=small)] if small else []),
        ],
        table=Table([text(f"table.{head}") for head in heads], [row for _, row in rows])
        if rows
        else None,
    )


def date_changes(view: View) -> Section | None:
    """Every segment direction whose median policy date moved."""
    text = view.text
    last = view.material["runout"]["last_target"].max()
    found, small = [], 0
    for (kind, segment_id, direction, measure), parts in view.material.revisions.items():
        if kind != "segment" or measure != "runout_days":
            continue
        before, after = parts[0]["date_before"], parts[-1]["date_after"]
        if before == after:
            continue
        change, most = total_change(parts), main_step(parts)
        if change is not None and abs(change) < LEAST_DAYS:
            small += 1
            continue
        label = (
            Cell(text("number.none"))
            if change is None
            else Cell(
                _moved_by({"change": change}, view.language, dated=True),
                f"{change:.9g}",
                number=True,
            )
        )
        found.append(
            (
                -abs(change) if change is not None else 0.0,
                [
                    Cell(
                        naming.segment_direction(view, segment_id, direction),
                        link=segment_path(segment_id)
                        if segment_id in view.material.segments
                        else "",
                    ),
                    *(_date_or_after(value, last, view) for value in (before, after)),
                    label,
                    Cell(text(f"revision.{most['step']}") if most else text("number.none")),
                ],
            )
        )
    if not found and not small:
        return None
    found.sort(key=lambda row: (row[0], row[1][0].text))
    heads = ("segment", "said_before", "said_now", "change", "main_step")
    return Section(
        text("revision.dates"),
        [text("revision.dates_intro"), *([text("revision.dates_small", n=small)] if small else [])],
        table=Table([text(f"table.{head}") for head in heads], [row for _, row in found])
        if found
        else None,
    )


def _date_or_after(value: date | None, last: object, view: View) -> Cell:
    if value is None and isinstance(last, date):
        return Cell(
            view.language.period(Period(last, view.material.edition.grain), "after"), "9999"
        )
    return day(view.language, value)


def _causes(view: View) -> Section:
    """What was exchanged in each step."""
    text = view.text
    first = next(iter(view.material.revisions.values()))
    rows = [
        [
            Cell(text(f"revision.{row['step']}")),
            Cell(naming.reason_text(view, row)),
        ]
        for row in first
    ]
    return Section(
        text("revision.causes"),
        [text("revision.causes_intro")],
        table=Table([text("table.step"), text("table.reason")], rows),
    )


def pages(view: View) -> list[Page]:
    if not view.material.revisions:
        return []
    text = view.text
    keys = [
        *view.material.keys.get(("total", "total"), [])[:2],
        *(keys[0] for (kind, _), keys in view.material.keys.items() if kind == "corridor"),
    ]
    known = [key for key in keys if value_key(key) in view.material.revisions]
    same = [
        key
        for key in known
        if key[0] != "total" and _stayed(view.material.revisions[value_key(key)])
    ]
    figures = [
        figure for key in known if key not in same and (figure := series_revision(view, key))
    ]
    names = "; ".join(naming.titled(view, key) for key in same)
    told = [text("revision.values_same", least=SAME, names=names)] if same else []
    moved = sorted(
        (
            key
            for key, parts in view.material.revisions.items()
            if key[3] == "runout_days" and total_change(parts)
        ),
        key=lambda key: (-abs(total_change(view.material.revisions[key]) or 0.0), key),
    )
    dated = [figure for key in moved[:3] if (figure := date_revision(view, key[1], key[2], key[3]))]
    orders = change_section(view)
    sections = [
        *([orders] if orders else []),
        _causes(view),
        Section(text("revision.values"), told, figures=figures),
    ]
    sections += [part for part in (route_changes(view),) if part]
    sections += [Section(text("revision.moved_most"), figures=dated)] if dated else []
    sections += [part for part in (date_changes(view),) if part]
    return [
        Page(
            "changes.html",
            text("revision.title"),
            [
                text(
                    "revision.lead",
                    run_id=next(iter(view.material.revisions.values()))[0]["earlier_run_id"],
                )
            ],
            sections,
        )
    ]
