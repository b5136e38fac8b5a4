"""Secrets of a source come from files or the environment, and are found nowhere else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler
from pathlib import Path

import pytest

from flows.operate.secrets import placed, secrets_of
from flows.settings import read_settings
from flows.steps.load import load_source
from tests.warehouse.sources.test_prometheus import good, reply, server
from warehouse.errors import SourceError
from warehouse.sources.servers.prometheus import PrometheusSpec

CONFIG = """
[[source]]
name = "core-prom"
kind = "prometheus"
url = "https://prometheus.example.net"
in_query = "rate(ifHCInOctets[5m]) * 8"
label = "{ifName}"
since = 2025-01-01T00:00:00Z
slot_minutes = 5
token_file = "prom.token"

[[source]]
name = "flows"
kind = "flows"
files = ["*.json"]
map_file = "map.csv"
"""


def test_paths_are_made_whole_and_the_token_is_read(tmp_path: Path) -> None:
    (tmp_path / "transit.toml").write_text(CONFIG)
    (tmp_path / "network").mkdir()
    (tmp_path / "data").mkdir()
    (tmp_path / "prom.token").write_text("abc123\n")
    settings = read_settings(tmp_path / "transit.toml", data=tmp_path / "data")
    prometheus, flows = (placed(settings, source) for source in settings.sources)
    assert flows.map_file == str(tmp_path / "data/map.csv")
    assert secrets_of(prometheus).token == "abc123"
    assert "abc123" not in repr(secrets_of(prometheus)) + repr(settings) + repr(prometheus)
    (tmp_path / "prom.token").unlink()
    with pytest.raises(SourceError, match=r"prom\.token"):
        secrets_of(prometheus)


def test_the_environment_will_do(monkeypatch: pytest.MonkeyPatch) -> None:
    source = PrometheusSpec(
        "core-prom",
        url="http://x",
        in_query="up",
        label="{a}",
        since=datetime(2025, 1, 1, tzinfo=UTC),
        slot_minutes=5,
    )
    monkeypatch.setenv("TRANSIT_CORE_PROM_TOKEN", "t0ken")
    monkeypatch.setenv("TRANSIT_CORE_PROM_PASSWORD", "w0rd")
    assert secrets_of(source).token == "t0ken"
    with_user = secrets_of(replace(source, user="reader"))
    assert (with_user.token, with_user.password) == ("", "w0rd")


def test_the_load_asks_a_server_and_keeps_no_page(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    opened: list[str] = []

    def answer(handler: BaseHTTPRequestHandler, query: dict[str, str]) -> None:
        opened.append(str(handler.headers.get("Authorization")))
        reply(handler, good(query))

    with server(answer) as url:
        text = CONFIG.replace("https://prometheus.example.net", url).replace(
            "2025-01-01", "2026-01-01"
        )
        (tmp_path / "transit.toml").write_text(text)
        (tmp_path / "network").mkdir()
        (tmp_path / "prom.token").write_text("abc123\n")
        settings = read_settings(tmp_path / "transit.toml", data=tmp_path)
        results, _ = load_source.fn(settings, settings.sources[0], datetime(2026, 1, 2, tzinfo=UTC))
    assert [result.error for result in results] == [None]
    assert (results[0].rows_in, results[0].rows_quarantined) == (
        2 * 287,
        2 * 287,
    )  # No port is declared here.
    assert opened == ["Bearer abc123"]
    assert list((settings.folders.private / "pages").iterdir()) == []
    assert all(
        b"abc123" not in path.read_bytes()
        for path in settings.folders.private.rglob("*")
        if path.is_file()
    )
