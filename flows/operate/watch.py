"""What `transit serve` watches beside its schedule: runs that hang or stay away, and the metrics
Prometheus reads.
"""

from __future__ import annotations

import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from flows.operate.notify import notify
from flows.record import journal
from flows.record.state import State, at_work, read_state
from flows.settings import Settings
from warehouse.errors import Problem, SettingsError

EVERY_SECONDS = 20.0


def overdue(
    state: State, settings: Settings, *, now: float, serving_since: float
) -> dict[str, str]:
    """What is wrong at `now`, by kind: a run that is stuck, success that is late."""
    schedule, found = settings.schedule, {}
    if at_work(state) and schedule.stuck_after_hours:
        hours = (now - state.last_start) / 3600
        if hours > schedule.stuck_after_hours:
            found["stuck"] = (
                f"process {state.running_process} has been at work for {hours:.1f} hours,"
                f" longer than [schedule] stuck_after_hours = {schedule.stuck_after_hours:g}"
            )
    if schedule.late_after_hours:
        hours = (now - max(state.last_success, serving_since)) / 3600
        if hours > schedule.late_after_hours:
            found["late"] = (
                f"no run has succeeded for {hours:.1f} hours,"
                f" longer than [schedule] late_after_hours = {schedule.late_after_hours:g}"
            )
    return found


def watch(settings: Settings, *, every_seconds: float = EVERY_SECONDS) -> threading.Thread:
    """Tells once of each thing that is wrong, and again only after it was right in between."""
    since = time.time()

    def look() -> None:
        told: set[str] = set()
        while True:
            state = read_state(settings.folders.private)
            found = overdue(state, settings, now=time.time(), serving_since=since)
            for kind, text in found.items():
                if kind not in told:
                    journal.write(kind, problem=text)
                    notify(settings.notify, event=kind, title=f"transit: {kind}", text=text)
            told = set(found)
            time.sleep(every_seconds)

    thread = threading.Thread(target=look, name="watch", daemon=True)
    thread.start()
    return thread


def metrics_text(private: Path, *, now: float, serving_since: float) -> str:
    """Prometheus text format."""
    state = read_state(private)
    database = private / "transit.duckdb"
    rows = (
        ("transit_up", "gauge", "1 while serving", 1),
        (
            "transit_serving_seconds",
            "gauge",
            "how long this process has served",
            now - serving_since,
        ),
        ("transit_job_running", "gauge", "1 while a job runs", int(at_work(state))),
        (
            "transit_last_start_timestamp_seconds",
            "gauge",
            "when a job last began",
            state.last_start,
        ),
        ("transit_last_end_timestamp_seconds", "gauge", "when a job last ended", state.last_end),
        (
            "transit_last_success_timestamp_seconds",
            "gauge",
            "when a job last succeeded",
            state.last_success,
        ),
        (
            "transit_last_failure_timestamp_seconds",
            "gauge",
            "when a job last failed",
            state.last_failure,
        ),
        ("transit_last_job_seconds", "gauge", "how long the last job took", state.last_seconds),
        (
            "transit_failures_in_a_row",
            "gauge",
            "jobs failed since the last success",
            state.failures_in_a_row,
        ),
        ("transit_jobs_total", "counter", "jobs ended", state.jobs),
        ("transit_jobs_failed_total", "counter", "jobs failed", state.jobs_failed),
        ("transit_rows_read_total", "counter", "rows read from files", state.rows_read),
        (
            "transit_warehouse_bytes",
            "gauge",
            "size of the working database",
            database.stat().st_size if database.exists() else 0,
        ),
    )
    return "".join(
        f"# HELP {name} {text}\n# TYPE {name} {kind}\n{name} {value}\n"
        for name, kind, text, value in rows
    )


def serve_metrics(private: Path, port: int) -> ThreadingHTTPServer:
    """Answers GET /metrics on 127.0.0.1 until shut down. Raises SettingsError where the port is
    taken.
    """
    since = time.time()

    class Metrics(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            if self.path != "/metrics":
                self.send_error(404)
                return
            body = metrics_text(private, now=time.time(), serving_since=since).encode()
            self.send_response(200)
            self.send_header("Content-Type", "text/plain; version=0.0.4; charset=utf-8")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, format: str, *args: object) -> None:
            """Scrapes are no news."""

    try:
        server = ThreadingHTTPServer(("127.0.0.1", port), Metrics)
    except OSError as error:
        raise SettingsError(
            "the metrics port can't be had",
            [Problem("[schedule] metrics_port", f"{port}: {error.strerror}")],
            "Another `transit serve` may run. Stop it, name another port, or 0 for none.",
        ) from error
    threading.Thread(target=server.serve_forever, name="metrics", daemon=True).start()
    return server
