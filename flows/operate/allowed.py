"""What a run that a Prefect server started may read: whoever reaches the server's API chooses its
parameters.

A settings file names files, servers and passwords, and where results are written, so one that
somebody else chose would read for them whatever the run's user can read.
"""

from __future__ import annotations

import json
import os
from pathlib import Path

from prefect.context import FlowRunContext

from warehouse.errors import Problem, SettingsError

ALLOWED_FOLDERS = "TRANSIT_ALLOWED_FOLDERS"
"""Environment: folders, separated as in PATH, in which `config` and `data` of a deployed run may
lie besides its working folder.
"""
FIXED = "TRANSIT_SERVED"
"""Environment of a run that `transit serve` starts: its only `config` and `data`, as JSON."""


def fix_parameters(config: Path, data: Path | None) -> None:
    """From here on this process's children may run with these alone."""
    os.environ[FIXED] = json.dumps([str(config.resolve()), str(data.resolve()) if data else None])


def refuse_foreign_paths(config: Path | None, data: Path | None) -> None:
    """Raises SettingsError where a deployed run is given settings or data from elsewhere; links
    count as what they lead to. A run that this process started itself may have any.
    """
    context = FlowRunContext.get()
    if context is None or context.flow_run is None or context.flow_run.deployment_id is None:
        return
    given = {"config": config, "data": data}
    if FIXED in os.environ:
        served = dict(zip(given, json.loads(os.environ[FIXED]), strict=True))
        problems = [
            Problem(name, f"is {path}, and this service was started with {served[name] or 'none'}")
            for name, path in given.items()
            if path is not None and str(path.resolve()) != served[name]
        ]
        remedy = "Leave it out, or start `transit serve` with it."
    else:
        folders = [Path.cwd(), *map(Path, filter(None, _named_folders()))]
        problems = [
            Problem(name, f"{path} lies in none of {', '.join(map(str, folders))}")
            for name, path in given.items()
            if path is not None
            and not any(path.resolve().is_relative_to(folder.resolve()) for folder in folders)
        ]
        remedy = f"Name its folder in {ALLOWED_FOLDERS} of the worker's environment."
    if problems:
        raise SettingsError("a deployed run may not read from there", problems, remedy)


def _named_folders() -> list[str]:
    return os.environ.get(ALLOWED_FOLDERS, "").split(os.pathsep)


def require_project(folder: str = "") -> None:
    """The build step of prefect.yaml: `prefect deploy` ends where TRANSIT_FOLDER names no folder.
    Deployed without it, runs would work in whatever folder the worker was started in.
    """
    if not (folder and Path(folder).is_dir()):
        raise SettingsError(
            "nothing is deployed",
            [Problem("TRANSIT_FOLDER", f"{folder} is no folder" if folder else "is not set")],
            "Name the project's folder: export TRANSIT_FOLDER=/srv/transit",
        )
