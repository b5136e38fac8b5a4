"""Which columns of a table file are read, and whether they are there and can be told apart."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from warehouse.errors import Problem, SourceError
from warehouse.sources.rows import RowSpec


def renamed(spec: RowSpec, columns: Sequence[str]) -> dict[str, str]:
    """The file's columns of values by the name they get; of a wide file their own."""
    if spec.layout == "long":
        return spec.columns()
    pattern = re.compile(spec.interface_pattern)
    return {name: name for name in columns if name != spec.time_column and pattern.fullmatch(name)}


def used(spec: RowSpec, columns: Sequence[str]) -> set[str]:
    """The names among a file's columns that are read."""
    return (
        set(renamed(spec, columns)) | {spec.time_column}
        if spec.layout == "wide"
        else set(spec.columns().values())
    )


def told_apart(spec: RowSpec, path: Path, columns: Sequence[str]) -> list[str]:
    """The columns' names, those of columns that are not read made unique. Raises SourceError where
    one that is read appears twice.
    """
    needed = used(spec, columns)
    counts, folded = Counter(columns), Counter(name.casefold() for name in needed)
    doubled = [name for name in sorted(needed) if counts[name] > 1 or folded[name.casefold()] > 1]
    if doubled:
        raise SourceError(
            "columns can't be told apart",
            [
                Problem(str(path), f"column {name} appears twice, perhaps in capitals")
                for name in doubled
            ],
            "Give each column a name of its own, or take out the one that is not meant.",
        )
    folded = Counter(name.casefold() for name in columns)
    return [
        name if name in needed or (name and folded[name.casefold()] == 1) else f"not read {place}"
        for place, name in enumerate(columns, 1)
    ]


def cells_of(spec: RowSpec, columns: Sequence[str]) -> int:
    """How many rows a line of the file makes."""
    return len(renamed(spec, columns)) if spec.layout == "wide" else 1


def require(spec: RowSpec, path: Path, columns: tuple[str, ...]) -> None:
    """Raises SourceError with every column the settings name and the file lacks."""
    problems = [
        Problem(str(path), f"column {name} is missing")
        for name in spec.columns().values()
        if name not in columns
    ]
    problems += [
        Problem(str(path), f"column {name} has a quote in its name: give it another")
        for name in renamed(spec, columns).values()
        if '"' in name
    ]
    if spec.layout == "wide" and not renamed(spec, columns):
        problems.append(
            Problem(
                str(path), f"no column is named like interface_pattern {spec.interface_pattern!r}"
            )
        )
    if problems:
        shown = ", ".join(columns[:20]) + (" ..." if len(columns) > 20 else "")
        raise SourceError(
            "columns are missing",
            problems,
            f"The file has: {shown}. Fix the source's column names.",
        )
