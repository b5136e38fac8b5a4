"""What is asked of a server, page after page of time: from the first time ever, or from a little
before the last slot that is known.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Annotated

from pydantic import Field
from pydantic.dataclasses import dataclass

from warehouse.sources.spec import STRICT, SampleSpec, failed, with_zone

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
DEFAULT_STEP_MINUTES = 5


@dataclass(frozen=True, config=STRICT)
class PagedSpec(SampleSpec):
    """Settings of every source that is asked for one span of time after another."""

    since: Annotated[datetime | None, Field(description="the first time ever asked for")] = None
    page_days: Annotated[
        float, Field(gt=0, description="how much is asked for, and kept, at once")
    ] = 7.0
    again_minutes: Annotated[
        int, Field(ge=0, description="how far back known slots are asked for once more")
    ] = 60
    user: Annotated[str, Field(description="for a password; with password_file")] = ""
    password_file: Annotated[str, Field(description="file with the user's password")] = ""
    timeout_seconds: Annotated[float, Field(gt=0, description="of one wait for the server")] = 60.0
    tries: Annotated[int, Field(ge=1, description="before a page is left for the next load")] = 4

    def problems(self) -> list[tuple[str, str]]:
        what = "must be a time with a zone: the first time to ask for"
        return [*super().problems(), *failed([(with_zone(self.since), "since", what)])]


def pages(
    spec: PagedSpec, known_until: datetime | None, today: datetime
) -> Iterator[tuple[datetime, datetime]]:
    """Slot ends to ask for, first and last, page by page: from `since`, or a little before the last
    slot known.

    The slot that ends less than one slot ago is left for the next time: the server may not have all
    of it yet.
    """
    step = timedelta(minutes=spec.slot_minutes or DEFAULT_STEP_MINUTES)
    since = spec.since or EPOCH
    begin = (
        since
        if known_until is None
        else max(since, known_until - timedelta(minutes=spec.again_minutes))
    )
    first = EPOCH + (begin - EPOCH) // step * step + step
    last = EPOCH + (today - EPOCH) // step * step - step
    points = max(1, int(timedelta(days=spec.page_days) / step))
    while first <= last:
        end = min(last, first + (points - 1) * step)
        yield first, end
        first = end + step
