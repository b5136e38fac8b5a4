"""Tiny named worlds for planning tests."""

from collections.abc import Sequence
from datetime import UTC, date, datetime

import numpy as np
import polars as pl

from forecasting.capacity.integer_program import solve
from forecasting.capacity.schedule import Line, Offer, Response, Schedule, System
from forecasting.series import FloatArray, Paths, add_periods
from forecasting.spec import PlanningPolicy
from forecasting.stories.changes import PlanInputs
from forecasting.stories.scenario import Scenario
from forecasting.stories.what_if import WhatIf, base_plan, tell
from warehouse.network.model import Network
from warehouse.schema import ASSUMPTION, COINCIDENCE, PROJECT

KNOWN = datetime(2020, 1, 1, tzinfo=UTC)


def ring() -> dict[str, pl.DataFrame]:
    """A ring A-B-C-D of 100 Gbit/s lines; each route has a backup the other way round; AB and DA
    share a trench.
    """
    segments = [("AB", "A", "B"), ("BC", "B", "C"), ("CD", "C", "D"), ("DA", "D", "A")]
    routes = [("A-C", "A", "C"), ("A-B", "A", "B"), ("B-C", "B", "C")]
    paths = {
        ("A-C", 1): "AB BC",
        ("A-C", 2): "DA CD",
        ("A-B", 1): "AB",
        ("A-B", 2): "DA CD BC",
        ("B-C", 1): "BC",
        ("B-C", 2): "AB DA CD",
    }
    steps = [
        (route, rank, seq, name)
        for (route, rank), names in paths.items()
        for seq, name in enumerate(names.split(), 1)
    ]
    return {
        "segment": pl.DataFrame(segments, schema=["segment_id", "a_node", "z_node"], orient="row"),
        "route": pl.DataFrame(routes, schema=["route_id", "a_node", "z_node"], orient="row"),
        "route_path": pl.DataFrame(
            steps, schema=["route_id", "rank", "seq", "segment_id"], orient="row"
        ),
        "risk_group": pl.DataFrame(
            {
                "risk_group_id": ["yard", "yard"],
                "kind": ["trench", "trench"],
                "segment_id": ["AB", "DA"],
            }
        ),
        "capacity": capacity(AB=100, BC=100, CD=100, DA=100),
    }


def capacity(**lit: float) -> pl.DataFrame:
    rows = [
        (name, date(2020, 1, 1), float(value), None, True, KNOWN) for name, value in lit.items()
    ]
    return pl.DataFrame(
        rows,
        schema={
            "segment_id": pl.String,
            "valid_from": pl.Date,
            "lit_gbps": pl.Float64,
            "design_gbps": pl.Float64,
            "assumed": pl.Boolean,
            "known_at": pl.Datetime("us", "UTC"),
        },
        orient="row",
    )


def one_line(lit: float = 100.0) -> dict[str, pl.DataFrame]:
    """One segment that carries one route."""
    return {
        "segment": pl.DataFrame({"segment_id": ["S"], "a_node": ["A"], "z_node": ["Z"]}),
        "route": pl.DataFrame({"route_id": ["R"], "a_node": ["A"], "z_node": ["Z"]}),
        "route_path": pl.DataFrame(
            {"route_id": ["R"], "rank": [1], "seq": [1], "segment_id": ["S"]}
        ),
        "capacity": capacity(S=lit),
    }


def paths(
    draws: dict[tuple[str, str], np.ndarray], start: date = date(2025, 1, 1), grain: str = "month"
) -> Paths:
    """Draws (S, H) of each route and direction."""
    keys = pl.DataFrame(
        {
            "series_kind": ["route"] * len(draws),
            "series_id": [route for route, _ in draws],
            "direction": [way for _, way in draws],
            "statistic": ["p95"] * len(draws),
        }
    )
    values = np.stack([np.asarray(value, dtype=float) for value in draws.values()])
    periods = tuple(add_periods(start, step, grain) for step in range(values.shape[2]))
    return Paths(grain, keys, periods, values)


def growing(
    network: Network,
    horizon: int = 36,
    draws: int = 200,
    seed: int = 1,
    level: float = 20.0,
    growth: float = 0.02,
) -> Paths:
    """Random walks on the log scale for every route, in and out."""
    rng = np.random.default_rng(seed)
    steps = rng.normal(growth, 0.04, (2 * len(network.routes), draws, horizon)).cumsum(axis=2)
    names = [(route, way) for route in sorted(network.routes) for way in ("in", "out")]
    return paths({name: level * np.exp(walk) for name, walk in zip(names, steps, strict=True)})


def assumptions(*rows: tuple[str, str, str, float, float, float, str]) -> pl.DataFrame:
    """From (assumption_id, name, scope, low, value, high, unit)."""
    if not rows:
        return ASSUMPTION.empty()
    columns = ["assumption_id", "name", "scope", "low", "value", "high", "unit"]
    return pl.DataFrame(
        [(*row[:3], *map(float, row[3:6]), row[6]) for row in rows], schema=columns, orient="row"
    ).with_columns(known_at=pl.lit(KNOWN))


def no_projects() -> pl.DataFrame:
    return PROJECT.empty()


def no_coincidence() -> pl.DataFrame:
    return COINCIDENCE.empty()


def what_if(
    inputs: PlanInputs,
    scenarios: Sequence[Scenario],
    *,
    policy: PlanningPolicy,
    today: date,
    seed: int = 0,
    workers: int = 2,
) -> WhatIf:
    """The plan with all the scenarios applied one after the other, beside the plan without, on the
    same draws.
    """
    base = base_plan(inputs, policy=policy, today=today, seed=seed, workers=workers)
    return tell(base, inputs, scenarios, policy=policy, seed=seed, workers=workers)


def cheapest(
    need_gbps: FloatArray,
    offers: Sequence[Offer],
    *,
    room_gbps: float = np.inf,
    system: System | None = None,
    seconds: float = 10.0,
) -> Schedule:
    """The cheapest starts so that what has started covers `need_gbps` (on top of what is lit) in
    every period.

    `room_gbps` is what fits on the present line system; more needs `system`. Raises PlanError on a
    module of no size, and where the solver finds nothing.
    """
    line = Line(
        Response.fixed(np.asarray(need_gbps, dtype=float)), tuple(offers), room_gbps, system
    )
    return solve([line], seconds=seconds).schedules[0]
