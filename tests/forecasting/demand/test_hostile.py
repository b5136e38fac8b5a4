"""Inputs nobody should give: each is refused with its place and what is wrong, and never becomes a
number.
"""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasting.capacity.plan import plan
from forecasting.series import Paths
from forecasting.spec import PlanningPolicy
from forecasting.stories.changes import PlanInputs
from forecasting.stories.scenario import parse_scenario
from tests.forecasting.capacity.test_ledger import LEAD, MONEY
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
from warehouse.errors import PlanError, SettingsError, TransitError
from warehouse.network.model import Network

FRAMES = ring()
NETWORK = Network.from_frames(FRAMES)
DRAWS = growing(NETWORK, level=25, horizon=12, draws=20)
PRICE = ("P", "module_price", "module:100", 1, 2, 3, "USD")


def made(**changes):
    given = {
        "capacity": FRAMES["capacity"],
        "coincidence": no_coincidence(),
        "assumptions": assumptions(LEAD, *MONEY),
        "projects": no_projects(),
        "policy": PlanningPolicy(),
        "today": TODAY,
        "workers": 1,
    } | changes
    return plan(given.pop("draws", DRAWS), NETWORK, **given)


def kappa(value: float) -> pl.DataFrame:
    return pl.DataFrame(
        {"combination_id": ["A-B:out+A-C:out"], "kappa": [value], "kappa_sd": [0.0], "months": [24]}
    )


def with_values(values: np.ndarray) -> Paths:
    return Paths("month", DRAWS.keys, DRAWS.periods, values)


@pytest.mark.parametrize(
    ("change", "said"),
    [
        (
            {"assumptions": assumptions(("L", "lead_time", "all", -3, 2, 3, "month"))},
            "it can't be negative",
        ),
        (
            {"assumptions": assumptions(("L", "lead_time", "all", 1, 2, 1e9, "month"))},
            "more than 50 years",
        ),
        (
            {"assumptions": assumptions(("L", "lead_time", "all", 1, 2, 3, "fortnight"))},
            "must be one of day",
        ),
        (
            {"assumptions": assumptions(LEAD, ("P", "module_price", "module:0", 1, 2, 3, "USD"))},
            "a module of 0 Gbit/s can't be",
        ),
        (
            {
                "assumptions": assumptions(
                    LEAD, PRICE, ("E", "price_erosion", "all", 0.1, 0.5, 1.7, "ratio")
                )
            },
            "a ratio above 1 can't be",
        ),
        (
            {"capacity": capacity(AB=float("nan"), BC=1, CD=1, DA=1)},
            "capacity of AB from 2020-01-01: lit_gbps is nan",
        ),
        ({"capacity": capacity(AB=-5, BC=1, CD=1, DA=1)}, "lit_gbps is -5.0, must be at least 0"),
        (
            {
                "capacity": pl.concat(
                    [
                        capacity(BC=9, CD=9, DA=9),
                        capacity(AB=9).with_columns(valid_from=pl.lit(date(2099, 1, 1))),
                    ]
                )
            },
            "first capacity holds from 2099-01-01",
        ),
        ({"coincidence": kappa(0.0)}, "coincidence of A-B:out+A-C:out: is 0.0"),
        ({"coincidence": kappa(float("nan"))}, "is nan, must be above 0"),
        (
            {"draws": with_values(-DRAWS.draws_gbps)},
            "A-B in: its paths hold values that are negative",
        ),
        (
            {"draws": with_values(np.where(DRAWS.draws_gbps > 26, np.nan, DRAWS.draws_gbps))},
            "or no numbers",
        ),
        ({"budget_usd": -1.0}, "budget: is -1.0"),
        ({"budget_usd": float("nan")}, "budget: is nan"),
    ],
)
def test_a_plan_is_not_made_from_it(change, said):
    with pytest.raises(PlanError) as caught:
        made(**change)
    assert said in str(caught.value)


def test_everything_that_is_wrong_comes_at_once():
    with pytest.raises(PlanError) as caught:
        made(capacity=capacity(AB=-5, BC=1, CD=float("inf"), DA=1), coincidence=kappa(-1.0))
    assert len(caught.value.problems) == 3
    with pytest.raises(SettingsError) as refused:
        PlanningPolicy(
            threshold_ratio=float("nan"), module_gbps=float("nan"), discount_rate_ratio=float("nan")
        )
    assert len(refused.value.problems) == 3


@pytest.mark.parametrize(
    ("text", "said"),
    [
        ("[[growth]]\nyearly_ratio = 1e300", "must lie above -1 and at most 1000"),
        ("[[growth]]\nyearly_ratio = nan", "yearly_ratio is nan, must be a number"),
        ('[[customer]]\nroute = "A-C"\ngbps = inf\nfrom = 2025-01-01', "gbps is inf"),
        ('[[customer]]\nroute = "A-C"\ngbps = 1e12\nfrom = 2025-01-01', "must lie within 1e+09"),
        ('[[cap]]\nroute = "A-C"\nlift_ratio = 1e9\nfrom = 2025-01-01', "at most 1000"),
        (
            '[[path]]\nroute = "A-C"\nrank = 1\nsegments = ["AB", "AB", "AB", "BC"]',
            "A is reached twice, the second time over AB",
        ),
        (
            '[[path]]\nroute = "A-C"\nrank = 0\nsegments = ["AB", "BC"]',
            "rank is 0, must be at least 1",
        ),
        ('[[path]]\nroute = "A-C"\nrank = 1\nsegments = []', "at least one"),
        ('[[path]]\nroute = "A-C"\nrank = 1\nsegments = ["AB", "CD"]', "does not connect"),
        ('[[risk_group]]\nid = "X"\nsegments = []', "at least one"),
        ('[[risk_group]]\nid = "X"\nsegments = ["AB"]\nkind = "moon"', "must be one of trench"),
        (
            '[[segment]]\nsegment = "N"\na_node = "A"\nz_node = "A"\nready = 2025-06-01',
            "both ends are A",
        ),
        (
            (
                '[[segment]]\nsegment = "N"\na_node = "A"\nz_node = "C"\nready = 2025-06-01\n'
                "length_km = -5"
            ),
            "must be a length",
        ),
        ('[[segment]]\nsegment = "AB"\ndelay_months = 1e7', "must lie within 600"),
        ('[[capacity]]\nsegment = "AB"\nlit_gbps = nan\nfrom = 2025-01-01', "lit_gbps is nan"),
        ('[[cut]]\nsegment = "XX"\nfrom = 2025-01-01', "segment XX is unknown"),
        ('[[assumption]]\nid = "LEAD"\nfactor = -2', "it can't be negative"),
    ],
)
def test_a_story_of_it_is_refused(text, said):
    inputs = PlanInputs(
        DRAWS,
        NETWORK,
        FRAMES["capacity"],
        no_coincidence(),
        assumptions(LEAD, *MONEY),
        no_projects(),
    )
    with pytest.raises(TransitError) as caught:
        what_if(inputs, [parse_scenario(text)], policy=PlanningPolicy(), today=TODAY, workers=1)
    assert said in str(caught.value)


def test_what_is_only_odd_is_planned_with():
    """Nothing lit, everything cut, no assumptions, today far away: a plan with notes, and no number
    that is none.
    """
    inputs = PlanInputs(
        DRAWS,
        NETWORK,
        FRAMES["capacity"],
        no_coincidence(),
        assumptions(LEAD, *MONEY),
        no_projects(),
    )
    cuts = "".join(
        f'[[cut]]\nsegment = "{name}"\nfrom = 2020-01-01\n' for name in ("AB", "BC", "CD", "DA")
    )
    lost = what_if(
        inputs, [parse_scenario(cuts)], policy=PlanningPolicy(), today=TODAY, workers=1
    ).lost
    assert lost["lost_scenario_gbps"].min() > 0
    for change in (
        {"assumptions": assumptions()},
        {"capacity": capacity(AB=0, BC=0, CD=0, DA=0)},
        {"today": date(2099, 1, 1)},
        {"budget_usd": 0.0},
        {"draws": with_values(DRAWS.draws_gbps * 0)},
        {"policy": PlanningPolicy(sustained_periods=99)},
    ):
        for name, frame in made(**change).frames().items():
            numbers = frame.select(pl.selectors.float())
            assert not any(
                numbers[column].is_nan().any() or numbers[column].is_infinite().any()
                for column in numbers.columns
            ), (change, name)
