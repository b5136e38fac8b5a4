"""How laws are tried, which tests wait for the night, and one published copy of the made-up
warehouse for every test that only reads.
"""

import os

import pytest
from hypothesis import settings

from tests.warehouse.analysts_world import fill
from warehouse.serving.publish import publish
from warehouse.store.database import Warehouse

# No deadlines: machines are noisy. The same examples in CI each time: a change is judged by
# itself, not by luck.
settings.register_profile("ci", deadline=None, derandomize=True)
settings.register_profile("here", deadline=None)
settings.load_profile("ci" if os.environ.get("CI") else "here")


def pytest_collection_modifyitems(config, items):
    """Leaves tests marked `nightly` out, unless -m names the marker."""
    if "nightly" in config.option.markexpr:
        return
    nightly = [item for item in items if item.get_closest_marker("nightly")]
    if nightly:
        config.hook.pytest_deselected(items=nightly)
        items[:] = [item for item in items if item not in set(nightly)]


@pytest.fixture(scope="session")
def analysts(tmp_path_factory):
    root = tmp_path_factory.mktemp("analysts")
    with Warehouse.open(root / "work.duckdb") as warehouse:
        fill(warehouse)
        publish(warehouse, root / "published", edition_id="docs")
    return root / "published" / "transit.duckdb"
