"""A page for each planned build with a forecast of its own: what it is, what it would carry,
whom it takes from, when the forecast counts as wrong, and what its ring is worth.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, NamedTuple

import polars as pl

from dashboards import naming
from dashboards.chapters.places import project_path, route_path, segment_path
from dashboards.chapters.traffic.new_routes import fans, registered, split_figure
from dashboards.figure import Cell, Page, Section, Table, capital, day, dollars, number, percent
from dashboards.language import Period
from dashboards.material import Material
from dashboards.view import View

LINK = re.compile(r"https?://[^\s();,]+")


def own_projects(material: Material) -> list[str]:
    """The builds that have forecasts of new routes."""
    named = {
        *material["new_route_quantile"]["project_id"],
        *material["new_route_share"]["project_id"],
    }
    return sorted(named & set(material.projects))


def built_with(material: Material, project_id: str) -> list[str]:
    """The project and those that are decided with it."""
    for row in material["build_choice"].iter_rows(named=True):
        parts = str(row["build_id"]).split("+")
        if project_id in parts:
            return [project_id, *(part for part in parts if part != project_id)]
    return [project_id]


def segments_of(material: Material, project_id: str) -> list[str]:
    """The segments that the project and those decided with it build."""
    found = (material.projects.get(name, {}) for name in built_with(material, project_id))
    return [str(row["segment_id"]) for row in found if row.get("segment_id")]


def project_of_segment(material: Material, segment_id: str) -> str:
    """The project with a page of its own that builds a segment; empty for none."""
    for project_id in own_projects(material):
        if segment_id in segments_of(material, project_id):
            return project_id
    return ""


def pages(view: View) -> list[Page]:
    return [_page(view, project_id) for project_id in own_projects(view.material)]


def _page(view: View, project_id: str) -> Page:
    text, material = view.text, view.material
    shares = material["new_route_share"].filter(pl.col("project_id") == project_id)
    splits = [
        split_figure(view, project_id, str(key[0]), frame)
        for key, frame in shares.partition_by("market", as_dict=True, maintain_order=True).items()
    ]
    sections = [
        _state(view, project_id),
        Section(
            text("project.carries"),
            [_plan_words(view, project_id)],
            fans(view, project_id),
            table=_stories(view, project_id),
        ),
        Section(text("project.takes"), figures=splits[:1], table=_losers(view, shares)),
        *([found] if (found := registered(view, project_id)) else []),
        *([ring] if (ring := _ring(view, project_id)) else []),
        *([money] if (money := _money(view, project_id)) else []),
    ]
    return Page(
        project_path(project_id),
        naming.project_name(view, project_id),
        _answer(view, project_id),
        sections,
    )


def _answer(view: View, project_id: str) -> list[str]:
    """The page in two sentences: is it coming, and does it matter."""
    text, row = view.text, view.material.projects[project_id]
    choice = _choice(view.material, project_id)
    return [
        text(
            "project.answer",
            status=view.language.word("status", row["status"]),
            low=Period(row["ready_low"]),
            likely=Period(row["ready_likely"]),
            high=Period(row["ready_high"]),
        ),
        *([naming.reason_text(view, choice).split(". ")[0] + "."] if choice else []),
    ]


def _choice(material: Material, project_id: str) -> dict[str, Any] | None:
    for row in material["build_choice"].iter_rows(named=True):
        if project_id in str(row["build_id"]).split("+"):
            return row
    return None


def _state(view: View, project_id: str) -> Section:
    """Status and dates of the build and of what is built with it, with their sources."""
    text = view.text
    rows, links = [], []
    for name in built_with(view.material, project_id):
        row = view.material.projects[name]
        rows.append(
            [
                Cell(
                    naming.project_name(view, name),
                    link="../" + segment_path(row["segment_id"]) if row["segment_id"] else "",
                ),
                Cell(
                    capital(view.language.word("status", row["status"])),
                    badge=text("page.assumed_short") if row["assumed"] else "",
                ),
                *(day(view.language, row[f"ready_{end}"]) for end in ("low", "likely", "high")),
                Cell(
                    naming.translate_text(
                        view, LINK.sub("", row["source"] or "").replace("()", "")
                    ),
                    wide=True,
                ),
            ]
        )
        links += [(link, link) for link in LINK.findall(row["source"] or "")]
    heads = ("project", "status", "ready_low", "ready_likely", "ready_high", "source")
    return Section(
        text("project.state"),
        table=Table([text(f"table.{head}") for head in heads], rows),
        links=list(dict.fromkeys(links)),
    )


def _on(material: Material, segments: Sequence[str]) -> dict[str, list[int]]:
    """The ranks of each route's paths that use one of the segments."""
    return {
        route_id: ranks
        for route_id, paths in material.paths.items()
        if (ranks := [rank for rank, path in paths.items() if set(path) & set(segments)])
    }


def _plan_words(view: View, project_id: str) -> str:
    """What the plan sends over it."""
    on = _on(view.material, segments_of(view.material, project_id))
    first = [naming.route_name(view, name) for name, ranks in on.items() if 1 in ranks]
    backup = [naming.route_name(view, name) for name, ranks in on.items() if 1 not in ranks]
    if first:
        return view.text("project.first", routes="; ".join(first))
    if backup:
        return view.text("project.backup", routes="; ".join(backup))
    return view.text("project.unused")


def _stories(view: View, project_id: str) -> Table | None:
    """What each scenario sends over it: routes by the rank of their path, with their forecast at
    the end, and how likely it passes its threshold.
    """
    text, material = view.text, view.material
    segments = segments_of(material, project_id)
    effects = material["scenario_effect"].filter(
        pl.col("segment_id").is_in(segments) & (pl.col("date_kind") == "policy")
    )
    rows = []
    for scenario_id, changes in sorted(material.edition.stories.items()):
        moved = [
            change
            for kind, change in changes
            if kind == "path" and set(change["segments"]) & set(segments)
        ]
        if not moved:
            continue
        odds = effects.filter(pl.col("scenario_id") == scenario_id)["probability_scenario"].max()
        for change in sorted(moved, key=lambda change: change["rank"]):
            seen = _end(material, change["route"])
            name = naming.route_name(view, change["route"])
            rows.append(
                [
                    Cell(naming.translate_text(view, scenario_id)),
                    Cell(name, link="../" + route_path(change["route"])),
                    Cell(
                        text("route.path")
                        if change["rank"] == 1
                        else text("route.backup", rank=change["rank"])
                    ),
                    *(number(view.language, value) for value in seen),
                    percent(view.language, odds if isinstance(odds, float) else None),
                ]
            )
    heads = ("story", "route", "use_as", "q500", "q100", "q900", "risk_of_threshold")
    if not rows:
        return None
    end = Period(material.span[2] or material.edition.origin, material.edition.grain)
    caption = text("project.stories_caption", at=end)
    return Table([text(f"table.{head}") for head in heads], rows, caption=caption)


def _end(material: Material, route_id: str) -> tuple[float | None, float | None, float | None]:
    """Median and 80 % interval of the busier peak at the end of the forecast."""
    key = next(iter(material.keys.get(("route", route_id), [])), None)
    frame = material.series.get(key) if key else None
    ahead = frame.filter(pl.col("q500").is_not_null()) if frame is not None else None
    if ahead is None or ahead.is_empty():
        return None, None, None
    last = ahead.row(-1, named=True)
    return last["q500"], last["q100"], last["q900"]


def _losers(view: View, shares: pl.DataFrame) -> Table | None:
    """Whom it takes from, in all its markets."""
    text, language = view.text, view.language
    frame = shares.filter(~pl.col("is_new")).sort("lost_p50_gbps", descending=True)
    rows = [
        [
            Cell(naming.way_name(view, row["alternative_id"])),
            Cell(naming.market_name(view, row["market"])),
            percent(language, row["share_before_ratio"]),
            percent(language, row["share_after_ratio"]),
            *(number(language, row[f"lost_p{level}_gbps"]) for level in (50, 10, 90)),
        ]
        for row in frame.iter_rows(named=True)
    ]
    if not rows:
        return None
    heads = [
        text("table.way"),
        text("table.market"),
        text("market.before"),
        text("market.after"),
        *(text(f"table.{head}") for head in ("lost_p50", "lost_low", "lost_high")),
    ]
    return Table(heads, rows)


class RingRow(NamedTuple):
    """Paths of a route that are left after a failure: without the build, with it, and with it in a
    trench of its own; `gbps` is the route's median peak at the end of the forecast.
    """

    route_id: str
    failure_id: str
    without: int
    with_it: int
    own_trench: int
    gbps: float | None


def ring_rows(material: Material, project_id: str) -> list[RingRow]:
    """For each route that has a path over the build and each group that fails together, or line,
    that this path could go around.
    """
    mine = set(segments_of(material, project_id))
    groups: dict[str, set[str]] = {}
    for group_id, segment_id in (
        material["risk_group"].select("risk_group_id", "segment_id").iter_rows()
    ):
        groups.setdefault(f"risk_group:{group_id}", set()).add(segment_id)
    rows = []
    for route_id in _on(material, sorted(mine)):
        paths = [set(path) for path in material.paths[route_id].values()]
        others = [path for path in paths if not path & mine]
        lines = {f"segment:{name}": {name} for path in others for name in path}
        over = _end(material, route_id)[0]
        for failure_id, failed in {**groups, **lines}.items():
            if failed <= mine or not any(path & failed for path in others):
                continue
            without = sum(not path & failed for path in others)
            with_it = sum(not path & failed for path in paths)
            own = sum(not path & (failed - mine) for path in paths)
            if own > without:
                rows.append(RingRow(route_id, failure_id, without, with_it, own, over))
    return sorted(
        rows,
        key=lambda row: (
            row.failure_id.startswith("segment:"),
            row.without,
            row.failure_id,
            row.route_id,
        ),
    )


def _ring(view: View, project_id: str) -> Section | None:
    """What the ring is worth: by the group (trench, crossing, border) or line that fails."""
    text, material = view.text, view.material
    found = ring_rows(material, project_id)
    on = _on(material, segments_of(material, project_id))
    if not on:
        return None
    kinds = dict(material["risk_group"].select("risk_group_id", "kind").iter_rows())
    grouped: dict[str, list[RingRow]] = {}
    for row in found:
        grouped.setdefault(row.failure_id, []).append(row)
    rows = []
    for failure_id, members in grouped.items():
        known = [row.gbps for row in members if row.gbps is not None]
        kind = kinds.get(failure_id.partition(":")[2], "segment")
        names = dict.fromkeys(naming.route_name(view, row.route_id) for row in members)
        rows.append(
            [
                Cell(capital(naming.failed_name(view, failure_id))),
                Cell(view.language.word("risk_kind", kind)),
                Cell("; ".join(names)),
                number(view.language, sum(known) if known else None),
                *(
                    number(view.language, min(getattr(row, count) for row in members), 0)
                    for count in ("without", "with_it", "own_trench")
                ),
            ]
        )
    saved = {row.route_id for row in found if not row.without and row.with_it}
    shared = [row for row in found if row.own_trench > row.with_it]
    words = [
        text(
            "project.ring_saves",
            routes="; ".join(naming.route_name(view, name) for name in sorted(saved)),
        )
        if saved
        else text("project.ring_none")
    ]
    if shared:
        names = dict.fromkeys(naming.failed_name(view, row.failure_id) for row in shared)
        words.append(text("project.ring_shared", names="; ".join(names)))
    words.append(text("project.ring_border"))
    heads = ("failure_of", "kind", "route", "q500_gbps", "paths_without", "paths_with", "paths_own")
    return Section(
        text("project.ring"),
        words,
        table=Table([text(f"table.{head}") for head in heads], rows) if rows else None,
        anchor="ring",
    )


def _money(view: View, project_id: str) -> Section | None:
    """Whether it pays, as the plan's comparison of builds finds."""
    row = _choice(view.material, project_id)
    if row is None:
        return None
    heads = ("price", "build", "saves", "keeps", "earns", "net")
    saves = _less(row["orders_without_usd"], row["orders_with_usd"])
    keeps = _less(row["lost_without_usd"], row["lost_with_usd"])
    values = (
        row["price_usd"],
        row["build_cost_usd"],
        saves,
        keeps,
        row["earned_usd"],
        row["net_usd"],
    )
    return Section(
        view.text("project.money"),
        [naming.reason_text(view, row)],
        table=Table(
            [view.text(f"project.usd_{head}") for head in heads],
            [[dollars(view.language, value) for value in values]],
        ),
        links=[("../plan.html", view.text("plan.title"))],
    )


def _less(a: float | None, b: float | None) -> float | None:
    return None if a is None or b is None else a - b
