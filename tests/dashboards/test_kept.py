"""Pages of which nothing has changed are not made again, and a page that is taken over is the page
that would have been made.
"""

from concurrent.futures import ProcessPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime
from multiprocessing import get_context

import polars as pl
import pytest

from dashboards import report
from dashboards.kept import Kept
from dashboards.report import write_report
from tests.dashboards.world import build, edition

SMALL = {"past": 24, "ahead": 12}
LATER = replace(
    edition(),
    run_id="20260215-9abc",
    known_at=datetime(2026, 2, 15, tzinfo=UTC),
    data_hash="0123abcd",
    previous=(),
)


def drawn(frames, which, folder, kept=None):
    write_report(
        frames, which, folder, languages=("en", "ru"), workbook=False, pictures=False, kept=kept
    )
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture
def store(tmp_path_factory):
    """The pages kept from one drawing, and how many were made."""
    folder = tmp_path_factory.mktemp("kept")
    first = Kept(folder / "pages", "v1")
    drawn(build(**SMALL), edition(), folder / "site", first)
    return folder / "pages", first.built


def test_a_new_run_of_the_same_data_takes_every_page_over(store, tmp_path):
    pages, made = store
    again = Kept(pages, "v1")
    fresh = drawn(
        build(**SMALL), replace(LATER, today=edition().known_at.date()), tmp_path / "fresh"
    )
    taken = drawn(
        build(**SMALL), replace(LATER, today=edition().known_at.date()), tmp_path / "taken", again
    )
    singles = [name for name in fresh if "/route/" in name or "/segment/" in name]
    assert len(singles) == 2 * (4 + 9)
    assert again.built == made - len(singles)
    assert taken == fresh
    assert (
        b"20260215-9abc"
        in taken[
            "en/route/" + next(name for name in singles if "/route/" in name).rpartition("/")[2]
        ]
    )


def test_only_what_changed_is_made_again(store, tmp_path):
    pages, made = store
    frames = build(**SMALL)
    one = (pl.col("series_id") == "R-ALA-FRA") & (
        pl.col("period_start") == frames["traffic_period"]["period_start"].max()
    )
    frames["traffic_period"] = frames["traffic_period"].with_columns(
        pl.when(one)
        .then(pl.col("value_gbps") * 1.01)
        .otherwise(pl.col("value_gbps"))
        .alias("value_gbps")
    )
    frames["order_plan"] = frames["order_plan"].with_columns(
        reason=pl.when(pl.col("segment_id") == pl.col("segment_id").first())
        .then(pl.lit("another reason"))
        .otherwise(pl.col("reason"))
    )
    scored = (pl.col("series_id") == "R-ALA-FRA") & (pl.col("horizon") == 0)
    frames["backtest_score"] = frames["backtest_score"].with_columns(
        coverage_80=pl.when(scored).then(pl.lit(0.5)).otherwise(pl.col("coverage_80"))
    )
    again = Kept(pages, "v1")
    fresh = drawn(frames, edition(), tmp_path / "fresh")
    taken = drawn(frames, edition(), tmp_path / "taken", again)
    assert taken == fresh
    singles = sum("/route/" in name or "/segment/" in name for name in fresh)
    paths = frames["route_path"].filter((pl.col("route_id") == "R-ALA-FRA") & (pl.col("rank") == 1))
    changed = {frames["order_plan"]["segment_id"][0], *paths["segment_id"]}
    assert again.built <= made - singles + 2 * (1 + len(changed)), (
        "a route, the segment ordered otherwise, and those that quote the route's coverage"
    )
    assert again.built < made


def test_another_load_makes_the_segment_s_page_again(store, tmp_path):
    pages, made = store
    frames = build(**SMALL)
    mine = pl.col("segment_id") == frames["segment_load"]["segment_id"].min()
    frames["segment_load"] = frames["segment_load"].with_columns(
        load_gbps=pl.when(mine).then(pl.col("load_gbps") * 1.1).otherwise("load_gbps")
    )
    again = Kept(pages, "v1")
    fresh = drawn(frames, edition(), tmp_path / "fresh")
    assert drawn(frames, edition(), tmp_path / "taken", again) == fresh
    singles = sum("/route/" in name or "/segment/" in name for name in fresh)
    assert again.built == made - singles + 2, "one segment, in two languages"


@pytest.mark.parametrize("change", ["code", "words", "names", "threshold"])
def test_what_all_pages_share_makes_all_anew(change, tmp_path):
    pages = tmp_path / "pages"
    first = Kept(pages, "v1")
    drawn(build(**SMALL), edition(), tmp_path / "one", first)
    frames, which = build(**SMALL), edition()
    if change == "names":
        frames["node"] = frames["node"].with_columns(name=pl.col("name") + "!")
    if change == "threshold":
        which = replace(which, threshold_ratio=0.7)
    if change == "words":
        which = replace(which, words={"en": {"North": "Northern"}})
    again = Kept(pages, "v2" if change == "code" else "v1")
    taken = drawn(frames, which, tmp_path / "two", again)
    assert again.built == first.built
    assert taken == drawn(frames, which, tmp_path / "three")


def test_a_damaged_page_is_made_again_and_old_ones_go(store, tmp_path):
    pages, made = store
    for path in list(pages.iterdir())[:3]:
        path.write_bytes(b"torn")
    (pages / "stale").write_bytes(b"")
    again = Kept(pages, "v1")
    drawn(build(**SMALL), edition(), tmp_path, again)
    assert again.built < made
    assert not (pages / "stale").exists()


def test_languages_side_by_side_are_the_same_pages(tmp_path, monkeypatch):
    one = drawn(build(**SMALL), edition(), tmp_path / "one")
    monkeypatch.setattr(report, "WORTH_A_PROCESS", 1)
    kept = Kept(tmp_path / "pages", "v1")
    with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
        write_report(
            build(**SMALL),
            edition(),
            tmp_path / "two",
            workbook=False,
            pictures=False,
            kept=kept,
            submit=pool.submit,
        )
    two = {
        path.relative_to(tmp_path / "two").as_posix(): path.read_bytes()
        for path in (tmp_path / "two").rglob("*")
        if path.is_file()
    }
    assert two == one
    assert len(kept.used) == 2 * (4 + 9)
