"""Flow exports -> traffic of a port by the prefixes or AS numbers at its ends, in slots of five
minutes.
"""

from __future__ import annotations

import csv
import hashlib
import io
import json
from collections import defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from ipaddress import ip_address, ip_network
from pathlib import Path
from typing import Annotated, Literal

import polars as pl
from duckdb import DuckDBPyConnection
from pydantic import Field
from pydantic.dataclasses import dataclass as settings

from warehouse.errors import Problem, SourceError
from warehouse.sources.netflow.records import Record, records
from warehouse.sources.rows import rows_of
from warehouse.sources.spec import STRICT, SampleSpec
from warehouse.sources.table import Opened, open_relation
from warehouse.store.migrate import SQL

SLOT_SECONDS = 300
UNMET = -2
CACHED = 1_000_000


@settings(frozen=True, config=STRICT)
class FlowsSpec(SampleSpec):
    """kind = "flows": records of nfdump, pmacct, goflow2, Akvorado and SiLK."""

    kind: Literal["flows"] = "flows"
    unit: Annotated[Literal["bps"], Field(description="has no other: records hold bytes")] = "bps"
    map_file: Annotated[
        str,
        Field(description="CSV of interface_id, a, z: prefixes or AS numbers at a port's ends"),
    ] = ""
    sampling_rate: Annotated[
        int, Field(ge=0, description="one packet in so many was seen; 0: as each record says")
    ] = 0

    def problems(self) -> list[tuple[str, str]]:
        missing = "is empty: it says which prefixes or AS numbers lie at the ends of an interface"
        return [*super().problems(), *([] if self.map_file else [("map_file", missing)])]


@dataclass(frozen=True)
class End:
    """One end of a port: its prefixes as (version, mask, network, length), and AS numbers; neither:
    anything.
    """

    prefixes: tuple[tuple[int, int, int, int], ...]
    numbers: frozenset[int]

    def closeness(self, version: int, address: int, number: int) -> int:
        """How exactly a flow's end is met: 1 + the length of the prefix, an AS number as 0,
        anything as -1; UNMET: not.
        """
        if not self.prefixes and not self.numbers:
            return -1
        best = 0 if number in self.numbers else UNMET
        for of_version, mask, network, length in self.prefixes:
            if of_version == version and address & mask == network and length >= best:
                best = length + 1
        return best


@dataclass
class Tally:
    """What the records came to."""

    flows: int = 0
    octets: float = 0
    unmatched: int = 0
    unmatched_octets: float = 0
    rates: set[int] = field(default_factory=set)
    slots: dict[tuple[str, int, str], float] = field(default_factory=lambda: defaultdict(float))
    bad: list[tuple[str | None, str, str | None, str]] = field(default_factory=list)


def open_flows(connection: DuckDBPyConnection, spec: FlowsSpec, path: Path) -> Opened:
    """Keeps the file's parts of each slot and makes source_row over the sums of all files that
    share a slot with it.
    """
    tally = read(spec, path)
    with path.open("rb") as file:
        identity = {
            "source": spec.name,
            "content_hash": hashlib.file_digest(file, "sha256").hexdigest(),
        }
    keys = sorted({(port, slot) for port, slot, _ in tally.slots})
    given = pl.DataFrame(
        [
            (
                port,
                slot,
                tally.slots.get((port, slot, "in"), 0.0),
                tally.slots.get((port, slot, "out"), 0.0),
            )
            for port, slot in keys
        ],
        schema={
            "interface": pl.String,
            "slot_s": pl.Int64,
            "in_bits": pl.Float64,
            "out_bits": pl.Float64,
        },
        orient="row",
    )
    bad = pl.DataFrame(
        tally.bad,
        schema=dict.fromkeys(("stamp", "interface", "value_in", "record"), pl.String),
        orient="row",
    )
    connection.register("flow_given", given.to_arrow())
    connection.register("flow_bad", bad.to_arrow())
    _run(connection, "flow_parts_forget", identity)
    _run(connection, "flow_parts_keep", identity)
    _run(connection, "flow_slots", {**identity, "slot_s": float(SLOT_SECONDS)})
    connection.unregister("flow_given")
    connection.unregister("flow_bad")
    found = rows_of(
        spec,
        time_column="stamp",
        time_format="epoch_s",
        interface_column="interface",
        interface_pattern="",
        in_column="value_in",
        out_column="value_out",
        direction="",
        slot_minutes=SLOT_SECONDS // 60,
        stamp="start",
    )
    rows = connection.table("frame_row")
    reading = open_relation(connection, found, path, rows)
    return Opened(found, reading, 1, partial(_shown, rows.pl()), notes=_notes(spec, tally))


def read(spec: FlowsSpec, path: Path) -> Tally:
    """Bits by port, slot and direction: a flow from a port's a-end to its z-end is `out`, and is
    spread evenly over its time.
    """
    ports = read_map(Path(spec.map_file))
    met: dict[tuple[str, str], list[tuple[int, int]]] = {}
    names = list(ports)
    tally = Tally()
    for record in records(path, spec.time_zone):
        tally.flows += 1
        if tally.flows > spec.max_rows:
            raise SourceError(
                "a file is too large",
                [Problem(str(path), f"has more records than the limit of {spec.max_rows}")],
                "Split it, or raise max_rows.",
            )
        if record.fault:
            column, text = record.fault
            stamp = text if column == "stamp" else str(int(record.start))
            tally.bad.append(
                (
                    stamp or None,
                    next(iter(ports)),
                    text if column != "stamp" else None,
                    record.raw[:2000],
                )
            )
            continue
        rate = spec.sampling_rate or record.sampling
        if rate < 1:
            tally.bad.append(
                (
                    str(int(record.start)),
                    next(iter(ports)),
                    "sampling rate that can't be read",
                    record.raw[:2000],
                )
            )
            continue
        tally.rates.add(rate)
        octets = record.octets * rate
        if len(met) > CACHED:
            met.clear()
        port = _port_of(
            names,
            *(
                _closeness(met, ports, *end)
                for end in ((record.src, record.src_as), (record.dst, record.dst_as))
            ),
        )
        if port is None:
            tally.unmatched += 1
            tally.unmatched_octets += octets
            continue
        tally.octets += octets
        _spread(tally.slots, port, record, 8 * octets)
    if not tally.flows:
        raise SourceError(
            "a file has no rows",
            [Problem(str(path), "holds no flow record")],
            "Export it again, or take it out of the source's files.",
        )
    if not tally.slots and not tally.bad:
        raise SourceError(
            "a file has no traffic of the map",
            [
                Problem(
                    str(path),
                    f"none of its {tally.flows} records lies between the two ends of a "
                    f"port in {spec.map_file}",
                )
            ],
            "Fix the prefixes or AS numbers of the map, or take the file out of the "
            "source's files.",
        )
    return tally


def read_map(path: Path) -> Mapping[str, tuple[End, End]]:
    """Ports by name with their two ends, from a CSV of interface_id, a, z. Raises SourceError with
    every problem.
    """
    remedy = (
        "Give a CSV with the columns interface_id, a, z: prefixes (10.0.0.0/8) or AS numbers "
        "(AS64500), separated by spaces; empty: anything."
    )
    try:
        reader = csv.DictReader(io.StringIO(path.read_text("utf-8-sig"), newline=""), strict=True)
        rows = [(reader.line_num, row) for row in reader]
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise SourceError(
            "the map of flows can't be read", [Problem(str(path), str(error))], remedy
        ) from error
    header = list(reader.fieldnames or ())
    problems = [
        Problem(str(path), f"column {name} appears twice")
        for name in ("interface_id", "a", "z")
        if header.count(name) > 1
    ]
    ports: dict[str, tuple[End, End]] = {}
    for line, row in rows:
        place = f"{path.name} line {line}"
        name = (row.get("interface_id") or "").strip()
        ends = tuple(_end(row.get(side) or "", place, problems) for side in ("a", "z"))
        if not name or name in ports:
            problems.append(Problem(place, f"interface_id {name!r} is empty or appears twice"))
        elif not any(end.prefixes or end.numbers for end in ends):
            problems.append(Problem(place, "names neither end"))
        ports[name] = (ends[0], ends[1])
    if problems or not ports:
        raise SourceError(
            "the map of flows can't be used",
            problems or [Problem(str(path), "has no rows")],
            remedy,
        )
    return ports


def _end(text: str, place: str, problems: list[Problem]) -> End:
    prefixes: list[tuple[int, int, int, int]] = []
    numbers: set[int] = set()
    for word in text.replace(";", " ").split():
        number = word.upper().removeprefix("AS")
        if number.isdecimal() and len(number) <= 10:
            numbers.add(int(number))
            continue
        try:
            prefix = ip_network(word)
            prefixes.append(
                (prefix.version, int(prefix.netmask), int(prefix.network_address), prefix.prefixlen)
            )
        except ValueError as error:
            problems.append(
                Problem(place, f"{word!r} is neither a prefix nor an AS number: {error}")
            )
    return End(tuple(prefixes), frozenset(numbers))


def _closeness(
    met: dict[tuple[str, str], list[tuple[int, int]]],
    ports: Mapping[str, tuple[End, End]],
    address: str,
    number: str,
) -> list[tuple[int, int]]:
    """How exactly an address and its AS number meet the two ends of each port."""
    found = met.get((address, number))
    if found is None:
        version = value = 0
        with suppress(ValueError):
            here = ip_address(address)
            version, value = int(here.version), int(here)
        system = int(number) if number.isdecimal() and len(number) <= 10 else -1
        found = [
            (a.closeness(version, value, system), z.closeness(version, value, system))
            for a, z in ports.values()
        ]
        met[address, number] = found
    return found


def _port_of(
    names: list[str], near: list[tuple[int, int]], far: list[tuple[int, int]]
) -> tuple[str, str] | None:
    """The port and direction that meet a flow's ends most exactly; the first of the map where
    several do.
    """
    best, port = -3, None
    for name, (src_a, src_z), (dst_a, dst_z) in zip(names, near, far, strict=True):
        if src_a != UNMET and dst_z != UNMET and src_a + dst_z > best:
            best, port = src_a + dst_z, (name, "out")
        if src_z != UNMET and dst_a != UNMET and src_z + dst_a > best:
            best, port = src_z + dst_a, (name, "in")
    return port


def _spread(
    slots: dict[tuple[str, int, str], float], port: tuple[str, str], record: Record, bits: float
) -> None:
    name, way = port
    first, last = int(record.start // SLOT_SECONDS), int(record.end // SLOT_SECONDS)
    length = record.end - record.start
    for slot in range(first, last + 1):
        begin, end = slot * SLOT_SECONDS, (slot + 1) * SLOT_SECONDS
        share = (min(end, record.end) - max(begin, record.start)) / length if length > 0 else 1.0
        if share > 0:
            slots[(name, begin, way)] += bits * share


def _notes(spec: FlowsSpec, tally: Tally) -> tuple[str, ...]:
    rates = ", ".join(str(rate) for rate in sorted(tally.rates))
    said = [
        (
            f"{tally.flows} flow records; sampling rate "
            f"{rates or 'none'}{' as set' if spec.sampling_rate else ' as the records say'}, "
            "applied"
        )
    ]
    if tally.unmatched:
        whole = tally.octets + tally.unmatched_octets
        said.append(
            f"{tally.unmatched} records "
            f"({tally.unmatched_octets / whole if whole else 0:.1%} of the bytes) lie "
            "between no two ends of the map and were left out"
        )
    return tuple(said)


def _run(connection: DuckDBPyConnection, name: str, params: Mapping[str, object]) -> None:
    connection.execute((SQL / "traffic" / f"{name}.sql").read_text("utf-8"), dict(params))


def _shown(frame: pl.DataFrame, wanted: Sequence[int]) -> Mapping[int, str]:
    found = {}
    for row in wanted:
        cells = frame.row(row - 1, named=True)
        found[row] = cells["record"] or json.dumps(cells, ensure_ascii=False)
    return found
