"""The map of a region: segments by the year of their runout, capitals named, orders numbered."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from html import escape
from typing import NamedTuple

from dashboards.geography.labels import Box, Label, Line, Point, place_number, place_words
from dashboards.geography.outlines import outlines
from dashboards.theme import CHARCOAL, GRID, LAND, MUTED, ORANGE, PLUM

YEARS = ((PLUM, 7.0), (ORANGE, 5.0), ("#7FA0BD", 2.8), ("#A9BFD2", 2.0))
"""Colour and width (pixels) of a line by how many years ahead it runs out."""
LATER = ("#A4A9AE", 0.9)
RING = 17
LITTLE = 30.0
"""Cost up to which the name of a place that is no capital stands."""
FLATTEST, TALLEST = 1.25, 1.9
"""Bounds of a map's width over its height."""


class Place(NamedTuple):
    """A place in degrees; `named` where its name must stand, `weight` its segments."""

    name: str
    lon: float
    lat: float
    named: bool
    weight: int


class Segment(NamedTuple):
    """A segment between two places in degrees; `years` from now to its runout, None: not within
    the horizon; `numbers` are the rows of the list that order it; `title` is read out.
    """

    title: str
    start: Point
    end: Point
    years: int | None
    numbers: tuple[int, ...]


def box_of(places: Sequence[Place], trim: float) -> tuple[float, float, float, float]:
    """West, south, east, north of the places that most segments join: `trim` of all ends is left
    out on each side, and the box takes a shape that a page has room for.
    """

    def bounds(values: list[tuple[float, int]]) -> tuple[float, float]:
        values.sort()
        whole, seen, low, high = sum(weight for _, weight in values), 0, values[0][0], values[-1][0]
        for value, weight in values:
            if seen <= whole * trim:
                low = value
            if seen < whole * (1 - trim):
                high = value
            seen += weight
        return low, high

    west, east = bounds([(place.lon, place.weight) for place in places])
    south, north = bounds([(place.lat, place.weight) for place in places])
    wide, high = max(east - west, 1.0) * 1.12, max(north - south, 1.0) * 1.16
    flat = math.cos(math.radians((south + north) / 2))
    if wide * flat / high < FLATTEST:
        wide = high * FLATTEST / flat
    elif wide * flat / high > TALLEST:
        high = wide * flat / TALLEST
    middle, centre = (west + east) / 2, (south + north) / 2
    return middle - wide / 2, centre - high / 2, middle + wide / 2, centre + high / 2


def clipped(line: Line, size: Point) -> Line | None:
    """The part of a line on a map of `size`, or None."""
    (x, y), (x2, y2) = line
    first, last = 0.0, 1.0
    for start, move, high in ((x, x2 - x, size[0]), (y, y2 - y, size[1])):
        if move == 0:
            if not 0 <= start <= high:
                return None
            continue
        near, far = sorted(((0 - start) / move, (high - start) / move))
        first, last = max(first, near), min(last, far)
    if first >= last:
        return None
    return (
        (x + (x2 - x) * first, y + (y2 - y) * first),
        (x + (x2 - x) * last, y + (y2 - y) * last),
    )


def region(
    segments: Sequence[Segment],
    places: Sequence[Place],
    title: str,
    *,
    width: int = 734,
    letter: int = 12,
    trim: float = 0.05,
) -> str:
    """An SVG of `width` pixels with letters of `letter`. Nearer runouts have darker and wider
    lines,
    so that a grey copy says the same.
    """
    box = box_of(places, trim)
    west, south, east, north = box
    flat = math.cos(math.radians((south + north) / 2))
    height = round(width * (north - south) / ((east - west) * flat))
    size = (float(width), float(height))

    def at(lon: float, lat: float) -> Point:
        return (lon - west) / (east - west) * width, (north - lat) / (north - south) * height

    drawn = [
        (segment, line)
        for segment in segments
        if (line := clipped((at(*segment.start), at(*segment.end)), size))
    ]
    heavy = [line for segment, line in drawn if segment.years is not None and segment.years < 2]
    parts = [
        f'<svg class="region" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" '
        f'width="{width}" height="{height}" role="img" font-family="sans-serif">'
        f"<title>{escape(title)}</title>"
        f'<rect class="sea" width="{width}" height="{height}" fill="#FFFFFF"/>',
        *(_ring_of_land([at(lon, lat) for lon, lat in ring]) for ring in outlines(box)),
    ]
    for segment, line in sorted(
        drawn, key=lambda one: -(99 if one[0].years is None else one[0].years)
    ):
        parts.append(_line(segment, line))
    inside = [place for place in places if west < place.lon < east and south < place.lat < north]
    ends = {segment.start for segment, _ in drawn} | {segment.end for segment, _ in drawn}
    joined = [place for place in inside if place.named or (place.lon, place.lat) in ends]
    dots = {place: _dot(at(place.lon, place.lat)) for place in joined}
    capitals = _named([place for place in joined if place.named], dots, [], letter, heavy, size)
    taken = [label.box for _, label in capitals]
    rings = [
        _numbers(segment.numbers, line, taken, heavy, size, letter)
        for segment, line in drawn
        if segment.numbers
    ]
    towns = [place for place in joined if not place.named]
    for place, label in [*capitals, *_named(towns, dots, taken, letter, heavy, size)]:
        x, y = at(place.lon, place.lat)
        parts.append(
            f'<circle class="place" cx="{x:.1f}" cy="{y:.1f}" r="3.2" fill="#FFFFFF" '
            f'stroke="{CHARCOAL}" stroke-width="1.4"/>'
        )
        parts.append(_words(place.name, label, letter, bold=place.named))
    parts += [*rings, "</svg>"]
    return "".join(parts)


def _ring_of_land(points: Sequence[Point]) -> str:
    path = "L".join(f"{x:.0f} {y:.0f}" for x, y in points)
    return f'<path class="land" d="M{path}Z" fill="{LAND}" stroke="{GRID}" stroke-width=".8"/>'


def _line(segment: Segment, line: Line) -> str:
    (x, y), (x2, y2) = line
    colour, wide = LATER if segment.years is None else YEARS[min(segment.years, len(YEARS) - 1)]
    ends = f'x1="{x:.1f}" y1="{y:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke-linecap="round"'
    halo = (
        f'<line class="halo" {ends} stroke="#FFFFFF" stroke-width="{wide + 3}"/>'
        if wide >= 5
        else ""
    )
    return (
        f'{halo}<line class="y{4 if segment.years is None else min(segment.years, 3)}" {ends} '
        f'stroke="{colour}" stroke-width="{wide}"><title>{escape(segment.title)}</title></line>'
    )


def _dot(at: Point) -> Box:
    return Box(at[0] - 4, at[1] - 4, at[0] + 4, at[1] + 4)


def _named(
    places: Sequence[Place],
    dots: Mapping[Place, Box],
    covered: Sequence[Box],
    letter: int,
    lines: Sequence[Line],
    size: Point,
) -> list[tuple[Place, Label]]:
    """The places whose names stand: all that must, and of the rest those with room, most segments
    first.
    """
    found: list[tuple[Place, Label]] = []
    taken = list(covered)
    for place in sorted(places, key=lambda place: (-place.weight, place.name)):
        others = [box for other, box in dots.items() if other is not place]
        dot = dots[place]
        middle = ((dot.left + dot.right) / 2, (dot.top + dot.bottom) / 2)
        label = place_words(place.name, middle, letter, [*taken, *others], lines, size)
        if not place.named and label.cost > LITTLE:
            continue
        found.append((place, label))
        taken.append(label.box)
    return found


def _words(words: str, label: Label, letter: int, *, bold: bool) -> str:
    weight = ' font-weight="bold"' if bold else ""
    place = (
        f'x="{label.x:.1f}" y="{label.y + letter * 0.35:.1f}" text-anchor="{label.anchor}" '
        f'font-size="{letter if bold else letter - 1}"{weight}'
    )
    text = escape(words)
    fill = CHARCOAL if bold else MUTED
    return (
        f'<text class="halo" {place} fill="none" stroke="#FFFFFF" stroke-width="3.5" '
        f'stroke-linejoin="round">{text}</text>'
        f'<text class="{"capital" if bold else "town"}" {place} fill="{fill}">{text}</text>'
    )


def _numbers(
    numbers: Sequence[int],
    line: Line,
    taken: list[Box],
    lines: Sequence[Line],
    size: Point,
    letter: int,
) -> str:
    """The list's rows in rings beside the line that they order for."""
    wide = (RING + 1) * len(numbers)
    label = place_number(line, wide, RING + 1, taken, lines, size)
    taken.append(label.box)
    parts = []
    for place, shown in enumerate(numbers):
        x = label.box.left + (RING + 1) * (place + 0.5)
        parts.append(
            f'<circle class="ring" cx="{x:.1f}" cy="{label.y:.1f}" r="{RING / 2}" '
            f'fill="#FFFFFF" stroke="{PLUM}" stroke-width="1.5"/>'
            f'<text class="number" x="{x:.1f}" y="{label.y + 3.8:.1f}" '
            f'text-anchor="middle" font-size="{min(letter, 11)}" font-weight="bold" '
            f'fill="{PLUM}">{shown}</text>'
        )
    return "".join(parts)
