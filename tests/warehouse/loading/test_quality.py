from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl

from tests.warehouse.traffic_worlds import NOW, PAIR, load_one, open_world, samples
from warehouse.loading.quality import mark_doubtful
from warehouse.loading.statistics import update_statistics
from warehouse.serving.questions import checks
from warehouse.store.database import Warehouse


def fill(world: Warehouse, folder: Path, ports: dict[str, tuple[np.ndarray, np.ndarray]]) -> int:
    rows = [
        {
            "time": datetime(2024, 1, 1) + timedelta(minutes=5 * step),
            "interface": port,
            "in": float(values[0][step]),
            "out": float(values[1][step]),
        }
        for port, values in ports.items()
        for step in range(len(values[0]))
    ]
    pl.DataFrame(rows).write_parquet(folder / "a.parquet")
    result = load_one(world, PAIR, folder / "a.parquet")
    assert result.batch_id is not None
    return result.batch_id


def day(seed: int, days: int = 2) -> np.ndarray:
    steps = np.arange(288 * days)
    noise = np.random.default_rng(seed).normal(1, 0.02, len(steps))
    return np.asarray((5e9 + 4e9 * np.sin(2 * np.pi * steps / 288)) * noise)


def offenders(world: Warehouse) -> dict[str, pl.DataFrame]:
    """The rows that `transit check` finds, by check."""
    return {check.name: world.sql(check.sql) for check in checks()}


def test_caps_outages_and_spikes_are_found_and_nothing_else(tmp_path: Path) -> None:
    calm, capped, dead, spiked = day(1), np.minimum(day(2), 8e9), day(3), day(4)
    dead[100:130], dead[200] = 0, 0
    silent_out = day(9)
    silent_out[100:130] = 0
    spiked[50] = 44e12
    with open_world(tmp_path, ["calm", "capped", "dead", "spiked"]) as world:
        batch = fill(
            world,
            tmp_path,
            {
                name: (line, silent_out if name == "dead" else day(9))
                for name, line in (
                    ("calm", calm),
                    ("capped", capped),
                    ("dead", dead),
                    ("spiked", spiked),
                )
            },
        )
        mark_doubtful(world, since_batch_id=batch - 1)
        once = samples(world)
        mark_doubtful(world)
        assert samples(world).equals(once)
        flags = (
            samples(world)
            .group_by("interface_id", "flag")
            .len()
            .filter(pl.col("flag") != "ok")
            .sort("interface_id", "flag")
        )
        found = {(row[0], row[1]): row[2] for row in flags.rows()}
        assert set(found) == {("capped", "censored"), ("dead", "gap"), ("spiked", "outlier")}
        assert (found["dead", "gap"], found["spiked", "outlier"]) == (30, 1)
        assert (
            0.5 * (capped == 8e9).sum() <= found["capped", "censored"] <= (capped >= 7.992e9).sum()
        )
        assert samples(world).filter(pl.col("flag") == "outlier")["in_bps"].to_list() == [44e12]


def test_ends_that_were_mixed_up_are_reported_and_left(tmp_path: Path) -> None:
    there, back = day(1), day(2)[::-1].copy()
    ports = [
        ("a", "right", 100.0, 1),
        ("b", "right", 100.0, 2),
        ("c", "wrong", 100.0, 1),
        ("d", "wrong", 100.0, 2),
    ]
    with open_world(tmp_path, ["right", "wrong"], ports=ports) as world:
        fill(
            world,
            tmp_path,
            {
                "a": (there, back),
                "b": (there * 1.01, back),
                "c": (there, back),
                "d": (back, there * 1.01),
            },
        )
        found = offenders(world)["ends_swapped"]
        assert found.select("interface_a", "interface_b").rows() == [("c", "d")]
        assert samples(world)["slot_start"].min() == datetime(2024, 1, 1, tzinfo=UTC)


def test_a_measured_zero_is_a_value_where_nothing_near_it_carries_traffic(tmp_path: Path) -> None:
    idle, out = day(3), day(4)
    idle[100:130], out[100:130] = 0, 0
    with open_world(tmp_path, ["alone"]) as world:
        batch = fill(world, tmp_path, {"alone": (idle, out)})
        mark_doubtful(world, since_batch_id=batch - 1)
        assert samples(world)["flag"].unique().to_list() == ["ok"]


def test_one_silent_direction_is_not_an_outage(tmp_path: Path) -> None:
    idle = day(3)
    idle[100:130] = 0
    with open_world(tmp_path, ["half", "other"]) as world:
        batch = fill(world, tmp_path, {"half": (idle, day(4)), "other": (day(5), day(6))})
        mark_doubtful(world, since_batch_id=batch - 1)
        assert samples(world)["flag"].unique().to_list() == ["ok"]


def test_implausible_ports_are_listed(tmp_path: Path) -> None:
    idle = day(3)
    idle[100:130] = 0
    ports = [
        ("fits", "fits", 10.0, 1),
        ("megabits", "megabits", 10.0, 1),
        ("slow", "slow", 5.0, 1),
        ("idle", "idle", 10.0, 1),
        ("silent", "silent", 10.0, 1),
    ]
    names = [name for name, *_ in ports]
    with open_world(tmp_path, names, ports=ports) as world:
        # Routes of other nodes: nothing near the idle port tells whether it was out.
        routes = world.read("route").with_columns(
            a_node=pl.format("A {}", "route_id"), z_node=pl.format("Z {}", "route_id")
        )
        world.append("route", routes, known_at=NOW + timedelta(days=1))
        both = {name: (day(1, 31), day(2, 31)) for name in ("fits", "slow")}
        both["megabits"] = (day(1, 31) / 1e6, day(2, 31) / 1e6)
        quiet = np.resize(idle, 31 * 288)
        quiet[200:] = day(5, 31)[200:]
        both["idle"] = (quiet, quiet)
        fill(world, tmp_path, both)
        update_statistics(world, grains=("month",), time_zone="UTC", known_at=NOW)
        found = offenders(world)
        implausible = found["port_speed_implausible"]
        assert implausible["ports"].to_list() == ["megabits", "slow"]
        assert set(found["slots_over_speed"]["interface_id"]) == {"slow"}
        assert found["ports_silent"]["interface_id"].to_list() == ["silent"]
        assert found["zeros_undecided"].select("interface_id", "slots").rows() == [("idle", 30)]
