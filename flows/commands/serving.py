"""`transit endpoint`: the published copy for DuckDB clients elsewhere."""

from __future__ import annotations

import os
import secrets
import time
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.folders import read_folders
from warehouse.errors import Problem, SettingsError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]
Database = Annotated[Path | None, Parameter(name=["--database", "-d"])]
TOKEN = "TRANSIT_ENDPOINT_TOKEN"
LOOK_SECONDS = 2.0


def endpoint(
    *,
    host: str = "localhost",
    port: int = 9494,
    allow_other_hosts: bool = False,
    config: Config = None,
    database: Database = None,
) -> None:
    """Serve the published copy read-only to DuckDB clients (quack protocol), until stopped.

    A newer edition is served as soon as it is published; queries that run then are cut off. The
    token clients need is TRANSIT_ENDPOINT_TOKEN of the environment, else one is made up and
    printed.

    Parameters
    ----------
    host
        Where to listen. Anything but this machine needs --allow-other-hosts, and a proxy that adds
        TLS.
    port
        The port to listen on.
    allow_other_hosts
        Listen beyond this machine: whoever has the token can read everything in the copy.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Serve this file instead of the published one.
    """
    from warehouse.serving.extras.endpoint import LOOPBACK
    from warehouse.serving.extras.endpoint import endpoint as serve

    if host not in LOOPBACK and not allow_other_hosts:
        raise SettingsError(
            "the endpoint would be open to other machines",
            [Problem("--host", f"{host} is not this machine")],
            "Add --allow-other-hosts, and put a proxy with TLS in front; or tunnel: ssh -L "
            "9494:localhost:9494.",
        )
    path = database or read_folders(config).published_database
    token = os.environ.get(TOKEN)
    if token is None:
        token = secrets.token_urlsafe(24)
        print(f"token: {token}")
    while True:
        edition = path.resolve()
        with serve(edition, token=token, host=host, port=port) as address:
            print(f"{edition.name} at {address}; end with Ctrl-C", flush=True)
            while path.resolve() == edition:
                time.sleep(LOOK_SECONDS)
