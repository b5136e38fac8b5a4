"""MANIFEST.sha256: what a folder was published with, in the form `sha256sum -c` reads.

Lines of comments state the folder's name, the edition, a sequence number that only rises, and what
each symbolic link leads to; then every file with its SHA-256. With a key the last line signs all of
it (Ed25519), so that list and signature appear by one rename. Whoever published a folder, or
verified it, keeps the list among its private files: an older one put back is seen by its sequence.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path, PurePosixPath

from flows.operate.signing import is_signed_by, signature_of
from warehouse.errors import Problem
from warehouse.store.files import unfinished_in, write_file

NAME = "MANIFEST.sha256"
SIGNATURE = "# ed25519 "
_HASH = re.compile(r"[0-9a-f]{64}")
_SEQUENCE = re.compile(r"[0-9]{1,15}")
_ARROW = " -> "


@dataclass(frozen=True)
class Manifest:
    """`files` holds hashes, `links` targets, both by path within the folder. A list without a name
    states its files alone.
    """

    files: Mapping[str, str]
    name: str = ""
    edition: str = ""
    sequence: int = 0
    links: Mapping[str, str] = field(default_factory=dict)
    signature: str = ""

    @property
    def text(self) -> str:
        """What is written and signed, without the signature."""
        head = ""
        if self.name:
            head = f"# name {self.name}\n# edition {self.edition}\n# sequence {self.sequence}\n"
        links = "".join(f"# link {name}{_ARROW}{to}\n" for name, to in sorted(self.links.items()))
        return head + links + self.listed

    @property
    def listed(self) -> str:
        names = sorted(self.files, key=lambda name: name.split("/"))
        return "".join(f"{self.files[name]}  {name}\n" for name in names)

    @property
    def list_hash(self) -> str:
        """The same for the same files, whatever the folder is called: archived with an edition."""
        return hashlib.sha256(self.listed.encode()).hexdigest()


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def hash_files(folder: Path) -> dict[str, str]:
    """The hash of every file within, by its path; links and the folder's own list aside."""
    return {
        path.relative_to(folder).as_posix(): file_hash(path)
        for path in folder.rglob("*")
        if path.is_file() and not path.is_symlink() and path != folder / NAME
    }


def parse_manifest(text: str) -> Manifest | None:
    """None for a text that is not a manifest."""
    body, _, signature = text.partition(SIGNATURE)
    head: dict[str, str] = {}
    links: dict[str, str] = {}
    files: dict[str, str] = {}
    for line in body.splitlines():
        if line.startswith("# "):
            key, _, value = line[2:].partition(" ")
            if key == "link" and _ARROW in value:
                link, _, target = value.partition(_ARROW)
                links[link] = target
            else:
                head[key] = value
        else:
            digest, _, name = line.partition("  ")
            path = PurePosixPath(name)
            if not _HASH.fullmatch(digest) or path.is_absolute() or {"..", "."} & {*path.parts}:
                return None
            files[name] = digest
    if not _SEQUENCE.fullmatch(head.get("sequence", "0")):
        return None
    manifest = Manifest(
        files,
        head.get("name", ""),
        head.get("edition", ""),
        int(head.get("sequence", "0")),
        links,
        signature.strip(),
    )
    return manifest if manifest.text == body else None


def read_manifest(folder: Path) -> Manifest | None:
    """None where there is none, or it can't be read as one."""
    try:
        return parse_manifest((folder / NAME).read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError):
        return None


def write_manifest(path: Path, manifest: Manifest, signing_key: str = "") -> None:
    """Writes it to a file, signed where there is a key (PEM text)."""
    text = manifest.text
    if signing_key:
        text += f"{SIGNATURE}{signature_of(text, signing_key)}\n"
    write_file(path, text, mode=0o644)


def problems_of(
    folder: Path, name: str, *, public_key: str = "", may_be_nameless: bool = False
) -> list[Problem]:
    """All by which a folder differs from what was published under a name; with `public_key` (PEM
    text), that its list is not signed by the key's holder as well. `may_be_nameless`: a list of an
    earlier version will do.
    """
    place = folder / NAME
    if not place.is_file():
        return [Problem(str(place), "is missing")]
    manifest = read_manifest(folder)
    if manifest is None:
        return [Problem(str(place), "is not a list of files with their hashes, or was changed")]
    problems = list(_unsigned(place, manifest, public_key)) if public_key else []
    if not manifest.name and not may_be_nameless:
        what = "states no name, edition and sequence: it was written by an earlier version"
        problems.append(Problem(str(place), what))
    elif manifest.name not in ("", name):
        problems.append(Problem(str(place), f"is the list of {manifest.name}, not of {name}"))
    for link, target in sorted(manifest.links.items()):
        path = folder / link
        if not path.is_symlink():
            problems.append(Problem(str(path), f"is not a link; published as one to {target}"))
        elif path.readlink().as_posix() != target:
            leads = f"leads to {path.readlink()}, was published to lead to {target}"
            problems.append(Problem(str(path), leads))
    return problems + changed_files(folder, manifest) + unlisted_files(folder, manifest)


def _unsigned(place: Path, manifest: Manifest, public_key: str) -> list[Problem]:
    if not manifest.signature:
        return [Problem(str(place), "is not signed")]
    if not is_signed_by(manifest.text, manifest.signature, public_key):
        return [Problem(str(place), "was not signed with this key, or changed since")]
    return []


def changed_files(folder: Path, manifest: Manifest) -> list[Problem]:
    """Files of the list that are missing, or are not what it states."""
    problems = []
    for name, digest in sorted(manifest.files.items()):
        path = folder / name
        if path.is_symlink():
            problems.append(Problem(str(path), "is a link, was published as a file"))
        elif not path.is_file():
            problems.append(Problem(str(path), "is missing"))
        elif file_hash(path) != digest:
            problems.append(Problem(str(path), "differs from what was published"))
    return problems


def unlisted_files(folder: Path, manifest: Manifest) -> list[Problem]:
    """What is there and was not published. A folder with a list of its own is looked into by
    whoever checks that list; what a stopped run left unfinished is not published.
    """
    problems = []
    unfinished = set(unfinished_in(folder))
    pending = [folder]
    while pending:
        for path in sorted(pending.pop().iterdir()):
            name = path.relative_to(folder).as_posix()
            if name in manifest.files or name in manifest.links or path in unfinished:
                continue
            if path.is_dir() and not path.is_symlink():
                if f"{name}/{NAME}" not in manifest.files:
                    pending.append(path)
            elif path != folder / NAME:
                problems.append(Problem(str(path), "was not published: it is not in the list"))
    return problems
