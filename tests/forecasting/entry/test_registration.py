"""Forecasts registered before a route exists, beside what came."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import sentence
from forecasting.entry.registration import carried, judge
from tests.forecasting.planning_worlds import assumptions
from warehouse.network.model import Network
from warehouse.reasons import reason_of
from warehouse.schema import NEW_ROUTE_SCORE, check

Z90 = 1.2815515655446004
SPREAD = assumptions(("SPREAD", "month_spread", "all", 0.2, 0.3, 0.4, "log"))
JUDGED = date(2028, 1, 1)


LOW, HIGH = 20 * np.exp(-0.6 * Z90), 20 * np.exp(0.6 * Z90)


def registered(p10=LOW, p50=20.0, p90=HIGH, market="KZ-DE"):
    return pl.DataFrame(
        {
            "forecast_id": ["P/KZ-DE/2026-11-22"],
            "project_id": ["P"],
            "market": [market],
            "registered_on": [date(2026, 11, 22)],
            "judged_on": [JUDGED],
            "p10_gbps": [p10],
            "p50_gbps": [p50],
            "p90_gbps": [p90],
        }
    )


def seen(count: int, gbps: float = 9.0, market: str = "KZ-DE") -> pl.DataFrame:
    months = [date(2027 + at // 12, at % 12 + 1, 1) for at in range(count)]
    return pl.DataFrame(
        {
            "project_id": ["P"] * count,
            "market": [market] * count,
            "month": months,
            "gbps": [gbps] * count,
        },
        schema={"project_id": pl.String, "market": pl.String, "month": pl.Date, "gbps": pl.Float64},
    )


def judged(count: int, until: date, stated=SPREAD, **more):
    frame, notes = judge(registered(**more), seen(count), stated, known_until=until)
    assert check(frame, NEW_ROUTE_SCORE).equals(frame)
    return frame.row(0, named=True), notes


def test_months_that_arrive_are_weighed_in():
    one, _ = judged(1, date(2027, 1, 1))
    assert one["updated_p50_gbps"] == pytest.approx(10.55844609)
    assert one["weight_of_data_ratio"] == pytest.approx(0.8)
    six, _ = judged(6, date(2027, 6, 1))
    assert six["updated_p50_gbps"] == pytest.approx(9.29210287)
    assert six["updated_p10_gbps"] < six["updated_p50_gbps"] < six["updated_p90_gbps"]
    assert (six["months_seen"], six["last_gbps"], six["verdict"]) == (6, 9.0, "open")
    assert "6 months so far, 9 Gbit/s in June 2027" in sentence(reason_of(six))


def test_nothing_changes_before_the_first_month():
    none, _ = judged(0, date(2026, 12, 1))
    assert (
        none["updated_p50_gbps"],
        none["weight_of_data_ratio"],
        none["pinball_gbps"],
        none["last_gbps"],
    ) == (20.0, 0.0, None, None)
    assert none["verdict"] == "open"


def test_the_named_month_judges_once_it_is_known():
    assert judged(12, date(2027, 12, 1))[0]["verdict"] == "open"
    late, _ = judged(13, JUDGED)
    assert late["verdict"] == "wrong"
    assert late["pinball_gbps"] == pytest.approx(
        np.mean([2 * 0.9 * (LOW - 9), 11.0, 2 * 0.1 * (HIGH - 9)])
    )
    assert (
        judge(registered(), seen(13, 18.0), SPREAD, known_until=JUDGED)[0]["verdict"][0] == "right"
    )
    # A route that is not there carries nothing.
    assert judged(0, JUDGED)[0]["verdict"] == "wrong"
    assert judged(0, JUDGED, p10=0.0)[0]["verdict"] == "right"


def test_a_median_of_nothing_is_replaced_by_what_came():
    row, _ = judged(3, date(2027, 3, 1), p10=0.0, p50=0.0, p90=30.0)
    assert row["updated_p50_gbps"] == pytest.approx(9.0)
    assert row["weight_of_data_ratio"] == pytest.approx(1.0)


def test_a_missing_spread_is_told_and_leaves_the_level():
    row, notes = judged(3, date(2027, 3, 1), stated=assumptions())
    assert row["updated_p50_gbps"] == 20.0
    assert [note[:2] for note in notes] == [("new_route_level", "P")]


def test_other_markets_months_do_not_count_and_older_rows_name_theirs_in_their_id():
    frame, _ = judge(
        registered(market=None), seen(3, market="KZ-IT"), SPREAD, known_until=date(2027, 3, 1)
    )
    assert frame.select("market", "months_seen").row(0) == ("KZ-DE", 0)


def world(in_service: bool = True):
    """Two routes over the new line N and one elsewhere; N carries traffic since March 2027."""
    segments = pl.DataFrame(
        {
            "segment_id": ["N", "O"],
            "a_node": ["A", "A"],
            "z_node": ["Z", "Z"],
            "status": ["in_service" if in_service else "planned", "in_service"],
            "in_service_from": [date(2027, 3, 1) if in_service else None, None],
        },
        schema_overrides={"in_service_from": pl.Date},
    )
    routes = pl.DataFrame(
        {
            "route_id": ["R1", "R2", "R3"],
            "a_node": ["A"] * 3,
            "z_node": ["Z"] * 3,
            "market": ["KZ-DE", "KZ-DE", "KZ-DE"],
        }
    )
    steps = pl.DataFrame(
        {
            "route_id": ["R1", "R2", "R3"],
            "rank": [1] * 3,
            "seq": [1] * 3,
            "segment_id": ["N", "N", "O"],
        }
    )
    projects = pl.DataFrame(
        {"project_id": ["P"], "segment_id": ["N"], "ready_likely": [date(2027, 6, 1)]}
    )
    return Network.from_frames(
        {"segment": segments, "route": routes, "route_path": steps}
    ), projects


def traffic():
    rows = [
        (
            "month",
            "route",
            route,
            way,
            "mean",
            date(2027, month, 1),
            value * (1 if way == "in" else 0.4),
        )
        for month in (2, 3, 4, 5)
        for route, value in (("R1", 3.0), ("R2", 4.0), ("R3", 90.0))
        for way in ("in", "out")
        if not (route == "R2" and month == 5)
    ]
    return pl.DataFrame(
        rows,
        schema=[
            "grain",
            "series_kind",
            "series_id",
            "direction",
            "statistic",
            "period_start",
            "value_gbps",
        ],
        orient="row",
    )


def test_what_came_is_that_of_the_routes_over_the_new_line_in_whole_months():
    network, projects = world()
    # February is before it is in service; in May one of its routes has no value.
    assert carried(traffic(), network, projects).rows() == [
        ("P", "KZ-DE", date(2027, 3, 1), 7.0),
        ("P", "KZ-DE", date(2027, 4, 1), 7.0),
    ]


def test_a_line_that_is_not_there_carries_nothing():
    network, projects = world(in_service=False)
    assert carried(traffic(), network, projects).is_empty()
