"""A load that is killed and started again: python -m tests.warehouse.loading.load_crash [points];
used by test_reliability.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from datetime import datetime, timedelta
from pathlib import Path

import duckdb
import numpy as np
import polars as pl

from tests.warehouse.traffic_worlds import NOW, PAIR, open_world
from warehouse.errors import WarehouseError
from warehouse.loading.load import load_files
from warehouse.loading.statistics import update_statistics
from warehouse.store.database import Warehouse

FILE_OF = "(select parse_filename(file_name) from core.load_batch b where b.batch_id = t.{0})"
TABLES = {
    "traffic_sample": f"* replace ({FILE_OF.format('batch_id')} as batch_id)",
    "batch_extent": f"* replace ({FILE_OF.format('batch_id')} as batch_id)",
    "quarantine": f"* exclude (file_name) replace ({FILE_OF.format('batch_id')} as batch_id)",
    "traffic_sample_superseded": (
        f"* replace ({FILE_OF.format('batch_id')} as batch_id, "
        f"{FILE_OF.format('superseded_by')} as superseded_by)"
    ),
    "traffic_period": "*",
    "traffic_peak": "*",
}
"""What must be equal: loads are told by their file, for a load that is started again numbers them
anew.
"""


def make(folder: Path, days: int = 24) -> list[Path]:
    """Files of three days each, one of them with a row that can't be read and one that corrects
    another.
    """
    files = []
    for start in range(0, days, 3):
        stamps = [
            datetime(2024, 1, 1) + timedelta(days=start, minutes=5 * slot)
            for slot in range(3 * 288)
        ]
        rates = {
            "in": [1e9 + slot for slot in range(len(stamps))],
            "out": [2e9 + slot for slot in range(len(stamps))],
        }
        frame = pl.concat(
            [
                pl.DataFrame({"time": stamps, "interface": [port] * len(stamps), **rates})
                for port in ("r1", "r2")
            ]
        )
        files.append(folder / f"{start:02d}.parquet")
        frame.write_parquet(files[-1])
    pl.read_parquet(files[0]).head(5).with_columns(pl.col("in") + 1).write_csv(folder / "90.csv")
    (folder / "91.csv").write_text("time,interface,in,out\n2024-01-02 00:00,r9,1,2\n", "utf-8")
    return sorted(folder.iterdir())


def work(folder: Path) -> None:
    with Warehouse.open(folder / "world.duckdb", threads=1) as warehouse:
        load_files(warehouse, PAIR, sorted(folder.glob("files/*")), known_at=NOW, today=NOW)
        update_statistics(warehouse, grains=("month",), time_zone="UTC", known_at=NOW)


def state(folder: Path) -> dict[str, list[tuple[object, ...]]]:
    with duckdb.connect(str(folder / "world.duckdb"), read_only=True) as connection:
        return {
            table: connection.execute(
                f"select {columns} from core.{table} t order by all"
            ).fetchall()
            for table, columns in TABLES.items()
        }


def world(folder: Path) -> Path:
    (folder / "files").mkdir(parents=True)
    make(folder / "files")
    open_world(folder).close()
    return folder


def killed(folder: Path, after_seconds: float) -> bool:
    """Whether the load was still running when it was killed."""
    child = subprocess.Popen(
        [sys.executable, "-m", "tests.warehouse.loading.load_crash", "work", str(folder)],
        env=os.environ,
    )
    try:
        child.wait(timeout=after_seconds)
    except subprocess.TimeoutExpired:
        child.send_signal(signal.SIGKILL)
        child.wait()
        return True
    assert child.returncode == 0
    return False


def compare(points: int, seed: int, folder: Path) -> int:
    """Kills a load at random points; after the rerun everything equals an undisturbed load. Returns
    how many were in mid-load.
    """
    expected_at = world(folder / "whole")
    start = time.perf_counter()
    killed(expected_at, 3600)
    took = time.perf_counter() - start
    expected = state(expected_at)
    chance = random.Random(seed)
    hits = 0
    for point in range(points):
        disturbed = world(folder / f"{point}")
        hits += killed(disturbed, chance.uniform(0.2, 1.0) * took)
        work(disturbed)
        assert state(disturbed) == expected, f"point {point} differs"
    return hits


def fill_disk(folder: Path) -> None:
    """Loads more than fits beside the warehouse, and prints the error and, once there is room, what
    was kept.
    """
    ballast = folder / "ballast"
    ballast.write_bytes(bytes(8_000_000))
    with tempfile.TemporaryDirectory(dir=folder.parent) as name:
        files = []
        for month in range(1, 11):
            stamps = [
                datetime(2023, month, 1) + timedelta(minutes=5 * slot) for slot in range(28 * 288)
            ]
            noise = np.random.default_rng(month).random((2, 40, len(stamps))) * 1e10
            parts = [
                pl.DataFrame(
                    {
                        "time": stamps,
                        "interface": [f"r{port}"] * len(stamps),
                        "in": noise[0, port],
                        "out": noise[1, port],
                    }
                )
                for port in range(40)
            ]
            files.append(Path(name) / f"{month:02d}.parquet")
            pl.concat(parts).write_parquet(files[-1])
        with open_world(folder, [f"r{port}" for port in range(40)]) as warehouse:
            try:
                load_files(warehouse, PAIR, files, known_at=NOW, today=NOW)
            except WarehouseError as error:
                print(error)
        rest = folder / "rest"
        with contextlib.suppress(OSError), rest.open("wb", buffering=0) as file:
            while True:
                file.write(bytes(4096))
        with Warehouse.open(folder / "world.duckdb") as warehouse:
            print(
                warehouse.sql("select count(*) as loads from core.load_batch")["loads"].item(),
                "loads known on the full disk",
            )
            try:
                load_files(warehouse, PAIR, files[-1:], known_at=NOW, today=NOW)
            except WarehouseError as error:
                print("opened, and then:", error)
        rest.unlink()
        ballast.unlink()
        with Warehouse.open(folder / "world.duckdb") as warehouse:
            loads = warehouse.sql(
                "select coalesce(sum(rows_loaded), 0)::bigint as rows from core.load_batch"
            )["rows"].item()
            slots = warehouse.sql("select count(*) as slots from core.traffic_sample")[
                "slots"
            ].item()
            print(f"{loads} rows loaded, {slots} slots kept")


if __name__ == "__main__":
    if sys.argv[1:2] == ["full"]:
        fill_disk(Path(sys.argv[2]))
    elif sys.argv[1:2] == ["work"]:
        work(Path(sys.argv[2]))
    else:
        count = int(sys.argv[1]) if len(sys.argv) > 1 else 50
        with tempfile.TemporaryDirectory() as name:
            print(
                f"{compare(count, 1, Path(name))} of {count} loads were killed on their "
                "way; all equal an undisturbed one"
            )
