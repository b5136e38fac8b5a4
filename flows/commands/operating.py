"""Commands for whoever keeps it running."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.folders import read_folders
from warehouse.errors import Problem, WarehouseError

Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]


def doctor(*, config: Config = None, data: Path | None = None) -> int:
    """Look at settings, disk, locks, versions, clock, Prefect and the last run; say what to do.
    Exit code 1 on an error.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    data
        Folder that the sources' file patterns are relative to; replaces [folders] data.
    """
    from flows.operate.doctor import examine

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
    from flows.operate.backup import back_up
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
    from flows.operate.backup import restore as put_back
    from flows.settings import read_settings

    settings = read_settings(config)
    old = put_back(settings, file, replace=replace)
    beside = settings.folders.private / "restored"
    print(
        f"Restored: {settings.folders.database}. Settings and network of the backup: {beside}",
        file=sys.stderr,
    )
    if old:
        print(f"The database before: {old}", file=sys.stderr)
    return 0


def automations(*, config: Config = None) -> int:
    """Make Prefect's own notices of failed, crashed, late and stuck runs, on the server of
    PREFECT_API_URL.

    They are posted to the webhook and mailed to the people of [notify], even where the machine that
    ran is gone. Made again, they are replaced.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.runtime import embedded
    from flows.settings import read_settings

    settings = read_settings(config)
    if not os.environ.get("PREFECT_API_URL"):
        raise embedded.PrefectError(
            "no Prefect server is named",
            [Problem("PREFECT_API_URL", "is not set")],
            "Notices by Prefect need a server that stays; `transit serve` sends its own by "
            "[notify].",
        )
    with embedded.prefect_api(settings.folders.prefect_home):
        from flows.operate.automations import make_automations

        for name in make_automations(settings):
            print(name, file=sys.stderr)
    return 0


def verify(*, public_key: Path | None = None, config: Config = None) -> int:
    """Check every published copy and report against the SHA-256 it was published with. Exit code 1
    where one differs.

    Parameters
    ----------
    public_key
        Ed25519 key (PEM) that the hashes must be signed with. Default: the one of [run]
        signing_key_file, where it is named.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.operate.manifest import NAME, damaged, is_signed, public_of, unsigned

    folders = read_folders(config)
    places = [
        folders.published,
        *(path for path in sorted(folders.reports.glob("*")) if not path.is_symlink()),
    ]
    named = [place for place in places if (place / NAME).exists()]
    if not named:
        raise WarehouseError(
            "nothing is published with hashes",
            [Problem(str(folders.published / NAME), "does not exist")],
            "transit publish",
        )
    own = _own_key(config) if public_key is None else ""
    key = public_key.read_text(encoding="utf-8") if public_key else public_of(own) if own else ""
    problems = []
    for place in named:
        count, found = damaged(place)
        not_signed = unsigned(place, key) if key else []
        signed = ", not signed with the key" if not_signed else ", signed" if key else ""
        if not key and is_signed(place):
            signed = ", signed; --public-key tells by whom"
        print(f"{place}: {count} files, {len(found)} damaged{signed}")
        problems += [*found, *not_signed]
    for problem in problems:
        print(f"  {problem}")
    return int(bool(problems))


def _own_key(config: Path | None) -> str:
    """The private key of the settings; on a machine that only holds a copy they may not be
    there.
    """
    from flows.operate.secrets import signing_key
    from flows.settings import read_settings
    from warehouse.errors import SettingsError

    try:
        return signing_key(read_settings(config))
    except SettingsError:
        return ""
