"""A month's billed rate in the field's conventions, to check somebody else's invoice against what
was measured.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from statistics import fmean

from duckdb import DuckDBPyConnection

from warehouse.errors import Problem, QueryError
from warehouse.store.database import Warehouse
from warehouse.store.migrate import SQL

MODES = ("in", "out", "max", "sum")
DAYS_OF_A_FIXED_MONTH = 30


@dataclass(frozen=True)
class Invoice:
    """A billed rate in bit/s and what it rests on. `value_bps` is empty where the convention lands
    on a missing slot.
    """

    route_id: str
    month: date
    convention: str
    direction: str
    value_bps: float | None
    valid: int
    expected: int
    slot_minutes: int

    @property
    def coverage_ratio(self) -> float:
        return self.valid / self.expected if self.expected else 0.0


@dataclass(frozen=True)
class Slots:
    """The valid values of a month in rising order, how many slots it should have, and how long they
    are.
    """

    values: Sequence[float]
    expected: int
    slot_minutes: int

    @property
    def missing(self) -> int:
        return max(0, self.expected - len(self.values))


def invoice(
    warehouse: Warehouse | DuckDBPyConnection,
    route_id: str,
    month: date,
    *,
    convention: str = "billing",
    direction: str = "max",
    zone: str = "UTC",
) -> Invoice:
    """The rate a month of `zone` is billed at. Missing slots are left out, but for percent and
    zero_filled.

    `max` takes each direction's own value and bills the higher; `sum` adds in and out slot by slot,
    then ranks. Raises QueryError for an unknown convention or direction, and where the route has no
    valid slot in the month.
    """
    problems = []
    if convention not in CONVENTIONS:
        problems.append(
            Problem(
                "convention", f"{convention!r} is unknown; choose from {', '.join(CONVENTIONS)}"
            )
        )
    if direction not in MODES:
        problems.append(
            Problem("direction", f"{direction!r} is unknown; choose from {', '.join(MODES)}")
        )
    if month.day != 1:
        problems.append(Problem("month", f"{month} is not the first day of a month"))
    if problems:
        raise QueryError("an invoice can't be made so", problems)
    connection = warehouse.connection if isinstance(warehouse, Warehouse) else warehouse
    query = (SQL / "traffic/invoice_slots.sql").read_text("utf-8")
    slots = connection.sql(query, params={"route_id": route_id, "month": month, "zone": zone}).pl()
    if slots.is_empty():
        raise QueryError(
            "there is nothing to bill",
            [Problem(f"{route_id}, {month:%Y-%m}", "no valid slot was measured")],
            "Check the route's name and the month.",
        )
    if slots["ports"].max() != 1:
        raise QueryError(
            "ports of this route measure it at the same time with the same priority",
            [Problem(f"{route_id}, {month:%Y-%m}", "nothing states whether their rates add up")],
            "State their bundle, or different priority, in interfaces.csv.",
        )
    expected, minutes = int(slots["expected"][0]), int(slots["slot_minutes"][0])
    pairs = list(slots.select("in_bps", "out_bps").iter_rows())
    value, valid = billed(
        pairs, expected=expected, slot_minutes=minutes, convention=convention, direction=direction
    )
    return Invoice(route_id, month, convention, direction, value, valid, expected, minutes)


def billed(
    pairs: Sequence[tuple[float | None, float | None]],
    *,
    expected: int,
    slot_minutes: int = 5,
    convention: str = "billing",
    direction: str = "max",
) -> tuple[float | None, int]:
    """The billed value of (in, out) slots, and of how many valid slots it was made."""
    ways: Mapping[str, list[float]] = {
        "in": [one for one, _ in pairs if one is not None],
        "out": [other for _, other in pairs if other is not None],
        "sum": [one + other for one, other in pairs if one is not None and other is not None],
    }
    wanted = ("in", "out") if direction == "max" else (direction,)
    made = [
        (CONVENTIONS[convention](Slots(sorted(ways[way]), expected, slot_minutes)), len(ways[way]))
        for way in wanted
        if ways[way]
    ]
    if not made:
        return None, 0
    return max(made, key=lambda pair: (pair[0] is not None, pair[0] or 0.0))


def _billing(slots: Slots) -> float | None:
    """Nearest rank ceil(0.95 n): what remains after the top floor(0.05 n) are dropped."""
    return slots.values[(95 * len(slots.values) + 99) // 100 - 1]


def _percent(slots: Slots) -> float | None:
    """RRDtool's PERCENT: missing slots are the lowest, index round(0.95 (n - 1)) of all slots."""
    place = (95 * (len(slots.values) + slots.missing - 1) + 50) // 100 - slots.missing
    return slots.values[place] if place >= 0 else None


def _percent_nan(slots: Slots) -> float | None:
    """RRDtool's PERCENTNAN: missing slots are left out."""
    return slots.values[(95 * (len(slots.values) - 1) + 50) // 100]


def _interpolated(slots: Slots) -> float | None:
    """What PERCENTILE of a spreadsheet gives: between the two values beside 0.95 (n - 1)."""
    whole, part = divmod(95 * (len(slots.values) - 1), 100)
    low = slots.values[whole]
    high = slots.values[min(whole + 1, len(slots.values) - 1)]
    return low + (high - low) * part / 100


def _librenms(slots: Slots) -> float | None:
    """LibreNMS: index round(0.95 n) - 1, one rank low for many n."""
    return slots.values[max(0, (95 * len(slots.values) + 50) // 100 - 1)]


def _fixed_month(slots: Slots) -> float | None:
    """As if every month had 30 days: of 8640 five-minute slots the 433rd highest."""
    dropped = DAYS_OF_A_FIXED_MONTH * 1440 // slots.slot_minutes * 5 // 100
    return slots.values[-1 - dropped] if dropped < len(slots.values) else None


def _zero_filled(slots: Slots) -> float | None:
    """Missing slots are billed as 0."""
    place = (95 * (len(slots.values) + slots.missing) + 99) // 100 - 1 - slots.missing
    return slots.values[place] if place >= 0 else 0.0


def _mean(slots: Slots) -> float | None:
    return fmean(slots.values)


CONVENTIONS: Mapping[str, Callable[[Slots], float | None]] = {
    "billing": _billing,
    "percent": _percent,
    "percent_nan": _percent_nan,
    "interpolated": _interpolated,
    "librenms": _librenms,
    "fixed_month": _fixed_month,
    "zero_filled": _zero_filled,
    "mean": _mean,
}
