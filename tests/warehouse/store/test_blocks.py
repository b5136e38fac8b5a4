"""What DuckDB wrote is seen to be whole, and what is not is neither copied nor passed over."""

import os

import duckdb
import numpy as np
import pytest

from warehouse.errors import WarehouseError
from warehouse.serving.publish import publish
from warehouse.store.database import Warehouse
from warehouse.store.integrity import (
    HEADERS_BYTES,
    damage_in,
    explained,
    is_sound,
    layout_of,
)


@pytest.fixture
def file(tmp_path):
    """A warehouse with a few megabytes, parts of which were deleted again."""
    path = tmp_path / "transit.duckdb"
    with Warehouse.open(path) as warehouse:
        run = warehouse.connection.execute
        run(
            "create schema big; create table big.numbers as select range as number, "
            "hash(range) as other from range(400_000)"
        )
        run("checkpoint")
        run("delete from big.numbers where number < 300_000")
        run("checkpoint")
        run("create table big.more as select hash(range) as other from range(50_000)")
    return path


def spoil(path, at, count=100):
    with path.open("r+b") as spoilt:
        spoilt.seek(at)
        was = spoilt.read(count)
        spoilt.seek(at)
        spoilt.write(bytes(byte ^ 0x55 for byte in was))


def test_every_block_that_duckdb_wrote_is_sound(file):
    assert damage_in(file) == ""
    headers, rest = file.read_bytes()[:HEADERS_BYTES], file.read_bytes()[HEADERS_BYTES:]
    layout = layout_of(headers)
    size = layout.block_bytes
    assert size == 1 << 18
    assert layout.blocks >= len(rest) // size > 5
    assert all(is_sound(rest[at : at + size]) for at in range(0, len(rest), size))


def test_a_single_changed_byte_is_seen_wherever_it_is(file):
    whole = file.read_bytes()
    for at in np.random.default_rng(1).integers(HEADERS_BYTES, len(whole), 12).tolist():
        spoil(file, at, 1)
        assert "is not what was written" in damage_in(file)
        file.write_bytes(whole)
    assert damage_in(file) == ""


def test_a_part_of_a_file_and_another_file_are_told_apart_from_a_sound_one(file, tmp_path):
    os.truncate(file, file.stat().st_size - 1000)
    assert damage_in(file) == "ends within a block"
    other = tmp_path / "other"
    other.write_bytes(b"no database" * 9000)
    assert damage_in(other) == "is not a DuckDB database"


@pytest.mark.parametrize("blocks", [1, 2, 8])
def test_a_file_that_lost_whole_blocks_is_seen_and_not_published(file, tmp_path, blocks):
    with Warehouse.open(file) as warehouse:
        publish(warehouse, tmp_path / "published", edition_id="a")
        warehouse.connection.execute("checkpoint")
    sound = (tmp_path / "published" / "transit.duckdb").resolve()
    size = layout_of(file.read_bytes()[:HEADERS_BYTES]).block_bytes
    os.truncate(file, file.stat().st_size - blocks * size)
    assert "is shorter than the" in damage_in(file), blocks
    with (
        pytest.raises(WarehouseError, match=r"damaged|can't be opened"),
        Warehouse.open(file) as warehouse,
    ):
        publish(warehouse, tmp_path / "published", edition_id="b")
    assert (tmp_path / "published" / "transit.duckdb").resolve() == sound


def test_a_block_in_use_that_is_empty_is_damage_and_a_free_one_is_not(file):
    with duckdb.connect(str(file)) as connection:
        connection.execute("checkpoint")
        size = 1 << 18
        used = connection.execute(
            "select max(block_id) from pragma_storage_info('big.numbers') where block_id >= 0"
        ).fetchone()[0]
        assert connection.execute("pragma database_size").fetchone()[5] > 0
    whole = file.read_bytes()
    empty = []
    blocks = (len(whole) - HEADERS_BYTES) // size
    for block in range(blocks):
        at = HEADERS_BYTES + block * size
        file.write_bytes(whole[:at] + bytes(size) + whole[at + size :])
        if damage_in(file):
            assert "is in use and empty" in damage_in(file) or "is shorter than" in damage_in(file)
        else:
            empty.append(block)
    assert used not in empty
    assert len(empty) < blocks / 2


def test_headers_that_were_overwritten_are_damage(file):
    with file.open("r+b") as spoilt:
        spoilt.seek(4096)
        spoilt.write(bytes(8192))
    assert damage_in(file) == "has no header that is as it was written"


def test_what_is_damaged_is_neither_copied_nor_published(file, tmp_path):
    published = tmp_path / "published"
    with Warehouse.open(file) as warehouse:
        first = publish(warehouse, published, edition_id="a")
    sound, size = first.read_bytes(), file.stat().st_size
    with duckdb.connect(str(file)) as connection:
        block = connection.execute(
            "select max(block_id) from pragma_storage_info('big.numbers') where block_id >= 0"
        ).fetchone()[0]
    spoil(file, HEADERS_BYTES + block * (1 << 18) + 5000)
    with Warehouse.open(file) as warehouse:
        with pytest.raises(WarehouseError, match="the database file is damaged") as raised:
            warehouse.copy_to(tmp_path / "copy")
        assert "transit restore" in raised.value.remedy
        with pytest.raises(WarehouseError, match="damaged"):
            publish(warehouse, published, edition_id="b")
        with pytest.raises(duckdb.Error, match="Corrupt database file") as said:
            warehouse.connection.execute("select sum(other) from big.numbers").fetchall()
    assert "transit restore" in explained(said.value).remedy
    assert explained(ValueError("Corrupt database file")) is None
    assert file.stat().st_size >= size
    assert [path.name for path in (published / "editions").iterdir()] == [first.name]
    assert (published / "transit.duckdb").read_bytes() == sound
