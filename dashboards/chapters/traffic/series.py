"""The fan chart of a series with its finding, and the figures that tables quote."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

import polars as pl

from dashboards import naming
from dashboards.chapters.traffic.happened import ticks_of
from dashboards.charts.fan import fan, shown_from
from dashboards.cuts import SeriesKey
from dashboards.figure import Cell, Figure, Section, Table, capital, number, plain_table, slug
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.notes import series_notes
from dashboards.ports import Port, at_port
from dashboards.trust import unreliable
from dashboards.view import View
from warehouse.schema import SEASON_LENGTH, Grain

MOST_REASONS = 12


@dataclass(frozen=True)
class Outlook:
    """A series in a few numbers (Gbit/s). What is not known is None."""

    now_gbps: float | None
    now_start: date | None
    year_ahead_gbps: float | None
    end_gbps: float | None
    end_low_gbps: float | None
    end_high_gbps: float | None
    end_start: date | None
    growth_ratio: float | None


def outlook(material: Material, key: SeriesKey) -> Outlook:
    """Last observation, median a year ahead and at the end with its 80 % interval, and growth a
    year.

    Growth compares the last whole year of medians with the last whole year observed, so that the
    season falls out.
    """
    held = material.memory.get(("outlook", key))
    if held is None:
        held = material.memory["outlook", key] = _outlook(material, key)
    assert isinstance(held, Outlook)
    return held


def _outlook(material: Material, key: SeriesKey) -> Outlook:
    frame = material.series.get(key)
    if frame is None:
        return Outlook(None, None, None, None, None, None, None, None)
    season = SEASON_LENGTH[material.grain(key[0])]
    seen = frame.filter(pl.col("observed").is_not_null()).select("start", "observed").rows()
    ahead = (
        frame.filter(pl.col("q500").is_not_null()).select("start", "q500", "q100", "q900").rows()
    )
    now_start, now = seen[-1] if seen else (None, None)
    if not ahead:
        return Outlook(now, now_start, None, None, None, None, None, None)
    growth = None
    if len(seen) >= season and len(ahead) >= season:
        before, after = (
            fmean(row[1] for row in seen[-season:]),
            fmean(row[1] for row in ahead[-season:]),
        )
        growth = (after / before) ** (season / len(ahead)) - 1 if before > 0 else None
    end_start, end, low, high = ahead[-1]
    year = ahead[season - 1][1] if len(ahead) >= season else None
    return Outlook(now, now_start, year, end, low, high, end_start, growth)


def finding(view: View, key: SeriesKey) -> tuple[str, str]:
    """Title and subtitle: what the series is expected to do, and how sure that is."""
    text = view.text
    seen = outlook(view.material, key)
    grain = view.material.grain(key[0])
    name = naming.titled(view, key)
    what, unit = text(f"statistic.{key[0] if key[0] == 'country' else key[3]}"), text("unit.gbps")
    if seen.now_gbps is None or seen.now_start is None:
        return text("title.route_none", name=name), ""
    if seen.end_gbps is None or seen.end_start is None:
        reason = capital(naming.reason_text(view, view.material.refused.get(key, {})))
        at = Period(seen.now_start, grain)
        return text(
            "title.route_observed", name=name, what=what, now=seen.now_gbps, unit=unit, at=at
        ), reason
    change = seen.end_gbps / seen.now_gbps - 1 if seen.now_gbps else 1.0
    story = "route_up" if change > 0.05 else "route_down" if change < -0.05 else "route_flat"
    if key in unreliable(view.material):
        story = "route_doubt"
    by = Period(seen.end_start, grain)
    spread = text("title.range", low=seen.end_low_gbps, high=seen.end_high_gbps, unit=unit)
    port = at_port(view.material).get(key)
    if port:
        title = text(
            "title.route_port", name=name, then=seen.end_gbps, speed=port.speed_gbps, unit=unit
        )
        return title, view.language.sentences(port_words(view, port, by), spread)
    title = text(
        f"title.{story}",
        name=name,
        what=what,
        now=seen.now_gbps,
        at=Period(seen.now_start, grain),
        then=seen.end_gbps,
        unit=unit,
        by=by,
    )
    return title, spread


def port_words(view: View, port: Port, by: Period) -> str:
    """Since when a series stands at its port's speed, and which port would hold what is wanted."""
    text, grain = view.text, view.material.edition.grain
    words = text(
        "port.since",
        since=Period(port.since, grain),
        n=port.periods,
        of=view.language.plural(f"count.last_{grain}", port.of),
    )
    if port.proposed_gbps is None:
        return words
    return view.language.sentences(
        words, text("port.proposed", gbps=port.proposed_gbps, unit=text("unit.gbps"), by=by)
    )


def series_figure(view: View, key: SeriesKey) -> Figure:
    """The fan chart of a series with title, notes, table and data."""
    grain = view.material.grain(key[0])
    title, subtitle = finding(view, key)
    figure_id = slug("-".join(key))
    seen = outlook(view.material, key)
    frame = view.material.series.get(key)
    if frame is None or (seen.now_start is None and seen.end_start is None):
        reason = naming.reason_text(view, view.material.refused.get(key, {})) or view.text(
            "reason.no_series"
        )
        return Figure(figure_id, title, reason=reason)
    observed = view.material.observed.get(key)
    simulated = bool(observed is not None and observed["simulated"].any())
    rows = frame.drop("coverage")
    port = at_port(view.material).get(key)
    ticks = ticks_of(view, key, shown_from(frame), frame["start"].max())
    return Figure(
        figure_id,
        title,
        alt=view.language.sentences(title, subtitle),
        spec=fan(
            rows,
            grain,
            view.language,
            port_gbps=port.speed_gbps if port else None,
            ticks=ticks,
        ),
        subtitle=subtitle,
        notes=series_notes(view, key),
        table=_table(frame, seen, grain, view.language),
        csv=f"{figure_id}.csv",
        data=frame,
        badges=(
            *((view.text("page.simulated_short"),) if simulated else ()),
            *((view.text("port.badge"),) if port else ()),
            *((view.text("trust.badge"),) if key in unreliable(view.material) else ()),
        ),
        ticks=[
            (view.language.period(Period(tick.at, "day"), "short"), tick.words) for tick in ticks
        ],
    )


def traffic_section(view: View, keys: Sequence[SeriesKey]) -> Section:
    """The charts of the series; where some of them have nothing to show, words say so instead of
    empty charts.
    """
    figures = [series_figure(view, key) for key in keys]
    drawn = [figure for figure in figures if figure.spec]
    if not drawn:
        return Section(view.text("route.traffic"), figures=figures)
    silent = dict.fromkeys(
        view.language.sentences(figure.title) for figure in figures if not figure.spec
    )
    return Section(view.text("route.traffic"), list(silent), drawn)


def _table(frame: pl.DataFrame, seen: Outlook, grain: Grain, language: Language) -> Table:
    text = language.text
    heads = [("start", text("table.period"), "period"), ("observed", text("table.observed"), "n")]
    if seen.end_start is not None:
        heads += [
            (name, text(f"table.{name}"), "n") for name in ("q025", "q100", "q500", "q900", "q975")
        ]
    if grain != "year" and seen.now_start is not None:
        heads.append(("coverage", text("table.coverage"), "pct1"))
    return plain_table(frame.reverse(), heads, language, grain)


def refusals(view: View) -> Section | None:
    """The series that are not forecast, with their reasons."""
    if not view.material.refused:
        return None
    text = view.text
    rows = [
        {
            "kind": view.language.word("kind", key[0]),
            "name": naming.series_name(view, key),
            "direction": naming.direction_name(view, key),
            "statistic": naming.statistic(key, view.language),
            "reason": naming.reason_text(view, row),
        }
        for key, row in sorted(view.material.refused.items(), key=lambda item: item[0])
    ]
    heads = [
        ("kind", text("table.kind"), "text"),
        ("name", text("table.series"), "text"),
        ("direction", text("table.direction"), "text"),
        ("statistic", text("table.statistic"), "text"),
        ("reason", text("table.reason"), "text"),
    ]
    table = plain_table(pl.DataFrame(rows), heads, view.language, view.material.edition.grain)
    return Section(
        text("overview.no_forecast"),
        [text("overview.no_forecast_intro")],
        table=table,
        anchor="no-forecast",
    )


def refusals_in_short(view: View) -> Section | None:
    """How many series are not forecast for each reason; the list itself is on the page about the
    data.
    """
    if not view.material.refused:
        return None
    text = view.text
    counts: dict[tuple[str, str], int] = {}
    for key, row in view.material.refused.items():
        group = (view.language.word("kind", key[0]), naming.reason_text(view, row))
        counts[group] = counts.get(group, 0) + 1
    ordered = sorted(counts.items(), key=lambda item: (-item[1], item[0]))
    rows = [
        [Cell(kind), number(view.language, count, 0), Cell(reason)]
        for (kind, reason), count in ordered[:MOST_REASONS]
    ]
    table = Table([text("table.kind"), text("table.series_count"), text("table.reason")], rows)
    links = [("data.html#no-forecast", text("overview.no_forecast_all"))]
    return Section(
        text("overview.no_forecast"), [text("overview.no_forecast_intro")], table=table, links=links
    )
