"""A backup comes back whole or not at all."""

import shutil
import tarfile
from pathlib import Path

import pytest

from flows.commands.starting import TEMPLATE
from flows.operate import backup
from flows.operate.backup import back_up, restore
from flows.operate.manifest import NAME, Manifest, hash_files, write_manifest
from flows.settings import read_settings
from flows.steps.inputs import open_warehouse
from tests.flows.faults import copy_of
from tests.flows.operate.test_signing import private_key
from warehouse.errors import WarehouseError
from warehouse.store.database import Warehouse

pytestmark = pytest.mark.xdist_group("project")


def test_a_backup_comes_back_and_a_damaged_one_does_not(project, tmp_path):
    file = tmp_path / "backup.tar"
    project.transit("backup", str(file))
    assert project.transit("backup", str(file), check=False).returncode == 1
    folder = copy_of(project.folder, tmp_path / "new")
    new = type(project)(folder)
    new.transit("restore", str(file))
    assert new.transit("restore", str(file), check=False).returncode == 1
    new.transit("publish")
    query = "select run_id from mart.run_history order by 1"
    assert new.transit("query", query).stdout == project.transit("query", query).stdout
    damaged = tmp_path / "damaged.tar"
    with tarfile.open(file) as old, tarfile.open(damaged, "w") as archive:
        for member in old.getmembers():
            data = old.extractfile(member)
            archive.addfile(
                member, data if member.name != "settings/transit.toml" else _zeros(member.size)
            )
    refused = new.transit("restore", str(damaged), "--replace", check=False)
    assert refused.returncode == 1
    assert "the backup is damaged" in refused.stderr
    assert new.transit("query", query).stdout == project.transit("query", query).stdout


def _zeros(size: int):
    import io

    return io.BytesIO(bytes(size))


@pytest.fixture
def settings(tmp_path, monkeypatch):
    """A project whose network is its own folder: secrets and results lie among its files."""
    folder = tmp_path / "project"
    shutil.copytree(TEMPLATE, folder)
    for path in (folder / "network").iterdir():
        path.rename(folder / path.name)
    (folder / "network").rmdir()
    text = (folder / "transit.toml").read_text(encoding="utf-8")
    text = text.replace('folder = "network"', 'folder = "."')
    (folder / "transit.toml").write_text(text + '\n[run]\nsigning_key_file = "signing.pem"\n')
    (folder / "signing.pem").write_text(private_key())
    (folder / "token.txt").write_text("secret")
    (folder / "reports").mkdir()
    (folder / "reports" / "page.csv").write_text("derived")
    (folder / "elsewhere.csv").write_bytes((folder / "nodes.csv").read_bytes())
    (folder / "nodes.csv").unlink()
    (folder / "nodes.csv").symlink_to("elsewhere.csv")
    monkeypatch.chdir(folder)
    settings = read_settings(folder)
    open_warehouse(settings).close()
    return settings


def members(file):
    with tarfile.open(file) as archive:
        return {member.name: member for member in archive.getmembers()}


def packed(folder, file):
    with tarfile.open(file, "w") as archive:
        for path in folder.rglob("*"):
            if path.is_file():
                archive.add(path, path.relative_to(folder).as_posix())
    return file


def unpacked(file, folder):
    with tarfile.open(file) as archive:
        archive.extractall(folder, filter="data")
    return folder


def test_links_are_followed_and_secrets_and_results_left_out(settings, tmp_path):
    inside = members(back_up(settings, tmp_path / "backup.tar"))
    assert inside["network/nodes.csv"].isfile()
    assert inside["network/nodes.csv"].size > 10
    assert "network/segments.csv" in inside
    assert not {name for name in inside if "signing" in name or "token" in name or "page" in name}
    assert not list(settings.folders.private.glob(".unfinished-*"))
    restore(settings, tmp_path / "backup.tar", replace=True)
    assert (settings.folders.private / "restored" / "network" / "nodes.csv").is_file()


def test_a_backup_that_is_not_what_was_written_does_not_count(settings, tmp_path, monkeypatch):
    whole = tarfile.open

    def spoilt(name, mode="r", **named):
        if mode == "r":
            with Path(name).open("r+b") as file:
                file.seek(-50_000, 2)
                file.write(b"!")
        return whole(name, mode, **named)

    monkeypatch.setattr(backup.tarfile, "open", spoilt)
    with pytest.raises(WarehouseError, match="differs when it is read back"):
        back_up(settings, tmp_path / "backup.tar")
    assert list(tmp_path.iterdir()) == [tmp_path / "project"]


def test_a_link_that_leads_nowhere_is_named(settings, tmp_path):
    (settings.network.folder / "elsewhere.csv").unlink()
    with pytest.raises(WarehouseError, match=r"nodes\.csv"):
        back_up(settings, tmp_path / "backup.tar")


def test_a_backup_of_somebody_else_is_refused_where_there_is_a_key(settings, tmp_path):
    file = back_up(settings, tmp_path / "backup.tar")
    (settings.network.folder / "signing.pem").write_text(private_key())
    with pytest.raises(WarehouseError, match="signed with another key"):
        restore(settings, file, replace=True)
    folder = unpacked(file, tmp_path / "content")
    write_manifest(folder / NAME, Manifest(hash_files(folder), "backup", "", 1))
    with pytest.raises(WarehouseError, match="is not signed"):
        restore(settings, packed(folder, tmp_path / "unsigned.tar"), replace=True)
    restore(settings, tmp_path / "unsigned.tar", replace=True, unsigned=True)


@pytest.mark.parametrize(
    "view",
    [
        "create view core.passwords as from read_text('/etc/hostname')",
        "create macro ops.passwords() as table from read_text('/etc/hostname')",
    ],
)
def test_a_restored_view_can_not_read_files(settings, tmp_path, view):
    file = back_up(settings, tmp_path / "backup.tar")
    folder = unpacked(file, tmp_path / "content")
    with Warehouse.open(folder / "transit.duckdb") as warehouse:
        warehouse.sql("create or replace view mart.node as from read_text('/etc/hostname')")
        warehouse.sql("create view main.own as from read_text('/etc/hostname')")
        warehouse.sql("create macro main.own_of(name) as table from read_text(name)")
    forged(folder, file)
    restore(settings, file, replace=True, unsigned=True)
    with open_warehouse(settings) as warehouse:
        assert "node_id" in warehouse.sql("from mart.node").columns
        foreign = "select view_name from duckdb_views() where not internal and schema_name = 'main'"
        assert warehouse.sql(foreign).is_empty()
    with Warehouse.open(folder / "transit.duckdb") as warehouse:
        warehouse.sql(view)
    forged(folder, file)
    with pytest.raises(WarehouseError, match="views that are not of this software"):
        restore(settings, file, replace=True, unsigned=True)


def forged(folder, file):
    (folder / "transit.duckdb.lock").unlink()
    write_manifest(folder / NAME, Manifest(hash_files(folder), "backup", "", 1))
    packed(folder, file)


@pytest.mark.parametrize("change", ["added", "cut", "listed"])
def test_a_changed_backup_is_refused(settings, tmp_path, change):
    file = back_up(settings, tmp_path / "backup.tar")
    folder = unpacked(file, tmp_path / "content")
    if change == "added":
        (folder / "transit.duckdb.wal").write_bytes(b"x")
    else:
        database = folder / "transit.duckdb"
        content = database.read_bytes()
        database.write_bytes(content[: -(1 << 18)])
        if change == "listed":
            write_manifest(folder / NAME, Manifest(hash_files(folder), "backup", "", 1))
    with pytest.raises(WarehouseError, match="the backup is damaged"):
        restore(settings, packed(folder, file), replace=True, unsigned=True)
    assert not (settings.folders.private / "restored").exists()
