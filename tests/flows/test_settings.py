"""Settings: every problem of the file at once, with its place and the remedy."""

from pathlib import Path

import pytest

from flows.folders import read_folders
from flows.settings import read_settings
from warehouse.errors import SettingsError


def write(folder: Path, text: str) -> Path:
    (folder / "network").mkdir(exist_ok=True)
    path = folder / "transit.toml"
    path.write_text(text, encoding="utf-8")
    return path


def test_problems_are_gathered(tmp_path):
    path = write(
        tmp_path,
        """
        [forecast]
        horzon = 12
        [plan]
        threshold_ratio = 1.7
        risk_alpha_ratio = 2
        [time]
        zone = "Asia/Atlantis"
        [run]
        threads = "two"
        [rum]
        """,
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    message = str(caught.value)
    assert "[forecast] horzon: is unknown; did you mean horizon?" in message
    assert "threshold_ratio: is 1.7" in message
    assert "risk_alpha_ratio: is 2" in message
    assert "Asia/Atlantis" in message
    assert "[run] threads" in message
    assert "[rum]: is unknown; did you mean run?" in message


def test_numbers_out_of_range_and_words_nothing_knows_are_named_together(tmp_path):
    path = write(
        tmp_path,
        """
        [run]
        workers = 0
        threads = -1
        chunk_minutes = -3
        keep_published = 0
        memory_limit = "lots"
        languages = ["xx"]
        dask_address = "http://foo"
        [schedule]
        metrics_port = 99999
        stuck_after_hours = -1
        [notify]
        smtp_port = 0
        mail_to = ["nobody"]
        """,
    )
    with pytest.raises(SettingsError) as caught:
        read_settings(path)
    message = str(caught.value)
    for said in (
        "[run] workers: is 0, must be at least 1",
        "[run] threads: is -1",
        "[run] chunk_minutes: is -3",
        "[run] keep_published: is 0",
        "[run] memory_limit: is 'lots'; write 1GB",
        "[run] languages: 'xx' is unknown",
        "[run] dask_address: is 'http://foo'",
        "[schedule] metrics_port: is 99999",
        "[schedule] stuck_after_hours: is -1",
        "[notify] smtp_port: is 0",
        "[notify] mail_to: 'nobody' is no address",
    ):
        assert said in message, message


@pytest.mark.parametrize(
    "address",
    ["host:8786", "tcp://10.0.0.2:8786", "tls://dask.example.net:8786", "tcp://[::1]:8786"],
)
@pytest.mark.parametrize("memory", ["1GB", "800MB", "1.5GiB", "12 GB"])
def test_what_is_right_is_taken(address, memory, tmp_path):
    path = write(
        tmp_path, f'[run]\nrunner = "dask"\ndask_address = "{address}"\nmemory_limit = "{memory}"\n'
    )
    assert read_settings(path).run.dask_address == address


@pytest.mark.parametrize(
    ("said", "looked_at"),
    [
        ("", 120),
        ('grain = "week"', 156),
        ('grain = "day"', 400),
        ('grain = "day"\nmax_history = 90', 90),
    ],
)
def test_so_much_history_is_looked_at_as_the_grain_needs(said, looked_at, tmp_path):
    assert read_settings(write(tmp_path, f"[forecast]\n{said}\n")).forecast.looked_at == looked_at


def test_a_missing_file_a_bad_file_and_a_missing_network_are_named(tmp_path):
    with pytest.raises(SettingsError, match="not found"):
        read_settings(tmp_path / "nowhere.toml")
    bad = tmp_path / "bad.toml"
    bad.write_text("[run\n", encoding="utf-8")
    with pytest.raises(SettingsError, match="not valid TOML"):
        read_settings(bad)
    bad.write_bytes(b"title = '\xff'")
    with pytest.raises(SettingsError, match="not UTF-8"):
        read_settings(bad)
    bad.write_text('[network]\nfolder = "elsewhere"\n', encoding="utf-8")
    with pytest.raises(SettingsError, match="elsewhere is not a folder"):
        read_settings(bad)


def test_without_a_file_the_bundled_example_is_read(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    settings = read_settings()
    assert settings.simulate.enabled
    assert settings.folders.private == tmp_path / ".transit"
    assert settings.sources


def test_outputs_lie_in_the_working_folder(tmp_path, monkeypatch):
    path = write(tmp_path, '[folders]\nreports = "out/reports"\n')
    elsewhere = tmp_path / "elsewhere"
    elsewhere.mkdir()
    monkeypatch.chdir(elsewhere)
    folders = read_folders(path)
    assert folders.reports == elsewhere / "out" / "reports"
    assert folders.database == elsewhere / ".transit" / "transit.duckdb"
