"""The further charts of a route and of a segment: day and week, candidate models, probability of
runout.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards import naming
from dashboards.chapters.traffic.series import outlook
from dashboards.charts.components import MOST, components
from dashboards.charts.probability import probability
from dashboards.charts.profile import profile
from dashboards.charts.tornado import tornado
from dashboards.cuts import SeriesKey
from dashboards.figure import Figure, plain_table, slug
from dashboards.language import Period
from dashboards.notes import closing, receipt, routes_over, run_note, series_span, since
from dashboards.view import View


def _simulated(view: View) -> tuple[str, ...]:
    return (view.text("page.simulated_short"),) if view.material.edition.simulated else ()


def profile_figure(view: View, route_id: str, direction: str) -> Figure | None:
    """Traffic by local hour and weekday; None where the run has none for this route."""
    text = view.text
    frame = view.material.profiles.get((route_id, direction))
    if frame is None:
        return None
    top = frame.sort("mean_gbps", "weekday", "hour", descending=[True, False, False]).row(
        0, named=True
    )
    mean = frame["mean_gbps"].mean()
    name = naming.direction_name(view, ("route", route_id, direction, "mean"))
    day = view.language.words["weekdays.in"][top["weekday"] % 7]
    ratio = top["mean_gbps"] / mean if isinstance(mean, float) and mean else None
    title = text(
        "title.profile",
        name=name,
        day=day,
        hour=top["hour"],
        peak=top["mean_gbps"],
        ratio=ratio,
        unit=text("unit.gbps"),
    )
    zones = view.material.zones.get(route_id, [])
    zone = zones[0] if len(zones) == 1 else ""
    figure_id = slug(f"profile-{route_id}-{direction}")
    notes = [
        (text("note.unit"), text("note.unit_text")),
        (text("note.direction"), name),
        (
            text("note.definition"),
            text("note.profile_zone", zone=zone) if zone else text("note.profile"),
        ),
        (
            text("note.source"),
            text("note.simulated" if view.material.edition.simulated else "note.measured"),
        ),
        *since(view, ahead=False),
        run_note(view),
    ]
    hours = frame.pivot(
        on="weekday",
        on_columns=list(range(1, 8)),
        index="hour",
        values="mean_gbps",
        aggregate_function="first",
    ).sort("hour")
    days = [*view.language.words["weekdays.short"][1:], view.language.words["weekdays.short"][0]]
    heads = [
        ("hour", text("profile.hour"), "n0"),
        *((str(number), days[number - 1], "n") for number in range(1, 8)),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=profile(frame, view.language),
        notes=notes,
        table=plain_table(hours, heads, view.language, "month"),
        csv=f"{figure_id}.csv",
        data=frame,
        badges=_simulated(view),
    )


def components_figure(view: View, key: SeriesKey) -> Figure | None:
    """What the candidates said; None where the run kept none."""
    text = view.text
    frame = view.material.components.get(key)
    if frame is None:
        return None
    weights = (
        frame.group_by("model")
        .agg(weight=pl.col("weight").mean())
        .sort("weight", "model", descending=[True, False])
    )
    heavy = weights.filter(pl.col("weight") > 0).head(MOST)["model"].to_list()
    if not heavy:
        return None
    shown = frame.filter(pl.col("model").is_in(heavy))
    last = shown.filter(pl.col("target_start") == shown["target_start"].max())
    names = {model: view.language.word("model", model) for model in heavy}
    top = weights.row(0, named=True)
    name = naming.titled(view, key)
    title = text(
        "title.components",
        name=name,
        model=names[top["model"]],
        weight=top["weight"],
        low=last["value_gbps"].min(),
        high=last["value_gbps"].max(),
        unit=text("unit.gbps"),
        ensemble=outlook(view.material, key).end_gbps,
    )
    stated = ", ".join(
        f"{view.language.word('model', row[0])} {view.language.percent(row[1])}"
        for row in weights.iter_rows()
    )
    names["ensemble"] = view.language.word("model", "ensemble")
    order = pl.DataFrame({"model": [*heavy, "ensemble"], "place": range(len(heavy) + 1)})
    chosen = (
        view.material.series[key]
        .filter(pl.col("q500").is_not_null())
        .select(target_start="start", value_gbps="q500", model=pl.lit("ensemble"))
    )
    part = (
        pl.concat([shown.select("target_start", "value_gbps", "model"), chosen])
        .join(order, on="model")
        .sort("place", "target_start")
        .with_columns(model=pl.col("model").replace_strict(names, return_dtype=pl.String))
    )
    grain = view.material.grain(key[0])
    figure_id = slug("components-" + "-".join(key))
    notes = [
        (text("note.unit"), text("note.unit_text")),
        (text("note.definition"), text("note.components", weights=stated)),
        (
            text("note.source"),
            text("note.simulated" if view.material.edition.simulated else "note.measured"),
        ),
        (text("note.interval"), receipt(view, key)),
        *series_span(view, key),
        run_note(view),
    ]
    heads = [
        ("model", text("table.model"), "text"),
        ("target_start", text("table.period"), "period"),
        ("value_gbps", text("unit.gbps"), "n"),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=components(part.select("model", "target_start", "value_gbps"), grain, view.language),
        notes=notes,
        table=plain_table(part, heads, view.language, grain),
        csv=f"{figure_id}.csv",
        data=frame.select("model", "target_start", "value_gbps", "weight"),
        badges=_simulated(view),
    )


def probability_figure(view: View, segment_id: str, direction: str) -> Figure | None:
    """How likely the segment has run out by each period; None where no path ever does."""
    text = view.text
    frame = view.material.chances.get((segment_id, direction))
    if frame is None or not frame["probability"].max():
        return None
    kinds = ("policy", "hard")
    wide = frame.pivot(
        on="date_kind",
        on_columns=list(kinds),
        index="target_start",
        values="probability",
        aggregate_function="first",
    ).sort("target_start")
    grain = view.material.edition.grain
    name = naming.segment_direction(view, segment_id, direction)
    last = wide.row(-1, named=True)
    title = text(
        "title.probability",
        name=name,
        by=Period(last["target_start"], grain),
        policy=last["policy"],
        hard=last["hard"],
    )
    runs = [run for run in view.material.runs.get(segment_id, []) if run["direction"] == direction]
    error = max((run["monte_carlo_se"] for run in runs), default=None)
    figure_id = slug(f"probability-{segment_id}-{direction}")
    notes = [
        (text("note.unit"), text("note.unit_probability")),
        (text("note.definition"), text("note.probability", se=error)),
        (
            text("note.source"),
            text(
                "note.source_load_simulated"
                if view.material.edition.simulated
                else "note.source_load"
            ),
        ),
        *closing(view, routes_over(view.material, segment_id)),
    ]
    heads = [
        ("target_start", text("table.period"), "period"),
        ("policy", text("probability.policy"), "pct"),
        ("hard", text("probability.hard"), "pct"),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=probability(wide, grain, view.language),
        notes=notes,
        table=plain_table(wide, heads, view.language, grain),
        csv=f"{figure_id}.csv",
        data=wide,
        badges=_simulated(view),
    )


MOST_EFFECTS = 8


def _effect(view: View, assumption_id: str, name: str) -> str:
    kind, _, project_id = assumption_id.partition(":")
    if kind == "project":
        return view.text("effect.project", name=naming.project_name(view, project_id))
    if view.language.knows("effect", assumption_id):
        return view.language.word("effect", assumption_id)
    scope = view.material["assumption"].filter(pl.col("assumption_id") == assumption_id)["scope"]
    where = naming.scope_name(view, scope[0]) if scope.len() else assumption_id
    return f"{view.language.word('assumption', name)} ({where})"


def tornado_figure(view: View, segment_id: str) -> Figure | None:
    """How far each assumption moves the last day to order; None where nothing moves it."""
    text = view.text
    frame = view.material.effects.get(segment_id)
    if frame is None:
        return None
    shown = (
        frame.filter((pl.col("swing_days") > 0) & pl.col("order_by_base").is_not_null())
        .sort("effect_rank")
        .head(MOST_EFFECTS)
    )
    if shown.is_empty():
        return None
    last = view.material["runout"]["last_target"].max()
    end = last if isinstance(last, date) else shown["order_by_base"][0]

    def when(value: date | None) -> str:
        return (
            view.language.day(value)
            if value
            else view.language.period(Period(end, view.material.edition.grain), "after")
        )

    names = [
        _effect(view, row["assumption_id"], row["name"]) for row in shown.iter_rows(named=True)
    ]
    rows = pl.DataFrame(
        {
            "assumption": names,
            **{
                short: [value or end for value in shown[f"order_by_{short}"]]
                for short in ("low", "base", "high")
            },
            **{
                f"{short}_label": [when(value) for value in shown[f"order_by_{short}"]]
                for short in ("low", "base", "high")
            },
            "swing": shown["swing_days"],
            "share": shown["variance_share_ratio"],
        }
    )
    segment = naming.segment_label(view, segment_id)
    title = text(
        "title.tornado", segment=segment, name=names[0], days=round(shown["swing_days"][0])
    )
    figure_id = slug(f"tornado-{segment_id}")
    heads = [
        ("assumption", text("table.assumption"), "text"),
        *(
            (f"{short}_label", text(f"tornado.{short}"), "text")
            for short in ("low", "base", "high")
        ),
        ("swing", text("table.swing"), "n0"),
        ("share", text("table.variance_share"), "pct"),
    ]
    notes = [
        (text("note.unit"), text("note.unit_date")),
        (text("note.definition"), text("note.tornado")),
        (
            text("note.source"),
            text(
                "note.source_load_simulated"
                if view.material.edition.simulated
                else "note.source_load"
            ),
        ),
        *closing(view, routes_over(view.material, segment_id)),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=tornado(rows.drop("swing", "share"), view.language),
        subtitle=text("tornado.subtitle"),
        notes=notes,
        table=plain_table(rows, heads, view.language, "month"),
        csv=f"{figure_id}.csv",
        data=frame,
        badges=(*_simulated(view), text("page.assumed_short")),
    )
