"""The published edition in the DuckLake of [lake] too, where one is named."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.settings import Settings
from warehouse.lake import Lake, Poured, pour


def lake_of(settings: Settings) -> Lake | None:
    """None where [lake] names no catalog; paths of files start at the settings file."""
    named = settings.lake
    if not named.catalog:
        return None

    def placed(place: str) -> str:
        return place if "://" in place or place.startswith("postgres:") else str(settings.folders.base / place)

    return Lake(placed(named.catalog), placed(named.data), named.project)


@task(name="publish into the lake", cache_policy=NO_CACHE)
def pour_edition(edition: Path, lake: Lake) -> Poured:
    return pour(edition, lake)
