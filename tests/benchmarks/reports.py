"""How long an edition takes: `python -m tests.benchmarks.reports [routes segments]`, on a made-up
network, in both languages.

Prints wall and processor time and the largest memory of a fresh drawing, beside the same edition
drawn again with nothing changed and with one route changed (the pages kept from the first), the
size of the first page, and, where a chromium is installed, the time from opening a page from disk
to its first chart, and to its first chart with a script behind it.
"""

from __future__ import annotations

import resource
import sys
import tempfile
import time
from collections.abc import Callable
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context
from pathlib import Path
from statistics import median

import polars as pl

from dashboards.edition import Edition
from dashboards.kept import Kept
from dashboards.report import write_report
from tests.dashboards.world import edition, many

CHROMIUM = Path("/usr/bin/chromium")


def processor_seconds() -> float:
    """Of this process and those it has waited for."""
    own, children = (
        resource.getrusage(who) for who in (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN)
    )
    return own.ru_utime + own.ru_stime + children.ru_utime + children.ru_stime


def timed(work: Callable[[], object]) -> tuple[float, float]:
    wall, cpu = time.perf_counter(), processor_seconds()
    work()
    return time.perf_counter() - wall, processor_seconds() - cpu


WATCH = """
const since = (name, there) => {
  const note = () => { window[name] = performance.now(); };
  const look = () =>
    (there() ? requestAnimationFrame(() => setTimeout(note)) : setTimeout(look, 4));
  look();
};
const loaded = (picture) => picture.complete && picture.naturalWidth;
since("seen", () =>
  document.querySelector(".chart svg")
  || [...document.querySelectorAll(".chart > img")].some(loaded));
since("answers", () => document.querySelector(".chart[data-drawn=yes]"));
"""
"""Milliseconds from navigation to the frame that shows the first chart, and to the one in which a
chart has a script behind it.
"""


def first_picture(page: Path) -> list[tuple[float, float]]:
    """Both times of WATCH, in seven fresh windows."""
    from playwright.sync_api import sync_playwright

    found = []
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=str(CHROMIUM), args=["--no-sandbox", "--disable-gpu"]
        )
        for _ in range(7):
            context = browser.new_context()
            context.add_init_script(WATCH)
            view = context.new_page()
            view.goto(page.as_uri())
            view.wait_for_selector("html[data-ready=yes]", timeout=60_000)
            seen, answers = view.evaluate("[window.seen, window.answers]")
            found.append((float(seen), float(answers)))
            context.close()
        browser.close()
    return found


def changed(frames: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
    """The same with the last value of one route 1 % higher."""
    traffic = frames["traffic_period"]
    name = frames["route"]["route_id"][0]
    one = (pl.col("series_id") == name) & (pl.col("period_start") == traffic["period_start"].max())
    value = pl.when(one).then(pl.col("value_gbps") * 1.01).otherwise(pl.col("value_gbps"))
    return {**frames, "traffic_period": traffic.with_columns(value_gbps=value)}


def main(routes: int = 300, segments: int = 200) -> None:
    frames, shown = many(routes, segments), edition()
    with tempfile.TemporaryDirectory() as work:
        place = Path(work)

        def draw(name: str, of: dict[str, pl.DataFrame], which: Edition) -> Kept:
            kept = Kept(place / "pages", "1")
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as pool:
                write_report(of, which, place / name, kept=kept, submit=pool.submit)
            return kept

        made: list[Kept] = []
        base, base_cpu = timed(lambda: made.append(draw("first", frames, shown)))
        peak = (
            resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
            + resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss
        )
        pages = len(list((place / "first").rglob("*.html")))
        print(
            f"{routes} routes, {segments} segments, 2 languages: {pages} pages, {base:.1f} "
            f"s, {base_cpu:.1f} s of processor, at most {peak / 2**20:.2f} GiB in both "
            "processes"
        )
        for name, of in (("nothing changed", frames), ("one route changed", changed(frames))):
            again, again_cpu = timed(lambda name=name, of=of: made.append(draw(name, of, shown)))  # type: ignore[misc]
            print(
                f"{name}: {made[-1].built} of {pages} pages made, {again:.1f} s, "
                f"{again_cpu:.1f} s of processor, {again_cpu / base_cpu:.2f} of the first"
            )
        index, assets = place / "first" / "en" / "index.html", place / "first" / "assets"
        print(
            f"first page: {index.stat().st_size / 1e6:.2f} MB, scripts once for the site: "
            f"{sum(one.stat().st_size for one in assets.iterdir()) / 1e6:.2f} "
            "MB"
        )
        if CHROMIUM.exists():
            for name, page in (
                ("first page", index),
                ("a route's page", next((place / "first" / "en" / "route").glob("*.html"))),
            ):
                for what, times in zip(
                    ("on screen", "answers the pointer"),
                    zip(*first_picture(page), strict=True),
                    strict=True,
                ):
                    print(
                        f"{name}, first chart {what}, from disk: median "
                        f"{median(times):.0f} ms, {min(times):.0f} to {max(times):.0f}"
                    )


if __name__ == "__main__":
    main(*(int(one) for one in sys.argv[1:3]))
