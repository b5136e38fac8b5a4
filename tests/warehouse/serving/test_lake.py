"""A lake holds what was published: the same answers in every view, by snapshot, while several
publish and many read.
"""

from __future__ import annotations

import os
import re
import shutil
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import duckdb
import pytest

from tests.warehouse.traffic_worlds import open_world
from warehouse.errors import QueryError, WarehouseError
from warehouse.loading.load import LoadResult, load_files
from warehouse.serving.extras.extensions import extension
from warehouse.serving.extras.lake import (
    Lake,
    Store,
    compact,
    import_samples,
    open_lake,
    publish_to_lake,
    snapshots,
)
from warehouse.serving.publish import publish
from warehouse.serving.statement import ask_on
from warehouse.sources.rows import TableSpec
from warehouse.sources.spec import SampleSpec
from warehouse.store.database import Warehouse


def is_here(name: str) -> bool:
    """Whether a wheel brings the extension for this DuckDB: of DuckDB 2 there are none."""
    try:
        return extension(name, "lake").is_file()
    except WarehouseError:
        return False


pytestmark = [
    pytest.mark.xdist_group("lake"),
    pytest.mark.skipif(
        not is_here("ducklake"),
        reason=f"no DuckLake extension for DuckDB {duckdb.__version__} is installed",
    ),
]
POSTGRES = next(
    (Path(found) for found in sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)), None
)


def edition(folder: Path, number: int, *, days: int = 3) -> Path:
    """A small published warehouse: samples of some days in two months, a job, and a quarantined
    row.
    """
    with Warehouse.open(folder / "work.duckdb") as warehouse:
        with warehouse.transaction():
            warehouse.connection.execute("delete from core.traffic_sample")
            warehouse.connection.execute(
                "insert into core.traffic_sample select 1, slot, 1e9 * day, 2e9, case when "
                "day = 1 then 'gap' else 'ok' end, 60, 1 from"
                " (select timestamptz '2026-01-30 00:00:00+00' + to_days(day::integer - 1) "
                "as slot, day from range(1, $days + 1) r(day))",
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
        view: connection.execute(
            f"select count(*), bit_xor(hash(one)) from mart.{view} as one"
        ).fetchone()
        for view in views
    }


@pytest.fixture
def lake(tmp_path: Path) -> Lake:
    return Lake(str(tmp_path / "catalog.ducklake"), str(tmp_path / "data"), "north")


def test_every_view_answers_as_in_the_published_copy(lake, tmp_path):
    file = edition(tmp_path, 1)
    publication = publish_to_lake(file, lake)
    assert publication.rows > 3
    with open_lake(lake) as reader, duckdb.connect(str(file), read_only=True) as copy:
        copy.execute("set TimeZone = 'UTC'")
        found, wanted = answers(reader), answers(copy)
        assert found == wanted
        assert len(found) > 50
        flags = "select flag, typeof(flag) from core.traffic_sample order by slot_start"
        assert reader.execute(flags).fetchall() == copy.execute(flags).fetchall()


def test_only_parts_that_changed_are_written_and_an_earlier_snapshot_stays(lake, tmp_path):
    first = publish_to_lake(edition(tmp_path, 1, days=3), lake)
    again = publish_to_lake(tmp_path / "published" / "transit.duckdb", lake)
    assert (again.parts, again.rows, again.snapshot) == (0, 0, first.snapshot)
    second = publish_to_lake(edition(tmp_path, 2, days=4), lake)
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
    publish_to_lake(edition(tmp_path, 1), lake)
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
    from warehouse.serving.extras import lake as module

    first = publish_to_lake(edition(tmp_path, 1), lake)
    run = module._run

    def breaks(connection, statement, *rest, **names):
        if statement == "keep_part" and names["target"].endswith('"traffic_sample"'):
            raise duckdb.IOException("the disk went away")
        return run(connection, statement, *rest, **names)

    monkeypatch.setattr(module, "_run", breaks)
    with pytest.raises(WarehouseError, match="it is as it was"):
        publish_to_lake(edition(tmp_path, 2, days=5), lake)
    monkeypatch.undo()
    with open_lake(lake) as reader:
        assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (3,)
    assert [number for number, _, _ in snapshots(lake)] == [first.snapshot]


def test_a_lake_that_is_not_there_or_empty_is_named(lake, tmp_path):
    with pytest.raises(WarehouseError, match="can't be opened"), open_lake(lake):
        pytest.fail("there is nothing to read")
    publish_to_lake(edition(tmp_path, 1), lake)
    with (
        pytest.raises(WarehouseError, match="nothing under this name"),
        open_lake(Lake(lake.catalog, lake.data, "south")),
    ):
        pytest.fail("there is nothing to read")


@pytest.fixture(scope="module")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A real PostgreSQL on loopback that trusts this machine."""
    if POSTGRES is None or not is_here("postgres"):
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
            [
                *as_user,
                str(POSTGRES / "initdb"),
                "-D",
                str(folder / "db"),
                "-A",
                "trust",
                "-U",
                "lake",
            ],
            check=True,
            capture_output=True,
            cwd="/",
        )
        options = [
            "-c",
            "listen_addresses=127.0.0.1",
            "-c",
            f"port={port}",
            "-c",
            "unix_socket_directories=",
        ]
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
from tests.warehouse.serving.test_lake import edition
from warehouse.serving.extras.lake import Lake, publish_to_lake
folder, catalog, data, project, times = Path(sys.argv[1]), *sys.argv[2:]
for number in range(1, int(times) + 1):
    made = edition(folder, number, days=3 * number)
    print("snapshot", publish_to_lake(made, Lake(catalog, data, project)).snapshot, flush=True)
"""


@pytest.mark.parametrize(
    ("names", "times"),
    [
        (("east", "centre"), 2),
        pytest.param(("north", "south", "west"), 3, marks=pytest.mark.nightly),
    ],
)
def test_many_publish_at_once_into_postgresql_while_others_read(names, times, server, tmp_path):
    data = str(tmp_path / "data")
    loaders = []
    for name in names:
        (tmp_path / name).mkdir()
        command = [
            sys.executable,
            "-c",
            LOADER,
            str(tmp_path / name),
            server,
            data,
            name,
            str(times),
        ]
        loaders.append(
            subprocess.Popen(
                command,
                cwd=Path(__file__).parents[3],
                stdout=subprocess.PIPE,
                stderr=subprocess.PIPE,
                text=True,
            )
        )
    seen: dict[str, set[int]] = {name: set() for name in names}
    errors: list[str] = []
    over = threading.Event()

    def read(name: str) -> None:
        while not over.is_set():
            try:
                with open_lake(Lake(server, data, name)) as reader:
                    count, last = reader.execute(
                        "select count(*), max(in_bps) from core.traffic_sample"
                    ).fetchone()
                    if last != count * 1e9 or count % 3:
                        errors.append(f"{name}: {count} rows to {last}")
                    seen[name].add(count)
            except WarehouseError as error:
                if "nothing under this name" not in str(error) and "can't be opened" not in str(
                    error
                ):
                    errors.append(str(error))
            over.wait(0.5)

    readers = [threading.Thread(target=read, args=(name,)) for name in names]
    for one in readers:
        one.start()
    told = [loader.communicate(timeout=300) for loader in loaders]
    over.set()
    for one in readers:
        one.join()
    assert [loader.returncode for loader in loaders] == [0] * len(names), told
    assert errors == []
    numbers = [int(number) for out, _ in told for number in re.findall(r"snapshot (\d+)", out)]
    assert len(set(numbers)) == len(names) * times, "each publication is a snapshot of its own"
    for name in names:
        assert seen[name] <= {3 * number for number in range(1, times + 1)}
        with open_lake(Lake(server, data, name)) as reader:
            rows = reader.execute("select count(*) from core.traffic_sample").fetchone()
        assert rows == (3 * times,)
        assert len(snapshots(Lake(server, data, name))) == times


def files_below(folder: Path) -> int:
    return sum(path.is_file() for path in folder.rglob("*"))


def test_compacting_forgets_what_is_old_and_joins_files_but_no_projects_newest_edition(
    lake, tmp_path
):
    south = Lake(lake.catalog, lake.data, "south")
    (tmp_path / "south").mkdir()
    publish_to_lake(edition(tmp_path / "south", 1, days=40), south)
    made = [
        publish_to_lake(edition(tmp_path, number, days=40 * number), lake).snapshot
        for number in range(1, 5)
    ]
    before, now = files_below(tmp_path / "data"), datetime.now(UTC)
    compact(lake, keep_since=now - timedelta(days=1), unneeded_since=now)
    assert [number for number, _, _ in snapshots(lake)] == made, "nothing is old yet"
    compact(lake, keep_since=datetime.now(UTC), unneeded_since=now - timedelta(days=1))
    assert [message for _, _, message in snapshots(lake)] == ["edition-4"]
    assert [message for _, _, message in snapshots(south)] == ["edition-1"]
    kept = files_below(tmp_path / "data")
    assert kept >= before, "a reader may still be at work on them"
    removed = compact(lake, keep_since=datetime.now(UTC), unneeded_since=datetime.now(UTC))
    assert removed > 0
    assert files_below(tmp_path / "data") == kept - removed
    for one, rows in ((lake, 160), (south, 40)):
        with open_lake(one) as reader:
            assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (rows,)
    with pytest.raises(WarehouseError, match="can't be opened"), open_lake(lake, snapshot=made[0]):
        pytest.fail("that snapshot is forgotten")


def hours(name: str, first: int, last: int, *, level: float = 1e9) -> str:
    rows = (
        f"2026-01-{1 + hour // 24:02}T{hour % 24:02}:00:00Z,{name},{level},{2 * level}"
        for hour in range(first, last)
    )
    return "\n".join(["time,interface,in,out", *rows]) + "\n"


def loaded(folder: Path, source: SampleSpec, *files: Path) -> list[LoadResult]:
    now = datetime(2026, 2, 1, tzinfo=UTC)
    there = (folder / "world.duckdb").exists()
    with (
        Warehouse.open(folder / "world.duckdb")
        if there
        else open_world(folder, ("n-1", "s-1")) as warehouse
    ):
        results = load_files(warehouse, source, files, known_at=now, today=now)
        publish(warehouse, folder / "published", edition_id="loaded")
    return results


PORTS = TableSpec(
    "nms",
    time_column="time",
    interface_column="interface",
    in_column="in",
    out_column="out",
    unit="bps",
    slot_minutes=60,
)


def test_what_two_load_a_third_imports_and_only_its_news(lake, tmp_path):
    for name in ("north", "south", "all"):
        (tmp_path / name).mkdir()

    def bring(name: str, text: str) -> None:
        file = tmp_path / name / "ports.csv"
        file.write_text(text)
        assert not [one.error for one in loaded(tmp_path / name, PORTS, file) if one.error]
        publish_to_lake(
            tmp_path / name / "published" / "transit.duckdb", Lake(lake.catalog, lake.data, name)
        )

    def gather(name: str) -> list[LoadResult]:
        shared = import_samples(lake, name, tmp_path / "shared" / name)
        source = replace(
            PORTS,
            name=f"lake {name}",
            interface_column="interface_id",
            in_column="in_bps",
            out_column="out_bps",
        )
        assert {one.slot_minutes for one in shared} == {60}
        return loaded(tmp_path / "all", source, *(one.file for one in shared))

    bring("north", hours("n-1", 0, 48))
    bring("south", hours("s-1", 0, 24, level=5e9))
    assert [
        (one.rows_loaded, one.rows_known) for name in ("north", "south") for one in gather(name)
    ] == [(48, 0), (24, 0)]
    same = {
        path.name: path.stat().st_mtime_ns for path in (tmp_path / "shared" / "north").iterdir()
    }
    gather("north")
    assert {
        path.name: path.stat().st_mtime_ns for path in (tmp_path / "shared" / "north").iterdir()
    } == same
    bring("north", hours("n-1", 0, 60))
    assert [(one.rows_loaded, one.rows_known) for one in gather("north")] == [(12, 48)]
    assert len(list((tmp_path / "shared" / "north").iterdir())) == 1
    with duckdb.connect(
        str(tmp_path / "all" / "published" / "transit.duckdb"), read_only=True
    ) as reader:
        found = reader.execute(
            "select interface_id, count(*), sum(in_bps) from core.traffic_sample join "
            "core.interface_key using (interface_key) group by 1 order by 1"
        ).fetchall()
    assert found == [("n-1", 60, 60e9), ("s-1", 24, 120e9)]
    with pytest.raises(WarehouseError, match="no samples under this name"):
        import_samples(lake, "west", tmp_path / "shared" / "west")


S3_SERVERS = {
    "moto_server": lambda port, _: ["-H", "127.0.0.1", "-p", str(port)],
    "s3rver": lambda port, folder: ["-a", "127.0.0.1", "-p", str(port), "-d", str(folder)],
}


@pytest.fixture(scope="module", params=sorted(S3_SERVERS))
def store(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Store]:
    """S3-compatible storage on loopback with a bucket named lake."""
    command = shutil.which(
        request.param, path=f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"
    )
    if command is None or not is_here("httpfs"):
        pytest.skip(
            f"{request.param} (moto with flask-cors from PyPI, s3rver from npm) or "
            "DuckDB's httpfs is not installed"
        )
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    options = S3_SERVERS[request.param](port, tmp_path_factory.mktemp("s3"))
    bucket = ["--configure-bucket", "lake"] if request.param == "s3rver" else []
    process = subprocess.Popen(
        [command, *options, *bucket], stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        deadline = time.monotonic() + 60
        while True:
            try:
                make = urllib.request.Request(f"http://127.0.0.1:{port}/lake", method="PUT")
                with urllib.request.urlopen(make, timeout=5):
                    break
            except urllib.error.HTTPError:
                break  # it is there already
            except OSError:
                assert process.poll() is None
                assert time.monotonic() < deadline
                time.sleep(0.2)
        yield Store("S3RVER", "S3RVER", f"http://127.0.0.1:{port}")
    finally:
        process.kill()
        process.wait()


def test_the_data_lie_in_s3_compatible_storage(store, tmp_path):
    lake = Lake(str(tmp_path / "catalog.ducklake"), "s3://lake/editions", "north", store)
    first = publish_to_lake(edition(tmp_path, 1, days=40), lake)
    publish_to_lake(edition(tmp_path, 2, days=80), lake)
    with (
        open_lake(lake) as reader,
        duckdb.connect(str(tmp_path / "published" / "transit.duckdb"), read_only=True) as copy,
    ):
        copy.execute("set TimeZone = 'UTC'")
        assert answers(reader) == answers(copy)
        assert "secret=redacted" in str(reader.execute("from duckdb_secrets()").fetchall())
        for attack in (
            "select * from read_parquet('s3://other/x.parquet')",
            "copy (select 1) to 's3://other/x.csv'",
        ):
            with pytest.raises(QueryError):
                ask_on(reader, attack)
    with open_lake(lake, snapshot=first.snapshot) as reader:
        assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (40,)
    assert not (tmp_path / "data").exists()
    compact(lake, keep_since=datetime.now(UTC), unneeded_since=datetime.now(UTC))
    with open_lake(lake) as reader:
        assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (80,)


@pytest.mark.nightly
def test_two_publish_at_once_with_the_catalog_in_postgresql_and_the_data_in_s3(
    server, store, tmp_path
):
    name = f"lake_{store.endpoint.rpartition(':')[2]}"
    port = re.search(r"port=(\d+)", server)[1]
    subprocess.run(
        [str(POSTGRES / "createdb"), "-h", "127.0.0.1", "-p", port, "-U", "lake", name], check=True
    )
    lakes = [
        Lake(
            server.replace("dbname=postgres", f"dbname={name}"),
            "s3://lake/together",
            project,
            store,
        )
        for project in ("first", "second")
    ]
    errors: list[str] = []

    def publish_thrice(lake: Lake) -> None:
        folder = tmp_path / lake.project
        folder.mkdir()
        try:
            for number in range(1, 4):
                publish_to_lake(edition(folder, number, days=30 * number), lake)
        except WarehouseError as error:
            errors.append(str(error))

    at_work = [threading.Thread(target=publish_thrice, args=(lake,)) for lake in lakes]
    for one in at_work:
        one.start()
    for one in at_work:
        one.join()
    assert errors == []
    for lake in lakes:
        assert len(snapshots(lake)) == 3
        with open_lake(lake) as reader:
            assert reader.execute("select count(*) from core.traffic_sample").fetchone() == (90,)


def test_keys_that_are_wrong_or_a_storage_that_is_gone_are_named(store, tmp_path):
    gone = replace(store, endpoint="http://127.0.0.1:9")
    lake = Lake(str(tmp_path / "catalog.ducklake"), "s3://lake/gone", "north", gone)
    with pytest.raises(WarehouseError, match="could not be written; it is as it was") as raised:
        publish_to_lake(edition(tmp_path, 1, days=40), lake)
    assert store.secret not in str(raised.value)
    assert store.secret not in repr(lake)
