"""The chain behind a segment's dates."""

from datetime import date

import polars as pl
import pytest

from flows.steps.sentences import frames_with_sentences, sentence
from forecasting.capacity.plan import plan
from forecasting.review.explain import explain
from forecasting.spec import PlanningPolicy
from tests.forecasting.capacity.test_ledger import LEAD, MONEY
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import assumptions, growing, no_projects, ring
from warehouse.errors import NetworkError
from warehouse.network.model import Network
from warehouse.schema import COINCIDENCE


@pytest.fixture(scope="module")
def world():
    frames = ring()
    network = Network.from_frames(frames)
    draws = growing(network, level=25)
    coincidence = pl.DataFrame(
        {"combination_id": ["A-B:out+A-C:out"], "kappa": [0.9], "kappa_sd": [0.0], "months": [24]}
    )
    stated = assumptions(LEAD, *MONEY)
    made = plan(
        draws,
        network,
        capacity=frames["capacity"],
        coincidence=pl.concat([COINCIDENCE.empty(), coincidence]),
        assumptions=stated,
        projects=no_projects(),
        policy=PlanningPolicy(),
        today=TODAY,
    )
    traffic = draws.keys.with_columns(
        grain=pl.lit("month"),
        period_start=pl.date(2024, 12, 1),
        value_gbps=pl.lit(25.0),
        coverage_ratio=pl.lit(0.99),
        slot_minutes=pl.lit(5),
        simulated=pl.lit(True),
    )
    return network, {
        **frames_with_sentences(made.frames()),
        "coincidence": coincidence,
        "assumption": stated,
        "traffic_period": traffic,
        "forecast_quantile": draws.quantiles(),
    }


def test_the_chain_is_whole(world):
    network, frames = world
    found = explain("AB", frames, network)
    assert [step.title for step in found.steps] == [
        "samples",
        "forecast",
        "paths",
        "coincidence",
        "loads",
        "dates",
        "order",
        "assumptions",
    ]
    steps = {step.title: step for step in found.steps}
    assert all(step.table.height for step in found.steps)
    assert "Simulated." in sentence(steps["samples"].reason)
    assert set(steps["paths"].table.filter(state="none")["route_id"]) == {"A-B", "A-C"}
    assert steps["coincidence"].table.filter(state="none", direction="az")["kappa"].to_list() == [
        0.9
    ]
    assert "never measured together" in sentence(steps["coincidence"].reason)
    assert (
        sentence(steps["order"].reason) == frames["order_plan"].filter(segment_id="AB")["reason"][0]
    )


def test_every_assumption_is_named(world):
    network, frames = world
    ids = explain("AB", frames, network).assumption_ids()
    assert {"LEAD", "P", "E", "R", "demand"} <= set(ids)


def test_the_load_uses_the_measured_coincidence(world):
    _, frames = world
    base = (
        frames["segment_load"]
        .filter(segment_id="AB", direction="az", failure_id="none", quantile_level=0.5)
        .sort("target_start")["load_gbps"]
    )
    # Two routes of about 25 Gbit/s, whose peaks coincide by 0.9.
    assert base[0] == pytest.approx(0.9 * 51, rel=0.03)


def test_an_unknown_segment_is_told_with_its_neighbours(world):
    network, frames = world
    with pytest.raises(NetworkError, match="is unknown"):
        explain("XY", frames, network)


def test_absent_frames_leave_their_step_empty(world):
    network, _ = world
    found = explain("AB", {}, network)
    assert sentence(found.steps[0].reason) == "No measured traffic was given."
    assert found.assumption_ids() == ()


def test_what_moved_its_dates_and_what_was_registered_of_it(world):
    network, frames = world
    assert {step.title for step in explain("AB", frames, network).steps} & {
        "changes",
        "registered",
    } == set()
    seq = pl.Series([1, 2, 3, 4])
    moved = pl.DataFrame(
        {
            "series_kind": "segment",
            "series_id": "AB",
            "direction": "both",
            "measure": "order_by_days",
            "unit": "day",
            "step_seq": seq,
            "step": ["history_revised", "new_observations", "model", "assumptions"],
            "date_before": date(2027, 1, 1),
            "date_after": date(2027, 1, 1),
            "change": [-2.0, 9.0, 0.0, 0.0],
            "earlier_run_id": "2026-09-a",
        }
    )
    score = pl.DataFrame(
        {
            "project_id": ["P", "Q"],
            "market": "KZ-DE",
            "registered_on": date(2026, 1, 1),
            "judged_on": date(2027, 1, 1),
            "p10_gbps": 1.0,
            "p50_gbps": 2.0,
            "p90_gbps": 3.0,
            "months_seen": 1,
            "last_gbps": 2.0,
            "updated_p50_gbps": 2.0,
            "verdict": "open",
            "reason": "why",
        }
    )
    project = pl.DataFrame({"project_id": ["P"], "segment_id": ["AB"]})
    story = explain(
        "AB",
        {**frames, "revision_part": moved, "new_route_score": score, "project": project},
        network,
    )
    steps = {step.title: step for step in story.steps}
    assert "+7 days (history revised -2, new observations +9)" in sentence(steps["changes"].reason)
    assert "1 registered forecast of" in sentence(steps["registered"].reason)
    assert steps["registered"].table.height == 1


def test_what_holidays_and_surges_do_to_its_routes(world):
    network, frames = world
    key = {
        "series_kind": "route",
        "direction": "out",
        "statistic": "p95",
        "grain": "month",
        "error_log": 0.02,
        "decay_ratio": None,
    }
    effects = pl.DataFrame(
        [
            {
                **key,
                "series_id": "A-B",
                "effect": "ramadan",
                "kind": "calendar",
                "measured_log": -0.1,
                "used_log": -0.08,
                "verdict": "used",
            },
            {
                **key,
                "series_id": "A-B",
                "effect": "nowruz",
                "kind": "calendar",
                "measured_log": 0.01,
                "used_log": 0.0,
                "verdict": "noise explains it",
            },
            {
                **key,
                "series_id": "elsewhere",
                "effect": "new_year",
                "kind": "calendar",
                "measured_log": 0.1,
                "used_log": 0.1,
                "verdict": "used",
            },
        ]
    )
    story = explain("AB", {**frames, "forecast_effect": effects}, network)
    steps = {step.title: step for step in story.steps}
    assert (
        sentence(steps["effects"].reason)
        == "Taken out of the past and put back ahead, in logs: ramadan."
    )
    assert steps["effects"].table["used_log"].to_list() == [-0.08]
