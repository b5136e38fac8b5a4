"""One writer at a time: a lock that the operating system releases when its holder dies."""

from __future__ import annotations

import contextlib
import json
import os
import platform
import time
from datetime import UTC, datetime
from pathlib import Path
from types import TracebackType

from warehouse.errors import LockedError, Problem, WarehouseError
from warehouse.store.process import started


class WriterLock:
    """Holds `<database>.lock`; the file stays behind when released, empty, and means nothing
    then.
    """

    def __init__(self, database: Path, wait_seconds: float = 0.0) -> None:
        """Raises LockedError, naming the holder, if the lock is not free after `wait_seconds`."""
        try:
            import fcntl
        except ImportError as error:
            raise WarehouseError(
                "a warehouse can't be written on this system",
                [Problem(platform.system(), "has no locks that end with their holder (fcntl)")],
                "Run on Linux or macOS; published copies can be read here.",
            ) from error
        self.path = database.with_name(database.name + ".lock")
        self._descriptor = os.open(self.path, os.O_RDWR | os.O_CREAT, 0o644)
        patience = time.monotonic() + wait_seconds
        while True:
            try:
                fcntl.flock(self._descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
                break
            except BlockingIOError:
                if time.monotonic() >= patience:
                    holder = self._holder()
                    os.close(self._descriptor)
                    raise LockedError(
                        "another process is writing to this warehouse",
                        [Problem(str(database), holder)],
                        "Wait until it has finished, or end that process; the published "
                        "copy can be read meanwhile.",
                    ) from None
                time.sleep(0.05)
        os.ftruncate(self._descriptor, 0)
        # On a full disk the lock holds without a name.
        with contextlib.suppress(OSError):
            os.pwrite(
                self._descriptor,
                json.dumps(
                    {
                        "pid": os.getpid(),
                        "host": platform.node(),
                        "started": started(os.getpid()),
                    }
                ).encode(),
                0,
            )

    def _holder(self) -> str:
        # The file's own time stamp says since when: it is written once, by the holder.
        since = datetime.fromtimestamp(os.fstat(self._descriptor).st_mtime, UTC)
        try:
            holder = json.loads(os.pread(self._descriptor, 4096, 0))
            return (
                f"held by process {holder['pid']} on {holder['host']} since "
                f"{since:%Y-%m-%d %H:%M:%S} UTC"
            )
        except (ValueError, KeyError, TypeError):
            return f"held by an unnamed process since {since:%Y-%m-%d %H:%M:%S} UTC"

    def release(self) -> None:
        if self._descriptor >= 0:
            os.ftruncate(self._descriptor, 0)
            os.close(self._descriptor)
            self._descriptor = -1

    def __enter__(self) -> WriterLock:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self.release()
