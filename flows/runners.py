"""Where heavy work runs: in this process, in a pool of processes, or on a Dask cluster, through Prefect's task runners.

What a runner is sent are independent chunks, and results come back in the order of the chunks, so every runner gives the
same numbers to the bit.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from typing import Any, TypeVar

from prefect import flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import ProcessPoolTaskRunner, TaskRunner, ThreadPoolTaskRunner

from flows.parent import end_with
from flows.settings import RunSettings
from warehouse.errors import Problem, SettingsError

C = TypeVar("C")
R = TypeVar("R")
WORTH_A_POOL = 8
"""With fewer chunks the processes take longer to start than they save."""


@task(name="chunk", cache_policy=NO_CACHE, retries=1)
def run_chunk(function: Callable[[Any], Any], chunk: Any) -> Any:
    return function(chunk)


def map_tasks(function: Callable[[C], R], chunks: Iterable[C]) -> list[R]:
    """Like map, each chunk a task on the running flow's task runner; a few chunks are done here at once."""
    todo = list(chunks)
    if len(todo) < WORTH_A_POOL:
        return [function(chunk) for chunk in todo]
    return [future.result() for future in run_chunk.map(unmapped(function), todo)]


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
