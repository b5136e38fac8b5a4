"""What every page says about the run it shows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any, TypedDict

from dashboards.language import Stated
from warehouse.schema import Grain


class Accepted(TypedDict):
    """Gates that a run of the edition did not pass, and why a person accepted it; the archive keeps
    it as it is.

    A gate has `where`, its sentence `what`, `code` and `values_json`; an old one is "where: what".
    """

    run_id: str
    why: str
    gates: Sequence[str | Mapping[str, str]]


@dataclass(frozen=True)
class EarlierEdition:
    """An edition before this one; `folder` is its path as seen from this edition's folder, such as
    '../2026-03-01-ab12'.
    """

    run_id: str
    origin: date
    known_at: datetime
    folder: str
    data_hash: str = ""
    pages: frozenset[str] = frozenset()
    """Paths of its pages, relative to its languages' folders."""


@dataclass(frozen=True)
class Edition:
    """The run behind a report: identity, vintage, and what the reader must know about its data.

    `origin` is the first day of the last observed period, `known_at` (UTC) the latest moment whose
    knowledge was used. `simulated` marks traffic that comes from a simulator. `time_zone` is the
    zone in which days and months were cut. `today` is the day the plan stands at. `words` gives, by
    language, wordings of names and notes that the data state once.
    """

    run_id: str
    grain: Grain
    origin: date
    known_at: datetime
    code_version: str
    data_hash: str
    seed: int
    simulated: bool
    title: str
    title_ru: str
    time_zone: str = "UTC"
    threshold_ratio: float = 0.8
    risk_alpha_ratio: float = 0.2
    today: date | None = None
    words: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    newest: str = ""
    """Where the newest edition will always lie, as seen from this one's folder, such as
    '../latest'; empty: nowhere.
    """
    previous: Sequence[EarlierEdition] = ()
    accepted: Sequence[Accepted] = ()
    stories: Mapping[str, Sequence[tuple[str, Mapping[str, Any]]]] = field(default_factory=dict)
    """What each scenario changes: kinds (path, cut, segment ...) with their values as its file
    states them, dates as ISO text.
    """
    variant: str = ""
    """The key of the words that say how it differs from the edition of its day; empty for that
    edition itself.
    """

    def __post_init__(self) -> None:
        for name in ("threshold_ratio", "risk_alpha_ratio"):
            object.__setattr__(self, name, Stated(getattr(self, name)))

    def title_in(self, code: str) -> str:
        named = getattr(self, f"title_{code}", "") or self.words.get(code, {}).get(self.title)
        return named or self.title
