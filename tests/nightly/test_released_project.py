"""A run of this release, and a past edition drawn, in a project of the last one."""

from datetime import date

import pytest

from flows.operate.manifest import read_manifest
from flows.settings import read_settings
from flows.steps.as_of import NoEditionError, make_again
from flows.steps.identity import code_version
from flows.steps.inputs import open_warehouse
from tests.flows.conftest import Project
from tests.released import released_project
from warehouse.serving.query import ask

pytestmark = pytest.mark.nightly


@pytest.fixture
def project(tmp_path, monkeypatch):
    folder = released_project(tmp_path)
    monkeypatch.chdir(folder)
    return Project(folder)


def test_it_runs_again(project):
    project.transit("run")
    published = project.folder / "published" / "transit.duckdb"
    assert ask(published, "select count(*) from mart.run_history").rows == [(2,)]
    loaded = ask(published, "select count(*) from mart.load_history where rows_loaded > 0").rows
    assert loaded == [(1,)], "the file that was loaded before is known"
    assert project.transit("verify").returncode == 0


def test_its_past_edition_is_drawn_and_the_difference_stated(project):
    settings = read_settings(project.folder)
    with open_warehouse(settings) as warehouse:
        known_at = warehouse.runs()["known_at"][0].date()
        sentences = {*warehouse.sql("select reason from core.order_plan")["reason"]}
    made = make_again(settings, known_at)
    assert made.folder.parent == settings.folders.reports
    assert made.by != code_version(("dashboards",))
    assert "the original was drawn by" in str(made)
    pages = {name for name in read_manifest(made.folder).files if name.endswith(".html")}
    assert {"en/index.html", "ru/index.html"} < pages
    assert sentences
    with pytest.raises(NoEditionError, match="no edition"):
        make_again(settings, date(2020, 1, 1))
