from __future__ import annotations

import os
import re
import subprocess
import sys
from pathlib import Path

import polars as pl
import pytest

from tests.warehouse import load_crash
from tests.warehouse.traffic_worlds import NOW, PAIR, open_world, samples
from warehouse.database import Warehouse
from warehouse.errors import LockedError
from warehouse.load import load_files


def test_a_killed_load_ends_as_an_undisturbed_one(tmp_path: Path) -> None:
    load_crash.compare(2, 7, tmp_path)


def test_a_second_load_refuses_clearly(tmp_path: Path) -> None:
    folder = load_crash.world(tmp_path / "w")
    with Warehouse.open(folder / "world.duckdb"):
        child = subprocess.run([sys.executable, "-m", "tests.warehouse.load_crash", "work", str(folder)], env=os.environ, capture_output=True, text=True, check=False)  # fmt: skip
        assert child.returncode != 0
        assert LockedError.__name__ in child.stderr


def test_a_full_disk_is_named_and_leaves_whole_loads(tmp_path: Path) -> None:
    disk = tmp_path / "disk"
    disk.mkdir()
    script = f"mount -t tmpfs -o size=40m tmpfs '{disk}' && exec '{sys.executable}' -m tests.warehouse.load_crash full '{disk}'"
    if subprocess.run(["unshare", "-rm", "true"], capture_output=True, check=False).returncode:
        pytest.skip("a small disk can't be mounted here (unshare)")
    child = subprocess.run(["unshare", "-rm", "sh", "-c", script], capture_output=True, text=True, check=False)
    assert child.returncode == 0, child.stderr
    assert "the disk is full" in child.stdout
    loaded, kept = re.findall(r"(\d+) rows loaded, (\d+) slots kept", child.stdout)[0]
    assert 0 < int(loaded) == int(kept) < 10 * 40 * 28 * 288


@pytest.mark.parametrize("twice", [False, True])
def test_a_plain_file_and_a_text_file_end_in_the_same_slots(tmp_path: Path, twice: bool) -> None:
    """The short way of plain Parquet files against the general way of text; a repeated row sends both the general way."""
    (tmp_path / "f").mkdir()
    file = load_crash.make(tmp_path / "f", 3)[0]
    frame = pl.read_parquet(file).with_columns(pl.when(pl.col("in") > 1e9 + 5).then("in"))
    frame = pl.concat([frame, frame.head(1)]) if twice else frame.sample(fraction=1.0, shuffle=True, seed=1)
    frame.write_parquet(tmp_path / "a.parquet")
    frame.write_csv(tmp_path / "a.csv")
    kept = []
    for name in ("a.parquet", "a.csv"):
        (tmp_path / f"of {name}").mkdir()
        with open_world(tmp_path / f"of {name}") as world:
            (result,) = load_files(world, PAIR, [tmp_path / name], known_at=NOW, today=NOW)
            assert result.error is None
            kept.append((samples(world).sort("interface_id", "slot_start").rows(), result.rows_loaded, result.rows_known, result.flags))  # fmt: skip
    assert kept[0] == kept[1]
