"""`transit check` before anything is loaded, and what is said where there are no settings."""

import subprocess
import sys

import pytest

from flows.cli import app
from flows.commands.running import tell_example
from flows.folders import read_folders
from flows.settings import read_settings
from flows.steps.check import CheckError
from flows.steps.load import load_network
from warehouse.errors import NetworkError, SettingsError


@pytest.fixture
def project(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    app(["init", "."], result_action="return_value")
    return tmp_path


def check():
    return app(["check"], result_action="return_value", exit_on_error=False)


def test_settings_and_network_are_checked_before_anything_is_loaded(project, capsys):
    assert check() == 0
    told = capsys.readouterr().out
    assert "segment_without_capacity     ok" in told
    assert "Nothing is loaded yet: transit run" in told
    assert not (project / ".transit").exists()


def test_a_segment_without_capacity_is_told_by_the_check_and_refused_by_the_load(project, capsys):
    capacity = project / "network" / "capacity.csv"
    header, *rows = capacity.read_text(encoding="utf-8").splitlines()
    gone = rows[0].split(",")[0]
    kept = [row for row in rows if not row.startswith(f"{gone},")]
    capacity.write_text("\n".join([header, *kept]) + "\n", encoding="utf-8")
    assert check() == 1
    told = capsys.readouterr().out
    assert "segment_without_capacity     error: 1 rows" in told
    assert f"segment_id={gone}" in told
    with pytest.raises(CheckError, match="gaps that no plan can close"):
        load_network.fn(read_settings(), None)


def test_every_problem_of_the_settings_and_of_the_network_is_named(project):
    settings = project / "transit.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\n[rum]\nx = 1\n[forecst]\ny = 2\n", encoding="utf-8")
    with pytest.raises(SettingsError) as caught:
        check()
    assert "did you mean run?" in str(caught.value)
    assert "did you mean forecast?" in str(caught.value)
    settings.write_text(text, encoding="utf-8")
    routes = project / "network" / "routes.csv"
    routes.write_text(routes.read_text(encoding="utf-8").replace("route_id", "rout_id"))
    with pytest.raises(NetworkError, match="route_id"):
        check()


def test_without_settings_the_first_line_says_that_it_is_the_example(tmp_path, monkeypatch, capsys):
    monkeypatch.chdir(tmp_path)
    tell_example(read_folders(None))
    told = capsys.readouterr().err
    assert told.startswith("This is the bundled example, Central Asia")
    assert "transit init mynet" in told
    app(["init", "."], result_action="return_value")
    capsys.readouterr()
    tell_example(read_folders(None))
    assert capsys.readouterr().err == ""


def test_a_check_needs_no_prefect():
    code = "import sys, flows.commands.running, flows.steps.check; print('prefect' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"


def test_an_addition_is_written_with_a_project_or_into_one(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)

    def init(*words):
        app(["init", *words], result_action="return_value", exit_on_error=False)

    init("both", "--with", "prefect")
    assert (tmp_path / "both" / "transit.toml").exists()
    deployed = (tmp_path / "both" / "prefect.yaml").read_text(encoding="utf-8")
    assert "monthly-edition" in deployed
    init("plain")
    assert not (tmp_path / "plain" / "prefect.yaml").exists()
    (tmp_path / "plain" / "transit.toml").write_text("# mine\n")
    init("plain", "--with", "prefect")
    assert (tmp_path / "plain" / "prefect.yaml").read_text(encoding="utf-8") == deployed
    assert (tmp_path / "plain" / "transit.toml").read_text() == "# mine\n"
    with pytest.raises(SettingsError, match="exists"):
        init("plain", "--with", "prefect")
    with pytest.raises(SettingsError, match=r"(?s)grafanna.*Choose from prefect"):
        init("new", "--with", "grafanna")
    assert not (tmp_path / "new").exists()
