"""`transit explore`: the notebook app on the published copy."""

from __future__ import annotations

import importlib.util
import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.folders import read_folders
from warehouse.errors import Problem, SettingsError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]
Database = Annotated[Path | None, Parameter(name=["--database", "-d"])]
NOTEBOOK = Path(__file__).parents[1] / "notebook" / "explore.py"


def explore(
    *, port: int = 2718, browser: bool = True, config: Config = None, database: Database = None
) -> None:
    """Explore the published copy in a notebook app: route, vintage, story, charts, and a cell for
    SQL.

    Parameters
    ----------
    port
        Port on this machine; nobody else's machine can reach it.
    browser
        Open the browser too.
    config
        Settings file that names the published folder. Default: ./transit.toml.
    database
        Explore this file instead of the published one.
    """
    from warehouse.store.reading import open_sealed

    path = (database or read_folders(config).published_database).resolve()
    open_sealed(path).close()
    if importlib.util.find_spec("marimo") is None:
        raise SettingsError(
            "the notebook app is not installed",
            [Problem("marimo", "is not installed")],
            'Install it: pip install "transit-forecast[explore]".',
        )
    arguments = [
        "-P",
        "-m",
        "marimo",
        "run",
        str(NOTEBOOK),
        "--host",
        "127.0.0.1",
        "--port",
        str(port),
        "--token",
    ]
    os.execv(
        sys.executable,
        [
            sys.executable,
            *arguments,
            *([] if browser else ["--headless"]),
            "--",
            "--database",
            str(path),
        ],
    )
