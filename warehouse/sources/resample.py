"""Means of odd lengths (10, 70 or 5400 seconds) -> means of a length that divides a day, weighted
by time.
"""

from __future__ import annotations

import polars as pl

from warehouse.sources.spec import SLOT_MINUTES

LENGTHS = tuple(60 * minutes for minutes in SLOT_MINUTES)


def even_lengths(frame: pl.DataFrame) -> tuple[pl.DataFrame, tuple[str, ...]]:
    """Rows of `stamp` (end, seconds), `value_in`, `value_out`, `seconds`, all lengths among
    SLOT_MINUTES; and remarks.

    An odd length becomes the next longer slot, at least 5 minutes; a slot that is not covered whole
    is left out, and archives longer than a day are as well.
    """
    kept = [frame.filter(pl.col("seconds").is_in(LENGTHS))]
    notes: list[str] = []
    for seconds in sorted(set(frame["seconds"]) - set(LENGTHS)):
        part = frame.filter(seconds=seconds)
        slot = next((length for length in LENGTHS if length >= max(seconds, 300)), None)
        if slot is None:
            notes.append(
                f"{part.height} means of {seconds / 3600:g} hours are longer than a day "
                "and were left out"
            )
            continue
        kept.append(_averaged(part, seconds, slot))
        notes.append(
            f"means of {seconds} seconds do not fit a slot; {part.height} of them were "
            f"averaged into {slot // 60}-minute slots by time"
        )
    whole = pl.concat(kept).unique(["stamp", "seconds"], keep="first", maintain_order=True)
    return whole.sort("seconds", "stamp"), tuple(notes)


def _averaged(part: pl.DataFrame, seconds: int, slot: int) -> pl.DataFrame:
    begin = pl.col("stamp") - seconds
    pieces = part.with_columns(
        begin=begin, cut=pl.int_ranges(begin // slot, (pl.col("stamp") - 1) // slot + 1)
    ).explode("cut", empty_as_null=False)
    weight = pl.min_horizontal("stamp", (pl.col("cut") + 1) * slot) - pl.max_horizontal(
        "begin", pl.col("cut") * slot
    )
    sums = [
        (pl.col(name) * pl.col("weight")).sum()
        / pl.col("weight").filter(pl.col(name).is_not_null()).sum()
        for name in ("value_in", "value_out")
    ]
    covered = [
        pl.when(pl.col("weight").filter(pl.col(name).is_not_null()).sum() == slot)
        .then(mean)
        .alias(name)
        for name, mean in zip(("value_in", "value_out"), sums, strict=True)
    ]
    slots = (
        pieces.with_columns(weight=weight)
        .group_by("cut")
        .agg(pl.col("weight").sum().alias("held"), *covered)
    )
    return slots.filter(pl.col("held") == slot).select(
        stamp=(pl.col("cut") + 1) * slot,
        value_in="value_in",
        value_out="value_out",
        seconds=pl.lit(slot, pl.Int64),
    )
