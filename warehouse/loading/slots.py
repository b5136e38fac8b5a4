"""From staged rows to slots: how long a slot is, what is new, corrected or known, and writing
it.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from typing import Any

from warehouse.errors import Problem, SourceError
from warehouse.loading.quality import flag_lower_priority
from warehouse.sources.rows import RowSpec
from warehouse.sources.spec import SLOT_MINUTES
from warehouse.sources.table import Opened
from warehouse.store.database import Warehouse

MINUTE_US = 60_000_000
DAY_US = 1440 * MINUTE_US
TEXTS = ("auto", "format")
"""Kinds of times that are written as texts."""


@dataclass(frozen=True)
class Written:
    """What the good rows of a file brought."""

    rows_loaded: int
    slots_new: int
    slots_changed: int
    slot_minutes: int | None
    first_slot: datetime | None
    last_slot: datetime | None
    notes: tuple[str, ...]


def write_slots(
    warehouse: Warehouse,
    spec: RowSpec,
    path: Path,
    opened: Opened,
    *,
    batch_id: int,
    slot_minutes: int,
) -> Written:
    """Writes the staged rows as slots; samples finer than `slot_minutes` are averaged into slots of
    that length.
    """
    notes: list[str] = []
    row_us = _row_length(warehouse, spec, path)
    minutes = max(slot_minutes, row_us // MINUTE_US)
    if spec.first_slot is not None:
        warehouse.run("traffic/number_rows", first=spec.first_slot, row_us=row_us)
    place = {
        "shift_us": row_us if spec.stamp == "end" else 0,
        "slot_us": minutes * MINUTE_US,
        "per_slot_s": row_us / 1e6 if spec.per_slot else 1.0,
    }
    if spec.kind == "table" and row_us < DAY_US and opened.reading["time_kind"] in TEXTS:
        _refuse_dates_alone(warehouse, spec, path)
    if spec.time_zone != "UTC" and spec.first_slot is None:
        warehouse.run("traffic/repeated_hour", zone=spec.time_zone)
    if spec.kind == "table" and _snap(warehouse, row_us, int(place["shift_us"])):
        notes.append(
            f"stamps lie up to {_tolerance_us(row_us) // 1_000_000} seconds around the edges of "
            "slots; each row was put into the slot whose edge it is next to"
        )
    span = only(warehouse, "traffic/staged_sums", step_us=row_us, shift_us=place["shift_us"])
    if not span["aligned"]:
        notes.append(
            "stamps do not lie on the grid of slots; each row was put into the slot it falls in"
        )
    distinct, ordered = _order(warehouse, opened, minutes * MINUTE_US, int(place["shift_us"]))
    warehouse.run("traffic/set_gap_value", value=0.0 if spec.zeros == "gap" else None)
    contradictions = fine_rows = 0
    if row_us < minutes * MINUTE_US:
        warehouse.run(
            "traffic/fine_rows",
            shift_us=place["shift_us"],
            per_slot_s=place["per_slot_s"],
            single=opened.single,
        )
        warehouse.run("traffic/keep_fine", batch_id=batch_id)
        fine_rows = int(only(warehouse, "traffic/fine_sums")["rows"])
        warehouse.run("traffic/slots_averaged", slot_us=place["slot_us"], row_us=row_us)
        warehouse.run("traffic/slots_of_groups")
        warehouse.run("traffic/part_of_averages")
        warehouse.run("traffic/keep_partial", batch_id=batch_id, slot_minutes=minutes)
        notes.append(
            f"samples every {row_us / MINUTE_US:g} minutes were averaged into "
            f"{minutes}-minute slots"
        )
        ordered = False
    elif distinct:
        for name, value in place.items():
            warehouse.run(f"traffic/set_{name}", value=value)
        warehouse.run("traffic/slot_of_row")
    else:
        warehouse.run("traffic/slots_grouped", **place, single=opened.single)
        warehouse.run("traffic/slots_of_groups")
        warehouse.run("traffic/contradictions", **place, slot_minutes=minutes)
        warehouse.run("traffic/keep_contradictions", slot_minutes=minutes, batch_id=batch_id)
        contradictions = int(only(warehouse, "traffic/contradiction_sums")["contradictions"])
    if contradictions:
        notes.append(
            f"{contradictions} rows give another value for a slot the file has already; "
            "the last one holds"
        )
    sums = merge(warehouse, spec, batch_id, minutes, ordered=ordered)
    outranked = sums.get("slots_outranked", 0)
    if outranked:
        notes.append(
            f"{outranked} slots are measured by a source of higher priority; the values "
            "were kept beside it"
        )
    notes += sums.get("notes", [])
    loaded = fine_rows or int(sums["rows_loaded"]) + contradictions + outranked
    return Written(
        loaded,
        int(sums["slots_new"]),
        int(sums["slots_changed"]),
        minutes,
        span["first_at"],
        span["last_at"],
        tuple(notes),
    )


def write_log(
    warehouse: Warehouse,
    spec: RowSpec,
    path: Path,
    opened: Opened,
    *,
    batch_id: int,
    slot_minutes: int,
) -> Written:
    """Writes the staged rows of a log that holds means of several lengths, each stamped at its end,
    length by length.
    """
    warehouse.run("traffic/log_staged")
    parts = []
    for seconds in warehouse.run("traffic/log_lengths")["seconds"].to_list():
        warehouse.run("traffic/log_part", seconds=seconds)
        part = replace(spec, slot_minutes=seconds // 60, stamp="end")
        parts.append(
            write_slots(warehouse, part, path, opened, batch_id=batch_id, slot_minutes=slot_minutes)
        )
    lengths = ", ".join(str(part.slot_minutes) for part in parts)
    return Written(
        sum(part.rows_loaded for part in parts),
        sum(part.slots_new for part in parts),
        sum(part.slots_changed for part in parts),
        None,
        min((part.first_slot for part in parts if part.first_slot), default=None),
        max((part.last_slot for part in parts if part.last_slot), default=None),
        (
            f"the log holds means of {lengths} minutes; each was kept at its own length",
            *dict.fromkeys(note for part in parts for note in part.notes),
        ),
    )


def merge(
    warehouse: Warehouse,
    spec: RowSpec,
    batch_id: int,
    minutes: int,
    *,
    ordered: bool,
    nulls_hold: bool = False,
) -> dict[str, Any]:
    """Writes what batch_slot says that was not known; values that no longer hold are kept beside
    the samples.

    With `nulls_hold` an empty value is knowledge of its own, not just a direction the file does not
    speak of.
    """
    written = {"batch_id": batch_id, "slot_minutes": minutes}
    speeds = warehouse.run("traffic/speeds")["speed_bps"].to_list()
    warehouse.run("traffic/reach")
    overlaps = reach_is_known(warehouse, minutes)
    if overlaps:
        warehouse.run(
            "traffic/compare", slot_minutes=minutes, priority=spec.priority, nulls_hold=nulls_hold
        )
        warehouse.run("traffic/supersede", **written)
        warehouse.run("traffic/outranked", **written)
        warehouse.run("traffic/take_out", slot_minutes=minutes)
        warehouse.run("traffic/fresh_slots")
        sums = only(warehouse, "traffic/verdict_sums")
        sums["notes"] = [
            f"{slots:,} slots had another value from source {source}, which has the same priority; "
            "the value loaded last holds, and priority in [[source]] states another order"
            for source, slots in warehouse.run(
                "traffic/corrected_sources", source=spec.name, priority=spec.priority
            ).iter_rows()
        ]
        ordered = False
    else:
        warehouse.run("traffic/all_slots_new")
        sums = only(warehouse, "traffic/new_sums")
    warehouse.run(
        "traffic/append_in_order" if ordered else "traffic/append", **written, speeds=speeds
    )
    warehouse.run("traffic/extents" if overlaps else "traffic/extents_of_file", **written)
    flag_windows(warehouse, batch_id)
    return sums


def reach_is_known(warehouse: Warehouse, minutes: int) -> bool:
    """Whether any slot of the ports and times at hand may be known from an earlier load."""
    return bool(only(warehouse, "traffic/overlap", slot_minutes=minutes)["overlaps"])


def flag_windows(warehouse: Warehouse, batch_id: int) -> None:
    """Flags slots in maintenance and slots that a port of higher priority measured as well."""
    possible = only(warehouse, "traffic/may_be_flagged")
    if possible["several_speeds"]:
        warehouse.run("traffic/several_speeds", batch_id=batch_id)
    if possible["maintenance"]:
        warehouse.run("traffic/maintenance", batch_id=batch_id)
    if possible["several_priorities"]:
        flag_lower_priority(warehouse)


def _row_length(warehouse: Warehouse, spec: RowSpec, path: Path) -> int:
    """Microseconds between rows of a port, stated or found."""
    if spec.slot_minutes is not None:
        return spec.slot_minutes * MINUTE_US
    found = only(warehouse, "traffic/row_spacing")["step_us"]
    if found is None:
        raise SourceError(
            "a slot length can't be told",
            [Problem(str(path), "no port has two rows")],
            "Give slot_minutes for this source.",
        )
    minutes = found / MINUTE_US
    if minutes < 1:
        return int(found)
    nearest = min(SLOT_MINUTES, key=lambda length: abs(length - minutes))
    if abs(nearest - minutes) > 0.1 * minutes:
        raise SourceError(
            "a slot length can't be told",
            [
                Problem(
                    str(path),
                    f"rows usually stand {minutes:g} minutes apart, which does not divide a day",
                )
            ],
            "Give slot_minutes for this source.",
        )
    return nearest * MINUTE_US


def _refuse_dates_alone(warehouse: Warehouse, spec: RowSpec, path: Path) -> None:
    """Raises SourceError where times are dates and a port has several rows on one of them."""
    found = only(warehouse, "traffic/clockless", zone=spec.time_zone)
    if not found["midnights"] or found["rows"] < 2:
        return
    clocks = "traffic/any_clock_wide" if spec.layout == "wide" else "traffic/any_clock"
    if not only(warehouse, clocks)["any_clock"]:
        raise SourceError(
            "times hold no time of day",
            [
                Problem(
                    str(path),
                    f"column {spec.time_column} holds dates alone, and a port has up to "
                    f"{found['rows']} rows on one of them",
                )
            ],
            "Name the column of the time of day as clock_column, or give slot_minutes = 1440.",
        )


def _tolerance_us(row_us: int) -> int:
    """How far from an edge a stamp still belongs to it: a tenth of a slot, at most 30 seconds."""
    return min(row_us // 10, 30_000_000)


def _snap(warehouse: Warehouse, row_us: int, shift_us: int) -> bool:
    """Puts stamps just before an edge of slots onto it where a poller's stamps lie on both sides of
    the edges; whether it did.
    """
    grid = {"slot_us": row_us, "shift_us": shift_us, "tolerance_us": _tolerance_us(row_us)}
    if row_us < MINUTE_US:
        return False
    seen = only(warehouse, "traffic/edge_jitter", **grid)
    near = seen["before_edge"] + seen["after_edge"]
    if not seen["before_edge"] or not seen["after_edge"] or near < 0.9 * seen["stamps"]:
        return False
    warehouse.run("traffic/snap_to_edges", **grid)
    return True


def _order(warehouse: Warehouse, opened: Opened, slot_us: int, shift_us: int) -> tuple[bool, bool]:
    """Whether no slot stands on two rows, and whether rows stand in the order of port and time."""
    if opened.single:
        return False, False
    place = {"slot_us": slot_us, "shift_us": shift_us}
    if only(warehouse, "traffic/row_order", **place)["ordered"]:
        return True, True
    return bool(only(warehouse, "traffic/row_distinct", **place)["distinct_slots"]), False


def only(warehouse: Warehouse, name: str, **params: object) -> dict[str, Any]:
    """The one row of a query."""
    return warehouse.run(name, **params).row(0, named=True)
