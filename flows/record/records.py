"""What a job did, step by step: shown at the terminal and in Prefect, logged, and recorded in the
warehouse's ops schema.
"""

from __future__ import annotations

import contextlib
import json
import os
import platform
import re
import secrets
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime, timedelta
from importlib.metadata import version
from pathlib import Path

from flows.record import journal, progress
from flows.runtime import signals
from flows.settings import Settings
from flows.steps.identity import code_version, settings_json, step_key
from warehouse.errors import Problem
from warehouse.store.database import Warehouse

LIBRARIES = (
    "prefect",
    "fastapi",
    "sqlalchemy",
    "duckdb",
    "polars",
    "numpy",
    "scipy",
    "statsmodels",
    "altair",
)


@dataclass(frozen=True)
class StepRecord:
    """A step that ended."""

    job_id: str
    position: int
    step: str
    started_at: datetime
    seconds: float
    peak_mb: float
    rows_in: int | None
    outcome: str
    detail: str


@dataclass
class Job:
    """One start of the software; its steps so far, and how many of them the warehouse holds."""

    settings: Settings
    trigger: str = "terminal"
    flow_run_id: str | None = None
    accepted: str | None = None
    started_at: datetime = field(default_factory=lambda: datetime.now(UTC))
    steps: list[StepRecord] = field(default_factory=list)
    run_ids: list[str] = field(default_factory=list)
    on_step: Callable[[str, int], None] = lambda _name, _ended: None
    problems: list[Problem] = field(default_factory=list)
    kept_steps: int = 0
    job_id: str = ""

    def __post_init__(self) -> None:
        self.job_id = f"{self.started_at:%Y%m%dT%H%M%S}-{secrets.token_hex(2)}"

    @contextmanager
    def step(self, name: str) -> Iterator[Outcome]:
        """Times a step and records the outcome its caller fills in; an exception is recorded and
        passes on. No step begins after a stop signal.
        """
        signals.raise_if_stopped()
        outcome = Outcome()
        started_at, clock = datetime.now(UTC), time.perf_counter()
        _forget_peak()
        journal.write("step started", job_id=self.job_id, step=name)
        self.on_step(name, len(self.steps))
        failed = True
        try:
            with progress.step(name) as done:
                yield outcome
                done(outcome.detail)
            failed = False
        finally:
            result = "failed" if failed else "kept" if outcome.kept else "done"
            record = StepRecord(
                self.job_id,
                len(self.steps) + 1,
                name,
                started_at,
                time.perf_counter() - clock,
                peak_mb(),
                outcome.rows_in,
                result,
                outcome.detail,
            )
            self.steps.append(record)
            journal.write("step ended", **asdict(record))

    def keep_steps(self, warehouse: Warehouse) -> None:
        """Writes the steps that ended since the last call."""
        with warehouse.transaction():
            for record in self.steps[self.kept_steps :]:
                warehouse.run("operations/keep_step", **asdict(record))
        self.kept_steps = len(self.steps)

    def keep(self, warehouse: Warehouse, outcome: str, problem: str | None) -> None:
        """Writes the job and its remaining steps, and forgets records older than [run]
        keep_record_days.
        """
        with warehouse.transaction():
            self.keep_steps(warehouse)
            warehouse.run(
                "operations/keep_job",
                job_id=self.job_id,
                trigger=self.trigger,
                flow_run_id=self.flow_run_id,
                host=platform.node(),
                process=os.getpid(),
                started_at=self.started_at,
                finished_at=datetime.now(UTC),
                outcome=outcome,
                problem=problem,
                code_version=code_version(),
                versions=json.dumps(versions()),
                settings_hash=step_key(settings_json(self.settings)),
                seed=self.settings.forecast.seed,
                run_ids=" ".join(self.run_ids) or None,
                accepted=self.accepted,
            )
            if self.settings.run.keep_record_days:
                before = self.started_at - timedelta(days=self.settings.run.keep_record_days)
                for table in ("steps", "jobs"):
                    warehouse.run(f"operations/forget_{table}", before=before)


@dataclass
class Outcome:
    """What a step reports of itself: a sentence for people, rows read, whether kept results were
    used.
    """

    detail: str = ""
    rows_in: int | None = None
    kept: bool = False


def versions() -> dict[str, str]:
    return {"python": platform.python_version(), **{name: version(name) for name in LIBRARIES}}


def _forget_peak() -> None:
    # Linux: 5 resets the high-water mark of resident memory.
    with contextlib.suppress(OSError):
        Path("/proc/self/clear_refs").write_text("5", encoding="ascii")


def peak_mb() -> float:
    """Most memory this process held since the last reset, or a finished worker ever held, whichever
    is more.
    """
    import resource  # of Unix alone, as runs are; who only reads imports this module too

    try:
        status = Path("/proc/self/status").read_text(encoding="ascii")
        own = int(re.search(r"VmHWM:\s+(\d+)", status)[1]) * 1024  # type: ignore[index]
    except (OSError, TypeError):
        own = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * (
            1 if sys.platform == "darwin" else 1024
        )
    workers = resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss * (
        1 if sys.platform == "darwin" else 1024
    )
    return max(own, workers) / 1e6
