"""The bundled facts keep the contract, name their sources, and say what is assumed."""

import itertools
import tomllib
from datetime import date

import polars as pl
import pytest

from warehouse.example.demand import CENTRAL_ASIA
from warehouse.loading.reference import FILES, read_reference
from warehouse.network.model import Network
from warehouse.schema import CONFIDENCES, FRAMES, check
from warehouse.sources.rows import TableSpec

UNSTATED = ("driver",)
"""Nothing public drives the bundled traffic, which is simulated."""
STATED = [name for name in FILES if name not in UNSTATED]
NOT_BUILT = ("planned", "under_construction", "mou")
LAST_MONTH = date(2026, 10, 31)


@pytest.fixture(scope="module")
def frames() -> dict[str, pl.DataFrame]:
    return read_reference(CENTRAL_ASIA)


@pytest.fixture(scope="module")
def ends(frames: dict[str, pl.DataFrame]) -> dict[str, tuple[str, str]]:
    return {
        name: (a, z)
        for name, a, z in frames["segment"].select("segment_id", "a_node", "z_node").iter_rows()
    }


def test_all_frames_are_there_and_keep_the_contract(frames: dict[str, pl.DataFrame]) -> None:
    assert set(frames) == set(STATED)
    for name in STATED:
        raw = (CENTRAL_ASIA / FILES[name]).read_text(encoding="utf-8").splitlines()[0].split(",")
        left_out = {"share_ratio", "valid_from", "bundle"} - set(raw)
        expected = [column for column in FRAMES[name].columns if column not in left_out]
        assert raw == expected, name
        check(frames[name], FRAMES[name])


@pytest.mark.parametrize("name", [name for name in STATED if "source" in FRAMES[name].columns])
def test_every_row_names_its_source(frames: dict[str, pl.DataFrame], name: str) -> None:
    said = frames[name]["source"]
    assert said.null_count() == 0
    assert said.str.len_chars().min() > 15, said.sort_by(said.str.len_chars()).to_list()[:3]
    assert not said.str.contains(r"ESTIMATE|same |source listing|\.txt|as [A-Z]{2}-").any()
    if "confidence" in frames[name].columns:
        assert set(frames[name]["confidence"]) <= set(CONFIDENCES)


def test_what_no_page_says_is_marked_as_assumed(frames: dict[str, pl.DataFrame]) -> None:
    assert frames["capacity"]["assumed"].all()
    assert frames["risk_group"]["assumed"].all()
    assert frames["capacity"]["source"].str.starts_with("assumed for the example").all()
    segment = frames["segment"]
    weak = segment.filter((pl.col("confidence") == "BG") | pl.col("source").str.contains("assumed"))
    assert weak["assumed"].all()
    cited = segment.filter(~pl.col("assumed"))
    assert cited["source"].str.contains("https?://").all()
    assert 5 < cited.height < segment.height / 2
    project = frames["project"]
    assert project["assumed"].all()
    assert project["source"].str.contains("dates assumed").all()


def test_assumptions_without_a_link_are_background_knowledge(
    frames: dict[str, pl.DataFrame],
) -> None:
    stated = frames["assumption"]
    linked = pl.col("source").str.contains("https?://")
    assert (stated.filter(~linked)["confidence"] == "BG").all()
    assert (stated.filter(~linked)["source"].str.starts_with("assumed for the example")).all()
    assert (stated["author"] == "example").all()
    needed = {
        "lead_time",
        "module_price",
        "cut_rate",
        "repair_time",
        "price_erosion",
        "discount_rate",
        "lease_price",
        "bass_p",
        "bass_q",
        "schedule_slip",
    }
    assert needed <= set(stated["name"])


def test_nodes_routes_and_projects_have_russian_names(frames: dict[str, pl.DataFrame]) -> None:
    for name in ("node", "route", "project"):
        assert frames[name]["name_ru"].str.contains("^[А-Яа-яЁё].*[а-яё]").all(), name


def test_paths_lead_from_end_to_end_and_differ(
    frames: dict[str, pl.DataFrame], ends: dict[str, tuple[str, str]]
) -> None:
    route_ends = {
        name: (a, z)
        for name, a, z in frames["route"].select("route_id", "a_node", "z_node").iter_rows()
    }
    seen: dict[str, list[list[str]]] = {}
    ordered = frames["route_path"].sort("route_id", "rank", "seq").iter_rows(named=True)
    for (route, rank), rows in itertools.groupby(
        ordered, lambda row: (row["route_id"], row["rank"])
    ):
        hops = list(rows)
        assert [row["seq"] for row in hops] == list(range(1, len(hops) + 1))
        at, last = route_ends[route]
        nodes = [at]
        for row in hops:
            assert at in ends[row["segment_id"]], (route, rank, row["segment_id"])
            at = next(end for end in ends[row["segment_id"]] if end != at)
            nodes.append(at)
        assert at == last
        assert len(set(nodes)) == len(nodes), f"{route} rank {rank} passes a node twice"
        paths = seen.setdefault(route, [])
        paths.append([row["segment_id"] for row in hops])
        assert rank == len(paths)
    assert set(seen) == set(route_ends)
    for route, paths in seen.items():
        assert len({tuple(path) for path in paths}) == len(paths) <= 3, route


def test_todays_traffic_keeps_off_segments_that_are_not_built(
    frames: dict[str, pl.DataFrame],
) -> None:
    status = frames["segment"].select("segment_id", "status", "in_service_from")
    used = (
        frames["route_path"].join(status, on="segment_id").filter(pl.col("status").is_in(NOT_BUILT))
    )
    assert used.height > 0
    assert used["rank"].min() > 1
    assert (status.filter(pl.col("status").is_in(NOT_BUILT))["in_service_from"] > LAST_MONTH).all()
    first = frames["capacity"].group_by("segment_id").agg(pl.col("valid_from").min())
    assert (used.join(first, on="segment_id")["valid_from"] > LAST_MONTH).all()


def test_every_path_segment_has_capacity_and_none_exceeds_its_design(
    frames: dict[str, pl.DataFrame],
) -> None:
    capacity = frames["capacity"]
    assert set(frames["route_path"]["segment_id"]) <= set(capacity["segment_id"])
    assert (
        capacity.drop_nulls("design_gbps")
        .select(pl.col("lit_gbps") <= pl.col("design_gbps"))
        .to_series()
    ).all()
    growing = (
        capacity.sort("segment_id", "valid_from")
        .group_by("segment_id")
        .agg(pl.col("lit_gbps").diff().min())
    )
    assert (growing["lit_gbps"].drop_nulls() > 0).all()


def test_the_seed_case_is_planned_and_its_older_neighbour_carries_traffic(
    frames: dict[str, pl.DataFrame],
) -> None:
    network = Network.from_frames(frames)
    carrying = {
        segment
        for _, _, _, (segment, _) in network.loads(network.not_built(LAST_MONTH))
        if segment.startswith("KZTM")
    }
    assert carrying == {"KZTM-OLD"}
    project = {row["segment_id"]: row for row in frames["project"].iter_rows(named=True)}
    assert project["KZTM-TMB"]["status"] == "mou"
    assert "KZ-TMBBACK" in project
    assert project["TMAZ-SUB"]["status"] == "planned"
    assert project["TCFO"]["status"] == "under_construction"
    assert all(
        year in project["TCFO"]["source"] for year in ("2021", "2022", "2024", "2025", "2026")
    )
    coast = next(
        group
        for group in network.risk_groups.values()
        if {"KZTM-OLD", "KZTM-TMB"} <= group.segments
    )
    assert coast.kind == "trench"


def test_when_the_coast_is_cut_ashgabat_goes_by_uzbekistan(frames: dict[str, pl.DataFrame]) -> None:
    network = Network.from_frames(frames)
    down = network.not_built(LAST_MONTH) | {"KZTM-OLD"}
    assert network.routes["ASB-FRA"].carried_by(down) == {2: 1.0}
    assert network.routes["TAS-ALA"].carried_by(frozenset({"KZUZ-SAG"})) == {}


def test_events_touch_things_that_exist(frames: dict[str, pl.DataFrame]) -> None:
    known = {kind: set(frames[kind][f"{kind}_id"]) for kind in ("route", "segment", "interface")}
    known |= {"country": set(frames["international_bandwidth"]["country"]), "all": {""}}
    for row in frames["event"].iter_rows(named=True):
        assert row["scope_id"] in known[row["scope_kind"]], row["event_id"]
        assert row["simulated"] == row["event_id"].startswith("SIM-")


def test_bandwidth_is_carried_over_whole(frames: dict[str, pl.DataFrame]) -> None:
    known = {
        (row["country"], row["year"], row["source_kind"]): row["gbps"]
        for row in frames["international_bandwidth"].iter_rows(named=True)
    }
    assert known["KZ", 2023, "derived"] == 2740
    assert known["UZ", 2023, "derived"] == 7090
    assert known["CN", 2022, "derived"] == 65460
    assert (known["UZ", 2019, "derived"], known["UZ", 2019, "direct"]) == (950, 1200)
    assert len({country for country, _, _ in known}) >= 12


def test_the_bundled_settings_describe_sources_that_can_be_read() -> None:
    settings = tomllib.loads((CENTRAL_ASIA / "transit.toml").read_text(encoding="utf-8"))
    for entry in settings["source"]:
        assert TableSpec(**entry).simulated
