"""Which orders changed since the run before: new, gone, earlier or later, by how much and why."""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from dashboards import naming
from dashboards.chapters.places import segment_path
from dashboards.figure import Cell, Section, Table, day
from dashboards.material import Material
from dashboards.view import View

LEAST_DAYS = 15
"""A date that moves by less is not called moved."""
ONE_PERIOD = 31
"""Days: an order that is needed at once moves by as much from edition to edition of itself."""
KINDS = ("new", "gone", "earlier", "later")


class Change(NamedTuple):
    """An order's last day before and now; `kind` is one of KINDS, `passed` (it moved only because a
    period has passed) or `kept`; `step` is the change of data, model or assumptions that moved
    most.
    """

    segment_id: str
    kind: str
    before: date | None
    after: date | None
    days: int | None
    step: str


def order_changes(material: Material) -> list[Change]:
    """Every next order that this run or the one before has, the largest changes first."""
    found = []
    for (kind, segment_id, _, measure), parts in material.revisions.items():
        if kind != "segment" or measure != "order_by_days":
            continue
        before, after = parts[0]["date_before"], parts[-1]["date_after"]
        moved = [row for row in parts if row["change"]]
        step = max(moved, key=lambda row: abs(row["change"]))["step"] if moved else ""
        days = (after - before).days if before and after else None
        found.append(
            Change(
                segment_id,
                _kind(material, segment_id, before, after, days),
                before,
                after,
                days,
                step,
            )
        )
    order = {kind: place for place, kind in enumerate((*KINDS, "passed", "kept"))}
    return sorted(
        (change for change in found if change.before or change.after),
        key=lambda change: (order[change.kind], -abs(change.days or 0), change.segment_id),
    )


def _kind(
    material: Material, segment_id: str, before: date | None, after: date | None, days: int | None
) -> str:
    if before is None:
        return "new"
    if after is None:
        return "gone"
    if days is None or abs(days) < LEAST_DAYS:
        return "kept"
    if days < 0:
        return "earlier"
    first = material["segment_load"]["target_start"].min()
    at_once = [
        row["ready_by"] == first
        for row in material.plans.get(segment_id, [])
        if row["order_seq"] == 1 and row["ready_by"] is not None
    ]
    return "passed" if days <= ONE_PERIOD and any(at_once) else "later"


def counts(changes: list[Change]) -> dict[str, int]:
    return {
        kind: sum(change.kind == kind for change in changes) for kind in (*KINDS, "passed", "kept")
    }


def change_words(view: View) -> list[str]:
    """How many orders changed and how, in sentences; none where there is no run before."""
    changes = order_changes(view.material)
    if not changes:
        return []
    number = counts(changes)
    run_id = next(iter(view.material.revisions.values()))[0]["earlier_run_id"]
    moved = sum(number[kind] for kind in KINDS)
    words = [
        view.text("changed.words", run_id=run_id, **{kind: number[kind] for kind in KINDS})
        if moved
        else view.text("changed.none", run_id=run_id)
    ]
    if number["passed"]:
        words.append(view.text("changed.passed", n=number["passed"]))
    if number["kept"]:
        words.append(view.text("changed.kept", n=number["kept"], days=LEAST_DAYS))
    return words


def change_section(view: View, most: int | None = None) -> Section | None:
    """The orders that changed as a table; None where there is no run before."""
    words = change_words(view)
    if not words:
        return None
    text = view.text
    moved = [change for change in order_changes(view.material) if change.kind in KINDS]
    rows = [
        [
            Cell(
                naming.segment_label(view, change.segment_id), link=segment_path(change.segment_id)
            ),
            Cell(text(f"changed.{change.kind}")),
            day(view.language, change.before),
            day(view.language, change.after),
            Cell(
                text("number.none")
                if change.days is None
                else f"{change.days:+d}".replace("-", "−"),
                "" if change.days is None else str(change.days),
                number=True,
            ),
            Cell(text(f"revision.{change.step}") if change.step else text("number.none")),
        ]
        for change in (moved[:most] if most else moved)
    ]
    heads = [
        text("table.segment"),
        *(text(f"changed.{head}") for head in ("how", "before", "after", "days")),
        text("table.main_step"),
    ]
    return Section(
        text("changed.title"),
        words,
        table=Table(heads, rows) if rows else None,
        links=[("changes.html", text("revision.all"))] if most else (),
        anchor="orders",
    )
