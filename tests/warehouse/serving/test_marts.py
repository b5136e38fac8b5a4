"""The analysts' views: tiny tables in, the expected rows out; examples and checks run on them
too.
"""

import csv
import shutil
from pathlib import Path

import duckdb
import pytest

from warehouse.serving.checks import run_checks
from warehouse.serving.questions import checks, examples
from warehouse.store.database import Warehouse
from warehouse.store.migrate import SQL, in_order, references, texts

GOLDEN = Path(__file__).parents[2] / "golden"
CASES = sorted(folder.name for folder in GOLDEN.iterdir() if folder.is_dir())
ABOUT_NO_DATA = {"column_tag", "step_history"}
FILL = {
    "VARCHAR": "'-'",
    "DOUBLE": "0",
    "BIGINT": "0",
    "INTEGER": "0",
    "SMALLINT": "0",
    "BOOLEAN": "false",
    "DATE": "date '2000-01-01'",
    "TIMESTAMP WITH TIME ZONE": "timestamptz '2000-01-01 00:00:00+00'",
}


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


def fill(warehouse: Warehouse, folder: Path) -> None:
    """Inserts <schema>.<table>.csv; columns that must not be empty and are not in the file get a
    value that says nothing.
    """
    for file in sorted(folder.glob("*.*.csv")):
        schema, table = file.name.split(".")[:2]
        with file.open() as text:
            given = next(csv.reader(text))
        columns = warehouse.connection.execute(
            "select column_name, data_type, is_nullable from duckdb_columns() where "
            "schema_name = $schema and table_name = $table",
            {"schema": schema, "table": table},
        ).fetchall()
        values = [
            f"{name}::{type_} as {name}" if name in given else f"{FILL[type_]} as {name}"
            for name, type_, nullable in columns
            if name in given or not nullable
        ]
        assert set(given) <= {name for name, _, _ in columns}
        warehouse.connection.execute(
            f"insert into {schema}.{table} by name select {', '.join(values)} from "
            f"read_csv('{file}', all_varchar = true)"
        )
    for (run_id,) in warehouse.connection.execute(
        "select run_id from core.forecast_run"
    ).fetchall():
        warehouse.run("results/fans", run_id=run_id)


def answer(warehouse: Warehouse, folder: Path, columns: list[str] | None = None) -> list[list[str]]:
    query = folder / "query.sql"
    sql = query.read_text() if query.exists() else f"from mart.{folder.name}"
    relation = warehouse.connection.sql(sql)
    chosen = relation.select(*(columns or relation.columns)).order("all")
    text = warehouse.connection.sql("select columns(*)::varchar from chosen")
    return [
        chosen.columns,
        *sorted(["" if value is None else value for value in row] for row in text.fetchall()),
    ]


@pytest.mark.parametrize("case", CASES)
def test_view_gives_the_expected_rows(warehouse, case):
    with (GOLDEN / case / "expect.csv").open() as text:
        expected = list(csv.reader(text))
    fill(warehouse, GOLDEN / case)
    found = answer(warehouse, GOLDEN / case, expected[0])
    assert found == [expected[0], *sorted(expected[1:])]


def test_forecasts_are_told_apart_from_what_was_known_before(warehouse):
    fill(warehouse, GOLDEN / "forecast_as_of")
    before = warehouse.sql("from mart.forecast_as_of(timestamptz '2025-01-01 00:00:00+00')")
    assert before.is_empty()
    both = warehouse.sql(
        "select distinct run_id from mart.forecast_as_of(timestamptz '2025-12-31 00:00:00+00')"
    )
    assert both["run_id"].to_list() == ["2025-02-b"]


def test_every_view_of_data_tells_what_is_simulated_or_assumed(warehouse):
    views = warehouse.sql("""
        select table_name as name, list(column_name) as columns
        from duckdb_columns() join duckdb_views() on view_name = table_name
            and duckdb_views.schema_name = duckdb_columns.schema_name
        where duckdb_columns.schema_name = 'mart' group by all
    """)
    carries = {row["name"]: set(row["columns"]) for row in views.iter_rows(named=True)}
    made = {
        "value_gbps",
        "load_gbps",
        "peak_gbps",
        "mean_gbps",
        "median_gbps",
        "t50",
        "order_by",
        "error_gbps",
        "run_id",
        "kappa",
    }
    for name, columns in carries.items():
        if name not in ABOUT_NO_DATA:
            assert columns & {"simulated", "assumed"}, name
        if columns & made:
            assert "simulated" in columns, name
        if "segment_id" in columns and "run_id" in columns:
            assert "assumed" in columns, name


def test_every_view_has_a_golden_case():
    assert set(texts(SQL / "marts")) - set(CASES) <= ABOUT_NO_DATA


@pytest.mark.parametrize("view", ["traffic_month", "traffic_week", "traffic_day"])
def test_a_p95_can_not_be_summed_by_accident(warehouse, view):
    fill(warehouse, GOLDEN / "traffic_month")
    with pytest.raises(duckdb.BinderException, match="STRUCT"):
        warehouse.sql(f"select sum(p95) from mart.{view}")
    (comment,) = warehouse.sql(
        "select comment from duckdb_columns() where schema_name = 'mart' and table_name = "
        "$view and column_name = 'p95'",
        view=view,
    )["comment"]
    assert "never the sum" in comment
    assert "p95.gbps" in comment


def test_means_and_p95_are_told_apart_where_both_stand_in_one_column(warehouse):
    fill(warehouse, GOLDEN / "traffic_latest")
    assert set(
        warehouse.sql("select distinct statistic, additive from mart.traffic_latest").rows()
    ) == {
        ("mean", True),
        ("p95", False),
    }
    silent = warehouse.sql("""
        select table_name from duckdb_columns()
        where schema_name = 'mart' and column_name = 'value_gbps'
            and table_name similar to '(traffic|forecast)_(all|latest)'
        and comment not like '%never the sum%'
    """)
    assert silent["table_name"].to_list() == []


def test_tags_name_columns_that_exist_and_miss_no_price(warehouse):
    strangers = warehouse.sql("""
        select view_name, column_name from mart.column_tag
        anti join (select table_name as view_name, column_name from duckdb_columns()
            where schema_name = 'mart'
                   union all select view_name, '*' from duckdb_views()
                       where schema_name = 'mart') using (view_name, column_name)
    """)
    assert strangers.rows() == []
    untagged = warehouse.sql("""
        select table_name, column_name from duckdb_columns()
        where schema_name = 'mart' and (comment like '%USD%' or column_name like '%usd%')
        and not exists (from mart.column_tag where tag = 'price' and view_name = table_name
            and column_tag.column_name in ('*', duckdb_columns.column_name))
    """)
    assert untagged.rows() == []


def test_a_column_means_the_same_unit_everywhere(warehouse):
    rows = warehouse.sql(r"""
        select column_name, list(distinct regexp_extract(comment, '\[([^\]]*)\]$', 1)) as units
        from duckdb_columns() where schema_name in ('mart', 'core') and not internal
            group by column_name
        having count(distinct regexp_extract(comment, '\[([^\]]*)\]$', 1)) > 1
    """)
    assert rows.rows() == []


@pytest.mark.parametrize("example", examples(), ids=lambda example: example.name)
def test_examples_answer(warehouse, example):
    assert example.text.endswith("?")
    fill(warehouse, GOLDEN / "forecast_accuracy")
    assert warehouse.sql(example.sql).columns


def test_checks_pass_on_an_empty_warehouse(warehouse):
    results = run_checks(warehouse)
    assert [result.check.name for result in results] == sorted(check.name for check in checks())
    assert all(result.passed for result in results)


def break_it(warehouse: Warehouse, *statements: str) -> dict[str, int]:
    for statement in statements:
        warehouse.sql(statement)
    return {
        result.check.name: result.count for result in run_checks(warehouse) if not result.passed
    }


def test_crossing_and_impossible_quantiles_are_found(warehouse):
    fill(warehouse, GOLDEN / "forecast_latest")
    assert break_it(warehouse) == {}
    found = break_it(
        warehouse,
        "update core.forecast_quantile set value_gbps = -1 where run_id = '2025-02-b' and "
        "quantile_level = 0.9",
    )
    assert found == {"quantiles_cross": 1, "forecast_impossible": 1}


def test_a_forecast_that_explodes_and_a_series_without_an_answer_are_found(warehouse):
    fill(warehouse, GOLDEN / "forecast_accuracy")
    found = break_it(warehouse, "update core.forecast_quantile set value_gbps = value_gbps * 1000")
    assert found["forecast_explodes"] == 1
    assert found["series_without_answer"] == 2


def test_runout_dates_out_of_order_are_found(warehouse):
    fill(warehouse, GOLDEN / "runout")
    assert "runout_dates_cross" not in break_it(warehouse)
    assert (
        break_it(
            warehouse, "update core.runout set t10 = date '2027-01-01' where segment_id = 'S1'"
        )["runout_dates_cross"]
        == 1
    )


def test_a_route_without_a_path_and_a_segment_without_capacity_are_found(warehouse):
    fill(warehouse, GOLDEN / "traffic_peak")
    assert break_it(warehouse) == {"route_without_path": 1}
    fill(warehouse, GOLDEN / "route_path")
    segment = (
        "insert into core.segment select 'S1', 'A', 'Z', null, 'in_service', null, null, "
        "false, null, null, now(), 0, false"
    )
    assert break_it(warehouse, segment) == {"segment_without_capacity": 1}


def test_a_revision_that_leaves_something_over_is_found(warehouse):
    fill(warehouse, GOLDEN / "revision_part")
    # Two of its figures are given with one step of four.
    assert break_it(warehouse)["revision_unbalanced"] == 2
    left_over = (
        "update core.revision_part set value_after = 126 where series_id = 'R1' and step_seq = "
        "2 and run_id = '2025-02-b'"
    )
    assert break_it(warehouse, left_over)["revision_unbalanced"] == 3


def test_rows_in_quarantine_are_found(warehouse):
    fill(warehouse, GOLDEN / "quarantine")
    assert break_it(warehouse) == {"rows_in_quarantine": 1}


def test_views_are_made_after_those_they_use():
    marts = texts(SQL / "marts")
    order = in_order(marts)
    for name, text in marts.items():
        for used in references(text, "mart") - {name}:
            assert order.index(used) < order.index(name)
