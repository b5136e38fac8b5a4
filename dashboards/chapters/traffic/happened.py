"""What happened to a series: level shifts with the events behind them, and events stated for it."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import polars as pl

from dashboards import naming
from dashboards.charts.ticks import Tick
from dashboards.cuts import SeriesKey, at_grain, by_series
from dashboards.material import Material
from dashboards.view import View

MOST = 8
MOMENT = timedelta(days=1)
"""Shorter work and faults do not show in a month."""
MOMENTARY = ("other", "maintenance")


def ticks_of(view: View, key: SeriesKey, first: date, last: object) -> list[Tick]:
    """The days of a series' chart that have a name, sorted; where they are many, its level shifts
    and the latest events.
    """
    end = last if isinstance(last, date) else first
    shifts = {at: words for at, words in _shifts(view, key) if first <= at <= end}
    found = [Tick(at, words) for at, words in shifts.items()]
    known = set(shifts.values())
    for row in sorted(_events(view.material, key), key=lambda row: row["start_at"], reverse=True):
        at, words = row["start_at"].date(), event_words(view, row)
        if first <= at <= end and words not in known and len(found) < MOST:
            known.add(words)
            found.append(Tick(at, words))
    return sorted(found)


def event_words(view: View, row: dict[str, Any]) -> str:
    """What an event did, or its kind where nothing more is stated."""
    return naming.translate_text(view, row["effect"]) or view.language.word("event", row["kind"])


def _shifts(view: View, key: SeriesKey) -> list[tuple[date, str]]:
    """Level shifts of the series, on the day of their event, else on the period's first."""
    memory = view.material.memory
    if "shifts" not in memory:
        memory["shifts"] = by_series(
            at_grain(view.material["level_shift"], view.material.edition.grain)
        )
    rows = memory["shifts"].get(key)
    found = []
    for row in rows.iter_rows(named=True) if rows is not None else ():
        event = _by_id(view.material).get(row["event_id"] or "")
        if event:
            found.append((event["start_at"].date(), event_words(view, event)))
        else:
            size = view.language.number(row["size_ratio"], 2)
            found.append((row["period_start"], view.text("event_of.unexplained", size=size)))
    return found


def _by_id(material: Material) -> dict[str, dict[str, Any]]:
    if "events by id" not in material.memory:
        material.memory["events by id"] = {
            row["event_id"]: row for row in material["event"].iter_rows(named=True)
        }
    found: dict[str, dict[str, Any]] = material.memory["events by id"]
    return found


def _events(material: Material, key: SeriesKey) -> list[dict[str, Any]]:
    """Events stated for a route, its ports or a segment of its first path, or for a country."""
    kind, series_id, *_ = key
    if kind == "country":
        scopes = {("country", series_id)}
    elif kind == "route":
        ports = material["interface"].filter(pl.col("route_id") == series_id)["interface_id"]
        scopes = {("route", series_id), *(("interface", name) for name in ports)}
        scopes |= {("segment", name) for name in material.paths.get(series_id, {}).get(1, ())}
    else:
        return []
    return [
        row
        for row in _by_id(material).values()
        if (row["scope_kind"], row["scope_id"]) in scopes
        and not (
            row["kind"] in MOMENTARY
            and row["end_at"] is not None
            and row["end_at"] - row["start_at"] < MOMENT
        )
    ]
