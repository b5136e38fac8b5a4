"""Commands for whoever keeps it running."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from flows.folders import read_folders, read_toml
from warehouse.errors import Problem, SettingsError, WarehouseError

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


def restore(
    file: Path, /, *, replace: bool = False, unsigned: bool = False, config: Config = None
) -> int:
    """Put the working database of a backup in place, after checking it. Then `transit publish`.

    Parameters
    ----------
    file
        A file that `transit backup` made.
    replace
        Replace a working database that is there; the old one is kept beside it.
    unsigned
        Take a backup that is not signed with the key of [run] signing_key_file.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.operate.backup import restore as put_back
    from flows.settings import read_settings

    settings = read_settings(config)
    old = put_back(settings, file, replace=replace, unsigned=unsigned)
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
    """Check the published copies, the reports and their links against the lists they were published
    with. Exit code 1 where anything differs, is missing, was added, or is older than what was seen.

    Parameters
    ----------
    public_key
        Ed25519 key (PEM) that the hashes must be signed with. Default: the one of [run]
        signing_key_file, where it is named.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.operate.manifest import NAME, read_manifest
    from flows.operate.publication import check_published, remember_lists

    folders = read_folders(config)
    key = _read_key(public_key) if public_key else _own_key(config)
    checked = check_published(folders, key)
    if not checked:
        raise WarehouseError(
            "nothing is published",
            [Problem(str(folders.published / NAME), "does not exist")],
            "transit publish",
        )
    problems = []
    for one in checked:
        manifest = read_manifest(one.folder)
        signed = "" if manifest is None or not manifest.signature else ", signed"
        if signed and not key:
            signed += "; --public-key tells by whom"
        print(f"{one.folder}: {one.files} files, {len(one.problems)} problems{signed}")
        problems += one.problems
    for problem in problems:
        print(f"  {problem}")
    if problems:
        return 1
    with suppress(OSError):  # a copy may lie where nothing can be written
        remember_lists(folders)
    return 0


def _read_key(path: Path) -> str:
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "the public key can't be read",
            [Problem(str(path), type(error).__name__)],
            "Give the file that openssl pkey -pubout made.",
        ) from error


def _own_key(config: Path | None) -> str:
    """The public key of the settings' own one; "" where nothing is signed. Raises SettingsError
    where the settings or the key can't be read. A machine that holds a copy may lack what else the
    settings name.
    """
    from flows.operate.secrets import stated
    from flows.operate.signing import public_of

    path, document = read_toml(config)
    run = document.get("run", {})
    named = run.get("signing_key_file", "") if isinstance(run, dict) else ""
    if not named:
        own = stated("TRANSIT_SIGNING_KEY")
        return public_of(own) if own else ""
    try:
        return public_of((path.parent / str(named)).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(
            "the signing key can't be read",
            [Problem(f"[run] signing_key_file, {named}", type(error).__name__)],
            "Where the private key is not at hand: transit verify --public-key signing.pub",
        ) from error
