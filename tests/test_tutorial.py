"""The tutorial's files and commands, as a reader follows them."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.settings import read_settings
from tests.tutorial_files import write_files
from warehouse.loading.load import load_files
from warehouse.loading.reference import load_reference
from warehouse.store.database import Warehouse

PAGE = Path(__file__).parent.parent / "docs" / "tutorial.md"
BLOCK = re.compile(r"^```(\w+) ?(\S*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)
PICTURES = "TRANSIT_TUTORIAL_PICTURES"
"""A folder in the environment: the nightly test writes the page's pictures there."""


def blocks(kind: str) -> list[tuple[str, str]]:
    """(file's name, text) of the page's blocks of a kind."""
    return [
        (name, text)
        for found, name, text in BLOCK.findall(PAGE.read_text("utf-8"))
        if found == kind
    ]


def test_the_russian_page_has_the_same_files_and_commands():
    english, russian = (
        BLOCK.findall(page.read_text("utf-8")) for page in (PAGE, PAGE.parent / "ru" / PAGE.name)
    )
    assert english == russian


def write_inputs(folder: Path) -> None:
    write_files(folder / "traffic")
    for kind in ("toml", "csv"):
        for name, text in blocks(kind):
            place = folder / name
            place.parent.mkdir(parents=True, exist_ok=True)
            place.write_text(text, encoding="utf-8")


def test_the_files_of_the_tutorial_load_without_a_row_left_over(tmp_path):
    write_inputs(tmp_path)
    settings = read_settings(tmp_path / "transit.toml")
    now = datetime(2026, 11, 22, tzinfo=UTC)
    with Warehouse.open(tmp_path / "work.duckdb") as warehouse:
        load_reference(warehouse, tmp_path / "network", known_at=now)
        for source in settings.sources:
            files = [
                path for pattern in source.files for path in (tmp_path / "traffic").glob(pattern)
            ]
            assert files, source.name
            for result in load_files(warehouse, source, files, known_at=now, today=now):
                assert (result.error, result.rows_quarantined) == (None, 0)
        ports = warehouse.sql(
            "select distinct interface_id from core.traffic_sample join core.interface_key "
            "using (interface_key)"
        )
    assert sorted(ports["interface_id"]) == ["ala-fra-1", "ast-fra-1"]


@pytest.mark.nightly
def test_the_commands_of_the_tutorial_lead_to_an_order_date(tmp_path):
    """The whole page; with its pictures, where TRANSIT_TUTORIAL_PICTURES names a folder."""
    environment = {name: value for name, value in os.environ.items() if "PREFECT" not in name}
    environment |= {
        "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
        "COLUMNS": "120",
        "NO_COLOR": "1",
    }
    folder, printed = tmp_path, {}
    for _, commands in blocks("sh"):
        done = subprocess.run(
            ["bash", "-e", "-c", commands],
            cwd=folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=600,
        )
        assert done.returncode == 0, done.stderr
        printed[commands.split()[1]] = done.stdout
        if "init" in commands:
            folder = tmp_path / "mynet"
            write_inputs(folder)
    if pictures := os.environ.get(PICTURES):
        take_pictures(folder / "reports" / "latest" / "en" / "index.html", Path(pictures))
    (_, orders) = blocks("console")[0]
    assert printed["query"].split() == orders.split()
    assert "ALA-FRA" in printed["explain"]


def take_pictures(report: Path, folder: Path) -> None:
    from playwright.sync_api import sync_playwright

    from tests.dashboards.conftest import CHROMIUM

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        page = browser.new_page(viewport={"width": 1200, "height": 900})
        page.goto(report.as_uri())
        page.wait_for_selector("html[data-ready=yes]")
        page.screenshot(path=folder / "tutorial-report.png")
        browser.close()
