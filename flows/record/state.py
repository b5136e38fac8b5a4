"""How the last jobs ended, in one small file beside the warehouse: for the doctor, the metrics and
the notices.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from warehouse.store.files import write_file
from warehouse.store.process import is_running, started

NAME = "state.json"


@dataclass(frozen=True)
class State:
    """Times are seconds since 1970; 0: never."""

    last_start: float = 0.0
    last_end: float = 0.0
    last_success: float = 0.0
    last_failure: float = 0.0
    failures_in_a_row: int = 0
    last_seconds: float = 0.0
    last_outcome: str = ""
    last_problem: str = ""
    jobs: int = 0
    jobs_failed: int = 0
    rows_read: int = 0
    running_process: int = 0
    running_since_ticks: int = 0  # when that process began; its number may be given out again
    clock_moved_seconds: float = 0.0  # within the last job, by other than the passing of time


def read_state(private: Path) -> State:
    """The state file's content; a fresh state where the file is missing or can't be read."""
    try:
        stored = json.loads((private / NAME).read_text(encoding="utf-8"))
        return State(
            **{name: value for name, value in stored.items() if name in State.__dataclass_fields__}
        )
    except (OSError, ValueError, TypeError, AttributeError):
        return State()


def write_state(private: Path, state: State) -> None:
    write_file(private / NAME, json.dumps(asdict(state), indent=1))


def at_work(state: State) -> bool:
    """Whether the job that last began still runs; one that was killed left its process number
    behind.
    """
    return is_running(state.running_process, state.running_since_ticks)


def begun(state: State, at: float) -> State:
    own = os.getpid()
    return replace(state, last_start=at, running_process=own, running_since_ticks=started(own))


def ended(
    state: State,
    at: float,
    *,
    outcome: str,
    problem: str,
    rows: int,
    clock_moved_seconds: float = 0.0,
) -> State:
    """`outcome` is done, partly or failed; partly counts as success: every readable file was worked
    on.
    """
    failed = outcome == "failed"
    return replace(
        state,
        last_end=at,
        last_seconds=at - state.last_start - clock_moved_seconds,
        clock_moved_seconds=clock_moved_seconds,
        last_success=state.last_success if failed else at,
        last_failure=at if failed else state.last_failure,
        failures_in_a_row=state.failures_in_a_row + 1 if failed else 0,
        last_outcome=outcome,
        last_problem=problem,
        jobs=state.jobs + 1,
        jobs_failed=state.jobs_failed + failed,
        rows_read=state.rows_read + rows,
        running_process=0,
        running_since_ticks=0,
    )
