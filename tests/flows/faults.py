"""Kills a whole run at random moments, goes on, and compares with a run nobody disturbed."""

import os
import random
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import duckdb

from flows.operate.manifest import changed_files, read_manifest
from flows.steps.kept_steps import CONTENTS, is_whole

RESULTS = (
    "forecast_quantile",
    "no_forecast",
    "backtest_score",
    "forecast_component",
    "segment_load",
    "runout",
    "order_plan",
    "traffic_sample",
    "traffic_period",
    "traffic_peak",
    "traffic_profile",
    "quarantine",
    "level_shift",
    "forecast_effect",
    "segment_risk",
    "runout_probability",
    "upgrade",
    "plan_note",
)
"""Tables whose rows must be those of an undisturbed run; times of knowing and batch numbers aside.
"""
ASIDE = {"known_at", "batch_id", "started_at", "finished_at"}


def environment() -> dict[str, str]:
    kept = {name: value for name, value in os.environ.items() if not name.startswith("PREFECT_")}
    return kept | {
        "COLUMNS": "200",
        "NO_COLOR": "1",
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }


def start(folder: Path, *arguments: str) -> subprocess.Popen[bytes]:
    return subprocess.Popen(
        [sys.executable, "-P", "-m", "flows.cli", *arguments],
        cwd=folder,
        env=environment(),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.PIPE,
    )


def run_to_the_end(folder: Path) -> float:
    """Seconds it took."""
    began = time.monotonic()
    process = start(folder, "run")
    _, told = process.communicate(timeout=600)
    assert process.returncode == 0, told.decode()
    return time.monotonic() - began


def fingerprint(folder: Path) -> dict[str, object]:
    """What an undisturbed run and one that was taken up again must have in common: rows and an
    order-free hash of every result table, in the working database and in the published copy; rows
    of the archive; pages of every edition and where `latest` leads; the contents of kept steps.

    Asserts that everything published is as its manifest says, and that nothing unfinished is left.
    """
    found: dict[str, object] = {}
    for name in ("published/transit.duckdb", ".transit/transit.duckdb"):
        with duckdb.connect(str(folder / name), read_only=True) as connection:
            for table in RESULTS:
                found[f"{name} {table}"] = _rows_of(connection, table)
            found[f"{name} archive"] = connection.execute(
                "select count(distinct run_id) from core.edition"
            ).fetchone()
    reports = folder / "reports"
    editions = [
        path for path in sorted(reports.iterdir()) if path.is_dir() and not path.is_symlink()
    ]
    found["pages"] = sorted(
        str(path.relative_to(reports))
        for edition in editions
        for path in edition.rglob("*")
        if path.is_file()
    )
    found["latest"] = str((reports / "latest").readlink())
    for place in (folder / "published", *editions):
        manifest = read_manifest(place)
        assert manifest is not None, f"{place} has no manifest"
        assert changed_files(place, manifest) == []
    left = [path for place in (reports, folder / "published") for path in place.rglob(".*")]
    assert left == []
    for kept in sorted((folder / ".transit" / "steps").iterdir()):
        if not kept.name.startswith("."):
            assert is_whole(kept), kept
            found[kept.name] = (kept / CONTENTS).read_text(encoding="utf-8")
    return found


def _rows_of(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, int] | None:
    names = [
        name
        for (name,) in connection.execute(
            "select column_name from duckdb_columns()"
            " where schema_name = 'core' and table_name = ? order by column_index",
            [table],
        ).fetchall()
        if name not in ASIDE
    ]
    if not names:
        return None
    row = connection.execute(
        f"select count(*), coalesce(bit_xor(hash({', '.join(names)})), 0) from core.{table}"
    ).fetchone()
    assert row is not None
    return row


def children_of(process: int) -> list[int]:
    """Every process below, deepest last."""
    found = []
    for child in Path(f"/proc/{process}/task").glob("*/children"):
        for name in child.read_text().split():
            found += [int(name), *children_of(int(name))]
    return found


def alive(process: int) -> bool:
    try:
        return Path(f"/proc/{process}/stat").read_text().rsplit(")", 1)[1].split()[0] not in {
            "Z",
            "X",
        }
    except OSError:
        return False


def outlived_by(children: list[int], *, patience_seconds: float = 10.0) -> list[int]:
    """Those that are still alive when patience ends; they look for their parent every half
    second.
    """
    patience = time.monotonic() + patience_seconds
    while any(map(alive, children)) and time.monotonic() < patience:
        time.sleep(0.05)
    return [child for child in children if alive(child)]


def readable(folder: Path) -> bool:
    """Whether the published copy, where there is one, opens and answers."""
    link = folder / "published" / "transit.duckdb"
    if not link.exists():
        return not link.is_symlink()
    with duckdb.connect(str(link), read_only=True) as connection:
        row = connection.execute("select count(*) from mart.run_history").fetchone()
    return row is not None and row[0] > 0


def disturbed(folder: Path, kills: int, *, within_seconds: float, seed: int) -> list[float]:
    """Starts a run `kills` times and kills it outright each time; returns after how many seconds.

    The published copy must be readable after every kill, and no child may outlive its parent.
    """
    moments = random.Random(seed)
    killed = []
    for _ in range(kills):
        process = start(folder, "run", *(["--force"] if moments.random() < 0.3 else []))
        moment = moments.uniform(0.3, within_seconds)
        deadline = time.monotonic() + moment
        while time.monotonic() < deadline and process.poll() is None:
            time.sleep(0.02)
        children = children_of(process.pid)
        process.send_signal(signal.SIGKILL)
        process.communicate()
        killed.append(moment)
        assert outlived_by(children) == [], "a child outlived its parent"
        assert readable(folder), f"the published copy can't be read after a kill at {moment:.2f} s"
    return killed


def copy_of(project: Path, target: Path) -> Path:
    """The inputs of a project alone."""
    target.mkdir(parents=True)
    for name in ("network", "traffic"):
        shutil.copytree(project / name, target / name)
    shutil.copyfile(project / "transit.toml", target / "transit.toml")
    return target
