"""Loading against DuckDB's own bare reads of the same files: python -m tests.benchmarks.loading
[million rows [port] | growth 10 30 ...].

With `port`: Parquet files sorted by port alone. `growth` makes, loads and removes one size after
the other, each in a process of its own.
"""

from __future__ import annotations

import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple

import duckdb
import polars as pl

from warehouse.loading.load import load_files
from warehouse.sources.rows import TableSpec
from warehouse.store.database import Warehouse

NOW = datetime(2026, 11, 1, tzinfo=UTC)
PORTS = 950
SPEC = TableSpec(
    "bench", interface_column="interface", in_column="in_bps", out_column="out_bps", slot_minutes=5
)
MONTH = """
    copy (
        select timestamp '2021-01-01' + interval 1 month * $month + interval 5 minute * slot
            as time, 'port-' || lpad(port::varchar, 4, '0') as interface,
            (hash(port, slot, $month) % 100000000000)::double as in_bps, (hash(slot, port,
                $month) % 90000000000)::double as out_bps
        from (select {port} as port, {slot} as slot from range($ports * $slots) r(place))
    ) to '{file}'
"""
PLACES = {
    "interface, time": {"port": "place // $slots", "slot": "place % $slots"},
    "time, interface": {"port": "place % $ports", "slot": "place // $ports"},
}
"""Where a row stands, for files made in their order: nothing has to be sorted."""


def make_files(folder: Path, rows: int, *, ending: str, order: str) -> list[Path]:
    """Monthly files of `rows` rows in all: port, time and two rates that do not compress."""
    months = max(1, -(-rows // (PORTS * 8064)))
    slots = rows // (PORTS * months)  # At most a February of slots, so that months do not overlap.
    files = [folder / f"{order.split(',')[0]}-{month:02d}.{ending}" for month in range(months)]
    with duckdb.connect() as connection:
        for month, file in enumerate(files):
            connection.execute(
                MONTH.format(file=file, **PLACES[order]),
                {"month": month, "ports": PORTS, "slots": slots},
            )
    return files


class Cost(NamedTuple):
    """Seconds by the clock, and of all processors together: the latter mean something on a busy
    machine as well.
    """

    wall: float
    cpu: float


def seconds(action: Callable[[], object]) -> Cost:
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


def bare(folder: Path, files: list[Path], name: str, order: str = "") -> tuple[Cost, int]:
    """Seconds and bytes of a plain `create table as select` of the files."""
    path = folder / f"{name}.duckdb"
    reader = "read_parquet" if files[0].suffix == ".parquet" else "read_csv"
    with duckdb.connect(str(path), config={"threads": 2, "memory_limit": "4GB"}) as connection:
        connection.execute("set preserve_insertion_order = false")
        took = seconds(
            lambda: connection.execute(
                "create table t as select * from "
                f"{reader}({[str(file) for file in files]!r}) {order}"
            )
        )
        connection.execute("checkpoint")
    size = path.stat().st_size
    path.unlink()
    return took, size


def ours(folder: Path, files: list[Path], name: str) -> tuple[Warehouse, Cost]:
    warehouse = Warehouse.open(folder / name / "w.duckdb", memory_limit="4GB", threads=2)
    ports = [f"port-{port:04d}" for port in range(PORTS)]
    warehouse.append(
        "interface",
        pl.DataFrame(
            {
                "interface_id": ports,
                "route_id": ports,
                "speed_gbps": [400.0] * PORTS,
                "time_zone": ["UTC"] * PORTS,
                "priority": [1] * PORTS,
            }
        ),
        known_at=NOW,
    )

    def load() -> None:
        for result in load_files(warehouse, SPEC, files, known_at=NOW, today=NOW):
            assert result.error is None
            assert result.rows_loaded == result.rows_in

    took = seconds(load)
    warehouse.connection.execute("checkpoint")
    return warehouse, took


def report(label: str, rows: int, took: Cost, baseline: Cost) -> None:
    print(
        f"{label:<52}{took.wall:7.2f} s {rows / took.wall / 1e6:7.2f} M rows/s   ratio "
        f"{baseline.wall / took.wall:6.2f}"
        f"   CPU {took.cpu:6.2f} s, ratio {baseline.cpu / max(took.cpu, 1e-3):6.2f}",
        flush=True,
    )


ORDERS = {"interface, time": "sorted by port", "time, interface": "sorted by time"}


def main(rows: int, orders: Mapping[str, str]) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        for order, what in orders.items():
            files = make_files(folder, rows, ending="parquet", order=order)
            total = sum(pl.scan_parquet(file).select(pl.len()).collect().item() for file in files)
            plain, _ = bare(folder, files, "plain")
            ordered, size = bare(folder, files, "ordered", "order by interface, time")
            print(f"Parquet {what}: {total / 1e6:.1f} M rows in {len(files)} files")
            report("  bare create table as select", total, plain, plain)
            report("  bare ... order by interface, time", total, ordered, plain)
            warehouse, took = ours(folder, files, order[:4])
            report("  load: ratio to bare", total, took, plain)
            report("  load: ratio to bare with order by", total, took, ordered)
            print(
                "  most memory this process has held: "
                f"{resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB"
            )
            print(
                f"  bytes a row: {warehouse.path.stat().st_size / total:.1f}, bare and "
                f"sorted {size / total:.1f}"
            )
            again = seconds(
                lambda files=files, warehouse=warehouse: load_files(
                    warehouse, SPEC, files, known_at=NOW, today=NOW
                )
            )
            report("  the same files once more", total, again, took)
            one = seconds(
                lambda warehouse=warehouse: warehouse.sql(
                    "select avg(in_bps) from core.traffic_sample where interface_key = 7"
                )
            )
            print(f"  one port, all its time: {one.wall:.3f} s")
            day = folder / "day.parquet"
            last = pl.scan_parquet(files[-1]).filter(
                pl.col("time") >= pl.col("time").max() - pl.duration(days=1)
            )
            last.with_columns(pl.col("time") + pl.duration(days=1, minutes=5)).sink_parquet(day)
            rows_of_day = pl.scan_parquet(day).select(pl.len()).collect().item()
            daily = seconds(
                lambda day=day, warehouse=warehouse: load_files(
                    warehouse, SPEC, [day], known_at=NOW, today=NOW
                )
            )
            report("  one more day: ratio to the whole load", rows_of_day, daily, took)
            warehouse.close()
            for file in files:
                file.unlink()
        if len(orders) == 1:
            return
        files = make_files(folder, rows // 4, ending="csv", order="interface, time")
        total = sum(pl.scan_csv(file).select(pl.len()).collect().item() for file in files)
        plain, _ = bare(folder, files, "csv")
        print(f"CSV: {total / 1e6:.1f} M rows")
        report("  bare read", total, plain, plain)
        warehouse, took = ours(folder, files, "csvload")
        report("  load", total, took, plain)
        warehouse.close()


def growth(sizes: list[int]) -> None:
    """Prints seconds a million rows and the most memory held at each size: a level line is linear
    growth.
    """
    for rows in sizes:
        # Memory is that of a process: each size has its own.
        subprocess.run(
            [sys.executable, "-m", "tests.benchmarks.loading", "size", str(rows)], check=True
        )


def size(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = make_files(folder, rows, ending="parquet", order="interface, time")
        made = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        warehouse, took = ours(folder, files, "growth")
        warehouse.close()
        most = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
        stored = warehouse.path.stat().st_size
        print(
            f"growth: {rows / 1e6:6.1f} M rows in {len(files)} files {took.wall:7.2f} s, "
            f"{took.cpu:7.2f} CPU s, {took.cpu / rows * 1e6:5.3f} a million;"
            f" {stored / rows:4.1f} bytes a row; most memory {most / 2**20:.2f} GiB "
            f"({made / 2**20:.2f} of it by making the files)",
            flush=True,
        )


if __name__ == "__main__":
    if sys.argv[1:2] == ["growth"]:
        growth(
            [int(float(millions) * 1e6) for millions in sys.argv[2:] or ("10", "30", "100", "300")]
        )
        sys.exit()
    if sys.argv[1:2] == ["size"]:
        size(int(sys.argv[2]))
        sys.exit()
    chosen = dict(list(ORDERS.items())[: 1 if sys.argv[2:] == ["port"] else None])
    main(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 30_000_000, chosen)
