"""Every choice a run is defined by: frozen, validated, and part of the run's identity."""

from __future__ import annotations

from dataclasses import dataclass

from warehouse.errors import Problem, SettingsError
from warehouse.schema import SEASON_LENGTH, Grain

CALENDAR_NAMES = (
    "ramadan",
    "eid_al_fitr",
    "eid_al_adha",
    "nowruz",
    "new_year",
    "christmas",
    "orthodox_christmas",
    "weekend",
)
"""Days whose effect can be measured; forecasting.demand.calendars knows when they are."""


YEAR_OF_DAYS, WEEKS_OF_HOURS = 400, 672
"""A year of days with the same month of the year before; four weeks of hours."""


def telling_periods(season: int) -> int:
    """How many of the last periods are looked at where nothing is stated: ten years of months,
    three of weeks, a year of days.
    """
    return {7: YEAR_OF_DAYS, 24: WEEKS_OF_HOURS}.get(season, max(120, 3 * season))


@dataclass(frozen=True)
class ForecastSpec:
    """How far to forecast, with how many joint paths, and what history is enough. Without
    `max_history`, `telling_periods` of the grain are looked at.
    """

    grain: Grain = "month"
    horizon: int = 36
    draws: int = 1000
    seed: int = 20251125
    min_periods: int = 24
    min_coverage_ratio: float = 0.9
    max_missing_at_end: int = 2
    max_history: int | None = None
    backtest_origins: int = 12
    calendar: tuple[str, ...] = ("ramadan", "eid_al_fitr", "eid_al_adha", "nowruz", "new_year")

    def __post_init__(self) -> None:
        problems = [
            Problem(name, f"is {getattr(self, name)}, must be at least {low}")
            for name, low in (
                ("horizon", 1),
                ("draws", 10),
                ("seed", 0),
                ("min_periods", 3),
                ("backtest_origins", 1),
                ("max_missing_at_end", 0),
            )
            if getattr(self, name) < low
        ]
        if self.max_history is not None and self.max_history < 12:
            problems.append(Problem("max_history", f"is {self.max_history}, must be at least 12"))
        if not 0 <= self.min_coverage_ratio <= 1:
            problems.append(
                Problem("min_coverage_ratio", f"is {self.min_coverage_ratio}, must lie in 0 to 1")
            )
        problems += [
            Problem("calendar", f"{name!r} is not known; known are {', '.join(CALENDAR_NAMES)}")
            for name in self.calendar
            if name not in CALENDAR_NAMES
        ]
        if len(set(self.calendar)) < len(self.calendar):
            problems.append(Problem("calendar", "names something twice"))
        if problems:
            raise SettingsError(
                "the forecast settings are out of range",
                problems,
                "Fix [forecast] in transit.toml.",
            )

    @property
    def looked_at(self) -> int:
        """Periods of history that are looked at, the last ones."""
        return self.max_history or telling_periods(SEASON_LENGTH[self.grain])


@dataclass(frozen=True)
class PlanningPolicy:
    """When a segment counts as full, how sure an order must be, and what can be ordered."""

    threshold_ratio: float = 0.8
    sustained_periods: int = 1
    risk_alpha_ratio: float = 0.2
    module_gbps: float = 100.0
    discount_rate_ratio: float = 0.12

    def __post_init__(self) -> None:
        problems = []
        if not 0 < self.threshold_ratio <= 1:
            problems.append(
                Problem(
                    "threshold_ratio", f"is {self.threshold_ratio}, must lie above 0 and at most 1"
                )
            )
        if self.sustained_periods < 1:
            problems.append(
                Problem("sustained_periods", f"is {self.sustained_periods}, must be at least 1")
            )
        if not 0 < self.risk_alpha_ratio < 1:
            problems.append(
                Problem("risk_alpha_ratio", f"is {self.risk_alpha_ratio}, must lie between 0 and 1")
            )
        if not 0 < self.module_gbps < 1e9:
            problems.append(
                Problem("module_gbps", f"is {self.module_gbps}, must lie above 0 and below 1e9")
            )
        if not -1 < self.discount_rate_ratio < 100:
            problems.append(
                Problem(
                    "discount_rate_ratio",
                    f"is {self.discount_rate_ratio}, must lie above -1 and below 100 (12 % "
                    "is 0.12)",
                )
            )
        if problems:
            raise SettingsError(
                "the planning settings are out of range", problems, "Fix [plan] in transit.toml."
            )
