"""Results of steps kept under the hash of what they were made from: what is done and valid is not
done again.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np
import polars as pl

from forecasting.capacity.routing import Loads
from forecasting.series import Paths
from warehouse.store.files import clear_unfinished, new_folder, remove_folder

if TYPE_CHECKING:  # statsmodels takes seconds to import, and who reads kept paths needs none of it
    from forecasting.demand.engine import Forecast

KEPT = 6
CONTENTS = "contents.json"
"""Length and SHA-256 of every file of a kept result."""
_LOADS = ("base", "worst", "cause")
_FRAMES = ("no_forecast", "backtest", "components", "shifts", "effects")


def is_kept(folder: Path, key: str) -> bool:
    return is_whole(folder / f"forecast-{key}")


def _seal(place: Path) -> None:
    """Writes every file's length and SHA-256 beside them."""
    contents = {}
    for path in sorted(place.iterdir()):
        with path.open("rb") as file:
            contents[path.name] = [
                path.stat().st_size,
                hashlib.file_digest(file, "sha256").hexdigest(),
            ]
    (place / CONTENTS).write_text(json.dumps(contents, sort_keys=True), encoding="utf-8")


def is_whole(place: Path) -> bool:
    """Whether the kept result is as it was written: a damaged one is thrown away, to be made
    again.
    """
    if not place.exists():
        return False
    try:
        contents = json.loads((place / CONTENTS).read_text(encoding="utf-8"))
        for name, (length, digest) in contents.items():
            with (place / name).open("rb") as file:
                if os.fstat(file.fileno()).st_size != length:
                    raise ValueError(name)
                if hashlib.file_digest(file, "sha256").hexdigest() != digest:
                    raise ValueError(name)
    except (OSError, ValueError, TypeError, AttributeError):
        shutil.rmtree(place, ignore_errors=True)
        return False
    return True


def kept_forecast(
    folder: Path, key: str, compute: Callable[[], Forecast], *, force: bool = False
) -> tuple[Forecast, bool]:
    """The forecast kept under `key`, else computed and kept; and whether it was computed.

    A result appears by one rename, so a crash leaves either all of it or nothing.
    """
    place = folder / f"forecast-{key}"
    if not force and is_whole(place):
        os.utime(place)
        return _read(place), False
    result = compute()
    folder.mkdir(parents=True, exist_ok=True)
    with new_folder(place) as unfinished:
        _write(unfinished, result)
        _seal(unfinished)
    _prune(folder)
    return result, True


def _write(place: Path, result: Forecast) -> None:
    np.save(place / "draws_gbps.npy", result.paths.draws_gbps)
    result.paths.keys.write_parquet(place / "keys.parquet")
    about = {
        "grain": result.paths.grain,
        "periods": [period.isoformat() for period in result.paths.periods],
    }
    (place / "about.json").write_text(json.dumps(about), encoding="utf-8")
    for name in _FRAMES:
        frame: pl.DataFrame = getattr(result, name)
        frame.write_parquet(place / f"{name}.parquet")


def kept_paths(folder: Path, key: str) -> Paths | None:
    """The paths of the forecast kept under `key`, their draws read from disk as they are used; None
    where none is kept.
    """
    place = folder / f"forecast-{key}"
    if not is_whole(place):
        return None
    os.utime(place)
    return _read_paths(place, mapped=True)


MOST_LOADS_BYTES = 256 << 20
LOADS_KEPT = 2


def keep_loads(folder: Path, key: str, loads: Loads) -> None:
    """Keeps the loads that what-ifs start from, unless they are too large to be worth it. They
    appear by one rename.
    """
    place = folder / f"loads-{key}"
    if (
        place.exists()
        or loads.base.nbytes + loads.worst.nbytes + loads.cause.nbytes > MOST_LOADS_BYTES
    ):
        return
    # Another what-if may keep the same ones meanwhile, or a run clear the folder; they can be made
    # again.
    with suppress(OSError), new_folder(place) as unfinished:
        for name in _LOADS:
            np.save(unfinished / f"{name}.npy", getattr(loads, name))
        about = {"links": loads.links, "failure_ids": loads.failure_ids}
        (unfinished / "about.json").write_text(json.dumps(about), encoding="utf-8")
        _seal(unfinished)
    kept = sorted(folder.glob("loads-*"), key=lambda one: one.stat().st_mtime, reverse=True)
    for old in kept[LOADS_KEPT:]:
        shutil.rmtree(old, ignore_errors=True)


def kept_loads(folder: Path, key: str) -> Loads | None:
    """The loads kept under `key`, read from disk as they are used; None where none are."""
    place = folder / f"loads-{key}"
    if not is_whole(place):
        return None
    about = json.loads((place / "about.json").read_text(encoding="utf-8"))
    links = tuple((segment, way) for segment, way in about["links"])
    return Loads(
        links,
        tuple(about["failure_ids"]),
        *(np.load(place / f"{name}.npy", mmap_mode="r") for name in _LOADS),
    )


def _read_paths(place: Path, *, mapped: bool = False) -> Paths:
    about = json.loads((place / "about.json").read_text(encoding="utf-8"))
    return Paths(
        about["grain"],
        pl.read_parquet(place / "keys.parquet"),
        tuple(date.fromisoformat(period) for period in about["periods"]),
        np.load(place / "draws_gbps.npy", mmap_mode="r" if mapped else None),
    )


def _read(place: Path) -> Forecast:
    from forecasting.demand.engine import Forecast

    frames: Mapping[str, pl.DataFrame] = {
        name: pl.read_parquet(place / f"{name}.parquet") for name in _FRAMES
    }
    return Forecast(paths=_read_paths(place), **frames)


def _prune(folder: Path) -> None:
    """The newest results stay; what a crash left unfinished goes."""
    kept = sorted(folder.glob("forecast-*"), key=lambda place: place.stat().st_mtime, reverse=True)
    for place in kept[KEPT:]:
        remove_folder(place)
    clear_unfinished(folder)
