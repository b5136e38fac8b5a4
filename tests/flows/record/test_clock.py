"""A clock that is set while a run is at work, forward or back: the run ends well, says so, and the
doctor remembers.
"""

from __future__ import annotations

import shutil
import time
from pathlib import Path

import pytest

from flows.operate.doctor import examine
from flows.record import job
from flows.record.job import ClockError, FolderGoneError, perform
from flows.record.state import read_state
from flows.settings import Settings, read_settings


@pytest.fixture
def settings(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Settings:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "network").mkdir()
    (tmp_path / "transit.toml").write_text("", encoding="utf-8")
    return read_settings(tmp_path / "transit.toml")


def jump(patch: pytest.MonkeyPatch, hours: float) -> None:
    """From now on the clock says so many hours more; what counts since the start of the machine
    does not.
    """
    real = time.time
    patch.setattr(job.time, "time", lambda: real() + 3600 * hours)


@pytest.mark.parametrize("hours", [3.0, -3.0])
def test_a_clock_set_while_a_run_is_at_work_is_told_and_remembered(
    hours, settings, monkeypatch, capsys
):
    with monkeypatch.context() as patch, perform(settings, trigger="terminal", accepted=None):
        jump(patch, hours)
    state = read_state(settings.folders.private)
    assert state.last_outcome == "done"
    assert state.clock_moved_seconds == pytest.approx(3600 * hours, abs=5)
    assert 0 <= state.last_seconds < 60, "how long it took is not what the clock says"
    assert f"moved by {hours:+.1f} hours" in capsys.readouterr().err
    found = [one for one in examine(settings.folders.settings_file) if one.about == "clock"]
    assert [one.level for one in found] == ["warning"]
    assert f"moved by {hours:+.1f} hours in the midst" in found[0].what


def test_after_a_jump_forward_was_set_right_the_next_run_waits_for_a_person(settings, monkeypatch):
    with monkeypatch.context() as patch, perform(settings, trigger="terminal", accepted=None):
        jump(patch, 3.0)
    with (
        pytest.raises(ClockError, match=r"3\.0 hours before the last run"),
        perform(settings, trigger="schedule", accepted=None),
    ):
        pytest.fail("it began")
    with perform(settings, trigger="terminal", accepted="the clock was three hours ahead"):
        pass
    assert read_state(settings.folders.private).clock_moved_seconds == 0
    with perform(settings, trigger="schedule", accepted=None):
        pass


def test_a_private_folder_that_is_taken_away_is_named_whatever_failed_first(settings, tmp_path):
    def lose(remove):
        with perform(settings, trigger="terminal", accepted=None):
            remove(settings.folders.private)
            (settings.folders.private / "steps" / "x").read_bytes()

    with pytest.raises(FolderGoneError, match="went away in the midst") as caught:
        lose(lambda private: private.rename(tmp_path / "away"))
    assert "transit restore" in str(caught.value)
    with (
        pytest.raises(FolderGoneError),
        perform(settings, trigger="terminal", accepted=None),
    ):
        shutil.rmtree(settings.folders.private)
