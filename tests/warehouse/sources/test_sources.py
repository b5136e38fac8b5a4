from __future__ import annotations

import gzip
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import (
    NOW,
    PAIR,
    load,
    load_one,
    open_world,
    samples,
    shared,
    write,
)
from warehouse.errors import SettingsError
from warehouse.sources.kinds import read_source
from warehouse.sources.mrtg import MrtgSpec
from warehouse.sources.rows import TableSpec

TEXT = "time,interface,in,out\n2024-01-01 00:00,r1,1000,2000\n2024-01-01 00:05,r1,,3000\n"


def test_wrong_words_are_reported_together() -> None:
    with pytest.raises(SettingsError) as caught:
        read_source(
            {
                "name": "x",
                "unit": "Gbit",
                "layout": "tall",
                "stamp": "middle",
                "slot_minutes": 7,
                "in_column": "a",
            }
        )
    message = str(caught.value)
    assert all(
        word in message
        for word in (
            "x.unit",
            "choose from bps, kbps",
            "x.layout",
            "x.stamp",
            "x.slot_minutes",
        )
    )


@pytest.mark.parametrize(
    "wrong",
    [
        {"value_column": "v"},
        {"in_column": "a", "time_zone": "Almaty"},
        {"in_column": "a", "value_column": "v", "direction": "in"},
        {"layout": "wide", "interface_pattern": "("},
        {"layout": "wide", "interface_pattern": "(?P<interface>.+)"},
        {},
        {"in_column": "a", "first_slot": datetime(2024, 1, 1)},
        {"in_column": "a", "separator": ",", "decimal_comma": True},
    ],
)
def test_contradictions_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        read_source({"name": "x", **wrong})


def test_the_same_rows_in_every_wrapping_are_the_same_samples(tmp_path: Path) -> None:
    frame = pl.read_csv(TEXT.encode())
    plain = write(tmp_path / "a.csv", TEXT)
    write(tmp_path / "b.tsv", "\ufeff" + TEXT.replace(",", "\t").replace("\n", "\r\n"))
    (tmp_path / "c.csv.gz").write_bytes(gzip.compress(TEXT.encode()))
    frame.write_parquet(tmp_path / "d.parquet")
    frame.with_columns(pl.col("time").str.to_datetime()).write_parquet(tmp_path / "e.parquet")
    frame.with_columns(pl.col("time").str.to_datetime()).write_excel(tmp_path / "f.xlsx")
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, plain).rows_loaded == 2
        for name in ("b.tsv", "c.csv.gz", "d.parquet", "e.parquet", "f.xlsx"):
            result = load_one(world, PAIR, tmp_path / name)
            assert (name, result.rows_known, result.notes) == (name, 2, ())


def test_numbers_are_no_times_unless_it_is_said(tmp_path: Path) -> None:
    pl.DataFrame({"time": [1704067200], "interface": ["r1"], "in": [1], "out": [2]}).write_parquet(
        tmp_path / "a.parquet"
    )
    with open_world(tmp_path) as world:
        (result,) = load(world, PAIR, tmp_path / "a.parquet")
        assert "epoch_s, epoch_ms or epoch_us" in str(result.error)
        assert (
            load_one(
                world,
                TableSpec(**{**vars(PAIR), "time_format": "epoch_s"}),
                tmp_path / "a.parquet",
            ).rows_loaded
            == 1
        )


def test_a_log_of_four_resolutions(tmp_path: Path) -> None:
    path = shared("originals", "mrtg", "inex_dummy.log")
    spec = MrtgSpec("mrtg", unit="bytes_per_s", interface="exchange")
    with open_world(tmp_path, ["exchange"], ports=[("exchange", "exchange", 1000.0, 1)]) as world:
        result = load_one(world, spec, path)
        assert (result.rows_in, result.rows_quarantined, result.slot_minutes) == (2535, 0, None)
        counts = samples(world).group_by("slot_minutes").len().sort("slot_minutes")
        assert counts["slot_minutes"].to_list() == [5, 30, 120, 1440]
        assert counts["len"].sum() + result.rows_known >= 2530
        row = samples(world).filter(
            slot_start=datetime(2016, 2, 11, 6, 50, tzinfo=UTC), slot_minutes=5
        )
        assert row["in_bps"].to_list() == [
            8 * 3823592074
        ]  # The mean that ended at 06:55, 1455173700.


def test_a_file_named_like_a_pattern_is_that_file(tmp_path: Path) -> None:
    odd = write(tmp_path / "a[1]*.csv", TEXT)
    write(tmp_path / "a1x.csv", TEXT.replace("2024", "2025"))
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, odd).rows_loaded == 2
        assert samples(world)["slot_start"].max() < datetime(2025, 1, 1, tzinfo=UTC)


def test_limits_refuse_absurd_sizes(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", TEXT)
    with open_world(tmp_path) as world:
        for limit in ("max_file_bytes", "max_rows", "max_columns"):
            (result,) = load(world, TableSpec(**{**vars(PAIR), limit: 1}), file)
            assert "limit of 1" in str(result.error)


@settings(max_examples=15, deadline=None)
@given(
    content=st.one_of(
        st.binary(max_size=300),
        st.text(max_size=200).map(
            lambda text: ("time,interface,in,out\n" + text).encode("utf-8", "replace")
        ),
    )
)
def test_no_bytes_crash_a_reader_and_no_row_is_lost(fuzz_world: object, content: bytes) -> None:
    world, folder = fuzz_world  # type: ignore[misc]
    plain = {"name": "nms", "interface_column": "interface", "in_column": "in", "out_column": "out"}
    specs = {
        "table": read_source({**plain, "slot_minutes": 5}),
        "counters": read_source({**plain, "kind": "counters"}),
        "mrtg": read_source({"name": "nms", "kind": "mrtg"}),
    }
    for name, kind in (
        ("f.csv", "table"),
        ("f.parquet", "table"),
        ("f.xlsx", "table"),
        ("f.log", "mrtg"),
        ("f.gz", "table"),
        ("f.txt", "counters"),
    ):
        (folder / name).write_bytes(content)
        (result,) = load(world, specs[kind], folder / name)
        assert (
            result.error is not None
            or result.rows_in == result.rows_loaded + result.rows_quarantined + result.rows_known
        )


@pytest.fixture(scope="module")
def fuzz_world(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("fuzz")
    with open_world(folder) as world:
        yield world, folder
    assert NOW
