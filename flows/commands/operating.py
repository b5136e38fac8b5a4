"""Commands for whoever keeps it running."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.folders import read_folders
from warehouse.errors import Problem, WarehouseError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]


def doctor(*, config: Config = None, data: Path | None = None) -> int:
    """Look at settings, disk, locks, versions, clock, Prefect and the last run; say what to do. Exit code 1 on an error.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    data
        Folder that the sources' file patterns are relative to; replaces [folders] data.
    """
    from flows.doctor import examine

    findings = examine(config, data)
    for finding in findings:
        print(f"{finding.level:<8} {finding.about:<10} {finding.what}")
        if finding.remedy:
            print(f"{'':<19} -> {finding.remedy}")
    return int(any(finding.level == "error" for finding in findings))


def backup(file: Path, /, *, config: Config = None) -> int:
    """Write the working database, the settings and the network into one file, with their hashes.

    Parameters
    ----------
    file
        The tar file to write; it must not exist.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.backup import back_up
    from flows.settings import read_settings

    made = back_up(read_settings(config), file)
    print(f"{made}  {made.stat().st_size / 1e6:.1f} MB", file=sys.stderr)
    return 0


def restore(file: Path, /, *, replace: bool = False, config: Config = None) -> int:
    """Put the working database of a backup in place, after checking it. Then `transit publish`.

    Parameters
    ----------
    file
        A file that `transit backup` made.
    replace
        Replace a working database that is there; the old one is kept beside it.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.backup import restore as put_back
    from flows.settings import read_settings

    settings = read_settings(config)
    old = put_back(settings, file, replace=replace)
    beside = settings.folders.private / "restored"
    print(f"Restored: {settings.folders.database}. Settings and network of the backup: {beside}", file=sys.stderr)
    if old:
        print(f"The database before: {old}", file=sys.stderr)
    return 0


def verify(*, config: Config = None) -> int:
    """Check every published copy and report against the SHA-256 it was published with. Exit code 1 where one differs.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.manifest import NAME, damaged

    folders = read_folders(config)
    places = [folders.published, *(path for path in sorted(folders.reports.glob("*")) if not path.is_symlink())]
    named = [place for place in places if (place / NAME).exists()]
    if not named:
        raise WarehouseError(
            "nothing is published with hashes",
            [Problem(str(folders.published / NAME), "does not exist")],
            "transit publish",
        )
    problems = []
    for place in named:
        count, found = damaged(place)
        print(f"{place}: {count} files, {len(found)} damaged")
        problems += found
    for problem in problems:
        print(f"  {problem}")
    return int(bool(problems))
