"""What is published, stated in two lists: the manifest in the folder, for anybody to check, and a
copy among the private files, from which the next publication goes on.

Hashes are taken once, when a file is published: what was changed or added in the folder since never
enters a list again.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import dataclass, replace
from pathlib import Path

from flows.folders import Folders
from flows.operate.manifest import (
    NAME,
    Manifest,
    file_hash,
    parse_manifest,
    problems_of,
    read_manifest,
    write_manifest,
)
from flows.operate.signing import is_signed_by, public_of
from warehouse.errors import Problem

PUBLISHED, REPORTS, LATEST = "published", "reports", "latest"


def edition_name(folder: str) -> str:
    """What the list in an edition's folder is called."""
    return f"{REPORTS}/{folder}"


def last_list(folders: Folders, name: str) -> Manifest | None:
    """What was last stated here of `published` or `reports`; where the private files are gone, what
    the folder itself states. None: nothing ever was.
    """
    return _private_list(folders, name) or read_manifest(_folder(folders, name))


def state_list(
    folders: Folders,
    name: str,
    *,
    files: Mapping[str, str],
    links: Mapping[str, str],
    edition: str,
    signing_key: str,
) -> None:
    """States what `published` or `reports` holds now; nothing is written where it is stated so
    already.
    """
    last = last_list(folders, name)
    sequence = last.sequence if last else 0
    wanted = Manifest(dict(files), name, edition, sequence, dict(links))
    public = read_manifest(_folder(folders, name))
    if _is_stated(public, wanted, signing_key) and _private_list(folders, name) == public:
        return
    if last is None or last.text != wanted.text:
        wanted = replace(wanted, sequence=sequence + 1)
    private = _private_file(folders, name)
    private.parent.mkdir(parents=True, exist_ok=True)
    # First the private one: a stop in between leaves the public one a number behind, and the next
    # publication states it again.
    write_manifest(private, wanted, signing_key)
    write_manifest(_folder(folders, name) / NAME, wanted, signing_key)


def state_reports(
    folders: Folders, made: Collection[str] = (), *, latest: str = "", signing_key: str
) -> None:
    """States the editions that are there: those `made` now, and those that were stated before.
    `latest` is the edition which the link of this name leads to; "": as before.
    """
    last = last_list(folders, REPORTS)
    files = {}
    for manifest in sorted(folders.reports.glob(f"*/{NAME}")):
        folder = manifest.parent
        entry = f"{folder.name}/{NAME}"
        if folder.is_symlink() or folder.name.startswith("."):
            continue
        if folder.name in made or last is None:
            files[entry] = file_hash(manifest)
        elif entry in last.files:
            files[entry] = last.files[entry]
    links = {LATEST: latest} if latest else dict(last.links) if last else {}
    edition = latest or (last.edition if last else "")
    state_list(folders, REPORTS, files=files, links=links, edition=edition, signing_key=signing_key)


@dataclass(frozen=True)
class Checked:
    """A folder that was compared with its list."""

    folder: Path
    files: int
    problems: list[Problem]


def check_published(folders: Folders, public_key: str = "") -> list[Checked]:
    """The published copies, the list of reports, and every edition, each compared with its list;
    none where nothing was published. `public_key` is PEM text.
    """
    checked = [
        check_list(folders, name, public_key)
        for name in (PUBLISHED, REPORTS)
        if is_stated(folders, name)
    ]
    # The list of reports holds the hash of each edition's own list, and its signature covers them:
    # those of earlier versions are known by it.
    reports = read_manifest(folders.reports)
    listed = reports.files if reports else {}
    for edition in sorted(folders.reports.glob("*")):
        if edition.is_dir() and not edition.is_symlink() and not edition.name.startswith("."):
            problems = problems_of(
                edition,
                edition_name(edition.name),
                may_be_nameless=f"{edition.name}/{NAME}" in listed,
            )
            checked.append(Checked(edition, _count(edition), problems))
    return checked


def is_stated(folders: Folders, name: str) -> bool:
    """Whether `published` or `reports` should have a list: it holds anything, or once had one."""
    folder = _folder(folders, name)
    return _private_file(folders, name).exists() or (folder.is_dir() and any(folder.iterdir()))


def check_list(folders: Folders, name: str, public_key: str = "") -> Checked:
    """The folder compared with its own list, and this with the one that was stated here last."""
    folder = _folder(folders, name)
    problems = problems_of(folder, name, public_key=public_key)
    problems += _older(folder, _private_list(folders, name))
    return Checked(folder, _count(folder), problems)


def remember_lists(folders: Folders) -> None:
    """Keeps the lists that were found right, so that an older publication is known when it is put
    in their place.
    """
    for name in (PUBLISHED, REPORTS):
        public, private = read_manifest(_folder(folders, name)), _private_list(folders, name)
        if public and (private is None or private.sequence < public.sequence):
            file = _private_file(folders, name)
            file.parent.mkdir(parents=True, exist_ok=True)
            write_manifest(file, public)


def _older(folder: Path, private: Manifest | None) -> list[Problem]:
    public = read_manifest(folder)
    if private is None or public is None:
        return []
    place = str(folder / NAME)
    if public.sequence < private.sequence:
        what = (
            f"is publication {public.sequence}, and {private.sequence} was published or verified"
            " here: an older one was put back, or the last publication was stopped"
        )
        return [Problem(place, what)]
    if public.sequence == private.sequence and public.text != private.text:
        what = f"differs from publication {private.sequence} as it was published or verified here"
        return [Problem(place, what)]
    return []


def _is_stated(public: Manifest | None, wanted: Manifest, signing_key: str) -> bool:
    if public is None or public.text != wanted.text:
        return False
    if not signing_key:
        return not public.signature
    return is_signed_by(public.text, public.signature, public_of(signing_key))


def _count(folder: Path) -> int:
    manifest = read_manifest(folder)
    return len(manifest.files) if manifest else 0


def _folder(folders: Folders, name: str) -> Path:
    return folders.published if name == PUBLISHED else folders.reports


def _private_file(folders: Folders, name: str) -> Path:
    return folders.private / "manifests" / f"{name}.sha256"


def _private_list(folders: Folders, name: str) -> Manifest | None:
    file = _private_file(folders, name)
    try:
        return parse_manifest(file.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None
