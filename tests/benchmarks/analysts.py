"""How the analysts' copy behaves at size: python -m tests.benchmarks.analysts [routes years
vintages clients].

Examples on 300 routes x 5 years x 60 vintages, size against bare DuckDB, and many readers while
editions are published. python -m tests.benchmarks.analysts examples FILE asks the examples of a
copy there is; python -m tests.benchmarks.analysts publication GIGABYTES publishes a large database
beside a reader and sets that against a copy of the file (it needs twice the size on the disk of
TMPDIR).
"""

from __future__ import annotations

import multiprocessing
import os
import resource
import shutil
import sys
import tempfile
import time
from collections.abc import Callable
from multiprocessing.synchronize import Event
from pathlib import Path
from typing import Any

import duckdb

from tests.warehouse.analysts_world import fill
from warehouse.serving.publish import publish
from warehouse.serving.questions import examples
from warehouse.serving.statement import ask_here
from warehouse.store.database import Warehouse

RUNS = 20
BULK = """
insert into core.traffic_sample
select
    10 + (range // 105120)::int,
    timestamptz '2021-10-31 19:00:00+00' + to_minutes(5 * (range % 105120)),
    (hash(range) % 100000000000)::double,
    (hash(-range) % 30000000000)::double, 'ok', 5, 1
from range($rows)
"""


def p95(times: list[float]) -> float:
    return sorted(times)[(95 * len(times) + 99) // 100 - 1]


def seconds(action: Callable[[], object]) -> float:
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def processor_seconds() -> float:
    used = resource.getrusage(resource.RUSAGE_SELF)
    return used.ru_utime + used.ru_stime


def examples_at_size(database: Path) -> None:
    """Wall time is what a person waits; processor time shows what of it is the machine's other
    work.
    """
    slowest = most = 0.0
    for question in examples():
        times, used = [], []
        for _ in range(RUNS):
            before = processor_seconds()
            times.append(
                seconds(lambda sql=question.sql: ask_here(database, sql, max_rows=100_000))
            )  # type: ignore[misc]
            used.append(processor_seconds() - before)
        slowest, most = max(slowest, p95(times)), max(most, p95(used))
        print(
            f"  {question.name:<30} median {sorted(times)[RUNS // 2]:6.3f} s   p95 "
            f"{p95(times):6.3f} s   p95 of processor time {p95(used):6.3f} s",
            flush=True,
        )
    print(f"  slowest p95: {slowest:.3f} s (wanted: 1 s); of processor time {most:.3f} s")


def size_against_bare(database: Path, folder: Path) -> None:
    bare = folder / "bare.duckdb"
    with duckdb.connect(str(bare), config={"preserve_insertion_order": False}) as connection:
        connection.execute(
            f"attach '{database.resolve()}' as published (read_only); create schema core; "
            "create schema ops;"
        )
        tables = connection.execute(
            "select schema_name, table_name from duckdb_tables() where database_name = 'published'"
        ).fetchall()
        for schema, table in tables:
            connection.execute(
                f'create table {schema}."{table}" as from published.{schema}."{table}"'
            )
    published, plain = database.stat().st_size, bare.stat().st_size
    print(
        f"  published {published / 1e6:,.0f} MB, bare {plain / 1e6:,.0f} MB, ratio "
        f"{published / plain:.2f} (wanted: 2)"
    )
    bare.unlink()


def copy_seconds(source: Path, target: Path) -> float:
    def copied() -> None:
        shutil.copyfile(source, target)
        with target.open("rb+") as file:
            os.fsync(file.fileno())

    taken = seconds(copied)
    target.unlink()
    return taken


def onlooker(database: str, stop: Event, told: Any) -> None:
    """A reader that asks a short question again and again: its longest wait shows whether
    publication holds readers up.
    """
    times: list[float] = []
    editions: list[str] = []
    while not stop.is_set():
        start = time.perf_counter()
        edition = str(
            ask_here(Path(database), "select max(edition_id) from mart.edition").rows[0][0]
        )
        times.append(time.perf_counter() - start)
        if edition not in editions:
            editions.append(edition)
        time.sleep(0.1)
    told.put((times, editions))


def _publish_small(folder: Path, published: Path) -> None:
    """A small edition in place of the large one, so that the disk need hold only one copy of
    that.
    """
    with Warehouse.open(folder / "small.duckdb") as small:
        publish(small, published, edition_id="small", keep=1)


def publication(gigabytes: float, working: Path, folder: Path) -> None:
    context = multiprocessing.get_context("spawn")
    published = folder / "published"
    with Warehouse.open(working, memory_limit="4GB", temp_directory=folder / "spill") as warehouse:
        while working.stat().st_size < gigabytes * 1e9:
            warehouse.sql(BULK, rows=20_000_000)
            warehouse.sql("checkpoint")
        plain, taken = [], []
        _publish_small(folder, published)
        stop, told = context.Event(), context.Queue()
        reader = context.Process(
            target=onlooker, args=(str(published / "transit.duckdb"), stop, told)
        )
        reader.start()
        for at in range(3):
            _publish_small(folder, published)
            plain.append(copy_seconds(working, folder / "copied"))
            taken.append(
                seconds(
                    lambda at=at: publish(warehouse, published, edition_id=f"large-{at}", keep=1)
                )
            )  # type: ignore[misc]
        stop.set()
        times, editions = told.get()
        reader.join()
    print(
        f"Publication of {working.stat().st_size / 1e9:.1f} GB, three times in turn with a "
        "copy of the file, synced"
    )
    print(
        f"  published in {', '.join(f'{each:.1f}' for each in taken)} s; copied in "
        f"{', '.join(f'{each:.1f}' for each in plain)} s; ratio of the medians "
        f"{sorted(taken)[1] / sorted(plain)[1]:.2f} (wanted: 3)"
    )
    print(
        f"  a reader meanwhile: {len(times)} answers, median "
        f"{sorted(times)[len(times) // 2]:.2f} s, longest {max(times):.2f} s; editions "
        f"seen: {', '.join(editions)}"
    )


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
            ask_here(Path(database), question.sql, timeout_seconds=300)
            editions.add(
                str(ask_here(Path(database), "select max(edition_id) from mart.edition").rows[0][0])
            )
        except Exception as error:  # noqa: BLE001 - every error of a reader counts, whatever it is
            errors.append(f"{question.name}: {error}")
        times.append(time.perf_counter() - start)
    told.put((times, sorted(editions), errors))


def readers_during_publication(working: Path, published: Path, clients: int, alone: float) -> None:
    context = multiprocessing.get_context("spawn")
    ready, stop, told = context.Event(), context.Event(), context.Queue()
    link = str(published / "transit.duckdb")
    running = [
        context.Process(target=client, args=(link, number, ready, stop, told))
        for number in range(clients)
    ]
    for process in running:
        process.start()
    ready.set()
    times = []
    with Warehouse.open(working) as warehouse:
        for edition in ("during-1", "during-2", "during-3"):
            time.sleep(5)
            times.append(
                seconds(
                    lambda edition=edition: publish(
                        warehouse, published, edition_id=edition, keep=2
                    )
                )
            )
    time.sleep(5)
    stop.set()
    said = [told.get() for _ in running]
    for process in running:
        process.join()
    asked = [taken for each, _, _ in said for taken in each]
    errors = [error for _, _, each in said for error in each]
    seen = sorted({edition for _, each, _ in said for edition in each})
    print(
        f"  {clients} readers asked {len(asked)} questions: median "
        f"{sorted(asked)[len(asked) // 2]:.2f} s, p95 {p95(asked):.2f} s; {len(errors)} "
        f"errors; editions seen: {', '.join(seen)}"
    )
    print(
        f"  publication among them: {', '.join(f'{taken:.2f} s' for taken in times)}; "
        f"alone {alone:.2f} s"
    )
    for error in errors[:5]:
        print(f"    {error}")


def main(routes: int = 300, years: int = 5, vintages: int = 60, clients: int = 50) -> None:
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        working, published = folder / "work.duckdb", folder / "published"
        with Warehouse.open(
            working, memory_limit="4GB", temp_directory=folder / "spill"
        ) as warehouse:
            took = seconds(
                lambda: fill(warehouse, routes=routes, months=12 * years, vintages=vintages)
            )
            rows = warehouse.sql("select count(*) from core.forecast_quantile").item()
            print(
                f"{routes} routes x {years} years x {vintages} vintages: {rows:,} "
                f"quantiles, made in {took:.0f} s"
            )
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


if __name__ == "__main__":
    match sys.argv[1:]:
        case ["examples", file]:
            examples_at_size(Path(file))
        case ["publication", size, *made]:
            with tempfile.TemporaryDirectory() as name:
                publication(
                    float(size), Path(made[0]) if made else Path(name) / "work.duckdb", Path(name)
                )
        case numbers:
            main(*map(int, numbers))
