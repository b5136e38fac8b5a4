"""Excel workbooks: the first sheet as a table of texts."""

from __future__ import annotations

from pathlib import Path

import fastexcel
import polars as pl

from warehouse.sources.spec import SourceSpec
from warehouse.sources.table import refused


def read(spec: SourceSpec, path: Path) -> pl.DataFrame:
    """The first sheet, every cell as text: dates in ISO form. Cells with the source's words for nothing are empty."""
    try:
        frame: pl.DataFrame = fastexcel.read_excel(path).load_sheet(0, dtypes="string").to_polars()
    except fastexcel.FastExcelError as error:
        raise refused(path, f"is not a workbook that can be read: {str(error).splitlines()[0]}", "Save it as .xlsx again, or export CSV.") from error  # fmt: skip
    if frame.width > spec.max_columns:
        raise refused(path, f"has {frame.width} columns, more than the limit of {spec.max_columns}", "Raise max_columns if that is right.")  # fmt: skip
    if frame.is_empty():
        raise refused(path, "is empty", "Export it again, or take it out of the source's files.")
    empty = list(spec.null_words)
    return frame.with_columns(
        pl.when(~pl.col(name).is_in(empty)).then(pl.col(name)).alias(name) for name in frame.columns
    )
