"""What a result was made from: hashes of the code, of frames and of settings."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from functools import cache
from importlib.metadata import version
from pathlib import Path
from typing import Any

import polars as pl

PACKAGES = ("flows", "forecasting", "warehouse", "dashboards")


@cache
def code_version(packages: tuple[str, ...] = PACKAGES) -> str:
    """The distribution's version and a hash of the packages' files, so that an edited checkout is
    told apart.
    """
    root = Path(__file__).parents[2]
    digest = hashlib.sha256()
    for package in packages:
        for path in sorted((root / package).rglob("*")):
            if path.is_file() and path.suffix in {
                ".py",
                ".sql",
                ".toml",
                ".csv",
                ".json",
                ".html",
                ".css",
                ".js",
            }:
                digest.update(str(path.relative_to(root)).encode())
                digest.update(path.read_bytes())
    return f"{version('transit-forecast')}+{digest.hexdigest()[:8]}"


def frame_hash(frames: Mapping[str, pl.DataFrame]) -> str:
    """The same for the same rows in the same order, on any machine and library version, whenever
    they became known.
    """
    digest = hashlib.sha256()
    for name in sorted(frames):
        digest.update(name.encode())
        digest.update(
            frames[name].drop("known_at", strict=False).write_csv(float_precision=9).encode()
        )
    return digest.hexdigest()


def settings_json(value: Any) -> str:
    """A dataclass tree as JSON with sorted keys: stored with results and hashed into their
    identity.
    """
    import pydantic_core

    return json.dumps(pydantic_core.to_jsonable_python(value), sort_keys=True, ensure_ascii=False)


def step_key(*parts: str) -> str:
    return hashlib.sha256("\x1f".join(parts).encode()).hexdigest()[:16]
