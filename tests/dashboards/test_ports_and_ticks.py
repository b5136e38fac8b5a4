"""Routes at their ports' speed, what charts number, and names at a chart's edge."""

from datetime import date, timedelta
from itertools import pairwise

import polars as pl
import pytest

from dashboards.chapters.capacity.past import observed_load, segment_ticks
from dashboards.chapters.capacity.segments import load_figure
from dashboards.chapters.traffic.series import series_figure
from dashboards.charts.edges import APART, Edge, edge_rows, fitted
from dashboards.charts.fan import fan
from dashboards.charts.ticks import Tick, tick_rows
from dashboards.front.page import make_front
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.ports import at_port
from dashboards.view import View
from tests.dashboards.world import build, edition
from warehouse.schema import FRAMES

EN, RU = load_language("en"), load_language("ru")
KEY = ("route", "R-ALA-FRA", "in", "p95")


@pytest.fixture(scope="module")
def frames():
    return build(past=24, ahead=12)


@pytest.fixture(scope="module")
def full(frames):
    """The world in which the busiest route has stood at its port's speed for its last 14 months."""
    traffic = frames["traffic_period"]
    mine = (pl.col("series_id") == KEY[1]) & (pl.col("direction") == "in")
    months = traffic.filter(mine)["period_start"].unique().sort()
    since, speed = (
        months[-14],
        traffic.filter(mine & (pl.col("statistic") == "p95"))["value_gbps"].max(),
    )
    held = mine & (pl.col("period_start") >= since)
    traffic = traffic.with_columns(
        value_gbps=pl.when(held & (pl.col("statistic") == "p95"))
        .then(speed)
        .otherwise("value_gbps"),
        censored_ratio=pl.when(held).then(0.3).otherwise("censored_ratio"),
    )
    port = {"time_zone": "UTC", "priority": 1, "aliases": ""}
    rows = [
        {"interface_id": f"{row}-1", "route_id": row, "speed_gbps": 1e5, **port}
        for row in frames["route"]["route_id"]
    ]
    rows[[row["route_id"] for row in rows].index(KEY[1])]["speed_gbps"] = speed
    ports = pl.DataFrame(rows, schema=FRAMES["interface"].empty().schema, orient="row")
    return {**frames, "traffic_period": traffic, "interface": ports}, since, speed


def test_a_route_at_its_port_speed_says_so(full):
    frames, since, speed = full
    material = gather(frames, edition())
    port = at_port(material)[KEY]
    assert (port.since, port.speed_gbps, port.periods, port.of) == (since, speed, 12, 12)
    assert {key[1] for key in at_port(material)} == {KEY[1]}
    highest = material.series[KEY]["q900"].max()
    assert port.proposed_gbps is None or port.proposed_gbps >= highest > speed
    figure = series_figure(View(material, EN), KEY)
    assert "the port carries" in figure.title
    assert "at port speed" in figure.badges
    assert figure.spec["datasets"]["port"] == [{"speed": pytest.approx(speed, rel=1e-5)}]
    for language in (EN, RU):
        words = make_front(View(material, language)).ports
        assert len(words) == 1
        assert words[0][1].startswith("route/")


def test_a_port_that_is_not_full_is_not_drawn(frames):
    material = gather(frames, edition())
    assert at_port(material) == {}
    assert make_front(View(material, EN)).ports == []
    assert "port" not in series_figure(View(material, EN), KEY).spec["datasets"]


def test_two_ports_of_one_measurement_are_one_port(full):
    frames, _, speed = full
    port = frames["interface"].filter(pl.col("route_id") == KEY[1]).head(1)
    second = port.with_columns(interface_id=pl.lit("second"), priority=port["priority"] + 1)
    twice = {**frames, "interface": pl.concat([frames["interface"], second])}
    assert at_port(gather(twice, edition()))[KEY].speed_gbps == speed


def test_level_shifts_are_told_with_their_events(frames):
    at = frames["traffic_period"]["period_start"].unique().sort()[-6]
    empty = frames["level_shift"].clear()
    shift = {
        **dict(zip(("series_kind", "series_id", "direction", "statistic"), KEY, strict=True)),
        "grain": "month",
        "period_start": at,
        "size_ratio": 1.4,
        "event_id": None,
        "handled": "spliced",
    }
    event = frames["event"].row(0, named=True)
    rows = [
        shift,
        {**shift, "period_start": at + timedelta(days=31), "event_id": event["event_id"]},
    ]
    shifts = pl.DataFrame(rows, schema=empty.schema, orient="row")
    starts = pl.when(pl.col("event_id") == event["event_id"]).then(
        pl.lit(at + timedelta(days=40)).cast(frames["event"]["start_at"].dtype)
    )
    events = frames["event"].with_columns(start_at=starts.otherwise("start_at"))
    material = gather({**frames, "level_shift": shifts, "event": events}, edition())
    figure = series_figure(View(material, EN), KEY)
    words = [words for _, words in figure.ticks]
    assert "level shift × 1.40, no event stated" in words
    assert any(event["effect"][:20] in line for line in words)
    assert [row["number"] for row in figure.spec["datasets"]["ticks"]] == ["1", "2"]


def test_a_segment_shows_its_past_and_its_orders(frames):
    material = gather(frames, edition())
    first = material.loads["S-ALA-AKT", "za"]["target_start"][0]
    past = observed_load(material, "S-ALA-AKT", "za")
    assert past is not None
    assert past["target_start"].max() < first
    assert past["lit"].null_count() == 0
    ticks = segment_ticks(View(material, EN), "S-ALA-AKT", date(2000, 1, 1), date(2100, 1, 1))
    plan = [row for row in material.plans["S-ALA-AKT"] if row["modules"] and row["order_by"]]
    assert {tick.at for tick in ticks} >= {row["order_by"] for row in plan[:3]}
    figure = load_figure(View(material, EN), "S-ALA-AKT", "za")
    assert any(row["observed"] is not None for row in figure.spec["datasets"]["rows"])


def test_a_segment_whose_routes_are_split_shows_no_past(frames):
    loads = frames["segment_load"].with_columns(load_gbps=pl.col("load_gbps") * 10)
    material = gather({**frames, "segment_load": loads}, edition())
    assert observed_load(material, "S-ALA-AKT", "za") is None


def test_rings_step_down_where_they_are_close():
    days = [date(2026, 1, 1), date(2026, 1, 5), date(2026, 1, 9), date(2027, 1, 1)]
    rows = tick_rows([Tick(day, "x") for day in reversed(days)], date(2025, 1, 1), date(2029, 1, 1))
    assert [row["at"] for row in rows] == days
    assert [row["level"] for row in rows] == [0, 1, 2, 0]


@pytest.mark.parametrize("values", [(99, 98, 97, 96), (3, 2, 1, 0), (50, 50, 50, 50), (100, 0)])
def test_names_at_the_edge_do_not_overlap(values):
    edges = [Edge(str(place), value, "x") for place, value in enumerate(values)]
    rows = edge_rows(edges, date(2029, 1, 1), 100, 300)
    pixels = sorted(300 * (1 - row["y"] / 100) for row in rows)
    assert all(b - a >= APART - 1e-6 for a, b in pairwise(pixels))
    assert pixels[0] >= 0
    assert pixels[-1] <= 300


def test_a_long_past_is_shown_when_asked_for():
    months = pl.date_range(date(2006, 1, 1), date(2028, 12, 1), "1mo", eager=True)
    seen = pl.Series([float(n) if n < 240 else None for n in range(len(months))])
    quantiles = {
        f"q{q}": [None] * 240 + [300.0] * (len(months) - 240)
        for q in ("025", "100", "250", "500", "750", "900", "975")
    }
    spec = fan(pl.DataFrame({"start": months, "observed": seen, **quantiles}), "month", EN)
    shown = [row["shown"] for row in spec["datasets"]["rows"]]
    assert sum(shown) == 3 * 36 + 36
    assert spec["params"][0]["name"] == "whole"


def test_a_chart_has_names_at_its_edge_or_a_legend(frames):
    spec = series_figure(View(gather(frames, edition()), EN), KEY).spec
    wide, narrow = str(fitted(spec, 1312)["layer"]), str(fitted(spec, 360)["layer"])
    assert "'edge" in wide
    assert "'legend': {" not in wide
    assert "'edge" not in narrow
    assert "'legend': {" in narrow
