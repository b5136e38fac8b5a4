"""Make outlines.json from the npm package world-atlas (ISC; Natural Earth, public domain).

npm pack world-atlas && tar xzf world-atlas-*.tgz
python -m dashboards.geography.make_outlines package/countries-50m.json
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

from dashboards.geography.outlines import FILE, Ring

TOLERANCE = 0.08
"""Degrees by which a simplified outline may be off."""
SMALLEST = 0.15
"""Square degrees below which an island is left out."""


def decode(topology: dict[str, Any]) -> list[list[tuple[float, float]]]:
    """The arcs of a quantized topology in degrees."""
    (kx, ky), (dx, dy) = topology["transform"]["scale"], topology["transform"]["translate"]
    arcs = []
    for arc in topology["arcs"]:
        x = y = 0
        points = []
        for step_x, step_y in arc:
            x, y = x + step_x, y + step_y
            points.append((x * kx + dx, y * ky + dy))
        arcs.append(points)
    return arcs


def simplify(
    points: list[tuple[float, float]], tolerance: float = TOLERANCE
) -> list[tuple[float, float]]:
    """Douglas-Peucker; shared arcs are simplified once, so neighbours keep one border."""
    if len(points) < 3:
        return points
    keep = {0, len(points) - 1}
    stack = [(0, len(points) - 1)]
    while stack:
        first, last = stack.pop()
        (x1, y1), (x2, y2) = points[first], points[last]
        length = ((x2 - x1) ** 2 + (y2 - y1) ** 2) ** 0.5
        farthest, distance = -1, tolerance
        for index in range(first + 1, last):
            x, y = points[index]
            away = (
                abs((x2 - x1) * (y1 - y) - (x1 - x) * (y2 - y1)) / length
                if length
                else ((x - x1) ** 2 + (y - y1) ** 2) ** 0.5
            )
            if away > distance:
                farthest, distance = index, away
        if farthest >= 0:
            keep.add(farthest)
            stack += [(first, farthest), (farthest, last)]
    return [points[index] for index in sorted(keep)]


def area(ring: Ring) -> float:
    return (
        abs(sum(a[0] * b[1] - b[0] * a[1] for a, b in zip(ring, ring[1:] + ring[:1], strict=True)))
        / 2
    )


def rings(topology: dict[str, Any]) -> list[Ring]:
    """Outer rings of all countries, rounded to a hundredth of a degree."""
    arcs = [simplify(arc) for arc in decode(topology)]
    found: list[Ring] = []
    for country in topology["objects"]["countries"]["geometries"]:
        polygons = country["arcs"] if country["type"] == "MultiPolygon" else [country["arcs"]]
        for polygon in polygons:
            ring: Ring = []
            for index in polygon[0]:
                arc = arcs[index] if index >= 0 else arcs[~index][::-1]
                ring += [(round(x, 2), round(y, 2)) for x, y in arc[1:]]
            if len(ring) > 2 and area(ring) > SMALLEST:
                found.append(ring)
    return sorted(found)


if __name__ == "__main__":
    whole = rings(json.loads(Path(sys.argv[1]).read_text(encoding="utf-8")))
    FILE.write_text(
        json.dumps([[list(point) for point in ring] for ring in whole], separators=(",", ":"))
        + "\n",
        encoding="utf-8",
    )
