"""Gates that a run did not pass and a person accepted, with the reason given."""

from __future__ import annotations

from collections.abc import Mapping

from dashboards import naming
from dashboards.figure import Cell, Section, Table
from dashboards.view import View

OF_ALL = ("data", "backtest")


def _where(view: View, where: str) -> str:
    """What a gate was about: a series by its name, or all of them."""
    if where in OF_ALL:
        return view.text(f"accepted.{where}")
    key = next(
        (key for keys in view.material.keys.values() for key in keys if " ".join(key) == where),
        None,
    )
    return f"{naming.titled(view, key)}: {naming.statistic(key, view.language)}" if key else where


def _parts(gate: str | Mapping[str, str]) -> tuple[str, Mapping[str, str | None]]:
    """What a gate was about, and the cells of its reason."""
    if isinstance(gate, str):
        where, _, what = gate.partition(": ")
        return where, {"reason": what}
    return gate["where"], {
        "reason": gate["what"],
        "reason_code": gate["code"] or None,
        "reason_values": gate["values_json"],
    }


def words(view: View) -> list[str]:
    """A sentence a run for the first page; none where every gate was passed, or on a variant, which
    was never published.
    """
    if view.material.edition.variant:
        return []
    return [
        view.text("accepted.said", n=len(one["gates"]), why=one["why"], run_id=one["run_id"])
        for one in view.material.edition.accepted
    ]


def section(view: View) -> Section | None:
    """Every gate passed over with what was found and why that was accepted; a sentence where there
    is none.
    """
    text = view.text
    if view.material.edition.variant:
        return None
    rows = []
    for one in view.material.edition.accepted:
        for gate in one["gates"]:
            where, found = _parts(gate)
            rows.append(
                [
                    Cell(_where(view, where)),
                    Cell(naming.reason_text(view, found)),
                    Cell(one["why"]),
                    Cell(one["run_id"]),
                ]
            )
    heads = ("gate", "found", "accepted_why", "run")
    table = Table([text(f"table.{head}") for head in heads], rows) if rows else None
    said = [text("accepted.intro"), *([] if rows else [text("accepted.none")])]
    return Section(text("accepted.title"), said, table=table, anchor="accepted")
