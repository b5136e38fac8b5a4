"""Runs that start by themselves: one process that holds the cron schedule and executes what is due."""

from __future__ import annotations

from pathlib import Path

from prefect.schedules import Cron

from flows.run import transit_run
from flows.settings import read_settings
from warehouse.errors import Problem, SettingsError


def serve_schedule(config: Path | None, data: Path | None) -> None:
    """Blocks until stopped. One run at a time: the warehouse has one writer."""
    settings = read_settings(config, data=data)
    try:
        schedule = Cron(settings.schedule.cron, timezone=settings.schedule.zone)
    except ValueError as error:
        raise SettingsError(
            "the schedule is not valid",
            [Problem("[schedule] cron", str(error))],
            'Write five fields, such as "15 4 * * *".',
        ) from error
    parameters = {
        "config": str(settings.folders.settings_file),
        **({"data": str(settings.data)} if data else {}),
    }
    transit_run.serve(
        name="scheduled",
        schedule=schedule,
        parameters=parameters,
        description="Load, forecast, plan, report and publish.",
        tags=["transit"],
        limit=1,
        global_limit=1,
        print_starting_message=False,
    )
