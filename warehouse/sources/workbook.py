"""Excel workbooks: the first sheet as a table of texts."""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

import polars as pl

from warehouse.sources.spec import SourceSpec
from warehouse.sources.table import refused
from warehouse.sources.workbook_reader import UNREADABLE

READER = Path(__file__).with_name("workbook_reader.py")
OWN_BYTES = 2 * 1024**3
"""Addresses the reading program asks for before it reads anything."""


def read(spec: SourceSpec, path: Path) -> pl.DataFrame:
    """The first sheet, every cell as text: dates in ISO form. Cells with the source's words for nothing are empty."""
    frame = _read_apart(spec, path)
    if frame.width > spec.max_columns:
        raise refused(path, f"has {frame.width} columns, more than the limit of {spec.max_columns}", "Raise max_columns if that is right.")  # fmt: skip
    if frame.is_empty():
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    empty = list(spec.null_words)
    return frame.with_columns(
        pl.when(~pl.col(name).is_in(empty)).then(pl.col(name)).alias(name) for name in frame.columns
    )


def _read_apart(spec: SourceSpec, path: Path) -> pl.DataFrame:
    """A hostile workbook ends the process that reads it, so that is another one."""
    with tempfile.TemporaryDirectory(prefix="transit-workbook-") as folder:
        output = Path(folder) / "sheet.arrow"
        most = spec.max_workbook_bytes + OWN_BYTES
        done = subprocess.run(
            [sys.executable, "-I", str(READER), str(path.resolve()), str(output), str(most)],
            capture_output=True, text=True, env={**os.environ, "POLARS_MAX_THREADS": "1", "RUST_BACKTRACE": "0"}, check=False,
        )  # fmt: skip
        if done.returncode == UNREADABLE:
            raise refused(path, f"is not a workbook that can be read: {done.stdout.strip()}", "Save it as .xlsx again, or export CSV.")  # fmt: skip
        if done.returncode:
            raise refused(
                path, f"can't be read within {spec.max_workbook_bytes} bytes of memory", "Look for a stray cell far from the table; export CSV; or raise max_workbook_bytes.",
            )  # fmt: skip
        return pl.read_ipc(output)
