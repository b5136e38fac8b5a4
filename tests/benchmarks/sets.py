"""Public series to measure forecasts on, read from the shared data folder; nothing of them is kept in the project."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import polars as pl


@dataclass(frozen=True)
class Series:
    """One series with its held-out end."""

    name: str
    season: int
    train: np.ndarray
    test: np.ndarray


def data_folder() -> Path:
    """TRANSIT_SHARED, or the folder `shared` beside the checkout."""
    given = os.environ.get("TRANSIT_SHARED")
    return (Path(given) if given else Path(__file__).parents[3] / "shared") / "data"


def bench_set(name: str) -> list[Series]:
    """A benchmark panel: bench_m1_monthly or bench_m4_monthly_short."""
    frame = pl.read_parquet(data_folder() / f"{name}.parquet").sort("unique_id", "t")
    return [
        Series(
            str(key[0]), int(group["m"][0]),
            group.filter(pl.col("part") == "train")["y"].to_numpy(), group.filter(pl.col("part") == "test")["y"].to_numpy(),
        )
        for key, group in frame.group_by("unique_id", maintain_order=True)
    ]  # fmt: skip


def monthly_sets() -> dict[str, list[Series]]:
    return {name: bench_set(name) for name in ("bench_m1_monthly", "bench_m4_monthly_short")}
