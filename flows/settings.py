"""transit.toml as validated, frozen settings. Every problem of the file is reported at once."""

from __future__ import annotations

import dataclasses
import difflib
import re
import zoneinfo
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from importlib.resources import files
from pathlib import Path
from typing import Any, TypeVar

import pydantic

from flows.folders import Folders, folders_of, read_toml
from forecasting.spec import ForecastSpec, PlanningPolicy
from warehouse.errors import Problem, SettingsError
from warehouse.sources.kinds import read_source
from warehouse.sources.spec import SourceSpec

T = TypeVar("T")


def _below(section: object, least: Mapping[str, float]) -> list[Problem]:
    """The numbers of a section that are smaller than they may be."""
    found = {name: getattr(section, name) for name in least}
    return [
        Problem(name, f"is {value:g}, must be at least {least[name]:g}")
        for name, value in found.items()
        if not value >= least[name]
    ]


def _refuse(name: str, problems: list[Problem]) -> None:
    if problems:
        raise SettingsError(f"[{name}] is out of range", problems, f"Fix [{name}] in transit.toml.")


@dataclass(frozen=True)
class NetworkSettings:
    """[network]: the folder of CSV files that describes nodes, segments, routes and assumptions."""

    folder: Path = Path("network")
    title: str = "Transit network"
    title_ru: str = "Транзитная сеть"


@dataclass(frozen=True)
class TimeSettings:
    """[time]: the zone in which days and months are cut (the billing zone)."""

    zone: str = "UTC"


LEAST = {
    "threads": 1,
    "workers": 1,
    "chunk_minutes": 0,
    "keep_published": 1,
    "keep_reports": 0,
    "keep_record_days": 0,
    "wait_for_lock_seconds": 0,
    "log_mb": 0.1,
    "log_files": 0,
}
"""The least numbers of [run]."""
MEMORY = re.compile(r"\d+(\.\d+)? ?[KMGT]i?B")
DASK_ADDRESS = re.compile(
    r"((tcp|tls|ws|wss|ucx)://)?[^:/\s]+:\d{1,5}|((tcp|tls)://)?\[[0-9a-fA-F:]+\]:\d{1,5}"
)


@dataclass(frozen=True)
class RunSettings:
    """[run]: what a run may use and leave behind."""

    today: date | None = None
    languages: tuple[str, ...] = ("en", "ru")
    paper: bool = False  # the typeset PDF edition too, some ten seconds a language
    memory_limit: str = "1GB"
    threads: int = 2
    workers: int = 2
    runner: str = "processes"
    dask_address: str | None = None
    # a piece of a forecast that takes longer is ended and done once more; 0: by what others took
    chunk_minutes: float = 0.0
    keep_published: int = 3
    keep_reports: int = 60  # report editions; older ones are removed, never the newest; 0: all
    # how long steps and jobs stay in ops, and flow runs in the embedded Prefect; 0: for ever
    keep_record_days: int = 400
    wait_for_lock_seconds: float = (
        0.0  # how long a run waits for another one to end before it gives up
    )
    log_mb: float = 10.0  # size at which .transit/logs/transit.jsonl starts again
    log_files: int = 5  # how many older log files are kept
    signing_key_file: Path | None = (
        None  # private Ed25519 key that signs the hashes of what is published
    )

    def __post_init__(self) -> None:
        problems = _below(self, LEAST)
        if not MEMORY.fullmatch(self.memory_limit):
            problems.append(
                Problem("memory_limit", f"is {self.memory_limit!r}; write 1GB, 800MB or 2GiB")
            )
        known = {
            path.name.removesuffix(".toml")
            for path in (files("dashboards") / "text").iterdir()
            if path.name.endswith(".toml")
        }
        problems += [
            Problem("languages", f"{name!r} {_unknown(name, known)}")
            for name in self.languages
            if name not in known
        ]
        if not self.languages:
            problems.append(
                Problem("languages", f"names none; known are {', '.join(sorted(known))}")
            )
        if self.dask_address is not None and not DASK_ADDRESS.fullmatch(self.dask_address):
            problems.append(
                Problem(
                    "dask_address",
                    f"is {self.dask_address!r}; write host:port, tcp://host:port or "
                    "tls://host:port",
                )
            )
        _refuse("run", problems)


LAST_PORT = 65535
ADDRESS = re.compile(r"[^@\s]+@[^@\s]+")


@dataclass(frozen=True)
class ScheduleSettings:
    """[schedule]: when `transit serve` runs, and what it watches."""

    cron: str = "15 4 * * *"
    zone: str = "UTC"
    metrics_port: int = 9469  # Prometheus metrics on 127.0.0.1 while serving; 0: none
    stuck_after_hours: float = 6.0  # a run that takes longer is reported; 0: never
    late_after_hours: float = 48.0  # no successful run for so long is reported; 0: never

    def __post_init__(self) -> None:
        problems = _below(self, {"metrics_port": 0, "stuck_after_hours": 0, "late_after_hours": 0})
        if self.metrics_port > LAST_PORT:
            problems.append(
                Problem("metrics_port", f"is {self.metrics_port}, must be at most {LAST_PORT}")
            )
        _refuse("schedule", problems)


@dataclass(frozen=True)
class NotifySettings:
    """[notify]: who is told when a run fails, hangs or is late, and when it works again.

    Secrets stand in files of their own or in the environment (TRANSIT_WEBHOOK_URL,
    TRANSIT_SMTP_PASSWORD), never here.
    """

    webhook_url_file: Path | None = None  # file that holds the address a JSON message is posted to
    mail_to: tuple[str, ...] = ()  # addresses; empty: no mail
    mail_from: str = "transit@localhost"
    smtp_host: str = "127.0.0.1"
    smtp_port: int = 25
    smtp_security: str = "none"  # none, starttls or tls
    smtp_user: str | None = None
    smtp_password_file: Path | None = None  # file that holds the password

    def __post_init__(self) -> None:
        problems = [
            Problem("mail_to", f"{one!r} is no address")
            for one in self.mail_to
            if not ADDRESS.fullmatch(one)
        ]
        if not 1 <= self.smtp_port <= LAST_PORT:
            problems.append(
                Problem("smtp_port", f"is {self.smtp_port}, must lie in 1 to {LAST_PORT}")
            )
        _refuse("notify", problems)


PROJECT = re.compile(r"[a-z][a-z0-9_]{0,39}")


@dataclass(frozen=True)
class LakeSettings:
    """[lake]: a DuckLake that every edition is published into as well, for readers on many
    machines.
    """

    # postgres:host=... dbname=... user=..., or a file; empty: no lake. Passwords: PGPASSWORD,
    # ~/.pgpass
    catalog: str = ""
    data: str = (
        ""  # folder of the Parquet files, on a disk all readers share, or s3://bucket/folder
    )
    project: str = "transit"  # the name under which this warehouse stands in the lake
    gather: tuple[str, ...] = ()  # other projects of the lake whose samples are loaded here too
    keep_days: float = (
        0.0  # editions older than this are forgotten and small files joined; 0: every edition stays
    )
    s3_endpoint: str = ""  # http(s)://host:port of an S3-compatible storage; empty: Amazon's own
    s3_region: str = "us-east-1"

    def __post_init__(self) -> None:
        problems = []
        if self.catalog and not self.data:
            problems.append(Problem("data", "names no folder"))
        if not PROJECT.fullmatch(self.project):
            problems.append(
                Problem(
                    "project",
                    f"is {self.project!r}; use small letters, digits and _, a letter first",
                )
            )
        problems += [
            Problem("gather", f"{name!r} is no other project")
            for name in self.gather
            if name == self.project or not PROJECT.fullmatch(name)
        ]
        if self.gather and not self.catalog:
            problems.append(Problem("gather", "needs a catalog"))
        if self.keep_days < 0:
            problems.append(Problem("keep_days", f"is {self.keep_days:g}, must not be negative"))
        if self.s3_endpoint and not re.fullmatch(r"https?://[^/@\s]+/?", self.s3_endpoint):
            problems.append(
                Problem(
                    "s3_endpoint", f"is {self.s3_endpoint!r}; write http://host:port, and no keys"
                )
            )
        if re.search(r"\bpassword\b|postgres(ql)?://[^@]*:[^@]*@", self.catalog):
            problems.append(
                Problem(
                    "catalog",
                    "holds a password, which settings must not; use PGPASSWORD, PGPASSFILE "
                    "or ~/.pgpass",
                )
            )
        if problems:
            raise SettingsError(
                "the lake is not described well", problems, "Fix [lake] in transit.toml."
            )


@dataclass(frozen=True)
class SimulateSettings:
    """[simulate]: make the example's traffic files before loading; for the bundled example only."""

    enabled: bool = False
    seed: int = 20251125
    months: int = 48


@dataclass(frozen=True)
class GateSettings:
    """[gates]: the limits a forecast must keep to be published. 0 switches a limit off."""

    max_age_days: int = 100
    max_growth_ratio: float = 50.0
    min_coverage_80_ratio: float = 0.6
    max_change_ratio: float = 1.0
    max_total_change_ratio: float = 0.5
    max_lost_ratio: float = 0.1

    def __post_init__(self) -> None:
        problems = [
            Problem(name, f"is {value}, must not be negative")
            for name, value in vars(self).items()
            if value < 0
        ]
        if self.min_coverage_80_ratio >= 1:
            problems.append(
                Problem(
                    "min_coverage_80_ratio", f"is {self.min_coverage_80_ratio}, must be below 1"
                )
            )
        if problems:
            raise SettingsError(
                "the gates are out of range", problems, "Fix [gates] in transit.toml."
            )


COUNTRY_DEFAULT = ForecastSpec(
    grain="year", horizon=5, min_periods=5, backtest_origins=6, max_missing_at_end=5
)


@dataclass(frozen=True)
class Settings:
    folders: Folders
    data: Path
    network: NetworkSettings = field(default_factory=NetworkSettings)
    time: TimeSettings = field(default_factory=TimeSettings)
    run: RunSettings = field(default_factory=RunSettings)
    schedule: ScheduleSettings = field(default_factory=ScheduleSettings)
    simulate: SimulateSettings = field(default_factory=SimulateSettings)
    sources: tuple[SourceSpec, ...] = ()
    forecast: ForecastSpec = field(default_factory=ForecastSpec)
    country: ForecastSpec = COUNTRY_DEFAULT
    plan: PlanningPolicy = field(default_factory=PlanningPolicy)
    gates: GateSettings = field(default_factory=GateSettings)
    notify: NotifySettings = field(default_factory=NotifySettings)
    lake: LakeSettings = field(default_factory=LakeSettings)


SECTIONS: Mapping[str, tuple[type, Any]] = {
    "network": (NetworkSettings, NetworkSettings()),
    "time": (TimeSettings, TimeSettings()),
    "run": (RunSettings, RunSettings()),
    "schedule": (ScheduleSettings, ScheduleSettings()),
    "simulate": (SimulateSettings, SimulateSettings()),
    "forecast": (ForecastSpec, ForecastSpec()),
    "country": (ForecastSpec, COUNTRY_DEFAULT),
    "plan": (PlanningPolicy, PlanningPolicy()),
    "gates": (GateSettings, GateSettings()),
    "notify": (NotifySettings, NotifySettings()),
    "lake": (LakeSettings, LakeSettings()),
}
SECRET_FILES = {"notify": ("webhook_url_file", "smtp_password_file"), "run": ("signing_key_file",)}
SECURITIES = ("none", "starttls", "tls")
RUNNERS = ("threads", "processes", "dask")


def read_settings(config: Path | None = None, *, data: Path | None = None) -> Settings:
    """Read and check the settings file (see `read_toml` for which). `data` replaces [folders] data.

    Raises SettingsError with every problem found.
    """
    path, document = read_toml(config)
    folders = folders_of(path, document)
    problems: list[Problem] = []
    allowed = {*SECTIONS, "folders", "source"}
    problems += [
        Problem(f"[{name}]", _unknown(name, allowed)) for name in document if name not in allowed
    ]
    folder_keys = {"private", "published", "reports", "data"}
    named = document.get("folders", {})
    problems += [
        Problem(f"[folders] {key}", _unknown(key, folder_keys))
        for key in named
        if key not in folder_keys
    ]
    sections = {
        name: _section(document.get(name, {}), kind, default, f"[{name}]", problems)
        for name, (kind, default) in SECTIONS.items()
    }
    entries = document.get("source", [])
    if not isinstance(entries, list):
        problems.append(Problem("[source]", "must be written [[source]], once per source"))
        entries = []
    sources = []
    for position, entry in enumerate(entries, start=1):
        if not isinstance(entry, dict):
            problems.append(Problem(f"[[source]] {position}", "must be a table"))
            continue
        label = f"[[source]] {entry.get('name', position)}"
        try:
            sources.append(read_source(entry))
        except SettingsError as error:
            own = f"{entry.get('name') or 'source'}."
            problems += [
                Problem(f"{label} {problem.where.removeprefix(own)}", problem.what)
                for problem in error.problems
            ]
    names = [source.name for source in sources]
    problems += [
        Problem("[[source]]", f"the name {name} is used more than once")
        for name in sorted({n for n in names if names.count(n) > 1})
    ]
    for section in ("time", "schedule"):
        zone = sections[section].zone
        try:
            zoneinfo.ZoneInfo(zone)
        except (zoneinfo.ZoneInfoNotFoundError, ValueError):
            problems.append(
                Problem(
                    f"[{section}] zone", f"{zone!r} is not an IANA time zone, such as Asia/Almaty"
                )
            )
    if sections["run"].runner not in RUNNERS:
        problems.append(Problem("[run] runner", _unknown(sections["run"].runner, set(RUNNERS))))
    notify = sections["notify"]
    if notify.smtp_security not in SECURITIES:
        problems.append(
            Problem("[notify] smtp_security", _unknown(notify.smtp_security, set(SECURITIES)))
        )
    for section, keys in SECRET_FILES.items():
        named_here = {
            key: folders.base / path for key in keys if (path := getattr(sections[section], key))
        }
        problems += [
            Problem(f"[{section}] {key}", f"{path} is not a file")
            for key, path in named_here.items()
            if not path.is_file()
        ]
        sections[section] = dataclasses.replace(sections[section], **named_here)
    network = dataclasses.replace(
        sections["network"], folder=(folders.base / sections["network"].folder).resolve()
    )
    if not network.folder.is_dir():
        problems.append(Problem("[network] folder", f"{network.folder} is not a folder"))
    if problems:
        count = f"{len(problems)} problem{'s' if len(problems) > 1 else ''}"
        raise SettingsError(
            f"{count} in {folders.settings_file}",
            problems,
            "Every setting is explained in README.md under Settings.",
        )
    if data is not None:
        data_folder = data.resolve()
    elif sections["simulate"].enabled:
        data_folder = folders.private / "example"
    else:
        data_folder = (folders.base / str(named.get("data", "."))).resolve()
    return Settings(
        folders=folders,
        data=data_folder,
        sources=tuple(sources),
        **{**sections, "network": network},
    )


def _unknown(name: str, allowed: set[str]) -> str:
    near = difflib.get_close_matches(name, sorted(allowed), n=1)
    return (
        f"is unknown; did you mean {near[0]}?"
        if near
        else f"is unknown; known are {', '.join(sorted(allowed))}"
    )


def _section(
    entry: Any, kind: type[T], default: T | None, label: str, problems: list[Problem]
) -> T | Any:
    """One table of the file as its dataclass; what is wrong is added to `problems` and the default
    stands in.
    """
    if not isinstance(entry, dict):
        problems.append(Problem(label, "must be a table"))
        return default
    names = [item.name for item in dataclasses.fields(kind)]  # type: ignore[arg-type]
    known = set(names)
    unknown = [key for key in entry if key not in known]
    problems += [Problem(f"{label} {key}", _unknown(key, known)) for key in unknown]
    if unknown:
        return default
    values = {name: getattr(default, name) for name in names} if default is not None else {}
    try:
        return pydantic.TypeAdapter(kind).validate_python({**values, **entry})
    except pydantic.ValidationError as error:
        problems += [
            Problem(" ".join([label, *map(str, item["loc"])]), item["msg"])
            for item in error.errors()
        ]
    except SettingsError as error:
        problems += [
            Problem(f"{label} {problem.where}", problem.what) for problem in error.problems
        ] or [Problem(label, error.summary)]
    return default
