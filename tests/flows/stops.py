"""Stops a run in each of its steps, as a person, a service manager or a container engine does, and
looks at what is left.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import re
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

import duckdb

from flows.record.state import read_state
from tests.flows.faults import alive, children_of, environment, outlived_by, readable

STAGES = ("start", "load", "statistics", "forecast", "plan", "report", "publish", "closing")
"""Before the job began, its steps, and from the last one's end to the process's."""
WITHIN_SECONDS = 20.0
NOISE = re.compile(
    r"Traceback|did not end (?:in|within)|Exception|Error\b|prefect|Crash|\bWARNING\b|asyncio"
)


@dataclass(frozen=True)
class Stop:
    """`how` is INT or TERM, `to` the command's own process or its whole group, as Ctrl-C and
    systemd have it.
    """

    how: str
    to: str = "process"
    command: str = "run"

    def send(self, process: subprocess.Popen[str]) -> None:
        number = signal.Signals[f"SIG{self.how}"]
        if self.to == "group":
            os.killpg(process.pid, number)
        else:
            process.send_signal(number)


def told(folder: Path) -> list[dict[str, str]]:
    """The log's lines; the last may be half written."""
    log = folder / ".transit" / "logs" / "transit.jsonl"
    lines = log.read_text(encoding="utf-8").splitlines(keepends=True) if log.exists() else []
    return [json.loads(line) for line in lines if line.endswith("\n")]


def stage_of(events: list[dict[str, str]]) -> str:
    """Where the run is whose events these are."""
    stage = "start"
    for event in events:
        if event["event"] == "step started":
            stage = event["step"]
        elif event["event"] == "files read":
            stage = "statistics"
        elif event["event"] == "step ended" and event["step"] == "publish":
            stage = "closing"
    return stage


def begun(folder: Path, *arguments: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
        text=True,
        start_new_session=True,
    )


def lengths(folder: Path) -> dict[str, float]:
    """Runs to the end; seconds of each stage."""
    before, began = len(told(folder)), time.time()
    process = begun(folder, "run")
    _, said = process.communicate(timeout=600)
    ended = time.time()
    assert process.returncode == 0, said
    events, since, stage, found = told(folder)[before:], began, "start", {}
    for position, event in enumerate(events):
        if (now := stage_of(events[: position + 1])) != stage:
            at = datetime.fromisoformat(event["at"]).timestamp()
            found[stage], since, stage = at - since, at, now
    return found | {stage: ended - since}


@contextmanager
def read_throughout(folder: Path) -> Iterator[Callable[[], int]]:
    """A reader who asks the published copy again and again; how often it was answered. Raises what
    the reader met.
    """
    over, errors, answers = threading.Event(), [], 0

    def ask() -> None:
        nonlocal answers
        while not over.is_set():
            try:
                assert readable(folder)
            except (duckdb.Error, AssertionError) as error:
                errors.append(error)
                return
            answers += 1
            time.sleep(0.05)

    reader = threading.Thread(target=ask)
    reader.start()
    try:
        yield lambda: answers
    finally:
        over.set()
        reader.join()
    if errors:
        raise errors[0]


def is_free(lock: Path) -> bool:
    if not lock.exists():
        return True
    with lock.open("r+") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            return False
    return True


def wait_for(stage: str, folder: Path, before: int, process: subprocess.Popen[str]) -> None:
    while process.poll() is None:
        if stage == "start":
            if listens(process.pid):
                return
        elif STAGES.index(stage_of(told(folder)[before:])) >= STAGES.index(stage):
            return
        time.sleep(0.005)


def listens(process: int) -> bool:
    """Whether it has a handler for SIGTERM: what comes before is a matter of the interpreter's."""
    caught = re.search(r"SigCgt:\s+(\w+)", Path(f"/proc/{process}/status").read_text())
    return bool(caught) and bool(int(caught[1], 16) & 1 << signal.SIGTERM - 1)


@dataclass(frozen=True)
class Ended:
    """Where a stop hit, seconds until the process was gone, and what was wrong then."""

    stage: str
    seconds: float
    wrong: tuple[str, ...]


def stopped(
    folder: Path,
    stage: str,
    length: float,
    stop: Stop,
    moments: random.Random,
    *,
    force: bool = False,
) -> Ended:
    """Starts a run, stops it at a random moment of the stage, and looks at everything a stop must
    leave as it should be.
    """
    before, jobs = len(told(folder)), read_state(folder / ".transit").jobs
    with read_throughout(folder):
        process = begun(folder, stop.command, *(["--force"] if force else []))
        wait_for(stage, folder, before, process)
        moment = time.monotonic() + moments.uniform(0.0, length)
        while time.monotonic() < moment and process.poll() is None:
            time.sleep(0.002)
        children = children_of(process.pid) if process.poll() is None else []
        hit, began = stage_of(told(folder)[before:]), time.monotonic()
        if process.poll() is None:
            stop.send(process)
        else:
            hit = "after"
        wrong = []
        try:
            _, said = process.communicate(timeout=WITHIN_SECONDS)
        except subprocess.TimeoutExpired:
            wrong.append(f"still there after {WITHIN_SECONDS:.0f} s")
            stack_of(process.pid)
            process.kill()
            _, said = process.communicate()
        seconds = time.monotonic() - began
        wrong += left_wrong(folder, told(folder)[before:], jobs, process.returncode, said, stop)
        if left := outlived_by(children):
            wrong.append(f"outlived by {left}")
            for child in left:
                if alive(child):
                    os.kill(child, signal.SIGKILL)
    return Ended(hit, seconds, tuple(wrong))


def stack_of(process: int) -> None:
    print(
        Path(f"/proc/{process}/wchan").read_text(),
        Path(f"/proc/{process}/status").read_text()[:400],
    )


def left_wrong(
    folder: Path, events: list[dict[str, str]], jobs: int, code: int, said: str, stop: Stop
) -> list[str]:
    """What is not as it should be after a stop. The schedule is there to be stopped: that is no
    failure of its own.
    """
    wrong, private = [], folder / ".transit"
    by, serves = f"SIG{stop.how}", stop.command == "serve"
    if NOISE.search(said):
        wrong.append(f"noise: {said}")
    state, names = read_state(private), [event["event"] for event in events]
    end = next((event for event in events if event["event"] == "job ended"), None)
    too_late = end is not None and end["outcome"] == "done"
    # A shell sees the same of a process that a signal ended; Python ends itself so where Ctrl-C
    # met it in an exec.
    ends = {0} if serves else {128 + signal.Signals[by], -signal.Signals[by]}
    if code not in ends and not too_late:
        wrong.append(f"code {code}: {said}")
    if not serves and not too_late and f"Stopped by {by}. What was finished is kept" not in said:
        wrong.append(f"said {said!r}")
    if "job started" in names and not too_late:
        if not end or end["problem"] != f"stopped by {by}":
            wrong.append(f"the log ends with {events[-1]}")
        if state.last_problem != f"stopped by {by}" or state.jobs != jobs + 1:
            wrong.append(f"the state says {state}")
    if state.running_process:
        wrong.append(f"the state says that process {state.running_process} is at work")
    wrong += [f"{lock.name} is held" for lock in private.glob("*.lock") if not is_free(lock)]
    return wrong
