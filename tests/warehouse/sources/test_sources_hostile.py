"""Files and settings of kinds that once ended in a traceback, a wait without end, or a row that
nobody was told of.
"""

from __future__ import annotations

import bz2
import json
import os
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.traffic_worlds import PAIR, load, load_one, open_world, samples, write
from warehouse.errors import SettingsError
from warehouse.sources.netflow.export import FlowsSpec
from warehouse.sources.rows import TableSpec
from warehouse.sources.spec import SampleSpec

GENERAL = replace(PAIR, interface_pattern="(?P<interface>.+)")
WIDE = TableSpec(
    "wide",
    layout="wide",
    interface_pattern=r"(?P<interface>.+)[._](?P<direction>in|out)",
    slot_minutes=5,
)
ONE = {"time": [datetime(2024, 1, 1)], "interface": ["r1"], "in": [1.0], "out": [2.0]}


@pytest.mark.parametrize("spec", [PAIR, GENERAL], ids=["short", "general"])
@pytest.mark.parametrize(
    "header",
    [
        "Time,time,interface,in,out,OUT",
        'x,time,interface,in,out,"a""b"',
        "x,time,interface,in,out,",
        ",time,interface,in,out,#1",
        "x,time,interface,in,out,x",
        "x,time,interface,in,out,'; drop table core.traffic_sample; --",
        "series,time,interface,in,out,stamp",
    ],
)
def test_columns_that_are_not_read_may_be_named_anything(
    tmp_path: Path, spec: SampleSpec, header: str
) -> None:
    file = write(tmp_path / "a.csv", f"{header}\n7,2024-01-01 00:00,r1,1,2,8\n")
    with open_world(tmp_path) as world:
        assert load_one(world, spec, file).rows_loaded == 1
        assert samples(world).row(0)[2:4] == (1.0, 2.0)


@pytest.mark.parametrize("pattern", ["", "(?P<interface>.+)"])
def test_names_of_columns_may_hold_dots(tmp_path: Path, pattern: str) -> None:
    spec = replace(PAIR, in_column="rate.in", out_column="select", interface_pattern=pattern)
    text = write(tmp_path / "a.csv", "time,interface,rate.in,select\n2024-01-01 00:00,r1,1,2\n")
    pl.DataFrame({**ONE, "interface": ["r2"]}).rename(
        {"in": "rate.in", "out": "select"}
    ).write_parquet(tmp_path / "a.parquet")
    with open_world(tmp_path) as world:
        assert [
            result.rows_loaded for result in load(world, spec, text, tmp_path / "a.parquet")
        ] == [1, 1]
        wide = write(tmp_path / "w.csv", "time,r1.in,r1.out\n2024-01-01 00:05,3,4\n")
        assert load_one(world, WIDE, wide).rows_loaded == 2


@pytest.mark.parametrize("header", ["time,r1_in,r1_in,r1_out", "time,r1_in,R1_in,r1_out"])
def test_wide_columns_that_stand_there_twice_are_refused(tmp_path: Path, header: str) -> None:
    with open_world(tmp_path) as world:
        (result,) = load(
            world, WIDE, write(tmp_path / "a.csv", f"{header}\n2024-01-01 00:00,1,9,2\n")
        )
        assert "column r1_in appears twice" in str(result.error)


def test_a_refused_cell_of_a_wide_table_waits_with_its_own_line(tmp_path: Path) -> None:
    lines = ["2024-01-01 00:00,1,2,3", "2024-01-01 00:05,1", "2024-01-01 00:10,4,x,5"]
    file = write(tmp_path / "a.csv", "time,r1_in,r1_out,r9_in\n" + "\n".join(lines) + "\n")
    with open_world(tmp_path) as world:
        result = load_one(world, WIDE, file)
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (7, 3, 4)
        kept = world.sql("select line, row_text from core.quarantine order by line").rows()
        assert kept == [(2, lines[0]), (3, lines[1]), (4, lines[2]), (4, lines[2])]


@pytest.mark.parametrize("ports", [pl.Series([7]), pl.Series([b"7"])], ids=["number", "bytes"])
def test_ports_of_a_parquet_file_may_be_numbers_or_bytes(tmp_path: Path, ports: pl.Series) -> None:
    pl.DataFrame({**ONE, "interface": ports}).write_parquet(tmp_path / "a.parquet")
    with open_world(tmp_path, ports=[("7", "r1", 100.0, 1)]) as world:
        assert load_one(world, PAIR, tmp_path / "a.parquet").rows_loaded == 1


def endless(path: Path) -> None:
    path.symlink_to("/dev/zero")


@pytest.mark.parametrize(
    ("make", "name", "message"),
    [
        (os.mkfifo, "a.csv", "is a folder, a pipe or a device"),
        (endless, "a.csv", "is a folder, a pipe or a device"),
        (
            lambda path: path.write_bytes(
                bz2.compress(b"time,interface,in,out\n2024-01-01 00:00,r1,1,2\n")
            ),
            "a.csv.bz2",
            "neither with gzip nor with zstd",
        ),
        (
            lambda path: path.write_bytes(
                b"time,interface,in,out\r\n2024-01-01 00:00,r1,1,2\r2024-01-01 00:05,r1,1,2\r\n"
            ),
            "a.csv",
            "lines all end in the same way",
        ),
        (
            pl.DataFrame({**ONE, "file_row_number": [1]}).write_parquet,
            "a.parquet",
            "has a column file_row_number",
        ),
        (
            pl.DataFrame({**ONE, 'i"n': [1]}).rename({"in": "i", 'i"n': "in"}).write_parquet,
            "a.parquet",
            "",
        ),
    ],
)
def test_what_can_not_be_read_is_named(
    tmp_path: Path, make: Callable[[Path], object], name: str, message: str
) -> None:
    make(tmp_path / name)
    with open_world(tmp_path) as world:
        (result,) = load(world, PAIR, tmp_path / name)
        assert (message in str(result.error)) if message else result.rows_loaded == 1


@pytest.mark.parametrize(
    "wrong",
    [
        {"interface_pattern": "(?P<interface>r(?=1).+)"},
        {"interface_pattern": r"(?P<interface>(r)\2?.+)"},
        {"interface_pattern": "(?P<interface>(?<!x).+)"},
        {"separator": '"'},
        {"separator": "\n"},
        {"null_words": ("", '"')},
    ],
)
def test_settings_that_no_reader_can_follow_are_refused(wrong: dict[str, object]) -> None:
    with pytest.raises(SettingsError):
        TableSpec(**{**vars(PAIR), **wrong})  # type: ignore[arg-type]
    assert replace(PAIR, interface_pattern=r"(?P<interface>\d\\1(?:x|y)+)")


def test_a_first_slot_in_the_future_is_refused(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        (result,) = load(
            world,
            replace(PAIR, first_slot=datetime(2062, 1, 1, tzinfo=UTC)),
            write(tmp_path / "a.csv", "interface,in,out\nr1,1,2\n"),
        )
        assert "lie in the future" in str(result.error)
        assert samples(world).is_empty()


@pytest.mark.parametrize(
    ("odd", "message"),
    [
        ({"bytes": float("nan")}, "the value is not a number"),
        ({"sampling_rate": "x"}, "the value is not a number"),
        ({"sampling_rate": -3}, "the value is not a number"),
        ({"sampling_rate": 10**30}, "the value is not a number"),
        ({"sampling_rate": 0}, ""),
    ],
)
def test_a_flow_that_can_not_be_counted_waits_and_spoils_no_slot(
    tmp_path: Path, odd: dict[str, object], message: str
) -> None:
    write(tmp_path / "map.csv", "interface_id,a,z\nr1,10.0.0.0/8,192.168.0.0/16\n")
    spec = FlowsSpec("flows", map_file=str(tmp_path / "map.csv"))
    flow = {
        "ip_src": "10.0.0.1",
        "ip_dst": "192.168.0.1",
        "timestamp_start": "2024-01-01 00:00:00",
        "timestamp_end": "2024-01-01 00:01:00",
        "bytes": 37500,
    }
    file = write(
        tmp_path / "a.json",
        "".join(json.dumps(record) + "\n" for record in (flow, {**flow, **odd})),
    )
    stranger = write(tmp_path / "b.json", json.dumps({**flow, "ip_src": "1.1.1.1"}) + "\n")
    with open_world(tmp_path) as world:
        load_one(world, spec, file)
        reasons = world.sql("select reason from core.quarantine")["reason"].to_list()
        assert reasons == ([message] if message else [])
        assert samples(world)["out_bps"].to_list() == [1000.0 if message else 2000.0]
        (result,) = load(world, spec, stranger)
        assert "none of its 1 records lies between" in str(result.error)
