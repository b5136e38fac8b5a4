from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import load, load_one, open_world, samples, shared, write
from warehouse.errors import SourceError
from warehouse.sources.netflow.export import FlowsSpec, read_map
from warehouse.sources.spec import SampleSpec

START = 1704067200
MAP = "interface_id,a,z\nr1,10.1.0.0/16 2001:db8::/32,AS64501\nr2,10.0.0.0/8,\n"


def spec(folder: Path, text: str = MAP, **more: int) -> SampleSpec:
    return FlowsSpec("flows", map_file=str(write(folder / "map.csv", text)), **more)  # type: ignore[arg-type]


def flow(
    src: str,
    dst: str,
    octets: object,
    *,
    at: object = START,
    end: object = None,
    dst_as: int = 0,
    src_as: int = 0,
    **more: object,
) -> str:
    return (
        json.dumps(
            {
                "ip_src": src,
                "ip_dst": dst,
                "as_src": src_as,
                "as_dst": dst_as,
                "bytes": octets,
                "timestamp_start": at,
                "timestamp_end": end or at,
                **more,
            }
        )
        + "\n"
    )


def test_flows_by_prefix_and_by_number_with_their_sampling(tmp_path: Path) -> None:
    lines = (
        flow(
            "10.1.2.3", "192.0.2.1", 3000, dst_as=64501
        )  # the longer prefix and the number: r1 out
        + flow("192.0.2.1", "2001:db8::5", 600, src_as=64501)  # r1 in
        + flow("10.2.0.1", "203.0.113.9", 300)  # r2 out
        + flow("203.0.113.9", "198.51.100.1", 9999)  # between no ends
        + flow("10.1.2.3", "192.0.2.1", "many", dst_as=64501)
        + flow("10.1.2.3", "192.0.2.1", 5, at="soon")
        + "{cut off\n"
    )
    with open_world(tmp_path) as world:
        result = load_one(
            world, spec(tmp_path, sampling_rate=1000), write(tmp_path / "a.json", lines)
        )
        assert (
            result.rows_in,
            result.rows_loaded,
            result.rows_quarantined,
            result.slot_minutes,
        ) == (5, 2, 3, 5)
        rates = samples(world).select("interface_id", "in_bps", "out_bps").rows()
        assert rates == [("r1", 16_000.0, 80_000.0), ("r2", 0.0, 8_000.0)]
        notes = " ".join(result.notes)
        assert "7 flow records; sampling rate 1000 as set, applied" in notes
        assert "1 records (71.9% of the bytes) lie between no two ends" in notes
        rows = world.sql("select row_text, reason from core.quarantine order by row_text")
        assert "{cut off" in rows["row_text"].to_list()
        assert any("many" in text for text in rows["row_text"])


def test_a_flow_that_outlasts_its_file_is_summed_over_files(tmp_path: Path) -> None:
    """Half of a long flow lies in the slot of the file before: both files' parts count, in any
    order, once.
    """
    first = write(tmp_path / "1.json", flow("10.2.0.1", "1.1.1.1", 300))
    second = write(
        tmp_path / "2.json", flow("10.2.0.1", "1.1.1.1", 600, at=START + 150, end=START + 450)
    )
    for order in ((first, second), (second, first, second)):
        folder = tmp_path / f"{len(order)}"
        folder.mkdir()
        with open_world(folder) as world:
            for path in order:
                load_one(world, spec(tmp_path), path)
            assert samples(world)["out_bps"].to_list() == [8 * (300 + 300) / 300, 8 * 300 / 300]


def test_real_records_of_pmacct_and_nfdump(tmp_path: Path) -> None:
    folder = shared("originals", "format_samples")
    text = "interface_id,a,z\nr1,0.0.0.0/0 ::/0,\n"
    with open_world(tmp_path) as world:
        nine = load_one(world, spec(tmp_path, text), folder / "pmacct_nfv9_output-flow.json")
        assert (nine.rows_quarantined, nine.slots_new) == (0, 1)
        expected = sum(
            json.loads(line)["bytes"] for line in (folder / "pmacct_nfv9_output-flow.json").open()
        )
        assert samples(world)["out_bps"].to_list() == [pytest.approx(8 * expected / 300)]
        ipfix = load_one(world, spec(tmp_path, text), folder / "pmacct_ipfix_mix_output-flow.json")
        # Exported without any time: every record waits in quarantine, none is lost.
        assert (ipfix.rows_in, ipfix.rows_quarantined) == (23, 23)
        assert "the time is empty" in " ".join(ipfix.notes)
        dump = load_one(world, spec(tmp_path, text), folder / "nfdump_nftest.1.out")
        assert dump.slots_new >= 1
        first = samples(world).filter(slot_start=datetime(2019, 7, 11, 8, 30, tzinfo=UTC))
        assert first.height == 1
        assert dump.rows_loaded + dump.rows_quarantined + dump.rows_known == dump.rows_in


def test_nfdump_csv_and_json_say_the_same(tmp_path: Path) -> None:
    table = (
        "ts,te,td,sa,da,ibyt,sas,das\n2024-01-01 00:00:00.000,2024-01-01 "
        "00:00:10.000,10,10.1.0.1,192.0.2.1,3000,0,64501\nSummary\nflows,bytes\n1,3000\n"
    )
    array = json.dumps(
        [
            {
                "first": "2024-01-01T00:00:00.000",
                "last": "2024-01-01T00:00:10.000",
                "src4_addr": "10.1.0.1",
                "dst4_addr": "192.0.2.1",
                "in_bytes": 3000,
                "dst_as": 64501,
            }
        ]
    )
    for name, text in (("a.csv", table), ("b.json", array)):
        folder = tmp_path / name
        folder.mkdir()
        with open_world(folder) as world:
            load_one(world, spec(tmp_path), write(tmp_path / f"x{name}", text))
            assert samples(world).select("interface_id", "out_bps").rows() == [("r1", 80.0)]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "interface_id,a,z\n",
        "interface_id,a,z\nr1,10.0.0.1/8,\n",
        "interface_id,a,z\nr1,,\n",
        "x\n1\n",
        "interface_id,a,z\nr1,AS1,\nr1,AS2,\n",
    ],
)
def test_a_map_that_says_nothing_is_refused(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="map"):
        read_map(write(tmp_path / "m.csv", text))


def test_a_column_that_stands_there_twice_is_refused(tmp_path: Path) -> None:
    with pytest.raises(SourceError, match="column a appears twice"):
        read_map(write(tmp_path / "m.csv", "interface_id,a,a,z\nr1,10.1.0.0/16,10.2.0.0/16,\n"))
    file = write(
        tmp_path / "a.csv",
        f"ts,te,sa,da,ibyt,ibyt,x,x\n{START},{START},10.1.2.3,192.0.2.1,1,2,3,4\n",
    )
    with open_world(tmp_path) as world:
        (result,) = load(world, spec(tmp_path), file)
        assert "column ibyt appears twice" in str(result.error)


@pytest.fixture(scope="module")
def hostile_world(tmp_path_factory: pytest.TempPathFactory) -> object:
    folder = tmp_path_factory.mktemp("flows")
    with open_world(folder) as world:
        yield world, folder


VALUES = st.one_of(
    st.none(),
    st.integers(-(10**30), 10**30),
    st.floats(),
    st.text(max_size=12),
    st.sampled_from(["10.1.0.1", "2024-01-01", "1e300", "9" * 40]),
)
NAMES = st.sampled_from(
    [
        "ip_src",
        "ip_dst",
        "bytes",
        "timestamp_start",
        "timestamp_end",
        "sampling_rate",
        "as_src",
        "x",
    ]
)


@settings(max_examples=40, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.lists(st.dictionaries(NAMES, VALUES), max_size=5).map(
            lambda rows: "\n".join(json.dumps(row) for row in rows).encode()
        ),
        st.lists(st.dictionaries(NAMES, VALUES), max_size=5).map(
            lambda rows: json.dumps(rows).encode()
        ),
        st.text(max_size=100).map(
            lambda text: ("ts,te,sa,da,ibyt\n" + text).encode("utf-8", "replace")
        ),
    )
)
def test_any_bytes_are_read_or_refused(hostile_world: object, content: bytes) -> None:
    world, folder = hostile_world  # type: ignore[misc]
    (folder / "f.json").write_bytes(content)
    (result,) = load(world, spec(folder), folder / "f.json")
    balanced = result.rows_in == result.rows_loaded + result.rows_quarantined + result.rows_known
    assert result.error is not None or balanced
