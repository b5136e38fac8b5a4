"""What analysts rely on is listed with the version it came with, and stays until it is announced
that it goes.
"""

from __future__ import annotations

import tomllib
from pathlib import Path

import duckdb
import pytest

import warehouse
from tests.released import released_project
from warehouse.store.database import Warehouse

CONTRACT = tomllib.loads((Path(warehouse.__file__).parent / "contract.toml").read_text("utf-8"))
SHAPE = """
select table_name, column_name, data_type from duckdb_columns() where schema_name = 'mart'
union all
select function_name, unnest(parameters), 'parameter'
from duckdb_functions() where schema_name = 'mart' and function_type like '%macro%'
"""


@pytest.fixture(scope="module")
def shape(tmp_path_factory) -> dict[tuple[str, str], str]:
    """Type by view and column."""
    with Warehouse.open(tmp_path_factory.mktemp("contract") / "transit.duckdb") as opened:
        return {row[:2]: row[2] for row in opened.sql(SHAPE).rows()}


def promised() -> list[tuple[str, str]]:
    return [
        (view, column)
        for views in CONTRACT["since"].values()
        for view, columns in views.items()
        for column in columns
    ]


def test_every_view_and_column_is_in_the_contract_once(shape):
    listed = promised()
    assert len(listed) == len(set(listed))
    new = {f"{view}.{column}" for view, column in shape.keys() - set(listed)}
    assert new == set(), "list them in warehouse/contract.toml under the coming version"
    gone = {f"{view}.{column}" for view, column in set(listed) - shape.keys()}
    assert gone == set(), "what was promised must stay, or be deprecated for a release first"


def test_the_last_release_s_columns_stay_with_their_types(shape, tmp_path):
    project = released_project(tmp_path)
    with duckdb.connect(str(project / ".transit" / "transit.duckdb"), read_only=True) as old:
        released = {row[:2]: row[2] for row in old.execute(SHAPE).fetchall()}
    assert len(released) > 500
    deprecated = {name for names in CONTRACT.get("deprecated", {}).values() for name in names}
    taken = {
        f"{view}.{column}": shape.get((view, column), "missing")
        for (view, column), kind in released.items()
        if shape.get((view, column)) != kind and {view, f"{view}.{column}"}.isdisjoint(deprecated)
    }
    assert taken == {}


def test_what_is_deprecated_is_still_there_and_names_what_to_use(shape):
    there = {view for view, _ in shape} | {f"{view}.{column}" for view, column in shape}
    for names in CONTRACT.get("deprecated", {}).values():
        for name, instead in names.items():
            assert name in there
            assert instead
