"""The fan chart of a series with its finding, and the figures that tables quote."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import polars as pl

from dashboards.charts.fan import fan, fan_rows
from dashboards.figure import Figure, Section, Table, plain_table, slug
from dashboards.language import Language, Period
from dashboards.material import Material, SeriesKey
from dashboards.notes import series_notes
from warehouse.schema import SEASON_LENGTH

EMPTY_OBSERVED = pl.DataFrame(
    schema={"period_start": pl.Date, "value_gbps": pl.Float64, "coverage_ratio": pl.Float64, "simulated": pl.Boolean}
)
EMPTY_QUANTILES = pl.DataFrame(schema={"target_start": pl.Date, "quantile_level": pl.Float64, "value_gbps": pl.Float64})


@dataclass(frozen=True)
class Outlook:
    """A series in a few numbers (Gbit/s). What is not known is None."""

    now_gbps: float | None
    now_start: date | None
    year_ahead_gbps: float | None
    end_gbps: float | None
    end_low_gbps: float | None
    end_high_gbps: float | None
    end_start: date | None
    growth_ratio: float | None


def outlook(material: Material, key: SeriesKey) -> Outlook:
    """Last observation, median a year ahead and at the end with its 80 % interval, and growth a year.

    Growth compares the last whole year of medians with the last whole year observed, so that the season falls out.
    """
    observed = material.observed.get(key, EMPTY_OBSERVED).drop_nulls("value_gbps").sort("period_start")
    quantiles = material.quantiles.get(key, EMPTY_QUANTILES)
    season = SEASON_LENGTH[material.grain(key[0])]
    now = observed["value_gbps"][-1] if observed.height else None
    now_start = observed["period_start"][-1] if observed.height else None
    median = quantiles.filter(pl.col("quantile_level") == 0.5).sort("target_start")
    if median.is_empty():
        return Outlook(now, now_start, None, None, None, None, None, None)
    end = median["target_start"].max()
    at_end = dict(quantiles.filter(pl.col("target_start") == end).select("quantile_level", "value_gbps").iter_rows())
    ahead = median["value_gbps"][season - 1] if median.height >= season else None
    growth = None
    if observed.height >= season and median.height >= season:
        before, after = observed["value_gbps"][-season:].mean(), median["value_gbps"][-season:].mean()
        years = median.height / season
        if isinstance(before, float) and isinstance(after, float) and before > 0:
            growth = (after / before) ** (1 / years) - 1
    return Outlook(
        now, now_start, ahead, at_end[0.5], at_end.get(0.1), at_end.get(0.9),
        end if isinstance(end, date) else None, growth,
    )  # fmt: skip


def finding(material: Material, key: SeriesKey, language: Language) -> tuple[str, str]:
    """Title and subtitle: what the series is expected to do, and how sure that is."""
    text = language.text
    seen = outlook(material, key)
    grain = material.grain(key[0])
    name = material.direction_name(key, language) if key[0] == "route" else material.series_name(key, language)
    what, unit = text(f"statistic.{key[0] if key[0] == 'country' else key[3]}"), text("unit.gbps")
    if seen.now_gbps is None or seen.now_start is None:
        return text("title.route_none", name=name), ""
    if seen.end_gbps is None or seen.end_start is None:
        reason = language.reason(material.refused.get(key))
        at = Period(seen.now_start, grain)
        return text("title.route_observed", name=name, what=what, now=seen.now_gbps, unit=unit, at=at), reason
    change = seen.end_gbps / seen.now_gbps - 1 if seen.now_gbps else 1.0
    story = "route_up" if change > 0.05 else "route_down" if change < -0.05 else "route_flat"
    by = Period(seen.end_start, grain)
    title = text(
        f"title.{story}", name=name, what=what, now=seen.now_gbps, at=Period(seen.now_start, grain), then=seen.end_gbps, unit=unit, by=by
    )  # fmt: skip
    return title, text("title.range", low=seen.end_low_gbps, high=seen.end_high_gbps, unit=unit)


def series_figure(material: Material, key: SeriesKey, language: Language) -> Figure:
    """The fan chart of a series with title, notes, table and data."""
    grain = material.grain(key[0])
    observed = material.observed.get(key, EMPTY_OBSERVED)
    quantiles = material.quantiles.get(key, EMPTY_QUANTILES)
    title, subtitle = finding(material, key, language)
    figure_id = slug("-".join(key))
    rows = fan_rows(observed, quantiles)
    if observed.drop_nulls("value_gbps").is_empty() and quantiles.is_empty():
        reason = language.reason(material.refused.get(key)) or language.text("reason.no_series")
        return Figure(figure_id, title, reason=reason, subtitle="")
    simulated = bool(observed.height and observed["simulated"].any())
    return Figure(
        figure_id, title, alt=f"{title}. {subtitle}".strip(), spec=fan(observed, quantiles, grain, language), subtitle=subtitle,
        notes=series_notes(material, key, language), table=_table(rows, observed, grain, language), csv=f"{figure_id}.csv", data=rows,
        badges=(language.text("page.simulated_short"),) if simulated else (),
    )  # fmt: skip


def _table(rows: pl.DataFrame, observed: pl.DataFrame, grain: str, language: Language) -> Table:
    text = language.text
    covered = observed.select(pl.col("period_start").alias("start"), pl.col("coverage_ratio").alias("coverage"))
    whole = rows.join(covered, on="start", how="left").sort("start", descending=True)
    levels = [("q025", "n"), ("q100", "n"), ("q500", "n"), ("q900", "n"), ("q975", "n")] if rows["q500"].count() else []
    heads = [("start", text("table.period"), "period"), ("observed", text("table.observed"), "n")]
    heads += [(name, text(f"table.{name}"), form) for name, form in levels]
    if observed.height and grain != "year":
        heads.append(("coverage", text("table.coverage"), "pct1"))
    return plain_table(whole, heads, language, grain)  # type: ignore[arg-type]


def refusals(material: Material, language: Language) -> Section | None:
    """The series that are not forecast, with their reasons."""
    if not material.refused:
        return None
    text = language.text
    rows = [
        {
            "kind": language.word("kind", key[0]),
            "name": material.series_name(key, language),
            "direction": material.direction_name(key, language),
            "statistic": text(f"statistic.{key[3]}"),
            "reason": language.reason(reason),
        }
        for key, reason in sorted(material.refused.items())
    ]
    heads = [("kind", text("table.kind"), "text"), ("name", text("table.series"), "text"), ("direction", text("table.direction"), "text"),
             ("statistic", text("table.statistic"), "text"), ("reason", text("table.reason"), "text")]  # fmt: skip
    table = plain_table(pl.DataFrame(rows), heads, language, material.edition.grain)
    return Section(
        text("overview.no_forecast"), [text("overview.no_forecast_intro")], table=table, anchor="no-forecast"
    )
