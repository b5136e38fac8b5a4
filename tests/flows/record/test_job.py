"""One job at a time in a project, by a clock that goes forward."""

import subprocess
import sys
import time
from dataclasses import replace

import pytest

from flows.record.state import State, begun, ended, write_state
from tests.flows.faults import copy_of, environment

pytestmark = pytest.mark.xdist_group("project")


def test_a_second_run_at_once_is_turned_away_by_name(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit").mkdir()
    holder = (
        "import sys\nfrom pathlib import Path\nfrom warehouse.store.lock import WriterLock\n"
        "with WriterLock(Path('.transit/run')):\n    print('held', flush=True)\n    "
        "sys.stdin.readline()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", holder],
        cwd=folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
        env=environment(),
    ) as first:
        assert first.stdout is not None
        assert first.stdin is not None
        first.stdout.readline()
        second = type(project)(folder).transit("run", check=False)
        first.stdin.write("\n")
    assert second.returncode == 1
    assert "another run is at work here" in second.stderr
    assert f"process {first.pid}" in second.stderr
    assert not (folder / ".transit" / "transit.duckdb").exists()


def test_a_clock_that_went_back_is_named_before_anything_is_done(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit").mkdir()
    tomorrow = ended(
        begun(State(), time.time()), time.time() + 86400, outcome="done", problem="", rows=1
    )
    write_state(folder / ".transit", tomorrow)
    mine = type(project)(folder)
    refused = mine.transit("load", check=False)
    assert refused.returncode == 1
    assert "the clock went back" in refused.stderr
    assert "hours before the last run here" in refused.stderr
    assert not (folder / ".transit" / "transit.duckdb").exists()
    write_state(folder / ".transit", replace(tomorrow, last_end=time.time() + 60))
    assert mine.transit("load").returncode == 0
