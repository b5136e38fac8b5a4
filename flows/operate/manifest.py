"""SHA-256 of what was published, in the form `sha256sum -c` reads, so that a copy anywhere can be
checked.

With a key the list is signed too (Ed25519). The signature is its last line, a comment to sha256sum,
so that list and signature appear by one rename.
"""

from __future__ import annotations

import base64
import hashlib
import os
from collections.abc import Iterable
from pathlib import Path
from typing import TYPE_CHECKING

from warehouse.errors import Problem, SettingsError

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import (
        Ed25519PrivateKey,
        Ed25519PublicKey,
    )

NAME = "MANIFEST.sha256"
SIGNATURE = "# ed25519 "


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> dict[str, str]:
    """Hash by path relative to the folder; nothing where there is no manifest."""
    path = folder / NAME
    if not path.exists():
        return {}
    listed, _ = _parts(path)
    lines = (line.split("  ", 1) for line in listed.splitlines() if "  " in line)
    return {name: digest for digest, name in lines}


def _parts(path: Path) -> tuple[str, str]:
    """The list, and the signature below it where there is one."""
    listed, _, signature = path.read_text(encoding="utf-8").partition(SIGNATURE)
    return listed, signature.strip()


def write_manifest(
    folder: Path,
    files: Iterable[Path],
    *,
    known: dict[str, str] | None = None,
    signing_key: str = "",
) -> None:
    """Names `files` with their hashes; `known` hashes are taken over, for files that are never
    changed in place.

    `signing_key` is the text of a private Ed25519 key (PEM). Raises SettingsError where it is
    something else.
    """
    known = known or {}
    lines = []
    for path in sorted(files):
        name = path.relative_to(folder).as_posix()
        lines.append(f"{known.get(name) or file_hash(path)}  {name}\n")
    _put(folder, "".join(lines), signing_key)


def sign(folder: Path, signing_key: str) -> None:
    """Signs the folder's list as it is; without a key it stays as it is."""
    if signing_key:
        _put(folder, _parts(folder / NAME)[0], signing_key)


def _put(folder: Path, listed: str, signing_key: str) -> None:
    if signing_key:
        listed += (
            f"{SIGNATURE}{base64.b64encode(_private(signing_key).sign(listed.encode())).decode()}\n"
        )
    partial = folder / f".{NAME}-{os.getpid()}"
    partial.write_text(listed, encoding="utf-8")
    partial.chmod(0o644)
    partial.replace(folder / NAME)


def damaged(folder: Path) -> tuple[int, list[Problem]]:
    """How many files the folder's manifest names, and those that are missing, changed, or (beside
    them) unnamed.
    """
    wanted = read_manifest(folder)
    problems = []
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file():
            problems.append(Problem(str(path), "is missing"))
        elif file_hash(path) != digest:
            problems.append(Problem(str(path), "differs from what was published"))
    return len(wanted), problems


def is_signed(folder: Path) -> bool:
    return bool(_parts(folder / NAME)[1])


def unsigned(folder: Path, public_key: str) -> list[Problem]:
    """Why the folder's list is not known to come from the holder of the key; `public_key` is PEM
    text.
    """
    from cryptography.exceptions import InvalidSignature

    listed, signature = _parts(folder / NAME)
    if not signature:
        return [Problem(str(folder / NAME), "is not signed")]
    try:
        _public(public_key).verify(base64.b64decode(signature, validate=True), listed.encode())
    except (InvalidSignature, ValueError):
        return [Problem(str(folder / NAME), "was not signed with this key, or changed since")]
    return []


def public_of(signing_key: str) -> str:
    """The public key that belongs to a private one, both PEM text."""
    from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

    return (
        _private(signing_key)
        .public_key()
        .public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
        .decode()
    )


def _private(text: str) -> Ed25519PrivateKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
    from cryptography.hazmat.primitives.serialization import load_pem_private_key

    try:
        key = load_pem_private_key(text.encode(), None)
    except (ValueError, TypeError):
        key = None
    if not isinstance(key, Ed25519PrivateKey):
        # What the library says of it could hold parts of the key.
        raise SettingsError(
            "the signing key can't be used",
            [
                Problem(
                    "[run] signing_key_file",
                    "is not a private Ed25519 key in PEM without a passphrase",
                )
            ],
            "Make one: openssl genpkey -algorithm ed25519 -out signing.pem",
        )
    return key


def _public(text: str) -> Ed25519PublicKey:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
    from cryptography.hazmat.primitives.serialization import load_pem_public_key

    try:
        key = load_pem_public_key(text.encode())
    except ValueError:
        key = None
    if not isinstance(key, Ed25519PublicKey):
        raise SettingsError(
            "the public key can't be used",
            [Problem("--public-key", "is not an Ed25519 key in PEM")],
            "Make it from the private one: openssl pkey -in signing.pem -pubout -out signing.pub",
        )
    return key
