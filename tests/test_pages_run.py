"""The Python of the documentation's pages runs, and comes to what they say."""

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent


def run(page: str) -> dict[str, object]:
    """What the page's blocks of Python leave behind."""
    names: dict[str, object] = {}
    blocks = re.findall(r"^```python\n(.*?)^```", (ROOT / page).read_text("utf-8"), re.M | re.S)
    assert blocks
    for block in blocks:
        exec(compile(block, page, "exec"), names)
    return names


def test_every_formula_comes_to_what_its_example_says():
    """The page asserts it itself."""
    assert "new_route" in run("docs/formulas.md")


def test_a_panel_is_forecast():
    forecast = run("docs/panel.md")["forecast"]
    assert forecast.height == 12
    last = forecast.filter(series_id="a").sort("horizon").row(-1, named=True)
    assert last["q10"] < last["median"] < last["q90"]
    assert last["median"] == pytest.approx(10 * 1.02**53 * 0.95, rel=0.1)


def test_a_network_s_failures_are_found():
    report = run("docs/failures.md")["report"]
    worst = report.worst.rows_by_key("segment_id", named=True, unique=True)
    assert {name: row["load_gbps"] for name, row in worst.items()} == {
        "AB": 60.0,
        "BC": 60.0,
        "CA": 60.0,
    }
    assert {row["headroom_gbps"] for row in worst.values()} == {20.0}
    assert report.headroom_factor == pytest.approx(4 / 3)


def test_the_readme_s_snippet_reads_a_published_copy(analysts, tmp_path, monkeypatch):
    (tmp_path / "published").symlink_to(analysts.parent)
    monkeypatch.chdir(tmp_path)
    names = run("README.md")
    assert names["plan"].height
    assert names["forecast"].height == 12
