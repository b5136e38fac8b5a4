"""Forecasts held against what came: do intervals keep what their receipts promised, and does a
simpler method do better?

Series of one period miss together, and forecasts several periods ahead miss for several periods, so
a thousand outcomes are no thousand pieces of evidence. Their number is brought down to an effective
one: periods over the mean horizon, times the series of a period over 1 + (series - 1) rho, rho
being how much misses cluster in periods (ANOVA; 1, all at once, while fewer than FEWEST_PERIODS are
known or nothing varies). A share is then judged by its Wilson interval.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any

import numpy as np
import polars as pl

from forecasting.accuracy import diebold_mariano
from forecasting.series import FloatArray, add_periods
from warehouse.reasons import Note, Reason, reason
from warehouse.schema import LIVE_ACCURACY, MODEL_CHALLENGE, Grain, check
from warehouse.shares import wilson

BANDS = ((1, 3), (4, 12), (13, 10_000))
SURE = 0.99
"""Many shares are judged in every run: 95 % would cry wolf every month."""
FEWEST_PERIODS = 6
FEWEST_EFFECTIVE = 5.0
"""With fewer, one surprise is all the evidence there is."""
LOOKED_BACK: dict[Grain, int] = {"month": 36, "week": 104, "day": 180, "year": 10}
CHALLENGE_HORIZON: dict[Grain, int] = {"month": 3, "week": 4, "day": 7, "year": 1}
"""Short: outcomes that overlap far can not be told from luck within a planner's patience. For long
horizons the backtest speaks.
"""
FEWEST_TO_PROMOTE = 24
BETTER_BY = 0.05
SIGNIFICANT = 0.05


def looked_back(origin: date, grain: Grain) -> date:
    """The first period whose outcome still counts: what intervals were years ago says little of
    them now.
    """
    return add_periods(origin, -LOOKED_BACK[grain], grain)


def live_frame(matured: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """Rows of LIVE_ACCURACY from counts by statistic, horizon and target_start
    (sql/results/matured.sql).
    """
    rows: list[dict[str, Any]] = []
    for (statistic,), mine in matured.group_by("statistic", maintain_order=True):
        for first, last in BANDS:
            band = mine.filter(pl.col("horizon").is_between(first, last))
            if band.is_empty():
                continue
            rows += _band(band, grain, str(statistic), first)
    if not rows:
        return LIVE_ACCURACY.empty()
    return check(
        pl.DataFrame(
            rows, schema={name: column.dtype for name, column in LIVE_ACCURACY.columns.items()}
        ),
        LIVE_ACCURACY,
    )


def _band(band: pl.DataFrame, grain: Grain, statistic: str, first: int) -> list[dict[str, Any]]:
    columns = (
        "n",
        "inside_80",
        "inside_95",
        "above_median",
        "promised_80",
        "promised_95",
        "error_gbps",
        "promised_error_gbps",
    )
    sums = band.group_by("target_start").agg(pl.col(columns).sum()).sort("target_start")
    count, periods = float(sums["n"].sum()), sums.height
    horizon = float((band["horizon"] * band["n"]).sum()) / count
    error, promised_error = (
        float(sums[name].sum()) for name in ("error_gbps", "promised_error_gbps")
    )
    rows = []
    for measure, promised in (
        ("inside_80", float(sums["promised_80"].sum()) / count),
        ("inside_95", float(sums["promised_95"].sum()) / count),
        ("above_median", 0.5),
    ):
        hits = sums[measure].to_numpy()
        effective = effective_count(hits, sums["n"].to_numpy(), horizon)
        share = float(hits.sum()) / count
        low, high = wilson(share, effective, SURE) if effective else (0.0, 1.0)
        drifted = effective >= FEWEST_EFFECTIVE and not low <= promised <= high
        rows.append(
            {
                "grain": grain,
                "statistic": statistic,
                "horizon_from": first,
                "horizon_to": band["horizon"].max(),
                "measure": measure,
                "n": int(count),
                "periods": periods,
                "first_target": sums["target_start"][0],
                "last_target": sums["target_start"][-1],
                "n_effective": effective,
                "achieved_ratio": share,
                "low_ratio": low,
                "high_ratio": high,
                "promised_ratio": promised,
                "error_ratio": error / promised_error if promised_error > 0 else None,
                "drifted": drifted,
                **_finding(
                    measure, share, promised, (low, high), int(count), effective, periods, drifted
                ).columns(),
            }
        )
    return rows


def effective_count(hits: FloatArray, counts: FloatArray, horizon: float) -> float:
    """How many independent outcomes those of some periods are worth: `hits` of `counts` in each,
    `horizon` periods ahead on the mean.
    """
    total, periods = float(counts.sum()), len(counts)
    rho = clustering(hits, counts)
    size = total / periods
    return min(max(periods / max(horizon, 1.0), 1.0) * size / (1 + (size - 1) * rho), total)


def clustering(hits: FloatArray, counts: FloatArray) -> float:
    """How much outcomes of one period go together, 0 to 1: the ANOVA estimate of the correlation
    within periods.
    """
    total, periods = float(counts.sum()), len(counts)
    if periods < FEWEST_PERIODS or total <= periods:
        return 1.0
    share, shares = float(hits.sum()) / total, hits / counts
    between = float((counts * (shares - share) ** 2).sum()) / (periods - 1)
    within = float((counts * shares * (1 - shares)).sum()) / (total - periods)
    size = (total - float((counts**2).sum()) / total) / (periods - 1)
    spread = between + (size - 1) * within
    return min(max((between - within) / spread, 0.0), 1.0) if spread > 0 else 1.0


def _finding(
    measure: str,
    share: float,
    promised: float,
    ends: tuple[float, float],
    count: int,
    effective: float,
    periods: int,
    drifted: bool,
) -> Reason:
    basis = reason(
        "live.basis",
        count=count,
        periods=periods,
        effective=effective,
        low=ends[0],
        high=ends[1],
    )
    if measure == "above_median":
        found = reason("live.above_median", share=share, basis=basis)
        code = "live.too_low" if share > 0.5 else "live.too_high"
    else:
        level = int(measure[-2:]) / 100
        found = reason("live.inside", share=share, level=level, promised=promised, basis=basis)
        code = "live.too_narrow" if share < promised else "live.too_wide"
    return reason(code, finding=found) if drifted else found


def challenge_frame(challenged: pl.DataFrame, backtest: pl.DataFrame, grain: Grain) -> pl.DataFrame:
    """Rows of MODEL_CHALLENGE from errors by statistic, challenger and target_start
    (sql/results/challenged.sql).

    A challenger is to be promoted when it was better by 5 % over at least 24 periods, by more than
    chance (Diebold-Mariano over periods with the longest horizon, p below 5 % divided by the number
    of challengers), and is no worse than the ensemble in the `backtest` of now (rows of
    BACKTEST_SCORE). Nothing switches by itself.
    """
    if challenged.is_empty():
        return MODEL_CHALLENGE.empty()
    horizon = CHALLENGE_HORIZON[grain]
    scores = (
        backtest.filter((pl.col("horizon") == 0) & pl.col("mase").is_not_null())
        .group_by("statistic", "model")
        .agg(mase=(pl.col("mase") * pl.col("n")).sum() / pl.col("n").sum())
    )
    past = {(statistic, model): mase for statistic, model, mase in scores.iter_rows()}
    rows: list[dict[str, Any]] = []
    for (statistic,), mine in challenged.group_by("statistic", maintain_order=True):
        rivals = mine["challenger"].n_unique()
        for (name,), pairs in mine.group_by("challenger", maintain_order=True):
            pairs = pairs.sort("target_start")
            actual, champion, rival = (
                pairs[column].to_numpy()
                for column in ("actual_gbps", "champion_gbps", "challenger_gbps")
            )
            if not actual.sum() > 0:
                continue
            _, p = diebold_mariano((champion - rival) / np.maximum(actual, 1e-12), horizon)
            ratios = float(champion.sum() / actual.sum()), float(rival.sum() / actual.sum())
            verdict, why = promotion(
                ratios,
                pairs.height,
                p,
                rivals,
                (past.get((statistic, "ensemble")), past.get((statistic, name))),
            )
            rows.append(
                {
                    "grain": grain,
                    "statistic": statistic,
                    "challenger": name,
                    "n": int(pairs["n"].sum()),
                    "periods": pairs.height,
                    "horizon_to": horizon,
                    "champion_error_ratio": ratios[0],
                    "challenger_error_ratio": ratios[1],
                    "dm_p": p if np.isfinite(p) else None,
                    "verdict": verdict,
                    **why.columns(),
                }
            )
    dtypes = {name: column.dtype for name, column in MODEL_CHALLENGE.columns.items()}
    return check(pl.DataFrame(rows, schema=dtypes), MODEL_CHALLENGE)


def promotion(
    ratios: tuple[float, float],
    periods: int,
    p: float,
    rivals: int,
    backtest: Sequence[float | None],
) -> tuple[str, Reason]:
    """The verdict on a challenger and why: `ratios` and `backtest` have the champion's error and
    the challenger's.
    """
    champion, rival = ratios
    errors = reason("challenge.errors", periods=periods, rival=rival, champion=champion)
    if periods < FEWEST_TO_PROMOTE or not np.isfinite(p):
        return "too_early", reason("challenge.too_early", errors=errors, least=FEWEST_TO_PROMOTE)
    if rival > (1 - BETTER_BY) * champion:
        return "keep", reason("challenge.not_better", errors=errors, by=BETTER_BY)
    if p * rivals >= SIGNIFICANT:
        return "keep", reason("challenge.chance", errors=errors, p=p, rivals=rivals)
    if backtest[0] is not None and backtest[1] is not None and backtest[1] > backtest[0]:
        return "keep", reason(
            "challenge.backtest_worse", errors=errors, rival=backtest[1], champion=backtest[0]
        )
    return "promote", reason("challenge.promote", errors=errors, p=p, rivals=rivals)


def drift_notes(live: pl.DataFrame, challenge: pl.DataFrame) -> list[Note]:
    """Notes on what drifted and which method should be promoted."""
    notes = [
        Note(
            "live_accuracy",
            f"{row['grain']} {row['statistic']} {row['measure']} from {row['horizon_from']}",
            reason(
                "live.ahead",
                grain=row["grain"],
                statistic=row["statistic"],
                first=row["horizon_from"],
                last=row["horizon_to"],
                finding=Reason(row["reason_code"], row["reason_values"]),
            ),
        )
        for row in live.filter("drifted").iter_rows(named=True)
    ]
    promoted = challenge.filter(pl.col("verdict") == "promote")
    return notes + [
        Note(
            "model_challenge",
            f"{row['grain']} {row['statistic']} {row['challenger']}",
            Reason(row["reason_code"], row["reason_values"]),
        )
        for row in promoted.iter_rows(named=True)
    ]
