"""A worker that dies, hangs a while or runs out of memory, and a scheduler that restarts: the same numbers, or the cause by name."""

from __future__ import annotations

import importlib.util
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.flows.faults import environment

pytestmark = [
    pytest.mark.xdist_group("runners"),
    pytest.mark.skipif(not importlib.util.find_spec("prefect_dask"), reason="Dask is not installed"),
]

SCRIPT = """
import os, resource, signal, sys, time
from pathlib import Path
import numpy as np
from flows import embedded

MARK = Path("mark").absolute()

def dies_once(chunk):
    if chunk[0, 0] == 5 and not MARK.exists():
        MARK.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return chunk * 2

def late_once(chunk):
    if chunk[0, 0] == 5 and not MARK.exists():
        MARK.touch()
        time.sleep(6)
    return chunk * 2

def too_big(chunk):
    if chunk[0, 0] == 5:
        resource.setrlimit(resource.RLIMIT_AS, (4 << 30, resource.RLIM_INFINITY))
        return np.ones((200_000, 200_000))
    return chunk * 2

def slow(chunk):
    MARK.touch()
    time.sleep(0.6)
    return chunk * 2

def main(runner, fault, address):
    with embedded.prefect_api(Path("prefect")) as server:
        from flows.runners import map_tasks, on_runner
        from flows.settings import RunSettings
        from warehouse.errors import TransitError
        server.wait()
        chunks = [np.full((3, 3), float(number)) for number in range(12)]
        run = RunSettings(runner=runner, workers=2, dask_address=address or None)
        try:
            found = on_runner(run, "forecast", lambda: map_tasks(globals()[fault], chunks))
        except TransitError as error:
            print("named:", error)
            return
        print("same" if all((a == 2 * b).all() for a, b in zip(found, chunks, strict=True)) and len(found) == 12 else "different")

if __name__ == "__main__":
    main(*sys.argv[1:])
"""


def start(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    (folder / "everything.py").write_text(SCRIPT, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "everything.py", *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=400)
    assert process.returncode == 0, error
    return out.split("\n", 1)[-1] if out.startswith("20") else out


@pytest.mark.parametrize("runner", ["processes", "dask"])
def test_a_worker_that_dies_costs_its_chunk_again(runner, tmp_path):
    assert "same" in told(start(tmp_path, runner, "dies_once", ""))


def test_a_worker_that_returns_late_is_waited_for(tmp_path):
    assert "same" in told(start(tmp_path, "processes", "late_once", ""))


@pytest.mark.parametrize("runner", ["processes", "dask"])
def test_a_chunk_that_needs_too_much_memory_is_named(runner, tmp_path):
    answer = told(start(tmp_path, runner, "too_big", ""))
    assert "memory" in answer
    assert "workers" in answer


def test_a_scheduler_that_restarts_is_named_or_outlived(tmp_path):
    """Its clients and workers lose what was in flight."""
    scheduler = [
        sys.executable,
        "-m",
        "distributed.cli.dask_scheduler",
        "--host",
        "127.0.0.1",
        "--port",
        "0",
        "--no-dashboard",
    ]
    file = tmp_path / "scheduler.json"
    first = subprocess.Popen(
        [*scheduler, "--scheduler-file", str(file)], cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL
    )
    processes = [first]
    try:
        deadline = time.monotonic() + 60
        while not file.exists() and time.monotonic() < deadline:
            time.sleep(0.2)
        import json

        address = json.loads(file.read_text())["address"]
        worker = [
            sys.executable,
            "-m",
            "distributed.cli.dask_worker",
            address,
            "--nthreads",
            "1",
            "--no-dashboard",
            "--host",
            "127.0.0.1",
        ]
        processes.append(subprocess.Popen(worker, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL))
        run = start(tmp_path, "dask", "slow", address)
        deadline = time.monotonic() + 120
        while not (tmp_path / "mark").exists() and time.monotonic() < deadline:
            time.sleep(0.1)
        first.send_signal(signal.SIGKILL)
        first.wait()
        port = address.rsplit(":", 1)[1]
        again = [
            sys.executable,
            "-m",
            "distributed.cli.dask_scheduler",
            "--host",
            "127.0.0.1",
            "--port",
            port,
            "--no-dashboard",
        ]
        processes.append(subprocess.Popen(again, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL))
        answer = told(run)
        assert "same" in answer or "scheduler" in answer
    finally:
        for process in processes:
            process.kill()
            process.wait()
