"""Where glibc takes memory from: two pools for all threads, not one more for each.

Every flow starts threads of its own, and glibc gives new ones pools of their own, of which little
    comes back: a process that made one edition a
month grew by 45 MB each time, and does not grow with two pools.
"""

from __future__ import annotations

import contextlib
import ctypes

M_ARENA_MAX = -8
ARENAS = 2


def few_arenas() -> None:
    """Before threads are made; where the C library has no such setting nothing happens."""
    with contextlib.suppress(OSError, AttributeError):
        ctypes.CDLL("libc.so.6").mallopt(M_ARENA_MAX, ARENAS)
