"""One small project, run once through the command line with Prefect's embedded server."""

import os
import subprocess
import sys
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest


@dataclass(frozen=True)
class Project:
    folder: Path

    def transit(self, *arguments: str, check: bool = True) -> subprocess.CompletedProcess[str]:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")
        }
        environment |= {"COLUMNS": "200", "NO_COLOR": "1"}
        run = subprocess.run(
            [sys.executable, "-P", "-m", "flows.cli", *arguments],
            cwd=self.folder,
            env=environment,
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert not check or run.returncode == 0, run.stderr
        return run


def hourly_traffic(months: int = 30) -> pl.DataFrame:
    """Two interfaces that grow by 30 % a year, with a day and a week, at one sample an hour."""
    first = datetime(2024, 5, 1, tzinfo=UTC)
    hours = (
        int((datetime(2026, 11, 1, tzinfo=UTC) - first) / timedelta(hours=1))
        if months == 30
        else months * 30 * 24
    )
    at = np.arange(hours)
    rng = np.random.default_rng(7)
    frames = []
    for name, level in (("ala-fra-1", 40e9), ("ast-fra-1", 60e9)):
        shape = 1 + 0.4 * np.sin(2 * np.pi * at / 24) + 0.05 * np.sin(2 * np.pi * at / 168)
        value = level * np.exp(0.262 * at / 8766) * shape * rng.lognormal(0, 0.05, hours)
        frames.append(
            pl.DataFrame(
                {
                    "time": [first + timedelta(hours=int(h)) for h in at],
                    "interface": name,
                    "in": value / 4,
                    "out": value,
                }
            )
        )
    return pl.concat(frames).with_columns(pl.col("time").dt.strftime("%Y-%m-%d %H:%M:%S"))


def lay_traps(folder: Path) -> None:
    """Modules that end whoever imports them, under names that a user's folder may well hold."""
    (folder / "flows").mkdir()
    for name in ("flows/__init__", "calendar", "socket", "random", "polars", "warehouse"):
        (folder / f"{name}.py").write_text(f"raise SystemExit('{name} was imported')\n")


def make_project(folder: Path) -> Project:
    """`transit init` and two and a half years of traffic files, in a folder whose own modules must
    not be imported; nothing is run.
    """
    folder.mkdir(exist_ok=True)
    lay_traps(folder)
    made = Project(folder)
    made.transit("init", ".")
    settings = made.folder / "transit.toml"
    text = settings.read_text(encoding="utf-8")
    settings.write_text(f"{text}\n[run]\ntoday = 2026-11-22\n", encoding="utf-8")
    for (year,), part in hourly_traffic().group_by(
        pl.col("time").str.slice(0, 4), maintain_order=True
    ):
        part.write_csv(made.folder / "traffic" / f"nms-{year}.csv")
    return made


def with_settings(folder: Path, text: str) -> None:
    path = folder / "transit.toml"
    path.write_text(f"{path.read_text(encoding='utf-8')}\n{text}\n", encoding="utf-8")


@pytest.fixture(scope="session")
def project(tmp_path_factory) -> Project:
    """A project that ran once."""
    made = make_project(tmp_path_factory.mktemp("project"))
    made.transit("run")
    return made
