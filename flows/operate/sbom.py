"""What this installation is made of: a bill of materials in CycloneDX JSON, and an audit against
the lock, both offline.
"""

from __future__ import annotations

import base64
import hashlib
import json
import re
from collections.abc import Iterable, Mapping, Set
from importlib.metadata import Distribution, distribution, distributions
from pathlib import Path
from typing import Any, cast
from uuid import NAMESPACE_URL, uuid5

from packaging.markers import default_environment
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name
from packaging.version import InvalidVersion, Version

from warehouse.errors import Problem

OURS = "transit-forecast"


def needed(root: str = OURS) -> dict[str, tuple[Distribution, tuple[str, ...]]]:
    """Every installed distribution that `root` needs, with the names of those it needs itself;
    extras where installed.
    """
    found: dict[str, tuple[Distribution, tuple[str, ...]]] = {}
    installed = {canonicalize_name(one.name): one for one in distributions()}
    todo = [(canonicalize_name(root), frozenset[str]())]
    seen = set(todo)
    while todo:
        name, extras = todo.pop()
        one = installed[name]
        wanted = []
        for text in one.requires or ():
            requirement = Requirement(text)
            environments: list[Mapping[str, str | Set[str]]] = [
                {**cast("dict[str, str]", default_environment()), "extra": extra}
                for extra in (extras or {""})
            ]
            below = canonicalize_name(requirement.name)
            if below in installed and (
                not requirement.marker
                or any(requirement.marker.evaluate(environment) for environment in environments)
            ):
                wanted.append(below)
                step = (below, frozenset(requirement.extras))
                if step not in seen:
                    seen.add(step)
                    todo.append(step)
        before = found[name][1] if name in found else ()
        found[name] = (one, tuple(sorted({*before, *wanted})))
    return dict(sorted(found.items()))


def bill(root: str = OURS) -> dict[str, Any]:
    """CycloneDX 1.6; the same for the same installation, so that two can be compared."""
    parts = needed(root)
    reference = {name: f"pkg:pypi/{name}@{one.version}" for name, (one, _) in parts.items()}
    components = [
        {
            "type": "library",
            "bom-ref": reference[name],
            "name": one.name,
            "version": one.version,
            "purl": reference[name],
            **_licence(one),
        }
        for name, (one, _) in parts.items()
        if name != root
    ]
    own = {
        "type": "application",
        "bom-ref": reference[root],
        "name": root,
        "version": parts[root][0].version,
        "purl": reference[root],
    }
    identity = uuid5(NAMESPACE_URL, "\n".join(reference.values()))
    return {
        "bomFormat": "CycloneDX",
        "specVersion": "1.6",
        "serialNumber": f"urn:uuid:{identity}",
        "version": 1,
        "metadata": {"component": {**own, **_licence(parts[root][0])}},
        "components": components,
        "dependencies": [
            {"ref": reference[name], "dependsOn": [reference[below] for below in wanted]}
            for name, (_, wanted) in parts.items()
        ],
    }


def _licence(one: Distribution) -> dict[str, Any]:
    about = one.metadata
    if expressions := about.get_all("License-Expression"):
        return {"licenses": [{"expression": expressions[0]}]}
    classified = [
        text.rsplit(" :: ", 1)[-1]
        for text in about.get_all("Classifier") or ()
        if text.startswith("License ::")
    ]
    stated = "".join(about.get_all("License") or ()).strip().splitlines()
    names = classified or [line for line in stated[:1] if line]
    return {"licenses": [{"license": {"name": name}} for name in names]} if names else {}


def locked(lock: Path) -> dict[str, str]:
    """Version by name of a requirements file, of the lines that are meant for this Python and
    system.
    """
    found: dict[str, str] = {}
    for line in re.findall(
        r"^([A-Za-z0-9][^#\\\n]*==[^#\\\n]*)", lock.read_text(encoding="utf-8"), re.MULTILINE
    ):
        requirement = Requirement(line.strip())
        if not requirement.marker or requirement.marker.evaluate():
            found[canonicalize_name(requirement.name)] = next(iter(requirement.specifier)).version
    return found


def audit(lock: Path, parts: Iterable[str] | None = None) -> list[Problem]:
    """What differs from the lock, what has no licence stated, and installed files that are not as
    their wheel brought them.
    """
    versions = locked(lock)
    problems = []
    for name in parts if parts is not None else needed():
        one = distribution(name)
        if name == OURS:
            continue
        if name not in versions:
            problems.append(Problem(f"{name} {one.version}", f"is not in {lock.name}"))
        elif versions[name] != one.version:
            problems.append(Problem(f"{name} {one.version}", f"{lock.name} says {versions[name]}"))
        if not _licence(one):
            problems.append(Problem(f"{name} {one.version}", "states no licence"))
        problems += [
            Problem(f"{name} {one.version}", f"{file} is not as it was installed")
            for file in changed_files(one)
        ]
    return problems


def changed_files(one: Distribution) -> list[str]:
    """Files whose content is not the one its record states."""
    found = []
    for file in one.files or ():
        if file.hash is None or file.hash.mode != "sha256":
            continue
        path = Path(str(file.locate()))
        if not path.is_file() or _digest(path) != file.hash.value:
            found.append(str(file))
    return found


def _digest(path: Path) -> str:
    with path.open("rb") as file:
        return (
            base64.urlsafe_b64encode(hashlib.file_digest(file, "sha256").digest())
            .decode()
            .rstrip("=")
        )


def vulnerable(advisories: Path, versions: Mapping[str, str]) -> list[Problem]:
    """Advisories that name an installed version; `advisories` is a folder of OSV files (JSON), as
    the OSV project exports them.
    """
    problems = []
    for path in sorted(advisories.rglob("*.json")):
        known = json.loads(path.read_text(encoding="utf-8"))
        for affected in known.get("affected", ()):
            package = affected.get("package", {})
            name = canonicalize_name(package.get("name", ""))
            if package.get("ecosystem") != "PyPI" or name not in versions or known.get("withdrawn"):
                continue
            version = versions[name]
            listed = version in affected.get("versions", ())
            spans = [span for span in affected.get("ranges", ()) if span.get("type") == "ECOSYSTEM"]
            if listed or any(_within(Version(version), span.get("events", ())) for span in spans):
                problems.append(
                    Problem(
                        f"{name} {version}",
                        f"{known['id']}: {known.get('summary', 'see the advisory')}",
                    )
                )
    return problems


def _within(version: Version, events: Iterable[Mapping[str, str]]) -> bool:
    """Whether a version lies in the span that OSV's events describe; they stand in order."""
    inside = False
    for event in events:
        for kind, text in event.items():
            try:
                at = Version(text)
            except InvalidVersion:
                continue
            if kind == "introduced" and version >= at:
                inside = True
            elif (kind == "fixed" and version >= at) or (kind == "last_affected" and version > at):
                inside = False
    return inside
