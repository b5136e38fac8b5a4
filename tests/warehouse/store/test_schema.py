"""The contract between floors refuses what does not fit, with every problem at once."""

from datetime import UTC, datetime

import polars as pl
import pytest

from warehouse.errors import ContractError
from warehouse.schema import FRAMES, ROUTE_PATH, check


def test_every_column_is_explained():
    for schema in FRAMES.values():
        assert schema.comment
        assert set(schema.key) <= set(schema.columns)
        for name, column in schema.columns.items():
            assert column.comment, f"{schema.name}.{name}"


def test_check_gathers_all_problems():
    frame = pl.DataFrame({"route_id": ["R", None], "rank": ["one", "two"], "seq": [1, 2]})
    with pytest.raises(ContractError) as caught:
        check(frame, ROUTE_PATH)
    message = str(caught.value)
    assert "segment_id is missing" in message
    assert "rank is String" in message
    assert "route_id is empty in 1 of 2 rows" in message


def test_check_names_repeated_keys_and_sorts():
    rows = pl.DataFrame(
        {
            "route_id": ["R", "R"],
            "rank": [1, 1],
            "seq": [2, 1],
            "segment_id": ["b", "a"],
            "extra": [0, 0],
        }
    )
    assert check(rows, ROUTE_PATH)["segment_id"].to_list() == ["a", "b"]
    with pytest.raises(ContractError, match="route_id=R, rank=1, seq=1"):
        check(rows.with_columns(seq=pl.lit(1)), ROUTE_PATH)


def test_nullable_columns_may_be_absent():
    schema = FRAMES["event"]
    frame = pl.DataFrame(
        {
            "event_id": ["E"],
            "start_at": [datetime(2025, 1, 1, tzinfo=UTC)],
            "kind": ["cut"],
            "scope_kind": ["all"],
            "scope_id": [""],
            "effect": ["seen"],
            "simulated": [False],
        }
    )
    assert check(frame, schema)["end_at"].to_list() == [None]
