"""Every kind of source: the union of their settings classes, and how an entry becomes one."""

from __future__ import annotations

import dataclasses
import difflib
from collections.abc import Mapping
from typing import Annotated, Any, get_args

import pydantic

from warehouse.errors import Problem, SettingsError
from warehouse.sources.itu import ItuSpec
from warehouse.sources.mrtg import MrtgSpec
from warehouse.sources.netflow.export import FlowsSpec
from warehouse.sources.rows import CountersSpec, TableSpec
from warehouse.sources.rrd import RrdSpec
from warehouse.sources.servers.prometheus import PrometheusSpec
from warehouse.sources.spec import SourceSpec
from warehouse.sources.zabbix import ZabbixSpec

AnySource = Annotated[
    TableSpec
    | CountersSpec
    | MrtgSpec
    | RrdSpec
    | ZabbixSpec
    | FlowsSpec
    | PrometheusSpec
    | ItuSpec,
    pydantic.Field(discriminator="kind"),
]
CLASSES: Mapping[str, type[SourceSpec]] = {
    str(next(item.default for item in dataclasses.fields(kind) if item.name == "kind")): kind
    for kind in get_args(get_args(AnySource)[0])
}
KINDS: tuple[str, ...] = tuple(CLASSES)
_ADAPTER: pydantic.TypeAdapter[SourceSpec] = pydantic.TypeAdapter(AnySource)


def read_source(entry: Mapping[str, Any]) -> SourceSpec:
    """The settings of one [[source]] entry. Raises SettingsError with every problem of it."""
    name = entry.get("name") or "source"
    try:
        return _ADAPTER.validate_python({"kind": "table", **entry})
    except pydantic.ValidationError as error:
        problems = [
            Problem(*_explained(item, str(name), str(entry.get("kind", "table"))))
            for item in error.errors(include_url=False)
        ]
        raise SettingsError(
            f"source {name} can't be read as described",
            problems,
            "Fix its [[source]] entry in transit.toml.",
        ) from None


def settings_of(kind: str) -> list[dataclasses.Field[Any]]:
    """The settings of a kind, in the order in which they are explained."""
    return [item for item in dataclasses.fields(CLASSES[kind]) if item.name != "kind"]


def nearest(name: str, known: list[str]) -> str:
    """ "; did you mean x?", or the names that are known where none is near."""
    near = difflib.get_close_matches(name, known, n=1)
    return f"did you mean {near[0]}?" if near else f"choose from {', '.join(known)}"


def _explained(item: Any, source: str, kind: str) -> tuple[str, str]:
    """Where a value is wrong, and what is wrong with it."""
    place = [str(part) for part in item["loc"] if str(part) not in (kind, "function-after")]
    setting, value = ".".join(place[:1]), item["input"]
    where = f"{source}.{setting}" if setting else source
    if item["type"] in ("union_tag_invalid", "union_tag_not_found"):
        given = str(item["ctx"].get("tag", kind)) if "ctx" in item else kind
        return f"{source}.kind", f"is {given!r}; {nearest(given, list(KINDS))}"
    if item["type"] == "unexpected_keyword_argument":
        return where, _unknown_setting(setting, kind)
    if item["type"] in ("missing", "missing_argument"):
        return where, "is missing"
    if item["type"] == "literal_error":
        choices = str(item["ctx"]["expected"]).replace("'", "").replace(" or ", ", ")
        near = difflib.get_close_matches(str(value), choices.split(", "), n=1)
        hint = f"; did you mean {near[0]}?" if near else ""
        return where, f"is {value!r}; choose from {choices.removeprefix(', ')}{hint}"
    shown = repr(value) if len(repr(value)) < 80 else type(value).__name__
    return where, f"is {shown}: {item['msg'][0].lower()}{item['msg'][1:]}"


def _unknown_setting(setting: str, kind: str) -> str:
    known = [item.name for item in settings_of(kind)]
    others = [
        other
        for other in KINDS
        if other != kind and setting in {item.name for item in settings_of(other)}
    ]
    if others:
        return f"is a setting of kind {', '.join(others)}, and this source's kind is {kind}"
    return f"is unknown; {nearest(setting, known)}"
