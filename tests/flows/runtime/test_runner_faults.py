"""A Dask worker that dies, hangs, answers late or runs out of memory, and a scheduler that
restarts: the same numbers, or the cause by name.
"""

from __future__ import annotations

import importlib.util
import json
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from tests.flows.faults import environment

pytestmark = [
    pytest.mark.xdist_group("runners"),
    pytest.mark.skipif(
        not importlib.util.find_spec("prefect_dask"), reason="Dask is not installed"
    ),
]

SCRIPT = """
import os, resource, signal, sys, time
from pathlib import Path
import numpy as np
from flows.runtime import embedded

MARK = Path("mark").absolute()

def dies_once(chunk):
    if chunk[0, 0] == 5 and not MARK.exists():
        MARK.touch()
        os.kill(os.getpid(), signal.SIGKILL)
    return chunk * 2

def hangs_once(chunk):
    if chunk[0, 0] == 5 and not MARK.exists():
        MARK.touch()
        time.sleep(3600)
    return chunk * 2

def hangs(chunk):
    if chunk[0, 0] == 5:
        time.sleep(3600)
    return chunk * 2

def freezes_once(chunk):
    if chunk[0, 0] == 5 and not MARK.exists():
        MARK.write_text(str(os.getpid()))
        os.kill(os.getpid(), signal.SIGSTOP)
        time.sleep(1)
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

def main(runner, fault, address, chunk_minutes="0.1"):
    with embedded.prefect_api(Path("../prefect")) as server:
        from flows.runtime.runners import map_tasks, on_runner
        from flows.settings import RunSettings
        from warehouse.errors import TransitError
        server.wait()
        chunks = [np.full((3, 3), float(number)) for number in range(12)]
        minutes = float(chunk_minutes)
        run = RunSettings(
            runner=runner, workers=2, dask_address=address or None, chunk_minutes=minutes
        )
        try:
            found = on_runner(run, "forecast", lambda: map_tasks(globals()[fault], chunks))
        except TransitError as error:
            print("named:", error)
            return
        same = all((a == 2 * b).all() for a, b in zip(found, chunks, strict=True))
        print("same" if same and len(found) == 12 else "different")

if __name__ == "__main__":
    main(*sys.argv[1:])
"""


def start(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    (folder / "everything.py").write_text(SCRIPT, encoding="utf-8")
    return subprocess.Popen(
        [sys.executable, "everything.py", *arguments],
        cwd=folder,
        env=environment() | settings,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def told(process: subprocess.Popen[str]) -> str:
    out, error = process.communicate(timeout=400)
    assert process.returncode == 0, error
    return out.split("\n", 1)[-1] if out.startswith("20") else out


def test_a_worker_that_dies_costs_its_chunk_again(tmp_path):
    assert "same" in told(start(tmp_path, "dask", "dies_once", ""))


@pytest.mark.nightly
def test_a_worker_that_hangs_is_ended_and_its_chunk_done_by_another(tmp_path):
    assert "same" in told(start(tmp_path, "dask", "hangs_once", ""))


@pytest.mark.nightly
def test_a_chunk_that_hangs_again_is_named(tmp_path):
    answer = told(start(tmp_path, "dask", "hangs", ""))
    assert "piece 6" in answer
    assert "6 s" in answer
    assert "chunk_minutes" in answer


@pytest.mark.parametrize("runner", ["processes", pytest.param("dask", marks=pytest.mark.nightly)])
def test_a_chunk_that_needs_too_much_memory_is_named(runner, tmp_path):
    answer = told(start(tmp_path, runner, "too_big", ""))
    assert "memory" in answer
    assert "workers" in answer


DASK = [sys.executable, "-m"]
LOCAL = ["--host", "127.0.0.1", "--no-dashboard"]


@contextmanager
def cluster(
    folder: Path, *, workers: int, **settings: str
) -> Iterator[tuple[str, list[subprocess.Popen[bytes]]]]:
    """A scheduler's address, and its process followed by those of its workers, which have no
    nanny.
    """
    file, processes = folder / "scheduler.json", []
    options = {"cwd": folder, "env": environment() | settings, "stderr": subprocess.DEVNULL}
    scheduler = [
        *DASK,
        "distributed.cli.dask_scheduler",
        *LOCAL,
        "--port",
        "0",
        "--scheduler-file",
        str(file),
    ]
    try:
        processes.append(subprocess.Popen(scheduler, **options))
        until(file.exists, seconds=60)
        address = json.loads(file.read_text())["address"]
        worker = [
            *DASK,
            "distributed.cli.dask_worker",
            address,
            *LOCAL,
            "--nthreads",
            "1",
            "--no-nanny",
        ]
        processes += [subprocess.Popen(worker, **options) for _ in range(workers)]
        yield address, processes
    finally:
        for process in processes:
            process.kill()
            process.wait()


def until(met: Callable[[], bool], *, seconds: float) -> None:
    deadline = time.monotonic() + seconds
    while not met() and time.monotonic() < deadline:
        time.sleep(0.1)
    assert met()


@pytest.mark.nightly
def test_a_worker_that_answers_after_its_chunk_was_done_elsewhere_does_no_harm(tmp_path):
    """Frozen until the scheduler gave it up; it goes on while the run is still at work."""
    mark = tmp_path / "mark"
    with cluster(tmp_path, workers=2, DASK_DISTRIBUTED__SCHEDULER__WORKER_TTL="15s") as (
        address,
        processes,
    ):
        run = start(tmp_path, "dask", "freezes_once", address, "5")
        until(lambda: mark.exists() and mark.read_text() != "", seconds=120)
        frozen = int(mark.read_text())
        assert frozen in [process.pid for process in processes]
        time.sleep(25)
        os.kill(frozen, signal.SIGCONT)
        assert "same" in told(run)


@pytest.mark.nightly
def test_a_scheduler_without_workers_is_named(tmp_path):
    with cluster(tmp_path, workers=0) as (address, _):
        assert "has no workers" in told(start(tmp_path, "dask", "slow", address))


def end(process: subprocess.Popen[bytes]) -> None:
    process.kill()
    process.wait()


def test_workers_that_all_vanish_in_the_midst_are_missed_by_name(tmp_path):
    with cluster(tmp_path, workers=2) as (address, processes):
        run = start(tmp_path, "dask", "slow", address)
        until((tmp_path / "mark").exists, seconds=200)
        for worker in processes[1:]:
            end(worker)
        answer = told(run)
    assert "nobody does the work" in answer
    assert f"dask worker {address}" in answer


@pytest.mark.nightly
def test_a_worker_that_comes_in_the_place_of_one_that_vanished_does_its_pieces(tmp_path):
    with cluster(tmp_path, workers=1) as (address, processes):
        run = start(tmp_path, "dask", "slow", address, "2")
        until((tmp_path / "mark").exists, seconds=200)
        end(processes[1])
        processes.append(
            subprocess.Popen(
                [
                    *DASK,
                    "distributed.cli.dask_worker",
                    address,
                    *LOCAL,
                    "--nthreads",
                    "1",
                    "--no-nanny",
                ],
                cwd=tmp_path,
                env=environment(),
                stderr=subprocess.DEVNULL,
            )
        )
        assert "same" in told(run)


@pytest.mark.nightly
def test_a_scheduler_that_ends_for_good_is_outlived(tmp_path):
    """By worker processes of the run's own."""
    with cluster(tmp_path, workers=1) as (address, processes):
        run = start(
            tmp_path, "dask", "slow", address, DASK_DISTRIBUTED__COMM__TIMEOUTS__CONNECT="2s"
        )
        until((tmp_path / "mark").exists, seconds=200)
        end(processes[0])
        out, said = run.communicate(timeout=400)
    assert run.returncode == 0, said
    assert "same" in out
    assert "are done here" in said


@pytest.mark.nightly
def test_a_scheduler_that_restarts_is_outlived(tmp_path):
    """Its clients and workers lose what was in flight."""
    with cluster(tmp_path, workers=1) as (address, processes):
        run = start(tmp_path, "dask", "slow", address)
        until((tmp_path / "mark").exists, seconds=120)
        processes[0].send_signal(signal.SIGKILL)
        processes[0].wait()
        again = [
            *DASK,
            "distributed.cli.dask_scheduler",
            *LOCAL,
            "--port",
            address.rsplit(":", 1)[1],
        ]
        processes.append(
            subprocess.Popen(again, cwd=tmp_path, env=environment(), stderr=subprocess.DEVNULL)
        )
        assert "same" in told(run)
