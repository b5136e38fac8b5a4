"""The notebook app in a real chromium: a chart for the chosen route, and SQL that is answered or
explained.
"""

import importlib.util
import json
import re
import shutil
import subprocess
import sys
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from flows.cli import app
from flows.notebook.vintage import drawn, periods_of
from tests.flows.conftest import lay_traps
from warehouse.errors import SettingsError
from warehouse.serving.query import ask

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser")
installed = pytest.mark.skipif(
    importlib.util.find_spec("marimo") is None, reason="marimo is not installed (extra `explore`)"
)


def test_without_marimo_it_says_what_to_install(analysts, monkeypatch):
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)
    with pytest.raises(SettingsError, match=r"transit-forecast\[explore\]"):
        app(["explore", "-d", str(analysts)], result_action="return_value")


def test_a_past_forecast_is_drawn_with_what_came(analysts):
    run_id = ask(
        analysts, "select run_id from run_history where grain = 'month' order by known_at"
    ).rows[3][0]
    periods = periods_of(analysts, "AKT-MOW", "in", "p95", run_id)
    both = periods.drop_nulls(["observed", "q500"])
    assert both.height > 0
    assert (both["q100"] <= both["q900"]).all()
    spec = drawn(periods, "AKT-MOW")
    assert spec["title"] == "AKT-MOW"
    shown = json.dumps(spec)
    assert str(both["start"][0]) in shown


@pytest.fixture
def address(analysts, tmp_path):
    log = tmp_path / "log"
    lay_traps(tmp_path)
    with log.open("w") as told:
        command = [
            sys.executable,
            "-P",
            "-m",
            "flows.cli",
            "explore",
            "--no-browser",
            "--port",
            "27193",
            "-d",
            str(analysts),
        ]
        running = subprocess.Popen(command, cwd=tmp_path, stdout=told, stderr=subprocess.STDOUT)
    try:
        for _ in range(240):
            if found := re.search(r"http://\S+", log.read_text()):
                break
            time.sleep(0.5)
        assert found, log.read_text()
        yield found[0]
    finally:
        running.terminate()
        running.wait()


@installed
@pytest.mark.browser
@pytest.mark.server
@pytest.mark.skipif(CHROMIUM is None, reason="chromium is not installed (Debian package chromium)")
def test_a_route_is_drawn_and_sql_is_answered(address):
    pytest.importorskip("playwright.sync_api")
    # In a thread of its own: this process may hold another browser already, and playwright keeps
    # one to a thread.
    with ThreadPoolExecutor(1) as thread:
        assert thread.submit(complaints_of_a_visit, address).result() == ([], [])


def complaints_of_a_visit(address):
    """Draws, asks, and asks what is refused; what the console complained of, and requests that left
    the machine.
    """
    import playwright.sync_api as playwright

    with playwright.sync_playwright() as running:
        browser = running.chromium.launch(
            executable_path=CHROMIUM,
            args=["--headless", "--no-sandbox", "--disable-gpu", "--disable-quic"],
        )
        page = browser.new_page(viewport={"width": 1100, "height": 1400})
        wrong, outside = [], []
        page.on(
            "console",
            lambda message: wrong.append(message.text) if message.type == "error" else None,
        )
        page.on(
            "request",
            lambda request: (
                outside.append(request.url)
                if not re.match(
                    r"(http|ws)://(localhost|127\.0\.0\.1):27193|data:|blob:", request.url
                )
                else None
            ),
        )
        page.set_default_timeout(120_000)
        page.goto(address)
        page.wait_for_selector("canvas.marks, svg.marks")
        assert "Edition docs" in page.inner_text("body")
        assert "simulated" in page.inner_text("body")
        page.get_by_role("button", name="Run").click()
        page.wait_for_selector("text=S002")
        editor = page.locator(".cm-content").first
        editor.click()
        page.keyboard.press("Control+a")
        page.keyboard.type("select sum(p95) from traffic_month")
        page.get_by_role("button", name="Run").click()
        page.wait_for_selector("text=does not add up over series")
        browser.close()
    return wrong, outside
