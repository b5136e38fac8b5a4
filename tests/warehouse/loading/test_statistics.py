from __future__ import annotations

import json
import math
import os
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from dashboards.language import load_language
from tests.warehouse.traffic_worlds import NOW, PAIR, load_one, open_world
from warehouse.loading.coincidence import segment_combinations
from warehouse.loading.slot_grid import p95
from warehouse.loading.statistics import update_statistics
from warehouse.reasons import reason_of
from warehouse.sources.rows import CountersSpec
from warehouse.sources.spec import SampleSpec
from warehouse.store.database import Warehouse

EN = load_language("en")


GIGA = 1e9


def fill(
    world: Warehouse,
    folder: Path,
    name: str,
    values: dict[str, list[float | None]],
    start: datetime,
    known_at: datetime = NOW,
) -> None:
    """Loads five-minute values of routes, in = value and out = 2 x value (Gbit/s)."""
    rows = [
        {
            "time": start + timedelta(minutes=5 * step),
            "interface": route,
            "in": None if value is None else value * GIGA,
            "out": None if value is None else 2 * value * GIGA,
        }
        for route, line in values.items()
        for step, value in enumerate(line)
    ]
    pl.DataFrame(rows).write_parquet(folder / f"{name}.parquet")
    load_one(world, PAIR, folder / f"{name}.parquet", known_at=known_at)


def period(
    world: Warehouse,
    series: str,
    statistic: str,
    direction: str = "in",
    start: date = date(2024, 2, 1),
    grain: str = "month",
) -> dict[str, object]:
    rows = world.read("traffic_period").filter(
        series_id=series, statistic=statistic, direction=direction, period_start=start, grain=grain
    )
    return rows.row(0, named=True)


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 2, 1, 0), (2, 0, 3, 1)])
def test_statistics_are_the_same_to_the_bit_however_the_rows_came(
    order: tuple[int, ...], tmp_path: Path
) -> None:
    """A load that was stopped leaves its rows in other groups than one that was not: sums of
    doubles would differ in their last digits.
    """
    start, whole = datetime(2024, 2, 1, tzinfo=UTC), 29 * 288
    lines = {
        route: (10 ** np.random.default_rng(seed).uniform(-3, 2, whole)).tolist()
        for seed, route in enumerate(("r1", "r2"))
    }
    (tmp_path / "one").mkdir()
    with open_world(tmp_path / "one") as plain, open_world(tmp_path) as world:
        fill(plain, tmp_path, "whole", lines, start)
        for part in order:
            cut = slice(part * whole // 4, (part + 1) * whole // 4)
            fill(
                world,
                tmp_path,
                f"part{part}",
                {route: line[cut] for route, line in lines.items()},
                start + timedelta(minutes=5 * cut.start),
            )
        for one in (plain, world):
            update_statistics(one, time_zone="UTC", known_at=NOW)
        for table in ("traffic_period", "traffic_profile"):
            columns = [
                name
                for name in plain.read(table).columns
                if name not in ("known_at", "method_version", "load_id")
            ]
            assert (
                world.read(table)
                .select(columns)
                .sort(columns)
                .equals(plain.read(table).select(columns).sort(columns))
            )


STRANGE = (1e18, 0.0, -0.0, 5e-324, math.nan, math.inf, -math.inf, -1.0, 1.01e18, 1e300, 1.0, None)
COUNTERS = CountersSpec(
    "snmp",
    interface_column="interface",
    in_column="in",
    out_column="out",
    slot_minutes=1,
)


@pytest.mark.parametrize(
    ("source", "every", "ending", "slots"),
    [
        (PAIR, 5, "csv", 5),
        (PAIR, 5, "parquet", 5),
        (replace(PAIR, slot_minutes=1), 1, "csv", 2),
        (COUNTERS, 2, "csv", 6),
    ],
)
def test_nothing_that_is_kept_is_beyond_what_can_be_summed_exactly(
    source: SampleSpec, every: int, ending: str, slots: int, tmp_path: Path
) -> None:
    """Whole eighths of up to 1e18 bit/s fit 64 bits; a counter that jumps to its end within two
    minutes would be beyond.
    """
    values = [0, 100, 2**64 - 1, 2**64 - 1, 2**64 - 1] if source.kind == "counters" else STRANGE
    stamps = [datetime(2024, 2, 1) + timedelta(minutes=every * step) for step in range(len(values))]
    frame = pl.DataFrame(
        {"time": stamps, "interface": "r1", "in": values, "out": values},
        schema_overrides={"in": pl.UInt64, "out": pl.UInt64} if source.kind == "counters" else {},
    )
    file = tmp_path / f"a.{ending}"
    frame.write_parquet(file) if ending == "parquet" else frame.write_csv(file)
    with open_world(tmp_path, ["r1"]) as world:
        load_one(world, source, file)
        most, kept = world.sql("select max(in_bps), count(in_bps) from core.traffic_sample").row(0)
        assert 0 < most <= 1e18
        assert kept == slots
        update_statistics(world, time_zone="UTC", known_at=NOW, min_coverage_ratio=0.0)
        assert world.sql("from core.traffic_profile").height


@pytest.mark.parametrize("n", [20, 120, 8064, 8352, 8640, 8928])
def test_the_billing_rank_is_the_published_one(n: int) -> None:
    path = (
        Path(os.environ.get("TRANSIT_SHARED") or Path(__file__).parents[4] / "shared")
        / "oracles"
        / "planning.json"
    )
    values = np.random.default_rng(n).permutation(n).astype(float)
    if not path.exists():
        pytest.skip("the shared oracles are absent (set TRANSIT_SHARED)")
    rank = json.loads(path.read_text())["A3_n"][str(n)]["rank_desc"]
    assert p95(values) == np.sort(values)[::-1][rank - 1]


def test_a_month_of_slots(tmp_path: Path) -> None:
    n = 29 * 288
    line = [float(value) for value in np.random.default_rng(1).permutation(n) + 1]
    with open_world(tmp_path, ["r1"], ports=[("r1", "r1", 20_000.0, 1)]) as world:
        fill(world, tmp_path, "a", {"r1": line}, datetime(2024, 2, 1, tzinfo=UTC))
        summary = update_statistics(world, time_zone="UTC", known_at=NOW)
        assert summary.version == 1
        mean, high = period(world, "r1", "mean"), period(world, "r1", "p95", "out")
        assert mean["value_gbps"] == pytest.approx((n + 1) / 2, rel=1e-12)
        assert high["value_gbps"] == pytest.approx(
            2 * (n - 417), rel=1e-12
        )  # 418th highest of 8352
        assert (mean["coverage_ratio"], mean["slot_minutes"], mean["reason"]) == (1.0, 5, None)
        peak = world.sql(
            "select peak_gbps, peak_to_mean_ratio from core.traffic_peak where grain = "
            "'month' and direction = 'in'"
        )
        assert peak.row(0) == pytest.approx((n, 2 * n / (n + 1)))


def test_too_little_coverage_gives_a_reason_and_no_value(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"]) as world:
        fill(world, tmp_path, "a", {"r1": [1.0] * 288 * 20}, datetime(2024, 2, 1, tzinfo=UTC))
        update_statistics(world, time_zone="UTC", known_at=NOW)
        row = period(world, "r1", "p95")
        assert (row["value_gbps"], row["reason"]) == (None, "coverage 69 % is below 90 %")
        assert EN.reason(reason_of(row)) == "coverage 69% is below 90%"
        assert row["coverage_ratio"] == pytest.approx(20 / 29)


def test_a_period_that_is_not_over_waits(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"]) as world:
        fill(world, tmp_path, "a", {"r1": [1.0] * 288 * 29}, datetime(2024, 2, 1, tzinfo=UTC))
        update_statistics(
            world, time_zone="UTC", known_at=NOW, today=datetime(2024, 2, 28, tzinfo=UTC)
        )
        assert period(world, "r1", "mean")["reason"] == "period not over"
        update_statistics(
            world, time_zone="UTC", known_at=NOW, today=datetime(2024, 3, 1, tzinfo=UTC)
        )
        assert period(world, "r1", "mean")["value_gbps"] == 1.0


def test_p95_of_a_group_comes_from_sums_and_means_add(tmp_path: Path) -> None:
    n = 29 * 288
    day, night = [10.0] * (n // 2) + [1.0] * (n // 2), [1.0] * (n // 2) + [10.0] * (n // 2)
    with open_world(tmp_path, ["r1", "r2"]) as world:
        fill(world, tmp_path, "a", {"r1": day, "r2": night}, datetime(2024, 2, 1, tzinfo=UTC))
        combinations = [[("r2", "in"), ("r1", "in")], [("r1", "out")]]
        update_statistics(world, time_zone="UTC", known_at=NOW, combinations=combinations)
        for series in ("A-B", "north", "total"):
            assert period(world, series, "p95")["value_gbps"] == pytest.approx(
                11
            )  # sum of p95 would be 20
            assert period(world, series, "mean")["value_gbps"] == pytest.approx(11)
        kappa = world.read("coincidence").filter(pl.col("combination_id").str.contains("r1"))
        assert kappa.sort("combination_id").rows() == [
            ("r1:in+r2:in", pytest.approx(0.55), 0.0, 1),
            ("r1:out", 1.0, 0.0, 1),
        ]


def test_p95_of_a_group_may_exceed_the_sum(tmp_path: Path) -> None:
    n = 29 * 288
    first, second = np.full(n, 1.0), np.full(n, 1.0)
    first[: n * 4 // 100], second[n * 4 // 100 : n * 8 // 100] = 100.0, 100.0
    with open_world(tmp_path, ["r1", "r2"]) as world:
        fill(
            world,
            tmp_path,
            "a",
            {"r1": first.tolist(), "r2": second.tolist()},
            datetime(2024, 2, 1, tzinfo=UTC),
        )
        update_statistics(world, time_zone="UTC", known_at=NOW)
        assert period(world, "r1", "p95")["value_gbps"] == 1
        assert period(world, "total", "p95")["value_gbps"] == pytest.approx(101)


def test_a_group_waits_for_all_its_routes(tmp_path: Path) -> None:
    n = 29 * 288
    with open_world(tmp_path, ["r1", "r2"]) as world:
        fill(
            world,
            tmp_path,
            "a",
            {"r1": [1.0] * n, "r2": [1.0] * (n // 2)},
            datetime(2024, 2, 1, tzinfo=UTC),
        )
        update_statistics(world, time_zone="UTC", known_at=NOW)
        total = period(world, "total", "mean")
        assert total["reason"] == "route r2: coverage 50 % is below 90 %"
        assert EN.reason(reason_of(total)) == "route r2: coverage 50% is below 90%"


def test_a_few_missing_slots_of_a_small_route_do_not_lower_the_sum(tmp_path: Path) -> None:
    n = 29 * 288
    small: list[float | None] = [None if step % 20 == 0 else 1.0 for step in range(n)]
    with open_world(tmp_path, ["r1", "r2"]) as world:
        fill(
            world, tmp_path, "a", {"r1": [99.0] * n, "r2": small}, datetime(2024, 2, 1, tzinfo=UTC)
        )
        update_statistics(world, time_zone="UTC", known_at=NOW)
        row = period(world, "total", "p95")
        assert row["value_gbps"] == pytest.approx(100)
        assert row["coverage_ratio"] == 1.0


def test_only_touched_periods_are_made_again_and_older_versions_stay(tmp_path: Path) -> None:
    later = NOW + timedelta(days=1)
    with open_world(tmp_path, ["r1"]) as world:
        fill(world, tmp_path, "a", {"r1": [1.0] * 288 * 60}, datetime(2024, 2, 1, tzinfo=UTC))
        first = update_statistics(world, grains=("month",), time_zone="UTC", known_at=NOW)
        assert (
            update_statistics(world, grains=("month",), time_zone="UTC", known_at=later).periods
            == 0
        )
        fill(
            world, tmp_path, "b", {"r1": [3.0] * 288 * 31}, datetime(2024, 3, 1, tzinfo=UTC), later
        )
        second = update_statistics(world, grains=("month",), time_zone="UTC", known_at=later)
        assert (first.periods, second.periods) == (2, 1)
        history = world.sql(
            "select value_gbps, version from core.traffic_period where series_kind = "
            "'route' and statistic = 'mean' and direction = 'in' and period_start = date "
            "'2024-03-01' order by version"
        )
        assert history.rows() == [(1.0, 1), (3.0, 2)]
        assert period(world, "r1", "mean", start=date(2024, 2, 1))["value_gbps"] == 1.0


def test_months_are_cut_in_the_stated_zone(tmp_path: Path) -> None:
    almaty = datetime(
        2024, 1, 31, 18, tzinfo=UTC
    )  # Midnight in Almaty, which was UTC+6 until 2024-03-01.
    n = 29 * 288 + 12
    with open_world(tmp_path, ["r1"]) as world:
        fill(world, tmp_path, "a", {"r1": [1.0] * n + [50.0] * 12}, almaty)
        update_statistics(world, grains=("month",), time_zone="Asia/Almaty", known_at=NOW)
        row = period(world, "r1", "mean")
        assert (row["value_gbps"], row["coverage_ratio"]) == (1.0, 1.0)


def test_the_busy_hour_is_local(tmp_path: Path) -> None:
    line = [5.0 if step // 12 % 24 == 15 else 1.0 for step in range(29 * 288)]
    with open_world(tmp_path, ["r1"], zone="Asia/Tashkent") as world:
        fill(world, tmp_path, "a", {"r1": line}, datetime(2024, 2, 1, tzinfo=UTC))
        update_statistics(world, grains=("month",), time_zone="UTC", known_at=NOW)
        peak = world.sql(
            "select busy_hour, busy_hour_mean_gbps, peak_at from core.traffic_peak where "
            "direction = 'in'"
        )
        assert peak.row(0) == (20, 5.0, datetime(2024, 2, 1, 15, tzinfo=UTC))
        profile = world.read("traffic_profile").filter(direction="in", weekday=3)
        assert profile.filter(pl.col("mean_gbps") > 4)["hour"].to_list() == [20]


def test_the_profile_of_many_passes_is_that_of_one(tmp_path: Path) -> None:
    """Months that did not change are not looked at again: late rows, months that leave the window
    and another zone are seen all the same.
    """
    rng = np.random.default_rng(3)
    parts = [
        (datetime(2023, 1, 1, tzinfo=UTC) + timedelta(days=day), rng.uniform(1, 9, 96).tolist())
        for day in range(0, 500, 10)
    ]
    late = parts.pop(24)
    for name in ("often", "once"):
        (tmp_path / name).mkdir()

    def seen(world: Warehouse) -> pl.DataFrame:
        return world.read("traffic_profile").sort("route_id", "direction", "weekday", "hour")

    with (
        open_world(tmp_path / "often", ["r1"], zone="Asia/Tashkent") as often,
        open_world(tmp_path / "once", ["r1"], zone="Asia/Tashkent") as once,
    ):
        for place, (start, values) in enumerate([*parts, late]):
            for world in (often, once):
                fill(world, tmp_path, "part", {"r1": values}, start)
            if place % 8 == 0 or place >= len(parts) - 1:
                update_statistics(
                    often,
                    grains=("month",) if place % 16 else ("month", "week"),
                    time_zone="UTC",
                    known_at=NOW,
                )
        update_statistics(once, grains=("month",), time_zone="UTC", known_at=NOW)
        kept = often.sql("select distinct period_start from ops.profile_sum order by 1")[
            "period_start"
        ].to_list()
        assert kept == [date(2023, month, 1) for month in range(6, 13)] + [
            date(2024, month, 1) for month in range(1, 5)
        ]
        assert seen(often)["mean_gbps"].to_list() == pytest.approx(
            seen(once)["mean_gbps"].to_list(), rel=1e-12
        )
        fill(often, tmp_path, "part", {"r1": [7.0] * 5}, datetime(2024, 5, 20, tzinfo=UTC))
        update_statistics(often, grains=("month",), time_zone="Asia/Almaty", known_at=NOW)
        fill(once, tmp_path, "part", {"r1": [7.0] * 5}, datetime(2024, 5, 20, tzinfo=UTC))
        update_statistics(once, grains=("month",), time_zone="UTC", known_at=NOW)
        assert seen(often)["mean_gbps"].to_list() == pytest.approx(
            seen(once)["mean_gbps"].to_list(), rel=1e-12
        )


def test_a_window_that_is_stated_and_withdrawn_leaves_no_trace(tmp_path: Path) -> None:
    with open_world(tmp_path, ["r1"]) as world:
        fill(
            world,
            tmp_path,
            "a",
            {"r1": [1.0] * (29 * 288 - 12) + [9.0] * 12},
            datetime(2024, 2, 1, tzinfo=UTC),
        )
        window = pl.DataFrame(
            [
                {
                    "event_id": "w",
                    "kind": "maintenance",
                    "scope_kind": "route",
                    "scope_id": "r1",
                    "effect": "work",
                    "simulated": False,
                    "start_at": datetime(2024, 2, 29, 23, tzinfo=UTC),
                    "end_at": datetime(2024, 3, 1, tzinfo=UTC),
                }
            ]
        )
        means = []
        for place, events in enumerate((window.clear(), window, window.clear())):
            world.append("event", events, known_at=NOW + timedelta(days=place), complete=True)
            update_statistics(world, grains=("month",), time_zone="UTC", known_at=NOW)
            means.append(
                (
                    period(world, "r1", "mean")["value_gbps"],
                    world.read("traffic_profile")["mean_gbps"].max(),
                )
            )
        assert means[1] == (1.0, 2.0)
        assert means[0] == means[2] != means[1]


def test_routes_that_share_a_segment_direction_are_found() -> None:
    steps = pl.DataFrame(
        [
            ("r1", 1, "s1", "A", "B", "A"),
            ("r1", 2, "s2", "B", "C", "A"),
            ("r2", 1, "s2", "B", "C", "C"),
        ],
        schema=["route_id", "seq", "segment_id", "a_node", "z_node", "route_a"],
        orient="row",
    )
    assert segment_combinations(steps) == [
        [("r1", "in")],
        [("r1", "in"), ("r2", "out")],
        [("r1", "out")],
        [("r1", "out"), ("r2", "in")],
    ]
