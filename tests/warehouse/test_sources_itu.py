from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import NOW, open_world, shared, write
from warehouse.countries import load_countries
from warehouse.errors import SourceError
from warehouse.sources.itu import read, read_population
from warehouse.sources.spec import SourceSpec

HEADER = "REF_AREA,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE\n"
PEOPLE = "country,area,year,population\nKZ,KAZ,2017,18037646\nKZ,KAZ,2018,18276499\nUZ,UZB,2018,32955400\n"


def spec(folder: Path, **more: str) -> SourceSpec:
    people = write(folder / "people.csv", PEOPLE)
    return SourceSpec("itu", kind="itu", population_file=str(people), **more)  # type: ignore[arg-type]


def test_the_header_that_claims_kbit_is_refused_not_guessed(tmp_path: Path) -> None:
    path = shared("originals", "itu", "ITU_DH_INT_BAND_PER_CAP_to2018.csv")
    with pytest.raises(SourceError) as caught:
        read(spec(tmp_path), path)
    message = str(caught.value)
    assert "claims KBPS, which can't be right" in message
    assert "declare per_inhabitant_unit" in message
    with pytest.raises(SourceError):
        read(SourceSpec("x", kind="itu", population_file="/nowhere.csv"), path)


@pytest.mark.parametrize("name", [("originals", "itu", "ITU_DH_INT_BAND_PER_CAP_to2018.csv"), ("itu_intl_bandwidth_per_capita_to_2018.csv",)])  # fmt: skip
def test_the_real_table_once_its_unit_is_declared(tmp_path: Path, name: tuple[str, ...]) -> None:
    path = shared(*name)
    with open_world(tmp_path) as world:
        (result,) = load_countries(world, spec(tmp_path, per_inhabitant_unit="bps"), [path], known_at=NOW)
        assert result.error is None
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (4354, 3, 4351)
        assert "has no inhabitants stated" in " ".join(result.notes)
        rows = world.read("international_bandwidth").select("country", "year", "gbps").rows()
        assert [(country, year, round(gbps)) for country, year, gbps in rows] == [("KZ", 2017, 774), ("KZ", 2018, 917), ("UZ", 2018, 467)]  # fmt: skip
        (again,) = load_countries(world, spec(tmp_path, per_inhabitant_unit="bps"), [path], known_at=NOW)
        assert (again.rows_loaded, again.rows_quarantined, again.rows_known) == (0, 0, 4354)
        sums = world.sql("select sum(rows_in - rows_loaded - rows_quarantined - rows_known) as off from core.load_batch")  # fmt: skip
        assert sums["off"].item() == 0


def test_a_unit_that_can_be_true_is_taken_and_a_missing_one_is_asked_for(tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", HEADER + "KAZ,2018,50.2,KBPS\nUZB,2018,14.2,KBPS\n")
    assert round(read(spec(tmp_path), good).rows[0].gbps) == 917
    for rows in ("KAZ,2018,50.2,\n", "KAZ,2018,50.2,KBPS\nUZB,2018,1,BPS\n", "KAZ,2018,0.05,BPS\n", "KAZ,2018,,BPS\n"):
        with pytest.raises(SourceError):
            read(spec(tmp_path), write(tmp_path / "b.csv", HEADER + rows))


@pytest.mark.parametrize("text", ["", "country,area,year,population\n", "country,area,year,population\nKZ,KAZ,2018,-1\n", "a\n1\n"])  # fmt: skip
def test_a_table_of_inhabitants_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="inhabitants"):
        read_population(write(tmp_path / "p.csv", text))


@settings(max_examples=60, deadline=None)
@given(st.one_of(st.binary(max_size=200), st.text(max_size=200).map(lambda text: (HEADER + text).encode("utf-8", "replace"))))  # fmt: skip
def test_any_bytes_are_read_or_refused(tmp_path_factory: pytest.TempPathFactory, content: bytes) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.csv").write_bytes(content)
    source = spec(folder, per_inhabitant_unit="bps")
    try:
        found = read(source, folder / "any.csv")
    except SourceError:
        return
    assert all(row.reason or row.gbps >= 0 for row in found.rows)
