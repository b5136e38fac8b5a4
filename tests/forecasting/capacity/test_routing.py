"""Streamed loads against plain loops, and the laws of routing."""

import pickle

import networkx as nx
import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.capacity.routing import (
    Kappa,
    build_routing,
    link_list,
    stream_loads,
)
from tests.forecasting.planning_worlds import ring
from warehouse.network.model import Network


@st.composite
def worlds(draw):
    """A random network with ranked paths, risk groups and split shares, and a version without one
    of its segments.
    """
    size, seed = draw(st.integers(4, 8)), draw(st.integers(0, 10_000))
    rng = np.random.default_rng(seed)
    graph = nx.gnm_random_graph(size, draw(st.integers(size, 2 * size)), seed=seed)
    names = {frozenset(edge): f"S{number}" for number, edge in enumerate(graph.edges)}
    routes, steps = [], []
    for number in range(draw(st.integers(1, 6))):
        a, z = rng.choice(size, 2, replace=False).tolist()
        if not nx.has_path(graph, a, z):
            continue
        ways = list(nx.all_simple_paths(graph, a, z, cutoff=4))[:3] or [
            nx.shortest_path(graph, a, z)
        ]
        split = rng.random() < 0.3 and len(ways) > 1
        routes.append((f"R{number}", str(a), str(z)))
        for rank, way in enumerate(ways, 1):
            share = (0.7 if rank == 1 else 0.3 if rank == 2 else 0.0) if split else None
            steps += [
                (f"R{number}", rank, seq, names[frozenset(hop)], share)
                for seq, hop in enumerate(nx.utils.pairwise(way), 1)
            ]
    if not routes:
        return None
    group = rng.choice(sorted(names.values()), 2, replace=False).tolist()
    frames = {
        "segment": pl.DataFrame(
            [(name, str(min(ends)), str(max(ends))) for ends, name in names.items()],
            schema=["segment_id", "a_node", "z_node"],
            orient="row",
        ),
        "route": pl.DataFrame(routes, schema=["route_id", "a_node", "z_node"], orient="row"),
        "route_path": pl.DataFrame(
            steps,
            schema={
                "route_id": pl.String,
                "rank": pl.Int64,
                "seq": pl.Int64,
                "segment_id": pl.String,
                "share_ratio": pl.Float64,
            },
            orient="row",
        ),
        "risk_group": pl.DataFrame(
            {"risk_group_id": ["G", "G"], "kind": ["trench"] * 2, "segment_id": group}
        ),
    }
    return Network.from_frames(frames), str(rng.choice(sorted(names.values()))), rng


def plain_loads(network, series, draws, down, kappa=None):
    """Loads (L, H, S) and what is lost (N,) by loops over routes and hops."""
    links = link_list(network)
    loads = np.zeros((len(links), draws.shape[2], draws.shape[1]))
    carried = np.zeros(len(series))
    members = {}
    for name, route in network.routes.items():
        for rank, share in route.carried_by(down).items():
            for way in ("out", "in"):
                column = series.index((name, way))
                carried[column] += share
                for segment, direction in route.path(rank).hops:
                    hop = (
                        segment,
                        direction if way == "out" else {"az": "za", "za": "az"}[direction],
                    )
                    loads[links.index(hop)] += share * draws[column].T
                    members.setdefault(hop, set()).add(f"{name}:{way}")
    for hop, names in members.items():
        if kappa and len(names) > 1:
            loads[links.index(hop)] *= kappa.get("+".join(sorted(names)), 1.0)
    return loads, 1 - carried


@given(worlds(), st.booleans())
@settings(max_examples=60, deadline=None)
def test_streamed_loads_are_those_of_plain_loops(world, with_kappa):
    if world is None:
        return
    network, absent, rng = world
    series = [(name, way) for name in sorted(network.routes) for way in ("in", "out")]
    draws = rng.lognormal(2, 1, (len(series), 7, 5))
    table = (
        {"+".join(names): float(rng.uniform(0.6, 1)) for names in network.combinations()}
        if with_kappa
        else {}
    )
    kappa = Kappa({name: (value, 0.0) for name, value in table.items()})
    versions = rng.integers(0, 2, (7, 5)).astype(np.int16)
    missing = (frozenset(), frozenset({absent}))
    routings = [build_routing(network, series, kappa, missing=one) for one in missing]
    found = stream_loads(draws, routings, versions, workers=2)
    for number, one in enumerate(missing):
        held = (versions == number).T
        states = {
            failure.failure_id: plain_loads(network, series, draws, failure.segments | one, table)[
                0
            ]
            for failure in network.failures()
        }
        worst = np.max(list(states.values()), axis=0)
        assert found.base[:, held] == pytest.approx(states["none"][:, held], rel=1e-5)
        assert found.worst[:, held] == pytest.approx(worst[:, held], rel=1e-5)
        for index, name in enumerate(found.failure_ids):
            said = found.cause == index
            said &= held[None]
            assert found.worst[said] == pytest.approx(states[name][said], rel=1e-5)


@given(worlds())
@settings(max_examples=40, deadline=None)
def test_lost_and_carried_make_up_the_demand(world):
    if world is None:
        return
    network, _, rng = world
    series = [(name, way) for name in sorted(network.routes) for way in ("in", "out")]
    draws = rng.lognormal(2, 1, (len(series), 3, 2))
    routing = build_routing(network, series, Kappa({}))
    lost_of = {
        name: state.lost for state in routing.states for name in (state.failure_id, *state.also)
    }
    for failure in network.failures():
        _, lost = plain_loads(network, series, draws, failure.segments)
        assert lost_of.get(failure.failure_id, np.zeros(len(series))) == pytest.approx(
            lost, abs=1e-9
        )


def test_a_path_of_a_segment_is_the_sum_of_its_routes_draw_by_draw():
    network = Network.from_frames(ring())
    series = [(name, "out") for name in sorted(network.routes)]
    draws = np.random.default_rng(1).lognormal(2, 1, (3, 50, 4))
    found = stream_loads(
        draws, [build_routing(network, series, Kappa({}))], np.zeros((50, 4), dtype=np.int16)
    )
    index = found.links.index(("AB", "az"))
    assert found.base[index] == pytest.approx((draws[0] + draws[1]).T, rel=1e-6)


def test_kappa_is_that_of_exactly_the_combination_and_its_spread_moves_both_ways():
    network = Network.from_frames(ring())
    series = [(name, "out") for name in sorted(network.routes)]
    draws = np.full((3, 400, 2), 10.0)
    kappa = Kappa({"A-B:out+A-C:out": (0.8, 0.05)})
    noise = np.random.default_rng(1).standard_normal((400, 2)).astype(np.float32)
    routing = build_routing(network, series, kappa)
    found = stream_loads(draws, [routing], np.zeros((400, 2), dtype=np.int16), kappa_noise=noise)
    shared = found.base[found.links.index(("AB", "az"))]
    assert shared == pytest.approx(20 * (0.8 + 0.05 * noise.T), rel=1e-5)
    intact = routing.states[0]
    unmeasured = {
        routing.links[row]
        for row, unknown in zip(intact.rows, intact.unmeasured, strict=True)
        if unknown
    }
    assert unmeasured == {("BC", "az")}
    assert found.base[found.links.index(("BC", "az"))] == pytest.approx(20)


def test_failures_of_the_same_effect_stand_for_each_other():
    frames = ring()
    twin = pl.DataFrame({"risk_group_id": ["duct"], "kind": ["trench"], "segment_id": ["AB"]})
    network = Network.from_frames({**frames, "risk_group": pl.concat([frames["risk_group"], twin])})
    states = {
        state.failure_id: state
        for state in build_routing(network, [("A-B", "out")], Kappa({})).states
    }
    assert states["segment:AB"].also == ("risk_group:duct",)
    assert "segment:CD" not in states, "nothing runs there as long as nothing else fails"


def test_parts_done_elsewhere_are_the_same_to_the_bit(monkeypatch):
    network = Network.from_frames(ring())
    series = [(name, "out") for name in sorted(network.routes)]
    rng = np.random.default_rng(2)
    draws, noise = (
        rng.lognormal(2, 1, (3, 700, 36)),
        rng.standard_normal((700, 36)).astype(np.float32),
    )
    kappa = Kappa({"A-B:out+A-C:out": (0.8, 0.05)})
    routings = [
        build_routing(network, series, kappa, missing=missing)
        for missing in (frozenset({"CD"}), frozenset())
    ]
    version = (np.arange(36) > rng.integers(0, 36, (700, 1))).astype(np.int16)
    here = stream_loads(draws, routings, version, kappa_noise=noise, workers=2)
    sent = []

    def away(function, parts, keep):
        sent.append(len(parts))
        for place in reversed(range(len(parts))):
            part = pickle.loads(pickle.dumps(parts[place]))
            assert part.draws_gbps.dtype == np.float32
            keep(place, pickle.loads(pickle.dumps(function))(part))

    assert stream_loads(draws, routings, version, kappa_noise=noise, send_parts=away).worst.any()
    assert sent == [], "so little is not worth sending"
    monkeypatch.setattr("forecasting.capacity.routing.WORTH_SENDING", 1.0)
    monkeypatch.setattr("forecasting.capacity.routing.PART_BYTES", 400_000)
    there = stream_loads(draws, routings, version, kappa_noise=noise, send_parts=away)
    assert sent[0] > 3
    assert there.failure_ids == here.failure_ids
    for name in ("base", "worst", "cause"):
        assert getattr(there, name).tobytes() == getattr(here, name).tobytes()
