"""What slots show only beside their neighbours: spikes, outages, caps, and ends that were mixed up."""

from __future__ import annotations

import polars as pl

from warehouse.database import Warehouse

SPIKE_RATIO = 4.0
"""A rate above this multiple of the port's speed is no measurement, whatever speed was recorded."""
LEAST_RUN = 12
"""Slots in a row before a cap or an outage is believed: an hour of five minutes."""


def mark_doubtful(
    warehouse: Warehouse, *, batch_id: int, spike_ratio: float = SPIKE_RATIO, least_run: int = LEAST_RUN
) -> dict[str, int]:
    """Flags slots of a load as outlier (spikes), gap (runs of zeros on a port that otherwise carries traffic) or censored.

    Values stay as they are. A cap is a run of values within 0.1 % of the port's highest. Returns the slots of each flag.
    """
    with warehouse.transaction():
        warehouse.run("traffic/port")
        warehouse.run("traffic/mark_doubtful", batch_id=batch_id, spike_ratio=spike_ratio, least_run=least_run)
    return dict(warehouse.run("traffic/flags", batch_id=batch_id).iter_rows())


def swapped_ends(warehouse: Warehouse, *, least_slots: int = 288, margin: float = 0.5) -> pl.DataFrame:
    """Pairs of ports of one route of which one has in and out exchanged: both are seen from the route's a_node.

    One row per pair: interface_a, interface_b, crossed (mean correlation of each direction with the other one of the other
    port), straight (with its own), slots. Reported only; nothing is mended.
    """
    with warehouse.transaction():
        warehouse.run("traffic/port")
        return warehouse.run("traffic/swapped_ends", least_slots=least_slots, margin=margin)
