"""A lake holds what was published: the same answers in every view, by snapshot, while several publish and many read."""

from __future__ import annotations

import importlib.util
import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import duckdb
import pytest

from warehouse.database import Warehouse
from warehouse.errors import QueryError, WarehouseError
from warehouse.lake import Lake, open_lake, pour, snapshots
from warehouse.publish import publish
from warehouse.query import ask_on

pytestmark = [
    pytest.mark.xdist_group("lake"),
    pytest.mark.skipif(
        not importlib.util.find_spec("duckdb_extension_ducklake"), reason="the DuckLake extension is not installed"
    ),
]
POSTGRES = next((Path(found) for found in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None)


def edition(folder: Path, number: int, *, days: int = 3) -> Path:
    """A small published warehouse: samples of some days in two months, a job, and a quarantined row."""
    with Warehouse.open(folder / "work.duckdb") as warehouse:
        with warehouse.transaction():
            warehouse.connection.execute("delete from core.traffic_sample")
            warehouse.connection.execute(
                "insert into core.traffic_sample select 1, slot, 1e9 * day, 2e9, case when day = 1 then 'gap' else 'ok' end, 60, 1 from"
                " (select timestamptz '2026-01-30 00:00:00+00' + to_days(day::integer - 1) as slot, day from range(1, $days + 1) r(day))",
                {"days": days},
            )
        return publish(warehouse, folder / "published", edition_id=f"edition-{number}")


def answers(connection: duckdb.DuckDBPyConnection) -> dict[str, object]:
    """Rows and an order-free hash of every view."""
    views = [
        name
        for (name,) in connection.execute(
            "select view_name from duckdb_views() where schema_name = 'mart' order by 1"
        ).fetchall()
    ]
    return {
        view: connection.execute(f"select count(*), bit_xor(hash(one)) from mart.{view} as one").fetchone()
        for view in views
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "catalog.ducklake"), str(tmp_path / "data"), "north")


def test_every_view_answers_as_in_the_published_copy(lake, tmp_path):
    file = edition(tmp_path, 1)
    poured = pour(file, lake)
    assert poured.rows > 3
    with open_lake(lake) as reader, duckdb.connect(str(file), read_only=True) as copy:
        copy.execute("set TimeZone = 'UTC'")
        found, wanted = answers(reader), answers(copy)
        assert found == wanted
        assert len(found) > 50
        flags = "select flag, typeof(flag) from core.traffic_sample order by slot_start"
        assert reader.execute(flags).fetchall() == copy.execute(flags).fetchall()


def test_only_parts_that_changed_are_written_and_an_earlier_snapshot_stays(lake, tmp_path):
    first = pour(edition(tmp_path, 1, days=3), lake)
    again = pour(tmp_path / "published" / "transit.duckdb", lake)
    assert (again.parts, again.rows, again.snapshot) == (0, 0, first.snapshot)
    second = pour(edition(tmp_path, 2, days=4), lake)
    assert second.rows == 2 + 2  # February's two samples, and the names of both editions
    count = "select count(*) from core.traffic_sample"
    with open_lake(lake) as reader:
        assert reader.execute(count).fetchone() == (4,)
    with open_lake(lake, snapshot=first.snapshot) as reader:
        assert reader.execute(count).fetchone() == (3,)
    assert [(number, message) for number, _, message in snapshots(lake)] == [
        (first.snapshot, "edition-1"),
        (second.snapshot, "edition-2"),
    ]
    assert all(at <= datetime.now(UTC) for _, at, _ in snapshots(lake))


def test_a_reader_reaches_nothing_else(lake, tmp_path):
    pour(edition(tmp_path, 1), lake)
    with open_lake(lake) as reader:
        for attack in (
            "delete from lake.north_core.node",
            "select * from read_csv('/etc/passwd')",
            "attach '/tmp/x.duckdb'",
            "copy (select 1) to '/tmp/stolen.csv'",
        ):
            with pytest.raises(QueryError):
                ask_on(reader, attack)
        assert ask_on(reader, "select count(*) from core.traffic_sample").rows == [(3,)]


def test_a_publication_that_fails_leaves_the_lake_as_it_was(lake, tmp_path, monkeypatch):
    from warehouse import lake as module

    first = pour(edition(tmp_path, 1), lake)
    run = module._run

    def breaks(connection, statement, *rest, **names):
        if statement == "keep_part" and names["target"].endswith('"traffic_sample"'):
            raise duckdb.IOException("the disk went away")
        return run(connection, statement, *rest, **names)

    monkeypatch.setattr(module, "_run", breaks)
    with pytest.raises(WarehouseError, match="it is as it was"):
        pour(edition(tmp_path, 2, days=5), lake)
    monkeypatch.undo()
    with open_lake(lake) as reader:
        assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (3,)
    assert [number for number, _, _ in snapshots(lake)] == [first.snapshot]


def test_a_lake_that_is_not_there_or_empty_is_named(lake, tmp_path):
    with pytest.raises(WarehouseError, match="can't be opened"), open_lake(lake):
        pytest.fail("there is nothing to read")
    pour(edition(tmp_path, 1), lake)
    with (
        pytest.raises(WarehouseError, match="nothing under this name"),
        open_lake(Lake(lake.catalog, lake.data, "south")),
    ):
        pytest.fail("there is nothing to read")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL on loopback that trusts this machine."""
    if POSTGRES is None or not importlib.util.find_spec("duckdb_extension_postgres"):
        pytest.skip("PostgreSQL or DuckDB's postgres extension is not installed")
    # Its own user, below a folder that user may enter: PostgreSQL refuses to run as root.
    as_user = ["runuser", "-u", "postgres", "--"] if os.geteuid() == 0 else []
    folder = Path("/var/tmp") / f"transit-lake-{os.getpid()}"
    folder.mkdir(mode=0o700)
    if as_user:
        shutil.chown(folder, "postgres")
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    try:
        subprocess.run(
            [*as_user, str(POSTGRES / "initdb"), "-D", str(folder / "db"), "-A", "trust", "-U", "lake"],
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = ["-c", "listen_addresses=127.0.0.1", "-c", f"port={port}", "-c", "unix_socket_directories="]
        process = subprocess.Popen(
            [*as_user, str(POSTGRES / "postgres"), "-D", str(folder / "db"), *options],
            cwd="/",
            stderr=subprocess.DEVNULL,
        )
        deadline = time.monotonic() + 60
        while subprocess.run(
            [str(POSTGRES / "pg_isready"), "-h", "127.0.0.1", "-p", str(port)], capture_output=True
        ).returncode:
            assert process.poll() is None
            assert time.monotonic() < deadline
            time.sleep(0.2)
        yield f"postgres:host=127.0.0.1 port={port} user=lake dbname=postgres"
        process.terminate()
        process.wait(timeout=30)
    finally:
        shutil.rmtree(folder, ignore_errors=True)


LOADER = """
import sys
from pathlib import Path
from tests.warehouse.test_lake import edition
from warehouse.lake import Lake, pour
folder, catalog, data, project = Path(sys.argv[1]), *sys.argv[2:]
for number in range(1, 4):
    print("snapshot", pour(edition(folder, number, days=3 * number), Lake(catalog, data, project)).snapshot, flush=True)
"""


def test_three_publish_at_once_into_postgresql_while_others_read(server, tmp_path):
    data, names = str(tmp_path / "data"), ("north", "south", "west")
    loaders = []
    for name in names:
        (tmp_path / name).mkdir()
        command = [sys.executable, "-c", LOADER, str(tmp_path / name), server, data, name]
        loaders.append(
            subprocess.Popen(
                command, cwd=Path(__file__).parents[2], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True
            )
        )
    seen: dict[str, set[int]] = {name: set() for name in names}
    errors: list[str] = []
    over = threading.Event()

    def read(name: str) -> None:
        while not over.is_set():
            try:
                with open_lake(Lake(server, data, name)) as reader:
                    count, last = reader.execute("select count(*), max(in_bps) from core.traffic_sample").fetchone()
                    if last != count * 1e9 or count % 3:
                        errors.append(f"{name}: {count} rows to {last}")
                    seen[name].add(count)
            except WarehouseError as error:
                if "nothing under this name" not in str(error) and "can't be opened" not in str(error):
                    errors.append(str(error))
            over.wait(0.5)

    readers = [threading.Thread(target=read, args=(name,)) for name in names]
    for one in readers:
        one.start()
    told = [one.communicate(timeout=300) for one in loaders]
    over.set()
    for one in readers:
        one.join()
    assert [one.returncode for one in loaders] == [0, 0, 0], told
    assert errors == []
    numbers = [int(number) for out, _ in told for number in re.findall(r"snapshot (\d+)", out)]
    assert len(set(numbers)) == 9, "each publication is a snapshot of its own"
    for name in names:
        assert seen[name] <= {3, 6, 9}
        with open_lake(Lake(server, data, name)) as reader:
            assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (9,)
        assert len(snapshots(Lake(server, data, name))) == 3
