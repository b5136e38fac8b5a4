"""A process number that was given out again is no process at work."""

import json
import os
import platform
import subprocess
import sys
from dataclasses import replace

import pytest

from flows.operate.findings import holder_of
from flows.record.state import State, at_work, begun
from warehouse.errors import WarehouseError
from warehouse.store.lock import WriterLock
from warehouse.store.process import is_running, started


def test_a_number_given_out_again_is_another_process():
    own = os.getpid()
    assert is_running(own)
    assert is_running(own, started(own))
    if started(own):
        assert not is_running(own, started(own) - 100)
    ended = subprocess.Popen([sys.executable, "-c", ""])
    ended.wait()
    assert not is_running(ended.pid)
    assert not is_running(0)
    assert not is_running(2**40)


def test_where_the_system_does_not_say_when_a_process_began_its_number_counts(monkeypatch):
    monkeypatch.setattr("warehouse.store.process.Path", lambda _: (_ for _ in ()).throw(OSError))
    assert started(os.getpid()) == 0
    assert is_running(os.getpid(), 5)


@pytest.mark.skipif(not started(os.getpid()), reason="needs a system that says when")
def test_a_job_or_a_lock_left_by_a_killed_process_is_not_at_work_for_ever(tmp_path):
    state = begun(State(), 5.0)
    assert at_work(state)
    assert not at_work(replace(state, running_since_ticks=state.running_since_ticks - 100))
    with WriterLock(tmp_path / "run"):
        lock = tmp_path / "run.lock"
        assert f"process {os.getpid()}" in holder_of(lock)
        holder = json.loads(lock.read_text())
    assert holder_of(lock) == ""
    (tmp_path / "left.lock").write_text(json.dumps({**holder, "started": holder["started"] - 9}))
    assert holder_of(tmp_path / "left.lock") == ""
    for damaged in ("", "[]", "{}", '{"pid": "x"}', "\x00\x00"):
        (tmp_path / "left.lock").write_text(damaged)
        assert holder_of(tmp_path / "left.lock") == ""


def test_without_locks_of_the_system_nothing_is_written_and_the_reason_said(tmp_path, monkeypatch):
    monkeypatch.setitem(sys.modules, "fcntl", None)
    monkeypatch.setattr(platform, "system", lambda: "Windows")
    with pytest.raises(WarehouseError, match="can't be written on this system") as caught:
        WriterLock(tmp_path / "run")
    assert "published copies can be read here" in str(caught.value)
