"""A folder of CSV files becomes the network, whole or not at all, and every mistake is named with
its line.
"""

from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from warehouse.errors import NetworkError
from warehouse.loading.reference import load_reference, read_reference
from warehouse.store.database import Warehouse

JANUARY, FEBRUARY = datetime(2025, 1, 1, tzinfo=UTC), datetime(2025, 2, 1, tzinfo=UTC)
TINY = {
    "nodes.csv": (
        "node_id,name,country,lat,lon,kind\nA,Almaty,KZ,43.2,76.9,city_pop\n"
        "B,Border,KZ,,,border_crossing\nC,Frankfurt,DE,50.1,8.7,external_hub\n"
    ),
    "segments.csv": (
        "segment_id,a_node,z_node,length_km,status,assumed,confidence\n"
        "AB,A,B,100,in_service,false,high\nBC,B,C,,in_service,true,BG\n"
    ),
    "capacity.csv": (
        "segment_id,valid_from,lit_gbps,assumed\nAB,2024-01-01,100,true\nBC,2024-01-01,200,true\n"
    ),
    "routes.csv": (
        "route_id,name,a_node,z_node,market,corridor,simulated\n"
        "R1,Almaty-Frankfurt,A,C,KZ-DE,north,false\n"
    ),
    "route_paths.csv": "route_id,rank,seq,segment_id\nR1,1,1,AB\nR1,1,2,BC\n",
    "risk_groups.csv": "risk_group_id,kind,segment_id,assumed\nG,trench,AB,true\n",
    "interfaces.csv": (
        "interface_id,route_id,speed_gbps,time_zone,priority\nI1,R1,100,Asia/Almaty,1\n"
    ),
    "projects.csv": (
        "project_id,name,segment_id,status,ready_low,ready_likely,ready_high,assumed\n"
        "P,Build,BC,planned,2026-01-01,2026-06-01,2027-01-01,true\n"
    ),
    "events.csv": (
        "event_id,start_at,kind,scope_kind,scope_id,effect,simulated\n"
        "E,2025-01-01T05:00+05:00,cut,segment,AB,lost,false\n"
        "F,2025-01-02,other,all,,all,false\n"
    ),
    "assumptions.csv": (
        "assumption_id,name,scope,low,value,high,unit,known_at\n"
        "L,lead_time,segment:AB,4,6,9,month,2024-06-01\n"
    ),
    "bandwidth.csv": "country,year,gbps,source_kind\nKZ,2023,1000,derived\n",
}


@pytest.fixture
def folder(tmp_path):
    place = tmp_path / "network"
    place.mkdir()
    for name, text in TINY.items():
        (place / name).write_text(text)
    return place


@pytest.fixture
def warehouse(tmp_path):
    with Warehouse.open(tmp_path / "transit.duckdb") as opened:
        yield opened


def replace(folder: Path, name: str, old: str, new: str) -> None:
    text = (folder / name).read_text()
    assert old in text
    (folder / name).write_text(text.replace(old, new))


def test_a_whole_folder_is_loaded_once(warehouse, folder):
    summary = load_reference(warehouse, folder, known_at=JANUARY)
    assert summary.rows == summary.appended
    assert sum(summary.rows.values()) == 17
    assert sum(load_reference(warehouse, folder, known_at=FEBRUARY).appended.values()) == 0
    event = warehouse.read("event")
    assert event["start_at"].to_list() == [JANUARY, datetime(2025, 1, 2, tzinfo=UTC)]
    assert event["scope_id"].to_list() == ["AB", ""]
    assert warehouse.read("assumption")["known_at"].to_list() == [datetime(2024, 6, 1, tzinfo=UTC)]
    assert warehouse.read("node").filter(node_id="B")["lat"].to_list() == [None]


def test_a_second_load_records_what_changed_and_what_is_gone(warehouse, folder):
    load_reference(warehouse, folder, known_at=JANUARY)
    replace(folder, "capacity.csv", "AB,2024-01-01,100", "AB,2024-01-01,150")
    replace(folder, "risk_groups.csv", "G,trench,AB,true\n", "")
    (folder / "events.csv").unlink()
    appended = load_reference(warehouse, folder, known_at=FEBRUARY).appended
    assert {name: count for name, count in appended.items() if count} == {
        "capacity": 1,
        "risk_group": 1,
    }
    assert warehouse.read("risk_group").is_empty()
    assert warehouse.read("event").height == 2
    assert warehouse.sql(
        "select lit_gbps from core.capacity where segment_id = 'AB' order by known_at"
    ).rows() == [
        (100.0,),
        (150.0,),
    ]


def test_nodes_are_made_from_the_ends_where_none_are_given(folder):
    (folder / "nodes.csv").unlink()
    nodes = read_reference(folder)["node"]
    assert nodes["node_id"].to_list() == ["A", "B", "C"]
    assert nodes["country"].unique().to_list() == ["ZZ"]


def test_a_measured_link_is_a_route_of_its_own(warehouse, tmp_path):
    links = tmp_path / "links"
    links.mkdir()
    (links / "segments.csv").write_text(
        "segment_id,a_node,z_node,status,assumed\nL1,A,B,in_service,false\n"
    )
    (links / "routes.csv").write_text(
        "route_id,name,a_node,z_node,market,corridor,simulated\nL1,A to B,A,B,US-US,west,false\n"
    )
    (links / "capacity.csv").write_text(
        "segment_id,valid_from,lit_gbps,assumed\nL1,2018-01-01,100,false\n"
    )
    load_reference(warehouse, links, known_at=JANUARY)
    assert warehouse.read("route_path").select("route_id", "rank", "seq", "segment_id").rows() == [
        ("L1", 1, 1, "L1")
    ]
    (links / "routes.csv").write_text(
        "route_id,name,a_node,z_node,market,corridor,simulated\nR,A to B,A,B,US-US,west,false\n"
    )
    with pytest.raises(NetworkError, match="route R is not the name of a segment"):
        read_reference(links)


@pytest.mark.parametrize(
    ("name", "old", "new", "said"),
    [
        ("segments.csv", "AB,A,B", "AB,A,X", r"segments\.csv line 2: node X is unknown"),
        (
            "route_paths.csv",
            "R1,1,2,BC",
            "R1,1,2,XX",
            r"route_paths\.csv line 3: segment XX is unknown",
        ),
        (
            "route_paths.csv",
            "R1,1,2,BC",
            "R9,1,2,BC",
            r"route_paths\.csv line 3: route R9 is unknown",
        ),
        ("capacity.csv", "BC,2024", "XX,2024", r"capacity\.csv line 3: segment XX is unknown"),
        (
            "capacity.csv",
            "100,true",
            "1oo,true",
            r"capacity\.csv line 2: lit_gbps is '1oo', wanted a number",
        ),
        ("capacity.csv", "100,true", "inf,true", r"lit_gbps is 'inf'"),
        (
            "capacity.csv",
            "100,true",
            "-1,true",
            r"capacity\.csv line 2: lit_gbps is -1\.0, must not be negative",
        ),
        ("capacity.csv", "100,true", "100,maybe", r"assumed is 'maybe', wanted true or false"),
        (
            "capacity.csv",
            "AB,2024-01-01",
            "AB,01.02.2024",
            r"valid_from is '01\.02\.2024', wanted a date such as",
        ),
        (
            "capacity.csv",
            "lit_gbps",
            "lit",
            r"(?s)column lit_gbps is missing.*column 'lit' is unknown",
        ),
        (
            "capacity.csv",
            "BC,2024-01-01,200",
            "AB,2024-01-01,200",
            r"capacity\.csv line 3: repeats .* of line 2",
        ),
        (
            "capacity.csv",
            "100,true",
            "100,true,7",
            r"capacity\.csv line 2: has 5 fields, the header has 4",
        ),
        (
            "segments.csv",
            "in_service,false",
            "lit,false",
            r"status is 'lit', choose from in_service",
        ),
        ("segments.csv", "false,high", "false,sure", r"confidence is 'sure'"),
        ("routes.csv", "KZ-DE", "", r"routes\.csv line 2: market is empty"),
        ("interfaces.csv", "Asia/Almaty", "Almaty", r"time_zone is 'Almaty', wanted an IANA zone"),
        ("interfaces.csv", "R1,100", "R1,0", r"speed_gbps is 0\.0, must be above 0"),
        (
            "projects.csv",
            "2026-06-01,2027",
            "2026-06-01,2025",
            r"ready_low, ready_likely, ready_high do not ascend",
        ),
        ("events.csv", "segment,AB", "segment,XX", r"events\.csv line 2: segment XX is unknown"),
        (
            "assumptions.csv",
            "segment:AB",
            "segment:XX",
            r"assumptions\.csv line 2: segment XX is unknown",
        ),
    ],
)
def test_one_mistake_is_named_with_its_place(warehouse, folder, name, old, new, said):
    replace(folder, name, old, new)
    with pytest.raises(NetworkError, match=said):
        load_reference(warehouse, folder, known_at=JANUARY)
    assert warehouse.read("node").is_empty()


def test_all_mistakes_of_all_files_come_together(folder):
    (folder / "routes.csv").unlink()
    (folder / "nodes.csv").write_bytes(
        TINY["nodes.csv"].encode().replace(b"Border", "Граница".encode("cp1251"))
    )
    (folder / "projects.csv").write_text("")
    (folder / "events.csv").write_text(TINY["events.csv"] + '"unclosed')
    replace(folder, "capacity.csv", "100,true", "x,y")
    with pytest.raises(NetworkError) as caught:
        read_reference(folder)
    message = str(caught.value)
    for said in (
        "routes.csv: is missing",
        "nodes.csv line 3: is not UTF-8",
        "projects.csv: is empty",
        "events.csv line 4: is not CSV",
        "lit_gbps is 'x'",
        "assumed is 'y'",
        "transit load",
    ):
        assert said in message
    assert "is unknown" not in message


def test_a_byte_order_mark_notes_and_quoted_line_breaks_are_fine(folder):
    text = (
        "\ufeffsegment_id,valid_from,lit_gbps,assumed,source,note\n"
        'AB,2024-01-01,100,true,"two\nlines",x\n\nBC,2024-01-01,oops,true,,\n'
    )
    (folder / "capacity.csv").write_text(text)
    with pytest.raises(NetworkError, match=r"capacity\.csv line 5: lit_gbps is 'oops'") as caught:
        read_reference(folder)
    assert len(caught.value.problems) == 1


def test_several_vintages_of_a_capacity_in_one_file(warehouse, folder):
    (folder / "capacity.csv").write_text(
        "segment_id,valid_from,lit_gbps,assumed,known_at\n"
        "AB,2024-01-01,100,true,2024-01-01\nAB,2024-01-01,120,true,2024-06-01\n"
        "BC,2024-01-01,9,true,\n"
    )
    load_reference(warehouse, folder, known_at=JANUARY)
    capacity = warehouse.read("capacity")
    assert capacity["lit_gbps"].to_list() == [120.0, 9.0]
    assert capacity["known_at"].to_list() == [datetime(2024, 6, 1, tzinfo=UTC), JANUARY]
    assert capacity["valid_from"].to_list() == [date(2024, 1, 1)] * 2


def test_a_missing_folder(tmp_path):
    with pytest.raises(NetworkError, match="is not a folder"):
        read_reference(tmp_path / "none")
