"""Why a figure differs from the one before: what each change moved, in a stated order, with nothing
left over.

total = history revised + new observations + model + assumptions. What the data did is measured by
today's method on what was known then, on the same months as known now, and on all months; where the
method is the earlier run's own, the first of these is what that run said, and the model's part is
nothing. What the method makes of the earlier run's own data, against what that run said, is the
model's part. What people state (events, network, capacity, prices, policy) is exchanged last.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

import polars as pl

from warehouse.reasons import Reason
from warehouse.schema import REVISION_PART, check

STEPS = ("history_revised", "new_observations", "model", "assumptions")
"""What is exchanged first moves first: another order gives other parts of the same total."""
FIGURE_KEY = ("series_kind", "series_id", "direction", "measure", "target_start")
EPOCH = date(1970, 1, 1)


@dataclass(frozen=True)
class Stages:
    """The same figures (columns of FIGURE_KEY, and value) before, between and after the changes.

    `kept` is what the earlier run said; `earlier` what today's method says of the data and
    statements of then; `revised` of the same months as known now; `renewed` of all months known
    now; `now` with what is stated now, too.
    """

    kept: pl.DataFrame
    earlier: pl.DataFrame
    revised: pl.DataFrame
    renewed: pl.DataFrame
    now: pl.DataFrame


def medians(quantiles: pl.DataFrame) -> pl.DataFrame:
    """Figures from rows of FORECAST_QUANTILE."""
    return quantiles.filter(pl.col("quantile_level") == 0.5).select(
        "series_kind",
        "series_id",
        "direction",
        pl.format("{}_gbps", pl.col("statistic")).alias("measure"),
        "target_start",
        value="value_gbps",
    )


def plan_figures(plan: Mapping[str, pl.DataFrame], last: date) -> pl.DataFrame:
    """Figures from rows of RUNOUT, RUNOUT_PROBABILITY and ORDER_PLAN: dates as days since 1970,
    empty where after the horizon.

    Of the probabilities only those up to the period `last` count, which both runs must have looked
    at.
    """
    nowhere = pl.lit(None, dtype=pl.Date)
    days = (pl.col("date") - pl.lit(EPOCH)).dt.total_days().cast(pl.Float64)
    named = (
        pl.when(pl.col("date_kind") == "policy")
        .then(pl.lit("runout_days"))
        .otherwise(pl.lit("hard_runout_days"))
    )
    dates = [
        plan["runout"].select("segment_id", "direction", measure=named, date="t50"),
        plan["order_plan"]
        .filter(pl.col("order_seq") == 1)
        .select(
            "segment_id",
            pl.lit("both").alias("direction"),
            pl.lit("order_by_days").alias("measure"),
            date="order_by",
        ),
    ]
    share = plan["runout_probability"].filter(
        (pl.col("date_kind") == "policy") & (pl.col("target_start") == last)
    )
    found = pl.concat(
        [
            *(
                one.select(
                    "segment_id", "direction", "measure", nowhere.alias("target_start"), value=days
                )
                for one in dates
            ),
            share.select(
                "segment_id",
                "direction",
                pl.lit("runout_probability_ratio").alias("measure"),
                "target_start",
                value="probability",
            ),
        ]
    )
    return found.select(
        pl.lit("segment").alias("series_kind"),
        pl.col("segment_id").alias("series_id"),
        pl.all().exclude("segment_id"),
    )


def revision_parts(
    stages: Stages, *, earlier_run_id: str, reasons: Mapping[str, Reason]
) -> pl.DataFrame:
    """Rows of REVISION_PART for every figure that both runs give and that any change moved;
    `reasons` by step.

    The first value is the earlier run's and the last this run's, to the bit, and each step starts
    where the one before ended.
    """
    joined = stages.kept.rename({"value": "v0"})
    named = (
        ("earlier", stages.earlier),
        ("revised", stages.revised),
        ("v3", stages.renewed),
        ("v4", stages.now),
    )
    for name, figures in named:
        joined = joined.join(
            figures.rename({"value": name}), on=FIGURE_KEY, how="inner", nulls_equal=True
        )
    same = pl.col("earlier").eq_missing(pl.col("v0"))
    moved = [
        pl.when(same)
        .then(pl.col(name))
        .otherwise(pl.col("v0") + (pl.col(name) - pl.col("earlier")))
        .alias(to)
        for name, to in (("revised", "v1"), ("v3", "v2"))
    ]
    levels = joined.with_columns(moved).filter(
        ~pl.all_horizontal(pl.col(f"v{at}").eq_missing(pl.col(f"v{at + 1}")) for at in range(4))
    )
    steps = [
        levels.select(
            *FIGURE_KEY,
            step_seq=pl.lit(at + 1, pl.Int64),
            step=pl.lit(step),
            value_before=pl.col(f"v{at}"),
            value_after=pl.col(f"v{at + 1}"),
            reason_code=pl.lit(reasons[step].code),
            reason_values=pl.lit(reasons[step].values_json),
        )
        for at, step in enumerate(STEPS)
    ]
    dated = pl.col("measure").str.ends_with("_days")
    unit = (
        pl.when(dated)
        .then(pl.lit("day"))
        .when(pl.col("measure").str.ends_with("_gbps"))
        .then(pl.lit("Gbit/s"))
        .otherwise(pl.lit("ratio"))
    )
    return check(
        pl.concat(steps).with_columns(
            change=pl.col("value_after") - pl.col("value_before"),
            unit=unit,
            earlier_run_id=pl.lit(earlier_run_id),
            date_before=pl.when(dated).then(_day("value_before")),
            date_after=pl.when(dated).then(_day("value_after")),
        ),
        REVISION_PART,
    )


def _day(column: str) -> pl.Expr:
    return pl.lit(EPOCH) + pl.duration(days=pl.col(column).round().cast(pl.Int64))
