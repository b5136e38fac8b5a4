"""The log file for machines: one JSON object per line in .transit/logs, bounded by rotation."""

from __future__ import annotations

import json
import logging
import os
from datetime import UTC, datetime
from logging.handlers import RotatingFileHandler
from pathlib import Path
from typing import Any

LOG = logging.getLogger("transit.journal")
LOG.propagate = False
NAME = "transit.jsonl"


class _Rotating(RotatingFileHandler):
    """A log that can't be written, on a full disk say, must not stop the run: the error is shown
    once by logging itself.
    """

    def _open(self) -> Any:
        stream = super()._open()
        Path(self.baseFilename).chmod(0o600)
        return stream


def open_journal(folder: Path, *, max_mb: float, files: int) -> None:
    """Writes to folder/transit.jsonl from now on; `files` older ones of at most `max_mb` are
    kept.
    """
    folder.mkdir(parents=True, exist_ok=True)
    for handler in list(LOG.handlers):
        LOG.removeHandler(handler)
        handler.close()
    handler = _Rotating(
        folder / NAME, maxBytes=int(max_mb * 1e6), backupCount=files, encoding="utf-8"
    )
    handler.setFormatter(logging.Formatter("%(message)s"))
    LOG.addHandler(handler)
    LOG.setLevel(logging.INFO)


def write(event: str, **fields: object) -> None:
    """One line: when, which process, what, and its fields. Nothing is written before
    `open_journal`.
    """
    if LOG.handlers:
        line = {
            "at": datetime.now(UTC).isoformat(),
            "process": os.getpid(),
            "event": event,
            **fields,
        }
        LOG.info("%s", json.dumps(line, ensure_ascii=False, default=str))
