"""What changed in a reference frame: the rows to append so that nothing known is overwritten."""

from __future__ import annotations

from datetime import datetime

import polars as pl

from warehouse.schema import FrameSchema


def standing(stored: pl.DataFrame, schema: FrameSchema, as_of: datetime) -> pl.DataFrame:
    """The rows of a reference table that held at a time: the last version of each item that was not
    withdrawn.
    """
    key = [name for name in schema.key if name != "known_at"]
    known = stored.filter(pl.col("known_at") <= as_of).sort(*key, "known_at", "correction")
    return known.unique(key, keep="last").filter(~pl.col("withdrawn"))


def new_versions(
    stored: pl.DataFrame,
    stated: pl.DataFrame,
    schema: FrameSchema,
    known_at: datetime,
    *,
    complete: bool,
) -> pl.DataFrame:
    """Rows of the stored table's columns: what `stated` says that was not known at the time it
    claims for itself.

    `stated` carries known_at per row. With `complete` an item that is not in `stated` is withdrawn
    as of `known_at`. A row with the known_at of a stored one but other values is a correction,
    numbered after it.
    """
    key = [name for name in schema.key if name != "known_at"]
    compared = [
        name for name in schema.columns if name not in schema.key and name != "known_at"
    ] + ["withdrawn"]
    standing = (
        stored.filter(pl.col("known_at") <= known_at)
        .sort(*key, "known_at", "correction")
        .unique(key, keep="last")
    )
    gone = standing.filter("withdrawn").select(*key, withdrawn_at="known_at")
    stated = (
        stated.join(gone, on=key, how="left", nulls_equal=True)
        # An item that comes back is known again from now on, whatever age its row claims.
        .with_columns(
            known_at=pl.when(pl.col("withdrawn_at") >= pl.col("known_at"))
            .then(pl.lit(known_at))
            .otherwise("known_at"),
            withdrawn=pl.lit(value=False),
        )
        .drop("withdrawn_at")
    )
    if complete:
        missing = standing.filter(~pl.col("withdrawn")).join(
            stated, on=key, how="anti", nulls_equal=True
        )
        missing = missing.with_columns(known_at=pl.lit(known_at), withdrawn=pl.lit(value=True))
        stated = pl.concat([stated, missing.select(stated.columns)], how="vertical_relaxed")
    stored_last = stored.sort(*key, "known_at", "correction").unique(
        [*key, "known_at"], keep="last"
    )
    known = stored_last.select(
        *stated.columns, new=pl.lit(value=False), correction=pl.col("correction") + 1
    )
    fresh = stated.with_columns(new=pl.lit(value=True), correction=pl.lit(None, dtype=pl.Int64))
    line = pl.concat([known, fresh], how="vertical_relaxed").sort(*key, "known_at", "new")
    same_item = pl.all_horizontal(pl.col(name).eq_missing(pl.col(name).shift(1)) for name in key)
    unchanged = pl.all_horizontal(
        pl.col(name).eq_missing(pl.col(name).shift(1)) for name in compared
    )
    corrects = same_item & pl.col("known_at").eq_missing(pl.col("known_at").shift(1))
    return (
        line.with_columns(
            correction=pl.when(corrects)
            .then(pl.col("correction").shift(1))
            .otherwise(0)
            .fill_null(0),
            repeats=same_item & unchanged,
        )
        .filter(pl.col("new") & ~pl.col("repeats"))
        .select(stored.columns)
        .sort(*key, "known_at")
    )
