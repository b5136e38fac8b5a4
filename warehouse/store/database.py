"""The working database: one writer, append-only facts, results saved run by run."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import cache
from pathlib import Path
from types import TracebackType

import duckdb
import polars as pl

from warehouse.errors import ContractError, LockedError, Problem, WarehouseError
from warehouse.schema import (
    FRAMES,
    GRAINS,
    KNOWN_AT,
    REFERENCE_FRAMES,
    RESULT_FRAMES,
    FrameSchema,
    Grain,
    check,
)
from warehouse.store.integrity import REMEDY, DamageError, damaged, sound_chunks
from warehouse.store.lock import WriterLock
from warehouse.store.migrate import SQL, migrate
from warehouse.store.reading import OFFLINE, let_go
from warehouse.store.versions import new_versions, standing

DUCKDB_2 = int(duckdb.__version__.split(".")[0]) >= 2
ORDER_IS_KEPT = DUCKDB_2
"""Up to 2.0.1, DuckDB 2 hands rows to Arrow without the order of `order by` where it need not keep
rows in the order they came in.
"""


@dataclass(frozen=True)
class RunRecord:
    """A run whose results are kept. `origin` is the first day of the last observed period;
    `settings` is JSON.
    """

    run_id: str
    grain: Grain
    origin: date
    known_at: datetime
    settings: str
    code_version: str
    data_hash: str
    seed: int
    started_at: datetime
    finished_at: datetime
    simulated: bool


def run_id(*, origin: date, settings: str, code_version: str, data_hash: str, seed: int) -> str:
    """The same for the same settings, code, data and seed: `2026-10-1a2b3c4d`."""
    identity = "\n".join((settings, code_version, data_hash, str(seed)))
    return f"{origin:%Y-%m}-{hashlib.sha256(identity.encode()).hexdigest()[:8]}"


class Warehouse:
    """The working database, open for writing by this process alone. Use as a context manager."""

    def __init__(self, path: Path, connection: duckdb.DuckDBPyConnection, lock: WriterLock) -> None:
        self.path = path
        self.connection = connection
        self._lock = lock
        self._in_transaction = False
        self._file = -1

    @classmethod
    def open(
        cls,
        path: Path,
        *,
        memory_limit: str = "2GB",
        threads: int = 2,
        wait_seconds: float = 0.0,
        temp_directory: Path | None = None,
        sealed: bool = False,
    ) -> Warehouse:
        """Opens or makes the database and brings it up to this version.

        `sealed`, for a file from elsewhere: nothing outside of it can be read, its views of mart
        are made anew, and other views and macros go or are refused. Raises LockedError if another
        process writes to it (after `wait_seconds`), WarehouseError if it is not ours.
        """
        path.parent.mkdir(parents=True, exist_ok=True)
        lock = WriterLock(path, wait_seconds)
        try:
            connection = _connect(path, memory_limit, threads, temp_directory, sealed)
            try:
                with let_go(connection):
                    migrate(connection, everything=sealed)
            except BaseException as error:
                connection.close()
                if isinstance(error, duckdb.Error):
                    _name_full_disk(path, error)
                raise
        except BaseException:
            lock.release()
            raise
        return cls(path, connection, lock)

    def close(self) -> None:
        self.connection.close()
        if self._file >= 0:
            os.close(self._file)
        self._file = -1
        self._lock.release()

    def __enter__(self) -> Warehouse:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        if kind is not None:
            self.connection.interrupt()  # as let_go does
        self.close()

    def sql(self, query: str, **params: object) -> pl.DataFrame:
        """The rows of a query with $named parameters; an empty frame for a statement that returns
        none.
        """
        # Not through a relation: that takes forty times as long for millions of rows.
        *first, last = self.connection.extract_statements(query)
        for statement in first:
            self.connection.execute(statement)
        done = self.connection.execute(last, params or None)
        if last.expected_result_type != [duckdb.ExpectedResultType.QUERY_RESULT]:
            return pl.DataFrame()
        return pl.DataFrame(done.to_arrow_table())

    def run(self, name: str, **params: object) -> pl.DataFrame:
        """Executes the packaged sql/<name>.sql with its $parameters."""
        return self.sql(_text(name), **params)

    @contextmanager
    def transaction(self) -> Iterator[None]:
        """All or nothing; an inner transaction joins the outer one."""
        if self._in_transaction:
            yield
            return
        self.connection.execute("begin")
        self._in_transaction = True
        try:
            with let_go(self.connection):
                yield
        except BaseException:
            self.connection.execute("rollback")
            raise
        else:
            try:
                self.connection.execute("commit")
            except duckdb.Error as error:
                _name_full_disk(self.path, error)
                raise
        finally:
            self._in_transaction = False

    def read(
        self, name: str, *, run_id: str | None = None, grain: Grain | None = None
    ) -> pl.DataFrame:
        """The latest known rows of a frame of schema.FRAMES.

        Results are those of `run_id`, else of the latest run of `grain`, else of the latest run of
        each grain; a frame without a grain column then comes from the first of month, week, day,
        year that has any.
        """
        schema = _schema(name)
        if name not in RESULT_FRAMES:
            # The name is one of schema.FRAMES, never a reader's text.
            return check(self.sql(f"from mart.{_VIEW_OF.get(name, name)}"), schema)
        runs = self.runs()
        if run_id is not None:
            chosen = runs.filter(pl.col("run_id") == run_id)
        else:
            chosen = runs.filter(
                "latest", pl.lit(value=True) if grain is None else pl.col("grain") == grain
            )
        wanted = f"from core.{name} where run_id in (select unnest($runs::varchar[]))"
        rows = self.sql(wanted, runs=chosen["run_id"].to_list()).join(
            chosen.select("run_id", run_grain="grain"), on="run_id"
        )
        if "grain" not in schema.columns and not rows.is_empty():
            first = min(rows["run_grain"].unique(), key=GRAINS.index)
            rows = rows.filter(pl.col("run_grain") == first)
        return check(rows, schema)

    def read_as_of(self, name: str, as_of: datetime) -> pl.DataFrame:
        """The rows of a reference frame, of traffic_period or of coincidence as they were known at
        a time.
        """
        schema = _schema(name)
        if name in REFERENCE_FRAMES:
            return check(
                standing(self.connection.table(f"core.{name}").pl(), schema, as_of), schema
            )
        if name not in _AS_OF:
            raise ContractError(
                f"{name} has no past versions",
                [Problem(name, f"choose from {', '.join((*REFERENCE_FRAMES, *_AS_OF))}")],
            )
        return check(self.run(_AS_OF[name], as_of=as_of), schema)

    def append(
        self, name: str, frame: pl.DataFrame, *, known_at: datetime, complete: bool = False
    ) -> int:
        """Appends what differs from what was known; returns the number of rows. Nothing is
        overwritten.

        Rows of a frame that has a known_at of its own keep it; the others become known at
        `known_at`. With `complete` the frame states all there is, and items it does not name are
        recorded as withdrawn.
        """
        schema = _schema(name)
        if name not in REFERENCE_FRAMES:
            raise ContractError(
                f"{name} is not a reference frame", [Problem(name, "results are kept by save_run")]
            )
        if "known_at" not in frame.columns:
            frame = frame.with_columns(known_at=pl.lit(known_at))
        stated = check(
            frame.with_columns(pl.col("known_at").fill_null(known_at)), _versioned(schema)
        )
        with self.transaction():
            stored = self.connection.table(f"core.{name}").pl()
            fresh = new_versions(stored, stated, schema, known_at, complete=complete)
            self._insert(f"core.{name}", fresh)
        return fresh.height

    def save_run(self, run: RunRecord, frames: Mapping[str, pl.DataFrame]) -> bool:
        """Keeps a run and its results in one transaction. False, and nothing written, if the run is
        already kept.
        """
        strangers = sorted(set(frames) - set(RESULT_FRAMES))
        if strangers:
            raise ContractError(
                "a run can't keep these frames",
                [Problem(name, "is not a result frame") for name in strangers],
            )
        checked = {name: check(frame, FRAMES[name]) for name, frame in sorted(frames.items())}
        with self.transaction():
            known = self.connection.execute(
                "select 1 from core.forecast_run where run_id = $id", {"id": run.run_id}
            )
            if known.fetchone():
                return False
            self._insert("core.forecast_run", pl.DataFrame([vars(run)]))
            for name, frame in checked.items():
                self._insert(
                    f"core.{name}", frame.select(pl.lit(run.run_id).alias("run_id"), pl.all())
                )
            self.run("results/fans", run_id=run.run_id)
        return True

    def runs(self) -> pl.DataFrame:
        """Every kept run, the earliest first; `latest` marks the one that speaks for its grain
        now.
        """
        return self.sql("from mart.run_history order by known_at, run_id")

    def note_edition(self, edition_id: str) -> None:
        """Writes the edition's name into the database, so that the copy made next carries it."""
        with self.transaction():
            self.run("publish/note_edition", edition_id=edition_id)

    def copy_to(self, target: Path) -> None:
        """Copies the database file as of now, synced to disk. Must not be called within a
        transaction.

        Raises WarehouseError where a part of it is not what was written: neither readers nor
            backups are given that.
        """
        self.connection.execute("checkpoint")
        # Closing any descriptor of a file drops this process's locks on it, DuckDB's too: ours
        # stays open until the end.
        if self._file < 0:
            self._file = os.open(self.path, os.O_RDONLY)
        with target.open("wb") as copy:
            try:
                for chunk in sound_chunks(lambda count, at: os.pread(self._file, count, at)):
                    copy.write(chunk)
            except DamageError as damage:
                raise damaged(self.path, str(damage)) from damage
            copy.flush()
            os.fsync(copy.fileno())

    def _insert(self, table: str, frame: pl.DataFrame) -> None:
        if not frame.is_empty():
            order = self.connection.table(table).columns
            self.connection.from_arrow(frame.select(order).to_arrow()).insert_into(table)


@cache
def _text(name: str) -> str:
    return (SQL / f"{name}.sql").read_text("utf-8")


_VIEW_OF = {"traffic_period": "traffic_latest"}
_AS_OF = {"traffic_period": "results/traffic_as_of", "coincidence": "results/coincidence_as_of"}


def _name_full_disk(path: Path, error: duckdb.Error) -> None:
    if "No space left" in str(error):
        raise WarehouseError(
            "the disk is full",
            [Problem(str(path), str(error).splitlines()[0])],
            "Make room and run again; what was kept before is whole.",
        ) from error


def _schema(name: str) -> FrameSchema:
    if name not in FRAMES:
        raise ContractError(
            f"there is no frame {name}", [Problem(name, f"choose from {', '.join(FRAMES)}")]
        )
    return FRAMES[name]


def _versioned(schema: FrameSchema) -> FrameSchema:
    columns = {**schema.columns, "known_at": KNOWN_AT}
    return replace(schema, key=tuple(dict.fromkeys((*schema.key, "known_at"))), columns=columns)


def _connect(
    path: Path, memory_limit: str, threads: int, temp_directory: Path | None, sealed: bool
) -> duckdb.DuckDBPyConnection:
    config: dict[str, str | bool | int | float | list[str]] = {
        **OFFLINE,
        "memory_limit": memory_limit,
        "threads": threads,
        "preserve_insertion_order": ORDER_IS_KEPT,
    }
    if sealed:
        config["enable_external_access"] = False
    if temp_directory is not None:
        config["temp_directory"] = str(temp_directory)
    if DUCKDB_2 and not path.exists():
        # Clients of the 1.5 line can't open what 2.x writes by default.
        config["storage_compatibility_version"] = "v1.5.0"
    try:
        connection = duckdb.connect(str(path), config=config)
    except duckdb.IOException as error:
        if "set lock on file" in str(error):
            raise LockedError(
                "another program has this database open",
                [Problem(str(path), str(error).splitlines()[0])],
                "Close it; readers should open the published copy instead.",
            ) from error
        raise WarehouseError(
            "the database can't be opened",
            [Problem(str(path), str(error).splitlines()[0])],
            f"If this is not a warehouse, name another. {REMEDY}",
        ) from error
    # The bar would stand among a program's answers.
    connection.execute("set TimeZone = 'UTC'; set enable_progress_bar = false")
    return connection
