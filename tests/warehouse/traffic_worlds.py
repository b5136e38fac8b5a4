"""Small warehouses and files for the tests of loading and statistics."""

from __future__ import annotations

import atexit
import os
import shutil
import tempfile
from collections.abc import Sequence
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from warehouse.loading.load import LoadResult, load_files
from warehouse.sources.rows import TableSpec
from warehouse.sources.spec import SampleSpec
from warehouse.store.database import Warehouse

NOW = datetime(2026, 11, 22, tzinfo=UTC)
PAIR = TableSpec(
    "nms", interface_column="interface", in_column="in", out_column="out", slot_minutes=5
)


def shared(*parts: str) -> Path:
    """A file of the shared data; the test is skipped where it is absent."""
    root = Path(os.environ.get("TRANSIT_SHARED") or Path(__file__).parents[3] / "shared")
    path = root.joinpath("data", *parts)
    if not path.exists():
        pytest.skip(f"shared data is absent: {path.name} (set TRANSIT_SHARED)")
    return path


def open_world(
    folder: Path,
    routes: Sequence[str] = ("r1", "r2"),
    *,
    ports: Sequence[tuple[str, str, float, int]] = (),
    markets: Sequence[str] = (),
    zone: str = "UTC",
) -> Warehouse:
    """A warehouse of routes A-B, each measured by a 100G port of its own name, or by `ports` (port,
    route, Gbit/s, priority).
    """
    shutil.copy(_empty_world(), folder / "world.duckdb")
    warehouse = Warehouse.open(folder / "world.duckdb")
    stated = list(ports) or [(route, route, 100.0, 1) for route in routes]
    warehouse.append(
        "route",
        pl.DataFrame(
            [
                {
                    "route_id": route,
                    "name": route,
                    "a_node": "A",
                    "z_node": "B",
                    "market": market,
                    "corridor": "north",
                    "simulated": False,
                }
                for route, market in zip(routes, markets or ["A-B"] * len(routes), strict=True)
            ]
        ),
        known_at=NOW,
    )
    warehouse.append(
        "interface",
        pl.DataFrame(
            [
                {
                    "interface_id": port,
                    "route_id": route,
                    "speed_gbps": speed,
                    "time_zone": zone,
                    "priority": priority,
                    "aliases": f"alias of {port}",
                }
                for port, route, speed, priority in stated
            ]
        ),
        known_at=NOW,
    )
    return warehouse


@cache
def _empty_world() -> Path:
    """A migrated database without rows: copying it takes a hundredth of the time of making it."""
    folder = Path(tempfile.mkdtemp(prefix="transit-world-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    Warehouse.open(folder / "empty.duckdb").close()
    return folder / "empty.duckdb"


def write(path: Path, text: str) -> Path:
    path.write_text(text, "utf-8")
    return path


def load(
    warehouse: Warehouse, spec: SampleSpec, *paths: Path, known_at: datetime = NOW
) -> list[LoadResult]:
    return load_files(warehouse, spec, paths, known_at=known_at, today=NOW)


def load_one(
    warehouse: Warehouse, spec: SampleSpec, path: Path, known_at: datetime = NOW
) -> LoadResult:
    """Loads one file and asserts that it could be read and that its sum balances, in the result and
    in the table.
    """
    (result,) = load(warehouse, spec, path, known_at=known_at)
    assert result.error is None, result.error
    assert result.rows_in == result.rows_loaded + result.rows_quarantined + result.rows_known
    assert min(result.rows_in, result.rows_loaded, result.rows_quarantined, result.rows_known) >= 0
    return result


def samples(warehouse: Warehouse) -> pl.DataFrame:
    return warehouse.sql(
        "select interface_id, slot_start, in_bps, out_bps, flag::varchar as flag, slot_minutes "
        "from core.traffic_sample join core.interface_key using (interface_key) order by all"
    )
