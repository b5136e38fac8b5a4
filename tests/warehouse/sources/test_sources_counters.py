from __future__ import annotations

import random
from datetime import datetime, timedelta
from itertools import pairwise
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import load_one, open_world, samples, write
from warehouse.loading.rates import slots_of_readings
from warehouse.sources.rows import CountersSpec
from warehouse.sources.spec import SampleSpec

HEADER = "time,interface,in,out\n"
START = datetime(2024, 1, 1)


def spec(bits: int = 64, **more: str | int) -> SampleSpec:
    return CountersSpec(
        "snmp",
        interface_column="interface",
        in_column="in",
        out_column="out",
        counter_bits=bits,
        **more,
    )  # type: ignore[arg-type]


def polls(readings: list[tuple[float, int, int]]) -> str:
    return HEADER + "".join(
        f"{START + timedelta(seconds=at)},r1,{in_octets},{out_octets}\n"
        for at, in_octets, out_octets in readings
    )


@pytest.mark.parametrize(
    ("bits", "before", "after", "rate", "flag"),
    [
        (32, 4294967000, 500, 8 * 796 / 300, "ok"),  # A wrap: 21.2267 bit/s.
        (64, 4294967000, 500, None, "reset"),  # A 64-bit counter restarts, it never wraps.
        (
            32,
            2_000_000,
            1_999_999,
            8 * (2**32 - 1) / 300,
            "ok",
        ),  # Possible on a 1G port (0.11 Gbit/s).
        (
            64,
            18446744073709551000,
            18446744073709551615,
            8 * 615 / 300,
            "ok",
        ),  # Beyond what a double holds.
    ],
)
def test_wraps_and_restarts(
    tmp_path: Path, bits: int, before: int, after: int, rate: float | None, flag: str
) -> None:
    with open_world(tmp_path, ["r1"], ports=[("r1", "r1", 1.0, 1)]) as world:
        load_one(
            world,
            spec(bits),
            write(tmp_path / "a.csv", polls([(0, before, 0), (300, after, 3_750_000)])),
        )
        (row,) = samples(world).rows()
        assert row[2] == (None if rate is None else pytest.approx(rate))
        assert row[4] == flag


def test_an_impossible_wrap_is_a_restart(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"], ports=[("r1", "r1", 0.01, 1)]) as world:
        load_one(
            world,
            spec(32),
            write(tmp_path / "a.csv", polls([(0, 4_000_000_000, 0), (300, 3_000_000_000, 0)])),
        )
        assert samples(world)["flag"].to_list() == ["reset"]


@pytest.mark.parametrize(("of_port_speed", "flag"), [(1.04, "over_speed"), (1.06, "reset")])
def test_a_wrap_may_make_a_twentieth_more_than_the_port_s_speed(
    of_port_speed: float, flag: str, tmp_path: Path
) -> None:
    octets = round(of_port_speed * 0.1e9 * 300 / 8)
    assert octets < 2**32, "one wrap is all that lies between the readings"
    with open_world(tmp_path, ["r1"], ports=[("r1", "r1", 0.1, 1)]) as world:
        before = 4_294_967_000
        readings = [(0, before, 0), (300, before + octets - 2**32, 0)]
        load_one(world, spec(32), write(tmp_path / "a.csv", polls(readings)))
        rate = pytest.approx(octets * 8 / 300) if flag == "over_speed" else None
        assert samples(world).select("in_bps", "flag").rows() == [(rate, flag)]


def test_a_rate_that_no_port_can_have_is_a_restart(tmp_path: Path) -> None:
    """An answer of all ones: 1.2e18 bit/s over two minutes."""
    readings = [(0, 0, 0), (120, 2**64 - 1, 0), (240, 2**64 - 1, 0)]
    with open_world(tmp_path, ["r1"]) as world:
        load_one(world, spec(slot_minutes=1), write(tmp_path / "a.csv", polls(readings)))
        assert (
            samples(world).select("in_bps", "flag").rows()
            == [(None, "reset")] * 2 + [(0.0, "estimated")] * 2
        )


def test_a_gap_is_one_mean_spread_over_its_slots(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"]) as world:
        load_one(
            world,
            spec(),
            write(
                tmp_path / "a.csv",
                polls([(0, 0, 0), (300, 300, 0), (1200, 9300, 0), (1500, 9600, 0)]),
            ),
        )
        assert samples(world).select("in_bps", "flag").rows() == [
            (8.0, "ok"),
            *[(80.0, "estimated")] * 3,
            (8.0, "ok"),
        ]


def test_jittered_polls_of_a_steady_rate_are_steady(tmp_path: Path) -> None:
    times = [0.0]
    while times[-1] < 1800:
        times.append(times[-1] + 27 + 7 * (len(times) * 7919 % 100) / 100)
    with open_world(tmp_path, ["r1"]) as world:
        load_one(
            world,
            spec(),
            write(tmp_path / "a.csv", polls([(round(at, 3), round(at * 1000), 0) for at in times])),
        )
        assert samples(world)["in_bps"].to_list()[:6] == pytest.approx([8000.0] * 6, rel=1e-4)


def test_a_device_that_says_it_restarted_is_believed(tmp_path: Path) -> None:
    text = (
        "time,interface,in,out,up,mark\n2024-01-01 00:00,r1,100,1,5000,a\n2024-01-01 "
        "00:05,r1,200,2,10,a\n2024-01-01 00:10,r1,300,3,310,b\n2024-01-01 "
        "00:15,r1,400,4,610,b\n"
    )
    with open_world(tmp_path, ["r1"]) as world:
        load_one(
            world,
            spec(uptime_column="up", discontinuity_column="mark"),
            write(tmp_path / "a.csv", text),
        )
        assert samples(world)["flag"].to_list() == ["reset", "reset", "ok"]


def test_a_counter_that_is_none_goes_to_quarantine(tmp_path: Path) -> None:
    text = HEADER + (
        "2024-01-01 00:00,r1,1.5,1\n2024-01-01 00:05,r1,-1,1\n2024-01-01 00:10,r1,,\n"
        "2024-01-01 00:15,r1,99999999999999999999,1\n"
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
        at, octets = (
            at + gap,
            data.draw(st.integers(0, 10**6)) + (0 if data.draw(st.booleans()) else octets),
        )
        readings.append((float(at), octets, octets // 2))
    cut = data.draw(st.integers(1, len(readings) - 1))
    overlap = data.draw(st.integers(0, cut))
    parts = data.draw(st.permutations([readings[:cut], readings[cut - overlap :]]))
    (folder / "whole").mkdir()
    (folder / "parts").mkdir()
    with (
        open_world(folder / "whole", ["r1"]) as whole,
        open_world(folder / "parts", ["r1"]) as split,
    ):
        load_one(whole, spec(), write(folder / "whole.csv", polls(readings)))
        for place, part in enumerate(parts):
            load_one(split, spec(), write(folder / f"{place}.csv", polls(part)))
        assert samples(split).equals(samples(whole))


@pytest.mark.parametrize("gap_days", [0, 3])
def test_a_later_file_changes_no_slot_but_where_it_joins(tmp_path: Path, gap_days: int) -> None:
    """Polls every 30 s, cut in the middle of a slot; with a gap of days between the files as
    well.
    """
    readings = [
        (poll * 30.0 + 86400 * gap_days * (poll >= 3605), poll * 1000 + poll % 7, poll)
        for poll in range(3000, 6500)
    ]
    (tmp_path / "whole").mkdir()
    (tmp_path / "parts").mkdir()
    with (
        open_world(tmp_path / "whole", ["r1"]) as whole,
        open_world(tmp_path / "parts", ["r1"]) as parts,
    ):
        load_one(whole, spec(), write(tmp_path / "whole.csv", polls(readings)))
        load_one(parts, spec(), write(tmp_path / "a.csv", polls(readings[:605])))
        later = load_one(parts, spec(), write(tmp_path / "b.csv", polls(readings[605:])))
        assert later.slots_changed <= 1
        assert samples(parts).equals(samples(whole))


Poll = tuple[int, int, int | None, int | None, int, str, float]


def by_hand(
    readings: list[Poll], slot_us: int, speed: float
) -> dict[tuple[int, int], tuple[float | None, float | None, str | None, float]]:
    """Slot by slot and interval by interval, as the definition says it."""
    slots: dict[tuple[int, int], list[tuple[int, bool, bool, float | None, float | None]]] = {}
    for before, now in pairwise(sorted(readings)):
        if before[0] != now[0]:
            continue
        microseconds, lost, rates = (
            now[1] - before[1],
            before[5] != now[5] or now[6] < before[6] or before[4] != now[4],
            [],
        )
        for old, new in ((before[2], now[2]), (before[3], now[3])):
            passed = None if old is None or new is None else new - old
            if passed is not None and passed < 0:
                again = passed + 2**32
                passed = (
                    again
                    if now[4] == 32 and 0 <= again * 8e6 / microseconds <= 1.05 * speed
                    else None
                )
                lost = lost or passed is None
            if passed is not None and passed * 8e6 / microseconds > 1e18:
                # No port counts that fast.
                passed, lost = None, True
            rates.append(None if passed is None else passed * 8e6 / microseconds)
        for slot in range(before[1] // slot_us, (now[1] - 1) // slot_us + 1):
            part = min(now[1], (slot + 1) * slot_us) - max(before[1], slot * slot_us)
            slots.setdefault((now[0], slot * slot_us), []).append(
                (part, lost, microseconds >= 2 * slot_us, rates[0], rates[1])
            )
    found = {}
    for place, parts in slots.items():
        valid = sum(part[0] for part in parts if not part[1])
        if sum(part[0] for part in parts) * 2 < slot_us:
            continue
        means: list[float | None] = []
        measured = [
            sum(part[0] for part in parts if not part[1] and part[way] is not None)
            for way in (3, 4)
        ]
        for way in (3, 4):
            known = [
                (part[0], part[way]) for part in parts if not part[1] and part[way] is not None
            ]
            means.append(
                sum(length * rate for length, rate in known) / sum(length for length, _ in known)
                if known and valid * 2 >= slot_us
                else None
            )  # type: ignore[operator, misc]
        wide = sum(part[0] for part in parts if part[2] and not part[1])
        found[place] = (
            means[0],
            means[1],
            "reset" if valid * 2 < slot_us else "estimated" if wide * 2 > valid else None,
            max(measured) / slot_us,
        )
    return found


OCTETS = st.one_of(st.none(), st.integers(0, 2**32 - 1), st.integers(2**64 - 10**6, 2**64 - 1))


@settings(max_examples=150, deadline=None)
@given(
    steps=st.lists(
        st.tuples(
            st.integers(1, 3),
            st.integers(1, 1_500_000_000),
            OCTETS,
            OCTETS,
            st.sampled_from([32, 64]),
            st.sampled_from(["a", "a", "a", "b"]),
            st.sampled_from([1.0, 1.0, 2.0]),
        ),
        min_size=1,
        max_size=12,
    ),
    shuffled=st.randoms(use_true_random=False),
)
def test_rates_are_those_made_by_hand(steps: list[Poll], shuffled: random.Random) -> None:
    at, readings = 0, []
    for key, step, *rest in steps:
        at += step
        readings.append((key, at, *rest))
    given_order = list(readings)
    shuffled.shuffle(given_order)
    schema = {
        "interface_key": pl.Int32,
        "read_us": pl.Int64,
        "in_octets": pl.UInt64,
        "out_octets": pl.UInt64,
        "counter_bits": pl.Int16,
        "discontinuity": pl.String,
        "uptime_s": pl.Float64,
    }
    frame = pl.DataFrame(given_order, schema=schema, orient="row").with_columns(
        speed_bps=pl.lit(1e9), batch_id=pl.lit(1)
    )
    made = slots_of_readings(frame, 300_000_000)
    wanted = by_hand(readings, 300_000_000, 1e9)  # type: ignore[arg-type]
    assert [row[:2] for row in made.rows()] == sorted(wanted)
    for key, slot, in_bps, out_bps, flag, measured in made.rows():
        rate_in, rate_out, expected_flag, part = wanted[key, slot]
        assert (in_bps, out_bps) == (pytest.approx(rate_in), pytest.approx(rate_out))
        assert (flag, measured) == (expected_flag, pytest.approx(part))
