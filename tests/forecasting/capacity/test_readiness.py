"""When planned segments come, draw by draw."""

from datetime import date

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from forecasting.capacity.readiness import Outage, date_at, position_of, versions
from forecasting.series import add_periods
from tests.forecasting.capacity.test_ledger import build
from tests.forecasting.planning_worlds import no_projects, ring
from warehouse.errors import PlanError
from warehouse.network.model import Network

TODAY = date(2025, 1, 1)
PERIODS = tuple(add_periods(TODAY, step, "month") for step in range(48))


def network(**from_dates):
    frames = ring()
    status = (
        pl.when(pl.col("segment_id").is_in(list(from_dates)))
        .then(pl.lit("planned"))
        .otherwise(pl.lit("in_service"))
    )
    days = pl.DataFrame(
        {"segment_id": list(from_dates), "in_service_from": list(from_dates.values())},
        schema={"segment_id": pl.String, "in_service_from": pl.Date},
    )
    return Network.from_frames(
        {
            **frames,
            "segment": frames["segment"]
            .with_columns(status=status)
            .join(days, on="segment_id", how="left"),
        }
    )


def project(name, segment, *dates):
    return build(*dates).with_columns(project_id=pl.lit(name), segment_id=pl.lit(segment))


def test_share_of_draws_that_are_ready_follows_the_stated_dates():
    dates = date(2025, 7, 1), date(2026, 4, 1), date(2027, 7, 1)
    found = versions(network(DA=None), project("P", "DA", *dates), PERIODS, "month", 2000, TODAY, 1)
    missing = np.array(["DA" in one for one in found.missing])[found.index]
    for day, share in zip(dates, (0.1, 0.5, 0.9), strict=True):
        assert 1 - missing[:, PERIODS.index(day)].mean() == pytest.approx(share, abs=0.01)
    assert (np.diff(missing.astype(int), axis=1) <= 0).all(), "what is ready stays ready"


def test_parts_of_one_build_are_ready_together_and_others_are_not():
    dates = date(2025, 7, 1), date(2026, 4, 1), date(2027, 7, 1)
    other = date(2025, 8, 1), date(2026, 5, 1), date(2027, 8, 1)
    together = pl.concat([project("P", "DA", *dates), project("Q", "CD", *dates)])
    days = versions(network(DA=None, CD=None), together, PERIODS, "month", 500, TODAY, 1).ready_days
    assert (days["P"] == days["Q"]).all()
    apart = pl.concat([project("P", "DA", *dates), project("Q", "CD", *other)])
    days = versions(network(DA=None, CD=None), apart, PERIODS, "month", 500, TODAY, 1).ready_days
    assert abs(np.corrcoef(days["P"], days["Q"])[0, 1]) < 0.15


def test_without_a_project_the_stated_day_holds_and_without_both_it_never_comes():
    found = versions(
        network(DA=date(2026, 1, 1), CD=None), no_projects(), PERIODS, "month", 10, TODAY, 1
    )
    missing = [found.missing[one] for one in found.index[0]]
    assert missing[11] == {"DA", "CD"}
    assert missing[12] == {"CD"}


def test_an_outage_counts_in_every_period_it_touches():
    cut = Outage(frozenset({"AB"}), date(2025, 3, 20), date(2025, 5, 2))
    found = versions(network(), no_projects(), PERIODS, "month", 10, TODAY, 1, [cut])
    assert [bool(found.missing[one]) for one in found.index[0][:6]] == [
        False,
        False,
        True,
        True,
        True,
        False,
    ]


def test_dates_out_of_order_and_unknown_segments_are_told():
    bad = pl.concat(
        [
            project("P", "XY", date(2026, 1, 1), date(2025, 1, 1), date(2027, 1, 1)),
            project("Q", "DA", date(2026, 1, 1), date(2026, 1, 1), date(2025, 1, 1)),
        ]
    )
    with pytest.raises(PlanError) as caught:
        versions(network(), bad, PERIODS, "month", 10, TODAY, 1)
    for part in ("segment XY is unknown", "project P: dates", "project Q: dates"):
        assert part in str(caught.value)


@given(st.dates(date(2020, 1, 1), date(2035, 1, 1)), st.sampled_from(["month", "week"]))
def test_positions_and_dates_are_each_others_inverse(day, grain):
    start = date(2025, 1, 6) if grain == "week" else TODAY
    periods = tuple(add_periods(start, step, grain) for step in range(12))
    position = position_of(day, periods, grain)
    assert date_at(position, periods, grain) == day
    assert position_of(periods[0], periods, grain) == 1
