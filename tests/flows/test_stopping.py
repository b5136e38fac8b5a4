"""A run that is told to stop stops and says so."""

import signal
import subprocess
import sys
import time

import duckdb
import pytest

from flows.job import is_interrupt
from flows.state import read_state
from tests.flows.faults import children_of, copy_of, environment, outlived_by

pytestmark = pytest.mark.xdist_group("project")


def test_a_run_that_is_told_to_stop_stops_and_says_so(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    log = folder / ".transit" / "logs" / "transit.jsonl"
    run = subprocess.Popen([sys.executable, "-m", "flows.cli", "run"], cwd=folder, env=environment(), stderr=subprocess.PIPE, text=True)  # fmt: skip
    deadline = time.monotonic() + 200
    while not (log.exists() and "step started" in log.read_text(encoding="utf-8")) and time.monotonic() < deadline:
        time.sleep(0.05)
    children = children_of(run.pid)
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 130
    assert "Stopped. What was finished is kept" in said
    assert "Traceback" not in said
    assert not outlived_by(children)
    assert read_state(folder / ".transit").last_problem.startswith("stopped by")


def test_a_query_stopped_in_its_midst_is_a_stop_and_no_failure():
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            with pytest.raises(BaseException, match=r"^(Query interrupted|.*Interrupted!|)$") as raised:
                connection.execute("select sum(hash(a.range + b.range)) from range(200_000) a, range(200_000) b")
        finally:
            signal.signal(signal.SIGALRM, before)
    assert is_interrupt(raised.value)
    assert not is_interrupt(RuntimeError("out of luck"))
