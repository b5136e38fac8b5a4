"""The ledger of assumptions and the sums of money of a plan."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import sentence, with_sentences
from forecasting.capacity.ledger import most_important
from forecasting.capacity.plan import plan
from forecasting.spec import PlanningPolicy
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import (
    assumptions,
    capacity,
    growing,
    no_coincidence,
    no_projects,
    one_line,
    paths,
)
from warehouse.network.model import Network
from warehouse.reasons import reason_of
from warehouse.schema import PROJECT

LEAD = ("LEAD", "lead_time", "all", 2, 4, 8, "month")
MONEY = (
    ("P", "module_price", "module:100", 50_000, 60_000, 72_000, "USD"),
    ("E", "price_erosion", "all", 0.1, 0.15, 0.2, "ratio/year"),
    ("R", "transit_revenue", "all", 2, 2.5, 3, "USD/Mbps/month"),
    ("IRU", "iru_price", "module:100", 600_000, 600_000, 600_000, "USD"),
    ("OM", "om_ratio", "all", 0.03, 0.03, 0.03, "ratio/year"),
    ("T", "iru_term", "all", 15, 15, 15, "year"),
    ("LS", "lease_price", "module:100", 9000, 9000, 9000, "USD/month"),
    ("D", "discount_rate", "all", 0.12, 0.12, 0.12, "ratio/year"),
)


def make(draws, frames, *stated, projects=None, policy=None):
    return plan(
        draws,
        Network.from_frames(frames),
        capacity=frames["capacity"],
        coincidence=no_coincidence(),
        assumptions=assumptions(*stated),
        projects=no_projects() if projects is None else projects,
        policy=policy or PlanningPolicy(),
        today=TODAY,
    )


def busy():
    frames = one_line(60.0)
    return growing(Network.from_frames(frames), draws=400, level=25), frames


def test_one_at_a_time_is_a_plan_made_with_that_value():
    draws, frames = busy()
    base = make(draws, frames, LEAD)
    row = base.assumption_effect.row(by_predicate=pl.col("assumption_id") == "LEAD", named=True)
    for column, value in (("order_by_low", 2), ("order_by_high", 8)):
        other = make(draws, frames, ("LEAD", "lead_time", "all", value, value, value, "month"))
        assert row[column] == other.order_plan["order_by"][0]
    assert row["order_by_base"] == base.order_plan["order_by"][0]
    assert row["order_by_low"] > row["order_by_base"] > row["order_by_high"]


def test_variance_shares_of_independent_causes_add_up():
    draws, frames = busy()
    shares = make(draws, frames, LEAD).assumption_effect.drop_nulls("variance_share_ratio")[
        "variance_share_ratio"
    ]
    assert shares.sum() == pytest.approx(1)
    certain = make(draws, frames, ("LEAD", "lead_time", "all", 4, 4, 4, "month")).assumption_effect
    assert certain.row(by_predicate=pl.col("assumption_id") == "demand", named=True)[
        "variance_share_ratio"
    ] == pytest.approx(1)


def build(low, likely, high):
    row = ("P", "new line", "новая линия", "NEW", "planned", low, likely, high, True, None, "BG")
    return pl.DataFrame(
        [row], schema={name: column.dtype for name, column in PROJECT.columns.items()}, orient="row"
    )


def test_a_build_that_decides_everything_comes_first():
    # The third line carries the route only while the first is out and the second not yet built.
    names = ["FIRST", "NEW", "THIRD"]
    frames = {
        "segment": pl.DataFrame(
            {
                "segment_id": names,
                "a_node": ["A"] * 3,
                "z_node": ["Z"] * 3,
                "status": ["in_service", "planned", "in_service"],
            }
        ),
        "route": pl.DataFrame({"route_id": ["R"], "a_node": ["A"], "z_node": ["Z"]}),
        "route_path": pl.DataFrame(
            {"route_id": ["R"] * 3, "rank": [1, 2, 3], "seq": [1] * 3, "segment_id": names}
        ),
        "capacity": capacity(FIRST=1000, NEW=1000, THIRD=100),
    }
    draws = paths({("R", "out"): np.tile(np.linspace(50, 110, 36), (400, 1))})
    lead = ("LEAD", "lead_time", "all", 1, 1, 1, "month")
    project = build(date(2025, 2, 1), date(2026, 6, 1), date(2027, 12, 1))
    made = make(draws, frames, lead, projects=project, policy=PlanningPolicy(risk_alpha_ratio=0.2))
    effects = made.assumption_effect.filter(segment_id="THIRD").sort("effect_rank")
    assert effects["assumption_id"][0] == "project:P"
    assert effects["order_by_low"][0] is None, "with an early build nothing need be ordered"
    assert effects["variance_share_ratio"][0] > 0.5
    third = made.runout.filter(segment_id="THIRD", direction="az", date_kind="policy")
    assert third["failure_id"][0] == "segment:FIRST"
    late = (made.runout.filter(segment_id="THIRD", direction="az")["probability_by_last"]).to_list()
    assert late[0] == 0, "with nothing failed it carries nothing"
    assert 0.3 < late[1] < 0.7
    assert "FIRST" not in made.assumption_effect["segment_id"].to_list()


def test_figures_are_the_worked_examples_where_nothing_is_spread():
    draws, frames = busy()
    rows = {
        (row["subject"], row["item"]): row
        for row in make(draws, frames, LEAD, *MONEY).money_figure.iter_rows(named=True)
    }
    assert rows["module:100", "iru_present_value"]["likely_value"] == pytest.approx(722595.56081037)
    assert rows["module:100", "break_even_erosion"]["low_value"] == pytest.approx(0.0037, abs=1e-3)
    cost = rows["order:S/1", "cost"]
    assert (cost["low_value"], cost["likely_value"], cost["high_value"]) == pytest.approx(
        (50_000, 60_000, 72_000), rel=0.01
    )
    assert sentence(reason_of(cost, "basis")) == "nominal USD, prices as stated on 1 January 2020"
    saved = rows["order:S/1", "deferral_value"]
    assert saved["likely_value"] == pytest.approx(60_000 * 0.2410714, rel=0.02)
    lost, waiting = rows["order:S/1", "revenue_at_risk"], rows["order:S/1", "cost_of_waiting"]
    assert waiting["likely_value"] == pytest.approx(
        lost["likely_value"] - saved["likely_value"], rel=0.05
    )


@pytest.mark.parametrize(
    ("dropped", "item", "note"),
    [
        ("P", "cost", "no assumption named module_price"),
        ("E", "deferral_value", "no assumption named price_erosion"),
        ("R", "revenue_at_risk", "no assumption states what carried traffic earns"),
        ("LS", "lease_present_value", "no assumption named lease_price"),
        ("OM", "iru_present_value", "no assumption named om_ratio"),
    ],
)
def test_a_missing_assumption_leaves_its_figure_out_and_is_named(dropped, item, note):
    draws, frames = busy()
    made = make(draws, frames, LEAD, *(row for row in MONEY if row[0] != dropped))
    assert item not in made.money_figure["item"].to_list()
    assert any(note in text for text in with_sentences(made.plan_note)["note"])


def test_the_risk_that_the_costs_imply_is_told():
    draws, frames = busy()
    made = make(
        draws,
        frames,
        LEAD,
        ("CE", "cost_early", "all", 10_000, 20_000, 30_000, "USD"),
        ("CL", "cost_late", "all", 60_000, 120_000, 240_000, "USD"),
    )
    assert (
        "an accepted risk of 14.3% costs least; the plan uses 20%"
        in with_sentences(made.plan_note.filter(topic="risk_from_costs"))["note"][0]
    )
    assert "CL" in made.assumption_effect["assumption_id"].to_list()


def test_what_matters_most_over_all_segments():
    draws, frames = busy()
    made = make(
        draws,
        frames,
        LEAD,
        ("CE", "cost_early", "all", 10_000, 20_000, 30_000, "USD"),
        ("CL", "cost_late", "all", 110_000, 120_000, 130_000, "USD"),
    )
    most = most_important(made.assumption_effect)
    assert most.height == 3
    assert most["mean_swing_days"].is_sorted(descending=True)
    assert most["assumption_id"][2] == "CL"


def test_a_line_to_be_built_has_its_cost():
    frames = one_line(60.0)
    frames["segment"] = pl.DataFrame(
        {
            "segment_id": ["S", "NEW"],
            "a_node": ["A", "A"],
            "z_node": ["Z", "Z"],
            "length_km": [100.0, 200.0],
            "status": ["in_service", "planned"],
        }
    )
    project = build(date(2026, 1, 1), date(2026, 6, 1), date(2027, 1, 1))
    prices = (
        ("F", "segment_price", "all", 10_000, 16_000, 25_000, "USD/km"),
        ("G", "segment_price", "project:P", 100, 100, 100, "USD/km"),
    )
    made = make(growing(Network.from_frames(frames)), frames, LEAD, *prices, projects=project)
    figure = made.money_figure.filter(item="build_cost").row(0, named=True)
    assert (figure["subject"], figure["likely_value"], figure["assumption_ids"]) == (
        "segment:NEW",
        20_000,
        "G",
    )


def test_what_is_unserved_counts_above_the_orders_before():
    frames = one_line(60.0)
    draws = paths({("R", "out"): np.tile(np.linspace(40, 300, 36), (10, 1))})
    made = make(draws, frames, LEAD, *MONEY)
    rows = made.money_figure.filter(item="revenue_at_risk").sort("subject")
    assert rows.height == made.order_plan.height > 1
    load = np.linspace(40, 300, 36)
    for order in made.order_plan.iter_rows(named=True):
        before = 100 * sum(
            made.order_plan.filter(pl.col("order_seq") < order["order_seq"])["modules"]
        )
        first = (order["ready_by"].year - 2025) * 12 + order["ready_by"].month - 1
        excess = np.clip(load[first : first + 12] - 60 - before, 0, 100 * order["modules"]).sum()
        row = rows.filter(subject=f"order:S/{order['order_seq']}")
        assert row["likely_value"][0] == pytest.approx(excess * 2500, rel=0.01)
    value = made.money_figure.filter(item="net_present_value", subject="order:S/1").row(
        0, named=True
    )
    first = (
        (made.order_plan["ready_by"][0].year - 2025) * 12 + made.order_plan["ready_by"][0].month - 1
    )
    years = np.array([(day - TODAY).days / 365.25 for day in draws.periods[first:]])
    earned = (
        np.clip(load[first:] - 60, 0, 100 * made.order_plan["modules"][0]) * 2500 / 1.12**years
    ).sum()
    assert value["likely_value"] == pytest.approx(
        earned - 60_000 * made.order_plan["modules"][0] * (0.85 / 1.12) ** years[0], rel=0.02
    )
    assert value["low_value"] < value["likely_value"] < value["high_value"]
