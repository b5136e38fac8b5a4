"""The lines under a chart: unit, direction, definition, source, coverage, how sure, run."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

import polars as pl

from dashboards import naming
from dashboards.cuts import SeriesKey, without_holes
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.trust import coverage_of, unreliable
from dashboards.view import View
from warehouse.schema import Grain
from warehouse.shares import wilson

DAY = 1440
"""Minutes. What is published once a day may be the day's mean or its maximum."""
Notes = list[tuple[str, str]]


def run_note(view: View) -> tuple[str, str]:
    edition = view.material.edition
    return view.text("note.run"), view.text(
        "note.run_text",
        run_id=edition.run_id,
        known_at=edition.known_at.strftime("%Y-%m-%d %H:%M"),
        data_hash=edition.data_hash,
    )


def since(view: View, *, ahead: bool = True) -> Notes:
    """Which periods a figure made of all routes rests on, and how far ahead it looks."""
    first, last, end = view.material.span
    return period_note(
        first, last, end if ahead else None, view.material.edition.grain, view.language
    )


def period_note(
    first: date | None, last: date | None, end: date | None, grain: Grain, language: Language
) -> Notes:
    if first is None or last is None:
        return []
    shown = {
        name: Period(day, grain)
        for name, day in (("first", first), ("last", last), ("end", end))
        if day
    }
    return [
        (
            language.text("note.since"),
            language.text("note.since_text" if end else "note.since_observed", **shown),
        )
    ]


def sure(view: View) -> tuple[str, str]:
    """How sure a figure made of the routes' forecasts is: what their intervals held in the
    backtest.
    """
    text = view.text
    if view.material.held is None:
        return text("note.interval"), text("note.no_sure")
    share, n = view.material.held
    return text("note.interval"), text("note.sure", c80=share, n=n)


def sure_of(view: View, routes: Sequence[str]) -> tuple[str, str]:
    """How sure a figure made of these routes' forecasts is; of all routes where none was scored."""
    text = view.text
    held = coverage_of(view.material, list(routes))
    if held is None:
        return sure(view)
    bad = {key[1] for key in unreliable(view.material) if key[0] == "route"}.intersection(routes)
    words = text("note.sure_of", c80=held[0], n=held[1], routes=len(set(routes)))
    if bad:
        words += text("note.sure_doubt", bad=len(bad))
    return text("note.interval"), words


def closing(view: View, routes: Sequence[str] | None = None) -> Notes:
    """The last lines under a figure made of routes' forecasts (all, or those stated): how sure,
    since when, which run.
    """
    how = sure(view) if routes is None else sure_of(view, routes)
    return [how, *since(view), run_note(view)]


def routes_over(material: Material, segment_id: str) -> list[str]:
    """The routes on whose first path a segment lies: their forecasts make its load."""
    return [
        route_id
        for route_id in material.users.get(segment_id, [])
        if segment_id in material.paths[route_id].get(1, ())
    ]


def series_notes(view: View, key: SeriesKey) -> Notes:
    """All lines of a chart of one series."""
    text = view.text
    kind = key[0]
    observed = view.material.observed.get(key)
    notes: Notes = [
        (text("note.unit"), text("note.unit_text")),
        (text("note.direction"), naming.direction_name(view, key)),
    ]
    simulated = bool(observed is not None and observed.height and observed["simulated"].any())
    if kind == "country":
        notes.append((text("note.definition"), text("note.country")))
        if observed is not None and "source" in observed.columns:
            sources = observed["source"].drop_nulls().unique(maintain_order=True).to_list()
            notes.append(
                (text("note.source"), naming.translate_text(view, "; ".join(map(str, sources))))
            )
    else:
        notes.append((text("note.definition"), definition(view, key)))
        notes.append(
            (text("note.source"), text("note.simulated" if simulated else "note.measured"))
        )
    notes += series_span(view, key)
    if observed is not None and observed.height and kind != "country":
        notes.append((text("note.coverage"), coverage(observed, view, kind)))
    notes.append((text("note.interval"), receipt(view, key)))
    notes.append(run_note(view))
    return notes


def series_span(view: View, key: SeriesKey) -> Notes:
    """Since when a series is observed, and how far it is forecast."""
    frame = view.material.series.get(key)
    if frame is None:
        return []
    seen = frame.filter(pl.col("observed").is_not_null())["start"]
    ahead = frame.filter(pl.col("q500").is_not_null())["start"]
    first, last, end = (
        day if isinstance(day, date) else None for day in (seen.min(), seen.max(), ahead.max())
    )
    return period_note(first, last, end, view.material.grain(key[0]), view.language)


def definition(view: View, key: SeriesKey) -> str:
    kind, _, _, statistic = key
    observed = view.material.observed.get(key)
    slots: list[int] = []
    if observed is not None and observed.height:
        slots = (
            observed.filter(pl.col("value_gbps").is_not_null() & (pl.col("slot_minutes") > 0))[
                "slot_minutes"
            ]
            .unique()
            .sort()
            .to_list()
        )
    slot = ", ".join(slot_words(minutes, view.language) for minutes in slots) or slot_words(
        5, view.language
    )
    grain = view.text(f"grain.{view.material.grain(kind)}")
    daily = "_daily" if slots and min(slots) >= DAY else ""
    words = view.text(
        f"note.{statistic}{daily}", slot=slot, grain=grain, zone=view.material.edition.time_zone
    )
    if statistic == "p95" and slots and max(slots) > 5:
        words += view.text(f"note.p95_not_billing{daily}", slot=slot)
    return words


def slot_words(minutes: int, language: Language) -> str:
    """A slot's length as an adjective."""
    if minutes == DAY:
        return language.text("slot.day")
    if minutes == 60:
        return language.text("slot.hour")
    if minutes % 60 == 0:
        return language.text("slot.hours", n=minutes // 60)
    return language.text("slot.minutes", n=minutes)


def coverage(observed: pl.DataFrame, view: View, kind: str) -> str:
    grain = view.material.grain(kind)
    begun = observed["value_gbps"].is_not_null().arg_max()
    observed = without_holes(observed.slice(begun or 0), grain)
    valued = observed["value_gbps"].is_not_null().sum()
    median = observed["coverage_ratio"].median()
    words = view.text(
        "note.coverage_text",
        valued=int(valued),
        all=observed.height,
        grain_plural=view.text(f"grain_plural.{grain}"),
        median=median if isinstance(median, float) else None,
    )
    gaps: Sequence[object] = observed.filter(pl.col("value_gbps").is_null())[
        "period_start"
    ].to_list()
    if gaps:
        shown = [view.language.period(Period(gap, grain), "short") for gap in gaps[:6]]  # type: ignore[arg-type]
        more = f" … (+{len(gaps) - 6})" if len(gaps) > 6 else ""
        words += view.text("note.coverage_gaps", gaps=", ".join(shown) + more)
    return words


def receipt(view: View, key: SeriesKey) -> str:
    """What the 80 % interval did on past outcomes: at 6 periods where scored, else at the longest
    horizon with scores.
    """
    scores = view.material.scores.get(key)
    if scores is not None:
        scores = scores.filter(
            (pl.col("model") == "ensemble")
            & (pl.col("horizon") > 0)
            & (pl.col("n") > 0)
            & pl.col("coverage_80").is_not_null()
        )
    if scores is None or scores.is_empty():
        return view.text("note.no_receipt")
    low, high = wilson(pl.col("coverage_80"), pl.col("n"))
    row = (
        scores.with_columns(low=low, high=high)
        .sort((pl.col("horizon") - 6).abs())
        .row(0, named=True)
    )
    ahead = view.language.plural(f"count.ahead_{view.material.grain(key[0])}", row["horizon"])
    return view.text(
        "note.receipt",
        achieved=row["coverage_80"],
        n=row["n"],
        horizon=ahead,
        low=row["low"],
        high=row["high"],
    )
