"""The command line answers at once, explains itself, and turns errors into messages."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from flows.cli import app

COMMANDS = sorted(name for name in app if not name.startswith("-"))


def transit(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    environment = {**os.environ, "COLUMNS": "100", "NO_COLOR": "1"}
    return subprocess.run(
        [sys.executable, "-P", "-m", "flows.cli", *arguments],
        cwd=cwd,
        env=environment,
        capture_output=True,
        text=True,
        timeout=120,
    )


@pytest.mark.parametrize("command", COMMANDS)
def test_every_command_explains_itself(command, capsys):
    with pytest.raises(SystemExit) as stopped:
        app([command, "--help"])
    assert stopped.value.code == 0
    shown = capsys.readouterr().out
    assert f"transit {command}" in shown
    assert "Parameters" in shown or "Arguments" in shown


def test_help_imports_no_library_of_the_floors_below():
    code = (
        "import sys\nfrom flows.cli import app\ntry:\n    app(['--help'])\nexcept "
        "SystemExit:\n    pass\n"
        "print(sorted({'polars', 'prefect', 'statsmodels', 'altair', 'duckdb', 'numpy'} & "
        "set(sys.modules)))"
    )
    run = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert run.stdout.strip().splitlines()[-1] == "[]"


def test_an_unknown_settings_file_is_an_error_with_a_remedy(tmp_path):
    run = transit("run", "--config", "nowhere.toml", cwd=tmp_path)
    assert run.returncode == 1
    assert run.stderr.startswith("SettingsError: there is no such settings file")
    assert "Traceback" not in run.stderr
    assert not (tmp_path / ".transit").exists()


def test_asking_before_anything_is_published_says_what_to_do(tmp_path):
    run = transit("query", "select 1", cwd=tmp_path)
    assert run.returncode == 1
    assert "transit run" in run.stderr
    assert "Traceback" not in run.stderr


def test_init_writes_a_project_that_reads_and_never_overwrites(tmp_path):
    assert transit("init", "mine", cwd=tmp_path).returncode == 0
    settings = tmp_path / "mine" / "transit.toml"
    assert settings.exists()
    again = transit("init", "mine", cwd=tmp_path)
    assert again.returncode == 1
    assert "exists" in again.stderr
    from flows.settings import read_settings

    assert read_settings(settings).sources[0].name == "nms"
