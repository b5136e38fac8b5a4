"""A failure study on a terminal, as CSV or as JSON."""

from __future__ import annotations

import json
import sys
from datetime import date
from pathlib import Path
from typing import Literal

import polars as pl

from flows.commands.asking import print_table
from forecasting.standalone.failures import FailureReport, failures
from warehouse.network.folder import read_network
from warehouse.serving.statement import Answer

TABLES = ("failures", "worst", "lost", "loads")


def print_failures(
    network: Path,
    demand: pl.DataFrame,
    *,
    output: Literal["table", "csv", "json"],
    threshold_ratio: float,
    pairs: bool,
    today: date,
) -> int:
    report = failures(
        read_network(network), demand, threshold_ratio=threshold_ratio, pairs=pairs, today=today
    )
    if output == "json":
        print(as_json(report))
    elif output == "csv":
        print(as_csv(report), end="")
        for note in report.notes:
            print(f"Note: {note}", file=sys.stderr)
    else:
        _show(report)
    return 0


def as_json(report: FailureReport) -> str:
    """One object: threshold_ratio, headroom_factor, notes, and a list of rows for each table."""
    tables = {name: report.frames()[name].to_dicts() for name in TABLES}
    about = {
        "threshold_ratio": report.threshold_ratio,
        "headroom_factor": report.headroom_factor,
        "notes": list(report.notes),
    }
    return json.dumps({**about, **tables}, indent=1, ensure_ascii=False)


def as_csv(report: FailureReport) -> str:
    """All tables one below the other under the union of their columns; the column `table` tells
    them apart.
    """
    frames = [
        report.frames()[name].select(pl.lit(name).alias("table"), pl.all()) for name in TABLES
    ]
    return pl.concat(frames, how="diagonal_relaxed").write_csv()


def _show(report: FailureReport) -> None:
    worst = report.worst.sort(
        "utilization_ratio",
        "segment_id",
        "direction",
        descending=[True, False, False],
        nulls_last=True,
    )
    _print("Worst load of each segment direction, and the failure that causes it", worst)
    lost = report.lost.filter(pl.col("lost_gbps") > 0)
    if lost.height:
        _print("Demand that no surviving path carries", lost)
    else:
        print("No failure loses demand.")
    for note in report.notes:
        print(f"Note: {note}")
    if report.headroom_factor is not None:
        print(
            f"All demand may grow by a factor of {report.headroom_factor:.3f} before a "
            "segment passes "
            f"{report.threshold_ratio:.0%} of its lit capacity under its worst failure."
        )


def _print(title: str, frame: pl.DataFrame) -> None:
    kinds = tuple("DOUBLE" if dtype.is_numeric() else "VARCHAR" for dtype in frame.dtypes)
    print(f"{title}\n")
    print_table(Answer(tuple(frame.columns), kinds, list(frame.rows()), truncated=False))
    print()
