"""One writer, append-only history, runs kept once."""

import os
import shutil
import signal
import subprocess
import sys
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import duckdb
import polars as pl
import pytest

from warehouse.errors import ContractError, LockedError, TransitError, WarehouseError
from warehouse.schema import FRAMES, REFERENCE_FRAMES, RESULT_FRAMES
from warehouse.store.database import RunRecord, Warehouse, run_id

JANUARY, FEBRUARY, MARCH = (datetime(2025, month, 1, tzinfo=UTC) for month in (1, 2, 3))
HOLD = """
import sys, time
from pathlib import Path
from warehouse.store.database import Warehouse
with Warehouse.open(Path(sys.argv[1])):
    print("held", flush=True)
    time.sleep(float(sys.argv[2]))
"""
RUN = RunRecord(
    "2024-12-aaaa",
    "month",
    date(2024, 12, 1),
    JANUARY,
    "{}",
    "1",
    "h",
    1,
    JANUARY,
    JANUARY,
    simulated=True,
)


@pytest.fixture(scope="module")
def fresh(tmp_path_factory):
    path = tmp_path_factory.mktemp("fresh") / "transit.duckdb"
    Warehouse.open(path).close()
    return path


@pytest.fixture
def warehouse(fresh, tmp_path):
    shutil.copy(fresh, tmp_path)
    with Warehouse.open(tmp_path / "transit.duckdb") as opened:
        yield opened


def holder(path: Path, seconds: float) -> subprocess.Popen[str]:
    child = subprocess.Popen(
        [sys.executable, "-c", HOLD, str(path), str(seconds)], stdout=subprocess.PIPE, text=True
    )
    assert child.stdout is not None
    assert child.stdout.readline() == "held\n"
    return child


def capacity(lit_gbps: float, **more: object) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "segment_id": ["S"],
            "valid_from": [date(2024, 1, 1)],
            "lit_gbps": [lit_gbps],
            "assumed": [True],
            **more,
        }
    )


def no_forecast(series: str = "R") -> pl.DataFrame:
    return pl.DataFrame(
        {
            "series_kind": ["route"],
            "series_id": [series],
            "direction": ["in"],
            "statistic": ["p95"],
            "grain": ["month"],
            "reason": ["short"],
        }
    )


def test_second_writer_is_told_who_holds_the_lock_and_a_kill_frees_it(tmp_path):
    path = tmp_path / "transit.duckdb"
    child = holder(path, 60)
    try:
        with pytest.raises(LockedError, match=f"process {child.pid} on ") as caught:
            Warehouse.open(path)
        assert "published copy" in str(caught.value)
    finally:
        os.kill(child.pid, signal.SIGKILL)
        child.wait()
        child.stdout.close()
    with Warehouse.open(path, wait_seconds=5) as opened:
        assert opened.runs().is_empty()


def test_waiting_for_the_lock_succeeds_when_the_holder_ends(tmp_path):
    child = holder(tmp_path / "transit.duckdb", 0.3)
    with Warehouse.open(tmp_path / "transit.duckdb", wait_seconds=30) as opened:
        assert opened.sql("select 1 as one")["one"].to_list() == [1]
    assert child.wait() == 0
    child.stdout.close()


def test_another_program_holding_the_file_is_named(tmp_path):
    path = tmp_path / "transit.duckdb"
    code = (
        "import duckdb, sys\nc = duckdb.connect(sys.argv[1])\nprint('held', flush=True)\n"
        "sys.stdin.read()"
    )
    child = subprocess.Popen(
        [sys.executable, "-c", code, str(path)],
        stdout=subprocess.PIPE,
        stdin=subprocess.PIPE,
        text=True,
    )
    assert child.stdout.readline() == "held\n"
    with pytest.raises(LockedError, match=str(child.pid)):
        Warehouse.open(path)
    child.communicate()


def test_publishing_does_not_give_up_duckdbs_own_lock(tmp_path):
    with Warehouse.open(tmp_path / "transit.duckdb") as opened:
        opened.copy_to(tmp_path / "copy.duckdb")
        outsider = subprocess.run(
            [
                sys.executable,
                "-c",
                "import duckdb, sys; duckdb.connect(sys.argv[1])",
                str(opened.path),
            ],
            capture_output=True,
            text=True,
            check=False,
        )
    assert outsider.returncode != 0
    assert "lock" in outsider.stderr


def test_nothing_is_written_where_nothing_is_new(tmp_path):
    path = tmp_path / "transit.duckdb"
    Warehouse.open(path).close()
    before = path.read_bytes()
    Warehouse.open(path).close()
    assert path.read_bytes() == before


def test_a_database_made_by_numbered_migrations_is_brought_over(tmp_path):
    path = tmp_path / "transit.duckdb"
    with Warehouse.open(path) as opened:
        shape = opened.sql(SHAPE)
        opened.sql("""
            insert into core.plan_note by name
            select 'R' as run_id, 'no_capacity' as topic, 'S' as subject, 'because' as note;
            drop schema mart cascade; drop table ops.installed; drop table core.build_choice;
            create table ops.migration (number bigint, name varchar, checksum varchar);
            create table ops.mart_file (name varchar, checksum varchar);
            alter table core.plan_note drop column note_values;
            comment on column core.plan_note.subject is 'an older meaning'
        """)
    with Warehouse.open(path) as opened:
        assert opened.sql(SHAPE).equals(shape)
        kept = opened.sql("select subject, note, note_values from core.plan_note")
        assert kept.rows() == [("S", "because", None)]


SHAPE = """
    select schema_name, table_name, column_name, data_type, comment
    from duckdb_columns() where schema_name in ('core', 'mart', 'ops') order by all
"""


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ("alter table core.node add column height_m double", "newer version.*\n.*node.height_m"),
        ("create table core.satellite (name varchar)", "newer version.*\n.*core.satellite.name"),
        ("alter table core.node alter lat type varchar", "different code.*\n.*core.node.lat: is"),
        ("alter table core.plan_note drop column note", "different code.*\n.*plan_note.note: is"),
    ],
)
def test_databases_of_other_code_are_refused_and_the_lock_is_released(tmp_path, change, message):
    path = tmp_path / "transit.duckdb"
    with Warehouse.open(path) as opened:
        opened.sql(f"{change}; update ops.installed set checksum = 'x' where name like 'tables/%'")
    before = path.read_bytes()
    for _ in range(2):
        with pytest.raises(WarehouseError, match=message):
            Warehouse.open(path)
    assert path.read_bytes() == before


def test_a_file_that_is_no_database_is_refused(tmp_path):
    (tmp_path / "notes.txt").write_text("hello")
    with pytest.raises(WarehouseError, match=r"notes\.txt"):
        Warehouse.open(tmp_path / "notes.txt")


def test_views_are_renewed_when_their_text_changes(tmp_path):
    path = tmp_path / "transit.duckdb"
    with Warehouse.open(path) as opened:
        opened.connection.execute("drop view mart.route; create view mart.stray as select 1 as one")
        opened.sql("update ops.installed set checksum = 'old' where name = 'marts/route'")
    with Warehouse.open(path) as opened:
        views = opened.sql("select view_name from duckdb_views() where schema_name = 'mart'")[
            "view_name"
        ].to_list()
    assert "route" in views
    assert "stray" not in views


def test_tables_are_what_the_contract_says(warehouse):
    types = {
        pl.String: "VARCHAR",
        pl.Float64: "DOUBLE",
        pl.Int64: "BIGINT",
        pl.Date: "DATE",
        pl.Boolean: "BOOLEAN",
    }
    stored = {
        (row["table_name"], row["column_name"]): row
        for row in warehouse.sql("from duckdb_columns() where schema_name = 'core'").iter_rows(
            named=True
        )
    }
    for name in (*REFERENCE_FRAMES, *RESULT_FRAMES):
        for column, promise in FRAMES[name].columns.items():
            row = stored[name, column]
            assert row["data_type"] == types.get(promise.dtype, "TIMESTAMP WITH TIME ZONE"), (
                name,
                column,
            )
            assert row["is_nullable"] == promise.nullable, (name, column)
            said = f"{promise.comment} [{promise.unit}]" if promise.unit else promise.comment
            assert row["comment"] == said or column == "known_at", (name, column)


def test_every_table_view_column_and_macro_is_explained(warehouse):
    silent = warehouse.sql("""
        select table_name || '.' || column_name as name from duckdb_columns() where not internal
            and comment is null
        union all select table_name from duckdb_tables() where not internal and comment is null
        union all select view_name from duckdb_views() where not internal and comment is null
        union all select function_name from duckdb_functions() where schema_name = 'mart'
            and comment is null
    """)
    assert silent["name"].to_list() == []


def test_every_frame_can_be_read(warehouse):
    for name, schema in FRAMES.items():
        assert warehouse.read(name).columns == list(schema.columns)
    with pytest.raises(ContractError, match="there is no frame"):
        warehouse.read("rout")


def test_append_keeps_what_was_known(warehouse):
    assert warehouse.append("capacity", capacity(10.0), known_at=JANUARY) == 1
    assert warehouse.append("capacity", capacity(10.0), known_at=FEBRUARY) == 0
    assert warehouse.append("capacity", capacity(20.0), known_at=MARCH) == 1
    assert warehouse.sql("select lit_gbps from core.capacity order by known_at")[
        "lit_gbps"
    ].to_list() == [10.0, 20.0]
    assert warehouse.read("capacity")["lit_gbps"].to_list() == [20.0]


def test_a_late_row_about_the_past_does_not_change_the_present(warehouse):
    warehouse.append("capacity", capacity(20.0), known_at=MARCH)
    assert warehouse.append("capacity", capacity(10.0, known_at=[JANUARY]), known_at=MARCH) == 1
    assert warehouse.read("capacity")["lit_gbps"].to_list() == [20.0]


def test_a_correction_under_the_same_date_holds_and_the_error_stays(warehouse):
    for lit_gbps in (10.0, 11.0, 10.0, 10.0):
        warehouse.append("capacity", capacity(lit_gbps, known_at=[JANUARY]), known_at=MARCH)
    rows = warehouse.sql("select lit_gbps, correction from core.capacity order by correction")
    assert rows.rows() == [(10.0, 0), (11.0, 1), (10.0, 2)]
    assert warehouse.read("capacity")["lit_gbps"].to_list() == [10.0]


def test_what_a_complete_statement_leaves_out_is_withdrawn_and_can_come_back(warehouse):
    path = pl.DataFrame(
        {"route_id": ["R", "R"], "rank": [1, 1], "seq": [1, 2], "segment_id": ["a", "b"]}
    )
    warehouse.append("route_path", path, known_at=JANUARY, complete=True)
    assert warehouse.append("route_path", path.head(1), known_at=FEBRUARY, complete=True) == 1
    assert warehouse.read("route_path")["segment_id"].to_list() == ["a"]
    assert warehouse.append("route_path", path, known_at=MARCH, complete=True) == 1
    assert warehouse.read("route_path")["segment_id"].to_list() == ["a", "b"]
    dated = capacity(10.0, known_at=[JANUARY])
    warehouse.append("capacity", dated, known_at=JANUARY, complete=True)
    warehouse.append("capacity", dated.clear(), known_at=FEBRUARY, complete=True)
    assert warehouse.read("capacity").is_empty()
    warehouse.append("capacity", dated, known_at=MARCH, complete=True)
    assert warehouse.read("capacity")["known_at"].to_list() == [MARCH]


def test_append_refuses_results(warehouse):
    with pytest.raises(ContractError, match="save_run"):
        warehouse.append("no_forecast", no_forecast(), known_at=JANUARY)


def test_a_run_is_kept_once(warehouse):
    assert warehouse.save_run(RUN, {"no_forecast": no_forecast()})
    assert not warehouse.save_run(RUN, {"no_forecast": no_forecast("other")})
    assert warehouse.read("no_forecast")["series_id"].to_list() == ["R"]
    assert warehouse.runs().select("run_id", "seed", "simulated", "latest").rows() == [
        ("2024-12-aaaa", 1, True, True)
    ]


def test_a_run_is_kept_whole_or_not_at_all(warehouse):
    with pytest.raises(ContractError, match="route_path"):
        warehouse.save_run(RUN, {"route_path": pl.DataFrame()})
    with pytest.raises(ContractError, match="grain is missing"):
        warehouse.save_run(
            RUN,
            {
                "level_shift": FRAMES["level_shift"].empty(),
                "no_forecast": no_forecast().drop("grain"),
            },
        )
    warehouse.connection.execute("alter table core.no_forecast add column extra integer")
    with pytest.raises(pl.exceptions.ColumnNotFoundError):
        warehouse.save_run(RUN, {"no_forecast": no_forecast()})
    assert warehouse.runs().is_empty()


def test_the_latest_run_of_each_grain_speaks(warehouse):
    backfill = replace(RUN, run_id="2024-06-bbbb", origin=date(2024, 6, 1), known_at=MARCH)
    weekly = replace(RUN, run_id="2024-12-cccc", grain="week")
    for run, series in ((RUN, "now"), (backfill, "then"), (weekly, "weekly")):
        warehouse.save_run(run, {"no_forecast": no_forecast(series)})
    assert warehouse.read("no_forecast")["series_id"].to_list() == ["now", "weekly"]
    assert warehouse.read("no_forecast", grain="week")["series_id"].to_list() == ["weekly"]
    assert warehouse.read("no_forecast", run_id="2024-06-bbbb")["series_id"].to_list() == ["then"]


def test_frames_without_a_grain_come_from_one_run(warehouse):
    row = {
        "segment_id": "S",
        "direction": "az",
        "date_kind": "hard",
        "failure_id": "none",
        "threshold_ratio": 1.0,
        "last_target": date(2027, 1, 1),
        "probability_by_last": 0.0,
        "monte_carlo_se": 0.0,
    }
    for run, kind in ((RUN, "hard"), (replace(RUN, run_id="2024-12-cccc", grain="week"), "policy")):
        warehouse.save_run(
            run, {"runout": pl.DataFrame([{**row, "date_kind": kind}, {**row, "direction": "za"}])}
        )
    assert warehouse.read("runout")["date_kind"].to_list() == ["hard", "hard"]
    assert warehouse.read("runout", grain="week").height == 2


def test_an_inner_transaction_falls_with_the_outer_one(warehouse):
    def append_and_fail():
        with warehouse.transaction():
            warehouse.append("capacity", capacity(10.0), known_at=JANUARY)
            raise TransitError("stop")

    with pytest.raises(TransitError, match="stop"):
        append_and_fail()
    assert warehouse.read("capacity").is_empty()


def test_run_id_depends_on_everything_and_on_nothing_else():
    identity = {
        "origin": date(2026, 10, 1),
        "settings": "{}",
        "code_version": "1",
        "data_hash": "h",
        "seed": 1,
    }
    assert run_id(**identity) == run_id(**identity)
    assert run_id(**identity).startswith("2026-10-")
    changed = [
        run_id(**{**identity, key: value})
        for key, value in (
            ("settings", "{ }"),
            ("code_version", "2"),
            ("data_hash", "i"),
            ("seed", 2),
        )
    ]
    assert len({*changed, run_id(**identity)}) == 5


def test_nothing_is_fetched_from_the_network(warehouse):
    with pytest.raises(duckdb.Error):
        warehouse.sql("select * from read_csv('https://127.0.0.1:1/x.csv')")
    settings = dict(
        warehouse.connection.execute("select name, value from duckdb_settings()").fetchall()
    )
    assert (
        settings["autoinstall_known_extensions"] == settings["autoload_known_extensions"] == "false"
    )
    assert settings["TimeZone"] == "UTC"


def test_runs_saved_before_fans_were_kept_get_theirs_on_opening(tmp_path):
    with Warehouse.open(tmp_path / "transit.duckdb") as warehouse:
        warehouse.sql(
            "insert into core.forecast_run select 'r1', 'month', date '2025-01-01', now(), "
            "'{}', '1', 'x', 1, now(), now(), false"
        )
        warehouse.sql(
            "insert into core.forecast_quantile select 'r1', 'route', 'R1', 'in', 'mean', "
            "'month', date '2025-02-01', 1, level, 10 * level from unnest([0.9, 0.1, 0.5]) "
            "as t(level)"
        )
        assert warehouse.sql("from core.forecast_fan").is_empty()
    for _ in range(2):
        with Warehouse.open(tmp_path / "transit.duckdb") as warehouse:
            fan = warehouse.sql(
                "select low_80_gbps, median_gbps, high_80_gbps, levels, values_gbps from "
                "core.forecast_fan"
            )
        assert fan.rows() == [(1.0, 5.0, 9.0, [0.1, 0.5, 0.9], [1.0, 5.0, 9.0])]


def test_what_was_known_at_a_time_can_be_read_again(warehouse):
    warehouse.append("capacity", capacity(10.0), known_at=JANUARY)
    warehouse.append("capacity", capacity(20.0), known_at=FEBRUARY)
    warehouse.append("capacity", capacity(20.0).head(0), known_at=MARCH, complete=True)
    known = [
        warehouse.read_as_of("capacity", day)["lit_gbps"].to_list()
        for day in (JANUARY, FEBRUARY, MARCH)
    ]
    assert known == [[10.0], [20.0], []]
    for name in ("traffic_period", "coincidence", "node"):
        assert warehouse.read_as_of(name, MARCH).columns == list(FRAMES[name].columns)
    with pytest.raises(ContractError, match="no past versions"):
        warehouse.read_as_of("runout", MARCH)


def test_coincidence_as_of_now_is_that_of_the_view(warehouse):
    warehouse.connection.execute("""
        insert into core.coincidence_month by name
        select 'R:in+Q:in' as combination_id, month::date as period_start, 0.9 - version / 100
            as kappa, 100 as slots, known_at, version
        from (values (date '2025-01-01', timestamptz '2025-01-02 00:00:00+00', 1),
            (date '2025-01-01', timestamptz '2025-03-02 00:00:00+00', 2),
            (date '2025-02-01', timestamptz '2025-03-01 00:00:00+00', 1)) as v(month, known_at,
                version)
    """)
    now = datetime(2030, 1, 1, tzinfo=UTC)
    assert warehouse.read_as_of("coincidence", now).equals(warehouse.read("coincidence"))
    before = warehouse.read_as_of("coincidence", datetime(2025, 2, 1, tzinfo=UTC))
    assert before.select("kappa", "months").rows() == [(pytest.approx(0.89), 1)]


def test_ordered_rows_come_in_order_whichever_duckdb_gives_them(tmp_path):
    """DuckDB 2.0.1 hands rows of several threads to Arrow out of the order that `order by` asks
    for, where insertion order is not kept.
    """
    with Warehouse.open(tmp_path / "w.duckdb") as world:
        world.sql("create temp table strewn as select hash(i) as k from range(300000) r(i)")
        for _ in range(3):
            assert world.sql("select k from strewn order by k")["k"].is_sorted()
