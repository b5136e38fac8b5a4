"""Workers that die, hang, freeze or answer late: the piece is done once more elsewhere, or the
cause is named.
"""

from __future__ import annotations

import os
import signal
import tempfile
import threading
import time
from functools import partial
from pathlib import Path

import pytest

from flows.runtime import workers
from flows.runtime.workers import Limit, WorkerError, Workers
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


def answer_late(work: tuple[Path, int]) -> int:
    """Only when asked where it is, its limit gone."""
    if work[1] == 2:
        asked = []
        signal.signal(signal.SIGUSR1, lambda *_: asked.append(True))
        while not asked:
            time.sleep(0.05)
    return 2 * work[1]


def wait_once(work: tuple[Path, int]) -> int:
    """Until it is ended, the first time each piece is tried."""
    folder, number = work
    if mark(folder, f"tried-{number}"):
        time.sleep(3600)
    return 2 * number


class OddError(Exception):
    """It can't be put together again from its text alone."""

    def __init__(self, where: str, number: int) -> None:
        super().__init__(f"{where} has {number}")


def refuse_oddly(work: tuple[Path, int]) -> int:
    raise OddError("here", work[1])


def done(function, folder: Path) -> list[int]:
    pool = Workers(2, SECONDS)
    try:
        pieces = [pool.submit(function, (folder, number)) for number in range(5)]
        return [piece.result(timeout=60) for piece in pieces]
    finally:
        pool.close()


@pytest.mark.parametrize(
    ("function", "cause"),
    [
        (hang_once, "it was in hang_once"),
        (freeze_once, "did not react to a signal"),
        (die_once, "SIGKILL"),
    ],
)
def test_a_piece_whose_worker_fails_is_done_once_more_by_another(function, cause, tmp_path, capsys):
    assert done(function, tmp_path) == [0, 2, 4, 6, 8]
    told = capsys.readouterr().err
    assert "piece 3" in told
    assert cause in told
    assert not [
        child
        for child in children_of(os.getpid())
        if alive(child) and "multiprocessing-fork" in Path(f"/proc/{child}/cmdline").read_text()
    ]


@pytest.mark.parametrize(
    ("function", "cause"),
    [(hang_always, "in hang_always, .*test_workers.py:"), (die_always, "SIGSEGV")],
)
def test_a_piece_that_fails_twice_is_named_with_both_causes(function, cause, tmp_path):
    with pytest.raises(
        WorkerError,
        match=f"(?s)piece 3, try 1: .*{cause}.*piece 3, try 2: .*{cause}.*chunk_minutes",
    ):
        done(function, tmp_path)


def test_an_error_is_raised_as_it_is_and_not_tried_again(tmp_path):
    with pytest.raises(ValueError, match="two is too much") as raised:
        done(refuse, tmp_path)
    assert "in refuse" in "".join(raised.value.__notes__)


@pytest.fixture
def pool():
    made = Workers(1, SECONDS)
    yield made
    made.close()


def processes(pool: Workers) -> list[int]:
    return [process._process.pid for process in tuple(pool._processes)]


def test_an_error_that_cannot_come_back_is_not_waited_for(pool, tmp_path):
    with pytest.raises(TypeError, match="number") as raised:
        pool.submit(refuse_oddly, (tmp_path, 2)).result(timeout=60)
    assert "piece 1 of the work" in "".join(raised.value.__notes__)
    assert pool.submit(double, 4).result(timeout=60) == 8


def test_a_piece_that_cannot_be_sent_is_not_waited_for(pool):
    with pytest.raises((AttributeError, TypeError), match="pickle"):
        pool.submit(double, threading.Lock()).result(timeout=60)
    assert pool.submit(double, 4).result(timeout=60) == 8


def test_where_no_process_can_be_had_the_cause_is_raised(pool, tmp_path, monkeypatch):
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path / "full"))
    with pytest.raises(FileNotFoundError):
        pool.submit(double, 4).result(timeout=60)
    monkeypatch.undo()
    assert pool.submit(double, 4).result(timeout=60) == 8


def test_an_answer_that_comes_with_the_end_of_its_time_counts_and_its_process_is_ended(
    pool, tmp_path
):
    assert pool.submit(answer_late, (tmp_path, 2)).result(timeout=60) == 4
    (before,) = processes(pool) or [0]
    assert pool.submit(double, 4).result(timeout=60) == 8
    assert processes(pool) != [before]


def test_a_worker_that_dies_between_pieces_costs_nothing(pool, capsys):
    assert pool.submit(double, 4).result(timeout=60) == 8
    os.kill(*processes(pool), signal.SIGKILL)
    assert pool.submit(double, 5).result(timeout=60) == 10
    assert "lost its process to SIGKILL" in capsys.readouterr().err


def test_workers_that_all_vanish_at_once_are_replaced(tmp_path):
    pool = Workers(2, 60.0)
    try:
        pieces = [pool.submit(wait_once, (tmp_path, number)) for number in range(2)]
        until(lambda: len(list(tmp_path.glob("tried-*"))) == 2)
        for process in processes(pool):
            os.kill(process, signal.SIGKILL)
        assert [piece.result(timeout=60) for piece in pieces] == [0, 2]
    finally:
        pool.close()


def until(met) -> None:
    deadline = time.monotonic() + 60
    while not met() and time.monotonic() < deadline:
        time.sleep(0.05)
    assert met()


def test_a_word_to_the_whole_group_is_left_to_the_parent(tmp_path):
    """Ctrl-C and systemd tell workers as well; the piece at hand is not lost by it."""
    pool = Workers(1, 60.0)
    try:
        piece = pool.submit(wait_a_little, (tmp_path, 4))
        until((tmp_path / "waiting").exists)
        for number in (signal.SIGTERM, signal.SIGINT):
            os.kill(*processes(pool), number)
        assert piece.result(timeout=60) == 8
        assert (tmp_path / "waiting").read_text() == "once"
    finally:
        pool.close()


def wait_a_little(work: tuple[Path, int]) -> int:
    with (work[0] / "waiting").open("a") as file:
        file.write("once")
    time.sleep(1.0)
    return 2 * work[1]


def test_closing_ends_what_hangs():
    pool = Workers(1)
    pool.submit(time.sleep, 3600)
    deadline = time.monotonic() + 30
    while not pool._processes and time.monotonic() < deadline:
        time.sleep(0.05)
    pool.close()
    assert not pool._processes


def test_closing_ends_a_process_that_only_starts(monkeypatch):
    starting = threading.Event()

    class Slow(workers._Process):
        def __init__(self) -> None:
            super().__init__()
            starting.set()
            time.sleep(1.0)

    monkeypatch.setattr(workers, "_Process", Slow)
    pool = Workers(1)
    pool.submit(time.sleep, 3600)
    assert starting.wait(60)
    closing = threading.Thread(target=pool.close, daemon=True)
    closing.start()
    closing.join(30)
    assert not closing.is_alive()
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
