"""Runs that start by themselves, in a folder that is served once."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import urllib.request

import pytest

from flows.record.state import read_state
from tests.flows.faults import children_of, copy_of, environment, outlived_by
from warehouse.store.lock import WriterLock

pytestmark = pytest.mark.xdist_group("project")


def test_a_folder_is_served_once(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit").mkdir()
    lock = WriterLock(folder / ".transit" / "serve")
    with lock:
        second = type(project)(folder).transit("serve", check=False)
    assert second.returncode == 1
    assert "another `transit serve` has this folder" in second.stderr
    assert f"process {os.getpid()}" in second.stderr


def test_serve_runs_by_its_schedule_shows_metrics_and_leaves_nothing_behind(project, tmp_path):
    """In a project that ran before, so that the scheduled run finds most of its work done."""
    folder = shutil.copytree(project.folder, tmp_path / "mine", symlinks=True)
    before = read_state(folder / ".transit").jobs
    settings = folder / "transit.toml"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    text = settings.read_text(encoding="utf-8")
    settings.write_text(
        text.replace('cron = "15 4 * * *"', f'cron = "* * * * * */20"\nmetrics_port = {port}'),
        encoding="utf-8",
    )
    serving = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", "serve"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
    )
    try:
        deadline = time.monotonic() + 200
        while read_state(folder / ".transit").jobs == before and time.monotonic() < deadline:
            assert serving.poll() is None, serving.stderr.read().decode()
            time.sleep(0.5)
        state = read_state(folder / ".transit")
        assert (state.jobs, state.last_outcome) == (before + 1, "done"), state
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/metrics", timeout=10) as answer:
            assert f"transit_jobs_total {before + 1}" in answer.read().decode()
        children = children_of(serving.pid)
        assert children
    finally:
        serving.send_signal(signal.SIGTERM)
        _, told = serving.communicate(timeout=60)
    assert serving.returncode == 0, told.decode()
    assert "Traceback" not in told.decode()
    assert outlived_by(children) == []
    assert (folder / "published" / "transit.duckdb").exists()
