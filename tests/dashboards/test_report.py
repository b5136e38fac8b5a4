"""The edition as files: every page in each language, nothing missing, no name that breaks a
page.
"""

import gc
import json
import re
import weakref
from dataclasses import replace
from html.parser import HTMLParser
from pathlib import Path

import polars as pl
import pytest

from dashboards.language import load_language
from dashboards.material import gather
from dashboards.report import edition_pages, write_report
from dashboards.shared import embed
from dashboards.view import View
from tests.dashboards.world import build, edition


class Links(HTMLParser):
    def __init__(self) -> None:
        super().__init__()
        self.found: list[str] = []
        self.ids: set[str] = set()

    def handle_starttag(self, tag, attrs):
        for name, value in attrs:
            if name in ("href", "src"):
                self.found.append(value)
            if name == "id":
                assert value not in self.ids, f"id {value} is repeated"
                self.ids.add(value)


def test_every_link_resolves_inside_the_site(site):
    folder, written = site
    pages = [path for path in written if path.suffix == ".html"]
    assert len(pages) > 40
    for page in pages:
        links = Links()
        links.feed(page.read_text(encoding="utf-8"))
        for link in links.found:
            assert not re.match(r"[a-z]+:", link), f"{page}: {link} leaves the site"
            if "20251215-77aa" in link:
                continue
            target, _, anchor = link.partition("#")
            if target:
                resolved = (page.parent / target).resolve()
                assert resolved.is_file(), f"{page}: {link} leads nowhere"
                assert folder.resolve() in resolved.parents
            elif anchor:
                assert anchor in links.ids


def test_both_languages_have_the_same_pages_and_carry_the_same_hash(site):
    folder, _ = site
    english = {path.relative_to(folder / "en") for path in (folder / "en").rglob("*.html")}
    russian = {path.relative_to(folder / "ru") for path in (folder / "ru").rglob("*.html")}
    assert english == russian
    for page in english:
        for code in ("en", "ru"):
            assert edition().data_hash in (folder / code / page).read_text(encoding="utf-8")


def test_no_key_was_missing(site):
    for code in ("en", "ru"):
        assert load_language(code).missing == set()


def test_the_same_inputs_give_the_same_bytes(site, tmp_path):
    folder, written = site
    again = write_report(build(), edition(), tmp_path)
    assert [path.relative_to(tmp_path) for path in again] == [
        path.relative_to(folder) for path in written
    ]
    for one, other in zip(written, again, strict=True):
        assert one.read_bytes() == other.read_bytes(), one


def test_without_frames_every_page_says_why(tmp_path):
    written = write_report({}, edition(simulated=False), tmp_path)
    index = (tmp_path / "en" / "index.html").read_text(encoding="utf-8")
    plan = (tmp_path / "en" / "plan.html").read_text(encoding="utf-8")
    assert "no plan was made" in index
    assert "the run has no order plan" in plan
    assert "the run has no runout dates" in plan
    assert any(path.name == "quality.html" for path in written)
    assert load_language("en").missing == set()


@pytest.mark.parametrize(
    "name",
    [
        '<script>alert("x")</script>',
        "a\"b'c&d",
        "</script><b>",
        "\u202eabc אבג",
        "x" * 400,
        "../../etc",
        "{{ 7*7 }}",
    ],
)
def test_names_from_data_stay_text(name, tmp_path):
    frames = build()
    old = "R-ALA-FRA"
    swap = pl.when(pl.col("route_id") == old).then(pl.lit(name)).otherwise(pl.col("route_id"))
    frames["route"] = frames["route"].with_columns(
        name=pl.lit(name),
        name_ru=pl.lit(name),
        market=pl.lit(name),
        corridor=pl.lit(name),
        route_id=swap,
    )
    frames["route_path"] = frames["route_path"].with_columns(route_id=swap)
    for frame in ("traffic_period", "forecast_quantile"):
        series = (
            pl.when(pl.col("series_id") == old).then(pl.lit(name)).otherwise(pl.col("series_id"))
        )
        frames[frame] = frames[frame].with_columns(series_id=series)
    frames["node"] = frames["node"].with_columns(name=pl.lit(name), name_ru=pl.lit(name))
    written = write_report(
        frames,
        replace(edition(), title=name, title_ru=name),
        tmp_path,
        languages=("en",),
        pictures=False,
    )
    for path in written:
        assert tmp_path.resolve() in path.resolve().parents
        if path.suffix == ".html":
            page = path.read_text(encoding="utf-8")
            assert "<script>alert" not in page
            assert "</script><b>" not in page
            assert "49" not in page or "{{ 7*7 }}" not in name or "{{ 7*7 }}" in page
            for block in re.findall(
                r'<script type="application/json"[^>]*>(.*?)</script>', page, re.S
            ):
                json.loads(block)


def test_a_specification_cannot_end_its_script_element():
    page = str(embed({"title": "</script><!--\u2028 & >"}))
    assert "<" not in page
    assert ">" not in page
    assert json.loads(page) == {"title": "</script><!--\u2028 & >"}


def test_ids_that_differ_only_in_case_get_files_of_their_own(tmp_path):
    frames = build()
    frames["route"] = frames["route"].with_columns(
        route_id=pl.col("route_id").replace({"R-AKT-GRB": "r-one", "R-AKT-BAK": "R-ONE"})
    )
    write_report({"route": frames["route"]}, edition(), tmp_path, languages=("en",), pictures=False)
    names = [path.name.lower() for path in Path(tmp_path / "en" / "route").glob("*.html")]
    assert len(names) == len(set(names)) == 4


def test_weekly_grain_and_refusals(tmp_path):
    frames = build("week", past=52, ahead=26)
    frames["no_forecast"] = pl.DataFrame(
        [("route", "R-AKT-BAK", "in", "p95", "week", "too little history")],
        orient="row",
        schema=["series_kind", "series_id", "direction", "statistic", "grain", "reason"],
    )
    write_report(frames, edition("week"), tmp_path, pictures=False)
    index = (tmp_path / "en" / "index.html").read_text(encoding="utf-8")
    assert "week of 29 December 2025" in index
    assert "too little history" in index
    russian = (tmp_path / "ru" / "index.html").read_text(encoding="utf-8")
    assert "неделя с 29 декабря 2025\u00a0г." in russian


def test_nothing_holds_an_edition_whose_pages_are_made():
    """A schedule makes editions in one process for months."""
    material = gather(build(), edition())
    pages = edition_pages(View(material, load_language("en")))
    assert len(pages) > 20
    alive = weakref.ref(material)
    del material, pages
    gc.collect()
    assert alive() is None
