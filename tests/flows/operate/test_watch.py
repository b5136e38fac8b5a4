"""Runs that hang or stay away are noticed."""

from dataclasses import replace

from flows.operate.watch import overdue
from flows.record.state import State, begun, ended
from flows.settings import ScheduleSettings, Settings


def test_stuck_and_late_runs_are_noticed(tmp_path):
    settings = Settings(
        folders=None,
        data=tmp_path,
        schedule=ScheduleSettings(stuck_after_hours=6, late_after_hours=48),
    )  # type: ignore[arg-type]
    hour = 3600.0
    working = begun(State(last_success=1000 * hour), 1000 * hour)
    assert overdue(working, settings, now=1005 * hour, serving_since=0) == {}
    assert set(overdue(working, settings, now=1007 * hour, serving_since=0)) == {"stuck"}
    killed = replace(working, running_process=2**22 + 1)
    assert overdue(killed, settings, now=1007 * hour, serving_since=0) == {}
    done = ended(working, 1001 * hour, outcome="done", problem="", rows=5)
    assert overdue(done, settings, now=1048 * hour, serving_since=0) == {}
    assert set(overdue(done, settings, now=1050 * hour, serving_since=0)) == {"late"}
    assert overdue(done, settings, now=1050 * hour, serving_since=1049 * hour) == {}
