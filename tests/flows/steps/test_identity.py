"""What a forecast is made from names it: other events, routes or drivers are other data."""

from dataclasses import replace
from datetime import UTC, date, datetime

import polars as pl
import pytest

from flows.steps.inputs import Known, data_hash_of
from warehouse.schema import DRIVER, EVENT, ROUTE, TRAFFIC_PERIOD

KNOWN_AT = datetime(2026, 1, 1, tzinfo=UTC)
NOTHING = Known(TRAFFIC_PERIOD.empty(), EVENT.empty(), ROUTE.empty(), DRIVER.empty())


def one_row(empty: pl.DataFrame, name: str) -> pl.DataFrame:
    """A row that says no more than a name, a day and when it became known."""
    stand_ins = {pl.String: name, pl.Date: date(2026, 1, 1), pl.Boolean: True}
    return pl.DataFrame(
        {
            column: [KNOWN_AT if isinstance(kind, pl.Datetime) else stand_ins.get(kind)]
            for column, kind in empty.schema.items()
        },
        schema=empty.schema,
    )


@pytest.mark.parametrize("part", ["events", "routes", "drivers"])
def test_what_a_forecast_rests_on_is_part_of_the_data_hash(part):
    empty = getattr(NOTHING, part)
    one, other = (replace(NOTHING, **{part: one_row(empty, name)}) for name in ("one", "other"))
    hashes = {data_hash_of(NOTHING.traffic, known) for known in (NOTHING, one, other)}
    assert len(hashes) == 3
    later = getattr(one, part).with_columns(known_at=pl.lit(datetime(2026, 2, 1, tzinfo=UTC)))
    again = replace(NOTHING, **{part: later})
    assert data_hash_of(NOTHING.traffic, again) in hashes, "when it became known is no content"


def test_the_series_forecast_are_part_of_the_data_hash():
    own = one_row(NOTHING.traffic, "one")
    assert data_hash_of(own, NOTHING) != data_hash_of(NOTHING.traffic, NOTHING)
