"""One interval for shares, of numbers and of columns."""

import polars as pl
import pytest

from warehouse.shares import wilson


def test_the_interval_of_numbers_and_of_columns_is_the_same():
    low, high = wilson(13 / 20, 20)
    assert (low, high) == pytest.approx((0.433, 0.819), abs=5e-4)
    frame = pl.DataFrame({"share": [13 / 20], "count": [20.0]})
    bounds = wilson(pl.col("share"), pl.col("count"))
    row = frame.select(low=bounds[0], high=bounds[1]).row(0)
    assert row == pytest.approx((low, high), rel=1e-12)
    assert wilson(0.0, 5)[0] == pytest.approx(0, abs=1e-12)
    assert wilson(1.0, 5)[1] == pytest.approx(1, abs=1e-12)
