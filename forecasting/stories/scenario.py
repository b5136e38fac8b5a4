"""Stories in readable TOML: what changes, stated as assumptions, applied on the same random draws
as the plan beside them.

    id = "tmb-late"
    title = "Temirbaba-Bekdash comes six months late"
    note = "why, and what is assumed"

    [[growth]]      yearly_ratio = 0.10, from; market, route or corridor, or none for all
    [[customer]]    route, gbps = 8 (negative: lost), from, until; direction = "in", "out" or both
    [[cap]]         route, lift_ratio = 0.25, from
    [[segment]]     segment, delay_months = 6, or ready = 2027-06-30, or never = true;
                    or a new one: a_node, z_node, lit_gbps, ready, length_km
    [[path]]        route, rank = 1, segments = ["TM-TKBASB", "..."]
    [[cut]]         segment, risk_group or node; from, until
    [[risk_group]]  id, segments = ["A", "B"], kind = "trench"
    [[capacity]]    segment, lit_gbps, from
    [[assumption]]  id, factor = 0.8, or low, value, high
"""

from __future__ import annotations

import math
import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from forecasting.assumptions import MOST_MONTHS
from warehouse.errors import Problem, SettingsError
from warehouse.network.checks import RISK_KINDS

ENTRIES: Mapping[str, tuple[Mapping[str, type | tuple[type, ...]], frozenset[str]]] = {
    "growth": (
        {"market": str, "route": str, "corridor": str, "yearly_ratio": (int, float), "from": date},
        frozenset({"yearly_ratio"}),
    ),
    "customer": (
        {"route": str, "gbps": (int, float), "direction": str, "from": date, "until": date},
        frozenset({"route", "gbps", "from"}),
    ),
    "cap": (
        {"route": str, "direction": str, "lift_ratio": (int, float), "from": date},
        frozenset({"route", "lift_ratio", "from"}),
    ),
    "segment": (
        {
            "segment": str,
            "delay_months": (int, float),
            "ready": date,
            "never": bool,
            "a_node": str,
            "z_node": str,
            "lit_gbps": (int, float),
            "length_km": (int, float),
        },
        frozenset({"segment"}),
    ),
    "path": (
        {"route": str, "rank": int, "segments": list},
        frozenset({"route", "rank", "segments"}),
    ),
    "cut": (
        {"segment": str, "risk_group": str, "node": str, "from": date, "until": date},
        frozenset({"from"}),
    ),
    "risk_group": ({"id": str, "segments": list, "kind": str}, frozenset({"id", "segments"})),
    "capacity": (
        {"segment": str, "lit_gbps": (int, float), "from": date},
        frozenset({"segment", "lit_gbps", "from"}),
    ),
    "assumption": (
        {
            "id": str,
            "factor": (int, float),
            "low": (int, float),
            "value": (int, float),
            "high": (int, float),
        },
        frozenset({"id"}),
    ),
}
MOST_GROWTH = 1000
MOST_GBPS = 1e9
HEADS = ("id", "title", "title_ru", "note", "note_ru")


@dataclass(frozen=True)
class Scenario:
    """A story: its name, what it assumes in words, and its changes in the order in which they are
    stated.
    """

    scenario_id: str
    title: str
    note: str = ""
    title_ru: str = ""
    changes: tuple[tuple[str, Mapping[str, Any]], ...] = field(default=())

    def of(self, kind: str) -> tuple[Mapping[str, Any], ...]:
        return tuple(entry for one, entry in self.changes if one == kind)


def parse_scenario(text: str, name: str = "scenario") -> Scenario:
    """From TOML. Raises SettingsError with every unknown key, wrong type, missing or contradictory
    value.
    """
    try:
        table = tomllib.loads(text)
    except tomllib.TOMLDecodeError as error:
        raise SettingsError(
            f"{name} is no TOML", [Problem(name, str(error))], "Fix the scenario file."
        ) from error
    problems: list[Problem] = []
    changes: list[tuple[str, Mapping[str, Any]]] = []
    for key, value in table.items():
        if key in HEADS:
            if not isinstance(value, str):
                problems.append(Problem(f"{name}: {key}", "must be text"))
        elif key not in ENTRIES:
            problems.append(
                Problem(
                    f"{name}: {key}", f"is unknown; a scenario has {', '.join((*HEADS, *ENTRIES))}"
                )
            )
        elif not isinstance(value, list) or not all(isinstance(entry, dict) for entry in value):
            problems.append(Problem(f"{name}: {key}", f"must be written as [[{key}]]"))
        else:
            for number, entry in enumerate(value, 1):
                place = f"{name}: {key} {number}"
                problems += _entry_problems(place, key, entry)
                changes.append((key, entry))
    if not changes and not problems:
        problems.append(Problem(name, "changes nothing"))
    if problems:
        raise SettingsError(f"{name} can't be used", problems, "Fix the scenario file.")
    scenario_id = str(table.get("id", name))
    return Scenario(
        scenario_id,
        str(table.get("title", scenario_id)),
        str(table.get("note", "")),
        str(table.get("title_ru", "")),
        tuple(changes),
    )


def _entry_problems(place: str, kind: str, entry: Mapping[str, Any]) -> list[Problem]:
    columns, needed = ENTRIES[kind]
    problems = [
        Problem(place, f"{key} is unknown; it takes {', '.join(columns)}")
        for key in entry
        if key not in columns
    ]
    problems += [Problem(place, f"{key} is missing") for key in sorted(needed - set(entry))]
    for key, value in entry.items():
        wanted = columns.get(key)
        # TOML's times of day are dates to Python, and its booleans whole numbers.
        if wanted is not None and (
            not isinstance(value, wanted)
            or (isinstance(value, bool) and wanted is not bool)
            or type(value).__name__ == "datetime"
        ):
            word = {
                str: "text",
                date: "a date like 2027-03-01",
                list: "a list",
                bool: "true or false",
                int: "a whole number",
            }.get(wanted, "a number")  # type: ignore[arg-type]
            problems.append(Problem(place, f"{key} is {value!r}, must be {word}"))
        elif isinstance(value, float) and not math.isfinite(value):
            problems.append(Problem(place, f"{key} is {value}, must be a number"))
    if problems:
        return problems
    if entry.get("direction", "both") not in ("in", "out", "both"):
        problems.append(
            Problem(place, f"direction is {entry['direction']}, must be in, out or both")
        )
    if "until" in entry and entry["until"] <= entry["from"]:
        problems.append(Problem(place, f"until {entry['until']} is not after from {entry['from']}"))
    ways = {
        "growth": ("market", "route", "corridor"),
        "cut": ("segment", "risk_group", "node"),
        "segment": ("delay_months", "ready", "never"),
    }.get(kind, ())
    named = [way for way in ways if way in entry]
    if len(named) > 1:
        problems.append(Problem(place, f"names {' and '.join(named)}; only one can be meant"))
    if kind in ("cut", "segment") and not named:
        problems.append(Problem(place, f"says none of {', '.join(ways)}"))
    if kind == "growth" and not -1 < entry["yearly_ratio"] <= MOST_GROWTH:
        problems.append(
            Problem(
                place,
                f"yearly_ratio is {entry['yearly_ratio']}, must lie above -1 and at most "
                f"{MOST_GROWTH} (10 % is 0.1)",
            )
        )
    if kind == "customer" and abs(entry["gbps"]) > MOST_GBPS:
        problems.append(Problem(place, f"gbps is {entry['gbps']}, must lie within {MOST_GBPS:g}"))
    if kind == "path" and entry["rank"] < 1:
        problems.append(Problem(place, f"rank is {entry['rank']}, must be at least 1"))
    if kind in ("path", "risk_group") and not (
        entry["segments"] and all(isinstance(name, str) for name in entry["segments"])
    ):
        problems.append(Problem(place, "segments must be names of segments, at least one"))
    if kind == "risk_group" and entry.get("kind", "trench") not in RISK_KINDS:
        problems.append(
            Problem(place, f"kind is {entry['kind']}, must be one of {', '.join(RISK_KINDS)}")
        )
    if kind == "segment" and "a_node" in entry and entry["a_node"] == entry.get("z_node"):
        problems.append(Problem(place, f"both ends are {entry['a_node']}"))
    if kind == "segment" and entry.get("length_km", 0) < 0:
        problems.append(Problem(place, f"length_km is {entry['length_km']}, must be a length"))
    if kind == "segment" and abs(entry.get("delay_months", 0)) > MOST_MONTHS:
        problems.append(
            Problem(
                place, f"delay_months is {entry['delay_months']}, must lie within {MOST_MONTHS}"
            )
        )
    if kind == "cap" and not -1 < entry["lift_ratio"] <= MOST_GROWTH:
        problems.append(
            Problem(
                place,
                f"lift_ratio is {entry['lift_ratio']}, must lie above -1 and at most {MOST_GROWTH}",
            )
        )
    if kind == "assumption" and ("factor" in entry) == ("value" in entry):
        problems.append(Problem(place, "say either factor or value (with low and high)"))
    if kind in ("capacity", "segment") and not 0 <= entry.get("lit_gbps", 0) <= MOST_GBPS:
        problems.append(
            Problem(place, f"lit_gbps is {entry['lit_gbps']}, must lie in 0 to {MOST_GBPS:g}")
        )
    return problems
