"""Pieces of work done in this process, each by a thread that can be left behind: one that hangs is
named and ends the run.
"""

from __future__ import annotations

import faulthandler
import sys
import threading
import time
from collections.abc import Callable, Iterator
from concurrent.futures import Future
from contextlib import contextmanager, suppress
from contextvars import copy_context
from typing import TypeVar

from flows.runtime.workers import Limit, gave_up

C = TypeVar("C")
R = TypeVar("R")
GRACE_SECONDS = 60.0
"""What holds the interpreter itself can't be left behind; so long after the limit the whole process
is ended.
"""


def within(limit: Limit, function: Callable[[C], R], piece: tuple[int, C]) -> R:
    """The numbered piece's result. Raises WorkerError where it takes longer than the limit."""
    number, chunk = piece
    answer: Future[R] = Future()
    context = copy_context()

    def work() -> None:
        try:
            answer.set_result(context.run(function, chunk))
        except BaseException as error:  # noqa: BLE001 - it is raised again where the answer is asked for
            answer.set_exception(error)

    seconds, began = limit.seconds(), time.monotonic()
    thread = threading.Thread(target=work, daemon=True, name=f"piece {number}")
    # Starts anew with every piece, so that it ends only a process in which nothing moves any more.
    faulthandler.dump_traceback_later(seconds + GRACE_SECONDS, exit=True, file=2)
    thread.start()
    with suppress(TimeoutError):
        answer.exception(timeout=seconds)
    if not answer.done():
        raise gave_up(f"piece {number}", [f"gave no answer in {seconds:.0f} s ({_where(thread)})"])
    limit.took(time.monotonic() - began)
    return answer.result()


@contextmanager
def ended_if_held() -> Iterator[None]:
    """Around all of them: what `within` set off is over with the last."""
    try:
        yield
    finally:
        faulthandler.cancel_dump_traceback_later()


def _where(thread: threading.Thread) -> str:
    frame = sys._current_frames().get(thread.ident or 0)
    if frame is None:
        return "it ended just then"
    code = frame.f_code
    return f"it was in {code.co_name}, {code.co_filename}:{frame.f_lineno}"
