"""How a process is told to stop, by Ctrl-C or a service manager: it is known at once and by what, and ends in time whatever holds it.

Python tells of a signal by an exception, and that can get lost: DuckDB makes an error of its own of it, Prefect would try that task again.
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
PATIENCE_SECONDS = 12.0
"""What has not ended so long after the signal is ended, as a crash would end it."""
_heard: list[signal.Signals] = []
_lock = threading.Lock()
_ear = -1
_patience = PATIENCE_SECONDS
_last_words: list[Callable[[str], None]] = []


def listen(patience_seconds: float = PATIENCE_SECONDS) -> None:
    """From now on both signals raise KeyboardInterrupt in the main thread, and are heard. Main thread only."""
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    hear(patience_seconds)


def hear(patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Hears both signals, whoever handles them: as long as somebody does, the interpreter notes each in a pipe first."""
    global _ear, _patience
    _patience = patience_seconds
    if _ear >= 0 or threading.current_thread() is not threading.main_thread():
        return
    _ear, mouth = os.pipe()
    os.set_blocking(_ear, False)
    os.set_blocking(mouth, False)
    signal.set_wakeup_fd(mouth, warn_on_full_buffer=False)
    threading.Thread(target=_wait, daemon=True, name="stopping").start()


def leave() -> None:
    """The process has said its last words: another signal ends it, and without a traceback."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def told() -> str:
    """The signal that told this process to stop, such as SIGTERM; empty where none did."""
    with _lock, contextlib.suppress(BlockingIOError):
        while _ear >= 0 and (noted := os.read(_ear, 64)):
            _heard.extend(signal.Signals(one) for one in noted if one in SIGNALS)
    return _heard[0].name if _heard else ""


def go_on() -> None:
    """Raises KeyboardInterrupt where the exception that a signal raised was lost."""
    if told():
        raise KeyboardInterrupt


def code_of(name: str) -> int:
    """The exit code that says so."""
    return 128 + signal.Signals[name]


def words(name: str) -> str:
    return f"Stopped by {name}. What was finished is kept; run the same command again to go on."


@contextmanager
def last_words(say: Callable[[str], None]) -> Iterator[None]:
    """`say` is called with the signal's name where this block does not end in time."""
    _last_words.append(say)
    try:
        yield
    finally:
        _last_words.remove(say)


def _interrupt(_signal: int, _frame: object) -> None:
    raise KeyboardInterrupt


def _wait() -> None:
    while not (name := told()):
        select.select([_ear], [], [], 1.0)  # what another thread has read does not come here
    time.sleep(_patience)
    for say in _last_words:
        say(name)
    sys.stderr.write(f"{words(name)}\nWhat it was doing did not end in {_patience:.0f} s, so its process was ended.\n")
    sys.stderr.flush()
    os._exit(code_of(name))
