"""A query that a signal ended is let go by all of DuckDB's threads: nothing that comes after has to
wait for them.
"""

import subprocess
import sys

import pytest

from tests.warehouse.serving.test_lake import is_here

ENDED = """
import signal, sys
from contextlib import nullcontext
from pathlib import Path
from warehouse.store.database import Warehouse

signal.signal(signal.SIGALRM, signal.default_int_handler)
# Without let_go one in six waited.
for seconds in 4 * (0.3, 0.35, 0.4):
    ended = ""
    try:
        with Warehouse.open(Path("work.duckdb")) as warehouse:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            with warehouse.transaction() if sys.argv[1] == "transaction" else nullcontext():
                warehouse.sql(
                    "select sum(hash(a.range + b.range)) from range(200_000) a, range(200_000) b"
                )
    except RuntimeError as error:
        ended = str(error)
    assert ended == "Query interrupted", ended
    with Warehouse.open(Path("work.duckdb")) as warehouse:
        assert warehouse.sql("select 1").height == 1
"""


@pytest.mark.parametrize("within", ["transaction", "none"])
def test_a_query_that_a_signal_ended_holds_nothing_up(within, tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", ENDED, within],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr


OF_THE_LAKE = """
import signal
from warehouse.serving.extras.lake import Lake, _connected

signal.signal(signal.SIGALRM, signal.default_int_handler)
for seconds in 4 * (0.3, 0.35, 0.4):
    ended = ""
    try:
        with _connected(Lake("catalog.ducklake", "data", "transit")) as connection:
            signal.setitimer(signal.ITIMER_REAL, seconds)
            connection.execute(
                "select sum(hash(a.range + b.range)) from range(200_000) a, range(200_000) b"
            )
    except RuntimeError as error:
        ended = str(error)
    assert ended == "Query interrupted", ended
"""


@pytest.mark.skipif(not is_here("ducklake"), reason="no DuckLake extension is installed")
def test_nor_does_one_in_the_lake(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", OF_THE_LAKE],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
