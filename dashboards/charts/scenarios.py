"""What a story does to the runout of segments, beside the plan."""

from __future__ import annotations

import copy

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, form, spread, spread_ticks, with_rows
from dashboards.language import Language
from dashboards.theme import MUTED, NAVY, ORANGE


def scenarios(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per segment, the most moved first: segment (shown name), base, scenario (dates, the
    horizon's end where open), base_label, scenario_label.
    """
    order = frame["segment"].unique(maintain_order=True).to_list()
    spec = with_rows(
        copy.deepcopy(_form(language, len(order), spread(frame["base"], frame["scenario"]))),
        frame.to_dicts(),
    )
    for layer in spec["layer"]:
        layer["encoding"]["y"]["sort"] = order
    return spec


def comparison(frame: pl.DataFrame, language: Language) -> Spec:
    """One row per story and segment, the most moved first: as for `scenarios`, and story (shown
    name). A switch chooses the story and with it its rows, on the same axis of time; without it the
    first is shown.
    """
    stories = frame["story"].unique(maintain_order=True).to_list()
    apart = spread(frame["base"], frame["scenario"])
    most = frame.group_by("story").len()["len"].max()
    count = most if isinstance(most, int) else 1
    placed = frame.with_columns(place=pl.int_range(pl.len()).over("story"))
    spec = with_rows(
        copy.deepcopy(_form(language, count, apart, tuple(stories))), placed.to_dicts()
    )
    for layer in spec["layer"]:
        if "y" in layer["encoding"]:
            layer["encoding"]["y"]["sort"] = {"field": "place", "op": "min"}
    return spec


@form
def _form(
    language: Language, count: int, apart: str, stories: tuple[str, ...] = ()
) -> alt.TopLevelMixin:
    text = language.text
    chart = alt.Chart(alt.NamedData("rows"))
    if stories:
        chart = chart.transform_filter("datum.story === chosen")
    row = alt.Y(
        "segment:N", axis=alt.Axis(title=None, labelLimit=320, ticks=False, domain=False, grid=True)
    )
    names = [text("scenario.base"), text("scenario.story")]
    tips = [
        alt.Tooltip("segment:N", title=text("table.segment")),
        alt.Tooltip("base_label:N", title=names[0]),
        alt.Tooltip("scenario_label:N", title=names[1]),
    ]

    def at(field: str) -> alt.X:
        return alt.X(
            f"{field}:T",
            scale=alt.Scale(type="utc", padding=12),
            axis=spread_ticks(apart, text("date.axis")),
        )

    colour = alt.Color(
        "which:N",
        scale=alt.Scale(domain=names, range=[NAVY, ORANGE]),
        legend=alt.Legend(title=None),
    )
    shape = alt.Shape(
        "which:N",
        scale=alt.Scale(domain=names, range=["circle", "diamond"]),
        legend=alt.Legend(title=None),
    )
    layers = [
        chart.mark_rule(color=MUTED, strokeWidth=2).encode(at("base"), alt.X2("scenario:T"), row)
    ]
    for field, name in zip(("base", "scenario"), names, strict=True):
        marks = chart.transform_calculate(which=f"'{name}'").mark_point(
            filled=True, size=90, opacity=1
        )
        layers.append(marks.encode(at(field), row, color=colour, shape=shape, tooltip=tips))
    if stories:
        # The dates of all stories, unseen, keep the axis as the switch moves.
        every = alt.Chart(alt.NamedData("rows")).mark_point(opacity=0)
        layers += [every.encode(at("base")), every.encode(at("scenario"))]
    layered = alt.layer(*layers)
    if stories:
        switch = alt.binding_select(options=list(stories), name=text("scenario.switch") + " ")
        layered = layered.add_params(alt.param(name="chosen", value=stories[0], bind=switch))
    return layered.properties(width="container", height=max(60, 26 * count))
