"""The commands that ask and export, as their user calls them."""

import csv
import io
import json
import os
import shutil
import stat
import subprocess
import sys

import pytest

from flows.cli import app
from warehouse.errors import QueryError


@pytest.fixture
def transit(analysts, capsys, monkeypatch):
    def call(*words: str, stdin: str | None = None) -> str:
        if stdin is not None:
            monkeypatch.setattr(sys, "stdin", io.StringIO(stdin))
        app([*words, "-d", str(analysts)], result_action="return_value")
        return capsys.readouterr().out

    return call


def test_a_statement_comes_from_the_words_a_file_or_standard_input(transit, tmp_path):
    (tmp_path / "question.sql").write_text("select $n + 1 as n")
    assert transit("query", "select 2 as n", "-f", "csv") == "n\n2\n"
    assert (
        transit("query", "--file", str(tmp_path / "question.sql"), "-p", "n=1", "-f", "csv")
        == "n\n2\n"
    )
    assert transit("query", "-f", "csv", stdin="select 2 as n") == "n\n2\n"


def test_parameters_come_as_json_and_rows_leave_as_json(transit, tmp_path):
    (tmp_path / "given.json").write_text('{"day": "2026-01-31"}')
    for given in ('{"day": "2026-01-31"}', str(tmp_path / "given.json")):
        said = transit(
            "query",
            "select $day::date as day, {'gbps': 1.5} as p95",
            "--params",
            given,
            "-f",
            "json",
        )
        assert json.loads(said) == [{"day": "2026-01-31", "p95": {"gbps": 1.5}}]
    (tmp_path / "list.json").write_text("[1]")
    with pytest.raises(QueryError, match="no JSON object"):
        transit("query", "select 1", "--params", str(tmp_path / "list.json"))
    with pytest.raises(QueryError, match="can't be read"):
        transit("query", "select 1", "--params", "{oops")


def test_a_p95_is_a_plain_number_in_tables_and_sheets(transit, tmp_path):
    rows = list(
        csv.DictReader(
            io.StringIO(transit("query", "from traffic_month order by all limit 3", "-f", "csv"))
        )
    )
    assert float(rows[0]["p95.gbps"]) > float(rows[0]["mean_gbps"]) > 0
    transit("query", "from traffic_month limit 3", "-f", "xlsx", "-o", str(tmp_path / "month.xlsx"))
    import polars as pl

    assert pl.read_excel(tmp_path / "month.xlsx")["p95.gbps"].dtype == pl.Float64


def test_rows_beyond_the_limit_are_cut_and_that_is_said(analysts, capsys):
    app(
        ["query", "from range(10)", "--max-rows", "2", "-f", "csv", "-d", str(analysts)],
        result_action="return_value",
    )
    said = capsys.readouterr()
    assert said.out == "range\n0\n1\n"
    assert "Cut after 2 rows" in said.err


def test_describe_tells_what_a_view_is_and_who_uses_it(transit):
    said = transit("describe", "order_plan")
    assert said.startswith("mart.order_plan: What to order for each segment")
    assert "accepted probability of being late [0-1]" in said
    assert "segments_to_upgrade_first" in said


def test_the_dictionary_has_a_picture_and_leads_from_view_to_flow(transit, tmp_path):
    said = transit("dictionary", str(tmp_path / "words"))
    assert said.split() == [
        str(tmp_path / "words" / f"data-dictionary.{ending}") for ending in ("md", "html")
    ]
    markdown, page = (
        (tmp_path / "words" / f"data-dictionary.{ending}").read_text() for ending in ("md", "html")
    )
    assert "```mermaid\nflowchart LR" in markdown
    assert '  core_order_plan --> mart_order_plan["mart.order_plan"]' in markdown
    assert "<svg" in page
    assert '<a href="#mart.runout">mart.runout</a>' in page


def test_export_says_what_the_public_profile_leaves_out(transit, tmp_path):
    said = transit(
        "export", str(tmp_path / "out"), "--profile", "public", "--format", "csv", "--view", "route"
    )
    assert "Prices" in said
    assert (tmp_path / "out" / "route.csv").exists()


@pytest.fixture
def path_with(tmp_path, monkeypatch):
    def make(script: str | None) -> None:
        folder = tmp_path / "bin"
        folder.mkdir()
        if script is not None:
            (folder / "duckdb").write_text(f"#!/bin/sh\n{script}\n")
            (folder / "duckdb").chmod(stat.S_IRWXU)
        monkeypatch.setenv("PATH", str(folder))

    return make


def test_without_duckdbs_command_line_the_shell_says_how_to_get_it(transit, path_with):
    path_with(None)
    with pytest.raises(QueryError, match="pip install duckdb-cli"):
        transit("shell")


def test_the_shell_opens_this_edition_read_only(analysts, path_with):
    command = [sys.executable, "-P", "-m", "flows.cli", "shell", "-d", str(analysts)]
    path_with('printf "%s\\n" "$@"')
    said = subprocess.run(
        command, capture_output=True, text=True, check=True, env=os.environ
    ).stdout.splitlines()
    assert said[:2] == ["-readonly", str(analysts.resolve())]


@pytest.mark.skipif(shutil.which("duckdb") is None, reason="DuckDB's command line is not installed")
def test_the_real_shell_reads_and_can_not_write(analysts):
    command = [sys.executable, "-P", "-m", "flows.cli", "shell", "-d", str(analysts)]
    asked = subprocess.run(
        command,
        input="select count(*) from route; delete from core.route;",
        capture_output=True,
        text=True,
        check=False,
    )
    assert "8" in asked.stdout
    assert "read-only" in asked.stderr


def test_what_heeds_no_interruption_is_ended(analysts):
    command = [
        sys.executable,
        "-m",
        "flows.cli",
        "query",
        "select repeat('x', 2000000000) as s",
        "--timeout",
        "0.2",
        "-d",
        str(analysts),
    ]
    ended = subprocess.run(
        command, capture_output=True, text=True, check=False, env=os.environ, timeout=300
    )
    assert ended.returncode == 1
    assert (
        "was stopped after" in ended.stderr
        or "was ended by force" in ended.stderr
        or "more memory" in ended.stderr
    )
