"""`transit sbom`: what this installation is made of, and whether it is what the lock says."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from warehouse.errors import Problem, SettingsError


def sbom(
    *, output: Path | None = None, lock: Path | None = None, advisories: Path | None = None
) -> int:
    """Write a bill of materials (CycloneDX 1.6 JSON) of this software and all it needs, from what
    is installed; offline.

    With --lock it audits instead: versions that differ from the lock, files that are not as they
    were installed, and licences that are not stated. Exit code 1 where something is found.

    Parameters
    ----------
    output
        Write to this file instead of the terminal.
    lock
        A requirements file with exact versions, such as requirements.lock.
    advisories
        A folder of OSV advisories (JSON) to look the installed versions up in.
    """
    from flows.operate.sbom import audit, bill, needed, vulnerable

    if lock is None and advisories is None:
        text = json.dumps(bill(), indent=1, ensure_ascii=False) + "\n"
        if output is None:
            sys.stdout.write(text)
        else:
            output.write_text(text, encoding="utf-8")
        return 0
    missing = [Problem("--lock", f"{lock} is not a file")] if lock and not lock.is_file() else []
    if advisories and not any(advisories.glob("**/*.json")):
        missing.append(Problem("--advisories", f"{advisories} holds no JSON files"))
    if missing:
        raise SettingsError(
            "there is nothing to audit against",
            missing,
            "Name the lock of this release, or a folder with a copy of the OSV database.",
        )
    parts = needed()
    problems = audit(lock, parts) if lock else []
    if advisories:
        problems += vulnerable(advisories, {name: one.version for name, (one, _) in parts.items()})
    told = (
        "".join(f"{problem}\n" for problem in problems)
        + f"{len(parts) - 1} parts, {len(problems)} findings\n"
    )
    if output is None:
        sys.stdout.write(told)
    else:
        output.write_text(told, encoding="utf-8")
    return int(bool(problems))
