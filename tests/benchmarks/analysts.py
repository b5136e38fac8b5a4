"""How the analysts' copy behaves at size: python -m tests.benchmarks.analysts [routes years vintages clients bulk_million_rows].

Examples on 300 routes x 5 years x 60 vintages, size against bare DuckDB, publication against a file copy, and many readers while editions are published.
"""

from __future__ import annotations

import multiprocessing
import shutil
import sys
import tempfile
import time
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb

from tests.warehouse.analysts_world import fill
from warehouse.database import Warehouse
from warehouse.publish import publish
from warehouse.query import ask
from warehouse.questions import examples

RUNS = 20
BULK = """
insert into core.traffic_sample
select
    10 + (range // 105120)::int, timestamptz '2021-10-31 19:00:00+00' + to_minutes(5 * (range % 105120)), (hash(range) % 100000000000)::double,
    (hash(-range) % 30000000000)::double, 'ok', 5, 1
from range($rows)
"""


def p95(times: list[float]) -> float:
    return sorted(times)[(95 * len(times) + 99) // 100 - 1]


def seconds(action: Any) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def examples_at_size(database: Path) -> None:
    slowest = 0.0
    for question in examples():
        times = [seconds(lambda sql=question.sql: ask(database, sql, max_rows=100_000)) for _ in range(RUNS)]
        slowest = max(slowest, p95(times))
        print(f"  {question.name:<30} median {sorted(times)[RUNS // 2]:6.3f} s   p95 {p95(times):6.3f} s", flush=True)
    print(f"  slowest p95: {slowest:.3f} s (wanted: 1 s)")


def size_against_bare(database: Path, folder: Path) -> None:
    bare = folder / "bare.duckdb"
    with duckdb.connect(str(bare), config={"preserve_insertion_order": False}) as connection:
        connection.execute(f"attach '{database.resolve()}' as published (read_only); create schema core; create schema ops;")  # fmt: skip
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        for schema, table in tables:
            connection.execute(f'create table {schema}."{table}" as from published.{schema}."{table}"')
    published, plain = database.stat().st_size, bare.stat().st_size
    print(
        f"  published {published / 1e6:,.0f} MB, bare {plain / 1e6:,.0f} MB, ratio {published / plain:.2f} (wanted: 2)"
    )
    bare.unlink()


def copy_seconds(source: Path, folder: Path) -> float:
    import os

    def copied() -> None:
        target = folder / "copied"
        shutil.copyfile(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    taken = seconds(copied)
    (folder / "copied").unlink()
    return taken


def client(database: str, number: int, ready: Event, stop: Event, told: Any) -> None:
    """A reader that opens the link anew for every question, as `transit query` does."""
    questions = examples()
    times: list[float] = []
    editions: set[str] = set()
    errors: list[str] = []
    ready.wait()
    while not stop.is_set():
        question = questions[(number + len(times)) % len(questions)]
        start = time.perf_counter()
        try:
            ask(Path(database), question.sql, timeout_seconds=300)
            editions.add(str(ask(Path(database), "select max(edition_id) from mart.edition").rows[0][0]))
        except Exception as error:  # noqa: BLE001 - every error of a reader counts, whatever it is
            errors.append(f"{question.name}: {error}")
        times.append(time.perf_counter() - start)
    told.put((times, sorted(editions), errors))


def readers_during_publication(working: Path, published: Path, clients: int, alone: float) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop, told = context.Event(), context.Event(), context.Queue()
    link = str(published / "transit.duckdb")
    running = [context.Process(target=client, args=(link, number, ready, stop, told)) for number in range(clients)]
    for process in running:
        process.start()
    ready.set()
    times = []
    with Warehouse.open(working) as warehouse:
        for edition in ("during-1", "during-2", "during-3"):
            time.sleep(5)
            times.append(seconds(lambda edition=edition: publish(warehouse, published, edition_id=edition, keep=2)))
    time.sleep(5)
    stop.set()
    said = [told.get() for _ in running]
    for process in running:
        process.join()
    asked = [taken for each, _, _ in said for taken in each]
    errors = [error for _, _, each in said for error in each]
    seen = sorted({edition for _, each, _ in said for edition in each})
    print(f"  {clients} readers asked {len(asked)} questions: median {sorted(asked)[len(asked) // 2]:.2f} s, p95 {p95(asked):.2f} s; {len(errors)} errors; editions seen: {', '.join(seen)}")  # fmt: skip
    print(f"  publication among them: {', '.join(f'{taken:.2f} s' for taken in times)}; alone {alone:.2f} s")
    for error in errors[:5]:
        print(f"    {error}")


def main(routes: int = 300, years: int = 5, vintages: int = 60, clients: int = 50, bulk: int = 100) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        working, published = folder / "work.duckdb", folder / "published"
        with Warehouse.open(working, memory_limit="4GB", temp_directory=folder / "spill") as warehouse:
            took = seconds(lambda: fill(warehouse, routes=routes, months=12 * years, vintages=vintages))
            rows = warehouse.sql("select count(*) from core.forecast_quantile").item()
            print(f"{routes} routes x {years} years x {vintages} vintages: {rows:,} quantiles, made in {took:.0f} s")
            publish(warehouse, published, edition_id="examples")
        link = published / "transit.duckdb"
        print("Examples, each opened anew:", flush=True)
        examples_at_size(link)
        print("Size:", flush=True)
        size_against_bare(link, folder)
        print("Many readers:", flush=True)
        with Warehouse.open(working) as warehouse:
            alone = seconds(lambda: publish(warehouse, published, edition_id="alone", keep=2))
        readers_during_publication(working, published, clients, alone)
        with Warehouse.open(working) as warehouse:
            warehouse.sql(BULK, rows=bulk * 1_000_000)
            warehouse.sql("checkpoint")
            size = working.stat().st_size
            plain = min(copy_seconds(working, folder) for _ in range(3))
            taken = [seconds(lambda at=at: publish(warehouse, published, edition_id=f"large-{at}", keep=1)) for at in range(3)]  # fmt: skip
        print(f"Publication of {size / 1e9:.1f} GB: {min(taken):.2f} s; copied and synced: {plain:.2f} s; ratio {min(taken) / plain:.2f} (wanted: 3)")  # fmt: skip


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
