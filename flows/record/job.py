"""A job from its lock to its end: its outcome is recorded, logged, and sent to the people named in
[notify].
"""

from __future__ import annotations

import contextlib
import os
import time
import traceback
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from uuid import UUID

import httpx
from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.exceptions import TerminationSignal
from prefect.runtime import flow_run

from flows.folders import make_private
from flows.operate.notify import notify
from flows.operate.retention import tidy
from flows.record import journal, progress
from flows.record.records import Job
from flows.record.state import State, begun, ended, read_state, write_state
from flows.runtime import signals
from flows.runtime.embedded import ENDS_WITH
from flows.runtime.parent import end_with
from flows.settings import Settings
from flows.steps.inputs import open_warehouse
from warehouse.errors import LockedError, Problem, TransitError
from warehouse.store.lock import WriterLock

CLOCK_SECONDS = 120.0


class FolderGoneError(TransitError):
    """What a run works in was taken away."""


class ClockError(TransitError):
    """The machine's clock contradicts what was done before."""


def end_with_schedule() -> None:
    """A run that `transit serve` started must not outlive it, however that ended."""
    if os.environ.get(ENDS_WITH) == str(os.getppid()):
        end_with(os.getppid())


@contextmanager
def perform(settings: Settings, *, trigger: str, accepted: str | None) -> Iterator[Job]:
    """One job at a time in a project: a second one waits [run] wait_for_lock_seconds, then
    LockedError names the first.
    """
    private = settings.folders.private
    make_private(private)
    job = Job(settings, trigger=trigger, accepted=accepted, flow_run_id=flow_run.id)
    try:
        lock = WriterLock(settings.folders.run_lock, settings.run.wait_for_lock_seconds)
    except LockedError as error:
        journal.write("job refused", job_id=job.job_id, trigger=trigger, problem=str(error))
        raise LockedError(
            "another run is at work here",
            error.problems,
            "Wait until it has ended, or let this one wait: [run] wait_for_lock_seconds.",
        ) from None
    with lock:
        before, clock = read_state(private), _clock_against_boot()
        _refuse_turned_clock(before, accepted)

        def keep_stop(by: str) -> None:
            # Do not reopen the database after a stop: DuckDB may still be finishing the interrupted
            # query and would block.
            _close(job, before, "failed", f"stopped by {by}", clock, recorded=False)

        try:
            with signals.on_forced_exit(keep_stop):
                write_state(private, begun(before, time.time()))
                journal.write(
                    "job started",
                    job_id=job.job_id,
                    trigger=trigger,
                    flow_run_id=job.flow_run_id,
                    accepted=accepted,
                )
                yield job
                signals.raise_if_stopped()
                if not private.is_dir():
                    raise _folder_gone(private)
                problem = "\n".join(map(str, job.problems))
                tidy(settings)
                _close(job, before, "partly" if job.problems else "done", problem, clock)
        except BaseException as error:
            if by := signals.received_signal() or interrupted_by(error):
                with signals.hold_signals():
                    keep_stop(by)
                raise KeyboardInterrupt from error
            if not private.is_dir() and not isinstance(error, FolderGoneError):
                # Whatever it stumbled over first: everything else follows from this.
                raise _folder_gone(private) from error
            problem = (
                str(error)
                if isinstance(error, TransitError)
                else f"{type(error).__name__}: {error}"
            )
            if isinstance(error, TransitError):
                journal.write("error", job_id=job.job_id, **error.data())
            else:
                journal.write("trace", job_id=job.job_id, trace=traceback.format_exc())
            _close(job, before, "failed", problem, clock)
            _notify_failure(job, problem)
            raise
        _notify_success(job, before, problem)


def _folder_gone(private: Path) -> FolderGoneError:
    return FolderGoneError(
        "the private folder went away in the midst of the run",
        [Problem(str(private), "was removed or renamed by somebody")],
        "What was published stays. Put it back, or restore a backup: transit restore FILE.tar.",
    )


def interrupted_by(error: BaseException) -> str:
    """The signal that caused an error; "" for any other error. DuckDB reports an interrupted query
    by an exception of its own, not by KeyboardInterrupt.
    """
    if isinstance(error, TerminationSignal):
        return "SIGTERM"
    interrupted = (
        isinstance(error, KeyboardInterrupt)
        or str(error) == "Query interrupted"
        or type(error).__name__ == "InterruptException"
    )
    return "SIGINT" if interrupted else ""


def _refuse_turned_clock(before: State, accepted: str | None) -> None:
    """A later known_at wins, so a run made with the clock set back would rank below the run it
    should replace.
    """
    ahead = max(before.last_start, before.last_end) - time.time()
    if ahead > CLOCK_SECONDS and not accepted:
        at = f"{datetime.now(UTC):%Y-%m-%d %H:%M} UTC"
        raise ClockError(
            "the clock went back",
            [Problem("clock", f"says {at}, {ahead / 3600:.1f} hours before the last run here")],
            "Set the clock (timedatectl). If the last run's clock was wrong, restore a "
            "backup from before it, or wait; --accept 'why' runs all the same.",
        )


def keep_steps(job: Job) -> None:
    """Writes the steps that ended into the warehouse, so that the next published copy holds
    them.
    """
    with open_warehouse(job.settings) as warehouse:
        job.keep_steps(warehouse)


def _clock_against_boot() -> float:
    """Wall clock less time since boot, in seconds: constant, across suspension too, unless the
    clock is set.
    """
    # Elsewhere than on Linux the monotonic clock counts while the machine sleeps.
    since_start = getattr(time, "CLOCK_BOOTTIME", time.CLOCK_MONOTONIC)
    return time.time() - time.clock_gettime(since_start)


def _close(
    job: Job, before: State, outcome: str, problem: str, clock: float, *, recorded: bool = True
) -> None:
    """Records how the job ended. Of a job that was stopped, or failed for want of disk space or of
    the lock, only the log and the state file tell.
    """
    settings = job.settings
    try:
        if recorded and settings.folders.database.exists():
            with open_warehouse(settings) as warehouse:
                job.keep(warehouse, outcome, problem or None)
    except TransitError as error:
        journal.write("record not kept", job_id=job.job_id, problem=str(error))
    rows = sum(step.rows_in or 0 for step in job.steps)
    moved = _clock_against_boot() - clock
    if abs(moved) > CLOCK_SECONDS:
        journal.write("clock moved", job_id=job.job_id, seconds=moved)
        progress.note(
            f"the clock moved by {moved / 3600:+.1f} hours while this ran; `transit "
            "doctor` says what to do"
        )
    else:
        moved = 0.0
    now = ended(
        begun(before, job.started_at.timestamp()),
        time.time(),
        outcome=outcome,
        problem=problem,
        rows=rows,
        clock_moved_seconds=moved,
    )
    with contextlib.suppress(OSError):
        write_state(settings.folders.private, now)
    journal.write(
        "job ended", job_id=job.job_id, outcome=outcome, problem=problem, seconds=now.last_seconds
    )


def _notify_failure(job: Job, problem: str) -> None:
    done = ", ".join(step.step for step in job.steps if step.outcome != "failed") or "nothing"
    text = (
        f"{problem}\n\nDone before: {done}. The last edition stays published; `transit run` "
        f"goes on from here.\nJob {job.job_id}, log {job.settings.folders.logs / journal.NAME}"
    )
    for unsent in notify(
        job.settings.notify, event="failed", title="transit: a run failed", text=text
    ):
        progress.note(str(unsent))


def _notify_success(job: Job, before: State, problem: str) -> None:
    """Success is reported only after a failure; files that could not be read, each time."""
    if job.problems:
        unsent = notify(
            job.settings.notify,
            event="failed",
            title="transit: a run could not read everything",
            text=f"{problem}\n\nEverything else was done.",
        )
    elif before.failures_in_a_row:
        unsent = notify(
            job.settings.notify,
            event="recovered",
            title="transit: runs work again",
            text=f"After {before.failures_in_a_row} failed. Job {job.job_id}.",
        )
    else:
        return
    for problem_of_sending in unsent:
        progress.note(str(problem_of_sending))


def show_progress(job: Job, steps: int) -> None:
    """A progress bar in Prefect: percent of steps that ended. Where Prefect's API fails, the job
    goes on without it.
    """
    artifact: UUID | None = None

    def on_step(name: str, ended_steps: int) -> None:
        nonlocal artifact
        percent = 100.0 * ended_steps / steps
        with contextlib.suppress(httpx.HTTPError, OSError):
            if artifact is None:
                created = create_progress_artifact(
                    progress=percent, key="progress", description=f"at {name}"
                )
                artifact = created if isinstance(created, UUID) else None
            else:
                update_progress_artifact(
                    artifact_id=artifact, progress=percent, description=f"at {name}"
                )

    job.on_step = on_step
