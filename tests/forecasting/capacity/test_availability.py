"""Congested hours, lost traffic and availability, against counted and exact values."""

from itertools import product

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import with_sentences
from forecasting.assumptions import Assumptions
from forecasting.capacity.availability import failure_hours, route_unavailability, unavailability
from forecasting.capacity.plan import plan
from forecasting.spec import PlanningPolicy
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import assumptions, no_coincidence, no_projects, paths, ring
from warehouse.network.model import Network

CUTS = (
    ("CUT", "cut_rate", "all", 1, 2, 4, "1/year"),
    ("FIX", "repair_time", "all", 24, 24, 24, "h"),
)


def world(draws, *stated, frames=None):
    frames = frames or ring()
    network = Network.from_frames(frames)
    return plan(
        paths(draws),
        network,
        capacity=frames["capacity"],
        coincidence=no_coincidence(),
        assumptions=assumptions(*stated),
        projects=no_projects(),
        policy=PlanningPolicy(),
        today=TODAY,
    )


def constant(**gbps):
    """Four draws of one period; a tuple gives the draws."""
    return {
        (name.replace("_", "-"), "out"): np.broadcast_to(
            np.asarray(value, dtype=float).reshape(-1, 1), (4, 1)
        )
        for name, value in gbps.items()
    }


def test_two_cuts_of_a_day_and_a_quarter_of_paths_over_make_twelve_hours():
    assert unavailability(2, 24) == pytest.approx(0.00547945)
    # AB out moves A-C to A-D-C: over 100 Gbit/s on one draw of four.
    made = world(constant(A_C=[90, 90, 90, 110], A_B=0, B_C=0), *CUTS)
    row = made.segment_risk.row(
        by_predicate=(pl.col("segment_id") == "DA") & (pl.col("direction") == "za"), named=True
    )
    # Either of AB and BC moves it, so twice twelve hours; both have the same share.
    assert row["congested_hours"] == pytest.approx(24)
    assert row["overload_ratio"] == 0
    assert row["failure_id"] == "segment:AB"


def test_lost_traffic_is_named_by_route_and_failure():
    made = world(constant(A_C=40, A_B=30, B_C=20), *CUTS)
    rows = made.lost_traffic.select("route_id", "failure_id", "lost_p50_gbps").rows()
    assert rows == [("A-B", "risk_group:yard", 30.0), ("A-C", "risk_group:yard", 40.0)]
    assert made.lost_traffic["hours_per_year"].null_count() == 2, (
        "no rate is stated for the trench itself"
    )
    stated = world(
        constant(A_C=40, A_B=30, B_C=20),
        *CUTS,
        ("YARD", "cut_rate", "risk_group:yard", 1, 1, 1, "1/year"),
    )
    assert stated.lost_traffic["hours_per_year"].to_list() == [24, 24]
    risk = {row["route_id"]: row for row in stated.route_risk.iter_rows(named=True)}
    assert risk["A-B"]["lost_tb_year"] == pytest.approx(30 * 24 * 0.45)
    assert risk["A-B"]["failure_id"] == "risk_group:yard"


def test_availability_equals_the_sum_over_all_states():
    network = Network.from_frames(ring())
    hours, notes = failure_hours(
        network,
        Assumptions.from_frame(
            assumptions(*CUTS, ("YARD", "cut_rate", "risk_group:yard", 9, 9, 9, "1/year"))
        ),
    )
    assert not notes
    events = [
        (failure.segments, hours[failure.failure_id] / 8760)
        for failure in network.failures()
        if failure.failure_id in hours
    ]
    for route in network.routes.values():
        down = 0.0
        for state in product((False, True), repeat=len(events)):
            chance = np.prod(
                [share if out else 1 - share for out, (_, share) in zip(state, events, strict=True)]
            )
            lines = frozenset().union(
                *(segments for out, (segments, _) in zip(state, events, strict=True) if out)
            )
            down += 0 if route.carried_by(lines) else chance
        assert route_unavailability(network, route, hours)[0] == pytest.approx(down)


def test_rates_are_never_taken_for_granted():
    made = world(constant(A_C=40, A_B=30, B_C=20))
    assert made.segment_risk["congested_hours"].null_count() == made.segment_risk.height
    assert made.route_risk["availability_ratio"].null_count() == 3
    assert set(made.plan_note.filter(topic="missing_cut_rate")["subject"]) == {
        "AB",
        "BC",
        "CD",
        "DA",
    }


def test_rates_per_kilometre_need_a_length():
    frames = ring()
    lengths = frames["segment"].with_columns(length_km=pl.Series([500.0, None, 500, 500]))
    network = Network.from_frames({**frames, "segment": lengths})
    stated = Assumptions.from_frame(
        assumptions(("CUT", "cut_rate", "all", 1, 2, 4, "1/1000km/year"), CUTS[1])
    )
    hours, notes = failure_hours(network, stated)
    assert hours["segment:AB"] == pytest.approx(24)
    assert [note[1] for note in notes] == ["BC"]


def test_what_all_paths_share_is_named():
    frames = ring()
    one_way = frames["route_path"].filter((pl.col("route_id") != "A-B") | (pl.col("rank") == 1))
    made = world(constant(A_C=40, A_B=30, B_C=20), *CUTS, frames={**frames, "route_path": one_way})
    notes = dict(with_sentences(made.route_risk).select("route_id", "note").iter_rows())
    assert notes["A-B"] == "All its paths run over AB."
    assert notes["A-C"] is None
