"""Every example of the sources' page is valid, and reads the real file it names with its quirks
told.
"""

from __future__ import annotations

import re
import shutil
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path

import pytest

from tests.warehouse.traffic_worlds import NOW, load_one, open_world, shared, write
from warehouse.loading.countries import load_countries
from warehouse.sources.kinds import KINDS, read_source
from warehouse.sources.netflow.export import FlowsSpec
from warehouse.sources.spec import SourceSpec

README = (Path(__file__).parents[3] / "warehouse/sources/README.md").read_text("utf-8")


def entries() -> dict[str, SourceSpec]:
    found = {}
    for block in re.findall(r"```toml\n(.*?)```", README, re.DOTALL):
        for entry in tomllib.loads(block)["source"]:
            found[entry["name"]] = read_source(entry)
    return found


EXAMPLES = entries()


@dataclass(frozen=True)
class Told:
    """What a load of the shared files must come to: ports, rows in and quarantined, slots new,
    words of its remarks.
    """

    ports: tuple[str, ...]
    rows_in: int
    quarantined: int
    slots_new: int
    words: tuple[str, ...] = ()


TOLD = {
    "cortez": Told(("cortez",), 14772, 0, 14772),
    "cortez-parquet": Told(("cortez",), 16054, 1282, 14772, ("does not match interface_pattern",)),
    "exchanges": Told(
        ("LINX.man1", "LINX.sco1", "LINX.car1", "LINX.nva1", "PeeringCZ.total"), 4900, 0, 4900
    ),
    "seattle": Told(("six",), 5161, 0, 5161),
    "seattle-parquet": Told(("SIX.aggregate.avg", "SIX.aggregate.max"), 11450, 0, 11450),
    "youtube": Told(
        ("youtube",), 25760, 0, 25681, ("79 rows give another value", "do not lie on the grid")
    ),
    "inex": Told(("inex",), 2535, 0, 2532, ("means of 5, 30, 120, 1440 minutes",)),
    "zabbix": Told(("core2",), 1426, 0, 1426, ("fewer polls than is usual",)),
    "cacti": Told(("core1",), 0, 0, 0),
    "flows": Told(("core1", "core2"), 0, 0, 0),
    "esnet-csv": Told(("BNL_NEWY", "DENV_PNWG", "HOUS_PANTEX", "JGI_SACR", "FNAL_STAR"), 0, 0, 0),
}


def test_the_page_has_an_example_of_every_kind() -> None:
    assert {example.kind for example in EXAMPLES.values()} == set(KINDS)
    assert [name for name in TOLD if name not in EXAMPLES] == []


@pytest.mark.parametrize("name", sorted(TOLD))
def test_an_example_reads_the_real_files(tmp_path: Path, name: str) -> None:
    example, told = EXAMPLES[name], TOLD[name]
    if example.kind == "rrd" and shutil.which("rrdtool") is None:
        pytest.skip("rrdtool is not installed")
    root = shared("README.md").parent
    paths = sorted(path for pattern in example.files for path in root.glob(pattern))
    assert paths, example.files
    if isinstance(example, FlowsSpec):
        text = re.findall(r"```csv\n(interface_id.*?)```", README, re.DOTALL)[0]
        example = replace(example, map_file=str(write(tmp_path / "map.csv", text)))
    ports = [(port, port, 10_000.0, 1) for port in told.ports]
    with open_world(tmp_path, told.ports, ports=ports) as world:
        results = [load_one(world, example, path) for path in paths]
        notes = " ".join(note for result in results for note in result.notes)
        assert sum(result.slots_new for result in results) > 0
        if told.rows_in:
            (result,) = results
            assert (result.rows_in, result.rows_quarantined, result.slots_new) == (
                told.rows_in,
                told.quarantined,
                told.slots_new,
            ), notes
        assert all(word in notes for word in told.words), notes


def test_the_example_of_country_statistics(tmp_path: Path) -> None:
    example = EXAMPLES["itu"]
    root = shared("README.md").parent
    text = re.findall(r"```csv\n(country.*?)```", README, re.DOTALL)[0]
    example = replace(example, population_file=str(write(tmp_path / "population.csv", text)))
    with open_world(tmp_path) as world:
        results = load_countries(world, example, sorted(root.glob(example.files[0])), known_at=NOW)
        assert [(result.error, result.rows_loaded) for result in results] == [(None, 1)]
        assert "as declared" in " ".join(results[0].notes)


def test_the_example_of_counters(tmp_path: Path) -> None:
    polls = "time,ifName,ifHCInOctets,ifHCOutOctets,ifCounterDiscontinuityTime\n" + "".join(
        f"2024-01-01 00:{minute:02}:00,r1,{minute * 60 * 125},{minute * 60 * 250},7\n"
        for minute in range(11)
    )
    with open_world(tmp_path) as world:
        assert (
            load_one(world, EXAMPLES["snmp"], write(tmp_path / "polls-1.csv", polls)).slots_new == 2
        )
