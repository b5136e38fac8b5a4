"""What chapters leave out, count or round, and say so."""

import polars as pl
import pytest

from dashboards.chapters import changes
from dashboards.chapters.capacity import atlas, scenarios
from dashboards.chapters.changes import _moved_by
from dashboards.charts.utilization import utilization
from dashboards.figure import Cell, Table, filled
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.view import View
from tests.dashboards.world import build, edition

EN, RU = load_language("en"), load_language("ru")


@pytest.fixture(scope="module")
def frames():
    return build(past=24, ahead=12)


@pytest.mark.parametrize(
    ("before", "change", "shown"),
    [
        (2473.0, 0.3, "0"),
        (727.0, 23.04, "+23"),
        (48.8, 0.497, "+0.5"),
        (950.6, -0.9, "−1"),
        (1.5, 0.021, "+0.02"),
    ],
)
def test_a_change_has_the_digits_of_its_value(before, change, shown):
    assert (
        _moved_by(
            {"change": change, "value_before": before, "value_after": before + change},
            EN,
            dated=False,
        )
        == shown
    )


def test_small_changes_are_counted_and_not_listed(frames):
    part = frames["revision_part"]
    still = pl.col("series_kind") == "route"
    same = part.with_columns(
        change=pl.when(still).then(0.0).otherwise("change"),
        value_before=pl.when(still).then(100.0).otherwise("value_before"),
        value_after=pl.when(still).then(100.0).otherwise("value_after"),
    )
    section = changes.route_changes(View(gather({**frames, "revision_part": same}, edition()), RU))
    assert section.table is None
    assert "Изменившиеся меньше чем на 1\u00a0% не показаны: " in section.words[1]
    assert len(changes.route_changes(View(gather(frames, edition()), RU)).table.rows) > 1


def test_a_date_that_moved_through_unknown_dates_names_no_cause(frames):
    """Both runs give a date, but between two steps there was none: no step can be said to have
    moved it most.
    """
    part = frames["revision_part"].filter(pl.col("measure") == "runout_days")
    unknown = part.with_columns(change=pl.lit(None, dtype=pl.Float64))
    moved = part.filter(pl.col("change") < 0).row(0, named=True)

    def title(parts):
        material = gather({**frames, "revision_part": parts}, edition())
        figure = changes.date_revision(
            View(material, RU), moved["series_id"], moved["direction"], "runout_days"
        )
        return f"{figure.title}. {figure.subtitle}".partition(RU.text("revision.subtitle"))[
            0
        ].strip()

    assert "Главная причина" in title(part)
    assert title(part).startswith(title(unknown))
    assert "ричина" not in title(unknown)


def test_a_mean_shift_of_few_paths_is_not_shown():
    row = {
        "segment_id": "a",
        "direction": "az",
        "date_kind": "policy",
        "shift_months": -11.0,
        "probability_base": 0.02,
        "probability_scenario": 0.8,
        "t50_base": None,
        "t50_scenario": None,
    }
    dates = {"t50_base": pl.Date, "t50_scenario": pl.Date}
    told = scenarios._moved(
        pl.DataFrame(
            [row, {**row, "segment_id": "b", "probability_base": 0.4}], schema_overrides=dates
        ),
        None,
    )
    assert dict(told.select("segment_id", "shift_months").iter_rows()) == {"a": None, "b": -11.0}
    assert told["later"].to_list() == [False, False]


def test_a_network_within_one_town_has_no_map(frames):
    assert atlas.map_figures(View(gather(frames, edition()), EN))
    here = frames["node"].with_columns(lat=47.6 + pl.int_range(pl.len()) / 1000, lon=pl.lit(-122.3))
    assert atlas.map_figures(View(gather({**frames, "node": here}, edition()), EN)) == []


def test_a_calm_network_is_more_than_one_colour():
    def names(top):
        rows = pl.DataFrame(
            {
                "segment": ["a", "b"],
                "target_start": [None, None],
                "utilization_ratio": [top, top / 2],
                "load_gbps": [1.0, 1.0],
                "lit_gbps": [9.0, 9.0],
            },
            schema_overrides={"target_start": pl.Date},
        )
        return utilization(rows, 0.8, "week", EN)["layer"][0]["encoding"]["color"]["scale"][
            "domain"
        ]

    assert names(0.39)[0] == "up to 20%"
    assert names(0.41)[0] == "up to 40%"


def test_columns_without_any_value_are_left_out():
    table = Table(
        ["a", "b", "c"], [[Cell("1"), Cell("–"), Cell("")], [Cell("2"), Cell(""), Cell("x")]]
    )
    assert list(filled(table, EN).heads) == ["a", "c"]
    assert list(filled(Table(["a"], []), EN).heads) == ["a"]


def test_names_do_not_turn_the_text_after_them():
    assert EN.proper_name("\u202eabc\u2066") == "abc"


@pytest.mark.parametrize("grain", ["month", "week", "day", "year"])
def test_a_forecast_is_for_a_period(grain):
    for language in (EN, RU):
        assert f"period.{grain}.accusative" in language.words
