"""`python -m tests.benchmarks.orchestration [--small]`: what Prefect costs a run, as a share of the run.

The baseline is the same steps without Prefect, as many worker processes included, in a process of its own. Processor time
is counted beside the clock, with all children, Prefect's server among them: on a busy machine it alone means something.
"""

import json
import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from tests.flows.conftest import make_project
from tests.flows.faults import environment

BARE = """
import importlib, sys

def main():
    from flows import forecast, load, plan, records, report, run
    from flows.runners import WORTH_A_POOL
    from flows.settings import read_settings
    from flows.workers import Workers, apply

    def map_chunks(function, chunks):
        todo = list(chunks)
        if len(todo) < WORTH_A_POOL:
            return list(map(function, todo))
        pool = Workers(settings.run.workers)
        found = [pool.submit(apply, {"function": function, "chunk": chunk}) for chunk in todo]
        answers = [one.result() for one in found]
        pool.close()
        return answers

    for module in (load, forecast, plan, report, run):
        for name, thing in list(vars(module).items()):
            if type(thing).__name__ in ("Flow", "Task"):
                setattr(module, name, thing.fn)
    load.create_table_artifact = lambda **_: None
    forecast.map_tasks = map_chunks
    forecast.on_runner = plan.on_runner = lambda _run, _name, work: work()
    settings = read_settings()
    run.run_steps(settings, run.STEPS, records.Job(settings), run.RunSummary(), force=sys.argv[1] == "--force")

if __name__ == "__main__":
    main()
"""


class Cost(NamedTuple):
    """Seconds by the clock, and of processor time with all children."""

    wall: float
    cpu: float


def cost(folder: Path, *command: str) -> Cost:
    before, began = os.times(), time.perf_counter()
    done = subprocess.run([sys.executable, *command], cwd=folder, env=environment(), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    wall, after = time.perf_counter() - began, os.times()
    return Cost(wall, after.children_user + after.children_system - before.children_user - before.children_system)


def main() -> None:
    root = Path(tempfile.mkdtemp(prefix="transit-orchestration-"))
    example, small = root / "example", make_project(root / "small").folder
    example.mkdir()
    for name, folder in (("small project", small), ("bundled example", example))[: 1 if "--small" in sys.argv else 2]:
        (folder / "bare.py").write_text(BARE, encoding="utf-8")
        cost(folder, "-m", "flows.cli", "run")
        for kind, option in (("everything anew", "--force"), ("nothing new", "--no-force")):
            with_prefect = cost(folder, "-m", "flows.cli", "run", option)
            bare = cost(folder, "bare.py", option)
            shares = [f"{1 - b / a:.0%} of {a:.1f} s" for a, b in zip(with_prefect, bare, strict=True)]
            print(
                f"{name}, {kind}: Prefect's share is {shares[0]} by the clock, {shares[1]} of processor time",
                flush=True,
            )
        print(json.dumps(json.loads((folder / ".transit" / "state.json").read_text())["last_seconds"]))


if __name__ == "__main__":
    main()
