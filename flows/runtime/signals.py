"""Stop signals (Ctrl-C, a service manager's SIGTERM): recorded as they come, and the process ends
in
time whatever holds it.

Python reports a signal by an exception, and that can get lost: DuckDB turns it into an error of its
own, and Prefect would try that task again.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

SIGNALS = (signal.SIGINT, signal.SIGTERM)
GRACE_SECONDS = 12.0
"""A process that is still running so long after the signal is ended, as a crash would end it."""
EXIT_CALLBACK_SECONDS = 2.0
_received: list[signal.Signals] = []
_lock = threading.Lock()
_read_end = _write_end = -1
_grace_seconds = GRACE_SECONDS
_for_whole_process = False
_received_at = 0.0
_exit_callbacks: list[Callable[[str], None]] = []


def end_on_signals(grace_seconds: float = GRACE_SECONDS) -> None:
    """From now on both signals are recorded, raise KeyboardInterrupt in the main thread, and end
    the
    process. Call it in the main thread only.
    """
    global _for_whole_process
    _for_whole_process = True
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    watch_signals(grace_seconds)


def watch_signals(grace_seconds: float = GRACE_SECONDS) -> None:
    """Records SIGINT and SIGTERM through the interpreter's wakeup pipe, whoever handles them.

    Without `end_on_signals`, as in a notebook, a signal is about the job at work and not about the
    process: the next job starts without it.
    """
    global _read_end, _write_end, _grace_seconds
    _grace_seconds = grace_seconds
    if received_signal() and not _for_whole_process:
        _received.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    if _read_end < 0:
        _read_end, _write_end = os.pipe()
        os.set_blocking(_read_end, False)
        os.set_blocking(_write_end, False)
        threading.Thread(target=_wait, daemon=True, name="stop signals").start()
    # Each time: an event loop that came and went has left the interpreter without a pipe.
    before = signal.set_wakeup_fd(_write_end, warn_on_full_buffer=False)
    if before not in (
        -1,
        _write_end,
    ):  # an event loop's: signals go to it, and reach us as exceptions only
        signal.set_wakeup_fd(before)


def stop_watching() -> None:
    """The process has reported its end: another signal ends it at once, without a traceback."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def received_signal() -> str:
    """Name of the first stop signal received, such as "SIGTERM"; "" if none."""
    global _received_at
    with _lock, contextlib.suppress(BlockingIOError):
        while _read_end >= 0 and (received := os.read(_read_end, 64)):
            _received_at = _received_at if _received else time.monotonic()
            _received.extend(signal.Signals(number) for number in received if number in SIGNALS)
    return _received[0].name if _received else ""


def forget_interrupt() -> None:
    """An exception that a signal raised in code made from a text stays with the interpreter,
    however it was caught: under `python -m` that would end by SIGINT, whatever the exit code, were
    no other text run after it.
    """
    exec("")


def raise_if_stopped() -> None:
    """Raises KeyboardInterrupt if a stop signal came but its exception was swallowed (DuckDB and
    Prefect do that).
    """
    if received_signal():
        raise KeyboardInterrupt


def exit_code_of(name: str) -> int:
    """The exit code of a process that a signal stopped, as shells count it."""
    return 128 + signal.Signals[name]


def describe_signal(name: str) -> str:
    return f"Stopped by {name}. What was finished is kept; run the same command again to go on."


@contextmanager
def hold_signals() -> Iterator[None]:
    """Within this block further signals raise nothing: a second Ctrl-C would interrupt the
    recording
    of the first and leave a traceback.
    """
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    before = {number: signal.signal(number, lambda *_: None) for number in SIGNALS}
    try:
        yield
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)


@contextmanager
def on_forced_exit(report: Callable[[str], None]) -> Iterator[None]:
    """`report` is called with the signal's name if this block does not end in time."""
    _exit_callbacks.append(report)
    try:
        yield
    finally:
        _exit_callbacks.remove(report)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _wait() -> None:
    while not (
        (name := received_signal())
        and time.monotonic() - _received_at > _grace_seconds
        and (_for_whole_process or _exit_callbacks)
    ):
        select.select([_read_end], [], [], 0.5)
    code = exit_code_of(name)
    # A report may block, on a pipe that nobody empties or a disk that hangs, and an error would end
    # this thread alone.
    threading.Timer(EXIT_CALLBACK_SECONDS, os._exit, (code,)).start()
    try:
        for report in tuple(_exit_callbacks):
            report(name)
        sys.stderr.write(
            f"{describe_signal(name)}\nIts work did not end within {_grace_seconds:.0f} s, "
            "so the process was ended.\n"
        )
        sys.stderr.flush()
    finally:
        os._exit(code)
