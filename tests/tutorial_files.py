"""Traffic files as the tutorial's reader has them: an export of Zabbix and a log of MRTG.

`python -m tests.tutorial_files FOLDER` writes them.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime, timedelta
from pathlib import Path

import numpy as np

LAST = datetime(2026, 11, 1, tzinfo=UTC)
ITEMS = {159138: ("ala-fra-1", "in"), 159139: ("ala-fra-1", "out")}
GROWTH_PER_HOUR = 0.30 / 8766
HOURS = int((LAST - datetime(2024, 5, 1, tzinfo=UTC)) / timedelta(hours=1))


def hourly_bps(level_gbps: float, seed: int) -> np.ndarray:
    """Mean bit/s of each hour up to LAST: 30 % growth a year, a day, a week and noise."""
    hours = np.arange(HOURS)
    shape = 1 + 0.4 * np.sin(2 * np.pi * hours / 24) + 0.05 * np.sin(2 * np.pi * hours / 168)
    noise = np.random.default_rng(seed).lognormal(0, 0.05, HOURS)
    return level_gbps * 1e9 * np.exp(GROWTH_PER_HOUR * hours) * shape * noise


def zabbix_trends() -> str:
    """The table trends_uint as CSV, one row per item and hour."""
    first = int(LAST.timestamp()) - 3600 * HOURS
    lines = ["itemid,clock,num,value_min,value_avg,value_max"]
    for item, (_, direction) in ITEMS.items():
        values = hourly_bps(12 if direction == "out" else 4, item)
        for hour, value in enumerate(values):
            lines.append(
                f"{item},{first + 3600 * hour},60,{value * 0.8:.0f},{value:.0f},{value * 1.3:.0f}"
            )
    return "\n".join(lines) + "\n"


def mrtg_log() -> str:
    """A log of bytes per second: two days of 5 minutes, then coarser, days at its far end."""
    inside, outside = (hourly_bps(level, level) / 8 for level in (4, 10))
    end = int(LAST.timestamp())
    lines = [f"{end} 123456789 987654321"]
    stamp = end
    for seconds, count in ((300, 600), (1800, 600), (7200, 600), (86400, 797)):
        for _ in range(count):
            last = HOURS - (end - stamp) // 3600
            width = max(seconds // 3600, 1)
            if last - width < 0:
                break
            cells = [values[last - width : last].mean() for values in (inside, outside)]
            lines.append(f"{stamp} {cells[0]:.0f} {cells[1]:.0f} {cells[0]:.0f} {cells[1]:.0f}")
            stamp -= seconds
    return "\n".join(lines) + "\n"


def write_files(folder: Path) -> None:
    """zabbix/trends.csv and mrtg/ast-fra-1.log in `folder`."""
    for name, text in (("zabbix/trends.csv", zabbix_trends()), ("mrtg/ast-fra-1.log", mrtg_log())):
        place = folder / name
        place.parent.mkdir(parents=True, exist_ok=True)
        place.write_text(text, encoding="utf-8")


if __name__ == "__main__":
    write_files(Path(sys.argv[1]))
