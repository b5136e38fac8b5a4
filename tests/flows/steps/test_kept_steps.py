"""Kept results are used only as they were written; a damaged one is made again."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from pathlib import Path

import numpy as np
import pytest

from flows.steps.kept_steps import is_kept, keep_loads, kept_forecast, kept_loads, kept_paths
from forecasting.capacity.routing import Loads
from tests.flows.steps.test_gates import around, made


def cut(path: Path) -> None:
    path.write_bytes(path.read_bytes()[:-1])


def zero_a_page(path: Path) -> None:
    content = bytearray(path.read_bytes())
    content[-64:] = bytes(64)
    path.write_bytes(content)


def remove(path: Path) -> None:
    path.unlink()


DAMAGES: tuple[Callable[[Path], None], ...] = (cut, zero_a_page, remove)


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize(
    "name", ["draws_gbps.npy", "keys.parquet", "about.json", "backtest.parquet", "contents.json"]
)
def test_a_damaged_forecast_is_made_again(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    calls = []

    def compute():
        calls.append(1)
        return made(around(10.0))

    kept_forecast(tmp_path, "key", compute)
    assert not kept_forecast(tmp_path, "key", compute)[1]
    damage(tmp_path / "forecast-key" / name)
    assert not is_kept(tmp_path, "key")
    assert kept_paths(tmp_path, "key") is None
    forecast, computed = kept_forecast(tmp_path, "key", compute)
    assert computed
    assert len(calls) == 2
    assert forecast.paths.periods == (date(2026, 11, 1), date(2026, 12, 1))
    np.testing.assert_array_equal(forecast.paths.draws_gbps, around(10.0))


@pytest.mark.parametrize("damage", DAMAGES)
@pytest.mark.parametrize("name", ["base.npy", "worst.npy", "cause.npy", "about.json"])
def test_damaged_loads_are_not_used(
    tmp_path: Path, name: str, damage: Callable[[Path], None]
) -> None:
    values = np.arange(40, dtype=np.float32).reshape(1, 4, 10)
    keep_loads(
        tmp_path,
        "key",
        Loads((("S", "az"),), ("none",), values, values + 1, np.ones((1, 4, 10), dtype=np.int16)),
    )
    found = kept_loads(tmp_path, "key")
    assert found is not None
    np.testing.assert_array_equal(found.base, values)
    damage(tmp_path / "loads-key" / name)
    assert kept_loads(tmp_path, "key") is None
