"""What a run did is kept with it: its steps, and what a person accepted."""

import json
import shutil

import pytest

from tests.flows.faults import copy_of

pytestmark = pytest.mark.xdist_group("project")


def test_every_step_leaves_a_record(project):
    told = project.transit(
        "query",
        "from mart.step_history order by started_at",
        "--format",
        "json",
        "--max-rows",
        "5000",
    )
    steps = json.loads(told.stdout)
    first = [step for step in steps if step["job_id"] == steps[0]["job_id"]]
    assert [step["step"] for step in first][:4] == ["load", "forecast", "plan", "report"]
    assert first[0]["rows_in"] == 2 * 24 * 914
    assert all(step["seconds"] > 0 and step["peak_mb"] > 50 for step in first)
    log = (
        (project.folder / ".transit" / "logs" / "transit.jsonl")
        .read_text(encoding="utf-8")
        .splitlines()
    )
    events = [json.loads(line)["event"] for line in log]
    assert "job ended" in events
    assert events.count("step ended") >= 5
    assert (project.folder / ".transit").stat().st_mode & 0o077 == 0


def test_an_accepted_gate_is_kept_with_the_run(project, tmp_path):
    folder = copy_of(project.folder, tmp_path / "mine")
    shutil.copytree(project.folder / ".transit", folder / ".transit")
    settings = folder / "transit.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(text.replace("today = 2026-11-22", "today = 2027-06-01"), encoding="utf-8")
    mine = type(project)(folder)
    mine.transit("run", "--accept", "the exchange was closed")
    told = mine.transit(
        "query",
        "select settings from mart.run_history where settings like '%accepted%'",
        "--format",
        "json",
    )
    (kept,) = json.loads(told.stdout)
    accepted = json.loads(kept["settings"])["accepted"]
    assert accepted["why"] == "the exchange was closed"
    assert "max_age_days" in accepted["gates"][0]["what"]
    for page in ("index", "assumptions"):
        assert "the exchange was closed" in (
            folder / "reports/latest/en" / f"{page}.html"
        ).read_text(encoding="utf-8")
