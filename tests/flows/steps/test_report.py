"""Languages of a large network are drawn side by side, by processes that end with the step."""

import os
import time
from pathlib import Path

import pytest

from dashboards import report
from flows.steps.report import Drawing, draw
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
