"""Commands that work on files alone: no warehouse, no Prefect."""

from __future__ import annotations

import sys
from datetime import UTC, date, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from warehouse.errors import Problem, SourceError


def forecast_file(
    source: Path,
    /,
    *,
    season: int,
    horizon: int,
    output: Path,
    calendar: str = "",
    seed: int = 20251125,
    memory: Path | None = None,
) -> int:
    """Forecast any panel of series: columns series_id, step, value.

    Steps are whole numbers, dates (with a clock as well), yyyymm, yyyymmdd, 2024-05, 2024Q2 or
    2024-W18; hours with a season of 24 or 168.

    Writes one row per series and horizon step: mean, median, q025 ... q975, the models' weights,
        and `reason` where there is
    no forecast.

    Parameters
    ----------
    source
        CSV or Parquet file.
    season
        Steps in a season: 12 for months, 52 weeks, 7 days, 1 for none.
    horizon
        Steps to forecast.
    output
        CSV or Parquet file to write.
    calendar
        Moving days whose effect is measured where steps are dates, such as
        ramadan,eid_al_fitr,new_year.
    seed
        Seed of the sample paths.
    memory
        Parquet file that keeps what was found, for the next forecast of the panel with the same
            season and horizon: a month later that one
        starts from there, makes no past forecasts, and takes its intervals' width from this one's.
        Without the file everything is found again.
    """
    from flows.steps.sentences import with_sentences
    from forecasting.demand.memory import read_memory
    from forecasting.standalone.panel import forecast_and_remember

    panel = _read(source)
    result, kept = forecast_and_remember(
        panel,
        season=season,
        horizon=horizon,
        memory=read_memory(_read(memory), season, horizon) if memory and memory.exists() else None,
        seed=seed,
        calendar=[name.strip() for name in calendar.split(",") if name.strip()],
    )
    result = with_sentences(result)
    _write(result, output)
    if memory and kept.optima:
        _write(kept.frame(), memory)
    refused = (
        result.filter(pl.col("reason").is_not_null())["series_id"].n_unique()
        if "reason" in result.columns
        else 0
    )
    print(
        f"{result['series_id'].n_unique()} series, {refused} without a forecast: {output}",
        file=sys.stderr,
    )
    return 0


def failures(
    network: Path,
    /,
    *,
    demand: Path,
    format: Literal["table", "csv", "json"] = "table",
    threshold: float = 0.8,
    pairs: bool = False,
    on: date | None = None,
) -> int:
    """Loads of every segment in every failure state, the worst case with its cause, lost demand,
    and headroom.

    Parameters
    ----------
    network
        Folder with segments.csv, routes.csv, route_paths.csv, risk_groups.csv, capacity.csv.
    demand
        CSV or Parquet file with route_id, direction (in or out), gbps.
    format
        table, csv or json.
    threshold
        Usable share of lit capacity, for the headroom.
    pairs
        Every pair of segments failing together as well.
    on
        The day whose lit capacity and built segments count. Default: today.
    """
    from flows.commands.failure_report import print_failures

    day = on or datetime.now(UTC).date()
    return print_failures(
        network, _read(demand), output=format, threshold_ratio=threshold, pairs=pairs, today=day
    )


def _read(path: Path) -> pl.DataFrame:
    if not path.is_file():
        raise SourceError(
            "there is no such file", [Problem(str(path), "not found")], "Check the path."
        )
    try:
        if path.suffix.lower() in {".parquet", ".pq"}:
            return pl.read_parquet(path)
        return pl.read_csv(path, try_parse_dates=True, infer_schema_length=None)
    except (pl.exceptions.PolarsError, UnicodeDecodeError, OSError) as error:
        raise SourceError(
            "the file can't be read as a table",
            [Problem(str(path), str(error).splitlines()[0])],
            "Give a UTF-8 CSV with a header, or Parquet.",
        ) from error


def _write(frame: pl.DataFrame, path: Path) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    if path.suffix.lower() in {".parquet", ".pq"}:
        frame.write_parquet(path)
    else:
        flat = [name for name, dtype in frame.schema.items() if dtype.is_nested()]
        frame.with_columns(pl.col(name).cast(pl.String) for name in flat).write_csv(path)
