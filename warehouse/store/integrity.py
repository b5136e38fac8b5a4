"""Whether a DuckDB file still is what DuckDB wrote: its own checksums, which DuckDB itself looks at
only where it happens to read.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import numpy as np

from warehouse.errors import Problem, WarehouseError

HEADERS_BYTES = 3 * 4096
DAMAGED = "the database file is damaged"
REMEDY = (
    "Put a backup in place: transit restore FILE.tar --replace. Without one move the file "
    "away, then `transit run` loads everything anew."
    " The published copy is as it was. See what the disk says (dmesg, smartctl)."
)
_MAGIC = b"DUCK"
_FACTOR, _SEED = np.uint64(0xBF58476D1CE4E5B9), np.uint64(5381)
_LEAST_BLOCK, _MOST_BLOCK = 1 << 14, 1 << 18


def block_bytes(headers: bytes) -> int:
    """The size of the blocks after these headers; 0 where they are none that this module knows."""
    size = int.from_bytes(headers[4096 + 40 : 4096 + 48], "little")
    known = headers[8:12] == _MAGIC and _LEAST_BLOCK <= size <= _MOST_BLOCK and size % 4096 == 0
    return size if known else 0


def is_sound(block: bytes) -> bool:
    """A block begins with its checksum; one that was never written is empty."""
    words = np.frombuffer(block, dtype="<u8")
    return bool(words[0] == _SEED ^ np.bitwise_xor.reduce(words[1:] * _FACTOR)) or not words.any()


def refuse_damaged(path: Path, chunk: bytes, offset: int, block: int) -> None:
    """Raises WarehouseError where a block of this part of the file is not what was written."""
    for at in range(0, len(chunk) - block + 1, block):
        if not is_sound(chunk[at : at + block]):
            raise WarehouseError(
                DAMAGED,
                [Problem(str(path), f"the block at byte {offset + at:,} is not what was written")],
                REMEDY,
            )


def pieces(path: Path, most_bytes: int) -> Iterator[tuple[int, bytes]]:
    with path.open("rb") as file:
        yield 0, file.read(HEADERS_BYTES)
        while file.tell() < most_bytes and (chunk := file.read(1 << 20)):
            yield file.tell() - len(chunk), chunk


def damage_in(path: Path, most_bytes: int = 1 << 30) -> str:
    """What is wrong within the file's first bytes, "" where nothing is. Only for a file that nobody
    writes.
    """
    block = 0
    for offset, chunk in pieces(path, most_bytes):
        if not offset:
            if chunk[8:12] != _MAGIC:
                return "is no DuckDB database"
            block = block_bytes(chunk)
            if not block:
                return ""
            if (path.stat().st_size - HEADERS_BYTES) % block:
                return "ends in the midst of a block"
            continue
        try:
            refuse_damaged(path, chunk, offset, block)
        except WarehouseError as error:
            return error.problems[0].what
    return ""


def explained(error: Exception) -> WarehouseError | None:
    """What DuckDB says of a damaged file, as an error a person can act on."""
    said = str(error).splitlines()[0] if str(error) else ""
    if type(error).__module__ in ("duckdb", "_duckdb") and "Corrupt database file" in said:
        return WarehouseError(DAMAGED, [Problem("DuckDB", said)], REMEDY)
    return None
