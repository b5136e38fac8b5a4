"""A published warehouse answers questions, and nothing else."""

import subprocess
import sys
import time
from datetime import date
from pathlib import Path

import duckdb
import polars as pl
import pytest

from warehouse.errors import QueryError, WarehouseError
from warehouse.serving import worker
from warehouse.serving.export import export_marts
from warehouse.serving.publish import publish
from warehouse.serving.query import ask, describe, query, tables
from warehouse.serving.statement import ask_here
from warehouse.store.database import Warehouse


@pytest.fixture(scope="module")
def published(tmp_path_factory):
    root = tmp_path_factory.mktemp("query")
    with Warehouse.open(root / "work.duckdb") as warehouse:
        publish(warehouse, root / "published", edition_id="one")
    return root / "published" / "transit.duckdb"


def test_rows_columns_types_and_parameters(published):
    answer = ask(
        published, "select $day::date as day, $n + 1 as n", params={"day": "2025-03-01", "n": 1}
    )
    assert answer.columns == ("day", "n")
    assert answer.types == ("DATE", "INTEGER")
    assert answer.rows == [(date(2025, 3, 1), 2)]
    assert not answer.truncated
    assert query(published, "select 1 as one")["one"].to_list() == [1]


def test_views_are_found_with_and_without_their_schema(published):
    assert ask(published, "from mart.edition").columns == ask(published, "from edition").columns


def test_more_rows_than_asked_for_are_said_to_be_there(published):
    answer = ask(published, "from range(100000000)", max_rows=3)
    assert answer.rows == [(0,), (1,), (2,)]
    assert answer.truncated
    assert ask(published, "from range(3) order by 1 desc", max_rows=3).rows == [(2,), (1,), (0,)]
    assert query(published, "from range(10)", max_rows=4).height == 4


@pytest.mark.parametrize(
    "statement",
    [
        "insert into ops.edition values (9, 'x')",
        "delete from ops.edition",
        "create table t as select 1",
        "create temp table t as select 1",
        "drop view mart.route",
        "attach 'other.duckdb' as other",
        "copy ops.edition to 'out.csv'",
        "export database 'out'",
        "install httpfs",
        "load icu",
        "set enable_external_access = true",
        "reset lock_configuration",
        "call pragma_version()",
        "select 1; select 2",
        "select 1; drop view mart.route",
        "explain analyze insert into ops.edition values (9, 'x')",
        "from read_csv('/etc/passwd')",
        "from read_text('/etc/passwd')",
        "from '/etc/passwd'",
        "from glob('/etc/*')",
        "from sniff_csv('/etc/passwd')",
        "pragma enable_profiling",
        "checkpoint",
        "prepare p as select 1",
        "use core",
        "vacuum",
        "from read_parquet('http://127.0.0.1:1/x.parquet')",
        "from read_blob('/etc/hostname')",
        "from read_json_auto('/etc/hostname')",
        "from parquet_metadata('/etc/hostname')",
        "from query('drop view mart.route')",
        "from query('from read_text(''/etc/passwd'')')",
        "from query_table(['/etc/passwd'])",
        "select json_execute_serialized_sql(json_serialize_sql('from read_text(''/etc/passwd'')'))",
        "from json_execute_serialized_sql(json_serialize_sql('from read_text(''/etc/passwd'')'))",
        "copy (select 1) to '/dev/stdout'",
        "call force_checkpoint()",
        "from force_checkpoint()",
        "call enable_logging()",
        "from enable_logging()",
        "pragma memory_limit = '64GB'",
        "set variable x = 1",
        "set search_path = 'core'",
        "begin transaction",
        "create or replace macro mart.vintages(x) as x",
        "alter table ops.edition add column x integer",
        "comment on table ops.edition is 'x'",
        "truncate ops.edition",
        (
            "merge into ops.edition using (select 9 as n) on false when not matched then "
            "insert values (9, 'x')"
        ),
        "with gone as (delete from ops.edition returning *) from gone",
        "insert into ops.edition select 9, 'x' returning *",
        "detach memory",
        "import database '/tmp'",
        "create secret s (type s3, key_id 'a', secret 'b')",
        "explain copy ops.edition to 'out.csv'",
        "select 1 /* ; */; -- ;\n delete from ops.edition",
        "/* select 1 */ delete from ops.edition",
        "select nextval('no_such')",
        "select * from 'https://127.0.0.1:1/x.csv'",
        "from sqlite_scan('/tmp/x', 'y')",
        'from "pandas_scan" (1234567)',
        "from arrow_scan(1, 2, 3)",
        "from enable_logging(storage_path = '/tmp/transit-log')",
        "from a_frame",
        "from postgres_query('host=127.0.0.1', 'select 1')",
        "",
        "-- nothing",
    ],
)
def test_what_does_not_only_read_the_file_is_refused(published, statement):
    before = published.read_bytes()
    a_frame = pl.DataFrame(
        {"secret": [1]}
    )  # DuckDB reads frames by the names of variables unless told not to.
    assert a_frame.height
    with pytest.raises(QueryError):
        ask_here(published, statement, timeout_seconds=20)
    assert published.read_bytes() == before


@pytest.mark.parametrize(
    "endless",
    [
        "select count(*) from range(10000000) a, range(10000000) b where a.range + b.range = -7",
        "with recursive t(n) as (select 1 union all select n + 1 from t) select max(n) from t",
        (
            "with recursive t(n) as (select 1 union all select (n + 1) % 7 from t) select "
            "count(*) from t"
        ),
        (
            "explain analyze select count(*) from range(10000000) a, range(10000000) b where "
            "a.range + b.range = -7"
        ),
        (
            "summarize select a.range from range(10000000) a, range(10000000) b where a.range "
            "+ b.range = -7"
        ),
        "select list_reduce(range(100000 + range % 2), lambda a, b: a + b) from range(100000)",
    ],
)
def test_what_runs_forever_is_stopped(published, endless):
    with pytest.raises(QueryError, match=r"stopped after 0\.5 seconds|by force"):
        ask(published, endless, timeout_seconds=0.5)


# Folded to a constant while the query is planned: DuckDB looks at no interruption until the list
# is done.
HEEDS_NOTHING = "select list_sum(list_transform(range(60000000), lambda x: (x * 7) % 1000003))"


@pytest.mark.parametrize("asking", [ask, query])
def test_what_heeds_no_interruption_is_ended_with_its_process(published, asking, monkeypatch):
    monkeypatch.setattr(worker, "GRACE_SECONDS", 0.5)
    ask(published, "select 1")
    started = worker._idle[-1].process
    with pytest.raises(QueryError, match=r"by force 0\.5 seconds after its 0\.5 seconds"):
        asking(published, HEEDS_NOTHING, timeout_seconds=0.5)
    assert started.returncode is not None
    assert ask(published, "select 1").rows == [(1,)]


def test_a_process_that_answers_is_used_again_and_replaced_when_it_dies(published):
    ask(published, "select 1")
    first = worker._idle[-1].process
    ask(published, "select 1")
    assert worker._idle[-1].process is first
    first.kill()
    first.wait()
    assert ask(published, "select 2").rows == [(2,)]
    assert worker._idle[-1].process is not first


def test_a_process_that_answers_goes_with_who_asked(published):
    code = (
        "import sys; from pathlib import Path; from warehouse.serving import worker; from "
        "warehouse.serving.query import ask;"
        "ask(Path(sys.argv[1]), 'select 1'); print(worker._idle[-1].process.pid)"
    )
    asked = subprocess.run(
        [sys.executable, "-c", code, str(published)],
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    # An ended process keeps its number until its new parent has noticed; what counts is that it
    # runs no more.
    deadline = time.monotonic() + 30
    while _runs(int(asked.stdout)) and time.monotonic() < deadline:
        time.sleep(0.05)
    assert not _runs(int(asked.stdout))


def _runs(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rsplit(")", 1)[1].split()[0] != "Z"
    except FileNotFoundError:
        return False


def test_what_needs_too_much_memory_is_stopped(published):
    with pytest.raises(QueryError, match="more memory"):
        ask(
            published,
            "select list(repeat('x', 10000) || range) as x from range(1000000)",
            timeout_seconds=60,
        )


def test_mistakes_are_explained(published):
    with pytest.raises(QueryError, match=r"(?s)Parser Error.*transit tables"):
        ask(published, "selec 1")
    with pytest.raises(QueryError, match="no_such_view"):
        ask(published, "from no_such_view")
    with pytest.raises(QueryError) as caught:
        ask(published, "select $day", params={"dya": 1})
    assert "$day: has no value" in str(caught.value)
    assert "$dya: is not in the statement" in str(caught.value)


def test_a_pivot_names_its_columns(published):
    pivot = "pivot traffic_month on direction {} using max(mean_gbps) group by series_id"
    with pytest.raises(QueryError, match=r"a pivot must name.*(?s:.*)in \('in', 'out'\)"):
        ask(published, pivot.format(""))
    assert ask(published, pivot.format("in ('in', 'out')")).columns == ("series_id", "in", "out")


def test_tables_and_describe_come_from_the_comments(published):
    listed = {name: kind for name, kind, comment in tables(published).rows if comment}
    assert listed["runout"] == "view"
    assert listed["forecast_as_of(as_of)"] == "macro"
    columns = {name: comment for name, _, comment in describe(published, "capacity").rows}
    assert columns["lit_gbps"] == "usable lit capacity, each direction [Gbit/s]"
    assert describe(published, "core.capacity").rows[-1][0] == "withdrawn"
    with pytest.raises(QueryError, match="did you mean runout"):
        describe(published, "runot")


def test_files_that_are_no_published_warehouse(published, tmp_path):
    with pytest.raises(WarehouseError, match="transit run"):
        ask(tmp_path / "none.duckdb", "select 1")
    (tmp_path / "dangling.duckdb").symlink_to("gone.duckdb")
    with pytest.raises(WarehouseError, match="is gone"):
        ask(tmp_path / "dangling.duckdb", "select 1")
    (tmp_path / "text.duckdb").write_text("hello")
    with pytest.raises(WarehouseError, match="not a valid DuckDB"):
        ask(tmp_path / "text.duckdb", "select 1")
    duckdb.connect(str(tmp_path / "other.duckdb")).close()
    with pytest.raises(WarehouseError, match="not a warehouse of this software"):
        ask(tmp_path / "other.duckdb", "select 1")
    damaged = bytearray(published.read_bytes())
    damaged[5000] ^= 255
    (tmp_path / "damaged.duckdb").write_bytes(damaged)
    with pytest.raises(WarehouseError, match=r"(?s)Corrupt.*publish"):
        ask(tmp_path / "damaged.duckdb", "select 1")


def test_the_working_database_of_a_run_is_not_read(tmp_path):
    with Warehouse.open(tmp_path / "work.duckdb"):
        code = (
            "import sys; from pathlib import Path; from warehouse.serving.query import ask; "
            "ask(Path(sys.argv[1]), 'select 1')"
        )
        refused = subprocess.run(
            [sys.executable, "-c", code, str(tmp_path / "work.duckdb")],
            capture_output=True,
            text=True,
            check=False,
        )
    assert "read the published copy instead" in refused.stderr


def test_asking_loads_nothing_heavy():
    heavy = (
        "import sys, warehouse.serving.query; print([m for m in ('polars', 'pyarrow', 'numpy', "
        "'pandas') if m in sys.modules])"
    )
    assert (
        subprocess.run(
            [sys.executable, "-c", heavy], capture_output=True, text=True, check=True
        ).stdout
        == "[]\n"
    )


ADDED_WRONGLY = {
    "select sum(p95) from traffic_month": "does not add up over series",
    "select series_id, avg(p95) from mart.traffic_week group by all": "p95.gbps",
    "select sum(p95.gbps) from mart.traffic_month": "p95 is not additive",
    "select direction, sum(x.p95.gbps) over () from traffic_day as x": "p95 is not additive",
    "with month as (from traffic_month) select sum(coalesce(p95.gbps, 0) * 2) from month": (
        "p95 is not additive"
    ),
    "select sum(value_gbps) from traffic_latest": "statistic = 'mean'",
    "select sum(value_gbps) from mart.traffic_as_of(now())": "statistic = 'mean'",
    "select sum(value_gbps) from forecast_latest where statistic = 'mean'": "quantile",
    "select sum(value_gbps) from mart.forecast_as_of(now())": "quantile",
    "select sum(median_gbps) from mart.vintages(date '2026-12-01')": "quantile",
    "select sum(case when direction = 'az' then load_gbps end) from segment_load": "p95 load",
}


@pytest.mark.parametrize("statement", ADDED_WRONGLY)
def test_sums_of_what_does_not_add_are_refused_and_explained(published, statement):
    with pytest.raises(QueryError) as caught:
        ask(published, statement)
    assert ADDED_WRONGLY[statement] in str(caught.value)
    assert "market, corridor or total" in str(caught.value)


@pytest.mark.parametrize(
    "statement",
    [
        "select sum(mean_gbps) from traffic_month",
        "select sum(value_gbps) from traffic_latest where statistic = 'mean'",
        "select sum(value_gbps) filter (additive) from traffic_latest",
        (
            "select sum((p95.gbps > 3)::int), sum(case when p95.gbps > 3 then 1 end), "
            "max(p95.gbps) from traffic_month"
        ),
        "select list_sum(list(p95.gbps)) from traffic_month",
        "select sum(weight * value_gbps) from forecast_component",
        "select sum(cost_usd) from order_plan",
    ],
)
def test_sums_that_mean_something_are_answered(published, statement):
    assert len(ask(published, statement).rows) == 1


@pytest.fixture
def older(tmp_path):
    """A copy as an older version made it: fewer views, and no tags."""
    with Warehouse.open(tmp_path / "work.duckdb") as warehouse:
        warehouse.sql("drop view mart.column_tag; drop view mart.traffic_day;")
        return publish(warehouse, tmp_path / "published", edition_id="old")


def test_a_copy_of_an_older_version_opens_or_says_what_to_do(older, tmp_path):
    assert ask(older, "select sum(mean_gbps) from traffic_month").rows == [(None,)]
    with pytest.raises(QueryError, match=r"(?s)traffic_day.*transit tables"):
        ask(older, "from traffic_day")
    with pytest.raises(WarehouseError, match="transit publish"):
        export_marts(older, tmp_path / "out", profile="public")
    assert not (tmp_path / "out").exists()
