"""`python -m tests.benchmarks.kills [N] [--signal KILL|TERM|INT] [--to process|group] [--serve]`:
ends N (50) runs, then the same results as undisturbed.

KILL comes at random moments of the whole run. TERM and INT come at random moments of every step in
turn, to the run's own process, or, as from systemd or by Ctrl-C, to all of its group; beside the
results, the time until the process is gone, its code and words, the record, locks, children and a
reader of the published copy are looked at. With --serve they stop `transit serve` in the midst of a
scheduled run.
"""

import argparse
import random
import shutil
import tempfile
from collections import defaultdict
from pathlib import Path

from tests.flows.conftest import make_project
from tests.flows.faults import copy_of, disturbed, fingerprint, run_to_the_end
from tests.flows.stops import STAGES, Stop, lengths, stopped


def same_results(folder: Path, wanted: dict[str, object]) -> None:
    run_to_the_end(folder)
    found = fingerprint(folder)
    assert found == wanted, {
        name: (found.get(name), wanted.get(name))
        for name in {*found, *wanted}
        if found.get(name) != wanted.get(name)
    }
    shutil.rmtree(folder)


def kill(root: Path, quiet: Path, kills: int, seconds: float) -> None:
    wanted = fingerprint(quiet)
    for position in range(0, kills, 10):
        folder = copy_of(quiet, root / f"disturbed-{position}")
        moments = disturbed(
            folder, min(10, kills - position), within_seconds=1.1 * seconds, seed=position
        )
        same_results(folder, wanted)
        print(
            f"{len(moments)} kills at {', '.join(f'{moment:.1f}' for moment in moments)} "
            "s: same results",
            flush=True,
        )


def stop_each_step(
    root: Path, quiet: Path, stops: int, stop: Stop, seconds: dict[str, float]
) -> bool:
    """Every round is one project that is stopped in each step, going on in between; whether
    anything was wrong.
    """
    wanted, taken, wrong = (
        fingerprint(quiet),
        defaultdict(list),
        False,
    )
    for number in range(-(-stops // len(STAGES))):
        folder, moments = copy_of(quiet, root / f"stopped-{number}"), random.Random(number)
        scheduled = folder / "transit.toml"
        scheduled.write_text(
            scheduled.read_text("utf-8").replace(
                'cron = "15 4 * * *"', 'cron = "* * * * *"\nmetrics_port = 0'
            ),
            "utf-8",
        )
        if number % 2:  # readers have something to read, and every step is done anew
            run_to_the_end(folder)
        for stage in STAGES:
            force = stop.command == "run" and bool(number % 2)
            ended = stopped(folder, stage, seconds[stage], stop, moments, force=force)
            taken[ended.stage].append(ended.seconds)
            print(f"round {number}, {ended.stage}: gone after {ended.seconds:.1f} s", flush=True)
            for one in ended.wrong:
                wrong = True
                print(f"round {number}, {ended.stage}: {one}", flush=True)
        try:
            same_results(folder, wanted)
            print(f"round {number}: same results", flush=True)
        except AssertionError as error:
            wrong = True
            print(f"round {number}: other results: {error}", flush=True)
    print(
        f"{stop.command}, {stop.how} to the {stop.to}\n"
        f"{'step':<12}{'hits':>5}{'median s':>10}{'most s':>8}"
    )
    for stage in (*STAGES, "after"):
        if times := sorted(taken[stage]):
            print(f"{stage:<12}{len(times):>5}{times[len(times) // 2]:>10.2f}{times[-1]:>8.2f}")
    return wrong


def main() -> None:
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("times", type=int, nargs="?", default=50)
    asked.add_argument("--signal", choices=("KILL", "TERM", "INT"), default="KILL")
    asked.add_argument("--to", choices=("process", "group"), default="process")
    asked.add_argument("--serve", action="store_true")
    given = asked.parse_args()
    root = Path(tempfile.mkdtemp(prefix="transit-kills-"))
    quiet = make_project(root / "quiet").folder
    seconds = lengths(quiet)
    seconds["start"] = lengths(quiet)["start"]  # Prefect's database is there from now on
    print(
        "undisturbed run:",
        ", ".join(f"{stage} {length:.1f} s" for stage, length in seconds.items()),
        flush=True,
    )
    if given.signal == "KILL":
        kill(root, quiet, given.times, sum(seconds.values()))
    elif stop_each_step(
        root,
        quiet,
        given.times,
        Stop(given.signal, given.to, "serve" if given.serve else "run"),
        seconds,
    ):
        raise SystemExit(1)
    shutil.rmtree(root)


if __name__ == "__main__":
    main()
