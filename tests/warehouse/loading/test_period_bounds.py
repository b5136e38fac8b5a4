"""A period runs from its first to its last local moment, and a rank is the stated one in every
direction.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from tests.warehouse.traffic_worlds import NOW, PAIR, load_one, open_world
from warehouse.loading.statistics import update_statistics

ALMATY = ZoneInfo("Asia/Almaty")
GIGA = 1e9


def local_slots(first: date, until: date, every: timedelta) -> list[datetime]:
    """The starts in UTC of the slots between two local midnights."""
    start = datetime(first.year, first.month, first.day, tzinfo=ALMATY).astimezone(UTC)
    end = datetime(until.year, until.month, until.day, tzinfo=ALMATY).astimezone(UTC)
    return [start + every * step for step in range((end - start) // every)]


@pytest.mark.parametrize(
    ("first", "until", "slots"),
    [
        # Midnight in Almaty is 19:00 of the day before in UTC, so that a month counted on from
        # there
        # would end on 28 March; in March 2024 the clock had just been moved by an hour.
        (date(2025, 3, 1), date(2025, 4, 1), 31 * 288),
        (date(2024, 2, 1), date(2024, 3, 1), 29 * 288 + 12),
        (date(2024, 3, 1), date(2024, 4, 1), 31 * 288),
    ],
)
def test_a_month_ends_with_its_last_local_hour(
    first: date, until: date, slots: int, tmp_path: Path
) -> None:
    step = timedelta(minutes=5)
    inside = local_slots(first, until, step)
    assert len(inside) == slots
    # The hour before and the hour after carry a value that would be seen at once.
    around = [inside[0] - step * n for n in range(1, 13)]
    around += [inside[-1] + step * n for n in range(1, 13)]
    values = dict.fromkeys(inside, 1.0) | dict.fromkeys(inside[-12:], 3.0)
    values |= dict.fromkeys(around, 90.0)
    frame = pl.DataFrame(
        {
            "time": sorted(values),
            "interface": "r1",
            "in": [values[at] * GIGA for at in sorted(values)],
            "out": [values[at] * GIGA for at in sorted(values)],
        }
    )
    frame.write_parquet(tmp_path / "a.parquet")
    with open_world(tmp_path, ["r1"], zone="Asia/Almaty") as world:
        load_one(world, PAIR, tmp_path / "a.parquet")
        update_statistics(world, time_zone="Asia/Almaty", known_at=NOW)
        month = pl.col("period_start") == first
        mean = world.read("traffic_period").filter(
            month, series_id="r1", statistic="mean", direction="in", grain="month"
        )
        peak = world.sql(
            "select peak_gbps from mart.traffic_peak "
            "where route_id = 'r1' and direction = 'in' and grain = 'month' "
            "and period_start = $first",
            first=first,
        )
    assert mean["coverage_ratio"].to_list() == [1.0]
    assert mean["value_gbps"].item() == pytest.approx((slots + 2 * 12) / slots, rel=1e-12)
    assert peak["peak_gbps"].to_list() == [3.0], "of the last hour, and of no hour outside"


def test_p95_of_each_direction_is_the_rank_of_its_own_slots(tmp_path: Path) -> None:
    """All slots of a month differ, and each direction has an order of its own."""
    inside = local_slots(date(2025, 6, 1), date(2025, 7, 1), timedelta(minutes=5))
    count = len(inside)
    rates = {"in": [1e6 * (1 + at) for at in range(count)]}
    rates["out"] = [7e6 * (count - at) for at in range(count)]
    pl.DataFrame({"time": inside, "interface": "r1", **rates}).write_parquet(tmp_path / "a.parquet")
    rank = (95 * count + 99) // 100
    with open_world(tmp_path, ["r1"], zone="Asia/Almaty") as world:
        load_one(world, PAIR, tmp_path / "a.parquet")
        update_statistics(world, time_zone="Asia/Almaty", known_at=NOW)
        found = world.read("traffic_period").filter(
            series_kind="route", statistic="p95", grain="month"
        )
    for direction, values in rates.items():
        value = found.filter(direction=direction)["value_gbps"].item()
        assert value == pytest.approx(sorted(values)[rank - 1] / GIGA, rel=1e-12)
