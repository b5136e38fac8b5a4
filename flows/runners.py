"""Where heavy work runs: in this process, in a pool of processes, or on a Dask cluster, through Prefect's task runners.

What a runner is sent are independent chunks, and results come back in the order of the chunks, so every runner gives the
same numbers to the bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from concurrent.futures import BrokenExecutor, CancelledError
from typing import Any, TypeVar

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows import journal, progress
from flows.parent import end_with
from flows.settings import RunSettings
from warehouse.errors import Problem, SettingsError, TransitError

C = TypeVar("C")
R = TypeVar("R")
WORTH_A_POOL = 8
"""With fewer chunks the processes take longer to start than they save."""


@task(name="chunk", cache_policy=NO_CACHE, retries=1)
def run_chunk(function: Callable[[Any], Any], chunk: Any) -> Any:
    return function(chunk)


class WorkerError(TransitError):
    """A piece of work that no worker could do."""


def map_tasks(function: Callable[[C], R], chunks: Iterable[C]) -> list[R]:
    """Like map, each chunk a task on the running flow's task runner; a few chunks are done here at once.

    What was lost with a worker or a scheduler that ended is done here too: chunks are independent, so the numbers are the
    same. Raises WorkerError where a chunk needs more memory than there is.
    """
    todo = list(chunks)
    try:
        if len(todo) < WORTH_A_POOL:
            return [function(chunk) for chunk in todo]
        found = _mapped(function, todo)
        lost = [place for place, one in enumerate(found) if isinstance(one, _Lost)]
        if lost:
            cause = found[lost[0]]
            journal.write("chunks lost", chunks=len(lost), of=len(todo), cause=str(cause))
            progress.note(f"{len(lost)} of {len(todo)} pieces of work were lost ({cause}); they are done here")
        return [function(chunk) if isinstance(one, _Lost) else one for chunk, one in zip(todo, found, strict=True)]
    except MemoryError as error:
        raise WorkerError(
            "a piece of the forecast needs more memory than there is",
            [Problem("[run] workers, [forecast] draws", str(error) or "out of memory")],
            "Fewer workers leave more for each; fewer draws need less. What was finished is kept: run again.",
        ) from error


class _Lost(str):
    """Why a chunk has no result though nothing is wrong with it."""


def _mapped(function: Callable[[C], R], todo: list[C]) -> list[R | _Lost]:
    try:
        futures = run_chunk.map(unmapped(function), todo)
    except BrokenExecutor:
        return [_Lost("a worker process ended")] * len(todo)
    found: list[R | _Lost] = []
    for future in futures:
        try:
            found.append(future.result())
        except BrokenExecutor:
            found.append(_Lost("a worker process ended"))
        except CancelledError:
            found.append(_Lost("the Dask scheduler ended"))
    return found


def on_runner(run: RunSettings, name: str, work: Callable[[], R]) -> R:
    """Does `work` in a flow of its own, on the runner that [run] names: there `map_tasks` sends its chunks."""

    @flow(name=name, task_runner=task_runner(run))
    def on_its_runner() -> R:
        return work()

    # Prefect gives every subflow a heartbeat thread that takes a second to stop; the parent's is enough.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        return on_its_runner()


def prepare_worker() -> None:
    """Workers share the cores, and a threaded BLAS would change the last digits. None outlives a parent that was killed."""
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    end_with(os.getppid())


def task_runner(run: RunSettings) -> TaskRunner[Any]:
    """The runner that [run] names. Raises SettingsError where Dask is asked for and not installed."""
    if run.runner == "threads":
        return ThreadPoolTaskRunner(max_workers=1)
    if run.runner == "processes":
        return ProcessPoolTaskRunner(max_workers=run.workers, initializer=prepare_worker)
    try:
        from prefect_dask import DaskTaskRunner
    except ImportError as error:
        raise SettingsError(
            "Dask is not installed",
            [Problem("[run] runner", "is dask")],
            "Install it, pip install 'transit-forecast[dask]', or set runner to processes.",
        ) from error
    cluster: TaskRunner[Any]
    if run.dask_address:
        cluster = DaskTaskRunner(address=run.dask_address)
    else:
        cluster = DaskTaskRunner(
            cluster_kwargs={
                "n_workers": run.workers,
                "threads_per_worker": 1,
                "host": "127.0.0.1",
                "dashboard_address": None,
            }
        )
    return cluster
