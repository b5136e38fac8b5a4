from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import load_one, open_world, samples, write
from warehouse.sources.spec import SourceSpec

HEADER = "time,interface,in,out\n"
START = datetime(2024, 1, 1)


def spec(bits: int = 64, **more: str) -> SourceSpec:
    return SourceSpec(
        "snmp",
        kind="counters",
        interface_column="interface",
        in_column="in",
        out_column="out",
        counter_bits=bits,
        **more,
    )  # type: ignore[arg-type]


def polls(readings: list[tuple[float, int, int]]) -> str:
    return HEADER + "".join(
        f"{START + timedelta(seconds=at)},r1,{in_octets},{out_octets}\n" for at, in_octets, out_octets in readings
    )


@pytest.mark.parametrize(
    ("bits", "before", "after", "rate", "flag"),
    [
        (32, 4294967000, 500, 8 * 796 / 300, "ok"),  # A wrap: 21.2267 bit/s.
        (64, 4294967000, 500, None, "reset"),  # A 64-bit counter restarts, it never wraps.
        (32, 2_000_000, 1_999_999, 8 * (2**32 - 1) / 300, "ok"),  # Possible on a 1G port (0.11 Gbit/s).
        (64, 18446744073709551000, 18446744073709551615, 8 * 615 / 300, "ok"),  # Beyond what a double holds.
    ],
)
def test_wraps_and_restarts(tmp_path: Path, bits: int, before: int, after: int, rate: float | None, flag: str) -> None:
    with open_world(tmp_path, ["r1"], ports=[("r1", "r1", 1.0, 1)]) as world:
        load_one(world, spec(bits), write(tmp_path / "a.csv", polls([(0, before, 0), (300, after, 3_750_000)])))
        (row,) = samples(world).rows()
        assert row[2] == (None if rate is None else pytest.approx(rate))
        assert row[4] == flag


def test_an_impossible_wrap_is_a_restart(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"], ports=[("r1", "r1", 0.01, 1)]) as world:
        load_one(world, spec(32), write(tmp_path / "a.csv", polls([(0, 4_000_000_000, 0), (300, 3_000_000_000, 0)])))
        assert samples(world)["flag"].to_list() == ["reset"]


def test_a_gap_is_one_mean_spread_over_its_slots(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"]) as world:
        load_one(
            world,
            spec(),
            write(tmp_path / "a.csv", polls([(0, 0, 0), (300, 300, 0), (1200, 9300, 0), (1500, 9600, 0)])),
        )
        assert samples(world).select("in_bps", "flag").rows() == [(8.0, "ok"), *[(80.0, "estimated")] * 3, (8.0, "ok")]


def test_jittered_polls_of_a_steady_rate_are_steady(tmp_path: Path) -> None:
    times = [0.0]
    while times[-1] < 1800:
        times.append(times[-1] + 27 + 7 * (len(times) * 7919 % 100) / 100)
    with open_world(tmp_path, ["r1"]) as world:
        load_one(world, spec(), write(tmp_path / "a.csv", polls([(round(at, 3), round(at * 1000), 0) for at in times])))
        assert samples(world)["in_bps"].to_list()[:6] == pytest.approx([8000.0] * 6, rel=1e-4)


def test_a_device_that_says_it_restarted_is_believed(tmp_path: Path) -> None:
    text = "time,interface,in,out,up,mark\n2024-01-01 00:00,r1,100,1,5000,a\n2024-01-01 00:05,r1,200,2,10,a\n2024-01-01 00:10,r1,300,3,310,b\n2024-01-01 00:15,r1,400,4,610,b\n"
    with open_world(tmp_path, ["r1"]) as world:
        load_one(world, spec(uptime_column="up", discontinuity_column="mark"), write(tmp_path / "a.csv", text))
        assert samples(world)["flag"].to_list() == ["reset", "reset", "ok"]


def test_a_counter_that_is_none_goes_to_quarantine(tmp_path: Path) -> None:
    text = (
        HEADER
        + "2024-01-01 00:00,r1,1.5,1\n2024-01-01 00:05,r1,-1,1\n2024-01-01 00:10,r1,,\n2024-01-01 00:15,r1,99999999999999999999,1\n"
    )
    with open_world(tmp_path, ["r1"]) as world:
        assert load_one(world, spec(), write(tmp_path / "a.csv", text)).rows_quarantined == 4


@settings(max_examples=8, deadline=None)
@given(data=st.data())
def test_any_split_of_the_polls_gives_the_same_rates(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("polls")
    gaps = data.draw(st.lists(st.integers(20, 900), min_size=3, max_size=12))
    at, octets, readings = 0, 0, []
    for gap in gaps:
        at, octets = at + gap, data.draw(st.integers(0, 10**6)) + (0 if data.draw(st.booleans()) else octets)
        readings.append((float(at), octets, octets // 2))
    cut = data.draw(st.integers(1, len(readings) - 1))
    overlap = data.draw(st.integers(0, cut))
    parts = data.draw(st.permutations([readings[:cut], readings[cut - overlap :]]))
    (folder / "whole").mkdir()
    (folder / "parts").mkdir()
    with open_world(folder / "whole", ["r1"]) as whole, open_world(folder / "parts", ["r1"]) as split:
        load_one(whole, spec(), write(folder / "whole.csv", polls(readings)))
        for place, part in enumerate(parts):
            load_one(split, spec(), write(folder / f"{place}.csv", polls(part)))
        assert samples(split).equals(samples(whole))
