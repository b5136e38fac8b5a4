"""Each chart of a small world, as the report makes it; `python -m
tests.dashboards.charts_of_the_world` writes the golden files again.
"""

import json
from pathlib import Path

from dashboards.chapters import changes, detail
from dashboards.chapters.capacity import atlas, plan, risk, scenarios, segments
from dashboards.chapters.evidence import data, live, quality
from dashboards.chapters.traffic import new_routes, series
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.view import View
from tests.dashboards.world import build, edition

GOLDEN = Path(__file__).parent / "golden"


def specifications(code="en"):
    """Name to specification; long rows are cut to the first three, since the form is what
    matters.
    """
    frames = build(past=24, ahead=12)
    material, language = gather(frames, edition()), load_language(code)
    calibration, skill = quality.figures(View(material, language))
    route = ("route", "R-ALA-FRA", "in", "p95")
    stories = {
        str(key[0]): part
        for key, part in material["scenario_effect"]
        .partition_by("scenario_id", as_dict=True)
        .items()
    }
    high = stories["high"]
    figures = {
        "comparison": scenarios.comparison_figure(View(material, language), stories),
        "fan": series.series_figure(View(material, language), route),
        "fan_year": series.series_figure(View(material, language), ("country", "KZ", "in", "mean")),
        "fan_observed": series.series_figure(
            View(material, language), ("country", "TM", "in", "mean")
        ),
        "load": segments.load_figure(View(material, language), "S-ALA-AKT", "za"),
        "utilization": segments.heat_figure(View(material, language)),
        **dict(
            zip(
                ("network", "network_runout"),
                atlas.map_figures(View(material, language)),
                strict=True,
            )
        ),
        "timeline": plan.timeline_figure(View(material, language)),
        "probability": detail.probability_figure(View(material, language), "S-ALA-AKT", "za"),
        "profile": detail.profile_figure(View(material, language), "R-ALA-FRA", "in"),
        "components": detail.components_figure(View(material, language), route),
        "coverage": data.coverage_figure(View(material, language)),
        "calibration": calibration,
        "skill": skill,
        "live": live.live_figure(View(material, language)),
        "challenge": live.challenge_figure(View(material, language)),
        "failures": risk.lost_figure(View(material, language)),
        "tornado": detail.tornado_figure(View(material, language), "S-ALA-AKT"),
        "scenarios": scenarios.story_figure(View(material, language), "high", high),
        "revision": changes.series_revision(View(material, language), route),
        "revision_dates": changes.date_revision(
            View(material, language), "S-ALA-AKT", "za", "runout_days"
        ),
        "market": new_routes.split_figure(
            View(material, language), "TMB", "KZ-TM", material["new_route_share"]
        ),
    }
    return {name: figure.spec for name, figure in figures.items()}


def cut(spec):
    spec = json.loads(json.dumps(spec))
    spec["datasets"] = {name: rows[:3] for name, rows in spec["datasets"].items()}
    return spec


if __name__ == "__main__":
    GOLDEN.mkdir(exist_ok=True)
    for name, spec in specifications().items():
        (GOLDEN / f"{name}.json").write_text(
            json.dumps(cut(spec), indent=1, ensure_ascii=False) + "\n", encoding="utf-8"
        )
