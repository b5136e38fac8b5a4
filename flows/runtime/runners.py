"""Where heavy work runs: in this process, in a pool of processes, or on a Dask cluster, through
Prefect's task runners.

What a runner is sent are independent chunks, and results come back in the order of the chunks, so
every runner gives the same numbers to the bit.
"""

from __future__ import annotations

import contextlib
import faulthandler
import pickle
import time
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import CancelledError, Future, wait
from contextvars import ContextVar
from functools import partial
from typing import TYPE_CHECKING, Any, TypeVar
from uuid import uuid4

from prefect import Task, flow, task
from prefect.cache_policies import NO_CACHE
from prefect.context import FlowRunContext
from prefect.futures import PrefectWrappedFuture
from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner

from flows.record import journal, progress
from flows.runtime.here import ended_if_held, within
from flows.runtime.workers import FIRST_SECONDS, TRIES, Limit, WorkerError, Workers, gave_up
from flows.settings import RunSettings
from warehouse.errors import Problem, SettingsError

if TYPE_CHECKING:
    from prefect_dask import PrefectDaskFuture

C = TypeVar("C")
R = TypeVar("R")
WORTH_A_POOL = 8
"""With fewer chunks the processes take longer to start than they save."""
AHEAD = 4
"""Pieces in hand for each worker: enough that none waits for work, few enough that results don't
pile up.
"""
LOOK_SECONDS = 20.0
_WORK: ContextVar[Callable[[], Any]] = ContextVar("work")
_RUN: ContextVar[RunSettings] = ContextVar("run", default=RunSettings())  # noqa: B039 - it is frozen


def _apply(function: Callable[[C], R], chunk: C) -> R:
    return function(chunk)


run_chunk: Task[..., Any] = task(name="chunk", cache_policy=NO_CACHE)(_apply)


class Answer(PrefectWrappedFuture[R, Future[R]]):
    """What a worker will say. Prefect's own future and its result hold each other, until garbage is
    next collected.
    """

    def wait(self, timeout: float | None = None) -> None:
        wait([self.wrapped_future], timeout)

    def result(self, timeout: float | None = None, raise_on_failure: bool = True) -> R:
        return self.wrapped_future.result(timeout)


class WatchedProcesses(TaskRunner[Answer[Any]]):
    """Prefect's interface to `flows.runtime.workers`. Prefect's engine stays in this process: its
    workers do nothing but the work.
    """

    def __init__(self, count: int, limit_seconds: float) -> None:
        super().__init__()  # type: ignore[no-untyped-call]
        self._count, self._limit = count, limit_seconds
        self._workers: Workers | None = None

    def duplicate(self) -> WatchedProcesses:
        return type(self)(self._count, self._limit)

    def submit(
        self,
        task: Task[Any, Any],
        parameters: dict[str, Any],
        wait_for: Any = None,
        dependencies: Any = None,
    ) -> Answer[Any]:
        if self._workers is None:
            self._workers = Workers(self._count, self._limit)
        return Answer(uuid4(), self._workers.submit(parameters["function"], parameters["chunk"]))

    def __exit__(self, *what: Any) -> None:
        if self._workers is not None:
            self._workers.close()
            self._workers = None
        super().__exit__(*what)


def map_tasks(function: Callable[[C], R], chunks: Iterable[C]) -> list[R]:
    """Like map, each chunk a task on the running flow's task runner; a few chunks are done here at
    once.

    Raises WorkerError where a chunk needs more memory than there is, or more time than its limit.
    """
    return list(stream_tasks(function, chunks))


def stream_tasks(function: Callable[[C], R], chunks: Iterable[C]) -> Iterator[R]:
    """What `map_tasks` returns, one after the other: only a few results wait for being asked for.

    What all chunks share belongs to `function`, as a partial: each process is sent it once. What
        was lost with a Dask scheduler
    that ended is done by worker processes here: chunks are independent, so the numbers are the
        same.
    """
    todo, run = list(chunks), _RUN.get()
    try:
        if run.runner == "threads" or len(todo) < WORTH_A_POOL:
            yield from _here(function, todo, run)
        elif run.runner == "processes":
            yield from _ahead(
                lambda chunk: run_chunk.submit(function, chunk), todo, AHEAD * run.workers
            )
        else:
            yield from _on_dask(function, todo, run)
    except MemoryError as error:
        raise WorkerError(
            "a piece of the work needs more memory than there is",
            [Problem("[run] workers, [forecast] draws", str(error) or "out of memory")],
            "Fewer workers leave more for each; fewer draws need less. What was finished "
            "is kept: run again.",
        ) from error


def _ahead(submit: Callable[[C], Any], todo: list[C], ahead: int) -> Iterator[Any]:
    """Results in order, with at most so many pieces submitted beyond the one that is waited for."""
    waiting: deque[Any] = deque()
    for chunk in todo:
        waiting.append(submit(chunk))
        if len(waiting) > ahead:
            yield waiting.popleft().result()
    while waiting:
        yield waiting.popleft().result()


def _here(function: Callable[[C], R], todo: list[C], run: RunSettings) -> Iterator[R]:
    limit, pieces = Limit(run.chunk_minutes * 60), list(enumerate(todo, start=1))
    in_time = partial(within, limit, function)
    with ended_if_held():
        if len(todo) < WORTH_A_POOL:
            yield from map(in_time, pieces)
        else:
            yield from _ahead(
                lambda piece: run_chunk.submit(in_time, piece), pieces, AHEAD * run.workers
            )


class _Lost(str):
    """Why a chunk has no result though nothing is wrong with it."""


def _on_dask(function: Callable[[C], R], todo: list[C], run: RunSettings) -> Iterator[R]:
    context = FlowRunContext.get()
    client = context.task_runner.client  # type: ignore[union-attr]  # a flow on Dask is at work
    seconds, left = run.chunk_minutes * 60 or FIRST_SECONDS, deque(enumerate(todo, start=1))
    threads = sum(client.nthreads().values())
    # Without workers nothing can be sent ahead; waiting for the first piece tells.
    shared = (
        client.scatter(function, broadcast=True, hash=False)
        if threads and isinstance(function, partial)
        else function
    )
    ahead = AHEAD * max(run.workers, threads)
    waiting: deque[tuple[tuple[int, C], Any]] = deque()
    while left or waiting:
        while left and len(waiting) <= ahead:
            piece = left.popleft()
            waiting.append((piece, run_in_time.submit(seconds, shared, pickle.dumps(piece[1]))))
        piece, future = waiting.popleft()
        found = _patiently(future, seconds, piece[0])
        if isinstance(found, _Lost):
            rest = [piece, *(one for one, _ in waiting), *left]
            journal.write("chunks lost", chunks=len(rest), of=len(todo), cause=str(found))
            progress.note(
                f"{len(rest)} of {len(todo)} pieces of work were lost ({found}); they are done here"
            )
            yield from _instead(function, [chunk for _, chunk in rest], run)
            return
        yield pickle.loads(found)


def _instead(function: Callable[[C], R], chunks: list[C], run: RunSettings) -> Iterator[R]:
    """By worker processes of the run's own."""
    workers = Workers(run.workers, run.chunk_minutes * 60)
    try:
        yield from _ahead(partial(workers.submit, function), chunks, AHEAD * run.workers)
    finally:
        workers.close()


def _patiently(future: PrefectDaskFuture[Any], seconds: float, number: int) -> Any:
    """Its result, however long that takes while there are workers, or _Lost. Raises WorkerError
    after `seconds` without any, or where it cost every worker.
    """
    from distributed import KilledWorker

    alone_since = time.monotonic()
    while True:
        try:
            return future.result(timeout=min(seconds, LOOK_SECONDS))
        except KilledWorker as killed:
            cause = (
                f"cost every worker that tried, the last {killed.last_worker.address}: it "
                f"died, or took over {seconds:.0f} s; its output tells where"
            )
            raise gave_up(f"piece {number}", [cause]) from None
        except CancelledError:
            return _Lost("the Dask scheduler ended")
        except TimeoutError:
            client = future.wrapped_future.client
            with contextlib.suppress(OSError):  # a scheduler that restarts: the future will tell
                if client.scheduler_info(n_workers=1)["n_workers"]:
                    alone_since = time.monotonic()
            if time.monotonic() - alone_since > seconds:
                at = client.scheduler.address
                raise WorkerError(
                    "nobody does the work",
                    [Problem("[run] dask_address", f"{at} has no workers")],
                    f"Start some: dask worker {at} --nthreads 1.",
                ) from None


def _within(seconds: float, function: Callable[[Any], Any], chunk: bytes) -> bytes:
    """Ends a Dask worker that is stuck, whatever holds it; its nanny starts another, and the
    scheduler sends the chunk elsewhere.

    Chunk and result are pickled: Prefect and Dask would look into every array and object of what
    they are handed.
    """
    faulthandler.dump_traceback_later(seconds, exit=True, file=2)
    try:
        return pickle.dumps(function(pickle.loads(chunk)))
    finally:
        faulthandler.cancel_dump_traceback_later()


run_in_time: Task[..., Any] = task(name="chunk", cache_policy=NO_CACHE)(_within)


def on_runner(run: RunSettings, name: str, work: Callable[[], R], *, threads: int = 1) -> R:
    """Does `work` in a flow of its own, on the runner that [run] names: there `map_tasks` sends its
    chunks.

    More than one of the `threads` of that runner help only where the interpreter's lock is let go.
    """

    on_its_runner: Callable[[], None] = flow(name=name, task_runner=task_runner(run, threads))(
        _work
    )
    found: list[R] = []  # Prefect would hold what a flow returns until the next one runs.
    before, outer = _RUN.set(run), _WORK.set(lambda: found.append(work()))
    # Prefect gives every subflow a heartbeat thread that takes a second to stop; the parent's is
    # enough.
    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        try:
            on_its_runner()
            return found.pop()
        finally:
            _RUN.reset(before)
            _WORK.reset(outer)


def _work() -> None:
    """A flow of this module's own: Prefect sends the running flow's function with each task, and
    what it closes over with it.
    """
    _WORK.get()()


def spread(
    run: RunSettings,
    name: str,
    function: Callable[[C], R],
    chunks: Sequence[C],
    keep: Callable[[int, R], None],
) -> None:
    """Hands each chunk's result over with its place, as it comes from the runner that [run] names.

    Threads work on as many chunks as there are `workers`: for work that lets the interpreter's lock
        go.
    """

    def work() -> None:
        if (
            run.runner == "threads"
        ):  # Prefect holds what a task of its threads returns until the flow ends: nothing is
            deque(
                stream_tasks(lambda one: keep(one[0], function(one[1])), enumerate(chunks)),
                maxlen=0,
            )
        else:
            for place, found in enumerate(stream_tasks(function, chunks)):
                keep(place, found)

    on_runner(run, name, work, threads=run.workers)


def task_runner(run: RunSettings, threads: int = 1) -> TaskRunner[Any]:
    """The runner that [run] names. Raises SettingsError where Dask is asked for and not
    installed.
    """
    if run.runner == "threads":
        return ThreadPoolTaskRunner(max_workers=threads)
    if run.runner == "processes":
        return WatchedProcesses(run.workers, run.chunk_minutes * 60)
    try:
        import dask
        from distributed import Security
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
        # A worker that dies in the midst of a chunk leaves it to one other; a local scheduler
        # reads this when it starts.
        dask.config.set({"distributed.scheduler.allowed-failures": TRIES - 1})
        # Whoever reaches a scheduler runs code as its user, and loopback is open to every user of
        # the machine: certificates made for this cluster alone keep the others out.
        own = Security.temporary()
        cluster = DaskTaskRunner(
            cluster_kwargs={
                "n_workers": run.workers,
                "threads_per_worker": 1,
                "host": "127.0.0.1",
                "dashboard_address": None,
                "security": own,
            },
            client_kwargs={"security": own},
        )
    return cluster
