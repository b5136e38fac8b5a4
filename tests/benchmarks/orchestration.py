"""`python -m tests.benchmarks.orchestration [--small | --example]`: what Prefect costs a run, as a
share of the run.

The baseline is the same steps without Prefect, as many worker processes included, in a process of
its own. Cold is a run that starts a server of its own, warm one that finds a server at work, as
those by schedule do. Processor time is counted beside the clock, with all children and Prefect's
server: on a busy machine it alone means something.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import NamedTuple

from flows.runtime.embedded import EmbeddedServer, prepare_environment
from tests.flows.conftest import make_project
from tests.flows.faults import environment

BARE = """
import importlib, sys

def main():
    from flows import run
    from flows.record import records
    from flows.steps import forecast, load, plan, report
    from flows.runtime.runners import WORTH_A_POOL
    from flows.settings import read_settings
    from flows.runtime.workers import Workers, apply

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
    forecast.on_runner = lambda _run, _name, work: work()
    settings = read_settings()
    job, summary = records.Job(settings), run.RunSummary()
    run.run_steps(settings, run.STEPS, job, summary, force=sys.argv[1] == "--force")

if __name__ == "__main__":
    main()
"""


class Cost(NamedTuple):
    """Seconds by the clock, and of processor time with all children."""

    wall: float
    cpu: float


def cost(folder: Path, *command: str, server: EmbeddedServer | None = None) -> Cost:
    named = {"PREFECT_API_URL": server.url} if server else {}
    before, began, served = os.times(), time.perf_counter(), _server_seconds(server)
    done = subprocess.run(
        [sys.executable, *command],
        cwd=folder,
        env=environment() | named,
        capture_output=True,
        text=True,
    )
    assert done.returncode == 0, done.stderr
    wall, after = time.perf_counter() - began, os.times()
    own = (
        after.children_user + after.children_system - before.children_user - before.children_system
    )
    return Cost(wall, own + _server_seconds(server) - served)


def _server_seconds(server: EmbeddedServer | None) -> float:
    if server is None:
        return 0.0
    fields = Path(f"/proc/{server.process}/stat").read_text().rsplit(")", 1)[1].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def main() -> None:
    root = Path(tempfile.mkdtemp(prefix="transit-orchestration-"))
    example = root / "example"
    example.mkdir()
    worlds = (
        {"bundled example": example}
        if "--example" in sys.argv
        else {"small project": make_project(root / "small").folder}
    )
    if len(sys.argv) == 1:
        worlds["bundled example"] = example
    for name, folder in worlds.items():
        (folder / "bare.py").write_text(BARE, encoding="utf-8")
        cost(folder, "-m", "flows.cli", "run")
        kinds = {"everything anew": "--force", "nothing new": "--no-force"}
        bare = {kind: cost(folder, "bare.py", option) for kind, option in kinds.items()}
        for kind, option in kinds.items():
            tell(
                f"{name}, {kind}, cold", cost(folder, "-m", "flows.cli", "run", option), bare[kind]
            )
        prepare_environment(folder / "warm")
        server = EmbeddedServer(folder / "warm", scheduler=True)
        try:
            server.wait()
            for kind, option in kinds.items():
                run = cost(folder, "-m", "flows.cli", "run", option, server=server)
                tell(f"{name}, {kind}, warm", run, bare[kind])
        finally:
            server.stop()


def tell(what: str, run: Cost, bare: Cost) -> None:
    shares = [f"{1 - b / a:.0%} of {a:.1f} s" for a, b in zip(run, bare, strict=True)]
    print(
        f"{what}: Prefect's share is {shares[0]} by the clock, {shares[1]} of processor time",
        flush=True,
    )


if __name__ == "__main__":
    main()
