"""The worked examples of units and counters, as what a load makes of them."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from tests.warehouse.traffic_worlds import PAIR, load_one, open_world, samples, write
from warehouse.sources.rows import CountersSpec
from warehouse.sources.spec import BITS_PER_UNIT

COUNTERS = CountersSpec("snmp", interface_column="interface", in_column="in", out_column="out")
START = datetime(2024, 1, 1)


def polls(step: float, octets_per_second: float, count: int, bits: int) -> str:
    rows = [
        f"{START + timedelta(seconds=step * poll)},r1,"
        f"{round(octets_per_second * step * poll) % 2**bits},0\n"
        for poll in range(count)
    ]
    return "time,interface,in,out\n" + "".join(rows)


@pytest.mark.parametrize(("speed_gbps", "wrap_s"), [(1.0, 34.35973837), (0.1, 343.59738368)])
def test_a_32_bit_counter_is_read_right_up_to_the_time_it_takes_to_go_round(
    tmp_path: Path, speed_gbps: float, wrap_s: float
) -> None:
    assert 8 * 2**32 / (speed_gbps * 1e9) == pytest.approx(wrap_s)
    spec, full = replace(COUNTERS, counter_bits=32), speed_gbps * 1e9
    ports = [("r1", "r1", speed_gbps, 1)]
    for name, step, told in (("quick", wrap_s * 0.98, False), ("slow", wrap_s * 1.2, True)):
        folder = tmp_path / name
        folder.mkdir()
        with open_world(folder, ["r1"], ports=ports) as world:
            result = load_one(world, spec, write(folder / "a.csv", polls(step, full / 8, 60, 32)))
            whole = samples(world)["in_bps"].drop_nulls()[1:-1]
            assert all(abs(rate / full - 1) < 0.001 for rate in whole) is not told
            assert ("high rates may look low" in " ".join(result.notes)) is told


def test_a_64_bit_counter_takes_years_to_go_round() -> None:
    year = 365.25 * 86400
    assert 8 * 2**64 / (100 * BITS_PER_UNIT["gbps"]) / year == pytest.approx(46.76, rel=1e-3)
    assert 8 * 2**64 / (400 * BITS_PER_UNIT["gbps"]) / year == pytest.approx(11.69, rel=1e-3)


def test_a_steady_counter_of_25_gbit(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"]) as world:
        load_one(world, COUNTERS, write(tmp_path / "a.csv", polls(300, 25e9 / 8, 3, 64)))
        assert samples(world)["in_bps"].to_list() == [25e9, 25e9]
        assert samples(world)["flag"].to_list() == ["ok", "ok"]


def test_324_terabytes_in_30_days_are_one_gigabit(tmp_path: Path) -> None:
    day = 324e12 / 30
    rows = "".join(f"{START + timedelta(days=at):%Y-%m-%d},r1,{day:.0f},0\n" for at in range(30))
    spec = replace(PAIR, unit="bytes_per_slot", slot_minutes=1440)
    with open_world(tmp_path) as world:
        load_one(world, spec, write(tmp_path / "a.csv", "time,interface,in,out\n" + rows))
        assert samples(world)["in_bps"].to_list() == [pytest.approx(1e9)] * 30


def test_units_are_decimal(tmp_path: Path) -> None:
    """Reading GiB for GB would be off by 7.37 %, TiB for TB by 9.96 %."""
    assert 100 * (2**30 / BITS_PER_UNIT["gbps"] - 1) == pytest.approx(7.3741824)
    assert 100 * (2**40 / BITS_PER_UNIT["tbps"] - 1) == pytest.approx(9.95116278)
    with open_world(tmp_path) as world:
        load_one(
            world,
            replace(PAIR, unit="gbps"),
            write(tmp_path / "a.csv", "time,interface,in,out\n2024-01-01,r1,1,2\n"),
        )
        assert samples(world)["in_bps"].to_list() == [1e9]
