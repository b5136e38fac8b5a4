"""A server on loopback that answers as a test wants, and a source that asks it."""

from __future__ import annotations

import contextlib
import json
import ssl
import threading
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from urllib.parse import parse_qs

import httpx

from warehouse.loading.load import LoadResult
from warehouse.loading.paging import load_pages
from warehouse.sources.kinds import read_source
from warehouse.sources.servers.answers import Secrets
from warehouse.sources.servers.prometheus import PrometheusSpec, fetch
from warehouse.store.database import Warehouse

SINCE = datetime(2026, 1, 1, tzinfo=UTC)
TODAY = SINCE + timedelta(days=3, minutes=7)
Answer = Callable[[BaseHTTPRequestHandler, dict[str, str]], None]


def spec(url: str, **more: object) -> PrometheusSpec:
    given: dict[str, object] = {
        "name": "prom",
        "kind": "prometheus",
        "url": url,
        "in_query": "in",
        "out_query": "out",
        "label": "{ifName}",
        "since": SINCE,
        "slot_minutes": 5,
        "page_days": 1.0,
        "timeout_seconds": 5.0,
    }
    read = read_source({**given, **more})
    assert isinstance(read, PrometheusSpec)
    return read


def get(
    world: Warehouse,
    source: PrometheusSpec,
    folder: Path,
    secrets: Secrets | None = None,
    today: datetime = TODAY,
) -> list[LoadResult]:
    return load_pages(
        world,
        source,
        secrets or Secrets(),
        folder=folder / "pages",
        known_at=today,
        today=today,
        pause=lambda _: None,
    )


def reply(
    handler: BaseHTTPRequestHandler, body: bytes, status: int = 200, length: int | None = None
) -> None:
    handler.send_response(status)
    handler.send_header("Content-Length", str(len(body) if length is None else length))
    handler.end_headers()
    handler.wfile.write(body)


def good(asked: dict[str, str], **more: object) -> bytes:
    ends = range(int(asked["start"]), int(asked["end"]) + 1, int(asked["step"]))
    value = "1000" if asked["query"] == "in" else "2000"
    result = [
        {"metric": {"ifName": name}, "values": [[end, value] for end in ends]}
        for name in ("r1", "r2")
    ]
    return json.dumps(
        {"status": "success", "data": {"resultType": "matrix", "result": result}, **more}
    ).encode()


@contextlib.contextmanager
def server(answer: Answer, sealed: ssl.SSLContext | None = None) -> Iterator[str]:
    """Its address on loopback; `sealed`: under TLS."""

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"])).decode()
            with contextlib.suppress(ConnectionError, ssl.SSLError):
                answer(self, {name: values[0] for name, values in parse_qs(body).items()})

        def log_message(self, *_: object) -> None:
            pass

    with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as running:
        running.daemon_threads = True
        if sealed:
            running.socket = sealed.wrap_socket(running.socket, server_side=True)
        threading.Thread(
            target=running.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True
        ).start()
        yield f"http{'s' if sealed else ''}://127.0.0.1:{running.server_port}"
        running.shutdown()


FIRST = int(SINCE.timestamp()) + 300


def matrix(*series: tuple[str, object]) -> str:
    result = [{"metric": {"ifName": name}, "values": values} for name, values in series]
    return json.dumps({"status": "success", "data": {"resultType": "matrix", "result": result}})


def fetched(
    answer: Callable[[], httpx.Response],
    pause: Callable[[float], None] = lambda _: None,
    **more: object,
) -> list[tuple[object, ...]]:
    """What one page holds, or the SourceError it ended in; the server is a function."""
    with httpx.Client(
        base_url="http://server", transport=httpx.MockTransport(lambda _: answer())
    ) as client:
        return fetch(
            client, spec("http://server", tries=2, out_query="", **more), SINCE, TODAY, pause=pause
        ).rows()


def stream(
    content: bytes | str, status: int = 200, headers: dict[str, str] | None = None
) -> httpx.Response:
    return httpx.Response(
        status,
        headers=headers,
        stream=httpx.ByteStream(content.encode() if isinstance(content, str) else content),
    )
