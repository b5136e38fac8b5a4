"""The cheapest plan with builds among the choices, against complete enumeration over all build
sets, timings and orders.
"""

from itertools import product

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from forecasting.capacity.integer_program import solve
from forecasting.capacity.schedule import Build, Line, Offer, Response, System
from tests.forecasting.planning_worlds import cheapest

HORIZON = 3
OPTIONS = 3
"""Open in the first period, open in the last, never."""


def table(values: dict, builds: tuple, *, told: bool) -> Response:
    """A response from its values by choice; with `told` false, `least` says nothing, so that all
    rests on the rows that are added.
    """

    def least(build, option):
        mine = [
            np.atleast_1d(value)
            for chosen, value in values.items()
            if chosen[builds.index(build)] == option
        ]
        return np.min(mine, axis=0) * told

    return Response(
        builds,
        lambda chosen: np.atleast_1d(values[chosen]),
        least,
        np.max([np.atleast_1d(one) for one in values.values()], axis=0),
    )


def by_hand(need, offers) -> float:
    """The least cost of covering a need, over all starts."""
    best = np.inf
    for starts in product(product(range(4), range(2)), repeat=HORIZON):
        starts = np.array(starts).T
        if any(starts[number, : offer.first_period].any() for number, offer in enumerate(offers)):
            continue
        have = np.cumsum(np.array([offer.module_gbps for offer in offers]) @ starts)
        if (have >= need - 1e-9).all():
            best = min(
                best,
                sum(float(offer.cost_usd @ starts[number]) for number, offer in enumerate(offers)),
            )
    return best


@st.composite
def worlds(draw):
    number = st.floats(0, 25).map(lambda value: round(value, 1))
    count = draw(st.integers(1, 2))
    options = list(product(range(OPTIONS), repeat=count))
    builds = [
        Build(
            np.array([*draw(st.lists(st.floats(-5, 20), min_size=2, max_size=2)), 0.0]),
            np.zeros(3),
            (True, True, True),
        )
        for _ in range(count)
    ]
    trend = draw(st.floats(0.8, 1.1)) ** np.arange(HORIZON)
    offers = (
        Offer("new_wave", 10, draw(st.floats(1, 9)) * trend, 0),
        Offer("new_wave", 25, draw(st.floats(3, 20)) * trend, 0),
    )
    told = draw(st.booleans())
    needs = [
        {
            option: np.array(draw(st.lists(number, min_size=HORIZON, max_size=HORIZON)))
            for option in options
        }
        for _ in range(draw(st.integers(1, 2)))
    ]
    charge = {option: np.array(draw(number)) for option in options}
    return builds, offers, needs, charge, told, options


@given(worlds())
@settings(max_examples=60, deadline=None)
def test_builds_and_orders_together_are_the_best_of_all(world):
    builds, offers, needs, charge, told, options = world
    which = tuple(range(len(builds)))
    lines = [Line(table(need, which, told=told), offers) for need in needs]
    made = solve(lines, builds, [table(charge, which, told=told)], gap=1e-9)
    best = min(
        sum(build.net_usd[option] for build, option in zip(builds, chosen, strict=True))
        + float(charge[chosen])
        + sum(by_hand(need[chosen], offers) for need in needs)
        for chosen in options
    )
    assert made.total_usd == pytest.approx(best, abs=1e-5)
    assert made.proven
    for need, schedule in zip(needs, made.schedules, strict=True):
        have = np.cumsum(np.array([10, 25]) @ schedule.starts)
        assert (have >= need[made.options] - 1e-6).all()


@given(worlds(), st.floats(0, 40))
@settings(max_examples=40, deadline=None)
def test_a_budget_is_kept_and_what_is_short_is_the_least_of_all(world, budget):
    builds, offers, needs, charge, told, options = world
    builds = [Build(one.net_usd, np.array([8.0, 8.0, 0.0]), one.allowed) for one in builds]
    needs = needs[:1]
    which = tuple(range(len(builds)))
    made = solve(
        [Line(table(needs[0], which, told=told), offers)],
        builds,
        [table(charge, which, told=told)],
        budget_usd=budget,
        gap=1e-9,
        short_gap=1e-9,
    )
    best = np.inf
    for chosen in options:
        left = budget - sum(
            build.price_usd[option] for build, option in zip(builds, chosen, strict=True)
        )
        for starts in product(product(range(4), range(2)), repeat=HORIZON):
            starts = np.array(starts).T
            if (
                sum(float(offer.cost_usd @ starts[number]) for number, offer in enumerate(offers))
                <= left + 1e-9
            ):
                have = np.cumsum(np.array([10, 25]) @ starts)
                best = min(best, float(np.maximum(needs[0][chosen] - have, 0).sum()))
    starts = made.schedules[0].starts
    paid = sum(float(offer.cost_usd @ starts[number]) for number, offer in enumerate(offers))
    paid += sum(build.price_usd[option] for build, option in zip(builds, made.options, strict=True))
    assert paid <= budget + 1e-6
    have = np.cumsum(np.array([10, 25]) @ starts)
    assert float(np.maximum(needs[0][made.options] - have, 0).sum()) == pytest.approx(
        best, abs=1e-4
    )


def test_a_build_that_may_not_be_chosen_is_not():
    need = Response(
        (0,),
        lambda chosen: np.array([0.0, 0, 30][chosen[0] : chosen[0] + 1] * 3),
        lambda *_: np.zeros(3),
        np.full(3, 30.0),
    )
    offer = Offer("new_wave", 10, np.full(3, 5.0), 0)
    free = Build(np.array([1.0, 1.0, 0.0]), np.zeros(3), (True, True, True))
    assert solve([Line(need, (offer,))], [free]).total_usd == pytest.approx(1.0)
    barred = Build(free.net_usd, free.price_usd, (False, False, True))
    assert solve([Line(need, (offer,))], [barred]).total_usd == pytest.approx(15.0)


def test_lines_that_no_build_touches_are_as_if_alone():
    offers = (
        Offer("new_wave", 10, np.array([5.0, 4, 3]), 0),
        Offer("new_wave", 40, np.array([9.0, 8, 7]), 1),
    )
    needs = [np.array([5.0, 12, 30]), np.array([0.0, 45, 45])]
    lines = [
        Line(Response.fixed(need), offers, room_gbps=60, system=System(np.full(3, 2.0), 0))
        for need in needs
    ]
    build = Build(np.array([-3.0, -4.0, 0.0]), np.zeros(3), (True, True, True))
    made = solve(lines, [build])
    assert made.options == (1,)
    assert made.total_usd == pytest.approx(
        sum(cheapest(need, offers, room_gbps=60, system=lines[0].system).cost_usd for need in needs)
        - 4
    )
