"""A newcomer in a market: the worked example path by path, and that nothing is lost or invented."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import sentence
from forecasting.assumptions import Assumptions
from forecasting.entry.market_entry import enter, market_paths, new_routes, shortest_rtt
from forecasting.series import Paths, add_periods
from tests.forecasting.capacity.test_ledger import build
from tests.forecasting.planning_worlds import assumptions, paths
from warehouse.network.model import Network
from warehouse.reasons import reason_of

TODAY = date(2026, 11, 22)
DRAWS, MONTHS = 200, 48


def network(shared_trench: bool = False) -> Network:
    """Three lines from A to Z: through Russia, over the sea, and the planned one."""
    names = ["NEW", "RU", "SEA"]
    frames = {
        "segment": pl.DataFrame(
            {
                "segment_id": names,
                "a_node": ["A"] * 3,
                "z_node": ["Z"] * 3,
                "length_km": [5000.0, 4600, 5600],
                "status": ["planned", "in_service", "in_service"],
            }
        ),
        "route": pl.DataFrame(
            {"route_id": ["R"], "a_node": ["A"], "z_node": ["Z"], "market": ["KZ-DE"]}
        ),
        "route_path": pl.DataFrame(
            {"route_id": ["R", "R"], "rank": [1, 2], "seq": [1, 1], "segment_id": ["RU", "SEA"]}
        ),
    }
    if shared_trench:
        frames["risk_group"] = pl.DataFrame(
            {"risk_group_id": ["T", "T"], "kind": ["trench"] * 2, "segment_id": ["RU", "NEW"]}
        )
    return Network.from_frames(frames)


def fixed(name, scope, value, unit="", spread=1.0):
    return (f"{name}-{scope}", name, scope, value / spread, value, value * spread, unit)


def stated(spread=1.0, **changes):
    alternative = "alternative:P/"
    values = {
        ("market_entry", "entry:P/KZ-DE"): 1.0,
        ("alternative_price", alternative + "RU"): 3.0,
        ("alternative_price", alternative + "SEA"): 3.5,
        ("alternative_rtt", alternative + "RU"): 45.0,
        ("alternative_rtt", alternative + "SEA"): 55.0,
        ("alternative_share", alternative + "RU"): 0.73105858,
        ("alternative_share", alternative + "SEA"): 0.26894142,
        ("new_route_price", "project:P"): 3.2,
        ("new_route_rtt", "project:P"): 50.0,
        ("logit_price", "all"): 1.0,
        ("logit_rtt", "all"): 0.05,
        ("bass_p", "all"): 0.03,
        ("bass_q", "all"): 0.38,
        ("reference_class_ratio", "all"): 1.0,
    }
    rows = [
        fixed(
            name,
            scope,
            changes.get(name, value),
            spread=spread if name not in ("market_entry", "alternative_share") else 1.0,
        )
        for (name, scope), value in values.items()
    ]
    if "price_elasticity" in changes:
        rows.append(fixed("price_elasticity", "all", changes["price_elasticity"]))
    if "nest_similarity" in changes:
        rows.append(fixed("nest_similarity", "all", changes["nest_similarity"]))
    return assumptions(*rows)


def market(level=200.0, spread=0.0):
    walk = np.random.default_rng(1).normal(0, spread, (DRAWS, MONTHS)).cumsum(axis=1)
    return paths(
        {("R", "in"): level * np.exp(walk), ("R", "out"): np.full((DRAWS, MONTHS), 10.0)},
        start=date(2026, 11, 1),
    )


def entry(frame, net, draws, project=None):
    known = Assumptions.from_frame(frame)
    project = (
        project
        if project is not None
        else build(date(2026, 12, 1), date(2026, 12, 1), date(2026, 12, 1))
    ).to_dicts()[0]
    return enter(
        market_paths(draws, net, "KZ-DE"),
        draws,
        net,
        known,
        known.named("market_entry")[0],
        project,
        "KZ-DE",
        TODAY,
        3,
    )


def test_the_worked_example_on_every_path():
    # A ramp that is over at once, and demand that grows with its composite cost.
    made = entry(stated(bass_q=400.0, price_elasticity=-0.5), network(), market())
    assert made.alternatives == ("RU", "SEA", "NEW")
    assert made.before[:, 0] == pytest.approx([0.73105858, 0.26894142])
    assert made.after[:, 0] == pytest.approx([0.49862688, 0.18343458, 0.31793854], abs=1e-6)
    assert made.ways_gbps[:, :, -1].sum(axis=0) == pytest.approx(208.2325578, abs=1e-3)
    assert made.ways_gbps[2, :, -1] == pytest.approx(66.20515495, abs=1e-3)
    still = entry(stated(bass_q=400.0), network(), market())
    assert still.ways_gbps[:, 0, -1] == pytest.approx(
        [99.72537662, 36.68691582, 63.58770756], abs=1e-3
    )


def test_routes_always_sum_to_the_market_and_none_is_negative():
    for changes in ({}, {"reference_class_ratio": 6.0}, {"nest_similarity": 0.8}):
        made = entry(
            stated(spread=1.4, **changes),
            network(shared_trench=True),
            market(spread=0.05),
            build(date(2026, 12, 31), date(2027, 6, 30), date(2028, 12, 31)),
        )
        assert made.ways_gbps.sum(axis=0) == pytest.approx(made.market_gbps)
        assert made.ways_gbps.min() >= -1e-9


def test_nothing_is_carried_before_it_is_ready():
    made = entry(
        stated(),
        network(),
        market(),
        build(date(2027, 6, 30), date(2027, 12, 31), date(2029, 12, 31)),
    )
    starts = np.array(
        [(add_periods(date(2026, 11, 1), month, "month") - TODAY).days for month in range(MONTHS)]
    )
    closed = made.ready_days[:, None] >= starts[None, :]
    assert (made.ways_gbps[-1][closed] == 0).all()
    assert (made.ways_gbps[-1][~closed] > 0).all()


def test_a_look_alike_loses_more():
    apart, alike = (
        entry(stated(bass_q=400.0, nest_similarity=0.7), network(shared), market())
        for shared in (False, True)
    )
    kept = alike.ways_gbps[:2, 0, -1] / alike.before[:, 0]
    assert kept[0] < kept[1], "the line in the same trench loses the larger part"
    assert alike.ways_gbps[2, 0, -1] < apart.ways_gbps[2, 0, -1], (
        "plain logit over-credits look-alikes"
    )


def test_frames_and_registration():
    made = new_routes(
        market(spread=0.05),
        network(True),
        assumptions=stated(spread=1.3, nest_similarity=0.6),
        projects=build(date(2026, 12, 31), date(2027, 6, 30), date(2028, 12, 31)),
        today=TODAY,
    )
    row = made.new_route_registration.row(0, named=True)
    assert row["p10_gbps"] < row["p50_gbps"] < row["p90_gbps"]
    assert 0.5 < row["ready_probability_ratio"] < 1
    assert row["judged_on"] == date(2029, 6, 1)
    assert "less than" in sentence(reason_of(row, "wrong_if"))
    share = made.new_route_share
    assert share["share_after_ratio"].sum() == pytest.approx(1)
    assert share.filter("is_new")["share_before_ratio"][0] == 0
    assert (share.filter(~pl.col("is_new"))["lost_p50_gbps"] > 0).all()
    assert any(
        note.topic == "new_route_spread" and "reference class" in sentence(note.reason)
        for note in made.notes
    )
    total = made.new_route_quantile.filter(alternative_id="total", quantile_level=0.5).sort(
        "target_start"
    )["value_gbps"]
    assert total[-1] == pytest.approx(np.median(market(spread=0.05).draws_gbps[0, :, -1]), rel=0.02)


def test_same_inputs_same_frames():
    arguments = {
        "assumptions": stated(spread=1.3),
        "projects": build(date(2026, 12, 31), date(2027, 6, 30), date(2028, 12, 31)),
        "today": TODAY,
    }
    one, two = (new_routes(market(spread=0.05), network(), **arguments) for _ in range(2))
    assert one.new_route_quantile.equals(two.new_route_quantile)


@pytest.mark.parametrize(
    ("frame", "part"),
    [
        (stated().filter(pl.col("name") != "bass_p"), "no assumption named bass_p"),
        (stated().filter(pl.col("name") != "alternative_price"), "no alternatives with a price"),
        (
            stated().with_columns(scope=pl.col("scope").str.replace("KZ-DE", "KZ-FR")),
            "market KZ-FR has no forecast",
        ),
        (
            stated().with_columns(scope=pl.col("scope").str.replace("P/KZ-DE", "Q/KZ-DE")),
            "project Q is unknown",
        ),
    ],
)
def test_what_is_missing_is_named(frame, part):
    made = new_routes(
        market(), network(), assumptions=frame, projects=build(*[date(2027, 1, 1)] * 3), today=TODAY
    )
    assert made.new_route_quantile.height == 0
    assert any(part in sentence(note.reason) for note in made.notes)


def test_round_trips_from_the_map():
    assert shortest_rtt(network(), "KZ-DE", "RU", frozenset({"SEA", "NEW"})) == pytest.approx(
        4.6 * 9.79344184
    )


def test_markets_come_before_routes_and_means_before_peaks():
    draws = market()
    keys = pl.concat(
        [
            draws.keys,
            pl.DataFrame(
                {
                    "series_kind": ["market"],
                    "series_id": ["KZ-DE"],
                    "direction": ["in"],
                    "statistic": ["mean"],
                }
            ),
        ]
    )
    both = Paths(
        "month",
        keys,
        draws.periods,
        np.concatenate([draws.draws_gbps, np.full((1, DRAWS, MONTHS), 7.0)]),
    )
    assert market_paths(both, network(), "KZ-DE").max() == 7
    assert market_paths(draws, network(), "KZ-DE").max() == 200
    assert market_paths(draws, network(), "XX") is None
