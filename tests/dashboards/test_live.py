"""What came since, beside what past editions said; gates that a person accepted; reasons of lower
floors in Russian.
"""

import re
from dataclasses import replace
from datetime import date
from types import SimpleNamespace

import polars as pl
import pytest

from dashboards.chapters import overview
from dashboards.chapters.evidence import accepted, assumptions, live, quality
from dashboards.chapters.traffic import new_routes
from dashboards.edition import Accepted
from dashboards.language import load_language
from dashboards.material import gather
from dashboards.view import View
from flows.settings import GateSettings
from flows.steps.edition_gates import changed_too_much, changed_totals
from flows.steps.gates import too_old, unreliable
from forecasting.entry.registration import judge
from forecasting.review.past_forecasts import live_frame, promotion
from tests.dashboards.world import build, edition
from warehouse.reasons import Reason, reason, reason_of
from warehouse.schema import FRAMES

EN, RU = load_language("en"), load_language("ru")
ENGLISH = re.compile(r"[A-Za-z]{2,}")
NAMES = re.compile(r"\b(MASE|p95|max_\w+|min_\w+)\b")


@pytest.fixture(scope="module")
def frames():
    return build(past=24, ahead=12)


def matured(shares, periods=24, series=20):
    rows = [
        {
            "statistic": "p95",
            "horizon": 1,
            "target_start": date(2023 + month // 12, month % 12 + 1, 1),
            "n": series,
            "inside_80": round(series * shares[0]),
            "inside_95": round(series * shares[1]),
            "above_median": round(series * shares[2]),
            "promised_80": 0.8 * series,
            "promised_95": 0.95 * series,
            "error_gbps": 1.0,
            "promised_error_gbps": 1.0,
        }
        for month in range(periods)
    ]
    return pl.DataFrame(rows).with_columns(
        pl.col("n", "inside_80", "inside_95", "above_median").cast(pl.Float64)
    )


def test_the_title_tells_where_intervals_did_not_hold(frames):
    material = gather(frames, edition())
    english = live.live_figure(View(material, EN))
    russian = live.live_figure(View(material, RU))
    assert english.title == "Intervals have been too narrow 4 to 12 months ahead"
    assert english.subtitle.startswith(
        "Of 192 forecasts now due 55% fell in the 80% interval, where 80% was promised."
    )
    assert russian.title == "Интервалы были слишком узкими (горизонт 4–12\u00a0мес.)"
    assert russian.subtitle.startswith(
        "В интервал 80\u00a0% попало 55\u00a0% из 192 сверенных прогнозов при обещанных 80\u00a0%."
    )
    held = frames["live_accuracy"].with_columns(drifted=pl.lit(value=False))
    assert live.live_figure(
        View(gather({**frames, "live_accuracy": held}, edition()), EN)
    ).title.startswith("Intervals have held")
    few = held.with_columns(n_effective=pl.lit(2.0))
    assert live.live_figure(
        View(gather({**frames, "live_accuracy": few}, edition()), EN)
    ).title.startswith("Too early to judge")


def test_before_anything_came_due_the_page_says_what_will_appear_and_when(frames):
    bare = {
        name: frame
        for name, frame in frames.items()
        if name not in ("live_accuracy", "model_challenge")
    }
    for language, due in (
        (EN, "come due from January 2026 on"),
        (RU, "начиная с января 2026\u00a0г.; итог появится здесь"),
    ):
        page = quality.pages(View(gather(bare, edition()), language))[0]
        figure = next(one for one in page.figures if one.figure_id == "live")
        assert figure.spec is None
        assert due in figure.reason
        assert language.text("challenge.none") in [
            words for section in page.sections for words in section.words
        ]


@pytest.mark.parametrize(
    ("verdict", "said"),
    [
        ("keep", "The ensemble stays"),
        ("too_early", "Too early to replace"),
        ("promote", "Theta should replace the ensemble"),
    ],
)
def test_the_challenge_is_told_by_its_verdict(frames, verdict, said):
    rows = frames["model_challenge"].with_columns(
        verdict=pl.when((pl.col("challenger") == "theta") | (verdict == "too_early"))
        .then(pl.lit(verdict))
        .otherwise(pl.lit("keep"))
    )
    figure = live.challenge_figure(View(gather({**frames, "model_challenge": rows}, edition()), EN))
    assert figure is not None
    assert figure.title.startswith(said)


def test_registered_forecasts_stand_beside_what_came(frames):
    page = new_routes.pages(View(gather(frames, edition()), RU))[0]
    section = next(one for one in page.sections if one.anchor == "registered")
    assert section.words[1] == (
        "Всего\u00a0— 2 записанных прогноза; сбылось\u00a0— 0, не сбылось\u00a0— 1, "
        "срок проверки не наступил у\u00a0— 1."
    )
    told = [cell.text for row in section.table.rows for cell in row]
    assert (
        "Прогноз на декабрь 2025\u00a0г.\u00a0— от 8,1 до 40\u00a0Гбит/с; на деле\u00a0— "
        "6,5, вне этих пределов."
    ) in told
    assert "5,00 – 8,00 – 13,0" in told
    fresh = new_routes.pages(
        View(
            gather({**frames, "new_route_score": FRAMES["new_route_score"].empty()}, edition()), EN
        )
    )[0]
    section = next(one for one in fresh.sections if one.anchor == "registered")
    assert EN.text("new.nothing_yet") in section.words
    assert EN.text("table.months_seen") not in section.table.heads


def test_a_gate_that_a_person_accepted_is_on_the_first_page_and_among_the_assumptions(frames):
    gates = [
        vars(problem)
        for problem in too_old(date(2025, 1, 1), "month", date(2026, 1, 1), GateSettings())
    ]
    gates.append(
        "route R-ALA-FRA in p95: moved by 150% since the last run, more than [gates] "
        "max_change_ratio = 1"
    )
    doubted = edition(
        accepted=(Accepted(run_id="20260115-4f1c", why="the exchange <was> closed", gates=gates),)
    )
    material = gather(frames, doubted)
    first = overview.pages(View(material, RU))[0].sections[0]
    assert first.words == [
        (
            "Выпуск опубликован, хотя не прошёл 2 проверки (расчёт 20260115-4f1c). Результат "
            "принят со словами: «the exchange <was> closed»."
        )
    ]
    section = next(
        one for one in assumptions.pages(View(material, RU))[0].sections if one.anchor == "accepted"
    )
    assert [row[0].text for row in section.table.rows] == [
        "данные в целом",
        "Франкфурт → Алматы: 95-й процентиль",
    ]
    assert section.table.rows[0][1].text == (
        "заканчиваются за 334 дня до 1 января 2026\u00a0г.; допустимо не больше 100 (max_age_days)"
    )
    calm = gather(frames, edition())
    assert accepted.words(View(calm, EN)) == []
    section = accepted.section(View(calm, EN))
    assert section is not None
    assert EN.text("accepted.none") in section.words
    assert (
        accepted.section(View(gather(frames, replace(doubted, variant="todays_method")), EN))
        is None
    )


def reasons_of(frame):
    return [reason_of(row) for row in frame.iter_rows(named=True)]


def cause(problem):
    return Reason(problem.code, problem.values_json)


def reasons():
    """Reasons as the floors below make them."""
    for shares in ((0.8, 0.95, 0.5), (0.4, 0.5, 0.9), (1.0, 1.0, 0.1)):
        yield from reasons_of(live_frame(matured(shares), "month"))
    for ratios, periods, p, backtest in (
        ((0.1, 0.2), 3, 0.5, (None, None)),
        ((0.1, 0.2), 30, 0.5, (None, None)),
        ((0.2, 0.1), 30, 0.5, (None, None)),
        ((0.2, 0.1), 30, 0.001, (0.5, 0.6)),
        ((0.2, 0.1), 30, 0.001, (0.5, 0.4)),
    ):
        yield promotion(ratios, periods, p, 5, backtest)[1]
    made = {
        "forecast_id": "P/M/1",
        "project_id": "P",
        "market": "M",
        "registered_on": date(2025, 1, 1),
        "p10_gbps": 0.00535,
        "p50_gbps": 1.0,
        "p90_gbps": 20.0,
    }
    seen = pl.DataFrame(
        {"project_id": ["P"], "market": ["M"], "month": [date(2026, 1, 1)], "gbps": [3.0]}
    )
    for judged, came in (
        (date(2028, 1, 1), seen.clear()),
        (date(2028, 1, 1), seen),
        (date(2026, 1, 1), seen),
        (date(2026, 1, 1), seen.with_columns(gbps=pl.lit(90.0))),
    ):
        scored, _ = judge(
            pl.DataFrame([{**made, "judged_on": judged}]),
            came,
            FRAMES["assumption"].empty(),
            known_until=date(2026, 2, 1),
        )
        yield from reasons_of(scored)
    gates = GateSettings()
    yield from map(cause, too_old(date(2025, 1, 1), "month", date(2026, 1, 1), gates))
    scores = pl.DataFrame(
        {"model": ["ensemble"], "horizon": [0], "n": [500], "coverage_80": [0.41]}
    )
    yield from map(cause, unreliable(SimpleNamespace(backtest=scores), gates))
    key = {
        "series_kind": "route",
        "series_id": "A",
        "direction": "in",
        "statistic": "p95",
        "target_start": date(2026, 1, 1),
        "quantile_level": 0.5,
    }
    before, now = (pl.DataFrame([{**key, "value_gbps": value}]) for value in (1.0, 9.0))
    yield from map(cause, changed_too_much(SimpleNamespace(quantiles=now), before, gates))
    yield from map(cause, changed_totals(SimpleNamespace(quantiles=now), before, gates))
    lost = {"lost": 3, "count": 20, "most": 0.1, "names": "A, B, C"}
    yield from (reason(f"gate.lost_{what}", **lost) for what in ("series", "rows"))
    yield reason("gate.collapses", gbps=0.5, times=50.0, lately=451.0)
    yield reason("gate.explodes", gbps=1234.5, times=50.0, largest=4.51)


def test_every_machine_made_reason_is_told_in_russian():
    made = list(reasons())
    assert len(made) >= 21
    for words in made:
        told = RU.reason(words)
        assert not ENGLISH.search(NAMES.sub("", told)), told
        assert not re.search(r"\d\.\d", told), told
