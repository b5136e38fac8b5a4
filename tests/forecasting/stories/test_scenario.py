"""Stories: read, refused with reasons, applied on the same draws, composed."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.assumptions import Assumptions
from forecasting.capacity.basis import build_basis
from forecasting.capacity.plan import plan
from forecasting.spec import PlanningPolicy
from forecasting.stories.changes import PlanInputs, apply_scenario
from forecasting.stories.scenario import parse_scenario
from forecasting.stories.what_if import compare, dated
from tests.forecasting.capacity.test_ledger import LEAD, MONEY, build
from tests.forecasting.capacity.test_plan import TODAY
from tests.forecasting.planning_worlds import (
    assumptions,
    capacity,
    growing,
    no_coincidence,
    no_projects,
    ring,
    what_if,
)
from warehouse.errors import SettingsError
from warehouse.network.model import Network


def inputs(**changes):
    frames = ring()
    frames["route"] = frames["route"].with_columns(
        market=pl.Series(["KZ-DE", "KZ-DE", "KZ-RU"]), corridor=pl.lit("north")
    )
    network = Network.from_frames(frames)
    made = PlanInputs(
        growing(network, level=25),
        network,
        frames["capacity"],
        no_coincidence(),
        assumptions(LEAD),
        no_projects(),
    )
    return PlanInputs(**{**vars(made), **changes})


def story(text):
    return parse_scenario(f'id = "s"\n{text}', "s.toml")


def effect(text, given=None):
    return what_if(given or inputs(), [story(text)], policy=PlanningPolicy(), today=TODAY).effect


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("id = ", "s.toml is no TOML"),
        ("", "changes nothing"),
        ("[[groth]]\nyearly_ratio = 0.1", "groth: is unknown; a scenario has id, title"),
        ("[growth]\nyearly_ratio = 0.1", r"must be written as \[\[growth\]\]"),
        ('[[growth]]\nyearly_ratio = "10 %"', "yearly_ratio is '10 %', must be a number"),
        ("[[growth]]\nyearly_ratio = true", "yearly_ratio is True, must be a number"),
        ("[[growth]]\nyearly_ratio = -1.5", "must lie above -1"),
        ("[[growth]]\nyearly_ratio = 0.1\nfrom = 2027-01-01T00:00:00", "must be a date like"),
        (
            '[[growth]]\nmarket = "KZ-DE"\nroute = "A-B"\nyearly_ratio = 0.1',
            "names market and route; only one can be meant",
        ),
        ('[[customer]]\nroute = "A-B"\ngbps = 8', "from is missing"),
        (
            '[[customer]]\nroute = "A-B"\ngbps = 8\nfrom = 2027-03-01\ndirection = "up"',
            "direction is up, must be in, out or both",
        ),
        ("[[cut]]\nfrom = 2027-03-01", "says none of segment, risk_group, node"),
        ('[[cut]]\nsegment = "AB"\nfrom = 2027-03-01\nuntil = 2027-02-01', "is not after from"),
        (
            '[[segment]]\nsegment = "AB"\ndelay_months = 6\nnever = true',
            "names delay_months and never",
        ),
        ('[[assumption]]\nid = "P"\nfactor = 2\nvalue = 3', "say either factor or value"),
        (
            '[[capacity]]\nsegment = "AB"\nlit_gbps = -5\nfrom = 2027-03-01',
            "lit_gbps is -5, must lie in 0 to",
        ),
        (
            'title = 5\n[[cap]]\nroute = "A-B"\nlift_ratio = 0.1\nfrom = 2027-03-01',
            "title: must be text",
        ),
    ],
)
def test_a_story_that_can_not_be_used_says_why(text, message):
    with pytest.raises(SettingsError, match=message):
        parse_scenario(text, "s.toml")


def test_all_that_a_story_names_wrongly_is_told_at_once():
    text = (
        '[[customer]]\nroute = "X"\ngbps = 8\nfrom = 2027-03-01\n[[cut]]\nsegment = "Y"\nfrom '
        '= 2027-03-01\n[[risk_group]]\nid = "R"\nsegments = ["AB", "Z"]\n[[assumption]]\nid = '
        '"Q"\nfactor = 2\n[[segment]]\nsegment = "AB"\ndelay_months = 2'
    )
    with pytest.raises(SettingsError) as caught:
        apply_scenario(story(text), inputs())
    for part in (
        "route X is unknown",
        "segment Y is unknown",
        "segment Z is unknown",
        "assumption Q is unknown",
        "has no project whose date could move",
    ):
        assert part in str(caught.value)


def test_a_story_that_changes_nothing_shows_no_difference_at_all():
    found = effect("[[growth]]\nyearly_ratio = 0.0")
    assert (found["shift_months"] == 0).all()
    assert (found["probability_base"] == found["probability_scenario"]).all()
    assert found["order_by_base"].equals(found["order_by_scenario"].alias("order_by_base"))


@given(st.floats(0, 0.5), st.floats(0, 0.5))
@settings(max_examples=10, deadline=None)
def test_more_growth_never_delays(little, more):
    slow, fast = (
        effect(f"[[growth]]\nyearly_ratio = {ratio}") for ratio in (little, little + more)
    )
    assert (fast["probability_scenario"] >= slow["probability_scenario"]).all()
    assert (slow["shift_months"] <= 0).all()


def test_growth_of_a_market_touches_its_routes_only():
    base = inputs()
    changed = apply_scenario(
        story('[[growth]]\nmarket = "KZ-RU"\nyearly_ratio = 0.2\nfrom = 2026-01-01'), base
    )
    ratio = changed.paths.draws_gbps / base.paths.draws_gbps
    mine = (base.paths.keys["series_id"] == "B-C").to_numpy()
    assert np.allclose(ratio[~mine], 1)
    assert np.allclose(ratio[mine][:, :, :13], 1)
    assert np.allclose(ratio[mine][:, :, 24], 1.2, rtol=1e-3)


def test_a_customer_won_in_march_and_lost_again():
    base = inputs()
    changed = apply_scenario(
        story(
            '[[customer]]\nroute = "A-C"\ngbps = 8\ndirection = "out"\nfrom = 2025-03-01\n'
            "until = 2025-06-01"
        ),
        base,
    )
    more = (changed.paths.draws_gbps - base.paths.draws_gbps)[:, 0, :]
    row = base.paths.keys.with_row_index("row").filter(series_id="A-C", direction="out")["row"][0]
    assert more[row, :6].round(9).tolist() == [0, 0, 8, 8, 8, 0]
    assert np.abs(np.delete(more, row, axis=0)).max() == 0
    assert (
        apply_scenario(
            story('[[customer]]\nroute = "A-C"\ngbps = -1000\nfrom = 2025-03-01'), base
        ).paths.draws_gbps
        >= 0
    ).all()


def test_a_shared_trench_makes_a_failure_of_two():
    # AB and CD in one trench: nothing is left of A-C, and B-C has to do without its backup.
    base = inputs()
    changed = apply_scenario(story('[[risk_group]]\nid = "T"\nsegments = ["AB", "CD"]'), base)
    assert "risk_group:T" in {failure.failure_id for failure in changed.network.failures()}
    frames = {**ring(), "risk_group": ring()["risk_group"].head(0)}
    apart = PlanInputs(
        base.paths,
        Network.from_frames(frames),
        base.capacity,
        base.coincidence,
        base.assumptions,
        base.projects,
    )
    lost = what_if(
        apart,
        [story('[[risk_group]]\nid = "T"\nsegments = ["AB", "CD"]')],
        policy=PlanningPolicy(),
        today=TODAY,
    ).lost
    volume = {
        key: draws.mean()
        for key, draws in zip(
            base.paths.keys.select("series_id", "direction").iter_rows(),
            base.paths.draws_gbps,
            strict=True,
        )
    }
    rows = {(row["route_id"], row["direction"]): row for row in lost.iter_rows(named=True)}
    assert rows["A-C", "out"]["worst_base_gbps"] == 0
    assert rows["A-C", "out"]["worst_scenario_gbps"] == pytest.approx(volume["A-C", "out"])
    assert rows["A-C", "out"]["lost_scenario_gbps"] == 0
    assert rows["B-C", "in"]["worst_scenario_gbps"] == 0


def test_a_cut_moves_the_traffic_while_it_lasts():
    made = what_if(
        inputs(),
        [story('[[cut]]\nsegment = "AB"\nfrom = 2025-03-10\nuntil = 2025-04-01')],
        policy=PlanningPolicy(),
        today=TODAY,
    )
    hard = made.effect.filter(segment_id="DA", direction="za", date_kind="hard")
    assert hard["probability_base"][0] == 0
    from forecasting.capacity.basis import build_basis

    one = apply_scenario(
        story('[[cut]]\nsegment = "AB"\nfrom = 2025-03-10\nuntil = 2025-04-01'), inputs()
    )
    basis = build_basis(
        one.paths,
        one.network,
        capacity=one.capacity,
        coincidence=one.coincidence,
        projects=one.projects,
        today=TODAY,
        outages=one.outages,
    )
    loads = basis.loads.base[basis.loads.links.index(("DA", "za"))]
    assert loads[2].min() > 0
    assert loads[[0, 1, 3, 4]].max() == 0


def planned_ring():
    frames = ring()
    status = (
        pl.when(pl.col("segment_id") == "DA")
        .then(pl.lit("planned"))
        .otherwise(pl.lit("in_service"))
    )
    frames["segment"] = frames["segment"].with_columns(status=status)
    network = Network.from_frames(frames)
    project = build(date(2025, 6, 1), date(2025, 12, 1), date(2026, 12, 1)).with_columns(
        segment_id=pl.lit("DA")
    )
    return PlanInputs(
        growing(network, level=25),
        network,
        frames["capacity"],
        no_coincidence(),
        assumptions(LEAD),
        project,
    )


def test_a_delay_keeps_the_draws_and_moves_every_date():
    base = planned_ring()
    changed = apply_scenario(story('[[segment]]\nsegment = "DA"\ndelay_months = 6'), base)
    from forecasting.capacity.readiness import versions

    ready = [
        versions(one.network, one.projects, one.paths.periods, "month", 200, TODAY, 3).ready_days[
            "P"
        ]
        for one in (base, changed)
    ]
    # A build never is ready before tomorrow, so only dates that were possible move by all of it.
    moved = ready[1] - ready[0]
    assert moved[ready[0] > 1] == pytest.approx(183)
    assert (moved >= 0).all()
    never = apply_scenario(story('[[segment]]\nsegment = "DA"\nnever = true'), base)
    assert never.network.not_built(date.max) == {"DA"}
    assert never.projects.height == 0


def test_stories_compose():
    base = inputs()
    one, two = (
        story('[[customer]]\nroute = "A-C"\ngbps = 8\nfrom = 2025-03-01'),
        story("[[growth]]\nyearly_ratio = 0.1"),
    )
    both = what_if(base, [one, two], policy=PlanningPolicy(), today=TODAY).effect
    assert set(both["scenario_id"]) == {"s+s"}
    first = what_if(base, [one], policy=PlanningPolicy(), today=TODAY).effect
    assert (both["probability_scenario"] >= first["probability_scenario"]).all()


def test_the_plan_beside_a_story_is_the_plan():
    base = inputs()
    made = plan(
        base.paths,
        base.network,
        capacity=base.capacity,
        coincidence=base.coincidence,
        assumptions=base.assumptions,
        projects=base.projects,
        policy=PlanningPolicy(),
        today=TODAY,
    )
    found = effect("[[growth]]\nyearly_ratio = 0.3", base)
    joined = found.join(made.runout, on=["segment_id", "direction", "date_kind"])
    assert joined.height == found.height
    assert joined["probability_base"].equals(
        joined["probability_by_last"].alias("probability_base")
    )


def test_a_new_segment_with_its_path_takes_the_traffic():
    text = (
        '[[segment]]\nsegment = "AC"\na_node = "A"\nz_node = "C"\nlit_gbps = 400\nready = '
        '2025-07-01\n[[path]]\nroute = "A-C"\nrank = 1\nsegments = ["AC"]'
    )
    changed = apply_scenario(story(text), inputs())
    route = changed.network.routes["A-C"]
    assert route.carried_by(frozenset()) == {1: 1.0}
    assert route.carried_by(frozenset({"AC"})) == {2: 1.0}
    made = what_if(inputs(), [story(text)], policy=PlanningPolicy(), today=TODAY)
    busy = made.effect.filter(segment_id="AB", direction="az", date_kind="hard")
    assert busy["probability_scenario"][0] < busy["probability_base"][0]
    with pytest.raises(SettingsError, match="its path ends at B, not C"):
        apply_scenario(story('[[path]]\nroute = "A-C"\nrank = 1\nsegments = ["AB"]'), inputs())


def test_capacity_and_assumptions_can_be_changed():
    changed = apply_scenario(
        story(
            '[[capacity]]\nsegment = "AB"\nlit_gbps = 900\nfrom = 2025-01-01\n'
            '[[assumption]]\nid = "LEAD"\nfactor = 2'
        ),
        inputs(),
    )
    assert changed.capacity.filter(segment_id="AB").sort("valid_from")["lit_gbps"].to_list() == [
        100,
        900,
    ]
    assert changed.assumptions["value"].to_list() == [8]


def with_a_project() -> PlanInputs:
    """The ring with a diagonal AC that is built some time in 2025, and a coincidence that
    swings.
    """
    frames = ring()
    frames["segment"] = pl.concat(
        [
            frames["segment"].with_columns(status=pl.lit("in_service")),
            pl.DataFrame(
                {"segment_id": ["AC"], "a_node": ["A"], "z_node": ["C"], "status": ["planned"]}
            ),
        ]
    )
    others = frames["route_path"].with_columns(
        rank=pl.when(pl.col("route_id") == "A-C").then(pl.col("rank") + 1).otherwise(pl.col("rank"))
    )
    way = pl.DataFrame({"route_id": ["A-C"], "rank": [1], "seq": [1], "segment_id": ["AC"]})
    frames["route_path"] = pl.concat([way, others.select(way.columns)], how="vertical_relaxed")
    network = Network.from_frames(frames)
    project = pl.DataFrame(
        [
            (
                "P",
                "diagonal",
                "AC",
                "planned",
                date(2025, 2, 1),
                date(2025, 5, 1),
                date(2025, 11, 1),
                True,
            )
        ],
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
    kappa = pl.DataFrame(
        {"combination_id": ["A-B:out+A-C:out"], "kappa": [0.9], "kappa_sd": [0.05], "months": [24]}
    )
    lit = pl.concat([frames["capacity"], capacity(AC=100)])
    return PlanInputs(
        growing(network, level=30, horizon=12, draws=50),
        network,
        lit,
        kappa,
        assumptions(LEAD, *MONEY),
        project,
    )


@pytest.mark.parametrize(
    "text",
    [
        '[[assumption]]\nid = "LEAD"\nfactor = 2',
        '[[capacity]]\nsegment = "BC"\nlit_gbps = 300\nfrom = 2025-06-01',
        '[[cut]]\nsegment = "AB"\nfrom = 2025-03-01',
        '[[customer]]\nroute = "B-C"\ngbps = 8\ndirection = "out"\nfrom = 2025-04-01',
        "[[growth]]\nyearly_ratio = 0.2",
        '[[risk_group]]\nid = "X"\nsegments = ["BC", "CD"]',
        '[[path]]\nroute = "A-B"\nrank = 1\nsegments = ["DA", "CD", "BC"]',
        '[[segment]]\nsegment = "CD"\nready = 2025-09-01',
        '[[segment]]\nsegment = "AC"\ndelay_months = 4',
        '[[segment]]\nsegment = "AC"\nnever = true',
        (
            '[[segment]]\nsegment = "AC"\ndelay_months = 4\n[[customer]]\nroute = "B-C"\ngbps '
            "= 8\nfrom = 2025-04-01"
        ),
    ],
)
def test_what_is_taken_from_the_plan_beside_it_is_what_would_be_made_anew(text):
    inputs = with_a_project()
    policy, today = PlanningPolicy(), date(2024, 12, 1)
    story = parse_scenario(text)

    def basis(one, like=None):
        return build_basis(
            one.paths,
            one.network,
            capacity=one.capacity,
            coincidence=one.coincidence,
            projects=one.projects,
            outages=one.outages,
            today=today,
            workers=1,
            like=like,
        )

    told = apply_scenario(story, inputs)
    base = dated(basis(inputs), Assumptions.from_frame(inputs.assumptions), policy)
    stated = Assumptions.from_frame(told.assumptions)
    reused, fresh = basis(told, base.basis).loads, basis(told).loads
    assert (reused.base == fresh.base).all()
    assert (reused.worst == fresh.worst).all()
    assert [reused.failure_ids[one] for one in reused.cause.ravel()] == [
        fresh.failure_ids[one] for one in fresh.cause.ravel()
    ]
    shared = dated(basis(told, base.basis), stated, policy, like=base)
    anew = dated(basis(told), stated, policy)
    for name in ("runout", "order_plan"):
        assert getattr(shared, name).equals(getattr(anew, name)), name
    assert shared.causes == anew.causes
    assert shared.passages.keys() == anew.passages.keys()
    assert all((shared.passages[link] == anew.passages[link]).all() for link in anew.passages)
    found = what_if(inputs, [story], policy=policy, today=today, workers=1)
    assert found.effect.equals(
        compare(story.scenario_id, story.note or story.title, base, anew).effect
    )


def test_what_a_story_can_not_assume_is_told_as_the_fault_of_the_story():
    story = parse_scenario('[[assumption]]\nid = "LEAD"\nlow = -3\nvalue = 2\nhigh = 4')
    with pytest.raises(SettingsError, match="can't be negative\nFix the scenario file"):
        apply_scenario(story, with_a_project())
