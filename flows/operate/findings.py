"""What the doctor says of one thing, and what it looks things up with."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from warehouse.store.process import is_running

Level = Literal["ok", "warning", "error"]


@dataclass(frozen=True)
class Finding:
    level: Level
    about: str
    what: str
    remedy: str = ""


def holder_of(lock: Path) -> str:
    """Who holds a lock; nobody where the process it names is gone."""
    try:
        holder = json.loads(lock.read_text(encoding="utf-8"))
        if not is_running(holder["pid"], holder.get("started", 0)):
            return ""
    except (ValueError, KeyError, TypeError, AttributeError, OSError):
        return ""
    return f"held by process {holder['pid']} on {holder['host']}"


def size_of(path: Path) -> int:
    return path.stat().st_size if path.exists() else 0
