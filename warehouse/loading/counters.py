"""Octet counters -> rates: restarts, wraps, gaps and jittered polls, whatever file a reading came
in.
"""

from __future__ import annotations

import polars as pl

from warehouse.loading.rates import SLOTS, slots_of_readings
from warehouse.loading.slots import MINUTE_US, Written, merge
from warehouse.sources.rows import CountersSpec
from warehouse.store.database import Warehouse

CHUNK_READINGS = 1_000_000
"""New readings looked at in one go, but all of a port; more at once is no faster."""


def write_counters(
    warehouse: Warehouse, spec: CountersSpec, *, batch_id: int, slot_minutes: int
) -> Written:
    """Keeps the staged readings and writes the slots they change."""
    minutes = spec.slot_minutes or slot_minutes
    slot_us = minutes * MINUTE_US
    ordered = warehouse.run("traffic/reading_order")["ordered"].item()
    warehouse.run("traffic/readings_given" if ordered else "traffic/readings_grouped")
    warehouse.run("traffic/fresh_readings")
    sums = warehouse.run("traffic/reading_sums").row(0, named=True)
    if not sums["readings"]:
        return Written(0, 0, 0, minutes, None, None, ())
    warehouse.run("traffic/keep_readings", batch_id=batch_id, counter_bits=spec.counter_bits)
    warehouse.run("traffic/counter_spans", slot_us=slot_us)
    made = [
        slots_of_readings(
            warehouse.run("traffic/readings_of_ports", first=first, last=last), slot_us
        )
        for first, last in _chunks(warehouse)
    ]
    warehouse.connection.register(
        "made_slot", pl.concat([pl.DataFrame(schema=SLOTS), *made]).to_arrow()
    )
    warehouse.run("traffic/counter_slots")
    warehouse.connection.unregister("made_slot")
    warehouse.run("traffic/part_of_counters")
    warehouse.run("traffic/keep_partial", batch_id=batch_id, slot_minutes=minutes)
    written = merge(warehouse, spec, batch_id, minutes, ordered=False, nulls_hold=True)
    warehouse.run("traffic/flag_counters", slot_minutes=minutes)
    notes: tuple[str, ...] = (
        (
            f"{sums['readings']} counter readings made {written['slots_new']} new slots and "
            f"changed {written['slots_changed']}"
        ),
    )
    notes += tuple(written.get("notes", ()))
    if spec.counter_bits == 32:
        notes += tuple(
            (
                f"{port} was polled every {poll_s:.0f} s, but its 32-bit counter can go round "
                f"in {wrap_s:.1f} s: high rates may look low; read ifHCInOctets"
            )
            for port, poll_s, wrap_s in warehouse.run("traffic/slow_polls").iter_rows()
        )
    return Written(
        int(sums["readings"]),
        int(written["slots_new"]),
        int(written["slots_changed"]),
        minutes,
        sums["first_at"],
        sums["last_at"],
        notes,
    )


def _chunks(warehouse: Warehouse) -> list[tuple[int, int]]:
    """The first and last port of runs of ports with new readings."""
    ports = warehouse.run("traffic/fresh_ports").with_columns(
        run=(pl.col("readings").cum_sum() - 1) // CHUNK_READINGS
    )
    ends = ports.group_by("run", maintain_order=True).agg(
        first=pl.col("interface_key").min(), last=pl.col("interface_key").max()
    )
    return list(ends.select("first", "last").iter_rows())
