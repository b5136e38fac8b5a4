"""Workers that die, hang, freeze or answer late: the piece is done once more elsewhere, or the cause is named."""

from __future__ import annotations

import os
import signal
import time
from pathlib import Path

import pytest

from flows import workers
from flows.workers import WorkerError, Workers, apply
from tests.flows.faults import alive, children_of

SECONDS = 6.0


def double(number: int) -> int:
    return 2 * number


def mark(folder: Path, name: str) -> bool:
    """Whether this is the first to ask."""
    try:
        (folder / name).touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def hang_once(work: tuple[Path, int]) -> int:
    folder, number = work
    if number == 2 and mark(folder, "hung"):
        time.sleep(3600)
    return 2 * number


def freeze_once(work: tuple[Path, int]) -> int:
    folder, number = work
    if number == 2 and mark(folder, "frozen"):
        os.kill(os.getpid(), signal.SIGSTOP)
    return 2 * number


def die_once(work: tuple[Path, int]) -> int:
    folder, number = work
    if number == 2 and mark(folder, "died"):
        os.kill(os.getpid(), signal.SIGKILL)
    return 2 * number


def hang_always(work: tuple[Path, int]) -> int:
    if work[1] == 2:
        time.sleep(3600)
    return 2 * work[1]


def die_always(work: tuple[Path, int]) -> int:
    if work[1] == 2:
        os.kill(os.getpid(), signal.SIGSEGV)
    return 2 * work[1]


def refuse(work: tuple[Path, int]) -> int:
    if work[1] == 2:
        raise ValueError("two is too much")
    return 2 * work[1]


def done(function, folder: Path) -> list[int]:
    pool = Workers(2, SECONDS)
    try:
        pieces = [pool.submit(apply, {"function": function, "chunk": (folder, number)}) for number in range(5)]
        return [piece.result(timeout=60) for piece in pieces]
    finally:
        pool.close()


@pytest.mark.parametrize(
    ("function", "cause"),
    [(hang_once, "it was in hang_once"), (freeze_once, "did not react to a signal"), (die_once, "SIGKILL")],
)
def test_a_piece_whose_worker_fails_is_done_once_more_by_another(function, cause, tmp_path, capsys):
    assert done(function, tmp_path) == [0, 2, 4, 6, 8]
    told = capsys.readouterr().err
    assert "piece 3" in told
    assert cause in told
    assert not [child for child in children_of(os.getpid()) if alive(child) and "multiprocessing-fork" in Path(f"/proc/{child}/cmdline").read_text()]  # fmt: skip


@pytest.mark.parametrize(
    ("function", "cause"), [(hang_always, "in hang_always, .*test_workers.py:"), (die_always, "SIGSEGV")]
)
def test_a_piece_that_fails_twice_is_named_with_both_causes(function, cause, tmp_path):
    with pytest.raises(WorkerError, match=f"(?s)piece 3, try 1: .*{cause}.*piece 3, try 2: .*{cause}.*chunk_minutes"):
        done(function, tmp_path)


def test_an_error_is_raised_as_it_is_and_not_tried_again(tmp_path):
    with pytest.raises(ValueError, match="two is too much") as raised:
        done(refuse, tmp_path)
    assert "in refuse" in "".join(raised.value.__notes__)


def test_closing_ends_what_hangs():
    pool = Workers(1)
    pool.submit(apply, {"function": time.sleep, "chunk": 3600})
    deadline = time.monotonic() + 30
    while not pool._processes and time.monotonic() < deadline:
        time.sleep(0.05)
    pool.close()
    assert not pool._processes


def test_the_limit_follows_what_pieces_took():
    pool = Workers(1)
    assert pool.limit_seconds() == workers.FIRST_SECONDS
    assert pool.submit(apply, {"function": double, "chunk": 4}).result(timeout=60) == 8
    assert pool.limit_seconds() == workers.LEAST_SECONDS
    pool._slowest = 100.0
    assert pool.limit_seconds() == 2000.0
    pool.close()
    given = Workers(1, 7.0)
    assert given.limit_seconds() == 7.0
    given.close()
