"""The packaged SQL for people: example questions, and checks that select what is wrong. Light to
import.
"""

from __future__ import annotations

from dataclasses import dataclass
from importlib.resources import files
from importlib.resources.abc import Traversable
from typing import Literal

_SQL = files("warehouse") / "sql"


@dataclass(frozen=True)
class Question:
    """A packaged statement; `text` is its first comment: the question it answers, or what is wrong
    and what to do.
    """

    name: str
    text: str
    sql: str


@dataclass(frozen=True)
class Check(Question):
    """Its rows are the offenders. An `error` forbids publishing; a `warning` asks for a look."""

    severity: Literal["error", "warning"]


def examples() -> list[Question]:
    """What planners, analysts and economists ask, by name."""
    return [Question(entry.name[:-4], *_first_comment(entry)) for entry in _statements("examples")]


def checks() -> list[Check]:
    """The packaged checks, by name."""
    found = []
    for entry in _statements("checks"):
        said, sql = _first_comment(entry)
        severity, _, text = said.partition(": ")
        found.append(
            Check(entry.name[:-4], text, sql, "error" if severity == "error" else "warning")
        )
    return found


def _statements(folder: str) -> list[Traversable]:
    entries = [entry for entry in (_SQL / folder).iterdir() if entry.name.endswith(".sql")]
    return sorted(entries, key=lambda entry: entry.name)


def _first_comment(entry: Traversable) -> tuple[str, str]:
    sql = entry.read_text("utf-8")
    return sql.split("\n", 1)[0].removeprefix("--").strip(), sql
