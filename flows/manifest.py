"""SHA-256 of what was published, in the form `sha256sum -c` reads, so that a copy anywhere can be checked."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterable
from pathlib import Path

from warehouse.errors import Problem

NAME = "MANIFEST.sha256"


def file_hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def read_manifest(folder: Path) -> dict[str, str]:
    """Hash by path relative to the folder; nothing where there is no manifest."""
    path = folder / NAME
    if not path.exists():
        return {}
    lines = (line.split("  ", 1) for line in path.read_text(encoding="utf-8").splitlines() if "  " in line)
    return {name: digest for digest, name in lines}


def write_manifest(folder: Path, files: Iterable[Path], *, known: dict[str, str] | None = None) -> None:
    """Names `files` with their hashes; `known` hashes are taken over, for files that are never changed in place."""
    known = known or {}
    lines = []
    for path in sorted(files):
        name = path.relative_to(folder).as_posix()
        lines.append(f"{known.get(name) or file_hash(path)}  {name}\n")
    partial = folder / f".{NAME}-{os.getpid()}"
    partial.write_text("".join(lines), encoding="utf-8")
    partial.chmod(0o644)
    partial.replace(folder / NAME)


def damaged(folder: Path) -> tuple[int, list[Problem]]:
    """How many files the folder's manifest names, and those that are missing, changed, or (beside them) unnamed."""
    wanted = read_manifest(folder)
    problems = []
    for name, digest in wanted.items():
        path = folder / name
        if not path.is_file():
            problems.append(Problem(str(path), "is missing"))
        elif file_hash(path) != digest:
            problems.append(Problem(str(path), "differs from what was published"))
    return len(wanted), problems
