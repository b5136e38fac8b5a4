"""Workers that die, hang, freeze or answer late: the piece is done once more elsewhere, or the cause is named."""

from __future__ import annotations

import os
import signal
import time
from functools import partial
from pathlib import Path

import pytest

from flows import workers
from flows.workers import Limit, WorkerError, Workers
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
        pieces = [pool.submit(function, (folder, number)) for number in range(5)]
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
    pool.submit(time.sleep, 3600)
    deadline = time.monotonic() + 30
    while not pool._processes and time.monotonic() < deadline:
        time.sleep(0.05)
    pool.close()
    assert not pool._processes


def test_the_limit_follows_what_pieces_took():
    pool = Workers(1)
    assert pool.limit.seconds() == workers.FIRST_SECONDS
    assert pool.submit(double, 4).result(timeout=60) == 8
    assert pool.limit.seconds() == workers.LEAST_SECONDS
    pool.limit.took(100.0)
    assert pool.limit.seconds() == 2000.0
    pool.close()
    assert Limit(7.0).seconds() == 7.0


def test_a_function_is_sent_once_to_each_process():
    pool = Workers(1)
    counted = partial(Counted(), 1)
    assert [pool.submit(counted, number).result(timeout=60) for number in (1, 2, 3)] == [2, 3, 4]
    assert counted.func.sent == 1
    assert pool.submit(double, 4).result(timeout=60) == 8
    pool.close()


class Counted:
    """Counts how often it is pickled."""

    sent = 0

    def __call__(self, more: int, number: int) -> int:
        return number + more

    def __getstate__(self) -> dict[str, int]:
        self.sent += 1
        return {}
