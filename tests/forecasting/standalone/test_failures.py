"""The ring example, the folder of CSV files, and loads against a graph library's own paths and
sums.
"""

from datetime import date

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.standalone.failures import failures, read_network
from tests.forecasting.planning_worlds import ring
from tests.shared import needs_shared
from warehouse.errors import NetworkError, PlanError
from warehouse.network.model import Network

DEMAND = pl.DataFrame(
    {"route_id": ["A-C", "A-B", "B-C"], "direction": ["out"] * 3, "gbps": [40.0, 30, 20]}
)
ARROW = {"AB": ("A", "B"), "BC": ("B", "C"), "CD": ("C", "D"), "DA": ("D", "A")}


def arrow(segment: str, direction: str) -> str:
    a, z = ARROW[segment]
    return f"{a}->{z}" if direction == "az" else f"{z}->{a}"


def loads_of(report, failure_id):
    rows = (
        report.loads.filter(failure_id=failure_id)
        .select("segment_id", "direction", "load_gbps")
        .iter_rows()
    )
    return {arrow(segment, direction): load for segment, direction, load in rows}


@needs_shared
def test_ring_agrees_with_the_oracle():
    import json

    from tests.shared import SHARED

    oracle = json.loads((SHARED / "oracles" / "planning.json").read_text())["H2_ring"]
    report = failures(Network.from_frames(ring()), DEMAND)
    ids = {
        "base": "none",
        "fail_AB": "segment:AB",
        "fail_BC": "segment:BC",
        "fail_CD": "segment:CD",
        "fail_DA": "segment:DA",
        "srlg_AB+DA": "risk_group:yard",
    }
    lost = dict(report.failures.select("failure_id", "lost_gbps").iter_rows())
    for name, state in oracle["scenarios"].items():
        assert loads_of(report, ids[name]) == state["loads"], name
        assert lost[ids[name]] == state["lost"], name
    worst = {
        arrow(row["segment_id"], row["direction"]): [row["load_gbps"], row["failure_id"]]
        for row in report.worst.iter_rows(named=True)
    }
    assert worst == {hop: [load, ids[cause]] for hop, (load, cause) in oracle["worst_case"].items()}
    assert report.headroom_factor == pytest.approx(oracle["headroom_factor_at_80pct"])


def test_lost_demand_is_named_by_route():
    report = failures(Network.from_frames(ring()), DEMAND)
    rows = report.lost.filter(failure_id="risk_group:yard").select("route_id", "lost_gbps").rows()
    assert rows == [("A-B", 30.0), ("A-C", 40.0)]


def test_a_failure_that_isolates_everything_is_told():
    frames = ring()
    everything = pl.DataFrame(
        {"risk_group_id": ["all"] * 4, "kind": ["country"] * 4, "segment_id": list(ARROW)}
    )
    report = failures(Network.from_frames({**frames, "risk_group": everything}), DEMAND)
    row = report.failures.row(by_predicate=pl.col("failure_id") == "risk_group:all", named=True)
    assert row["carried_gbps"] == 0
    assert "nothing can be carried" in row["note"]


def test_pairs():
    report = failures(Network.from_frames(ring()), DEMAND, pairs=True)
    assert dict(report.failures.select("failure_id", "lost_gbps").iter_rows())["pair:AB+CD"] == 70


def test_capacity_of_the_day():
    frames = ring()
    later = frames["capacity"].with_columns(
        valid_from=pl.lit("2030-01-01").str.to_date(), lit_gbps=pl.lit(400.0)
    )
    network = Network.from_frames({**frames, "capacity": pl.concat([frames["capacity"], later])})
    assert failures(network, DEMAND).headroom_factor == pytest.approx(320 / 70)
    assert failures(
        network,
        DEMAND,
        today=pl.date_range(pl.date(2026, 1, 1), pl.date(2026, 1, 1), eager=True)[0],
    ).headroom_factor == pytest.approx(80 / 70)


def test_capacity_in_the_future_and_lines_not_built_are_told():
    frames = ring()
    later = frames["capacity"].with_columns(
        valid_from=pl.when(pl.col("segment_id") == "AB")
        .then(pl.date(2030, 1, 1))
        .otherwise(pl.col("valid_from"))
    )
    status = (
        pl.when(pl.col("segment_id") == "DA")
        .then(pl.lit("planned"))
        .otherwise(pl.lit("in_service"))
    )
    network = Network.from_frames(
        {**frames, "capacity": later, "segment": frames["segment"].with_columns(status=status)}
    )
    report = failures(network, DEMAND.head(2), today=date(2026, 1, 1))
    assert report.notes == (
        (
            "AB: its first capacity holds from 2030-01-01, after 2026-01-01, so its "
            "utilization and headroom are not given."
        ),
        "Routes without demand: B-C.",
        "Not built, and so carrying nothing: DA.",
    )
    assert report.worst.filter(segment_id="AB")["headroom_factor"].null_count() == 1


def test_without_capacity_loads_are_still_given():
    frames = ring()
    del frames["capacity"]
    report = failures(Network.from_frames(frames), DEMAND)
    assert report.headroom_factor is None
    assert report.worst["load_gbps"].max() == 70


@pytest.mark.parametrize(
    ("demand", "message"),
    [
        (DEMAND.with_columns(route_id=pl.lit("X")), "demand, line 2: route X is unknown"),
        (DEMAND.with_columns(direction=pl.lit("up")), "direction is up, must be in or out"),
        (DEMAND.with_columns(gbps=-pl.col("gbps")), "gbps is -40.0, must lie in 0 to 1e9"),
        (DEMAND.with_columns(gbps=pl.lit("much")), "gbps is not a number"),
        (pl.concat([DEMAND, DEMAND.head(1)]), "A-C out is given a second time"),
        (DEMAND.drop("gbps"), "gbps: column is missing"),
        (DEMAND.head(0), "the table is empty"),
    ],
)
def test_bad_demand(demand, message):
    with pytest.raises(PlanError, match=message):
        failures(Network.from_frames(ring()), demand)


def write_folder(folder, **changes):
    files = {
        "segment": "segments",
        "route": "routes",
        "route_path": "route_paths",
        "risk_group": "risk_groups",
        "capacity": "capacity",
    }
    for key, frame in {**ring(), **changes}.items():
        frame.write_csv(folder / f"{files[key]}.csv")


def test_a_folder_of_csv_files(tmp_path):
    write_folder(
        tmp_path, capacity=pl.DataFrame({"segment_id": list(ARROW), "lit_gbps": [100] * 4})
    )
    assert failures(read_network(tmp_path), DEMAND).headroom_factor == pytest.approx(80 / 70)


def test_a_broken_folder(tmp_path):
    with pytest.raises(NetworkError, match=r"routes\.csv: the file is missing"):
        read_network(tmp_path)
    write_folder(
        tmp_path, capacity=pl.DataFrame({"segment_id": list(ARROW), "lit_gbps": ["plenty"] * 4})
    )
    with pytest.raises(NetworkError, match="column lit_gbps holds values that are no number"):
        read_network(tmp_path)
    (tmp_path / "routes.csv").write_bytes("route_id,a_node,z_node\nМост,A,B\n".encode("cp1251"))
    with pytest.raises(NetworkError, match=r"routes\.csv can't be read"):
        read_network(tmp_path)


@st.composite
def random_worlds(draw):
    """A random connected network, its routes on networkx's own shortest paths with a backup
    avoiding the first segment.
    """
    size = draw(st.integers(4, 9))
    graph = nx.gnm_random_graph(
        size, draw(st.integers(size, 2 * size)), seed=draw(st.integers(0, 10_000))
    )
    rng = np.random.default_rng(draw(st.integers(0, 10_000)))
    names = {}
    for number, (a, z) in enumerate(graph.edges):
        graph.edges[a, z]["length"] = float(rng.uniform(1, 9))
        names[frozenset((a, z))] = f"S{number}"
    pairs = [
        tuple(rng.choice(size, 2, replace=False).tolist()) for _ in range(draw(st.integers(1, 8)))
    ]
    return graph, names, [pair for pair in pairs if nx.has_path(graph, *pair)], rng


@given(random_worlds())
@settings(max_examples=60, deadline=None)
def test_loads_agree_with_a_graph_library(world):
    graph, names, pairs, rng = world
    if not pairs:
        return
    steps, expected, demand = [], {}, []
    ways = {}
    for number, (a, z) in enumerate(pairs):
        ways[number] = [nx.shortest_path(graph, a, z, weight="length")]
        cut = graph.copy()
        cut.remove_edge(*ways[number][0][:2])
        if nx.has_path(cut, a, z):
            ways[number].append(nx.shortest_path(cut, a, z, weight="length"))
        for rank, way in enumerate(ways[number], 1):
            steps += [
                (f"R{number}", rank, seq, names[frozenset(hop)])
                for seq, hop in enumerate(nx.utils.pairwise(way), 1)
            ]
        demand += [
            (f"R{number}", direction, float(rng.uniform(0.1, 50))) for direction in ("in", "out")
        ]
    frames = {
        "segment": pl.DataFrame(
            [(name, str(min(ends)), str(max(ends))) for ends, name in names.items()],
            schema=["segment_id", "a_node", "z_node"],
            orient="row",
        ),
        "route": pl.DataFrame(
            [(f"R{n}", str(a), str(z)) for n, (a, z) in enumerate(pairs)],
            schema=["route_id", "a_node", "z_node"],
            orient="row",
        ),
        "route_path": pl.DataFrame(
            steps, schema=["route_id", "rank", "seq", "segment_id"], orient="row"
        ),
    }
    report = failures(
        Network.from_frames(frames),
        pl.DataFrame(demand, schema=["route_id", "direction", "gbps"], orient="row"),
    )
    volume = {(route, direction): gbps for route, direction, gbps in demand}
    for failure_id in report.failures["failure_id"]:
        alive = graph.copy()
        alive.remove_edges_from(
            [tuple(ends) for ends, name in names.items() if failure_id == f"segment:{name}"]
        )
        expected, lost = {}, 0.0
        for number, choices in ways.items():
            way = next((way for way in choices if nx.is_path(alive, way)), None)
            if way is None:
                lost += volume[f"R{number}", "in"] + volume[f"R{number}", "out"]
                continue
            for a, z in nx.utils.pairwise(way):
                for direction, (start, end) in (("out", (a, z)), ("in", (z, a))):
                    key = (names[frozenset((a, z))], "az" if start < end else "za")
                    expected[key] = expected.get(key, 0.0) + volume[f"R{number}", direction]
        found = {
            (s, d): load
            for s, d, load in report.loads.filter(failure_id=failure_id)
            .select("segment_id", "direction", "load_gbps")
            .iter_rows()
        }
        assert found == pytest.approx(expected)
        row = report.failures.row(by_predicate=pl.col("failure_id") == failure_id, named=True)
        assert row["lost_gbps"] == pytest.approx(lost)
        assert row["lost_gbps"] + row["carried_gbps"] == pytest.approx(sum(volume.values()))
