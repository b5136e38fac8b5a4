from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import load, load_one, open_world, samples, shared, write
from warehouse.errors import SettingsError
from warehouse.sources.zabbix import ZabbixSpec

ITEMS = {"159138": "r1 in", "159139": "r1 out"}


def test_a_real_export_of_trends(tmp_path: Path) -> None:
    path = shared("originals", "zabbix", "trend_item159138_to_2019-03-16.csv")
    with open_world(tmp_path) as world:
        result = load_one(world, ZabbixSpec("zabbix", items=ITEMS), path)
        assert (result.rows_quarantined, result.slot_minutes) == (0, 60)
        assert result.slots_new == result.rows_in
        assert any("hours rest on fewer polls than is usual" in note for note in result.notes)
        row = samples(world).filter(slot_start=datetime.fromtimestamp(1552777200, UTC))
        assert row["in_bps"].to_list() == [8980954]
        assert row["out_bps"].to_list() == [None]


def test_items_name_interfaces_and_directions_and_strangers_wait(tmp_path: Path) -> None:
    trends = "itemid,clock,num,value_min,value_avg,value_max\n"
    rows = (
        "159138,1704067200,60,1,2,3\n159138,1704070800,60,1,2,3\n159138,1704074400,58,1,2,3\n"
        "159139,1704067200,12,4,5,6\n7,1704067200,60,1,1,1\n159138,x,60,1,1,1\n"
    )
    with open_world(tmp_path) as world:
        result = load_one(
            world,
            ZabbixSpec("z", items=ITEMS, unit="kbps"),
            write(tmp_path / "t.csv", trends + rows),
        )
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (6, 4, 2)
        assert samples(world).select("in_bps", "out_bps").rows() == [
            (2000.0, 5000.0),
            (2000.0, None),
            (2000.0, None),
        ]
        assert "interface of item 7 is unknown" in " ".join(result.notes)
        assert "1 hours rest on fewer polls than is usual" in " ".join(result.notes)


def test_history_is_averaged_into_slots(tmp_path: Path) -> None:
    rows = "".join(
        f"159138;{1704067213 + 60 * minute};{100 + minute};0\n" for minute in reversed(range(10))
    )
    with open_world(tmp_path) as world:
        spec = ZabbixSpec("z", items=ITEMS)
        result = load_one(world, spec, write(tmp_path / "h.csv", "itemid;clock;value;ns\n" + rows))
        assert (result.rows_loaded, result.slots_new) == (10, 2)
        assert samples(world)["in_bps"].to_list() == [102.0, 107.0]


def test_what_is_no_export_and_what_is_not_named(tmp_path: Path) -> None:
    with open_world(tmp_path) as world:
        (result,) = load(
            world,
            ZabbixSpec("z", items=ITEMS),
            write(tmp_path / "n.csv", "a,b\n1,2\n"),
        )
        assert "is not an export of Zabbix" in str(result.error)
    for wrong in ({}, {"items": {"1": "r1"}}, {"interface": "r1"}):
        with pytest.raises(SettingsError, match="items"):
            ZabbixSpec("z", **wrong)  # type: ignore[arg-type]


@pytest.fixture(scope="module")
def hostile_world(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("zabbix")
    with open_world(folder) as world:
        yield world, folder


@settings(max_examples=25, deadline=None)
@given(
    st.sampled_from(
        ["itemid;clock;num;value_min;value_avg;value_max\n", "itemid;clock;value\n", ""]
    ),
    st.one_of(st.binary(max_size=120), st.text("159138;'\"\n-.e", max_size=120).map(str.encode)),
)
def test_any_bytes_are_read_or_refused(hostile_world: object, header: str, content: bytes) -> None:
    world, folder = hostile_world  # type: ignore[misc]
    (folder / "z.csv").write_bytes(header.encode() + content)
    (result,) = load(world, ZabbixSpec("z", items=ITEMS), folder / "z.csv")
    balanced = result.rows_in == result.rows_loaded + result.rows_quarantined + result.rows_known
    assert result.error is not None or balanced
