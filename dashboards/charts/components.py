"""What each candidate model said, and the weight it had in the forecast."""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import (
    Spec,
    amount_axis,
    amount_tip,
    form,
    labelled,
    time_axis,
    with_rows,
)
from dashboards.language import Language
from dashboards.theme import CHARCOAL, LILAC, NAVY, ORANGE, PLUM, TEAL
from warehouse.schema import Grain

MOST = 4


def components(frame: pl.DataFrame, grain: Grain, language: Language) -> Spec:
    """One row per model and period: model (shown name), target_start, value_gbps; the heaviest
    models first, at most four, and the ensemble last: the one whole line.
    """
    order = frame["model"].unique(maintain_order=True).to_list()
    spec = with_rows(
        _form(language, grain, len(order)),
        labelled(frame, "target_start", grain, language).to_dicts(),
    )
    encoding = dict(spec["encoding"])
    for channel in ("color", "strokeDash"):
        encoding[channel] = {
            **encoding[channel],
            "scale": {**encoding[channel]["scale"], "domain": order},
        }
    spec["encoding"] = encoding
    return spec


@form
def _form(language: Language, grain: Grain, count: int) -> alt.TopLevelMixin:
    colours = [*[NAVY, ORANGE, TEAL, PLUM, LILAC][: count - 1], CHARCOAL]
    dashes = [*[[6, 3], [2, 2], [8, 3, 2, 3], [4, 1], [1, 3]][: count - 1], [1, 0]]
    legend = alt.Legend(title=None, columns=0, symbolType="stroke", symbolSize=400)
    chart = (
        alt.Chart(alt.NamedData("rows"))
        .mark_line()
        .encode(
            time_axis("target_start", grain, language.text("date.axis")),
            amount_axis("value_gbps", language.text("unit.gbps")),
            color=alt.Color("model:N", scale=alt.Scale(range=colours), legend=legend),
            strokeDash=alt.StrokeDash("model:N", scale=alt.Scale(range=dashes), legend=legend),
            tooltip=[
                alt.Tooltip("model:N", title=language.text("table.model")),
                alt.Tooltip("label:N", title=language.text("table.period")),
                amount_tip("value_gbps", language.text("unit.gbps")),
            ],
        )
    )
    sized: alt.Chart = chart.properties(width="container", height=240)
    return sized
