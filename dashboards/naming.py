"""What a reader calls the things that data name by ids, and what the data say of them, in one
language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any

import polars as pl

from dashboards.cuts import SeriesKey
from dashboards.language import Language
from dashboards.view import View
from warehouse.reasons import reason_of

PIECES = re.compile(r"\s*;\s+")
ID = re.compile(r"(?<![\w/.-])[A-Z][A-Z0-9]+(?:-[A-Z0-9]+)+(?![\w/-])")
"""What looks like an id of the network, not within an address."""
LINKS = re.compile(r",? \(?https?://")


def translate_text(view: View, words: str | None) -> str:
    """Words from the data in this language: piece by piece, as `; ` divides them, from the
    edition's wordings, else as they are.
    """
    table = view.material.edition.words.get(view.language.code, {})
    whole = (words or "").strip()
    if whole in table:
        return view.language.typeset(without_ids(view, table[whole]))
    pieces = (_piece(view, piece, table) for piece in PIECES.split(whole))
    found = "; ".join(dict.fromkeys(piece for piece in pieces if piece))
    return view.language.typeset(without_ids(view, found))


def _piece(view: View, piece: str, table: Mapping[str, str]) -> str:
    if piece in table:
        return table[piece]
    link = LINKS.search(piece)
    head = piece[: link.start()] if link else ""
    return (
        table[head] + piece[len(head) :] if head and head in table else view.language.typeset(piece)
    )


def own_name(view: View, row: Mapping[str, Any]) -> str:
    """What the data call a node, route or project: in this language where its row has a column
    name_<code> or the network's words.<code>.toml has the name, else its name.
    """
    code, name = view.language.code, str(row["name"] or "")
    table = view.material.edition.words.get(code, {})
    return view.language.proper_name(row.get(f"name_{code}") or table.get(name) or name)


def corridor_name(view: View, corridor: str) -> str:
    return view.text("corridor.title", name=translate_text(view, corridor))


def market_name(view: View, market: str) -> str:
    """The two countries of a market whose name is their codes, else the market's own name."""
    table = view.material.edition.words.get(view.language.code, {})
    ends = market.split("-")
    if market in table or not (
        len(ends) == 2 and all(view.language.knows("country", end) for end in ends)
    ):
        return translate_text(view, market)
    a, z = (view.language.word("country", end) for end in ends)
    return view.text("name.between", a=a, z=z)


def project_name(view: View, project_id: str) -> str:
    row = view.material.projects.get(project_id)
    return own_name(view, row) if row else project_id


def way_name(view: View, way: str) -> str:
    """A way through a market: a segment, a route, or what the data call it."""
    if way in view.material.segments:
        return segment_label(view, way)
    if way in view.material.projects:
        return project_name(view, way)
    return route_name(view, way) if way in view.material.routes else translate_text(view, way)


def node_name(view: View, node_id: str) -> str:
    return own_name(view, view.material.nodes.get(node_id, {"name": node_id}))


def segment_name(view: View, segment_id: str) -> str:
    row = view.material.segments.get(segment_id)
    if row is None:
        return segment_id
    a, z = (node_name(view, str(row[end])) for end in ("a_node", "z_node"))
    return view.text("name.between", a=a, z=z)


def segment_label(view: View, segment_id: str) -> str:
    """The name; where another segment joins the same two nodes with what tells them apart: the
    status, the operators, else the id.
    """
    return _segment_labels(view)[segment_id] if segment_id in view.material.segments else segment_id


def _segment_labels(view: View) -> dict[str, str]:
    held: dict[str, str] | None = view.material.memory.get(("segment labels", view.language.code))
    if held is None:
        names = {
            segment_id: segment_name(view, segment_id) for segment_id in view.material.segments
        }
        seen = Counter(names.values())
        held = dict(names)
        for name in (name for name, count in seen.items() if count > 1):
            alike = [key for key, other in names.items() if other == name]
            for key, mark in zip(alike, _marks(view, alike), strict=True):
                held[key] = f"{name} ({mark})"
        view.material.memory["segment labels", view.language.code] = held
    return held


def _marks(view: View, alike: Sequence[str]) -> list[str]:
    """What tells segments apart that join the same two nodes."""
    rows = [view.material.segments[key] for key in alike]
    for column in ("status", "operators"):
        words = [
            view.language.word("status", row["status"])
            if column == "status"
            else str(row["operators"] or "")
            for row in rows
        ]
        if len(set(words)) == len(words) and all(words):
            return words
    return list(alike)


def route_name(view: View, route_id: str) -> str:
    row = view.material.routes.get(route_id)
    return own_name(view, row) if row else route_id


def series_name(view: View, key: SeriesKey) -> str:
    kind, series_id, *_ = key
    if kind == "route":
        return route_name(view, series_id)
    if kind == "country":
        return view.language.word("country", series_id)
    if kind == "market":
        return view.text("market.title", name=market_name(view, series_id))
    return view.text("kind.total") if kind == "total" else corridor_name(view, series_id)


def direction_name(view: View, key: SeriesKey) -> str:
    kind, series_id, direction, _ = key
    if kind == "route" and series_id in view.material.routes:
        row = view.material.routes[series_id]
        a, z = (node_name(view, str(row[end])) for end in ("a_node", "z_node"))
        return view.text(f"direction.{direction}", a=a, z=z)
    return view.text("direction.country" if kind == "country" else f"direction.group_{direction}")


def statistic(key: SeriesKey, language: Language) -> str:
    """What is measured, in a table: a country's figure is no statistic of samples."""
    return language.text(f"statistic_short.{'country' if key[0] == 'country' else key[3]}")


def titled(view: View, key: SeriesKey) -> str:
    """What a chart's title calls a series: its direction is part of the name."""
    if key[0] == "route":
        return direction_name(view, key)
    name = series_name(view, key)
    if key[0] == "country":
        return name
    return view.text(
        "name.directed", name=name, direction=view.language.word("direction_title", key[2])
    )


def segment_direction(view: View, segment_id: str, direction: str) -> str:
    row = view.material.segments.get(segment_id)
    if row is None:
        return direction
    a, z = (node_name(view, str(row[end])) for end in ("a_node", "z_node"))
    return f"{a} → {z}" if direction == "az" else f"{z} → {a}"


def reason_text(view: View, row: Mapping[str, Any], column: str = "reason") -> str:
    """The reason in a row's text column in this language, with names where it has ids; the stored
    sentence where the edition was made before reasons were data.
    """
    found = reason_of(row, column)
    if found is None:
        return view.language.typeset(str(row.get(column) or ""))
    return view.language.reason(found, partial(thing_name, view))


def thing_name(view: View, kind: str, thing_id: str) -> str:
    """What a thing that a reason names by its id is called."""
    if kind == "node":
        return node_name(view, thing_id)
    if kind == "assumption":
        return assumption_name(view, thing_id)
    if kind == "group":
        return group_name(view, thing_id)
    if kind == "market":
        return market_name(view, thing_id)
    return route_name(view, thing_id) if kind == "route" else segment_label(view, thing_id)


def assumption_name(view: View, assumption_id: str) -> str:
    """What kind of assumption it is: the id where the edition has no such assumption."""
    kinds: dict[str, str] | None = view.material.memory.get("assumption kinds")
    if kinds is None:
        rows = view.material["assumption"].select("assumption_id", "name").iter_rows()
        kinds = view.material.memory["assumption kinds"] = dict(rows)
    kind = kinds.get(assumption_id)
    return view.language.word("assumption", kind) if kind else assumption_id


def scope_name(view: View, scope: str) -> str:
    """What an assumption is about, from its scope such as `segment:ID`."""
    kind, _, name = scope.partition(":")
    if not name:
        return view.language.word("scope", kind)
    if kind in ("entry", "alternative"):
        project, _, other = name.partition("/")
        shown = market_name(view, other) if kind == "entry" else way_name(view, other)
        return view.text(f"scope_of.{kind}", name=shown, project=project_name(view, project))
    names = {
        "segment": segment_label,
        "route": route_name,
        "node": node_name,
        "market": market_name,
        "project": project_name,
    }
    shown = (
        names[kind](view, name)
        if kind in names
        else view.language.word("option", name)
        if kind == "option"
        else translate_text(view, name)
    )
    return (
        view.text(f"scope_of.{kind}", name=shown)
        if view.language.knows("scope_of", kind)
        else shown
    )


def without_ids(view: View, words: str) -> str:
    """Text from the data with names in place of the ids of routes, segments, groups and builds."""
    if not ID.search(words):
        return words
    names: dict[str, str] | None = view.material.memory.get(("names", view.language.code))
    if names is None:
        material, table = view.material, view.material.edition.words.get(view.language.code, {})
        groups = material["risk_group"].select("risk_group_id", "name").unique().iter_rows()
        names = {
            **{name: segment_name(view, name) for name in material.segments},
            **{name: own_name(view, row) for name, row in material.projects.items()},
            **{
                name: f"{view.language.word('event', kind)}, {view.language.day(start.date())}"
                for name, kind, start in material["event"]
                .select("event_id", "kind", "start_at")
                .iter_rows()
            },
            **{name: own_name(view, row) for name, row in material.routes.items()},
            **{
                name: view.text("failed.risk_group", name=table.get(label, label))
                for name, label in groups
                if label
            },
        }
        view.material.memory["names", view.language.code] = names
    found = names
    return ID.sub(lambda token: found.get(token[0], token[0]), words)


def group_name(view: View, risk_group_id: str) -> str:
    groups = view.material["risk_group"].filter(pl.col("risk_group_id") == risk_group_id)
    return (
        translate_text(view, str(groups["name"][0]))
        if groups.height and groups["name"][0]
        else risk_group_id
    )


def failed_name(view: View, failure_id: str) -> str:
    """What has failed, without the word failure, where all that is listed are failures."""
    return _failure_name(view, failure_id, "failed")


def failure_name(view: View, failure_id: str) -> str:
    held = view.material.memory.get(("failure", view.language.code, failure_id))
    if held is None:
        held = view.material.memory["failure", view.language.code, failure_id] = _failure_name(
            view, failure_id
        )
    return str(held)


def _failure_name(view: View, failure_id: str, words: str = "failure") -> str:
    kind, _, name = failure_id.partition(":")
    if kind == "segment":
        return view.text(f"{words}.segment", name=segment_label(view, name))
    if kind == "risk_group":
        return view.text(f"{words}.risk_group", name=group_name(view, name))
    if kind == "node":
        return view.text(f"{words}.node", name=node_name(view, name))
    if kind == "pair":
        one, two = (segment_label(view, part) for part in name.split("+"))
        return view.text(f"{words}.pair", one=one, two=two)
    return view.language.word("failure", failure_id)
