"""Writes the answers into the analysts' pages: python -m tests.warehouse.serving.analysts_pages."""

from __future__ import annotations

import re
import tempfile
from datetime import datetime
from pathlib import Path
from typing import Any

from tests.warehouse.analysts_world import fill
from warehouse.serving.publish import publish
from warehouse.serving.query import ask
from warehouse.serving.questions import examples
from warehouse.serving.statement import Answer
from warehouse.store.database import Warehouse

FOLDER = Path(__file__).parents[3] / "warehouse"
PAGES = [FOLDER / "README.md", *sorted((FOLDER / "docs").glob("*.md"))]
BLOCK = re.compile(r"```sql\n(.*?)```\n(?:\n```text\n.*?```\n)?", re.DOTALL)
EXAMPLES = re.compile(r"(<!-- examples -->\n).*(<!-- end of examples -->\n)", re.DOTALL)
SHOWN = 14


def refreshed(text: str, database: Path) -> str:
    """The page with the answer of each ```sql block after it, and with all examples between their
    marks.
    """
    parts = EXAMPLES.split(text)
    if len(parts) > 1:
        sections = [
            (
                f"### {question.text}\n\n`transit examples {question.name}`\n\n```sql\n"
                f"{question.sql.split(chr(10), 1)[1].strip()}\n```\n\n"
                f"{_answered(question.sql, database, 5)}"
            )
            for question in examples()
        ]
        before, opening, closing, after = parts
        return (
            refreshed(before, database)
            + opening
            + "\n"
            + "\n".join(sections)
            + "\n"
            + closing
            + refreshed(after, database)
        )
    return BLOCK.sub(
        lambda found: f"```sql\n{found[1]}```\n\n{_answered(found[1], database, SHOWN)}", text
    )


def _answered(sql: str, database: Path, shown: int) -> str:
    answer = ask(database, sql)
    return f"```text\n{_table(answer, shown)}\n```\n"


def _table(answer: Answer, shown: int) -> str:
    lines = [list(answer.columns), *([_cell(cell) for cell in row] for row in answer.rows[:shown])]
    widths = [max(len(line[at]) for line in lines) for at in range(len(answer.columns))]
    lines.insert(1, ["-" * width for width in widths])
    text = [
        "  ".join(f"{cell:<{width}}" for cell, width in zip(line, widths, strict=True)).rstrip()
        for line in lines
    ]
    more = len(answer.rows) - shown
    return "\n".join([*text, f"... {more} more rows"] if more > 0 else text)


def _cell(cell: Any) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        # Sums in another order differ in their last digits.
        return f"{cell + 0.0:.5g}" if abs(cell) < 1000 else f"{cell:.2f}"
    if isinstance(cell, datetime):
        return f"{cell:%Y-%m-%d %H:%M}"
    return str(cell)


def main() -> None:
    with tempfile.TemporaryDirectory() as folder:
        with Warehouse.open(Path(folder) / "work.duckdb") as warehouse:
            fill(warehouse)
            publish(warehouse, Path(folder) / "published", edition_id="docs")
        for page in PAGES:
            page.write_text(
                refreshed(page.read_text("utf-8"), Path(folder) / "published" / "transit.duckdb"),
                "utf-8",
            )
            print(page)


if __name__ == "__main__":
    main()
