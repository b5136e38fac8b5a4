"""Country statistics in: international bandwidth by country and year, with the sum that
balances.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

import polars as pl

from warehouse.errors import SourceError
from warehouse.loading.load import LoadResult, content_of, refuse_exchanged
from warehouse.sources.itu import ItuSpec, Statistics, read
from warehouse.store.database import Warehouse


def load_countries(
    warehouse: Warehouse, spec: ItuSpec, paths: Sequence[Path], *, known_at: datetime
) -> list[LoadResult]:
    """Loads each file whole; a row whose area or year has no inhabitants stated, or several values,
    waits in quarantine.
    """
    results = []
    for path in paths:
        try:
            results.append(_load(warehouse, spec, path, known_at))
        except SourceError as error:
            results.append(LoadResult(spec.name, str(path), error=error))
    return results


def _load(warehouse: Warehouse, spec: ItuSpec, path: Path, known_at: datetime) -> LoadResult:
    content = content_of(spec, path)
    identity = {"content_hash": content.digest, "source": spec.name}
    found = read(spec, path)
    bad = [row for row in found.rows if row.reason]
    frame = _frame(found)
    with warehouse.transaction():
        batch_id = int(warehouse.run("traffic/next_batch")["batch_id"].item())
        known = set(warehouse.run("traffic/known_refusals", **identity)["line"].to_list())
        if known:
            warehouse.run(
                "traffic/resolve", batch_id=batch_id, lines=[row.line for row in bad], **identity
            )
        fresh = [row for row in bad if row.line not in known]
        if fresh:
            warehouse.run(
                "traffic/append_quarantine",
                batch_id=batch_id,
                file_name=str(path),
                lines=[row.line for row in fresh],
                texts=[row.text for row in fresh],
                reasons=[row.reason for row in fresh],
                **identity,
            )
        refuse_exchanged(path, content)
        loaded = warehouse.append("international_bandwidth", frame, known_at=known_at)
        notes = (
            *found.notes,
            *(
                [
                    (
                        f"{len(bad)} rows in quarantine: {len({row.reason for row in bad})} "
                        f"reasons, such as: {bad[0].reason}"
                    )
                ]
                if bad
                else []
            ),
        )
        result = LoadResult(
            spec.name,
            str(path),
            len(found.rows),
            loaded,
            len(fresh),
            len(found.rows) - loaded - len(fresh),
            notes=notes,
            batch_id=batch_id,
        )
        warehouse.run(
            "traffic/record_batch",
            batch_id=batch_id,
            priority=spec.priority,
            file_name=str(path),
            spec_hash=spec.fingerprint(),
            file_bytes=content.size,
            slots_new=0,
            slots_changed=0,
            slot_minutes=None,
            first_slot=None,
            last_slot=None,
            flags="{}",
            notes="\n".join(notes),
            simulated=spec.simulated,
            known_at=known_at,
            rows_in=result.rows_in,
            rows_loaded=loaded,
            rows_quarantined=len(fresh),
            rows_known=result.rows_known,
            **identity,
        )
    return result


def _frame(found: Statistics) -> pl.DataFrame:
    """A country and year once, however often the file repeats its value."""
    good = {(row.country, row.year): row.gbps for row in found.rows if not row.reason}
    columns = {
        "country": pl.String,
        "year": pl.Int64,
        "gbps": pl.Float64,
        "source_kind": pl.String,
        "source": pl.String,
        "confidence": pl.String,
    }
    rows = [
        (country, year, gbps, "derived", found.source, "medium")
        for (country, year), gbps in sorted(good.items())
    ]
    return pl.DataFrame(rows, schema=columns, orient="row")
