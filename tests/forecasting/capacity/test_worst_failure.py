"""Of failures that load a segment alike, the one that is named is always the same."""

import numpy as np

from forecasting.capacity.dates import most_common
from forecasting.capacity.routing import Kappa, build_routing, stream_loads
from tests.forecasting.planning_worlds import ring
from warehouse.network.model import Network


def causes(draws: dict[str, float]) -> dict[tuple[str, str], str]:
    """The failure that loads each segment direction most, with one load per route."""
    network = Network.from_frames(ring())
    series = [(route, "out") for route in draws]
    loads = stream_loads(
        np.array(list(draws.values())).reshape(-1, 1, 1),
        [build_routing(network, series, Kappa({}))],
        np.zeros((1, 1), dtype=np.int16),
    )
    return {
        link: loads.failure_ids[index]
        for link, index in zip(loads.links, loads.cause[:, 0, 0], strict=True)
    }


def test_a_failure_that_adds_nothing_is_not_the_worst():
    """Failure of CD or DA leaves the loads of AB and BC as they are: nothing failed brings them."""
    found = causes({"A-B": 30.0})
    assert found["AB", "az"] == "none"
    assert found["DA", "za"] == "segment:AB"


def test_of_equally_bad_failures_the_first_of_the_network_s_list_is_named():
    """The loss of AB and that of BC send the same traffic of A-C the other way round."""
    names = [failure.failure_id for failure in Network.from_frames(ring()).failures()]
    assert names.index("segment:AB") < names.index("segment:BC")
    found = causes({"A-C": 40.0})
    assert found["DA", "za"] == "segment:AB"
    assert found["CD", "za"] == "segment:AB"


def test_of_equally_frequent_causes_the_first_is_the_most_common():
    assert most_common(np.array([4, 2, 4, 2, 7], dtype=np.int16)) == 2
