"""`python -m tests.benchmarks.rehearsal`: a day's life on loopback, with a real Prefect server,
worker, webhook and analyst.

Data arrive, the scheduled run publishes an edition; a network file is broken, the scheduled run
fails, Prefect's automation and the run itself tell a webhook; a run is killed in its midst; the
file is mended and more data arrive, the next scheduled run takes up where the last good one stopped
and publishes. An analyst asks the published copy all along.
"""

from __future__ import annotations

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any

import duckdb
import httpx

from flows.commands.starting import ADDITIONS
from tests.flows.conftest import make_project
from tests.flows.faults import children_of

ROOT = Path(__file__).parents[2]
PATIENCE = 900.0
PASSWORD = ("transit", "of-this-rehearsal")
BEGAN = time.monotonic()


def say(text: str) -> None:
    print(f"{time.monotonic() - BEGAN:6.0f} s  {text}", flush=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def wait_for(what: str, found: Callable[[], Any]) -> Any:
    deadline = time.monotonic() + PATIENCE
    while time.monotonic() < deadline:
        if value := found():
            say(what)
            return value
        time.sleep(0.5)
    raise AssertionError(f"not within {PATIENCE:.0f} s: {what}")


@contextmanager
def webhook() -> Iterator[tuple[str, list[dict[str, Any]]]]:
    import json

    received: list[dict[str, Any]] = []

    class Hook(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            received.append(json.loads(self.rfile.read(int(self.headers["Content-Length"]))))
            self.send_response(200)
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Hook)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/hook-7f3a", received
    server.shutdown()


class Analyst(threading.Thread):
    """Opens the published copy again and again, as a dashboard does."""

    def __init__(self, link: Path) -> None:
        super().__init__(daemon=True)
        self.link, self.answers, self.editions, self.errors, self.leaves = link, 0, [], [], False

    def run(self) -> None:
        while not self.leaves:
            if self.link.is_symlink():
                try:
                    with duckdb.connect(str(self.link.resolve()), read_only=True) as connection:
                        edition, segments = connection.execute(
                            "select (select edition_id from mart.edition), (select "
                            "count(*) from mart.runout)"
                        ).fetchone()  # type: ignore[misc]
                    assert segments > 0
                    self.answers += 1
                    if self.link.resolve().name not in self.editions:
                        self.editions.append(self.link.resolve().name)
                except (duckdb.Error, AssertionError) as error:
                    self.errors.append(
                        f"{edition}: {error}" if "edition" in locals() else str(error)
                    )
            time.sleep(0.2)


def runs(api: str, deployment: str) -> list[dict[str, Any]]:
    """The deployment's flow runs that began, the latest first."""
    asked = {
        "sort": "START_TIME_DESC",
        "limit": 50,
        "deployments": {"name": {"any_": [deployment]}},
        "flow_runs": {"start_time": {"is_null_": False}},
    }
    return list(
        httpx.post(f"{api}/flow_runs/filter", json=asked, auth=PASSWORD, timeout=30)
        .raise_for_status()
        .json()
    )


def main() -> None:
    base = Path(tempfile.mkdtemp(prefix="transit-rehearsal-"))
    project = make_project(base / "project").folder
    port = free_port()
    api = f"http://127.0.0.1:{port}/api"
    environment = {
        name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")
    } | {
        "PREFECT_HOME": str(base / "server"),
        "PREFECT_API_URL": api,
        "PREFECT_SERVER_API_AUTH_STRING": ":".join(PASSWORD),
        "PREFECT_API_AUTH_STRING": ":".join(PASSWORD),
        "TRANSIT_FOLDER": str(project),
        "DO_NOT_TRACK": "1",
        "PREFECT_SERVER_ANALYTICS_ENABLED": "false",
        "PYTHONPATH": str(ROOT),
        "NO_COLOR": "1",
        "COLUMNS": "200",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    prefect = [sys.executable, "-m", "prefect"]

    def call(*command: str, folder: Path = base) -> str:
        done = subprocess.run(
            command, cwd=folder, env=environment, capture_output=True, text=True, timeout=PATIENCE
        )
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout + done.stderr

    def start(name: str, *command: str) -> subprocess.Popen[bytes]:
        process = subprocess.Popen(
            command,
            cwd=base,
            env=environment,
            stdout=(base / name).open("wb"),
            stderr=subprocess.STDOUT,
        )
        stack.callback(process.wait)
        stack.callback(process.send_signal, signal.SIGTERM)
        return process

    def state(name: str, after: str = "") -> Callable[[], Any]:
        """The latest run in that state that began later than `after`."""
        return lambda: next(
            (
                run
                for run in runs(api, "monthly-edition")
                if run["state_type"] == name and run["start_time"] > after
            ),
            None,
        )

    with ExitStack() as stack:
        url, received = stack.enter_context(webhook())
        (project / "hook").write_text(url)
        with (project / "transit.toml").open("a") as settings:
            settings.write('\n[notify]\nwebhook_url_file = "hook"\n')
        start("server.log", *prefect, "server", "start", "--port", str(port))
        wait_for("Prefect's server answers", lambda: _answers(api))
        call(*prefect, "work-pool", "create", "transit", "--type", "process")
        call(*prefect, "work-pool", "set-concurrency-limit", "transit", "1")
        # The month is a minute here; everything else is the deployment as it stands.
        shutil.copytree(ROOT / "flows", base / "src" / "flows")
        text = (
            (ADDITIONS / "prefect" / "prefect.yaml")
            .read_text()
            .replace('cron: "45 4 2 * *"', 'cron: "* * * * *"')
        )
        (base / "src" / "prefect.yaml").write_text(text)
        say(
            call(*prefect, "--no-prompt", "deploy", "--all", folder=base / "src")
            .strip()
            .splitlines()[-1]
        )
        say(
            call(sys.executable, "-P", "-m", "flows.cli", "automations", folder=project).replace(
                "\n", ", "
            )
        )
        analyst = Analyst(project / "published" / "transit.duckdb")
        analyst.start()
        worker = start("worker.log", *prefect, "worker", "start", "--pool", "transit")

        good = wait_for(
            "morning: data lie there, the scheduled run has completed", state("COMPLETED")
        )
        first = (project / "published" / "transit.duckdb").resolve().name
        assert first in analyst.editions or wait_for(
            "the analyst sees it", lambda: first in analyst.editions
        )

        routes = project / "network" / "route_paths.csv"
        whole = routes.read_text()
        routes.write_text(whole + "ALA-FRA,1,99,nowhere\n")
        failed = wait_for(
            "noon: a network file is broken, the scheduled run has failed",
            state("FAILED", good["start_time"]),
        )
        wait_for(
            "the run told the webhook",
            lambda: [one for one in received if one["event"] == "failed"],
        )
        wait_for(
            "Prefect's automation told the webhook",
            lambda: [
                one for one in received if one["event"] == "prefect" and "Failed" in one["title"]
            ],
        )

        routes.write_text(whole)
        wait_for(
            "afternoon: mended, the next scheduled run is at work",
            state("RUNNING", failed["start_time"]),
        )
        time.sleep(2)
        at_work = [
            child for child in children_of(worker.pid) if "prefect.engine" in _command(child)
        ]
        assert at_work, "no process of a flow run is below the worker"
        for child in at_work:
            os.kill(child, signal.SIGKILL)
        crashed = wait_for(
            f"that run was killed in its midst ({len(at_work)} processes)",
            state("CRASHED", failed["start_time"]),
        )
        wait_for(
            "Prefect's automation told of the crash",
            lambda: [
                one for one in received if one["event"] == "prefect" and "Crashed" in one["title"]
            ],
        )

        hours = "".join(
            f"2026-11-01 {hour:02d}:00:00,{name},9e9,3e10\n"
            for hour in range(24)
            for name in ("ala-fra-1", "ast-fra-1")
        )
        (project / "traffic" / "more.csv").write_text(f"time,interface,in,out\n{hours}")
        wait_for(
            "evening: more data, the next scheduled run went on and has completed",
            state("COMPLETED", crashed["start_time"]),
        )
        wait_for(
            "the recovery was told",
            lambda: [one for one in received if one["event"] == "recovered"],
        )
        wait_for("the analyst sees the new edition", lambda: analyst.editions[-1] != first)
        analyst.leaves = True
        analyst.join()
        assert not analyst.errors, analyst.errors[:3]
        with duckdb.connect(
            str((project / "published" / "transit.duckdb").resolve()), read_only=True
        ) as connection:
            loaded = connection.execute(
                "select rows_loaded from mart.load_history where file_name like '%more.csv'"
            ).fetchall()
            steps = connection.execute(
                "select step, outcome from mart.step_history order by started_at desc limit 4"
            ).fetchall()
        assert loaded == [(48,)], loaded
        say(
            f"the analyst asked {analyst.answers} times, saw {len(analyst.editions)} "
            f"editions and no error; last steps {steps}"
        )
        say(f"notices: {', '.join(one['title'] for one in received)}")
        everything = b"".join(
            path.read_bytes()
            for path in project.rglob("*")
            if path.is_file() and path.name != "hook"
        )
        assert b"hook-7f3a" not in everything, "a secret was written down"
    shutil.rmtree(base, ignore_errors=True)
    say("a day's life rehearsed")


def _answers(api: str) -> bool:
    try:
        return httpx.get(f"{api}/health", timeout=5).status_code == 200
    except httpx.HTTPError:
        return False


def _command(process: int) -> str:
    try:
        return Path(f"/proc/{process}/cmdline").read_bytes().replace(b"\0", b" ").decode()
    except OSError:
        return ""


if __name__ == "__main__":
    main()
