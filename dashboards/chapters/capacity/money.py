"""What the plan costs: the cheapest schedule of orders, and sums that decide between options."""

from __future__ import annotations

from typing import Any

from dashboards import naming
from dashboards.chapters.places import segment_path
from dashboards.figure import (
    Cell,
    Section,
    Table,
    capital,
    dollars,
    joined,
    number,
    percent,
    period,
)
from dashboards.language import rounded
from dashboards.view import View


def _subject(view: View, subject: str) -> Cell:
    kind, _, name = subject.partition(":")
    if kind in ("segment", "order"):
        segment_id, _, seq = name.partition("/")
        label = naming.segment_label(view, segment_id)
        shown = view.text("money.order", segment=label, seq=seq) if seq else label
        return Cell(
            shown, link=segment_path(segment_id) if segment_id in view.material.segments else ""
        )
    if kind == "route":
        return Cell(naming.route_name(view, name))
    if kind == "module":
        return Cell(view.text("money.module", size=name))
    return Cell(subject)


def schedule(view: View) -> Section | None:
    """The cheapest schedule, by priority."""
    text = view.text
    frame = view.material["upgrade"].sort("priority", "segment_id", "order_seq")
    if frame.is_empty():
        return None
    rows = [
        [
            number(view.language, row["priority"], 0),
            Cell(
                naming.segment_label(view, row["segment_id"]),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in view.material.segments
                else "",
            ),
            Cell(
                f"{view.language.word('option', row['option'])}: "
                f"{row['modules']}\u00a0×\u00a0{view.language.number(row['module_gbps'])}\u00a0{joined(text('unit.gbps'))}"
            ),
            period(view.language, row["ready_by"], view.material.edition.grain),
            dollars(view.language, row["cost_usd"]),
            dollars(view.language, row["present_value_usd"]),
            percent(view.language, row["risk_if_not_ratio"]),
            Cell(text("money.funded" if row["funded"] else "money.not_funded")),
            Cell(naming.reason_text(view, row), wide=True),
        ]
        for row in frame.iter_rows(named=True)
    ]
    heads = [
        "priority",
        "segment",
        "option",
        "ready_by",
        "cost",
        "present_value",
        "risk_if_not",
        "funded",
        "reason",
    ]
    if frame["funded"].all():
        rows = [[*row[:7], row[8]] for row in rows]
        heads.remove("funded")
    total, value = frame["cost_usd"].sum(), frame["present_value_usd"].sum()
    words = [
        text(
            "money.schedule_intro",
            n=frame.height,
            cost=rounded(float(total), 3),
            value=rounded(float(value), 3),
        )
    ]
    return Section(
        text("money.schedule"), words, table=Table([text(f"table.{head}") for head in heads], rows)
    )


def builds(view: View) -> Section | None:
    """What each planned build saves, keeps, earns and costs."""
    text = view.text
    frame = view.material["build_choice"].sort(
        "net_usd", "build_id", descending=[True, False], nulls_last=True
    )
    if frame.is_empty():
        return None

    def usd(value: float | None) -> Cell:
        return Cell("") if value is None else dollars(view.language, value)

    rows = []
    for row in frame.iter_rows(named=True):
        kept = (
            None if row["lost_with_usd"] is None else row["lost_without_usd"] - row["lost_with_usd"]
        )
        names = "; ".join(naming.project_name(view, one) for one in row["build_id"].split("+"))
        rows.append(
            [
                Cell(names),
                Cell(view.language.word("build_verdict", row["verdict"])),
                *(
                    period(view.language, row[name] and row[name].replace(day=1), "month")
                    for name in ("stated_on", "opens_on")
                ),
                usd(row["build_cost_usd"]),
                usd(row["orders_without_usd"] - row["orders_with_usd"]),
                usd(kept),
                usd(row["earned_usd"]),
                usd(row["net_usd"]),
                Cell(naming.reason_text(view, row), wide=True),
            ]
        )
    heads = [
        "build_name",
        "build_verdict",
        "build_stated",
        "build_opens",
        "build_cost",
        "build_saves",
        "build_keeps",
        "build_earns",
        "build_net",
        "reason",
    ]
    return Section(
        text("money.builds"),
        [text("money.builds_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def _basis(view: View, row: dict[str, Any]) -> str:
    """What a sum means, on what basis it stands, and the assumptions it rests on."""
    basis = naming.reason_text(view, row, "basis")
    stated = (naming.assumption_name(view, name) for name in row["assumption_ids"].split(";"))
    names = ", ".join(dict.fromkeys(name for name in stated if name))
    rests = view.text("money.rests", names=names) if names else ""
    return view.language.sentences(naming.reason_text(view, row), capital(basis), rests)


def figures(view: View) -> Section | None:
    """Every sum of money with its range and what it rests on."""
    text = view.text
    frame = view.material["money_figure"]
    if frame.is_empty():
        return None
    rows = []
    for row in frame.iter_rows(named=True):
        share = row["unit"].startswith("ratio")
        shown = [
            percent(view.language, row[f"{name}_value"])
            if share
            else dollars(view.language, row[f"{name}_value"])
            for name in ("low", "likely", "high")
        ]
        rows.append(
            [
                _subject(view, row["subject"]),
                Cell(view.language.word("money_item", row["item"])),
                *shown,
                Cell(view.language.word("unit_of", row["unit"])),
                Cell(_basis(view, row), wide=True),
            ]
        )
    heads = ("subject", "item", "low", "median", "high", "unit", "basis")
    return Section(
        text("money.figures"),
        [text("money.figures_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def sections(view: View) -> list[Section]:
    return [
        part
        for part in (
            schedule(view),
            builds(view),
            figures(view),
        )
        if part
    ]
