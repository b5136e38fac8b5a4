"""Commands that run flows."""

from __future__ import annotations

import os
import sys
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import date
from pathlib import Path
from typing import Annotated, Literal

from cyclopts import Parameter

from flows.folders import EXAMPLE_SETTINGS, Folders, make_private, read_folders
from flows.runtime import embedded
from warehouse.errors import LockedError, Problem, SettingsError, WarehouseError
from warehouse.store.lock import WriterLock

Step = Literal["load", "forecast", "plan", "report", "publish"]
Config = Annotated[Path | None, Parameter(name=["--config", "-c"])]
Data = Annotated[Path | None, Parameter(name=["--data"])]


STEPS: tuple[Step, ...] = ("load", "forecast", "plan", "report", "publish")


def run(
    *,
    config: Config = None,
    data: Data = None,
    force: bool = False,
    from_: Annotated[Step | None, Parameter(name="--from")] = None,
    only: Step | None = None,
    accept: str | None = None,
    start_over: bool = False,
) -> int:
    """Load, forecast, plan, report and publish: the main job.

    Without a transit.toml in the working folder the bundled example "Central Asia" runs.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    data
        Folder that the sources' file patterns are relative to; replaces [folders] data.
    force
        Compute every step again, even where nothing has changed.
    from_
        Begin at this step; the ones before are taken as they are.
    only
        Do this step alone.
    accept
        Why a failed gate is right this once. The reason is kept with the run.
    start_over
        Begin again without the published runs that the working database lacks. Without this a
        database that was deleted or emptied is neither run nor published.
    """
    if from_ and only:
        raise SettingsError("--from and --only exclude each other", remedy="Give one of them.")
    steps: tuple[Step, ...] = (only,) if only else STEPS[STEPS.index(from_) :] if from_ else STEPS
    if start_over:
        from flows.settings import read_settings
        from flows.steps.history import give_up_history

        give_up_history(read_settings(config, data=data))
    return _run(config, data, steps, force=force, accept=accept)


def load(*, config: Config = None, data: Data = None) -> int:
    """Load traffic files and the network into the warehouse.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    data
        Folder that the sources' file patterns are relative to; replaces [folders] data.
    """
    return _run(config, data, ("load",))


def forecast(*, config: Config = None, force: bool = False) -> int:
    """Forecast every route from what is loaded.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    force
        Compute again, even where nothing has changed.
    """
    return _run(config, None, ("forecast",), force=force)


def plan(
    *, budget: float | None = None, builds: bool = False, config: Config = None, force: bool = False
) -> int:
    """Runout and order-by dates for every segment, from the newest forecast.

    Parameters
    ----------
    budget
        USD over the horizon: show what it buys of the upgrade plan, in which order, and keep
        nothing.
    builds
        Show which planned builds the cheapest plan opens, when, and what each costs, saves and
        earns, and keep nothing.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    force
        Compute again, even where nothing has changed.
    """
    if builds:
        from flows.commands.planning import weigh_builds

        weigh_builds(config=config)
        return 0
    if budget is not None:
        from flows.commands.planning import spend

        spend(budget, config=config)
        return 0
    return _run(config, None, ("plan",), force=force)


def report(
    *,
    as_of: date | None = None,
    run: str = "",
    compare: Annotated[tuple[str, str] | None, Parameter(negative="")] = None,
    method: Literal["then", "today"] = "then",
    config: Config = None,
    force: bool = False,
) -> int:
    """Write the chart report of the newest run, any past edition again, or two side by side.

    Parameters
    ----------
    as_of
        Make the edition that spoke on this day again from the archive, such as 2026-03-01, and say
        whether it is the same to the byte.
    run
        The same for the edition of this run, such as 2026-10-1a2b3c4d.
    compare
        Two run ids: write a page that shows their editions side by side.
    method
        then: as it was; today: a variant, labelled as such, of what today's method makes of that
        edition's data.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    force
        Write again, even where nothing has changed.
    """
    if sum((as_of is not None, bool(run), compare is not None)) > 1:
        raise SettingsError(
            "one edition at a time",
            [Problem("--as-of, --run, --compare", "more than one is given")],
            "Give one of them.",
        )
    if compare is not None or run:
        return _report_archived(run or compare or "", config)
    if as_of is None:
        if method == "today":
            raise SettingsError(
                "--method needs a day",
                [Problem("--method", "today")],
                "Give --as-of 2026-03-01, say.",
            )
        return _run(config, None, ("report",), force=force)
    return _report_as_of(as_of, method, config)


def _report_archived(which: str | tuple[str, str], config: Path | None) -> int:
    """The edition of a run again, or those of two side by side."""
    from flows.settings import read_settings

    folders: Folders = read_folders(config)
    _need_archive(folders)
    with embedded.prefect_api(folders.prefect_home):
        from flows.steps.as_of import compare_runs, make_again

        settings = read_settings(config)
        if isinstance(which, tuple):
            print(compare_runs(settings, *which))
            return 0
        made = make_again(settings, which)
        print(made)
        return int(bool(made.differing))


def _need_archive(folders: Folders) -> None:
    if not folders.database.exists():
        raise WarehouseError(
            "there is no archive",
            [Problem(str(folders.database), "does not exist")],
            "Run `transit run` first.",
        )


def _report_as_of(day: date, method: Literal["then", "today"], config: Path | None) -> int:
    from flows.settings import read_settings

    folders: Folders = read_folders(config)
    _need_archive(folders)
    with embedded.prefect_api(folders.prefect_home) as server:
        from flows.steps.as_of import make_again, todays_method

        settings = read_settings(config)
        if method == "today":
            if server is not None:
                server.wait()
            print(todays_method(settings, day))
            return 0
        made = make_again(settings, day)
        print(made)
        return int(bool(made.differing))


def publish(*, keep: int | None = None, config: Config = None) -> int:
    """Publish a finished copy of the warehouse for analysts.

    Parameters
    ----------
    keep
        Leave only the newest copies of so many editions. Never more than [run] keep_published,
        which every publication leaves.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    if keep is not None and keep < 1:
        raise SettingsError("at least one copy must be kept", [Problem("--keep", f"is {keep}")])
    code = _run(config, None, ("publish",))
    if keep is not None and code == 0:
        from flows.settings import read_settings
        from flows.steps.publish import keep_copies

        keep_copies(read_settings(config), keep)
    return code


def check(*, rows: int = 5, config: Config = None) -> int:
    """Check settings and network, and, where something is loaded, the warehouse: rows that offend,
    months refused, quarantine. Exit code 1 where an error is found.

    Parameters
    ----------
    rows
        Show at most so many rows of each finding.
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    """
    from flows.settings import read_settings
    from flows.steps.check import check_network, check_warehouse

    settings = read_settings(config)
    results = check_network(settings)
    print(f"{'settings':<28} ok: {settings.folders.settings_file}")
    print(f"{'network':<28} ok: {settings.network.folder}")
    if settings.folders.database.exists():
        results = check_warehouse(settings)
    for result in results:
        found = "ok" if result.passed else f"{result.check.severity}: {result.count} rows"
        print(f"{result.check.name:<28} {found}")
        if not result.passed:
            print(f"    {result.check.text}")
            for row in result.rows[:rows]:
                told = (
                    f"{name}={cell}"
                    for name, cell in zip(result.columns, row, strict=True)
                    if cell is not None
                )
                print("      " + ", ".join(told))
            if result.count > rows:
                print(f"      ... and {result.count - rows} more")
    if not settings.folders.database.exists():
        print("Nothing is loaded yet: transit run")
    return int(any(not result.passed and result.check.severity == "error" for result in results))


def serve(*, config: Config = None, data: Data = None) -> None:
    """Run by the cron schedule of [schedule] until stopped.

    Parameters
    ----------
    config
        Settings file, or a folder with a transit.toml. Default: ./transit.toml.
    data
        Folder that the sources' file patterns are relative to; replaces [folders] data.
    """
    folders = read_folders(config)
    tell_example(folders)
    # To be stopped is what it is there for, also while it starts.
    with (
        suppress(KeyboardInterrupt),
        _serving_alone(folders),
        embedded.prefect_api(folders.prefect_home, scheduler=True) as server,
    ):
        from flows.operate.schedule import serve_schedule

        if server is not None:
            server.wait()
        serve_schedule(config, data, server)


def tell_example(folders: Folders) -> None:
    """Whoever has no settings file should know from the first line whose figures will come."""
    if folders.settings_file == EXAMPLE_SETTINGS.resolve():
        print(
            "This is the bundled example, Central Asia, with simulated traffic."
            " Your own network: transit init mynet",
            file=sys.stderr,
        )


@contextmanager
def _serving_alone(folders: Folders) -> Iterator[None]:
    """Two would start each run twice, and each tell of the other's as failed."""
    make_private(folders.private)
    try:
        lock = WriterLock(folders.serve_lock)
    except LockedError as error:
        raise LockedError(
            "another `transit serve` has this folder",
            error.problems,
            "One is enough: stop that one, or leave this.",
        ) from None
    with lock:
        yield


def _run(
    config: Path | None,
    data: Path | None,
    steps: tuple[Step, ...],
    *,
    force: bool = False,
    accept: str | None = None,
) -> int:
    """0 where the run did its whole job, 1 where a file or source could not be read or a step
    failed.
    """
    folders: Folders = read_folders(config)
    tell_example(folders)
    with embedded.prefect_api(folders.prefect_home) as server:
        from flows.settings import read_settings

        # What is wrong in the settings is said before anything slow is imported.
        read_settings(config, data=data)
        # Prefect and the libraries are imported while its server starts.
        import httpx

        from flows.operate.retention import prune_prefect
        from flows.run import prepare, print_summary, transit_run

        prepare(config, data, steps)
        if server is not None:
            server.wait()
        try:
            summary = transit_run(
                config=config,
                data=data,
                steps=list(steps),
                force=force,
                accept=accept,
                trigger="terminal",
            )
        except httpx.HTTPError as error:
            raise embedded.PrefectError(
                "Prefect's API failed in the midst of the run",
                [Problem(os.environ.get("PREFECT_API_URL", ""), str(error).splitlines()[0])],
                "What was finished is kept: run the same command again, or without "
                "PREFECT_API_URL. `transit doctor` looks at the server.",
            ) from error
        code = print_summary(summary, file=sys.stderr)
    if server is not None:
        prune_prefect(folders.prefect_home, read_settings(config, data=data).run.keep_record_days)
    return code
