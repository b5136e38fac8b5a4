"""Stories of traffic: the same draws, and sums that stay sums."""

import numpy as np
import polars as pl
import pytest

from forecasting.scenario import parse_scenario
from forecasting.series import Paths
from forecasting.stories import story_lines, story_paths
from tests.forecasting.planning_worlds import growing, ring
from warehouse.network import Network


def world():
    frames = ring()
    frames["route"] = frames["route"].with_columns(
        market=pl.Series(["KZ-DE", "KZ-DE", "KZ-RU"]), corridor=pl.lit("north")
    )
    network = Network.from_frames(frames)
    draws = growing(network, draws=50, horizon=24)
    means = Paths(draws.grain, draws.keys.with_columns(statistic=pl.lit("mean")), draws.periods, draws.draws_gbps * 0.6)
    both = Paths(
        draws.grain,
        pl.concat([draws.keys, means.keys]),
        draws.periods,
        np.concatenate([draws.draws_gbps, means.draws_gbps]),
    )
    return network, both


def test_a_story_moves_means_and_peaks_and_their_sums():
    network, draws = world()
    story = parse_scenario(
        'id = "won"\n[[customer]]\nroute = "A-C"\ngbps = 8\ndirection = "in"\nfrom = 2025-06-01\n[[cut]]\nsegment = "AB"\nfrom = 2025-06-01'
    )
    lines = story_lines([story], draws, network)
    ends = lines.filter(pl.col("target_start") == draws.periods[-1], pl.col("direction") == "in")

    def value(scenario, kind, name, statistic):
        return ends.filter(scenario_id=scenario, series_kind=kind, series_id=name, statistic=statistic)["value_gbps"][0]

    for statistic in ("mean", "p95"):
        assert value("won", "route", "A-C", statistic) == pytest.approx(value("base", "route", "A-C", statistic) + 8)
        assert value("won", "route", "A-B", statistic) == value("base", "route", "A-B", statistic)
    for kind, name in (("market", "KZ-DE"), ("corridor", "north"), ("total", "total")):
        assert value("won", kind, name, "mean") == pytest.approx(value("base", kind, name, "mean") + 8)
    assert value("won", "market", "KZ-RU", "mean") == value("base", "market", "KZ-RU", "mean")


def test_a_story_without_traffic_changes_nothing():
    network, draws = world()
    story = parse_scenario('id = "cut"\n[[cut]]\nsegment = "AB"\nfrom = 2025-06-01')
    assert (story_paths(story, draws, network).draws_gbps == draws.draws_gbps).all()
