"""Two editions side by side."""

from dataclasses import replace
from datetime import date, timedelta

import polars as pl

from dashboards.chapters import compare
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.view import View
from tests.dashboards.world import build, edition


def test_orders_are_new_gone_earlier_and_later():
    day = date(2027, 1, 10)
    before = {"a": day, "b": day, "c": day, "d": day}
    after = {"b": day, "c": day + timedelta(days=3), "d": day - timedelta(days=40), "e": day}
    rows = compare.moved(before, after)
    assert [(row.segment_id, row.kind, row.days) for row in rows] == [
        ("e", "new", None),
        ("a", "gone", None),
        ("d", "earlier", -40),
        ("c", "later", 3),
    ]


def test_the_page_counts_what_differs():
    frames = build(past=24, ahead=12)
    plan = frames["order_plan"].with_columns(order_by=pl.col("order_by").dt.offset_by("20d"))
    forecast = frames["forecast_quantile"].with_columns(value_gbps=pl.col("value_gbps") * 1.1)
    later = {**frames, "order_plan": plan, "forecast_quantile": forecast}
    known = replace(edition(), run_id="2026-01-later")
    for code in ("en", "ru"):
        language = load_language(code)
        views = [View(gather(frames, edition()), language), View(gather(later, known), language)]
        page = compare.page(*views)
        figures, orders, runouts, forecasts = page.parts()
        first = compare.first_orders(views[0].material)
        assert len(orders.table.rows) == len(first)
        assert {row[4].text for row in orders.table.rows} == {"20"}
        assert runouts.table is None
        assert {row[4].text.strip("\u00a0%") for row in forecasts.table.rows} == {"10"}
        assert figures.table.rows[0][1].text == figures.table.rows[0][2].text
        assert not language.missing
