"""Reasons rendered as English sentences: what the published text columns and the terminal show."""

from __future__ import annotations

from collections.abc import Mapping

import polars as pl

from dashboards.language import FALLBACK, load_language
from warehouse.errors import Problem
from warehouse.reasons import CODE, VALUES, Reason


def sentence(found: Reason) -> str:
    """A reason in English, with ids as they are."""
    return load_language(FALLBACK).reason(found)


def problem_of(where: str, found: Reason) -> Problem:
    """A problem from its reason."""
    return Problem(where, sentence(found), found.code, found.values_json)


def with_sentences(frame: pl.DataFrame) -> pl.DataFrame:
    """The frame with every text column that has codes beside it filled."""
    for coded in [name for name in frame.columns if name.endswith(CODE)]:
        name = coded.removesuffix(CODE)
        if name + VALUES not in frame.columns:
            continue
        key = [coded, name + VALUES]
        reasons = frame.select(key).unique().drop_nulls()
        texts = [sentence(Reason(*row)) for row in reasons.iter_rows()]
        rendered = reasons.with_columns(pl.Series("rendered", texts, dtype=pl.String))
        before = frame.columns if name in frame.columns else [*frame.columns, name]
        frame = frame.join(rendered, on=key, how="left", maintain_order="left")
        stored = pl.col(name) if name in frame.columns else pl.lit(None, pl.String)
        frame = frame.with_columns(pl.coalesce("rendered", stored).alias(name)).select(before)
    return frame


def frames_with_sentences(frames: Mapping[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """Frames by name, each `with_sentences`."""
    return {name: with_sentences(frame) for name, frame in frames.items()}
