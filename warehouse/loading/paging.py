"""From a server to samples: page after page of a range query, each kept whole or not at all."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from pathlib import Path

from warehouse.errors import Problem, SourceError
from warehouse.loading.load import LoadResult, load_files
from warehouse.sources.rows import RowSpec, table_of
from warehouse.sources.servers.answers import Secrets, connect
from warehouse.sources.servers.pages import pages
from warehouse.sources.servers.prometheus import PrometheusSpec, fetch
from warehouse.store.database import Warehouse


def load_pages(
    warehouse: Warehouse,
    spec: PrometheusSpec,
    secrets: Secrets,
    *,
    folder: Path,
    known_at: datetime,
    today: datetime,
    slot_minutes: int = 5,
    pause: Callable[[float], None] = time.sleep,
) -> list[LoadResult]:
    """Loads what the server has since the last slot known; a page that fails ends the load, and the
    next one goes on there.

    `folder` holds one page at a time. Pages without a value are told of once there was one with
    values.
    """
    known_until = warehouse.run("traffic/known_until", source=spec.name)["known_until"].item()
    results: list[LoadResult] = []
    try:
        folder.mkdir(parents=True, exist_ok=True)
        with connect(spec, secrets) as client:
            for first, last in pages(spec, known_until, today):
                infos: list[str] = []
                frame = fetch(client, spec, first, last, pause=pause, infos=infos)
                if frame.is_empty():
                    if known_until or results:
                        silent = (
                            f"the server has no series from {first:%Y-%m-%d %H:%M} to "
                            f"{last:%Y-%m-%d %H:%M}"
                        )
                        results.append(LoadResult(spec.name, spec.url, notes=(silent,)))
                    continue
                path = folder / f"{first:%Y%m%dT%H%M}-{last:%Y%m%dT%H%M}.parquet"
                try:
                    frame.write_parquet(path)
                    results += load_files(
                        warehouse,
                        _table(spec),
                        [path],
                        known_at=known_at,
                        today=today,
                        slot_minutes=slot_minutes,
                    )
                finally:
                    path.unlink(missing_ok=True)
                if results[-1].error:
                    return results
                asked = ("in", spec.in_query), ("out", spec.out_query)
                empty = [
                    f"no series answers {query}"
                    for side, query in asked
                    if query and frame[side].is_null().all()
                ]
                known = {note for result in results for note in result.notes}
                fresh = [note for note in (*empty, *infos) if note not in known]
                results[-1] = replace(results[-1], notes=(*results[-1].notes, *fresh))
    except SourceError as error:
        results.append(LoadResult(spec.name, spec.url, error=error))
    if not results and known_until is None:
        nothing = SourceError(
            "the server has nothing",
            [Problem(f"{spec.name}, {spec.url}", "no series in all the time asked for")],
            "Check the queries and since.",
        )
        results.append(LoadResult(spec.name, spec.url, error=nothing))
    return results


def _table(spec: PrometheusSpec) -> RowSpec:
    """How a page is read: a rate that a query gives for a time is the mean of the slot that ends
    then.
    """
    return table_of(
        spec,
        time_column="time",
        time_format="epoch_s",
        stamp="end",
        interface_column="interface",
        in_column="in" if spec.in_query else "",
        out_column="out" if spec.out_query else "",
        direction="",
    )
