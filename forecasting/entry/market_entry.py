"""A planned build enters a market: what it may carry, what each incumbent loses, registered before
it exists.

market paths x share (logit) x ramp since it is ready x reference class, each drawn with its own
spread. On every path and in every period the ways through the market add up to the market, induced
demand included.

Assumptions, by name and scope: market_entry (entry:P/MARKET, the part of the market that can
choose), and for each way through alternative_price, alternative_share (today), alternative_rtt
(alternative:P/SEGMENT);
new_route_price and new_route_rtt (project:P); logit_price, logit_rtt, price_elasticity,
nest_similarity, bass_p, bass_q, reference_class_ratio. A way is named by the segment that stands
for it; ways that share a risk group with the build are its look-alikes.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any
from zlib import crc32

import numpy as np
import polars as pl

from forecasting.assumptions import Assumption, Assumptions, stratified
from forecasting.capacity.earnings import EnteredMarket
from forecasting.capacity.readiness import DRAW_KEY, draw_key, ready_days, slipped
from forecasting.entry.new_route import (
    bass,
    calibrated,
    composite_cost,
    induced_factor,
    shares,
    utility,
)
from forecasting.entry.registration import register
from forecasting.series import FloatArray, Paths
from warehouse.network.model import FIBRE_RTT_MS_PER_1000KM, Network
from warehouse.reasons import Note, reason
from warehouse.schema import (
    NEW_ROUTE_QUANTILE,
    NEW_ROUTE_REGISTRATION,
    NEW_ROUTE_SHARE,
    QUANTILE_LEVELS,
    check,
)

NEEDED = (
    "logit_price",
    "logit_rtt",
    "bass_p",
    "bass_q",
    "reference_class_ratio",
    "new_route_price",
)
MOST_SIMILAR = 0.9
"""Closer than this, the smallest difference in price would move all traffic from one look-alike to
the other.
"""


@dataclass(frozen=True)
class NewRoutes:
    """Frames as in warehouse.schema; the markets entered, by project and market; and notes (topic,
    subject, note) on what is missing and how wide each factor is.
    """

    new_route_share: pl.DataFrame
    new_route_quantile: pl.DataFrame
    new_route_registration: pl.DataFrame
    entered: dict[tuple[str, str], EnteredMarket]
    notes: tuple[Note, ...]


def new_routes(
    paths: Paths,
    network: Network,
    *,
    assumptions: pl.DataFrame,
    projects: pl.DataFrame,
    today: date,
    seed: int = 0,
) -> NewRoutes:
    """Every project for which an assumption named market_entry states a market. `paths` with
    markets if there are any.
    """
    stated = Assumptions.from_frame(assumptions)
    projects, _ = slipped(projects, stated)
    share_rows: list[dict[str, Any]] = []
    quantiles: list[pl.DataFrame] = []
    registered: list[dict[str, Any]] = []
    entered, notes = entered_markets(paths, network, stated, projects, today, seed)
    for (project_id, market), made in entered.items():
        row = projects.row(by_predicate=pl.col("project_id") == project_id, named=True)
        share_rows += _share_rows(made, project_id, market)
        quantiles.append(_quantiles(made, paths, project_id, market))
        registered.append(
            register(
                made.ways_gbps[-1],
                made.ready_days,
                paths.periods,
                row,
                market,
                today,
                made.assumption_ids,
            )
        )
        why = reason("note.spread", **made.spreads)
        notes.append(Note("new_route_spread", f"{project_id}/{market}", why))
    return NewRoutes(
        check(pl.DataFrame(share_rows), NEW_ROUTE_SHARE) if share_rows else NEW_ROUTE_SHARE.empty(),
        check(pl.concat(quantiles), NEW_ROUTE_QUANTILE)
        if quantiles
        else NEW_ROUTE_QUANTILE.empty(),
        check(pl.DataFrame(registered), NEW_ROUTE_REGISTRATION)
        if registered
        else NEW_ROUTE_REGISTRATION.empty(),
        entered,
        tuple(notes),
    )


def entered_markets(
    paths: Paths,
    network: Network,
    stated: Assumptions,
    projects: pl.DataFrame,
    today: date,
    seed: int,
) -> tuple[dict[tuple[str, str], EnteredMarket], list[Note]]:
    """By project and market, every market that a planned build is stated to enter; a note on each
    that can't be forecast.
    """
    found: dict[tuple[str, str], EnteredMarket] = {}
    notes: list[Note] = []
    for entry in stated.named("market_entry"):
        project_id, _, market = entry.scope.removeprefix("entry:").partition("/")
        rows = projects.filter(pl.col("project_id") == project_id).to_dicts()
        volume = market_paths(paths, network, market)
        lacks = [name for name in NEEDED if stated.get(name, f"project:{project_id}") is None]
        if not rows or volume is None or lacks:
            why = (
                reason("note.unknown_project", project=project_id)
                if not rows
                else reason("note.market_without_forecast", market=market)
                if volume is None
                else reason("note.no_entry_assumptions", names=lacks)
            )
            notes.append(Note("new_route", f"{project_id}/{market}", why))
            continue
        made = enter(volume, paths, network, stated, entry, rows[0], market, today, seed)
        if made is None:
            why = reason("note.no_alternatives")
            notes.append(Note("new_route", f"{project_id}/{market}", why))
            continue
        found[project_id, market] = made
    return found, notes


def market_paths(paths: Paths, network: Network, market: str) -> FloatArray | None:
    """Draws (S, H) of a market in its busier direction: its own means, else the sum of its routes
    (means before p95s).
    """
    keys = paths.keys.with_row_index("row")
    chosen = keys.filter(
        (pl.col("series_kind") == "market")
        & (pl.col("series_id") == market)
        & (pl.col("statistic") == "mean")
    )
    if chosen.is_empty():
        members = [name for name, route in network.routes.items() if route.market == market]
        of_routes = keys.filter(
            (pl.col("series_kind") == "route") & pl.col("series_id").is_in(members)
        )
        chosen = of_routes.filter(pl.col("statistic") == "mean")
        chosen = of_routes if chosen.is_empty() else chosen
    if chosen.is_empty():
        return None
    ways = [
        paths.draws_gbps[rows["row"].to_list()].sum(axis=0)
        for _, rows in chosen.group_by("direction", maintain_order=True)
    ]
    return np.asarray(max(ways, key=lambda way: float(np.median(way[:, -1]))))


def enter(
    volume: FloatArray,
    paths: Paths,
    network: Network,
    stated: Assumptions,
    entry: Assumption,
    project: dict[str, Any],
    market: str,
    today: date,
    seed: int,
) -> EnteredMarket | None:
    """The market with the newcomer; None where no alternative has both a price and a share of
    today.
    """
    size = volume.shape[0]
    used: list[Assumption] = [entry]

    def drawn(one: Assumption) -> FloatArray:
        used.append(one)
        return one.at(
            stratified(size, np.random.default_rng([seed, crc32(one.assumption_id.encode())]))
        )

    def stated_draws(name: str) -> FloatArray:
        one = stated.get(name, f"project:{project['project_id']}")
        assert one is not None
        return drawn(one)

    prefix = f"alternative:{project['project_id']}/"
    priced = {
        one.scope.removeprefix(prefix): one
        for one in stated.named("alternative_price")
        if one.scope.startswith(prefix)
    }
    held = {
        one.scope.removeprefix(prefix): one
        for one in stated.named("alternative_share")
        if one.scope.startswith(prefix)
    }
    names = sorted(priced.keys() & held.keys())
    if not names:
        return None
    newcomer = project["segment_id"]
    ways = {name: stated.get("alternative_rtt", prefix + name) for name in names}
    rtts = np.stack(
        [
            _rtt(drawn(one) if one else None, network, market, name, [*names, newcomer], size)
            for name, one in ways.items()
        ]
    )
    own = stated.get("new_route_rtt", f"project:{project['project_id']}")
    rtts = np.vstack(
        [
            rtts,
            _rtt(drawn(own) if own else None, network, market, newcomer, [*names, newcomer], size)[
                None
            ],
        ]
    )
    prices = np.vstack(
        [np.stack([drawn(priced[name]) for name in names]), stated_draws("new_route_price")[None]]
    )
    before = np.stack([drawn(held[name]) for name in names])
    before /= before.sum(axis=0)
    b_price, b_rtt = stated_draws("logit_price"), stated_draws("logit_rtt")
    values = utility(prices, rtts, b_price, b_rtt).T
    alike = _look_alikes(network, newcomer, names)
    likeness = stated.get("nest_similarity", f"project:{project['project_id']}")
    similarity = np.clip(drawn(likeness), 0, MOST_SIMILAR) if likeness and alike else np.zeros(size)
    asc = calibrated(before.T, values[:, :-1], alike, similarity)
    own_asc = asc[:, alike].mean(axis=1) if alike else np.zeros(size)
    values = values + np.hstack([asc, own_asc[:, None]])
    nest = [*alike, len(names)]
    after = shares(values, nest, similarity).T
    gain = np.ones(size)
    elasticity = stated.get(
        "price_elasticity", f"project:{project['project_id']}", f"market:{market}"
    )
    if elasticity is not None:
        # Constants of a logit are known up to one number: that of the way most people take today
        # counts as 0.
        first = before.argmax(axis=0)
        worth = values - asc[np.arange(size), first][:, None]
        cost = [
            composite_cost(worth[:, :-1], b_price, alike, similarity),
            composite_cost(worth, b_price, nest, similarity),
        ]
        floor = 0.05 * prices[:-1].min(axis=0)
        gain = induced_factor(
            np.maximum(cost[0], floor), np.maximum(cost[1], floor), drawn(elasticity)
        )
    ready = ready_days(
        project,
        today,
        stratified(
            size,
            np.random.default_rng(
                [seed, crc32((project.get(DRAW_KEY) or draw_key(project)).encode())]
            ),
        ),
    )
    days = np.array([(day - today).days for day in paths.periods], dtype=float)
    p, q = stated_draws("bass_p")[:, None], stated_draws("bass_q")[:, None]
    ratio = stated_draws("reference_class_ratio")
    strength = ratio[:, None] * np.clip(drawn(entry), 0, 1)[:, None]
    # No incumbent can lose more than it has.
    most = (before / np.maximum(before - after[:-1], 1e-12)).min(axis=0)

    def ramp_of(ready: FloatArray) -> FloatArray:
        return np.asarray(bass((days[None, :] - ready[:, None]) / 365.25, p, q))

    def ways_if(ready: FloatArray) -> FloatArray:
        taken = np.minimum(ramp_of(ready) * strength, most[:, None])
        market_now = volume * (1 + taken * (gain[:, None] - 1))
        lost = before[:, :, None] - taken[None] * (before - after[:-1])[:, :, None]
        return np.asarray(
            np.concatenate([lost, (taken * after[-1][:, None])[None]]) * market_now[None]
        )

    ramp = ramp_of(ready)
    open_late = np.flatnonzero(ramp[:, -1] > 0)
    spreads = {
        "market": _sd_log(volume[:, -1]),
        "share": _sd_log(after[-1]),
        "ramp": _sd_log(ramp[open_late, -1]),
        "reference": _sd_log(ratio),
    }
    return EnteredMarket(
        (*names, newcomer),
        ways_if(ready),
        volume,
        before,
        after,
        prices,
        rtts,
        ready,
        spreads,
        tuple(dict.fromkeys(one.assumption_id for one in used)),
        ways_if,
    )


def _sd_log(values: FloatArray) -> float:
    positive = values[values > 0]
    return float(np.log(positive).std()) if positive.size > 1 else 0.0


def _look_alikes(network: Network, newcomer: str, names: list[str]) -> list[int]:
    together = {
        member
        for group in network.risk_groups.values()
        if newcomer in group.segments and group.kind in ("trench", "crossing")
        for member in group.segments
    }
    return [index for index, name in enumerate(names) if name in together]


def _rtt(
    drawn: FloatArray | None,
    network: Network,
    market: str,
    segment: str,
    others: list[str],
    size: int,
) -> FloatArray:
    """The stated round trip, else the floor of the shortest way over that segment and none of the
    others.
    """
    if drawn is not None:
        return drawn
    return np.full(size, shortest_rtt(network, market, segment, frozenset(others) - {segment}))


def shortest_rtt(network: Network, market: str, segment: str, without: frozenset[str]) -> float:
    """Least round trip between the ends of the market's routes over a segment, in ms; the shortest
    over its routes.
    """
    import networkx as nx

    graph = nx.Graph()
    for line in network.segments.values():
        if (
            line.segment_id not in without
            and line.segment_id != segment
            and line.length_km is not None
        ):
            known = graph.get_edge_data(line.a_node, line.z_node)
            if known is None or known["km"] > line.length_km:
                graph.add_edge(line.a_node, line.z_node, km=line.length_km)
    over = network.segments[segment]
    graph.add_nodes_from((over.a_node, over.z_node))
    best = np.inf
    for route in network.routes.values():
        if route.market != market or route.a_node not in graph or route.z_node not in graph:
            continue
        start, end = (
            nx.single_source_dijkstra_path_length(graph, node, weight="km")
            for node in (route.a_node, route.z_node)
        )
        for one, two in ((over.a_node, over.z_node), (over.z_node, over.a_node)):
            best = min(
                best, start.get(one, np.inf) + (over.length_km or 0.0) + end.get(two, np.inf)
            )
    # A way that can't be found on the map is as long as anything: it then loses by its round
    # trip, and that is seen.
    return float(best if np.isfinite(best) else 20_000.0) / 1000 * FIBRE_RTT_MS_PER_1000KM


def _quantile(values: FloatArray, level: float) -> float:
    return float(np.quantile(values, level, method="inverted_cdf"))


def _share_rows(made: EnteredMarket, project_id: str, market: str) -> list[dict[str, Any]]:
    rows = []
    for index, name in enumerate(made.alternatives):
        is_new = index == len(made.alternatives) - 1
        before = np.zeros_like(made.after[index]) if is_new else made.before[index]
        lost = (
            np.zeros_like(before)
            if is_new
            else before * made.market_gbps[:, -1] - made.ways_gbps[index, :, -1]
        )
        rows.append(
            {
                "project_id": project_id,
                "market": market,
                "alternative_id": name,
                "is_new": is_new,
                "price_usd_per_mbps_month": float(np.median(made.prices[index])),
                "rtt_ms": float(np.median(made.rtts_ms[index])),
                "share_before_ratio": float(before.mean()),
                "share_after_ratio": float(made.after[index].mean()),
                **{f"lost_p{level}_gbps": _quantile(lost, level / 100) for level in (10, 50, 90)},
            }
        )
    return rows


def _quantiles(made: EnteredMarket, paths: Paths, project_id: str, market: str) -> pl.DataFrame:
    ways = np.concatenate([made.ways_gbps, made.ways_gbps.sum(axis=0)[None]])
    values = np.quantile(ways, QUANTILE_LEVELS, axis=1, method="inverted_cdf")
    levels, count, horizon = values.shape
    return pl.DataFrame(
        {
            "project_id": project_id,
            "market": market,
            "alternative_id": np.tile(np.repeat([*made.alternatives, "total"], horizon), levels),
            "target_start": np.tile(np.array(paths.periods, dtype="datetime64[D]"), levels * count),
            "quantile_level": np.repeat(QUANTILE_LEVELS, count * horizon),
            "value_gbps": values.ravel(),
        }
    )
