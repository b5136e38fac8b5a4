"""What a planned build saves, against two whole plans made apart."""

from datetime import date

import polars as pl
import pytest

from forecasting.builds import build_frame
from forecasting.changes import PlanInputs
from forecasting.plan import plan
from forecasting.spec import PlanningPolicy
from tests.forecasting.planning_worlds import assumptions, capacity, growing, no_coincidence, ring
from tests.forecasting.test_plan import TODAY
from warehouse.network import Network

STATED = (
    ("P100", "module_price", "module:100", 60_000, 60_000, 60_000, "USD"), ("E", "price_erosion", "all", 0.1, 0.1, 0.1, "ratio/year"),
    ("L", "lead_time", "all", 0, 0, 0, "month"),
)  # fmt: skip
PRICE = ("KM", "segment_price", "project:P", 1000, 1000, 1000, "USD/km")


def world(*stated, built: bool = True, ready=date(2025, 6, 1)):
    """The ring with a planned diagonal AC, which takes the route A-C once it is there."""
    frames = ring()
    line = pl.DataFrame({"segment_id": ["AC"], "a_node": ["A"], "z_node": ["C"], "length_km": [50.0], "status": ["planned"]})  # fmt: skip
    frames["segment"] = pl.concat([frames["segment"].with_columns(length_km=pl.lit(100.0), status=pl.lit("in_service")), line])  # fmt: skip
    way = pl.DataFrame({"route_id": ["A-C"], "rank": [1], "seq": [1], "segment_id": ["AC"]})
    others = frames["route_path"].with_columns(rank=pl.when(pl.col("route_id") == "A-C").then(pl.col("rank") + 1).otherwise(pl.col("rank")))  # fmt: skip
    frames["route_path"] = pl.concat([way, others.select(way.columns)], how="vertical_relaxed")
    network = Network.from_frames(frames)
    project = pl.DataFrame(
        [("P", "diagonal", "AC", "planned", ready, ready, ready, True)] if built else [],
        schema=["project_id", "name", "segment_id", "status", "ready_low", "ready_likely", "ready_high", "assumed"] if built else None, orient="row",
    )  # fmt: skip
    lit = pl.concat([frames["capacity"], capacity(AC=400)])
    return PlanInputs(growing(network, level=30, horizon=12, draws=100), network, lit, no_coincidence(), assumptions(*STATED, *stated), project)  # fmt: skip


def found(inputs: PlanInputs) -> dict:
    return build_frame(inputs, PlanningPolicy(), today=TODAY, workers=1).row(0, named=True)


def upgrades(inputs: PlanInputs, projects: pl.DataFrame) -> float:
    made = plan(
        inputs.paths, inputs.network, capacity=inputs.capacity, coincidence=inputs.coincidence, assumptions=inputs.assumptions, projects=projects,
        policy=PlanningPolicy(), today=TODAY, workers=1,
    )  # fmt: skip
    return float(made.upgrade["present_value_usd"].sum())


def test_the_saving_is_the_difference_of_two_whole_plans():
    inputs = world(PRICE)
    row = found(inputs)
    saved = upgrades(inputs, inputs.projects.clear()) - upgrades(inputs, inputs.projects)
    assert saved > 0
    assert row["saved_usd"] == pytest.approx(saved)
    days = (date(2025, 6, 1) - TODAY).days
    assert row["build_cost_usd"] == pytest.approx(50_000 / 1.12 ** (days / 365.25))
    assert row["net_usd"] == pytest.approx(saved - row["build_cost_usd"])
    assert row["lost_without_gbps"] >= row["lost_with_gbps"]
    assert ("pays by that alone" in row["reason"]) == (row["net_usd"] > 0)


def test_a_build_that_comes_later_saves_no_more():
    early, late = (found(world(PRICE, ready=day)) for day in (date(2025, 2, 1), date(2025, 11, 1)))
    assert late["saved_usd"] <= early["saved_usd"]
    assert late["build_cost_usd"] < early["build_cost_usd"]


def test_a_build_without_a_price_has_no_net():
    row = found(world())
    assert row["build_cost_usd"] is None
    assert row["net_usd"] is None
    assert "No assumption states its price" in row["reason"]


def test_no_build_no_row():
    inputs = world(PRICE)
    none = PlanInputs(inputs.paths, inputs.network, inputs.capacity, inputs.coincidence, inputs.assumptions, inputs.projects.clear())  # fmt: skip
    assert build_frame(none, PlanningPolicy(), today=TODAY, workers=1).is_empty()
