"""Monthly statistics against the bare quantile query over the same table: python -m
tests.benchmarks.statistics [million rows].
"""

from __future__ import annotations

import sys
import tempfile
from datetime import timedelta
from pathlib import Path

import polars as pl

from tests.benchmarks.loading import NOW, PORTS, SPEC, make_files, ours, report, seconds
from warehouse.loading.load import load_files
from warehouse.loading.statistics import update_statistics
from warehouse.store.database import Warehouse

BARE = """
    create or replace temp table bare as
    select interface_key, date_trunc('month', slot_start) as month, quantile_disc(in_bps, 0.95)
        as p95_in, quantile_disc(out_bps, 0.95) as p95_out
    from core.traffic_sample where slot_start >= $from_at and slot_start < $until_at group by all
"""


def _prepare(warehouse: Warehouse) -> None:
    for name in ("routes", "ports", "spans", "members"):
        warehouse.run(f"traffic/statistics/{name}")


def main(rows: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        files = make_files(folder, rows, ending="parquet", order="interface, time")
        warehouse, _ = ours(folder, files, "bench")
        ports = [f"port-{port:04d}" for port in range(PORTS)]
        warehouse.append(
            "route",
            pl.DataFrame(
                {
                    "route_id": ports,
                    "name": ports,
                    "a_node": ["A"] * PORTS,
                    "z_node": ["B"] * PORTS,
                    "market": ["A-B"] * PORTS,
                    "corridor": ["x"] * PORTS,
                    "simulated": [True] * PORTS,
                }
            ),
            known_at=NOW,
        )
        count = warehouse.sql("select count(*) as n from core.traffic_sample")["n"].item()
        months = warehouse.sql(
            "select distinct date_trunc('month', first_slot) as month from "
            "core.batch_extent order by month"
        )["month"].to_list()

        def bare() -> None:
            for month in months:
                warehouse.connection.execute(
                    BARE,
                    {"from_at": month, "until_at": (month + timedelta(days=32)).replace(day=1)},
                )

        warehouse.connection.execute("set TimeZone = 'UTC'")
        bare()
        plain = seconds(bare)
        print(f"{count / 1e6:.1f} M samples of {PORTS} ports, {len(months)} months")
        report("  bare p95 in and out, month by month", count, plain, plain)
        _prepare(warehouse)

        def ranks() -> None:
            warehouse.run("traffic/statistics/no_route_sums")
            for month in months:
                until = (month + timedelta(days=32)).replace(day=1)
                warehouse.run(
                    "traffic/statistics/route_sums",
                    period_start=month.date(),
                    from_at=month,
                    until_at=until,
                )

        report("  p95, mean and counts by flag of every link-month", count, seconds(ranks), plain)
        took = seconds(
            lambda: update_statistics(warehouse, grains=("month",), time_zone="UTC", known_at=NOW)
        )
        report("  all: flags, routes, groups, peaks, profile", count, took, plain)
        day = folder / "day.parquet"
        pl.scan_parquet(files[-1]).filter(
            pl.col("time") >= pl.col("time").max() - pl.duration(days=1)
        ).with_columns(pl.col("in_bps") + 1).sink_parquet(day)
        load_files(warehouse, SPEC, [day], known_at=NOW, today=NOW)
        again = seconds(
            lambda: update_statistics(warehouse, grains=("month",), time_zone="UTC", known_at=NOW)
        )
        report("  after one corrected day: ratio to the whole pass", count, again, took)
        warehouse.close()


if __name__ == "__main__":
    main(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 30_000_000)
