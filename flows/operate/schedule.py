"""Runs that start by themselves: one process that holds the cron schedule and executes what is
due.
"""

from __future__ import annotations

import asyncio
import os
import signal
from pathlib import Path

from prefect.runner import Runner
from prefect.schedules import Cron, Schedule
from prefect.types.entrypoint import EntrypointType

from flows.operate.allowed import fix_parameters
from flows.operate.watch import serve_metrics, watch
from flows.record import journal, progress
from flows.run import transit_run
from flows.runtime import signals
from flows.runtime.embedded import ENDS_WITH, EmbeddedServer
from flows.settings import Settings, read_settings
from warehouse.errors import Problem, SettingsError

PATIENCE_SECONDS = signals.GRACE_SECONDS + 6
"""The run in progress has its own time to end."""


def serve_schedule(config: Path | None, data: Path | None, server: EmbeddedServer | None) -> None:
    """Blocks until SIGINT or SIGTERM, which also ends a run in progress. One run at a time: the
    warehouse has one writer.
    """
    signals.watch_signals(PATIENCE_SECONDS)
    settings = read_settings(config, data=data)
    parameters = {
        "config": str(settings.folders.settings_file),
        "trigger": "schedule",
        **({"data": str(settings.data)} if data else {}),
    }
    # The schedule stays active when this process ends, so that a run missed meanwhile is made up
    # for at the next start.
    runner = Runner(name="scheduled", limit=1, pause_on_shutdown=False)
    runner.add_flow(
        transit_run,
        name="scheduled",
        schedule=cron_of(settings),
        parameters=parameters,
        description="Load, forecast, plan, report and publish.",
        tags=["transit"],
        concurrency_limit=1,
        # Loaded by module: a flow loaded from its file can't resolve its parameters' types.
        entrypoint_type=EntrypointType.MODULE_PATH,
    )
    journal.open_journal(
        settings.folders.logs, max_mb=settings.run.log_mb, files=settings.run.log_files
    )
    journal.write("serving", cron=settings.schedule.cron, zone=settings.schedule.zone)
    if settings.schedule.metrics_port:
        serve_metrics(settings.folders.private, settings.schedule.metrics_port)
    watch(settings)
    progress.note(f"runs at {settings.schedule.cron} {settings.schedule.zone}; Ctrl-C stops it")
    if server is not None:
        pages = server.url.removesuffix("/api")
        progress.note(f"Prefect's pages: {pages}, their password: {server.address_file}")
    os.environ[ENDS_WITH] = str(os.getpid())
    fix_parameters(settings.folders.settings_file, settings.data if data else None)
    asyncio.run(_until_stopped(runner))


def cron_of(settings: Settings) -> Schedule:
    try:
        return Cron(settings.schedule.cron, timezone=settings.schedule.zone)
    except ValueError as error:
        raise SettingsError(
            "the schedule is not valid",
            [Problem("[schedule] cron", str(error))],
            'Write five fields, such as "15 4 * * *".',
        ) from error


async def _until_stopped(runner: Runner) -> None:
    """Prefect's own signal handler leaves its stop unawaited and the run in progress alive."""
    loop, stop = asyncio.get_running_loop(), asyncio.Event()

    def ask(*_: object) -> None:
        loop.call_soon_threadsafe(stop.set)

    runner.handle_sigterm = ask  # type: ignore[method-assign]
    signal.signal(signal.SIGINT, ask)
    serving = asyncio.ensure_future(runner.start())
    asked = asyncio.ensure_future(stop.wait())
    await asyncio.wait({serving, asked}, return_when=asyncio.FIRST_COMPLETED)
    if stop.is_set() and not serving.done():
        await runner.astop()
    asked.cancel()
    await serving
