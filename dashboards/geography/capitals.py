"""Where the capitals of countries lie."""

from __future__ import annotations

import tomllib
from functools import cache
from pathlib import Path

FILE = Path(__file__).parent / "capitals.toml"
NEAR = 0.15
"""Degrees: how far from a capital's centre its exchange may lie."""


@cache
def _capitals() -> dict[str, tuple[float, float]]:
    found = tomllib.loads(FILE.read_text(encoding="utf-8"))
    return {country: (lat, lon) for country, (lat, lon) in found.items()}


def is_capital(country: str | None, lat: float, lon: float) -> bool:
    """Whether a place (degrees) is its country's capital; False for a country that is not
    listed.
    """
    at = _capitals().get(country or "")
    return at is not None and abs(lat - at[0]) <= NEAR and abs(lon - at[1]) <= NEAR
