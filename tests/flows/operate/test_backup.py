"""A backup comes back whole or not at all."""

import tarfile

import pytest

from tests.flows.faults import copy_of

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
