"""A process that ends when its parent does: one killed outright can't stop its children, so they
watch.
"""

from __future__ import annotations

import os
import threading
import time


def end_with(parent: int) -> None:
    """Ends this process at once, within half a second of `parent` being gone as its parent."""
    threading.Thread(target=_watch, args=(parent,), daemon=True).start()


def _watch(parent: int) -> None:
    while os.getppid() == parent:
        time.sleep(0.5)
    os._exit(1)
