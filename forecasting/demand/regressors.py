"""Calendar, dated events and stated drivers as regressors of each series, over its history and the
periods to forecast.
"""

from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import polars as pl

from forecasting.demand.calendars import calendar_shares
from forecasting.demand.effects import Regressor
from forecasting.demand.events import Known
from forecasting.series import FloatArray, History, add_periods, period_days
from forecasting.spec import ForecastSpec
from warehouse.reasons import Reason, reason
from warehouse.schema import DRIVER, check

LeftOut = tuple[int, str, Reason]
"""A series' row, a driver's name, and why it could not be used."""


def regressors_of(
    history: History, spec: ForecastSpec, known: Known, drivers: pl.DataFrame | None
) -> tuple[tuple[tuple[Regressor, ...], ...], list[LeftOut]]:
    """Each row's regressors, and the drivers that could not be used with the reason."""
    count = len(history.values_gbps)
    if not count:
        return (), []
    periods = [
        *history.periods,
        *(
            add_periods(history.periods[-1], step, spec.grain)
            for step in range(1, spec.horizon + 1)
        ),
    ]
    shares = (
        calendar_shares(spec.calendar, periods, spec.grain)
        if spec.grain != "year"
        else np.empty((0, 0))
    )
    shared = [
        Regressor(name, "calendar", row)
        for name, row in zip(spec.calendar, shares, strict=False)
        if np.ptp(row) > 0
    ]
    found: list[list[Regressor]] = [list(shared) for _ in range(count)]
    for row, first, last, name in known.fading:
        age = np.arange(len(periods), dtype=float) - first
        found[row].append(
            Regressor(
                f"event:{name}",
                "event",
                np.where((age >= 0) & (np.arange(len(periods)) <= last), age, -1.0),
            )
        )
    left_out = _with_drivers(found, history, periods, drivers)
    return tuple(tuple(one) for one in found), left_out


def _with_drivers(
    found: list[list[Regressor]],
    history: History,
    periods: list[date],
    drivers: pl.DataFrame | None,
) -> list[LeftOut]:
    if drivers is None or drivers.is_empty():
        return []
    left_out: list[LeftOut] = []
    middles = [start + timedelta(days=period_days(start, history.grain) // 2) for start in periods]
    stated = check(drivers, DRIVER).partition_by(
        "driver_id", "scope_kind", "scope_id", as_dict=True
    )
    for (name, scope_kind, scope_id), rows in sorted(stated.items()):
        values = rows.sort("period_start")
        for row, (kind, series) in enumerate(
            history.keys.select("series_kind", "series_id").iter_rows()
        ):
            if scope_kind != "all" and (scope_kind, scope_id) != (kind, series):
                continue
            begun = int(np.argmax(np.isfinite(history.values_gbps[row])))
            made = _interpolated(values, middles, begun)
            if isinstance(made, Reason):
                left_out.append((row, f"driver:{name}", made))
            else:
                found[row].append(Regressor(f"driver:{name}", "driver", made))
    return left_out


def _interpolated(values: pl.DataFrame, middles: list[date], begun: int) -> FloatArray | Reason:
    """Logs at the middle of each period, or why there are none: nothing is carried beyond what was
    stated.
    """
    dates, levels = values["period_start"].to_list(), values["value"].to_numpy()
    if (levels <= 0).any():
        return reason("effect.driver_not_positive", value=levels.min())
    if dates[0] > middles[begun]:
        return reason("effect.driver_starts_late", first=dates[0], begins=middles[begun])
    if dates[-1] < middles[-1]:
        return reason("effect.driver_ends_early", last=dates[-1], ends=middles[-1])
    days = np.array(dates, dtype="datetime64[D]").astype(float)
    logs: FloatArray = np.interp(
        np.array(middles, dtype="datetime64[D]").astype(float), days, np.log(levels)
    )
    return logs
