"""A small seeded world of frames that keeps to the contract: three corridors, a growing one among
them.
"""

from __future__ import annotations

from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from dashboards.edition import EarlierEdition, Edition
from flows.steps.sentences import with_sentences
from forecasting.series import add_periods
from warehouse.reasons import Reason, reason
from warehouse.schema import FRAMES, QUANTILE_LEVELS, Grain, check

KNOWN = datetime(2026, 1, 15, 6, 0, tzinfo=UTC)
NODES = (
    ("ALA", "Almaty", "Алматы", "KZ", 43.24, 76.89),
    ("AKT", "Aktau", "Актау", "KZ", 43.65, 51.2),
    ("ATY", "Atyrau", "Атырау", "KZ", 47.1, 51.9),
    ("GRB", "Garabogaz", "Гарабогаз", "TM", 41.54, 52.57),
    ("TMB", "Temirbaba", "Темирбаба", "KZ", 42.2, 52.6),
    ("FRA", "Frankfurt", "Франкфурт", "DE", 50.11, 8.68),
    ("KHG", "Khorgos", "Хоргос", "KZ", 44.2, 80.4),
    ("BAK", "Baku", "Баку", "AZ", 40.41, 49.87),
)
SEGMENTS = (
    ("S-KHG-ALA", "KHG", "ALA", 360.0, "in_service", 400.0),
    ("S-ALA-AKT", "ALA", "AKT", 2700.0, "in_service", 400.0),
    ("S-AKT-ATY", "AKT", "ATY", 900.0, "in_service", 300.0),
    ("S-ATY-FRA", "ATY", "FRA", 3900.0, "in_service", 300.0),
    ("S-AKT-GRB", "AKT", "GRB", 175.0, "in_service", 100.0),
    ("S-AKT-BAK", "AKT", "BAK", 380.0, "under_construction", 200.0),
    ("S-BAK-FRA", "BAK", "FRA", 3600.0, "in_service", 200.0),
    ("S-TMB-GRB", "TMB", "GRB", 55.0, "mou", 100.0),
    ("S-AKT-TMB", "AKT", "TMB", 210.0, "planned", 100.0),
)
ROUTES = (
    (
        "R-ALA-FRA",
        "Almaty – Frankfurt",
        "Алматы – Франкфурт",
        "ALA",
        "FRA",
        "KZ-DE",
        "North",
        120.0,
        0.28,
        ("S-ALA-AKT", "S-AKT-ATY", "S-ATY-FRA"),
        ("S-ALA-AKT", "S-AKT-BAK", "S-BAK-FRA"),
    ),
    (
        "R-KHG-FRA",
        "Khorgos – Frankfurt",
        "Хоргос – Франкфурт",
        "KHG",
        "FRA",
        "CN-DE",
        "North",
        60.0,
        0.15,
        ("S-KHG-ALA", "S-ALA-AKT", "S-AKT-ATY", "S-ATY-FRA"),
        (),
    ),
    (
        "R-AKT-GRB",
        "Aktau – Garabogaz",
        "Актау – Гарабогаз",
        "AKT",
        "GRB",
        "KZ-TM",
        "Coast",
        18.0,
        0.55,
        ("S-AKT-GRB",),
        ("S-AKT-TMB", "S-TMB-GRB"),
    ),
    (
        "R-AKT-BAK",
        "Aktau – Baku",
        "Актау – Баку",
        "AKT",
        "BAK",
        "KZ-AZ",
        "Caspian",
        9.0,
        -0.12,
        ("S-AKT-BAK",),
        (),
    ),
)
SHARES = (0.12, 0.3)


def edition(grain: Grain = "month", **changes: object) -> Edition:
    values: dict[str, object] = {
        "run_id": "20260115-4f1c",
        "grain": grain,
        "origin": date(2025, 12, 1) if grain == "month" else date(2025, 12, 29),
        "known_at": KNOWN,
        "code_version": "0.1.0",
        "data_hash": "9f2ab7c41d03",
        "seed": 20251125,
        "simulated": True,
        "title": "Central Asia",
        "title_ru": "Центральная Азия",
        "time_zone": "Asia/Almaty",
        "threshold_ratio": 0.8,
        "previous": (
            EarlierEdition(
                "20251215-77aa",
                date(2025, 11, 1),
                datetime(2025, 12, 15, tzinfo=UTC),
                "../20251215-77aa",
            ),
        ),
    }
    return Edition(**{**values, **changes})  # type: ignore[arg-type]


def _frame(name: str, rows: list[dict[str, object]]) -> pl.DataFrame:
    schema = FRAMES[name]
    types = {column: spec.dtype for column, spec in schema.columns.items()}
    flat = [_flat(row) for row in rows]
    frame = pl.DataFrame(flat, schema_overrides=types) if flat else schema.empty()
    return with_sentences(check(frame, schema))


def _flat(row: dict[str, object]) -> dict[str, object]:
    """The row with its reasons as their columns."""
    cells: dict[str, object] = {}
    for name, value in row.items():
        cells |= value.columns(name) if isinstance(value, Reason) else {name: value}
    return cells


def build(
    grain: Grain = "month", seed: int = 7, past: int = 48, ahead: int = 36
) -> dict[str, pl.DataFrame]:
    """Every frame of a run, at a grain, from a seed."""
    rng = np.random.default_rng(seed)
    season = {"month": 12, "week": 52, "day": 7, "year": 1}[grain]
    origin = edition(grain).origin
    starts = [add_periods(origin, step - past + 1, grain) for step in range(past + ahead)]
    years = (np.arange(past + ahead) - past + 1) / season
    frames: dict[str, pl.DataFrame] = {}
    frames["node"] = _frame(
        "node",
        [
            {
                "node_id": i,
                "name": n,
                "name_ru": r,
                "country": c,
                "lat": la,
                "lon": lo,
                "kind": "city_pop",
            }
            for i, n, r, c, la, lo in NODES
        ],
    )
    frames["segment"] = _frame(
        "segment",
        [
            {
                "segment_id": i,
                "a_node": a,
                "z_node": z,
                "length_km": km,
                "status": st,
                "operators": "Operator One; Operator Two",
                "assumed": i == "S-TMB-GRB",
                "source": "a public statement of 2025",
            }
            for i, a, z, km, st, _ in SEGMENTS
        ],
    )
    frames["capacity"] = _frame(
        "capacity",
        [
            {
                "segment_id": i,
                "valid_from": date(2022, 1, 1),
                "lit_gbps": lit,
                "design_gbps": lit * 8,
                "assumed": True,
                "known_at": KNOWN,
            }
            for i, *_, lit in SEGMENTS
        ],
    )
    frames["route"] = _frame(
        "route",
        [
            {
                "route_id": i,
                "name": n,
                "name_ru": r,
                "a_node": a,
                "z_node": z,
                "market": m,
                "corridor": c,
                "simulated": True,
            }
            for i, n, r, a, z, m, c, *_ in ROUTES
        ],
    )
    frames["route_path"] = _frame(
        "route_path",
        [
            {"route_id": route[0], "rank": rank, "seq": seq, "segment_id": segment}
            for route in ROUTES
            for rank, path in ((1, route[9]), (2, route[10]))
            for seq, segment in enumerate(path, 1)
        ],
    )
    frames["risk_group"] = _frame(
        "risk_group",
        [
            {
                "risk_group_id": "COAST",
                "kind": "trench",
                "name": "coastal corridor",
                "segment_id": segment,
                "assumed": True,
            }
            for segment in ("S-AKT-GRB", "S-TMB-GRB", "S-AKT-TMB")
        ],
    )
    frames["project"] = _frame(
        "project",
        [
            {
                "project_id": "TMB",
                "name": "Temirbaba – Bekdash",
                "name_ru": "Темирбаба – Бекдаш",
                "segment_id": "S-TMB-GRB",
                "status": "mou",
                "ready_low": date(2026, 11, 1),
                "ready_likely": date(2027, 6, 1),
                "ready_high": date(2029, 1, 1),
                "assumed": True,
                "source": "memorandum of 25 November 2025",
                "confidence": "high",
            }
        ],
    )
    frames["event"] = _frame(
        "event",
        [
            {
                "event_id": "CUT-1",
                "start_at": datetime(2024, 5, 3, tzinfo=UTC),
                "end_at": datetime(2024, 5, 6, tzinfo=UTC),
                "kind": "cut",
                "scope_kind": "segment",
                "scope_id": "S-AKT-ATY",
                "effect": "traffic moved to the southern path",
                "simulated": True,
            }
        ],
    )
    frames["assumption"] = _frame(
        "assumption",
        [
            {
                "assumption_id": f"lead-{i}",
                "name": "lead_time",
                "scope": f"segment:{i}",
                "low": 4.0,
                "value": 7.0,
                "high": 14.0,
                "unit": "month",
                "source": "stated by the planner",
                "author": "planning",
                "confidence": "low",
                "known_at": KNOWN,
            }
            for i, *_ in SEGMENTS[:3]
        ],
    )
    frames["international_bandwidth"] = _frame(
        "international_bandwidth",
        [
            {
                "country": c,
                "year": y,
                "gbps": g,
                "source_kind": "derived",
                "source": "ITU per inhabitant × World Bank population",
                "confidence": "medium",
            }
            for c, values in {
                "KZ": (800, 950, 1180, 1580, 1940, 2240, 2740),
                "TM": (3, 30, 50, 60, 115),
            }.items()
            for y, g in enumerate(values, 2017)
        ],
    )
    traffic: list[dict[str, object]] = []
    forecast: list[dict[str, object]] = []
    draws: dict[tuple[str, str], np.ndarray] = {}

    def add(
        kind: str,
        name: str,
        direction: str,
        statistic: str,
        level: np.ndarray,
        paths: np.ndarray,
        gap: int | None,
    ) -> None:
        for step in range(past):
            missing = step == gap
            traffic.append(
                {
                    "grain": grain,
                    "series_kind": kind,
                    "series_id": name,
                    "direction": direction,
                    "statistic": statistic,
                    "period_start": starts[step],
                    "value_gbps": None if missing else float(level[step]),
                    "coverage_ratio": 0.71 if missing else 0.998,
                    "censored_ratio": 0.0,
                    "slot_minutes": 5,
                    "simulated": True,
                    "reason": "coverage 71 % is under 90 %" if missing else None,
                }
            )
        for step in range(paths.shape[1]):
            for q, value in zip(
                QUANTILE_LEVELS, np.quantile(paths[:, step], QUANTILE_LEVELS), strict=True
            ):
                forecast.append(
                    {
                        "series_kind": kind,
                        "series_id": name,
                        "direction": direction,
                        "statistic": statistic,
                        "grain": grain,
                        "target_start": starts[past + step],
                        "horizon": step + 1,
                        "quantile_level": q,
                        "value_gbps": float(value),
                    }
                )

    corridor: dict[tuple[str, str], list[tuple[np.ndarray, np.ndarray]]] = {}
    for number, route in enumerate(ROUTES):
        for direction, share in (("in", 1.0), ("out", 0.45)):
            trend = (
                route[7]
                * share
                * np.exp(route[8] * np.clip(years, None, None))
                * (1 + 0.06 * np.sin(2 * np.pi * np.arange(past + ahead) / season))
            )
            level = trend[:past] * np.exp(rng.normal(0, 0.02, past))
            steps = rng.normal(0, 0.05, (400, ahead)).cumsum(axis=1)
            paths = trend[past:] * np.exp(steps)
            draws[route[0], direction] = paths
            add("route", route[0], direction, "p95", level, paths, 20 if number == 0 else None)
            add(
                "route",
                route[0],
                direction,
                "mean",
                level / 1.6,
                paths / 1.6,
                20 if number == 0 else None,
            )
            corridor.setdefault((route[6], direction), []).append((level / 1.6, paths / 1.6))
    for (name, direction), parts in corridor.items():
        add(
            "corridor",
            name,
            direction,
            "mean",
            sum(p[0] for p in parts),
            sum(p[1] for p in parts),
            None,
        )  # type: ignore[arg-type]
    for direction in ("in", "out"):
        parts = [part for (_, way), found in corridor.items() if way == direction for part in found]
        add(
            "total",
            "total",
            direction,
            "mean",
            sum(p[0] for p in parts),
            sum(p[1] for p in parts),
            None,
        )  # type: ignore[arg-type]
    for country, last, growth in (("KZ", 2740.0, 0.2),):
        paths = last * np.exp(
            growth * np.arange(1, 6) + rng.normal(0, 0.12, (400, 5)).cumsum(axis=1)
        )
        for step in range(5):
            for q, value in zip(
                QUANTILE_LEVELS, np.quantile(paths[:, step], QUANTILE_LEVELS), strict=True
            ):
                forecast.append(
                    {
                        "series_kind": "country",
                        "series_id": country,
                        "direction": "in",
                        "statistic": "mean",
                        "grain": "year",
                        "target_start": date(2024 + step, 1, 1),
                        "horizon": step + 1,
                        "quantile_level": q,
                        "value_gbps": float(value),
                    }
                )
    frames["traffic_period"] = _frame("traffic_period", traffic)
    frames["forecast_quantile"] = _frame("forecast_quantile", forecast)
    frames["no_forecast"] = _frame(
        "no_forecast",
        [
            {
                "series_kind": "country",
                "series_id": "TM",
                "direction": "in",
                "statistic": "mean",
                "grain": "year",
                "reason": reason("series.short", have=5, need=6, grain="year"),
            }
        ],
    )
    scores = []
    for route_id, direction in draws:
        for model, base in (
            ("ensemble", 0.55),
            ("seasonal_naive", 1.0),
            ("drift", 0.8),
            ("theta", 0.62),
        ):
            for horizon in (0, 1, 3, 6, 12, 24):
                n = 120 if horizon == 0 else 24
                c80, c95 = rng.binomial(n, 0.78) / n, rng.binomial(n, 0.94) / n
                scores.append(
                    {
                        "series_kind": "route",
                        "series_id": route_id,
                        "direction": direction,
                        "statistic": "p95",
                        "grain": grain,
                        "model": model,
                        "horizon": horizon,
                        "n": n,
                        "bias_gbps": 0.4,
                        "mae_gbps": 3.1 + horizon / 10,
                        "mase": base * (1 + horizon / 30),
                        "pinball_gbps": 1.2,
                        "crps_gbps": 1.9,
                        "coverage_80": c80,
                        "coverage_95": c95,
                        "dm_p": 0.04,
                    }
                )
    frames["backtest_score"] = _frame("backtest_score", scores)
    hours = np.arange(24)
    shape = 1 + 0.5 * np.sin((hours - 14) / 24 * 2 * np.pi)
    frames["traffic_profile"] = _frame(
        "traffic_profile",
        [
            {
                "route_id": route[0],
                "direction": "in",
                "weekday": weekday,
                "hour": int(hour),
                "mean_gbps": float(route[7] * shape[hour] * (1.1 if weekday > 5 else 1.0)),
            }
            for route in ROUTES
            for weekday in range(1, 8)
            for hour in hours
        ],
    )
    frames["forecast_component"] = _frame(
        "forecast_component",
        [
            {
                "series_kind": "route",
                "series_id": route[0],
                "direction": "in",
                "statistic": "p95",
                "grain": grain,
                "model": model,
                "target_start": starts[past + step],
                "value_gbps": float(route[7] * (1 + slope * (step + 1) / 12)),
                "weight": weight,
            }
            for route in ROUTES
            for model, slope, weight in (
                ("ensemble", 0.2, 0.0),
                ("theta", 0.22, 0.5),
                ("drift", 0.3, 0.3),
                ("seasonal_naive", 0.0, 0.2),
            )
            for step in range(ahead)
        ],
    )
    key = {
        "series_kind": "route",
        "series_id": "R-KHG-FRA",
        "direction": "in",
        "statistic": "p95",
        "grain": grain,
    }
    frames["forecast_effect"] = _frame(
        "forecast_effect",
        [
            {
                **key,
                "effect": "ramadan",
                "kind": "calendar",
                "measured_log": -0.08,
                "error_log": 0.02,
                "used_log": -0.06,
                "decay_ratio": None,
                "verdict": reason("effect.used"),
            },
            {
                **key,
                "effect": "eid_al_adha",
                "kind": "calendar",
                "measured_log": 0.1,
                "error_log": 0.2,
                "used_log": 0.0,
                "decay_ratio": None,
                "verdict": reason("effect.noise"),
            },
            {
                **key,
                "effect": "event:CUT-1",
                "kind": "event",
                "measured_log": 0.4,
                "error_log": 0.1,
                "used_log": 0.37,
                "decay_ratio": 0.8,
                "verdict": reason("effect.used"),
            },
            {
                **key,
                "effect": "driver:subscribers",
                "kind": "driver",
                "measured_log": None,
                "error_log": None,
                "used_log": 0.0,
                "decay_ratio": None,
                "verdict": reason(
                    "effect.driver_ends_early", last=date(2025, 6, 1), ends=date(2025, 12, 16)
                ),
            },
        ],
    )
    frames["level_shift"] = _frame(
        "level_shift",
        [
            {
                "series_kind": "route",
                "series_id": "R-KHG-FRA",
                "direction": "in",
                "statistic": "p95",
                "grain": grain,
                "period_start": starts[10],
                "size_ratio": 1.4,
                "event_id": None,
                "handled": "spliced",
            }
        ],
    )
    frames["coincidence"] = _frame(
        "coincidence",
        [
            {
                "combination_id": "R-ALA-FRA:in+R-KHG-FRA:in",
                "kappa": 0.93,
                "kappa_sd": 0.02,
                "months": 47,
            }
        ],
    )
    frames["plan_note"] = _frame(
        "plan_note",
        [
            {
                "topic": "missing_price",
                "subject": "module:100",
                "note": reason("note.no_module_price"),
            },
            {
                "topic": "unmeasured_coincidence",
                "subject": "S-ALA-AKT",
                "note": reason("order.peaks_unmeasured"),
            },
        ],
    )
    frames.update(_plan(draws, starts[past:], ahead))
    ahead_starts = starts[past:]
    rows = []
    for route_id, failure, lost in (
        ("R-ALA-FRA", "segment:S-ALA-AKT", 120.0),
        ("R-KHG-FRA", "segment:S-ALA-AKT", 60.0),
        ("R-AKT-GRB", "risk_group:COAST", 18.0),
    ):
        rows += [
            {
                "route_id": route_id,
                "direction": way,
                "failure_id": failure,
                "target_start": ahead_starts[0],
                "lost_p50_gbps": lost,
                "lost_p90_gbps": lost * 1.2,
                "hours_per_year": 24.0,
            }
            for way in ("in", "out")
        ]
    frames["lost_traffic"] = _frame("lost_traffic", rows)
    frames["segment_risk"] = _frame(
        "segment_risk",
        [
            {
                "segment_id": "S-ALA-AKT",
                "direction": "za",
                "target_start": ahead_starts[-1],
                "overload_ratio": 0.38,
                "congested_hours": 12.5,
                "failure_id": "segment:S-AKT-ATY",
            }
        ],
    )
    frames["route_risk"] = _frame(
        "route_risk",
        [
            {
                "route_id": "R-ALA-FRA",
                "paths": 2,
                "rtt_floor_ms": 73.4,
                "rtt_backup_ms": 66.0,
                "availability_ratio": 0.99962,
                "unavailable_hours": 3.3,
                "lost_tb_year": 310.0,
                "failure_id": "segment:S-ALA-AKT",
                "note": None,
            }
        ],
    )
    frames["upgrade"] = _frame(
        "upgrade",
        [
            {
                "segment_id": "S-ALA-AKT",
                "order_seq": 1,
                "option": "new_wave",
                "module_gbps": 100.0,
                "modules": 2,
                "ready_by": ahead_starts[2],
                "cost_usd": 84000.0,
                "present_value_usd": 80100.0,
                "funded": True,
                "priority": 1,
                "risk_if_not_ratio": 0.92,
                "reason": reason(
                    "upgrade.bought",
                    count=2,
                    gbps=100.0,
                    month=date(2026, 3, 1),
                    lit=200.0,
                    threshold=0.8,
                    risk=0.2,
                ),
            }
        ],
    )
    frames["build_choice"] = _frame(
        "build_choice",
        [
            {
                "build_id": "PRJ-NEW",
                "segments": "S-NEW",
                "verdict": "never",
                "stated_on": ahead_starts[3],
                "opens_on": ahead_starts[5],
                "price_usd": 880000.0,
                "build_cost_usd": 310000.0,
                "orders_with_usd": 90000.0,
                "orders_without_usd": 120000.0,
                "lost_with_usd": 1000.0,
                "lost_without_usd": 4000.0,
                "earned_low_usd": 20000.0,
                "earned_usd": 50000.0,
                "earned_high_usd": 90000.0,
                "own_loss_usd": 10000.0,
                "net_usd": -227000.0,
                "proven": True,
                "reason": reason("build.saves_nothing"),
            }
        ],
    )
    frames["money_figure"] = _frame(
        "money_figure",
        [
            {
                "subject": "module:100",
                "item": "break_even_erosion",
                "low_value": 0.02,
                "likely_value": 0.2,
                "high_value": 0.66,
                "unit": "ratio/year",
                "basis": reason(
                    "basis.discounted",
                    rate=0.12,
                    prices=reason("basis.stated_on", day=date(2025, 11, 22)),
                ),
                "assumption_ids": "DISCOUNT;IRU-100",
                "reason": reason("money.break_even"),
            }
        ],
    )
    frames["assumption_effect"] = _frame(
        "assumption_effect",
        [
            {
                "segment_id": "S-ALA-AKT",
                "assumption_id": name,
                "name": what,
                "order_by_low": low,
                "order_by_base": date(2026, 5, 1),
                "order_by_high": high,
                "swing_days": swing,
                "variance_share_ratio": share,
                "effect_rank": rank,
            }
            for rank, (name, what, low, high, swing, share) in enumerate(
                (
                    ("demand", "spread of the forecast paths", None, date(2025, 11, 3), 900.0, 0.9),
                    ("LEAD-ALL", "lead_time", date(2026, 8, 1), date(2025, 12, 1), 243.0, 0.08),
                ),
                1,
            )
        ],
    )
    frames["scenario_effect"] = _frame(
        "scenario_effect",
        [
            {
                "scenario_id": story_id,
                "segment_id": segment,
                "direction": "za",
                "date_kind": "policy",
                "t50_base": base,
                "t50_scenario": story if story_id == "high" else base,
                "shift_months": shift / factor,
                "probability_base": 0.6,
                "probability_scenario": 0.9,
                "order_by_base": date(2027, 1, 5),
                "order_by_scenario": date(2026, 6, 5),
                "note": (
                    "Every market grows by 10 % a year on top of its forecast from 2027 on, as "
                    "if video moved to a higher quality everywhere. A story, not a quantile."
                ),
            }
            for story_id, factor in (("high", 1.0), ("late", 4.0))
            for segment, base, story, shift in (
                ("S-ALA-AKT", date(2027, 9, 1), date(2027, 1, 1), -8.0),
                ("S-AKT-GRB", None, date(2028, 2, 1), -9.5),
            )
        ],
    )
    frames["new_route_share"] = _frame(
        "new_route_share",
        [
            {
                "project_id": "TMB",
                "market": "KZ-TM",
                "alternative_id": way,
                "is_new": new,
                "price_usd_per_mbps_month": price,
                "rtt_ms": rtt,
                "share_before_ratio": before,
                "share_after_ratio": after,
                "lost_p10_gbps": 0.0,
                "lost_p50_gbps": lost,
                "lost_p90_gbps": lost * 2,
            }
            for way, new, price, rtt, before, after, lost in (
                ("R-AKT-GRB", False, 3.0, 45.0, 1.0, 0.62, 7.0),
                ("TMB", True, 3.2, 50.0, 0.0, 0.38, 0.0),
            )
        ],
    )
    frames["new_route_quantile"] = _frame(
        "new_route_quantile",
        [
            {
                "project_id": "TMB",
                "market": "KZ-TM",
                "alternative_id": "TMB",
                "target_start": start,
                "quantile_level": q,
                "value_gbps": max(0.0, (step - 10) * 0.6) * (0.4 + 1.2 * q),
            }
            for step, start in enumerate(ahead_starts)
            for q in QUANTILE_LEVELS
        ],
    )
    frames["new_route_registration"] = _frame(
        "new_route_registration",
        [
            {
                "forecast_id": "TMB-2026",
                "project_id": "TMB",
                "registered_on": date(2026, 1, 15),
                "judged_on": date(2028, 12, 31),
                "p10_gbps": 9.1,
                "p50_gbps": 20.0,
                "p90_gbps": 44.0,
                "ready_probability_ratio": 0.71,
                "wrong_if": reason(
                    "registered.wrong_if",
                    month=date(2027, 12, 1),
                    low=9.1,
                    high=44.0,
                    market="KZ-DE",
                ),
                "assumption_ids": "BASS-P;BASS-Q",
            }
        ],
    )
    frames["new_route_score"] = _frame(
        "new_route_score",
        [
            {
                "forecast_id": "TMB-2024",
                "project_id": "TMB",
                "market": "KZ-TM",
                "registered_on": date(2024, 1, 15),
                "judged_on": date(2025, 12, 1),
                "months_seen": 3,
                "last_month": date(2025, 12, 1),
                "last_gbps": 6.5,
                "p10_gbps": 8.1,
                "p50_gbps": 17.0,
                "p90_gbps": 40.0,
                "updated_p10_gbps": 5.0,
                "updated_p50_gbps": 8.0,
                "updated_p90_gbps": 13.0,
                "weight_of_data_ratio": 0.82,
                "pinball_gbps": 5.6,
                "verdict": "wrong",
                "reason": reason(
                    "registered.outside", low=8.1, high=40.0, month=date(2025, 12, 1), outcome=6.5
                ),
            }
        ],
    )
    frames.update(_held(grain, origin))
    frames["revision_part"] = _revisions(frames, starts[-2])
    return frames


def _held(grain: Grain, origin: date) -> dict[str, pl.DataFrame]:
    """What past editions said beside what came: near months as promised, farther ones missed."""
    live, rivals = [], []
    for statistic in ("mean", "p95"):
        for first, last, shares in ((1, 3, (0.79, 0.94, 0.52)), (4, 12, (0.55, 0.78, 0.71))):
            for measure, share, promised in zip(
                ("inside_80", "inside_95", "above_median"), shares, (0.8, 0.95, 0.5), strict=True
            ):
                live.append(
                    {
                        "grain": grain,
                        "statistic": statistic,
                        "horizon_from": first,
                        "horizon_to": last,
                        "measure": measure,
                        "n": 192,
                        "periods": 24,
                        "first_target": add_periods(origin, -23, grain),
                        "last_target": origin,
                        "n_effective": 31.0,
                        "achieved_ratio": share,
                        "low_ratio": share - 0.15,
                        "high_ratio": share + 0.05,
                        "promised_ratio": promised,
                        "error_ratio": 1.2,
                        "drifted": first > 3,
                        "reason": reason(
                            "live.above_median",
                            share=share,
                            basis=reason(
                                "live.basis",
                                count=192,
                                periods=24,
                                effective=31.0,
                                low=0.4,
                                high=0.6,
                            ),
                        ),
                    }
                )
        for name, error in (("theta", 0.071), ("drift", 0.09), ("seasonal_naive", 0.16)):
            rivals.append(
                {
                    "grain": grain,
                    "statistic": statistic,
                    "challenger": name,
                    "n": 192,
                    "periods": 24,
                    "horizon_to": 3,
                    "champion_error_ratio": 0.074,
                    "challenger_error_ratio": error,
                    "dm_p": 0.4,
                    "verdict": "keep",
                    "reason": reason(
                        "challenge.not_better",
                        errors=reason("challenge.errors", periods=24, rival=error, champion=0.074),
                        by=0.05,
                    ),
                }
            )
    return {
        "live_accuracy": _frame("live_accuracy", live),
        "model_challenge": _frame("model_challenge", rivals),
    }


REASONS = {
    "history_revised": reason(
        "revision.values_revised", count=3, last=date(2025, 11, 1), day=date(2025, 12, 15)
    ),
    "new_observations": reason("revision.period_known", first=date(2025, 12, 1)).followed_by(
        reason("revision.replanned", now=date(2026, 1, 15), before=date(2025, 12, 15))
    ),
    "model": reason("revision.same_method"),
    "assumptions": reason("revision.inputs_same", day=date(2025, 12, 15)),
}


def _revisions(frames: dict[str, pl.DataFrame], target: date) -> pl.DataFrame:
    """A run before this one, which said less of every route and later dates of every segment."""
    rows: list[dict[str, object]] = []

    def add(
        key: tuple[str, str, str, str], at: date | None, stages: list[float | None], unit: str
    ) -> None:
        for seq, (step, before, after) in enumerate(
            zip(REASONS, stages, stages[1:], strict=False), 1
        ):
            dates = {"date_before": before, "date_after": after} if unit == "day" else {}
            shown = {
                name: date.fromordinal(int(value) + 719163)
                for name, value in dates.items()
                if value is not None
            }
            rows.append(
                {
                    "series_kind": key[0],
                    "series_id": key[1],
                    "direction": key[2],
                    "measure": key[3],
                    "target_start": at,
                    "step_seq": seq,
                    "step": step,
                    "value_before": before,
                    "value_after": after,
                    "change": after - before if before is not None and after is not None else None,
                    "unit": unit,
                    "earlier_run_id": "20251215-77aa",
                    "reason": REASONS[step],
                    **shown,
                }
            )

    medians = frames["forecast_quantile"].filter(
        (pl.col("quantile_level") == 0.5)
        & (pl.col("target_start") == target)
        & (pl.col("series_kind") != "country")
    )
    for row in medians.iter_rows(named=True):
        now = row["value_gbps"]
        stages = [now * share for share in (0.9, 0.92, 0.97, 0.97, 1.0)]
        add(
            (row["series_kind"], row["series_id"], row["direction"], f"{row['statistic']}_gbps"),
            target,
            stages,
            "Gbit/s",
        )
    for row in frames["runout"].filter(pl.col("date_kind") == "policy").iter_rows(named=True):
        now = float(row["t50"].toordinal() - 719163) if row["t50"] else None
        last = float(row["last_target"].toordinal() - 719163)
        stages = (
            [last, last, last, None, None]
            if now is None
            else [now + 90.0, now + 90.0, now + 30.0, now, now]
        )
        add(("segment", row["segment_id"], row["direction"], "runout_days"), None, stages, "day")
    for row in frames["order_plan"].filter(pl.col("order_by").is_not_null()).iter_rows(named=True):
        now = float(row["order_by"].toordinal() - 719163)
        add(
            ("segment", row["segment_id"], "both", "order_by_days"),
            None,
            [None, None, now + 61.0, now, now],
            "day",
        )
    return _frame("revision_part", rows)


def _plan(
    draws: dict[tuple[str, str], np.ndarray], targets: list[date], ahead: int
) -> dict[str, pl.DataFrame]:
    loads, runs, chances, orders = [], [], [], []
    for segment_id, *_, lit in SEGMENTS:
        users = [route for route in ROUTES if segment_id in route[9]]
        backup = [route for route in ROUTES if segment_id in route[10]]
        if not users and not backup:
            continue
        for direction, way in (("az", "out"), ("za", "in")):
            calm = sum((draws[route[0], way] for route in users), np.zeros((400, ahead)))
            worst = calm + sum((draws[route[0], way] for route in backup), np.zeros((400, ahead)))
            cause = (
                "segment:S-AKT-GRB" if segment_id.endswith(("TMB", "GRB")) else "segment:S-AKT-ATY"
            )
            for failure, paths in (("none", calm), ("worst", worst)):
                for step, start in enumerate(targets):
                    for q, value in zip(
                        QUANTILE_LEVELS, np.quantile(paths[:, step], QUANTILE_LEVELS), strict=True
                    ):
                        loads.append(
                            {
                                "segment_id": segment_id,
                                "direction": direction,
                                "failure_id": failure,
                                "target_start": start,
                                "quantile_level": q,
                                "load_gbps": float(value),
                                "lit_gbps": lit,
                                "utilization_ratio": float(value) / lit,
                                "cause_id": cause if failure == "worst" else "none",
                            }
                        )
            for kind, paths, limit in (("policy", worst, 0.8 * lit), ("hard", calm, lit)):
                over = np.maximum.accumulate(paths > limit, axis=1).mean(axis=0)
                when = {
                    level: next(
                        (
                            start
                            for start, share in zip(targets, over, strict=True)
                            if share >= level
                        ),
                        None,
                    )
                    for level in (0.1, 0.5, 0.9)
                }
                runs.append(
                    {
                        "segment_id": segment_id,
                        "direction": direction,
                        "date_kind": kind,
                        "failure_id": "segment:S-AKT-ATY" if kind == "policy" else "none",
                        "threshold_ratio": 0.8 if kind == "policy" else 1.0,
                        "t10": when[0.1],
                        "t50": when[0.5],
                        "t90": when[0.9],
                        "last_target": targets[-1],
                        "probability_by_last": float(over[-1]),
                        "monte_carlo_se": 0.01,
                    }
                )
                chances += [
                    {
                        "segment_id": segment_id,
                        "direction": direction,
                        "date_kind": kind,
                        "target_start": start,
                        "probability": float(share),
                    }
                    for start, share in zip(targets, over, strict=True)
                ]
        policy = min(
            (
                run
                for run in runs
                if run["segment_id"] == segment_id and run["date_kind"] == "policy" and run["t10"]
            ),
            key=lambda run: run["t10"],
            default=None,
        )
        if policy:
            ready = policy["t10"]
            order_by = date(ready.year - (ready.month <= 8), (ready.month - 9) % 12 + 1, 20)
            late = max(0, (KNOWN.date() - order_by).days // 30)
            orders.append(
                {
                    "segment_id": segment_id,
                    "order_seq": 1,
                    "option": "new_wave",
                    "modules": 2,
                    "module_gbps": 100.0,
                    "order_by": order_by,
                    "ready_by": ready,
                    "overdue_months": late,
                    "lead_time_low_months": 4.0,
                    "lead_time_likely_months": 7.0,
                    "lead_time_high_months": 14.0,
                    "risk_alpha_ratio": 0.2,
                    "p_late_now_ratio": 0.34 if late else 0.08,
                    "failure_id": policy["failure_id"],
                    "cost_usd": None,
                    "present_value_usd": None,
                    "reason": reason(
                        "order.due",
                        risk=0.2,
                        failure=reason("failure.segment", segment="S-AKT-ATY"),
                        threshold=0.8,
                        usable=float(lit),
                        ready=ready,
                        size=reason("size.modules", count=2, gbps=100.0),
                        low=4.0,
                        high=14.0,
                        assumption="lead-1",
                        order_by=order_by,
                    ),
                }
            )
    orders.append(
        {
            "segment_id": "S-KHG-ALA",
            "order_seq": 1,
            "option": "none",
            "modules": 0,
            "module_gbps": 100.0,
            "overdue_months": 0.0,
            "risk_alpha_ratio": 0.2,
            "failure_id": "none",
            "reason": reason(
                "order.none", last=date(2028, 12, 1), threshold=0.8, share=0.01, risk=0.2
            ),
        }
    )
    return {
        "segment_load": _frame("segment_load", loads),
        "runout": _frame("runout", runs),
        "runout_probability": _frame("runout_probability", chances),
        "order_plan": _frame("order_plan", orders),
    }


def many(routes: int = 300, segments: int = 200, seed: int = 7) -> dict[str, pl.DataFrame]:
    """The same world with its routes and segments repeated under new ids, for measuring."""
    frames = build(seed=seed)
    route_copies, segment_copies = -(-routes // len(ROUTES)), -(-segments // len(SEGMENTS))

    def repeated(name: str, column: str, copies: int, kind: str = "") -> pl.DataFrame:
        frame = frames[name]
        rest = frame.filter(pl.col("series_kind") != kind) if kind else frame.clear()
        part = frame.filter(pl.col("series_kind") == kind) if kind else frame
        parts = [
            part.with_columns(pl.col(column) + pl.lit(f"-{copy}" if copy else ""))
            for copy in range(copies)
        ]
        return check(pl.concat([*parts, rest]), FRAMES[name])

    for name in ("route", "route_path", "traffic_profile"):
        frames[name] = repeated(name, "route_id", route_copies)
    for name in ("traffic_period", "forecast_quantile", "backtest_score", "forecast_component"):
        frames[name] = repeated(name, "series_id", route_copies, "route")
    for name in (
        "segment",
        "capacity",
        "segment_load",
        "runout",
        "runout_probability",
        "order_plan",
    ):
        frames[name] = repeated(name, "segment_id", segment_copies)
    return frames
