"""The Prefect API a run talks to: the one named by PREFECT_API_URL, else a private server of its
own on loopback.

Nothing here imports Prefect: the server starts in its own process while the caller still imports
its libraries. It answers only who knows the password made up at its start, which travels in
environments, that no other user can read, and in a file that only this user can.
"""

from __future__ import annotations

import errno
import json
import os
import secrets
import shutil
import signal
import socket
import sqlite3
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import closing, contextmanager
from importlib.metadata import version
from pathlib import Path

from flows.folders import make_private
from flows.runtime.arenas import few_arenas
from warehouse.errors import Problem, TransitError

START_SECONDS, MOST_START_SECONDS = 120.0, 600.0
REACH_SECONDS = 20.0
LEAST_FREE_BYTES = 8e6
ENDS_WITH = "TRANSIT_ENDS_WITH"
"""The process whose end a scheduled run must not outlive; its parent, set by `transit serve`."""
CLIENT_PASSWORD, SERVER_PASSWORD = "PREFECT_API_AUTH_STRING", "PREFECT_SERVER_API_AUTH_STRING"
ADDRESS_FILE = "server.json"
"""Where an embedded server with pages answers, and its password; in Prefect's home while it runs.
"""
_SHORT_LIVED = {
    "PREFECT_UI_ENABLED": "0",
    "PREFECT__SERVER_EPHEMERAL": "1",
    "PREFECT__SERVER_FINAL": "1",
    # Nothing reads the events of a single run, and they are most of its database.
    "PREFECT_SERVER_SERVICES_EVENT_PERSISTER_ENABLED": "0",
    "PREFECT_SERVER_SERVICES_EVENT_LOGGER_ENABLED": "0",
    "PREFECT_SERVER_SERVICES_TRIGGERS_ENABLED": "0",
}
# Blocks are registered with the first migration; to see whether they are imports every Prefect
# collection, Dask's among them.
_KNOWN = {
    "PREFECT_API_DATABASE_MIGRATE_ON_START": "0",
    "PREFECT_API_BLOCKS_REGISTER_ON_START": "0",
    "PREFECT_SERVER_MEMOIZE_BLOCK_AUTO_REGISTRATION": "0",
}
_LONG_LIVED = {
    "PREFECT_SERVER_SERVICES_DB_VACUUM_ENABLED": "true",
    "PREFECT_SERVER_SERVICES_DB_VACUUM_RETENTION_PERIOD": str(30 * 86400),
    "PREFECT_SERVER_EVENTS_RETENTION_PERIOD": "P7D",
}


class PrefectError(TransitError):
    """Prefect's API can't be reached or did not start."""


def prepare_environment(prefect_home: Path) -> None:
    """Settings Prefect reads at import: a home of this project's own, and nothing sent outside."""
    prefect_home.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    make_private(prefect_home)
    os.environ["PYTHONSAFEPATH"] = "1"  # children import nothing from the working folder
    os.environ["DO_NOT_TRACK"] = "1"
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    for name, value in {
        "PREFECT_HOME": str(prefect_home),
        "PREFECT_LOGGING_LEVEL": "INFO",
        # Its pages and API keep the log; the terminal shows this project's own lines and errors.
        "PREFECT_LOGGING_HANDLERS_CONSOLE_LEVEL": "CRITICAL",
        "PREFECT_SERVER_EPHEMERAL_STARTUP_TIMEOUT_SECONDS": str(int(START_SECONDS)),
        "PREFECT_CLI_PROMPT": "false",
        # One writer's database: more threads would only fight over the same two cores.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }.items():
        os.environ.setdefault(name, value)


class EmbeddedServer:
    """A Prefect server in a child process that ends with this one.

    With `scheduler` it also makes scheduled runs, notices late ones and shows its pages; a single
    run needs none of that.
    """

    def __init__(self, prefect_home: Path, *, scheduler: bool = False) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]
        self.url = f"http://127.0.0.1:{self.port}/api"
        self._migrated = prefect_home / f"migrated-{version('prefect')}"
        self._log = prefect_home / "server.log"
        self.password = f"transit:{secrets.token_urlsafe(32)}"
        environment = {
            **(_LONG_LIVED if scheduler else _SHORT_LIVED),
            **os.environ,
            SERVER_PASSWORD: self.password,
            CLIENT_PASSWORD: self.password,
            "PREFECT_SERVER_CORS_ALLOWED_ORIGINS": self.url.removesuffix("/api"),
            "PREFECT_UI_API_URL": self.url,
        }
        if shutil.disk_usage(prefect_home).free < LEAST_FREE_BYTES:
            # Its server would end without a word, and its database look damaged.
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), str(prefect_home))
        _set_damaged_aside(prefect_home)
        if self._migrated.exists():  # this version's database need not be looked over at each start
            environment |= _KNOWN
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                [
                    sys.executable,
                    "-P",
                    "-m",
                    "flows.runtime.embedded_server",
                    str(self.port),
                    str(os.getpid()),
                ],
                env=environment,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=log,
            )
        self.address_file = prefect_home / ADDRESS_FILE
        if scheduler:
            _write_private(
                self.address_file, json.dumps({"url": self.url, "password": self.password})
            )

    @property
    def process(self) -> int:
        return self._process.pid

    def wait(self) -> None:
        """Until the server answers. Raises PrefectError where it ends or takes too long.

        On a machine with more to do than it can, it may take up to MOST_START_SECONDS.
        """
        began = time.monotonic()
        while (ended := self._process.poll()) is None:
            waited = time.monotonic() - began
            if waited > MOST_START_SECONDS or (waited > START_SECONDS and not _is_busy()):
                break
            try:
                with urllib.request.urlopen(f"{self.url}/health", timeout=5):
                    self._migrated.touch()
                    return
            except (urllib.error.URLError, OSError):
                time.sleep(0.05)
        self._migrated.unlink(missing_ok=True)
        if ended is None:
            raise PrefectError(
                "Prefect's embedded server was too slow to start",
                [
                    Problem(
                        str(self._log),
                        f"it was at work still, after {time.monotonic() - began:.0f} seconds;"
                        f" {_load()}",
                    )
                ],
                "Nothing is wrong with it: run again when the machine has less to do.",
            )
        tail = self._log.read_text(encoding="utf-8", errors="replace").strip().splitlines()[-3:]
        raise PrefectError(
            "Prefect's embedded server did not start",
            [
                Problem("its process", f"ended with code {ended}"),
                *(Problem(str(self._log), line) for line in tail),
            ],
            f"Read that log; if its database is damaged, move {self._log.parent} away and "
            "run again: it holds no results.",
        )

    def stop(self) -> None:
        self.address_file.unlink(missing_ok=True)
        self._process.send_signal(signal.SIGUSR1)
        try:
            self._process.wait(timeout=5)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def _is_busy() -> bool:
    """Whether more processes want to run than there are processors for, half as many again."""
    return os.getloadavg()[0] > 1.5 * (os.cpu_count() or 1)


def _load() -> str:
    return f"{os.getloadavg()[0]:.1f} processes want to run on {os.cpu_count() or 1} processors"


def _write_private(path: Path, text: str) -> None:
    """A file that nobody else can read, not even for a moment."""
    path.unlink(missing_ok=True)
    with open(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "w") as file:  # noqa: PTH123
        file.write(text)


def _reach(url: str) -> None:
    """Waits out a server that restarts. Raises PrefectError where it stays away."""
    deadline = time.monotonic() + REACH_SECONDS
    while True:
        try:
            with urllib.request.urlopen(f"{url.rstrip('/')}/health", timeout=5):
                return
        except urllib.error.HTTPError:
            return  # It answers; what it thinks of us Prefect will say.
        except (OSError, ValueError) as error:
            if time.monotonic() > deadline or isinstance(error, ValueError):
                raise PrefectError(
                    "Prefect's API can't be reached",
                    [Problem(f"PREFECT_API_URL {url}", str(error))],
                    "Start that server, fix the address, or unset PREFECT_API_URL to run "
                    "without it.",
                ) from error
            time.sleep(1)


def _set_damaged_aside(prefect_home: Path) -> None:
    """A damaged database would keep the server from starting, minutes long and without a word; it
    holds no results.
    """
    path = prefect_home / "prefect.db"
    if not path.exists():
        return
    try:
        with closing(sqlite3.connect(path, timeout=5)) as database:
            told = str(database.execute("pragma quick_check(1)").fetchone()[0])
    except sqlite3.DatabaseError as error:
        told = str(error)
    if told in {"ok", "database is locked"}:
        return
    aside = prefect_home / f"damaged-{time.strftime('%Y%m%dT%H%M%S')}"
    aside.mkdir()
    for file in prefect_home.glob("prefect.db*"):
        file.rename(aside / file.name)
    for mark in prefect_home.glob("migrated-*"):
        mark.unlink()
    sys.stderr.write(
        f"Prefect's database was damaged ({told}) and lies in {aside} now. It holds no "
        "results: nothing is lost.\n"
    )


@contextmanager
def prefect_api(prefect_home: Path, *, scheduler: bool = False) -> Iterator[EmbeddedServer | None]:
    """The API for the flows run inside; yields the embedded server, or None where PREFECT_API_URL
    names one.

    Import Prefect only inside, and call `wait()` on the server before the first flow.
    """
    prepare_environment(prefect_home)
    few_arenas()
    if os.environ.get("PREFECT_API_URL"):
        _reach(os.environ["PREFECT_API_URL"])
        yield None
        return
    server = EmbeddedServer(prefect_home, scheduler=scheduler)
    # A password for some other server, left over in the environment, would be of no use here.
    before = os.environ.get(CLIENT_PASSWORD)
    os.environ |= {"PREFECT_API_URL": server.url, CLIENT_PASSWORD: server.password}
    try:
        yield server
    finally:
        _send_remaining_logs()
        server.stop()
        del os.environ["PREFECT_API_URL"], os.environ[CLIENT_PASSWORD]
        if before is not None:
            os.environ[CLIENT_PASSWORD] = before


def _send_remaining_logs() -> None:
    """Prefect's log worker would go on sending to a server that is gone."""
    if "prefect.logging.handlers" in sys.modules:
        from prefect.logging.handlers import APILogWorker

        APILogWorker.drain_all(timeout=5)
