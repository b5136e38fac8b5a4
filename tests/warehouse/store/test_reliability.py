from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.loading import load_crash
from tests.warehouse.traffic_worlds import NOW, PAIR, open_world, samples
from warehouse.errors import LockedError
from warehouse.loading.load import load_files
from warehouse.sources.rows import TableSpec
from warehouse.sources.spec import SampleSpec
from warehouse.store.database import Warehouse


def test_a_killed_load_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    load_crash.compare(2, 7, tmp_path)


def test_a_second_load_refuses_clearly(tmp_path: Path) -> None:
    folder = load_crash.world(tmp_path / "w")
    with Warehouse.open(folder / "world.duckdb"):
        child = subprocess.run(
            [sys.executable, "-m", "tests.warehouse.loading.load_crash", "work", str(folder)],
            env=os.environ,
            capture_output=True,
            text=True,
            check=False,
        )
        assert child.returncode != 0
        assert LockedError.__name__ in child.stderr


def test_a_full_disk_is_named_and_leaves_whole_loads(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = (
        f"mount -t tmpfs -o size=40m tmpfs '{disk}' && exec '{sys.executable}' -m "
        f"tests.warehouse.loading.load_crash full '{disk}'"
    )
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a small disk can't be mounted here (unshare)")
    child = subprocess.run(
        ["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False
    )
    assert child.returncode == 0, child.stderr
    assert "the disk is full" in child.stdout
    assert re.search(r"[1-9] loads known on the full disk", child.stdout)
    assert (
        "opened, and then: WarehouseError: the disk is full" in child.stdout
        or "opened, and then: the disk is full" in child.stdout
    )
    loaded, kept = re.findall(r"(\d+) rows loaded, (\d+) slots kept", child.stdout)[0]
    assert 0 < int(loaded) == int(kept) < 10 * 40 * 28 * 288


GENERAL = TableSpec(**{**vars(PAIR), "interface_pattern": "(?P<interface>.+)"})
"""The same settings, said so that nothing goes the short way."""


def kept(folder: Path, spec: SampleSpec, *files: Path) -> list[object]:
    folder.mkdir()
    with open_world(folder) as world:
        results = load_files(world, spec, files, known_at=NOW, today=NOW)
        refused = world.sql(
            "select line, row_text, reason from core.quarantine order by all"
        ).rows()
        said = [
            (
                result.error,
                result.rows_in,
                result.rows_loaded,
                result.rows_known,
                result.slots_new,
                result.flags,
            )
            for result in results
        ]
        return [samples(world).rows(), refused, said]


@pytest.mark.parametrize("twice", [False, True])
def test_plain_files_go_the_short_way_to_the_same_slots(tmp_path: Path, twice: bool) -> None:
    """Parquet and text; a repeated row sends both the general way."""
    (tmp_path / "f").mkdir()
    file = load_crash.make(tmp_path / "f", 3)[0]
    frame = pl.read_parquet(file).with_columns(pl.when(pl.col("in") > 1e9 + 5).then("in"))
    frame = (
        pl.concat([frame, frame.head(1)])
        if twice
        else frame.sample(fraction=1.0, shuffle=True, seed=1)
    )
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    wanted = kept(tmp_path / "general", GENERAL, tmp_path / "a.csv")
    assert kept(tmp_path / "text", PAIR, tmp_path / "a.csv") == wanted
    assert kept(tmp_path / "parquet", PAIR, tmp_path / "a.parquet") == wanted


STAMPS = st.sampled_from(
    [
        "2024-01-01 00:{:02d}",
        "2024-01-01T00:{:02d}:00",
        "2024-01-01 00:{:02d}:00.4",
        "2024-01-01 00:{:02d}:00Z",
        "2024-01-01 05:{:02d}:00+05",
        " 2024-01-01 00:{:02d} ",
    ]
)
RATES = st.sampled_from(
    [
        "1",
        "2.5",
        "1e3",
        " 7 ",
        "",
        "nan",
        '"8"',
        "1_000",
        "0x10",
        "-1",
        "inf",
        "1e300",
        "many",
        "N/A",
        "+5",
    ]
)
PORTS = st.sampled_from(["r1", "r2", " r1 ", '"r2"', "alias of r1", "r9", ""])


@settings(max_examples=25, deadline=None)
@given(
    rows=st.lists(st.tuples(STAMPS, st.integers(0, 9), PORTS, RATES, RATES), min_size=1, max_size=5)
)
def test_any_text_ends_the_same_by_the_short_and_the_general_way(
    tmp_path_factory: pytest.TempPathFactory, rows: list[tuple[str, int, str, str, str]]
) -> None:
    folder = tmp_path_factory.mktemp("ways")
    text = "".join(
        f"{stamp.format(5 * slot)},{port},{one},{other}\n" for stamp, slot, port, one, other in rows
    )
    (folder / "a.csv").write_text("time,interface,in,out\n" + text, "utf-8")
    assert kept(folder / "short", PAIR, folder / "a.csv") == kept(
        folder / "general", GENERAL, folder / "a.csv"
    )


def test_a_file_that_turns_bad_at_its_end_is_read_the_general_way(tmp_path: Path) -> None:
    good = "".join(
        f"2024-01-{1 + slot // 288:02d} {slot % 288 // 12:02d}:{slot % 12 * 5:02d},r1,1,2\n"
        for slot in range(288 * 20)
    )
    (tmp_path / "a.csv").write_text(
        "time,interface,in,out\n" + good + "Total,,5,6\n2024-02-01 00:00,r1\n", "utf-8"
    )
    slots, refused, _ = kept(tmp_path / "short", PAIR, tmp_path / "a.csv")
    assert (len(slots), [row[0] for row in refused]) == (5760, [5762, 5763])  # type: ignore[arg-type, attr-defined]


def long_text() -> list[str]:
    """Lines beyond the beginning of a text that is looked at before it is read."""
    return [
        (
            f"2024-{1 + slot // 8064:02d}-{1 + slot % 8064 // 288:02d} "
            f"{slot % 288 // 12:02d}:{slot % 12 * 5:02d},r1,{slot},2"
        )
        for slot in range(14000)
    ]


@pytest.mark.parametrize("word", ["NaN", "null", "-", "N/A"])
def test_null_words_far_down_a_file_are_null_words(tmp_path: Path, word: str) -> None:
    """Words that do not stand in a text's beginning are not looked for by the short way; a cell
    means the same all the same.
    """
    lines = long_text()
    lines[-3:] = [
        f"2024-03-01 00:00,r1,{word},2",
        f"2024-03-01 00:05,r1,{word},{word}",
        f"2024-03-01 00:10,{word},1,2",
    ]
    (tmp_path / "a.csv").write_text("time,interface,in,out\n" + "\n".join(lines) + "\n", "utf-8")
    short = kept(tmp_path / "short", PAIR, tmp_path / "a.csv")
    assert short == kept(tmp_path / "general", GENERAL, tmp_path / "a.csv")
    assert short[0][-2:] == [
        ("r1", datetime(2024, 3, 1, tzinfo=UTC), None, 2.0, "ok", 5),
        ("r1", datetime(2024, 3, 1, 0, 5, tzinfo=UTC), None, None, "gap", 5),
    ]
    assert short[1] == [(14001, lines[-1], "the interface is empty")]


def test_a_port_named_like_a_null_word_is_no_port_of_a_text(tmp_path: Path) -> None:
    (tmp_path / "a.csv").write_text(
        "time,interface,in,out\n" + "\n".join([*long_text(), "2024-03-01 00:00,NA,1,2"]) + "\n",
        "utf-8",
    )
    for name, spec in {"short": PAIR, "general": GENERAL}.items():
        (tmp_path / name).mkdir()
        with open_world(tmp_path / name) as world:
            world.append(
                "interface",
                pl.DataFrame(
                    [
                        {
                            "interface_id": "NA",
                            "route_id": "r2",
                            "speed_gbps": 1.0,
                            "time_zone": "UTC",
                            "priority": 1,
                        }
                    ]
                ),
                known_at=NOW,
            )
            result = load_files(world, spec, [tmp_path / "a.csv"], known_at=NOW, today=NOW)[0]
            assert (result.rows_loaded, result.rows_quarantined) == (14000, 1)


def test_a_slot_that_two_pieces_of_a_text_hold_is_seen(tmp_path: Path) -> None:
    """Rows of a port in two stretches, the second of which ends in a slot of the first."""
    stretch = [
        f"2024-01-01 {slot // 12:02d}:{slot % 12 * 5:02d},r1,{slot},2" for slot in range(120)
    ]
    for name, lines in {
        "apart": stretch[60:] + stretch[:60],
        "twice": stretch[60:] + stretch[:61],
    }.items():
        (tmp_path / f"{name}.csv").write_text(
            "time,interface,in,out\n" + "\n".join(lines) + "\n", "utf-8"
        )
        short = kept(tmp_path / name, PAIR, tmp_path / f"{name}.csv")
        assert len(short[0]) == 120  # type: ignore[arg-type]
        assert short == kept(tmp_path / f"{name} general", GENERAL, tmp_path / f"{name}.csv")
