"""Revision accounting: the parts are the whole."""

from datetime import date

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.review.revision import STEPS, Stages, medians, plan_figures, revision_parts
from warehouse.reasons import reason
from warehouse.schema import REVISION_PART, check

WHY = {step: reason("revision.same_method", step=step) for step in STEPS}
TARGET = date(2025, 6, 1)


def figures(*values, measure="p95_gbps", target=TARGET):
    """One figure of each series R1, R2, ..."""
    return pl.DataFrame(
        [("route", f"R{at}", "in", measure, target, value) for at, value in enumerate(values, 1)],
        schema={
            "series_kind": pl.String,
            "series_id": pl.String,
            "direction": pl.String,
            "measure": pl.String,
            "target_start": pl.Date,
            "value": pl.Float64,
        },
        orient="row",
    )


def parts(kept, earlier, revised, renewed, now, **more):
    stages = Stages(*(figures(*one, **more) for one in (kept, earlier, revised, renewed, now)))
    return revision_parts(stages, earlier_run_id="2025-01-a", reasons=WHY)


def test_the_worked_example():
    # The method changed by +6: of the earlier run's data today's method would have said 126, of
    # all data 131.
    rows = parts([120.0], [126.0], [124.0], [131.0], [128.0])
    assert rows.select("step", "change").rows() == [
        ("history_revised", -2),
        ("new_observations", 7),
        ("model", 6),
        ("assumptions", -3),
    ]
    assert rows["value_after"].to_list() == [118, 125, 131, 128]
    assert rows["change"].sum() == 8
    assert check(rows, REVISION_PART).equals(rows)


def test_the_same_method_leaves_nothing_to_the_model():
    rows = parts([120.0], [120.0], [118.0], [125.0], [125.0])
    assert rows["change"].to_list() == [-2, 7, 0, 0]


def test_dates_move_by_days():
    days = [
        (day - date(1970, 1, 1)).days
        for day in (date(2027, 5, 1), date(2027, 4, 1), date(2027, 6, 1), date(2027, 5, 1))
    ]
    rows = parts(
        [days[0]], [days[0]], [days[1]], [days[2]], [days[3]], measure="runout_days", target=None
    )
    assert rows["change"].to_list() == [-30, 61, 0, -31]
    assert rows["unit"].unique().to_list() == ["day"]
    assert rows["date_before"].to_list() == [
        date(2027, 5, 1),
        date(2027, 4, 1),
        date(2027, 6, 1),
        date(2027, 6, 1),
    ]
    assert rows["date_after"][3] == date(2027, 5, 1)


def test_a_date_that_comes_within_the_horizon_has_no_number_of_days():
    rows = parts([None], [None], [None], [20_000.0], [19_900.0], measure="runout_days", target=None)
    assert rows["change"].to_list() == [None, None, 0, -100]
    assert rows["date_before"][1] is None


def test_what_did_not_change_is_left_out():
    same = [1.0, None, 2.0]
    rows = parts(same, same, same, same, [1.0, None, 3.0])
    assert rows["series_id"].unique().to_list() == ["R3"]
    assert rows["change"].to_list() == [0, 0, 0, 1]


def test_figures_that_one_run_does_not_give_are_left_out():
    stages = Stages(figures(1.0, 2.0), *(figures(5.0) for _ in range(4)))
    assert revision_parts(stages, earlier_run_id="a", reasons=WHY)[
        "series_id"
    ].unique().to_list() == ["R1"]


number = st.floats(0, 1e6)


@given(st.lists(number, min_size=4, max_size=4), st.one_of(st.none(), number))
def test_nothing_is_left_over(values, other):
    kept, revised, renewed, now = values
    earlier = kept if other is None else other
    rows = parts([kept], [earlier], [revised], [renewed], [now])
    if rows.is_empty():
        assert kept == now
        return
    # Not nearly: each step begins where the one before it ends, and the ends are what the runs
    # said.
    assert rows["value_before"][0] == kept
    assert rows["value_after"][3] == now
    assert rows["value_before"][1:].to_list() == rows["value_after"][:-1].to_list()
    assert rows["change"].sum() == pytest.approx(now - kept, abs=1e-6)
    if other is None:
        assert rows["change"][2] == 0


def test_figures_are_taken_from_forecast_and_plan():
    quantiles = pl.DataFrame(
        {
            "series_kind": "route",
            "series_id": "R",
            "direction": "in",
            "statistic": "mean",
            "target_start": TARGET,
            "quantile_level": [0.1, 0.5],
            "value_gbps": [1.0, 2.0],
        }
    )
    assert medians(quantiles).rows() == [("route", "R", "in", "mean_gbps", TARGET, 2.0)]
    made = {
        "runout": pl.DataFrame(
            {
                "segment_id": ["S", "S"],
                "direction": ["az", "az"],
                "date_kind": ["policy", "hard"],
                "t50": [date(1970, 1, 11), None],
            }
        ),
        "order_plan": pl.DataFrame(
            {
                "segment_id": ["S", "S"],
                "order_seq": [1, 2],
                "order_by": [date(1970, 1, 3), date(1971, 1, 3)],
            }
        ),
        "runout_probability": pl.DataFrame(
            {
                "segment_id": "S",
                "direction": "az",
                "date_kind": ["policy", "policy", "hard"],
                "target_start": [TARGET, date(2025, 7, 1), TARGET],
                "probability": [0.5, 0.6, 0.1],
            }
        ),
    }
    assert plan_figures(made, TARGET).rows() == [
        ("segment", "S", "az", "runout_days", None, 10.0),
        ("segment", "S", "az", "hard_runout_days", None, None),
        ("segment", "S", "both", "order_by_days", None, 2.0),
        ("segment", "S", "az", "runout_probability_ratio", TARGET, 0.5),
    ]
