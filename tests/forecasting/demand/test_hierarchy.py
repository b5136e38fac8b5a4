"""Parts sum to the whole on every path, and reconciliation comes to its worked example."""

from datetime import date

import numpy as np
import polars as pl
import pytest

from forecasting.demand.engine import forecast
from forecasting.demand.hierarchy import (
    aggregate,
    named_by_members,
)
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import routes
from warehouse.errors import ContractError

MEMBERS = pl.DataFrame(
    {
        "route_id": ["R00", "R01", "R02"],
        "market": ["KZ-DE", "KZ-DE", "KZ-RU"],
        "corridor": ["west", "west", "west"],
    }
)


@pytest.fixture(scope="module")
def found():
    return forecast(routes(3, 48), ForecastSpec(horizon=6, draws=50, backtest_origins=2))


def test_parts_sum_to_the_whole_draw_by_draw(found):
    sums = aggregate(found.paths, MEMBERS)
    by_key = {row[:3]: draws for row, draws in zip(sums.keys.rows(), sums.draws_gbps, strict=True)}
    routes_of = {
        row[1:]: draws
        for row, draws in zip(found.paths.keys.rows(), found.paths.draws_gbps, strict=True)
    }
    for direction in ("in", "out"):
        parts = [routes_of[route, direction, "mean"] for route in ("R00", "R01", "R02")]
        np.testing.assert_allclose(by_key["market", "KZ-DE", direction], parts[0] + parts[1])
        np.testing.assert_allclose(by_key["total", "total", direction], sum(parts))
        np.testing.assert_allclose(
            by_key["corridor", "west", direction],
            by_key["market", "KZ-DE", direction] + by_key["market", "KZ-RU", direction],
        )
    assert set(sums.keys["statistic"]) == {"mean"}


def test_a_group_with_a_route_missing_is_left_out(found):
    more = pl.concat(
        [MEMBERS, pl.DataFrame({"route_id": ["R09"], "market": ["KZ-RU"], "corridor": ["west"]})]
    )
    kept = aggregate(found.paths, more).keys
    assert set(kept["series_id"]) == {"KZ-DE"}


def test_a_route_without_a_market_is_an_error(found):
    with pytest.raises(ContractError, match="R02: is in no row of members"):
        aggregate(found.paths, MEMBERS.head(2))


def test_a_groups_jump_is_told_by_the_event_of_its_route():
    def jump(kind, name, month, size, event, direction="in"):
        return {
            "series_kind": kind,
            "series_id": name,
            "direction": direction,
            "statistic": "p95",
            "grain": "month",
            "period_start": date(2026, month, 1),
            "size_ratio": size,
            "event_id": event,
            "handled": "spliced",
        }

    rows = [
        jump("route", "R00", 6, 1.4, "new-port"),
        jump("route", "R01", 6, 0.5, "cut"),
        jump("route", "R02", 3, 1.3, "elsewhere"),
        jump("market", "KZ-DE", 7, 1.2, None),
        jump("market", "KZ-DE", 7, 1.2, None, "out"),
        jump("market", "KZ-DE", 9, 1.2, None),
        jump("market", "KZ-RU", 6, 1.2, None),
        jump("total", "total", 3, 1.1, None),
        jump("corridor", "west", 3, 1.1, "its-own"),
    ]
    frame = pl.DataFrame(rows)
    named = named_by_members(frame, MEMBERS, "month")
    assert named.drop("event_id").equals(frame.drop("event_id"))
    assert named["event_id"].to_list() == [
        "new-port",
        "cut",
        "elsewhere",
        "cut",
        None,
        None,
        None,
        "elsewhere",
        "its-own",
    ]
