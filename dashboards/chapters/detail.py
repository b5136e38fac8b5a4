"""The further charts of a route and of a segment: day and week, candidate models, probability of
runout.
"""

from __future__ import annotations

from datetime import date

import polars as pl

from dashboards import naming
from dashboards.chapters.series import outlook
from dashboards.charts.components import MOST, components
from dashboards.charts.probability import probability
from dashboards.charts.profile import profile
from dashboards.charts.tornado import tornado
from dashboards.cuts import SeriesKey
from dashboards.figure import Figure, plain_table, slug
from dashboards.language import Language, Period
from dashboards.material import Material
from dashboards.notes import closing, receipt, run_note, series_span, since


def _simulated(material: Material, language: Language) -> tuple[str, ...]:
    return (language.text("page.simulated_short"),) if material.edition.simulated else ()


def profile_figure(
    material: Material, route_id: str, direction: str, language: Language
) -> Figure | None:
    """Traffic by local hour and weekday; None where the run has none for this route."""
    text = language.text
    frame = material.profiles.get((route_id, direction))
    if frame is None:
        return None
    top = frame.sort("mean_gbps", "weekday", "hour", descending=[True, False, False]).row(
        0, named=True
    )
    mean = frame["mean_gbps"].mean()
    name = naming.direction_name(material, ("route", route_id, direction, "mean"), language)
    day = language.words["weekdays.in"][top["weekday"] % 7]
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
    zones = material.zones.get(route_id, [])
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
            text("note.simulated" if material.edition.simulated else "note.measured"),
        ),
        *since(material, language, ahead=False),
        run_note(material, language),
    ]
    hours = frame.pivot(
        on="weekday",
        on_columns=list(range(1, 8)),
        index="hour",
        values="mean_gbps",
        aggregate_function="first",
    ).sort("hour")
    days = [*language.words["weekdays.short"][1:], language.words["weekdays.short"][0]]
    heads = [
        ("hour", text("profile.hour"), "n0"),
        *((str(number), days[number - 1], "n") for number in range(1, 8)),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=profile(frame, language),
        notes=notes,
        table=plain_table(hours, heads, language, "month"),
        csv=f"{figure_id}.csv",
        data=frame,
        badges=_simulated(material, language),
    )


def components_figure(material: Material, key: SeriesKey, language: Language) -> Figure | None:
    """What the candidates said; None where the run kept none."""
    text = language.text
    frame = material.components.get(key)
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
    names = {model: language.word("model", model) for model in heavy}
    top = weights.row(0, named=True)
    name = naming.titled(material, key, language)
    title = text(
        "title.components",
        name=name,
        model=names[top["model"]],
        weight=top["weight"],
        low=last["value_gbps"].min(),
        high=last["value_gbps"].max(),
        unit=text("unit.gbps"),
        ensemble=outlook(material, key).end_gbps,
    )
    stated = ", ".join(
        f"{language.word('model', row[0])} {language.percent(row[1])}"
        for row in weights.iter_rows()
    )
    names["ensemble"] = language.word("model", "ensemble")
    order = pl.DataFrame({"model": [*heavy, "ensemble"], "place": range(len(heavy) + 1)})
    chosen = (
        material.series[key]
        .filter(pl.col("q500").is_not_null())
        .select(target_start="start", value_gbps="q500", model=pl.lit("ensemble"))
    )
    part = (
        pl.concat([shown.select("target_start", "value_gbps", "model"), chosen])
        .join(order, on="model")
        .sort("place", "target_start")
        .with_columns(model=pl.col("model").replace_strict(names, return_dtype=pl.String))
    )
    grain = material.grain(key[0])
    figure_id = slug("components-" + "-".join(key))
    notes = [
        (text("note.unit"), text("note.unit_text")),
        (text("note.definition"), text("note.components", weights=stated)),
        (
            text("note.source"),
            text("note.simulated" if material.edition.simulated else "note.measured"),
        ),
        (text("note.interval"), receipt(material, key, language)),
        *series_span(material, key, language),
        run_note(material, language),
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
        spec=components(part.select("model", "target_start", "value_gbps"), grain, language),
        notes=notes,
        table=plain_table(part, heads, language, grain),
        csv=f"{figure_id}.csv",
        data=frame.select("model", "target_start", "value_gbps", "weight"),
        badges=_simulated(material, language),
    )


def probability_figure(
    material: Material, segment_id: str, direction: str, language: Language
) -> Figure | None:
    """How likely the segment has run out by each period; None where no path ever does."""
    text = language.text
    frame = material.chances.get((segment_id, direction))
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
    grain = material.edition.grain
    name = naming.segment_direction(material, segment_id, direction, language)
    last = wide.row(-1, named=True)
    title = text(
        "title.probability",
        name=name,
        by=Period(last["target_start"], grain),
        policy=last["policy"],
        hard=last["hard"],
    )
    runs = [run for run in material.runs.get(segment_id, []) if run["direction"] == direction]
    error = max((run["monte_carlo_se"] for run in runs), default=None)
    figure_id = slug(f"probability-{segment_id}-{direction}")
    notes = [
        (text("note.unit"), text("note.unit_probability")),
        (text("note.definition"), text("note.probability", se=error)),
        (
            text("note.source"),
            text(
                "note.source_load_simulated" if material.edition.simulated else "note.source_load"
            ),
        ),
        *closing(material, language),
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
        spec=probability(wide, grain, language),
        notes=notes,
        table=plain_table(wide, heads, language, grain),
        csv=f"{figure_id}.csv",
        data=wide,
        badges=_simulated(material, language),
    )


MOST_EFFECTS = 8


def _effect(material: Material, assumption_id: str, name: str, language: Language) -> str:
    kind, _, project_id = assumption_id.partition(":")
    if kind == "project":
        return language.text(
            "effect.project", name=naming.project_name(material, project_id, language)
        )
    if language.knows("effect", assumption_id):
        return language.word("effect", assumption_id)
    return f"{language.word('assumption', name)} ({assumption_id})"


def tornado_figure(material: Material, segment_id: str, language: Language) -> Figure | None:
    """How far each assumption moves the last day to order; None where nothing moves it."""
    text = language.text
    frame = material.effects.get(segment_id)
    if frame is None:
        return None
    shown = (
        frame.filter((pl.col("swing_days") > 0) & pl.col("order_by_base").is_not_null())
        .sort("effect_rank")
        .head(MOST_EFFECTS)
    )
    if shown.is_empty():
        return None
    last = material["runout"]["last_target"].max()
    end = last if isinstance(last, date) else shown["order_by_base"][0]

    def when(value: date | None) -> str:
        return (
            language.day(value)
            if value
            else language.period(Period(end, material.edition.grain), "after")
        )

    names = [
        _effect(material, row["assumption_id"], row["name"], language)
        for row in shown.iter_rows(named=True)
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
    segment = naming.segment_label(material, segment_id, language)
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
                "note.source_load_simulated" if material.edition.simulated else "note.source_load"
            ),
        ),
        *closing(material, language),
    ]
    return Figure(
        figure_id,
        title,
        alt=title,
        spec=tornado(rows.drop("swing", "share"), language),
        subtitle=text("tornado.subtitle"),
        notes=notes,
        table=plain_table(rows, heads, language, "month"),
        csv=f"{figure_id}.csv",
        data=frame,
        badges=(*_simulated(material, language), text("page.assumed_short")),
    )
