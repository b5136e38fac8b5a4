"""Each day of a month on top of 1,000 days, against loading and summing up all of it: python -m
tests.benchmarks.increment [ports].
"""

from __future__ import annotations

import sys
import tempfile
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import polars as pl

from tests.benchmarks.loading import Cost, report, seconds
from warehouse.loading.load import load_files
from warehouse.loading.statistics import update_statistics
from warehouse.sources.rows import TableSpec
from warehouse.store.database import Warehouse

DAYS, MONTH = 1000, 30
FIRST = datetime(2024, 1, 1)
NOW = datetime(2026, 11, 1, tzinfo=UTC)
SPEC = TableSpec(
    "bench", interface_column="interface", in_column="in_bps", out_column="out_bps", slot_minutes=5
)
SPAN = """
    copy (
        select $from_at::timestamp + interval 5 minute * slot as time,
            'port-' || lpad(port::varchar, 4, '0') as interface,
            day * (6e10 + (hash(port, slot, $from_at) % 10000000000)::double) as in_bps,
                day * (2e10 + (hash(slot, port, $from_at) % 9000000000)::double) as out_bps
        from range($ports) p(port), range(288 * $days) s(slot),
            lateral (select (1 + 0.1 * (hash(slot // 288, port,
            $from_at) % 7)) * (1.3 + sin(slot * 0.0218)) as day) order by interface, time
    ) to '{file}'
"""


def make(file: Path, from_at: datetime, days: int, ports: int) -> Path:
    with duckdb.connect() as connection:
        connection.execute(
            SPAN.format(file=file), {"from_at": from_at, "days": days, "ports": ports}
        )
    return file


def main(ports: int) -> None:
    names = [f"port-{port:04d}" for port in range(ports)]
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = [
            make(
                folder / f"{day:04d}.parquet",
                FIRST + timedelta(days=day),
                min(30, DAYS - day),
                ports,
            )
            for day in range(0, DAYS, 30)
        ]
        with Warehouse.open(folder / "w.duckdb", memory_limit="4GB", threads=2) as warehouse:
            warehouse.append(
                "route",
                pl.DataFrame(
                    {
                        "route_id": names,
                        "name": names,
                        "a_node": ["A"] * ports,
                        "z_node": ["B"] * ports,
                        "market": ["A-B"] * ports,
                        "corridor": ["x"] * ports,
                        "simulated": [True] * ports,
                    }
                ),
                known_at=NOW,
            )
            warehouse.append(
                "interface",
                pl.DataFrame(
                    {
                        "interface_id": names,
                        "route_id": names,
                        "speed_gbps": [400.0] * ports,
                        "time_zone": ["UTC"] * ports,
                        "priority": [1] * ports,
                    }
                ),
                known_at=NOW,
            )

            def pass_over(paths: list[Path]) -> None:
                for result in load_files(warehouse, SPEC, paths, known_at=NOW, today=NOW):
                    assert result.error is None
                    assert result.rows_loaded == result.rows_in
                update_statistics(warehouse, grains=("month",), time_zone="UTC", known_at=NOW)

            rows = ports * DAYS * 288
            whole = seconds(lambda: pass_over(files))
            print(f"{rows / 1e6:.1f} M rows of {ports} ports and {DAYS} days")
            report("  load and statistics of all of it", rows, whole, whole)
            costs = []
            for day in range(MONTH):
                file = make(
                    folder / f"day-{day}.parquet", FIRST + timedelta(days=DAYS + day), 1, ports
                )
                costs.append(seconds(lambda file=file: pass_over([file])))
            # A day late in its month costs more: the month's percentiles are made anew.
            for said, place in (
                ("median of a month of them", MONTH // 2),
                ("the dearest of them", MONTH - 1),
            ):
                cost = Cost(*(sorted(values)[place] for values in zip(*costs, strict=True)))
                report(f"  one more day, {said}", ports * 288, cost, whole)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 345)
