"""What to order, by when, and why; and when each segment runs out."""

from __future__ import annotations

from datetime import date
from typing import Any

import polars as pl

from dashboards import naming
from dashboards.chapters.capacity import money
from dashboards.chapters.capacity.atlas import badges, load_notes
from dashboards.chapters.places import segment_path
from dashboards.charts.timeline import timeline
from dashboards.cuts import each
from dashboards.figure import (
    Cell,
    Figure,
    Page,
    Section,
    Table,
    day,
    dollars,
    joined,
    percent,
    period,
)
from dashboards.front.quarter_costs import quarter_figure
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.view import View


def runout_frame(material: Material) -> pl.DataFrame:
    """One row per segment that may run out: its policy dates in the direction that runs out first,
    and its next order.
    """
    policy = material["runout"].filter(pl.col("date_kind") == "policy")
    earliest = (
        policy.sort(
            "t50",
            "t10",
            "probability_by_last",
            "direction",
            descending=[False, False, True, False],
            nulls_last=True,
        )
        .group_by("segment_id", maintain_order=True)
        .first()
    )
    orders = (
        material["order_plan"].sort("order_seq").group_by("segment_id", maintain_order=True).first()
    )
    return earliest.join(orders.select("segment_id", "order_by"), on="segment_id", how="left").sort(
        "t50",
        "t10",
        "probability_by_last",
        "segment_id",
        descending=[False, False, True, False],
        nulls_last=True,
    )


def timeline_figure(view: View) -> Figure:
    text = view.text
    grain = view.material.edition.grain
    frame = runout_frame(view.material)
    if frame.is_empty():
        return Figure("runout", text("title.runout"), reason=text("reason.no_runout"))
    last = frame["last_target"].max()
    by = Period(last if isinstance(last, date) else view.material.edition.origin, grain)
    risky = frame.filter(pl.col("t10").is_not_null())
    if risky.is_empty():
        title = text("title.timeline_none", by=by)
        return Figure("runout", title, reason=title, notes=load_notes(view, []))
    named = risky.with_columns(
        segment=each(pl.col("segment_id"), lambda name: naming.segment_label(view, name))
    )
    first = named.row(0, named=True)
    if first["t50"] is None:
        title = text("title.timeline_late", n=risky.height, by=by)
    else:
        title = text(
            "title.timeline",
            half=risky["t50"].count(),
            n=risky.height,
            by=by,
            first=first["segment"],
            when=Period(first["t50"], grain),
        )
    ids = named["segment_id"].to_list()
    spec = timeline(
        named.select("segment", "t10", "t50", "t90", "last_target", "order_by"),
        view.material.today,
        grain,
        view.language,
    )
    rows = [
        [
            Cell(row["segment"]),
            *(
                period(view.language, row[name], grain, row["last_target"])
                for name in ("t10", "t50", "t90")
            ),
            day(view.language, row["order_by"]),
            percent(view.language, row["probability_by_last"]),
        ]
        for row in named.iter_rows(named=True)
    ]
    heads = ("segment", "t10", "t50", "t90", "order_by", "probability_by_last")
    notes = load_notes(view, ids, "unit_date")
    notes[1] = (
        text("note.definition"),
        text("note.runout", threshold=view.material.edition.threshold_ratio),
    )
    subtitle = text("plan.timeline_subtitle")
    return Figure(
        "runout",
        title,
        alt=view.language.sentences(title, subtitle),
        spec=spec,
        subtitle=subtitle,
        notes=notes,
        table=Table([text(f"table.{head}") for head in heads], rows),
        csv="runout.csv",
        data=frame,
        badges=badges(view, ids),
    )


def orders_title(view: View) -> str:
    """How many orders are due, and which is the most urgent."""
    text = view.text
    orders = view.material.orders
    if orders.is_empty():
        return text("title.orders_none")
    late = orders.filter(pl.col("overdue_months") > 0)
    first = orders.row(0, named=True)
    name = naming.segment_label(view, first["segment_id"])
    if first["order_by"] is None:
        return text("title.orders_undated", n=orders.height)
    if late.height == orders.height > 1:
        months = overdue(first["overdue_months"], view.language)
        return text("title.orders_all_overdue", n=orders.height, name=name, late_by=months)
    if late.height:
        months = overdue(first["overdue_months"], view.language)
        return text(
            "title.orders_overdue", n=orders.height, late=late.height, name=name, late_by=months
        )
    return text("title.orders", n=orders.height, day=first["order_by"], name=name)


def overdue(months: float, language: Language) -> str:
    """How late, in months, or in days where it is less than one."""
    if months >= 1:
        return language.plural("count.months", round(months))
    return language.plural("count.periods_day", max(1, round(months * 30.4)))


def order_table(view: View) -> Table | None:
    """The order sheet, the most urgent order first."""
    text = view.text
    orders = view.material.orders
    if orders.is_empty():
        return None
    rows = []
    for row in orders.iter_rows(named=True):
        late = row["overdue_months"] > 0
        module = f"{view.language.number(row['module_gbps'])}\u00a0{joined(text('unit.gbps'))}"
        size = f"{row['modules']}\u00a0×\u00a0{module}"
        rows.append(
            {
                "segment": Cell(
                    naming.segment_label(view, row["segment_id"]),
                    link=segment_path(row["segment_id"]),
                ),
                "order_by": Cell(
                    *day(view.language, row["order_by"])[:2],
                    badge=text("plan.overdue", late=overdue(row["overdue_months"], view.language))
                    if late
                    else "",
                    whole=True,
                ),
                "ready_by": day(view.language, row["ready_by"]),
                "option": Cell(f"{view.language.word('option', row['option'])}: {size}"),
                "lead_time": Cell(_lead_time(row, view.language), whole=True),
                "p_late": percent(view.language, row["p_late_now_ratio"]),
                "failure_sized": Cell(naming.failure_name(view, row["failure_id"])),
                "cost": dollars(view.language, row["cost_usd"]),
                "present_value": dollars(view.language, row["present_value_usd"]),
                "reason": Cell(naming.reason_text(view, row), wide=True),
            }
        )
    heads = list(rows[0])
    for head, column in (("cost", "cost_usd"), ("present_value", "present_value_usd")):
        if head in heads and orders[column].null_count() == orders.height:
            heads.remove(head)
    return Table(
        [text(f"table.{head}") for head in heads],
        [[row[head] for head in heads] for row in rows],
        caption=text(
            "plan.sheet_caption",
            alpha=view.material.edition.risk_alpha_ratio,
        ),
    )


def _lead_time(row: dict[str, Any], language: Language) -> str:
    low, likely, high = (row[f"lead_time_{name}_months"] for name in ("low", "likely", "high"))
    if likely is None:
        return language.text("number.none")
    return language.text("plan.lead_time", low=low, likely=likely, high=high)


def pages(view: View) -> list[Page]:
    text = view.text
    table = order_table(view)
    costs = quarter_figure(view)
    words = (
        []
        if table
        else [
            orders_title(view)
            if view.material["order_plan"].height
            else text("page.empty", reason=text("reason.no_orders"))
        ]
    )
    return [
        Page(
            "plan.html",
            text("plan.title"),
            [
                text(
                    "plan.lead",
                    threshold=view.material.edition.threshold_ratio,
                    alpha=view.material.edition.risk_alpha_ratio,
                )
            ],
            [
                Section(text("plan.sheet"), words, [costs] if costs else (), table),
                Section(text("plan.timeline"), figures=[timeline_figure(view)]),
                *money.sections(view),
            ],
        )
    ]
