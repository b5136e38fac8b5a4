from __future__ import annotations

import os
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.warehouse.traffic_worlds import NOW, open_world, shared, write
from warehouse.errors import SourceError
from warehouse.loading.countries import load_countries
from warehouse.sources.itu import ItuSpec, read, read_population

HEADER = "REF_AREA,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE\n"
PEOPLE = (
    "country,area,year,population\nKZ,KAZ,2017,18037646\nKZ,KAZ,2018,18276499\n"
    "UZ,UZB,2018,32955400\n"
)


def spec(folder: Path, **more: str) -> ItuSpec:
    people = write(folder / "people.csv", PEOPLE)
    return ItuSpec("itu", population_file=str(people), **more)  # type: ignore[arg-type]


def test_the_header_that_claims_kbit_is_refused_not_guessed(tmp_path: Path) -> None:
    path = shared("originals", "itu", "ITU_DH_INT_BAND_PER_CAP_to2018.csv")
    with pytest.raises(SourceError) as caught:
        read(spec(tmp_path), path)
    message = str(caught.value)
    assert "claims KBPS, which can't be right" in message
    assert "declare per_inhabitant_unit" in message
    with pytest.raises(SourceError):
        read(ItuSpec("x", population_file="/nowhere.csv"), path)


@pytest.mark.parametrize(
    "name",
    [
        ("originals", "itu", "ITU_DH_INT_BAND_PER_CAP_to2018.csv"),
        ("itu_intl_bandwidth_per_capita_to_2018.csv",),
    ],
)
def test_the_real_table_once_its_unit_is_declared(tmp_path: Path, name: tuple[str, ...]) -> None:
    path = shared(*name)
    with open_world(tmp_path) as world:
        (result,) = load_countries(
            world, spec(tmp_path, per_inhabitant_unit="bps"), [path], known_at=NOW
        )
        assert result.error is None
        assert (result.rows_in, result.rows_loaded, result.rows_quarantined) == (4354, 3, 4351)
        assert "has no inhabitants stated" in " ".join(result.notes)
        rows = world.read("international_bandwidth").select("country", "year", "gbps").rows()
        assert [(country, year, round(gbps)) for country, year, gbps in rows] == [
            ("KZ", 2017, 774),
            ("KZ", 2018, 917),
            ("UZ", 2018, 467),
        ]
        (again,) = load_countries(
            world, spec(tmp_path, per_inhabitant_unit="bps"), [path], known_at=NOW
        )
        assert (again.rows_loaded, again.rows_quarantined, again.rows_known) == (0, 0, 4354)
        sums = world.sql(
            "select sum(rows_in - rows_loaded - rows_quarantined - rows_known) as off from "
            "core.load_batch"
        )
        assert sums["off"].item() == 0


def test_a_unit_that_can_be_true_is_taken_and_a_missing_one_is_asked_for(tmp_path: Path) -> None:
    good = write(tmp_path / "a.csv", HEADER + "KAZ,2018,50.2,KBPS\nUZB,2018,14.2,KBPS\n")
    assert round(read(spec(tmp_path), good).rows[0].gbps) == 917
    for rows in (
        "KAZ,2018,50.2,\n",
        "KAZ,2018,50.2,KBPS\nUZB,2018,1,BPS\n",
        "KAZ,2018,0.05,BPS\n",
        "KAZ,2018,,BPS\n",
    ):
        with pytest.raises(SourceError):
            read(spec(tmp_path), write(tmp_path / "b.csv", HEADER + rows))


@pytest.mark.parametrize(
    ("rows", "loaded", "reasons"),
    [
        (
            "KAZ,2018,50,KBPS\nKAZ,2018,60,KBPS\n",
            [],
            ["country KZ has several values for 2018"] * 2,
        ),
        ("KAZ,2018,50,KBPS\nKAZ,2018,50.0,KBPS\n", [2018], []),
        (
            "KAZ,2018,50,2,KBPS\nKAZ,2017\nKAZ,2018,50,KBPS\n",
            [2018],
            ["has 5 cells, the header has 4", "has 2 cells, the header has 4"],
        ),
        ("KAZ,2018-12-31,50,KBPS\nKAZ,2017.0,40,KBPS\n", [2017, 2018], []),
        (
            "KAZ,2018-Q1,1,KBPS\nKAZ,20180,3,KBPS\nKAZ,31/12/2018,3,KBPS\n",
            [],
            [f"the year {year!r} can't be read" for year in ("2018-Q1", "20180", "31/12/2018")],
        ),
        (
            (
                'KAZ,2018,"50,200",KBPS\nKAZ,2018,1_000,KBPS\nKAZ,2018,..,KBPS\nKAZ,2018,50 '
                "e,KBPS\nKAZ,2018,-5,KBPS\n"
            ),
            [],
            [
                f"the value {value!r} is not a number of bits"
                for value in ("50,200", "1_000", "..", "50 e", "-5")
            ],
        ),
        (
            "\n,,,\nWLD,2018,50,KBPS\nKAZ,1999,50,KBPS\nKAZ,2018,50,KBPS\n",
            [2018],
            [
                "area WLD has no inhabitants stated for 2018",
                "area KAZ has no inhabitants stated for 1999",
            ],
        ),
    ],
)
def test_rows_that_say_too_much_or_nothing_wait_with_their_reason(
    tmp_path: Path, rows: str, loaded: list[int], reasons: list[str]
) -> None:
    file = write(tmp_path / "a.csv", HEADER + rows)
    with open_world(tmp_path) as world:
        (result,) = load_countries(
            world, spec(tmp_path, per_inhabitant_unit="kbps"), [file], known_at=NOW
        )
        assert result.error is None
        assert result.rows_in == result.rows_loaded + result.rows_quarantined + result.rows_known
        assert sorted(world.read("international_bandwidth")["year"]) == loaded
        assert (
            world.sql("select reason from core.quarantine order by line")["reason"].to_list()
            == reasons
        )


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "REF_AREA,TIME_PERIOD,OBS_VALUE,OBS_VALUE ,UNIT_MEASURE\nKAZ,2018,50,60,KBPS\n",
            "column OBS_VALUE appears twice",
        ),
        (
            "REF_AREA,INDICATOR,TIME_PERIOD,OBS_VALUE\nKAZ,A,2018,50\nKAZ,B,2018,50\n",
            "holds several indicators: A, B",
        ),
        (
            HEADER + "KAZ,2018,50,KBPS\nUZB,2018,14000,BPS\n",
            "has values in several units: BPS, KBPS",
        ),
        (HEADER + "KAZ,2018,50,PT\n", "says PT of its unit, which is none of bandwidth"),
        (
            HEADER + 'KAZ,2018,50,KBPS\n"UZB,2018,14,KBPS\nKAZ,2017,3,KBPS\n',
            "unexpected end of data",
        ),
        (HEADER.replace(",", ";") + "KAZ;2018;50,2;KBPS\n", "is not a table of ITU"),
    ],
)
def test_tables_that_can_not_be_meant_are_refused_even_with_a_declared_unit(
    tmp_path: Path, text: str, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read(spec(tmp_path, per_inhabitant_unit="kbps"), write(tmp_path / "a.csv", text))
    assert message in str(caught.value)


def test_the_power_of_ten_of_a_value_counts(tmp_path: Path) -> None:
    table = (
        "REF_AREA,TIME_PERIOD,OBS_VALUE,UNIT_MEASURE,UNIT_MULT\nKAZ,2018,50.2,BPS,3\n"
        "UZB,2018,14200,BPS,0\nKAZ,2017,1,BPS,k\n"
    )
    rows = read(spec(tmp_path), write(tmp_path / "a.csv", table)).rows
    assert [(round(row.gbps), row.reason) for row in rows] == [
        (917, ""),
        (468, ""),
        (0, "the power of ten 'k' can't be read"),
    ]


def test_a_bandwidth_beyond_all_numbers_is_none(tmp_path: Path) -> None:
    rows = read(
        spec(tmp_path, per_inhabitant_unit="kbps"),
        write(tmp_path / "a.csv", HEADER + "KAZ,2018,1e300,KBPS\nUZB,2018,14,KBPS\n"),
    ).rows
    assert [(round(row.gbps), row.reason) for row in rows] == [
        (0, "the bandwidth is not finite"),
        (461, ""),
    ]


def test_a_pipe_is_no_table(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "a.csv")
    with open_world(tmp_path) as world:
        (result,) = load_countries(world, spec(tmp_path), [tmp_path / "a.csv"], known_at=NOW)
    assert "is a folder, a pipe or a device" in str(result.error)
    with pytest.raises(SourceError, match="is not a file"):
        read_population(tmp_path / "a.csv")


@pytest.mark.parametrize(
    ("rows", "message"),
    [
        ("KZ,KAZ,2018,1\n", "area KAZ has another number for 2018"),
        ("KG,KAZ,2016,5000000\n", "area KAZ is country KZ elsewhere"),
        ("KZ,KAZ,2016,17794.055\n", "is no whole number of people: thousands or millions?"),
        ("TM,TKM,2018,5,850,993\n", "has more cells than the header"),
        ('TM,TKM,2018,"5,850,993"\n', "is no country, area, year and number above 0"),
        ('"TM,TKM,2018,5850993\n', "unexpected end of data"),
    ],
)
def test_inhabitants_that_contradict_themselves_are_refused(
    tmp_path: Path, rows: str, message: str
) -> None:
    with pytest.raises(SourceError) as caught:
        read_population(write(tmp_path / "p.csv", PEOPLE + "\n,,,\n" + rows))
    assert message in str(caught.value)


@pytest.mark.parametrize(
    "text",
    [
        "country,area,year,population,population\nKZ,KAZ,2018,1,2\n",
        "",
        "country,area,year,population\n",
        "country,area,year,population\nKZ,KAZ,2018,-1\n",
        "a\n1\n",
    ],
)
def test_a_table_of_inhabitants_that_is_none(tmp_path: Path, text: str) -> None:
    with pytest.raises(SourceError, match="inhabitants"):
        read_population(write(tmp_path / "p.csv", text))


@settings(max_examples=60, deadline=None)
@given(
    st.one_of(
        st.binary(max_size=200),
        st.text(max_size=200).map(lambda text: (HEADER + text).encode("utf-8", "replace")),
    )
)
def test_any_bytes_are_read_or_refused(
    tmp_path_factory: pytest.TempPathFactory, content: bytes
) -> None:
    folder = tmp_path_factory.getbasetemp()
    (folder / "any.csv").write_bytes(content)
    source = spec(folder, per_inhabitant_unit="bps")
    try:
        found = read(source, folder / "any.csv")
    except SourceError:
        return
    assert all(row.reason or row.gbps >= 0 for row in found.rows)
