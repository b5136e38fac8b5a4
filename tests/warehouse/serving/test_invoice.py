from __future__ import annotations

import math
import shutil
import subprocess
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.reference.invoice_conventions import CONVENTIONS, MODES, Slots, billed
from tests.warehouse.traffic_worlds import PAIR, load_one, open_world

# The published 20-sample example: a "month" of 1 hour 40 minutes, Mbit/s.
IN = [
    0.139,
    0.653,
    0.201,
    0.116,
    0.084,
    0.032,
    0.047,
    0.185,
    0.198,
    0.203,
    0.276,
    0.370,
    0.971,
    0.233,
    0.218,
    0.182,
    0.169,
    0.126,
    0.131,
    0.157,
]
OUT = [
    1.347,
    1.435,
    1.229,
    0.523,
    0.438,
    0.231,
    0.347,
    0.689,
    0.940,
    1.248,
    1.385,
    1.427,
    3.988,
    1.265,
    1.221,
    1.013,
    0.992,
    0.874,
    0.896,
    1.002,
]
PAIRS: list[tuple[float | None, float | None]] = list(zip(IN, OUT, strict=True))


@pytest.mark.parametrize(
    ("direction", "value"), [("in", 0.653), ("out", 1.435), ("max", 1.435), ("sum", 2.088)]
)
def test_the_published_example(direction: str, value: float) -> None:
    assert billed(PAIRS, expected=20, direction=direction)[0] == pytest.approx(value)


def test_two_missing_samples() -> None:
    kept = [pair for pair in PAIRS if pair[0] not in (0.047, 0.032)]
    assert billed(kept, expected=20, direction="in") == (0.971, 18)
    assert billed(kept, expected=20, direction="in", convention="zero_filled")[0] == 0.653


@pytest.mark.parametrize(
    ("slots", "rank"), [(20, 2), (120, 7), (8064, 404), (8352, 418), (8640, 433), (8928, 447)]
)
def test_the_rank_of_each_length_of_month(slots: int, rank: int) -> None:
    pairs: list[tuple[float | None, float | None]] = [
        (float(value), None) for value in range(1, slots + 1)
    ]
    assert billed(pairs, expected=slots, direction="in")[0] == slots + 1 - rank
    assert billed(pairs, expected=slots)[0] == slots + 1 - rank


def test_each_convention_takes_its_own_slot() -> None:
    """Of 110 values 1..110 with 10 more missing; the values by hand."""
    pairs: list[tuple[float | None, float | None]] = [
        (float(value), None) for value in range(1, 111)
    ]
    expected = {
        "billing": 105.0,
        "percent": 104.0,
        "percent_nan": 105.0,
        "interpolated": 104.55,
        "librenms": 105.0,
        "zero_filled": 104.0,
        "mean": 55.5,
    }
    for convention, value in expected.items():
        assert billed(pairs, expected=120, convention=convention, direction="in")[
            0
        ] == pytest.approx(value), convention
    long: list[tuple[float | None, float | None]] = [
        (float(value), None) for value in range(1, 8929)
    ]
    assert billed(long, expected=8928, convention="fixed_month", direction="in")[0] == 8929 - 433
    assert billed(long, expected=8928, direction="in")[0] == 8929 - 447
    assert billed(pairs, expected=110, convention="fixed_month", direction="in")[0] is None


@given(st.lists(st.floats(0, 1e12), min_size=1, max_size=60))
def test_against_definitions_written_otherwise(values: list[float]) -> None:
    ranked, n = sorted(values), len(values)
    slots = Slots(ranked, n, 5)
    assert CONVENTIONS["billing"](slots) == sorted(values, reverse=True)[n // 20]
    assert CONVENTIONS["interpolated"](slots) == pytest.approx(float(np.quantile(ranked, 0.95)))
    assert CONVENTIONS["percent"](slots) == CONVENTIONS["percent_nan"](slots)
    assert CONVENTIONS["librenms"](slots) == ranked[max(0, math.floor(95 * n / 100 + 0.5) - 1)]


@pytest.mark.skipif(shutil.which("rrdtool") is None, reason="rrdtool is not installed")
def test_rrdtool_itself_agrees(tmp_path: Path) -> None:
    file, start = tmp_path / "r.rrd", 1704067200
    known = [float(7 * step % 101) for step in range(100)]
    gaps = set(range(0, 100, 9))
    subprocess.run(
        [
            "rrdtool",
            "create",
            str(file),
            "--start",
            str(start),
            "--step",
            "300",
            "DS:a:GAUGE:300:U:U",
            "RRA:AVERAGE:0.5:1:200",
        ],
        check=True,
    )
    updates = [
        f"{start + 300 * (step + 1)}:{'U' if step in gaps else value}"
        for step, value in enumerate(known)
    ]
    subprocess.run(["rrdtool", "update", str(file), *updates], check=True)
    asked = [
        word
        for name, verb in (("p", "PERCENT"), ("q", "PERCENTNAN"))
        for word in (f"VDEF:{name}=a,95,{verb}", f"PRINT:{name}:%.2lf")
    ]
    done = subprocess.run(
        [
            "rrdtool",
            "graph",
            str(tmp_path / "graph.png"),
            "--start",
            str(start),
            "--end",
            str(start + 300 * 100),
            "--width",
            "100",
            f"DEF:a={file}:a:AVERAGE",
            *asked,
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    printed = [
        float(line) for line in done.stdout.splitlines() if line.replace(".", "", 1).isdigit()
    ][-2:]
    values = sorted(value for step, value in enumerate(known) if step not in gaps)
    slots = Slots(values, 100, 5)
    assert printed == [CONVENTIONS["percent"](slots), CONVENTIONS["percent_nan"](slots)]


def test_a_month_of_a_route_in_its_own_zone(tmp_path: Path) -> None:
    first = datetime(2024, 3, 31, 19, tzinfo=UTC)  # April begins at UTC+5
    stamps = [first + timedelta(hours=hour) for hour in range(720)]
    frame = pl.DataFrame(
        {
            "time": stamps,
            "interface": "r1",
            "in": [1000.0 + hour for hour in range(720)],
            "out": 5.0,
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    with open_world(tmp_path) as world:
        load_one(
            world, PAIR.__class__(**{**vars(PAIR), "slot_minutes": 60}), tmp_path / "a.parquet"
        )
        table = world.sql("from mart.invoice('r1', date '2024-04-01', 'Asia/Oral')")
        assert table.height == len(CONVENTIONS) * len(MODES)
        pairs = [(1000.0 + hour, 5.0) for hour in range(720)]
        for row in table.iter_rows(named=True):
            value, valid = billed(
                pairs,
                expected=720,
                slot_minutes=60,
                convention=row["convention"],
                direction=row["direction"],
            )
            assert row["value_bps"] == pytest.approx(value), row
            assert (row["valid_slots"], row["expected_slots"], row["slot_minutes"]) == (
                valid,
                720,
                60,
            )
        bills = {(row["convention"], row["direction"]): row for row in table.to_dicts()}
        assert bills["billing", "max"]["value_bps"] == 1000.0 + 683
        assert bills["billing", "sum"]["value_bps"] == 1688.0
        in_utc = world.sql("from mart.invoice('r1', date '2024-04-01', 'UTC')")
        assert in_utc["valid_slots"].to_list() == [715] * table.height
        assert world.sql("from mart.invoice('r2', date '2024-04-01', 'UTC')").is_empty()
