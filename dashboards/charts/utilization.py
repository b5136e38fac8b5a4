"""Heat map of segment utilization by period, against the planning threshold."""

from __future__ import annotations

import altair as alt
import polars as pl

from dashboards.charts.drawing import Spec, amount_tip, calendar_axis, form, labelled, with_rows
from dashboards.language import Language
from dashboards.theme import CHARCOAL, HEAT, PAPER
from warehouse.schema import Grain

PARTS, CALM_PARTS = (0.5, 0.75), (0.25, 0.375)
"""Of the threshold: where the two lighter colours end; lower where the whole network is calm, which
would else be one colour.
"""


def utilization(
    frame: pl.DataFrame, threshold_ratio: float, grain: Grain, language: Language
) -> Spec:
    """One row per segment and period: segment (shown name), target_start, utilization_ratio,
    load_gbps, lit_gbps.

    Rows stand in the order of the frame's segments: sort by what matters most.
    """
    order = frame["segment"].unique(maintain_order=True).to_list()
    # A page holds a thousand cells: what can be told of a cell's values is not written beside them.
    rows = frame.with_columns(pl.col("utilization_ratio").round(4))
    if grain != "month":
        rows = labelled(rows, "target_start", grain, language)
    top = frame["utilization_ratio"].max()
    calm = isinstance(top, float) and top < threshold_ratio * PARTS[0]
    form_of = _form(
        language,
        threshold_ratio,
        len(order),
        CALM_PARTS if calm else PARTS,
        grain,
        rows["target_start"].n_unique(),
    )
    spec = with_rows(form_of, rows.to_dicts())
    spec["encoding"] = {**spec["encoding"], "y": {**spec["encoding"]["y"], "sort": order}}
    return spec


@form
def _form(
    language: Language,
    threshold_ratio: float,
    count: int,
    parts: tuple[float, float],
    grain: Grain,
    periods: int,
) -> alt.TopLevelMixin:
    text = language.text
    steps = [threshold_ratio * parts[0], threshold_ratio * parts[1], threshold_ratio, 1.0]
    names = [
        text("heat.below", high=steps[0]),
        text("heat.between", low=steps[0], high=steps[1]),
        text("heat.between", low=steps[1], high=steps[2]),
        text("heat.over_threshold", low=steps[2]) + " •",
        text("heat.over_full") + " ×",
    ]
    value = "datum.utilization_ratio"
    level = (
        f"{value} > 1 ? 4 : {value} > {steps[2]} ? 3 : {value} > {steps[1]} ? 2 : {value} > "
        f"{steps[0]} ? 1 : 0"
    )
    chart = alt.Chart(alt.NamedData("rows")).transform_calculate(
        level=f"[{', '.join(repr(name) for name in names)}][{level}]"
    )
    cells = chart.mark_rect(stroke=PAPER, strokeWidth=0.5).encode(
        color=alt.Color(
            "level:N",
            scale=alt.Scale(domain=names, range=list(HEAT)),
            legend=alt.Legend(title=None, columns=0, symbolType="square"),
        ),
        tooltip=[
            alt.Tooltip("segment:N", title=text("table.segment")),
            alt.Tooltip("utcyearmonth(target_start):T", title=text("table.period"), format="%B %Y")
            if grain == "month"
            else alt.Tooltip("label:N", title=text("table.period")),
            alt.Tooltip("utilization_ratio:Q", title=text("table.utilization"), format=".0%"),
            amount_tip("load_gbps", text("table.load")),
            amount_tip("lit_gbps", text("table.lit")),
        ],
    )
    marks = (
        chart.transform_calculate(mark=f"{value} > 1 ? '×' : {value} > {steps[2]} ? '•' : ''")
        .mark_text(color=PAPER, fontWeight="bold", tooltip=False)
        .encode(text="mark:N")
    )
    layered = alt.layer(cells, marks).encode(
        x=alt.X(
            "utcyearmonthdate(target_start):O",
            axis=calendar_axis(grain, periods, text("date.axis")),
        ),
        y=alt.Y(
            "segment:N",
            axis=alt.Axis(
                title=None, labelLimit=320, ticks=False, domain=False, labelColor=CHARCOAL
            ),
        ),
    )
    return layered.properties(width="container", height=max(60, 24 * count))
