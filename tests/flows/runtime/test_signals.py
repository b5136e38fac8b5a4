"""A run that is told to stop stops, says by what, and leaves its database alone."""

import os
import shutil
import signal
import subprocess
import sys
import time

import duckdb
import pytest

from flows.record import job
from flows.record.job import interrupted_by, perform
from flows.record.state import read_state, write_state
from flows.runtime import signals
from flows.settings import read_settings
from tests.flows.faults import children_of, copy_of, environment, outlived_by
from tests.flows.stops import told

pytestmark = pytest.mark.xdist_group("project")

PUBLISHING = """
import sys, time
from pathlib import Path
import warehouse.serving.publish
from flows import cli
from flows.runtime import signals
from warehouse.store.database import Warehouse

FOUND, really = Path("found"), Warehouse.open

def note(what):
    with FOUND.open("a") as file:
        print(what, file=file)

def opening(*arguments, **more):
    note("opened")
    return really(*arguments, **more)

def asks_at_length(warehouse, *_, **__):
    note("in its midst")
    warehouse.sql("select sum(hash(a.range + b.range)) from range(200_000) a, range(200_000) b")

def lets_nothing_out(*_, **__):
    signals.watch_signals(3.0)
    note("in its midst")
    while True:
        try:
            time.sleep(1)
        except BaseException:
            note("lost")

Warehouse.open = opening
warehouse.serving.publish.publish = globals()[sys.argv.pop(1)]
cli.main()
"""


def publishing(project, folder, how: str) -> subprocess.Popen[str]:
    """`transit publish` of a project that ran before, now in the midst of it."""
    shutil.copytree(project.folder, folder, symlinks=True)
    shutil.rmtree(folder / "published")  # else there would be nothing new to publish
    (folder / "publishing.py").write_text(PUBLISHING, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-P", "publishing.py", how, "publish"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 200
    while (
        "in its midst" not in noted(folder)
        and time.monotonic() < deadline
        and process.poll() is None
    ):
        time.sleep(0.05)
    assert process.poll() is None, process.communicate()[1]
    time.sleep(0.5)
    return process


def noted(folder) -> list[str]:
    found = folder / "found"
    return found.read_text(encoding="utf-8").splitlines() if found.exists() else []


def test_a_run_that_is_told_to_stop_stops_and_says_so(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    log = folder / ".transit" / "logs" / "transit.jsonl"
    run = subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", "run"],
        cwd=folder,
        env=environment(),
        stderr=subprocess.PIPE,
        text=True,
    )
    deadline = time.monotonic() + 200
    while (
        not (log.exists() and "step started" in log.read_text(encoding="utf-8"))
        and time.monotonic() < deadline
    ):
        time.sleep(0.05)
    children = children_of(run.pid)
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert run.returncode == 128 + signal.SIGTERM
    assert "Stopped by SIGTERM. What was finished is kept" in said
    assert "Traceback" not in said
    assert not outlived_by(children)
    assert read_state(folder / ".transit").last_problem == "stopped by SIGTERM"


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_nothing_opens_the_database_again_after_a_stop(number, project, tmp_path):
    """DuckDB may wait for itself without end there: neither Prefect's next try of the step nor the
    record is worth it.
    """
    folder = tmp_path / "mine"
    run = publishing(project, folder, "asks_at_length")
    run.send_signal(number)
    _, said = run.communicate(timeout=60)
    assert noted(folder)[-1] == "in its midst"
    assert run.returncode == 128 + number
    assert said.splitlines()[-1].startswith(f"Stopped by {number.name}")
    assert read_state(folder / ".transit").last_problem == f"stopped by {number.name}"
    last = told(folder)[-1]
    assert (last["event"], last["outcome"], last["problem"]) == (
        "job ended",
        "failed",
        f"stopped by {number.name}",
    )


def test_what_lets_no_stop_through_is_ended_and_the_stop_is_kept(project, tmp_path):
    folder = tmp_path / "mine"
    run = publishing(project, folder, "lets_nothing_out")
    children, began = children_of(run.pid), time.monotonic()
    run.send_signal(signal.SIGTERM)
    _, said = run.communicate(timeout=60)
    assert noted(folder)[-1] == "lost"
    assert 3.0 <= time.monotonic() - began < 20.0
    assert run.returncode == 128 + signal.SIGTERM
    assert "did not end within 3 s" in said
    assert "Traceback" not in said
    state = read_state(folder / ".transit")
    assert (state.last_problem, state.running_process) == ("stopped by SIGTERM", 0)
    assert told(folder)[-1]["problem"] == "stopped by SIGTERM"
    assert not outlived_by(children)


def test_no_step_begins_after_a_stop_that_got_lost(project, tmp_path, monkeypatch):
    monkeypatch.chdir(copy_of(project.folder, tmp_path / "mine"))
    settings = read_settings()
    begun = []

    def work() -> None:
        with perform(settings, trigger="terminal", accepted=None) as job:
            for name in ("load", "forecast"):
                with job.step(name):
                    begun.append(name)
                    monkeypatch.setattr(signals, "received_signal", lambda: "SIGTERM")

    with pytest.raises(KeyboardInterrupt):
        work()
    assert begun == ["load"]
    assert read_state(settings.folders.private).last_problem == "stopped by SIGTERM"


NOTEBOOK = """
import os, signal, time
from flows.runtime import signals
said = []
for name in ("SIGINT", "SIGTERM"):
    signal.signal(signal.Signals[name], signal.default_int_handler)
    signals.watch_signals(0.5)
    assert not signals.received_signal()
    try:
        with signals.on_forced_exit(said.append):
            os.kill(os.getpid(), signal.Signals[name])
            time.sleep(30)
    except KeyboardInterrupt:
        assert signals.received_signal() == name
    time.sleep(1.5)
signals.watch_signals(0.5)
print("alive", said)
with signals.on_forced_exit(lambda name: print("last words", name, flush=True)):
    try:
        os.kill(os.getpid(), signal.SIGINT)
        time.sleep(30)
    except KeyboardInterrupt:
        time.sleep(30)
"""


def test_without_the_command_line_a_stop_is_about_the_job_at_work():
    done = subprocess.run(
        [sys.executable, "-u", "-c", NOTEBOOK],
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.stdout.splitlines() == ["alive []", "last words SIGINT"], done.stderr
    assert done.returncode == 128 + signal.SIGINT


STUBBORN = """
import os, signal, sys, time
from flows.runtime import signals

def say(name):
    time.sleep(60) if sys.argv[1] == "hang" else os.stat("nowhere")

def resists():
    while True:
        try:
            time.sleep(1)
        except KeyboardInterrupt:
            continue

signals.end_on_signals(0.5)
with signals.on_forced_exit(say):
    try:
        os.kill(os.getpid(), signal.SIGTERM)
    finally:
        resists()
"""


@pytest.mark.parametrize("words", ["fail", "hang"])
def test_last_words_that_fail_or_hang_keep_no_process_from_its_end(words):
    done = subprocess.run(
        [sys.executable, "-c", STUBBORN, words], env=environment(), capture_output=True, timeout=60
    )
    assert done.returncode == 128 + signal.SIGTERM


def test_a_stop_that_is_told_again_while_it_is_recorded_is_on_record(
    project, tmp_path, monkeypatch
):
    monkeypatch.chdir(copy_of(project.folder, tmp_path / "mine"))
    settings = read_settings()

    def told_again(private, state) -> None:
        if state.last_problem:
            os.kill(os.getpid(), signal.SIGINT)
        write_state(private, state)

    def work() -> None:
        with perform(settings, trigger="terminal", accepted=None):
            raise KeyboardInterrupt

    monkeypatch.setattr(job, "write_state", told_again)
    with pytest.raises(KeyboardInterrupt):
        work()
    state = read_state(settings.folders.private)
    assert (state.last_problem, state.running_process) == ("stopped by SIGINT", 0)


AGAIN = """
import os, signal
from flows import cli
from flows.runtime import signals

words = signals.describe_signal

def told_again(name):
    os.kill(os.getpid(), signal.SIGINT)
    return words(name)

signals.describe_signal = told_again
cli.app = lambda: os.kill(os.getpid(), signal.SIGTERM)
cli.main()
"""


def test_a_stop_that_is_told_again_while_its_words_are_said_says_them_once():
    done = subprocess.run(
        [sys.executable, "-c", AGAIN], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.stderr.splitlines() == [signals.describe_signal("SIGTERM")]
    assert done.returncode == 128 + signal.SIGTERM


LOOPS = """
import asyncio, os, signal
from flows.runtime import signals

async def loop():
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, lambda: None)
    signals.watch_signals()
    asyncio.get_running_loop().remove_signal_handler(signal.SIGUSR1)

signals.watch_signals()
before = len(os.listdir("/proc/self/fd"))
for _ in range(3):
    asyncio.run(loop())
assert len(os.listdir("/proc/self/fd")) == before
signals.watch_signals()
try:
    os.kill(os.getpid(), signal.SIGINT)
except KeyboardInterrupt:
    print(signals.received_signal())
"""


def test_an_event_loop_that_came_and_went_leaves_a_stop_to_be_heard():
    done = subprocess.run(
        [sys.executable, "-c", LOOPS], env=environment(), capture_output=True, text=True, timeout=60
    )
    assert done.stdout == "SIGINT\n", done.stderr


IMPORTING = """
from flows import cli
from flows.runtime import signals

def imports():
    exec("raise KeyboardInterrupt")  # as an import does whose module a signal interrupts

cli.app = imports
cli.main()
"""


def test_a_stop_in_an_import_ends_with_its_code_under_m_too(tmp_path):
    (tmp_path / "importing.py").write_text(IMPORTING, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "-m", "importing"],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert (done.returncode, done.stderr) == (130, signals.describe_signal("SIGINT") + "\n")


def test_a_query_stopped_in_its_midst_is_a_stop_and_no_failure():
    with duckdb.connect() as connection:
        connection.execute("set threads = 1")
        before = signal.signal(signal.SIGALRM, signal.default_int_handler)
        signal.setitimer(signal.ITIMER_REAL, 0.5)
        try:
            with pytest.raises(
                BaseException, match=r"^(Query interrupted|.*Interrupted!|)$"
            ) as raised:
                connection.execute(
                    "select sum(hash(a.range + b.range)) from range(200_000) a, range(200_000) b"
                )
        finally:
            signal.signal(signal.SIGALRM, before)
    assert interrupted_by(raised.value)
    assert not interrupted_by(RuntimeError("out of luck"))
