"""Numbers as the pages state them, read back from the HTML and compared with the run's frames."""

import csv
import re
from collections import Counter
from html import unescape

import polars as pl
import pytest

from dashboards.chapters.places import route_path, segment_path
from dashboards.chapters.traffic.series import outlook
from dashboards.front.decision import decide, money
from dashboards.language import Period, load_language
from dashboards.material import gather
from tests.dashboards.world import build, edition

EN, RU = load_language("en"), load_language("ru")


@pytest.fixture(scope="module")
def material():
    return gather(build(), edition())


def read(site, code, path):
    return (site[0] / code / path).read_text(encoding="utf-8")


def tables(html):
    """Each table as rows of cells: the text that is shown, what it sorts by, where it leads."""
    found = []
    for table in re.findall(r"<tbody>(.*?)</tbody>", html, re.S):
        rows = []
        for row in re.findall(r"<tr>(.*?)</tr>", table, re.S):
            cells = []
            for attributes, inner in re.findall(r"<td([^>]*)>(.*?)</td>", row, re.S):
                sort = re.search(r'data-sort="([^"]*)"', attributes)
                link = re.search(r'href="([^"]*)"', inner)
                words = unescape(re.sub(r"<[^>]+>", "", inner)).strip()
                cells.append((words, sort[1] if sort else "", link[1] if link else ""))
            rows.append(cells)
        found.append(rows)
    return found


def titles(html):
    return [
        unescape(words).strip() for words in re.findall(r"<h3>(.*?)(?: <span|</h3>)", html, re.S)
    ]


@pytest.mark.parametrize(("code", "language"), [("en", EN), ("ru", RU)])
def test_the_order_sheet_states_the_plan(site, material, code, language):
    rows = next(
        table for table in tables(read(site, code, "plan.html")) if "segment/" in table[0][0][2]
    )
    plan = material.orders
    assert len(rows) == plan.height
    for cells, order in zip(rows, plan.iter_rows(named=True), strict=True):
        texts = [text for text, *_ in cells]
        assert cells[0][2] == segment_path(order["segment_id"])
        assert cells[1][1] == (order["order_by"].isoformat() if order["order_by"] else "9999")
        assert cells[2][1] == (order["ready_by"].isoformat() if order["ready_by"] else "9999")
        assert language.percent(order["p_late_now_ratio"]) in texts
        assert f"{order['modules']}\u00a0×" in " ".join(texts)


@pytest.mark.parametrize(("code", "language"), [("en", EN), ("ru", RU)])
def test_the_table_of_routes_states_traffic_and_forecast(site, material, code, language):
    rows = {cells[0][2]: cells for cells in tables(read(site, code, "routes.html"))[0]}
    for route_id in material.routes:
        key = material.keys["route", route_id][0]
        seen = outlook(material, key)
        cells = rows[route_path(route_id)]
        texts = [text for text, *_ in cells]
        traffic = material["traffic_period"].filter(
            (pl.col("series_id") == route_id)
            & (pl.col("direction") == key[2])
            & (pl.col("statistic") == "p95")
            & pl.col("value_gbps").is_not_null()
        )
        assert seen.now_gbps == traffic.sort("period_start")["value_gbps"][-1]
        for value in (seen.now_gbps, seen.end_gbps):
            assert language.number(value) in texts


@pytest.mark.parametrize(("code", "language"), [("en", EN), ("ru", RU)])
def test_titles_of_routes_state_the_last_median(site, material, code, language):
    checked = 0
    quantiles = material["forecast_quantile"]
    for route_id in material.routes:
        said = titles(read(site, code, route_path(route_id)))
        for key in material.keys["route", route_id]:
            rows = quantiles.filter(
                (pl.col("series_id") == route_id)
                & (pl.col("direction") == key[2])
                & (pl.col("statistic") == key[3])
                & (pl.col("quantile_level") == 0.5)
            ).sort("target_start")
            by = language.period(Period(rows["target_start"][-1]), "by")
            stated = f"{language.number(rows['value_gbps'][-1])}\u00a0"
            checked += sum(stated in title and by in title for title in said)
    assert checked >= len(material.routes)


def test_runout_dates_of_segments_are_those_of_the_runout_frame(site, material):
    rows = tables(read(site, "en", "segments.html"))[-1]
    assert len(rows) == len(material.segments)
    for cells in rows:
        segment_id = next(name for name in material.segments if segment_path(name) == cells[0][2])
        dates = [
            row["t50"]
            for row in material["runout"].iter_rows(named=True)
            if (row["segment_id"], row["date_kind"]) == (segment_id, "policy") and row["t50"]
        ]
        shown = cells[5][1]
        assert shown == (min(dates).isoformat() if dates else shown)
        assert dates or shown.startswith("9999")


def test_the_first_page_states_what_the_orders_cost(site, material):
    page = read(site, "en", "index.html")
    decision = decide(material)
    overdue = decision.overdue
    values = [
        unescape(re.sub(r"<[^>]+>", " ", value)).split()
        for value in re.findall(r'<dd class="value">(.*?)</dd>', page, re.S)
    ]
    assert values[0][0] == str(len(overdue))
    assert values[1][0] == str(len(decision.soon))
    prices = [order["cost_usd"] for order in overdue]
    known = prices and None not in prices
    assert money(material, overdue).likely == (pytest.approx(sum(prices)) if known else None)


def test_files_of_charts_hold_the_forecast(site, material):
    folder = site[0] / "data"
    checked = 0
    for path in folder.glob("route-*-p95*.csv"):
        with path.open(encoding="utf-8") as file:
            rows = list(csv.DictReader(file))
        medians = Counter(row["q500"] for row in rows if row["q500"])
        known = {str(value) for value in material["forecast_quantile"]["value_gbps"].to_list()}
        assert set(medians) <= known
        checked += len(medians)
    assert checked > 100


def test_both_languages_state_the_same_values(site):
    """Whatever a cell says in words, it sorts by the same value in every language."""
    for path in sorted((site[0] / "en").rglob("*.html")):
        name = path.relative_to(site[0] / "en")
        values = [
            Counter(re.findall(r'data-sort="(-?[\d.e+-]+)"', read(site, code, name)))
            for code in ("en", "ru")
        ]
        assert values[0] == values[1], name


def test_a_russian_file_opens_in_a_russian_spreadsheet(site):
    path = next((site[0] / "data" / "ru").glob("route-*.csv"))
    content = path.read_bytes()
    assert content.startswith(b"\xef\xbb\xbf")
    head, first = content.decode("utf-8-sig").splitlines()[:2]
    assert ";" in head
    assert "," in first
    plain = (site[0] / "data" / path.name).read_text(encoding="utf-8").splitlines()[1]
    assert first.replace(",", ".").split(";") == plain.split(",")
