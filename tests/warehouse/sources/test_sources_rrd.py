from __future__ import annotations

import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import load, load_one, open_world, samples, shared
from warehouse.errors import SettingsError, SourceError
from warehouse.sources import rrd
from warehouse.sources.rrd import RrdSpec

SPEC = RrdSpec("cacti", interface="r1", unit="bytes_per_s", in_column="speed", out_column="weight")
needs_rrdtool = pytest.mark.skipif(
    shutil.which("rrdtool") is None, reason="rrdtool is not installed"
)


@needs_rrdtool
@pytest.mark.parametrize("name", ["rrdtool_v3.rrd", "rrdtool_dump.xml", "rrdtool_v1_l648.rrd"])
def test_real_files_and_their_dump(tmp_path: Path, name: str) -> None:
    with open_world(tmp_path) as world:
        result = load_one(world, SPEC, shared("originals", "format_samples", name))
        assert (result.rows_quarantined, result.slot_minutes) == (0, None)
        found = samples(world)
        assert sorted(set(found["slot_minutes"])) == [5, 30]
        # The sample's own comment: 920802300 ends the mean of 0.02.
        row = found.filter(slot_start=datetime.fromtimestamp(920802000, UTC), slot_minutes=5)
        assert row["in_bps"].to_list() == [8 * 0.02]
        assert (
            load_one(world, SPEC, shared("originals", "format_samples", name)).rows_known
            == result.rows_in
        )


@needs_rrdtool
def test_archives_of_a_file_made_here(tmp_path: Path) -> None:
    path = tmp_path / "r1.rrd"
    start = 1704067200
    subprocess.run(
        [
            "rrdtool",
            "create",
            str(path),
            "--start",
            str(start - 10),
            "--step",
            "10",
            "DS:rx:GAUGE:20:U:U",
            "DS:tx:GAUGE:20:U:U",
            "RRA:AVERAGE:0.5:1:360",
            "RRA:AVERAGE:0.5:7:200",
            "RRA:AVERAGE:0.5:30:100",
            "RRA:MAX:0.5:30:100",
        ],
        check=True,
    )
    updates = [f"{start + 10 * step}:{100 + step % 2}:7" for step in range(400)]
    subprocess.run(["rrdtool", "update", str(path), *updates], check=True)
    with open_world(tmp_path) as world:
        spec = RrdSpec("collectd", unit="bytes_per_s", in_column="rx", out_column="tx")
        result = load_one(world, spec, path)
        found = samples(world).filter(slot_minutes=5)
        assert found.height >= 10
        assert all(abs(rate - 8 * 100.5) < 2 for rate in found["in_bps"])
        assert found["out_bps"].unique().to_list() == [56.0]
        notes = " ".join(result.notes)
        assert "means of 10 seconds do not fit a slot" in notes
        assert "means of 70 seconds" in notes
        assert "archives of MAX are no means" in notes


def test_a_foreign_rrd_and_a_missing_program_are_explained(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    with open_world(tmp_path) as world:
        foreign = shared("originals", "format_samples", "rrd4j_demo1.rrd")
        if shutil.which("rrdtool"):
            (result,) = load(world, SPEC, foreign)
            assert "is refused by rrdtool" in str(result.error)
            assert "is not an RRD file" in str(result.error)
        monkeypatch.setenv("PATH", str(tmp_path))
        (result,) = load(world, SPEC, foreign)
        assert "needs the program rrdtool" in str(result.error)


def test_data_sources_must_be_named_and_there(tmp_path: Path) -> None:
    with pytest.raises(SettingsError):
        RrdSpec(
            "x",
        )
    spec = RrdSpec("x", in_column="traffic_in", out_column="weight")
    with pytest.raises(SourceError) as caught:
        rrd.read(spec, shared("originals", "format_samples", "rrdtool_dump.xml"))
    assert "data source traffic_in is missing" in str(caught.value)
    assert "speed, weight" in str(caught.value)


@pytest.mark.parametrize(
    "doctype",
    [
        '<!DOCTYPE rrd [<!ENTITY x SYSTEM "file:///etc/passwd">]>',
        '<!DOCTYPE rrd [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;">]>',
    ],
)
def test_entities_are_never_followed(tmp_path: Path, doctype: str) -> None:
    path = tmp_path / "evil.xml"
    path.write_text(f'<?xml version="1.0"?>{doctype}<rrd><step>300</step></rrd>')
    with pytest.raises(SourceError, match="declares XML entities"):
        rrd.read(SPEC, path)


PIECES = st.sampled_from(
    [
        "<rrd>",
        "</rrd>",
        "<step>300</step>",
        "<step>-1</step>",
        "<lastupdate>920808900</lastupdate>",
        "<ds><name> speed </name></ds>",
        "<ds><name>weight</name></ds>",
        "<rra><cf>AVERAGE</cf><pdp_per_row>1</pdp_per_row><database><row><v>1</v><v>NaN</v></row><row><v>1e999</v></row></database></rra>",
        "<rra><pdp_per_row>9999999999</pdp_per_row><cf>AVERAGE</cf></rra>",
        "<row><v>x</v></row>",
        "\x00",
        "&lol;",
    ]
)


@settings(max_examples=40, deadline=None)
@given(st.lists(PIECES, max_size=12))
def test_any_dump_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, pieces: list[str]
) -> None:
    path = tmp_path_factory.getbasetemp() / "any.xml"
    path.write_text('<?xml version="1.0"?><rrd>' + "".join(pieces) + "</rrd>")
    try:
        frame, _ = rrd.read(SPEC, path)
    except SourceError as error:
        if "any.xml" not in str(error):
            raise
    else:
        assert frame.height > 0


@needs_rrdtool
@settings(max_examples=15, deadline=None)
@given(
    st.lists(
        st.tuples(st.integers(0, 1700), st.binary(min_size=1, max_size=8)), min_size=1, max_size=4
    ),
    st.integers(0, 1728),
)
def test_any_damage_to_a_file_is_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, damage: list[tuple[int, bytes]], length: int
) -> None:
    content = bytearray(shared("originals", "format_samples", "rrdtool_v3.rrd").read_bytes())
    for place, piece in damage:
        content[place : place + len(piece)] = piece
    path = tmp_path_factory.getbasetemp() / "-damaged.rrd"
    path.write_bytes(content[: max(length, 900)])
    try:
        frame, _ = rrd.read(SPEC, path)
    except SourceError as error:
        if "damaged.rrd" not in str(error):
            raise
    else:
        assert frame.height > 0
