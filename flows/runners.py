"""Where heavy work runs: in this process, in a pool of processes, or on a Dask cluster, through Prefect's task runners.

What a runner is sent are independent chunks, and results come back in the order of the chunks, so every runner gives the
same numbers to the bit.
"""

from __future__ import annotations

import contextlib
import faulthandler
import time
from collections.abc import Callable, Iterable
from concurrent.futures import CancelledError
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from prefect import Task, flow, task, unmapped
from prefect.cache_policies import NO_CACHE
from prefect.futures import PrefectConcurrentFuture
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows import journal, progress
from flows.settings import RunSettings
from flows.workers import FIRST_SECONDS, TRIES, WorkerError, Workers, apply, gave_up
from warehouse.errors import Problem, SettingsError

if TYPE_CHECKING:
    from prefect_dask import PrefectDaskFuture

C = TypeVar("C")
R = TypeVar("R")
WORTH_A_POOL = 8
"""With fewer chunks the processes take longer to start than they save."""
LOOK_SECONDS = 20.0
_RUN: ContextVar[RunSettings] = ContextVar("run", default=RunSettings())  # noqa: B039 - it is frozen

run_chunk: Task[..., Any] = task(name="chunk", cache_policy=NO_CACHE)(apply)


class WatchedProcesses(TaskRunner[PrefectConcurrentFuture[Any]]):
    """Prefect's interface to `flows.workers`. Prefect's engine stays in this process: its workers do nothing but the work."""

    def __init__(self, count: int, limit_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._count, self._limit = count, limit_seconds
        self._workers: Workers | None = None

    def duplicate(self) -> WatchedProcesses:
        return type(self)(self._count, self._limit)

    def submit(self, task: Task[Any, Any], parameters: dict[str, Any], wait_for: Any = None, dependencies: Any = None) -> PrefectConcurrentFuture[Any]:  # fmt: skip
        if self._workers is None:
            self._workers = Workers(self._count, self._limit)
        return PrefectConcurrentFuture(uuid4(), self._workers.submit(task.fn, parameters))

    def __exit__(self, *what: Any) -> None:
        if self._workers is not None:
            self._workers.close()
            self._workers = None
        super().__exit__(*what)


def map_tasks(function: Callable[[C], R], chunks: Iterable[C]) -> list[R]:
    """Like map, each chunk a task on the running flow's task runner; a few chunks are done here at once.

    What was lost with a Dask scheduler that ended is done by worker processes here: chunks are independent, so the numbers are
    the same. Raises WorkerError where a chunk needs more memory than there is, or twice as long as its limit.
    """
    todo = list(chunks)
    try:
        if len(todo) < WORTH_A_POOL:
            return [function(chunk) for chunk in todo]
        run = _RUN.get()
        if run.runner != "dask":
            return [future.result() for future in run_chunk.map(unmapped(function), todo)]
        found = _on_dask(function, todo, run)
        lost = [place for place, one in enumerate(found) if isinstance(one, _Lost)]
        if lost:
            cause = found[lost[0]]
            journal.write("chunks lost", chunks=len(lost), of=len(todo), cause=str(cause))
            progress.note(f"{len(lost)} of {len(todo)} pieces of work were lost ({cause}); they are done here")
            here = Workers(run.workers, run.chunk_minutes * 60)
            try:
                again = {place: here.submit(apply, {"function": function, "chunk": todo[place]}) for place in lost}
                found = [again[place].result() if place in again else one for place, one in enumerate(found)]
            finally:
                here.close()
    except MemoryError as error:
        raise WorkerError(
            "a piece of the forecast needs more memory than there is",
            [Problem("[run] workers, [forecast] draws", str(error) or "out of memory")],
            "Fewer workers leave more for each; fewer draws need less. What was finished is kept: run again.",
        ) from error
    return found  # type: ignore[return-value]  # nothing is lost any more


class _Lost(str):
    """Why a chunk has no result though nothing is wrong with it."""


def _on_dask(function: Callable[[C], R], todo: list[C], run: RunSettings) -> list[R | _Lost]:
    from distributed import KilledWorker

    seconds = run.chunk_minutes * 60 or FIRST_SECONDS
    futures = run_chunk.map(unmapped(partial(_within, seconds, function)), todo)
    found: list[R | _Lost] = []
    for place, future in enumerate(futures, start=1):
        try:
            found.append(_patiently(future, seconds))
        except KilledWorker as killed:
            cause = f"cost every worker that tried, the last {killed.last_worker.address}: it died, or took over {seconds:.0f} s; its output tells where"
            raise gave_up(f"piece {place}", [cause]) from None
        except CancelledError:
            found.append(_Lost("the Dask scheduler ended"))
    return found


def _patiently(future: PrefectDaskFuture[Any], seconds: float) -> Any:
    """Its result, however long that takes while there are workers. Raises WorkerError after `seconds` without any."""
    alone_since = time.monotonic()
    while True:
        try:
            return future.result(timeout=min(seconds, LOOK_SECONDS))
        except TimeoutError:
            client = future.wrapped_future.client
            with contextlib.suppress(OSError):  # a scheduler that restarts: the future will tell
                if client.scheduler_info(n_workers=1)["n_workers"]:
                    alone_since = time.monotonic()
            if time.monotonic() - alone_since > seconds:
                at = client.scheduler.address
                raise WorkerError("nobody does the work", [Problem("[run] dask_address", f"{at} has no workers")], f"Start some: dask worker {at} --nthreads 1.") from None  # fmt: skip


def _within(seconds: float, function: Callable[[C], R], chunk: C) -> R:
    """Ends a Dask worker that is stuck, whatever holds it; its nanny starts another, and the scheduler sends the chunk elsewhere."""
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    try:
        return function(chunk)
    finally:
        faulthandler.cancel_dump_traceback_later()


def on_runner(run: RunSettings, name: str, work: Callable[[], R]) -> R:
    """Does `work` in a flow of its own, on the runner that [run] names: there `map_tasks` sends its chunks."""

    @flow(name=name, task_runner=task_runner(run))
    def on_its_runner() -> R:
        return work()

    before = _RUN.set(run)
    # Prefect gives every subflow a heartbeat thread that takes a second to stop; the parent's is enough.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            return on_its_runner()
        finally:
            _RUN.reset(before)


def task_runner(run: RunSettings) -> TaskRunner[Any]:
    """The runner that [run] names. Raises SettingsError where Dask is asked for and not installed."""
    if run.runner == "threads":
        return ThreadPoolTaskRunner(max_workers=1)
    if run.runner == "processes":
        return WatchedProcesses(run.workers, run.chunk_minutes * 60)
    try:
        import dask
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
        # A worker that dies in the midst of a chunk leaves it to one other; a local scheduler reads this when it starts.
        dask.config.set({"distributed.scheduler.allowed-failures": TRIES - 1})
        cluster = DaskTaskRunner(
            cluster_kwargs={
                "n_workers": run.workers,
                "threads_per_worker": 1,
                "host": "127.0.0.1",
                "dashboard_address": None,
            }
        )
    return cluster
