"""The frames that cross floors: name, key, columns with their units, and a check that gathers every
problem.

A frame's columns have the same names in the warehouse, in frames, in settings and in charts.
Conventions: a route's direction `out` runs from its a_node to its z_node, `in` the other way; a
             segment's
direction is `az` or `za`. `period_start` is the first day of a month, of an ISO week (Monday), or
of a year.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Literal

import polars as pl

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
    """A column's type, its unit ("" where it has none) and what it means.

    A `rendered` column is empty until its sentence is made from the codes beside it.
    """

    dtype: pl.DataType | type[pl.DataType]
    unit: str
    comment: str
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
            f"{row['len']} rows share the key {', '.join(f'{name}={row[name]}' for name in schema.key)}",
        )
        for row in repeated.head(5).iter_rows(named=True)
    ]
    if repeated.height > 5:
        problems.append(Problem(place, f"{repeated.height - 5} more keys are repeated"))
    raise ContractError(f"{len(problems)} problems with the frame {schema.name}", problems)


def _schema(name: str, comment: str, key: str, /, **columns: Column) -> FrameSchema:
    return FrameSchema(name, comment, tuple(key.split()), columns)


def _text(comment: str, *, nullable: bool = False) -> Column:
    return Column(pl.String, "", comment, nullable)


def _reason(name: str, comment: str, *, nullable: bool = False) -> dict[str, Column]:
    """A reason as a code with values (see `warehouse.reasons`), and its sentence, which is rendered
    before the frame is kept.
    """
    return {
        name: Column(pl.String, "", comment, nullable, rendered=True),
        f"{name}_code": _text(f"the code of {name} in the catalogues of texts", nullable=True),
        f"{name}_values": _text(f"what the text of {name} names, as JSON", nullable=True),
    }


def _number(unit: str, comment: str, *, nullable: bool = False) -> Column:
    return Column(pl.Float64, unit, comment, nullable)


def _whole(unit: str, comment: str, *, nullable: bool = False) -> Column:
    return Column(pl.Int64, unit, comment, nullable)


def _date(comment: str, *, nullable: bool = False) -> Column:
    return Column(pl.Date, "date", comment, nullable)


def _flag(comment: str) -> Column:
    return Column(pl.Boolean, "", comment)


_ASSUMED = _flag("true where the value is an assumption, not a fact")
_SOURCE = _text("where the row comes from", nullable=True)
_CONFIDENCE = _text(
    "high, medium, low, or BG (background knowledge no source confirms)", nullable=True
)
_SERIES = {
    "series_kind": _text("route, market, corridor, total or country"),
    "series_id": _text("the route_id, market, corridor, 'total', or country (ISO 3166 alpha-2)"),
    "direction": _text("in or out, seen from the route's a_node"),
    "statistic": _text("mean or p95 of the period's valid slots"),
}
_GRAIN = _text("month, week, day or year")

NODE = _schema(
    "node",
    "A city, landing station or border crossing.",
    "node_id",
    node_id=_text("the node"),
    name=_text("English name"),
    name_ru=_text("Russian name", nullable=True),
    country=_text("ISO 3166 alpha-2; ZZ: unknown"),
    lat=_number("degree", "latitude, WGS 84; empty: unknown", nullable=True),
    lon=_number("degree", "longitude, WGS 84; empty: unknown", nullable=True),
    kind=_text("city_pop, landing_station, border_crossing or external_hub"),
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
SEGMENT = _schema(
    "segment",
    "One physical line between two nodes.",
    "segment_id",
    segment_id=_text("the segment"),
    a_node=_text("one end"),
    z_node=_text("the other end"),
    length_km=_number("km", "length of the line", nullable=True),
    status=_text("in_service, under_construction, planned, mou or unknown"),
    operators=_text("who owns or runs it", nullable=True),
    in_service_from=_date("first day in service; empty: always was", nullable=True),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
CAPACITY = _schema(
    "capacity",
    "Capacity of a segment from a date on, each direction.",
    "segment_id valid_from known_at",
    segment_id=_text("the segment"),
    valid_from=_date("first day it holds"),
    lit_gbps=_number("Gbit/s", "usable lit capacity, each direction"),
    design_gbps=_number("Gbit/s", "capacity the line system was designed for", nullable=True),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
    known_at=Column(UTC_TIME, "UTC", "when this became known"),
)
ROUTE = _schema(
    "route",
    "An end-to-end transit service over ranked paths of segments.",
    "route_id",
    route_id=_text("the route"),
    name=_text("English name"),
    name_ru=_text("Russian name", nullable=True),
    a_node=_text("the end its interfaces are measured at"),
    z_node=_text("the far end"),
    market=_text("country pair whose demand it carries, such as KZ-DE"),
    corridor=_text("family of markets"),
    simulated=_flag("true where its traffic is simulated"),
)
ROUTE_PATH = _schema(
    "route_path",
    "The segments of each path of a route, rank 1 first.",
    "route_id rank seq",
    route_id=_text("the route"),
    rank=_whole("", "1 is the primary path"),
    seq=_whole("", "position along the path, from a_node"),
    segment_id=_text("the segment"),
    share_ratio=_number(
        "0-1",
        "share this path carries while every path is up; empty on all: rank 1 carries it",
        nullable=True,
    ),
)
RISK_GROUP = _schema(
    "risk_group",
    "Segments that fail together.",
    "risk_group_id segment_id",
    risk_group_id=_text("the group"),
    kind=_text("trench, crossing, country or operator"),
    name=_text("what they share", nullable=True),
    segment_id=_text("a member"),
    assumed=_ASSUMED,
    source=_SOURCE,
)
INTERFACE = _schema(
    "interface",
    "A measured port that carries a route, at the route's a_node.",
    "interface_id",
    interface_id=_text("the port"),
    route_id=_text("the route it carries"),
    speed_gbps=_number("Gbit/s", "recorded port speed", nullable=True),
    time_zone=_text("IANA zone of the busy hour"),
    priority=_whole("", "1 wins where two ports measure the same route slot"),
    aliases=_text("other names in sources, separated by ;", nullable=True),
)
PROJECT = _schema(
    "project",
    "A planned build with its uncertain date.",
    "project_id",
    project_id=_text("the project"),
    name=_text("English name"),
    name_ru=_text("Russian name", nullable=True),
    segment_id=_text("the segment it brings"),
    status=_text("mou, planned, under_construction, in_service or stalled"),
    ready_low=_date("earliest"),
    ready_likely=_date("most likely"),
    ready_high=_date("latest"),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
EVENT = _schema(
    "event",
    "Something dated that changed traffic.",
    "event_id",
    event_id=_text("the event"),
    start_at=Column(UTC_TIME, "UTC", "when it began"),
    end_at=Column(UTC_TIME, "UTC", "when it ended; empty: one-off or open", nullable=True),
    kind=_text(
        "cut, shutdown, level_shift, migration, maintenance, regulation, price, surge or other"
    ),
    scope_kind=_text("route, segment, interface, country or all"),
    scope_id=_text("what it touched; '' for all"),
    effect=_text("what was seen"),
    simulated=_flag("true where it exists only in simulated traffic"),
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
DRIVER = _schema(
    "driver",
    "A quantity that moves traffic, known or assumed beyond the last measured period.",
    "driver_id scope_kind scope_id period_start",
    driver_id=_text("the quantity, such as subscribers"),
    scope_kind=_text("route, country or all"),
    scope_id=_text("whose traffic it moves; '' for all"),
    period_start=_date("the day the value holds for; between days its log is interpolated"),
    value=_number("see unit", "the quantity, above 0"),
    unit=_text("its unit"),
    assumed=_ASSUMED,
    source=_SOURCE,
    confidence=_CONFIDENCE,
)
ASSUMPTION = _schema(
    "assumption",
    "A number a plan needs and nobody measured.",
    "assumption_id known_at",
    assumption_id=_text("the assumption"),
    name=_text("what is assumed, such as lead_time"),
    scope=_text("all, segment:ID, route:ID, market:ID, project:ID, module:GBPS, option:NAME"),
    low=_number("see unit", "low end (P10)"),
    value=_number("see unit", "most likely"),
    high=_number("see unit", "high end (P90)"),
    unit=_text("its unit"),
    source=_SOURCE,
    author=_text("who stands for it", nullable=True),
    confidence=_CONFIDENCE,
    known_at=Column(UTC_TIME, "UTC", "when it was stated"),
)
INTERNATIONAL_BANDWIDTH = _schema(
    "international_bandwidth",
    "International Internet bandwidth of a country in a year.",
    "country year source_kind",
    country=_text("ISO 3166 alpha-2"),
    year=_whole("year", "calendar year"),
    gbps=_number("Gbit/s", "bandwidth in use or equipped, as reported"),
    source_kind=_text("derived (per inhabitant x population) or direct"),
    source=_SOURCE,
    confidence=_CONFIDENCE,
)

TRAFFIC_PERIOD = _schema(
    "traffic_period",
    "A series' traffic in a period, as known at the time of the run.",
    "grain series_kind series_id direction statistic period_start",
    grain=_GRAIN,
    **_SERIES,
    period_start=_date("first day of the period"),
    value_gbps=_number("Gbit/s", "the statistic; empty where coverage is too low", nullable=True),
    coverage_ratio=_number("0-1", "valid slots / expected slots"),
    censored_ratio=_number("0-1", "share of valid slots pinned at a cap"),
    slot_minutes=_whole("minute", "slot length the statistic was made from"),
    simulated=_flag("true where made from simulated samples"),
    **_reason("reason", "why there is no value", nullable=True),
)
COINCIDENCE = _schema(
    "coincidence",
    "How far the peaks of the routes that share a segment direction coincide.",
    "combination_id",
    combination_id=_text("the members, 'route_id:direction' sorted and joined by +"),
    kappa=_number("ratio", "p95(sum) / sum(p95) on time-aligned slots"),
    kappa_sd=_number("ratio", "standard deviation over months"),
    months=_whole("", "months measured"),
)
PROFILE = _schema(
    "traffic_profile",
    "Mean traffic by local hour and weekday over the last 12 months.",
    "route_id direction weekday hour",
    route_id=_text("the route"),
    direction=_text("in or out"),
    weekday=_whole("", "1 Monday ... 7 Sunday, local time"),
    hour=_whole("h", "local clock hour"),
    mean_gbps=_number("Gbit/s", "mean of valid slots"),
)

FORECAST_QUANTILE = _schema(
    "forecast_quantile",
    "Quantiles of a series' forecast paths.",
    "series_kind series_id direction statistic grain target_start quantile_level",
    **_SERIES,
    grain=_GRAIN,
    target_start=_date("first day of the period forecast"),
    horizon=_whole("periods", "1 is the first period after the origin"),
    quantile_level=_number("0-1", "share of paths at or below"),
    value_gbps=_number("Gbit/s", "the quantile"),
)
NO_FORECAST = _schema(
    "no_forecast",
    "A series for which no forecast is made, and why.",
    "series_kind series_id direction statistic grain",
    **_SERIES,
    grain=_GRAIN,
    **_reason("reason", "why, for a reader who is no programmer"),
)
BACKTEST_SCORE = _schema(
    "backtest_score",
    "How a model did on past origins it had not seen.",
    "series_kind series_id direction statistic grain model horizon",
    **_SERIES,
    grain=_GRAIN,
    model=_text("ensemble, or a candidate's name"),
    horizon=_whole("periods", "0: all horizons together"),
    n=_whole("", "past outcomes scored"),
    bias_gbps=_number("Gbit/s", "mean of forecast - outcome"),
    mae_gbps=_number("Gbit/s", "mean absolute error"),
    mase=_number("ratio", "MAE over the in-sample seasonal naive MAE", nullable=True),
    pinball_gbps=_number("Gbit/s", "mean pinball loss, factor 2, over levels", nullable=True),
    crps_gbps=_number("Gbit/s", "empirical CRPS of the paths", nullable=True),
    coverage_80=_number("0-1", "share of outcomes inside the 80 % interval", nullable=True),
    coverage_95=_number("0-1", "inside the 95 % interval", nullable=True),
    dm_p=_number("0-1", "Diebold-Mariano p against seasonal naive (HLN)", nullable=True),
)
FORECAST_COMPONENT = _schema(
    "forecast_component",
    "What each candidate said, and its weight in the ensemble.",
    "series_kind series_id direction statistic grain model target_start",
    **_SERIES,
    grain=_GRAIN,
    model=_text("candidate"),
    target_start=_date("first day of the period"),
    value_gbps=_number("Gbit/s", "its point forecast"),
    weight=_number("0-1", "its weight"),
)
LEVEL_SHIFT = _schema(
    "level_shift",
    "A lasting jump found in, or stated for, a series.",
    "series_kind series_id direction statistic grain period_start",
    **_SERIES,
    grain=_GRAIN,
    period_start=_date("first period at the new level"),
    size_ratio=_number("ratio", "new level / old level"),
    event_id=_text("the known event that explains it", nullable=True),
    handled=_text("spliced, regressor or shown only"),
)
FORECAST_EFFECT = _schema(
    "forecast_effect",
    "What moving holidays, fading events and stated drivers did to a series.",
    "series_kind series_id direction statistic grain effect",
    **_SERIES,
    grain=_GRAIN,
    effect=_text("the days' name, event:ID or driver:ID"),
    kind=_text("calendar, event or driver"),
    measured_log=_number(
        "log",
        "measured on this series: per whole period of such days, at the event's start, or per unit of the driver's log",
        nullable=True,
    ),
    error_log=_number("log", "standard error of measured_log", nullable=True),
    used_log=_number("log", "what the forecast uses, shrunk as far as noise explains it"),
    decay_ratio=_number(
        "ratio", "share of an event's effect left after one more period", nullable=True
    ),
    **_reason("verdict", "used, noise explains it, or why it could not be used"),
)

SEGMENT_LOAD = _schema(
    "segment_load",
    "Quantiles of a segment's load under a failure state.",
    "segment_id direction failure_id target_start quantile_level",
    segment_id=_text("the segment"),
    direction=_text("az or za"),
    failure_id=_text("none, or worst: the highest over all failure states, path by path"),
    target_start=_date("first day of the period"),
    quantile_level=_number("0-1", "share of paths at or below"),
    load_gbps=_number("Gbit/s", "combined p95 load"),
    lit_gbps=_number("Gbit/s", "lit capacity then"),
    utilization_ratio=_number(
        "ratio", "load / lit capacity; empty where nothing is lit", nullable=True
    ),
    cause_id=_text(
        "the failure state that most often brings that load: none, segment:ID, risk_group:ID or node:ID",
        nullable=True,
    ),
)
RUNOUT = _schema(
    "runout",
    "When a segment direction first exceeds what may be used of it.",
    "segment_id direction date_kind",
    segment_id=_text("the segment"),
    direction=_text("az or za"),
    date_kind=_text("policy (worst failure, threshold) or hard (no failure, all of the capacity)"),
    failure_id=_text("the failure that causes it"),
    threshold_ratio=_number("ratio", "usable share of lit capacity"),
    t10=_date("10 % of paths have run out by this period; empty: after last_target", nullable=True),
    t50=_date("50 %", nullable=True),
    t90=_date("90 %", nullable=True),
    last_target=_date("last period looked at"),
    probability_by_last=_number("0-1", "share of paths run out by last_target"),
    monte_carlo_se=_number("0-1", "standard error of probability_by_last"),
)
RUNOUT_PROBABILITY = _schema(
    "runout_probability",
    "Share of paths run out by a period.",
    "segment_id direction date_kind target_start",
    segment_id=_text("the segment"),
    direction=_text("az or za"),
    date_kind=_text("policy or hard"),
    target_start=_date("first day of the period"),
    probability=_number("0-1", "F(t): share of paths whose first passage is at or before t"),
)
ORDER_PLAN = _schema(
    "order_plan",
    "What to order for a segment, by when, and why.",
    "segment_id order_seq",
    segment_id=_text("the segment"),
    order_seq=_whole("", "1 is the next order"),
    option=_text("new_wave, new_line_system, new_segment or leased; none where no order is needed"),
    modules=_whole("", "modules to order"),
    module_gbps=_number("Gbit/s", "size of a module"),
    order_by=_date(
        "last day at which P(late) <= risk; empty: no order within the horizon", nullable=True
    ),
    ready_by=_date("when it must carry traffic", nullable=True),
    overdue_months=_number("month", "how long ago order_by was; 0 where it is ahead"),
    lead_time_low_months=_number("month", "P10", nullable=True),
    lead_time_likely_months=_number("month", "most likely", nullable=True),
    lead_time_high_months=_number("month", "P90", nullable=True),
    risk_alpha_ratio=_number("0-1", "accepted probability of being late"),
    p_late_now_ratio=_number("0-1", "probability of being late if ordered today", nullable=True),
    failure_id=_text("the failure it is sized for"),
    cost_usd=_number("USD", "price today, where an assumption states one", nullable=True),
    present_value_usd=_number("USD", "discounted cost", nullable=True),
    **_reason("reason", "why, for a reader who is no programmer"),
)
PLAN_NOTE = _schema(
    "plan_note",
    "What a plan had to leave out or assume, and why.",
    "topic subject",
    topic=_text(
        "no_forecast, no_capacity, missing_lead_time, missing_price, unmeasured_coincidence, ..."
    ),
    subject=_text("what it concerns"),
    **_reason("note", "why, for a reader who is no programmer"),
)
LOST_TRAFFIC = _schema(
    "lost_traffic",
    "Demand of a route that nothing carries while a failure lasts; only failures that lose some of it.",
    "route_id direction failure_id target_start",
    route_id=_text("the route"),
    direction=_text("in or out"),
    failure_id=_text("the failure"),
    target_start=_date("first day of the period"),
    lost_p50_gbps=_number("Gbit/s", "median over paths, at p95 of the period"),
    lost_p90_gbps=_number("Gbit/s", "90 % of paths lose no more"),
    hours_per_year=_number(
        "h",
        "how long a year the failure lasts: cuts x repair time; empty where no cut rate is stated",
        nullable=True,
    ),
)
SEGMENT_RISK = _schema(
    "segment_risk",
    "How likely and how long a segment direction is overloaded, failures weighted by cuts x repair time.",
    "segment_id direction target_start",
    segment_id=_text("the segment"),
    direction=_text("az or za"),
    target_start=_date("first day of the period"),
    overload_ratio=_number(
        "0-1", "share of paths whose load passes lit capacity with nothing failed"
    ),
    congested_hours=_number(
        "h", "expected hours a year over lit capacity while something has failed", nullable=True
    ),
    failure_id=_text("the failure that brings most of them", nullable=True),
)
ROUTE_RISK = _schema(
    "route_risk",
    "Paths, round-trip floor and availability of a route.",
    "route_id",
    route_id=_text("the route"),
    paths=_whole("", "paths it can take"),
    rtt_floor_ms=_number("ms", "least round trip over its first path", nullable=True),
    rtt_backup_ms=_number("ms", "least round trip over its longest path", nullable=True),
    availability_ratio=_number(
        "0-1",
        "share of the year with at least one path up; empty where no cut rate is stated",
        nullable=True,
    ),
    unavailable_hours=_number("h", "expected hours a year without any path", nullable=True),
    lost_tb_year=_number(
        "TB", "expected traffic lost a year at the first 12 months' median p95", nullable=True
    ),
    failure_id=_text("the single failure that loses most of it", nullable=True),
    **_reason("note", "what a reader must know", nullable=True),
)
UPGRADE = _schema(
    "upgrade",
    "The cheapest mix of orders over the horizon, and what a budget buys of it.",
    "segment_id order_seq",
    segment_id=_text("the segment"),
    order_seq=_whole("", "1 is the first"),
    option=_text("new_wave, new_line_system, new_segment or leased"),
    module_gbps=_number("Gbit/s", "size of a module"),
    modules=_whole("", "how many"),
    ready_by=_date("in service from this period"),
    cost_usd=_number("USD", "price when bought, eroded from today's"),
    present_value_usd=_number("USD", "discounted to the planning date"),
    funded=_flag("true where the budget reaches; true throughout without a budget"),
    priority=_whole("", "1 is bought first"),
    risk_if_not_ratio=_number("0-1", "probability of running out within the horizon without it"),
    **_reason("reason", "why, for a reader who is no programmer"),
)
BUILD_CHOICE = _schema(
    "build_choice",
    "Every planned build beside the cheapest plan with it and the cheapest without: whether it pays, and when it would open. Present values.",
    "build_id",
    build_id=_text(
        "its projects, joined by +: those stated with the same dates are parts of one build"
    ),
    segments=_text("the segments it brings, separated by ;"),
    verdict=_text(
        "build (the cheapest plan opens it), never (it leaves it out), committed (under construction: comes as stated) or not_weighed (no price)"
    ),
    stated_on=_date("when half of the paths have it, as stated"),
    opens_on=_date("the same in the cheapest plan; empty where it leaves it out", nullable=True),
    price_usd=_number(
        "USD", "today's price of its lines; empty where none is stated", nullable=True
    ),
    build_cost_usd=_number(
        "USD", "price less what is left of it at the end of the horizon", nullable=True
    ),
    orders_with_usd=_number(
        "USD",
        "modules, leases and line systems of the segments that builds touch, in the cheapest plan with it (as stated, where it is left out)",
    ),
    orders_without_usd=_number("USD", "the same without it"),
    lost_with_usd=_number(
        "USD",
        "expected revenue of traffic that nothing carries, failures weighted by hours, with it; empty where no revenue is stated",
        nullable=True,
    ),
    lost_without_usd=_number("USD", "the same without it", nullable=True),
    earned_low_usd=_number(
        "USD",
        "earned by traffic of its own less what incumbents of the same owner lose: 10 % lie below; empty where no market is stated",
        nullable=True,
    ),
    earned_usd=_number("USD", "median", nullable=True),
    earned_high_usd=_number("USD", "10 % lie above", nullable=True),
    own_loss_usd=_number(
        "USD", "what incumbents of the same owner lose, taken off already: median", nullable=True
    ),
    net_usd=_number(
        "USD",
        "cost of the cheapest plan without it less that of the one with it; above 0 it pays",
        nullable=True,
    ),
    proven=_flag("true where both plans are proven to be the cheapest"),
    **_reason("reason", "why, for a reader who is no programmer"),
)
MONEY_FIGURE = _schema(
    "money_figure",
    "A sum of money or a break-even with its range.",
    "subject item",
    subject=_text("what it is about: segment:ID, order:SEGMENT/SEQ, route:ID, module:GBPS"),
    item=_text(
        "iru_present_value, lease_present_value, break_even_erosion, deferral_value, revenue_at_risk, cost_of_waiting, ..."
    ),
    low_value=_number("see unit", "10 % lie below"),
    likely_value=_number("see unit", "median"),
    high_value=_number("see unit", "10 % lie above"),
    unit=_text("USD, USD/month, ratio/year"),
    **_reason("basis", "nominal or real, discount rate, price date"),
    assumption_ids=_text("what it rests on, separated by ;"),
    **_reason("reason", "what it means, for a reader who is no programmer"),
)
ASSUMPTION_EFFECT = _schema(
    "assumption_effect",
    "How far an assumption moves the last day to order a segment, all others at their stated value.",
    "segment_id assumption_id",
    segment_id=_text("the segment"),
    assumption_id=_text("the assumption, or demand for the spread of the paths"),
    name=_text("what it states"),
    order_by_low=_date("last day to order with its low value", nullable=True),
    order_by_base=_date("with its stated value", nullable=True),
    order_by_high=_date("with its high value", nullable=True),
    swing_days=_number("day", "largest distance between the three"),
    variance_share_ratio=_number("0-1", "share of the variance of the day to order", nullable=True),
    effect_rank=_whole("", "1 matters most for this segment"),
)
SCENARIO_EFFECT = _schema(
    "scenario_effect",
    "What a story changes, on the same random draws as the plan beside it.",
    "scenario_id segment_id direction date_kind",
    scenario_id=_text("the story"),
    segment_id=_text("the segment"),
    direction=_text("az or za"),
    date_kind=_text("policy or hard"),
    t50_base=_date("half of the paths have run out by then", nullable=True),
    t50_scenario=_date("in the story", nullable=True),
    shift_months=_number(
        "month",
        "mean shift of first passage on paths that run out in both; negative: earlier",
        nullable=True,
    ),
    probability_base=_number("0-1", "share of paths run out by the end"),
    probability_scenario=_number("0-1", "in the story"),
    order_by_base=_date("last day to order", nullable=True),
    order_by_scenario=_date("in the story", nullable=True),
    note=_text("what the story assumes"),
)
NEW_ROUTE_SHARE = _schema(
    "new_route_share",
    "How a market divides before and after a new route, and what each incumbent loses.",
    "project_id market alternative_id",
    project_id=_text("the planned build"),
    market=_text("the market it enters"),
    alternative_id=_text("a way through: an incumbent or the new route"),
    is_new=_flag("true for the new route"),
    price_usd_per_mbps_month=_number("USD/Mbit/s/month", "its price"),
    rtt_ms=_number("ms", "its round trip"),
    share_before_ratio=_number("0-1", "share of the market without the new route"),
    share_after_ratio=_number("0-1", "share once it is established"),
    lost_p10_gbps=_number(
        "Gbit/s", "what it loses to the new route at the horizon, 10 % of paths less"
    ),
    lost_p50_gbps=_number("Gbit/s", "median"),
    lost_p90_gbps=_number("Gbit/s", "90 % of paths no more"),
)
NEW_ROUTE_QUANTILE = _schema(
    "new_route_quantile",
    "Quantiles of what each way through a market carries once a new route is there.",
    "project_id market alternative_id target_start quantile_level",
    project_id=_text("the planned build"),
    market=_text("the market"),
    alternative_id=_text("a way through, or total"),
    target_start=_date("first day of the period"),
    quantile_level=_number("0-1", "share of paths at or below"),
    value_gbps=_number("Gbit/s", "the quantile"),
)
NEW_ROUTE_REGISTRATION = _schema(
    "new_route_registration",
    "A forecast made before the route exists, and when it counts as wrong.",
    "forecast_id",
    forecast_id=_text("the registered forecast"),
    project_id=_text("the planned build"),
    market=_text("the market it enters", nullable=True),
    registered_on=_date("day it was made"),
    judged_on=_date("day it is judged"),
    p10_gbps=_number("Gbit/s", "10 % of paths lie below"),
    p50_gbps=_number("Gbit/s", "median"),
    p90_gbps=_number("Gbit/s", "10 % of paths lie above"),
    ready_probability_ratio=_number("0-1", "probability that it carries traffic by then"),
    **_reason("wrong_if", "what would show it wrong"),
    assumption_ids=_text("what it rests on, separated by ;"),
)

NEW_ROUTE_SCORE = _schema(
    "new_route_score",
    "A registered forecast beside the months that came on the new route's segment.",
    "forecast_id",
    forecast_id=_text("the registered forecast"),
    project_id=_text("the planned build"),
    market=_text("the market it enters"),
    registered_on=_date("day it was made"),
    judged_on=_date("day it is judged"),
    months_seen=_whole("month", "months with traffic on the segment so far"),
    last_month=_date("the last of them", nullable=True),
    last_gbps=_number("Gbit/s", "what came in it; empty before the first", nullable=True),
    p10_gbps=_number("Gbit/s", "registered: 10 % of paths lie below"),
    p50_gbps=_number("Gbit/s", "registered: median"),
    p90_gbps=_number("Gbit/s", "registered: 10 % of paths lie above"),
    updated_p10_gbps=_number(
        "Gbit/s", "the level once the months seen are weighed in: 10 % lie below"
    ),
    updated_p50_gbps=_number("Gbit/s", "median"),
    updated_p90_gbps=_number("Gbit/s", "10 % lie above"),
    weight_of_data_ratio=_number(
        "0-1", "weight of the months seen against the registered forecast"
    ),
    pinball_gbps=_number(
        "Gbit/s",
        "pinball loss of the three registered quantiles against what came, factor 2; empty while no month was seen and the day is ahead",
        nullable=True,
    ),
    verdict=_text("open until the day it is judged on, then right or wrong"),
    **_reason("reason", "why, for a reader who is no programmer"),
)

REVISION_PART = _schema(
    "revision_part",
    "Why a figure differs from the run before: what each change moved, in the order in which they are exchanged; nothing is left over.",
    "series_kind series_id direction measure target_start step_seq",
    series_kind=_text("route, market, corridor, total, country, or segment"),
    series_id=_text("the route_id, market, corridor, 'total', country, or segment_id"),
    direction=_text(
        "in or out of a route; az or za of a segment; both for the order, which serves both"
    ),
    measure=_text(
        "mean_gbps or p95_gbps (median forecast), runout_days (policy date, half of the paths), hard_runout_days, order_by_days (last day to order), runout_probability_ratio (policy, by target_start)"
    ),
    target_start=_date("first day of the period forecast; empty for dates", nullable=True),
    step_seq=_whole("", "1 to 4: the order in which the changes are exchanged"),
    step=_text("history_revised, new_observations, model or assumptions"),
    value_before=_number(
        "see unit",
        "the figure before the change; before the first: what the earlier run said; a date as days since 1970-01-01; empty where it is after the horizon",
        nullable=True,
    ),
    value_after=_number(
        "see unit", "the figure after it; after the last: what this run says", nullable=True
    ),
    change=_number(
        "see unit", "after - before; empty where either is after the horizon", nullable=True
    ),
    unit=_text("Gbit/s, day or ratio"),
    date_before=_date("value_before as a date, for dates", nullable=True),
    date_after=_date("value_after as a date, for dates", nullable=True),
    earlier_run_id=_text("the run it is compared with"),
    **_reason("reason", "what was exchanged in this step, for a reader who is no programmer"),
)
LIVE_ACCURACY = _schema(
    "live_accuracy",
    "Whether past runs' intervals held what their receipts promised, once the months came.",
    "grain statistic horizon_from measure",
    grain=_GRAIN,
    statistic=_text("mean or p95 of the period's valid slots"),
    horizon_from=_whole("periods", "first horizon of the band"),
    horizon_to=_whole("periods", "last horizon of the band"),
    measure=_text(
        "inside_80, inside_95 (share of outcomes in the interval) or above_median (share above the median)"
    ),
    n=_whole("", "past forecasts whose period is over"),
    periods=_whole("", "different periods they are of"),
    first_target=_date("the earliest of them"),
    last_target=_date("the latest of them"),
    n_effective=_number(
        "", "independent outcomes they are worth: series of one period miss together"
    ),
    achieved_ratio=_number("0-1", "share of outcomes"),
    low_ratio=_number("0-1", "lower end of the 99 % Wilson interval of the share"),
    high_ratio=_number("0-1", "upper end"),
    promised_ratio=_number(
        "0-1", "share that the backtest's receipt of those runs gives; one half for above_median"
    ),
    error_ratio=_number(
        "ratio",
        "mean absolute error of the medians over that of the receipt; empty where it gives none",
        nullable=True,
    ),
    drifted=_flag("true where the promised share lies outside the interval"),
    **_reason("reason", "what that means, for a reader who is no programmer"),
)
MODEL_CHALLENGE = _schema(
    "model_challenge",
    "Every candidate and benchmark against the ensemble on past runs' forecasts whose period is over.",
    "grain statistic challenger",
    grain=_GRAIN,
    statistic=_text("mean or p95 of the period's valid slots"),
    challenger=_text("a candidate of the ensemble, seasonal_naive or drift"),
    n=_whole("", "past forecasts compared"),
    periods=_whole("", "different periods they are of"),
    horizon_to=_whole("periods", "longest horizon among them"),
    champion_error_ratio=_number(
        "ratio", "mean absolute error of the ensemble over the mean of what came"
    ),
    challenger_error_ratio=_number("ratio", "the same of the challenger"),
    dm_p=_number(
        "0-1",
        "two-sided Diebold-Mariano p over periods (HLN); empty where not computable",
        nullable=True,
    ),
    verdict=_text("too_early, keep or promote"),
    **_reason("reason", "by which rule, for a reader who is no programmer"),
)

FRAMES: Mapping[str, FrameSchema] = {
    schema.name: schema
    for schema in (
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
        TRAFFIC_PERIOD,
        COINCIDENCE,
        PROFILE,
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
}
REFERENCE_FRAMES = (
    "node",
    "segment",
    "capacity",
    "route",
    "route_path",
    "risk_group",
    "interface",
    "project",
    "event",
    "driver",
    "assumption",
    "international_bandwidth",
)
RESULT_FRAMES = (
    "forecast_quantile",
    "no_forecast",
    "backtest_score",
    "forecast_component",
    "level_shift",
    "forecast_effect",
    "segment_load",
    "runout",
    "runout_probability",
    "order_plan",
    "plan_note",
    "lost_traffic",
    "segment_risk",
    "route_risk",
    "upgrade",
    "build_choice",
    "money_figure",
    "assumption_effect",
    "scenario_effect",
    "new_route_share",
    "new_route_quantile",
    "new_route_registration",
    "new_route_score",
    "revision_part",
    "live_accuracy",
    "model_challenge",
)
