"""One answer of a server over HTTP: whole, in time and of a bearable size, or an error; secrets go
to that server alone.
"""

from __future__ import annotations

import contextlib
import re
import socket
import ssl
import threading
import time
import zlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Annotated, Any
from urllib.parse import SplitResult, urlsplit

import httpx
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from warehouse.errors import Problem, SourceError
from warehouse.sources.servers.pages import PagedSpec
from warehouse.sources.spec import STRICT, failed

ANSWER_OUTLASTS_TIMEOUT = 10
"""An answer that drips may take this many time-outs as a whole, its headers too."""
PIECE = 1 << 20


@settings(frozen=True, config=STRICT)
class ServerSpec(PagedSpec):
    """Settings of every source that a server answers over HTTP."""

    url: Annotated[str, Field(description="address of the server, without user or password")] = ""
    token_file: Annotated[str, Field(description="file with a bearer token")] = ""
    ca_file: Annotated[str, Field(description="certificates to trust instead of the system's")] = ""
    max_answer_bytes: Annotated[
        int, Field(ge=1, description="of one answer, unpacked; reading takes up to 25 times that")
    ] = 256 * 1024**2

    def problems(self) -> list[tuple[str, str]]:
        address = parts_of(self.url)
        checks = [
            (
                address.scheme in ("http", "https") and bool(address.hostname),
                "url",
                "must begin with http:// or https:// and name a server and perhaps its port",
            ),
            (
                "@" not in address.netloc,
                "url",
                "holds a user or password; give user and password_file",
            ),
            (not address.query and not address.fragment, "url", "must not hold a query"),
            (not (self.token_file and self.user), "token_file", "is given and user as well"),
        ]
        return [*super().problems(), *failed(checks)]


def parts_of(url: str) -> SplitResult:
    """The parts of an address; none where it has a port that is not a number or brackets that don't
    close.
    """
    try:
        found = urlsplit(url)
        return found if url.isprintable() and found.port != 0 else urlsplit("")
    except ValueError:
        return urlsplit("")


@dataclass(frozen=True)
class Secrets:
    """What opens the server. Neither is ever shown."""

    token: str = field(default="", repr=False)
    password: str = field(default="", repr=False)


class PassingError(Exception):
    """A failure that may pass, perhaps in so many seconds."""

    def __init__(self, said: str, wait: float = 0.0) -> None:
        self.wait = wait
        super().__init__(said)


@dataclass(frozen=True)
class Answer:
    """`elsewhere` is where a redirect leads, without its query and secrets; `wait` the seconds that
    the server asks to be left alone.
    """

    status: int
    reason: str
    content: bytes
    elsewhere: str
    wait: float


class _Deadline:
    """Shuts the connection once its time is up: no time-out of single reads ends headers that come
    byte by byte.
    """

    def __init__(self, seconds: float) -> None:
        self.passed = False
        self._end = time.monotonic() + seconds
        self._socket: socket.socket | None = None
        self._timer = threading.Timer(seconds, self._shut)
        self._timer.daemon = True

    def __enter__(self) -> _Deadline:
        self._timer.start()
        return self

    def __exit__(self, *_: object) -> None:
        self._timer.cancel()

    def trace(self, event: str, info: Mapping[str, Any]) -> None:
        if event in ("connection.connect_tcp.complete", "connection.start_tls.complete"):
            self._socket = info["return_value"].get_extra_info("socket")
            if self.passed:  # while it was still looking for the server
                self._shut()

    def check(self) -> None:
        if self.passed or time.monotonic() > self._end:
            raise PassingError("the answer takes too long")

    def _shut(self) -> None:
        self.passed = True
        if self._socket is not None:
            # Not TLS's own: that would take the decoder away from the thread that reads.
            with contextlib.suppress(OSError):
                socket.socket.shutdown(self._socket, socket.SHUT_RDWR)


def connect(spec: ServerSpec, secrets: Secrets) -> httpx.Client:
    """A client that verifies certificates, follows no redirect, keeps no connection and takes
    nothing from the environment.
    """
    if not (secrets.token.isascii() and (not secrets.token or secrets.token.isprintable())):
        raise SourceError(
            "a secret can't be sent",
            [Problem(spec.name, "the token holds a line end or a letter beyond ASCII")],
            "Check token_file: one line, the token and nothing else.",
        )
    headers = {
        "Accept-Encoding": "gzip",
        **({"Authorization": f"Bearer {secrets.token}"} if secrets.token else {}),
    }
    auth = httpx.BasicAuth(spec.user, secrets.password) if spec.user else None
    try:
        return httpx.Client(
            base_url=spec.url.rstrip("/"),
            headers=headers,
            auth=auth,
            timeout=spec.timeout_seconds,
            limits=httpx.Limits(max_keepalive_connections=0),
            verify=ssl.create_default_context(cafile=spec.ca_file or None),
            follow_redirects=False,
            trust_env=False,
        )
    except httpx.InvalidURL as error:
        raise _no_address(spec, error) from error
    except (OSError, ValueError) as error:
        raise SourceError(
            "the server's certificates can't be read",
            [Problem(spec.ca_file, str(error))],
            "Check ca_file.",
        ) from error


def post(client: httpx.Client, spec: ServerSpec, path: str, asked: Mapping[str, str]) -> Answer:
    """The server's answer to a form. Raises PassingError where another try may help."""
    with _Deadline(ANSWER_OUTLASTS_TIMEOUT * spec.timeout_seconds) as deadline:
        try:
            with client.stream(
                "POST", path, data=asked, extensions={"trace": deadline.trace}
            ) as response:
                content = bytearray()
                for piece in _unpacked(response):
                    content += piece
                    if len(content) > spec.max_answer_bytes:
                        raise SourceError(
                            "an answer is too large",
                            [
                                Problem(
                                    spec.name,
                                    f"more than the limit of {spec.max_answer_bytes} bytes",
                                )
                            ],
                            "Lower page_days, or raise max_answer_bytes.",
                        )
                    deadline.check()
        except UnicodeError as error:
            raise _no_address(spec, error) from error
        except httpx.TransportError as error:
            deadline.check()
            raise PassingError(str(error) or type(error).__name__) from error
    place = response.headers.get("location", "") if response.is_redirect else ""
    wait = response.headers.get("retry-after", "")
    return Answer(
        response.status_code,
        response.reason_phrase,
        bytes(content),
        elsewhere=re.sub(r"(?<=//)[^/]*@|[?#].*", "", place),
        wait=float(wait) if wait.isdecimal() and len(wait) < 9 else 0.0,
    )


def _unpacked(response: httpx.Response) -> Iterator[bytes]:
    """The answer in pieces of bounded size, however small it was packed."""
    packing = response.headers.get("content-encoding", "").strip().lower()
    if packing not in ("", "identity", "gzip"):
        raise PassingError(f"the answer is packed with {packing!r}, which was not asked for")
    unpacker = zlib.decompressobj(wbits=31)
    for chunk in response.iter_raw(PIECE):
        if packing != "gzip":
            yield chunk
            continue
        rest = chunk
        try:
            while rest:
                yield unpacker.decompress(rest, PIECE)
                if unpacker.unused_data:
                    raise PassingError("something follows the packed answer")
                rest = unpacker.unconsumed_tail
        except zlib.error as error:
            raise PassingError(f"the answer can't be unpacked: {error}") from error
    if packing == "gzip":
        yield unpacker.flush()  # at most one match of the last piece
    if packing == "gzip" and not unpacker.eof:
        raise PassingError("the packed answer is cut off")


def _no_address(spec: ServerSpec, error: Exception) -> SourceError:
    return SourceError(
        "the server has no such address",
        [Problem(f"{spec.name}, {spec.url}", str(error))],
        "Check url.",
    )
