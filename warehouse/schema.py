"""The frames that cross floors: name, key, columns with their units, and a check that gathers every
problem.

A frame's columns have the same names in the warehouse, in frames, in settings and in charts.
Conventions: a route's direction `out` runs from its a_node to its z_node, `in` the other way; a
segment's direction is `az` or `za`. `period_start` is the first day of a month, of an ISO week
(Monday), or of a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Literal

import polars as pl

from warehouse.dictionary import about, meaning, split_unit
from warehouse.errors import ContractError, Problem

Grain = Literal["month", "week", "day", "year"]
GRAINS: tuple[Grain, ...] = ("month", "week", "day", "year")
SEASON_LENGTH: Mapping[Grain, int] = {"month": 12, "week": 52, "day": 7, "year": 1}
QUANTILE_LEVELS = (
    0.025,
    0.05,
    0.1,
    0.2,
    0.25,
    0.3,
    0.4,
    0.5,
    0.6,
    0.7,
    0.75,
    0.8,
    0.9,
    0.95,
    0.975,
)
CONFIDENCES = ("high", "medium", "low", "BG")
"""How far a fact is trusted; BG is background knowledge that no source confirms."""

UTC_TIME = pl.Datetime("us", "UTC")


@dataclass(frozen=True)
class Column:
    """A column's type, its unit ("" where it has none) and what it means (see
    `warehouse.dictionary`).

    A `rendered` column is empty until its sentence is made from the codes beside it.
    """

    dtype: pl.DataType | type[pl.DataType]
    unit: str = ""
    comment: str = ""
    nullable: bool = False
    rendered: bool = False


@dataclass(frozen=True)
class FrameSchema:
    """What a frame promises: its columns, and the key that identifies a row."""

    name: str
    comment: str
    key: tuple[str, ...]
    columns: Mapping[str, Column]

    def empty(self) -> pl.DataFrame:
        return pl.DataFrame(schema={name: column.dtype for name, column in self.columns.items()})


def check(frame: pl.DataFrame, schema: FrameSchema, where: str = "") -> pl.DataFrame:
    """The frame with the schema's columns in the schema's order, sorted by key.

    Nullable columns may be absent and are filled with nulls; other columns of the frame are
    dropped. Raises ContractError with every missing column, unconvertible type, null and repeated
    key.
    """
    place = where or schema.name
    problems: list[Problem] = []
    selected: dict[str, pl.Expr] = {}
    for name, column in schema.columns.items():
        if name not in frame.columns:
            if column.nullable or column.rendered:
                selected[name] = pl.lit(None, dtype=column.dtype).alias(name)
            else:
                problems.append(Problem(place, f"column {name} is missing ({column.comment})"))
        elif frame.schema[name] == column.dtype:
            selected[name] = pl.col(name)
        else:
            try:
                frame.select(pl.col(name).cast(column.dtype, strict=True))
                selected[name] = pl.col(name).cast(column.dtype)
            except pl.exceptions.PolarsError:
                problems.append(
                    Problem(place, f"column {name} is {frame.schema[name]}, wanted {column.dtype}")
                )
    for name in selected:
        column = schema.columns[name]
        if name in frame.columns and not (column.nullable or column.rendered):
            nulls = frame[name].null_count()
            if nulls:
                problems.append(
                    Problem(place, f"column {name} is empty in {nulls} of {frame.height} rows")
                )
    if problems:
        raise ContractError(f"{len(problems)} problems with the frame {schema.name}", problems)
    found = frame.select(**selected)
    if not schema.key:
        return found
    if not _rises(found, schema.key):
        found = found.sort(*schema.key)
        _refuse_repeated(found, schema, place)
    return found


def _rises(frame: pl.DataFrame, key: tuple[str, ...]) -> bool:
    """Each row's key is above the one before: sorted, and none twice. Seen in one pass, where
    sorting would copy it all.
    """
    if any(frame[name].null_count() for name in key):
        return False
    above, level = pl.lit(value=False), pl.lit(value=True)
    for name in key:
        column, before = pl.col(name).slice(1), pl.col(name).slice(0, pl.len() - 1)
        above, level = above | (level & (column > before)), level & (column == before)
    return frame.height < 2 or bool(frame.select(above.all()).item())


def _refuse_repeated(frame: pl.DataFrame, schema: FrameSchema, place: str) -> None:
    repeated = frame.group_by(*schema.key).len().filter(pl.col("len") > 1).sort(*schema.key)
    if not repeated.height:
        return
    problems = [
        Problem(
            place,
            f"{row['len']} rows share the key "
            f"{', '.join(f'{name}={row[name]}' for name in schema.key)}",
        )
        for row in repeated.head(5).iter_rows(named=True)
    ]
    if repeated.height > 5:
        problems.append(Problem(place, f"{repeated.height - 5} more keys are repeated"))
    raise ContractError(f"{len(problems)} problems with the frame {schema.name}", problems)


def _schema(name: str, key: str, /, **columns: Column) -> FrameSchema:
    """A frame with the meanings and units that the dictionary gives its columns."""
    explained = {}
    for column, promise in columns.items():
        comment, unit = split_unit(meaning(name, column))
        explained[column] = replace(promise, comment=comment, unit=unit)
    return FrameSchema(name, about(name), tuple(key.split()), explained)


def _text(*, nullable: bool = False) -> Column:
    return Column(pl.String, nullable=nullable)


def _reason(name: str, *, nullable: bool = False) -> dict[str, Column]:
    """A reason as a code with values (see `warehouse.reasons`), and its sentence, which is rendered
    before the frame is kept.
    """
    return {
        name: Column(pl.String, nullable=nullable, rendered=True),
        f"{name}_code": _text(nullable=True),
        f"{name}_values": _text(nullable=True),
    }


def _number(*, nullable: bool = False) -> Column:
    return Column(pl.Float64, nullable=nullable)


def _whole() -> Column:
    return Column(pl.Int64)


def _date(*, nullable: bool = False) -> Column:
    return Column(pl.Date, nullable=nullable)


def _flag() -> Column:
    return Column(pl.Boolean)


_KNOWN_AT_MEANING, _KNOWN_AT_UNIT = split_unit(meaning("", "known_at"))
KNOWN_AT = Column(UTC_TIME, unit=_KNOWN_AT_UNIT, comment=_KNOWN_AT_MEANING)
_ASSUMED = _flag()
_SOURCE = _text(nullable=True)
_CONFIDENCE = _text(nullable=True)
_SERIES = {
    "series_kind": _text(),
    "series_id": _text(),
    "direction": _text(),
    "statistic": _text(),
}
_GRAIN = _text()

NODE = _schema(
    "node",
    "node_id",
    node_id=_text(),
    name=_text(),
    name_ru=_text(nullable=True),
    country=_text(),
    lat=_number(nullable=True),
    lon=_number(nullable=True),
    kind=_text(),
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
SEGMENT = _schema(
    "segment",
    "segment_id",
    segment_id=_text(),
    a_node=_text(),
    z_node=_text(),
    length_km=_number(nullable=True),
    status=_text(),
    operators=_text(nullable=True),
    in_service_from=_date(nullable=True),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
CAPACITY = _schema(
    "capacity",
    "segment_id valid_from known_at",
    segment_id=_text(),
    valid_from=_date(),
    lit_gbps=_number(),
    design_gbps=_number(nullable=True),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
    known_at=Column(UTC_TIME),
)
ROUTE = _schema(
    "route",
    "route_id",
    route_id=_text(),
    name=_text(),
    name_ru=_text(nullable=True),
    a_node=_text(),
    z_node=_text(),
    market=_text(),
    corridor=_text(),
    simulated=_flag(),
)
ROUTE_PATH = _schema(
    "route_path",
    "route_id rank seq",
    route_id=_text(),
    rank=_whole(),
    seq=_whole(),
    segment_id=_text(),
    share_ratio=_number(nullable=True),
)
RISK_GROUP = _schema(
    "risk_group",
    "risk_group_id segment_id",
    risk_group_id=_text(),
    kind=_text(),
    name=_text(nullable=True),
    segment_id=_text(),
    assumed=_ASSUMED,
    source=_SOURCE,
)
INTERFACE = _schema(
    "interface",
    "interface_id valid_from",
    interface_id=_text(),
    route_id=_text(),
    speed_gbps=_number(nullable=True),
    time_zone=_text(),
    priority=_whole(),
    aliases=_text(nullable=True),
    valid_from=_date(nullable=True),
    bundle=_text(nullable=True),
)
PROJECT = _schema(
    "project",
    "project_id",
    project_id=_text(),
    name=_text(),
    name_ru=_text(nullable=True),
    segment_id=_text(),
    status=_text(),
    ready_low=_date(),
    ready_likely=_date(),
    ready_high=_date(),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
EVENT = _schema(
    "event",
    "event_id",
    event_id=_text(),
    start_at=Column(UTC_TIME),
    end_at=Column(UTC_TIME, nullable=True),
    kind=_text(),
    scope_kind=_text(),
    scope_id=_text(),
    effect=_text(),
    simulated=_flag(),
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
DRIVER = _schema(
    "driver",
    "driver_id scope_kind scope_id period_start",
    driver_id=_text(),
    scope_kind=_text(),
    scope_id=_text(),
    period_start=_date(),
    value=_number(),
    unit=_text(),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
ASSUMPTION = _schema(
    "assumption",
    "assumption_id known_at",
    assumption_id=_text(),
    name=_text(),
    scope=_text(),
    low=_number(),
    value=_number(),
    high=_number(),
    unit=_text(),
    source=_SOURCE,
    author=_text(nullable=True),
    confidence=_CONFIDENCE,
    known_at=Column(UTC_TIME),
)
INTERNATIONAL_BANDWIDTH = _schema(
    "international_bandwidth",
    "country year source_kind",
    country=_text(),
    year=_whole(),
    gbps=_number(),
    source_kind=_text(),
    source=_SOURCE,
    confidence=_CONFIDENCE,
)

TRAFFIC_PERIOD = _schema(
    "traffic_period",
    "grain series_kind series_id direction statistic period_start",
    grain=_GRAIN,
    **_SERIES,
    period_start=_date(),
    value_gbps=_number(nullable=True),
    coverage_ratio=_number(),
    censored_ratio=_number(),
    slot_minutes=_whole(),
    simulated=_flag(),
    **_reason("reason", nullable=True),
)
COINCIDENCE = _schema(
    "coincidence",
    "combination_id",
    combination_id=_text(),
    kappa=_number(),
    kappa_sd=_number(),
    months=_whole(),
)
PROFILE = _schema(
    "traffic_profile",
    "route_id direction weekday hour",
    route_id=_text(),
    direction=_text(),
    weekday=_whole(),
    hour=_whole(),
    mean_gbps=_number(),
)

FORECAST_QUANTILE = _schema(
    "forecast_quantile",
    "series_kind series_id direction statistic grain target_start quantile_level",
    **_SERIES,
    grain=_GRAIN,
    target_start=_date(),
    horizon=_whole(),
    quantile_level=_number(),
    value_gbps=_number(),
)
NO_FORECAST = _schema(
    "no_forecast",
    "series_kind series_id direction statistic grain",
    **_SERIES,
    grain=_GRAIN,
    **_reason("reason"),
)
BACKTEST_SCORE = _schema(
    "backtest_score",
    "series_kind series_id direction statistic grain model horizon",
    **_SERIES,
    grain=_GRAIN,
    model=_text(),
    horizon=_whole(),
    n=_whole(),
    bias_gbps=_number(),
    mae_gbps=_number(),
    mase=_number(nullable=True),
    pinball_gbps=_number(nullable=True),
    crps_gbps=_number(nullable=True),
    coverage_80=_number(nullable=True),
    coverage_95=_number(nullable=True),
    dm_p=_number(nullable=True),
)
FORECAST_COMPONENT = _schema(
    "forecast_component",
    "series_kind series_id direction statistic grain model target_start",
    **_SERIES,
    grain=_GRAIN,
    model=_text(),
    target_start=_date(),
    value_gbps=_number(),
    weight=_number(),
)
LEVEL_SHIFT = _schema(
    "level_shift",
    "series_kind series_id direction statistic grain period_start",
    **_SERIES,
    grain=_GRAIN,
    period_start=_date(),
    size_ratio=_number(),
    event_id=_text(nullable=True),
    handled=_text(),
)
FORECAST_EFFECT = _schema(
    "forecast_effect",
    "series_kind series_id direction statistic grain effect",
    **_SERIES,
    grain=_GRAIN,
    effect=_text(),
    kind=_text(),
    measured_log=_number(nullable=True),
    error_log=_number(nullable=True),
    used_log=_number(),
    decay_ratio=_number(nullable=True),
    **_reason("verdict"),
)

SEGMENT_LOAD = _schema(
    "segment_load",
    "segment_id direction failure_id target_start quantile_level",
    segment_id=_text(),
    direction=_text(),
    failure_id=_text(),
    target_start=_date(),
    quantile_level=_number(),
    load_gbps=_number(),
    lit_gbps=_number(),
    utilization_ratio=_number(nullable=True),
    cause_id=_text(nullable=True),
)
RUNOUT = _schema(
    "runout",
    "segment_id direction date_kind",
    segment_id=_text(),
    direction=_text(),
    date_kind=_text(),
    failure_id=_text(),
    threshold_ratio=_number(),
    t10=_date(nullable=True),
    t50=_date(nullable=True),
    t90=_date(nullable=True),
    last_target=_date(),
    probability_by_last=_number(),
    monte_carlo_se=_number(),
)
RUNOUT_PROBABILITY = _schema(
    "runout_probability",
    "segment_id direction date_kind target_start",
    segment_id=_text(),
    direction=_text(),
    date_kind=_text(),
    target_start=_date(),
    probability=_number(),
)
ORDER_PLAN = _schema(
    "order_plan",
    "segment_id order_seq",
    segment_id=_text(),
    order_seq=_whole(),
    option=_text(),
    modules=_whole(),
    module_gbps=_number(),
    order_by=_date(nullable=True),
    ready_by=_date(nullable=True),
    overdue_months=_number(),
    lead_time_low_months=_number(nullable=True),
    lead_time_likely_months=_number(nullable=True),
    lead_time_high_months=_number(nullable=True),
    risk_alpha_ratio=_number(),
    p_late_now_ratio=_number(nullable=True),
    failure_id=_text(),
    cost_usd=_number(nullable=True),
    present_value_usd=_number(nullable=True),
    **_reason("reason"),
)
PLAN_NOTE = _schema(
    "plan_note",
    "topic subject",
    topic=_text(),
    subject=_text(),
    **_reason("note"),
)
LOST_TRAFFIC = _schema(
    "lost_traffic",
    "route_id direction failure_id target_start",
    route_id=_text(),
    direction=_text(),
    failure_id=_text(),
    target_start=_date(),
    lost_p50_gbps=_number(),
    lost_p90_gbps=_number(),
    hours_per_year=_number(nullable=True),
)
SEGMENT_RISK = _schema(
    "segment_risk",
    "segment_id direction target_start",
    segment_id=_text(),
    direction=_text(),
    target_start=_date(),
    overload_ratio=_number(),
    congested_hours=_number(nullable=True),
    failure_id=_text(nullable=True),
)
ROUTE_RISK = _schema(
    "route_risk",
    "route_id",
    route_id=_text(),
    paths=_whole(),
    rtt_floor_ms=_number(nullable=True),
    rtt_backup_ms=_number(nullable=True),
    availability_ratio=_number(nullable=True),
    unavailable_hours=_number(nullable=True),
    lost_tb_year=_number(nullable=True),
    failure_id=_text(nullable=True),
    **_reason("note", nullable=True),
)
UPGRADE = _schema(
    "upgrade",
    "segment_id order_seq",
    segment_id=_text(),
    order_seq=_whole(),
    option=_text(),
    module_gbps=_number(),
    modules=_whole(),
    ready_by=_date(),
    cost_usd=_number(),
    present_value_usd=_number(),
    funded=_flag(),
    priority=_whole(),
    risk_if_not_ratio=_number(),
    **_reason("reason"),
)
BUILD_CHOICE = _schema(
    "build_choice",
    "build_id",
    build_id=_text(),
    segments=_text(),
    verdict=_text(),
    stated_on=_date(),
    opens_on=_date(nullable=True),
    price_usd=_number(nullable=True),
    build_cost_usd=_number(nullable=True),
    orders_with_usd=_number(),
    orders_without_usd=_number(),
    lost_with_usd=_number(nullable=True),
    lost_without_usd=_number(nullable=True),
    earned_low_usd=_number(nullable=True),
    earned_usd=_number(nullable=True),
    earned_high_usd=_number(nullable=True),
    own_loss_usd=_number(nullable=True),
    net_usd=_number(nullable=True),
    proven=_flag(),
    **_reason("reason"),
)
MONEY_FIGURE = _schema(
    "money_figure",
    "subject item",
    subject=_text(),
    item=_text(),
    low_value=_number(),
    likely_value=_number(),
    high_value=_number(),
    unit=_text(),
    **_reason("basis"),
    assumption_ids=_text(),
    **_reason("reason"),
)
ASSUMPTION_EFFECT = _schema(
    "assumption_effect",
    "segment_id assumption_id",
    segment_id=_text(),
    assumption_id=_text(),
    name=_text(),
    order_by_low=_date(nullable=True),
    order_by_base=_date(nullable=True),
    order_by_high=_date(nullable=True),
    swing_days=_number(),
    variance_share_ratio=_number(nullable=True),
    effect_rank=_whole(),
)
SCENARIO_EFFECT = _schema(
    "scenario_effect",
    "scenario_id segment_id direction date_kind",
    scenario_id=_text(),
    segment_id=_text(),
    direction=_text(),
    date_kind=_text(),
    t50_base=_date(nullable=True),
    t50_scenario=_date(nullable=True),
    shift_months=_number(nullable=True),
    probability_base=_number(),
    probability_scenario=_number(),
    order_by_base=_date(nullable=True),
    order_by_scenario=_date(nullable=True),
    note=_text(),
)
NEW_ROUTE_SHARE = _schema(
    "new_route_share",
    "project_id market alternative_id",
    project_id=_text(),
    market=_text(),
    alternative_id=_text(),
    is_new=_flag(),
    price_usd_per_mbps_month=_number(),
    rtt_ms=_number(),
    share_before_ratio=_number(),
    share_after_ratio=_number(),
    lost_p10_gbps=_number(),
    lost_p50_gbps=_number(),
    lost_p90_gbps=_number(),
)
NEW_ROUTE_QUANTILE = _schema(
    "new_route_quantile",
    "project_id market alternative_id target_start quantile_level",
    project_id=_text(),
    market=_text(),
    alternative_id=_text(),
    target_start=_date(),
    quantile_level=_number(),
    value_gbps=_number(),
)
NEW_ROUTE_REGISTRATION = _schema(
    "new_route_registration",
    "forecast_id",
    forecast_id=_text(),
    project_id=_text(),
    market=_text(nullable=True),
    registered_on=_date(),
    judged_on=_date(),
    p10_gbps=_number(),
    p50_gbps=_number(),
    p90_gbps=_number(),
    ready_probability_ratio=_number(),
    **_reason("wrong_if"),
    assumption_ids=_text(),
)

NEW_ROUTE_SCORE = _schema(
    "new_route_score",
    "forecast_id",
    forecast_id=_text(),
    project_id=_text(),
    market=_text(),
    registered_on=_date(),
    judged_on=_date(),
    months_seen=_whole(),
    last_month=_date(nullable=True),
    last_gbps=_number(nullable=True),
    p10_gbps=_number(),
    p50_gbps=_number(),
    p90_gbps=_number(),
    updated_p10_gbps=_number(),
    updated_p50_gbps=_number(),
    updated_p90_gbps=_number(),
    weight_of_data_ratio=_number(),
    pinball_gbps=_number(nullable=True),
    verdict=_text(),
    **_reason("reason"),
)

REVISION_PART = _schema(
    "revision_part",
    "series_kind series_id direction measure target_start step_seq",
    series_kind=_text(),
    series_id=_text(),
    direction=_text(),
    measure=_text(),
    target_start=_date(nullable=True),
    step_seq=_whole(),
    step=_text(),
    value_before=_number(nullable=True),
    value_after=_number(nullable=True),
    change=_number(nullable=True),
    unit=_text(),
    date_before=_date(nullable=True),
    date_after=_date(nullable=True),
    earlier_run_id=_text(),
    **_reason("reason"),
)
LIVE_ACCURACY = _schema(
    "live_accuracy",
    "grain statistic horizon_from measure",
    grain=_GRAIN,
    statistic=_text(),
    horizon_from=_whole(),
    horizon_to=_whole(),
    measure=_text(),
    n=_whole(),
    periods=_whole(),
    first_target=_date(),
    last_target=_date(),
    n_effective=_number(),
    achieved_ratio=_number(),
    low_ratio=_number(),
    high_ratio=_number(),
    promised_ratio=_number(),
    error_ratio=_number(nullable=True),
    drifted=_flag(),
    **_reason("reason"),
)
MODEL_CHALLENGE = _schema(
    "model_challenge",
    "grain statistic challenger",
    grain=_GRAIN,
    statistic=_text(),
    challenger=_text(),
    n=_whole(),
    periods=_whole(),
    horizon_to=_whole(),
    champion_error_ratio=_number(),
    challenger_error_ratio=_number(),
    dm_p=_number(nullable=True),
    verdict=_text(),
    **_reason("reason"),
)

_REFERENCE = (
    NODE,
    SEGMENT,
    CAPACITY,
    ROUTE,
    ROUTE_PATH,
    RISK_GROUP,
    INTERFACE,
    PROJECT,
    EVENT,
    DRIVER,
    ASSUMPTION,
    INTERNATIONAL_BANDWIDTH,
)
_TRAFFIC = (TRAFFIC_PERIOD, COINCIDENCE, PROFILE)
_RESULTS = (
    FORECAST_QUANTILE,
    NO_FORECAST,
    BACKTEST_SCORE,
    FORECAST_COMPONENT,
    LEVEL_SHIFT,
    FORECAST_EFFECT,
    SEGMENT_LOAD,
    RUNOUT,
    RUNOUT_PROBABILITY,
    ORDER_PLAN,
    PLAN_NOTE,
    LOST_TRAFFIC,
    SEGMENT_RISK,
    ROUTE_RISK,
    UPGRADE,
    BUILD_CHOICE,
    MONEY_FIGURE,
    ASSUMPTION_EFFECT,
    SCENARIO_EFFECT,
    NEW_ROUTE_SHARE,
    NEW_ROUTE_QUANTILE,
    NEW_ROUTE_REGISTRATION,
    NEW_ROUTE_SCORE,
    REVISION_PART,
    LIVE_ACCURACY,
    MODEL_CHALLENGE,
)
FRAMES: Mapping[str, FrameSchema] = {
    schema.name: schema for schema in (*_REFERENCE, *_TRAFFIC, *_RESULTS)
}
REFERENCE_FRAMES = tuple(schema.name for schema in _REFERENCE)
RESULT_FRAMES = tuple(schema.name for schema in _RESULTS)
