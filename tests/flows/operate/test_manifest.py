"""What was published is known by its hashes."""

import shutil

import pytest

pytestmark = pytest.mark.xdist_group("project")


def test_verify_finds_one_changed_byte(project, tmp_path):
    assert project.transit("verify").returncode == 0
    copy = tmp_path / "copy"
    shutil.copytree(project.folder / "published", copy / "published", symlinks=True)
    shutil.copyfile(project.folder / "transit.toml", copy / "transit.toml")
    edition = (copy / "published" / "transit.duckdb").resolve()
    edition.chmod(0o644)
    with edition.open("r+b") as file:
        file.seek(5000)
        file.write(b"!")
    told = type(project)(copy).transit("verify", check=False)
    assert told.returncode == 1
    assert "differs from what was published" in told.stdout
