"""What is loaded and lies as it lay is not opened again; whatever changed is."""

from __future__ import annotations

import os
import shutil
from datetime import UTC, datetime
from pathlib import Path

import pytest

from flows.settings import Settings, read_settings
from flows.steps.load import LoadResult, load_network, load_source, told_of
from flows.steps.seen import Seen

CONFIG = """
[[source]]
name = "nms"
files = ["*.csv"]
interface_column = "interface"
in_column = "in"
out_column = "out"
"""
NOW = datetime(2026, 1, 5, tzinfo=UTC)


def write(path: Path, day: int, value: int, *, age_seconds: float = 60.0) -> None:
    rows = "".join(
        f"2026-01-{day:02d} {hour:02d}:00:00,ala-fra-1,{value},{value}\n" for hour in range(12)
    )
    path.write_text("time,interface,in,out\n" + rows)
    then = path.stat().st_mtime - age_seconds
    os.utime(path, (then, then))


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    shutil.copytree(Path("flows/template/network"), tmp_path / "network")
    (tmp_path / "transit.toml").write_text(
        f'[folders]\nprivate = "{tmp_path / ".transit"}"\n{CONFIG}'
    )
    made = read_settings(tmp_path / "transit.toml", data=tmp_path)
    load_network.fn(made, NOW)
    return made


def load(settings: Settings) -> tuple[list[LoadResult], Seen]:
    return load_source.fn(settings, settings.sources[0], NOW)


def test_only_what_is_new_or_changed_is_opened(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 1, 5)
    write(tmp_path / "b.csv", 2, 6)
    results, seen = load(settings)
    assert ([result.rows_loaded for result in results], seen) == ([12, 12], Seen())
    assert load(settings) == ([], Seen(2, 24))
    write(tmp_path / "a.csv", 1, 7)
    write(tmp_path / "c.csv", 3, 5)
    results, seen = load(settings)
    assert [(Path(result.file_name).name, result.rows_loaded) for result in results] == [
        ("a.csv", 12),
        ("c.csv", 12),
    ]
    assert seen == Seen(1, 12)
    (tmp_path / "a.csv").unlink()
    assert load(settings) == ([], Seen(2, 24))


def test_a_file_just_written_or_with_rows_that_wait_is_opened_again(
    settings: Settings, tmp_path: Path
) -> None:
    write(tmp_path / "new.csv", 1, 5, age_seconds=0)
    write(tmp_path / "waits.csv", 2, 5)
    stranger = (tmp_path / "waits.csv").read_text() + "2026-01-02 13:00:00,nobody-1,1,1\n"
    (tmp_path / "waits.csv").write_text(stranger)
    os.utime(tmp_path / "waits.csv", (1, 1))
    load(settings)
    results, seen = load(settings)
    assert [(result.rows_loaded, result.rows_known) for result in results] == [(0, 12), (0, 13)]
    assert seen == Seen()


def test_another_reading_of_the_same_file_opens_it(settings: Settings, tmp_path: Path) -> None:
    write(tmp_path / "a.csv", 1, 5)
    load(settings)
    text = (tmp_path / "transit.toml").read_text()
    (tmp_path / "transit.toml").write_text(f'{text}unit = "mbps"\n')
    changed = read_settings(tmp_path / "transit.toml", data=tmp_path)
    results, _ = load(changed)
    assert [result.rows_loaded for result in results] == [12]


def test_a_missing_or_broken_file_is_named_each_time(settings: Settings, tmp_path: Path) -> None:
    (tmp_path / "bad.csv").write_bytes(b"time,interface,in,out\n\xff\xfe\x00broken")
    os.utime(tmp_path / "bad.csv", (1, 1))
    for _ in range(2):
        (result,), seen = load(settings)
        assert result.error
        assert seen == Seen()


def test_a_page_without_rows_is_told_of_and_a_file_with_nothing_new_is_not() -> None:
    silent, known = (
        LoadResult("prom", "http://server", notes=("no series",)),
        LoadResult("nms", "a.csv", rows_in=3, rows_known=3, notes=("known",)),
    )
    assert told_of([silent, known]) == ("server: no series",)
