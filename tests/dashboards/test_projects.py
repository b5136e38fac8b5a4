"""The page of a planned build, and stories that cut something."""

from dataclasses import replace
from datetime import date

import polars as pl
import pytest

from dashboards.chapters.capacity.scenarios import closing_loss, story_figure
from dashboards.chapters.traffic import projects
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.view import View
from tests.dashboards.world import build, edition
from warehouse.schema import FRAMES

EN, RU = load_language("en"), load_language("ru")


@pytest.fixture(scope="module")
def frames():
    return build(past=24, ahead=12)


def rows_of(name, rows):
    schema = FRAMES[name].empty().schema
    whole = [{**dict.fromkeys(schema), **row} for row in rows]
    return pl.DataFrame(whole, schema=schema, orient="row")


def path_rows(paths):
    return rows_of(
        "route_path",
        [
            {"route_id": route, "rank": rank, "seq": seq, "segment_id": segment}
            for (route, rank), segments in paths.items()
            for seq, segment in enumerate(segments)
        ],
    )


def ringed(frames, shared):
    """A route over an old crossing with the build as its backup, in one trench or not."""
    project = frames["new_route_quantile"]["project_id"][0]
    built = frames["project"].filter(pl.col("project_id") == project)["segment_id"][0]
    others = [name for name in frames["segment"]["segment_id"] if name != built]
    group = [
        {
            "risk_group_id": "TRENCH",
            "kind": "trench",
            "name": "one strip",
            "segment_id": others[0],
            "assumed": True,
        }
    ]
    group += [{**group[0], "segment_id": built}] if shared else []
    route = frames["route"]["route_id"][0]
    return (
        project,
        others[0],
        {
            **frames,
            "route_path": path_rows({(route, 1): [others[0]], (route, 2): [built]}),
            "risk_group": rows_of("risk_group", group),
        },
    )


def test_a_ring_counts_the_paths_that_are_left(frames):
    project, old, apart = ringed(frames, shared=False)
    found = projects.ring_rows(gather(apart, edition()), project)
    assert {(row.failure_id, row.without, row.with_it, row.own_trench) for row in found} == {
        ("risk_group:TRENCH", 0, 1, 1),
        (f"segment:{old}", 0, 1, 1),
    }


def test_a_shared_trench_takes_the_ring_away(frames):
    project, old, together = ringed(frames, shared=True)
    material = gather(together, edition())
    found = {row.failure_id: row for row in projects.ring_rows(material, project)}
    assert found["risk_group:TRENCH"][2:5] == (0, 0, 1)
    assert found[f"segment:{old}"][2:5] == (0, 1, 1)
    page = next(page for page in projects.pages(View(material, EN)) if project in page.path.upper())
    ring = next(section for section in page.parts() if section.anchor == "ring")
    assert "In a trench of its own it would" in " ".join(ring.words)


@pytest.mark.parametrize("language", [EN, RU])
def test_a_build_has_a_page_that_answers(frames, language):
    project, _, ring = ringed(frames, shared=True)
    route = ring["route"]["route_id"][0]
    built = ring["project"].filter(pl.col("project_id") == project)["segment_id"][0]
    story = {"high": [("path", {"route": route, "rank": 1, "segments": [built]})]}
    view = View(gather(ring, replace(edition(), stories=story)), language)
    page = next(page for page in projects.pages(view) if project in page.path.upper())
    titles = [section.title for section in page.parts()]
    wanted = ("state", "carries", "takes", "ring")
    assert [language.text(f"project.{name}") for name in wanted] == [
        title for title in titles if title in {language.text(f"project.{name}") for name in wanted}
    ]
    assert language.text("new.registered") in titles
    carried = page.parts()[1].table
    assert len(carried.rows) == 1
    assert language.text("route.path") in [cell.text for cell in carried.rows[0]]
    assert not language.missing


def test_a_story_that_cuts_says_first_what_is_lost(frames):
    lost = frames["lost_traffic"]
    failure = lost["failure_id"][0]
    kind, _, name = failure.partition(":")
    change = {kind: name, "from": "2020-01-01", "until": "2020-07-01"}
    of_story = replace(edition(), stories={"high": [("cut", change)]})
    view = View(gather(frames, of_story), EN)
    loss = closing_loss(view, "high")
    first = lost.filter(pl.col("failure_id") == failure)["target_start"].min()
    rows = lost.filter((pl.col("failure_id") == failure) & (pl.col("target_start") == first))
    assert loss["lost"] == pytest.approx(rows["lost_p50_gbps"].sum())
    effect = view.material["scenario_effect"].filter(pl.col("scenario_id") == "high")
    figure = story_figure(view, "high", effect)
    assert "have no path left" in figure.title
    assert figure.subtitle.index("what is lost loads no other segment") < figure.subtitle.index(
        "run out"
    )
    later = replace(of_story, stories={"high": [("cut", {**change, "from": date.max.isoformat()})]})
    assert closing_loss(View(gather(frames, later), EN), "high") is None
