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
from dashboards.language import Language, rounded
from dashboards.material import Material


def _subject(material: Material, subject: str, language: Language) -> Cell:
    kind, _, name = subject.partition(":")
    if kind in ("segment", "order"):
        segment_id, _, seq = name.partition("/")
        label = naming.segment_label(material, segment_id, language)
        shown = language.text("money.order", segment=label, seq=seq) if seq else label
        return Cell(shown, link=segment_path(segment_id) if segment_id in material.segments else "")
    if kind == "route":
        return Cell(naming.route_name(material, name, language))
    if kind == "module":
        return Cell(language.text("money.module", size=name))
    return Cell(subject)


def schedule(material: Material, language: Language) -> Section | None:
    """The cheapest schedule, by priority."""
    text = language.text
    frame = material["upgrade"].sort("priority", "segment_id", "order_seq")
    if frame.is_empty():
        return None
    rows = [
        [
            number(language, row["priority"], 0),
            Cell(
                naming.segment_label(material, row["segment_id"], language),
                link=segment_path(row["segment_id"])
                if row["segment_id"] in material.segments
                else "",
            ),
            Cell(
                f"{language.word('option', row['option'])}: {row['modules']}\u00a0×\u00a0{language.number(row['module_gbps'])}\u00a0{joined(text('unit.gbps'))}"
            ),
            period(language, row["ready_by"], material.edition.grain),
            dollars(language, row["cost_usd"]),
            dollars(language, row["present_value_usd"]),
            percent(language, row["risk_if_not_ratio"]),
            Cell(text("money.funded" if row["funded"] else "money.not_funded")),
            Cell(naming.reason_text(material, row, language), wide=True),
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


def builds(material: Material, language: Language) -> Section | None:
    """What each planned build saves, keeps, earns and costs."""
    text = language.text
    frame = material["build_choice"].sort(
        "net_usd", "build_id", descending=[True, False], nulls_last=True
    )
    if frame.is_empty():
        return None

    def usd(value: float | None) -> Cell:
        return Cell("") if value is None else dollars(language, value)

    rows = []
    for row in frame.iter_rows(named=True):
        kept = (
            None if row["lost_with_usd"] is None else row["lost_without_usd"] - row["lost_with_usd"]
        )
        names = "; ".join(
            naming.project_name(material, one, language) for one in row["build_id"].split("+")
        )
        rows.append(
            [
                Cell(names),
                Cell(language.word("build_verdict", row["verdict"])),
                *(
                    period(language, row[name] and row[name].replace(day=1), "month")
                    for name in ("stated_on", "opens_on")
                ),
                usd(row["build_cost_usd"]),
                usd(row["orders_without_usd"] - row["orders_with_usd"]),
                usd(kept),
                usd(row["earned_usd"]),
                usd(row["net_usd"]),
                Cell(naming.reason_text(material, row, language), wide=True),
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


def _basis(material: Material, row: dict[str, Any], language: Language) -> str:
    """What a sum means, on what basis it stands, and the assumptions it rests on."""
    basis = naming.reason_text(material, row, language, "basis")
    names = row["assumption_ids"].replace(";", ", ")
    rests = language.text("money.rests", names=names) if names else ""
    return language.sentences(naming.reason_text(material, row, language), capital(basis), rests)


def figures(material: Material, language: Language) -> Section | None:
    """Every sum of money with its range and what it rests on."""
    text = language.text
    frame = material["money_figure"]
    if frame.is_empty():
        return None
    rows = []
    for row in frame.iter_rows(named=True):
        share = row["unit"].startswith("ratio")
        shown = [
            percent(language, row[f"{name}_value"])
            if share
            else dollars(language, row[f"{name}_value"])
            for name in ("low", "likely", "high")
        ]
        rows.append(
            [
                _subject(material, row["subject"], language),
                Cell(language.word("money_item", row["item"])),
                *shown,
                Cell(language.word("unit_of", row["unit"])),
                Cell(_basis(material, row, language), wide=True),
            ]
        )
    heads = ("subject", "item", "low", "median", "high", "unit", "basis")
    return Section(
        text("money.figures"),
        [text("money.figures_intro")],
        table=Table([text(f"table.{head}") for head in heads], rows),
    )


def sections(material: Material, language: Language) -> list[Section]:
    return [
        part
        for part in (
            schedule(material, language),
            builds(material, language),
            figures(material, language),
        )
        if part
    ]
