"""Whatever is changed, added, removed or put back in what was published is found, with a key and
without, and what a stopped publication leaves behind is healed by the next one.
"""

import json
import os
import shutil

import pytest

from flows.commands.operating import verify
from flows.commands.starting import TEMPLATE
from flows.operate import publication
from flows.operate.manifest import NAME, Manifest, hash_files, write_manifest
from flows.operate.publication import check_published, state_reports
from flows.operate.retention import prune_reports
from flows.operate.secrets import signing_key
from flows.settings import read_settings
from flows.steps.history import LostHistoryError, give_up_history, refuse_lost_history
from flows.steps.inputs import open_warehouse
from flows.steps.publish import keep_copies, publish_copy
from flows.steps.report import _is_kept, list_hash, put_edition
from tests.flows.operate.test_signing import private_key
from warehouse.errors import SettingsError
from warehouse.store.files import put_link, unfinished_folder

RUNS = ("2026-09-aaaaaaaa", "2026-10-bbbbbbbb")


def draw_edition(settings, run_id, text="<p>"):
    reports = settings.folders.reports
    unfinished = unfinished_folder(reports / run_id)
    (unfinished / "en").mkdir()
    (unfinished / "en" / "index.html").write_text(text)
    about = {"made_from": "this", "run_id": run_id, "origin": "", "known_at": "", "data_hash": ""}
    (unfinished / "edition.json").write_text(json.dumps(about))
    write_manifest(unfinished / NAME, Manifest(hash_files(unfinished)))
    put_edition(settings, unfinished, reports / run_id, run_id)
    put_link(reports / "latest", run_id)
    state_reports(settings.folders, (run_id,), latest=run_id, signing_key=signing_key(settings))


def load_something(settings, note):
    with open_warehouse(settings) as warehouse:
        warehouse.sql(f"insert into core.edition_frame values ('{note}', '{note}', ''::blob)")


@pytest.fixture(scope="module")
def made(tmp_path_factory):
    """Folders with two published copies and two editions, with a key and without."""
    found = {}
    for signed in (True, False):
        folder = tmp_path_factory.mktemp("signed" if signed else "plain")
        shutil.copytree(TEMPLATE, folder, dirs_exist_ok=True)
        if signed:
            (folder / "signing.pem").write_text(private_key())
            with (folder / "transit.toml").open("a") as settings_file:
                settings_file.write('\n[run]\nsigning_key_file = "signing.pem"\n')
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(folder)
            settings = read_settings(folder)
            for note in ("first", "second"):
                load_something(settings, note)
                publish_copy.fn(settings)
            for run_id in RUNS:
                draw_edition(settings, run_id)
        found[signed] = folder
    return found


@pytest.fixture(params=[True, False], ids=["signed", "plain"])
def place(made, request, tmp_path, monkeypatch):
    folder = tmp_path / "project"
    shutil.copytree(made[request.param], folder, symlinks=True)
    monkeypatch.chdir(folder)
    return folder


def older(place):
    """The published folder as it was a publication before, whole and signed."""
    settings = read_settings(place)
    shutil.copytree(place / "published", place / "before", symlinks=True)
    load_something(settings, "third")
    publish_copy.fn(settings)
    shutil.rmtree(place / "published")
    (place / "before").rename(place / "published")


def turned(link, target):
    link.unlink()
    link.symlink_to(target)


def relisted(folder):
    """A page is forged, and the edition's list made to fit."""
    (folder / "en" / "index.html").write_text("forged")
    files = hash_files(folder)
    write_manifest(folder / NAME, Manifest(files, f"reports/{folder.name}", folder.name, 1))


ATTACKS = {
    "page changed": lambda p: (p / "reports" / RUNS[0] / "en" / "index.html").write_text("!"),
    "page changed and listed": lambda p: relisted(p / "reports" / RUNS[0]),
    "page added": lambda p: (p / "reports" / RUNS[0] / "en" / "new.html").write_text("!"),
    "page removed": lambda p: (p / "reports" / RUNS[0] / "en" / "index.html").unlink(),
    "page made a link": lambda p: turned(
        p / "reports" / RUNS[0] / "en" / "index.html", p / "transit.toml"
    ),
    "edition added": lambda p: shutil.copytree(
        p / "reports" / RUNS[0], p / "reports" / "2026-11-c"
    ),
    "edition removed": lambda p: shutil.rmtree(p / "reports" / RUNS[0]),
    "edition's list deleted": lambda p: (p / "reports" / RUNS[1] / NAME).unlink(),
    "list of reports deleted": lambda p: (p / "reports" / NAME).unlink(),
    "latest turned": lambda p: turned(p / "reports" / "latest", RUNS[0]),
    "latest turned away": lambda p: turned(p / "reports" / "latest", "/tmp"),
    "list deleted and copy changed": lambda p: (
        (p / "published" / NAME).unlink(),
        (p / "published" / "transit.duckdb").resolve().chmod(0o644),
        (p / "published" / "transit.duckdb").resolve().write_bytes(b"!"),
    ),
    "copy added": lambda p: (p / "published" / "editions" / "transit-z-0009.duckdb").write_text(""),
    "link made a file": lambda p: (
        (p / "published" / "transit.duckdb").unlink(),
        (p / "published" / "transit.duckdb").write_text("!"),
    ),
    "link turned": lambda p: turned(p / "published" / "transit.duckdb", "editions/other.duckdb"),
    "published folder removed": lambda p: shutil.rmtree(p / "published"),
    "older publication put back": older,
    "lists swapped": lambda p: shutil.copyfile(p / "reports" / NAME, p / "published" / NAME),
    "list is not text": lambda p: (p / "published" / NAME).write_bytes(b"\xff\xfe"),
    "list leads outside": lambda p: (p / "published" / NAME).write_text(f"{'0' * 64}  ../x\n"),
    "list without name": lambda p: write_manifest(
        p / "published" / NAME, Manifest(hash_files(p / "published"))
    ),
}


def test_what_was_published_is_found_right(place, capsys):
    assert verify(config=place) == 0
    assert capsys.readouterr().out.count(" 0 problems") == 4


@pytest.mark.parametrize("attack", list(ATTACKS))
def test_every_change_is_found(place, attack, capsys):
    ATTACKS[attack](place)
    assert verify(config=place) == 1
    assert "problems" in capsys.readouterr().out


def test_editions_of_an_earlier_version_are_known_by_the_list_of_reports(place):
    settings = read_settings(place)
    earlier = place / "reports" / RUNS[0] / NAME
    write_manifest(earlier, Manifest(hash_files(earlier.parent)))
    assert verify(config=place) == 1
    (place / "reports" / NAME).unlink()
    shutil.rmtree(place / ".transit" / "manifests")
    draw_edition(settings, RUNS[1])
    publish_copy.fn(settings)
    assert verify(config=place) == 0


def test_settings_that_can_not_be_read_are_no_reason_to_go_without_the_key(place):
    settings_file = place / "transit.toml"
    text = settings_file.read_text()
    signed = "signing.pem" in text
    for other in ('[run]\nsigning_key_file = "gone.pem"\n', "[run\n"):
        settings_file.write_text(text.partition("[run]")[0] + other)
        with pytest.raises(SettingsError):
            verify(config=place)
    settings_file.write_text(text.replace('folder = "network"', 'folder = "gone"'))
    assert verify(config=place) == 0
    (place / "signing.pem").unlink(missing_ok=True)
    if signed:
        with pytest.raises(SettingsError, match="--public-key"):
            verify(config=place)


def test_a_list_signed_by_somebody_else_is_found(place):
    ours = publication.read_manifest(place / "published")
    write_manifest(place / "published" / NAME, ours, private_key())
    signed = "signing_key_file" in (place / "transit.toml").read_text()
    assert verify(config=place) == int(signed)


def test_a_machine_that_holds_a_copy_remembers_what_it_saw(place, tmp_path):
    before = tmp_path / "before"
    shutil.copytree(place / "published", before, symlinks=True)
    load_something(read_settings(place), "third")
    publish_copy.fn(read_settings(place))
    shutil.rmtree(place / ".transit")
    assert verify(config=place) == 0
    shutil.rmtree(place / "published")
    before.rename(place / "published")
    assert verify(config=place) == 1


def test_nothing_new_publishes_no_copy(place):
    settings = read_settings(place)
    before = {path: path.stat().st_mtime_ns for path in (place / "published").rglob("*")}
    copy, written = publish_copy.fn(settings)
    assert not written
    assert copy == (place / "published" / "transit.duckdb").resolve()
    assert {path: path.stat().st_mtime_ns for path in (place / "published").rglob("*")} == before


@pytest.mark.parametrize(
    "attack", ["list deleted and copy changed", "copy added", "link turned", "link made a file"]
)
def test_the_next_publication_heals_and_never_lists_what_was_changed(place, attack):
    settings = read_settings(place)
    ATTACKS[attack](place)
    _, written = publish_copy.fn(settings)
    assert written
    assert verify(config=place) == 0


def test_a_stop_before_the_link_is_turned_is_healed(place, monkeypatch):
    settings = read_settings(place)
    load_something(settings, "third")

    def stopped(*_):
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr("warehouse.serving.publish.put_link", stopped)
        with pytest.raises(KeyboardInterrupt):
            publish_copy.fn(settings)
    assert verify(config=place) == 1
    assert publish_copy.fn(settings)[1]
    assert verify(config=place) == 0


def test_a_new_file_under_an_old_name_gets_its_own_hash(place):
    settings = read_settings(place)
    copies = []
    for note in ("third", "fourth"):
        (place / "published" / "transit.duckdb").resolve().unlink()
        load_something(settings, note)
        copies.append(publish_copy.fn(settings)[0])
    assert copies[0] == copies[1]
    assert verify(config=place) == 0


def test_an_edition_is_kept_where_it_is_as_drawn_and_archived(place):
    """Anything else is drawn again: a stop before its folder was in place, a changed page."""
    edition = place / "reports" / RUNS[1]
    archived = list_hash(edition)
    assert _is_kept(edition, "this", archived)
    assert not _is_kept(edition, "other words", archived)
    assert not _is_kept(edition, "this", "")
    assert not _is_kept(place / "reports" / "gone", "this", archived)
    relisted(edition)
    assert not _is_kept(edition, "this", archived)
    (edition / "edition.json").write_text("not JSON")
    assert not _is_kept(edition, "this", archived)


def test_editions_and_copies_that_are_removed_leave_the_lists(place):
    settings = read_settings(place)
    os.utime(place / "reports" / RUNS[0] / "edition.json", (1, 1))
    assert prune_reports(settings.folders.reports, 1) == 1
    state_reports(settings.folders, signing_key=signing_key(settings))
    keep_copies(settings, 1)
    assert verify(config=place) == 0
    assert len(check_published(settings.folders)) == 3


def test_a_database_that_was_deleted_neither_runs_nor_publishes(place):
    settings = read_settings(place)
    with open_warehouse(settings) as warehouse:
        warehouse.sql(RUN)
    refuse_lost_history(settings)
    publish_copy.fn(settings)
    refuse_lost_history(settings)
    shutil.rmtree(place / ".transit")
    with pytest.raises(LostHistoryError, match=RUNS[0]) as refused:
        refuse_lost_history(settings)
    assert "transit restore" in refused.value.remedy
    open_warehouse(settings).close()
    with pytest.raises(LostHistoryError, match="holds none of it"):
        refuse_lost_history(settings)
    copy = (place / "published" / "transit.duckdb").resolve()
    content = copy.read_bytes()
    copy.chmod(0o644)
    copy.write_bytes(content[:20000])
    with pytest.raises(LostHistoryError, match=RUNS[0]):
        refuse_lost_history(settings)
    give_up_history(settings)
    refuse_lost_history(settings)


RUN = f"""
insert into core.forecast_run by name select
    '{RUNS[0]}' as run_id, 'month' as grain, date '2026-09-30' as origin, now() as known_at,
    '{{}}' as settings, 'x' as code_version, 'x' as data_hash, 1 as seed, now() as started_at,
    now() as finished_at, false as simulated
"""
