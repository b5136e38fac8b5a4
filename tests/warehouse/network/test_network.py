"""The network: what carries a route in each failure state, and every way its tables can be
wrong.
"""

from datetime import date

import polars as pl
import pytest

from warehouse.errors import NetworkError
from warehouse.network.model import Network


def tables() -> dict[str, pl.DataFrame]:
    """A ring A-B-C-D, each route with a backup the other way round."""
    segments = [("AB", "A", "B"), ("BC", "B", "C"), ("CD", "C", "D"), ("DA", "D", "A")]
    routes = [("A-C", "A", "C"), ("A-B", "A", "B"), ("B-C", "B", "C")]
    paths = {
        ("A-C", 1): "AB BC",
        ("A-C", 2): "DA CD",
        ("A-B", 1): "AB",
        ("A-B", 2): "DA CD BC",
        ("B-C", 1): "BC",
        ("B-C", 2): "AB DA CD",
    }
    steps = [
        (route, rank, seq, name)
        for (route, rank), names in paths.items()
        for seq, name in enumerate(names.split(), 1)
    ]
    return {
        "node": pl.DataFrame(
            {
                "node_id": list("ABCD"),
                "country": ["KZ", "KZ", "TM", "TM"],
                "kind": ["city_pop", "border_crossing", "city_pop", "city_pop"],
            }
        ),
        "segment": pl.DataFrame(
            segments, schema=["segment_id", "a_node", "z_node"], orient="row"
        ).with_columns(length_km=pl.lit(500.0)),
        "route": pl.DataFrame(routes, schema=["route_id", "a_node", "z_node"], orient="row"),
        "route_path": pl.DataFrame(
            steps, schema=["route_id", "rank", "seq", "segment_id"], orient="row"
        ),
        "risk_group": pl.DataFrame(
            {
                "risk_group_id": ["yard", "yard"],
                "kind": ["trench", "trench"],
                "segment_id": ["AB", "DA"],
            }
        ),
        "capacity": pl.DataFrame(
            {
                "segment_id": ["AB", "BC", "CD", "DA"],
                "valid_from": [date(2020, 1, 1)] * 4,
                "lit_gbps": [100.0] * 4,
            }
        ),
    }


def loads(network: Network, down: frozenset[str]) -> dict[tuple[str, str], float]:
    demand = {"A-C": 40, "A-B": 30, "B-C": 20}
    found: dict[tuple[str, str], float] = {}
    for route, direction, share, hop in network.loads(down):
        if direction == "out":
            found[hop] = found.get(hop, 0) + share * demand[route]
    return found


def test_ring_without_failure_and_with_each():
    network = Network.from_frames(tables())
    states = {failure.failure_id: failure.segments for failure in network.failures()}
    assert list(states) == [
        "none",
        "segment:AB",
        "segment:BC",
        "segment:CD",
        "segment:DA",
        "risk_group:yard",
        "node:B",
    ]
    assert states["node:B"] == {"AB", "BC"}
    assert loads(network, states["none"]) == {("AB", "az"): 70, ("BC", "az"): 60}
    assert loads(network, states["segment:AB"]) == {
        ("DA", "za"): 70,
        ("CD", "za"): 70,
        ("BC", "za"): 30,
        ("BC", "az"): 20,
    }
    assert loads(network, states["segment:BC"]) == {
        ("AB", "az"): 30,
        ("AB", "za"): 20,
        ("DA", "za"): 60,
        ("CD", "za"): 60,
    }
    assert loads(network, states["risk_group:yard"]) == {("BC", "az"): 20}


def test_pairs_are_made_on_demand():
    network = Network.from_frames(tables())
    assert (
        sum(failure.failure_id.startswith("pair:") for failure in network.failures(pairs=True)) == 6
    )


def test_combinations_are_those_that_meet_in_some_failure_state():
    found = Network.from_frames(tables()).combinations()
    assert ("A-B:out", "A-C:out") in found
    assert ("A-B:in", "B-C:out") in found, (
        "B-C falls back over AB backwards while A-B's reply runs there"
    )
    assert all(list(names) == sorted(names) and len(names) > 1 for names in found)


def test_split_routes_move_their_shares_to_the_best_survivor():
    frames = tables()
    shares = pl.when(pl.col("route_id") == "A-C").then(
        pl.when(pl.col("rank") == 1).then(0.75).otherwise(0.25)
    )
    network = Network.from_frames(
        {**frames, "route_path": frames["route_path"].with_columns(share_ratio=shares)}
    )
    route = network.routes["A-C"]
    assert route.carried_by(frozenset()) == {1: 0.75, 2: 0.25}
    assert route.carried_by(frozenset({"AB"})) == {2: 1.0}
    assert route.carried_by(frozenset({"AB", "CD"})) == {}


def test_planned_segments_are_not_built_before_their_day():
    frames = tables()
    segment = frames["segment"].with_columns(
        status=pl.when(pl.col("segment_id") == "AB")
        .then(pl.lit("planned"))
        .otherwise(pl.lit("in_service")),
        in_service_from=pl.when(pl.col("segment_id") == "CD").then(date(2026, 5, 1)),
    )
    network = Network.from_frames({**frames, "segment": segment})
    assert network.not_built(date(2026, 4, 30)) == {"AB", "CD"}
    assert network.not_built(date(2026, 5, 1)) == {"AB"}


def test_round_trip_floor():
    network = Network.from_frames(tables())
    assert network.rtt_floor_ms(network.routes["A-C"].path(1)) == pytest.approx(9.79344184)


def test_alternatives_where_only_one_path_is_given():
    frames = tables()
    bare = {**frames, "route_path": frames["route_path"].filter(pl.col("rank") == 1)}
    bare["segment"] = pl.concat(
        [
            bare["segment"],
            pl.DataFrame(
                {"segment_id": ["AB2"], "a_node": ["B"], "z_node": ["A"], "length_km": [900.0]}
            ),
        ]
    )
    network = Network.from_frames(bare).with_alternatives(3)
    assert [path.hops for path in network.routes["A-C"].paths] == [
        (("AB", "az"), ("BC", "az")),
        (("DA", "za"), ("CD", "za")),
        (("AB2", "za"), ("BC", "az")),
    ]
    assert network.routes["A-C"].carried_by(frozenset({"AB"})) == {2: 1.0}


def test_alternatives_by_cost_and_by_hops():
    frames = tables()
    bare = {**frames, "route_path": frames["route_path"].filter(pl.col("rank") == 1)}
    bare["segment"] = pl.concat(
        [
            bare["segment"],
            pl.DataFrame(
                {"segment_id": ["AB2"], "a_node": ["B"], "z_node": ["A"], "length_km": [900.0]}
            ),
        ]
    )
    cheap = Network.from_frames(bare).with_alternatives(
        2, {"AB": 1, "AB2": 1, "BC": 1, "CD": 9, "DA": 9}
    )
    assert cheap.routes["A-C"].paths[1].hops == (("AB2", "za"), ("BC", "az"))
    short = Network.from_frames(bare).with_alternatives(2, "hops")
    assert short.routes["A-B"].paths[1].hops == (("AB2", "za"),)


def broken(**changes: pl.DataFrame) -> str:
    with pytest.raises(NetworkError) as caught:
        Network.from_frames({**tables(), **changes})
    return str(caught.value)


def paths(route: str, names: str, rank: int = 1) -> pl.DataFrame:
    kept = tables()["route_path"].filter((pl.col("route_id") != route) | (pl.col("rank") != rank))
    steps = [(route, rank, seq, name) for seq, name in enumerate(names.split(), 1)]
    return pl.concat([kept, pl.DataFrame(steps, schema=kept.schema, orient="row")])


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (
            {"route_path": paths("A-C", "AB CD")},
            "A-C: segment AB ends at B, next segment CD runs C to D",
        ),
        (
            {"route_path": paths("A-C", "BC CD")},
            "A-C: starts at A, but its first segment BC runs B to C",
        ),
        ({"route_path": paths("A-C", "AB")}, "A-C: ends at B, but the route ends at C"),
        ({"route_path": paths("A-C", "AB XY")}, "A-C: segment XY is unknown"),
        (
            {"route_path": paths("A-C", "AB BC CD DA AB BC", 2)},
            "A-C (path 2): goes in a circle: A is reached twice, the second time over DA",
        ),
        (
            {"route_path": tables()["route_path"].filter(pl.col("route_id") != "B-C")},
            "B-C: has no path",
        ),
        ({"route_path": paths("A-Z", "AB")}, "A-Z: has a path but is no route"),
        (
            {"segment": pl.concat([tables()["segment"], tables()["segment"].head(1)])},
            "AB: segment is listed 2 times",
        ),
        ({"segment": tables()["segment"].with_columns(z_node=pl.lit("A"))}, "AB: both ends are A"),
        (
            {"segment": tables()["segment"].with_columns(length_km=pl.lit(-3.0))},
            "AB: length_km is -3.0, must be a length",
        ),
        ({"segment": tables()["segment"].drop("a_node")}, "segment: column a_node is missing"),
        ({"node": tables()["node"].head(3)}, "CD: z_node D is unknown"),
        (
            {"risk_group": tables()["risk_group"].with_columns(segment_id=pl.lit("XY"))},
            "yard: segment XY is unknown",
        ),
        (
            {"risk_group": tables()["risk_group"].with_columns(kind=pl.lit("weather"))},
            "yard: kind is weather, must be one of trench",
        ),
        (
            {"capacity": tables()["capacity"].with_columns(segment_id=pl.lit("XY"))},
            "capacity of XY: the segment is unknown",
        ),
        (
            {"capacity": tables()["capacity"].with_columns(lit_gbps=pl.lit(-1.0))},
            "capacity of AB: lit_gbps is -1.0, must be at least 0",
        ),
        (
            {"route_path": tables()["route_path"].with_columns(share_ratio=pl.lit(0.9))},
            "the shares of its paths are 0.9, 0.9; they must lie in 0 to 1 and add up to 1",
        ),
    ],
)
def test_each_fault_has_its_message(change, message):
    assert message in broken(**change)


def test_all_faults_are_told_at_once():
    text = broken(
        route_path=paths("A-C", "AB CD"),
        capacity=tables()["capacity"].with_columns(lit_gbps=pl.lit(-1.0)),
    )
    assert text.startswith("NetworkError: 5 things in the network do not fit together")
    assert "next segment CD" in text
    assert "capacity of DA" in text
    assert text.endswith("then try again.")
