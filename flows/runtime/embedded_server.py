"""`python -m flows.runtime.embedded_server PORT PARENT`: a Prefect API on 127.0.0.1 that ends when
its parent does, or when it says so by SIGUSR1.

Ctrl-C and service managers tell every process of a group to stop: this one stays for what its
parent still has to tell it.
"""

from __future__ import annotations

import contextlib
import gc
import signal
import sys

from flows.runtime.parent import end_with


def serve(port: int, parent: int) -> None:
    end_with(parent)
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, signal.SIG_IGN)
    # A tenth of the start would go into looking for garbage among what imports make.
    gc.disable()
    import uvicorn

    config = uvicorn.Config(
        "prefect.server.api.server:create_app",
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
