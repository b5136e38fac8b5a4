"""Answers over HTTP that are too large, too slow, packed or sealed oddly or lead elsewhere: a clear
error, and no secret goes astray.
"""

from __future__ import annotations

import base64
import contextlib
import gzip
import shutil
import socket
import ssl
import subprocess
import time
import tracemalloc
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from tests.warehouse.sources.answering import (
    FIRST,
    SINCE,
    TODAY,
    Answer,
    fetched,
    get,
    good,
    matrix,
    reply,
    server,
    spec,
    stream,
)
from tests.warehouse.traffic_worlds import open_world
from warehouse.errors import SourceError
from warehouse.sources.servers.answers import Secrets, connect
from warehouse.sources.servers.prometheus import fetch


def packed(content: bytes, times: int) -> bytes:
    return packed(gzip.compress(content), times - 1) if times else content


@pytest.mark.parametrize(
    ("packing", "content", "message"),
    [
        ("gzip", packed(b" " * (1 << 26), 1), "more than the limit of 1000000 bytes"),
        (
            "gzip, gzip",
            packed(b" " * (1 << 26), 2),
            "packed with 'gzip, gzip', which was not asked for",
        ),
        ("gzip", packed(matrix().encode(), 1)[:-9], "the packed answer is cut off"),
        ("gzip", packed(matrix().encode(), 1) * 2, "something follows the packed answer"),
        ("gzip", matrix().encode(), "the answer can't be unpacked"),
    ],
    ids=["bomb", "packed twice", "cut off", "followed by something", "not packed"],
)
def test_packed_answers_that_are_bombs_or_broken(
    packing: str, content: bytes, message: str
) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(SourceError) as caught:
            fetched(
                lambda: stream(content, headers={"Content-Encoding": packing}),
                max_answer_bytes=1_000_000,
            )
        most = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert message in str(caught.value)
    assert most < 1 << 23


def test_a_packed_answer_is_unpacked() -> None:
    sent = packed(matrix(("r1", [[FIRST, "7"]])).encode(), 1)
    assert fetched(lambda: stream(sent, headers={"Content-Encoding": "gzip"})) == [
        (FIRST, "r1", 7.0, None)
    ]


@pytest.mark.parametrize(
    ("asks", "pauses", "message"),
    [
        ("30", [30.0], "(2 tries)"),
        ("7200", [], "asks to be left alone for 7200 seconds (1 tries)"),
        ("soon", [2.0], "(2 tries)"),
    ],
)
def test_a_server_that_asks_for_a_rest_gets_it(
    asks: str, pauses: list[float], message: str
) -> None:
    waited: list[float] = []
    with pytest.raises(SourceError) as caught:
        fetched(lambda: stream("slow down", 429, {"Retry-After": asks}), waited.append)
    assert waited == pauses
    assert message in str(caught.value)


def test_a_redirect_is_named_and_secrets_do_not_follow_it(tmp_path: Path) -> None:
    seen: list[str] = []

    def elsewhere_too(handler: BaseHTTPRequestHandler, _: dict[str, str]) -> None:
        seen.append(handler.path)
        reply(handler, b"{}")

    with server(elsewhere_too) as other, open_world(tmp_path) as world:

        def away(handler: BaseHTTPRequestHandler, _: dict[str, str]) -> None:
            handler.send_response(307)
            handler.send_header(
                "Location", f"{other.replace('//', '//me:s3cr3t@')}/login?session=s3cr3t"
            )
            handler.send_header("Content-Length", "0")
            handler.end_headers()

        with server(away) as url:
            (result,) = get(world, spec(url), tmp_path, Secrets(token="token"))
    assert f"status 307: to {other}/login\n" in str(result.error)
    assert not seen


def test_where_an_answer_that_is_no_redirect_points_is_of_no_matter() -> None:
    assert fetched(lambda: stream(matrix(("r1", [[FIRST, "7"]])), headers={"Location": "http://["}))
    with pytest.raises(SourceError, match="status 302: to http"):
        fetched(lambda: stream("", 302, {"Location": "http://["}))


def headers_that_drip(handler: BaseHTTPRequestHandler, _: dict[str, str]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\nX-Slow: ")
    while True:  # until the reader has left
        handler.wfile.write(b"x")
        time.sleep(0.05)


def body_that_drips(handler: BaseHTTPRequestHandler, _: dict[str, str]) -> None:
    handler.wfile.write(b"HTTP/1.1 200 OK\r\n\r\n")
    headers_that_drip(handler, _)


@pytest.mark.parametrize("drip", [headers_that_drip, body_that_drips])
def test_an_answer_that_drips_without_end_is_ended(tmp_path: Path, drip: Answer) -> None:
    with server(drip) as url, open_world(tmp_path) as world:
        (result,) = get(world, spec(url, tries=1, timeout_seconds=0.2), tmp_path)
    assert "the answer takes too long" in str(result.error)


@pytest.mark.parametrize("token", ["two\nlines of s3cr3t", "s3cr3t\0", "s3crét"])
def test_a_token_that_can_not_be_sent_is_refused_and_not_shown(tmp_path: Path, token: str) -> None:
    with (
        server(lambda handler, query: reply(handler, good(query))) as url,
        open_world(tmp_path) as world,
    ):
        (result,) = get(world, spec(url), tmp_path, Secrets(token=token))
    assert "the token holds a line end or a letter beyond ASCII" in str(result.error)
    assert "s3cr" not in str(result.error)


@pytest.mark.parametrize("way", ["token", "password"])
def test_secrets_open_the_server_and_are_kept_nowhere(tmp_path: Path, way: str) -> None:
    secret = "s3cr3t-of-the-test"
    basic = "Basic " + base64.b64encode(f"reader:{secret}".encode()).decode()

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        wanted = f"Bearer {secret}" if way == "token" else basic
        if handler.headers.get("Authorization") == wanted:
            reply(handler, good(query))
        else:
            reply(handler, b"no", status=401)

    secrets = Secrets(token=secret) if way == "token" else Secrets(password=secret)
    with server(answer) as url, open_world(tmp_path) as world:
        source = spec(url, user="" if way == "token" else "reader")
        (refused,) = get(world, source, tmp_path)
        assert "Check token_file, or user and password_file" in str(refused.error)
        assert get(world, source, tmp_path, secrets)[0].error is None
    assert secret not in repr(secrets)
    assert secret.encode() not in (tmp_path / "world.duckdb").read_bytes()


@contextlib.contextmanager
def secure_server(tmp_path: Path, answer: Answer) -> Iterator[tuple[str, str]]:
    """Its address, and the file of the certificate that vouches for it."""
    key, certificate = tmp_path / "key.pem", tmp_path / "cert.pem"
    subprocess.run(
        [
            "openssl",
            "req",
            "-x509",
            "-newkey",
            "rsa:2048",
            "-nodes",
            "-keyout",
            str(key),
            "-out",
            str(certificate),
            "-days",
            "2",
            "-subj",
            "/CN=127.0.0.1",
            "-addext",
            "subjectAltName=IP:127.0.0.1",
        ],
        check=True,
        capture_output=True,
    )
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(certificate, key)

    with server(answer, context) as url:
        yield url, str(certificate)


needs_openssl = pytest.mark.skipif(
    shutil.which("openssl") is None, reason="openssl is not installed"
)


@needs_openssl
def test_a_certificate_nobody_vouches_for_is_refused(tmp_path: Path) -> None:
    with (
        secure_server(tmp_path, lambda handler, query: reply(handler, good(query))) as (
            url,
            vouched,
        ),
        open_world(tmp_path) as world,
    ):
        (result,) = get(world, spec(url, tries=1), tmp_path)
        assert "certificate verify failed" in str(result.error).lower()
        assert get(world, spec(url, ca_file=vouched), tmp_path)[0].error is None


@needs_openssl
@pytest.mark.parametrize("drip", [headers_that_drip, body_that_drips])
def test_a_sealed_answer_that_drips_without_end_is_ended(tmp_path: Path, drip: Answer) -> None:
    with secure_server(tmp_path, drip) as (url, vouched), open_world(tmp_path) as world:
        (result,) = get(world, spec(url, ca_file=vouched, tries=1, timeout_seconds=0.2), tmp_path)
    assert "the answer takes too long" in str(result.error)


def test_a_server_that_is_found_too_late_is_not_listened_to(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    look_up = socket.getaddrinfo

    def at_length(*arguments: object, **more: object) -> object:
        time.sleep(1.5)
        return look_up(*arguments, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(socket, "getaddrinfo", at_length)
    with server(headers_that_drip) as url:
        source = spec(url, tries=1, timeout_seconds=0.1)
        with (
            connect(source, Secrets()) as client,
            pytest.raises(SourceError, match="the answer takes too long"),
        ):
            fetch(client, source, SINCE, TODAY, pause=lambda _: None)
