"""The network on a map, by utilization and by runout, and what charts of loads say of
themselves.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards import naming
from dashboards.charts.network import network
from dashboards.cuts import each
from dashboards.figure import LONGEST, Figure, plain_table
from dashboards.language import Period
from dashboards.material import Material
from dashboards.notes import Notes, closing, routes_over
from dashboards.trust import doubtful_routes
from dashboards.view import View

LEAST_SPAN = 0.5
"""Degrees: a network within one town is no map."""


def assumed_note(view: View, segment_ids: list[str]) -> Notes:
    """Which of the segments' lit capacities are assumptions."""
    found = sorted(
        naming.segment_label(view, name) for name in view.material.assumed.intersection(segment_ids)
    )
    if not found:
        return []
    if len(found) > 3 and len(found) == len(set(segment_ids)):
        return [(view.text("note.assumed"), view.text("note.lit_assumed_all"))]
    shown = ", ".join(found[:8]) + (f" … (+{len(found) - 8})" if len(found) > 8 else "")
    return [(view.text("note.assumed"), view.text("note.lit_assumed", names=shown))]


def load_notes(view: View, segment_ids: list[str], unit: str = "unit_text") -> Notes:
    text = view.text
    return [
        (text("note.unit"), text(f"note.{unit}")),
        (
            text("note.definition"),
            text("note.load", grain=text(f"grain.{view.material.edition.grain}")),
        ),
        (
            text("note.source"),
            text(
                "note.source_load_simulated"
                if view.material.edition.simulated
                else "note.source_load"
            ),
        ),
        *assumed_note(view, segment_ids),
        *closing(
            view, routes_over(view.material, segment_ids[0]) if len(segment_ids) == 1 else None
        ),
    ]


def badges(view: View, segment_ids: list[str]) -> tuple[str, ...]:
    words = [view.text("page.simulated_short")] if view.material.edition.simulated else []
    if assumed_note(view, segment_ids):
        words.append(view.text("page.assumed_short"))
    if len(segment_ids) == 1 and doubtful_routes(view.material, segment_ids[0]):
        words.append(view.text("trust.badge"))
    return tuple(words)


def worst_utilization(material: Material) -> pl.DataFrame:
    """Median utilization by segment and period: the busier direction in its worst failure. Busiest
    segment first.
    """
    if "worst_utilization" not in material.memory:
        material.memory["worst_utilization"] = _worst_utilization(material)
    frame: pl.DataFrame = material.memory["worst_utilization"]
    return frame


def _worst_utilization(material: Material) -> pl.DataFrame:
    frame = material["segment_load"].filter(
        (pl.col("quantile_level") == 0.5) & pl.col("utilization_ratio").is_not_null()
    )
    worst = (
        frame.sort("utilization_ratio", "failure_id", "direction", descending=[True, False, False])
        .group_by("segment_id", "target_start", maintain_order=True)
        .first()
    )
    peak = worst.group_by("segment_id").agg(peak=pl.col("utilization_ratio").max())
    return worst.join(peak, on="segment_id").sort(
        "peak", "segment_id", "target_start", descending=[True, False, False]
    )


def _lines(view: View, load: pl.DataFrame) -> pl.DataFrame:
    """One row per segment with both ends located: where it runs, its names, its utilization, its
    ranks on both maps.
    """
    ends = (
        view.material["node"]
        .filter(pl.col("lat").is_not_null() & pl.col("lon").is_not_null())
        .select("node_id", "lon", "lat")
    )
    threshold, grain = view.material.edition.threshold_ratio, view.material.edition.grain
    lines = (
        view.material["segment"]
        .join(ends, left_on="a_node", right_on="node_id")
        .join(ends.rename({"lon": "lon2", "lat": "lat2"}), left_on="z_node", right_on="node_id")
        .join(
            load.select("segment_id", "utilization_ratio", "lit_gbps"), on="segment_id", how="left"
        )
        .sort(pl.col("utilization_ratio").fill_null(-1), "segment_id")
    )
    runs = [view.material.runouts.get(name, {}).get("policy") for name in lines["segment_id"]]
    used = pl.col("utilization_ratio")
    return lines.with_columns(
        segment=pl.Series(
            [naming.segment_label(view, name) for name in lines["segment_id"]],
            dtype=pl.String,
        ),
        built=pl.col("status") == "in_service",
        status_name=pl.Series(
            [view.language.word("status", name) for name in lines["status"]], dtype=pl.String
        ),
        used=pl.when(used.is_null())
        .then(0)
        .when(used > 1)
        .then(4)
        .when(used > threshold)
        .then(3)
        .when(used > threshold * 0.75)
        .then(2)
        .otherwise(1),
        used_value=pl.Series(
            [view.language.percent(value) for value in lines["utilization_ratio"]], dtype=pl.String
        ),
        soon=pl.Series(
            [
                _urgency(run["t50"], view.material.today, run["last_target"]) if run else 0
                for run in runs
            ],
            dtype=pl.Int64,
        ),
        t50=pl.Series([run["t50"] if run else None for run in runs], dtype=pl.Date),
        soon_value=pl.Series(
            [
                view.language.period(Period(run["t50"], grain))
                if run and run["t50"]
                else view.language.period(Period(run["last_target"], grain), "after")
                if run
                else view.text("number.none")
                for run in runs
            ],
            dtype=pl.String,
        ),
    )


def _urgency(runout: date | None, today: date, last: date) -> int:
    """4 within a year from the planning date, 3 within two, 2 later or within a horizon of no more
    than two years, 1 after the horizon.
    """
    if runout is None:
        return 1
    if (last - today).days / 365.25 <= 2:
        return 2
    years = (runout - today).days / 365.25
    return 4 if years <= 1 else 3 if years <= 2 else 2


def map_figures(view: View) -> list[Figure]:
    """The map of the network by utilization at the end of the horizon, and by median runout; none
    where no segment has both ends located, or all lie in one place.
    """
    text, edition = view.text, view.material.edition
    last = worst_utilization(view.material)
    end = last["target_start"].max() if last.height else None
    load = last.filter(pl.col("target_start") == end) if isinstance(end, date) else last
    lines = _lines(view, load)
    everything = lines.height
    lines = lines.filter(pl.col("utilization_ratio").is_not_null() | ~pl.col("built"))
    if lines.is_empty() or _span(lines) < LEAST_SPAN:
        return []
    nodes = view.material["node"].filter(pl.col("lat").is_not_null() & pl.col("lon").is_not_null())
    loaded = lines.filter(pl.col("utilization_ratio").is_not_null()).height
    used = pl.concat([lines["a_node"], lines["z_node"]]).value_counts()
    places = nodes.join(used, left_on="node_id", right_on="a_node").sort(
        "count", "node_id", descending=[True, False]
    )
    shown = places.select(
        "lon",
        "lat",
        name=each(pl.col("node_id"), lambda name: naming.node_name(view, name)),
        labelled=_apart(places["lon"].to_list(), places["lat"].to_list()),
    )
    by = Period(end if isinstance(end, date) else edition.origin, edition.grain)
    ids = lines["segment_id"].to_list()
    left = (
        " " + text("map.left_out", n=everything - lines.height) if everything > lines.height else ""
    )
    theta = edition.threshold_ratio
    # What lies beyond the horizon can't be told apart: a short one has no classes of years.
    years = (by.start - view.material.today).days / 365.25
    ahead = (
        [text("map.later", by=by), text("map.two_years"), text("map.one_year")]
        if years > 2
        else [text("map.within", by=by)]
    )
    found = []
    dated = not view.material["runout"].is_empty()
    for kind, rank, value, names in (
        (
            "map",
            "used",
            "used_value",
            [
                text("map.unknown"),
                text("heat.below", high=theta * 0.75),
                text("heat.between", low=theta * 0.75, high=theta),
                text("heat.over_threshold", low=theta),
                text("heat.over_full"),
            ],
        ),
        (
            "map_runout",
            "soon",
            "soon_value",
            [text("map.unknown"), view.language.period(by, "after"), *ahead],
        ),
    ):
        if kind == "map_runout" and not lines["soon"].max():
            continue
        over = (
            lines["t50"].count()
            if kind == "map" and dated
            else lines.filter(pl.col(rank) > (2 if kind == "map" or years > 2 else 1)).height
        )
        finding = kind if kind == "map" or years > 2 else f"{kind}_by"
        title = text(
            f"title.{finding}{'' if over else '_none'}" if loaded else "title.map_unloaded",
            n=loaded,
            over=over,
            by=by,
            threshold=theta,
        )
        planned = lines.filter(~pl.col("built")).height
        title = text("map.dashed", title=title, planned=planned) if planned else title
        notes = load_notes(
            view,
            load["segment_id"].to_list(),
            "unit_share" if kind == "map" else "unit_date",
        )
        if kind == "map_runout":
            notes[1] = (text("note.definition"), text("note.runout", threshold=theta))
        heads = [
            ("segment", text("table.segment"), "text"),
            ("status_name", text("table.status"), "text"),
            (value, text("table.utilization" if kind == "map" else "table.t50"), "text"),
            ("lit_gbps", text("table.lit"), "n"),
        ]
        found.append(
            Figure(
                kind,
                title,
                alt=title,
                spec=network(
                    lines.select(
                        "segment",
                        "lon",
                        "lat",
                        "lon2",
                        "lat2",
                        "built",
                        "lit_gbps",
                        rank=rank,
                        value=value,
                        status="status_name",
                    ),
                    shown,
                    names,
                    view.language,
                ),
                subtitle=text(f"map.{'subtitle' if kind == 'map' else 'subtitle_runout'}") + left,
                notes=[*notes, (text("note.map"), text("note.outlines"))],
                # The list below a map of many segments has the same numbers.
                table=plain_table(
                    lines.sort(rank, "segment", descending=[True, False]),
                    heads,
                    view.language,
                    edition.grain,
                )
                if lines.height <= LONGEST
                else None,
                csv=f"{kind}.csv",
                data=lines.select(
                    "segment_id",
                    "a_node",
                    "z_node",
                    "lon",
                    "lat",
                    "lon2",
                    "lat2",
                    "built",
                    "utilization_ratio",
                    "lit_gbps",
                    "t50",
                ).sort("segment_id"),
                badges=badges(view, ids),
            )
        )
    return found


def _span(lines: pl.DataFrame) -> float:
    """The larger side, in degrees, of the box around all ends."""
    sides = [
        [*lines[one].to_list(), *lines[other].to_list()]
        for one, other in (("lon", "lon2"), ("lat", "lat2"))
    ]
    return float(max(max(side) - min(side) for side in sides))


def _apart(lons: list[float], lats: list[float]) -> pl.Series:
    """Which places get their name written: those not too near to one before them."""
    wide = max(max(lons) - min(lons), max(lats) - min(lats), 1e-9)
    kept: list[int] = []
    for index, (lon, lat) in enumerate(zip(lons, lats, strict=True)):
        if all(
            abs(lon - lons[other]) > wide / 11 or abs(lat - lats[other]) > wide / 32
            for other in kept
        ):
            kept.append(index)
    return pl.Series([index in set(kept) for index in range(len(lons))])
