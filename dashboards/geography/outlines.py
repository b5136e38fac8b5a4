"""Outlines of the countries inside a box of longitudes and latitudes."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "outlines.json"
"""Outer rings of countries (longitude, latitude), from Natural Earth by make_outlines.py."""

Ring = list[tuple[float, float]]
Box = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


@cache
def _rings() -> list[Ring]:
    return [[(x, y) for x, y in ring] for ring in json.loads(FILE.read_text(encoding="utf-8"))]


def clip(ring: Ring, box: Box) -> Ring:
    """The part of a ring inside the box (Sutherland-Hodgman)."""
    west, south, east, north = box
    for axis, limit, sign in ((0, west, 1), (0, east, -1), (1, south, 1), (1, north, -1)):
        if not ring:
            return ring
        kept: Ring = []
        for before, point in zip(ring[-1:] + ring[:-1], ring, strict=True):
            inside, was_inside = (
                sign * (point[axis] - limit) >= 0,
                sign * (before[axis] - limit) >= 0,
            )
            if inside != was_inside:
                share = (limit - before[axis]) / (point[axis] - before[axis])
                kept.append(
                    (
                        before[0] + share * (point[0] - before[0]),
                        before[1] + share * (point[1] - before[1]),
                    )
                )
            if inside:
                kept.append(point)
        ring = kept
    return ring


def outlines(box: Box) -> list[Ring]:
    """The outlines inside the box, as rings that are not closed."""
    return [part for ring in _rings() if len(part := clip(ring, box)) > 2]
