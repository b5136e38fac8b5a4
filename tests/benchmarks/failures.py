"""Loads in every failure state at scale: python -m tests.benchmarks.failures [--routes 300
--segments 200 ...]

Prints wall time, rate and peak memory of the streamed loads and of the whole plan, their growth
with draws and with failure states (1.0 is linear), and the baseline in the same run: the same loads
by dense multiplication of one state.
"""

from __future__ import annotations

import argparse
import resource
import time
from datetime import date

import networkx as nx
import numpy as np
import polars as pl

from forecasting.capacity.plan import plan
from forecasting.capacity.readiness import Versions
from forecasting.capacity.routing import Kappa, build_routing, link_list, stream_loads
from forecasting.series import Paths, add_periods
from forecasting.spec import PlanningPolicy
from forecasting.stories.changes import PlanInputs
from forecasting.stories.scenario import parse_scenario
from tests.forecasting.planning_worlds import what_if
from warehouse.network.model import Failure, Network
from warehouse.schema import ASSUMPTION, COINCIDENCE, PROJECT, check

STATED = (
    ("LEAD", "lead_time", "all", 2.0, 4.0, 8.0, "month"),
    ("P100", "module_price", "module:100", 5e4, 6e4, 7e4, "USD"),
    ("P400", "module_price", "module:400", 8e4, 9e4, 1e5, "USD"),
    ("ERODES", "price_erosion", "all", 0.1, 0.15, 0.2, "ratio/year"),
    ("LEASE", "lease_price", "module:100", 8e3, 9e3, 1e4, "USD/month"),
    ("EARNS", "transit_revenue", "all", 2.0, 2.5, 3.0, "USD/Mbps/month"),
    ("CUTS", "cut_rate", "all", 1.0, 2.0, 4.0, "1/1000km/year"),
    ("REPAIR", "repair_time", "all", 8.0, 16.0, 48.0, "h"),
)


def random_network(routes: int, segments: int, seed: int) -> Network:
    """A connected random network whose routes take their three shortest paths."""
    rng = np.random.default_rng(seed)
    nodes = max(4, int(segments / 1.6))
    graph = nx.gnm_random_graph(nodes, segments - nodes, seed=seed)
    for node in range(nodes):
        graph.add_edge(node, (node + 1) % nodes)
    edges = list(graph.edges)[:segments]
    frames = {
        "segment": pl.DataFrame(
            {
                "segment_id": [f"S{n:03}" for n in range(len(edges))],
                "a_node": [str(a) for a, _ in edges],
                "z_node": [str(z) for _, z in edges],
                "length_km": rng.uniform(50, 900, len(edges)),
            }
        ),
    }
    kept = nx.Graph(edges)
    rows, steps = [], []
    number_of = {frozenset(edge): number for number, edge in enumerate(edges)}
    while len(rows) < routes:
        a, z = rng.choice(nodes, 2, replace=False).tolist()
        name = f"R{len(rows):03}"
        rows.append((name, str(a), str(z)))
        way = nx.shortest_path(kept, a, z)
        steps += [
            (name, 1, seq, f"S{number_of[frozenset(hop)]:03}")
            for seq, hop in enumerate(nx.utils.pairwise(way), 1)
        ]
    frames["route"] = pl.DataFrame(rows, schema=["route_id", "a_node", "z_node"], orient="row")
    frames["route_path"] = pl.DataFrame(
        steps, schema=["route_id", "rank", "seq", "segment_id"], orient="row"
    )
    groups = [
        (f"G{g:02}", "trench", f"S{s:03}")
        for g in range(50)
        for s in rng.choice(len(edges), 3, replace=False)
    ]
    frames["risk_group"] = pl.DataFrame(
        groups, schema=["risk_group_id", "kind", "segment_id"], orient="row"
    )
    frames["capacity"] = pl.DataFrame(
        {
            "segment_id": frames["segment"]["segment_id"],
            "lit_gbps": rng.choice([400.0, 800.0, 1600.0], len(edges)),
        }
    )
    return Network.from_frames(frames).with_alternatives(3)


def random_paths(network: Network, draws: int, months: int, seed: int) -> Paths:
    rng = np.random.default_rng(seed)
    names = [(route, way) for route in sorted(network.routes) for way in ("in", "out")]
    values = np.empty((len(names), draws, months))
    for row in range(len(names)):
        values[row] = rng.lognormal(2, 0.7) * np.exp(
            rng.normal(0.02, 0.05, (draws, months)).cumsum(axis=1)
        )
    keys = pl.DataFrame(
        {
            "series_kind": "route",
            "series_id": [n for n, _ in names],
            "direction": [w for _, w in names],
            "statistic": "p95",
        }
    )
    return Paths(
        "month",
        keys,
        tuple(add_periods(date(2026, 1, 1), step, "month") for step in range(months)),
        values,
    )


def timed_stream(
    network: Network, paths: Paths, failures: tuple[Failure, ...], workers: int
) -> tuple[float, float]:
    """Wall and CPU seconds; growth is judged by the latter, which others on the machine move
    less.
    """
    series = tuple(paths.keys.select("series_id", "direction").iter_rows())
    started, used = time.perf_counter(), time.process_time()
    routing = build_routing(network, series, Kappa({}), links=link_list(network), failures=failures)
    built = Versions((frozenset(),), np.zeros(paths.draws_gbps.shape[1:], dtype=np.int16))
    stream_loads(paths.draws_gbps, [routing], built.index, workers=workers)
    return time.perf_counter() - started, time.process_time() - used


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    for name, value in (
        ("routes", 300),
        ("segments", 200),
        ("months", 60),
        ("draws", 2000),
        ("workers", 2),
    ):
        parser.add_argument(f"--{name}", type=int, default=value)
    chosen = parser.parse_args()
    started = time.perf_counter()
    network = random_network(chosen.routes, chosen.segments, 3)
    states = network.failures()
    hops = np.mean([len(path.hops) for route in network.routes.values() for path in route.paths])
    print(
        f"network: {len(network.routes)} routes, {len(network.segments)} segments, "
        f"{len(states)} failure states, {hops:.1f} segments a path, made in "
        f"{time.perf_counter() - started:.1f} s"
    )
    paths = random_paths(network, chosen.draws, chosen.months, 4)
    held = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20
    print(f"draws: {paths.draws_gbps.nbytes / 2**30:.2f} GiB; peak so far {held:.2f} GiB")

    full, cpu = timed_stream(network, paths, states, chosen.workers)
    cells = len(states) * 2 * chosen.segments * chosen.months * chosen.draws
    print(
        f"loads in all failure states: {full:.1f} s on {chosen.workers} workers, "
        f"{cells / full / 1e9:.2f} G (failure, link, month, draw) cells a second"
    )
    series = tuple(paths.keys.select("series_id", "direction").iter_rows())
    one = build_routing(network, series, Kappa({}), failures=states[:1]).states[0].matrix.toarray()
    part = paths.draws_gbps[:, :200, :].reshape(len(series), -1).astype(np.float32)
    started = time.perf_counter()
    for _ in range(3):
        one @ part
    dense = (time.perf_counter() - started) / 3 * chosen.draws / 200 * len(states)
    print(
        f"baseline, every state as a dense matrix product of numpy: {dense:.1f} s; ratio "
        f"{dense / full:.2f}"
    )

    half = Paths(paths.grain, paths.keys, paths.periods, paths.draws_gbps[:, : chosen.draws // 2])
    print(
        "linear in draws: "
        f"{cpu / (2 * timed_stream(network, half, states, chosen.workers)[1]):.2f} (1.0 is "
        "linear)"
    )
    few = (states[0], *states[1::2])
    print(
        "linear in failure states: "
        f"{cpu / (2 * timed_stream(network, paths, few, chosen.workers)[1]):.2f} (1.0 is "
        "linear; below: the part all states share)"
    )

    columns = ["assumption_id", "name", "scope", "low", "value", "high", "unit"]
    known = pl.lit("2020-01-01").str.to_datetime(time_unit="us", time_zone="UTC")
    stated = check(
        pl.DataFrame(STATED, schema=columns, orient="row").with_columns(known_at=known), ASSUMPTION
    )
    capacity = network.capacity.with_columns(
        valid_from=pl.lit(date(2020, 1, 1)),
        known_at=pl.lit("2020-01-01").str.to_datetime(time_unit="us", time_zone="UTC"),
        design_gbps=None,
        assumed=True,
    )
    started = time.perf_counter()
    made = plan(
        paths,
        network,
        capacity=capacity,
        coincidence=COINCIDENCE.empty(),
        assumptions=stated,
        projects=PROJECT.empty(),
        policy=PlanningPolicy(),
        today=date(2025, 12, 1),
        workers=chosen.workers,
    )
    print(
        f"whole plan: {time.perf_counter() - started:.1f} s, {made.segment_load.height} "
        f"rows of load, {made.order_plan.height} orders, {made.upgrade.height} upgrades, "
        f"{made.money_figure.height} sums of money"
    )
    inputs = PlanInputs(paths, network, capacity, COINCIDENCE.empty(), stated, PROJECT.empty())
    story = parse_scenario('id = "s"\n[[customer]]\nroute = "R000"\ngbps = 8\nfrom = 2026-06-01')
    started = time.perf_counter()
    found = what_if(
        inputs, [story], policy=PlanningPolicy(), today=date(2025, 12, 1), workers=chosen.workers
    )
    print(f"what-if beside it: {time.perf_counter() - started:.1f} s on {found.draws} of the draws")
    print(f"peak memory {resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 2**20:.2f} GiB")


if __name__ == "__main__":
    main()
