"""`python -m tests.benchmarks.orchestration [--small]`: what Prefect costs a run, as a share of the run.

The baseline is the same steps' functions without Prefect, in a process that has imported the same libraries.
"""

import json
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from tests.flows.conftest import make_project
from tests.flows.faults import environment

BARE = """
import json, sys, time
began = time.perf_counter()
from flows.run import RunSummary, STEPS, transit_run
import flows.load, flows.forecast, flows.plan, flows.report
from flows import records, run
from flows.settings import read_settings
imported = time.perf_counter()
for module in (flows.load, flows.forecast, flows.plan, flows.report):
    for name, thing in list(vars(module).items()):
        if type(thing).__name__ in ("Flow", "Task"):
            setattr(module, name, thing.fn)
flows.load.create_table_artifact = lambda **_: None
flows.forecast.forecast_flow = lambda settings, force=False: flows.forecast.forecast_every_grain(settings, force=force)
flows.forecast.map_tasks = lambda function, chunks: list(map(function, chunks))
for name, thing in (("load_flow", flows.load.load_flow), ("forecast_flow", flows.forecast.forecast_flow), ("plan_flow", flows.plan.plan_flow), ("report_flow", flows.report.report_flow), ("publish_flow", flows.report.publish_flow)):
    setattr(run, name, thing)
settings = read_settings()
started = time.perf_counter()
run.run_steps(settings, STEPS, records.Job(settings), RunSummary(), force=False)
print(json.dumps({"import": imported - began, "steps": time.perf_counter() - started}))
"""


def timed(folder: Path, *command: str) -> tuple[float, str]:
    began = time.perf_counter()
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return time.perf_counter() - began, done.stdout


def last_job(folder: Path) -> float:
    return float(json.loads((folder / ".transit" / "state.json").read_text())["last_seconds"])


def main() -> None:
    root = Path(tempfile.mkdtemp(prefix="transit-orchestration-"))
    example, small = root / "example", make_project(root / "small").folder
    example.mkdir()
    for name, folder in (("small project", small), ("bundled example", example))[: 1 if "--small" in sys.argv else 2]:
        timed(folder, "-m", "flows.cli", "run")
        for kind, arguments in (("nothing new", ()), ("--force", ("--force",))):
            wall, _ = timed(folder, "-m", "flows.cli", "run", *arguments)
            steps = last_job(folder)
            print(
                f"{name}, {kind}: {wall:.1f} s, of them {wall - steps:.1f} s start and stop ({(wall - steps) / wall:.0%})"
            )
        bare, told = timed(folder, "-c", BARE)
        parts = json.loads(told.splitlines()[-1])
        wall, _ = timed(folder, "-m", "flows.cli", "run")
        print(
            f"{name}, nothing new: with Prefect {wall:.1f} s, without {bare:.1f} s (import {parts['import']:.1f}): x{wall / bare:.2f}"
        )


if __name__ == "__main__":
    main()
