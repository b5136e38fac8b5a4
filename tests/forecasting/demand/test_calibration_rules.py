"""What bends the shipped sizes of errors to a fleet's own: which past errors count, for how much,
and for which candidates the sizes were made.
"""

import json
from dataclasses import replace
from importlib import resources

import numpy as np
import pytest

import forecasting.demand.engine as engine
from forecasting.demand.calibrate import CENTRE, PRIOR_WINDOWS, fleet_shape, prior, read_prior
from forecasting.demand.combine import POOLS
from forecasting.demand.study import Study
from forecasting.spec import ForecastSpec
from tests.forecasting.worlds import growing, routes, studied
from warehouse.errors import ContractError

ONE_AHEAD = ForecastSpec(horizon=1, draws=10, backtest_origins=6)


def with_errors(study: Study, scores: list[float]) -> Study:
    """The study with past errors of these sizes, one per origin, in units of their scale."""
    test = study.backtest
    assert len(test.lengths) == len(scores)
    # Above the forecast, the deviation is the share of it that the outcome lies above.
    outcome = test.said[:, 0] * (1 + np.array(scores)[:, None] * test.scale)
    return replace(study, backtest=replace(test, outcome=outcome))


def test_only_the_later_half_of_the_past_errors_of_a_series_counts():
    study = studied(growing(72, 1), ONE_AHEAD, 12)
    assert study.log
    table = prior("month")

    def shape(*scores: float) -> np.ndarray:
        return fleet_shape([with_errors(study, list(scores))], table)

    recent = shape(1, 1, 1, 3, 3, 3)
    np.testing.assert_array_equal(shape(9, 9, 9, 3, 3, 3), recent)
    assert (shape(1, 1, 1, 6, 6, 6) > recent).all()
    assert (shape(1, 1, 1, 6, 3, 3) >= recent).all()
    assert (shape(1, 1, 1, 6, 3, 3) > recent).any(), "the first of the later half counts"


def test_a_share_of_independent_series_is_a_share_of_windows():
    """At one period ahead nothing is smoothed: the bend is that of the errors, by its weight
    against the shipped table.
    """
    study = with_errors(studied(growing(72, 1), ONE_AHEAD, 12), [4.0] * 6)
    table = prior("month")
    shipped = table.at(study.length, 1)
    own = np.log(shipped / shipped[:, [CENTRE]])
    test = study.backtest
    windows = min(len(test.lengths), 1 + test.lengths[-1] - test.lengths[0])
    centres = np.array([table.at(length, 1)[0, CENTRE] for length in test.lengths[3:]])
    measured = np.log(np.quantile(4.0 / centres, 0.8))
    bends = {
        share: (np.log(fleet_shape([study], table, share)) - own)[0, CENTRE]
        for share in (1.0, 0.25)
    }
    for share, bend in bends.items():
        weight = share * windows / (share * windows + PRIOR_WINDOWS)
        assert bend == pytest.approx(weight * measured, rel=1e-6)


def test_directions_and_statistics_of_one_route_are_one_independent_series(monkeypatch):
    shares = []
    true_sizes = engine.sizes

    def recorded(studies, table, independent):
        shares.append(independent)
        return true_sizes(studies, table, independent)

    monkeypatch.setattr(engine, "sizes", recorded)
    spec = ForecastSpec(horizon=3, draws=10, backtest_origins=4)
    engine.forecast(routes(3, 48), spec)
    assert shares == [3 / 12]


def test_the_shipped_sizes_are_those_of_the_candidates_in_use():
    text = resources.files("forecasting.demand").joinpath("prior.json").read_text()
    assert json.loads(text)["pools"] == {name: list(models) for name, models in POOLS.items()}


@pytest.mark.parametrize("pool", POOLS)
def test_sizes_made_for_other_candidates_are_refused(pool):
    made_for = {name: list(models) for name, models in POOLS.items()}
    table = {"lengths": [12, 24], "horizons": [1, 12], "size": [[[1.0]] * 2] * 2}
    assert read_prior(json.dumps({"pools": made_for, "month": table}), "month").size.shape == (
        2,
        2,
        1,
    )
    made_for[pool] = [*made_for[pool], "another_model"]
    with pytest.raises(ContractError, match="another_model") as refused:
        read_prior(json.dumps({"pools": made_for, "month": table}), "month")
    assert "tests.reference.forecasting_prior" in str(refused.value)
    with pytest.raises(ContractError, match="does not say which candidates"):
        read_prior(json.dumps({"month": table}), "month")
