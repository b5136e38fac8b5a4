"""A run that was killed is taken up again, and comes to what an undisturbed run comes to."""

import pytest

from tests.flows.faults import copy_of, disturbed, fingerprint, readable, run_to_the_end

pytestmark = pytest.mark.xdist_group("project")


@pytest.mark.parametrize("kills", [1, pytest.param(4, marks=pytest.mark.nightly)])
def test_killed_runs_come_to_the_same_results(kills, project, tmp_path):
    wanted = fingerprint(project.folder)
    assert wanted["published/transit.duckdb forecast_quantile"][0] > 0
    folder = copy_of(project.folder, tmp_path / "disturbed")
    disturbed(folder, kills, within_seconds=12.0, seed=11)
    run_to_the_end(folder)
    assert readable(folder)
    assert fingerprint(folder) == wanted
