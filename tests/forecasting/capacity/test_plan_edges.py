"""A plan of odd inputs: weeks, one period, nothing carried, nothing lit, everything lost."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import sentence
from forecasting.assumptions import Assumptions
from forecasting.capacity.plan import plan
from forecasting.capacity.readiness import DRAW_KEY, draw_key, slipped
from forecasting.spec import PlanningPolicy
from tests.forecasting.capacity.test_availability import CUTS
from tests.forecasting.capacity.test_ledger import LEAD, MONEY
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import (
    assumptions,
    capacity,
    growing,
    no_coincidence,
    no_projects,
    one_line,
    paths,
    ring,
)
from warehouse.errors import PlanError
from warehouse.network.model import Network
from warehouse.schema import FRAMES, check


def make(draws, frames, **changes):
    arguments = {
        "capacity": frames["capacity"],
        "coincidence": no_coincidence(),
        "assumptions": assumptions(LEAD, *MONEY, *CUTS),
        "projects": no_projects(),
        "policy": PlanningPolicy(),
        "today": TODAY,
    }
    made = plan(draws, Network.from_frames(frames), **{**arguments, **changes})
    for name, frame in made.frames().items():
        assert check(frame, FRAMES[name]).equals(frame), name
    return made


def weekly():
    rng = np.random.default_rng(2)
    walk = 25 * np.exp(rng.normal(0.006, 0.03, (300, 52)).cumsum(axis=1))
    return paths(
        {
            (route, "out"): walk * (1 + number / 10)
            for number, route in enumerate(("A-B", "A-C", "B-C"))
        },
        start=date(2024, 12, 2),
        grain="week",
    )


def test_weeks_from_loads_to_money():
    made = make(weekly(), ring())
    assert made.order_plan.filter(pl.col("order_by").is_not_null()).height
    assert made.upgrade.height
    assert made.money_figure.height
    assert made.segment_risk["target_start"].n_unique() == 6
    lead = made.order_plan.drop_nulls("order_by").with_columns(
        ahead=(pl.col("ready_by") - pl.col("order_by")).dt.total_days()
    )
    # The lead time is 2 to 8 months, whatever the periods are.
    assert lead["ahead"].is_between(60, 300).all()


def test_one_period():
    made = make(growing(Network.from_frames(ring()), horizon=1), ring())
    assert made.runout.height
    assert made.runout["last_target"].unique().to_list() == [date(2025, 1, 1)]


def test_nothing_is_carried():
    made = make(paths({("R", "out"): np.zeros((20, 12))}), one_line())
    assert made.runout.height == 0
    assert made.order_plan.height == 0
    assert made.segment_load.height == 0


def test_nothing_is_lit():
    made = make(paths({("R", "out"): np.full((20, 12), 5.0)}), one_line(0.0))
    row = made.runout.row(
        by_predicate=(pl.col("direction") == "az") & (pl.col("date_kind") == "hard"), named=True
    )
    assert row["t10"] == date(2025, 1, 1)
    assert made.segment_load["utilization_ratio"].null_count() == made.segment_load.height
    assert made.order_plan["modules"].sum() >= 1


def test_everything_is_lost_as_long_as_the_only_line_is_not_built():
    frames = one_line()
    frames["segment"] = frames["segment"].with_columns(status=pl.lit("planned"))
    made = make(paths({("R", "out"): np.full((20, 12), 5.0)}), frames)
    assert made.runout.height == 0
    lost = made.lost_traffic.filter(failure_id="none")
    assert lost["lost_p50_gbps"].unique().to_list() == [5.0]
    assert ("never_built", "S") in made.plan_note.select("topic", "subject").rows()


def test_a_route_without_a_forecast_is_told():
    made = make(paths({("A-B", "out"): np.full((20, 12), 5.0)}), ring())
    absent = set(made.plan_note.filter(topic="no_forecast")["subject"])
    assert absent == {"A-B:in", "A-C:in", "A-C:out", "B-C:in", "B-C:out"}


def test_a_segment_without_capacity_is_told_and_left_out():
    made = make(
        growing(Network.from_frames(ring())), ring(), capacity=capacity(AB=100, BC=100, CD=100)
    )
    assert "DA" not in set(made.runout["segment_id"])
    assert ("no_capacity", "DA") in made.plan_note.select("topic", "subject").rows()


def test_no_route_of_the_network_is_told():
    with pytest.raises(PlanError, match="there is no route to plan for"):
        make(paths({("X", "out"): np.full((20, 12), 5.0)}), one_line())


def test_capacity_that_grows_puts_the_order_off():
    draws = paths({("R", "out"): np.tile(np.linspace(40, 100, 36), (20, 1))})
    now = make(draws, one_line(60.0))
    step = capacity(S=120.0).with_columns(valid_from=pl.lit(date(2025, 6, 1)))
    later = make(draws, one_line(60.0), capacity=pl.concat([capacity(S=60.0), step]))
    assert (
        later.order_plan["order_by"][0] is None
        or later.order_plan["order_by"][0] > now.order_plan["order_by"][0]
    )


def test_the_latest_statement_of_capacity_holds():
    corrected = capacity(S=1000.0).with_columns(
        known_at=pl.lit("2021-01-01").str.to_datetime(time_unit="us", time_zone="UTC")
    )
    draws = paths({("R", "out"): np.full((20, 12), 90.0)})
    made = make(draws, one_line(), capacity=pl.concat([capacity(S=100.0), corrected]))
    assert made.runout["probability_by_last"].max() == 0


def test_an_announced_date_slips_as_the_record_says():
    rows = [
        ("ONE", date(2026, 12, 31), date(2026, 12, 31), date(2026, 12, 31)),
        ("RANGE", date(2026, 6, 30), date(2026, 12, 31), date(2028, 12, 31)),
    ]
    project = pl.DataFrame(
        [(name, name, "AB", "planned", *days, True) for name, *days in rows],
        schema=[
            "project_id",
            "name",
            "segment_id",
            "status",
            "ready_low",
            "ready_likely",
            "ready_high",
            "assumed",
        ],
        orient="row",
    )
    stated = Assumptions.from_frame(assumptions(("SLIP", "schedule_slip", "all", 0, 1, 3, "year")))
    found, notes = slipped(project, stated)
    one, whole = found.sort("project_id").rows(named=True)
    assert (one["ready_low"], one["ready_likely"], one["ready_high"]) == (
        date(2026, 12, 31),
        date(2027, 12, 31),
        date(2029, 12, 31),
    )
    assert (whole["ready_low"], whole["ready_likely"], whole["ready_high"]) == rows[1][1:]
    assert [note[:2] for note in notes] == [("schedule_slip", "ONE")]
    assert "0 to 36 months (assumption SLIP)" in sentence(notes[0].reason)
    # The draws are those of the stated date, so a story that moves it stays comparable.
    assert one[DRAW_KEY] == draw_key(
        dict(zip(("ready_low", "ready_likely", "ready_high"), rows[0][1:], strict=True))
    )
    assert slipped(project, Assumptions(()))[1] == []
