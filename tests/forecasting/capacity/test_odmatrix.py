"""Routes from links, on networks where the truth is known."""

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.capacity.od_matrix import estimate_matrix
from tests.forecasting.planning_worlds import ring
from warehouse.errors import PlanError
from warehouse.network.model import Network


def link_loads(network, demand, noise=0.0, rng=None, down=frozenset()):
    found = {}
    for route, direction, share, hop in network.loads(down):
        found[hop] = found.get(hop, 0.0) + share * demand[route, direction]
    rows = [
        (segment, way, load * (1 + (rng.normal(0, noise) if rng else 0)))
        for (segment, way), load in sorted(found.items())
    ]
    return pl.DataFrame(rows, schema=["segment_id", "direction", "gbps"], orient="row")


def gravity_world(seed, nodes=8, pairs=20):
    """A random network whose true demand is gravity with a spread of 50 %, on shortest paths."""
    rng = np.random.default_rng(seed)
    graph = nx.random_labeled_tree(nodes, seed=int(seed))
    graph.add_edges_from(rng.choice(nodes, 2, replace=False).tolist() for _ in range(nodes // 2))
    names = {frozenset(edge): f"S{number}" for number, edge in enumerate(graph.edges)}
    size = rng.lognormal(0, 1, nodes)
    chosen = sorted(
        {tuple(sorted(rng.choice(nodes, 2, replace=False).tolist())) for _ in range(pairs)}
    )
    steps, demand = [], {}
    for number, (a, z) in enumerate(chosen):
        way = nx.shortest_path(graph, a, z)
        steps += [
            (f"R{number}", 1, seq, names[frozenset(hop)])
            for seq, hop in enumerate(nx.utils.pairwise(way), 1)
        ]
        for direction in ("in", "out"):
            demand[f"R{number}", direction] = 10 * size[a] * size[z] * rng.lognormal(0, 0.5)
    frames = {
        "segment": pl.DataFrame(
            [(name, str(min(ends)), str(max(ends))) for ends, name in names.items()],
            schema=["segment_id", "a_node", "z_node"],
            orient="row",
        ),
        "route": pl.DataFrame(
            [(f"R{n}", str(a), str(z)) for n, (a, z) in enumerate(chosen)],
            schema=["route_id", "a_node", "z_node"],
            orient="row",
        ),
        "route_path": pl.DataFrame(
            steps, schema=["route_id", "rank", "seq", "segment_id"], orient="row"
        ),
    }
    return Network.from_frames(frames), demand, rng


def error(estimate, demand, column="gbps"):
    rows = estimate.demand.select("route_id", "direction", column).iter_rows()
    return sum(abs(value - demand[route, way]) for route, way, value in rows) / sum(demand.values())


def test_what_the_links_determine_is_found_and_what_they_do_not_is_said():
    demand = {
        ("A-C", "out"): 40,
        ("A-B", "out"): 30,
        ("B-C", "out"): 20,
        ("A-C", "in"): 4,
        ("A-B", "in"): 3,
        ("B-C", "in"): 2,
    }
    network = Network.from_frames(ring())
    # AB carries A-C and A-B, BC carries A-C and B-C: two figures for three routes.
    vague = estimate_matrix(network, link_loads(network, demand))
    assert not vague.demand["identified"].any()
    assert any(
        "6 of 6 route directions can't be told apart" in warning for warning in vague.warnings
    )
    assert vague.links["residual_gbps"].abs().max() < 0.01 * 70
    frames = {
        name: frame.filter(pl.col("route_id") != "B-C") if "route_id" in frame.columns else frame
        for name, frame in ring().items()
    }
    clear = Network.from_frames(frames)
    found = estimate_matrix(clear, link_loads(clear, demand))
    assert found.demand["identified"].all()
    assert not found.warnings
    for row in found.demand.iter_rows(named=True):
        assert row["gbps"] == pytest.approx(demand[row["route_id"], row["direction"]], rel=0.01)


@given(st.integers(0, 10_000))
@settings(max_examples=25, deadline=None)
def test_links_are_explained_and_the_prior_improved(seed):
    network, demand, _ = gravity_world(seed)
    found = estimate_matrix(network, link_loads(network, demand))
    assert (found.demand["gbps"] >= 0).all()
    measured, residual = found.links["measured_gbps"], found.links["residual_gbps"].abs()
    assert (residual <= 0.02 * measured + 0.002 * measured.mean()).all()
    assert error(found, demand) <= error(found, demand, "prior_gbps") + 0.02
    exact = found.demand.filter("identified")
    for row in exact.iter_rows(named=True):
        assert row["gbps"] == pytest.approx(
            demand[row["route_id"], row["direction"]], rel=0.1, abs=0.02 * measured.mean()
        )


def test_over_many_networks_the_error_is_far_below_that_of_gravity_alone():
    errors = []
    for seed in range(30):
        network, demand, rng = gravity_world(seed)
        found = estimate_matrix(network, link_loads(network, demand, noise=0.01, rng=rng))
        errors.append((error(found, demand), error(found, demand, "prior_gbps")))
    mean = np.mean(errors, axis=0)
    assert mean[0] < 0.5 * mean[1]


def test_a_better_prior_is_taken_up():
    network, demand, _ = gravity_world(3)
    prior = pl.DataFrame(
        [(*key, value) for key, value in demand.items()],
        schema=["route_id", "direction", "gbps"],
        orient="row",
    )
    found = estimate_matrix(network, link_loads(network, demand), prior=prior)
    assert error(found, demand) < 1e-6


def test_what_no_link_sees_is_told():
    network = Network.from_frames(ring())
    found = estimate_matrix(
        network, pl.DataFrame({"segment_id": ["AB"], "direction": ["az"], "gbps": [70.0]})
    )
    assert any("cross no measured link" in warning for warning in found.warnings)
    assert found.demand["gbps"].is_finite().all()


def test_links_that_contradict_the_paths_are_told():
    network = Network.from_frames(ring())
    rows = pl.DataFrame(
        {"segment_id": ["AB", "DA"], "direction": ["az", "az"], "gbps": [70.0, 40.0]}
    )
    found = estimate_matrix(network, rows)
    assert any(
        "not explained within 5 %" in warning and "DA az" in warning for warning in found.warnings
    )


def test_bad_link_loads_are_gathered():
    rows = pl.DataFrame(
        {
            "segment_id": ["XY", "AB", "AB", "AB"],
            "direction": ["az", "up", "az", "az"],
            "gbps": [1.0, 1.0, -2.0, None],
        }
    )
    with pytest.raises(PlanError) as caught:
        estimate_matrix(Network.from_frames(ring()), rows)
    for part in ("segment XY is unknown", "direction is up", "gbps is -2.0", "gbps is None"):
        assert part in str(caught.value)
