"""Pieces done in the run's own process: one that hangs is named, and one that holds the interpreter
ends the process.
"""

from __future__ import annotations

import subprocess
import sys
import time
from contextvars import ContextVar

import pytest

from flows.runtime.here import ended_if_held, within
from flows.runtime.runners import map_tasks
from flows.runtime.workers import LEAST_SECONDS, Limit, WorkerError
from tests.flows.faults import environment

CHOSEN: ContextVar[int] = ContextVar("chosen", default=0)


def hang(number: int) -> int:
    if number == 2:
        time.sleep(30)
    return 2 * number


def refuse(number: int) -> int:
    raise ValueError(f"{number} is too much")


def test_a_piece_that_hangs_is_named_with_where_it_was():
    limit = Limit(0.5)
    with ended_if_held():
        assert within(limit, hang, (1, 1)) == 2
        with pytest.raises(
            WorkerError,
            match=r"(?s)piece 2, try 1: gave no answer.*in hang, .*test_here\.py.*chunk_minutes",
        ):
            within(limit, hang, (2, 2))


def test_an_error_is_raised_as_it_is():
    with ended_if_held(), pytest.raises(ValueError, match="5 is too much"):
        within(Limit(), refuse, (1, 5))


def test_a_piece_sees_what_its_caller_set_and_its_time_counts():
    limit = Limit()
    CHOSEN.set(7)
    with ended_if_held():
        assert within(limit, lambda more: CHOSEN.get() + more, (1, 1)) == 8
    assert limit.seconds() == LEAST_SECONDS


def test_a_few_pieces_are_done_here():
    assert map_tasks(lambda number: 2 * number, [1, 2, 3]) == [2, 4, 6]


def test_what_holds_the_interpreter_ends_the_process_and_tells_where():
    held = (
        "import re\nfrom flows.runtime import here\nfrom flows.runtime.workers import "
        "Limit\nhere.GRACE_SECONDS = 0.5\n"
        "here.within(Limit(0.5), lambda text: re.match('(a+)+b', text), (1, 40 * 'a'))\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", held], env=environment(), capture_output=True, text=True, timeout=120
    )
    assert done.returncode == 1
    assert "Timeout" in done.stderr
    assert "in within" in done.stderr
