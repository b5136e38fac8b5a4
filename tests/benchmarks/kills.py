"""`python -m tests.benchmarks.kills [N]`: kill -9 at N (50) random moments of a whole run, then the same results as undisturbed."""

import shutil
import sys
import tempfile
from pathlib import Path

from tests.flows.conftest import make_project
from tests.flows.faults import copy_of, disturbed, fingerprint, run_to_the_end


def main(kills: int) -> None:
    root = Path(tempfile.mkdtemp(prefix="transit-kills-"))
    quiet = make_project(root / "quiet").folder
    seconds = run_to_the_end(quiet)
    print(f"undisturbed run: {seconds:.1f} s")
    wanted = fingerprint(quiet / "published" / "transit.duckdb")
    for position in range(0, kills, 10):
        folder = copy_of(quiet, root / f"disturbed-{position}")
        moments = disturbed(folder, min(10, kills - position), within_seconds=1.1 * seconds, seed=position)
        run_to_the_end(folder)
        found = fingerprint(folder / "published" / "transit.duckdb")
        assert found == wanted, {name: (found[name], wanted[name]) for name in wanted if found[name] != wanted[name]}
        print(f"{len(moments)} kills at {', '.join(f'{moment:.1f}' for moment in moments)} s: same results")
        shutil.rmtree(folder)
    shutil.rmtree(root)


if __name__ == "__main__":
    main(int(sys.argv[1]) if len(sys.argv) > 1 else 50)
