"""Prefect's API and its database: a full disk, a damaged file, a server that is not there."""

import os
import signal
import time

import pytest

from flows.runtime import embedded
from flows.runtime.embedded import EmbeddedServer
from tests.flows.faults import alive, copy_of, environment

pytestmark = pytest.mark.xdist_group("project")


def test_a_full_disk_is_named_before_prefect_stumbles_over_it(monkeypatch, tmp_path):
    monkeypatch.setattr("flows.runtime.embedded.LEAST_FREE_BYTES", float("inf"))
    with pytest.raises(OSError, match="No space left on device"):
        EmbeddedServer(tmp_path)
    assert not list(tmp_path.iterdir())


def test_a_damaged_prefect_database_does_not_stop_a_run(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    (folder / ".transit" / "prefect").mkdir(parents=True)
    (folder / ".transit" / "prefect" / "prefect.db").write_bytes(os.urandom(9000))
    run = type(project)(folder).transit("load")
    assert "Prefect's database was damaged" in run.stderr
    assert "nothing is lost" in run.stderr


def test_a_server_that_is_not_there_is_named(monkeypatch, tmp_path):
    monkeypatch.setattr(embedded, "REACH_SECONDS", 0.0)
    monkeypatch.setenv("PREFECT_API_URL", "http://127.0.0.1:9/api")
    monkeypatch.setattr(embedded, "prepare_environment", lambda _home: None)
    with (
        pytest.raises(embedded.PrefectError, match="can't be reached"),
        embedded.prefect_api(tmp_path),
    ):
        pytest.fail("a run must not begin")


def test_a_server_leaves_a_word_to_the_whole_group_to_its_run(monkeypatch, tmp_path):
    """Ctrl-C and systemd tell every process: the run still has to say how it ended."""
    monkeypatch.setattr(os, "environ", environment())
    embedded.prepare_environment(tmp_path)
    server = EmbeddedServer(tmp_path)
    try:
        server.wait()
        for number in (signal.SIGINT, signal.SIGTERM):
            os.kill(server.process, number)
        time.sleep(1.0)
        assert alive(server.process)
        server.wait()
    finally:
        began = time.monotonic()
        server.stop()
    assert not alive(server.process)
    assert server._process.returncode == 0
    assert time.monotonic() - began < 5.0
