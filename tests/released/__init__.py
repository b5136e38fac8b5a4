"""A small project as the last release made it: its settings, network, traffic and database, and the
copy it published. Two ports, thirty months of traffic, one run.
"""

from __future__ import annotations

import tarfile
from pathlib import Path

VERSION = "0.1.0"
ARCHIVE = Path(__file__).parent / f"project-{VERSION}.tar.xz"


def released_project(folder: Path) -> Path:
    """Unpacks it into a folder; returns the project's own."""
    project = folder / "released"
    with tarfile.open(ARCHIVE) as archive:
        archive.extractall(project, filter="data")
    return project
