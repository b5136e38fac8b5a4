"""What titles, counts and notes claim is true of what stands under them."""

import re
from datetime import date

import polars as pl
import pytest

from dashboards.chapters.capacity import atlas, risk, scenarios, segments
from dashboards.chapters.evidence import data, quality
from dashboards.chapters.traffic import countries
from dashboards.chapters.traffic.series import refusals, traffic_section
from dashboards.charts.drawing import spread
from dashboards.charts.network import WIDTHS
from dashboards.cuts import without_holes
from dashboards.figure import LONGEST, Cell, Table, stated
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.notes import coverage, definition
from dashboards.press.paper import compose
from dashboards.press.typesetting import svg
from dashboards.view import View
from tests.dashboards.world import build, edition
from warehouse.reasons import reason
from warehouse.schema import NO_FORECAST, check

EN, RU = load_language("en"), load_language("ru")
KEY = ("route", "R-ALA-FRA", "out", "p95")


@pytest.fixture(scope="module")
def frames():
    return build(past=24, ahead=36)


def test_a_refusal_of_another_grain_is_none_of_this_edition(frames):
    row = {
        "series_kind": "route",
        "series_id": "R-ALA-FRA",
        "direction": "out",
        "statistic": "p95",
        "reason": "only 11 months of history; 24 are needed",
    }
    refused = check(
        pl.DataFrame([{**row, "grain": "month"}, {**row, "grain": "week", "statistic": "mean"}]),
        NO_FORECAST,
    )
    material = gather({**frames, "no_forecast": refused}, edition())
    assert list(material.refused) == [KEY]
    assert len(refusals(View(material, EN)).table.rows) == 1


def test_reasons_name_routes_by_name(frames):
    why = reason("series.sum_without_more", routes=["R-ALA-FRA", "R-AKT-GRB"], more=2)
    row = {
        "series_kind": "total",
        "series_id": "total",
        "direction": "out",
        "statistic": "mean",
        "grain": "month",
        **why.columns(),
    }
    material = gather(
        {**frames, "no_forecast": check(pl.DataFrame([row]), NO_FORECAST)},
        edition(),
    )
    told = {
        code: refusals(View(material, language)).table.rows[0][-1].text
        for code, language in (("en", EN), ("ru", RU))
    }
    assert told["en"] == (
        "the total is not forecast because Almaty – Frankfurt, Aktau – Garabogaz and 2 "
        "more have no forecast, and it would be too small without them"
    )
    assert "Алматы – Франкфурт, Актау – Гарабогаз" in told["ru"].replace("\u00a0", " ").replace(
        "—", "–"
    )


def test_periods_without_a_row_are_gaps_and_the_unfinished_one_is_not(frames):
    traffic = frames["traffic_period"]
    own = (pl.col("series_id") == KEY[1]) & (pl.col("direction") == KEY[2])
    unfinished = traffic.filter(own & (pl.col("period_start") == date(2025, 12, 1))).with_columns(
        period_start=pl.lit(date(2026, 1, 1)),
        value_gbps=pl.lit(None, dtype=pl.Float64),
        coverage_ratio=pl.lit(0.4),
    )
    holed = pl.concat(
        [
            traffic.filter(
                ~(own & pl.col("period_start").is_in([date(2025, 3, 1), date(2025, 4, 1)]))
            ),
            unfinished,
        ]
    )
    material = gather({**frames, "traffic_period": holed}, edition())
    said = coverage(material.observed[KEY], View(material, EN), "route")
    assert said.startswith("21 of 24 months")
    assert said.endswith("no value for Mar 2025, Apr 2025, Sep 2025")
    shown = data.coverage_frame(material).filter(pl.col("series_id") == KEY[1])
    assert shown["period_start"].max() == date(2025, 12, 1)
    assert shown.filter(pl.col("coverage_ratio") == 0)["period_start"].to_list() == [
        date(2025, 3, 1),
        date(2025, 4, 1),
    ]


@pytest.mark.parametrize(
    ("grain", "last", "periods"),
    [("month", date(2025, 4, 1), 4), ("week", date(2025, 1, 29), 5), ("day", date(2025, 1, 3), 3)],
)
def test_holes_are_filled_in_every_grain(grain, last, periods):
    frame = pl.DataFrame({"period_start": [date(2025, 1, 1), last], "coverage_ratio": [1.0, 0.5]})
    assert without_holes(frame, grain)["coverage_ratio"].to_list() == [
        1.0,
        *[0.0] * (periods - 2),
        0.5,
    ]


def test_a_short_horizon_says_nothing_of_years():
    material = gather(build(past=24, ahead=12), edition(today=date(2026, 1, 10)))
    runout = next(
        figure
        for figure in atlas.map_figures(View(material, EN))
        if figure.figure_id == "map_runout"
    )
    assert "two years" not in runout.title
    assert "by December 2026" in runout.title
    levels = runout.spec["layer"][1]["encoding"]["color"]["scale"]["domain"]
    assert levels == ["no load computed", "after December 2026", "by December 2026"]
    assert {row["rank"] for row in runout.spec["datasets"]["lines"]} <= {0, 1, 2}


def test_a_load_title_states_the_dates_of_the_tables(frames):
    name, direction = next(
        (row["segment_id"], row["direction"])
        for row in frames["runout"].iter_rows(named=True)
        if row["date_kind"] == "policy"
    )
    calm = frames["segment_load"].with_columns(lit_gbps=pl.lit(1e6))
    own = (
        (pl.col("segment_id") == name)
        & (pl.col("direction") == direction)
        & (pl.col("date_kind") == "policy")
    )

    def title(t10, t50):
        runout = frames["runout"].with_columns(
            t10=pl.when(own).then(pl.lit(t10, dtype=pl.Date)).otherwise("t10"),
            t50=pl.when(own).then(pl.lit(t50, dtype=pl.Date)).otherwise("t50"),
        )
        return segments.load_figure(
            View(gather({**frames, "runout": runout, "segment_load": calm}, edition()), EN),
            name,
            direction,
        ).title

    assert "half of the paths pass the threshold by May 2026" in title(
        date(2026, 3, 1), date(2026, 5, 1)
    )
    assert "one path in ten passes the threshold by March 2026" in title(date(2026, 3, 1), None)
    assert "stays under the threshold" in title(None, None)


def test_a_scenario_is_told_by_its_medians_in_the_direction_of_the_plan():
    row = {
        "segment_id": "a",
        "direction": "az",
        "date_kind": "policy",
        "shift_months": 0.8,
        "probability_base": 0.9,
        "probability_scenario": 0.4,
        "t50_base": date(2028, 4, 1),
        "t50_scenario": None,
    }
    other = {**row, "direction": "za", "t50_base": None, "shift_months": 9.0}
    told = scenarios._moved(pl.DataFrame([other, row]), date(2029, 10, 1))
    assert told.select("direction", "later").rows() == [("az", True)]
    assert told["median_days"][0] == (date(2029, 10, 2) - date(2028, 4, 1)).days


def test_errors_that_differ_by_little_are_alike(frames):
    def title(ratio):
        scores = frames["backtest_score"].with_columns(
            mase=pl.when(pl.col("model") == "seasonal_naive").then(1.5 * ratio).otherwise(1.5)
        )
        return quality.figures(View(gather({**frames, "backtest_score": scores}, edition()), EN))[
            -1
        ].title

    assert "about as well as" in title(1.02)
    assert "about as well as" in title(0.98)
    assert "beats" in title(1.2)
    assert "does not beat" in title(0.8)


def test_tables_without_rates_do_not_speak_of_hours(frames):
    without = {
        "segment_risk": frames["segment_risk"].with_columns(
            congested_hours=pl.lit(None, dtype=pl.Float64)
        ),
        "route_risk": frames["route_risk"].with_columns(
            availability_ratio=pl.lit(None, dtype=pl.Float64)
        ),
    }
    words = [
        word
        for section in risk.pages(View(gather({**frames, **without}, edition()), EN))[0].sections
        for word in section.words
    ]
    assert len(words) == 2
    assert all("no assumption states" in word for word in words)
    known = [
        word
        for section in risk.pages(View(gather(frames, edition()), EN))[0].sections
        for word in section.words
    ]
    assert not any("no assumption states" in word for word in known)


def test_daily_figures_are_not_called_means(frames):
    daily = frames["traffic_period"].with_columns(
        slot_minutes=pl.lit(1440, dtype=frames["traffic_period"]["slot_minutes"].dtype)
    )
    assert "daily figures" in definition(
        View(gather({**frames, "traffic_period": daily}, edition()), EN), KEY
    )
    assert "5-minute means" in definition(View(gather(frames, edition()), EN), KEY)


def test_a_silent_direction_is_words_and_no_empty_chart(frames):
    silent = pl.col("direction") == "in"
    cut = {name: frames[name].filter(~silent) for name in ("traffic_period", "forecast_quantile")}
    row = {
        "series_kind": "route",
        "series_id": "R-ALA-FRA",
        "direction": "in",
        "grain": "month",
        "reason": "no month has a value",
    }
    refused = check(
        pl.DataFrame([{**row, "statistic": name} for name in ("mean", "p95")]), NO_FORECAST
    )
    material = gather({**frames, **cut, "no_forecast": refused}, edition())
    section = traffic_section(View(material, EN), material.keys["route", "R-ALA-FRA"])
    assert section.words == ["Frankfurt → Almaty: nothing was observed."]
    assert section.figures
    assert all(figure.spec for figure in section.figures)


def test_an_edition_without_countries_has_no_page_of_them(frames):
    bare = {
        name: frame.filter(pl.col("series_kind") != "country")
        for name, frame in frames.items()
        if "series_kind" in frame.columns
    }
    material = gather(
        {**frames, **bare, "international_bandwidth": frames["international_bandwidth"].clear()},
        edition(),
    )
    assert countries.pages(View(material, EN)) == []


def test_paper_draws_a_chart_once(tmp_path):
    frames = build(past=24, ahead=36)
    priced = frames["order_plan"].with_columns(cost_usd=pl.lit(90_000.0))
    source = compose(View(gather({**frames, "order_plan": priced}, edition()), EN), tmp_path)
    assert source.count('"quarter_costs.svg"') == 1
    assert "The chart stands under" in source


@pytest.mark.parametrize(
    ("value", "shown"), [(60.0, "60"), (2.7, "2.7"), (0.05, "0.05"), (1500.0, "1,500"), (None, "–")]
)
def test_what_was_stated_keeps_its_digits(value, shown):
    assert stated(EN, value).text == shown


def test_long_addresses_may_break_and_stay_text():
    address = "https://example.org/a-long-path/with?query=1&other=<b>"
    body = Table(["Source"], [[Cell(address)], [Cell("plain words")]]).body
    assert "<wbr>" in body
    assert "<b>" not in body
    assert (
        body.replace("<wbr>", "").count(
            "https://example.org/a-long-path/with?query=1&amp;other=&lt;b&gt;"
        )
        == 1
    )


def test_ticks_of_a_short_span_are_days():
    assert spread(pl.Series([date(2019, 1, 1), None]), pl.Series([date(2019, 3, 25)])) == "days"
    assert spread(pl.Series([date(2019, 1, 1), date(2020, 6, 1)])) == "months"
    assert spread(pl.Series([date(2019, 1, 1), date(2022, 6, 1)])) == "years"


def test_the_more_urgent_a_segment_the_wider_its_line(frames):
    """What a grey print tells apart. Vega draws the widths, so they are counted in the picture and
    not in the specification.
    """
    figure = atlas.map_figures(View(gather(frames, edition()), EN))[0]
    ranks = {row["rank"] for row in figure.spec["datasets"]["lines"]}
    drawn = set(
        re.findall(
            r'aria-roledescription="rule mark"[^>]*stroke-width="([\d.]+)"', svg(figure.spec, EN)
        )
    )
    assert len(ranks) > 1
    assert drawn == {f"{WIDTHS[rank]:g}" for rank in ranks}


def test_a_route_alone_has_no_coincidence(frames):
    alone = frames["coincidence"].with_columns(combination_id=pl.lit("R-ALA-FRA:in"))
    assert data._coincidence(View(gather({**frames, "coincidence": alone}, edition()), EN)) is None
    assert data._coincidence(View(gather(frames, edition()), EN)).table.rows


def test_a_very_long_table_is_folded():
    rows = [[Cell("a")]] * LONGEST
    assert not Table(["x"], rows).long
    assert Table(["x"], [*rows, [Cell("b")]]).long
