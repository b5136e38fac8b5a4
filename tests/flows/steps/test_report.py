"""Languages of a large network are drawn side by side, by processes that end with the step; earlier
editions that can't be read are as good as unfinished.
"""

import json
import os
import time
from datetime import UTC, datetime
from pathlib import Path

import pytest

from dashboards import report
from flows.steps.report import ABOUT, Drawing, draw, earlier_editions
from tests.dashboards.world import build, edition
from tests.flows.faults import alive, children_of, outlived_by


def workers() -> list[int]:
    return [
        one
        for one in children_of(os.getpid())
        if alive(one) and "multiprocessing-fork" in Path(f"/proc/{one}/cmdline").read_text()
    ]


def test_a_stop_in_the_midst_of_drawing_ends_who_draws_the_other_languages(tmp_path, monkeypatch):
    seen: list[int] = []

    def stopped(*_, **__):
        deadline = time.monotonic() + 60
        while not seen and time.monotonic() < deadline:
            seen.extend(workers())
            time.sleep(0.05)
        raise KeyboardInterrupt

    monkeypatch.setattr(report, "WORTH_A_PROCESS", 1)
    monkeypatch.setattr(report, "_write_language", stopped)
    with pytest.raises(KeyboardInterrupt):
        draw(build(), edition(), Drawing(("en", "ru"), False, "test", ()), tmp_path, workers=2)
    assert seen
    assert outlived_by(seen, patience_seconds=2.0) == []


def test_an_edition_that_does_not_say_what_it_is_counts_as_unfinished(tmp_path):
    known_at = datetime(2026, 11, 1, tzinfo=UTC)
    good = {
        "run_id": "2026-10-aa",
        "origin": "2026-10-01",
        "known_at": known_at.isoformat(),
        "data_hash": "h",
    }
    unreadable = [b"", b"\x00" * 40, b"{", b"[]", b"5", b'{"run_id": "r"}', b"\xff\xfe"]
    unreadable += [
        json.dumps({**good, name: value}).encode()
        for name, value in (("origin", 5), ("known_at", "soon"), ("run_id", "r"), ("pages", 7))
    ]
    for number, content in enumerate([json.dumps(good).encode(), *unreadable]):
        folder = tmp_path / str(number) / good["run_id"]
        folder.mkdir(parents=True)
        (folder / ABOUT).write_bytes(content)
        found = earlier_editions(folder.parent, datetime(2026, 12, 1, tzinfo=UTC))
        assert len(found) == (number == 0), content
