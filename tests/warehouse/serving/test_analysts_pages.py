"""The analysts' pages say what the SQL on them answers, and the answers are right."""

import re
from collections.abc import Iterator
from math import ceil, floor

import polars as pl
import pytest

from tests.warehouse.serving.analysts_pages import FOLDER, PAGES, refreshed
from warehouse.serving.query import ask
from warehouse.serving.questions import examples


def statements(page: str) -> Iterator[str]:
    yield from re.findall(r"```sql\n(.*?)```", (FOLDER / page).read_text("utf-8"), re.DOTALL)


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_the_answers_on_a_page_are_those_of_its_sql(analysts, page):
    text = page.read_text("utf-8")
    assert refreshed(text, analysts) == text, (
        "run `python -m tests.warehouse.serving.analysts_pages`"
    )


def test_every_example_stands_on_the_page_and_has_an_answer(analysts):
    text = (FOLDER / "README.md").read_text("utf-8")
    assert len(examples()) == 29
    for question in examples():
        assert f"### {question.text}\n" in text
        assert ask(analysts, question.sql).rows, question.name


def test_links_lead_somewhere():
    for page in PAGES:
        for link in re.findall(r"\]\(([^)#]+)\)", page.read_text("utf-8")):
            assert link.startswith("http") or (page.parent / link).exists(), (page.name, link)


def python_lines():
    return re.findall(r"```python\n(.*?)```", (FOLDER / "README.md").read_text("utf-8"), re.DOTALL)


def test_the_arrow_lines_work(analysts):
    pytest.importorskip("adbc_driver_manager", reason="adbc-driver-manager is not installed")
    known = {}
    exec(python_lines()[1].replace("published/transit.duckdb", str(analysts)), known)
    assert known["months"].num_rows == 8 * 2 * 36


def test_the_python_lines_work(analysts):
    lines = python_lines()[0]
    assert len(lines.splitlines()) == 3
    known = {}
    exec(lines.replace("published/transit.duckdb", str(analysts)), known)
    assert isinstance(known["months"], pl.DataFrame)
    assert known["months"].height == 8 * 2 * 36


def test_each_invoice_is_right_to_the_cent(analysts):
    """Against the same conventions counted here in plain Python."""
    slots = ask(
        analysts,
        "select in_bps, out_bps from core.traffic_sample where interface_key = 0",
        max_rows=10_000,
    ).rows
    valid = sorted(slot[0] for slot in slots if slot[0] is not None)
    filled = sorted(slot[0] or 0.0 for slot in slots)
    sums = sorted(slot[0] + slot[1] for slot in slots if slot[0] is not None)
    n = len(valid)
    assert (n, len(slots)) == (8892, 8928)

    def half_up(x: float) -> int:
        return floor(x + 0.5)

    at = 0.95 * (n - 1)
    expected = {
        "billing (this warehouse)": valid[ceil(95 * n / 100) - 1],
        "RRDtool PERCENT": filled[half_up(0.95 * (len(slots) - 1))],
        "RRDtool PERCENTNAN": valid[half_up(at)],
        "interpolated": valid[floor(at)]
        + (at - floor(at)) * (valid[floor(at) + 1] - valid[floor(at)]),
        "LibreNMS": valid[half_up(0.95 * n) - 1],
        "30-day month": valid[::-1][432],
        "zero-filled": filled[ceil(95 * len(slots) / 100) - 1],
        "in + out": sums[ceil(95 * n / 100) - 1],
    }
    *_, statement = statements("docs/invoice.md")
    found = {row[0]: row[2] for row in ask(analysts, statement).rows}
    assert found == {
        name: pytest.approx(round(9500 * 1.2 + max(bps / 1e6 - 9500, 0) * 1.5, 2), abs=0.001)
        for name, bps in expected.items()
    }


def test_the_economists_table_is_that_of_the_view_and_the_waterfall_closes(analysts):
    by_hand, by_view, *_, residual = (
        ask(analysts, sql).rows for sql in statements("docs/economist.md")
    )
    assert len(by_hand) == 11
    for own, view in zip(by_hand, by_view, strict=True):
        assert own == pytest.approx(view)
    assert residual[0][-1] == 0
    assert residual[0][0] + residual[0][1] == pytest.approx(residual[0][2])


def test_the_planners_five_are_the_ones_due_first(analysts):
    first = [row[0] for row in ask(analysts, list(statements("docs/planner.md"))[1]).rows]
    plan = ask(
        analysts, "select segment_id, order_by from order_plan where order_by is not null"
    ).rows
    assert first == [segment for segment, _ in sorted(plan, key=lambda row: (row[1], row[0]))[:5]]
