"""Octet counters to rates, against a bare window query over the same readings: python -m
tests.benchmarks.counters [million readings].
"""

from __future__ import annotations

import sys
import tempfile
import time
from pathlib import Path

import duckdb
import polars as pl

from tests.benchmarks.loading import NOW, Cost, report, seconds
from warehouse.loading import counters as warehouse_counters
from warehouse.loading.load import load_files
from warehouse.loading.rates import slots_of_readings
from warehouse.sources.rows import CountersSpec
from warehouse.store.database import Warehouse

PORTS = 200
SPEC = CountersSpec(
    "snmp",
    interface_column="interface",
    in_column="in_octets",
    out_column="out_octets",
    slot_minutes=5,
)
POLLS = """
    copy (
        select timestamp '2024-01-01' + interval 1 second * (30 * poll + hash(poll, port) % 5 - 2)
            as time, 'port-' || lpad(port::varchar, 4, '0') as interface,
            (poll * 3750000000 + hash(port, poll) % 1000000000)::ubigint as in_octets,
                (poll * 1250000000 + hash(poll, port) % 900000000)::ubigint as out_octets
        from range($ports) p(port), range($polls) s(poll) order by interface, time
    ) to '{file}'
"""
BARE = """
    create table rate as
    select interface, time,
        (in_octets - lag(in_octets) over w) * 8 / epoch(time - lag(time) over w) as in_bps,
        (out_octets - lag(out_octets) over w) * 8 / epoch(time - lag(time) over w) as out_bps
    from read_parquet('{file}') window w as (partition by interface order by time)
"""


def main(readings: int) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        file = folder / "polls.parquet"
        with duckdb.connect() as connection:
            connection.execute(
                POLLS.format(file=file), {"ports": PORTS, "polls": readings // PORTS}
            )
        with duckdb.connect(
            str(folder / "bare.duckdb"), config={"threads": 2, "memory_limit": "4GB"}
        ) as connection:
            plain = seconds(lambda: connection.execute(BARE.format(file=file)))
        report("bare window query, no slots", readings, plain, plain)
        steps: dict[str, Cost] = {}
        run = Warehouse.run

        def timed(warehouse: Warehouse, name: str, **params: object) -> pl.DataFrame:
            wall, cpu = time.perf_counter(), time.process_time()
            done = run(warehouse, name, **params)
            before = steps.get(name, Cost(0, 0))
            steps[name] = Cost(
                before.wall + time.perf_counter() - wall, before.cpu + time.process_time() - cpu
            )
            return done

        def made(readings: pl.DataFrame, slot_us: int) -> pl.DataFrame:
            slots: list[pl.DataFrame] = []
            cost = seconds(lambda: slots.append(slots_of_readings(readings, slot_us)))
            before = steps.get("rates", Cost(0, 0))
            steps["rates"] = Cost(before.wall + cost.wall, before.cpu + cost.cpu)
            return slots[0]

        with Warehouse.open(folder / "w.duckdb", memory_limit="4GB", threads=2) as warehouse:
            ports = [f"port-{port:04d}" for port in range(PORTS)]
            warehouse.append(
                "interface",
                pl.DataFrame(
                    {
                        "interface_id": ports,
                        "route_id": ports,
                        "speed_gbps": [100.0] * PORTS,
                        "time_zone": ["UTC"] * PORTS,
                        "priority": [1] * PORTS,
                    }
                ),
                known_at=NOW,
            )
            Warehouse.run = timed  # type: ignore[method-assign]
            warehouse_counters.slots_of_readings = made
            took = seconds(
                lambda: print(
                    *load_files(warehouse, SPEC, [file], known_at=NOW, today=NOW)[0].notes
                )
            )
            Warehouse.run = run  # type: ignore[method-assign]
        report("load: read, kept, converted, written", readings, took, plain)
        report("  of it readings to rates of slots", readings, steps["rates"], plain)
        for step, cost in sorted(steps.items(), key=lambda item: -item[1].cpu)[:6]:
            print(f"    {step:<40}{cost.wall:7.2f} s, CPU {cost.cpu:6.2f} s")


if __name__ == "__main__":
    main(int(float(sys.argv[1]) * 1e6) if len(sys.argv) > 1 else 10_000_000)
