"""What a reader calls the things that data name by ids, and what the data say of them, in one
language.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping
from functools import partial
from typing import Any

import polars as pl

from dashboards.cuts import SeriesKey
from dashboards.language import Language
from dashboards.material import Material
from warehouse.reasons import reason_of

PIECES = re.compile(r"\s*;\s+")
LINKS = re.compile(r",? \(?https?://")


def said(material: Material, words: str | None, language: Language) -> str:
    """Words from the data in this language: piece by piece, as `; ` divides them, from the
    edition's wordings, else as a reason.
    """
    table = material.edition.words.get(language.code, {})
    whole = (words or "").strip()
    if whole in table:
        return language.typeset(table[whole])
    pieces = (_piece(material, piece, table, language) for piece in PIECES.split(whole))
    return language.typeset("; ".join(dict.fromkeys(piece for piece in pieces if piece)))


def _piece(material: Material, piece: str, table: Mapping[str, str], language: Language) -> str:
    if piece in table:
        return table[piece]
    link = LINKS.search(piece)
    head = piece[: link.start()] if link else ""
    return table[head] + piece[len(head) :] if head and head in table else language.typeset(piece)


def corridor_name(material: Material, corridor: str, language: Language) -> str:
    return language.text("corridor.title", name=said(material, corridor, language))


def market_name(material: Material, market: str, language: Language) -> str:
    """The two countries of a market whose name is their codes, else the market's own name."""
    table = material.edition.words.get(language.code, {})
    ends = market.split("-")
    if market in table or not (
        len(ends) == 2 and all(language.knows("country", end) for end in ends)
    ):
        return said(material, market, language)
    a, z = (language.word("country", end) for end in ends)
    return language.text("name.between", a=a, z=z)


def project_name(material: Material, project_id: str, language: Language) -> str:
    row = material.projects.get(project_id)
    return language.choose(row["name"], row["name_ru"]) if row else project_id


def way_name(material: Material, way: str, language: Language) -> str:
    """A way through a market: a segment, a route, or what the data call it."""
    if way in material.segments:
        return segment_label(material, way, language)
    if way in material.projects:
        return project_name(material, way, language)
    return (
        route_name(material, way, language)
        if way in material.routes
        else said(material, way, language)
    )


def node_name(material: Material, node_id: str, language: Language) -> str:
    english, russian = material.nodes.get(node_id, (node_id, None))
    return language.choose(english, russian)


def segment_name(material: Material, segment_id: str, language: Language) -> str:
    row = material.segments.get(segment_id)
    if row is None:
        return segment_id
    a, z = (node_name(material, str(row[end]), language) for end in ("a_node", "z_node"))
    return language.text("name.between", a=a, z=z)


def segment_label(material: Material, segment_id: str, language: Language) -> str:
    """The name, with the id where another segment joins the same two nodes."""
    return (
        _segment_labels(material, language)[segment_id]
        if segment_id in material.segments
        else segment_id
    )


def _segment_labels(material: Material, language: Language) -> dict[str, str]:
    held: dict[str, str] | None = material.memory.get(("segment labels", language.code))
    if held is None:
        names = {
            segment_id: segment_name(material, segment_id, language)
            for segment_id in material.segments
        }
        seen = Counter(names.values())
        held = {key: name if seen[name] == 1 else f"{key}: {name}" for key, name in names.items()}
        material.memory["segment labels", language.code] = held
    return held


def route_name(material: Material, route_id: str, language: Language) -> str:
    row = material.routes.get(route_id)
    return language.choose(row["name"], row["name_ru"]) if row else route_id


def series_name(material: Material, key: SeriesKey, language: Language) -> str:
    kind, series_id, *_ = key
    if kind == "route":
        return route_name(material, series_id, language)
    if kind == "country":
        return language.word("country", series_id)
    if kind == "market":
        return language.text("market.title", name=market_name(material, series_id, language))
    return (
        language.text("kind.total")
        if kind == "total"
        else corridor_name(material, series_id, language)
    )


def direction_name(material: Material, key: SeriesKey, language: Language) -> str:
    kind, series_id, direction, _ = key
    if kind == "route" and series_id in material.routes:
        row = material.routes[series_id]
        a, z = (node_name(material, str(row[end]), language) for end in ("a_node", "z_node"))
        return language.text(f"direction.{direction}", a=a, z=z)
    return language.text(
        "direction.country" if kind == "country" else f"direction.group_{direction}"
    )


def statistic(key: SeriesKey, language: Language) -> str:
    """What is measured, in a table: a country's figure is no statistic of samples."""
    return language.text(f"statistic_short.{'country' if key[0] == 'country' else key[3]}")


def titled(material: Material, key: SeriesKey, language: Language) -> str:
    """What a chart's title calls a series: its direction is part of the name."""
    if key[0] == "route":
        return direction_name(material, key, language)
    name = series_name(material, key, language)
    if key[0] == "country":
        return name
    return language.text(
        "name.directed", name=name, direction=language.word("direction_title", key[2])
    )


def segment_direction(
    material: Material, segment_id: str, direction: str, language: Language
) -> str:
    row = material.segments.get(segment_id)
    if row is None:
        return direction
    a, z = (node_name(material, str(row[end]), language) for end in ("a_node", "z_node"))
    return f"{a} → {z}" if direction == "az" else f"{z} → {a}"


def reason_text(
    material: Material, row: Mapping[str, Any], language: Language, column: str = "reason"
) -> str:
    """The reason in a row's text column in this language, with names where it has ids; the stored
    sentence where the edition was made before reasons were data.
    """
    found = reason_of(row, column)
    if found is None:
        return language.typeset(str(row.get(column) or ""))
    return language.reason(found, partial(thing_name, material, language))


def thing_name(material: Material, language: Language, kind: str, thing_id: str) -> str:
    """What a thing that a reason names by its id is called."""
    if kind == "node":
        return node_name(material, thing_id, language)
    if kind == "group":
        return group_name(material, thing_id, language)
    if kind == "market":
        return market_name(material, thing_id, language)
    name_of = route_name if kind == "route" else segment_label
    return name_of(material, thing_id, language)


def group_name(material: Material, risk_group_id: str, language: Language) -> str:
    groups = material["risk_group"].filter(pl.col("risk_group_id") == risk_group_id)
    return (
        said(material, str(groups["name"][0]), language)
        if groups.height and groups["name"][0]
        else risk_group_id
    )


def failed_name(material: Material, failure_id: str, language: Language) -> str:
    """What has failed, without the word failure, where all that is listed are failures."""
    return _failure_name(material, failure_id, language, "failed")


def failure_name(material: Material, failure_id: str, language: Language) -> str:
    held = material.memory.get(("failure", language.code, failure_id))
    if held is None:
        held = material.memory["failure", language.code, failure_id] = _failure_name(
            material, failure_id, language
        )
    return str(held)


def _failure_name(
    material: Material, failure_id: str, language: Language, words: str = "failure"
) -> str:
    kind, _, name = failure_id.partition(":")
    if kind == "segment":
        return language.text(f"{words}.segment", name=segment_label(material, name, language))
    if kind == "risk_group":
        return language.text(f"{words}.risk_group", name=group_name(material, name, language))
    if kind == "node":
        return language.text(f"{words}.node", name=node_name(material, name, language))
    if kind == "pair":
        one, two = (segment_label(material, part, language) for part in name.split("+"))
        return language.text(f"{words}.pair", one=one, two=two)
    return language.word("failure", failure_id)
