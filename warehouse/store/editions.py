"""What each edition of the report was drawn from, kept so that it can be drawn again, to the
byte.
"""

from __future__ import annotations

import hashlib
import io
from dataclasses import dataclass
from datetime import date, datetime

import polars as pl

from warehouse.errors import Problem, WarehouseError
from warehouse.store.database import Warehouse


@dataclass(frozen=True)
class KeptEdition:
    """An edition's last drawing. `about` is JSON; `manifest_hash` names its files and their
    contents.
    """

    run_id: str
    drawing: int
    grain: str
    origin: date
    known_at: datetime
    drawn_by: str
    manifest_hash: str
    about: str


def keep_frame(warehouse: Warehouse, name: str, frame: pl.DataFrame) -> str:
    """Keeps a frame's content, once however often it is given; returns its hash."""
    file = io.BytesIO()
    frame.write_parquet(file, compression="zstd")
    content = file.getvalue()
    content_hash = hashlib.sha256(content).hexdigest()
    warehouse.run("editions/keep_frame", content_hash=content_hash, frame=name, content=content)
    return content_hash


def read_frame(warehouse: Warehouse, content_hash: str) -> pl.DataFrame:
    found = warehouse.run("editions/content", content_hash=content_hash)
    if found.is_empty():
        raise WarehouseError(
            "the archive lacks a part of an edition", [Problem(content_hash, "is not kept")]
        )
    return pl.read_parquet(io.BytesIO(found["content"][0]))


def keep_edition(
    warehouse: Warehouse,
    *,
    run_id: str,
    grain: str,
    origin: date,
    known_at: datetime,
    drawn_by: str,
    manifest_hash: str,
    about: str,
) -> bool:
    """False, and nothing kept, where the last drawing was the same."""
    last = {edition.run_id: edition for edition in kept_editions(warehouse)}.get(run_id)
    if last and (last.drawn_by, last.manifest_hash, last.about) == (drawn_by, manifest_hash, about):
        return False
    warehouse.run(
        "editions/keep",
        run_id=run_id,
        grain=grain,
        origin=origin,
        known_at=known_at,
        drawn_by=drawn_by,
        manifest_hash=manifest_hash,
        about=about,
    )
    return True


def archived_hash(warehouse: Warehouse, run_id: str) -> str:
    """The manifest hash of the run's last drawing; "" where none is archived."""
    hashes = {one.run_id: one.manifest_hash for one in kept_editions(warehouse)}
    return hashes.get(run_id, "")


def kept_editions(warehouse: Warehouse) -> list[KeptEdition]:
    """Every edition, the earliest first."""
    return [KeptEdition(**row) for row in warehouse.run("editions/all").iter_rows(named=True)]
