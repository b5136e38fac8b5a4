"""The doctor names what is wrong and what to do, and so does whatever meets a damaged database."""

import os
import shutil

import pytest

from tests.flows.conftest import with_settings
from tests.flows.faults import copy_of

pytestmark = pytest.mark.xdist_group("project")


def test_the_doctor_names_what_is_wrong_and_what_to_do(project, tmp_path):
    well = project.transit("doctor", check=False)
    assert "ok       clock" in well.stdout
    assert "versions" in well.stdout
    ill = copy_of(project.folder, tmp_path / "ill")
    (ill / ".transit" / "prefect").mkdir(parents=True)
    (ill / ".transit" / "prefect" / "prefect.db").write_bytes(os.urandom(9000))
    with_settings(ill, "[rum]\nx = 1")
    told = type(project)(ill).transit("doctor", check=False)
    assert told.returncode == 1
    assert "did you mean run?" in told.stdout
    assert "it holds no results" in told.stdout


def test_the_doctor_sees_settings_that_only_a_run_or_the_schedule_would_stumble_over(
    project, tmp_path
):
    ill = copy_of(project.folder, tmp_path / "ill")
    settings = ill / "transit.toml"
    text = settings.read_text(encoding="utf-8").replace(
        'cron = "15 4 * * *"', 'cron = "61 4 * * *"'
    )
    settings.write_text(
        f"{text}runner = 'dask'\ndask_address = 'tcp://127.0.0.1:1'\n", encoding="utf-8"
    )
    told = type(project)(ill).transit("doctor", check=False)
    assert told.returncode == 1
    assert 'Invalid cron string: "61 4 * * *"' in told.stdout
    assert (
        "dask_address tcp://127.0.0.1:1 can't be reached" in told.stdout
        or "Dask is not installed" in told.stdout
    )
    settings.write_text(f"{text}workers = 5000\n", encoding="utf-8")
    assert (
        "workers is 5000, and this machine has"
        in type(project)(ill).transit("doctor", check=False).stdout
    )
    settings.write_text(f"{text}workers = 'two'\n", encoding="utf-8")
    assert f"1 problem in {settings}" in type(project)(ill).transit("run", check=False).stderr


def test_a_damaged_working_database_is_named_with_what_to_do_and_goes_nowhere(project, tmp_path):
    folder = tmp_path / "mine"
    shutil.copytree(project.folder, folder, symlinks=True)
    mine, database = type(project)(folder), folder / ".transit" / "transit.duckdb"
    assert "as it was written" in mine.transit("doctor", check=False).stdout
    size = database.stat().st_size
    with database.open("r+b") as file:
        for at in range(3 * 4096 + 100, size, 1 << 18):
            file.seek(at)
            file.write(b"damaged!")
    for command in (
        ("doctor",),
        ("run", "--force"),
        ("check",),
        ("backup", str(tmp_path / "backup.tar")),
        ("publish",),
    ):
        told = mine.transit(*command, check=False)
        assert told.returncode == 1, command
        assert "transit restore" in told.stdout + told.stderr, command
        assert "Traceback" not in told.stderr, command
    assert not (tmp_path / "backup.tar").exists()
    assert mine.transit("verify").returncode == 0
    assert mine.transit("query", "from mart.order_plan").returncode == 0
