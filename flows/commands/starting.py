"""Commands that make something to start from."""

from __future__ import annotations

import shutil
from pathlib import Path

from warehouse.errors import Problem, SettingsError

TEMPLATE = Path(__file__).parent.parent / "template"


def init(folder: Path = Path(), /) -> None:
    """Write a transit.toml with comments, and a network folder of small CSV files to fill in.

    Parameters
    ----------
    folder
        Where to write. Files that exist are never overwritten.
    """
    wanted = [path.relative_to(TEMPLATE) for path in sorted(TEMPLATE.rglob("*")) if path.is_file()]
    there = [folder / path for path in wanted if (folder / path).exists()]
    if there:
        raise SettingsError(
            "there is a project already",
            [Problem(str(path), "exists") for path in there],
            "Name another folder: transit init NEW_FOLDER",
        )
    for path in wanted:
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(TEMPLATE / path, folder / path)
        print(folder / path)
    print(f"Fill these in, put traffic files into {folder / 'traffic'}, then: transit run")
