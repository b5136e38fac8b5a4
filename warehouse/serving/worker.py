"""A process that answers questions, so that what heeds no interruption can be ended: planning, or
one value of gigabytes.

It starts with the first question of a process (about 0.1 s), waits for the next, and goes when its
parent goes.
"""

from __future__ import annotations

import contextlib
import os
import signal
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from warehouse.errors import Problem, QueryError, TransitError

if TYPE_CHECKING:
    from multiprocessing.connection import Connection

    from warehouse.serving.statement import Answer

GRACE_SECONDS = 5.0
"""How long after its time a question may take to heed that it was stopped."""
START_SECONDS = 120.0
_CODE = "import sys; from warehouse.serving.worker import serve; serve(int(sys.argv[1]))"


@dataclass
class _Worker:
    process: subprocess.Popen[bytes]
    pipe: Connection
    owner: int


_idle: list[_Worker] = []


def answered(
    kind: Literal["rows", "arrow"],
    path: Path,
    sql: str,
    params: Mapping[str, object] | None,
    max_rows: int,
    timeout_seconds: float,
) -> Answer | bytes:
    """An Answer, or the bytes of an Arrow stream. Whatever happens meanwhile, Ctrl-C too, the
    question is not left running.
    """
    worker = _take()
    try:
        worker.pipe.send(
            (kind, path.absolute(), sql, dict(params or {}), max_rows, timeout_seconds)
        )
        if not worker.pipe.poll(timeout_seconds + GRACE_SECONDS):
            raise QueryError(
                f"the query was ended by force {GRACE_SECONDS:g} seconds after its "
                f"{timeout_seconds:g} seconds were up",
                [
                    Problem(
                        "query", "takes too long to plan, or makes something too large in one step"
                    )
                ],
                "Write it more simply, or ask for fewer rows or shorter texts.",
            )
        said: Answer | bytes | TransitError = worker.pipe.recv()
    except (EOFError, ConnectionError) as error:
        _end(worker)
        raise QueryError(
            "the process that answers questions died",
            [Problem("query", f"ended it with code {worker.process.returncode}")],
            "It may have needed more memory than there is: ask for fewer rows, or aggregate first.",
        ) from error
    except BaseException:
        _end(worker)
        raise
    _idle.append(worker)
    if isinstance(said, TransitError):
        raise said
    return said


def _take() -> _Worker:
    """One that waits, else a new one. One that a fork brought along belongs to another process."""
    while _idle:
        worker = _idle.pop()
        if worker.owner == os.getpid() and worker.process.poll() is None:
            return worker
    from multiprocessing import Pipe

    ours, theirs = Pipe()
    # Whatever lies in the working folder is no module of ours.
    here = str(Path.cwd())
    found = [str(Path(__file__).parents[2]), *(path for path in sys.path if path not in ("", here))]
    process = subprocess.Popen(
        [sys.executable, "-P", "-c", _CODE, str(theirs.fileno())],
        pass_fds=[theirs.fileno()],
        stdin=subprocess.DEVNULL,
        env={**os.environ, "PYTHONPATH": os.pathsep.join(dict.fromkeys(found))},
    )
    theirs.close()
    worker = _Worker(process, ours, os.getpid())
    try:
        if not ours.poll(START_SECONDS) or ours.recv() != "ready":
            raise EOFError
    except (EOFError, ConnectionError) as error:
        _end(worker)
        raise QueryError(
            "the process that answers questions did not start",
            [Problem(sys.executable, f"ended with code {process.returncode}")],
        ) from error
    except BaseException:
        _end(worker)
        raise
    return worker


def _end(worker: _Worker) -> None:
    worker.process.kill()
    worker.process.wait()
    worker.pipe.close()


def serve(descriptor: int) -> None:
    """Answers until the other end is closed."""
    from multiprocessing.connection import Connection

    from warehouse.serving.statement import arrow_here, ask_here

    # Ctrl-C reaches the whole group; the parent decides what ends.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    pipe: Connection = Connection(descriptor)
    pipe.send("ready")
    with contextlib.suppress(EOFError, ConnectionError):
        while True:
            kind, path, sql, params, max_rows, timeout_seconds = pipe.recv()
            said: Answer | bytes | TransitError
            try:
                if kind == "rows":
                    said = ask_here(
                        path, sql, params=params, max_rows=max_rows, timeout_seconds=timeout_seconds
                    )
                else:
                    said = _stream(
                        arrow_here(
                            path,
                            sql,
                            params=params,
                            max_rows=max_rows,
                            timeout_seconds=timeout_seconds,
                        )
                    )
            except TransitError as error:
                said = error
            pipe.send(said)


def _stream(table: object) -> bytes:
    import pyarrow as pa

    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:  # type: ignore[attr-defined]
        writer.write_table(table)
    return bytes(sink.getvalue())
