"""Every table and column is explained in one place, and nothing that is not there."""

import pytest

from warehouse import dictionary
from warehouse.schema import FRAMES
from warehouse.store.database import Warehouse


@pytest.fixture(scope="module")
def columns(tmp_path_factory):
    with Warehouse.open(tmp_path_factory.mktemp("dictionary") / "transit.duckdb") as opened:
        return opened.sql("""
            select schema_name as schema, table_name as name, column_name as column, comment
            from duckdb_columns() where schema_name in ('core', 'mart', 'ops')
        """)


def test_every_column_of_the_database_has_its_meaning(columns):
    without = [row for row in columns.rows() if not row[3]]
    assert without == []
    for schema, name, column, comment in columns.rows():
        assert comment == dictionary.meaning(name, column, schema)


def test_no_meaning_is_left_of_a_column_that_is_gone(columns):
    there = {
        place
        for schema, name, column, _ in columns.rows()
        for place in ((name, column), (f"{schema}.{name}", column))
    } | {(frame.name, column) for frame in FRAMES.values() for column in frame.columns}
    assert [place for place in dictionary.stated() if place not in there] == []
    used = {column for _, column in there}
    assert sorted(set(dictionary.shared()) - used) == []


def test_a_meaning_is_looked_up_from_the_nearest_place():
    assert dictionary.meaning("node", "country") == "ISO 3166 alpha-2; ZZ: unknown"
    assert dictionary.meaning("country_bandwidth", "country", "mart") == "ISO 3166 alpha-2"
    assert dictionary.meaning("assumption", "known_at") == "when it was stated [UTC]"
    assert dictionary.meaning("assumption", "known_at", "core") == "when this became known [UTC]"
    assert dictionary.meaning("node", "height_m") == ""
    assert dictionary.about("node", "mart").endswith("border crossing. As known now.")
    assert dictionary.about("node").endswith("border crossing.")


def test_units_stand_at_the_end():
    assert dictionary.split_unit("length [of a line] [km]") == ("length [of a line]", "km")
    assert dictionary.split_unit("the [node] itself") == ("the [node] itself", "")
    assert FRAMES["segment"].columns["length_km"].unit == "km"
