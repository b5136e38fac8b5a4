"""What past runs promised against what came: alarms that mean something, and a rule that promotes
nobody by luck.
"""

from datetime import date

import numpy as np
import polars as pl
import pytest

from flows.steps.sentences import with_sentences
from forecasting.review.past_forecasts import (
    challenge_frame,
    clustering,
    drift_notes,
    effective_count,
    live_frame,
    looked_back,
    promotion,
)
from forecasting.series import add_periods
from warehouse.schema import BACKTEST_SCORE, LIVE_ACCURACY, MODEL_CHALLENGE

START = date(2024, 1, 1)


def outcomes(
    rng, *, scale=1.0, shift=0.0, periods=24, series=20, shared=0.4, horizons=(1, 2, 3)
) -> pl.DataFrame:
    """Counts as sql/results/matured.sql gives them, from normal outcomes that share a shock in each
    period.
    """
    rows = []
    for at in range(periods):
        common = rng.normal()
        for horizon in horizons:
            z = shift + scale * (
                np.sqrt(shared) * common + np.sqrt(1 - shared) * rng.normal(size=series)
            )
            rows.append(
                (
                    "p95",
                    horizon,
                    add_periods(START, at, "month"),
                    float(series),
                    float((np.abs(z) < 1.2816).sum()),
                    float((np.abs(z) < 1.96).sum()),
                    float((z > 0).sum()),
                    0.8 * series,
                    0.95 * series,
                    float(np.abs(z).sum()),
                    0.8 * series,
                )
            )
    names = [
        "statistic",
        "horizon",
        "target_start",
        "n",
        "inside_80",
        "inside_95",
        "above_median",
        "promised_80",
        "promised_95",
        "error_gbps",
        "promised_error_gbps",
    ]
    return pl.DataFrame(rows, schema=names, orient="row")


def flagged(measure: str, count: int = 150, **world) -> float:
    found = [
        live_frame(outcomes(np.random.default_rng(seed), **world), "month").filter(measure=measure)[
            "drifted"
        ][0]
        for seed in range(count)
    ]
    return float(np.mean(found))


def test_right_intervals_are_left_in_peace_though_series_miss_together():
    for measure in ("inside_80", "inside_95", "above_median"):
        assert flagged(measure) <= 0.04, measure
    # Counting every outcome as one of its own would cry wolf.
    count = outcomes(np.random.default_rng(1))
    assert effective_count(
        count["above_median"].to_numpy(), count["n"].to_numpy(), 2.0
    ) < 0.2 * float(count["n"].sum())


def test_intervals_that_became_too_narrow_are_found():
    assert flagged("inside_80", scale=2.2, shared=0.1) >= 0.9
    row = live_frame(outcomes(np.random.default_rng(1), scale=2.2, shared=0.1), "month").filter(
        measure="inside_80"
    )
    assert with_sentences(row)["reason"][0].startswith("Intervals have been too narrow")
    assert row["error_ratio"][0] == pytest.approx(2.2, rel=0.2)


def test_forecasts_that_run_low_are_found():
    assert flagged("above_median", shift=1.2, shared=0.2) >= 0.9
    row = live_frame(outcomes(np.random.default_rng(1), shift=1.2), "month").filter(
        measure="above_median"
    )
    assert with_sentences(row)["reason"][0].startswith("Forecasts have run too low")


def test_the_first_months_prove_nothing():
    few = live_frame(outcomes(np.random.default_rng(2), periods=3, scale=5.0, series=200), "month")
    assert not few["drifted"].any()
    assert few["n_effective"].max() < 3
    assert live_frame(outcomes(np.random.default_rng(2)).clear(), "month").equals(
        LIVE_ACCURACY.empty()
    )


def test_bands_are_kept_apart():
    both = live_frame(outcomes(np.random.default_rng(3), horizons=(1, 6, 20)), "month")
    assert both.select("horizon_from", "horizon_to").unique().sort("horizon_from").rows() == [
        (1, 1),
        (4, 6),
        (13, 20),
    ]


def test_clustering_of_misses():
    counts = np.full(12, 30.0)
    assert clustering(np.tile([30.0, 0.0], 6), counts) == pytest.approx(1.0, abs=0.01)
    assert clustering(np.full(12, 24.0), counts) == 0.0
    assert clustering(np.full(12, 30.0), counts) == 1.0  # nothing varies: nobody can tell
    assert effective_count(np.tile([30.0, 0.0], 6), counts, 1.0) == pytest.approx(12, rel=0.1)
    assert effective_count(np.full(12, 24.0), counts, 1.0) == pytest.approx(360)
    assert effective_count(np.full(12, 24.0), counts, 4.0) == pytest.approx(90)
    assert looked_back(date(2026, 10, 1), "month") == date(2023, 10, 1)


def errors(rng, better: float, periods: int) -> pl.DataFrame:
    champion = 10 * np.exp(rng.normal(0, 0.1, periods))
    return pl.DataFrame(
        {
            "statistic": "p95",
            "challenger": "drift",
            "target_start": [add_periods(START, at, "month") for at in range(periods)],
            "n": 20.0,
            "actual_gbps": 100.0,
            "champion_gbps": champion,
            "challenger_gbps": champion * (1 - better) + rng.normal(0, 0.2, periods),
        }
    )


def backtest(ensemble: float, drift: float) -> pl.DataFrame:
    rows = pl.DataFrame(
        {
            "statistic": "p95",
            "model": ["ensemble", "drift"],
            "horizon": 0,
            "mase": [ensemble, drift],
            "n": 10,
        }
    )
    return rows.with_columns(series_kind=pl.lit("route"))


def test_who_is_promoted_and_who_is_not():
    rng = np.random.default_rng(4)
    for better, periods, past, verdict in (
        (0.3, 60, (1.0, 0.9), "promote"),
        (0.3, 60, (0.9, 1.0), "keep"),
        (0.02, 60, (1.0, 0.9), "keep"),
        (0.3, 8, (1.0, 0.9), "too_early"),
        (-0.3, 60, (1.0, 0.9), "keep"),
    ):
        frame = challenge_frame(errors(rng, better, periods), backtest(*past), "month")
        assert frame["verdict"].to_list() == [verdict], (better, periods, past)
    assert frame.columns == list(MODEL_CHALLENGE.columns)
    assert challenge_frame(errors(rng, 0.3, 9).clear(), BACKTEST_SCORE.empty(), "month").equals(
        MODEL_CHALLENGE.empty()
    )


def test_luck_promotes_nobody():
    """Eleven challengers that are as good as the ensemble, in a hundred worlds."""
    promoted = 0
    for seed in range(100):
        rng = np.random.default_rng(seed)
        champion = np.exp(rng.normal(0, 0.3, 24))
        frames = [
            errors(rng, 0.0, 24).with_columns(
                challenger=pl.lit(f"m{at}"),
                champion_gbps=pl.Series(champion),
                challenger_gbps=pl.Series(champion * np.exp(rng.normal(0, 0.3, 24))),
            )
            for at in range(11)
        ]
        promoted += (
            "promote"
            in challenge_frame(pl.concat(frames), BACKTEST_SCORE.empty(), "month")[
                "verdict"
            ].to_list()
        )
    assert promoted <= 8


def test_the_rule_says_which_of_its_parts_decided():
    assert promotion((0.1, 0.05), 24, float("nan"), 3, (None, None))[0] == "too_early"
    found = promotion((0.1, 0.05), 24, 0.03, 3, (None, None))
    assert found[1].code == "challenge.chance"
    assert promotion((0.1, 0.05), 30, 0.01, 3, (None, None))[0] == "promote"


def test_notes_name_what_drifted():
    live = live_frame(outcomes(np.random.default_rng(1), shift=1.2), "month")
    notes = drift_notes(
        live,
        challenge_frame(errors(np.random.default_rng(4), 0.3, 60), BACKTEST_SCORE.empty(), "month"),
    )
    assert {topic for topic, _, _ in notes} == {"live_accuracy", "model_challenge"}
    assert len({note[:2] for note in notes}) == len(notes)
