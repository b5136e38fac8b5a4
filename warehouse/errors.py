"""Errors a person can act on: what went wrong, where, and what to do."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True)
class Problem:
    """One thing that is wrong, and its place (a route, a file and line, a setting).

    `what` is English; where it was rendered from a reason, `code` and `values_json` are that
    reason's, for other languages.
    """

    where: str
    what: str
    code: str = ""
    values_json: str = "{}"

    def __str__(self) -> str:
        return f"{self.where}: {self.what}"

    def data(self) -> dict[str, Any]:
        """Place, text, code and values, for a log that machines read."""
        return {
            "where": self.where,
            "what": self.what,
            "code": self.code,
            "values": json.loads(self.values_json),
        }


class TransitError(Exception):
    """All problems of one kind found in one pass, printed together with the remedy."""

    def __init__(self, summary: str, problems: Sequence[Problem] = (), remedy: str = "") -> None:
        self.summary = summary
        self.problems = tuple(problems)
        self.remedy = remedy
        super().__init__(str(self))

    @property
    def code(self) -> str:
        """The kind of error, the same in every language: `network` of a NetworkError."""
        name = type(self).__name__.removesuffix("Error")
        return re.sub(r"(?<!^)(?=[A-Z])", "_", name).lower()

    def data(self) -> dict[str, Any]:
        """Code, texts and every problem, for a log that machines read."""
        return {
            "code": self.code,
            "summary": self.summary,
            "problems": [problem.data() for problem in self.problems],
            "remedy": self.remedy,
        }

    def __str__(self) -> str:
        shown = [f"  {problem}" for problem in self.problems[:50]]
        if len(self.problems) > 50:
            shown.append(f"  ... and {len(self.problems) - 50} more")
        lines = [f"{type(self).__name__}: {self.summary}", *shown]
        if self.remedy:
            lines.append(self.remedy)
        return "\n".join(lines)

    def __reduce__(self) -> tuple[type[TransitError], tuple[str, tuple[Problem, ...], str]]:
        return type(self), (self.summary, self.problems, self.remedy)


class ContractError(TransitError):
    """A frame or table does not have the columns, types or keys its schema promises."""


class NetworkError(TransitError):
    """Nodes, segments, routes or risk groups do not fit together."""


class SettingsError(TransitError):
    """The settings ask for something that is unknown, contradictory or out of range."""


class SourceError(TransitError):
    """A source as a whole can't be read; single bad rows go to quarantine instead."""


class LockedError(TransitError):
    """Another process is writing to this warehouse."""


class PlanError(TransitError):
    """Capacity, lead times, modules or assumptions a plan can't be made from."""


class WarehouseError(TransitError):
    """A database file that is missing, foreign, damaged, or of another version."""


class QueryError(TransitError):
    """A query that is refused, wrong, or was stopped."""
