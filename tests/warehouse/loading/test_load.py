from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
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
from warehouse.sources.rows import CountersSpec, TableSpec
from warehouse.sources.spec import SampleSpec

HEADER = "time,interface,in,out\n"


def test_rows_become_slots_and_the_sum_balances(tmp_path: Path) -> None:
    file = write(
        tmp_path / "a.csv",
        HEADER + "2024-01-01 00:00,r1,1000,2000\n2024-01-01 00:05,alias of r1,1500,2500.5\n",
    )
    with open_world(tmp_path) as world:
        result = load_one(world, PAIR, file)
        assert (result.rows_in, result.rows_loaded, result.slots_new, result.flags) == (
            2,
            2,
            2,
            {"ok": 2},
        )
        assert samples(world).rows() == [
            ("r1", datetime(2024, 1, 1, 0, 0, tzinfo=UTC), 1000.0, 2000.0, "ok", 5),
            ("r1", datetime(2024, 1, 1, 0, 5, tzinfo=UTC), 1500.0, 2500.5, "ok", 5),
        ]


def test_what_cannot_be_read_waits_in_quarantine_with_its_line(tmp_path: Path) -> None:
    lines = [
        "2024-01-01 00:00,r1,1,2",
        "soon,r1,1,2",
        "2024-01-01 00:10,r9,1,2",
        "2024-01-01 00:15,r1,-1,2",
        "2024-01-01 00:20,r1,many,2",
        "2024-01-01 00:25,r1",
        "2030-01-01 00:00,r1,1,2",
        "2024-01-01 00:35,r1,1e300,2",
        ",r1,1,2",
        "1971-01-01 00:00,r1,1,2",
        "2024-01-01 00:50,,1,2",
    ]
    file = write(tmp_path / "a.csv", HEADER + "\n".join(lines) + "\n")
    with open_world(tmp_path) as world:
        result = load_one(world, PAIR, file)
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (11, 1, 10)
        kept = world.sql("select line, row_text, reason from core.quarantine order by line")
        assert kept["line"].to_list() == list(range(3, 13))
        assert kept["row_text"].to_list() == lines[1:]
        assert kept["reason"].to_list()[:4] == [
            "the time soon can't be read",
            "interface r9 is unknown",
            "the rate is negative",
            "the value is not a number",
        ]
        assert "can't be split" in kept["reason"][4]
        assert kept["reason"].to_list()[5:] == [
            "the time lies in the future",
            "the rate is not finite",
            "the time is empty",
            "the time lies before 1980",
            "the interface is empty",
        ]
        assert any("interface r9 is unknown; declare it" in note for note in result.notes)


@pytest.mark.parametrize(
    "row",
    [
        '2024-01-01T00:10:00Z,r1," 12.5 ",1e9',
        "2024-01-01 05:10:00+05:00,r1,+5,.5",
        "2024-1-1 0:10,r1,-0,nan",
        " 2024-01-01 00:10:00 ,r1,,7",
        "2024-01-01 00:10:00.000001,r1,5.,1e-5",
        "2024-01-01,r1,1,2",
        "1704067800,r1,1,2",
        "2024-02-30 00:00,r1,1,2",
        "2024-01-01 00:10,r1,1 000,2",
    ],
)
def test_a_cell_means_the_same_whichever_way_its_file_is_read(
    tmp_path: Path, monkeypatch, row: str
) -> None:
    file = write(tmp_path / "a.csv", HEADER + f"2024-01-01 00:05,r1,1,2\n{row}\n")
    spec = replace(PAIR, slot_minutes=5)
    kept = []
    for way in ("short", "general"):
        if way == "general":
            monkeypatch.setattr("warehouse.loading.load.is_plain", lambda *_: False)
        (tmp_path / way).mkdir()
        with open_world(tmp_path / way) as world:
            load_one(world, spec, file)
            refused = world.sql("select line, row_text, reason from core.quarantine order by line")
            kept.append((samples(world).rows(), refused.rows()))
    assert kept[0] == kept[1]


def test_loading_twice_is_loading_once(tmp_path: Path) -> None:
    text = HEADER + "2024-01-01 00:00,r1,1,2\nbad,r1,1,2\n2024-01-01 00:05,r1,3,4\n"
    first = write(tmp_path / "a.csv", text)
    other = write(tmp_path / "b.csv", text + "\n")
    with open_world(tmp_path) as world:
        load_one(world, PAIR, first)
        before = samples(world)
        again, renamed = load_one(world, PAIR, first), load_one(world, PAIR, other)
        assert (again.rows_in, again.rows_known) == (3, 3)
        assert (renamed.rows_loaded, renamed.rows_known, renamed.rows_quarantined) == (0, 2, 1)
        assert samples(world).equals(before)
        assert world.sql("select * from core.quarantine where batch_id = 2").is_empty()


def test_a_newer_value_holds_and_the_older_is_kept(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        load_one(
            world,
            PAIR,
            write(
                tmp_path / "a.csv", HEADER + "2024-01-01 00:00,r1,1,2\n2024-01-01 00:05,r1,3,4\n"
            ),
        )
        result = load_one(
            world,
            PAIR,
            write(
                tmp_path / "b.csv", HEADER + "2024-01-01 00:05,r1,3,5\n2024-01-01 00:10,r1,6,7\n"
            ),
        )
        assert (result.rows_loaded, result.slots_new, result.slots_changed) == (2, 1, 1)
        assert samples(world)["out_bps"].to_list() == [2, 5, 7]
        old = world.sql(
            "select in_bps, out_bps, batch_id, superseded_by from core.traffic_sample_superseded"
        )
        assert old.rows() == [(3.0, 4.0, 1, 2)]


def test_what_was_known_of_a_slot_at_any_time(tmp_path: Path) -> None:
    first, second, third = (datetime(2024, month, 1, tzinfo=UTC) for month in (2, 3, 4))
    poor = TableSpec(**{**vars(PAIR), "name": "old nms", "priority": 2})
    with open_world(tmp_path) as world:
        load_one(
            world,
            PAIR,
            write(
                tmp_path / "a.csv",
                HEADER
                + "2024-01-01 00:00,r1,1,2\n2024-01-01 00:05,r1,3,4\n2024-01-01 00:05,r1,8,9\n",
            ),
            first,
        )
        load_one(
            world,
            PAIR,
            write(
                tmp_path / "b.csv", HEADER + "2024-01-01 00:05,r1,5,6\n2024-01-01 00:10,r1,7,8\n"
            ),
            second,
        )
        load_one(
            world,
            poor,
            write(
                tmp_path / "c.csv",
                HEADER + "2024-01-01 00:00,r1,99,99\n2024-01-01 00:10,r1,99,99\n",
            ),
            third,
        )
        load_one(
            world, PAIR, write(tmp_path / "d.csv", HEADER + "2024-01-01 00:05,r1,6,6\n"), third
        )

        def known(at: datetime) -> list[tuple[float, datetime]]:
            return list(
                world.sql(
                    "select in_bps, known_at from mart.samples_as_of($at) order by slot_start",
                    at=at,
                ).iter_rows()
            )

        assert known(first - timedelta(days=1)) == []
        assert known(first) == [(1, first), (8, first)]
        assert (
            known(second)
            == known(third - timedelta(days=1))
            == [(1, first), (5, second), (7, second)]
        )
        assert known(third) == [(1, first), (6, third), (7, second)]
        assert [row[2] for row in samples(world).rows()] == [1, 6, 7]


def test_a_row_is_read_once_its_port_is_declared(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", HEADER + "2024-01-01 00:00,r3,1,2\n2024-01-01 00:00,r1,1,2\n")
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, file).rows_quarantined == 1
        world.append(
            "interface",
            pl.DataFrame(
                [
                    {
                        "interface_id": "r3",
                        "route_id": "r1",
                        "speed_gbps": 1.0,
                        "time_zone": "UTC",
                        "priority": 2,
                    }
                ]
            ),
            known_at=NOW,
        )
        result = load_one(world, PAIR, file)
        assert (result.rows_loaded, result.rows_known, result.rows_quarantined) == (1, 1, 0)
        assert world.sql("select resolved_by from core.quarantine")["resolved_by"].to_list() == [2]


def test_directions_on_separate_rows_make_one_slot(tmp_path: Path) -> None:
    spec = TableSpec(
        "nms",
        interface_column="series",
        interface_pattern=r"(?P<interface>.+)\.(?P<direction>\w+)",
        value_column="value",
        unit="mbps",
        slot_minutes=5,
    )
    file = write(
        tmp_path / "a.csv",
        "time;series;value\n2024-01-01 00:00;r1.in;1,5\n2024-01-01 00:00;r1.out;2.000,25\n"
        "2024-01-01 00:00;r1.up;3\n",
    )
    with open_world(tmp_path) as world:
        result = load_one(world, TableSpec(**{**vars(spec), "decimal_comma": True}), file)
        assert (result.rows_loaded, result.slots_new, result.rows_quarantined) == (2, 1, 1)
        assert samples(world).select("in_bps", "out_bps").rows() == [(1.5e6, 2000.25e6)]


def test_a_wide_table_names_ports_in_its_columns(tmp_path: Path) -> None:
    spec = TableSpec(
        "wide",
        layout="wide",
        interface_pattern="(?P<interface>.+)_(?P<direction>in|out)",
        unit="kbps",
        time_zone="Asia/Almaty",
    )
    file = write(
        tmp_path / "a.csv",
        "time,r1_in,r1_out,r2_in,total\n2024-01-01 05:00,1,2,3,9\n2024-01-01 06:00,4,,6,9\n",
    )
    with open_world(tmp_path) as world:
        result = load_one(world, spec, file)
        assert result.rows_in == 6
        assert samples(world).select(
            "interface_id", "slot_start", "in_bps", "out_bps", "slot_minutes"
        ).rows() == [
            ("r1", datetime(2023, 12, 31, 23, tzinfo=UTC), 1000.0, 2000.0, 60),
            ("r1", datetime(2024, 1, 1, tzinfo=UTC), 4000.0, None, 60),
            ("r2", datetime(2023, 12, 31, 23, tzinfo=UTC), 3000.0, None, 60),
            ("r2", datetime(2024, 1, 1, tzinfo=UTC), 6000.0, None, 60),
        ]  # Almaty was UTC+6 until 2024-03-01.


def test_samples_finer_than_a_slot_are_averaged(tmp_path: Path) -> None:
    rows = "".join(f"2024-01-01 00:0{minute},r1,{minute},{2 * minute}\n" for minute in range(10))
    with open_world(tmp_path) as world:
        result = load_one(
            world,
            TableSpec(**{**vars(PAIR), "slot_minutes": 1}),
            write(tmp_path / "a.csv", HEADER + rows),
        )
        assert (result.rows_loaded, result.slots_new) == (10, 2)
        assert samples(world).select("in_bps", "out_bps", "slot_minutes").rows() == [
            (2.0, 4.0, 5),
            (7.0, 14.0, 5),
        ]


def test_a_slot_split_over_files_is_averaged_over_all_of_them(tmp_path: Path) -> None:
    spec = TableSpec(**{**vars(PAIR), "slot_minutes": 1})
    rows = [f"2024-01-01 00:0{minute},r1,{minute},{2 * minute}\n" for minute in range(10)]
    with open_world(tmp_path) as world:
        for name, part in (("a", rows[2:7]), ("b", rows[:4]), ("c", rows[6:])):
            load_one(world, spec, write(tmp_path / f"{name}.csv", HEADER + "".join(part)))
        assert samples(world).select("in_bps", "out_bps", "slot_minutes").rows() == [
            (2.0, 4.0, 5),
            (7.0, 14.0, 5),
        ]
        assert world.sql("select sum(rows_known) as n from core.load_batch")["n"].item() == 3


def test_stamps_at_the_end_of_a_slot_belong_to_the_slot_before(tmp_path: Path) -> None:
    spec = TableSpec(**{**vars(PAIR), "stamp": "end", "unit": "bytes_per_slot"})
    with open_world(tmp_path) as world:
        load_one(world, spec, write(tmp_path / "a.csv", HEADER + "2024-01-01 00:05,r1,300,600\n"))
        assert samples(world).select("slot_start", "in_bps", "out_bps").rows() == [
            (datetime(2024, 1, 1, tzinfo=UTC), 8.0, 16.0)
        ]


def test_doubtful_slots_are_flagged_and_kept(tmp_path: Path) -> None:
    ports = [("p1", "r1", 1.0, 1), ("p2", "r1", 1.0, 2)]
    rows = (
        "2024-01-01 00:00,p1,2e9,1\n2024-01-01 00:05,p1,,\n2024-01-01 00:10,p1,5,5\n2024-01-01 "
        "00:10,p2,6,6\n2024-01-01 00:15,p2,7,7\n"
    )
    with open_world(tmp_path, ["r1"], ports=ports) as world:
        event = {
            "event_id": "e",
            "start_at": NOW.replace(year=2024, month=1, day=1, minute=17),
            "end_at": NOW.replace(year=2024, month=1, day=1, minute=30),
            "kind": "maintenance",
            "scope_kind": "route",
            "scope_id": "r1",
            "effect": "work",
            "simulated": False,
        }
        world.append("event", pl.DataFrame([event]), known_at=NOW)
        load_one(world, PAIR, write(tmp_path / "a.csv", HEADER + rows))
        assert [(row[0], row[4]) for row in samples(world).rows()] == [
            ("p1", "over_speed"),
            ("p1", "gap"),
            ("p1", "ok"),
            ("p2", "duplicate_source"),
            ("p2", "maintenance"),
        ]


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (b"", "is empty"),
        (b"\n \n", "is empty"),
        (b"\xef\xbb\xbf", "is empty"),
        ("\N{NO-BREAK SPACE}\n".encode(), "is empty"),
        (b"time,interface,in\n", "column out is missing"),
        (HEADER.encode(), "a header and nothing below"),
        ("time,interface,in,out\n2024-01-01,Алматы,1,2\n".encode("cp1251"), "not UTF-8"),
        (
            HEADER.encode()
            + b"2024-01-01 00:00,r1,1,2\n" * 60_000
            + "2024-01-01,Алматы,1,2\n".encode("cp1251"),
            "not UTF-8",
        ),
        (HEADER.encode("utf-16"), "not"),
    ],
)
def test_a_file_that_cannot_be_read_leaves_the_others_alone(
    tmp_path: Path, content: bytes, message: str
) -> None:
    bad, good = (
        tmp_path / "bad.csv",
        write(tmp_path / "good.csv", HEADER + "2024-01-01 00:00,r1,1,2\n"),
    )
    bad.write_bytes(content)
    with open_world(tmp_path) as world:
        results = load(world, PAIR, bad, tmp_path / "missing.csv", good)
        assert message in str(results[0].error)
        assert "does not exist" in str(results[1].error)
        assert results[2].rows_loaded == 1
        assert world.sql("select count(*) as n from core.load_batch")["n"].item() == 1


def test_the_slot_length_of_one_row_cannot_be_told(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        (result,) = load(
            world,
            TableSpec(**{**vars(PAIR), "slot_minutes": None}),
            write(tmp_path / "a.csv", HEADER + "2024-01-01 00:00,r1,1,2\n"),
        )
        assert "Give slot_minutes" in str(result.error)


@settings(max_examples=12, deadline=None)
@given(data=st.data())
def test_any_split_order_and_overlap_gives_the_same_samples(
    tmp_path_factory: pytest.TempPathFactory, data: st.DataObject
) -> None:
    folder = tmp_path_factory.mktemp("split")
    start = datetime(2024, 1, 1)
    rows = [
        f"{start + timedelta(minutes=5 * slot)},{port},{slot * 1000 + place},{slot}\n"
        for slot in range(data.draw(st.integers(2, 12)))
        for place, port in enumerate(("r1", "r2"))
    ]
    pieces = data.draw(st.lists(st.lists(st.sampled_from(rows), min_size=1), max_size=4))
    rest = [row for row in rows if not any(row in piece for piece in pieces)]
    files = [
        write(folder / f"{place}.csv", HEADER + "".join(piece))
        for place, piece in enumerate([*pieces, rest])
        if piece
    ]
    order = data.draw(st.permutations(files))
    (folder / "whole").mkdir()
    (folder / "parts").mkdir()
    with open_world(folder / "whole") as whole, open_world(folder / "parts") as parts:
        load_one(whole, PAIR, write(folder / "whole.csv", HEADER + "".join(rows)))
        for file in order:
            load_one(parts, PAIR, file)
        assert samples(parts).equals(samples(whole))
        assert parts.sql("from core.traffic_sample_superseded").is_empty()


def test_parquet_and_csv_of_the_same_links_agree(tmp_path: Path) -> None:
    links = sorted(shared("originals", "esnet_csv").glob("*.csv"))
    long = TableSpec(
        "esnet",
        time_column="ts",
        value_column="value",
        interface_column="series_id",
        interface_pattern=r"(?P<interface>.+)\.(?P<direction>in|out)",
    )
    with open_world(tmp_path, [link.stem for link in links]) as world:
        result = load_one(world, long, shared("esnet_domestic_2018_hourly.parquet"))
        assert (result.slot_minutes, result.rows_in) == (60, 610_314)
        assert sum("is unknown; declare it" in note for note in result.notes) == 20
        for link in links:
            again = load_one(world, TableSpec("csv", in_column="in", out_column="out"), link)
            assert (again.rows_loaded, again.rows_quarantined) == (0, 0)


def test_hourly_and_daily_sums_of_a_third_party_are_our_own(tmp_path: Path) -> None:
    begin = datetime(2005, 6, 7, 6, 57, tzinfo=UTC)
    with open_world(tmp_path, ["A5M", "A1H", "A1D"]) as world:
        for minutes, name in ((5, "A5M"), (60, "A1H"), (1440, "A1D")):
            spec = TableSpec(
                "cortez",
                header=False,
                value_column="column_1",
                direction="out",
                unit="bits_per_slot",
                slot_minutes=minutes,
                first_slot=begin,
            )
            assert (
                load_one(world, spec, shared("originals", "cortez", f"{name}.txt")).rows_quarantined
                == 0
            )
        bits = samples(world).with_columns(bits=pl.col("out_bps") * pl.col("slot_minutes") * 60)
        fine = bits.filter(interface_id="A5M")["bits"].round().cast(pl.Int64)
        for name, count in (("A1H", 12), ("A1D", 288)):
            theirs = bits.filter(interface_id=name)["bits"].round().cast(pl.Int64)
            ours = (
                pl.DataFrame({"bits": fine.head(theirs.len() * count)})
                .group_by(pl.int_range(pl.len()) // count, maintain_order=True)
                .sum()
            )
            assert ours["bits"].to_list() == theirs.to_list()


def test_an_exchange_and_a_trends_export(tmp_path: Path) -> None:
    seattle = TableSpec(
        "six",
        time_column="Epoch Seconds",
        time_format="epoch_s",
        value_column="Average aggregate bits per second",
        direction="in",
        interface="SIX",
    )
    zabbix = TableSpec(
        "zabbix",
        time_column="clock",
        time_format="epoch_s",
        value_column="value_avg",
        direction="in",
        interface_column="itemid",
    )
    exchanges = TableSpec(
        "ixp", time_column="ts", value_column="value", direction="out", interface_column="series_id"
    )
    with open_world(
        tmp_path,
        ["SIX", "159138", "LINX.man1", "LINX.sco1", "LINX.car1", "LINX.nva1", "PeeringCZ.total"],
    ) as world:
        daily = load_one(world, seattle, shared("originals", "six", "seattleix_avg.csv"))
        assert (daily.slot_minutes, daily.rows_loaded, daily.rows_quarantined) == (1440, 5161, 0)
        assert (
            load_one(
                world, zabbix, shared("originals", "zabbix", "trend_item159138_to_2019-03-16.csv")
            ).slot_minutes
            == 60
        )
        assert (
            load_one(world, exchanges, shared("ixp_daily_to_2020-02-29.parquet")).rows_loaded
            == 4900
        )


@pytest.mark.parametrize(
    ("spec", "step", "factor", "corrected", "again"),
    [
        (PAIR, 5, 1, [0, 120, 200, 300, 400, 500], [0, 100, 200, 300, 400, 500]),
        (replace(PAIR, slot_minutes=None), 1, 1, [204, 500], [200, 500]),
        (
            CountersSpec("nms", interface_column="interface", in_column="in", out_column="out"),
            5,
            3_750,
            [12_000, 8_000, 10_000, 10_000, 10_000],
            [10_000, 10_000, 10_000, 10_000, 10_000],
        ),
    ],
    ids=["slots", "minutes", "counters"],
)
def test_a_growing_file_does_not_undo_what_another_one_corrected(
    tmp_path: Path,
    spec: SampleSpec,
    step: int,
    factor: int,
    corrected: list[float],
    again: list[float],
) -> None:
    """The same old value in a new file is a correction, though."""

    def rows(*values: int) -> str:
        return HEADER + "".join(
            f"2026-01-01 00:{step * place:02},p1,{value * factor},{value * factor}\n"
            for place, value in enumerate(values)
        )

    with open_world(tmp_path, ["p1"]) as world:
        live = write(tmp_path / "live.csv", rows(0, 100, 200, 300))
        load_one(world, spec, live)
        load_one(world, spec, write(tmp_path / "corrected.csv", rows(0, 120, 200, 300)))
        grown = load_one(world, spec, write(live, rows(0, 100, 200, 300, 400, 500)))
        assert (grown.rows_known, grown.rows_loaded) == (4, 2)
        assert samples(world)["in_bps"].to_list() == corrected
        load_one(world, spec, write(tmp_path / "again.csv", rows(0, 100, 200)))
        assert samples(world)["in_bps"].to_list() == again
        changed = load_one(world, spec, write(live, rows(0, 130, 200, 300, 400, 500)))
        assert (changed.rows_known, changed.rows_loaded) == (5, 1)


def test_two_sources_of_one_priority_that_differ_are_told(tmp_path: Path) -> None:
    with open_world(tmp_path, ["p1"]) as world:
        load_one(world, PAIR, write(tmp_path / "a.csv", HEADER + "2026-01-01 00:00,p1,1,1\n"))
        other = write(tmp_path / "b.csv", HEADER + "2026-01-01 00:00,p1,2,1\n")
        result = load_one(world, replace(PAIR, name="flows"), other)
        assert result.notes[0].startswith("1 slots had another value from source nms")
        assert samples(world)["in_bps"].to_list() == [2.0]
