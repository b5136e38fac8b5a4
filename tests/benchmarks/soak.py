"""`python -m tests.benchmarks.soak [N]`: N (2,000) scheduled runs of a small project in one process, one data file a run.

Prints memory, open files, threads, files on disk and the size of Prefect's database every tenth of the way, and fails where
the last tenth is above the bounds stated here.
"""

import os
import sys
import tempfile
from pathlib import Path

from flows import embedded

BOUNDS = {"memory MB": 150.0, "descriptors": 20, "threads": 10, "files": 60, "prefect MB": 120.0}
"""How much each may grow from the first tenth to the last."""


RUNS_PER_SERVER = 100


def measured(folder: Path) -> dict[str, float]:
    status = Path("/proc/self/status").read_text()
    value = {
        line.split(":")[0]: line.split()[1] for line in status.splitlines() if line.startswith(("VmRSS", "Threads"))
    }
    return {
        "memory MB": int(value["VmRSS"]) / 1e3,
        "descriptors": len(os.listdir("/proc/self/fd")),  # noqa: PTH208
        "threads": int(value["Threads"]),
        "files": sum(path.is_file() for path in folder.rglob("*")),
        "prefect MB": sum(path.stat().st_size for path in (folder / ".transit" / "prefect").glob("prefect.db*")) / 1e6,
    }


def main(runs: int) -> None:
    from tests.flows.conftest import make_project

    folder = make_project(Path(tempfile.mkdtemp(prefix="transit-soak-")) / "project").folder
    os.chdir(folder)
    first: dict[str, float] = {}
    found: dict[str, float] = {}
    home = folder / ".transit" / "prefect"
    for begun in range(0, runs, RUNS_PER_SERVER):
        with embedded.prefect_api(home) as server:
            from flows.retention import prune_prefect
            from flows.run import transit_run

            assert server is not None
            server.wait()
            for done in range(begun + 1, min(begun + RUNS_PER_SERVER, runs) + 1):
                transit_run(trigger="schedule")
                if done % max(runs // 10, 1) == 0:
                    found = measured(folder)
                    first = first or found
                    print(done, ", ".join(f"{name} {value:.0f}" for name, value in found.items()), flush=True)
        prune_prefect(home, 30)
    grown = {name: found[name] - first[name] for name in BOUNDS if found[name] - first[name] > BOUNDS[name]}
    assert not grown, f"grew beyond bounds: {grown}"
    print("within bounds:", BOUNDS)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 2000)
