"""The load step: traffic files and the network's CSV files -> warehouse, then the statistics of
what changed.
"""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from prefect import task
from prefect.artifacts import create_table_artifact
from prefect.cache_policies import NO_CACHE

from flows.operate.secrets import placed, secrets_of
from flows.record import journal
from flows.runtime import signals
from flows.settings import Settings
from flows.steps.check import check_network, refuse_offenders
from flows.steps.identity import code_version
from flows.steps.inputs import open_warehouse, today_of
from flows.steps.lake import imported_sources
from flows.steps.seen import Seen, load_unseen
from warehouse.errors import Problem, SourceError, WarehouseError
from warehouse.example.simulate import write_traffic
from warehouse.loading.countries import load_countries
from warehouse.loading.load import LoadResult, load_files
from warehouse.loading.paging import load_pages
from warehouse.loading.reference import load_reference
from warehouse.loading.statistics import update_statistics
from warehouse.network.model import Network
from warehouse.sources.itu import ItuSpec
from warehouse.sources.servers.prometheus import PrometheusSpec
from warehouse.sources.spec import SampleSpec, SourceSpec
from warehouse.store.database import Warehouse
from warehouse.store.files import write_file

SHAPE = ("node", "segment", "capacity", "route", "route_path", "risk_group", "project")


@dataclass(frozen=True)
class LoadSummary:
    """Rows in = loaded + quarantined + already known, summed over files; `problems` are files that
    could not be read.

    `notes` say what was odd about the files that were read, each once with the files it is true of.
    """

    files: int
    rows_in: int
    loaded: int
    quarantined: int
    already_known: int
    periods_changed: int
    problems: tuple[Problem, ...]
    notes: tuple[str, ...] = ()
    unchanged: int = 0

    def __str__(self) -> str:
        left = f" ({self.unchanged} unchanged)" if self.unchanged else ""
        return (
            f"{self.rows_in:,} rows in {self.files} files{left} = {self.loaded:,} loaded + "
            f"{self.quarantined:,} quarantined"
            f" + {self.already_known:,} already known; {self.periods_changed:,} statistics new"
        )


def simulate_example(settings: Settings) -> None:
    """The example's traffic files, written once: their marker names the simulator's code and
    settings.
    """
    if not settings.simulate.enabled:
        return
    marker = settings.data / "simulated.txt"
    wanted = f"{code_version(('warehouse/example',))} {settings.simulate}"
    if marker.exists() and marker.read_text(encoding="utf-8") == wanted:
        return
    write_traffic(settings.data, seed=settings.simulate.seed, months=settings.simulate.months)
    write_file(marker, wanted)


@task(name="simulate example traffic", cache_policy=NO_CACHE)
def simulate(settings: Settings) -> None:
    simulate_example(settings)


@task(name="load network", cache_policy=NO_CACHE)
def load_network(settings: Settings, known_at: datetime) -> None:
    refuse_offenders(
        check_network(settings),
        "nothing is loaded: the network has gaps that no plan can close",
        f"Fill them in {settings.network.folder}; `transit check` shows the rows.",
    )
    with open_warehouse(settings) as warehouse:
        load_reference(warehouse, settings.network.folder, known_at=known_at)


@task(
    name="load {source.name}",
    task_run_name="load {source.name}",
    cache_policy=NO_CACHE,
    retries=2,
    retry_delay_seconds=[2, 10],
    retry_condition_fn=lambda _task, _run, state: (
        isinstance(state.data, OSError) and not signals.received_signal()
    ),
)
def load_source(
    settings: Settings, source: SourceSpec, known_at: datetime
) -> tuple[list[LoadResult], Seen]:
    source = placed(settings, source)
    paths = [path for pattern in source.files for path in files_of(settings.data, pattern)]
    with open_warehouse(settings) as warehouse:
        if isinstance(source, PrometheusSpec):
            folder = settings.folders.private / "pages"
            return load_pages(
                warehouse,
                source,
                secrets_of(source),
                folder=folder,
                known_at=known_at,
                today=known_at,
            ), Seen()
        if isinstance(source, ItuSpec):
            return load_countries(warehouse, source, paths, known_at=known_at), Seen()
        assert isinstance(source, SampleSpec), source.kind

        unfit = unfit_links(settings.data, paths)
        loaded, seen = _load_new(
            warehouse, source, [path for path in paths if path not in unfit], known_at
        )
        refused = [
            LoadResult(
                source.name,
                str(path),
                error=SourceError("a link can't be followed", [problem], "Fix the link."),
            )
            for path, problem in unfit.items()
        ]
        return [*loaded, *refused], seen


def _load_new(
    warehouse: Warehouse, source: SampleSpec, paths: list[Path], known_at: datetime
) -> tuple[list[LoadResult], Seen]:
    def load(unseen: list[Path]) -> list[LoadResult]:
        return load_files(warehouse, source, unseen, known_at=known_at, today=known_at)

    return load_unseen(warehouse, source, paths, load, now_ns=time.time_ns())


@task(name="import from the lake", cache_policy=NO_CACHE)
def load_gathered(settings: Settings, known_at: datetime) -> list[tuple[list[LoadResult], Seen]]:
    sources = imported_sources(settings)
    with open_warehouse(settings) as warehouse:
        return [_load_new(warehouse, source, files, known_at) for source, files in sources]


def files_of(folder: Path, pattern: str) -> list[Path]:
    """What a pattern of [[source]] files names, relative to the data folder; the pattern itself
    where nothing does.
    """
    path = Path(pattern)
    if path.is_absolute():
        return sorted(Path(path.anchor).glob(str(path.relative_to(path.anchor)))) or [path]
    return sorted(folder.glob(pattern)) or [folder / pattern]


def unfit_links(folder: Path, paths: Sequence[Path]) -> dict[Path, Problem]:
    """Symbolic links below the data folder that lead to themselves, nowhere, or out of it."""
    found: dict[Path, Problem] = {}
    home = folder.resolve()
    for path in paths:
        if not path.is_relative_to(folder) or ".." in path.relative_to(folder).parts:
            continue
        try:
            target = path.resolve()
        except (RuntimeError, OSError):
            found[path] = Problem(str(path), "is a link that leads back to itself; remove it")
            continue
        if not target.is_relative_to(home):
            found[path] = Problem(
                str(path),
                f"is a link out of the data folder, to {target}; if it is meant, name that place "
                "in the source's files as an absolute path",
            )
        elif path.is_symlink() and not target.exists():
            found[path] = Problem(str(path), f"is a link to {target}, which does not exist")
    return found


@task(name="monthly statistics", cache_policy=NO_CACHE)
def statistics(settings: Settings, known_at: datetime) -> int:
    grains = tuple(sorted({"month", settings.forecast.grain}))
    with open_warehouse(settings) as warehouse:
        return update_statistics(
            warehouse,
            grains=grains,
            time_zone=settings.time.zone,
            known_at=known_at,
            min_coverage_ratio=settings.forecast.min_coverage_ratio,
            combinations=meetings(warehouse, today_of(settings)),
        ).rows


def meetings(warehouse: Warehouse, today: date) -> list[list[tuple[str, str]]]:
    """The sets of (route_id, direction) that meet on a segment in some failure state, with today's
    lines and all planned ones.
    """
    network = Network.from_frames({name: warehouse.read(name) for name in SHAPE})
    found = []
    for names in network.combinations(days=[today]):
        members = [name.rpartition(":") for name in names]
        found.append([(route, way) for route, _, way in members])
    return found


def load_everything(settings: Settings) -> LoadSummary:
    """Every source's files that are not yet known; a file that can't be read is named and does not
    stop the others.
    """
    known_at = datetime.now(UTC)
    simulate(settings)
    load_network(settings, known_at)
    results: list[LoadResult] = []
    seen: list[Seen] = []
    problems: list[Problem] = []
    for source in settings.sources:
        try:
            of_source, left = load_source(settings, source, known_at)
            results += of_source
            seen.append(left)
        except SourceError as error:
            problems += error.problems or [Problem(source.name, error.summary)]
    if settings.lake.gather:
        try:
            for of_source, left in load_gathered(settings, known_at):
                results += of_source
                seen.append(left)
        except (SourceError, WarehouseError) as error:
            problems += error.problems or [Problem("lake", error.summary)]
    journal.write("files read", new=len(results), unchanged=sum(one.files for one in seen))
    changed = statistics(settings, known_at)
    problems += [
        problem
        for result in results
        if result.error
        for problem in (result.error.problems or (Problem(result.file_name, result.error.summary),))
    ]
    problems += nothing_loaded(results)
    create_table_artifact(
        key="load",
        description="Rows in = loaded + quarantined + already known, per file.",
        table=[
            {
                "file": r.file_name,
                "rows in": r.rows_in,
                "loaded": r.rows_loaded,
                "quarantined": r.rows_quarantined,
                "already known": r.rows_known,
            }
            for r in results
        ],
    )
    return LoadSummary(
        files=len(results) + sum(one.files for one in seen),
        rows_in=sum(r.rows_in for r in results) + sum(one.rows for one in seen),
        loaded=sum(r.rows_loaded for r in results),
        quarantined=sum(r.rows_quarantined for r in results),
        already_known=sum(r.rows_known for r in results) + sum(one.rows for one in seen),
        periods_changed=changed,
        problems=tuple(problems),
        notes=told_of(results),
        unchanged=sum(one.files for one in seen),
    )


def nothing_loaded(results: Sequence[LoadResult]) -> list[Problem]:
    """A problem for each file of which every row is in quarantine."""
    return [
        Problem(
            result.file_name,
            f"none of its {result.rows_in:,} rows could be loaded; "
            + next(
                (note for note in result.notes if "in quarantine" in note), "see mart.quarantine"
            ),
        )
        for result in results
        if result.rows_in and result.rows_quarantined == result.rows_in
    ]


def told_of(results: Sequence[LoadResult]) -> tuple[str, ...]:
    """What the loads remark, each remark once; not of files whose rows were all known."""
    files: dict[str, list[str]] = {}
    for result in results:
        if result.rows_loaded or result.rows_quarantined or not result.rows_in:
            for note in result.notes:
                files.setdefault(note, []).append(Path(result.file_name).name)
    return tuple(
        f"{names[0]}{f' and {len(names) - 1} more' if len(names) > 1 else ''}: {note}"
        for note, names in files.items()
    )
