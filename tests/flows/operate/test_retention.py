"""Old reports and old flow runs go."""

import os
import shutil
import sqlite3
from contextlib import closing

import pytest

from flows.operate.retention import prune_prefect, prune_reports

pytestmark = pytest.mark.xdist_group("project")


def test_old_reports_go_and_the_newest_stays(tmp_path):
    for position in range(5):
        edition = tmp_path / f"run-{position}"
        edition.mkdir()
        (edition / "edition.json").write_text("{}", encoding="utf-8")
        os.utime(edition / "edition.json", (position, position))
    (tmp_path / "latest").symlink_to("run-0")
    prune_reports(tmp_path, 2)
    assert sorted(path.name for path in tmp_path.iterdir()) == ["latest", "run-0", "run-3", "run-4"]


def test_old_flow_runs_leave_prefect_s_database(project, tmp_path):
    home = tmp_path / "prefect"
    shutil.copytree(project.folder / ".transit" / "prefect", home)

    def count(table: str) -> int:
        with closing(sqlite3.connect(home / "prefect.db")) as database:
            return int(database.execute(f"select count(*) from {table}").fetchone()[0])

    before, tasks = count("flow_run"), count("task_run")
    assert before >= 2
    assert prune_prefect(home, 30) == 0
    assert prune_prefect(home, 30, keep=0) == before - 1
    assert count("flow_run") == 1
    assert count("task_run") < tasks
    assert prune_prefect(tmp_path / "nowhere", 30) == 0
