"""The whole job as its user sees it: one command, then the files it promised."""

import json
import subprocess
import sys

import polars as pl
import pytest

pytestmark = pytest.mark.xdist_group("project")


def ask(project, sql: str) -> list[dict]:
    return json.loads(project.transit("query", sql, "--format", "json").stdout)


def test_the_promised_files_are_there(project):
    for language in ("en", "ru"):
        page = project.folder / "reports" / "latest" / language / "index.html"
        assert page.is_file()
    assert (project.folder / "published" / "transit.duckdb").is_file()


def test_rows_in_balance(project):
    (sums,) = ask(
        project,
        "select sum(rows_in) as rows_in, sum(rows_loaded + rows_quarantined + rows_known) "
        "as found from mart.load_history",
    )
    assert sums["rows_in"] == sums["found"] == 2 * 24 * 914


def test_every_route_is_forecast_and_planned(project):
    medians = ask(
        project,
        "select distinct series_id, direction from mart.forecast_latest where series_kind "
        "= 'route' and statistic = 'p95'",
    )
    assert len(medians) == 4
    assert ask(project, "select count(*) as n from mart.runout")[0]["n"] > 0
    (first,) = ask(
        project,
        "select min(target_start) as first, max(target_start) as last from "
        "mart.forecast_latest where grain = 'month'",
    )
    assert (first["first"], first["last"]) == ("2026-11-01", "2029-10-01")


def test_a_second_run_finds_everything_done(project):
    before = ask(project, "select run_id from mart.run_history")
    again = project.transit("run")
    assert again.stderr.count("(kept from before)") >= 3
    assert ask(project, "select run_id from mart.run_history") == before


def test_a_reader_with_the_old_copy_open_is_not_blocked(project):
    reader = (
        "import duckdb, sys\n"
        "c = duckdb.connect('published/transit.duckdb', read_only=True)\n"
        "print(c.execute('select count(*) from mart.runout').fetchone()[0], flush=True)\n"
        "sys.stdin.readline()\n"
        "print(c.execute('select count(*) from mart.runout').fetchone()[0], flush=True)\n"
    )
    with subprocess.Popen(
        [sys.executable, "-P", "-c", reader],
        cwd=project.folder,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as process:
        assert process.stdout is not None
        assert process.stdin is not None
        first = process.stdout.readline()
        assert int(first) > 0
        # Without its list the copy is made anew, though nothing is new.
        link = project.folder / "published" / "transit.duckdb"
        before = link.resolve()
        (project.folder / "published" / "MANIFEST.sha256").unlink()
        project.transit("publish")
        assert link.resolve() != before
        process.stdin.write("\n")
        process.stdin.flush()
        assert process.stdout.readline() == first


def test_a_bad_file_among_good_ones_is_named_and_the_rest_is_done(project):
    bad = project.folder / "traffic" / "nms-bad.csv"
    bad.write_bytes(b"time,interface,in,out\n\xff\xfe\x00broken")
    more = pl.DataFrame(
        {"time": ["2026-11-01 00:00:00"], "interface": ["nobody-1"], "in": [1.0], "out": [2.0]}
    )
    more.write_csv(project.folder / "traffic" / "nms-new.csv")
    try:
        run = project.transit("load", check=False)
    finally:
        bad.unlink()
    assert run.returncode == 1
    assert "nms-bad.csv" in run.stderr
    assert "Traceback" not in run.stderr
    assert "1 quarantined" in run.stderr
    assert "interface nobody-1 is unknown" in run.stderr


def test_a_forecast_that_fails_a_gate_is_not_published(project):
    settings = project.folder / "transit.toml"
    text = settings.read_text(encoding="utf-8")
    link = (project.folder / "published" / "transit.duckdb").resolve()
    settings.write_text(text.replace("today = 2026-11-22", "today = 2028-01-01"), encoding="utf-8")
    try:
        run = project.transit("run", check=False)
    finally:
        settings.write_text(text, encoding="utf-8")
    assert run.returncode == 1
    assert "GateError" in run.stderr
    assert "max_age_days" in run.stderr
    assert "Traceback" not in run.stderr
    assert (project.folder / "published" / "transit.duckdb").resolve() == link


def test_the_reader_only_reads(project):
    for attack in (
        "create table t (x int)",
        "attach '/tmp/x.duckdb'",
        "copy (select 1) to '/tmp/stolen.csv'",
        "select * from read_csv('/etc/passwd')",
        "select 1; select 2",
    ):
        run = project.transit("query", attack, check=False)
        assert run.returncode == 1, attack
        assert "QueryError" in run.stderr
