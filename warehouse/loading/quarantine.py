"""Rows that could not be read, kept with file, line, the row as it was, and the reason."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from pathlib import Path

import polars as pl

from warehouse.errors import Problem, SourceError
from warehouse.sources.spec import SourceSpec
from warehouse.sources.table import Opened
from warehouse.store.database import Warehouse

REMEDIES = {
    "is unknown": (
        "; declare it in interfaces.csv, or add the name to the aliases of one that is there"
    ),
    "is neither in nor out": "; state the file's words in in_words and out_words",
    "the rate is negative": '; negative = "amount" reads a direction that is drawn below zero',
}
"""What the note on refused rows proposes, by the end of their reason."""


@dataclass(frozen=True)
class Refused:
    """Rows of a file in all, newly quarantined, and in quarantine since an earlier load; remarks on
    the reasons.
    """

    rows_in: int
    fresh: int
    repeated: int
    notes: tuple[str, ...]


def keep_refused(
    warehouse: Warehouse,
    spec: SourceSpec,
    path: Path,
    *,
    content_hash: str,
    batch_id: int,
    opened: Opened,
) -> Refused:
    """Moves what can't be read to quarantine. Raises SourceError for a file that is not UTF-8 or
    has too many rows.
    """
    rejected = _rejected(warehouse, path, opened)
    counts = warehouse.run("traffic/staged_counts").row(0, named=True)
    rows_in = counts["rows"] + rejected.height
    if rows_in > spec.max_rows:
        raise SourceError(
            "a file is too large",
            [Problem(str(path), f"has {rows_in} rows, more than the limit of {spec.max_rows}")],
            "Split it, or raise max_rows.",
        )
    if rows_in == 0:
        raise SourceError(
            "a file has no rows",
            [Problem(str(path), "has a header and nothing below it")],
            "Export it again, or take it out of the source's files.",
        )
    refused = rejected
    if counts["refused"]:
        refused = pl.concat([rejected, _refused(warehouse, opened, rejected)]).sort("line")
    known = warehouse.run("traffic/known_refusals", content_hash=content_hash, source=spec.name)
    if known.height:
        warehouse.run(
            "traffic/resolve",
            batch_id=batch_id,
            content_hash=content_hash,
            source=spec.name,
            lines=refused["line"].to_list(),
        )
    waiting = warehouse.run(
        "traffic/waiting_refusals",
        content_hash=content_hash,
        source=spec.name,
        file_name=str(path),
    ).cast({"row_text": pl.String})
    fresh = (
        refused.join(known.select("line").unique(), on="line", how="anti")
        .join(waiting, on=["line", "row_text"], how="anti")
        .sort("line")
    )
    if fresh.height:
        warehouse.run(
            "traffic/append_quarantine",
            batch_id=batch_id,
            content_hash=content_hash,
            source=spec.name,
            file_name=str(path),
            lines=fresh["line"].to_list(),
            texts=fresh["row_text"].to_list(),
            reasons=fresh["reason"].to_list(),
        )
    return Refused(rows_in, fresh.height, refused.height - fresh.height, _notes(refused))


def _rejected(warehouse: Warehouse, path: Path, opened: Opened) -> pl.DataFrame:
    if not opened.is_text:
        return pl.DataFrame(schema={"line": pl.Int64, "row_text": pl.String, "reason": pl.String})
    rows = warehouse.run("traffic/rejected_lines")
    broken = rows.filter(pl.col("error_type").is_in(["INVALID UNICODE", "INVALID ENCODING"]))
    if broken.height:
        raise SourceError(
            "a file can't be read",
            [Problem(f"{path}, line {broken['line'][0]}", "is not UTF-8")],
            "Save the file as UTF-8.",
        )
    return rows.select(
        "line",
        "row_text",
        reason=pl.lit("the line can't be split into columns: ") + pl.col("error_message"),
    )


def _refused(warehouse: Warehouse, opened: Opened, rejected: pl.DataFrame) -> pl.DataFrame:
    """Refused rows with their line: rows were staged in order, so only the lines that were rejected
    have to be skipped.
    """
    rows = warehouse.run("traffic/refused_rows")
    lines = rows["place"].to_list()
    gaps = rejected["line"].to_list()
    numbers: list[int] = []
    skipped = 0
    for place in lines:
        line = place // opened.cells + opened.first_line + skipped
        while skipped < len(gaps) and gaps[skipped] <= line:
            skipped += 1
            line += 1
        numbers.append(line)
    found = opened.raw(numbers)
    texts = [found.get(number, "") for number in numbers]
    return pl.DataFrame(
        {"line": numbers, "row_text": texts, "reason": rows["reason"]},
        schema_overrides={"line": pl.Int64, "row_text": pl.String},
    )


def _notes(refused: pl.DataFrame) -> tuple[str, ...]:
    counts = Counter(refused["reason"].to_list())
    notes = []
    for reason, count in sorted(counts.items(), key=lambda item: (-item[1], item[0]))[:20]:
        remedy = next((text for end, text in REMEDIES.items() if reason.endswith(end)), "")
        notes.append(f"{count} rows in quarantine: {reason}{remedy}")
    if len(counts) > 20:
        notes.append(f"and {len(counts) - 20} more reasons")
    return tuple(notes)
