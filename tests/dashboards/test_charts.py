"""Charts as specifications: the same as the golden ones, valid for Vega-Lite, and right about their
numbers.
"""

import itertools
import json
from datetime import date

import altair as alt
import polars as pl
import pytest
import vl_convert

from dashboards.charts.fan import fan
from dashboards.charts.timeline import timeline
from dashboards.charts.utilization import utilization
from dashboards.geography.outlines import clip
from dashboards.language import load_language
from dashboards.press.typesetting import svg
from dashboards.theme import BANDS, DARK, HEAT, config
from tests.dashboards.charts_of_the_world import GOLDEN, cut, specifications
from warehouse.shares import wilson

EN = load_language("en")
SPECS = specifications()


@pytest.mark.parametrize("name", sorted(SPECS))
def test_specification_is_the_golden_one(name):
    golden = json.loads((GOLDEN / f"{name}.json").read_text(encoding="utf-8"))
    assert cut(SPECS[name]) == golden, (
        "if the change is meant: python -m tests.dashboards.charts_of_the_world, and look "
        "at the picture"
    )


@pytest.mark.parametrize("name", sorted(SPECS))
def test_specification_is_valid(name):
    alt.Chart.from_dict(SPECS[name], validate=True)


def test_a_chart_becomes_a_picture():
    spec = {**SPECS["fan"], "width": 400, "config": config(EN)}
    assert "observed" in vl_convert.vegalite_to_svg(spec)


def test_both_languages_draw_the_same_numbers():
    def numbers(spec):
        return [
            [value for value in row.values() if isinstance(value, float)]
            for rows in spec["datasets"].values()
            for row in rows
        ]

    russian = specifications("ru")
    for name, spec in SPECS.items():
        if not name.startswith("network"):
            assert numbers(spec) == numbers(russian[name]), name


def test_the_fan_starts_where_observation_ends():
    frame = pl.DataFrame(
        {
            "start": [date(2025, 11, 1), date(2025, 12, 1), date(2026, 1, 1)],
            "observed": [1.0, None, None],
            **{
                f"q{level}": [None, None, 2.0]
                for level in ("025", "100", "250", "500", "750", "900", "975")
            },
        }
    )
    rows = fan(frame, "month", EN)["datasets"]["rows"]
    assert [row["median"] for row in rows] == [1.0, None, 2.0]
    assert [row["forecast_start"] for row in rows] == [None, None, "2026-01-01"]
    assert rows[1]["observed"] is None, "a gap stays a gap"


def test_a_runout_beyond_the_horizon_is_open_not_the_last_month():
    frame = pl.DataFrame(
        {
            "segment": ["A"],
            "t10": [date(2027, 1, 1)],
            "t50": [None],
            "t90": [None],
            "last_target": [date(2028, 12, 1)],
            "order_by": [date(2026, 5, 4)],
        },
        schema_overrides=dict.fromkeys(("t50", "t90"), pl.Date),
    )
    row = timeline(frame, date(2026, 1, 1), "month", EN)["datasets"]["rows"][0]
    assert row["t90_label"] == "after December 2028"
    assert row["open"]
    assert row["t50"] is None


def test_cells_over_the_threshold_are_marked_without_colour():
    frame = pl.DataFrame(
        {
            "segment": ["A"] * 3,
            "target_start": [date(2026, 1, 1), date(2026, 2, 1), date(2026, 3, 1)],
            "utilization_ratio": [0.8, 0.81, 1.2],
            "load_gbps": [1.0] * 3,
            "lit_gbps": [1.0] * 3,
        }
    )
    picture = svg(utilization(frame, 0.8, "month", EN), EN)
    assert [picture.count(f">{mark}<") for mark in ("•", "×")] == [1, 1]


def test_wilson_interval_of_thirteen_in_twenty():
    low, high = wilson(pl.col("share"), pl.col("n"))
    found = pl.DataFrame({"share": [0.65], "n": [20]}).select(low=low, high=high).row(0)
    assert found == pytest.approx((0.433, 0.819), abs=5e-4)


def luminance(colour):
    parts = [int(colour[place : place + 2], 16) / 255 for place in (1, 3, 5)]
    linear = [
        part / 12.92 if part <= 0.04045 else ((part + 0.055) / 1.055) ** 2.4 for part in parts
    ]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def test_colours_keep_their_order_in_grey():
    for scale in (HEAT, [colour for *_, colour in BANDS]):
        steps = [luminance(colour) for colour in scale]
        assert steps == sorted(steps, reverse=True)
        assert min(a - b for a, b in itertools.pairwise(steps)) > 0.03


def test_text_is_readable_on_both_papers():
    for ink in ("#3D3D3D", "#5A6470", "#12436D", "#801650"):
        assert (luminance("#FFFFFF") + 0.05) / (luminance(ink) + 0.05) >= 4.5
        assert (luminance(DARK[ink]) + 0.05) / (luminance(DARK["#FFFFFF"]) + 0.05) >= 4.5


def test_outlines_end_at_the_edge_of_the_map():
    square = [(0.0, 0.0), (10.0, 0.0), (10.0, 10.0), (0.0, 10.0)]
    part = clip(square, (5.0, 5.0, 20.0, 20.0))
    assert {(round(x, 6), round(y, 6)) for x, y in part} == {
        (5.0, 5.0),
        (10.0, 5.0),
        (10.0, 10.0),
        (5.0, 10.0),
    }
    assert clip(square, (20.0, 20.0, 30.0, 30.0)) == []
