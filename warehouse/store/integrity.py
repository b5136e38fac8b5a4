"""Whether a DuckDB file still is what DuckDB wrote: its own checksums, which DuckDB itself looks at
only where it happens to read.
"""

from __future__ import annotations

import os
import struct
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np

from warehouse.errors import Problem, WarehouseError

HEADERS_BYTES = 3 * 4096
DAMAGED = "the database file is damaged"
REMEDY = (
    "Put a backup in place: transit restore FILE.tar --replace. Without one move the file away,"
    " then `transit run --start-over` loads everything again. The published copy is as it was. See"
    " what the disk says (dmesg, smartctl)."
)
_MAGIC = b"DUCK"
_FACTOR, _SEED = np.uint64(0xBF58476D1CE4E5B9), np.uint64(5381)
_LEAST_BLOCK, _MOST_BLOCK = 1 << 14, 1 << 18
_READ_BLOCKS = 64
_NOTHING = 2**64 - 1

Read = Callable[[int, int], bytes]
"""Up to so many bytes from an offset on, as os.pread."""


@dataclass(frozen=True)
class Layout:
    """What the header of the last checkpoint states: size and number of blocks, and where the list
    of free blocks begins.
    """

    block_bytes: int
    blocks: int
    free_list: int


def layout_of(headers: bytes) -> Layout | None:
    """None where no header is sound, or of a kind this module knows."""
    if headers[8:12] != _MAGIC:
        return None
    # Two headers take turns: the sound one with the higher number is the last checkpoint's.
    sound = [
        _HEADER.unpack_from(headers, at)
        for at in (4096, 8192)
        if len(headers) >= at + 4096 and is_sound(headers[at : at + 4096])
    ]
    if not sound:
        return None
    _, free_list, blocks, size = max(sound)
    known = _LEAST_BLOCK <= size <= _MOST_BLOCK and size % 4096 == 0
    return Layout(size, blocks, free_list) if known else None


def is_sound(block: bytes) -> bool:
    """A block begins with its checksum."""
    words = np.frombuffer(block, dtype="<u8")
    return bool(words[0] == _SEED ^ np.bitwise_xor.reduce(words[1:] * _FACTOR))


def sound_chunks(read: Read, most_bytes: int | None = None) -> Iterator[bytes]:
    """A database file in chunks, each given after its blocks were found to be what was written.

    Raises DamageError where one is not, where the file is shorter than its header states, or where
    a block in use was never written. `most_bytes`: looks no further.
    """
    headers = _read_fully(read, HEADERS_BYTES, 0)
    if headers[8:12] != _MAGIC:
        raise DamageError("is not a DuckDB database")
    layout = layout_of(headers)
    if layout is None:
        raise DamageError("has no header that is as it was written")
    yield headers
    offset, size = HEADERS_BYTES, layout.block_bytes
    empty: list[int] = []
    while most_bytes is None or offset < most_bytes:
        chunk = _read_fully(read, _READ_BLOCKS * size, offset)
        if not chunk:
            break
        if len(chunk) % size:
            raise DamageError("ends within a block")
        for at in range(0, len(chunk), size):
            block = chunk[at : at + size]
            if is_sound(block):
                continue
            if block.count(0) < size:
                raise DamageError(f"the block at byte {offset + at:,} is not what was written")
            empty.append((offset + at - HEADERS_BYTES) // size)
        yield chunk
        offset += len(chunk)
    if not empty and read(1, HEADERS_BYTES + layout.blocks * size - 1):
        return
    # Free blocks may never have been written, and those at the end are cut off after the header.
    used = {*range(layout.blocks)} - _free_blocks(read, layout)
    needed = HEADERS_BYTES + (max(used, default=-1) + 1) * size
    if not read(1, needed - 1):
        raise DamageError(f"is shorter than the {needed:,} bytes in use")
    if lost := sorted(used & {*empty}):
        place = HEADERS_BYTES + lost[0] * size
        raise DamageError(f"the block at byte {place:,} is in use and empty")


class DamageError(Exception):
    """What is wrong with a file, in words that follow its name."""


def damage_in(path: Path, most_bytes: int | None = 1 << 30) -> str:
    """What is wrong within the file's first bytes, "" where nothing is. Only for a file that nobody
    writes.
    """
    with path.open("rb") as file:
        try:
            for _ in sound_chunks(lambda count, at: os.pread(file.fileno(), count, at), most_bytes):
                pass
        except DamageError as damage:
            return str(damage)
    return ""


def damaged(path: Path, damage: str) -> WarehouseError:
    return WarehouseError(DAMAGED, [Problem(str(path), damage)], REMEDY)


def _free_blocks(read: Read, layout: Layout) -> set[int]:
    """Blocks that no table uses. The list lies in pieces of a 64th of a block, each with the place
    of the next: its block, and its number in the highest byte.
    """
    piece = (layout.block_bytes - 8) // 64 // 8 * 8
    content, place, seen = b"", layout.free_list, set[int]()
    while place != _NOTHING and place not in seen:
        seen.add(place)
        block, number = place & (1 << 56) - 1, place >> 56
        at = HEADERS_BYTES + block * layout.block_bytes + 8 + number * piece
        data = _read_fully(read, piece, at)
        place = int.from_bytes(data[:8], "little")
        content += data[8:]
    count = int.from_bytes(content[:8], "little")
    return {*np.frombuffer(content[8 : 8 + 8 * count], dtype="<u8").tolist()}


def _read_fully(read: Read, count: int, offset: int) -> bytes:
    """Fewer bytes only at the end of the file."""
    parts = [read(count, offset)]
    while parts[-1] and (got := sum(map(len, parts))) < count:
        parts.append(read(count - got, offset + got))
    return b"".join(parts)


_HEADER = struct.Struct("<8x Q 8x Q Q Q")
"""Checksum, number of the checkpoint, place of the catalogue, of the free list, blocks, bytes of a
block.
"""


def explained(error: Exception) -> WarehouseError | None:
    """What DuckDB says of a damaged file, as an error a person can act on."""
    message = str(error).splitlines()[0] if str(error) else ""
    damage = ("Corrupt database file", "Could not read enough bytes from file")
    if type(error).__module__ in ("duckdb", "_duckdb") and any(what in message for what in damage):
        return WarehouseError(DAMAGED, [Problem("DuckDB", message)], REMEDY)
    return None
