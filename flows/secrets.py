"""What a source needs from outside of its settings: secrets from files or the environment, paths made whole."""

from __future__ import annotations

import os
import re
from dataclasses import replace
from pathlib import Path

from flows.settings import Settings
from warehouse.errors import Problem, SourceError
from warehouse.sources.prometheus import Secrets
from warehouse.sources.spec import SourceSpec


def placed(settings: Settings, source: SourceSpec) -> SourceSpec:
    """The source with its tables looked for in the folder of data, and its secrets and certificates beside the settings file."""
    data = {key: str(settings.data / name) for key in ("map_file", "population_file") if (name := getattr(source, key))}
    kept = {key: str(settings.folders.base / name) for key in ("token_file", "password_file", "ca_file") if (name := getattr(source, key))}  # fmt: skip
    return replace(source, **data, **kept)  # type: ignore[arg-type]


def secrets_of(source: SourceSpec) -> Secrets:
    """From token_file and password_file, else from TRANSIT_<NAME>_TOKEN and TRANSIT_<NAME>_PASSWORD."""
    name = re.sub(r"\W", "_", source.name).upper()
    return Secrets(
        token=_read(source.name, source.token_file) or ("" if source.user else os.environ.get(f"TRANSIT_{name}_TOKEN", "")),
        password=_read(source.name, source.password_file) or os.environ.get(f"TRANSIT_{name}_PASSWORD", ""),
    )  # fmt: skip


def _read(source: str, name: str) -> str:
    if not name:
        return ""
    try:
        return Path(name).read_text("utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SourceError("a secret can't be read", [Problem(f"{source}, {name}", type(error).__name__)], "Check that the file is there and may be read.") from None  # fmt: skip
