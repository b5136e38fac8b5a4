"""A project of the last release goes on under this one: its database is brought over, its history
stays, and what it published is known. Whole runs and drawings of it: tests/nightly.
"""

from flows.commands.operating import verify
from flows.settings import read_settings
from flows.steps.history import refuse_lost_history
from flows.steps.inputs import open_warehouse
from flows.steps.publish import publish_copy
from tests.released import released_project
from warehouse.serving.query import ask
from warehouse.store.integrity import damage_in

FIGURES = """
select
    (select count(*) from core.traffic_sample), (select count(*) from core.forecast_quantile),
    (select round(sum(value_gbps), 3) from core.forecast_quantile),
    (select count(*) from core.order_plan), (select count(*) from core.edition)
"""


def test_a_project_of_the_last_release_goes_on(tmp_path, monkeypatch, capsys):
    project = released_project(tmp_path)
    monkeypatch.chdir(project)
    settings = read_settings(project)
    published = project / "published" / "transit.duckdb"
    before = ask(published, FIGURES).rows
    refuse_lost_history(settings)
    with open_warehouse(settings) as warehouse:
        assert warehouse.sql(FIGURES).rows() == before
        assert warehouse.runs()["latest"].to_list() == [True]
    assert verify(config=project) == 1
    assert "earlier version" in capsys.readouterr().out
    copy, written = publish_copy.fn(settings)
    assert written
    assert damage_in(copy) == ""
    assert verify(config=project) == 0
    assert ask(published, FIGURES).rows == before
    assert not publish_copy.fn(settings)[1]
