"""Commands that make something to start from."""

from __future__ import annotations

import shutil
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.folders import SETTINGS_FILE
from warehouse.errors import Problem, SettingsError

TEMPLATE = Path(__file__).parent.parent / "template"
ADDITIONS = TEMPLATE.with_name("additions")
"""What a project may have besides, a folder for each name of --with."""


def init(folder: Path = Path(), /, *, with_: Annotated[str, Parameter(name="--with")] = "") -> None:
    """Write a transit.toml with comments, and a network folder of small CSV files to fill in.

    Parameters
    ----------
    folder
        Where to write. Files that exist are never overwritten.
    with_
        What else to write, separated by commas. prefect: a prefect.yaml with deployments for a
        Prefect server and workers; given for a project that is there, it alone is written.
    """
    names = [name.strip() for name in with_.split(",") if name.strip()]
    known = sorted(path.name for path in ADDITIONS.iterdir())
    if unknown := sorted({*names} - {*known}):
        raise SettingsError(
            "there is no such addition",
            [Problem("--with", name) for name in unknown],
            f"Choose from {', '.join(known)}.",
        )
    started = bool(names) and (folder / SETTINGS_FILE).exists()
    sources = [*([] if started else [TEMPLATE]), *(ADDITIONS / name for name in names)]
    wanted = {
        path.relative_to(source): path
        for source in sources
        for path in sorted(source.rglob("*"))
        if path.is_file()
    }
    there = [folder / path for path in wanted if (folder / path).exists()]
    if there:
        raise SettingsError(
            "there is a project already",
            [Problem(str(path), "exists") for path in there],
            "Name another folder: transit init NEW_FOLDER",
        )
    for path, source in wanted.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(source, folder / path)
        print(folder / path)
    if started:
        return
    print(f"Fill these in, put traffic files into {folder / 'traffic'}, then: transit run")
