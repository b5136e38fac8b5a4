"""Octet counters -> rates: restarts, wraps, gaps and jittered polls, whatever file a reading came in."""

from __future__ import annotations

from warehouse.database import Warehouse
from warehouse.slots import MINUTE_US, Written, merge
from warehouse.sources.spec import SourceSpec


def write_counters(warehouse: Warehouse, spec: SourceSpec, *, batch_id: int, slot_minutes: int) -> Written:
    """Keeps the staged readings and writes the slots they change."""
    minutes = spec.slot_minutes or slot_minutes
    slot_us = minutes * MINUTE_US
    warehouse.run("traffic/octets_between")
    warehouse.run("traffic/fresh_readings")
    sums = warehouse.run("traffic/reading_sums").row(0, named=True)
    if not sums["readings"]:
        return Written(0, 0, 0, minutes, None, None, ())
    warehouse.run("traffic/keep_readings", batch_id=batch_id, counter_bits=spec.counter_bits)
    warehouse.run("traffic/slots_of_counters", slot_us=slot_us)
    warehouse.run("traffic/counter_slots")
    written = merge(warehouse, spec, batch_id, minutes, ordered=False, nulls_hold=True)
    warehouse.run("traffic/flag_counters", slot_minutes=minutes)
    notes: tuple[str, ...] = (
        f"{sums['readings']} counter readings made {written['slots_new']} new slots and changed {written['slots_changed']}",
    )
    if spec.counter_bits == 32:
        notes += tuple(
            f"{port} was polled every {poll_s:.0f} s, but its 32-bit counter can go round in {wrap_s:.1f} s: high rates may look low; read ifHCInOctets"
            for port, poll_s, wrap_s in warehouse.run("traffic/slow_polls").iter_rows()
        )
    return Written(int(sums["readings"]), int(written["slots_new"]), int(written["slots_changed"]), minutes, sums["first_at"], sums["last_at"], notes)  # fmt: skip
