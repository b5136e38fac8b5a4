"""The field's billing conventions written out in Python: the reference that mart.invoice is held
against.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from statistics import fmean

MODES = ("in", "out", "max", "sum")
DAYS_OF_A_FIXED_MONTH = 30


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
        "in": [into for into, _ in pairs if into is not None],
        "out": [out for _, out in pairs if out is not None],
        "sum": [into + out for into, out in pairs if into is not None and out is not None],
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
