"""Revision accounting: the parts are the whole."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.revision import ORDER, revision_steps
from warehouse.errors import PlanError


def test_the_worked_example():
    rows = revision_steps([120, 118, 125, 131, 128]).select("step", "change").rows()
    assert rows == [
        ("history revised", -2),
        ("new observations", 7),
        ("model change", 6),
        ("assumptions", -3),
        ("total", 8),
    ]


def test_runout_dates_move_by_days():
    dates = [date(2027, 5, 1), date(2027, 4, 1), date(2027, 6, 1), date(2027, 6, 1), date(2027, 5, 1)]
    assert revision_steps(dates)["change"].to_list() == [-30, 61, 0, -31, 0]


@given(st.lists(st.floats(-1e6, 1e6), min_size=5, max_size=5))
def test_nothing_is_left_over(values):
    changes = revision_steps(values)["change"]
    assert changes[:-1].sum() == pytest.approx(changes[-1], abs=1e-6)


def test_a_figure_too_few_is_told():
    with pytest.raises(PlanError, match="4 figures for 4 changes"):
        revision_steps([1, 2, 3, 4], ORDER)
