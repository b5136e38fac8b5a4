"""`python -m flows.embedded_server PORT PARENT`: a Prefect API on 127.0.0.1 that ends when its parent does."""

from __future__ import annotations

import gc
import sys

from flows.parent import end_with


def serve(port: int, parent: int) -> None:
    end_with(parent)
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
    uvicorn.Server(config).run()


if __name__ == "__main__":
    serve(int(sys.argv[1]), int(sys.argv[2]))
