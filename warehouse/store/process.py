"""Whether a process that left its number behind still runs: numbers are given out again."""

from __future__ import annotations

import os
from pathlib import Path


def started(pid: int) -> int:
    """When a process began, in clock ticks since the machine started; 0 where the system does not
    say (elsewhere than on Linux, or where there is no such process).
    """
    try:
        # Its second field is a name in brackets, which may hold anything.
        fields = Path(f"/proc/{pid}/stat").read_bytes().rpartition(b")")[2].split()
        return int(fields[19])
    except (OSError, ValueError, IndexError):
        return 0


def is_running(pid: int, began: int = 0) -> bool:
    """Whether process `pid`, which began at `began` (0: unknown), is there still."""
    if pid <= 0:
        return False
    try:
        os.kill(pid, 0)
    except PermissionError:
        """Somebody else's process has that number."""
    except (ProcessLookupError, OverflowError):
        return False
    now = started(pid)
    return not (began and now) or began == now
