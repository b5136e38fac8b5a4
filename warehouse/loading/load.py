"""Files in -> samples, quarantine and a sum that balances: rows in = loaded + quarantined + already
known.
"""

from __future__ import annotations

import hashlib
import json
import os
import stat
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import BinaryIO

import duckdb

from warehouse.errors import Problem, SettingsError, SourceError, WarehouseError
from warehouse.loading.bulk import NotPlainError, is_plain, write_plain
from warehouse.loading.counters import write_counters
from warehouse.loading.quarantine import keep_refused
from warehouse.loading.slots import Written, write_log, write_slots
from warehouse.sources.open import open_rows
from warehouse.sources.rows import CountersSpec, RowSpec
from warehouse.sources.spec import CELL_UNITS, LOGS, SLOT_MINUTES, SampleSpec, SourceSpec
from warehouse.sources.table import PARQUET, Opened, damage_of_parquet
from warehouse.store.database import ORDER_IS_KEPT, Warehouse

EARLIEST = datetime(1980, 1, 1, tzinfo=UTC)
PORTS_NAMED = 10
"""So many ports are named in the notes of one file."""


@dataclass(frozen=True)
class LoadResult:
    """What became of one file. `error` says why nothing of it was loaded; the other figures are
    then 0.
    """

    source: str
    file_name: str
    rows_in: int = 0
    rows_loaded: int = 0
    rows_quarantined: int = 0
    rows_known: int = 0
    slots_new: int = 0
    slots_changed: int = 0
    slot_minutes: int | None = None
    first_slot: datetime | None = None
    last_slot: datetime | None = None
    flags: dict[str, int] = field(default_factory=dict)
    notes: tuple[str, ...] = ()
    batch_id: int | None = None
    error: SourceError | None = None


def load_files(
    warehouse: Warehouse,
    spec: SampleSpec,
    paths: Sequence[Path],
    *,
    known_at: datetime,
    today: datetime,
    slot_minutes: int = 5,
) -> list[LoadResult]:
    """Loads each file in a transaction of its own, in the order of `paths`.

    A file that can't be read as a whole gets a result with its error and the others load. Rows
    stamped after `today` are refused. Samples finer than `slot_minutes` are averaged into slots of
    that length.
    """
    if slot_minutes not in SLOT_MINUTES:
        raise SettingsError(
            "the slot length can't be used",
            [
                Problem(
                    "slot_minutes",
                    f"is {slot_minutes}; choose from {', '.join(map(str, SLOT_MINUTES))}",
                )
            ],
        )
    with warehouse.transaction():
        warehouse.run("traffic/reading_macros")
        warehouse.run("traffic/known_names")
        warehouse.run("traffic/port")
        warehouse.run("traffic/forget_port_names")
        warehouse.run("traffic/port_names")
        warehouse.run("traffic/windows")
    try:
        return [
            _load_or_explain(warehouse, spec, path, known_at, today, slot_minutes) for path in paths
        ]
    finally:
        warehouse.run("traffic/keep_order" if ORDER_IS_KEPT else "traffic/free_order")


def _load_or_explain(
    warehouse: Warehouse,
    spec: SampleSpec,
    path: Path,
    known_at: datetime,
    today: datetime,
    slot_minutes: int,
) -> LoadResult:
    shown = os.fsencode(path).decode(errors="backslashreplace")
    if shown != str(path):
        problem = Problem(shown, "has bytes in its name that are no UTF-8")
        error = SourceError("a file's name can't be kept", [problem], "Rename it.")
        return LoadResult(spec.name, shown, error=error)
    # The place of a row in its staging table is its place in the file.
    warehouse.run("traffic/keep_order")
    try:
        try:
            with warehouse.transaction():
                return _load_file(warehouse, spec, path, known_at, today, slot_minutes, plain=True)
        except NotPlainError:
            warehouse.run("traffic/keep_order")
            with warehouse.transaction():
                return _load_file(warehouse, spec, path, known_at, today, slot_minutes, plain=False)
    except SourceError as error:
        return LoadResult(spec.name, str(path), error=error)
    except duckdb.Error as error:
        if isinstance(error, duckdb.InvalidInputException) and "CSV" in str(error):
            problem = Problem(str(path), str(error).splitlines()[0])
            remedy = "Check that its lines all end in the same way and that quotes are closed."
            return LoadResult(
                spec.name,
                str(path),
                error=SourceError("the file can't be read as text in columns", [problem], remedy),
            )
        if path.suffix.lower() in PARQUET and (damage := damage_of_parquet(path)):
            return LoadResult(
                spec.name,
                str(path),
                error=SourceError(
                    "the file is damaged",
                    [Problem(str(path), damage)],
                    "Fetch it or write it again; the others are loaded.",
                ),
            )
        if "No space left" not in str(error):
            raise
        raise WarehouseError(
            "the disk is full",
            [Problem(str(path), str(error).splitlines()[0])],
            "Make room and run again; the files before this one are loaded, and of this "
            "one nothing is.",
        ) from error


def _load_file(
    warehouse: Warehouse,
    spec: SampleSpec,
    path: Path,
    known_at: datetime,
    today: datetime,
    slot_minutes: int,
    *,
    plain: bool,
) -> LoadResult:
    content = content_of(spec, path)
    content_hash = content.digest
    batch_id = int(warehouse.run("traffic/next_batch")["batch_id"].item())
    result = LoadResult(spec.name, str(path), batch_id=batch_id)
    before = warehouse.run(
        "traffic/same_file", content_hash=content_hash, spec_hash=spec.fingerprint()
    )
    if before.height and before["open_rows"].item() == 0:
        rows = int(before["rows_in"].item())
        result = replace(
            result, rows_in=rows, rows_known=rows, notes=("the same file was loaded before",)
        )
    else:
        opened = open_rows(warehouse.connection, spec, path)
        found = opened.spec
        if plain and not before.height and is_plain(warehouse, found, path, opened, slot_minutes):
            written = write_plain(
                warehouse,
                found,
                opened,
                content_hash=content_hash,
                batch_id=batch_id,
                today_us=_microseconds(today),
                earliest_us=_microseconds(EARLIEST),
            )
            result = _with_slots(
                warehouse, replace(result, rows_in=written.rows_loaded, notes=opened.notes), written
            )
            _record(warehouse, spec, path, result, content, known_at)
            return result
        _stage(warehouse, found, path, today, opened)
        warehouse.run("traffic/own_batches", source=spec.name, file_name=str(path))
        refused = keep_refused(
            warehouse, spec, path, content_hash=content_hash, batch_id=batch_id, opened=opened
        )
        result = replace(
            result,
            rows_in=refused.rows_in,
            rows_quarantined=refused.fresh,
            notes=opened.notes + refused.notes,
        )
        if refused.rows_in > refused.fresh + refused.repeated:
            if isinstance(found, CountersSpec):
                written = write_counters(
                    warehouse, found, batch_id=batch_id, slot_minutes=slot_minutes
                )
            elif found.kind in LOGS:
                written = write_log(
                    warehouse, found, path, opened, batch_id=batch_id, slot_minutes=slot_minutes
                )
            else:
                written = write_slots(
                    warehouse, found, path, opened, batch_id=batch_id, slot_minutes=slot_minutes
                )
            result = _with_slots(warehouse, result, written)
        result = replace(
            result, rows_known=result.rows_in - result.rows_loaded - result.rows_quarantined
        )
        if found.first_slot and result.last_slot and result.last_slot > today:
            raise SourceError(
                "rows lie in the future",
                [
                    Problem(
                        str(path),
                        "counted from first_slot, its last row stands at "
                        f"{result.last_slot:%Y-%m-%d %H:%M}",
                    )
                ],
                "Fix first_slot of this source.",
            )
    _record(warehouse, spec, path, result, content, known_at)
    return result


def _with_slots(warehouse: Warehouse, result: LoadResult, written: Written) -> LoadResult:
    flags = warehouse.run("traffic/flags", batch_id=result.batch_id)
    return replace(
        result,
        rows_loaded=written.rows_loaded,
        slots_new=written.slots_new,
        slots_changed=written.slots_changed,
        slot_minutes=written.slot_minutes,
        first_slot=written.first_slot,
        last_slot=written.last_slot,
        flags=(counts := dict(flags.iter_rows())),
        notes=result.notes
        + written.notes
        + (_over_speed(warehouse, result.batch_id) if "over_speed" in counts else ()),
    )


def _over_speed(warehouse: Warehouse, batch_id: int | None) -> tuple[str, ...]:
    """A note for each port with slots over its speed; at most PORTS_NAMED of them."""
    ports = list(warehouse.run("traffic/over_speed", batch_id=batch_id).iter_rows(named=True))
    notes = [
        f"{port['slots']:,} slots of {port['interface_id']} are over its speed_gbps of "
        f"{port['speed_bps'] / 1e9:g}, at most {port['highest_bps'] / 1e9:.3g} Gbit/s; the values "
        "stay, flagged over_speed: check the speed in interfaces.csv and the source's unit"
        for port in ports[:PORTS_NAMED]
    ]
    if len(ports) > PORTS_NAMED:
        notes.append(f"and {len(ports) - PORTS_NAMED} more ports with slots over their speed")
    return tuple(notes)


@dataclass(frozen=True)
class Content:
    """What a file held when it was looked at: its bytes, their SHA-256, and which file it was."""

    size: int
    digest: str
    state: tuple[int, ...]


def content_of(spec: SourceSpec, path: Path) -> Content:
    """Raises SourceError where there is no file that can be read, or one beyond the limit."""
    try:
        state = path.stat()
        size = state.st_size
        if not stat.S_ISREG(state.st_mode):
            # A pipe or a device may never end.
            raise SourceError(
                "a file can't be read",
                [Problem(str(path), "is a folder, a pipe or a device")],
                "Give files.",
            )
        if size > spec.max_file_bytes:
            raise SourceError(
                "a file is too large",
                [
                    Problem(
                        str(path), f"has {size} bytes, more than the limit of {spec.max_file_bytes}"
                    )
                ],
                "Split it, or raise max_file_bytes.",
            )
        with path.open("rb") as file:
            state = os.fstat(file.fileno())
            digest = _digest(file, state.st_size)
            return Content(state.st_size, digest, _identity(state))
    except FileNotFoundError as error:
        raise SourceError(
            "a file is missing", [Problem(str(path), "does not exist")], "Check the source's files."
        ) from error
    except OSError as error:
        raise SourceError(
            "a file can't be read",
            [Problem(str(path), str(error.strerror))],
            "Check that it is a file one may read.",
        ) from error


def refuse_exchanged(path: Path, content: Content) -> None:
    """Raises SourceError where another file took the place of the one that was looked at: its rows
    would be known by the wrong hash. One that only grew meanwhile is the same.
    """
    try:
        with path.open("rb") as file:
            now = os.fstat(file.fileno())
            if _identity(now) == content.state:
                return
            if now.st_size >= content.size and _digest(file, content.size) == content.digest:
                return
            problem = Problem(str(path), "was written anew meanwhile")
    except OSError as error:
        problem = Problem(str(path), f"went away meanwhile: {error.strerror}")
    raise SourceError(
        "a file changed while it was read", [problem], "The next run loads it as it then is."
    )


def _identity(state: os.stat_result) -> tuple[int, ...]:
    return state.st_dev, state.st_ino, state.st_size, state.st_mtime_ns


def _digest(file: BinaryIO, size: int) -> str:
    """SHA-256 of the first `size` bytes."""
    found, left = hashlib.sha256(), size
    while left and (piece := file.read(min(left, 1 << 20))):
        found.update(piece)
        left -= len(piece)
    return found.hexdigest()


def _stage(
    warehouse: Warehouse, spec: RowSpec, path: Path, today: datetime, opened: Opened
) -> None:
    warehouse.run("traffic/forget_rejects")
    warehouse.run("traffic/forget_scans")
    reading = {
        **opened.reading,
        "swap": spec.swap_directions,
        "port_keys": warehouse.run("traffic/port_keys")["interface_key"].to_list(),
        "today_us": _microseconds(today),
        "earliest_us": _microseconds(EARLIEST),
    }
    try:
        if isinstance(spec, CountersSpec):
            unused = ("direction", "direction_group", "single", "in_words", "out_words")
            reading = {name: value for name, value in reading.items() if name not in unused}
            warehouse.run("traffic/stage_counters", **reading, counter_bits=spec.counter_bits)
        else:
            if spec.layout == "wide":
                times = ("time_kind", "stamp_us", "formats", "has_offset", "zone", "earliest_us")
                warehouse.run("traffic/wide_times", **{name: reading[name] for name in times})
                warehouse.run("traffic/unpivot")
            else:
                warehouse.run("traffic/timed_rows")
            warehouse.run(
                "traffic/stage",
                **reading,
                bits=spec.bits_per_unit,
                decimal_comma=spec.decimal_comma,
                thousands=spec.thousands,
                amounts=spec.negative == "amount",
                unit_names=[] if spec.per_slot else list(CELL_UNITS),
                unit_bits=[] if spec.per_slot else list(CELL_UNITS.values()),
            )
        if warehouse.run("traffic/any_dated_names")["dated"].item():
            # A slot belongs to the port of its start: one that is stamped at its end began before.
            warehouse.run("traffic/resolve_dated_names", before_us=int(spec.stamp == "end"))
    except (duckdb.InvalidInputException, duckdb.ConversionException, duckdb.IOException) as error:
        if "No space left" in str(error):
            raise
        raise SourceError(
            "a file can't be read",
            [Problem(str(path), str(error).splitlines()[0])],
            "Check that it is whole and of the stated format.",
        ) from error


def _record(
    warehouse: Warehouse,
    spec: SourceSpec,
    path: Path,
    result: LoadResult,
    content: Content,
    known_at: datetime,
) -> None:
    refuse_exchanged(path, content)
    warehouse.run(
        "traffic/record_batch",
        batch_id=result.batch_id,
        source=spec.name,
        priority=spec.priority,
        file_name=result.file_name,
        content_hash=content.digest,
        spec_hash=spec.fingerprint(),
        file_bytes=content.size,
        rows_in=result.rows_in,
        rows_loaded=result.rows_loaded,
        rows_quarantined=result.rows_quarantined,
        rows_known=result.rows_known,
        slots_new=result.slots_new,
        slots_changed=result.slots_changed,
        slot_minutes=result.slot_minutes,
        first_slot=result.first_slot,
        last_slot=result.last_slot,
        flags=json.dumps(result.flags),
        notes="\n".join(result.notes),
        simulated=spec.simulated,
        known_at=known_at,
    )


def _microseconds(instant: datetime) -> int:
    return (instant - datetime(1970, 1, 1, tzinfo=UTC)) // timedelta(microseconds=1)
