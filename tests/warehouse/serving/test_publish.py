"""The published copy is whole at any moment, whatever happens to the writer."""

import os
import signal
import stat
import subprocess
import sys

import duckdb
import pytest

from warehouse.errors import WarehouseError
from warehouse.serving.publish import is_published, prune, publish
from warehouse.serving.query import ask
from warehouse.store.database import Warehouse

COUNT = "select count(*) from core.sent"
READER = """
import sys, duckdb
path = sys.argv[1]
connection = duckdb.connect(path, read_only=True)
for line in sys.stdin:
    if line.strip() == "reopen":
        connection.close()
        connection = duckdb.connect(path, read_only=True)
    print(connection.execute("select count(*) from core.sent").fetchone()[0], flush=True)
"""
KILLED = """
import os, signal, sys
from pathlib import Path
from warehouse.serving import publish as module
from warehouse.store import files
from warehouse.store.database import Warehouse
step, root = sys.argv[1], Path(sys.argv[2])
def die(*_, **__):
    os.kill(os.getpid(), signal.SIGKILL)
def die_halfway(self, target):
    target.write_bytes(self.path.read_bytes()[:20000])
    die()
if step == "copy": Warehouse.copy_to = die_halfway
if step == "verify": module._verify = die
if step == "sync": files.sync = die
if step == "rename": Path.replace = die
if step == "link": Path.symlink_to = die
if step == "swap": Path.symlink_to = lambda *_: setattr(Path, "replace", die)
if step == "prune": module._remove_but = die
state = die if step == "state" else None
with Warehouse.open(root / "work.duckdb") as warehouse:
    warehouse.sql("insert into core.sent select range from range(5)")
    module.publish(warehouse, root / "published", edition_id="second", state=state)
"""


@pytest.fixture
def world(tmp_path):
    with Warehouse.open(tmp_path / "work.duckdb") as warehouse:
        warehouse.sql("create table core.sent (n integer)")
        warehouse.sql("insert into core.sent select range from range(10)")
        publish(warehouse, tmp_path / "published", edition_id="first")
    return tmp_path


def count(world) -> int:
    return ask(world / "published" / "transit.duckdb", COUNT).rows[0][0]


def test_the_link_names_a_read_only_copy_that_knows_its_edition(world):
    link = world / "published" / "transit.duckdb"
    assert link.is_symlink()
    assert link.resolve().name == "transit-first-0001.duckdb"
    assert stat.S_IMODE(link.resolve().stat().st_mode) == 0o444
    assert ask(link, "select edition_id from ops.edition").rows == [("first",)]
    assert count(world) == 10


def test_a_reader_keeps_its_copy_and_sees_the_new_one_when_it_opens_again(world):
    child = subprocess.Popen(
        [sys.executable, "-c", READER, str(world / "published" / "transit.duckdb")],
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )

    def reader(line: str) -> int:
        child.stdin.write(line + "\n")
        child.stdin.flush()
        return int(child.stdout.readline())

    assert reader("count") == 10
    with Warehouse.open(world / "work.duckdb") as warehouse:
        for edition in ("a", "b", "c", "d"):
            warehouse.sql("insert into core.sent values (0)")
            publish(warehouse, world / "published", edition_id=edition, keep=2)
        assert reader("count") == 10
        assert reader("reopen") == 14
    child.communicate()
    kept = sorted(file.name for file in (world / "published" / "editions").iterdir())
    assert kept == ["transit-c-0004.duckdb", "transit-d-0005.duckdb"]


def test_editions_are_counted_not_their_copies(world):
    published = world / "published"
    with Warehouse.open(world / "work.duckdb") as warehouse:
        for edition in ("a", "b", "b", "b"):
            warehouse.sql("insert into core.sent values (0)")
            publish(warehouse, published, edition_id=edition, keep=3)
    names = [file.name for file in sorted((published / "editions").iterdir())]
    assert names == ["transit-a-0002.duckdb", "transit-b-0005.duckdb", "transit-first-0001.duckdb"]


def test_a_copy_left_by_a_stopped_publication_goes(world):
    published = world / "published"
    stray = published / "editions" / "transit-x-0002.duckdb"
    stray.write_bytes(b"")
    first = ["transit-first-0001.duckdb"]
    stated = []
    final = publish(
        world / "work.duckdb",
        published,
        edition_id="second",
        listed=first,
        state=lambda made, staying: stated.extend([made, *staying]),
    )
    assert not stray.exists()
    assert [file.name for file in stated] == [final.name, *first, final.name]


def test_a_copy_that_is_up_to_date_is_known_to_be(world):
    published = world / "published"
    with Warehouse.open(world / "work.duckdb") as warehouse:
        assert is_published(warehouse, published)
        warehouse.sql("insert into ops.edition values (99, 'z')")
        assert is_published(warehouse, published)
        warehouse.sql("insert into core.sent values (0)")
        assert not is_published(warehouse, published)
        (published / "transit.duckdb").unlink()
        assert not is_published(warehouse, published)


@pytest.mark.parametrize(
    ("step", "seen"),
    [
        ("copy", 10),
        ("verify", 10),
        ("rename", 10),
        ("sync", 10),
        ("state", 10),
        ("link", 10),
        ("swap", 10),
        ("prune", 15),
    ],
)
def test_a_kill_at_any_step_leaves_a_whole_copy(world, step, seen):
    killed = subprocess.run([sys.executable, "-c", KILLED, step, str(world)], check=False)
    assert killed.returncode == -signal.SIGKILL
    assert count(world) == seen
    final = publish(world / "work.duckdb", world / "published", edition_id="third")
    assert count(world) == 15
    assert (world / "published" / "transit.duckdb").resolve() == final
    assert [file for file in (world / "published").rglob("*") if file.name.startswith(".")] == []


def test_a_damaged_copy_is_not_put_in_place(world, monkeypatch):
    def half(self, target):
        target.write_bytes(self.path.read_bytes()[:20000])

    monkeypatch.setattr(Warehouse, "copy_to", half)
    with pytest.raises(WarehouseError, match="can't be opened"):
        publish(world / "work.duckdb", world / "published", edition_id="second")
    assert count(world) == 10


def test_a_copy_with_other_rows_is_not_put_in_place(world, monkeypatch):
    whole = Warehouse.copy_to

    def fewer(self, target):
        whole(self, target)
        with duckdb.connect(str(target)) as connection:
            connection.execute("delete from core.sent where n > 5")

    monkeypatch.setattr(Warehouse, "copy_to", fewer)
    with pytest.raises(WarehouseError, match=r"core\.sent: 6 rows, wanted 10"):
        publish(world / "work.duckdb", world / "published", edition_id="second")
    assert count(world) == 10


def test_a_full_disk_leaves_the_last_copy(world, monkeypatch):
    def no_room(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(os, "pread", no_room)
    with pytest.raises(WarehouseError, match="No space left"):
        publish(world / "work.duckdb", world / "published", edition_id="second")
    assert count(world) == 10
    assert len(list((world / "published" / "editions").iterdir())) == 1


@pytest.mark.parametrize(
    ("edition", "keep", "said"), [("../x", 3, "edition_id"), ("fine", 0, "keep")]
)
def test_bad_arguments_are_refused(world, edition, keep, said):
    with pytest.raises(WarehouseError, match=said):
        publish(world / "work.duckdb", world / "published", edition_id=edition, keep=keep)


def test_older_copies_are_pruned_and_the_one_in_use_stays(world):
    for edition in ("b", "c"):
        publish(world / "work.duckdb", world / "published", edition_id=edition)
    in_use = world / "published" / "transit.duckdb"
    in_use.unlink()
    in_use.symlink_to("editions/transit-first-0001.duckdb")
    prune(world / "published", 1)
    kept = sorted(file.name for file in (world / "published" / "editions").iterdir())
    assert kept == ["transit-c-0003.duckdb", "transit-first-0001.duckdb"]
    assert count(world) == 10


def test_nothing_to_publish(tmp_path):
    with pytest.raises(WarehouseError, match="transit run"):
        publish(tmp_path / "none.duckdb", tmp_path / "published", edition_id="x")
