"""Why something is so, as data: a code with values, which the catalogue of a language renders.

No code below the edge (pages, command line, published columns) makes or reads sentences. A frame's
text column `reason` has `reason_code` and `reason_values` (JSON) beside it; `note`, `basis`,
`verdict` and `wrong_if` likewise.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any, NamedTuple

import polars as pl

from warehouse.errors import ContractError, Problem
from warehouse.schema import PLAN_NOTE, check

CODE, VALUES = "_code", "_values"
NEXT = "next"
"""The value that holds the reasons which follow as sentences of their own."""
SIGNIFICANT_DIGITS = 12
"""Digits that a number keeps: what is beyond them differs between processors."""


@dataclass(frozen=True, order=True)
class Reason:
    """A code and its values as JSON (keys sorted). Dates are ISO days, months their first day."""

    code: str
    values_json: str = "{}"

    @property
    def values(self) -> dict[str, Any]:
        found: dict[str, Any] = json.loads(self.values_json)
        return found

    def alone(self) -> Reason:
        """The reason without those that follow it."""
        return reason(self.code, **{k: v for k, v in self.values.items() if k != NEXT})

    def followed_by(self, *others: Reason) -> Reason:
        """The reason with others as sentences behind it."""
        if not others:
            return self
        values = self.values
        return reason(self.code, **{**values, NEXT: [*values.get(NEXT, ()), *others]})

    def columns(self, name: str = "reason") -> dict[str, str]:
        """The cells of a row whose text column is `name`."""
        return {name + CODE: self.code, name + VALUES: self.values_json}


class Note(NamedTuple):
    """What a plan had to leave out or assume: a topic, what it concerns, and why."""

    topic: str
    subject: str
    reason: Reason

    def row(self) -> dict[str, str]:
        """The note as a row of PLAN_NOTE."""
        return {"topic": self.topic, "subject": self.subject, **self.reason.columns("note")}


def note_frame(notes: Iterable[Note]) -> pl.DataFrame:
    """Rows of PLAN_NOTE, the first of each topic and subject."""
    rows = [note.row() for note in notes]
    if not rows:
        return PLAN_NOTE.empty()
    return check(pl.DataFrame(rows).unique(["topic", "subject"], keep="first"), PLAN_NOTE)


def reason(code: str, /, **values: Any) -> Reason:
    """A reason from a code of the catalogues and the values its text names.

    Values are numbers, texts, ids, dates, reasons, and lists of them. Raises ContractError for
    anything else.
    """
    plain = {name: _plain(code, value) for name, value in values.items()}
    return Reason(code, json.dumps(plain, sort_keys=True, ensure_ascii=False))


def reason_of(row: Mapping[str, Any], name: str = "reason") -> Reason | None:
    """The reason of a row's text column `name`; None where the row has none, such as one that was
    made before reasons were data.
    """
    code = row.get(name + CODE)
    return Reason(code, row.get(name + VALUES) or "{}") if code else None


def values_named(found: Reason, *names: str) -> Iterator[Any]:
    """Every value of these names in a reason and in those inside it; lists item by item."""
    yield from _named(found.values, names)


def _named(value: Any, names: tuple[str, ...]) -> Iterator[Any]:
    if isinstance(value, list):
        for item in value:
            yield from _named(item, names)
    elif isinstance(value, dict):
        for name, item in value.items():
            if name in names:
                yield from item if isinstance(item, list) else (item,)
            else:
                yield from _named(item, names)


def _plain(code: str, value: Any) -> Any:
    if isinstance(value, Reason):
        return {"code": value.code, "values": value.values}
    if isinstance(value, list | tuple):
        return [_plain(code, item) for item in value]
    if isinstance(value, Mapping):
        return {str(name): _plain(code, item) for name, item in value.items()}
    if isinstance(value, date):
        return value.isoformat()[:10]
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, float):
        return float(f"{value:.{SIGNIFICANT_DIGITS}g}")
    if value is None or isinstance(value, str | int):
        return value
    raise ContractError(
        "a reason can't hold this value", [Problem(code, f"has a {type(value).__name__}")]
    )
