"""Country statistics: international bandwidth per inhabitant (ITU, World Bank's Data360 layout)
times inhabitants.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from statistics import median
from typing import Annotated, Literal

from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from warehouse.errors import Problem, SourceError
from warehouse.sources.spec import STRICT, SourceSpec
from warehouse.sources.textfile import refused

BITS: Mapping[str, float] = {
    "bps": 1.0,
    "kbps": 1e3,
    "mbps": 1e6,
    "bit/s": 1.0,
    "kbit/s": 1e3,
    "mbit/s": 1e6,
}
LAYOUTS = (
    ("REF_AREA", "TIME_PERIOD", "OBS_VALUE", "UNIT_MEASURE", "UNIT_MULT", "INDICATOR"),
    ("series_id", "ts", "value", "unit", "", ""),
)
"""Columns of area, year, value, unit, power of ten and indicator; the first three must be there."""
YEAR = re.compile(r"([0-9]{4})(?:\.0|-[0-9]{2}-[0-9]{2}(?:[T ].*)?)?")
NUMBER = re.compile(r"[-+]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eE][-+]?[0-9]+)?")
LEAST_BPS, MOST_BPS = 100.0, 5e6
"""Where the median area's bandwidth per inhabitant can lie: it was about 26 kbit/s in 2018, and 1
kbit/s in 2008.
"""


@settings(frozen=True, config=STRICT)
class ItuSpec(SourceSpec):
    """kind = "itu": yearly international bandwidth of countries."""

    kind: Literal["itu"] = "itu"
    population_file: Annotated[
        str, Field(description="CSV of country, area (ISO 3166 alpha-3), year, population")
    ] = ""
    per_inhabitant_unit: Annotated[
        Literal["", "bps", "kbps"], Field(description="where the file's own header is wrong")
    ] = ""

    def problems(self) -> list[tuple[str, str]]:
        missing = "is empty: values per inhabitant need inhabitants"
        own = [] if self.population_file else [("population_file", missing)]
        return [*super().problems(), *own]


@dataclass(frozen=True)
class Cell:
    """A line of the file as it stands there; `fault` says why it can't be taken."""

    line: int
    text: str
    area: str
    year: int
    value: float
    unit: str
    fault: str


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


def read(spec: ItuSpec, path: Path) -> Statistics:
    """Every row of the file times the inhabitants of its area and year.

    Raises SourceError where the unit the file claims can't be right and none is declared: nothing
    is guessed.
    """
    people = read_population(Path(spec.population_file))
    cells = list(_cells(spec, path))
    claimed = sorted({cell.unit for cell in cells if cell.unit})
    unit = _unit(spec, path, cells, claimed)
    rows = _contradictions_marked([_row(cell, BITS[unit], people) for cell in cells])
    notes = []
    if claimed and [BITS.get(one.lower()) for one in claimed] != [BITS[unit]]:
        notes.append(
            f"the file says {', '.join(claimed)}; its values were read as {unit}, as declared"
        )
    source = (
        f"{path.name}: bandwidth per inhabitant ({unit}) x inhabitants "
        f"({Path(spec.population_file).name})"
    )
    return Statistics(tuple(rows), tuple(notes), source)


def read_population(path: Path) -> Mapping[tuple[str, int], tuple[str, float]]:
    """Country (alpha-2) and inhabitants by area (alpha-3) and year, from a CSV of country, area,
    year, population.
    """
    remedy = (
        "Give a CSV with the columns country (KZ), area (KAZ), year, population: each area and "
        "year once, in whole people."
    )
    found: dict[tuple[str, int], tuple[str, float]] = {}
    problems = []
    try:
        if not path.is_file():
            raise OSError("is not a file")
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            "the table of inhabitants can't be read", [Problem(str(path), str(error))], remedy
        ) from error
    doubled = sorted(
        name for name, count in Counter(reader.fieldnames or ()).items() if count > 1 and name
    )
    if doubled:
        raise SourceError(
            "the table of inhabitants can't be used",
            [Problem(str(path), f"column {name} appears twice") for name in doubled],
            remedy,
        )
    countries: dict[str, str] = {}
    for line, row in rows:
        country, area, year, number = (
            (row.get(name) or "").strip() for name in ("country", "area", "year", "population")
        )
        if not any((country, area, year, number)):
            continue
        people = _number(number)
        place = f"{path.name} line {line}"
        if None in row:
            problems.append(Problem(place, "has more cells than the header"))
        elif (
            len(country) != 2
            or len(area) != 3
            or not re.fullmatch(r"[0-9]{4}", year)
            or people is None
            or people <= 0
        ):
            problems.append(Problem(place, "is no country, area, year and number above 0"))
        elif people != int(people):
            problems.append(
                Problem(place, f"{number} is no whole number of people: thousands or millions?")
            )
        elif countries.setdefault(area, country) != country:
            problems.append(Problem(place, f"area {area} is country {countries[area]} elsewhere"))
        elif found.setdefault((area, int(year)), (country, people)) != (country, people):
            problems.append(Problem(place, f"area {area} has another number for {year} elsewhere"))
    if problems or not found:
        raise SourceError(
            "the table of inhabitants can't be used",
            problems or [Problem(str(path), "has no rows")],
            remedy,
        )
    return found


def _cells(spec: ItuSpec, path: Path) -> Iterator[Cell]:
    """The rows of the file but for blank ones."""
    try:
        reader = csv.reader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        header = [name.strip() for name in next(reader, [])]
        layout = next((names for names in LAYOUTS if set(names[:3]) <= set(header)), None)
        if layout is None:
            raise refused(
                path,
                "is not a table of ITU: columns REF_AREA, TIME_PERIOD and OBS_VALUE are missing",
                "Export it in Data360's CSV layout, with commas.",
            )
        doubled = [
            Problem(str(path), f"column {name} appears twice")
            for name in layout
            if name and header.count(name) > 1
        ]
        if doubled:
            raise SourceError(
                "columns can't be told apart", doubled, "Take out the one that is not meant."
            )
        indicators: set[str] = set()
        count = 0
        for cells in reader:
            if not any(cell.strip() for cell in cells):
                continue
            count += 1
            if count > spec.max_rows:
                raise refused(
                    path, f"has more rows than the limit of {spec.max_rows}", "Raise max_rows."
                )
            named = dict(zip(header, (cell.strip() for cell in cells), strict=False))
            area, year, value, unit, times_ten, indicator = (
                named.get(name, "") if name else "" for name in layout
            )
            indicators.add(indicator)
            if len(indicators) > 1:
                raise refused(
                    path,
                    f"holds several indicators: {', '.join(sorted(indicators))}",
                    "Export international bandwidth per inhabitant alone.",
                )
            when, number = YEAR.fullmatch(year), _number(value)
            power = times_ten or "0"
            if len(cells) != len(header):
                fault = f"has {len(cells)} cells, the header has {len(header)}"
            elif number is None or number < 0:
                fault = f"the value {value!r} is not a number of bits"
            elif not re.fullmatch(r"-?[0-9]{1,2}", power):
                fault = f"the power of ten {power!r} can't be read"
            else:
                fault = "" if when else f"the year {year!r} can't be read"
            yield Cell(
                reader.line_num,
                ",".join(cells),
                area.rsplit(".", 1)[-1],
                int(when[1]) if when else 0,
                0.0 if fault else (number or 0.0) * 10.0 ** int(power),
                unit.split()[0] if unit and len(cells) == len(header) else "",
                fault,
            )
    except (UnicodeDecodeError, csv.Error) as error:
        raise refused(
            path, f"is no CSV in UTF-8: {error}", "Save it as UTF-8 CSV, every quote closed."
        ) from error


def _unit(spec: ItuSpec, path: Path, cells: list[Cell], claimed: list[str]) -> str:
    """The unit that is declared, else the one the file claims, if the median of each area's last
    value can be true in it.
    """
    known = sorted({one.lower() for one in claimed if one.lower() in BITS})
    if len({one.lower() for one in claimed}) > 1:
        raise refused(
            path, f"has values in several units: {', '.join(claimed)}", "Make a file of each."
        )
    if claimed and not known:
        raise refused(
            path,
            f"says {claimed[0]} of its unit, which is none of bandwidth",
            "Export international bandwidth per inhabitant.",
        )
    if spec.per_inhabitant_unit:
        return spec.per_inhabitant_unit
    if not known:
        raise refused(path, "says nothing of its unit", "Declare per_inhabitant_unit: bps or kbps.")
    last: dict[str, tuple[int, float]] = {}
    for cell in cells:
        if cell.value > 0:
            last[cell.area] = max(last.get(cell.area, (0, 0.0)), (cell.year, cell.value))
    if not last:
        raise refused(path, "holds no value", "Export it again.")
    middle = median(value for _, value in last.values())
    if not LEAST_BPS <= middle * BITS[known[0]] <= MOST_BPS:
        readings = ", ".join(
            f"{middle * BITS[unit]:,.0f} bit/s if they are {unit}" for unit in ("bps", "kbps")
        )
        raise refused(
            path,
            f"claims {claimed[0]}, which can't be right: the median area would have "
            f"{middle * BITS[known[0]]:,.0f} bit/s per inhabitant",
            f"Its values give {readings}. Nothing was guessed: declare per_inhabitant_unit.",
        )
    return known[0]


def _row(cell: Cell, bits: float, people: Mapping[tuple[str, int], tuple[str, float]]) -> Row:
    country, count = people.get((cell.area, cell.year), ("", 0.0))
    gbps = cell.value * bits * count / 1e9
    fault = cell.fault or (
        "" if country else f"area {cell.area} has no inhabitants stated for {cell.year}"
    )
    fault = fault or ("" if math.isfinite(gbps) else "the bandwidth is not finite")
    return Row(cell.line, cell.text, country, cell.year, 0.0 if fault else gbps, fault)


def _contradictions_marked(rows: list[Row]) -> list[Row]:
    """Where a country and year have several values none of them is taken: nothing says which one
    holds.
    """
    values: dict[tuple[str, int], set[float]] = {}
    for row in rows:
        if not row.reason:
            values.setdefault((row.country, row.year), set()).add(row.gbps)
    return [
        row
        if row.reason or len(values[row.country, row.year]) == 1
        else replace(row, reason=f"country {row.country} has several values for {row.year}")
        for row in rows
    ]


def _number(text: str) -> float | None:
    """A number with a point; Python would take 1_000 and digits of other scripts as well."""
    value = float(text) if NUMBER.fullmatch(text) else math.inf
    return value if math.isfinite(value) else None
