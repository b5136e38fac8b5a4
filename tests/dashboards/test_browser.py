"""The site in a real chromium: quiet console, no request, every chart drawn, words found, sliders
that move.
"""

import json
import re
import shutil
import subprocess
from contextlib import contextmanager
from xml.etree import ElementTree

import polars as pl
import pytest

from dashboards.material import gather
from dashboards.report import write_report
from tests.dashboards.world import build, edition

pytestmark = pytest.mark.browser
PAGES = (
    "index",
    "changes",
    "plan",
    "risk",
    "scenarios",
    "new-routes",
    "routes",
    "segments",
    "countries",
    "quality",
    "data",
    "assumptions",
    "method",
)


@contextmanager
def opened(browser, path, **emulated):
    """A page of the site; on leaving, its console must have been quiet and nothing fetched but
    files.
    """
    page = browser.new_page()
    said, fetched = [], []
    page.on("console", lambda message: said.append((message.type, message.text)))
    page.on("pageerror", lambda error: said.append(("error", str(error))))
    page.on("request", lambda request: fetched.append(request.url))
    if emulated:
        page.emulate_media(**emulated)
    page.goto(path.as_uri())
    page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
    yield page
    page.close()
    assert [line for line in said if line[0] in ("error", "warning")] == []
    assert [url for url in fetched if not url.startswith(("file:", "data:"))] == []


def drawn(page):
    return page.evaluate(
        "[...document.querySelectorAll('.chart')].map(place => [place.dataset.spec, "
        "place.dataset.drawn, place.querySelectorAll('svg path').length])"
    )


def paths(folder, code):
    home = folder / code
    single = [sorted((home / kind).glob("*.html"))[0] for kind in ("route", "segment", "corridor")]
    return [home / f"{name}.html" for name in PAGES] + single


@pytest.mark.parametrize("code", ["en", "ru"])
def test_every_page_draws_its_charts_quietly(site, browser, code):
    folder, _ = site
    charts = 0
    for path in paths(folder, code):
        with opened(browser, path) as page:
            found = drawn(page)
            assert all(state == "yes" and marks > 3 for _, state, marks in found), (path, found)
            assert page.evaluate("document.documentElement.lang") == code
            charts += len(found)
    assert charts > 18


def test_axes_speak_the_language(site, browser):
    folder, _ = site
    with opened(browser, folder / "ru" / "segments.html") as page:
        words = (
            page.inner_text("#utilization .chart")
            if page.query_selector("#utilization .chart text") is None
            else " ".join(
                page.eval_on_selector_all(
                    "#utilization .chart text", "all => all.map(one => one.textContent)"
                )
            )
        )
        assert "янв. 2026" in words
        assert "Jan" not in words
    with opened(browser, folder / "ru" / "countries.html") as page:
        words = " ".join(
            page.eval_on_selector_all(".chart text", "all => all.map(one => one.textContent)")
        )
        assert "12\u00a0000" in words
        assert "Гбит/с" in words


def test_the_slider_moves_the_runout_mark(site, browser):
    folder, _ = site
    path = next(path for path in (folder / "en" / "segment").glob("s-ala-akt*.html"))
    with opened(browser, path) as page:

        def marks():
            return page.eval_on_selector_all(
                ".chart:has(input) .mark-symbol path",
                "all => all.filter(one => one.getAttribute('opacity') !== '0').map(one => "
                "one.getAttribute('transform'))",
            )

        def words():
            return page.inner_text("figure:has(.chart input) h3"), page.inner_text(
                "figure:has(.chart input) > .subtitle"
            )

        before, stated = marks(), words()
        slider = page.query_selector(".chart input[type=range]")
        slider.fill("0.5")
        page.wait_for_timeout(200)
        assert marks() != before
        title, under = words()
        assert (title, under) != stated
        assert "50%" in title or "50%" in under
        assert "{" not in title + under
        link = page.evaluate("location.hash")
        assert "theta." in link
        page.reload()
        page.wait_for_selector("html[data-ready=yes]")
        assert words() == (title, under)
        with page.expect_download() as waiting:
            page.click("figure:has(.chart input) .download button:has-text('SVG')")
        assert title.split(":")[1].split()[0] in waiting.value.path().read_text("utf-8")
        page.query_selector(".chart input[type=range]").fill("0.8")
        page.wait_for_timeout(200)
        assert words() == stated


@pytest.mark.parametrize("kind", ["svg", "png"])
def test_a_chart_can_be_saved(site, browser, kind, tmp_path):
    folder, _ = site
    with opened(browser, folder / "ru" / "plan.html") as page:
        with page.expect_download() as waiting:
            page.click(f"#runout .download button:has-text('{kind.upper()}')")
        waiting.value.save_as(tmp_path / "chart")
        assert waiting.value.suggested_filename == f"runout.{kind}"
    content = (tmp_path / "chart").read_bytes()
    assert content.startswith(b"<svg" if kind == "svg" else b"\x89PNG")
    if kind == "svg":
        words = re.sub("\u00a0|&nbsp;|&#160;", " ", content.decode("utf-8"))
        assert "ожидаемо" in words


def test_the_switch_changes_the_story(site, browser):
    folder, _ = site
    with opened(browser, folder / "ru" / "scenarios.html") as page:

        def marks():
            return page.eval_on_selector_all(
                "#scenarios .mark-symbol path",
                "all => all.map(one => one.getAttribute('transform'))",
            )

        before, choices = (
            marks(),
            page.eval_on_selector_all(
                "#scenarios select option", "all => all.map(one => one.value)"
            ),
        )
        assert len(choices) == 2
        title = page.inner_text("#scenarios h3")
        ends = "all => all.map(one => one.textContent).filter(one => /^20\\d\\d|янв/.test(one))"
        axis = page.eval_on_selector_all("#scenarios .chart text", ends)
        page.select_option("#scenarios select", index=1)
        page.wait_for_timeout(200)
        assert marks() != before
        assert choices[1] in page.inner_text("#scenarios h3") != title
        assert page.eval_on_selector_all("#scenarios .chart text", ends) == axis
        assert "chosen.scenarios" in page.evaluate("location.hash")


def test_without_scripts_there_are_pictures_and_tables(site, tmp_path):
    playwright = pytest.importorskip("playwright.sync_api")
    assert playwright
    folder, _ = site
    for code in ("en", "ru"):
        page = (folder / code / "index.html").read_text(encoding="utf-8")
        shown = re.findall(
            r'<div class="chart"[^>]*><img src="([^"]+)" alt="([^"]+)" width="\d+" '
            r'height="\d+"></div>',
            page,
        )
        assert shown
        for source, alt in shown:
            picture = (folder / code / source).resolve()
            assert picture.read_text(encoding="utf-8").startswith("<svg")
            assert len(alt) > 20
        weight = len(page.encode()) + sum(
            (folder / code / source).stat().st_size for source, _ in shown
        )
        assert weight < 1_500_000
    route = next((folder / "en" / "route").glob("*.html")).read_text(encoding="utf-8")
    sketch = re.search(r'<noscript>(<svg class="sketch".*?</svg>)</noscript>', route, re.S)
    assert sketch
    assert ElementTree.fromstring(sketch[1]).findall(".//polyline")
    assert "Its numbers are in the data table below" in route


HOSTILE = '"><img src=x onerror="hacked=1"><script>hacked=1</script>'


@pytest.mark.parametrize(
    "name", [HOSTILE, "\u202eabc אבג \u2066x", "W" * 300, "${hacked=1} {{7*7}} ');hacked=1;('"]
)
def test_hostile_names_are_only_names(browser, name, tmp_path):
    frames = build(past=24, ahead=12)
    for frame in ("route", "node", "project"):
        columns = [column for column in ("name", "name_ru") if column in frames[frame].columns]
        frames[frame] = frames[frame].with_columns(pl.lit(name).alias(column) for column in columns)
    frames["risk_group"] = frames["risk_group"].with_columns(name=pl.lit(name), source=pl.lit(name))
    frames["scenario_effect"] = frames["scenario_effect"].with_columns(note=pl.lit(name))
    write_report(
        frames,
        edition(title=name, title_ru=name),
        tmp_path,
        languages=("en",),
        workbook=False,
        pictures=False,
    )
    for path in (
        tmp_path / "en" / "segments.html",
        tmp_path / "en" / "risk.html",
        next((tmp_path / "en" / "route").glob("*.html")),
    ):
        with opened(browser, path) as page:
            assert page.evaluate("typeof hacked") == "undefined"
            assert all(state == "yes" for _, state, _ in drawn(page))
            assert page.evaluate("document.documentElement.scrollWidth") <= 1100
            page.hover(".chart svg")
            assert page.evaluate("typeof hacked") == "undefined"


def test_search_finds_a_route(site, browser):
    folder, _ = site
    with opened(browser, folder / "ru" / "index.html") as page:
        found = "all => all.map(one => one.textContent)"
        for words in ("R-ALA-FRA", "Almaty Frankfurt", "казахстан франкф"):
            page.fill(".search input", words)
            page.wait_for_selector(".search li a")
            names = page.eval_on_selector_all(".search li a", found)
            assert any("Алматы\u00a0— Франкфурт" in one and "Маршрут" in one for one in names)
        page.fill(".search input", "нет такого")
        page.wait_for_selector(".search .nothing")
        page.fill(".search input", "алматы франк")
        page.wait_for_selector(".search li a")
        page.press(".search input", "Enter")
        page.wait_for_load_state()
        assert page.inner_text("h1") == "Алматы\u00a0— Франкфурт"
        page.wait_for_selector("html[data-ready=yes]")


def test_tables_sort_and_filter(site, browser):
    folder, _ = site
    with opened(browser, folder / "en" / "routes.html") as page:
        column = "table tbody td:nth-child(4)"
        page.click("th:nth-child(4) button")
        rising = [
            float(text)
            for text in page.eval_on_selector_all(column, "all => all.map(one => one.dataset.sort)")
        ]
        assert rising == sorted(rising)
        page.click("th:nth-child(4) button")
        falling = [
            float(text)
            for text in page.eval_on_selector_all(column, "all => all.map(one => one.dataset.sort)")
        ]
        assert falling == sorted(rising, reverse=True)
        assert "sort.0=3-" in page.evaluate("location.hash")
    with opened(browser, folder / "en" / "segments.html") as page:
        table = "section > .scroll table"
        page.eval_on_selector(
            f"{table} tbody tr:nth-child(4) td:nth-child(6)",
            "one => { one.textContent = '–'; one.dataset.sort = '99999'; }",
        )
        for _ in range(2):
            page.click(f"{table} th:has-text('Median runout') button")
            assert page.inner_text(f"{table} tbody tr:last-child td:nth-child(6)") == "–"
    with opened(browser, folder / "en" / "method.html") as page:
        page.fill(".filter input", "percentile")
        shown = page.eval_on_selector_all(
            "table tbody tr", "all => all.filter(one => !one.hidden).length"
        )
        assert 0 < shown < 10


def test_a_phone_needs_no_sideways_scrolling(site, browser):
    folder, _ = site
    for path in paths(folder, "ru"):
        page = browser.new_page()
        page.set_viewport_size({"width": 360, "height": 740})
        page.goto(path.as_uri())
        page.wait_for_selector("html[data-ready=yes]", timeout=60_000)
        assert page.evaluate("document.documentElement.scrollWidth") <= 360, path
        page.close()


def test_dark_pages_have_dark_charts(site, browser):
    folder, _ = site
    with opened(browser, folder / "en" / "plan.html", color_scheme="dark") as page:
        assert page.evaluate("getComputedStyle(document.body).backgroundColor") == "rgb(20, 25, 31)"
        fills = page.eval_on_selector_all(
            "#runout .chart [fill]", "all => all.map(one => one.getAttribute('fill').toUpperCase())"
        )
        assert "#12436D" not in fills
        assert "#7FB4E6" in fills


def test_pictures_stand_until_the_charts_are_drawn(site, browser):
    folder, _ = site
    page = browser.new_page()
    page.route("**/vega-*.js", lambda route: None)
    page.goto((folder / "ru" / "index.html").as_uri())
    page.wait_for_function("() => document.querySelector('.chart > img')?.naturalWidth > 500")
    assert page.query_selector(".chart svg") is None
    page.close()
    with opened(browser, folder / "ru" / "index.html") as page:
        assert page.query_selector(".chart > img") is None
        assert page.eval_on_selector_all(
            ".chart", "all => all.every(one => one.children.length === 1)"
        )


def test_names_of_rows_fit_into_pictures_in_a_wider_font_too(site, browser):
    folder, _ = site
    pictures = [
        path
        for name in ("runout", "utilization")
        for path in folder.glob(f"pictures/ru/*{name}.svg")
    ]
    assert pictures
    for path in pictures:
        page = browser.new_page()
        page.goto(path.as_uri())
        left = """all => Math.min(...all.map((one) => {
            one.setAttribute("style", "font: 13px 'DejaVu Sans', sans-serif");
            return one.getBoundingClientRect().left;
        }))"""
        assert page.eval_on_selector_all("text", left) >= 0
        page.close()


def test_charts_of_a_dark_page_are_printed_light(site, browser):
    folder, _ = site
    with opened(browser, folder / "en" / "plan.html", color_scheme="dark") as page:
        page.emulate_media(media="print", color_scheme="dark")
        fills = page.eval_on_selector_all(
            "#runout .chart [fill]", "all => all.map(one => getComputedStyle(one).fill)"
        )
        assert "rgb(18, 67, 109)" in fills
        assert "rgb(127, 180, 230)" not in fills


def test_four_digits_are_not_grouped_in_russian(site, browser):
    folder, _ = site
    with opened(browser, folder / "ru" / "countries.html") as page:
        words = page.eval_on_selector_all(".chart text", "all => all.map(one => one.textContent)")
        assert [
            word for word in words if re.fullmatch("\\d{4}", word) and not word.startswith("20")
        ]
        assert [word for word in words if re.fullmatch("\\d\u00a0\\d{3}", word)] == []


def test_prints_with_its_charts(site, browser, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    folder, _ = site
    with opened(browser, folder / "ru" / "plan.html") as page:
        page.pdf(path=tmp_path / "plan.pdf", format="A4")
    reader = pypdf.PdfReader(tmp_path / "plan.pdf")
    words = " ".join(page.extract_text() for page in reader.pages)
    assert "Ведомость заказов" in words
    assert len(reader.pages) < 12


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_paper_has_heads_whole_texts_and_dark_letters(site, browser, scheme, tmp_path):
    pypdf = pytest.importorskip("pypdf")
    folder, _ = site
    with opened(browser, folder / "en" / "plan.html", color_scheme=scheme) as page:
        page.pdf(path=tmp_path / "plan.pdf", format="A4")
        page.emulate_media(media="print", color_scheme=scheme)
        assert page.evaluate("getComputedStyle(document.body).color") == "rgb(27, 31, 36)"
        head = page.evaluate("""() => {
            const one = document.querySelector("table.sortable th");
            const button = getComputedStyle(one.querySelector("button")).display;
            return [button, getComputedStyle(one, "::before").content, one.textContent];
        }""")
        assert head == ["none", f'"{head[2]}"', head[2]]
        assert page.evaluate(
            "[...document.querySelectorAll('.chart svg')].every(one => "
            "Math.abs(one.clientWidth / one.clientHeight - one.viewBox.baseVal.width / "
            "one.viewBox.baseVal.height) < 0.1)"
        )
    pages = pypdf.PdfReader(tmp_path / "plan.pdf").pages
    words = " ".join(" ".join(page.extract_text() for page in pages).split())
    sheet = gather(build(), edition())["order_plan"].filter(pl.col("modules") > 0)
    assert words.count("Late if ordered today") >= 1
    assert " ".join(sheet["reason"][0].split())[-30:].replace(" %", "%") in words


@pytest.mark.parametrize("every", [5, pytest.param(1, marks=pytest.mark.nightly)])
def test_axe_finds_nothing_serious(every, site, browser, tmp_path):
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    packed = subprocess.run(
        [npm, "pack", "axe-core@4.14.1", "--silent"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    if packed.returncode:
        pytest.skip(f"axe-core can't be had from npm: {packed.stderr[:200]}")
    shutil.unpack_archive(tmp_path / packed.stdout.strip(), tmp_path / "axe", "gztar")
    axe = (tmp_path / "axe" / "package" / "axe.min.js").read_text(encoding="utf-8")
    folder, _ = site
    found = []
    looked_at = [("light", path) for path in paths(folder, "ru")[::every]]
    looked_at += [("dark", path) for path in paths(folder, "en")[2 :: 4 * every]]
    for scheme, path in looked_at:
        with opened(browser, path, color_scheme=scheme) as page:
            page.evaluate(axe)
            result = page.evaluate(
                """axe.run(document, {preload: false, runOnly:
                ['wcag2a', 'wcag2aa', 'wcag21aa', 'wcag22aa', 'best-practice']})"""
            )
            found += [
                (scheme, path.name, violation["id"], violation["nodes"][0]["html"][:200])
                for violation in result["violations"]
                if violation["impact"] in ("serious", "critical")
            ]
    assert found == [], json.dumps(found, indent=1, ensure_ascii=False)
