"""What the network's folder calls things in each language of the report: words.<language>.toml and
the titles of its stories.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Any

from flows.steps.inputs import read_scenarios
from warehouse.errors import Problem, SettingsError


def read_stories(network: Path) -> dict[str, list[tuple[str, dict[str, Any]]]]:
    """What the network's scenarios change, as its files state it: dates as ISO text."""
    return {
        story.scenario_id: [
            (
                kind,
                {
                    key: value.isoformat() if isinstance(value, date) else value
                    for key, value in change.items()
                },
            )
            for kind, change in story.changes
        ]
        for story in read_scenarios(network / "scenarios")
    }


def read_wordings(network: Path, languages: Sequence[str]) -> Mapping[str, Mapping[str, str]]:
    """By language: what a piece of text from the data is called in it. Raises SettingsError with
    every problem.
    """
    found: dict[str, dict[str, str]] = {code: {} for code in sorted({*languages, "en"})}
    for story in read_scenarios(network / "scenarios"):
        for code, words in found.items():
            words[story.scenario_id] = (
                (story.title_ru if code == "ru" else "") or story.title or story.scenario_id
            )
    problems: list[Problem] = []
    for code, words in found.items():
        path = network / f"words.{code}.toml"
        if not path.is_file():
            continue
        try:
            stated = tomllib.loads(path.read_text(encoding="utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            problems.append(Problem(str(path), str(error)))
            continue
        problems += [
            Problem(str(path), f"{key!r} is no text")
            for key, value in stated.items()
            if not isinstance(value, str)
        ]
        words.update({key: value for key, value in stated.items() if isinstance(value, str)})
    if problems:
        raise SettingsError(
            "the wordings can't be read", problems, 'Write lines such as  "northern" = "Северный".'
        )
    return found
