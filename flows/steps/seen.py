"""Files that lie as they lay when they were loaded are not opened again: a folder of thousands
costs no more than its news.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

from warehouse.loading.load import LoadResult
from warehouse.sources.spec import SourceSpec
from warehouse.store.database import Warehouse

SETTLED_NS = 2_000_000_000
"""A file written less than this before it was read could be written again within the file system's
tick.
"""


@dataclass(frozen=True)
class Seen:
    """How many files were left closed, and the rows they hold."""

    files: int = 0
    rows: int = 0


def load_unseen(
    warehouse: Warehouse,
    source: SourceSpec,
    paths: Sequence[Path],
    load: Callable[[list[Path]], list[LoadResult]],
    *,
    now_ns: int,
) -> tuple[list[LoadResult], Seen]:
    """What `load` says of the files that are new or changed, in their order; the others are
    counted.
    """
    spec_hash = source.fingerprint()
    known = {
        name: (size, changed, rows)
        for name, size, changed, rows in warehouse.run(
            "operations/files_seen", spec_hash=spec_hash
        ).iter_rows()
    }
    found = {path: _state(path) for path in paths}
    settled = {
        path for path in paths if (before := known.get(str(path))) and before[:2] == found[path]
    }
    unseen = [path for path in paths if path not in settled]
    results = load(unseen)
    fresh = [
        (result, state)
        for result in results
        if (state := found.get(Path(result.file_name))) and not result.error
    ]
    if fresh:
        with warehouse.transaction():
            for result, (size, changed) in fresh:
                name = {"file_name": result.file_name, "spec_hash": spec_hash}
                warehouse.run("operations/forget_file", **name)
                if now_ns - changed > SETTLED_NS:
                    warehouse.run(
                        "operations/keep_file",
                        **name,
                        file_bytes=size,
                        changed_ns=changed,
                        rows_in=result.rows_in,
                        batch_id=result.batch_id,
                    )
    return results, Seen(len(settled), sum(known[str(path)][2] for path in settled))


def _state(path: Path) -> tuple[int, int] | None:
    try:
        stat = path.stat()
    except OSError:
        return None
    return stat.st_size, stat.st_mtime_ns
