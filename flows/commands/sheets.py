"""Tables for a terminal of any width: what all rows share is said once, long texts stand under
their row, one row stands upright.
"""

from __future__ import annotations

import math
import shutil
import textwrap
from collections.abc import Sequence
from datetime import date, datetime
from functools import partial

import polars as pl

GAP = "  "
_wrap = partial(textwrap.wrap, break_on_hyphens=False)
LONG = 34
"""Letters: wider cells of text are wrapped under their row where the table would not fit."""
LEAST = 40
"""Columns: a narrower terminal is written for as if it had them."""


def terminal_width() -> int:
    """That of the terminal, or what COLUMNS says; 120 where neither tells."""
    return max(LEAST, shutil.get_terminal_size((120, 40)).columns)


def sheet(frame: pl.DataFrame, width: int, most: int = 40) -> str:
    """The frame's rows as lines of at most `width` letters; columns without any value are only
    named.
    """
    known = [name for name in frame.columns if frame[name].null_count() < frame.height]
    shown = frame.select(known).head(most)
    more = [f"... and {frame.height - most} more"] if frame.height > most else []
    if not known:
        return ""
    bare = [name for name in frame.columns if name not in known]
    empty = _wrap(f"without a value: {', '.join(bare)}", width) if bare else []
    if shown.height == 1:
        return "\n".join([*_upright(list(shown.row(0)), known, width), *empty])
    shared = [
        name for name in known if shown.height > 1 and shown[name].n_unique() == 1 and not more
    ]
    own = [name for name in known if name not in shared] or known[:1]
    columns = [_column(shown[name].to_list()) for name in own]
    cells = list(zip(*columns, strict=True))
    right = [shown[name].dtype.is_numeric() for name in own]
    lines = _wrap(
        "; ".join(f"{name} {_said(shown[name][0])}" for name in shared if name not in own), width
    )
    return "\n".join([*lines, *empty, *_rows(own, cells, right, width), *more])


def _rows(
    names: Sequence[str], cells: Sequence[Sequence[str]], right: Sequence[bool], width: int
) -> list[str]:
    beside = list(range(len(names)))
    heads = [_head(name) for name in names]

    def wide(place: int) -> int:
        return max([*map(len, heads[place]), *(len(row[place]) for row in cells)])

    def needed() -> int:
        return sum(wide(place) for place in beside) + len(GAP) * (len(beside) - 1)

    below: list[int] = []
    while needed() > width and (long := [place for place in beside[1:] if wide(place) > LONG]):
        below.append(max(long, key=wide))
        beside.remove(below[-1])
    while needed() > width and len(beside) > 2:
        below.append(beside.pop())
    below.sort()
    widths = [min(wide(place), width) for place in beside]
    top = max(len(heads[place]) for place in beside)
    lines = [
        GAP.join(
            _set(([""] * (top - len(heads[place])) + heads[place])[line], size, right[place])
            for place, size in zip(beside, widths, strict=True)
        ).rstrip()
        for line in range(top)
    ]
    lines.append(GAP.join("-" * size for size in widths))
    for row in cells:
        lines.append(
            GAP.join(
                _set(row[place], size, right[place])
                for place, size in zip(beside, widths, strict=True)
            ).rstrip()
        )
        lines += _under([(names[place], row[place]) for place in below if row[place]], width)
    return lines


def _under(pairs: Sequence[tuple[str, str]], width: int) -> list[str]:
    """What had no room beside: long texts on lines of their own, short ones together."""
    lines: list[str] = []
    short: list[str] = []
    for name, text in pairs:
        if len(text) > LONG:
            lines += _wrap(
                f"{name}: {text}", width, initial_indent="    ", subsequent_indent="      "
            )
        else:
            short.append(f"{name}: {text}")
    return _wrap("; ".join(short), width, initial_indent="    ", subsequent_indent="    ") + lines


def _upright(values: Sequence[object], names: Sequence[str], width: int) -> list[str]:
    margin = max(map(len, names)) + len(GAP)
    lines: list[str] = []
    for name, value in zip(names, values, strict=True):
        text = _wrap(_said(value), max(width - margin, 20)) or [""]
        lines += [f"{name:<{margin}}{text[0]}", *(" " * margin + line for line in text[1:])]
    return lines


def _head(name: str) -> list[str]:
    """A column's name on as many lines as keep it narrow."""
    lines = [""]
    for part in name.split("_"):
        if lines[-1] and len(lines[-1]) + len(part) + 1 > 10:
            lines[-1] += "_"
            lines.append(part)
        else:
            lines[-1] += f"_{part}" if lines[-1] else part
    return lines


def _set(text: str, size: int, right: bool) -> str:
    cut = text if len(text) <= size else text[: size - 1] + "…"
    return cut.rjust(size) if right else cut.ljust(size)


def _column(values: Sequence[object]) -> list[str]:
    """A column's cells: numbers with the same digits after the mark, unless some are far smaller
    than others.
    """
    sizes = [
        abs(value)
        for value in values
        if isinstance(value, float) and math.isfinite(value) and value
    ]
    if not sizes or min(sizes) * 1000 < max(sizes):
        return [_said(value) for value in values]
    most = max(0, 3 - math.floor(math.log10(max(sizes))))
    exact = [len(_said(value).partition(".")[2]) for value in values if isinstance(value, float)]
    digits = min(most, max(exact), 6)
    return [
        f"{value:,.{digits}f}"
        if isinstance(value, float) and math.isfinite(value)
        else _said(value)
        for value in values
    ]


def _said(value: object) -> str:
    """A value as people write it: four significant digits, dates by day, nothing for what is
    missing.
    """
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        if not math.isfinite(value) or value == 0:
            return "0" if value == 0 else str(value)
        digits = max(0, 3 - math.floor(math.log10(abs(value))))
        text = f"{value:,.{min(digits, 6)}f}"
        return text.rstrip("0").rstrip(".") if "." in text else text
    if isinstance(value, datetime):
        return value.isoformat(sep=" ", timespec="minutes")
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, list):
        return " > ".join(map(str, value))
    return " ".join(str(value).split())
