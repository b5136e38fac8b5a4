"""`python -m flows.embedded_server PORT PARENT`: a Prefect API on 127.0.0.1 that ends when its parent does."""

from __future__ import annotations

import os
import sys
import threading
import time


def _end_with(parent: int) -> None:
    """A parent killed outright can't stop its server, so the server watches."""
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(0)


def serve(port: int, parent: int) -> None:
    threading.Thread(target=_end_with, args=(parent,), daemon=True).start()
    import uvicorn

    uvicorn.run(
        "prefect.server.api.server:create_app",
        factory=True,
        host="127.0.0.1",
        port=port,
        log_level="error",
        lifespan="on",
    )


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
