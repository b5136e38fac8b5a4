"""One published copy of the made-up warehouse, for every test that only reads."""

import pytest

from tests.warehouse.analysts_world import fill
from warehouse.database import Warehouse
from warehouse.publish import publish


@pytest.fixture(scope="session")
def analysts(tmp_path_factory):
    root = tmp_path_factory.mktemp("analysts")
    with Warehouse.open(root / "work.duckdb") as warehouse:
        fill(warehouse)
        publish(warehouse, root / "published", edition_id="docs")
    return root / "published" / "transit.duckdb"
