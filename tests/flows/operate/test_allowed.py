"""What a run that a Prefect server started may read."""

import json
import os
from pathlib import Path
from types import SimpleNamespace

import pytest
import yaml

from flows.commands.starting import ADDITIONS
from flows.operate import allowed
from warehouse.errors import SettingsError


@pytest.fixture
def deployed(monkeypatch, tmp_path):
    """A run of a deployment, at work in the folder `project`."""
    run = SimpleNamespace(flow_run=SimpleNamespace(deployment_id="7"))
    monkeypatch.setattr(allowed.FlowRunContext, "get", lambda: run)
    monkeypatch.delenv(allowed.FIXED, raising=False)
    monkeypatch.delenv(allowed.ALLOWED_FOLDERS, raising=False)
    project = tmp_path / "project"
    project.mkdir()
    monkeypatch.chdir(project)
    return project


def test_settings_and_data_of_a_deployed_run_lie_in_its_project(deployed, tmp_path, monkeypatch):
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    (deployed / "link.toml").symlink_to(elsewhere / "transit.toml")
    for good in (None, Path("transit.toml"), deployed / "north" / "transit.toml"):
        allowed.refuse_foreign_paths(good, deployed / "traffic")
    for bad in (
        elsewhere / "transit.toml",
        Path("../elsewhere/transit.toml"),
        Path("link.toml"),
        tmp_path / "project-of-another" / "transit.toml",
        Path("/proc/self/environ"),
    ):
        with pytest.raises(SettingsError, match="may not read from there"):
            allowed.refuse_foreign_paths(bad, None)
        with pytest.raises(SettingsError, match="may not read from there"):
            allowed.refuse_foreign_paths(None, bad)
    monkeypatch.setenv(allowed.ALLOWED_FOLDERS, os.pathsep.join(["/srv", str(elsewhere)]))
    allowed.refuse_foreign_paths(elsewhere / "transit.toml", elsewhere)


def test_what_transit_serve_starts_has_its_settings_and_data_alone(deployed, monkeypatch):
    monkeypatch.setenv(allowed.FIXED, "")
    allowed.fix_parameters(Path("transit.toml"), None)
    assert json.loads(os.environ[allowed.FIXED]) == [str(deployed / "transit.toml"), None]
    allowed.refuse_foreign_paths(Path("transit.toml"), None)
    with pytest.raises(SettingsError, match="was started with"):
        allowed.refuse_foreign_paths(Path("other.toml"), None)
    with pytest.raises(SettingsError, match="was started with none"):
        allowed.refuse_foreign_paths(Path("transit.toml"), deployed)


def test_a_run_from_the_terminal_reads_what_its_user_names(monkeypatch, tmp_path):
    own = SimpleNamespace(flow_run=SimpleNamespace(deployment_id=None))
    for context in (None, own):
        monkeypatch.setattr(allowed.FlowRunContext, "get", lambda context=context: context)
        allowed.refuse_foreign_paths(tmp_path / "transit.toml", tmp_path)


def test_prefect_deploys_nothing_without_a_project_folder(tmp_path):
    described = yaml.safe_load((ADDITIONS / "prefect" / "prefect.yaml").read_text("utf-8"))
    assert described["build"] == [
        {"flows.operate.allowed.require_project": {"folder": "{{ $TRANSIT_FOLDER }}"}}
    ]
    allowed.require_project(str(tmp_path))
    for folder in ("", str(tmp_path / "nowhere")):
        with pytest.raises(SettingsError, match="nothing is deployed"):
            allowed.require_project(folder)
    with pytest.raises(SettingsError, match="is not set"):
        allowed.require_project()
