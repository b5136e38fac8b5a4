"""Worker processes that are watched: one that dies or hangs is ended, and its piece of work done
once more by another.

Nothing here imports Prefect: without it a worker starts in half the time.
"""

from __future__ import annotations

import contextlib
import faulthandler
import os
import re
import signal
import sys
import tempfile
import threading
import time
import traceback
from collections.abc import Callable
from concurrent.futures import Future
from dataclasses import dataclass, field
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import Any

from flows.record import journal, progress
from flows.runtime import signals
from flows.runtime.parent import end_with
from warehouse.errors import Problem, TransitError

FIRST_SECONDS, LEAST_SECONDS, TIMES_SLOWEST = 1800.0, 300.0, 20.0
"""A piece may take the first until one has ended, then so many times the slowest so far, at least
the second.
"""
TRIES = 2
LAST_WORDS_SECONDS = 2.0


class WorkerError(TransitError):
    """A piece of work that no worker could do."""


def prepare_worker() -> None:
    """Workers share the cores, and a threaded BLAS would change the last digits. None outlives a
    parent that was killed.
    """
    os.environ.update(OMP_NUM_THREADS="1", OPENBLAS_NUM_THREADS="1")
    end_with(os.getppid())


def gave_up(place: str, causes: list[str]) -> WorkerError:
    return WorkerError(
        "a piece of the work could not be done",
        [Problem(f"{place}, try {number}", cause) for number, cause in enumerate(causes, start=1)],
        "What was finished is kept: run again. If it needs more time, raise [run] "
        "chunk_minutes; if its process was killed,"
        " fewer [run] workers leave more memory for each.",
    )


class Limit:
    """How long a piece may take: `given_seconds`, or by what others took where that is 0."""

    def __init__(self, given_seconds: float = 0.0) -> None:
        self._given, self._slowest = given_seconds, 0.0

    def took(self, seconds: float) -> None:
        self._slowest = max(self._slowest, seconds)

    def seconds(self) -> float:
        derived = (
            max(LEAST_SECONDS, TIMES_SLOWEST * self._slowest) if self._slowest else FIRST_SECONDS
        )
        return self._given or derived


class _LostError(Exception):
    """A process ended without an answer; says how."""


@dataclass
class _Piece:
    function: Callable[[Any], Any]
    chunk: object
    place: str
    answer: Future[Any] = field(default_factory=Future)
    causes: list[str] = field(default_factory=list)


class Workers:
    """`count` processes that each do one piece at a time. `limit_seconds` 0: derived from how long
    pieces have taken.
    """

    def __init__(self, count: int, limit_seconds: float = 0.0) -> None:
        self.limit, self.count, self._submitted = Limit(limit_seconds), count, 0
        self._queue: SimpleQueue[_Piece | None] = SimpleQueue()
        self._processes: set[_Process] = set()
        self._closed = False
        self._threads = [threading.Thread(target=self._serve, daemon=True) for _ in range(count)]
        for thread in self._threads:
            thread.start()

    def submit(self, function: Callable[[Any], Any], chunk: object) -> Future[Any]:
        """Its answer, the error it raised, or WorkerError where two processes died of it or got
        stuck.

        A process is sent a function only where it is another than the last, so what all chunks
        share belongs to it.
        """
        self._submitted += 1
        piece = _Piece(function, chunk, f"piece {self._submitted}")
        self._queue.put(piece)
        return piece.answer

    def close(self) -> None:
        """Ends every process, also one at work; what was not done stays without an answer."""
        self._closed = True
        while True:
            try:
                self._queue.get_nowait()
            except Empty:
                break
        for process in tuple(self._processes):
            process.kill()
        for _ in self._threads:
            self._queue.put(None)
        for thread in self._threads:
            thread.join()

    def _serve(self) -> None:
        process: _Process | None = None
        while (piece := self._queue.get()) is not None:
            began = time.monotonic()
            try:
                if process is None:
                    process = _Process()
                    self._processes.add(process)
                    if self._closed:  # while it started: nobody else will end it
                        process.kill()
                done, answer = process.do(piece, self.limit.seconds())
                self.limit.took(time.monotonic() - began)
            except _LostError as lost:
                self._do_again(piece, str(lost))
            except Exception as error:  # noqa: BLE001 - no process can be had, or what goes to and fro can't be pickled
                error.add_note(f"{piece.place} of the work, on its way to a process or back")
                piece.answer.set_exception(error)
                if process is not None:
                    process.end()
            else:
                if done:
                    piece.answer.set_result(answer)
                else:
                    piece.answer.set_exception(answer)
            if process is not None and process.ended:
                self._processes.discard(process)
                process = None
        if process is not None:
            self._processes.discard(process)
            process.end()

    def _do_again(self, piece: _Piece, cause: str) -> None:
        if self._closed or signals.received_signal():
            return
        piece.causes.append(cause)
        journal.write("worker lost", piece=piece.place, cause=cause)
        if len(piece.causes) < TRIES:
            progress.note(f"{piece.place} of the work {cause}; another worker does it again")
            self._queue.put(piece)
        else:
            piece.answer.set_exception(gave_up(piece.place, piece.causes))


class _Process:
    """A spawned process at the other end of a pipe."""

    def __init__(self) -> None:
        self.ended = False
        self._knows: Callable[[Any], Any] | None = None
        with tempfile.NamedTemporaryFile(prefix="transit-worker-", delete=False) as words:
            self._last_words = Path(words.name)
        context = get_context("spawn")
        self._pipe, theirs = context.Pipe()
        self._process = context.Process(
            target=_work, args=(theirs, str(self._last_words)), daemon=True
        )
        self._process.start()
        theirs.close()

    def do(self, piece: _Piece, seconds: float) -> tuple[bool, Any]:
        """Whether it succeeded, and its answer or error. Raises _LostError where the process ends
        first, if need be by our hand.
        """
        stuck: list[str] = []
        alarm = threading.Timer(seconds, lambda: stuck.append(self._kill_stuck(seconds)))
        alarm.daemon = True
        alarm.start()
        answer: tuple[bool, Any] | None = None
        try:
            with contextlib.suppress(EOFError, OSError):
                self._pipe.send(
                    (None if self._knows is piece.function else piece.function, piece.chunk)
                )
                self._knows = piece.function
                answer = self._pipe.recv()
        finally:
            alarm.cancel()
            alarm.join()
        if answer is None or stuck:  # stuck with an answer: it came in its last moment
            self.end()
        if answer is None:
            raise _LostError(stuck[0] if stuck else self._how_it_ended())
        return answer

    def kill(self) -> None:
        self._process.kill()

    def end(self) -> None:
        self.ended = True
        self._process.kill()
        self._process.join()
        self._pipe.close()
        self._last_words.unlink(missing_ok=True)

    def _kill_stuck(self, seconds: float) -> str:
        """Asks the process where it is, ends it, and returns what to say of it."""
        words, patience = "", time.monotonic() + LAST_WORDS_SECONDS
        if self._process.pid is not None:
            os.kill(self._process.pid, signal.SIGUSR1)
        while not words and time.monotonic() < patience:
            time.sleep(0.05)
            words = self._last_words.read_text("utf-8") if self._last_words.exists() else ""
        self._process.kill()
        at = re.search(r'File "(.*)", line (\d+) in (\S+)', words)
        where = (
            f"it was in {at[3]}, {at[1]}:{at[2]}" if at else "it did not react to a signal either"
        )
        return f"gave no answer in {seconds:.0f} s and was ended ({where})"

    def _how_it_ended(self) -> str:
        code = self._process.exitcode
        if code is not None and code < 0:
            name = signal.Signals(-code).name
            return f"lost its process to {name}" + (
                " (for want of memory?)" if name == "SIGKILL" else ""
            )
        return f"lost its process, which ended with code {code}"


def _work(pipe: Connection[Any, Any], last_words: str) -> None:
    prepare_worker()
    # The parent decides what Ctrl-C means, and what a service manager's word to all of its group
    # does.
    for number in signals.SIGNALS:
        signal.signal(number, signal.SIG_IGN)
    known: Callable[[Any], Any] | None = None
    with Path(last_words).open("w", encoding="utf-8") as words:
        faulthandler.register(signal.SIGUSR1, file=words, all_threads=False)
        while True:
            try:
                function, chunk = pipe.recv()
            except EOFError:
                sys.exit()
            known = function or known
            try:
                answer = (True, known(chunk))  # type: ignore[misc]  # the first piece brings it
            except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is asked for
                error.add_note(traceback.format_exc())
                answer = (False, error)
            pipe.send(answer)
