"""`python -m tests.benchmarks.soak [N]`: the life of a small project, N (2,000) scheduled runs of
an hour each in one process.

Every run finds one more hour's file and loads it; every 24th is the whole job; at the end of a
month forecasts, reports and editions are new. Prints memory, open files, threads, files on disk,
and the sizes of Prefect's database and of the warehouse every tenth of the way, and fails where the
last tenth is above the bounds stated here. Memory is looked at after each run: the least of a tenth
is what stays, the most what an edition took and gave back by and by.
"""

import os
import re
import sys
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from flows.runtime import embedded

BOUNDS = {
    "memory MB": 100.0,
    "most memory MB": 200.0,
    "server MB": 150.0,
    "descriptors": 20,
    "threads": 10,
    "files": 60,
    "prefect MB": 120.0,
    "warehouse MB": 60.0,
}
"""How much each may grow from the first tenth to the last."""
KEPT, KEPT_MB = 300, 30.0
"""So many flow runs are left by the pruning at the end, in a database of so many MB."""
RUNS_PER_DAY = 24


def measured(folder: Path, children: list[int], memory: list[float]) -> dict[str, float]:
    private = folder / ".transit"
    return {
        "memory MB": min(memory),
        "most memory MB": max(memory),
        "server MB": sum(_resident_mb(child) for child in children),
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "threads": sum(1 for _ in Path("/proc/self/task").iterdir()),
        "files": sum(
            path.is_file()
            for path in folder.rglob("*")
            if path.parent.name != "traffic" and "reports" not in path.parts
        ),
        "editions": sum(
            1 for _ in (folder / "reports").glob("*/edition.json")
        ),  # bounded by [run] keep_reports
        "prefect MB": sum(path.stat().st_size for path in (private / "prefect").glob("prefect.db*"))
        / 1e6,
        "warehouse MB": (private / "transit.duckdb").stat().st_size / 1e6,
    }


def _resident_mb(process: int | str) -> float:
    return int(re.search(r"VmRSS:\s+(\d+)", Path(f"/proc/{process}/status").read_text())[1]) / 1e3  # type: ignore[index]


def hold_back(folder: Path, hours: int) -> pl.DataFrame:
    """Takes the last hours out of the project's files; they will arrive one by one."""
    files = sorted((folder / "traffic").glob("*.csv"))
    rows = pl.concat([pl.read_csv(path) for path in files]).with_columns(
        at=pl.col("time").str.to_datetime()
    )
    for path in files:
        path.unlink()
    first = rows["at"].max() - timedelta(hours=hours - 1)  # type: ignore[operator]
    rows.filter(pl.col("at") < first).drop("at").write_csv(folder / "traffic" / "before.csv")
    return rows.filter(pl.col("at") >= first).sort("at", "interface")


def main(runs: int) -> None:
    from tests.flows.conftest import make_project
    from tests.flows.faults import children_of

    folder = make_project(Path(tempfile.mkdtemp(prefix="transit-soak-")) / "project").folder
    arriving = hold_back(folder, runs).partition_by("at", maintain_order=True)
    settings = folder / "transit.toml"
    text = settings.read_text().replace(
        'unit = "bps"', 'unit = "bps"\nslot_minutes = 60'
    )  # one stamp a file tells no length
    settings.write_text(
        f"{text}\n[gates]\nmax_age_days = 200\n"
    )  # the planning date stands still while the hours pass
    os.chdir(folder)
    first: dict[str, float] = {}
    found: dict[str, float] = {}
    memory: list[float] = []
    home = folder / ".transit" / "prefect"
    with embedded.prefect_api(home) as server:
        # Prefect reads its settings when it is first imported.
        from flows.operate.retention import prune_prefect
        from flows.run import transit_run

        assert server is not None
        server.wait()
        began = time.process_time()
        for done, hour in enumerate(arriving, start=1):
            file = Path("traffic") / f"{hour['at'][0]:%Y%m%dT%H}.csv"
            hour.drop("at").write_csv(file)
            os.utime(file, (datetime(2026, 1, 1, tzinfo=UTC).timestamp(),) * 2)
            summary = transit_run(
                trigger="schedule", steps=None if done % RUNS_PER_DAY == 1 else ["load"]
            )
            assert not summary.problems, summary.problems
            memory.append(_resident_mb("self"))
            if done % max(runs // 10, 1) == 0:
                found = measured(folder, children_of(os.getpid()), memory)
                first = first or found
                memory = []
                told = ", ".join(f"{name} {value:.0f}" for name, value in found.items())
                print(
                    f"{done}: {told}; {(time.process_time() - began) / done:.2f} s of "
                    "processor time a run",
                    flush=True,
                )
    pruned = prune_prefect(home, 30, keep=KEPT)
    size = (home / "prefect.db").stat().st_size / 1e6
    print(f"{pruned} flow runs pruned from Prefect's database, {size:.0f} MB stay")
    assert size < KEPT_MB
    grown = {
        name: found[name] - first[name]
        for name in BOUNDS
        if found[name] - first[name] > BOUNDS[name]
    }
    assert not grown, f"grew beyond bounds: {grown}"
    print("within bounds:", BOUNDS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
