"""How times, numbers, names and files may be written, and what each form must come to."""

from __future__ import annotations

import gzip
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse.traffic_worlds import PAIR, load, load_one, open_world, samples, write
from warehouse.errors import SettingsError
from warehouse.sources.rows import CountersSpec, TableSpec
from warehouse.sources.spec import SampleSpec
from warehouse.sources.textfile import interface_of

OPEN = replace(PAIR, slot_minutes=None)
AT_NOON = datetime(2024, 3, 5, 7, 0, tzinfo=UTC)
INSTANTS = {
    "2024-03-05 12:00:00+05:00": AT_NOON,
    "2024-03-05 12:00:00+05": AT_NOON,
    "2024-03-05 12:00:00 +0500": AT_NOON,
    "2024-03-05T12:00:00.000+05:00": AT_NOON,
    "2024-03-05 02:30:00-04:30": AT_NOON,
    "2024-03-05 07:00:00Z": AT_NOON,
    "2024-03-05 07:00:00z": AT_NOON,
    "2024-03-05 07:00:00 Z": AT_NOON,
    "2024-03-05 07:00 GMT": AT_NOON,
    "2024-03-05 07:00:00 UTC": AT_NOON,
    "2024-03-05 12:00:00 Asia/Almaty": AT_NOON,
    "1709622000": AT_NOON,
    "1709622000000": AT_NOON,
    "1709622000000000000": AT_NOON,
}
LAYOUTS = ("long", "wide", "parquet", "counters")


@pytest.mark.parametrize("zone", ["UTC", "Asia/Almaty", "Europe/Berlin"])
@pytest.mark.parametrize("layout", LAYOUTS)
@pytest.mark.parametrize("stamp", list(INSTANTS))
def test_an_offset_that_is_written_always_counts(
    tmp_path: Path, stamp: str, layout: str, zone: str
) -> None:
    spec, path = _file(tmp_path, layout, stamp)
    with open_world(tmp_path) as world:
        result = load_one(world, replace(spec, time_zone=zone), path)
        assert result.error is None
        assert samples(world)["slot_start"].to_list() == [INSTANTS[stamp]]


def _file(folder: Path, layout: str, stamp: str) -> tuple[SampleSpec, Path]:
    if layout == "wide":
        spec = TableSpec(
            "w", layout="wide", interface_pattern="(?P<interface>.+)_(?P<direction>in|out)"
        )
        text = f"time,r1_in,r1_out\n{stamp},1,2\n"
        return replace(spec, slot_minutes=5), write(folder / "a.csv", text)
    if layout == "parquet":
        path = folder / "a.parquet"
        pl.DataFrame(
            {"time": [stamp], "interface": ["r1"], "in": [1.0], "out": [2.0]}
        ).write_parquet(path)
        return PAIR, path
    if layout == "counters":
        ports = {"interface_column": "interface", "in_column": "in", "out_column": "out"}
        counters = CountersSpec("nms", **ports)
        text = f"{stamp},r1,300,600\n2024-03-05T07:05:00Z,r1,600,1200\n"
        return counters, write(folder / "a.csv", f"time,interface,in,out\n{text}")
    return PAIR, write(folder / "a.csv", f"time,interface,in,out\n{stamp},r1,1,2\n")


@pytest.mark.parametrize("stamp", ["18-03-05 00:00:00", "18", "0018-03-05 00:00:00"])
def test_a_year_has_four_digits(tmp_path: Path, stamp: str) -> None:
    file = write(tmp_path / "a.csv", f"time,interface,in,out\n{stamp},r1,1,2\n")
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, file).rows_quarantined == 1


def test_a_leap_second_is_the_second_after_the_one_before(tmp_path: Path) -> None:
    text = "time,interface,in,out\n2016-12-31 23:59:60,r1,1,2\n"
    with open_world(tmp_path) as world:
        load_one(world, PAIR, write(tmp_path / "a.csv", text))
        assert samples(world)["slot_start"].to_list() == [datetime(2017, 1, 1, tzinfo=UTC)]


@pytest.mark.parametrize("newest_first", [False, True])
def test_an_hour_that_occurs_twice_is_told_by_the_order_of_rows(
    tmp_path: Path, newest_first: bool
) -> None:
    hours = ["01:00", "02:00", "02:00", "03:00"]
    rows = [f"2024-10-27 {hour},r1,{place},{place}" for place, hour in enumerate(hours, 1)]
    rows = rows[::-1] if newest_first else rows
    spec = replace(PAIR, slot_minutes=60, time_zone="Europe/Berlin")
    with open_world(tmp_path) as world:
        load_one(
            world, spec, write(tmp_path / "a.csv", "\n".join(["time,interface,in,out", *rows]))
        )
        found = dict(samples(world).select("slot_start", "in_bps").rows())
    hour = {at.hour: value for at, value in found.items()}
    assert hour == {23: 1.0, 0: 2.0, 1: 3.0, 2: 4.0}


def test_a_format_with_an_offset_overrules_the_zone(tmp_path: Path) -> None:
    spec = replace(PAIR, time_format="%d.%m.%Y %H:%M:%S %z", time_zone="Asia/Almaty")
    text = "time,interface,in,out\n05.03.2024 09:00:00 +0200,r1,1,2\n"
    with open_world(tmp_path) as world:
        load_one(world, spec, write(tmp_path / "a.csv", text))
        assert samples(world)["slot_start"].to_list() == [AT_NOON]


def test_days_as_spreadsheets_count_them(tmp_path: Path) -> None:
    text = "time,interface,in,out\n45352.0034722222,r1,1,2\n"
    with open_world(tmp_path) as world:
        load_one(world, PAIR, write(tmp_path / "a.csv", text))
        assert samples(world)["slot_start"].to_list() == [datetime(2024, 3, 1, 0, 5, tzinfo=UTC)]


def test_stamps_around_the_edges_of_slots_keep_their_slots(tmp_path: Path) -> None:
    clocks = ["00:00:00", "00:04:57", "00:10:02", "00:14:58", "00:20:05", "00:24:56"]
    rows = [f"2024-03-01 {clock},r1,{place},1" for place, clock in enumerate(clocks, 1)]
    with open_world(tmp_path) as world:
        load_one(
            world, OPEN, write(tmp_path / "a.csv", "\n".join(["time,interface,in,out", *rows]))
        )
        assert samples(world)["in_bps"].to_list() == [1, 2, 3, 4, 5, 6]


@pytest.mark.parametrize(
    ("cell", "bps", "choices"),
    [
        ("1.20 Gb/s", 1.2e9, {}),
        ("345 Mb/s", 345e6, {}),
        ("0 b/s", 0.0, {}),
        ("12.5 MB/s", 100e6, {}),
        ("1 KiB/s", 8192.0, {}),
        ('"1,721,992,142.283"', 1721992142.283, {}),
        ('"1,234.5"', 1234.5, {}),
        ('"1,234"', None, {}),
        ('"1,234"', 1234.0, {"thousands": ","}),
        ("1 234 567", 1234567.0, {"thousands": " "}),
        ("1'234.5", 1234.5, {"thousands": "'"}),
        ('"1 234,5"', 1234.5, {"thousands": " ", "decimal_comma": True, "separator": ","}),
        ("-20", None, {}),
        ("-20", 20.0, {"negative": "amount"}),
        ("5 apples", None, {}),
        ("0", None, {"zeros": "gap"}),
    ],
)
def test_a_rate_in_a_cell(tmp_path: Path, cell: str, bps: float | None, choices: dict) -> None:
    mark = ";" if choices.get("decimal_comma") else ","
    choices = {**choices, "separator": mark}
    text = f"time{mark}interface{mark}in{mark}out\n2024-03-01 00:00{mark}r1{mark}{cell}{mark}7\n"
    with open_world(tmp_path) as world:
        result = load_one(world, replace(PAIR, **choices), write(tmp_path / "a.csv", text))
        assert result.error is None
        found = samples(world)["in_bps"].to_list()
        assert (found[0] if found else None) == (pytest.approx(bps) if bps is not None else None)


def test_directions_in_the_words_of_the_source(tmp_path: Path) -> None:
    spec = TableSpec(
        "s", interface_column="if", direction_column="dir", value_column="v", slot_minutes=5
    )
    text = "time,if,dir,v\n2024-03-01 00:00,r1,Download,1\n2024-03-01 00:00,r1,исходящий,2\n"
    file = write(tmp_path / "a.csv", text)
    with open_world(tmp_path) as world:
        assert "download is neither in nor out" in " ".join(load_one(world, spec, file).notes)
        load_one(world, replace(spec, in_words=("download",), out_words=("Исходящий",)), file)
        assert samples(world).select("in_bps", "out_bps").rows() == [(1.0, 2.0)]


def test_a_word_can_not_mean_both_directions() -> None:
    with pytest.raises(SettingsError, match="share both with out_words"):
        TableSpec("s", in_column="in", in_words=("both",), out_words=("Both",))


def test_a_pattern_matches_the_whole_name(tmp_path: Path) -> None:
    spec = TableSpec(
        "s",
        interface_column="name",
        value_column="v",
        interface_pattern=r"(?P<interface>.+)\.(?P<direction>in|out)",
        slot_minutes=5,
    )
    text = "time,name,v\n2024-03-01 00:00,r1.in,100\n2024-03-01 00:00,r1.in_errors,3\n"
    with open_world(tmp_path) as world:
        result = load_one(world, spec, write(tmp_path / "a.csv", text))
        assert samples(world)["in_bps"].to_list() == [100.0]
        assert "r1.in_errors does not match interface_pattern" in " ".join(result.notes)


@pytest.mark.parametrize(
    ("name", "interface"),
    [
        ("10.0.0.1_eth0.csv", "10.0.0.1_eth0"),
        ("10.0.0.1_1.log", "10.0.0.1_1"),
        ("xe-0_0_1.100.csv", "xe-0_0_1.100"),
        ("core.CSV.GZ", "core"),
        ("core.1", "core.1"),
        (".csv", ".csv"),
    ],
)
def test_the_name_of_a_file_keeps_its_dots(name: str, interface: str) -> None:
    assert interface_of(Path(name)) == interface


ROWS = "2024-03-01 00:00:00,r1,1,2\n2024-03-01 00:05:00,r1,3,4\n"
HEAD = "time,interface,in,out\n"


@pytest.mark.parametrize(
    ("text", "choices"),
    [
        ("# a tool\n\n" + HEAD + ROWS, {}),
        ("sep=;\n" + (HEAD + ROWS).replace(",", ";"), {}),
        ("time,interface,in,out,\n" + ROWS, {}),
        (HEAD + ROWS.replace("2\n", "2,\n").replace("4\n", "4,\n"), {}),
        ("one\ntwo\n" + HEAD + ROWS, {"skip_lines": 2}),
        ("% note\n" + HEAD + ROWS, {"comment": "%"}),
    ],
)
def test_lines_around_the_header(tmp_path: Path, text: str, choices: dict) -> None:
    with open_world(tmp_path) as world:
        result = load_one(world, replace(PAIR, **choices), write(tmp_path / "a.csv", text))
        assert result.error is None
        assert samples(world).select("in_bps", "out_bps").rows() == [(1.0, 2.0), (3.0, 4.0)]


@pytest.mark.parametrize(
    ("encoding", "stated"),
    [("utf-16", ""), ("utf-16-le", "utf-16"), ("windows-1251", "windows-1251")],
)
def test_other_encodings(tmp_path: Path, encoding: str, stated: str) -> None:
    path = tmp_path / "a.csv"
    text = HEAD + ROWS + "2024-03-01 00:10:00,порт,5,6\n"
    mark = b"\xff\xfe" if encoding == "utf-16-le" else b""
    path.write_bytes(mark + text.encode(encoding))
    with open_world(tmp_path) as world:
        result = load_one(world, replace(PAIR, encoding=stated), path)
        assert result.rows_loaded == 2
        assert "interface порт is unknown" in " ".join(result.notes)


def test_packed_by_the_ending_in_capitals(tmp_path: Path) -> None:
    path = tmp_path / "A.CSV.GZ"
    path.write_bytes(gzip.compress((HEAD + ROWS).encode()))
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, path).rows_loaded == 2


def test_a_zip_archive_is_refused_by_name(tmp_path: Path) -> None:
    path = tmp_path / "a.csv"
    path.write_bytes(b"PK\x03\x04" + bytes(20))
    with open_world(tmp_path) as world:
        assert "is a zip archive" in str(load(world, PAIR, path)[0].error)


def test_names_of_folders_are_columns(tmp_path: Path) -> None:
    folder = tmp_path / "interface=r1"
    folder.mkdir()
    file = write(folder / "a.csv", "time,in,out\n2024-03-01 00:00:00,1,2\n")
    with open_world(tmp_path) as world:
        load_one(world, PAIR, file)
        assert samples(world).select("interface_id", "in_bps").rows() == [("r1", 1.0)]


def test_a_bad_row_of_a_growing_file_waits_once(tmp_path: Path) -> None:
    lines = ["2024-03-01 00:00:00,r1,1,2", "bad,r1,1,2"]
    file = tmp_path / "live.csv"
    with open_world(tmp_path) as world:
        for minute in range(5, 20, 5):
            lines.append(f"2024-03-01 00:{minute:02}:00,r1,1,2")
            result = load_one(world, PAIR, write(file, HEAD + "\n".join(lines) + "\n"))
            assert result.rows_in == (
                result.rows_loaded + result.rows_quarantined + result.rows_known
            )
        assert world.sql("select count(*) from core.quarantine").item() == 1


DATE_AND_CLOCK = "day,clock,interface,in,out\n1.3.24,00:00,r1,1,2\n1.3.24,00:05,r1,3,4\n"


def test_a_date_and_a_clock_are_used_together(tmp_path: Path) -> None:
    spec = replace(PAIR, time_column="day", clock_column="clock")
    with open_world(tmp_path) as world:
        load_one(world, spec, write(tmp_path / "a.csv", DATE_AND_CLOCK))
        assert samples(world)["slot_start"].to_list() == [
            datetime(2024, 3, 1, 0, minute, tzinfo=UTC) for minute in (0, 5)
        ]


def test_dates_alone_are_refused_for_slots_shorter_than_a_day(tmp_path: Path) -> None:
    spec = replace(PAIR, time_column="day")
    with open_world(tmp_path) as world:
        result = load(world, spec, write(tmp_path / "a.csv", DATE_AND_CLOCK))[0]
        assert "column day holds dates alone" in str(result.error)
        assert "clock_column" in str(result.error)
        assert samples(world).is_empty()


def test_zeros_that_are_gaps_still_balance_the_sum(tmp_path: Path) -> None:
    spec = TableSpec(
        "s",
        interface_column="if",
        direction_column="dir",
        value_column="v",
        slot_minutes=5,
        zeros="gap",
    )
    text = "time,if,dir,v\n2024-03-01 00:00,r1,in,0\n2024-03-01 00:00,r1,out,0\n"
    with open_world(tmp_path) as world:
        result = load_one(world, spec, write(tmp_path / "a.csv", text))
        assert (result.rows_in, result.rows_loaded, result.rows_known) == (2, 2, 0)
        assert samples(world).select("in_bps", "out_bps", "flag").rows() == [(None, None, "gap")]
