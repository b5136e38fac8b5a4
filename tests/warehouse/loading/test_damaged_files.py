"""A file that is damaged, badly named or exchanged while it is read is named; the others load."""

import os
import random
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from warehouse.errors import SourceError
from warehouse.loading.load import content_of, load_files, refuse_exchanged
from warehouse.sources.rows import TableSpec
from warehouse.store.database import Warehouse

SPEC = TableSpec(
    name="nms",
    time_column="time",
    interface_column="interface",
    in_column="in",
    out_column="out",
    unit="bps",
)
TODAY = datetime(2026, 12, 1, tzinfo=UTC)


def traffic(rows: int) -> pl.DataFrame:
    rng = random.Random(5)
    first = datetime(2026, 1, 1, tzinfo=UTC)
    return pl.DataFrame(
        {
            "time": [first + timedelta(minutes=5 * at) for at in range(rows)],
            "interface": [f"port-{at % 7}" for at in range(rows)],
            "in": [rng.random() * 1e9 for _ in range(rows)],
            "out": [rng.random() * 1e9 for _ in range(rows)],
        }
    )


@pytest.fixture(scope="module")
def warehouse(tmp_path_factory):
    with Warehouse.open(tmp_path_factory.mktemp("damaged") / "w.duckdb") as opened:
        yield opened


def load(warehouse, *paths):
    return load_files(warehouse, SPEC, paths, known_at=TODAY, today=TODAY)


def test_a_parquet_file_with_a_flipped_bit_is_named_and_the_others_load(warehouse, tmp_path):
    whole = tmp_path / "whole.parquet"
    traffic(300).write_parquet(whole)
    content = whole.read_bytes()
    rng = random.Random(7)
    # In the schema twice, in pages and their headers: each raises in its own way.
    flips = [len(content) - 900, len(content) - 60, 3150, *rng.sample(range(len(content)), 25)]
    paths = []
    for number, at in enumerate(flips):
        paths.append(tmp_path / f"flipped-{number}.parquet")
        paths[-1].write_bytes(content[:at] + bytes([content[at] ^ 4]) + content[at + 1 :])
    (tmp_path / "cut.parquet").write_bytes(content[:-100])
    (tmp_path / "zeroed.parquet").write_bytes(content[:2000] + bytes(512) + content[2512:])
    paths += [tmp_path / "cut.parquet", tmp_path / "zeroed.parquet"]
    *damaged, last = load(warehouse, *paths, whole)
    errors = [result.error for result in damaged if result.error]
    assert len(errors) > 5
    assert all(str(error.problems[0].where).endswith(".parquet") for error in errors)
    assert last.error is None
    assert last.rows_in == 300


def test_a_name_that_is_no_text_is_shown_and_the_others_load(warehouse, tmp_path):
    text = traffic(3).write_csv()
    bad = Path(os.fsdecode(os.fsencode(tmp_path) + b"/half-\xff.csv"))
    bad.write_text(text)
    (tmp_path / "whole.csv").write_text(text)
    named, loaded = load(warehouse, bad, tmp_path / "whole.csv")
    assert "half-\\xff.csv: has bytes in its name" in str(named.error)
    named.file_name.encode()
    assert loaded.error is None
    assert loaded.rows_in == 3


def test_a_file_that_is_exchanged_while_it_is_read_waits_for_the_next_run(
    warehouse, tmp_path, monkeypatch
):
    path, other = tmp_path / "nms.csv", tmp_path / "other.csv"
    path.write_text(traffic(4).write_csv())
    other.write_text(traffic(5).write_csv().replace("port", "line"))
    content = content_of(SPEC, path)
    refuse_exchanged(path, content)
    with path.open("a") as file:
        file.write("2026-02-01T00:00:00.000000+0000,port-1,1,2\n")
    refuse_exchanged(path, content)  # it grew
    path.write_text("another" + path.read_text())
    with pytest.raises(SourceError, match="written anew"):
        refuse_exchanged(path, content)

    def exchanged(spec, place):
        found = content_of(spec, place)
        shutil.copyfile(other, place)
        return found

    path.write_text(traffic(4).write_csv())
    monkeypatch.setattr("warehouse.loading.load.content_of", exchanged)
    (refused,) = load(warehouse, path)
    assert "changed while it was read" in str(refused.error)
    monkeypatch.undo()
    path.write_text(traffic(4).write_csv())
    (loaded,) = load(warehouse, path)
    assert (loaded.error, loaded.rows_in) == (None, 4)
    assert "the same file was loaded before" not in loaded.notes
