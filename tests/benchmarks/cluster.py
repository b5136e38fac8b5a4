"""`python -m tests.benchmarks.cluster [SERIES] [DRAWS] [WORKERS ...]`: forecasts of SERIES (5,000)
routes, and the loads of DRAWS (2,000) draws in every failure state.

Forecasts on local Dask clusters of so many workers, 1 and 2 unless said; all are up before the
clock starts, as a cluster that serves many runs is. Loads on every runner against the threads of
one process. Prints ratios by the clock, processor time, the peak of memory, and whether the numbers
are the same to the bit. 0 leaves a part out.
"""

import hashlib
import resource
import sys
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from pathlib import Path

import numpy as np

from flows.runtime import embedded
from flows.settings import RunSettings


@contextmanager
def workers_up(count: int, *modules: str) -> Iterator[RunSettings]:
    """A run's settings for a Dask cluster whose workers have imported what they need."""
    from distributed import Client, LocalCluster

    with LocalCluster(
        n_workers=count, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
    ) as cluster:
        with Client(cluster) as client:
            for module in modules:
                client.run(__import__, module)
        yield RunSettings(runner="dask", dask_address=cluster.scheduler_address, workers=count)


def used() -> tuple[float, float]:
    """Processor seconds of this process, and of those it has ended."""
    children = resource.getrusage(resource.RUSAGE_CHILDREN)
    return time.process_time(), children.ru_utime + children.ru_stime


def memory_peak(*, anew: bool = False) -> float:
    """GiB this process has had at most, or from now on."""
    if anew:
        Path("/proc/self/clear_refs").write_text("5", "ascii")
    (line,) = (
        line
        for line in Path("/proc/self/status").read_text("ascii").splitlines()
        if line.startswith("VmHWM")
    )
    return int(line.split()[1]) / 2**20


def forecasts(count: int, tried: Sequence[int]) -> None:
    from flows.runtime.runners import map_tasks, on_runner
    from forecasting.demand.engine import forecast
    from forecasting.spec import ForecastSpec
    from tests.benchmarks.forecast_speed import fleet

    history, spec = fleet(count), ForecastSpec(draws=200)
    seconds, hashes = {}, set()
    for workers in tried:
        before = used()[1]
        with workers_up(workers, "forecasting.demand.engine", "prefect.task_engine") as run:
            memory_peak(anew=True)
            own, began = used()[0], time.perf_counter()
            made = on_runner(
                run,
                "forecast",
                partial(forecast, history, spec, map_chunks=map_tasks, threads=workers),
            )
            seconds[workers], own = time.perf_counter() - began, used()[0] - own
        theirs = used()[1] - before
        hashes.add(
            (
                hashlib.sha256(made.paths.draws_gbps).hexdigest(),
                made.backtest.hash_rows().sum(),
                made.components.hash_rows().sum(),
            )
        )
        print(
            f"{count} series, {workers} worker(s): {seconds[workers]:.1f} s, "
            f"{1000 * seconds[workers] / count:.1f} s a thousand; processor time {own:.1f} "
            f"s in the run's own process, {theirs:.1f} s in workers and their start; peak "
            f"{memory_peak():.2f} GiB",
            flush=True,
        )
        del made
    first = tried[0]
    for workers in tried[1:]:
        print(
            f"{workers} workers against {first}: x{seconds[first] / seconds[workers]:.2f}; "
            f"{'the same to the bit' if len(hashes) == 1 else 'DIFFERENT'}",
            flush=True,
        )


def loads(draws: int) -> None:
    from flows.runtime.runners import spread
    from forecasting.capacity.routing import Kappa, build_routing, stream_loads
    from tests.benchmarks.failures import random_network, random_paths

    network = random_network(300, 200, 3)
    paths = random_paths(network, draws, 60, 4)
    routings = [
        build_routing(
            network, tuple(paths.keys.select("series_id", "direction").iter_rows()), Kappa({})
        )
    ]
    version, hashes, seconds = np.zeros((draws, 60), dtype=np.int16), set(), {}

    def timed(name: str, run: RunSettings | None, before: float) -> None:
        send = None if run is None else partial(spread, run, "failures")
        own, began = used()[0], time.perf_counter()
        found = stream_loads(paths.draws_gbps, routings, version, workers=2, send_parts=send)
        seconds[name], own = time.perf_counter() - began, used()[0] - own
        hashes.add(
            hashlib.sha256(
                found.worst.tobytes() + found.cause.tobytes() + found.base.tobytes()
            ).hexdigest()
        )
        print(
            f"loads of {draws} draws, {name}: {seconds[name]:.1f} s; processor time "
            f"{own:.1f} s in the run's own process, {used()[1] - before:.1f} s in others "
            f"that have ended; peak {memory_peak():.2f} GiB",
            flush=True,
        )

    timed("two threads of the process", None, used()[1])
    for runner in ("threads", "processes"):
        timed(runner, RunSettings(runner=runner, workers=2), used()[1])
    for workers in (1, 2):
        with workers_up(workers, "forecasting.capacity.routing", "prefect.task_engine") as run:
            timed(f"dask, {workers} worker(s)", run, used()[1])
    print(
        "dask, 2 workers against 1: "
        f"x{seconds['dask, 1 worker(s)'] / seconds['dask, 2 worker(s)']:.2f}; "
        f"{'the same to the bit' if len(hashes) == 1 else 'DIFFERENT'}"
    )


def main(count: int = 5000, draws: int = 2000, *workers: int) -> None:
    home = Path(tempfile.mkdtemp(prefix="transit-cluster-")) / "prefect"
    with embedded.prefect_api(home) as server:
        assert server is not None
        server.wait()
        if draws:
            loads(draws)
        if count:
            forecasts(count, workers or (1, 2))


if __name__ == "__main__":
    main(*map(int, sys.argv[1:]))
