"""The marts as files: whole, described, and in the public profile without customers and prices."""

import csv
import json

import polars as pl
import pytest

from tests.warehouse.analysts_world import fill
from warehouse.errors import QueryError, WarehouseError
from warehouse.serving.export import export_marts
from warehouse.serving.publish import publish
from warehouse.serving.query import ask, tables
from warehouse.store.database import Warehouse

SAFE_TEXT = {
    "run_id",
    "grain",
    "run_grain",
    "origin",
    "series_kind",
    "direction",
    "statistic",
    "model",
    "handled",
    "date_kind",
    "failure_id",
    "cause_id",
    "option",
    "kind",
    "status",
    "country",
    "confidence",
    "market",
    "corridor",
    "a_node",
    "z_node",
    "node_id",
    "segment_id",
    "risk_group_id",
    "project_id",
    "scenario_id",
    "assumption_id",
    "forecast_id",
    "scope_kind",
    "source_kind",
    "unit",
    "time_zone",
    "code_version",
    "data_hash",
    "edition_id",
    "earlier_run_id",
    "view_name",
    "column_name",
    "tag",
    "measure",
    "step",
    "verdict",
    "challenger",
    "reason_code",
    "note_code",
    "verdict_code",
    "wrong_if_code",
    "basis_code",
    "basis_values",
}
"""Text columns a public export may show: identifiers and words of fixed lists, and places."""
SAFE_VIEWS = {
    "node": {"name", "name_ru"},
    "international_bandwidth": {"source"},
    "country_bandwidth": {"source"},
    "live_accuracy": {"reason", "reason_values"},
    "model_challenge": {"reason", "reason_values"},
}


def test_parquet_holds_what_the_views_say(analysts, tmp_path):
    files = export_marts(analysts, tmp_path / "out")
    package = json.loads((tmp_path / "out" / "datapackage.json").read_text())
    names = [resource["name"] for resource in package["resources"]]
    assert names == sorted(row[0] for row in tables(analysts).rows if row[1] == "view")
    assert sorted(file.name for file in files) == sorted(
        file.name for file in (tmp_path / "out").iterdir()
    )
    for resource in package["resources"]:
        frame = pl.read_parquet(tmp_path / "out" / resource["path"])
        assert frame.height == resource["rows"]
        assert frame.columns == [field["name"] for field in resource["schema"]["fields"]]
        assert all(field["description"] for field in resource["schema"]["fields"])
    month = pl.read_parquet(tmp_path / "out" / "traffic_month.parquet")
    asked = ask(analysts, "select count(*), max(p95.gbps), sum(mean_gbps) from traffic_month").rows[
        0
    ]
    assert (month.height, month["p95_gbps"].max()) == asked[:2]
    assert month["mean_gbps"].sum() == pytest.approx(asked[2])
    fields = {
        f["name"]: f
        for r in package["resources"]
        if r["name"] == "traffic_month"
        for f in r["schema"]["fields"]
    }
    assert fields["mean_gbps"]["unit"] == "Gbit/s"
    assert fields["period_start"]["type"] == "date"


def test_csv_reads_back(analysts, tmp_path):
    export_marts(analysts, tmp_path / "out", file_format="csv", views=["order_plan", "edition"])
    with (tmp_path / "out" / "order_plan.csv").open() as text:
        rows = list(csv.DictReader(text))
    asked = ask(analysts, "select segment_id, reason from order_plan order by 1").rows
    assert [(row["segment_id"], row["reason"]) for row in rows] == asked
    assert rows[0]["known_at"].endswith("Z")
    assert not (tmp_path / "out" / "runout.csv").exists()


def test_the_same_edition_gives_the_same_bytes(analysts, tmp_path):
    for name in ("one", "two"):
        export_marts(analysts, tmp_path / name, views=["traffic_month", "route"])
    for file in (tmp_path / "one").iterdir():
        assert file.read_bytes() == (tmp_path / "two" / file.name).read_bytes()


@pytest.fixture(scope="module")
def revealing(tmp_path_factory):
    """A warehouse in which every text that may name a customer does, and every sum of money is the
    same number.
    """
    root = tmp_path_factory.mktemp("revealing")
    with Warehouse.open(root / "work.duckdb") as warehouse:
        fill(warehouse, months=14, vintages=2, horizon=12)
        for insert in (
            (
                "insert into core.interface by name select 'SECRETCO-1' as interface_id, "
                "'ALA-FRA' as route_id, 1 as speed_gbps, 'UTC' as time_zone, 1 as priority, "
                "'SECRETCO' as aliases, 'SECRETCO' as bundle, now() as known_at, 0 as correction, "
                "false as withdrawn"
            ),
            (
                "insert into core.quarantine by name select 1 as batch_id, 'f' as source, "
                "'SECRETCO.csv' as file_name, 'x' as content_hash, 1 as line, 'SECRETCO,1' as "
                "row_text, 'SECRETCO' as reason"
            ),
            (
                "insert into core.plan_note select run_id, 'missing_price', 'SECRETCO', "
                "'SECRETCO pays 987654', 'c', 'SECRETCO' from core.forecast_run"
            ),
            (
                "insert into core.money_figure select run_id, 'route:ALA-FRA', 'bill', 987654, "
                "987654, 987654, 'USD', 'b', 'A', 'SECRETCO pays', null, null, 'c', 'SECRETCO' "
                "from core.forecast_run"
            ),
            (
                "insert into core.event by name select 'SECRETCO-MOVE' as event_id, now() as "
                "start_at, 'migration' as kind, 'route' as scope_kind, 'ALA-FRA' as scope_id, "
                "'SECRETCO moves' as effect, true as simulated, now() as known_at, 0 as "
                "correction, false as withdrawn"
            ),
            (
                "insert into core.new_route_share select run_id, 'P1', 'KZ-DE', 'ALA-FRA', "
                "false, 987654, 1, 1, 1, 0, 0, 0 from core.forecast_run"
            ),
            "update core.event set event_id = 'SECRETCO', effect = 'SECRETCO', source = 'SECRETCO'",
            "update core.route set name = 'SECRETCO', name_ru = 'SECRETCO'",
            "update core.segment set operators = 'SECRETCO', source = 'SECRETCO'",
            (
                "update core.assumption set name = 'SECRETCO', scope = 'SECRETCO', source = "
                "'SECRETCO', author = 'SECRETCO', low = 987654, value = 987654, high = 987654"
            ),
            (
                "update core.order_plan set cost_usd = 987654, present_value_usd = 987654, "
                "reason = 'SECRETCO pays 987654', reason_values = 'SECRETCO'"
            ),
            "update core.no_forecast set reason = 'SECRETCO', reason_values = 'SECRETCO'",
            (
                "update core.traffic_period set reason = 'SECRETCO', reason_values = "
                "'SECRETCO' where reason is not null"
            ),
            (
                "update core.load_batch set file_name = 'SECRETCO', notes = 'SECRETCO', source "
                "= 'SECRETCO'"
            ),
            'update core.forecast_run set settings = \'{"price": 987654, "name": "SECRETCO"}\'',
        ):
            warehouse.sql(insert)
        texts = warehouse.sql(
            "select schema_name || '.' || table_name as name, column_name from "
            "duckdb_columns() where schema_name = 'core' and data_type = 'VARCHAR' and "
            "table_name <> 'traffic_sample'"
        )
        for name, column in texts.rows():
            warehouse.sql(
                f"update {name} set {column} = replace({column}, 'ALA-FRA', "
                f"'SECRETCO-FRA') where {column} like '%ALA-FRA%'"
            )
        publish(warehouse, root / "published", edition_id="one")
    return root / "published" / "transit.duckdb"


def everything(folder):
    return b"".join(file.read_bytes() for file in sorted(folder.iterdir()))


def test_the_public_profile_names_no_customer_and_no_price(revealing, tmp_path):
    export_marts(revealing, tmp_path / "full", file_format="csv")
    full = everything(tmp_path / "full")
    assert full.count(b"SECRETCO") > 1000
    assert full.count(b"987654") > 10
    export_marts(revealing, tmp_path / "public", file_format="csv", profile="public")
    public = everything(tmp_path / "public")
    assert b"SECRETCO" not in public
    assert b"987654" not in public
    assert b"left out" in public


def test_routes_keep_one_number_over_all_public_files(revealing, tmp_path):
    export_marts(revealing, tmp_path / "public", profile="public")
    read = {file.stem: pl.read_parquet(file) for file in (tmp_path / "public").glob("*.parquet")}
    month = (
        read["traffic_month"]
        .filter(pl.col("series_kind") == "route")
        .select(route_id="series_id")
        .unique()
    )
    assert month.height == 8
    assert month.join(read["route"], on="route_id", how="anti").is_empty()
    assert read["route_path"].join(read["route"], on="route_id", how="anti").is_empty()
    real = ask(
        revealing,
        "select arg_max(mean_gbps, period_start) from traffic_month where series_id = "
        "'SECRETCO-FRA' and direction = 'in'",
    ).rows[0][0]
    shown = (
        read["traffic_month"]
        .filter(pl.col("mean_gbps") == real, pl.col("series_kind") == "route")["series_id"]
        .to_list()
    )
    # The seventh of the eight identifiers in their order.
    assert shown == ["route-007"]


def test_every_text_column_is_either_tagged_or_known_to_be_safe(analysts):
    undecided = [
        (view, column)
        for view, column in ask(
            analysts,
            """
            select table_name, column_name from duckdb_columns()
            where schema_name = 'mart' and data_type = 'VARCHAR' and not exists (
                from mart.column_tag where view_name = table_name
                    and column_tag.column_name in ('*', duckdb_columns.column_name)
                    and tag not like 'not_additive%'
            ) order by all
            """,
        ).rows
        if column not in SAFE_TEXT and column not in SAFE_VIEWS.get(view, set())
    ]
    assert undecided == []


def test_a_folder_with_something_else_is_not_touched(analysts, tmp_path):
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine" / "thesis.txt").write_text("years of work")
    with pytest.raises(WarehouseError, match="holds something else"):
        export_marts(analysts, tmp_path / "mine")
    assert (tmp_path / "mine" / "thesis.txt").read_text() == "years of work"
    export_marts(analysts, tmp_path / "out", views=["route"])
    export_marts(analysts, tmp_path / "out", views=["node"])
    assert sorted(file.name for file in (tmp_path / "out").iterdir()) == [
        "README.md",
        "datapackage.json",
        "node.parquet",
    ]
    with pytest.raises(QueryError, match="no_such"):
        export_marts(analysts, tmp_path / "out", views=["no_such"])
    assert (tmp_path / "out" / "node.parquet").exists()
    assert sorted(path.name for path in tmp_path.iterdir()) == ["mine", "out"]
