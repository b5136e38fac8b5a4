"""A reader finds the old one or the new one, whole, wherever the writer is stopped."""

import os
import shutil

import pytest

from warehouse.store import files
from warehouse.store.files import (
    clear_unfinished,
    new_file,
    new_folder,
    put_folder,
    put_link,
    remove_folder,
    unfinished_folder,
    unfinished_in,
    write_file,
)


def names(folder):
    return sorted(path.name for path in folder.iterdir())


def test_a_file_is_replaced_whole_or_left(tmp_path):
    path = tmp_path / "a.txt"
    write_file(path, "old\r\n", mode=0o600)
    assert path.read_bytes() == b"old\r\n"
    assert path.stat().st_mode & 0o777 == 0o600
    with pytest.raises(TypeError), new_file(path) as unfinished:
        unfinished.write_text(b"half of it")
    assert path.read_bytes() == b"old\r\n"
    assert names(tmp_path) == ["a.txt"]


def test_what_is_put_in_place_was_synced_before(tmp_path, monkeypatch):
    order = []
    real = os.fsync
    monkeypatch.setattr(files.os, "fsync", lambda number: (order.append("sync"), real(number)))
    monkeypatch.setattr(
        files.Path, "replace", lambda self, target: (order.append("place"), self.rename(target))
    )
    write_file(tmp_path / "a", "x")
    assert order == ["sync", "place", "sync"]
    order.clear()
    write_file(tmp_path / "a", "x", durable=False)
    assert order == ["place"]


def test_a_folder_takes_the_place_of_another_whole(tmp_path):
    for text in ("old", "new"):
        with new_folder(tmp_path / "f") as unfinished:
            (unfinished / text).write_text(text)
    assert names(tmp_path) == ["f"]
    assert names(tmp_path / "f") == ["new"]
    with pytest.raises(ValueError, match="stopped"), new_folder(tmp_path / "f"):
        raise ValueError("stopped")
    assert names(tmp_path / "f") == ["new"]


def test_a_stop_between_the_two_renames_is_healed(tmp_path, monkeypatch):
    with new_folder(tmp_path / "f") as unfinished:
        (unfinished / "old").write_text("old")
    new = unfinished_folder(tmp_path / "f")
    real = files.Path.rename

    def stopped(self, target):
        if self == new:
            raise KeyboardInterrupt
        return real(self, target)

    with monkeypatch.context() as patch:
        patch.setattr(files.Path, "rename", stopped)
        with pytest.raises(KeyboardInterrupt):
            put_folder(new, tmp_path / "f")
    assert not (tmp_path / "f").exists()
    assert len(unfinished_in(tmp_path)) == 2
    clear_unfinished(tmp_path)
    assert names(tmp_path) == ["f"]
    assert names(tmp_path / "f") == ["old"]


def test_a_folder_goes_by_one_rename(tmp_path, monkeypatch):
    with new_folder(tmp_path / "f") as unfinished:
        (unfinished / "a").write_text("a")
    with monkeypatch.context() as patch:
        patch.setattr(shutil, "rmtree", lambda *_, **__: None)
        remove_folder(tmp_path / "f")
    assert not (tmp_path / "f").exists()
    clear_unfinished(tmp_path)
    assert names(tmp_path) == []


def test_a_link_is_turned_and_never_missing(tmp_path, monkeypatch):
    put_link(tmp_path / "l", "a")
    put_link(tmp_path / "l", "b")
    assert (tmp_path / "l").readlink().name == "b"
    with monkeypatch.context() as patch:
        patch.setattr(files.Path, "replace", lambda *_: (_ for _ in ()).throw(OSError("no")))
        with pytest.raises(OSError, match="no"):
            put_link(tmp_path / "l", "c")
    assert names(tmp_path) == ["l"]
    assert (tmp_path / "l").readlink().name == "b"
