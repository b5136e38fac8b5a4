"""Whole Parquet and text files straight into samples, where no row of them needs a second look."""

from __future__ import annotations

from dataclasses import fields
from pathlib import Path

import duckdb

from warehouse.loading.slots import MINUTE_US, Written, flag_windows, only, reach_is_known
from warehouse.sources.rows import RowSpec, TableSpec
from warehouse.sources.table import PARQUET, Opened
from warehouse.store.database import Warehouse

PLAIN = {
    "name",
    "files",
    "time_column",
    "time_zone",
    "unit",
    "in_column",
    "out_column",
    "interface_column",
    "swap_directions",
    "header",
    "separator",
    "slot_minutes",
    "stamp",
    "simulated",
    "priority",
    "max_file_bytes",
    "max_rows",
    "max_columns",
    "max_workbook_bytes",
    "null_words",
}
"""Choices of a source that this way of loading honours; any other one takes the general way."""
UNSTATED = TableSpec("unstated", in_column="in")
NUMBERS = ("DOUBLE", "FLOAT", "BIGINT", "INTEGER", "UBIGINT", "UINTEGER")


class NotPlainError(Exception):
    """Something in the file is not plain: nothing of it may be kept, and the general way must take
    it.
    """


def is_plain(
    warehouse: Warehouse, spec: RowSpec, path: Path, opened: Opened, slot_minutes: int
) -> bool:
    """Whether the file may go this way, as far as its settings and columns tell."""
    if not isinstance(spec, TableSpec):
        return False
    chosen = {
        item.name
        for item in fields(spec)
        if getattr(spec, item.name) != getattr(UNSTATED, item.name)
    }
    if chosen - PLAIN or (spec.slot_minutes or 0) < slot_minutes or not spec.interface_column:
        return False
    if opened.is_text:
        return opened.reading["time_kind"] == "auto" and spec.time_zone == "UTC"
    if path.suffix.lower() not in PARQUET or opened.reading["time_kind"] != "microseconds":
        return False
    rows = warehouse.connection.view("source_row")
    types = dict(zip(rows.columns, map(str, rows.types), strict=True))
    rates = [
        types[name]
        for name, column in (("value_in", spec.in_column), ("value_out", spec.out_column))
        if column
    ]
    return types["series"] == "VARCHAR" and all(kind in NUMBERS for kind in rates)


def write_plain(
    warehouse: Warehouse,
    spec: RowSpec,
    opened: Opened,
    *,
    content_hash: str,
    batch_id: int,
    today_us: int,
    earliest_us: int,
) -> Written:
    """Writes every row as a slot. Raises NotPlainError, with the transaction lost, where one
    is not new, whole and on its grid.
    """
    if warehouse.run("traffic/known_refusals", content_hash=content_hash, source=spec.name).height:
        raise NotPlainError("rows of it wait in quarantine")
    minutes = spec.slot_minutes or 0
    slot_us = minutes * MINUTE_US
    written = {"batch_id": batch_id, "slot_minutes": minutes}
    names = warehouse.run("traffic/port_keys")
    # Names whose port depends on the time have no key here: their rows need a second look.
    keys = [key if key > 0 else None for key in names["interface_key"].to_list()]
    if opened.retyped:
        opened.retyped(names["name"].to_list())
    stamps = {"microseconds": True, "port_keys": keys}
    warehouse.run("traffic/forget_rejects")
    warehouse.run("traffic/forget_scans")
    looks = only(warehouse, "traffic/plain_looks", **stamps, slot_minutes=minutes)
    if looks["doubtful"]:
        raise NotPlainError("a port of it is unknown, or some of its slots are known")
    warehouse.run("traffic/plain_slots")
    if opened.is_text:
        # Its rows come in pieces of any size: kept in their order they would leave a database of
        # twice the size.
        warehouse.run("traffic/free_order")
    speeds = warehouse.run("traffic/speeds")["speed_bps"]
    try:
        warehouse.run(
            "traffic/append_plain" if looks["ordered"] else "traffic/append_plain_sorted",
            **written,
            **stamps,
            own_places=next(
                (place for place, key in enumerate(keys) if key != place + 1), len(keys)
            ),
            speeds=speeds.to_list(),
            least_speed=speeds.min(),
            slot_us=slot_us,
            shift_us=slot_us if spec.stamp == "end" else 0,
            today_us=today_us,
            earliest_us=earliest_us,
            bits=spec.bits_per_unit / (slot_us / 1e6 if spec.per_slot else 1.0),
            swap=spec.swap_directions,
        )
    except (
        duckdb.ConstraintException,
        duckdb.ConversionException,
        duckdb.OutOfRangeException,
        duckdb.InvalidInputException,
    ) as error:
        raise NotPlainError(str(error)) from error
    if opened.is_text and only(warehouse, "traffic/any_rejects")["rejects"]:
        raise NotPlainError("a line of it can't be split into columns")
    whole = {"batch_id": batch_id, "slot_us": slot_us}
    if opened.is_text:
        # Its slots are looked at once: threads write those of a port in runs, and of runs there
        # are few.
        slots = only(warehouse, "traffic/slots_of_batch", batch_id=batch_id)["slots"]
        warehouse.run("traffic/runs_of_batch", **whole, slots=slots)
        warehouse.run("traffic/reach_of_runs", slot_us=slot_us)
    else:
        warehouse.run("traffic/reach_of_batch", batch_id=batch_id)
    sums = only(warehouse, "traffic/reach_sums")
    if not sums["slots"] or sums["slots"] > spec.max_rows or reach_is_known(warehouse, minutes):
        raise NotPlainError("some of its slots may be known")
    if opened.is_text:
        distinct = only(warehouse, "traffic/runs_apart", slot_us=slot_us)["distinct_slots"]
    else:
        distinct = only(warehouse, "traffic/batch_order", batch_id=batch_id)["ordered"]
    if not distinct and not only(warehouse, "traffic/batch_distinct", **whole)["distinct_slots"]:
        raise NotPlainError("a slot appears twice")
    warehouse.run("traffic/extents_of_file", **written)
    flag_windows(warehouse, batch_id)
    return Written(sums["slots"], sums["slots"], 0, minutes, sums["first_at"], sums["last_at"], ())
