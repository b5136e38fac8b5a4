"""The first screen: its argument, its numbers against the frames, the map's words, the brief."""

import re
import zipfile
from datetime import date, timedelta
from itertools import pairwise
from xml.etree import ElementTree

import polars as pl
import pytest
import typst

from dashboards import report
from dashboards.charts.region import Place, Segment, region
from dashboards.front.argument import argue, short_segment
from dashboards.front.changed import order_changes
from dashboards.front.decision import chain, decide, money
from dashboards.front.page import make_front
from dashboards.geography.labels import Box, inside, overlap
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.press.brief import write_brief
from dashboards.press.document import write_document
from dashboards.trust import scored, unreliable
from dashboards.view import View
from tests.dashboards.world import build, edition

EN, RU = load_language("en"), load_language("ru")


@pytest.fixture(scope="module")
def frames():
    return build(past=24, ahead=36)


def test_key_figures_count_the_order_plan(frames):
    material = gather(frames, edition())
    plan = frames["order_plan"].filter((pl.col("option") != "none") & (pl.col("modules") > 0))
    plan = plan.filter(pl.col("order_by").is_not_null())
    late = plan.filter(pl.col("overdue_months") > 0).height
    until = material.today + timedelta(days=90)
    soon = plan.filter((pl.col("overdue_months") == 0) & (pl.col("order_by") <= until)).height
    figures = make_front(View(material, EN)).figures
    assert [figure.value for figure in figures[:2]] == [str(late), str(soon)]
    rows = scored(material)
    assert figures[3].value == str(rows["unreliable"].sum())
    assert figures[3].beside == f"of {rows.height}"


def ordered(frames, *changes):
    """The plan with one row per change of its first order."""
    first = frames["order_plan"].filter(pl.col("modules") > 0).sort("order_by").head(1)
    rows = [
        first.with_columns(**{name: pl.lit(value) for name, value in change.items()}).cast(
            dict(first.schema)
        )
        for change in changes
    ]
    plan = pl.concat(rows)
    return gather({**frames, "order_plan": plan}, edition())


LATE = {"overdue_months": 5.0, "order_by": date(2025, 8, 1), "cost_usd": 90_000.0}
AHEAD = {"overdue_months": 0.0, "order_by": date(2026, 2, 1), "cost_usd": 90_000.0}


@pytest.mark.parametrize(
    ("changes", "english", "russian"),
    [
        (
            [{**LATE, "option": "new_wave"}, {**LATE, "option": "new_line_system", "order_seq": 2}],
            "Sign 1 overdue wave now; decide the ",
            "Заказать сейчас 1 просроченный канал; линию ",
        ),
        (
            [{**LATE, "option": "leased"}, {**LATE, "option": "new_wave", "order_seq": 2}],
            "Sign 2 overdue orders now",
            "Заказать сейчас 2 просроченных заказа",
        ),
        ([{**LATE, "option": "new_segment"}], "Decide the ", "Решить сейчас: линию "),
        ([{**AHEAD, "option": "new_wave"}], "Sign 1 order by ", "Заказать до "),
        (
            [{**AHEAD, "option": "new_wave", "order_by": date(2027, 2, 1)}],
            "Sign nothing yet: the first order is due by 1 February 2027",
            "Пока ничего не заказывать",
        ),
    ],
)
def test_the_headline_says_what_the_plan_asks(frames, changes, english, russian):
    material = ordered(frames, *changes)
    for language, words in ((EN, english), (RU, russian)):
        view = View(material, language)
        assert argue(view, decide(material)).headline.startswith(words)


def test_without_a_plan_the_headline_asks_nothing():
    material = gather({}, edition())
    assert argue(View(material, EN), decide(material)).headline == EN.text("argument.no_plan")


def test_a_range_is_stated_only_where_every_order_has_one(frames):
    material = gather(frames, edition())
    orders = [{"segment_id": "X", "order_seq": 1, "cost_usd": 5.0}]
    assert money(material, orders).likely == 5.0
    assert money(material, orders).low is None
    assert money(material, [{**orders[0], "cost_usd": None}]).likely is None


def test_a_chain_of_segments_is_one_line(frames):
    material = gather(frames, edition())
    assert chain(material, ["S-ALA-AKT", "S-AKT-ATY"]) == ("ALA", "ATY")
    assert chain(material, ["S-ALA-AKT", "S-BAK-FRA"]) is None


def test_an_interval_is_unreliable_only_where_outcomes_contradict_it(frames):
    score = frames["backtest_score"]
    own = (pl.col("model") == "ensemble") & (pl.col("grain") == "month")
    bad = score.with_columns(
        coverage_80=pl.when(own).then(0.2).otherwise("coverage_80"),
        n=pl.when(own).then(40).otherwise("n"),
    )
    assert unreliable(gather({**frames, "backtest_score": bad}, edition()))
    few = bad.with_columns(n=pl.when(own).then(7).otherwise("n"))
    kinds = {key[0] for key in unreliable(gather({**frames, "backtest_score": few}, edition()))}
    assert kinds <= {"country"}
    good = bad.with_columns(coverage_80=pl.when(own).then(0.8).otherwise("coverage_80"))
    kinds = {key[0] for key in unreliable(gather({**frames, "backtest_score": good}, edition()))}
    assert kinds <= {"country"}


def test_changed_orders_follow_the_revisions(frames):
    material = gather(frames, edition())
    known = {
        key[1]: parts for key, parts in material.revisions.items() if key[3] == "order_by_days"
    }
    for change in order_changes(material):
        parts = known[change.segment_id]
        assert change.before == parts[0]["date_before"]
        assert change.after == parts[-1]["date_after"]
        if change.kind in ("earlier", "later"):
            assert abs((change.after - change.before).days) >= 15
            assert (change.after > change.before) == (change.kind == "later")


def test_words_of_the_map_do_not_cover_each_other():
    places = [
        Place(f"Town {at}", 60 + at % 5 * 4.0, 40 + at // 5 * 3.0, at % 2 == 0, 2)
        for at in range(20)
    ]
    points = [(place.lon, place.lat) for place in places]
    segments = [
        Segment("line", one, other, at % 4, (at + 1,) if at < 6 else ())
        for at, (one, other) in enumerate(pairwise(points))
    ]
    picture = region(segments, places, "map")
    assert all(f">{place.name}<" in picture for place in places if place.named)
    rings = [
        Box(float(x) - 8, float(y) - 8, float(x) + 8, float(y) + 8)
        for x, y in re.findall(r'class="ring" cx="([\d.]+)" cy="([\d.]+)"', picture)
    ]
    assert len(rings) == 6
    assert all(
        overlap(one, other) < 20 for at, one in enumerate(rings) for other in rings[at + 1 :]
    )


def test_lengths_inside_a_box():
    box = Box(0, 0, 10, 10)
    assert inside(((-5, 5), (15, 5)), box) == pytest.approx(10)
    assert inside(((-5, 20), (15, 20)), box) == 0
    assert overlap(box, Box(5, 5, 20, 20)) == 25


def test_every_listed_order_is_the_plans(site):
    """The page is read: each row's segment, last day, risk and price are the frame's."""
    page = (site[0] / "en" / "index.html").read_text(encoding="utf-8")
    rows = re.findall(
        r'class="name"><a '
        r'href="([^"]+)">.*?class="when">([^<]+)<.*?class="share">([^<]*)<.*?class="n '
        r'usd">([^<]*)<',
        page,
        flags=re.S,
    )
    material = gather(build(), edition())
    orders = decide(material).orders[:10]
    assert len(rows) == len(orders) > 0
    for (link, day, late, price), order in zip(rows, orders, strict=True):
        assert order["segment_id"].lower() in link
        by = order["order_by"]
        assert day == f"{by.day} {by:%b} {by.year}"
        assert late == f"{order['p_late_now_ratio']:.0%}"
        cost = order["cost_usd"]
        assert price == ("–" if cost is None else f"{cost / 1e3:,.0f}")


@pytest.mark.parametrize("code", ["en", "ru"])
def test_titles_are_short(site, code):
    words = [
        sum(bool(re.search(r"\w", word)) for word in title.split())
        for path in (site[0] / code).rglob("*.html")
        for title in re.findall(
            r"<figure id=[^>]+>\n<h\d>(.*?)(?: <span|</h\d>)", path.read_text("utf-8")
        )
    ]
    assert len(words) > 20
    assert sorted(words)[len(words) // 2] <= 10


def test_the_brief_is_one_page_in_each_language(frames, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    material = gather(frames, edition())
    for language, words in ((EN, "What to sign"), (RU, "Что заказать")):
        view = View(material, language)
        path = write_brief(view, tmp_path)
        reader = pypdf.PdfReader(path)
        assert len(reader.pages) == 1
        text = reader.pages[0].extract_text()
        assert words in text
        headline = argue(view, decide(material)).headline
        assert headline.split()[0] in text
    assert write_brief(View(gather({}, edition()), EN), tmp_path) is None


def test_names_that_no_font_can_shape_stop_no_edition(frames, tmp_path):
    name = "\u0938\u094d\u091f\u0947\u0936\u0928 \u05d0\u05d1 \u0645\u0631\u0648 \u0e01\u0e33"
    nodes = frames["node"].with_columns(name=pl.lit(name), name_ru=pl.lit(name))
    report.write_report(
        {**frames, "node": nodes},
        edition(),
        tmp_path,
        languages=("en",),
        workbook=False,
        pictures=False,
    )
    assert name.split()[1] in (tmp_path / "en" / "index.html").read_text("utf-8")


def test_a_brief_that_cannot_be_typeset_leaves_the_pages(frames, tmp_path, monkeypatch, caplog):
    def fail(*_):
        raise typst.TypstError("no")

    monkeypatch.setattr(report, "write_brief", fail)
    written = report.write_report(
        frames, edition(), tmp_path, languages=("en",), workbook=False, pictures=False
    )
    assert any(path.name == "index.html" for path in written)
    assert not any(path.suffix == ".pdf" for path in written)
    assert "brief.pdf was not made" in caplog.text
    assert "The brief is missing" in (tmp_path / "en" / "index.html").read_text("utf-8")


def test_the_brief_is_a_document_too(frames, tmp_path):
    material = gather(frames, edition(title='Transit <b> & "x"'))
    for language, words in ((EN, "What to sign"), (RU, "Что заказать")):
        view = View(material, language)
        path = write_document(view, tmp_path)
        first = path.read_bytes()
        with zipfile.ZipFile(path) as book:
            assert book.testzip() is None
            for name in book.namelist():
                if name.endswith((".xml", ".rels")):
                    ElementTree.fromstring(book.read(name))
            text = "".join(ElementTree.fromstring(book.read("word/document.xml")).itertext())
            images = [name for name in book.namelist() if name.endswith(".png")]
        assert words in text
        decision = decide(material)
        assert argue(view, decision).headline in text
        for order in (*decision.now, *decision.soon, *decision.apart):
            assert short_segment(view, order["segment_id"]) in text
        assert images
        assert write_document(view, tmp_path).read_bytes() == first
    assert write_document(View(gather({}, edition()), EN), tmp_path) is None
