"""Two editions side by side: what each asks for, and how orders, dates and forecasts differ."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from dashboards import naming
from dashboards.figure import Cell, Page, Section, Table, day, dollars, number, percent, period
from dashboards.front.decision import decide, money
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.trust import scored
from dashboards.view import View

PATH = "index.html"
LEAST_RATIO = 0.01
"""Of a forecast: less leaves a route out of the table."""


class Moved(NamedTuple):
    """A segment's date in both editions; days is None where one of them has none."""

    segment_id: str
    before: date | None
    after: date | None

    @property
    def days(self) -> int | None:
        return (self.after - self.before).days if self.before and self.after else None

    @property
    def kind(self) -> str:
        if self.before is None:
            return "new"
        if self.days is None:
            return "gone"
        return "earlier" if self.days < 0 else "later"


def first_orders(material: Material) -> dict[str, date]:
    """The last day to order of each segment's next order."""
    rows = material.orders.filter(pl.col("order_by").is_not_null()).unique(
        "segment_id", keep="first", maintain_order=True
    )
    return dict(rows.select("segment_id", "order_by").iter_rows())


def runouts(material: Material) -> dict[str, date]:
    """The median policy date of each segment that has one."""
    return {
        segment_id: kinds["policy"]["t50"]
        for segment_id, kinds in material.runouts.items()
        if "policy" in kinds and kinds["policy"]["t50"]
    }


def moved(before: dict[str, date], after: dict[str, date]) -> list[Moved]:
    """The dates that differ: new ones, those that are gone, then the largest moves."""
    found = [
        Moved(name, before.get(name), after.get(name))
        for name in {*before, *after}
        if before.get(name) != after.get(name)
    ]
    kinds = ("new", "gone", "earlier", "later")
    return sorted(
        found, key=lambda row: (kinds.index(row.kind), -abs(row.days or 0), row.segment_id)
    )


def page(first: View, second: View) -> Page:
    """Both editions in one language: `first` is what `second` is compared with."""
    text = second.text
    a, b = (view.material.edition for view in (first, second))
    dates = (
        ("compare.orders", first_orders),
        ("compare.runouts", runouts),
    )
    sections = [Section(text("compare.figures"), table=_figures(first, second))]
    for title, read in dates:
        rows = moved(read(first.material), read(second.material))
        words = [text("compare.same")] if not rows else [_counted(second, rows)]
        sections.append(Section(text(title), words, table=_dates(second, rows) if rows else None))
    sections.append(_forecasts(first, second))
    return Page(
        PATH,
        text("compare.title"),
        [
            text(
                "compare.lead",
                a=Period(a.origin, a.grain),
                a_id=a.run_id,
                b=Period(b.origin, b.grain),
                b_id=b.run_id,
            )
        ],
        sections,
    )


def _counted(view: View, rows: Sequence[Moved]) -> str:
    number_of = {
        kind: sum(row.kind == kind for row in rows) for kind in ("new", "gone", "earlier", "later")
    }
    return view.text("compare.counted", **number_of)


def _figures(first: View, second: View) -> Table:
    text, language = second.text, second.language
    columns = [_figures_of(view.material) for view in (first, second)]
    rows = []
    for key, form in (
        ("orders", "n"),
        ("overdue", "n"),
        ("overdue_usd", "usd"),
        ("usd", "usd"),
        ("half_out", "n"),
        ("unreliable", "n"),
        ("threshold", "pct"),
        ("alpha", "pct"),
    ):
        a, b = (column[key] for column in columns)
        cells = [_shown(language, value, form) for value in (a, b)]
        change = None if a is None or b is None else b - a
        rows.append([Cell(text(f"compare.{key}")), *cells, _shown(language, change, form)])
    heads = (
        text("table.item"),
        text("compare.first"),
        text("compare.second"),
        text("table.change"),
    )
    return Table(heads, rows)


def _figures_of(material: Material) -> dict[str, float | None]:
    decision = decide(material)
    return {
        "orders": len(decision.orders),
        "overdue": len(decision.overdue),
        "overdue_usd": money(material, decision.overdue).likely if decision.overdue else 0.0,
        "usd": money(material, decision.orders).likely if decision.orders else 0.0,
        "half_out": len(runouts(material)),
        "unreliable": int(scored(material)["unreliable"].sum()),
        "threshold": material.edition.threshold_ratio,
        "alpha": material.edition.risk_alpha_ratio,
    }


def _shown(language: Language, value: float | None, form: str) -> Cell:
    if form == "usd":
        return dollars(language, value)
    return percent(language, value) if form == "pct" else number(language, value, 0)


def _dates(view: View, rows: Sequence[Moved]) -> Table:
    text = view.text
    cells = [
        [
            Cell(naming.segment_label(view, row.segment_id)),
            Cell(text(f"changed.{row.kind}")),
            day(view.language, row.before),
            day(view.language, row.after),
            number(view.language, row.days, 0),
        ]
        for row in rows
    ]
    heads = [
        text("table.segment"),
        text("changed.how"),
        text("compare.first"),
        text("compare.second"),
        text("changed.days"),
    ]
    return Table(heads, cells)


def _forecasts(first: View, second: View) -> Section:
    """Each route's median of its busier peak at the last period that both editions forecast."""
    text, language = second.text, second.language
    rows: list[tuple[float, list[Cell]]] = []
    same = 0
    for (kind, route_id), keys in second.material.keys.items():
        frames = [view.material.series.get(keys[0]) for view in (first, second)]
        if kind != "route" or frames[0] is None or frames[1] is None:
            continue
        both = (
            frames[0]
            .select("start", before="q500")
            .join(frames[1].select("start", after="q500"), on="start")
            .drop_nulls()
            .sort("start")
        )
        if both.is_empty():
            continue
        last: dict[str, Any] = both.row(-1, named=True)
        change = last["after"] / last["before"] - 1 if last["before"] else None
        if change is None or abs(change) < LEAST_RATIO:
            same += 1
            continue
        cells = [
            Cell(naming.route_name(second, route_id)),
            period(language, last["start"], second.material.edition.grain),
            number(language, last["before"]),
            number(language, last["after"]),
            percent(language, change),
        ]
        rows.append((abs(change), cells))
    rows.sort(key=lambda row: (-row[0], row[1][0].text))
    heads = (
        text("table.route"),
        text("table.period"),
        text("compare.first"),
        text("compare.second"),
        text("table.change"),
    )
    return Section(
        text("compare.forecasts"),
        [text("compare.forecasts_intro", n=same, least=LEAST_RATIO)],
        table=Table(heads, [cells for _, cells in rows]) if rows else None,
    )
