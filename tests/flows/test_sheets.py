"""Tables in terminals of any width: no line is longer, nothing is lost."""

from datetime import date

import polars as pl
import pytest

from flows.commands.sheets import sheet

SOURCE = (
    "assumed for the example: two operators and a border; one border junction elsewhere took "
    "about six months"
)
FRAME = pl.DataFrame(
    {
        "segment_id": ["KZTM-OLD"] * 3,
        "assumption_id": ["demand", "LEAD-KZTM", "COST-LATE"],
        "value_of_the_assumption": [None, 9.0, 120000.0],
        "unit": [None, "month", "USD/module/month"],
        "order_by_base": [date(2027, 1, 28)] * 3,
        "swing_days": [1184.0, 243.0, 225.0],
        "source": [None, SOURCE, SOURCE],
        "remark": pl.Series([None] * 3, dtype=pl.String),
    }
)


@pytest.mark.parametrize("width", [40, 80, 120, 200])
def test_no_line_is_longer_and_nothing_is_lost(width):
    lines = sheet(FRAME, width).splitlines()
    assert max(map(len, lines)) <= width
    words = " ".join(" ".join(lines).split())
    for wanted in (
        "LEAD-KZTM",
        "COST-LATE",
        "120,000",
        "1,184",
        "2027-01-28",
        "USD/module/month",
        "KZTM-OLD",
    ):
        assert wanted in words
    assert words.count("took about six months") == 2
    assert "without a value: remark" in words
    assert words.count("KZTM-OLD") == 1


def test_one_row_stands_upright():
    lines = sheet(FRAME[1:2], 80).splitlines()
    assert lines[1].split() == ["assumption_id", "LEAD-KZTM"]
    assert max(map(len, lines)) <= 80


def test_rows_beyond_the_most_are_counted():
    assert sheet(pl.DataFrame({"n": range(50)}), 80, most=10).splitlines()[-1] == "... and 40 more"


def test_numbers_of_a_column_stand_under_each_other():
    lines = sheet(pl.DataFrame({"route": ["a", "b"], "gbps": [61.0, 2.5432]}), 80).splitlines()
    assert [line[-5:] for line in lines[-2:]] == ["61.00", " 2.54"]
