"""Country statistics: international bandwidth per inhabitant (ITU, World Bank's Data360 layout) times inhabitants."""

from __future__ import annotations

import csv
import io
import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from warehouse.errors import Problem, SourceError
from warehouse.sources.spec import SourceSpec
from warehouse.sources.table import refused

BITS: Mapping[str, float] = {"bps": 1.0, "kbps": 1e3, "mbps": 1e6, "bit/s": 1.0, "kbit/s": 1e3, "mbit/s": 1e6}
LEAST_BPS, MOST_BPS = 100.0, 5e6
"""Where the median area's bandwidth per inhabitant can lie: it was about 26 kbit/s in 2018, and 1 kbit/s in 2008."""


@dataclass(frozen=True)
class Row:
    """A line of the file: bit/s of a country in a year, or why there is none."""

    line: int
    text: str
    country: str
    year: int
    gbps: float
    reason: str


@dataclass(frozen=True)
class Statistics:
    rows: tuple[Row, ...]
    notes: tuple[str, ...]
    source: str


def read(spec: SourceSpec, path: Path) -> Statistics:
    """Every row of the file times the inhabitants of its area and year.

    Raises SourceError where the unit the file claims can't be right and none is declared: nothing is guessed.
    """
    people = read_population(Path(spec.population_file))
    cells = list(_cells(spec, path))
    claimed = sorted({unit for *_, unit in cells if unit})
    unit = spec.per_inhabitant_unit or _plausible(path, cells, claimed)
    rows = tuple(_row(line, text, area, year, value, BITS[unit], people) for line, text, area, year, value, _ in cells)
    notes = []
    if claimed and [BITS.get(one.lower()) for one in claimed] != [BITS[unit]]:
        notes.append(f"the file says {', '.join(claimed)}; its values were read as {unit}, as declared")
    source = f"{path.name}: bandwidth per inhabitant ({unit}) x inhabitants ({Path(spec.population_file).name})"
    return Statistics(rows, tuple(notes), source)


def read_population(path: Path) -> Mapping[tuple[str, int], tuple[str, float]]:
    """Country (alpha-2) and inhabitants by area (alpha-3) and year, from a CSV of country, area, year, population."""
    remedy = "Give a CSV with the columns country (KZ), area (KAZ), year, population."
    found: dict[tuple[str, int], tuple[str, float]] = {}
    problems = []
    try:
        rows = list(csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline="")))
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError("the table of inhabitants can't be read", [Problem(str(path), str(error))], remedy) from error
    for line, row in enumerate(rows, start=2):
        country, area = (row.get("country") or "").strip(), (row.get("area") or "").strip()
        people = _number(row.get("population") or "")
        year = (row.get("year") or "").strip()
        if (
            len(country) != 2
            or len(area) != 3
            or not (year.isdecimal() and len(year) == 4)
            or people is None
            or people <= 0
        ):
            problems.append(Problem(f"{path.name} line {line}", "is no country, area, year and number above 0"))
        else:
            found[area, int(year)] = (country, people)
    if problems or not found:
        raise SourceError(
            "the table of inhabitants can't be used", problems or [Problem(str(path), "has no rows")], remedy
        )
    return found


def _cells(spec: SourceSpec, path: Path) -> Iterator[tuple[int, str, str, str, str, str]]:
    """Line, the line as it was, area, year, value, unit."""
    try:
        text = path.read_text("utf-8-sig")
        reader = csv.reader(io.StringIO(text, newline=""))
        header = next(reader, [])
        if {"REF_AREA", "TIME_PERIOD", "OBS_VALUE"} <= set(header):
            places = [header.index(name) for name in ("REF_AREA", "TIME_PERIOD", "OBS_VALUE")]
            unit = header.index("UNIT_MEASURE") if "UNIT_MEASURE" in header else -1
        elif {"series_id", "ts", "value"} <= set(header):
            places = [header.index(name) for name in ("series_id", "ts", "value")]
            unit = header.index("unit") if "unit" in header else -1
        else:
            raise refused(path, "is no table of ITU: columns REF_AREA, TIME_PERIOD and OBS_VALUE are missing", "Export it in Data360's CSV layout.")  # fmt: skip
        for count, cells in enumerate(reader):
            if count >= spec.max_rows:
                raise refused(path, f"has more rows than the limit of {spec.max_rows}", "Raise max_rows.")
            area, year, value = (cells[place] if place < len(cells) else "" for place in places)
            words = cells[unit].split() if 0 <= unit < len(cells) else []
            yield reader.line_num, ",".join(cells), area.rsplit(".", 1)[-1], year[:4], value, words[0] if words else ""
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused(path, f"is no CSV in UTF-8: {error}", "Save it as UTF-8 CSV.") from error


def _plausible(path: Path, cells: list[tuple[int, str, str, str, str, str]], claimed: list[str]) -> str:
    """The unit the file claims, if the median of each area's last value can be true in it."""
    known = [one.lower() for one in claimed if one.lower() in BITS]
    if len(known) != 1 or len(claimed) != 1:
        raise refused(path, f"says {', '.join(claimed) or 'nothing'} of its unit", "Declare per_inhabitant_unit: bps or kbps.")  # fmt: skip
    last: dict[str, tuple[str, float]] = {}
    for _, _, area, year, value, _ in cells:
        number = _number(value)
        if number is not None and number > 0:
            last[area] = max(last.get(area, ("", 0.0)), (year, number))
    if not last:
        raise refused(path, "holds no value", "Export it again.")
    middle = median(value for _, value in last.values())
    if not LEAST_BPS <= middle * BITS[known[0]] <= MOST_BPS:
        readings = ", ".join(f"{middle * BITS[unit]:,.0f} bit/s if they are {unit}" for unit in ("bps", "kbps"))
        raise refused(
            path,
            f"claims {claimed[0]}, which can't be right: the median area would have {middle * BITS[known[0]]:,.0f} bit/s per inhabitant",
            f"Its values give {readings}. Nothing was guessed: declare per_inhabitant_unit.",
        )
    return known[0]


def _row(
    line: int, text: str, area: str, year: str, value: str, bits: float, people: Mapping[tuple[str, int], tuple[str, float]]
) -> Row:  # fmt: skip
    number = _number(value)
    place = (area, int(year) if year.isdecimal() else 0)
    if number is None or number < 0:
        return Row(line, text, "", 0, 0.0, f"the value {value!r} is no number of bits")
    if place not in people:
        return Row(line, text, "", 0, 0.0, f"area {area} has no inhabitants stated for that year")
    country, count = people[place]
    return Row(line, text, country, place[1], number * bits * count / 1e9, "")


def _number(text: str) -> float | None:
    try:
        value = float(text)
    except ValueError:
        return None
    return value if math.isfinite(value) else None
