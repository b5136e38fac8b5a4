"""`python -m tests.benchmarks.cluster [SERIES]`: forecasts of SERIES (5,000) routes on a local Dask cluster of 2 workers against 1.

Both clusters are up before the clock starts, as a cluster that serves many runs is. Prints the ratio, seconds per thousand series, and
whether the paths are the same to the bit.
"""

import hashlib
import sys
import tempfile
import time
from pathlib import Path

from flows import embedded


def main(count: int) -> None:
    home = Path(tempfile.mkdtemp(prefix="transit-cluster-")) / "prefect"
    with embedded.prefect_api(home) as server:
        from distributed import Client, LocalCluster

        from flows.runners import map_tasks, on_runner
        from flows.settings import RunSettings
        from forecasting.engine import forecast
        from forecasting.spec import ForecastSpec
        from tests.benchmarks.forecast_speed import fleet

        assert server is not None
        server.wait()
        history, spec = fleet(count), ForecastSpec(draws=200)
        seconds, hashes = {}, set()
        for workers in (1, 2):
            with LocalCluster(
                n_workers=workers, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
            ) as cluster:
                run = RunSettings(runner="dask", dask_address=cluster.scheduler_address)
                with Client(cluster) as client:
                    client.run(__import__, "forecasting.engine")
                own, began = time.process_time(), time.perf_counter()
                made = on_runner(run, "forecast", lambda: forecast(history, spec, map_chunks=map_tasks))
                seconds[workers], own = time.perf_counter() - began, time.process_time() - own
            hashes.add(hashlib.sha256(made.paths.draws_gbps.tobytes()).hexdigest())
            print(f"{count} series, {workers} worker(s): {seconds[workers]:.1f} s, {1000 * seconds[workers] / count:.1f} s a thousand, of them {own:.1f} s of processor time in the run's own process", flush=True)  # fmt: skip
        print(
            f"2 workers against 1: x{seconds[1] / seconds[2]:.2f}; {'the same to the bit' if len(hashes) == 1 else 'DIFFERENT'}"
        )


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 5000)
