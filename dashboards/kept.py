"""Pages kept from one drawing to the next: a page of a route or a segment is made again only where
something it shows has changed.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

import polars as pl
from markupsafe import escape

from dashboards.figure import capital
from dashboards.material import Material
from dashboards.notes import routes_over, run_note, sure, sure_of
from dashboards.view import View
from warehouse.store.files import write_file

PLACE = "\ue000{}\ue000"
"""Stands in a kept page for a line that is the run's, not the page's."""
OF_SERIES = (
    "traffic_period",
    "forecast_quantile",
    "no_forecast",
    "backtest_score",
    "forecast_component",
    "revision_part",
)
OF_SEGMENTS = (
    "segment",
    "capacity",
    "segment_load",
    "runout",
    "runout_probability",
    "order_plan",
    "assumption_effect",
)
SHARED = ("node", "risk_group", "project", "interface", "route", "route_path", "segment")
"""What names, links and labels on any page come from."""


@dataclass(frozen=True)
class Body:
    """What a page holds between its head and its foot, and the data of its charts by file name."""

    main: str
    has_charts: bool
    data: Mapping[str, str]


@dataclass
class Kept:
    """Bodies in `folder` under the hash of what they are made from; `version` is that of the code.
    Without a folder nothing is kept.
    """

    folder: Path | None = None
    version: str = ""
    used: set[str] = field(default_factory=set)
    built: int = 0
    """How many pages were made in this drawing."""

    def get(self, key: str, lines: Sequence[str]) -> Body | None:
        if self.folder is None or not key:
            return None
        try:
            stored = json.loads(zlib.decompress((self.folder / key).read_bytes()))
        except (OSError, ValueError, zlib.error):
            return None
        self.used.add(key)
        main = stored["main"]
        for place, line in enumerate(lines):
            main = main.replace(PLACE.format(place), line)
        return Body(main, stored["has_charts"], stored["data"])

    def put(self, key: str, body: Body, lines: Sequence[str]) -> None:
        if self.folder is None or not key:
            return
        main = body.main
        for place, line in enumerate(lines):
            main = main.replace(line, PLACE.format(place))
        stored = {"main": main, "has_charts": body.has_charts, "data": dict(body.data)}
        self.folder.mkdir(parents=True, exist_ok=True)
        content = zlib.compress(json.dumps(stored, ensure_ascii=False).encode("utf-8"), level=1)
        write_file(self.folder / key, content, durable=False)
        self.used.add(key)

    def prune(self) -> None:
        """Only what the last drawing used stays."""
        for path in self.folder.iterdir() if self.folder and self.folder.is_dir() else ():
            if path.name not in self.used:
                path.unlink()


def run_lines(view: View) -> list[str]:
    """The lines that every page of the run may have, as they stand in a page: which run it is, and
    what intervals held.
    """
    return [str(escape(capital(words))) for _, words in (run_note(view), sure(view))]


def page_key(
    view: View,
    subject: tuple[str, str] | None,
    version: str,
    *,
    with_data: bool,
) -> str:
    """The hash of all that a page about a route or segment shows, but for the run's name; empty for
    other pages.
    """
    if subject is None:
        return ""
    words = view.material.memory.get(("words", view.language.code))
    if words is None:
        words = view.material.memory["words", view.language.code] = _hash(
            json.dumps([view.language.words, view.language.fallback], sort_keys=True, default=str)
        )
    own = prints(view.material).get(subject, "")
    if subject[0] == "segment":
        # Its charts say how the forecasts of the routes that cross it have held.
        how = sure_of(view, routes_over(view.material, subject[1]))
        own += "" if how == sure(view) else how[1]
    return _hash(
        version,
        pl.__version__,
        view.language.code,
        words,
        shared_print(view.material),
        *subject,
        own,
        str(with_data),
    )


def prints(material: Material) -> Mapping[tuple[str, str], str]:
    """A number for the rows that each route and segment has in the frames of its page."""
    held = material.memory.get("prints")
    if held is None:
        found: dict[tuple[str, str], str] = {}
        parts = [(name, "series_kind", "series_id") for name in OF_SERIES]
        parts += [("traffic_profile", "route", "route_id")] + [
            (name, "segment", "segment_id") for name in OF_SEGMENTS
        ]
        for name, kind, column in parts:
            frame = material[name]
            if frame.is_empty():
                continue
            kinds = pl.col(kind) if kind in frame.columns else pl.lit(kind)
            sums = (
                frame.select(kind=kinds, id=column, rows=frame.hash_rows(seed=7))
                .group_by("kind", "id")
                .agg(pl.len(), one=pl.col("rows").sum(), other=(pl.col("rows") // 7919).sum())
            )
            for kind_of, name_of, count, one, other in sums.iter_rows():
                found[kind_of, name_of] = (
                    found.get((kind_of, name_of), "") + f" {name} {count} {one} {other}"
                )
        held = material.memory["prints"] = found
    assert isinstance(held, dict)
    return held


def shared_print(material: Material) -> str:
    held = material.memory.get("shared")
    if held is None:
        edition = material.edition
        stated = [
            edition.grain,
            edition.origin,
            edition.simulated,
            edition.time_zone,
            edition.threshold_ratio,
            edition.risk_alpha_ratio,
            material.today,
            material.span,
            edition.words,
            material["new_route_quantile"]["project_id"].unique().sort().to_list(),
        ]
        rows = [material[name].write_csv() for name in SHARED]
        held = material.memory["shared"] = _hash(
            json.dumps(stated, sort_keys=True, default=str),
            str(material["runout"]["last_target"].max()),
            *rows,
        )
    return str(held)


def _hash(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()
