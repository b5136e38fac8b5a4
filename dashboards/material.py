"""The frames of a run as pages need them: checked, completed with empty ones, cut by what a page is
about.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from functools import cached_property
from typing import Any

import polars as pl

from dashboards.cuts import (
    KEY,
    SeriesKey,
    at_grain,
    by_pair,
    by_series,
    periods_of_segments,
    periods_of_series,
    rows_by,
    yearly,
)
from dashboards.edition import Edition
from warehouse.schema import FRAMES, Grain, check

RevisionKey = tuple[str, str, str, str]
"""series_kind, series_id, direction, measure of REVISION_PART."""
LONG_AFTER = 200


@dataclass(frozen=True)
class Material:
    """A run's frames by name, and the edition they belong to."""

    frames: Mapping[str, pl.DataFrame]
    edition: Edition
    memory: dict[Any, Any] = field(default_factory=dict)
    """What one language's pages computed and the next one's need again."""

    def __getitem__(self, name: str) -> pl.DataFrame:
        return self.frames[name]

    def grain(self, kind: str) -> Grain:
        return "year" if kind == "country" else self.edition.grain

    @cached_property
    def observed(self) -> dict[SeriesKey, pl.DataFrame]:
        """Traffic by series at the edition's grain, and yearly bandwidth by country."""
        found = by_series(self._traffic)
        named = {key[1] for key in found if key[0] == "country"}
        for row in self["international_bandwidth"].partition_by("country", as_dict=False):
            country = str(row["country"][0])
            if country not in named:
                found["country", country, "in", "mean"] = yearly(row)
        return found

    @cached_property
    def quantiles(self) -> dict[SeriesKey, pl.DataFrame]:
        return by_series(self._forecast)

    @cached_property
    def series(self) -> dict[SeriesKey, pl.DataFrame]:
        """Each series' periods: start, observed, coverage, and the quantiles of its forecast, all
        joined at once.
        """
        return periods_of_series(self._traffic, self._forecast, self.observed)

    @cached_property
    def _traffic(self) -> pl.DataFrame:
        """Without the period that is not over yet: it is no gap."""
        begun = (pl.col("period_start") > self.edition.origin) & pl.col("value_gbps").is_null()
        return at_grain(self["traffic_period"], self.edition.grain).filter(~begun)

    @cached_property
    def _forecast(self) -> pl.DataFrame:
        return at_grain(self["forecast_quantile"], self.edition.grain)

    @cached_property
    def held(self) -> tuple[float, int] | None:
        """The share of past outcomes in the routes' 80 % intervals, all horizons pooled, and their
        number.
        """
        own = (
            (pl.col("model") == "ensemble")
            & (pl.col("horizon") == 0)
            & (pl.col("grain") == self.edition.grain)
        )
        scored = self["backtest_score"].filter(
            own
            & (pl.col("series_kind") == "route")
            & pl.col("coverage_80").is_not_null()
            & (pl.col("n") > 0)
        )
        n = int(scored["n"].sum())
        return (float((scored["coverage_80"] * scored["n"]).sum()) / n, n) if n else None

    @cached_property
    def span(self) -> tuple[date | None, date | None, date | None]:
        """The first and the last period observed of routes, and the last one forecast."""
        seen = self._traffic.filter(
            (pl.col("series_kind") == "route") & pl.col("value_gbps").is_not_null()
        )["period_start"]
        ahead = self._forecast.filter(pl.col("series_kind") == "route")["target_start"].max()
        first, last = seen.min(), seen.max()
        return tuple(day if isinstance(day, date) else None for day in (first, last, ahead))  # type: ignore[return-value]

    @cached_property
    def today(self) -> date:
        """The day the plan stands at; where it is not stated, when the data became known or, for
        data known long after, the end of observation.
        """
        if self.edition.today:
            return self.edition.today
        known = self.edition.known_at.date()
        if (known - self.edition.origin).days <= LONG_AFTER:
            return known
        first = self["segment_load"]["target_start"].min()
        return first if isinstance(first, date) else self.edition.origin

    @cached_property
    def refused(self) -> dict[SeriesKey, dict[str, Any]]:
        """The rows of NO_FORECAST, with the reasons, at the edition's grain."""
        rows = at_grain(self["no_forecast"], self.edition.grain).iter_rows(named=True)
        return {tuple(row[name] for name in KEY): row for row in rows}

    @cached_property
    def keys(self) -> dict[tuple[str, str], list[SeriesKey]]:
        """The series of each route, country ... by kind and id: peak before mean, the busier
        direction first.
        """
        size = {
            key: float(part["value_gbps"].drop_nulls().tail(1).sum())
            for key, part in self.observed.items()
        }
        found: dict[tuple[str, str], list[SeriesKey]] = {}
        for key in sorted(
            {*self.observed, *self.quantiles, *self.refused},
            key=lambda key: (key[:2], key[3] != "p95", -size.get(key, 0), key),
        ):
            found.setdefault(key[:2], []).append(key)
        return found

    @cached_property
    def paths(self) -> dict[str, dict[int, list[str]]]:
        """The segments of each route's paths, by rank."""
        found: dict[str, dict[int, list[str]]] = {}
        for route_id, rank, _, segment_id in (
            self["route_path"].select("route_id", "rank", "seq", "segment_id").iter_rows()
        ):
            found.setdefault(route_id, {}).setdefault(rank, []).append(segment_id)
        return found

    @cached_property
    def assumed(self) -> frozenset[str]:
        """The segments with an assumed lit capacity."""
        return frozenset(self["capacity"].filter("assumed")["segment_id"])

    @cached_property
    def runs(self) -> dict[str, list[dict[str, Any]]]:
        """Each segment's rows of RUNOUT."""
        return rows_by(self["runout"], "segment_id")

    @cached_property
    def plans(self) -> dict[str, list[dict[str, Any]]]:
        """Each segment's rows of ORDER_PLAN."""
        return rows_by(self["order_plan"], "segment_id")

    @cached_property
    def effects(self) -> dict[str, pl.DataFrame]:
        """What moves each segment's last day to order."""
        return {
            str(key[0]): part
            for key, part in self["assumption_effect"]
            .partition_by("segment_id", as_dict=True)
            .items()
        }

    @cached_property
    def revisions(self) -> dict[RevisionKey, list[dict[str, Any]]]:
        """The four parts of each revision, in their order: of a date, or of a value at the last
        period that both runs forecast.
        """
        frame = self["revision_part"]
        if frame.is_empty():
            return {}
        key = ["series_kind", "series_id", "direction", "measure"]
        last = pl.col("target_start").eq_missing(pl.col("target_start").max().over(key))
        found: dict[RevisionKey, list[dict[str, Any]]] = {}
        for row in frame.filter(last).sort(*key, "step_seq").iter_rows(named=True):
            found.setdefault(
                (row["series_kind"], row["series_id"], row["direction"], row["measure"]), []
            ).append(row)
        return found

    @cached_property
    def users(self) -> dict[str, list[str]]:
        """The routes that have each segment on one of their paths."""
        found: dict[str, list[str]] = {}
        for route_id, paths in self.paths.items():
            for segment_id in sorted({name for path in paths.values() for name in path}):
                found.setdefault(segment_id, []).append(route_id)
        return found

    @cached_property
    def runouts(self) -> dict[str, dict[str, dict[str, Any]]]:
        """Each segment's earliest runout of each kind (policy, hard), over its directions."""
        found: dict[str, dict[str, dict[str, Any]]] = {}
        order = self["runout"].sort("t50", "t10", "direction", nulls_last=True)
        for row in order.iter_rows(named=True):
            found.setdefault(row["segment_id"], {}).setdefault(row["date_kind"], row)
        return found

    @cached_property
    def orders(self) -> pl.DataFrame:
        """The orders that are needed, the most urgent first; those without a date last."""
        plan = self["order_plan"].filter((pl.col("option") != "none") & (pl.col("modules") > 0))
        return plan.sort("order_by", "ready_by", "segment_id", "order_seq", nulls_last=True)

    @cached_property
    def scores(self) -> dict[SeriesKey, pl.DataFrame]:
        return by_series(self["backtest_score"])

    @cached_property
    def components(self) -> dict[SeriesKey, pl.DataFrame]:
        return by_series(self["forecast_component"].filter(pl.col("grain") == self.edition.grain))

    @cached_property
    def profiles(self) -> dict[tuple[str, str], pl.DataFrame]:
        return by_pair(self["traffic_profile"], "route_id")

    @cached_property
    def chances(self) -> dict[tuple[str, str], pl.DataFrame]:
        return by_pair(self["runout_probability"], "segment_id")

    @cached_property
    def loads(self) -> dict[tuple[str, str], pl.DataFrame]:
        """Each segment direction's periods: median, q100, q900 without failure; the 90 % level of
        the worst failure and its cause; threshold, lit.
        """

        return periods_of_segments(self["segment_load"], self.edition.threshold_ratio)

    @cached_property
    def nodes(self) -> dict[str, dict[str, Any]]:
        return {row["node_id"]: row for row in self["node"].iter_rows(named=True)}

    @cached_property
    def segments(self) -> dict[str, dict[str, Any]]:
        return {row["segment_id"]: row for row in self["segment"].iter_rows(named=True)}

    @cached_property
    def zones(self) -> dict[str, list[str]]:
        """The time zones of each route's ports."""
        found: dict[str, list[str]] = {}
        for route_id, zone in (
            self["interface"]
            .select("route_id", "time_zone")
            .unique(maintain_order=True)
            .iter_rows()
        ):
            found.setdefault(route_id, []).append(zone)
        return found

    @cached_property
    def projects(self) -> dict[str, dict[str, Any]]:
        return {row["project_id"]: row for row in self["project"].iter_rows(named=True)}

    @cached_property
    def routes(self) -> dict[str, dict[str, Any]]:
        return {row["route_id"]: row for row in self["route"].iter_rows(named=True)}


def gather(frames: Mapping[str, pl.DataFrame], edition: Edition) -> Material:
    """The material of an edition; frames that are absent are empty, frames without a schema are
    kept as they are.
    """
    whole = {
        name: check(frames[name], schema) if name in frames else schema.empty()
        for name, schema in FRAMES.items()
    }
    return Material({**frames, **whole}, edition)
