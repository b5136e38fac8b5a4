"""Every runner gives the same numbers to the bit, in the order of the chunks."""

import importlib.util
import subprocess
import sys

import pytest

pytestmark = pytest.mark.xdist_group("runners")

SCRIPT = """
import sys
import weakref
from functools import partial
from pathlib import Path
from flows.runtime import embedded

def main(runner, address):
    with embedded.prefect_api(Path("../prefect")) as server:
        import hashlib
        import numpy as np
        from flows.runtime.runners import map_tasks, on_runner, spread
        from flows.settings import RunSettings
        server.wait()
        rng = np.random.default_rng(5)
        chunks = [rng.normal(size=(40, 40)) for _ in range(12)]
        if address == "local":
            from distributed import LocalCluster
            cluster = LocalCluster(
                n_workers=1, threads_per_worker=1, host="127.0.0.1", dashboard_address=None
            )
            address = cluster.scheduler_address

        run = RunSettings(runner=runner, workers=2, dask_address=address or None)
        found = on_runner(run, "everything", lambda: map_tasks(np.linalg.pinv, chunks))
        wanted = [np.linalg.pinv(chunk) for chunk in chunks]
        same = [a.tobytes() == b.tobytes() for a, b in zip(found, wanted, strict=True)]

        if runner == "dask":  # what the work closes over stays here
            import cloudpickle
            from prefect.context import serialize_context
            big = rng.normal(size=200_000)
            def size():
                return len(cloudpickle.dumps(serialize_context())) + 0 * big.size
            sent = on_runner(run, "everything", size)
            assert sent < 50_000, f"{sent} bytes go along with every task"

        # What was taken is let go, and so is what all of it was made into.
        class Whole:
            pass
        whole = on_runner(run, "everything", Whole)
        held = weakref.ref(whole)
        del whole
        assert held() is None, "Prefect holds it"
        taken, alive = [], []

        def keep(place, found):
            taken.append(weakref.ref(found))
            alive.append(sum(one() is not None for one in taken))

        spread(run, "taken", np.linalg.pinv, 4 * chunks, keep)
        assert len(alive) == 48 and max(alive) < 8, alive

        # Failure loads in parts, whose common part is a partial of its own.
        from forecasting.capacity import routing
        from tests.forecasting.planning_worlds import ring
        from warehouse.network.model import Network
        network = Network.from_frames(ring())
        series = [(name, "out") for name in sorted(network.routes)]
        routings = [routing.build_routing(network, series, routing.Kappa({}))]
        draws, version = rng.lognormal(2, 1, (3, 700, 36)), np.zeros((700, 36), dtype=np.int16)
        here = routing.stream_loads(draws, routings, version)
        routing.WORTH_SENDING, routing.PART_BYTES = 1.0, 150_000
        send_parts = partial(spread, run, "failures")
        there = routing.stream_loads(draws, routings, version, send_parts=send_parts)
        same += [
            getattr(here, name).tobytes() == getattr(there, name).tobytes()
            for name in ("base", "worst", "cause")
        ]
        print("same" if all(same) and len(same) == 15 else f"different: {same}")

if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2])
"""


@pytest.mark.parametrize(
    ("runner", "address"),
    [
        ("threads", ""),
        ("processes", ""),
        ("dask", ""),
        pytest.param("dask", "local", marks=pytest.mark.nightly),
    ],
)
def test_results_are_the_same_to_the_bit(runner, address, tmp_path):
    if runner == "dask" and not importlib.util.find_spec("prefect_dask"):
        pytest.skip("Dask is not installed")
    from tests.flows.faults import environment

    (tmp_path / "everything.py").write_text(SCRIPT, encoding="utf-8")
    done = subprocess.run(
        [sys.executable, "everything.py", runner, address],
        cwd=tmp_path,
        env=environment(),
        capture_output=True,
        text=True,
        timeout=300,
    )
    assert done.stdout.splitlines()[-1:] == ["same"], done.stderr
