"""The example configurations for public measurements: links described, sources readable, and loaded
whole where the data is there.
"""

import tomllib
from datetime import UTC, datetime
from pathlib import Path

import polars as pl
import pytest

from tests.shared import SHARED, needs_shared
from warehouse.example.demand import CENTRAL_ASIA
from warehouse.loading.load import load_files
from warehouse.loading.reference import load_reference, read_reference
from warehouse.network.model import Network
from warehouse.sources.rows import TableSpec
from warehouse.sources.spec import SourceSpec
from warehouse.store.database import Warehouse

EXAMPLES = CENTRAL_ASIA.parent
LINKS = {"esnet": 35, "esnet_csv": 5, "seattle": 1}
ROWS = {"esnet": 610_314, "esnet_csv": 43_047, "seattle": 6_289}


def sources(name: str) -> list[SourceSpec]:
    text = (EXAMPLES / name / "transit.toml").read_text(encoding="utf-8")
    return [
        TableSpec(**{**entry, "files": tuple(entry["files"])})
        for entry in tomllib.loads(text)["source"]
    ]


@pytest.mark.parametrize("name", LINKS)
def test_each_measured_link_is_a_route_of_one_segment(name: str) -> None:
    frames = read_reference(EXAMPLES / name)
    network = Network.from_frames(frames)
    assert len(network.routes) == LINKS[name]
    assert {
        route: [path.hops for path in value.paths] for route, value in network.routes.items()
    } == {route: [((route, "az"),)] for route in network.routes}
    assert frames["interface"]["route_id"].sort().to_list() == sorted(network.routes)
    assert not frames["route"]["simulated"].any()
    assert frames["capacity"]["assumed"].all()
    assert frames["capacity"]["source"].str.starts_with("assumed").all()


@pytest.mark.parametrize("name", LINKS)
def test_settings_ask_for_what_the_data_can_bear(name: str) -> None:
    settings = tomllib.loads((EXAMPLES / name / "transit.toml").read_text(encoding="utf-8"))
    grain, horizon = {"esnet": ("week", 13), "esnet_csv": ("week", 13), "seattle": ("month", 36)}[
        name
    ]
    assert (settings["forecast"]["grain"], settings["forecast"]["horizon"]) == (grain, horizon)
    assert not any(source.simulated for source in sources(name))


def test_nothing_measured_lies_in_the_package() -> None:
    strange = [
        path
        for path in EXAMPLES.rglob("*")
        if path.is_file() and path.suffix not in (".py", ".csv", ".toml", ".md", ".pyc")
    ]
    assert strange == []
    assert sum(path.stat().st_size for path in EXAMPLES.rglob("*.csv")) < 500_000


@needs_shared
@pytest.mark.parametrize("name", LINKS)
def test_the_public_files_load_whole_and_every_port_is_known(name: str, tmp_path: Path) -> None:
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with Warehouse.open(tmp_path / "transit.duckdb", memory_limit="1GB", threads=1) as warehouse:
        load_reference(warehouse, EXAMPLES / name, known_at=now)
        results = []
        for source in sources(name):
            paths = sorted(
                path for pattern in source.files for path in (SHARED / "data").glob(pattern)
            )
            assert paths, source.files
            results += load_files(warehouse, source, paths, known_at=now, today=now)
    assert [result.error for result in results if result.error] == []
    table = pl.DataFrame(
        {
            "loaded": [r.rows_loaded for r in results],
            "refused": [r.rows_quarantined for r in results],
        }
    )
    assert table["loaded"].sum() == ROWS[name]
    assert table["refused"].sum() == 0
