"""`python -m flows.embedded_server PORT PARENT`: a Prefect API on 127.0.0.1 that ends when its parent does."""

from __future__ import annotations

import sys

from flows.parent import end_with


def serve(port: int, parent: int) -> None:
    end_with(parent)
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
