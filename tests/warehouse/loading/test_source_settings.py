"""A file is known under the settings it was read with: with others it is another reading of it."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

from tests.warehouse.traffic_worlds import PAIR, load_one, open_world, samples, write


def test_the_same_file_in_another_unit_is_loaded_again(tmp_path: Path) -> None:
    file = write(tmp_path / "a.csv", "time,interface,in,out\n2024-01-01 00:00,r1,1000,2000\n")
    with open_world(tmp_path) as world:
        assert load_one(world, PAIR, file).rows_loaded == 1
        assert load_one(world, PAIR, file).rows_known == 1
        corrected = load_one(world, replace(PAIR, unit="kbps"), file)
        assert (corrected.rows_loaded, corrected.rows_known) == (1, 0)
        assert samples(world).select("in_bps", "out_bps").rows() == [(1e6, 2e6)]
