"""Ports whose route, speed, names and bundle have dates, and ports that share a route."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from tests.warehouse.traffic_worlds import NOW, PAIR, load_one, open_world, samples, write
from warehouse.errors import NetworkError
from warehouse.loading.reference import load_reference
from warehouse.loading.statistics import update_statistics
from warehouse.sources.rows import TableSpec
from warehouse.store.database import Warehouse

HOURLY = TableSpec(
    "nms", interface_column="interface", in_column="in", out_column="out", slot_minutes=60
)


def hours(folder: Path, *spans: tuple[str, date, date, float]) -> Path:
    """A file with an hourly rate of each port from a day until another, in Gbit/s."""
    rows = [
        {"time": at, "interface": port, "in": gbps * 1e9, "out": 1.0}
        for port, first, until, gbps in spans
        for at in pl.datetime_range(
            datetime.combine(first, datetime.min.time()),
            datetime.combine(until, datetime.min.time()),
            "1h",
            closed="left",
            eager=True,
        )
    ]
    path = folder / "hours.parquet"
    pl.DataFrame(rows).write_parquet(path)
    return path


def state_ports(world: Warehouse, *ports: dict[str, Any], day: int = 0) -> None:
    """States all ports; what a port leaves out is 10 Gbit/s, priority 1, UTC, always, no bundle."""
    common = {"speed_gbps": 10.0, "time_zone": "UTC", "priority": 1, "aliases": None}
    frame = pl.DataFrame(
        [{**common, "valid_from": None, "bundle": None, **port} for port in ports],
        schema_overrides={
            "valid_from": pl.Date,
            "bundle": pl.String,
            "aliases": pl.String,
        },
    )
    world.append("interface", frame, known_at=NOW + timedelta(days=day), complete=True)


def means(world: Warehouse, day: int = 0) -> dict[tuple[str, int], float | None]:
    """The mean in of each route by month of 2024, after a pass."""
    update_statistics(world, grains=("month",), time_zone="UTC", known_at=NOW + timedelta(days=day))
    rows = world.sql(
        "select series_id, month(period_start)::integer as month, value_gbps "
        "from mart.traffic_latest where series_kind = 'route' and statistic = 'mean' "
        "and direction = 'in' order by all"
    )
    return {(route, month): value for route, month, value in rows.iter_rows()}


def billed(world: Warehouse) -> tuple[float | None, int]:
    """What route r1 is billed at in March, in bit/s, and the slots it is made of."""
    rows = world.sql(
        "select value_bps, valid_slots from mart.invoice('r1', date '2024-03-01', 'UTC') "
        "where direction = 'max' and convention = 'billing'"
    )
    return rows.row(0) if rows.height else (None, 0)


JANUARY, FEBRUARY, MARCH, APRIL = (date(2024, month, 1) for month in (1, 2, 3, 4))


def test_parallel_ports_are_refused_until_their_bundle_or_priority_is_stated(
    tmp_path: Path,
) -> None:
    joined = date(2024, 2, 10)
    with open_world(
        tmp_path, ["r1"], ports=[("m1", "r1", 10.0, 1), ("m2", "r1", 10.0, 1)]
    ) as world:
        load_one(
            world, HOURLY, hours(tmp_path, ("m1", JANUARY, APRIL, 4), ("m2", joined, APRIL, 3))
        )
        assert means(world) == {("r1", 1): None, ("r1", 2): None, ("r1", 3): None}
        why = world.sql(
            "select distinct reason_code, reason_values from mart.traffic_latest "
            "where series_kind = 'route'"
        )
        assert why.rows() == [("period.parallel_ports", '{"ports":"m1, m2"}')]
        assert world.sql("from mart.traffic_peak").is_empty()
        assert billed(world) == (None, 0)

        state_ports(
            world,
            {"interface_id": "m1", "route_id": "r1", "bundle": "lag"},
            {"interface_id": "m2", "route_id": "r1", "bundle": "lag", "valid_from": joined},
            day=1,
        )
        february = (4 * 9 + 7 * 20) / 29
        assert means(world, 1) == pytest.approx(
            {("r1", 1): 4.0, ("r1", 2): february, ("r1", 3): 7.0}
        )
        assert billed(world) == (7e9, 744)
        peak = world.sql(
            "select max(peak_gbps) from mart.traffic_peak where direction = 'in'"
        ).item()
        assert peak == 7.0
        hour = world.sql(
            "select distinct mean_gbps from mart.traffic_profile where direction = 'in'"
        )
        assert hour["mean_gbps"].max() < 7.0 < 4 * hour["mean_gbps"].min()

        # The first by priority counts where they are two views of the same traffic.
        state_ports(
            world,
            {"interface_id": "m1", "route_id": "r1"},
            {"interface_id": "m2", "route_id": "r1", "priority": 2},
            day=2,
        )
        assert means(world, 2) == {("r1", 1): 4.0, ("r1", 2): 4.0, ("r1", 3): 4.0}
        assert set(samples(world).filter(interface_id="m2")["flag"]) == {"duplicate_source"}
        state_ports(
            world,
            {"interface_id": "m1", "route_id": "r1", "bundle": "lag"},
            {"interface_id": "m2", "route_id": "r1", "bundle": "lag"},
            day=3,
        )
        # In January a member is missing: no slot is valid.
        assert means(world, 3) == {("r1", 1): None, ("r1", 2): None, ("r1", 3): 7.0}
        assert set(samples(world)["flag"]) == {"ok"}


def test_a_port_that_moves_leaves_its_history_with_the_route_it_had(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1", "r2"], ports=[("p1", "r1", 10.0, 1)]) as world:
        load_one(world, HOURLY, hours(tmp_path, ("p1", JANUARY, APRIL, 5)))
        assert means(world) == {("r1", 1): 5.0, ("r1", 2): 5.0, ("r1", 3): 5.0}
        state_ports(
            world,
            {"interface_id": "p1", "route_id": "r1"},
            {"interface_id": "p1", "route_id": "r2", "valid_from": MARCH},
            day=1,
        )
        assert means(world, 1) == {
            ("r1", 1): 5.0,
            ("r1", 2): 5.0,
            ("r1", 3): None,
            ("r2", 3): 5.0,
        }
        total = world.sql(
            "select value_gbps from mart.traffic_latest where series_kind = 'total' "
            "and statistic = 'mean' and direction = 'in' order by period_start"
        )
        assert total["value_gbps"].to_list()[:2] == [5.0, 5.0]
        # Without a date the port has always measured the other route: nothing of the first is left.
        state_ports(world, {"interface_id": "p1", "route_id": "r2"}, day=2)
        found = means(world, 2)
        assert found[("r1", 1)] is None
        assert found[("r2", 1)] == 5.0
        assert world.sql("from mart.traffic_peak where route_id = 'r1'").is_empty()
        assert world.sql("from mart.traffic_profile where route_id = 'r1'").is_empty()


def test_a_speed_holds_from_its_date(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"], ports=[("p1", "r1", 10.0, 1)]) as world:
        path = hours(tmp_path, ("p1", JANUARY, FEBRUARY, 5), ("p1", FEBRUARY, MARCH, 60))
        load_one(world, HOURLY, path)
        means(world)
        assert set(samples(world).filter(pl.col("in_bps") > 6e9)["flag"]) == {"outlier"}
        dated = (
            {"interface_id": "p1", "route_id": "r1"},
            {"interface_id": "p1", "route_id": "r1", "speed_gbps": 100.0, "valid_from": FEBRUARY},
        )
        state_ports(world, *dated, day=1)
        assert means(world, 1)[("r1", 2)] == 60.0
        assert set(samples(world)["flag"]) == {"ok"}
    other = tmp_path / "other"
    other.mkdir()
    with open_world(other, ["r1"], ports=[("p1", "r1", 10.0, 1)]) as world:
        state_ports(world, *dated)
        load_one(world, HOURLY, path)
        assert set(samples(world)["flag"]) == {"ok"}


def test_an_alias_means_the_port_it_was_on_then(tmp_path: Path) -> None:
    rows = "".join(
        f"{day} 00:{minute:02},Te0/1,{n},1\n"
        for n, (day, minute) in enumerate(
            (day, m) for day in ("2024-02-29", "2024-03-01") for m in (0, 5)
        )
    )
    with open_world(tmp_path, ["r1", "r2"], ports=[("p1", "r1", 10.0, 1)]) as world:
        state_ports(
            world,
            {"interface_id": "p1", "route_id": "r1", "aliases": "Te0/1"},
            {"interface_id": "p1", "route_id": "r1", "valid_from": MARCH},
            {"interface_id": "p2", "route_id": "r2", "aliases": "Te0/1", "valid_from": MARCH},
        )
        load_one(world, PAIR, write(tmp_path / "a.csv", "time,interface,in,out\n" + rows))
        found = samples(world).select("interface_id", "in_bps").rows()
        assert found == [("p1", 0.0), ("p1", 1.0), ("p2", 2.0), ("p2", 3.0)]

        state_ports(
            world,
            {"interface_id": "p2", "route_id": "r2", "aliases": "Te0/1", "valid_from": MARCH},
            day=1,
        )
        path = write(tmp_path / "b.csv", "time,interface,in,out\n2024-01-01 00:00,Te0/1,1,1\n")
        result = load_one(world, PAIR, path)
        assert result.rows_quarantined == 1
        assert "Te0/1 is no port at that time; see valid_from" in result.notes[0]


def test_slots_measured_in_part_count_by_their_share(tmp_path: Path) -> None:
    with open_world(tmp_path, ["p1"]) as world:
        minutes = TableSpec("nms", interface_column="interface", in_column="in", out_column="out")
        start = datetime(2024, 2, 1, tzinfo=UTC)
        days = 29 * 1440
        times = [start + timedelta(minutes=n) for n in range(days) if n < days // 2 or n % 5 == 0]
        frame = pl.DataFrame({"time": times, "interface": "p1", "in": 1e9, "out": 1.0})
        frame.write_parquet(tmp_path / "a.parquet")
        load_one(world, minutes, tmp_path / "a.parquet")
        assert means(world) == {("p1", 2): None}
        coverage = (
            "select min(coverage_ratio), max(coverage_ratio) from mart.traffic_latest "
            "where series_kind = 'route'"
        )
        assert world.sql(coverage).row(0) == pytest.approx((0.6, 0.6))
        # The rest comes later, in another file and with the same value.
        rest = [start + timedelta(minutes=n) for n in range(days // 2, days) if n % 5]
        pl.DataFrame({"time": rest, "interface": "p1", "in": 1e9, "out": 1.0}).write_parquet(
            tmp_path / "b.parquet"
        )
        load_one(world, minutes, tmp_path / "b.parquet")
        assert means(world, 1) == {("p1", 2): 1.0}
        assert world.sql(coverage).row(0) == (1.0, 1.0)


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("p1,R1,1,x,,\np2,R1,2,x,,\n", "alias x of p2 is also an alias of p1"),
        ("p1,R1,1,x,,\np2,R1,2,x,2024-03-01,\n", "alias x of p2 is also an alias of p1"),
        ("p1,R1,1,p2,,\np2,R1,2,,,\n", "alias p2 of p1 is also the name of p2"),
        ("p1,R1,1,,,lag\np2,R1,2,,,lag\n", "p2 has priority 2, p1 of the same bundle lag has 1"),
        ("p1,R1,1,,,\np1,R1,1,,,\n", "repeats interface_id p1"),
        ("p1,R1,1,,March,\n", "valid_from is 'March', wanted a date"),
    ],
)
def test_ports_that_contradict_each_other_are_named(
    tmp_path: Path, rows: str, message: str
) -> None:
    folder = tmp_path / "network"
    write_network(folder, rows)
    with open_world(tmp_path) as world, pytest.raises(NetworkError, match=message):
        load_reference(world, folder, known_at=NOW)


def test_dated_ports_are_read_from_the_network_folder(tmp_path: Path) -> None:
    folder = tmp_path / "network"
    write_network(folder, "p1,R1,1,x,,\np1,R1,1,,2024-03-01,\np2,R1,1,x,2024-03-01,lag\n")
    with open_world(tmp_path) as world:
        load_reference(world, folder, known_at=NOW)
        found = world.sql(
            "select interface_id, valid_from, valid_until, bundle from mart.interface order by all"
        )
        assert found.rows() == [
            ("p1", MARCH, None, None),
            ("p1", None, MARCH, None),
            ("p2", MARCH, None, "lag"),
        ]
        assert world.read("interface").height == 3


def write_network(folder: Path, ports: str) -> None:
    folder.mkdir()
    segments = "segment_id,a_node,z_node,status,assumed\nS1,A,B,in_service,false\n"
    routes = "route_id,name,a_node,z_node,market,corridor,simulated\nR1,R1,A,B,A-B,north,false\n"
    header = "interface_id,route_id,priority,aliases,valid_from,bundle,speed_gbps,time_zone\n"
    lines = "".join(f"{line},10,UTC\n" for line in ports.splitlines())
    write(folder / "segments.csv", segments)
    write(
        folder / "capacity.csv", "segment_id,valid_from,lit_gbps,assumed\nS1,2024-01-01,100,false\n"
    )
    write(folder / "routes.csv", routes)
    write(folder / "route_paths.csv", "route_id,rank,seq,segment_id\nR1,1,1,S1\n")
    write(folder / "interfaces.csv", header + lines)
