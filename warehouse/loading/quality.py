"""Flags of slots that their neighbours, the network or maintenance windows decide."""

from __future__ import annotations

import polars as pl

from warehouse.store.database import Warehouse

SPIKE_RATIO = 4.0
"""A rate above this multiple of the port's speed is no measurement, whatever speed was recorded."""
FULL_RATIO = 0.985
"""A port that carries this share of its speed for an hour has no more to give."""
LEAST_RUN = 12
"""Slots in a row before a cap or an outage is believed: an hour of five minutes."""


def mark_doubtful(
    warehouse: Warehouse,
    *,
    since_batch_id: int = 0,
    time_zone: str = "UTC",
    spike_ratio: float = SPIKE_RATIO,
    full_ratio: float = FULL_RATIO,
    least_run: int = LEAST_RUN,
    port_is_made: bool = False,
) -> dict[str, int]:
    """Flags slots of the months that loads after `since_batch_id` touched, however they were split
    into files.

    outlier: spikes; gap: runs of zeros in both directions of a port that otherwise carries traffic,
    while another port of its route or at one of its nodes does; censored: pinned at a cap, which is
    the port's speed or a run of values within 0.1 % of its highest. Values stay as they are; flags
    that hold
    no longer are taken back. Returns the slots of each flag that were looked at.
    """
    limits = {"spike_ratio": spike_ratio, "full_ratio": full_ratio, "least_run": least_run}
    with warehouse.transaction():
        warehouse.run("traffic/doubtful_spans", zone=time_zone, since_batch_id=since_batch_id)
        months = warehouse.run("traffic/doubtful_months")
        if months.is_empty():
            return {}
        if not port_is_made:
            warehouse.run("traffic/port")
        warehouse.run("traffic/no_suspects")
        for month in months.iter_rows(named=True):
            warehouse.run("traffic/suspects", **month, **limits)
        found = warehouse.run("traffic/suspect_flags")
        if found.height:
            warehouse.run("traffic/port_nodes")
            warehouse.run("traffic/mark_doubtful", **limits)
            found = warehouse.run("traffic/suspect_flags")
    return dict(found.iter_rows())


def flag_maintenance(warehouse: Warehouse) -> pl.DataFrame:
    """Brings the maintenance flag of all slots in line with the windows stated now, and returns
    them: a row per port and window.
    """
    with warehouse.transaction():
        warehouse.run("traffic/port")
        warehouse.run("traffic/windows")
        windows = warehouse.run("traffic/any_maintenance").row(0, named=True)
        if windows["stated"] or windows["flagged"]:
            warehouse.run("traffic/windows_again")
        return warehouse.run("traffic/window_rows")


def flag_again(warehouse: Warehouse) -> None:
    """Brings flags that speed and priority decide in line with the ports stated now."""
    with warehouse.transaction():
        warehouse.run("traffic/port")
        warehouse.run("traffic/plain_flags")
        warehouse.run("traffic/every_reach")
        flag_lower_priority(warehouse)


def flag_lower_priority(warehouse: Warehouse) -> None:
    """Flags slots of the ports in `reach` that a port or bundle of higher priority measured too."""
    warehouse.run("traffic/contest")
    warehouse.run("traffic/lower_priority")
