"""How a process is told to stop, by Ctrl-C or a service manager: it is known at once and by what,
and ends in time whatever holds it.

Python tells of a signal by an exception, and that can get lost: DuckDB makes an error of its own of
    it, Prefect would try that task again.
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
LAST_WORDS_SECONDS = 2.0
_heard: list[signal.Signals] = []
_lock = threading.Lock()
_ear = _mouth = -1
_patience = PATIENCE_SECONDS
_for_good = False
_since = 0.0
_last_words: list[Callable[[str], None]] = []


def listen(patience_seconds: float = PATIENCE_SECONDS) -> None:
    """From now on both signals raise KeyboardInterrupt in the main thread, are heard, and end the
    process. Main thread only.
    """
    global _for_good
    _for_good = True
    for number in SIGNALS:
        signal.signal(number, _interrupt)
    hear(patience_seconds)


def hear(patience_seconds: float = PATIENCE_SECONDS) -> None:
    """Hears both signals, whoever handles them: as long as somebody does, the interpreter notes
    each in a pipe first.

    Without `listen`, in a notebook say, they are about the job at work, not the process: the next
        job knows nothing of them.
    """
    global _ear, _mouth, _patience
    _patience = patience_seconds
    if told() and not _for_good:
        _heard.clear()
    if threading.current_thread() is not threading.main_thread():
        return
    if _ear < 0:
        _ear, _mouth = os.pipe()
        os.set_blocking(_ear, False)
        os.set_blocking(_mouth, False)
        threading.Thread(target=_wait, daemon=True, name="stopping").start()
    # Each time: an event loop that came and went has left the interpreter without a pipe.
    before = signal.set_wakeup_fd(_mouth, warn_on_full_buffer=False)
    if before not in (
        -1,
        _mouth,
    ):  # an event loop's: it has signals to itself, and exceptions alone tell us
        signal.set_wakeup_fd(before)


def leave() -> None:
    """The process has said its last words: another signal ends it, and without a traceback."""
    for number in SIGNALS:
        signal.signal(number, signal.SIG_DFL)


def told() -> str:
    """The signal that told this process to stop, such as SIGTERM; empty where none did."""
    global _since
    with _lock, contextlib.suppress(BlockingIOError):
        while _ear >= 0 and (noted := os.read(_ear, 64)):
            _since = _since if _heard else time.monotonic()
            _heard.extend(signal.Signals(one) for one in noted if one in SIGNALS)
    return _heard[0].name if _heard else ""


def forget_interrupt() -> None:
    """An exception that a signal raised in code made from a text stays with the interpreter,
    however it was caught: under `python -m` that would end by SIGINT, whatever the exit code, were
    no other text run after it.
    """
    exec("")


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
def undisturbed() -> Iterator[None]:
    """Told again within this block, nothing is raised anew: a second Ctrl-C would take the record
    of the first, and leave a traceback.
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
    while not (
        (name := told()) and time.monotonic() - _since > _patience and (_for_good or _last_words)
    ):
        select.select([_ear], [], [], 0.5)
    code = code_of(name)
    # Words may lead nowhere, to a pipe that nobody empties or a disk that hangs, and errors end a
    # thread alone.
    threading.Timer(LAST_WORDS_SECONDS, os._exit, (code,)).start()
    try:
        for say in tuple(_last_words):
            say(name)
        sys.stderr.write(
            f"{words(name)}\nWhat it was doing did not end in {_patience:.0f} s, so its process was ended.\n"
        )
        sys.stderr.flush()
    finally:
        os._exit(code)
