"""Where the words and numbers of a map go so that none covers another."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import NamedTuple

Point = tuple[float, float]
Line = tuple[Point, Point]
LETTER = 0.66
"""Width of a bold letter over its size, in the widest sans-serif a reader may have."""
OVER_WORDS, OVER_EDGE, OVER_LINE = 1000.0, 400.0, 4.0
"""What a pixel of overlap costs: with words, beyond the edge, with a line."""
STEPS = (0.5, 0.38, 0.62, 0.27, 0.73, 0.16, 0.84)
"""Where along a line its number may stand."""


class Box(NamedTuple):
    left: float
    top: float
    right: float
    bottom: float


class Label(NamedTuple):
    """Words at a point: where they begin, stand or end (`anchor`, as SVG has it), and their box."""

    x: float
    y: float
    anchor: str
    box: Box
    cost: float


def overlap(one: Box, other: Box) -> float:
    """The area (square pixels) that two boxes share."""
    wide = min(one.right, other.right) - max(one.left, other.left)
    high = min(one.bottom, other.bottom) - max(one.top, other.top)
    return max(wide, 0.0) * max(high, 0.0)


def inside(line: Line, box: Box) -> float:
    """The length (pixels) of a line inside a box (Liang-Barsky)."""
    (x, y), (x2, y2) = line
    first, last = 0.0, 1.0
    for start, move, low, high in (
        (x, x2 - x, box.left, box.right),
        (y, y2 - y, box.top, box.bottom),
    ):
        if move == 0:
            if not low <= start <= high:
                return 0.0
            continue
        near, far = sorted(((low - start) / move, (high - start) / move))
        first, last = max(first, near), min(last, far)
    return max(last - first, 0.0) * math.hypot(x2 - x, y2 - y)


def cost(box: Box, taken: Iterable[Box], lines: Iterable[Line], size: Point) -> float:
    """How badly a box stands: over others, beyond the edges of a map of `size`, over lines."""
    over = sum(overlap(box, other) for other in taken)
    beyond = (
        max(-box.left, 0)
        + max(-box.top, 0)
        + max(box.right - size[0], 0)
        + max(box.bottom - size[1], 0)
    )
    return (
        OVER_WORDS * over
        + OVER_EDGE * beyond
        + OVER_LINE * sum(inside(line, box) for line in lines)
    )


def place_words(
    words: str, at: Point, letter: float, taken: Sequence[Box], lines: Sequence[Line], size: Point
) -> Label:
    """The best of ten places for words of `letter` pixels beside a point."""
    wide, high = len(words) * letter * LETTER, letter * 1.15
    x, y = at
    found = []
    for rank, (dx, dy, anchor) in enumerate(
        (
            (9, 0, "start"),
            (-9, 0, "end"),
            (0, -letter, "middle"),
            (0, letter + 3, "middle"),
            (7, -letter * 0.8, "start"),
            (7, letter * 0.9, "start"),
            (-7, -letter * 0.8, "end"),
            (-7, letter * 0.9, "end"),
            (wide * 0.3, letter + 3, "middle"),
            (-wide * 0.3, letter + 3, "middle"),
        )
    ):
        left = x + dx - (0 if anchor == "start" else wide if anchor == "end" else wide / 2)
        box = Box(left, y + dy - high / 2, left + wide, y + dy + high / 2)
        found.append(Label(x + dx, y + dy, anchor, box, cost(box, taken, lines, size) + rank * 0.1))
    return min(found, key=lambda label: label.cost)


def place_number(
    line: Line, wide: float, high: float, taken: Sequence[Box], lines: Sequence[Line], size: Point
) -> Label:
    """The best place for a sign of `wide` by `high` pixels on a line or beside it."""
    (x, y), (x2, y2) = line
    long = math.hypot(x2 - x, y2 - y) or 1.0
    across = (-(y2 - y) / long, (x2 - x) / long)
    found = []
    for rank, (step, off) in enumerate(
        (step, off) for off in (0, 1, -1, 1.8, -1.8) for step in STEPS
    ):
        shift = off * (abs(across[0]) * wide + abs(across[1]) * high) * 0.62
        cx = x + (x2 - x) * step + across[0] * shift
        cy = y + (y2 - y) * step + across[1] * shift
        box = Box(cx - wide / 2, cy - high / 2, cx + wide / 2, cy + high / 2)
        own = [one for one in lines if one != line]
        found.append(Label(cx, cy, "middle", box, cost(box, taken, own, size) + rank * 0.6))
    return min(found, key=lambda label: label.cost)
