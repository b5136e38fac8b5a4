"""The DuckLake of [lake], where one is named: editions go into it, and other projects' samples come
out of it.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import cast

from prefect import task
from prefect.cache_policies import NO_CACHE

from flows.operate.secrets import stated
from flows.record import journal, progress
from flows.settings import Settings
from warehouse.errors import Problem, SettingsError, WarehouseError
from warehouse.serving.extras.lake import (
    Lake,
    LakePublication,
    Store,
    compact,
    import_samples,
    publish_to_lake,
)
from warehouse.sources.rows import TableSpec
from warehouse.sources.spec import SlotMinutes

KEY_ID, SECRET = "TRANSIT_LAKE_KEY_ID", "TRANSIT_LAKE_SECRET"
READERS_GRACE = timedelta(days=1)


def lake_of(settings: Settings) -> Lake | None:
    """None where [lake] names no catalog; paths of files start at the settings file. Raises
    SettingsError without S3's keys.
    """
    named = settings.lake
    if not named.catalog:
        return None

    def placed(place: str) -> str:
        return (
            place
            if "://" in place or place.startswith("postgres:")
            else str(settings.folders.base / place)
        )

    store = None
    if named.data.startswith("s3://"):
        key_id = stated(KEY_ID) or os.environ.get("AWS_ACCESS_KEY_ID", "")
        secret = stated(SECRET) or os.environ.get("AWS_SECRET_ACCESS_KEY", "")
        if not (key_id and secret):
            raise SettingsError(
                "the lake's storage asks for keys",
                [Problem("[lake] data", f"is {named.data}")],
                f"Put them into the environment: {KEY_ID} and {SECRET}.",
            )
        store = Store(key_id, secret, named.s3_endpoint, named.s3_region)
    return Lake(placed(named.catalog), placed(named.data), named.project, store)


@task(name="publish into the lake", cache_policy=NO_CACHE)
def publish_edition_to_lake(settings: Settings, edition: Path) -> LakePublication | None:
    """None where no lake is named. What is old there goes, if [lake] keep_days says so; that this
    fails is no failure.
    """
    lake = lake_of(settings)
    if lake is None:
        return None
    publication = publish_to_lake(edition, lake)
    if settings.lake.keep_days:
        now = datetime.now(UTC)
        try:
            removed = compact(
                lake,
                keep_since=now - timedelta(days=settings.lake.keep_days),
                unneeded_since=now - READERS_GRACE,
            )
            journal.write("lake compacted", files_removed=removed)
        except WarehouseError as error:
            journal.write("lake not compacted", problem=str(error))
            progress.note(str(error))
    return publication


def imported_sources(settings: Settings) -> list[tuple[TableSpec, list[Path]]]:
    """What [lake] gather names, as sources of tables and their files."""
    lake = lake_of(settings)
    found: dict[tuple[str, int, bool], list[Path]] = {}
    if lake is not None:
        for project in settings.lake.gather:
            for shared in import_samples(
                lake, project, settings.folders.private / "lake" / project
            ):
                found.setdefault((project, shared.slot_minutes, shared.simulated), []).append(
                    shared.file
                )
    return [
        (
            TableSpec(
                f"lake {project}",
                files=(f"{project}/*.parquet",),
                time_column="time",
                in_column="in_bps",
                out_column="out_bps",
                interface_column="interface_id",
                unit="bps",
                slot_minutes=cast(SlotMinutes, minutes),
                simulated=simulated,
            ),
            files,
        )
        for (project, minutes, simulated), files in found.items()
    ]
