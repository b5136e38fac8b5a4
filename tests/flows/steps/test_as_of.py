"""Editions of a small network, made again from the archive after everything has moved on, and
today's method on a past day's data.
"""

import dataclasses
import shutil
from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flows.commands.starting import TEMPLATE
from flows.operate.manifest import read_manifest
from flows.settings import read_settings
from flows.steps import as_of, forecast, report
from flows.steps.as_of import NoEditionError, compare_runs, make_again, todays_method
from flows.steps.forecast import forecast_every_grain
from flows.steps.inputs import NETWORK_FRAMES, open_warehouse
from flows.steps.plan import keep_run, plan_segments, record_of
from flows.steps.report import write_edition
from forecasting.series import add_periods
from warehouse.loading.reference import load_reference

pytestmark = pytest.mark.xdist_group("as_of")
LEVELS = {
    ("ALA-FRA", "out"): 40.0,
    ("ALA-FRA", "in"): 12.0,
    ("AST-FRA", "out"): 60.0,
    ("AST-FRA", "in"): 15.0,
}
DAYS = (datetime(2026, 10, 5, 6, tzinfo=UTC), datetime(2026, 11, 5, 6, tzinfo=UTC))


def traffic(months: int) -> pl.DataFrame:
    rng, rows = np.random.default_rng(5), []
    for (route, way), level in LEVELS.items():
        noise = np.exp(rng.normal(0, 0.03, 60))
        for at in range(months):
            value = level * 1.022**at * noise[at]
            rows += [
                (
                    "month",
                    "route",
                    route,
                    way,
                    name,
                    add_periods(date(2023, 10, 1), at, "month"),
                    value * ratio,
                )
                for name, ratio in (("mean", 1.0), ("p95", 1.5))
            ]
    names = [
        "grain",
        "series_kind",
        "series_id",
        "direction",
        "statistic",
        "period_start",
        "value_gbps",
    ]
    return pl.DataFrame(rows, schema=names, orient="row")


class World:
    """A project whose traffic is stated month by month; each day's run becomes an edition."""

    def __init__(self, folder):
        shutil.copytree(TEMPLATE, folder)
        settings = read_settings(folder)
        folders = dataclasses.replace(
            settings.folders, private=folder / ".transit", reports=folder / "reports"
        )
        self.folder, self.version = folder, 0
        self.settings = dataclasses.replace(
            settings,
            folders=folders,
            forecast=dataclasses.replace(
                settings.forecast, draws=200, horizon=12, backtest_origins=4
            ),
        )

    def learn(self, months: int, now: datetime) -> None:
        self.version += 1
        with open_warehouse(self.settings) as warehouse:
            load_reference(warehouse, self.folder / "network", known_at=now)
            whole = traffic(months).with_columns(
                coverage_ratio=1.0,
                censored_ratio=0.0,
                slot_minutes=5,
                simulated=False,
                reason=pl.lit(None, pl.String),
                time_zone=pl.lit("UTC"),
                known_at=now,
                version=self.version,
            )
            known = warehouse.read("traffic_period")
            fresh = whole.join(
                known,
                on=["series_id", "direction", "statistic", "period_start", "value_gbps"],
                how="anti",
            )
            warehouse.connection.register("fresh", fresh.to_arrow())
            warehouse.connection.execute("insert into core.traffic_period by name from fresh")

    def on(self, day: datetime) -> dict:
        return {"run": dataclasses.replace(self.settings.run, today=day.date())}

    def edition(self, day: datetime):
        settings = dataclasses.replace(self.settings, **self.on(day))
        made = forecast_every_grain(settings)[0]
        with open_warehouse(settings) as warehouse:
            frames = {name: warehouse.read(name) for name in NETWORK_FRAMES}
        planned = plan_segments.fn(settings, made, frames)
        record = dataclasses.replace(
            record_of(settings, made, str(self.version), day, planned=True),
            known_at=day,
            finished_at=day,
        )
        assert keep_run.fn(settings, made, planned, record)
        folder, written = write_edition.fn(settings, force=False)
        assert written
        return folder


def content(folder) -> dict[str, bytes]:
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


@pytest.fixture(scope="module")
def here():
    """Forecasts are made in this process: a few chunks need no runner."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(forecast, "on_runner", lambda _run, _name, work: work())
        yield


@pytest.fixture(scope="module")
def world(tmp_path_factory, here):
    """Two editions; then the network's files are corrected, in the past too."""
    made = World(tmp_path_factory.mktemp("as_of") / "project")
    made.learn(36, DAYS[0])
    made.first = made.edition(DAYS[0])
    made.learn(37, DAYS[1])
    made.second = made.edition(DAYS[1])
    made.originals = [content(made.first), content(made.second)]
    for name, old, new in (
        ("routes", "Almaty", "Somewhere else"),
        ("capacity", "ALA-FRA,2020-01-01,100", "ALA-FRA,2020-01-01,160"),
    ):
        path = made.folder / "network" / f"{name}.csv"
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))
    made.learn(37, DAYS[1] + timedelta(days=3))
    return made


def test_an_edition_that_is_gone_is_made_again_to_the_byte(world):
    shutil.rmtree(world.first)
    shutil.rmtree(world.second)
    for day, original, folder in (
        (date(2026, 10, 20), world.originals[0], world.first),
        (date(2026, 11, 5), world.originals[1], world.second),
    ):
        made = make_again(world.settings, day)
        assert made.folder == folder
        assert made.differing == ()
        assert "identical to the original" in str(made)
        assert content(folder) == original
        assert len(original) > 30


def test_made_again_beside_the_original_it_is_the_same(world):
    made = make_again(world.settings, date(2026, 11, 5))
    assert made.original_is_there
    assert made.differing == ()
    assert not (world.settings.folders.reports / f"{world.second.name}-redrawn").exists()


def test_the_second_edition_leads_to_the_first_page_by_page(world):
    page = next((world.second / "en" / "route").glob("*.html"))
    assert f"../../../{world.first.name}/en/route/{page.name}" in page.read_text(encoding="utf-8")
    assert world.second.name not in (world.first / "en" / "index.html").read_text(
        encoding="utf-8"
    ).replace("latest", "")


def test_other_words_give_another_drawing_beside_the_original(world, monkeypatch):
    monkeypatch.setattr(as_of, "code_version", lambda _packages: "another")
    real = report.write_report

    def another(frames, edition, folder, **options):
        written = real(frames, edition, folder, **options)
        page = folder / "en" / "method.html"
        page.write_text(page.read_text(encoding="utf-8") + "<!-- another -->", encoding="utf-8")
        return written

    monkeypatch.setattr(report, "write_report", another)
    made = make_again(world.settings, date(2026, 10, 20))
    assert made.folder.name == f"{world.first.name}-redrawn"
    assert made.differing == ("en/method.html",)
    assert "this one by another" in str(made)
    assert content(world.first) == world.originals[0]


def test_todays_method_on_that_days_data_is_labelled(world):
    settings = dataclasses.replace(
        world.settings, forecast=dataclasses.replace(world.settings.forecast, seed=99)
    )
    folder = todays_method(settings, date(2026, 10, 20))
    assert folder.name == f"{world.first.name}-todays-method"
    page = (folder / "en" / "index.html").read_text(encoding="utf-8")
    assert page.count("today&#39;s method on the data of 5 October 2026") >= 2
    assert "результат сегодняшнего метода на данных от 5" in (
        folder / "ru" / "index.html"
    ).read_text(encoding="utf-8")
    assert "September 2026" in page
    assert "October 2029" not in page
    assert "Somewhere else" not in page
    assert set(read_manifest(folder).files) == set(read_manifest(world.first).files)
    assert page != world.originals[0]["en/index.html"].decode()
    with open_warehouse(world.settings) as warehouse:
        assert warehouse.runs().height == 2, "a variant is no run"


def test_a_day_before_the_first_edition_names_the_days_there_are(world):
    with pytest.raises(NoEditionError, match="2026-10-05"):
        make_again(world.settings, date(2026, 10, 4))


def test_two_editions_stand_side_by_side(world):
    folder = compare_runs(world.settings, world.first.name, world.second.name)
    assert folder.name == f"compare-{world.first.name}-{world.second.name}"
    for code, title in (("en", "Two editions side by side"), ("ru", "Два выпуска рядом")):
        page = (folder / code / "index.html").read_text(encoding="utf-8")
        assert title in page
        assert world.first.name in page
        assert world.second.name in page
    with pytest.raises(NoEditionError, match=world.first.name):
        compare_runs(world.settings, world.first.name, "2000-01-none")


def test_the_edition_of_a_run_is_made_again(world):
    assert make_again(world.settings, world.first.name).folder.name.startswith(world.first.name)
