"""`python -m flows.runtime.embedded_server PORT PARENT`: a Prefect API on 127.0.0.1 that ends when
its parent does, or when it says so by SIGUSR1.

Its password is PREFECT_SERVER_API_AUTH_STRING of its environment; without one it does not start.
Whoever names another host, or comes from another site's page, is turned away before Prefect sees
it: a browser sends its user's requests to 127.0.0.1 for any page that asks.

Ctrl-C and service managers tell every process of a group to stop: this one stays for what its
parent still has to tell it.
"""

from __future__ import annotations

import contextlib
import gc
import os
import signal
import sys
from collections.abc import Awaitable, Callable, MutableMapping
from typing import Any

from flows.runtime.parent import end_with

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
Application = Callable[[Message, Receive, Send], Awaitable[None]]


def only_own_pages(application: Application, port: int) -> Application:
    """`application` for requests whose Host, and Origin where there is one, are this server's."""
    hosts = {f"{name}:{port}".encode() for name in ("127.0.0.1", "localhost")}
    origins = {b"http://" + host for host in hosts}

    async def guarded(scope: Message, receive: Receive, send: Send) -> None:
        if scope["type"] == "lifespan":
            return await application(scope, receive, send)
        named = [text for name, text in scope["headers"] if name == b"host"]
        origin = [text for name, text in scope["headers"] if name == b"origin"]
        if len(named) == 1 and named[0].lower() in hosts and origins.issuperset(origin):
            return await application(scope, receive, send)
        if scope["type"] == "websocket":
            # A close before the handshake is answered with 403.
            return await send({"type": "websocket.close", "code": 1008})
        await send(
            {
                "type": "http.response.start",
                "status": 403,
                "headers": [(b"content-type", b"text/plain")],
            }
        )
        return await send({"type": "http.response.body", "body": b"not this server's name\n"})

    return guarded


def serve(port: int, parent: int) -> None:
    end_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    if not os.environ.get("PREFECT_SERVER_API_AUTH_STRING"):
        sys.exit("no password: PREFECT_SERVER_API_AUTH_STRING is not set")
    # A tenth of the start would go into looking for garbage among what imports make.
    gc.disable()
    import uvicorn

    def application() -> Application:
        from prefect.server.api.server import create_app

        return only_own_pages(create_app(), port)

    config = uvicorn.Config(
        application,
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
    )
    config.load()
    gc.freeze()
    gc.enable()
    server = uvicorn.Server(config)
    server.capture_signals = contextlib.nullcontext  # type: ignore[method-assign, assignment]

    def stop(*_: object) -> None:
        server.should_exit = True

    signal.signal(signal.SIGUSR1, stop)
    server.run()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
